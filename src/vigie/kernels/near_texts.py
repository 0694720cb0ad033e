"""What two texts are compared by: shingles, a sample of longer ones, and words; `parts_of`.

A text is its key (`vigie.text.normalise`) as code points. Kept are

- its *shingles*: all runs of `SHINGLE` characters, hashed, different ones only, ascending;
- its *sample*: of the runs of `LOOK` characters, hashed, those whose hash has some zero bits. Which are kept depends on
  the run alone, so that of two texts that share a passage the samples share a part of it, wherever it stands. Of longer
  texts fewer are kept, and these are among those that a shorter one keeps;
- its *words*: hash, length in characters (at most 255), and whether it is a fact (`FIGURE`: it has a digit; `NAME`: it
  stands capitalised inside a sentence, which the caller has to say).

Source: Broder 1997, On the resemblance and containment of documents (mod p sketches).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I64, U8

    U32 = NDArray[np.uint32]

SHINGLE: Final = 5
LOOK: Final = 12
FIGURE: Final = 1
NAME: Final = 2
SHORT: Final = 60  # characters; a text shorter than that keeps every run
LONG: Final = 1_000
VERY_LONG: Final = 4_000
_BASE: Final = np.uint64(1_099_511_628_211)
_FIRST: Final = np.uint64(0xFF51AFD7ED558CCD)
_SECOND: Final = np.uint64(0xC4CEB9FE1A85EC53)
_HALF: Final = np.uint64(33)
_SPACE: Final = 32


class Parts(NamedTuple):
    """The parts of texts, each text's from its begin to the next one's.

    shingle_begins: int64[texts + 1], shingles: uint32; sample_begins, sample: likewise; word_begins: int64[texts + 1],
    words: uint32, lengths: uint8, facts: uint8 (bits FIGURE and NAME).
    """

    shingle_begins: I64
    shingles: U32
    sample_begins: I64
    sample: U32
    word_begins: I64
    words: U32
    lengths: U8
    facts: U8


@njit(cache=True, nogil=True, inline="always")
def _mixed(h: np.uint64) -> np.uint64:
    h ^= h >> _HALF
    h *= _FIRST
    h ^= h >> _HALF
    h *= _SECOND
    h ^= h >> _HALF
    return h


@njit(cache=True, nogil=True)
def _runs(points: U32, width: int, bits: int, found: U32, at: int) -> int:
    """Put the hashes of the runs of `width` points with `bits` zero bits into `found` from `at` on; return the end.

    A text that is shorter is one run.
    """
    begin = at
    mask = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    h = np.uint64(0)
    power = np.uint64(1)
    for _ in range(width - 1):
        power *= _BASE
    for k in range(points.size):
        h = h * _BASE + np.uint64(points[k]) + np.uint64(1)
        if k >= width - 1:
            x = _mixed(h)
            if (x >> np.uint64(40)) & mask == np.uint64(0):
                found[at] = np.uint32(x & np.uint64(0xFFFFFFFF))
                at += 1
            h -= power * (np.uint64(points[k - width + 1]) + np.uint64(1))
    if 0 < points.size < width:
        found[at] = np.uint32(_mixed(h) & np.uint64(0xFFFFFFFF))
        at += 1
    found[begin:at].sort()
    end = begin
    for k in range(begin, at):
        if k == begin or found[k] != found[end - 1]:
            found[end] = found[k]
            end += 1
    return end


@njit(cache=True, nogil=True, inline="always")
def sample_bits(size: Any) -> int:
    """Return how many zero bits a run's hash has that the sample of a text of this size keeps."""
    return 0 if size < SHORT else 2 if size < LONG else 3 if size < VERY_LONG else 4


@njit(cache=True, nogil=True)
def _parts(points: U32, begins: I64) -> tuple[I64, U32, I64, U32, I64, U32, U8, U8]:
    texts = begins.shape[0] - 1
    shingle_begins, sample_begins, word_begins = np.zeros((3, texts + 1), np.int64)
    shingles, sample = np.empty(points.size + texts, np.uint32), np.empty(points.size + texts, np.uint32)
    words = np.empty(points.size // 2 + texts + 1, np.uint32)
    lengths, facts = np.zeros(words.size, np.uint8), np.zeros(words.size, np.uint8)
    made = taken = count = 0
    for n in range(texts):
        text = points[begins[n] : begins[n + 1]]
        made = _runs(text, SHINGLE, 0, shingles, made)
        taken = _runs(text, LOOK, sample_bits(text.size), sample, taken)
        h = np.uint64(0)
        length = fact = 0
        for k in range(text.size + 1):
            if k < text.size and text[k] != _SPACE:
                h = h * _BASE + np.uint64(text[k]) + np.uint64(1)
                length += 1
                fact |= FIGURE if 48 <= text[k] <= 57 else 0
            elif length:
                words[count] = np.uint32(_mixed(h) & np.uint64(0xFFFFFFFF))
                lengths[count], facts[count] = min(length, 255), fact
                count += 1
                h = np.uint64(0)
                length = fact = 0
        shingle_begins[n + 1], sample_begins[n + 1], word_begins[n + 1] = made, taken, count
    return (
        shingle_begins,
        shingles[:made].copy(),
        sample_begins,
        sample[:taken].copy(),
        word_begins,
        words[:count].copy(),
        lengths[:count].copy(),
        facts[:count].copy(),
    )


def parts_of(points: U32, begins: I64) -> Parts:
    """Return the parts of texts; `points` are their code points one after another, begins: int64[texts + 1]."""
    return Parts(*_parts(points, begins))


@njit(cache=True, nogil=True)
def _name(words: U32, begins: I64, facts: U8, names: U32, name_begins: I64) -> None:
    for n in range(begins.shape[0] - 1):
        own = np.sort(names[name_begins[n] : name_begins[n + 1]])
        for k in range(begins[n], begins[n + 1]):
            at = np.searchsorted(own, words[k])
            if at < own.size and own[at] == words[k]:
                facts[k] |= NAME


def with_names(parts: Parts, names: Parts) -> Parts:
    """Return the parts with the words marked that stand among the words of the same text in `names`."""
    facts = parts.facts.copy()
    _name(parts.words, parts.word_begins, facts, names.words, names.word_begins)
    return parts._replace(facts=facts)
