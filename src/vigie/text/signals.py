"""What normalisation takes away, counted: stuffing that a reader does not see is itself worth knowing.

The counts say what stands in the text, not why. Joiners inside emoji and in scripts that need them, direction marks in
text that runs right to left, accents that have a composed letter, are ordinary and are not counted. An emoji between
two words written without spaces is counted, and so is a mathematician's "a b c d"; one signal alone is little.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from vigie.text.fold import decomposed
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
    bidi: int = 0  # characters that set the direction of writing
    mixed_script_words: int = 0  # words with letters of Latin and of Cyrillic or Greek
    spaced_letters: int = 0  # runs of letters that stand apart
    emoji_in_words: int = 0  # runs of emoji with a letter on both sides
    leet_words: int = 0  # words with digits or signs for letters, hashtags left out
    marks_stuffed: int = 0  # marks on letters that have no composed form with them
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
    f"\u200d(?<![{_JOINED}{_EMOJI}\ufe0f]\u200d)|\u200c(?<![{_JOINED}]\u200c)"
    f"|(?:(?<=[{_JOINED}]\u200c)|(?<=[{_JOINED}]\u200d))[\u200c\u200d]"
    "|\ufeff(?<!\\A\ufeff)|[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164\uffa0]"
)
_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BIDI_IN_WORD: Final = re.compile(
    r"(?<=[^\W\d_])[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+(?=[^\W\d_])|[\u202d\u202e]"
)
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_LATIN: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_OTHER: Final = "\u0370-\u03ff\u0400-\u052f"
_MIXED: Final = re.compile(f"[{_LATIN}][{_OTHER}]|[{_OTHER}][{_LATIN}]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_EMOJI_IN_WORD: Final = re.compile(f"(?<=[^\\W\\d_])[{_EMOJI}\ufe0f\u200d\U0001f3fb-\U0001f3ff]+(?=[^\\W\\d_])")
_MARKS: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]")
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
    found = 0
    for token in _HASHTAG.sub(" ", line).split():
        if _LEET_SIGN_WORD.search(token):
            found += 1
        elif not token.isalpha():
            found += sum(unleeted(word) != word for word in _PIECE.findall(token))
    return found


def _hidden(text: str) -> Signals:
    bidi = _BIDI_IN_WORD if _RIGHT_TO_LEFT.search(text) else _BIDI
    seen = _BIDI.sub("", _ZERO_WIDTH.sub("", text))
    composed = unicodedata.normalize("NFC", seen)
    return Signals(
        zero_width=len(_ZERO_WIDTH.findall(text)),
        bidi=sum(len(run) for run in map(str, bidi.findall(text))),
        mixed_script_words=sum(1 for word in _WORD.findall(composed) if _MIXED.search(word)),
        emoji_in_words=len(_EMOJI_IN_WORD.findall(text)),
        marks_stuffed=len(_MARKS.findall(composed)),
    )
