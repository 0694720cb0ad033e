"""A share whose interval respects that one source sends many: of weighted sources, how much lies inside a class.

The share of requests that came from a country is a sum over sources, each of which sends from one place as much as it
likes. A thousand requests of one source say no more about where sources sit than one request does.

Sources: Korn & Graubard 1998, Confidence intervals for proportions with small expected number of positive counts
estimated from survey data; Agresti & Gottard 2007 (mid-P); Wilson 1927; Woodruff 1971 (linearised ratio).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit
from scipy import optimize, special

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REPLICATES: Final = 4_000
_REPLICATES_OF_MANY, _MANY = 2_000, 1_000
_SEED: Final = 20170215
_LOW, _HIGH = 0.025, 0.975
# Beyond these the closed form is as good, and the replicates would take seconds.
_SOURCES_MAX: Final = 20_000
_EFFECTIVE_MAX: Final = 1_000.0


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval, 0 to 1, of so many sources.

    `effective` is the number of sources of equal weight that would tell as much: (sum of weights)^2 / sum of squares.
    """

    share: float
    low: float
    high: float
    sources: int
    effective: float


def cluster_share(weights: NDArray[np.int64], inside: NDArray[np.bool_]) -> Share:
    """Return the share of the weights that is `inside`, of sources drawn independently; deterministic.

    `weights` (n, each at least 1, n at least 1) are what each source sent, `inside` (n) where it counts. The interval
    is the wider, end by end, of two:

    - exact for any weights where how much a source sends does not depend on where it is: the shares p at which the
      sum of weights, each inside with probability p, lies in neither 2.5 % tail of its law (mid-P; for equal weights
      that of the binomial law), found from random orders of the sources. Where one source sends nearly
      everything, and is all that is inside, it is as wide as that of one source;
    - linearised: the variance of a ratio between clusters, on the scale of log odds, with Student's t of the number of
      sources. It counts where the class's sources send more, or less, than others.

    A percentile bootstrap by source is not used: at 40 sources it covers a share of 5 % two times in three.

    >>> found = cluster_share(np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 91]), np.arange(10) == 9)
    >>> found.share, round(found.effective, 1), found.low < 0.1
    (0.91, 1.2, True)
    """
    order = np.lexsort((inside, weights))  # so that nothing depends on the order of the rows
    weights, inside = weights[order], inside[order]
    total, hit = int(weights.sum()), int(weights[inside].sum())
    squares = np.square(weights.astype(np.float64))
    effective = total * total / float(squares.sum())
    share = hit / total
    equal = weights[0] == weights[-1]
    if equal:
        low, high = mid_p(int(inside.sum()), weights.size)
    elif weights.size <= _SOURCES_MAX and effective <= _EFFECTIVE_MAX:
        replicates = _REPLICATES if weights.size <= _MANY else _REPLICATES_OF_MANY
        pooled = crossings(weights, hit, replicates, _SEED).ravel()
        low, high = (float(v) for v in np.quantile(pooled, [_LOW, _HIGH]))
    else:
        low, high = _wilson(share, effective)
    if not equal and 0 < hit < total:
        error = math.sqrt(float((squares * (inside - share) ** 2).sum())) / total
        linear = _linearised(share, error, int(weights.size))
        low, high = min(low, linear[0]), max(high, linear[1])
    return Share(share, max(0.0, min(share, low)), min(1.0, max(share, high)), int(weights.size), effective)


def mid_p(hits: int, trials: int) -> tuple[float, float]:
    """Return the mid-P 95 % interval of a share of equal weights; Wilson's covers 5 % of 10 in 91.4 % of cases only.

    >>> [round(end, 3) for end in mid_p(20, 40)]
    [0.348, 0.652]
    """

    def below(share: float) -> float:
        reached = special.betainc(hits, trials - hits + 1, share) if hits else 1.0
        exceeded = special.betainc(hits + 1, trials - hits, share) if hits < trials else 0.0
        return float(reached + exceeded) / 2

    low = float(optimize.brentq(lambda p: below(p) - _LOW, 0.0, 1.0, xtol=1e-12)) if hits else 0.0
    high = float(optimize.brentq(lambda p: below(p) - _HIGH, 0.0, 1.0, xtol=1e-12)) if hits < trials else 1.0
    return low, high


def _wilson(share: float, effective: float) -> tuple[float, float]:
    z2 = float(special.ndtri(_HIGH)) ** 2
    centre = (share + z2 / (2 * effective)) / (1 + z2 / effective)
    inner = share * (1 - share) / effective + z2 / (4 * effective * effective)
    half = math.sqrt(z2 * inner) / (1 + z2 / effective)
    return centre - half, centre + half


def _linearised(share: float, error: float, sources: int) -> tuple[float, float]:
    reach = float(special.stdtrit(sources - 1, _HIGH)) * error / (share * (1 - share))
    odds = math.log(share / (1 - share))
    return float(special.expit(odds - reach)), float(special.expit(odds + reach))


@njit(cache=True, nogil=True)
def crossings(weights: NDArray[np.int64], hit: int, replicates: int, seed: int) -> NDArray[np.float64]:
    """Return, for each replicate, the probabilities at which the weight inside reaches `hit`, and exceeds it.

    In a replicate each source has a number drawn evenly from 0 to 1 and is inside at probability p where its number is
    below p. So the weight inside grows with p; P(weight inside >= hit at p) is the share of replicates that reached
    `hit` before p. Shape (2, replicates): reached, exceeded; 0 where `hit` is nothing, 1 where it is everything.
    """
    n = weights.size
    found = np.empty((2, replicates))
    drawn = np.empty(n)
    cells = np.empty(n, np.int64)
    state = np.uint64(seed)
    for replicate in range(replicates):
        cells[:] = 0
        for i in range(n):
            # SplitMix64: the same numbers on every machine.
            state += np.uint64(0x9E3779B97F4A7C15)
            z = state
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
            drawn[i] = np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)
            cells[int(drawn[i] * n)] += weights[i]
        for which in range(2):
            goal = hit + which
            if goal <= 0:
                found[which, replicate] = 0.0
                continue
            inside, cell = np.int64(0), 0
            while cell < n and inside + cells[cell] < goal:
                inside += cells[cell]
                cell += 1
            at = 1.0 if cell == n else -1.0
            while inside < goal and cell < n:
                # The next number within the cell.
                least, weight = 2.0, np.int64(0)
                for i in range(n):
                    if at < drawn[i] < least and int(drawn[i] * n) == cell:
                        least, weight = drawn[i], weights[i]
                at = least
                inside += weight
            found[which, replicate] = at
    return found
