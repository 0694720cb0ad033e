"""The keys of many texts at once: `vigie.text.normalise.normalise`, in about half the time.

Characters are folded by a table over the code points of some thousand characters of joined texts, links and handles are
found in all lines at once, signs and spaces fall together as arrays. A text with something rarer in it (hashtags in a
row, letters apart, digits inside a word, a cut end) is finished on its own, by the same function that `normalise` uses.
"""

from __future__ import annotations

import sys
from threading import Lock
from typing import TYPE_CHECKING, Final
from unicodedata import combining

import numpy as np

from vigie.text.fold import LETTER_MARKS
from vigie.text.normalise import TAGS_MIN, TAILS, bared, finished, folded, unmarked, untagged

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

_CHARACTERS_MAX: Final = 1 << 15
_NEWLINE: Final = 10
_SPACE: Final = 32
_DROPPED: Final = sys.maxunicode + 1
_UNKNOWN: Final = -1
_HALF: Final = 32
_ENDS: Final = np.array(sorted({ord(tail[-2]) << _HALF | ord(tail[-1]) for tail in TAILS}), np.int64)
_LEET_LETTERS: Final = (0x61, 0x52F)
# The first mark that is part of a letter, the Nukta of Devanagari.
_MARKS_FROM: Final = 0x93C
_CODEC: Final = "utf-32-le"


class _Table:
    """What every code point is folded to, decided when it is first met.

    A value from `_DROPPED` on is the number of a string of none, two or more characters. `shown` is what a folded
    character is in a key, `marks` whether it is a mark that is part of a letter.
    """

    def __init__(self) -> None:
        self.values = np.full(sys.maxunicode + 1, _UNKNOWN, np.int32)
        self.shown = np.full(sys.maxunicode + 1, _SPACE, np.int32)
        self.marks = np.zeros(sys.maxunicode + 1, np.bool_)
        self._strings: list[str] = [""]
        self._lock = Lock()
        self.values[0] = _NEWLINE
        self.shown[_NEWLINE] = _NEWLINE

    def fold(self, text: str) -> npt.NDArray[np.int32]:
        """Return the folded code points of texts between which a NUL stands; a line feed stands between them then."""
        codes = _codes(text)
        values = self.values[codes]
        if values.min(initial=0) == _UNKNOWN:
            self._learn(np.unique(codes[values == _UNKNOWN]))
            values = self.values[codes]
        at = np.flatnonzero(values >= _DROPPED)
        if not at.size:
            return values
        numbers = (values[at] - _DROPPED).tolist()
        strings = [self._strings[number] for number in numbers]
        lengths = np.fromiter(map(len, strings), np.int64, at.size)
        upto = np.cumsum(lengths)
        begins = at + upto - lengths - np.arange(at.size)
        places = np.arange(upto[-1]) + np.repeat(begins - upto + lengths, lengths)
        wide = np.empty(values.size - at.size + int(upto[-1]), np.int32)
        ordinary = np.ones(wide.size, np.bool_)
        ordinary[places] = False
        wide[ordinary] = values[values < _DROPPED]
        wide[places] = _codes("".join(strings))
        return wide

    def _learn(self, codes: npt.NDArray[np.int32]) -> None:
        with self._lock:
            for code in codes.tolist():
                to = folded(chr(code))
                for character in to:
                    self.shown[ord(character)] = ord(character) if _is_shown(character) else _SPACE
                    self.marks[ord(character)] = combining(character) in LETTER_MARKS
                if len(to) != 1 and to not in self._strings:
                    self._strings.append(to)
                self.values[code] = ord(to) if len(to) == 1 else _DROPPED + self._strings.index(to)


def _is_shown(character: str) -> bool:
    return character.isalnum() or not character.isascii()


def _codes(text: str) -> npt.NDArray[np.int32]:
    return np.frombuffer(text.encode(_CODEC, "surrogatepass"), np.int32)


_TABLE: Final = _Table()


def normalised(texts: Sequence[str]) -> list[str]:
    """Return `normalise` of each text, in their order.

    >>> normalised(["RT @ana: V.O.T.E now!", "", "#MACRON\u200b &amp; Le Pen"])
    ['vote now', '', 'macron le pen']
    """
    keys: list[str] = []
    begin, characters = 0, 0
    for at, text in enumerate(texts):
        characters += len(text)
        if characters >= _CHARACTERS_MAX:
            keys += _keys(texts[begin : at + 1])
            begin, characters = at + 1, 0
    return keys + _keys(texts[begin:]) if begin < len(texts) else keys


