"""Tails and intervals of counts: scalars in, scalars out, exact where that is cheap."""

from __future__ import annotations

import math
from typing import Final

from scipy import special

# No tail of these laws is nothing; below this it can no longer be told apart in a float.
_LEAST: Final = 1e-300


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the exact (Garwood) 95 % interval of the mean of a Poisson count.

    >>> [round(end, 2) for end in poisson_interval(10)]
    [4.8, 18.39]
    """
    low = float(special.gammaincinv(count, 0.025)) if count else 0.0
    return low, float(special.gammaincinv(count + 1, 0.975))


def overdispersed_tail(count: int, mean: float, variance: float) -> float:
    """Return P(X >= count) of a negative binomial with this mean and variance; of a Poisson where they are equal.

    >>> round(overdispersed_tail(3, 1.0, 1.0), 4), round(overdispersed_tail(3, 1.0, 2.0), 4)
    (0.0803, 0.125)
    """
    if count <= 0:
        return 1.0
    if variance <= mean * (1 + 1e-9):
        return max(_LEAST, float(special.gammainc(count, mean)))
    size = mean * mean / (variance - mean)
    return max(_LEAST, float(special.betainc(count, size, 1 - mean / variance)))


def hypergeometric_tail(hits: int, drawn: int, marked: int, total: int) -> float:
    """Return P(X >= hits) when `drawn` of `total` are drawn and `marked` of them are marked: Fisher's one-sided test.

    >>> round(hypergeometric_tail(3, 3, 3, 6), 4)
    0.05
    """
    lowest, highest = max(hits, drawn + marked - total, 0), min(drawn, marked)
    whole = _log_choose(total, drawn)
    terms = [
        math.exp(_log_choose(marked, k) + _log_choose(total - marked, drawn - k) - whole)
        for k in range(lowest, highest + 1)
    ]
    return min(1.0, math.fsum(terms))


def normal_two_sided(z: float) -> float:
    """Return P(|Z| >= |z|) of a standard normal.

    >>> round(normal_two_sided(-1.96), 3)
    0.05
    """
    return max(_LEAST, 2 * float(special.ndtr(-abs(z))))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
