"""Families of near-duplicates that do not chain: `grouped`.

The first *core* is the text that most posts of about its length are paired with (of equal ones the first). Compared
with it are the texts up to `STEPS` pairs away, so that a long chain takes no longer than its length. A text belongs to
the core's family if it is paired with it, or still reaches a lower score; one that resembles a neighbour only does not,
nor one that has the core in it and nearly as much of its own: it quotes (where neither is paired with any other and
both begin alike, one may be the other cut short). A text *made of two* texts it is paired with is in the family of
neither, nor is it the core of theirs. The next core is found likewise among those that are left, and so on.

Pairs make components, and the families of one depend on its texts, pairs and posts alone: where texts follow, those
components are grouped anew in which something changed (`regrouped`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

from vigie.kernels.near_compare import (
    ALIGNED_FROM,
    FIGURES,
    figures_of,
    room,
    score_of,
    shared,
    shingle_count,
    shingle_figures,
    shingles_of,
)
from vigie.kernels.near_pairs import QUOTED, QUOTING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64
    from vigie.kernels.near_compare import Scorecard
    from vigie.kernels.near_pairs import NearPairs
    from vigie.kernels.near_texts import Parts

_NONE: Final = -1
BEGIN_WORDS: Final = 4
STEPS: Final = 3
WHOLE: Final = 4 / 3  # how many times as long as each a text is that is made of two
UNLIKE: Final = 0.3  # of their shingles these two share less
COVERED: Final = 0.8  # of the text's shingles they have as many together


@njit(cache=True, nogil=True)
def _begin_alike(parts: Any, one: int, other: int) -> bool:
    a, b = parts.word_begins[one], parts.word_begins[other]
    for k in range(BEGIN_WORDS):
        if a + k == parts.word_begins[one + 1]:
            return True
        if b + k == parts.word_begins[other + 1] or parts.words[a + k] != parts.words[b + k]:
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
def _reached(begins: I64, others: I32, changed: Any) -> Any:
    """Return the texts of the components that have a changed text."""
    reached = changed.copy()
    stack = np.empty(changed.size, np.int32)
    depth = 0
    for text in range(changed.size):
        if changed[text]:
            stack[depth] = text
            depth += 1
    while depth:
        depth -= 1
        text = stack[depth]
        for k in range(begins[text], begins[text + 1]):
            if not reached[others[k]]:
                reached[others[k]] = True
                stack[depth] = others[k]
                depth += 1
    return reached


@njit(cache=True, nogil=True)
def _stands_in(parts: Any, one: int, other: int, limit: float) -> bool:
    """Return whether a text is so many times longer than another and has most of its shingles."""
    if shingle_count(parts, other) <= limit * shingle_count(parts, one):
        return False
    a = shingles_of(parts, one)
    return shared(a, shingles_of(parts, other)) >= QUOTED * a.size  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _are_paired(begins: I64, others: I32, one: int, other: int) -> bool:
    return (others[begins[one] : begins[one + 1]] == other).any()  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _alike(parts: Any, begins: I64, others: I32, text: int) -> int:
    """Return with how many texts of its length a text is paired."""
    count = 0
    for k in range(begins[text], begins[text + 1]):
        a, b = shingle_count(parts, text), shingle_count(parts, others[k])
        count += a <= WHOLE * b and b <= WHOLE * a
    return count


@njit(cache=True, nogil=True)
def _is_made_of_two(parts: Any, begins: I64, others: I32, text: int) -> bool:
    """Return whether the longest text that stands in this one and another fill it, and are neither alike nor paired.

    A text that is paired with more of its length than either of them is no sum: they are what is left of it.
    """
    first = _NONE
    for k in range(begins[text], begins[text + 1]):
        other = others[k]
        longer = first == _NONE or shingle_count(parts, other) > shingle_count(parts, first)
        if (longer or (shingle_count(parts, other) == shingle_count(parts, first) and other < first)) and _stands_in(
            parts, other, text, WHOLE
        ):
            first = other
    if first == _NONE:
        return False
    copies = _alike(parts, begins, others, text)
    if copies > _alike(parts, begins, others, first):
        return False
    a = shingles_of(parts, first)
    for k in range(begins[text], begins[text + 1]):
        other = others[k]
        b = shingles_of(parts, other)
        if (
            a.size + b.size >= COVERED * shingle_count(parts, text)
            and _stands_in(parts, other, text, WHOLE)
            and shared(a, b) < UNLIKE * b.size
            and not _are_paired(begins, others, first, other)
            and copies <= _alike(parts, begins, others, other)
        ):
            return True
    return False


@njit(cache=True, nogil=True, inline="always")
def _of_a_length(parts: Any, limits: Any, one: int, other: int) -> bool:
    # A text that quotes two families is no core of both, and one cut short is no core of the whole.
    a, b = shingle_count(parts, one), shingle_count(parts, other)
    return a <= limits[one] * b and b <= limits[other] * a  # type: ignore[no-any-return]


@njit(cache=True, nogil=True, inline="always")
def _before(weights: I64, texts: I32, one: int, other: int) -> bool:
    return weights[one] > weights[other] or (weights[one] == weights[other] and texts[one] < texts[other])  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _sunk(weights: I64, texts: I32, at: int, count: int) -> None:
    """Let the entry `at` of a heap sink to its place."""
    while 2 * at + 1 < count:
        child = 2 * at + 1
        if child + 1 < count and _before(weights, texts, child + 1, child):
            child += 1
        if not _before(weights, texts, child, at):
            return
        weights[child], weights[at] = weights[at], weights[child]
        texts[child], texts[at] = texts[at], texts[child]
        at = child


@njit(cache=True, nogil=True)
def _grouped(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    parts: Any,
    begins: I64,
    others: I32,
    posts: I64,
    reached: Any,
    core_of: I32,
    likeness: Any,
    edges: Any,
    points: Any,
    least: float,
) -> None:
    texts = begins.shape[0] - 1
    weight = np.zeros(texts, np.int64)
    limits = np.full(texts, QUOTING)
    for text in range(texts):
        if reached[text] and begins[text + 1] - begins[text] > 1 and _is_made_of_two(parts, begins, others, text):
            limits[text] = WHOLE
    heap, heaped = np.empty(texts, np.int64), np.empty(texts, np.int32)
    waiting = 0
    for text in range(texts):
        if not reached[text]:
            continue
        core_of[text], likeness[text] = _NONE, 0.0
        if begins[text + 1] == begins[text]:
            continue
        weight[text] = posts[text] or -1
        if posts[text]:
            for k in range(begins[text], begins[text + 1]):
                if _of_a_length(parts, limits, text, others[k]):
                    weight[text] += posts[others[k]]
        heap[waiting], heaped[waiting] = weight[text], text
        waiting += 1
    for at in range(waiting // 2 - 1, -1, -1):
        _sunk(heap, heaped, at, waiting)
    seen = np.zeros(texts, np.uint8)
    asked = np.empty(texts, np.int32)
    joined = np.empty(texts, np.int32)
    found = np.empty(len(FIGURES), np.float32)
    matches, rows = room()
    most = 0.0
    for k in range(ALIGNED_FROM, len(FIGURES)):
        most += points[k].max()
    while waiting:
        core = heaped[0]
        if core_of[core] == _NONE and heap[0] != weight[core]:
            # Some of its neighbours are gone since.
            heap[0] = weight[core]
            _sunk(heap, heaped, 0, waiting)
            continue
        waiting -= 1
        heap[0], heaped[0] = heap[waiting], heaped[waiting]
        _sunk(heap, heaped, 0, waiting)
        if core_of[core] != _NONE:
            continue
        count = 0
        seen[core] = 1
        for k in range(begins[core], begins[core + 1]):
            if core_of[others[k]] == _NONE and not seen[others[k]]:
                seen[others[k]] = 1
                asked[count] = others[k]
                count += 1
        near, begin = count, 0
        for _ in range(STEPS - 1):
            end = count
            for m in range(begin, end):
                for k in range(begins[asked[m]], begins[asked[m] + 1]):
                    if core_of[others[k]] == _NONE and not seen[others[k]]:
                        seen[others[k]] = 1
                        asked[count] = others[k]
                        count += 1
            begin = end
        two = begins[core + 1] - begins[core] == 1 and count == 1 and begins[asked[0] + 1] - begins[asked[0]] == 1
        core_of[core], likeness[core] = core, 1.0
        seen[core] = 0
        joined[0], members = core, 1
        for m in range(count):
            text = asked[m]
            seen[text] = 0
            shingle_figures(parts, core, text, found)
            # A text that is the core and as much again quotes it; of two paired with no other one may be cut short.
            quotes = shingle_count(parts, text) > limits[text] * shingle_count(parts, core) and found[1] >= QUOTED
            if quotes and not (two and _begin_alike(parts, core, text)):
                continue
            if (
                limits[core] == WHOLE
                and shingle_count(parts, core) > WHOLE * shingle_count(parts, text)
                and found[1] >= QUOTED
            ):
                continue
            if m >= near:
                if score_of(found, edges, points, ALIGNED_FROM) + most < least:
                    continue
                figures_of(parts, core, text, found, matches, rows)
                if score_of(found, edges, points) < least:
                    continue
            core_of[text], likeness[text] = core, found[0]
            joined[members] = text
            members += 1
        for m in range(members):
            for k in range(begins[joined[m]], begins[joined[m] + 1]):
                other = others[k]
                if core_of[other] == _NONE and posts[other] and _of_a_length(parts, limits, other, joined[m]):
                    weight[other] -= posts[joined[m]]


def regrouped(
    parts: Parts,
    earlier: I32,
    later: I32,
    posts: NDArray[np.int64],
    card: Scorecard,
    *,
    least: float,
    changed: NDArray[np.bool_],
    core: I32,
    likeness: NDArray[np.float32],
) -> None:
    """Group the components anew that have a changed text: in `core` and `likeness`, what `grouped` returns.

    changed: bool[texts], true where a text is new, has a pair it had not, or another number in `posts`.
    """
    begins, others = _neighbours(earlier, later, len(posts))
    reached = _reached(begins, others, changed)
    _grouped(parts, begins, others, posts, reached, core, likeness, *card, least)


def grouped(
    parts: Parts, pairs: NearPairs, posts: NDArray[np.int64], card: Scorecard, *, least: float
) -> tuple[I32, NDArray[np.float32]]:
    """Return for each text the core of its family, or -1, and its Jaccard likeness to it.

    posts: int64[texts], how many posts have the text, 0 if it should be no core where there is another; `least`: the
    score that a text without a pair must reach.
    """
    core, likeness = np.full(len(posts), _NONE, np.int32), np.zeros(len(posts), np.float32)
    every = np.ones(len(posts), np.bool_)
    regrouped(parts, pairs.earlier, pairs.later, posts, card, least=least, changed=every, core=core, likeness=likeness)
    return core, likeness
