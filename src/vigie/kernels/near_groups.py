"""Families of near-duplicates that do not chain: `grouped`.

Pairs make components. In each the *core* is the text that most posts of about its length are paired with (of equal
ones the first). A text belongs to the core's family if it is paired with it, or still reaches a lower score when it
is compared with it; one that resembles a neighbour only does not, nor one that has the core in it and nearly as much
of its own (it quotes; where there are two texts and both begin alike, one may be the other cut short). Those that are
left make components of their own, and so on.

The families of a component depend on its texts and pairs alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

from vigie.kernels.near_compare import FIGURES, figures_of, room, score_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64
    from vigie.kernels.near_compare import Scorecard
    from vigie.kernels.near_pairs import NearPairs
    from vigie.kernels.near_texts import Parts

_NONE: Final = -1
QUOTING: Final = 1.8
QUOTED: Final = 0.85
BEGIN_WORDS: Final = 4


@njit(cache=True, nogil=True, inline="always")
def _size(parts: Any, text: int) -> Any:
    return parts.shingle_begins[text + 1] - parts.shingle_begins[text]


@njit(cache=True, nogil=True)
def _begin_alike(parts: Any, one: int, other: int) -> bool:
    a, b = parts.word_begins[one], parts.word_begins[other]
    for k in range(BEGIN_WORDS):
        if a + k < parts.word_begins[one + 1] and parts.words[a + k] != parts.words[b + k]:
            return False
    return True


@njit(cache=True, nogil=True)
def _neighbours(earlier: I32, later: I32, texts: int) -> tuple[I64, I32]:
    begins = np.zeros(texts + 1, np.int64)
    for k in range(earlier.size):
        begins[earlier[k] + 1] += 1
        begins[later[k] + 1] += 1
    for n in range(texts):
        begins[n + 1] += begins[n]
    free = begins[:-1].copy()
    others = np.empty(begins[-1], np.int32)
    for k in range(earlier.size):
        a, b = earlier[k], later[k]
        others[free[a]], others[free[b]] = b, a
        free[a] += 1
        free[b] += 1
    return begins, others


@njit(cache=True, nogil=True)
def _grouped(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    parts: Any, begins: I64, others: I32, posts: I64, edges: Any, points: Any, least: float
) -> tuple[I32, Any]:
    texts = begins.shape[0] - 1
    core_of = np.full(texts, _NONE, np.int32)
    likeness = np.zeros(texts, np.float32)
    seen = np.zeros(texts, np.bool_)
    near = np.zeros(texts, np.bool_)
    stack = np.empty(texts, np.int32)
    member = np.empty(texts, np.int32)
    found = np.empty(len(FIGURES), np.float32)
    matches, rows = room()
    for start in range(texts):
        # Whoever is left over of a component comes first in one of those that are left.
        while core_of[start] == _NONE and begins[start + 1] > begins[start]:
            stack[0], depth, count = start, 1, 0
            seen[start] = True
            while depth:
                depth -= 1
                text = stack[depth]
                member[count] = text
                count += 1
                for k in range(begins[text], begins[text + 1]):
                    other = others[k]
                    if not seen[other] and core_of[other] == _NONE:
                        seen[other] = True
                        stack[depth] = other
                        depth += 1
            core, most = -1, np.int64(-2)
            for m in range(count):
                text = member[m]
                seen[text] = False
                weight = posts[text]
                for k in range(begins[text], begins[text + 1]):
                    # A text that quotes two families is no core of both, and one cut short is no core of the whole.
                    own, size = _size(parts, text), _size(parts, others[k])
                    if core_of[others[k]] == _NONE and own <= QUOTING * size and size <= QUOTING * own:
                        weight += posts[others[k]]
                weight = weight if posts[text] else np.int64(-1)
                if weight > most or (weight == most and text < core):
                    core, most = text, weight
            for k in range(begins[core], begins[core + 1]):
                near[others[k]] = True
            for m in range(count):
                text = member[m]
                if text == core:
                    core_of[text], likeness[text] = core, 1.0
                    continue
                figures_of(parts, core, text, found, matches, rows)
                # A text that is the core and as much again quotes it; of two alone one may be the other cut short.
                quotes = _size(parts, text) > QUOTING * _size(parts, core) and found[1] >= QUOTED
                if quotes and (count > 2 or not _begin_alike(parts, core, text)):
                    continue
                if near[text] or score_of(found, edges, points) >= least:
                    core_of[text], likeness[text] = core, found[0]
            for k in range(begins[core], begins[core + 1]):
                near[others[k]] = False
    return core_of, likeness


def grouped(
    parts: Parts, pairs: NearPairs, posts: NDArray[np.int64], card: Scorecard, *, least: float
) -> tuple[I32, NDArray[np.float32]]:
    """Return for each text the core of its family, or -1, and its Jaccard likeness to it.

    posts: int64[texts], how many posts have the text, 0 if it should be no core where there is another; `least`: the
    score that a text without a pair must reach.
    """
    begins, others = _neighbours(pairs.earlier, pairs.later, len(posts))
    return _grouped(parts, begins, others, posts, *card, least)
