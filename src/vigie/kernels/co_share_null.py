"""What chance expects two accounts to share together, under two null models, and how rare more is.

Shares come as `Shares`: by object, then time, in whole seconds or any unit that `window` is in as well. Two accounts
*meet* at an object where each shared it within `window` of the other. The number of objects at which a pair meets is,
under either null, a sum of independent trials of small probability p_ij(o); `expected_*` return its mean lambda_ij.

`expected_activity`: who shares is left to chance, in proportion to activity
    In cell d (any partition of the shares: periods, or periods by domain) let M(d) be the meetings of all pairs and
    n_i(d) the objects that i shares in it. With M(d) falling on pairs in proportion to both activities,

        lambda_ij = sum over d of  M(d) * 2 n_i(d) n_j(d) / ((sum_k n_k(d))^2 - sum_k n_k(d)^2)

    so that the lambdas of all pairs add up to all meetings. Optimistic for accounts of one interest.

`expected_timing`: who shares what is given, and so is the period; only the moment is left to chance
    Let an object's share pairs (of different accounts) within `window` number W(o), those within the longer `reach`
    R(o). Of a share pair within reach, chance brings it within the window with probability

        q(o) = (W(o) + prior * rho) / (R(o) + prior)

    rho is what a pair of shares does anywhere: the mean over objects of W(o) / R(o), at least the window / reach of
    steady shares. Each object has one vote, so that planted groups are outvoted. Where hardly anybody else shares, none
    would be there to outvote them, so `ORDINARY_OBJECTS` objects that bring `ORDINARY_PACE` times as many of their
    share pairs into the window as steady ones vote as well. (In the public accounts of politicians that were counted it
    is 1.4 to 1.7 times as many.) By the part that their votes take from rho, M(d) is lessened too. An object with more
    share pairs than `prior` answers for itself, so that a rush of hundreds explains who met in it, and a group of forty
    does not explain itself. If i and j have m share pairs within reach at o,

        lambda_ij = sum over o of  1 - (1 - q(o))^m

    This is the jitter null of spike trains: whatever makes two accounts share the same object in the same `reach`
    (interest, hours, an appointment) explains itself; only agreement finer than that does not.

A sum of independent trials of mean lambda reaches k >= lambda + 1 with at most the probability of a binomial variable
of as many alike trials, and this with at most that of a Poisson variable (Hoeffding 1956; Anderson & Samuels 1967):
`tail` errs on the safe side where it matters. Trials of the timing null are the objects that both share within reach;
those of the activity null are as good as countless. The two claims are different, and an edge stands if both nulls are
refused: `judge` takes the larger p-value (an intersection-union test).

Which pairs are tested: those with at least `least` objects that both share within `reach`. No other pair can be listed,
and under the timing null whether a pair is one of them says nothing about its moments, so the choice is free. They are
not counted but bounded: by all pairs of accounts with `least` objects, and by the meetings within reach over `least`.
Under the activity null the choice is not free, as it is made by what is tested: there every pair of accounts with
`least` objects counts, so `judge` multiplies that p-value by how many of these there are for each pair tested. Then
either null alone keeps what q promises.

Objects that one post carries together (six hashtags) are one trial, not six. So where a channel has several shares in
one post, both sides are taken in *acts* (`vigie.kernels.share_acts`): the acts at which the pair met, against the same
mean lessened by as many acts as there are for each object that both share within reach. The p-value is that of objects
or that of acts, whichever is larger; above 0.05 acts are not asked for.

What neither null knows: accounts that act in sittings at the same time, so that objects are not independent trials; and
a promptness of seconds, where both follow one source (a feed): that is found, and has to be explained beside it.

Sources: Newman 2010, Networks, 7.7.1 (configuration model); Amarasingham et al. 2012, J. Neurophysiology 107 (jitter);
Benjamini & Hochberg 1995; Hoeffding 1956, Ann. Math. Stat. 27.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

from vigie.kernels.share_acts import acts, of_channels, several_in_one

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Floats = NDArray[np.float64]

REACH_WINDOWS: Final = 60
PRIOR: Final = 20_000.0  # the share pairs of a crowd of 200
CELL_SHARES: Final = 300
ORDINARY_OBJECTS: Final = 30
ORDINARY_PACE: Final = 3.0
_HOUR_S: Final = 3600
_ENOUGH: Final = 1e-17
_SURPRISE: Final = 0.05


class Shares(NamedTuple):
    """The shares, by object, then time.

    starts: int64[objects + 1], where each object's shares begin. kept: bool[objects], whether it counts. channels:
    int32[n], codes from 0; times: int64[n]. channel_count: how many channels there are. contents: int32[n], the posts.
    """

    starts: I64
    kept: NDArray[np.bool_]
    channels: I32
    times: I64
    channel_count: int
    contents: I32


class ByChannel(NamedTuple):
    """The shares of objects that count by channel, then object, then time.

    begins: int64[channels + 1], where each channel's begin. objects: int32[n], times: int64[n].
    """

    begins: I64
    objects: I32
    times: I64


class Periods(NamedTuple):
    """Equal stretches of time: the first begins at `begin`; there are `number`, each `length` long."""

    begin: int
    length: int
    number: int


class Rate(NamedTuple):
    """rho: the chance of two shares of any object within reach to be within the window. kept: the part of it that the
    log's own objects would have, at most 1.
    """  # noqa: D205 - two fields

    rho: float
    kept: float


class Judged(NamedTuple):
    """Edges under both nulls: expected objects, the larger p-value; how many pairs were tested; and rho's rate."""

    activity: Floats
    timing: Floats
    p_values: Floats
    tests: int
    rate: Rate


