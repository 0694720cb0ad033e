"""What copiers do to a text, and the ornaments of posts: links, handles, emoji, hashtags.

An edit takes the text, its language's writer and a chance of its own, and returns the text edited; one that finds
nothing to edit returns the text as it is. `Slots` are chosen once for a family.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench._copies_words import ENDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from bench._copies_words import Writer

EMOJI: Final = (
    *"\U0001f525\U0001f602\U0001f44d\u2705\U0001f447\u2757\U0001f64f\U0001f4aa\U0001f440\U0001f4e2\U0001f6a8\U0001f914",
    "\U0001f1eb\U0001f1f7",
    "\U0001f5f3\ufe0f",
    "\u27a1\ufe0f",
)
_HOSTS: Final = (
    "https://t.co/",
    "https://bit.example/",
    "https://news.example/a/",
    "www.paper.example/",
    "https://vk.example/",
)
_SIGNS: Final = string.ascii_letters + string.digits
# Latin letters and Cyrillic or Greek ones that look the same.
_CYRILLIC: Final = dict(
    zip(
        "aceopxyijsABEHKMOPCTXI",
        "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0458\u0455\u0410\u0412\u0415\u041d\u041a\u041c\u041e\u0420\u0421\u0422\u0425\u0406",
        strict=True,
    )
)
_GREEK: Final = dict(zip("oABEHTi", "\u03bf\u0391\u0392\u0395\u0397\u03a4\u03b9", strict=True))
_ARABIC: Final = {"\u064a": "\u06cc", "\u0643": "\u06a9", "\u0647": "\u06c1"}
LOOKALIKES: Final = _CYRILLIC | {c: latin for latin, c in _CYRILLIC.items()} | _ARABIC
_INVISIBLE: Final = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")
_MARKS: Final = tuple(chr(c) for c in range(0x300, 0x334))
_HARAKAT: Final = tuple(chr(c) for c in range(0x64B, 0x653))
_SPACES: Final = ("  ", "\u00a0", "\u2009", "   ", "\u3000", "\u202f")
_SPACERS: Final = (" ", "-", "_", ".", "\u00b7")
_LETTERS: Final = {
    "ru": "\u0430\u0432\u0435\u0438\u043a\u043b\u043d\u043e\u0440\u0441\u0442",
    "ar": "\u0627\u0628\u062a\u062f\u0631\u0633\u0644\u0645\u0646",
}
_CLAUSES: Final = re.compile(r"(?<=[.!?\u061f;:,\u060c])\s+")


def junk(chance: Random, low: int = 6, high: int = 10) -> str:
    """Return letters and digits as the end of a short link has them."""
    return "".join(chance.choices(_SIGNS, k=chance.randint(low, high)))


def link(chance: Random) -> str:
    """Return a link."""
    return chance.choice(_HOSTS) + junk(chance)


def handle(chance: Random) -> str:
    """Return an account's name with its sign."""
    return f"@{chance.choice(('news', 'real', 'info', 'truth', 'daily'))}{chance.randint(1, 99999)}"


def hashtags(writer: Writer, chance: Random) -> str:
    """Return one to three hashtags."""
    return " ".join(chance.sample(writer.lists["hashtags"].split(), chance.randint(1, 3)))


def ornamented(text: str, writer: Writer, chance: Random) -> str:
    """Return a post as people send it: half of them with something added before or after."""
    if chance.random() < 0.5:
        return text
    return chance.choices(_ORNAMENTS, _ORNAMENT_WEIGHTS)[0](text, writer, chance)


def surface(text: str, writer: Writer, chance: Random) -> str:
    """Return `text` with one to three changes that cost nothing: what stands around it, case, signs, spaces."""
    for _ in range(chance.randint(1, 3)):
        text = chance.choice(SURFACE)(text, writer, chance)
    return text


