"""Twelve ways to copy a text and not be found: how many are, and what each costs.

    python -m bench.evasions [--texts 100] [--seed 101]

Texts of five languages from the generator's own grammar, each copied in each way. Printed is the share of copies that
are put into the family of their original (`vigie.rules.families`; of a thread, a part of it; a copy that the evasion
leaves as it was, such as Arabic by leetspeak, is left out), the share of which one quotes the other, the share in which
a signal is seen (`vigie.text.signals`), the share that counts as disguised (`vigie.detectors.disguised_text`), by
language which join, and the CPU time that families, and that signals, take for the copies alone as ratios to that for
the originals alone, and how many characters the copies have for one of the originals. Seeds from 101 are for reporting.
"""

from __future__ import annotations

import argparse
import re
import time
import unicodedata
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from bench._copies_edits import EMOJI, LOOKALIKES, reworded
from bench._copies_words import LANGUAGES, Writer
from vigie.rules.families import families
from vigie.text.signals import NO_SIGNALS, signals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_CLAUSES: Final = re.compile(r"(?<=[.!?\u061f;:,\u060c])\s+")
_INVISIBLE: Final = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad")
_LEET: Final = {"o": "0", "i": "1", "e": "3", "a": "4", "s": "5", "t": "7", "\u043e": "0", "\u0437": "3", "\u0447": "4"}
_PARTS: Final = 70  # characters of a part of a thread
_REPEATS: Final = 5


def _words(line: str) -> list[str]:
    return line.split()


# Written in Latin as people without the keyboard do, and Latin in Cyrillic.
_RUSSIAN: Final = dict(
    zip(
        "\u0430\u0431\u0432\u0433\u0434\u0435\u0451\u0436\u0437\u0438\u0439\u043a\u043b\u043c\u043d\u043e\u043f\u0440\u0441\u0442\u0443\u0444\u0445\u0446\u0447\u0448\u0449\u044a\u044b\u044c\u044d\u044e\u044f",
        _words("a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya"),
        strict=True,
    )
)
_ARABIC: Final = dict(
    zip(
        "\u0627\u0628\u062a\u062b\u062c\u062d\u062e\u062f\u0630\u0631\u0632\u0633\u0634\u0635\u0636\u0637\u0638\u0639\u063a\u0641\u0642\u0643\u0644\u0645\u0646\u0647\u0648\u064a\u0629\u0649\u0623\u0625",
        _words("a b t th j 7 kh d dh r z s sh 9 D 6 Z 3 gh f q k l m n h w y a a a i"),
        strict=True,
    )
)
_LATIN: Final = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        "\u0430\u0431\u043a\u0434\u0435\u0444\u0433\u0445\u0438\u0436\u043a\u043b\u043c\u043d\u043e\u043f\u043a\u0440\u0441\u0442\u0443\u0432\u0432\u043a\u0439\u0437",
        strict=True,
    )
)


def looking_alike(text: str, _: Writer, chance: Random) -> list[str]:
    """Write half of the letters that have a look-alike in another script as that."""
    return ["".join(LOOKALIKES.get(s, s) if chance.random() < 0.5 else s for s in text)]


def zero_width(text: str, _: Writer, chance: Random) -> list[str]:
    """Put characters without width after every fourth."""
    return ["".join(s + chance.choice(_INVISIBLE) if chance.random() < 0.25 else s for s in text)]


def emoji_between(text: str, _: Writer, chance: Random) -> list[str]:
    """Put an emoji between the letters of every third word."""
    return [_some_words(text, chance, lambda word: chance.choice(EMOJI).join(word))]


def leetspeak(text: str, _: Writer, chance: Random) -> list[str]:
    """Write digits for half of the letters that have one."""
    return ["".join(_LEET.get(s, s) if chance.random() < 0.5 else s for s in text)]


