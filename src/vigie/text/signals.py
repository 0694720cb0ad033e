"""What normalisation takes away, counted: stuffing that a reader does not see is itself worth knowing.

The counts say what stands in the text, not why. What ordinary posts have is not counted: joiners inside emoji and in
scripts that need them; marks of direction around words and handles (phones put them there); accents that have a
composed letter, the stress on a Russian vowel, a digit in a box; a brand or a figure beside letters of another script
("300 \u03bcg", "Z" in a Russian word), which look like no letter of the word's own. An emoji between two words written
without spaces is counted, and so is a mathematician's "a b c d"; one signal alone is little.

A zero-width space at the end of a word is what copying a name from a page leaves, and a soft hyphen in a word is how
pages divide it: both count as `zero_width`, and not as `zero_width_in_words`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from vigie.text.fold import decomposed, sorted_marks
from vigie.text.normalise import (
    READ_MORE,
    TAGS_MIN,
    bared,
    cut_at,
    folded,
    spaced_letters,
    trailing_tags,
    unleeted,
    unmarked,
)


class Signals(NamedTuple):
    """How often each trick stands in a text; of truncation, whether."""

    zero_width: int = 0  # characters without width
    zero_width_in_words: int = 0  # those of them with letters on both sides, where no script or hyphenation wants them
    bidi: int = 0  # characters that set the direction of writing, inside words, or that turn letters round
    mixed_script_words: int = 0  # words in which letters stand for look-alikes of Latin, Cyrillic or Greek
    spaced_letters: int = 0  # runs of letters that stand apart
    emoji_in_words: int = 0  # runs of emoji with a letter on both sides
    leet_words: int = 0  # words with digits or signs for letters, hashtags left out
    marks_stuffed: int = 0  # marks on letters that no orthography puts there
    truncated: bool = False  # the text ends as if cut by a platform
    trailing_hashtags: int = 0  # hashtags in a row at the end, where three or more


NO_SIGNALS: Final = Signals()

_JOINED: Final = "\u0590-\u08ff\u0900-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"
_EMOJI: Final = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u2500-\u27bf"
    "\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_ZERO_WIDTH: Final = re.compile(
    # A joiner is ordinary after a letter of a script that joins or an emoji; an order mark at the beginning.
    # Where an export lost an emoji, a replacement character stands before or after its joiner.
    f"\u200d(?<![{_JOINED}{_EMOJI}\ufe0f\ufffd]\u200d)(?!\ufffd)|\u200c(?<![{_JOINED}]\u200c)"
    f"|(?:(?<=[{_JOINED}]\u200c)|(?<=[{_JOINED}]\u200d))[\u200c\u200d]"
    "|\ufeff(?<!\\A\ufeff)|[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164\uffa0]"
)
_BIDI_SET: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_BIDI: Final = re.compile(f"[{_BIDI_SET}]")
_BIDI_IN_WORD: Final = re.compile(
    # Phones write a number as U+202D, the number, U+202C.
    rf"(?<=[^\W\d_])[{_BIDI_SET}]+(?=[^\W\d_])|\u202e|\u202d(?![\d+( ])"
)
_LATIN: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_CYRILLIC: Final = "\u0400-\u052f"
_GREEK: Final = "\u0370-\u03ff"
_OTHER: Final = _GREEK + _CYRILLIC
_ARABIC: Final = "\u05d0-\u05ea\u0620-\u064a\u0671-\u06d3"
_RUN: Final = (
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    f"{_BIDI_SET}]+"
)
_SEPARATE: Final = f"[{_LATIN}{_OTHER}\u0531-\u058f\u10a0-\u10ff]"  # scripts that need no joiners
_RUN_IN_WORD: Final = re.compile(f"(?<={_SEPARATE}){_RUN}(?={_SEPARATE})|(?<=[{_ARABIC}]){_RUN}(?=[{_ARABIC}])")
# Where a page may divide a word; and what the letters of other scripts become where bytes are read as Latin ones.
_HYPHENATION: Final = re.compile(r"(?<=[^\W\d_]{2})\u00ad(?=[^\W\d_]{2})|(?<=[\u00c2-\u00df])\u00ad")
# What stands in for a joiner where a keyboard has none.
_ARABIC_BREAKS: Final = re.compile("[\u200b-\u200d]+")
_MIXED: Final = re.compile(f"[{_LATIN}][{_OTHER}]|[{_OTHER}][{_LATIN}]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_TWINS_CYRILLIC: Final = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u043a\u043c\u04cf\u0451\u0457"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405\u0500\u051a\u051c\u04ba\u04c0\u0401\u0407"
)
_TWINS_GREEK: Final = frozenset(
    "\u03bf\u03b1\u03bd\u03c1\u03b9\u03ba\u03c5\u03c4\u03b3\u03cc\u03ac\u03af\u03cd"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)
# Letters of Latin that look like one of Russian or Ukrainian, and of Greek.
_LATIN_AS_CYRILLIC: Final = frozenset("aeopcyxijskmABEKMHOPCTXYIJS\u00eb\u00ef\u00cb\u00cf")
_LATIN_AS_GREEK: Final = frozenset("oavpikutyABEZHIKMNOPTYX\u00f3\u00e1\u00ed\u00fa")
_IS_LATIN: Final = re.compile(f"[{_LATIN}]+")
_IS_CYRILLIC: Final = re.compile(f"[{_CYRILLIC}]+")
_IS_GREEK: Final = re.compile(f"[{_GREEK}]+")
# A Latin name that Russian declines, all of whose endings' letters have twins; a Greek letter that names a thing.
_DECLINED: Final = re.compile(f"[{_LATIN}]{{4,}}(?:[\u0430\u0443\u0435]|[\u0430\u043e]\u043c|\u0430\u0445)")
_NAMED_BY_LETTER: Final = re.compile(f"[{_GREEK}][{_LATIN}]+|[{_LATIN}]+[{_GREEK}]")
_EMOJI_IN_WORD: Final = re.compile(f"(?<=[^\\W\\d_])[{_EMOJI}\ufe0f\u200d\U0001f3fb-\U0001f3ff]+(?=[^\\W\\d_])")
_MARKED: Final = re.compile(r"([^\W\d_])([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+)")
# Marks of orthographies and phonetics; those by which accents of Cyrillic vowels are shown.
_DIACRITICS: Final = frozenset(
    chr(code) for code in (*range(0x300, 0x305), *range(0x306, 0x30D), 0x30F, 0x311, *range(0x316, 0x332))
)
_STRESS: Final = frozenset("\u0300\u0301\u0302\u0304\u0306\u030f\u0311")
_STRESSED: Final = frozenset("\u0430\u0435\u0438\u043e\u0443\u044b\u044d\u044e\u044f\u0454\u0456\u0457\u0451\u0440")
_LETTERS_MIN: Final = 3
# An alphabet has a letter or two that Unicode does not compose.
_PAIRS_MIN: Final = 3
_LEET_SIGN_WORD: Final = re.compile(r"(?<=[^\W\d_])(?:\$+|@(?![\w-]{1,64}\.\w))(?=[^\W\d_])")
_PIECE: Final = re.compile(r"[^\W_]+")
_HASHTAG: Final = re.compile(r"#\w+")
_CUT: Final = re.compile(r"\.\.\.[\])]?\Z")


# Characters that no rule takes away, alone or beside others, but for the rules below.
_ORDINARY: Final = (
    "\t-\r -~\u00a0-\u00a7\u00ab\u00ac\u00b0\u00b1\u00b7\u00bb\u00bf-\u0148\u014a-\u024f"
    "\u0391-\u03c9\u0400-\u0481\u048a-\u052f"
    "\u05d0-\u05ea\u060c\u061b\u061f\u0621-\u063f\u0641-\u064a\u0671-\u06d3"
    "\u2010\u2012-\u2016\u2018-\u2022\u2030\u2039\u203a\u20ac"
    "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
    "\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff"
)
_HIDDEN: Final = re.compile(f"[^{_ORDINARY}\ufe0f]")
_SELECTOR: Final = re.compile(
    "\ufe0f(?<![\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]\ufe0f)"
)
_LETTERS_APART: Final = re.compile(r"(?<![^\W_])[^\W\d_][\W_]{1,24}[^\W\d_][\W_]{1,24}[^\W\d_](?![^\W_])")
_LEET: Final = re.compile(r"[0134578$@](?<=[^\W\d_].)[0134578$]*[^\W\d_]")
_LINK: Final = re.compile(r"https?://[a-zA-Z0-9./_-]+")
_LINK_BEGINS: Final = ("http", "hxxp", "www.", "t.co/", "pic.twitter.com/")
_LAST_WORDS: Final = frozenset(
    last
    for word in (phrase.split()[-1] for phrase in READ_MORE)
    for last in (word, "".join(filter(str.isalpha, decomposed(word))))
)


def signals(text: str) -> Signals:
    r"""Return what of `text` is taken away by `normalise` beyond what is ordinary.

    >>> signals("Plain words, nothing else.") == NO_SIGNALS
    True
    >>> found = signals("V.O.T.E n\u043ew m\u200ba\u200bcron")
    >>> found.spaced_letters, found.mixed_script_words, found.zero_width
    (1, 1, 2)
    """
    return counted(text) if _is_unusual(text) else NO_SIGNALS


def _is_unusual(text: str) -> bool:
    """Tell whether `text` may have signals: cheap, and never false where it has."""
    if "&" in text or "<" in text or ".." in text or text.count("#") >= TAGS_MIN:
        return True
    if not text.isascii() and (
        _HIDDEN.search(text)
        or ("\ufe0f" in text and _SELECTOR.search(text))
        or _MIXED.search(text)
        or _EMOJI_IN_WORD.search(text)
    ):
        return True
    if not text.isprintable() and _HIDDEN.search(text):
        return True
    if "http" in text:
        text = _LINK.sub(" ", text)
    if _LEET.search(text) or _LETTERS_APART.search(text):
        return True
    text = text.casefold()
    for begin in _LINK_BEGINS:
        text = text.replace(begin, " ")
    return not _LAST_WORDS.isdisjoint(_PIECE.findall(text))


def counted(text: str) -> Signals:
    """Return the signals of any text, the long way."""
    text = unmarked(text)
    line = bared(folded(text))
    count, begin = trailing_tags(line)
    rest = line[:begin] if count >= TAGS_MIN else line
    found = NO_SIGNALS if text.isascii() else _hidden(text)
    return found._replace(
        spaced_letters=spaced_letters(rest)[1],
        leet_words=_leet_words(rest),
        truncated=_is_cut(line[:begin]),
        trailing_hashtags=count if count >= TAGS_MIN else 0,
    )


def _is_cut(line: str) -> bool:
    return cut_at(line) is not None or bool(_CUT.search(line.rstrip(" \x01")))


def _leet_words(line: str) -> int:
    if not _LEET.search(line):
        return 0
    found = 0
    for token in _HASHTAG.sub(" ", line).split():
        if _LEET_SIGN_WORD.search(token):
            found += 1
        elif not token.isalpha():
            found += sum(unleeted(word) != word for word in _PIECE.findall(token))
    return found


def _hidden(text: str) -> Signals:
    if _HIDDEN.search(text):
        return _taken_away(text)
    # Nothing that stands here is taken away, and nothing composed.
    return Signals(mixed_script_words=_mixed_words(text), emoji_in_words=len(_EMOJI_IN_WORD.findall(text)))


def _taken_away(text: str) -> Signals:
    seen, zero_width = _ZERO_WIDTH.subn("", text)
    composed = unicodedata.normalize("NFC", sorted_marks(_BIDI.sub("", seen)))
    return Signals(
        zero_width=zero_width,
        zero_width_in_words=sum(_in_word(text, run) for run in _RUN_IN_WORD.finditer(text)),
        bidi=sum(map(len, _BIDI_IN_WORD.findall(seen))),
        mixed_script_words=_mixed_words(composed),
        emoji_in_words=len(_EMOJI_IN_WORD.findall(text)),
        marks_stuffed=_stuffed(composed),
    )


def _mixed_words(composed: str) -> int:
    if not _MIXED.search(composed):
        return 0
    return sum(_is_disguised(word) for word in _WORD.findall(composed) if _MIXED.search(word))


def _in_word(text: str, run: re.Match[str]) -> int:
    """Return how many characters without width a run inside a word has for no reason."""
    begin, end = run.span()
    if _RIGHT_TO_LEFT.match(text, begin - 1):
        return len(_ARABIC_BREAKS.sub("", _BIDI.sub("", run[0])))
    wanted = len(_HYPHENATION.findall(text, begin, end + 2)) if "\u00ad" in run[0] else 0
    return len(_ZERO_WIDTH.findall(text, begin, end)) - wanted


def _is_disguised(word: str) -> bool:
    """Tell whether all letters of one of a word's scripts look like letters of the other."""
    if len(word) < _LETTERS_MIN or _DECLINED.fullmatch(word) or _NAMED_BY_LETTER.fullmatch(word):
        return False
    latin = _IS_LATIN.findall(word)
    for script, twins, latin_twins in (
        (_IS_CYRILLIC, _TWINS_CYRILLIC, _LATIN_AS_CYRILLIC),
        (_IS_GREEK, _TWINS_GREEK, _LATIN_AS_GREEK),
    ):
        others = script.findall(word)
        if others and (twins.issuperset("".join(others)) or latin_twins.issuperset("".join(latin))):
            return True
    return False


def _stuffed(composed: str) -> int:
    found, doubtful, pairs = 0, 0, set()
    for letter, marks in _MARKED.findall(composed):
        if len(marks) > 1 or marks not in _DIACRITICS:
            found += len(marks)
        elif letter.isascii() or ("\u0400" <= letter <= "\u052f" and not _is_stress(letter, marks)):
            doubtful += 1
            pairs.add((letter, marks))
    return found + doubtful if len(pairs) >= _PAIRS_MIN else found


def _is_stress(letter: str, mark: str) -> bool:
    return mark in _STRESS and letter.casefold() in _STRESSED
