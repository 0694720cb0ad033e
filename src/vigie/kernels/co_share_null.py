"""What chance expects two accounts to share together, under two null models, and how rare more is.

Shares come as three arrays: objects and channels (codes from 0) and times (whole seconds, or any unit that `window` is
in as well), sorted by object, then time. Two accounts *meet* at an object where each shared it within `window` of the
other. The number of objects at which a pair meets is, under either null, a sum of independent trials of small
probability p_ij(o); `expected_*` return its mean lambda_ij.

`expected_activity`: who shares is left to chance, in proportion to activity
    In cell d (any partition of the shares: periods, or periods by domain) let M(d) be the meetings of all pairs and
    n_i(d) the objects that i shares in it. With M(d) falling on pairs in proportion to both activities,

        lambda_ij = sum over d of  M(d) * 2 n_i(d) n_j(d) / ((sum_k n_k(d))^2 - sum_k n_k(d)^2)

    so that the lambdas of all pairs add up to all meetings. Optimistic for accounts of one interest.

`expected_timing`: who shares what is given, and so is the period; only the moment is left to chance
    Let an object's share pairs (of different accounts) within `window` number W(o), those within the longer `reach`
    R(o). Of a share pair within reach, chance brings it within the window with probability

        q(o) = (W(o) + prior * rho) / (R(o) + prior),   rho = max(window / reach, mean over objects of W(o) / R(o))

    rho is what a pair of shares does anywhere: each object has one vote, so that planted groups are outvoted; and where
    shares are steady it is window / reach. An object with more share pairs than `prior` answers for itself, so that a
    rush of hundreds explains who met in it, and a group of forty does not explain itself. If i and j have m share pairs
    within reach at o,

        lambda_ij = sum over o of  1 - (1 - q(o))^m

    This is the jitter null of spike trains: whatever makes two accounts share the same object in the same `reach`
    (interest, hours, an appointment) explains itself; only agreement finer than that does not.

A sum of independent trials of mean lambda reaches k >= lambda + 1 with at most the probability of a Poisson variable of
that mean (Hoeffding 1956; Anderson & Samuels 1967), so `tail` errs on the safe side where it matters. The two claims
are different, and an edge stands if both nulls are refused: `judge` takes the larger p-value (an intersection-union
test).

Which pairs are tested: those with at least `least` objects that both share within `reach`. No other pair can be listed,
and under the timing null whether a pair is one of them says nothing about its moments, so the choice is free. They are
not counted but bounded: by all pairs of accounts with `least` objects, and by the meetings within reach over `least`.
For q-values of the activity null alone the choice is not free; count all pairs of accounts there.

What neither null knows: accounts that act in sittings at the same time, so that objects are not independent trials; and
a promptness of seconds, where both follow one source (a feed): that is found, and has to be explained beside it.

Sources: Newman 2010, Networks, 7.7.1 (configuration model); Amarasingham et al. 2012, J. Neurophysiology 107 (jitter);
Benjamini & Hochberg 1995.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from scipy.special import gammainc

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH_WINDOWS: Final = 60
PRIOR: Final = 20_000.0  # the share pairs of a crowd of 200
CELL_SHARES: Final = 300


class Judged(NamedTuple):
    """Edges under both nulls: expected objects, the larger p-value, its q-value; and how many pairs were tested."""

    activity: NDArray[np.float64]
    timing: NDArray[np.float64]
    p_values: NDArray[np.float64]
    q_values: NDArray[np.float64]
    tests: int


@njit(cache=True, nogil=True)
def _near(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    objects: NDArray[np.int32],
    channels: NDArray[np.int32],
    times: NDArray[np.int64],
    window: int,
    pairs: NDArray[np.int64],
    met: NDArray[np.int64],
) -> None:
    """Fill for each share how many earlier ones of other channels are within `window`, and how many channels it meets.

    A channel that shared the object within the window already meets nobody again.
    """
    within = np.zeros(channels.max() + 1, np.int64)
    gone, present = 0, 0
    for j in range(objects.shape[0]):
        while objects[gone] != objects[j] or times[gone] < times[j] - window:
            within[channels[gone]] -= 1
            present -= within[channels[gone]] == 0
            gone += 1
        c = channels[j]
        pairs[j] = j - gone - within[c]
        if within[c] == 0:
            met[j] = present
            present += 1
        within[c] += 1


@njit(cache=True, nogil=True)
def _by_channel(channels: NDArray[np.int32], count: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return where each channel's rows begin, and the rows by channel, in their order."""
    starts = np.zeros(count + 1, np.int64)
    for c in channels:
        starts[c + 1] += 1
    for c in range(count):
        starts[c + 1] += starts[c]
    free = starts[:-1].copy()
    rows = np.empty(channels.shape[0], np.int32)
    for row in range(channels.shape[0]):
        rows[free[channels[row]]] = row
        free[channels[row]] += 1
    return starts, rows


