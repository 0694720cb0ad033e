"""A local level seen with noise: a random walk in continuous time, its forecasts, filter and smoother.

`day`: ascending; `seen`: the observations; `noise`: the variance of each, infinite for one that carries nothing new;
`drift`: variance of the walk per day. The level before the first observation is normal with mean 50 and a standard
deviation of 10,000: nothing is known of it, for figures in percent.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRIOR_MEAN: Final = 50.0
PRIOR_VARIANCE: Final = 1e8


def forecasts(
    day: NDArray[np.float64],
    seen: NDArray[np.float64],
    noise: NDArray[np.float64],
    drifts: NDArray[np.float64],
    log_prior: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return the forecast of the level before each observation, its variance, and the drift that fits all of them best.

    `drifts` are the drifts to choose from and `log_prior` the log of their prior weight. Each forecast uses the drift
    that fits best what came before it: an observation has no part in the expectation it is measured against.
    """
    mean, variance, best = _forecasts(day, seen, noise, drifts, log_prior)
    return mean, variance, float(drifts[best])


def smooth(
    day: NDArray[np.float64], seen: NDArray[np.float64], noise: NDArray[np.float64], drift: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return filter mean and variance (what was known then), smoother mean and variance (what is known now)."""
    found: tuple[NDArray[np.float64], ...] = _smooth(day, seen, noise, drift)
    return found[0], found[1], found[2], found[3]


@njit(cache=True, nogil=True)
def _forecasts(day, seen, noise, drifts, log_prior):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    n = seen.size
    m = drifts.size
    mean = np.full(n, np.nan)
    variance = np.full(n, np.nan)
    level = np.full(m, PRIOR_MEAN)
    spread = np.full(m, PRIOR_VARIANCE)
    fit = log_prior.copy()
    used = 0
    for t in range(n):
        best = 0
        for k in range(m):
            if t > 0:
                spread[k] += drifts[k] * (day[t] - day[t - 1])
            if fit[k] > fit[best]:
                best = k
        if used > 0:
            mean[t] = level[best]
            variance[t] = spread[best]
        if not math.isinf(noise[t]):
            for k in range(m):
                total = spread[k] + noise[t]
                miss = seen[t] - level[k]
                # The first observation says where the level is, nothing of how it moves.
                if used > 0:
                    fit[k] -= 0.5 * (math.log(total) + miss * miss / total)
                gain = spread[k] / total
                level[k] += gain * miss
                spread[k] = gain * noise[t]
            used += 1
    best = 0
    for k in range(m):
        if fit[k] > fit[best]:
            best = k
    return mean, variance, best


@njit(cache=True, nogil=True)
def _smooth(day, seen, noise, drift):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    n = seen.size
    mean = np.empty(n)
    variance = np.empty(n)
    level = PRIOR_MEAN
    spread = PRIOR_VARIANCE
    for t in range(n):
        if t > 0:
            spread += drift * (day[t] - day[t - 1])
        if not math.isinf(noise[t]):
            gain = spread / (spread + noise[t])
            level += gain * (seen[t] - level)
            spread = gain * noise[t]
        mean[t] = level
        variance[t] = spread
    late_mean = mean.copy()
    late_variance = variance.copy()
    for t in range(n - 2, -1, -1):
        ahead = variance[t] + drift * (day[t + 1] - day[t])
        if ahead > 0.0:
            back = variance[t] / ahead
            late_mean[t] = mean[t] + back * (late_mean[t + 1] - mean[t])
            late_variance[t] = variance[t] + back * back * (late_variance[t + 1] - ahead)
    return mean, variance, late_mean, late_variance