@njit(cache=True, nogil=True)
def _near(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    starts: I64,
    kept: NDArray[np.bool_],
    channels: I32,
    times: I64,
    channel_count: int,
    window: int,
    begin: int,
    length: int,
    pairs: I64,
    met: I64,
) -> None:
    """Fill `pairs` by object and `met` by period; see `near_pairs`."""
    within = np.zeros(channel_count, np.int32)
    for n in range(starts.shape[0] - 1):
        if not kept[n]:
            continue
        gone, present = starts[n], 0
        for j in range(starts[n], starts[n + 1]):
            while times[gone] < times[j] - window:
                within[channels[gone]] -= 1
                present -= within[channels[gone]] == 0
                gone += 1
            c = channels[j]
            pairs[n] += j - gone - within[c]
            if within[c] == 0:
                if present:
                    met[(times[j] - begin) // length] += present
                present += 1
            within[c] += 1
        for j in range(gone, starts[n + 1]):
            within[channels[j]] = 0


@njit(cache=True, nogil=True)
def _by_channel(
    starts: I64, kept: NDArray[np.bool_], channels: I32, times: I64, channel_count: int
) -> tuple[I64, I32, I64]:
    begins = np.zeros(channel_count + 1, np.int64)
    for n in range(starts.shape[0] - 1):
        if kept[n]:
            for j in range(starts[n], starts[n + 1]):
                begins[channels[j] + 1] += 1
    for c in range(channel_count):
        begins[c + 1] += begins[c]
    free = begins[:-1].copy()
    objects, moments = np.empty(begins[-1], np.int32), np.empty(begins[-1], np.int64)
    for n in range(starts.shape[0] - 1):
        if kept[n]:
            for j in range(starts[n], starts[n + 1]):
                at = free[channels[j]]
                objects[at], moments[at] = n, times[j]
                free[channels[j]] = at + 1
    return begins, objects, moments


@njit(cache=True, nogil=True)
def _activity(  # noqa: PLR0917
    begins: I64, objects: I32, times: I64, window: int, begin: int, length: int, count: int
) -> tuple[I64, I32, I32, Floats, Floats]:
    """Return by channel the periods it is active in, and at how many objects: (begins, periods, counts).

    And by period the sum of the counts, and of their squares.
    """
    firsts = np.zeros(begins.shape[0], np.int64)
    at = np.empty(1 << 12, np.int32)
    counts = np.empty(1 << 12, np.int32)
    sums, squares = np.zeros(count), np.zeros(count)
    of_period = np.zeros(count, np.int32)
    counted_at = np.full(count, -1, np.int64)  # the last object, made unlike any other channel's
    made = 0
    for c in range(begins.shape[0] - 1):
        needed = made + min(count, 2 * (begins[c + 1] - begins[c]))
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
                    if of_period[d] == 0:
                        at[made] = d
                        made += 1
                    of_period[d] += 1
                d += 1
        for k in range(first, made):
            d = at[k]
            counts[k] = of_period[d]
            sums[d] += counts[k]
            squares[d] += np.float64(counts[k]) * counts[k]
            of_period[d] = 0
        firsts[c + 1] = made
    return firsts, at[:made], counts[:made], sums, squares


@njit(cache=True, nogil=True)
def _activity_means(  # noqa: PLR0917
    one: I32, other: I32, order: I64, begins: I64, periods: I32, counts: I32, weights: Floats
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
                    dense[periods[k]] = 0
            for k in range(begins[c], begins[c + 1]):
                dense[periods[k]] = counts[k] * weights[periods[k]]
            now = c
        mean = 0.0
        for k in range(begins[other[edge]], begins[other[edge] + 1]):
            mean += dense[periods[k]] * counts[k]
        means[edge] = mean
    return means


@njit(cache=True, nogil=True)
def _timing_means(  # noqa: PLR0917
    one: I32, other: I32, order: I64, starts: I64, objects: I32, times: I64, reach: int, logs: Floats
) -> tuple[Floats, I32]:
    """Return each edge's mean, and at how many objects it could meet; `logs` of each object's 1 - q."""
    means, trials = np.zeros(one.shape[0], np.float64), np.zeros(one.shape[0], np.int32)
    first = np.full(logs.shape[0], -1, np.int32)  # where the channel `one` begins to share the object
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
            if first[o] < 0:
                k += 1
                continue
            low = high = int(first[o])
            near = 0
            while k < end and objects[k] == o:
                while low < end_one and objects[low] == o and times[low] < times[k] - reach:
                    low += 1
                high = max(high, low)
                while high < end_one and objects[high] == o and times[high] <= times[k] + reach:
                    high += 1
                near += high - low
                k += 1
            if near:
                mean -= math.expm1(near * logs[o])
                trials[edge] += 1
        means[edge] = mean
    return means, trials


@njit(cache=True, nogil=True)
def _able(begins: I64, objects: I32, least: int) -> int:
    """Return how many channels have `least` objects or more."""
    able = 0
    for c in range(begins.shape[0] - 1):
        different = 0
        for k in range(begins[c], begins[c + 1]):
            different += k == begins[c] or objects[k] != objects[k - 1]
        able += different >= least
    return able


@njit(cache=True, nogil=True)
def _tail(n_objects: I32, means: Floats) -> Floats:
    found = np.zeros(n_objects.shape[0])
    for k in range(n_objects.shape[0]):
        n, mean = int(n_objects[k]), means[k]
        if mean <= 0:
            continue
        if n > mean:
            term = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1.0))
            while term > _ENOUGH * found[k]:
                found[k] += term
                n += 1
                term *= mean / n
        else:
            n -= 1
            term = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1.0))
            below = 0.0
            while n >= 0 and term > _ENOUGH * below:
                below += term
                term *= n / mean
                n -= 1
            found[k] = max(0.0, 1.0 - below)
    return found


