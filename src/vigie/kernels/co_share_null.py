"""What chance expects two channels to share together, under two null models, and how rare more is: `judge`.

Two channels *meet* at an object where each shared it within `window` of the other. The number of objects at which a
pair meets is, under either null, a sum of independent trials of small probability p_ij(o), whose mean lambda_ij
`vigie.kernels.co_share_activity` and `vigie.kernels.co_share_timing` give: who shares is left to chance in proportion
to activity, or only the moment is. Objects that vote on the timing null's rate as ordinary ones take a part of it from
the log's own; by the same part M(d) of the activity null is lessened.

How rare as many objects are is the tail of `vigie.kernels.co_share_tail`, which errs on the safe side where it matters.
Trials of the timing null are the objects that both share within reach; those of the activity null are as good as
countless. The two claims are different, and an edge stands if both nulls are refused: `judge` takes the larger p-value
(an intersection-union test).

Which pairs are tested: those with at least `least` objects that both share within `reach`. No other pair can be listed,
and under the timing null whether a pair is one of them says nothing about its moments, so the choice is free. They are
not counted but bounded: by all pairs of channels with `least` objects, and by the meetings within reach over `least`.
Under the activity null the choice is not free, as it is made by what is tested: there every pair of channels with
`least` objects counts, so `judge` multiplies that p-value by how many of these there are for each pair tested. Then
either null alone keeps what q promises.

Objects that one post carries together (six hashtags) are one trial, not six. So where a channel has several shares in
one post, both sides are taken in *acts* (`vigie.kernels.share_acts`): the acts at which the pair met, against the same
mean lessened by as many acts as there are for each object that both share within reach. The p-value is that of objects
or that of acts, whichever is larger; above 0.05 acts are not asked for.

What neither null knows: channels that act in sittings at the same time, so that objects are not independent trials; and
a promptness of seconds, where both follow one source (a feed): that is found, and has to be explained beside it.

Times are whole seconds or any unit that `window` is in as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit

from vigie.kernels.co_share_activity import CELL_SHARES, cells_of, expected_activity
from vigie.kernels.co_share_tail import tail
from vigie.kernels.co_share_timing import PRIOR, Rate, expected_timing, meeting_chances, meeting_rate
from vigie.kernels.share_acts import acts, several_in_one
from vigie.kernels.share_by_channel import by_channel, heavier_first, lone_by_channel, of_channels
from vigie.kernels.share_near import Cells, near_pairs, ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64
    from vigie.kernels.share_by_channel import ByChannel, Shares

    Floats = NDArray[np.float64]

REACH_WINDOWS: Final = 60
_HOUR_S: Final = 3600
_SURPRISE: Final = 0.05


class Judged(NamedTuple):
    """Edges under both nulls: expected objects, the larger p-value; how many pairs were tested; and rho's rate."""

    activity: Floats
    timing: Floats
    p_values: Floats
    tests: int
    rate: Rate


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


def able_pairs(shares: ByChannel, *, least: int) -> int:
    """Return how many pairs there are of channels with at least `least` objects each."""
    able = _able(shares.begins, shares.objects, least)
    return able * (able - 1) // 2


def pair_count(able: int, met: int, *, least: int) -> int:
    """Return a bound on the number of pairs with at least `least` objects that both share within reach.

    `able` is how many pairs of channels have as many objects at all, `met` how many meetings there are within reach.
    """
    return min(able, met // least)


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
    `cell_min` (the shortest cell of the activity null, an hour) are in the unit of the times. Times of whole seconds
    in a finer unit are seen to be such: within a window of 10 s there are 21 of them. `rate` is found from the shares
    if it is not given.
    """
    tick = ticks(shares.times, max(1, cell_min // _HOUR_S))
    reach = reach_windows * max(window, tick)
    own = by_channel(shares)
    moments = [times for times in (own.times, shares.lone_times) if len(times)]
    begin = min((int(times.min()) for times in moments), default=0)
    end = max((int(times.max()) for times in moments), default=0)
    count = sum(map(len, moments))
    cells = cells_of(begin, end, count, window=window, cell_shares=cell_shares, cell_min=cell_min)
    close, met = near_pairs(shares, cells, window=window)
    far, far_met = near_pairs(shares, Cells(begin, end - begin + 1, 1), window=reach)
    steady = (2 * (window // tick) + 1) / (2 * (reach // tick) + 1)
    rate = meeting_rate(close, far, steady=steady) if rate is None else rate
    activity = expected_activity(edges_a, edges_b, own, lone_by_channel(shares), cells, met * rate.kept, window=window)
    chances = meeting_chances(close, far, rho=rate.rho, prior=prior)
    timing, trials = expected_timing(edges_a, edges_b, own, reach=reach, chances=chances)
    able = able_pairs(own, least=least)
    tests = pair_count(able, int(far_met.sum()), least=least)
    choice = able / tests if tests else 1.0
    p_values = _larger_tail(n_objects, activity, timing, trials, choice)
    several = several_in_one(shares.starts, shares.kept, shares.channels, shares.contents, shares.channel_count)
    doubted = np.flatnonzero((p_values <= _SURPRISE) & (several[edges_a] | several[edges_b]))
    if len(doubted):
        wanted = np.zeros(shares.channel_count, np.bool_)
        wanted[edges_a[doubted]] = wanted[edges_b[doubted]] = True
        theirs = of_channels(shares, wanted)
        one, other, _ = heavier_first(edges_a[doubted], edges_b[doubted], own.begins)
        reached = np.maximum(1, acts(one, other, *theirs, reach))
        counted = np.minimum(np.maximum(1, np.minimum(n_objects[doubted], acts(one, other, *theirs, window))), reached)
        part = reached / np.maximum(reached, trials[doubted])
        as_acts = _larger_tail(counted, activity[doubted] * part, timing[doubted] * part, reached, choice)
        p_values[doubted] = np.maximum(p_values[doubted], as_acts)
    return Judged(activity, timing, p_values, tests, rate)


def _larger_tail(counted: I32, activity: Floats, timing: Floats, trials: I32, choice: float) -> Floats:
    return np.maximum(np.minimum(1.0, tail(counted, activity) * choice), tail(counted, timing, trials))