def typo(text: str, writer: Writer, chance: Random) -> str:
    """Return `text` with one slip, and one more for about every sixty characters: swapped, lost, doubled, wrong."""
    signs = list(text)
    letters = _LETTERS.get(writer.language, string.ascii_lowercase)
    for _ in range(1 + sum(chance.random() < 0.5 for _ in range(len(signs) // 30))):
        at = chance.randrange(1, max(2, len(signs) - 1))
        kind = chance.randrange(4)
        if kind == 0:
            signs[at - 1 : at + 1] = signs[at - 1 : at + 1][::-1]
        else:
            signs[at : at + 1] = ([], signs[at : at + 1] * 2, [chance.choice(letters)])[kind - 1]
    return "".join(signs)


def adverse(text: str, writer: Writer, chance: Random) -> str:
    """Return `text` with one or two tricks that fool a comparison of characters and hardly a reader."""
    for trick in chance.sample(TRICKS, chance.choice((1, 1, 2))):
        text = trick(text, writer, chance)
    return text


def truncated(text: str, writer: Writer, chance: Random) -> str:
    """Return the first 45 to 90 percent of `text`, 25 characters at least, mostly with a sign that more follows."""
    end = max(25, round(len(text) * chance.uniform(0.45, 0.9)))
    if end >= len(text):
        return text
    return text[:end].rstrip() + ("" if chance.random() < 0.15 else chance.choice(writer.lists["more"]))


def commented(text: str, writer: Writer, chance: Random) -> str:
    """Return `text` with a remark before or after it; a sentence of one's own where it is short beside the text."""
    remark = chance.choice(writer.lists["comments"])
    own = writer.sentence()
    if chance.random() < 0.4 and len(own) < 0.3 * len(text):
        remark = own
    return f"{text} {remark.rstrip(':')}" if chance.random() < 0.5 else f"{remark} {text}"


def reworded(text: str, writer: Writer, chance: Random, low: float, high: float) -> str:
    """Return `text` with that share of its words changed: replaced by like ones, moved in twos, left out."""
    heavy = low >= 0.3
    words = text.split(" ")
    places = [i for i, w in enumerate(words) if w and w[0] not in "#@" and "://" not in w]
    chance.shuffle(places)
    left = max(1, round(len(places) * chance.uniform(low, high)))
    gone: set[int] = set()
    for at in places:
        if left <= 0:
            break
        x = chance.random()
        if x < 0.6:
            other = writer.another(words[at])
            if other is None:
                continue
            words[at] = other
        elif x < (0.75 if heavy else 0.9) and at + 1 < len(words):
            words[at], words[at + 1] = words[at + 1], words[at]
            left -= 1
        else:
            gone.add(at)
        left -= 1
    text = " ".join(w for i, w in enumerate(words) if i not in gone)
    if heavy and chance.random() < 0.6:
        clauses = _CLAUSES.split(text)
        turn = len(clauses) // 2
        text = " ".join(clauses[turn:] + clauses[:turn])
    return text


@dataclass(frozen=True, slots=True)
class Slots:
    """The places of a template, one word in eight at most, and what each is filled with."""

    words: tuple[str, ...]
    fills: tuple[tuple[int, Callable[[], str]], ...]

    @classmethod
    def of(cls, text: str, writer: Writer, chance: Random) -> Slots:
        """Choose the slots of `text` among the words a list knows."""
        words = tuple(text.split(" "))
        places = [i for i, w in enumerate(words) if writer.another(w)]
        kept = chance.sample(places, min(len(places), chance.randint(1, max(1, len(words) // 8))))
        kinds = [writer.pattern(p) for p in ("{n}", "{c}", "{d}", "{k}")]
        return cls(words, tuple((at, chance.choice(kinds)) for at in sorted(kept)))

    def filled(self) -> str:
        """Return the text with every slot filled anew."""
        words = list(self.words)
        for at, fill in self.fills:
            words[at] = fill() + words[at][len(words[at].rstrip(ENDS)) :]
        return " ".join(words)


def _handled(text: str, _: Writer, chance: Random) -> str:
    who = handle(chance)
    return f"RT {who}: {text}" if chance.random() < 0.5 else f"{who} {text}"


def _cased(text: str, writer: Writer, chance: Random) -> str:
    if writer.language == "ar":  # which has no capitals
        return _signs(text, writer, chance)
    return text.upper() if chance.random() < 0.4 else text.lower()


def _signs(text: str, _: Writer, chance: Random) -> str:
    """Return `text` with its signs doubled, lost or replaced, each with a chance of two fifths."""
    made, free = [], "://" not in text
    for sign in text:
        if free and sign in ".,!?;:" and chance.random() < 0.4:
            made.append(chance.choice(("", sign * 2, "!", "...", "\u2026 ")))
        else:
            made.append(sign)
    return "".join(made)


def _spaced(text: str, _: Writer, chance: Random) -> str:
    return "".join(s + "  " if s == " " and chance.random() < 0.4 else s for s in text)


def _linked(text: str, _: Writer, chance: Random) -> str:
    return f"{text} {link(chance)}"


def _tagged(text: str, writer: Writer, chance: Random) -> str:
    return f"{text} {hashtags(writer, chance)}"


def _signed(text: str, _: Writer, chance: Random) -> str:
    emoji = chance.choice(EMOJI)
    return f"{emoji} {text}" if chance.random() < 0.5 else f"{text} {emoji * chance.randint(1, 3)}"


def _with_slogan(text: str, writer: Writer, chance: Random) -> str:
    return f"{text} {chance.choice(writer.lists['slogans'])}"


SURFACE: Final = (_linked, _signed, _signed, _tagged, _handled, _cased, _signs, _spaced)
_ORNAMENTS: Final = (_linked, _tagged, _signed, _handled, _with_slogan)
_ORNAMENT_WEIGHTS: Final = (30, 28, 26, 10, 6)


def _looking_alike(text: str, _: Writer, chance: Random) -> str:
    share = chance.uniform(0.1, 0.7)
    greek = chance.random() < 0.2
    table = LOOKALIKES | _GREEK if greek else LOOKALIKES
    return "".join(table.get(s, s) if chance.random() < share else s for s in text)


def _stuffed(text: str, _: Writer, chance: Random) -> str:
    share = chance.uniform(0.05, 0.4)
    return "".join(s + chance.choice(_INVISIBLE) if chance.random() < share else s for s in text)


def _wide(text: str, _: Writer, chance: Random) -> str:
    return "".join(chance.choice(_SPACES) if s == " " and chance.random() < 0.5 else s for s in text)


def _letters_apart(text: str, _: Writer, chance: Random) -> str:
    """Return `text` with a tenth to a quarter of its words spelled letter by letter, one at least."""
    words = text.split(" ")
    long = [i for i, w in enumerate(words) if len(w) > 4 and "/" not in w]
    spacer = chance.choice(_SPACERS)
    for at in chance.sample(long, min(len(long), max(1, round(len(words) * chance.uniform(0.1, 0.25))))):
        words[at] = spacer.join(words[at])
    return " ".join(words)


def _marked(text: str, writer: Writer, chance: Random) -> str:
    share = chance.uniform(0.1, 0.4)
    marks = _HARAKAT if writer.language == "ar" else _MARKS
    return "".join(s + chance.choice(marks) if s.isalpha() and chance.random() < share else s for s in text)


def _full_width(text: str, writer: Writer, chance: Random) -> str:
    """Return `text` with some words in full-width letters; in Arabic with strokes that lengthen them."""
    words = text.split(" ")
    for at, word in enumerate(words):
        if chance.random() < 0.3:
            long = "\u0640".join((word[:2], word[2:])) if writer.language == "ar" and len(word) > 3 else word
            words[at] = "".join(chr(ord(s) + 0xFEE0) if "!" <= s <= "~" else s for s in long)
    return " ".join(words)


TRICKS: Final = (
    _looking_alike,
    _looking_alike,
    _stuffed,
    _stuffed,
    _wide,
    *(_letters_apart,) * 3,
    _marked,
    _full_width,
)
