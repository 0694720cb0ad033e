"""Which vectors of two languages are each other's nearest, by the ratio margin of Artetxe and Schwenk (2019); `mutual`.

A cosine says little by itself: a text of everyday words is near many, a rare one near none. The margin divides the
cosine of two texts by the mean cosine of both to their k nearest in the other language:

    margin(x, y) = cos(x, y) / (sum of cos(x, z) over NN_k(x) / 2k + sum of cos(y, z) over NN_k(y) / 2k)

Likeness below zero counts as none. Where a language has fewer than k texts, all of them are the neighbours. Of the
candidates whose cosine is high enough each text takes the one of the highest margin (then of the higher cosine, then
the earlier); a pair is kept where both took each other: their "intersection".

Neighbours are exact up to `EXACT_MAX` vectors of a language, by blocks of products. Beyond that a graph of neighbours
(HNSW, by the package voyager, in one thread and from one seed, so that it repeats) names them, and cosines are computed
anew: it can miss some.

Source: M. Artetxe, H. Schwenk, "Margin-based Parallel Corpus Mining with Multilingual Sentence Embeddings", ACL 2019.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXACT_MAX: Final = 20_000
NEIGHBOURS: Final = 4
# Cosines held at once.
_BLOCK: Final = 1 << 24
# Links of a vector, candidates while it is put in, candidates while it is asked: 98 % of the four nearest are found.
_LINKS, _BUILD, _ASK = 32, 200, 256


class Pairs(NamedTuple):
    """left, right: int64[pairs], places in the two sets; similarity, margin: float64[pairs]; in order of `left`."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    similarity: NDArray[np.float64]
    margin: NDArray[np.float64]


def mutual(
    left: NDArray[np.float32], right: NDArray[np.float32], *, similarity_min: float, k: int = NEIGHBOURS
) -> Pairs:
    """Return the pairs of `left` float32[n, d] and `right` float32[m, d], unit vectors, that are each other's nearest.

    >>> far, near = np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)[[2, 0]]
    >>> mutual(far, near, similarity_min=0.5).left.tolist(), mutual(far, near, similarity_min=0.5).right.tolist()
    ([0, 2], [1, 0])
    """
    if not (len(left) and len(right)):
        none = np.zeros(0, np.int64)
        return Pairs(none, none, np.zeros(0), np.zeros(0))
    there, there_cos = nearest(left, right, k)
    back, back_cos = nearest(right, left, k)
    left_mean, right_mean = (np.maximum(cos, 0).mean(axis=1) for cos in (there_cos, back_cos))
    chosen, margins = _taken(there, there_cos, left_mean, right_mean, similarity_min)
    answered, _ = _taken(back, back_cos, right_mean, left_mean, similarity_min)
    rows = np.flatnonzero(chosen >= 0)
    rows = rows[answered[chosen[rows]] == rows]
    partners = chosen[rows]
    cosines = there_cos[rows, (there[rows] == partners[:, None]).argmax(axis=1)]
    return Pairs(rows, partners, cosines, margins[rows])


def nearest(
    asked: NDArray[np.float32], among: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the places of the `k` nearest of `among`, or of all where there are fewer, and their cosines.

    Both are [asked, k], the nearest first, of equals the earlier.
    """
    k = min(k, len(among))
    return _approximate(asked, among, k) if len(among) > EXACT_MAX else exact(asked, among, k)


def exact(
    asked: NDArray[np.float32], among: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return what `nearest` does, comparing everything; `k` is at most the length of `among`."""
    places, cosines = np.zeros((len(asked), k), np.int64), np.zeros((len(asked), k))
    step = max(1, _BLOCK // len(among))
    for start in range(0, len(asked), step):
        block = asked[start : start + step] @ among.T
        rows = np.arange(len(block))
        for n in range(k):
            best = block.argmax(axis=1)
            places[start : start + step, n] = best
            cosines[start : start + step, n] = block[rows, best]
            block[rows, best] = -np.inf
    return places, cosines


def _approximate(
    asked: NDArray[np.float32], among: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    voyager: Any = import_module("voyager")
    index = voyager.Index(
        voyager.Space.InnerProduct, num_dimensions=among.shape[1], M=_LINKS, ef_construction=_BUILD, random_seed=1
    )
    index.add_items(among, num_threads=1)
    places, cosines = np.zeros((len(asked), k), np.int64), np.zeros((len(asked), k))
    step = max(1, _BLOCK // among.shape[1] // k)
    for start in range(0, len(asked), step):
        block = asked[start : start + step]
        found = index.query(block, k, num_threads=1, query_ef=max(_ASK, k))[0].astype(np.int64)
        cos = np.einsum("nd,nkd->nk", block, among[found])
        order = np.lexsort((found, -cos), axis=1)
        places[start : start + step] = np.take_along_axis(found, order, axis=1)
        cosines[start : start + step] = np.take_along_axis(cos, order, axis=1)
    return places, cosines


def _taken(
    places: NDArray[np.int64],
    cosines: NDArray[np.float64],
    own_mean: NDArray[np.float64],
    other_mean: NDArray[np.float64],
    similarity_min: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each row the place it takes, -1 where none is near enough, and its margin."""
    usual = (own_mean[:, None] + other_mean[places]) / 2
    near = (cosines >= similarity_min) & (usual > 0)
    margins = np.divide(cosines, usual, out=np.full_like(cosines, -np.inf), where=near)
    best = margins.argmax(axis=1)
    rows = np.arange(len(places))
    margin = margins[rows, best]
    return np.where(margin > -np.inf, places[rows, best], -1), margin