@njit(cache=True, nogil=True)
def _binomial_tail(n_objects: I32, means: Floats, trials: I32, found: Floats) -> None:
    """Put the binomial law's probability in the place of the Poisson law's where it is the bound."""
    for k in range(n_objects.shape[0]):
        n, of, mean = int(n_objects[k]), int(trials[k]), means[k]
        if mean <= 0 or n < mean + 1 or n > of:
            continue
        odds = mean / (of - mean)
        term = math.exp(
            math.lgamma(of + 1.0) - math.lgamma(n + 1.0) - math.lgamma(of - n + 1.0)
            + n * math.log(odds) + of * math.log1p(-mean / of)
        )  # fmt: skip
        found[k] = 0.0
        while n <= of and term > _ENOUGH * found[k]:
            found[k] += term
            term *= odds * (of - n) / (n + 1)
            n += 1


def periods_of(begin: int, end: int, shares: int, *, window: int, cell_shares: int, cell_min: int) -> Periods:
    """Return periods for `shares` shares from `begin` to `end`, the last one a `window` after it.

    As many as give `cell_shares` shares each on average, none shorter than `cell_min` or `window`.
    """
    wanted = (end - begin) // max(1, shares // cell_shares) + 1
    length = max(cell_min, window, wanted)
    return Periods(begin, length, (end - begin + window) // length + 1)


def near_pairs(shares: Shares, periods: Periods, *, window: int) -> tuple[I64, I64]:
    """Return (by object, share pairs of different channels within the window; by period, meetings).

    A meeting is where the later share is; a pair that meets again after a silence longer than the window is counted
    again (a channel not silent for that long meets nobody). Takes time in proportion to the shares, however large the
    crowd.
    """
    pairs, met = np.zeros(len(shares.kept), np.int64), np.zeros(periods.number, np.int64)
    _near(*shares[:5], window, periods.begin, periods.length, pairs, met)
    return pairs, met


def by_channel(shares: Shares) -> ByChannel:
    """Return the shares by channel."""
    return ByChannel(*_by_channel(*shares[:5]))


def expected_activity(
    edges_a: I32, edges_b: I32, shares: ByChannel, periods: Periods, met: NDArray[Any], *, window: int
) -> Floats:
    """Return the expected number of objects at which each edge meets if accounts meet as their activity has it.

    `met` is how many meetings each period has. Who shares an object up to a `window` before it is active in it as well.
    """
    begins, active, counts, sums, squares = _activity(*shares, window, *periods)
    room = sums**2 - squares
    weights = np.divide(2 * met, room, out=np.zeros(periods.number), where=room > 0)
    one, other, order = _heavier_first(edges_a, edges_b, begins)
    return _activity_means(one, other, order, begins, active, counts, weights)


def meeting_rate(close: I64, far: I64, *, steady: float) -> Rate:
    """Return rho, and the part of it that is the log's own.

    `close` and `far` are the objects' share pairs within the window and within reach; `steady` is rho where shares are.
    """
    voting = far > 0
    votes = close[voting] / far[voting]
    ordinary = ORDINARY_OBJECTS * min(1.0, ORDINARY_PACE * steady)
    rho = min(1.0, max(steady, (float(votes.sum()) + ordinary) / (votes.shape[0] + ORDINARY_OBJECTS)))
    own = float(votes.mean()) if votes.shape[0] else 0.0
    return Rate(rho, min(1.0, rho / own) if own else 1.0)


def meeting_chances(close: I64, far: I64, *, rho: float, prior: float) -> Floats:
    """Return for each object q(o): the chance of two of its shares within reach to be within the window."""
    return np.asarray((close + prior * rho) / (far + prior), np.float64)


def expected_timing(
    edges_a: I32, edges_b: I32, shares: ByChannel, *, reach: int, chances: Floats
) -> tuple[Floats, I32]:
    """Return the expected number of objects at which each edge meets if only the moments are left to chance.

    And at how many objects it could: those that both share within reach. `chances` of each object as `meeting_chances`
    gives them.
    """
    one, other, order = _heavier_first(edges_a, edges_b, shares.begins)
    logs = np.log1p(-np.minimum(chances, 1 - 1e-12))
    return _timing_means(one, other, order, *shares, reach, logs)


def pair_count(shares: ByChannel, met: int, *, least: int) -> int:
    """Return a bound on the number of pairs with at least `least` objects that both share within reach.

    `met` is how many meetings there are within reach.
    """
    return min(able_pairs(shares, least=least), met // least)


def able_pairs(shares: ByChannel, *, least: int) -> int:
    """Return how many pairs there are of channels with at least `least` objects each."""
    able = _able(shares.begins, shares.objects, least)
    return able * (able - 1) // 2


def tail(n_objects: I32, means: Floats, trials: I32 | None = None) -> Floats:
    """Return at most how probable it is that trials of each mean in all succeed `n_objects` times (at least 1).

    Without the number of `trials` it is that of a Poisson variable.

    >>> tail(np.array([1, 3], np.int32), np.array([0.0, 1.0])).round(4).tolist()
    [0.0, 0.0803]
    >>> tail(np.array([3], np.int32), np.array([1.0]), np.array([4], np.int32)).round(4).tolist()
    [0.0508]
    """
    found = _tail(n_objects, means)
    if trials is not None:
        _binomial_tail(n_objects, means, trials, found)
    return found


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


def judge(
    edges_a: I32,
    edges_b: I32,
    n_objects: I32,
    shares: Shares,
    *,
    window: int,
    least: int,
    cell_min: int,
    reach_windows: int = REACH_WINDOWS,
    prior: float = PRIOR,
    cell_shares: int = CELL_SHARES,
    rate: Rate | None = None,
) -> Judged:
    """Return the edges under both nulls.

    `edges_a`, `edges_b` are pairs that meet at `least` objects or more, `n_objects` at how many. `window` and
    `cell_min` (the shortest period of the activity null, an hour) are in the unit of the times. Times of whole seconds
    in a finer unit are seen to be such: within a window of 10 s there are 21 of them. `rate` is found from the shares
    if it is not given.
    """
    tick = ticks(shares.times, max(1, cell_min // _HOUR_S))
    reach = reach_windows * max(window, tick)
    own = by_channel(shares)
    begin, end = (int(own.times.min()), int(own.times.max())) if len(own.times) else (0, 0)
    periods = periods_of(begin, end, len(own.times), window=window, cell_shares=cell_shares, cell_min=cell_min)
    close, met = near_pairs(shares, periods, window=window)
    far, far_met = near_pairs(shares, Periods(begin, end - begin + 1, 1), window=reach)
    steady = (2 * (window // tick) + 1) / (2 * (reach // tick) + 1)
    rate = meeting_rate(close, far, steady=steady) if rate is None else rate
    activity = expected_activity(edges_a, edges_b, own, periods, met * rate.kept, window=window)
    chances = meeting_chances(close, far, rho=rate.rho, prior=prior)
    timing, trials = expected_timing(edges_a, edges_b, own, reach=reach, chances=chances)
    tests = pair_count(own, int(far_met.sum()), least=least)
    choice = able_pairs(own, least=least) / tests if tests else 1.0
    p_values = np.maximum(np.minimum(1.0, tail(n_objects, activity) * choice), tail(n_objects, timing, trials))
    several = several_in_one(shares.starts, shares.kept, shares.channels, shares.contents, shares.channel_count)
    doubted = np.flatnonzero((p_values <= _SURPRISE) & (several[edges_a] | several[edges_b]))
    if len(doubted):
        wanted = np.zeros(shares.channel_count, np.bool_)
        wanted[edges_a[doubted]] = wanted[edges_b[doubted]] = True
        theirs = of_channels(shares.starts, shares.kept, shares.channels, shares.times, shares.contents, wanted)
        one, other, _ = _heavier_first(edges_a[doubted], edges_b[doubted], own.begins)
        counted = np.maximum(1, np.minimum(n_objects[doubted], acts(one, other, *theirs, window)))
        able = np.maximum(1, acts(one, other, *theirs, reach))
        counted = np.minimum(counted, able)
        part = able / np.maximum(able, trials[doubted])
        as_acts = np.maximum(
            np.minimum(1.0, tail(counted, activity[doubted] * part) * choice),
            tail(counted, timing[doubted] * part, able),
        )
        p_values[doubted] = np.maximum(p_values[doubted], as_acts)
    return Judged(activity, timing, p_values, tests, rate)


@njit(cache=True, nogil=True)
def ticks(times: I64, most: int) -> int:
    """Return the greatest divisor of `most` that all differences of times are a multiple of."""
    tick = most
    for t in times:
        rest = abs(t - times[0]) % tick
        while rest:
            tick, rest = rest, tick % rest
        if tick == 1:
            break
    return tick


def _heavier_first(edges_a: I32, edges_b: I32, begins: I64) -> tuple[I32, I32, I64]:
    """Return each edge's heavier and lighter channel, and the edges by the heavier: only the lighter is walked."""
    load = np.diff(begins)
    lighter = load[edges_a] < load[edges_b]
    one, other = np.where(lighter, edges_b, edges_a), np.where(lighter, edges_a, edges_b)
    return one, other, np.argsort(one, kind="stable")