def hashtags(text: str, writer: Writer, chance: Random) -> list[str]:
    """Make hashtags of some words, put others between, and a row of them at the end."""
    tags = writer.lists["hashtags"].split()
    made = []
    for word in text.split():
        made.append(f"#{word}" if chance.random() < 0.3 else word)
        if chance.random() < 0.1:
            made.append(chance.choice(tags))
    return [" ".join([*made, *chance.sample(tags, min(6, len(tags)))])]


def reversed_clauses(text: str, _: Writer, __: Random) -> list[str]:
    """Turn the order of the clauses round; of a single clause, that of its halves."""
    clauses = _CLAUSES.split(text)
    if len(clauses) == 1:
        words = text.split()
        clauses = [" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])]
    return [" ".join(reversed(clauses))]


def synonyms(text: str, writer: Writer, chance: Random) -> list[str]:
    """Exchange two in five of the words that the lists know."""
    words = text.split(" ")
    return [" ".join((chance.random() < 0.4 and writer.another(word)) or word for word in words)]


def padded(text: str, writer: Writer, _: Random) -> list[str]:
    """Put a text of its own length before it and one after it."""
    before, after = (writer.text(len(text), len(text) + 40) for _ in range(2))
    return [f"{before} {text} {after}"]


def image_only(_: str, __: Writer, ___: Random) -> list[str]:
    """Say it in a picture."""
    return [""]


def thread(text: str, _: Writer, __: Random) -> list[str]:
    """Cut it into numbered posts of some seventy characters."""
    parts, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= _PARTS:
            parts.append(line)
            line = ""
        line = f"{line} {word}".strip()
    parts.append(line)
    return [f"{part} {n}/{len(parts)}" for n, part in enumerate(parts, start=1)]


def transliterated(text: str, writer: Writer, _: Random) -> list[str]:
    """Write it in another alphabet."""
    table = {"ru": _RUSSIAN, "ar": _ARABIC}.get(writer.language)
    plain = text.lower() if table else unicodedata.normalize("NFD", text.lower())
    return ["".join((table or _LATIN).get(s, s) for s in plain if not unicodedata.combining(s)).replace("_", "")]


def machine_like(text: str, writer: Writer, chance: Random) -> list[str]:
    """Exchange, move or leave out three in five to four in five of the words, and mostly turn the clauses."""
    return [reworded(text, writer, chance, 0.6, 0.8)]


EVASIONS: Final[Mapping[str, Callable[[str, Writer, Random], list[str]]]] = {
    "homoglyph mix": looking_alike,
    "zero-width": zero_width,
    "emoji between letters": emoji_between,
    "leetspeak": leetspeak,
    "hashtag stuffing": hashtags,
    "reversed clauses": reversed_clauses,
    "synonym swaps": synonyms,
    "padding before and after": padded,
    "image-only": image_only,
    "split over a thread": thread,
    "transliteration": transliterated,
    "machine-like rewording": machine_like,
}


class Result(NamedTuple):
    """Of one evasion: shares of the texts, and how many characters a copy has for one of the original."""

    joined: float
    quoting: float
    signalled: float
    disguised: float
    by_language: dict[str, float]
    longer: float


class Texts(NamedTuple):
    """Originals with their languages, and their copies by evasion, each of one post or several."""

    originals: list[tuple[str, str]]
    copies: dict[str, list[list[str]]]


def texts(each: int, seed: int) -> Texts:
    """Return `each` texts of every language with their copies."""
    writers = {language: Writer(language, [seed, n]) for n, language in enumerate(LANGUAGES)}
    originals = [(language, writer.text(90, 260)) for language, writer in writers.items() for _ in range(each)]
    chance = Random(seed)
    copies = {
        name: [evade(text, writers[language], chance) for language, text in originals]
        for name, evade in EVASIONS.items()
    }
    return Texts(originals, copies)


def is_disguised(text: str) -> bool:
    """Tell whether `disguised_text` counts a post."""
    found = signals(text)
    return any((found.zero_width_in_words, found.bidi, found.mixed_script_words, found.marks_stuffed))


def result(made: Texts, name: str) -> Result:
    """Look for the copies of one evasion among the originals."""
    originals = [text for _, text in made.originals]
    copies = made.copies[name]
    found = families([*originals, *(part for parts in copies for part in parts)])
    labels, quotes = found.labels.tolist(), found.quotes.tolist()
    at = len(originals)
    joined: list[bool] = []
    quoting: list[bool] = []
    for n, parts in enumerate(copies):
        joined.append(labels[n] >= 0 and labels[n] in labels[at : at + len(parts)])
        quoting.append(n in quotes[at : at + len(parts)] or quotes[n] in range(at, at + len(parts)))
        at += len(parts)
    length = sum(len(part) for parts in copies for part in parts)
    changed = [parts != [text] for parts, text in zip(copies, originals, strict=True)]
    by_language = {
        language: _share(
            [
                yes
                for yes, (spoken, _), new in zip(joined, made.originals, changed, strict=True)
                if new and spoken == language
            ]
        )
        for language in LANGUAGES
    }
    copies = [parts for parts, new in zip(copies, changed, strict=True) if new]
    return Result(
        *(_share([yes for yes, new in zip(some, changed, strict=True) if new]) for some in (joined, quoting)),
        _share([any(signals(part) != NO_SIGNALS for part in parts) for parts in copies]),
        _share([any(map(is_disguised, parts)) for parts in copies]),
        by_language,
        length / sum(map(len, originals)),
    )


def table(
    made: Texts, results: Mapping[str, Result], times: Mapping[str, tuple[float, float, float]] | None = None
) -> str:
    """Return the table of results; `times` are ratios of CPU time to the originals'."""
    spoken = " ".join(f"{language:>5}" for language in LANGUAGES)
    lines = [f"{len(made.originals)} texts", f"{'':26}{'family':>7}{'quoted':>7}{'signal':>7}{'disguise':>9}  {spoken}"]
    if times:
        lines[-1] += f"{'families':>10}{'signals':>9}{'both':>6}{'characters':>12}"
    for name, found in results.items():
        by_language = " ".join(f"{share:5.2f}" for share in found.by_language.values())
        shares = f"{found.joined:7.3f}{found.quoting:7.3f}{found.signalled:7.3f}{found.disguised:9.3f}"
        line = f"{name:26}{shares}  {by_language}"
        if times:
            by_families, by_signals, both = times[name]
            line += f"{by_families:10.2f}{by_signals:9.2f}{both:6.2f}{found.longer:12.2f}"
        lines.append(line)
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=100, help="of each language")
    parser.add_argument("--seed", type=int, default=101)
    options = parser.parse_args()
    made = texts(options.texts, options.seed)
    originals = [text for _, text in made.originals]
    families(originals)  # compiles what is not compiled
    plain = _cpu_s(originals)
    ratios = {}
    for name, copies in made.copies.items():
        took = _cpu_s([part for parts in copies for part in parts])
        ratios[name] = took[0] / plain[0], took[1] / plain[1], sum(took) / sum(plain)
    unevaded = sum(signals(text) != NO_SIGNALS for text in originals)
    print(table(made, {name: result(made, name) for name in EVASIONS}, ratios))
    cost = " and ".join(f"{took / len(originals) * 1e6:.0f} us" for took in plain)
    print(f"{unevaded} originals have a signal; families and signals take {cost} of CPU for one")


def _cpu_s(posts: Sequence[str]) -> tuple[float, float]:
    """Return the least CPU time of a few that families take, and that signals take."""
    took = []
    for _ in range(_REPEATS):
        begun = time.process_time()
        families(posts)
        between = time.process_time()
        for text in posts:
            signals(text)
        took.append((between - begun, time.process_time() - between))
    return min(t for t, _ in took), min(t for _, t in took)


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else float("nan")


def _some_words(text: str, chance: Random, change: Callable[[str], str]) -> str:
    """Change every third word of four letters or more."""
    words = text.split(" ")
    long = [n for n, word in enumerate(words) if len(word) > 3]
    for n in chance.sample(long, max(1, len(long) // 3)) if long else ():
        words[n] = change(words[n])
    return " ".join(words)


if __name__ == "__main__":
    main()