def _keys(texts: Sequence[str]) -> list[str]:
    plain = [unmarked(text) if "&" in text or "<" in text else text for text in texts]
    joined = "\0".join(plain)
    if joined.count("\0") != len(plain) - 1:
        joined = "\0".join(text.replace("\0", "") for text in plain)
    lines = bared(_TABLE.fold(joined).tobytes().decode(_CODEC))
    codes = _codes(lines)
    shown = _TABLE.shown[codes]
    word = shown > _SPACE
    kept = shown != _SPACE
    kept[:-1] |= word[1:]  # of what stands before a word, the last character
    key_codes, edges = _trimmed(shown[kept])
    keys = key_codes.tobytes().decode(_CODEC).split("\n")
    key_ends = np.flatnonzero(key_codes == _NEWLINE)
    ends = np.flatnonzero(codes == _NEWLINE)
    bounds = [-1, *ends.tolist(), len(lines)]
    alone = _lines_of(_rare_words(key_codes, edges), key_ends) | _lines_of(_signs_after_words(codes, word), ends)
    alone.update(at for at in _perhaps_cut(key_codes, key_ends) if keys[at].endswith(TAILS))
    for at in _tagged(codes, ends) | alone:
        line = lines[bounds[at] + 1 : bounds[at + 1]]
        rest = untagged(line)
        if at in alone or len(rest) < len(line):
            keys[at] = finished(rest)
    return keys


def _trimmed(codes: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Return lines without the spaces they begin with, and where spaces and line feeds stand in them."""
    edges = np.flatnonzero(codes <= _SPACE)
    leading = edges[np.diff(edges, prepend=-1) == 1]
    leading = leading[codes[leading] == _SPACE]
    if not leading.size:
        return codes, edges
    kept = np.ones(codes.size, np.bool_)
    kept[leading] = False
    codes = codes[kept]
    return codes, np.flatnonzero(codes <= _SPACE)


def _lines_of(at: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> set[int]:
    return set(np.searchsorted(ends, at).tolist())


def _tagged(codes: npt.NDArray[np.int32], ends: npt.NDArray[np.int64]) -> set[int]:
    """Return the lines with as many hashtags as a run has that is taken away."""
    tags = np.bincount(np.searchsorted(ends, np.flatnonzero(codes == ord("#"))))
    return set(np.flatnonzero(tags >= TAGS_MIN).tolist())


def _signs_after_words(codes: npt.NDArray[np.int32], word: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return where a dollar or an at sign follows a word."""
    at = np.flatnonzero((codes == ord("$")) | (codes == ord("@")))
    return at[(at > 0) & word[at - 1]]


def _perhaps_cut(codes: npt.NDArray[np.int32], ends: npt.NDArray[np.int64]) -> list[int]:
    """Return the lines that end in two characters in which a text ends that may have been cut."""
    last = np.append(ends, codes.size)
    at = np.flatnonzero(last > 1)
    found = codes[last[at] - 2].astype(np.int64) << _HALF | codes[last[at] - 1]
    lines: list[int] = at[np.isin(found, _ENDS)].tolist()
    return lines


def _rare_words(codes: npt.NDArray[np.int32], edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return where words follow each other that are one character each, or digits pass for letters, or marks meet."""
    edges = np.concatenate(([-1], edges, [codes.size]))
    single = edges[:-1][np.diff(edges) == 2]  # noqa: PLR2004 - a character and the edge after it
    singles = single[:-2][single[2:] - single[:-2] == 4] + 1  # noqa: PLR2004 - and twice more
    at = np.flatnonzero((codes - np.int32(ord("0"))).view(np.uint32) <= ord("8") - ord("0"))
    at = at[(at > 0) & (at < codes.size - 1)]
    before, after = codes[at - 1], codes[at + 1]
    # After a second digit the letter is one further; past the end nothing is.
    after = np.where(after < _LEET_LETTERS[0], codes[np.minimum(at + 2, codes.size - 1)], after)
    leet = at[(before >= _LEET_LETTERS[0]) & (before <= _LEET_LETTERS[1]) & (after >= _LEET_LETTERS[0])]
    high = np.flatnonzero(codes >= _MARKS_FROM)
    marks = high[_TABLE.marks[codes[high]]]
    return np.concatenate((singles, leet, marks[:-1][np.diff(marks) == 1]))
