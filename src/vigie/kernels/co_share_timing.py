"""Who shares what is given, and so is the period; only the moment is left to chance: the timing null.

Let an object's share pairs (of different channels) within `window` number W(o), those within the longer `reach` R(o).
Of a share pair within reach, chance brings it within the window with probability

    q(o) = (W(o) + prior * rho) / (R(o) + prior)

rho is what a pair of shares does anywhere: the mean over objects of W(o) / R(o), at least the window / reach of steady
shares. Each object has one vote, so that planted groups are outvoted. Where hardly anybody else shares, none would be
there to outvote them, so `ORDINARY_OBJECTS` objects that bring `ORDINARY_PACE` times as many of their share pairs into
the window as steady ones vote as well. (In the public accounts of politicians that were counted it is 1.4 to 1.7 times
as many.) An object with more share pairs than `prior` answers for itself, so that a rush of hundreds explains who met
in it, and a group of forty does not explain itself. If i and j have m share pairs within reach at o,

    lambda_ij = sum over o of  1 - (1 - q(o))^m

This is the jitter null of spike trains: whatever makes two channels share the same object in the same `reach`
(interest, hours, an appointment) explains itself; only agreement finer than that does not.

Source: Amarasingham et al. 2012, J. Neurophysiology 107.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit

from vigie.kernels.share_by_channel import heavier_first

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64
    from vigie.kernels.share_by_channel import ByChannel

    Floats = NDArray[np.float64]

PRIOR: Final = 20_000.0  # the share pairs of a crowd of 200
ORDINARY_OBJECTS: Final = 30
ORDINARY_PACE: Final = 3.0


class Rate(NamedTuple):
    """rho: the chance of two shares of any object within reach to be within the window. kept: the part of it that the
    log's own objects would have, at most 1.
    """  # noqa: D205 - two fields

    rho: float
    kept: float


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
    one, other, order = heavier_first(edges_a, edges_b, shares.begins)
    logs = np.log1p(-np.minimum(chances, 1 - 1e-12))
    return _timing_means(one, other, order, *shares[:3], reach, logs)
