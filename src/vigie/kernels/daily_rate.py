"""A rate per day whose interval respects that days differ and that one source sends many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True, slots=True)
class DailyRate:
    """The mean count per day with its 95 % interval, over `days` days of which `total` counts are known.

    `effective` is the number of independent events that would tell as much; 0 where nothing was counted.
    """

    mean: float
    low: float
    high: float
    total: int
    days: int
    effective: float


def daily_rate(cells: NDArray[np.int64], source: NDArray[np.int64], day: NDArray[np.int64], days: int) -> DailyRate:
    """Return the mean per day of counts `cells` (n, each at least 1) by `source` (n) and `day` (n, 0 to `days` - 1).

    The mean is what was counted; the interval is of the rate that days like these have. The number of sources is taken
    as a Poisson count and what each sends as its own (a compound Poisson law), days as clusters beside that: the
    variance of the total is the greatest of that between sources, that between days (for few days stretched by
    Student's t), and both together less what they share. The interval is that of Fay and Feuer for a weighted sum of
    Poisson counts, which covers at least as often as it says where the sources are what varies. With one day only
    the sources can be judged.

    Sources: Fay & Feuer 1997, Confidence intervals for directly standardized rates; Cameron, Gelbach & Miller 2011
    (two-way clusters).

    >>> even = np.arange(30)
    >>> rate = daily_rate(np.ones(30, np.int64), even, even % 10, 10)
    >>> rate.mean, round(rate.low, 2), round(rate.high, 2)
    (3.0, 2.02, 4.28)
    """
    total = int(cells.sum())
    by_source = np.bincount(source, cells).astype(np.float64)
    by_day = np.bincount(day, cells, days).astype(np.float64)
    variance = _variance(cells.astype(np.float64), by_source, by_day, total)
    greatest = max(1.0, float(by_source.max(initial=0)))
    if not total:
        return DailyRate(0.0, 0.0, -float(np.log(_LOW)) / days, 0, days, 0.0)
    low = _gamma(total, variance, _LOW)
    high = _gamma(total + greatest, variance + greatest**2, _HIGH)
    return DailyRate(total / days, low / days, high / days, total, days, total * total / variance)


def _variance(
    cells: NDArray[np.float64], by_source: NDArray[np.float64], by_day: NDArray[np.float64], total: int
) -> float:
    sources = float(np.square(by_source).sum())
    days = by_day.size
    if days == 1:
        return sources
    stretch = float(special.stdtrit(days - 1, _HIGH) / special.ndtri(_HIGH)) ** 2
    between = float(np.square(by_day - total / days).sum()) * days / (days - 1) * stretch
    return max(sources, between, sources + between - float(np.square(cells).sum()))


def _gamma(mean: float, variance: float, probability: float) -> float:
    """Return a quantile of the gamma law of that mean and variance."""
    return float(special.gammaincinv(mean * mean / variance, probability)) * variance / mean