@njit(cache=True, nogil=True)
def _activity(  # noqa: PLR0917
    starts: NDArray[np.int64],
    rows: NDArray[np.int32],
    objects: NDArray[np.int32],
    cells: NDArray[np.int32],
    end_cells: NDArray[np.int32],
    cell_count: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return by channel the cells it is active in, and at how many objects: (begins, cells, counts)."""
    begins = np.zeros(starts.shape[0], np.int64)
    at = np.empty(2 * rows.shape[0], np.int32)
    counts = np.empty(2 * rows.shape[0], np.int32)
    of_cell = np.zeros(cell_count, np.int32)
    counted_at = np.full(cell_count, -1, np.int64)  # the last object, made unlike any other channel's
    made = 0
    for c in range(starts.shape[0] - 1):
        first = made
        run = 0
        for k in range(starts[c], starts[c + 1]):
            row = rows[k]
            if k > starts[c] and objects[row] != objects[rows[k - 1]]:
                run = k - starts[c]
            mark = starts[c] + run
            for d in (cells[row], end_cells[row]):
                if counted_at[d] == mark:
                    continue
                counted_at[d] = mark
                if of_cell[d] == 0:
                    at[made] = d
                    made += 1
                of_cell[d] += 1
        for k in range(first, made):
            counts[k] = of_cell[at[k]]
            of_cell[at[k]] = 0
        begins[c + 1] = made
    return begins, at[:made].copy(), counts[:made].copy()


@njit(cache=True, nogil=True)
def _activity_means(  # noqa: PLR0917
    one: NDArray[np.int32],
    other: NDArray[np.int32],
    order: NDArray[np.int64],
    begins: NDArray[np.int64],
    cells: NDArray[np.int32],
    counts: NDArray[np.int32],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
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
def _timing_means(  # noqa: PLR0917
    one: NDArray[np.int32],
    other: NDArray[np.int32],
    order: NDArray[np.int64],
    starts: NDArray[np.int64],
    objects: NDArray[np.int32],
    times: NDArray[np.int64],
    reach: int,
    logs: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the mean of each edge; `objects` and `times` by channel, `logs` of each object's 1 - q."""
    means = np.zeros(one.shape[0], np.float64)
    first = np.full(logs.shape[0], -1, np.int64)  # where the channel `one` begins to share the object
    now = -1
    for edge in order:
        c = one[edge]
        if c != now:
            if now >= 0:
                for k in range(starts[now], starts[now + 1]):
                    first[objects[k]] = -1
            for k in range(starts[c + 1] - 1, starts[c] - 1, -1):
                first[objects[k]] = k
            now = c
        end_one, end = starts[c + 1], starts[other[edge] + 1]
        mean = 0.0
        k = starts[other[edge]]
        while k < end:
            o = objects[k]
            low = first[o]
            if low < 0:
                k += 1
                continue
            high, near = low, 0
            while k < end and objects[k] == o:
                while low < end_one and objects[low] == o and times[low] < times[k] - reach:
                    low += 1
                high = max(high, low)
                while high < end_one and objects[high] == o and times[high] <= times[k] + reach:
                    high += 1
                near += high - low
                k += 1
            mean -= np.expm1(near * logs[o])
        means[edge] = mean
    return means


def period_cells(
    times: NDArray[np.int64], *, window: int, cell_shares: int, cell_min: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return for each share the period it is in, and the one it is in a `window` later.

    Periods are equal, as many as give `cell_shares` shares each on average, none shorter than `cell_min` or `window`.
    """
    if not times.shape[0]:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    begin = times.min()
    wanted = (times.max() - begin) // max(1, times.shape[0] // cell_shares) + 1
    length = max(cell_min, window, int(wanted))
    return ((times - begin) // length).astype(np.int32), ((times - begin + window) // length).astype(np.int32)


def near_pairs(
    objects: NDArray[np.int32], channels: NDArray[np.int32], times: NDArray[np.int64], *, window: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each share (earlier shares of others within `window` of it, channels it meets there).

    Summed over an object: its share pairs within the window; its meetings, a pair that meets again after a silence
    longer than the window counted again (a channel not silent for that long meets nobody). Takes time in proportion to
    the shares, however large the crowd.
    """
    pairs, met = np.zeros(objects.shape[0], np.int64), np.zeros(objects.shape[0], np.int64)
    if objects.shape[0]:
        _near(objects, channels, times, window, pairs, met)
    return pairs, met


def expected_activity(
    edges_a: NDArray[np.int32],
    edges_b: NDArray[np.int32],
    objects: NDArray[np.int32],
    channels: NDArray[np.int32],
    times: NDArray[np.int64],
    *,
    window: int,
    cells: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> NDArray[np.float64]:
    """Return the expected number of objects at which each edge meets if accounts meet as their activity has it.

    Shares sorted by object, then time. `cells` are those of each share and of the moment a `window` later, as
    `period_cells` gives them: a meeting counts where its later share is.
    """
    if not objects.shape[0] or not edges_a.shape[0]:
        return np.zeros(edges_a.shape[0], np.float64)
    at, end_at = cells
    cell_count = int(max(at.max(), end_at.max())) + 1
    met = np.bincount(at, near_pairs(objects, channels, times, window=window)[1], cell_count)
    starts, rows = _by_channel(channels, max(int(channels.max()), int(edges_a.max()), int(edges_b.max())) + 1)
    begins, active, counts = _activity(starts, rows, objects, at, end_at, cell_count)
    squares = np.bincount(active, counts.astype(np.float64) ** 2, cell_count)
    room = np.bincount(active, counts, cell_count) ** 2 - squares
    weights = np.divide(2 * met, room, out=np.zeros(cell_count), where=room > 0)
    one, other, order = _heavier_first(edges_a, edges_b, np.diff(begins))
    return _activity_means(one, other, order, begins, active, counts, weights)


def meeting_chances(
    objects: NDArray[np.int32],
    channels: NDArray[np.int32],
    times: NDArray[np.int64],
    *,
    window: int,
    reach: int,
    prior: float,
) -> NDArray[np.float64]:
    """Return for each object code q(o): the chance of two shares within `reach` to be within `window`."""
    if not objects.shape[0]:
        return np.empty(0, np.float64)
    count = int(objects.max()) + 1
    close = np.bincount(objects, near_pairs(objects, channels, times, window=window)[0], count)
    far = np.bincount(objects, near_pairs(objects, channels, times, window=reach)[0], count)
    voting = far > 0
    votes = close[voting] / far[voting]
    steady = (2 * window + 1) / (2 * reach + 1)  # of whole units
    rho = min(1.0, max(steady, float(votes.mean()) if votes.shape[0] else 0.0))
    return (close + prior * rho) / (far + prior)


def expected_timing(
    edges_a: NDArray[np.int32],
    edges_b: NDArray[np.int32],
    objects: NDArray[np.int32],
    channels: NDArray[np.int32],
    times: NDArray[np.int64],
    *,
    reach: int,
    chances: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the expected number of objects at which each edge meets if only the moments are left to chance.

    Shares sorted by object, then time; `chances` of each object as `meeting_chances` gives them.
    """
    if not objects.shape[0] or not edges_a.shape[0]:
        return np.zeros(edges_a.shape[0], np.float64)
    starts, rows = _by_channel(channels, max(int(channels.max()), int(edges_a.max()), int(edges_b.max())) + 1)
    one, other, order = _heavier_first(edges_a, edges_b, np.diff(starts))
    logs = np.log1p(-np.minimum(chances, 1 - 1e-12))
    return _timing_means(one, other, order, starts, objects[rows], times[rows], reach, logs)


def pair_count(
    objects: NDArray[np.int32], channels: NDArray[np.int32], times: NDArray[np.int64], *, reach: int, least: int
) -> int:
    """Return a bound on the number of pairs with at least `least` objects that both share within `reach`."""
    if not objects.shape[0]:
        return 0
    _, rows = _by_channel(channels, int(channels.max()) + 1)
    who, what = channels[rows], objects[rows]
    other = np.ones(rows.shape[0], np.bool_)
    other[1:] = (who[1:] != who[:-1]) | (what[1:] != what[:-1])
    able = int((np.bincount(who[other]) >= least).sum())
    met = int(near_pairs(objects, channels, times, window=reach)[1].sum())
    return min(able * (able - 1) // 2, met // least)


def tail(n_objects: NDArray[np.int32], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability that a Poisson variable of each mean reaches `n_objects` (at least 1).

    >>> tail(np.array([1, 3], np.int32), np.array([0.0, 1.0])).round(4).tolist()
    [0.0, 0.0803]
    """
    return np.asarray(gammainc(n_objects.astype(np.float64), means), np.float64)


def bh(p_values: NDArray[np.float64], tests: int) -> NDArray[np.float64]:
    """Return Benjamini-Hochberg q-values where `tests` were made and all that are not listed have larger p-values.

    >>> bh(np.array([0.01, 0.001, 0.01, 0.5]), 10).round(4).tolist()
    [0.0333, 0.01, 0.0333, 1.0]
    """
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * tests / np.arange(1, p_values.shape[0] + 1)
    q_values = np.empty_like(p_values)
    q_values[order] = np.minimum(1.0, np.minimum.accumulate(steps[::-1])[::-1])
    return q_values


def judge(  # noqa: PLR0917 - the edges, then the shares
    edges_a: NDArray[np.int32],
    edges_b: NDArray[np.int32],
    n_objects: NDArray[np.int32],
    objects: NDArray[np.int32],
    channels: NDArray[np.int32],
    times: NDArray[np.int64],
    *,
    window: int,
    least: int,
    cell_min: int,
    reach_windows: int = REACH_WINDOWS,
    prior: float = PRIOR,
    cell_shares: int = CELL_SHARES,
) -> Judged:
    """Return the edges under both nulls.

    `edges_a`, `edges_b` are all pairs that meet at `least` objects or more, `n_objects` at how many; the shares are
    sorted by object, then time, without those objects at which meetings were not counted. `window` and `cell_min` (the
    shortest period of the activity null, an hour) are in the unit of `times`.
    """
    shares = (objects, channels, times)
    reach = reach_windows * window
    cells = period_cells(times, window=window, cell_shares=cell_shares, cell_min=cell_min)
    activity = expected_activity(edges_a, edges_b, *shares, window=window, cells=cells)
    chances = meeting_chances(*shares, window=window, reach=reach, prior=prior)
    timing = expected_timing(edges_a, edges_b, *shares, reach=reach, chances=chances)
    p_values = np.maximum(tail(n_objects, activity), tail(n_objects, timing))
    tests = pair_count(*shares, reach=reach, least=least)
    return Judged(activity, timing, p_values, bh(p_values, tests), tests)


def _heavier_first(
    edges_a: NDArray[np.int32], edges_b: NDArray[np.int32], load: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Return each edge's heavier and lighter channel, and the edges by the heavier: only the lighter is walked."""
    lighter = load[edges_a] < load[edges_b]
    one, other = np.where(lighter, edges_b, edges_a), np.where(lighter, edges_a, edges_b)
    return one, other, np.argsort(one, kind="stable")
