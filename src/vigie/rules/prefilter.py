"""Which of many patterns each of many texts may match: an automaton over literals that the patterns cannot do without.

The literals are derived from the patterns (`vigie.rules.literals`), so that nothing a pattern finds is lost: the
patterns are then asked about their own candidates only.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vigie.kernels.literals import candidates
from vigie.rules.literals import clauses
from vigie.rules.plain import texts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from vigie.rules.literals import Literals

WORD_BITS: Final = 64
# A longer literal is sought by its beginning: it is as telling, and the automaton stays small enough for a cache.
_LITERAL_BYTES_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Prefilter:
    """The automaton of some patterns, as `vigie.kernels.literals.candidates` takes it.

    `always` are the places of the patterns of which nothing can be told; the others are numbered in order.
    """

    classes: NDArray[np.uint8]
    following: NDArray[np.int32]
    ending: int
    found: NDArray[np.uint64]
    needed: NDArray[np.uint64]
    always: tuple[int, ...]
    numbered: tuple[int, ...]

    def bits(self, texts: pa.Array[Any]) -> NDArray[np.uint64]:
        """Return for each text (of an array without nulls) the patterns that it may match, as bits of 64-bit words.

        What a text may match, any text that contains it may match, too.
        """
        sent = texts_of(texts)
        bits = candidates(sent.offsets, sent.data, self.classes, self.following, self.ending, self.found, self.needed)
        if not self.always:
            return bits
        places = np.zeros((len(texts), len(self.always) + len(self.numbered)), np.bool_)
        places[:, self.always] = True
        for number, place in enumerate(self.numbered):
            places[:, place] = _has_bit(bits, number)
        return bits_of([np.flatnonzero(each) for each in places.T], len(texts))

    def candidates(self, texts: pa.Array[Any]) -> list[NDArray[np.int64]]:
        """Return for each pattern the places of the texts (of an array without nulls) that it may match, ascending."""
        return places_of(self.bits(texts), len(self.always) + len(self.numbered))


def bits_of(places: Sequence[NDArray[np.int64]], texts: int) -> NDArray[np.uint64]:
    """Return for each of so many texts, as bits of 64-bit words, in which of the `places` it is."""
    bits = np.zeros((texts, bits_words(len(places))), np.uint64)
    for number, each in enumerate(places):
        bits[each, number // WORD_BITS] |= np.uint64(1 << number % WORD_BITS)
    return bits


def bits_words(bits: int) -> int:
    """Return how many 64-bit words hold so many bits: one at least."""
    return max(1, -(-bits // WORD_BITS))


def places_of(bits: NDArray[np.uint64], patterns: int) -> list[NDArray[np.int64]]:
    """Return for each of so many patterns the places of the texts whose `bits` have its number, ascending."""
    some = np.flatnonzero(bits.any(axis=1))
    few = bits[some]
    return [some[_has_bit(few, number)] for number in range(patterns)]


def _has_bit(bits: NDArray[np.uint64], number: int) -> NDArray[np.bool_]:
    word, bit = divmod(number, WORD_BITS)
    own: NDArray[np.bool_] = (bits[:, word] & np.uint64(1 << bit)) != 0
    return own


@cache
def prefilter(patterns: tuple[str, ...]) -> Prefilter:
    """Return the prefilter of `patterns`; it is built once in a process."""
    each = [clauses(pattern) for pattern in patterns]
    numbered = tuple(n for n, own in enumerate(each) if own)
    sets: list[Literals] = [each[n][0] for n in numbered]
    masks = [1 << number for number in range(len(numbered))]
    for number, place in enumerate(numbered):
        for clause in each[place][1:]:
            masks[number] |= 1 << len(sets)
            sets.append(clause)
    classes, following, ending, found = _automaton(sets)
    always = tuple(n for n, own in enumerate(each) if not own)
    return Prefilter(classes, following, ending, found, _words(masks, len(sets)), always, numbered)


def _words(masks: Sequence[int], bits: int) -> NDArray[np.uint64]:
    """Return numbers of so many bits as rows of 64-bit words, the lowest first."""
    words = bits_words(bits)
    low = (1 << WORD_BITS) - 1
    return np.array([[m >> WORD_BITS * w & low for w in range(words)] for m in masks], np.uint64).reshape(-1, words)


def _automaton(
    sets: Sequence[Literals],
) -> tuple[NDArray[np.uint8], NDArray[np.int32], int, NDArray[np.uint64]]:
    """Return classes, following, ending and found of the automaton that tells of which `sets` a text has a literal."""
    children: list[dict[int, int]] = [{}]
    ends = [0]
    for number, literals in enumerate(sets):
        for literal in sorted(literals):
            state = 0
            for byte in literal.encode()[:_LITERAL_BYTES_MAX]:
                if byte not in children[state]:
                    children[state][byte] = len(children)
                    children.append({})
                    ends.append(0)
                state = children[state][byte]
            ends[state] |= 1 << number
    used = sorted({byte for own in children for byte in own})
    classes = np.ones(256, np.uint8)
    classes[used] = np.arange(2, len(used) + 2)
    width = len(used) + 2
    table = np.zeros((len(children), width), np.int64)
    # In the order of their depth: a state follows where its longest proper suffix goes, but for its own children.
    queue, suffix = deque([0]), [0] * len(children)
    while queue:
        state = queue.popleft()
        if state:
            table[state] = table[suffix[state]]
            ends[state] |= ends[suffix[state]]
        for byte, child in children[state].items():
            suffix[child] = int(table[state, classes[byte]])
            table[state, classes[byte]] = child
            queue.append(child)
    order = sorted(range(len(children)), key=lambda state: (ends[state] > 0, state))
    place = np.empty(len(children), np.int64)
    place[order] = np.arange(len(children)) * width
    following = place[table[order]]
    final = [ends[state] for state in order if ends[state]]
    following[len(order) - len(final) :, 0] = np.arange(len(final))
    ending = (len(order) - len(final)) * width
    return classes, following.astype(np.int32).ravel(), ending, _words(final, len(sets))
