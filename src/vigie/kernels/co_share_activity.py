"""Who shares is left to chance, in proportion to activity: the activity null.

In cell d of a partition of the shares into cells of time, let M(d) be the meetings of all pairs and n_i(d) the objects
that i shares in it, those that nobody else shared included. With M(d) falling on pairs in proportion to both
activities,

    lambda_ij = sum over d of  M(d) * 2 n_i(d) n_j(d) / ((sum_k n_k(d))^2 - sum_k n_k(d)^2)

so that the lambdas of all pairs add up to all meetings. Cells hold some hundreds of shares, or a small group would be
all there is in its own and explain itself. In a thin log such a stretch of time is many hours long, and who keeps the
same hours meets more often than that has it. So an hour's own activity is asked as well: of the room of an hour,
R(h) = sum over pairs of n_i(h) n_j(h), the part q(h) are meetings,

    q(h) = (M(h) + HOUR_PRIOR * q) / (R(h) + HOUR_PRIOR)        q = sum of M / sum of R over the hours of the stretch

    lambda_ij = sum over h of  q(h) (n_i(h) - m_ij(h)) (n_j(h) - m_ij(h))

where m_ij(h) is at how many objects the pair met in it. What two channels share where they met says nothing of what
they would meet at otherwise; left in, a group that is alone in its hours would explain itself. (Leaving it out lowers
an honest lambda by about q (n_i + n_j) of itself.) The larger lambda counts. Where an hour holds enough shares to be a
stretch, it is the first.

Optimistic for channels of one interest, whoever else shares at the time.

Source: Newman 2010, Networks, 7.7.1 (configuration model).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

from vigie.kernels.share_by_channel import heavier_first
from vigie.kernels.share_near import Cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64
    from vigie.kernels.share_by_channel import ByChannel

    Floats = NDArray[np.float64]

CELL_SHARES: Final = 300
HOUR_PRIOR: Final = 2_000.0  # the share pairs of a crowd of 64
_CELLS_MAX: Final = 1 << 20


@njit(cache=True, nogil=True)
def _activity(  # noqa: PLR0917
    begins: I64,
    objects: I32,
    times: I64,
    lone_begins: I64,
    lone_times: I64,
    window: int,
    begin: int,
    length: int,
    count: int,
) -> tuple[I64, I32, I32, Floats, Floats]:
    """Return by channel the cells it is active in, and at how many objects: (begins, cells, counts).

    And by cell the sum of the counts, and of their squares.
    """
    firsts = np.zeros(begins.shape[0], np.int64)
    at = np.empty(1 << 12, np.int32)
    counts = np.empty(1 << 12, np.int32)
    sums, squares = np.zeros(count), np.zeros(count)
    of_cell = np.zeros(count, np.int32)
    counted_at = np.full(count, -1, np.int64)  # the last object, made unlike any other channel's
    made = 0
    for c in range(begins.shape[0] - 1):
        needed = made + min(count, 2 * (begins[c + 1] - begins[c] + lone_begins[c + 1] - lone_begins[c]))
        if needed > at.shape[0]:
            wider = np.empty((2, max(needed, 3 * at.shape[0] // 2)), np.int32)
            wider[0, :made], wider[1, :made] = at[:made], counts[:made]
            at, counts = wider[0], wider[1]
        first = made
        mark = begins[c]
        for k in range(begins[c], begins[c + 1]):
            if k > begins[c] and objects[k] != objects[k - 1]:
                mark = k
            d = (times[k] - begin) // length
            last = (times[k] - begin + window) // length
            while d <= last:
                if counted_at[d] != mark:
                    counted_at[d] = mark
                    if of_cell[d] == 0:
                        at[made] = d
                        made += 1
                    of_cell[d] += 1
                d += 1
        for k in range(lone_begins[c], lone_begins[c + 1]):
            last = (lone_times[k] - begin + window) // length
            for d in range((lone_times[k] - begin) // length, last + 1):
                if of_cell[d] == 0:
                    at[made] = d
                    made += 1
                of_cell[d] += 1
        for k in range(first, made):
            d = at[k]
            counts[k] = of_cell[d]
            sums[d] += counts[k]
            squares[d] += np.float64(counts[k]) * counts[k]
            of_cell[d] = 0
        firsts[c + 1] = made
    return firsts, at[:made], counts[:made], sums, squares


@njit(cache=True, nogil=True)
def _activity_means(  # noqa: PLR0917
    one: I32, other: I32, order: I64, begins: I64, cells: I32, counts: I32, weights: Floats
) -> Floats:
    """Return the mean of each edge; `order` has the edges of one channel `one` together."""
    means = np.zeros(one.shape[0], np.float64)
    dense = np.zeros(weights.shape[0], np.float64)
    now = -1
    for edge in order:
        c = one[edge]
        if c != now:
            if now >= 0:
                for k in range(begins[now], begins[now + 1]):
                    dense[cells[k]] = 0
            for k in range(begins[c], begins[c + 1]):
                dense[cells[k]] = counts[k] * weights[cells[k]]
            now = c
        mean = 0.0
        for k in range(begins[other[edge]], begins[other[edge] + 1]):
            mean += dense[cells[k]] * counts[k]
        means[edge] = mean
    return means


@njit(cache=True, nogil=True)
def _means_elsewhere(  # noqa: PLR0917
    one: I32,
    other: I32,
    order: I64,
    begins: I64,
    cells: I32,
    counts: I32,
    weights: Floats,
    starts: I64,
    objects: I32,
    times: I64,
    window: int,
    begin: int,
    length: int,
    object_count: int,
) -> Floats:
    """Return the mean of each edge, of what both share elsewhere than where they meet."""
    means = np.zeros(one.shape[0], np.float64)
    first = np.full(object_count, -1, np.int32)  # where the channel `one` begins to share the object
    dense, met_in = np.zeros((2, weights.shape[0]), np.int32)
    now = -1
    for edge in order:
        c = one[edge]
        if c != now:
            if now >= 0:
                for k in range(starts[now], starts[now + 1]):
                    first[objects[k]] = -1
                for k in range(begins[now], begins[now + 1]):
                    dense[cells[k]] = 0
            for k in range(starts[c + 1] - 1, starts[c] - 1, -1):
                first[objects[k]] = k
            for k in range(begins[c], begins[c + 1]):
                dense[cells[k]] = counts[k]
            now = c
        end_one, end = starts[c + 1], starts[other[edge] + 1]
        k = starts[other[edge]]
        while k < end:
            o = objects[k]
            low = int(first[o])
            met = low < 0
            while k < end and objects[k] == o:
                if not met:
                    while low < end_one and objects[low] == o and times[low] < times[k] - window:
                        low += 1
                    if low < end_one and objects[low] == o and times[low] <= times[k] + window:
                        met = True
                        met_in[(max(times[k], times[low]) - begin) // length] += 1
                k += 1
        mean = 0.0
        for k in range(begins[other[edge]], begins[other[edge] + 1]):
            d = cells[k]
            mean += weights[d] * (dense[d] - met_in[d]) * (counts[k] - met_in[d])
            met_in[d] = 0
        means[edge] = mean
    return means


def cells_of(begin: int, end: int, shares: int, *, window: int, cell_shares: int, cell_min: int) -> Cells:
    """Return cells for `shares` shares from `begin` to `end`, the last one a `window` after it.

    None is shorter than `cell_min` or `window`; so many of them make a stretch that it has `cell_shares` shares on
    average.
    """
    length = max(cell_min, window, (end - begin) // _CELLS_MAX + 1)
    stretch = (end - begin) // max(1, shares // cell_shares) + 1
    return Cells(begin, length, (end - begin + window) // length + 1, max(1, -(stretch // -length)))


def expected_activity(  # noqa: PLR0917 - as all of them stand in the formula
    edges_a: I32,
    edges_b: I32,
    shares: ByChannel,
    lone: tuple[I64, I64],
    cells: Cells,
    met: NDArray[Any],
    *,
    window: int,
) -> Floats:
    """Return the expected number of objects at which each edge meets if channels meet as their activity has it.

    `met` is how many meetings each cell has; `lone` the shares of what nobody else shared, as `lone_by_channel` gives
    them. Who shares an object up to a `window` before it is active in a cell as well.
    """
    one, other, order = heavier_first(edges_a, edges_b, shares.begins)
    given = *shares[:3], *lone, window, cells.begin
    begins, active, counts, sums, squares = _activity(*given, cells.stretch_length, cells.stretches)
    room, meetings = sums**2 - squares, cells.by_stretch(met)
    weights = np.divide(2 * meetings, room, out=np.zeros(len(room)), where=room > 0)
    means = _activity_means(one, other, order, begins, active, counts, weights)
    if cells.together == 1:
        return means
    begins, active, counts, sums, squares = _activity(*given, cells.length, cells.number)
    room = (sums**2 - squares) / 2
    whole = cells.by_stretch(room)
    part = np.divide(meetings, whole, out=np.zeros(len(whole)), where=whole > 0)
    weights = (met + HOUR_PRIOR * np.repeat(part, cells.together)[: cells.number]) / (room + HOUR_PRIOR)
    walked = *shares[:3], window, cells.begin, cells.length, int(shares.objects.max(initial=-1)) + 1
    return np.maximum(means, _means_elsewhere(one, other, order, begins, active, counts, weights, *walked))
