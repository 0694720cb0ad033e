"""The usual hours of a series of counts, and how rare a busier stretch is: arrays in, arrays out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAYS_MIN: Final = 3
WEEKS_DAYS_MIN: Final = 21

_QUIET_DEVIATIONS: Final = 5.0
_MAD_TO_SD: Final = 1.4826
_LEAST: Final = 1e-300
_RATIO_PRIOR: Final = 5.0
_MEDIAN_OF_SQUARES: Final = 0.455  # of a standard normal
_ROUNDS: Final = 8


def usual_hours(counts: NDArray[np.float64], hours: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the usual count (n) of each of the hours (n, since the epoch, ascending) of `counts` (n).

    It is learnt by hour of the day (UTC) from the quiet ones of these hours, on working days and weekends apart where
    at least 21 days are covered; from all hours together where fewer than 3 are. Quiet are those not above their
    median by more than five robust standard deviations. What is never seen is expected half a time in all of them.

    >>> usual_hours(np.array([4.0] * 71 + [400.0]), np.arange(72)).tolist()[::71]
    [4.166666666666667, 4.25]
    """
    days = hours // 24
    covered = np.unique(days).size
    classes = np.zeros(hours.size, np.int64)
    if covered >= DAYS_MIN:
        classes = hours % 24
    if covered >= WEEKS_DAYS_MIN:
        classes = classes + 24 * ((days + 3) % 7 >= 5)  # 1970-01-01 was a Thursday
    expected = np.empty(counts.size, np.float64)
    for of_class in np.unique(classes):
        there = classes == of_class
        expected[there] = _quiet_mean(counts[there] if there.sum() >= DAYS_MIN else counts)
    return expected


def _quiet_mean(counts: NDArray[np.float64]) -> float:
    middle = float(np.median(counts))
    spread = max(_MAD_TO_SD * float(np.median(np.abs(counts - middle))), middle**0.5, 1.0)
    quiet = np.sort(counts[counts <= middle + _QUIET_DEVIATIONS * spread])  # sorted, so that sums repeat
    return (float(quiet.sum()) + 0.5) / quiet.size


def scaled(
    expected: NDArray[np.float64], beside: NDArray[np.float64], usual: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return `expected` (n) times how far `beside` (n) is above what is `usual` (n) for it, never less than once.

    Small counts say little: five are added to both.
    """
    return expected * np.maximum(1.0, (beside + _RATIO_PRIOR) / (usual + _RATIO_PRIOR))


def sums(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return the sums of each `width` neighbours (n - width + 1; none where there are fewer)."""
    if values.size < width:
        return np.empty(0, np.float64)
    running = np.concatenate(([0.0], np.cumsum(values)))
    return running[width:] - running[:-width]


def variation(counts: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Return how much usual stretches vary beyond chance: a, where their variance is mean + a * mean squared.

    It is the moments' estimate from the quiet ones, raised to the upper end of its 90 % interval as if the stretches
    were independent: few of them tell little.
    """
    if counts.size < DAYS_MIN:
        return 1.0
    left = counts - expected
    middle = float(np.median(expected))
    over = max(0.0, float(np.median(np.square(left))) / _MEDIAN_OF_SQUARES - middle) / middle**2
    quiet = np.ones(counts.size, np.bool_)
    # What is usual makes room for more that is usual; what is far away stays outside.
    for _ in range(_ROUNDS):
        quiet = left <= _QUIET_DEVIATIONS * np.sqrt(expected + over * np.square(expected)) + 1.0
        seen = float(np.square(left[quiet]).sum() - expected[quiet].sum()) / float(np.square(expected[quiet]).sum())
        over = max(over, seen)
    size = int(quiet.sum())
    raised = (size - 1) / float(special.chdtri(size - 1, 0.9)) if size > 1 else 1.0
    over *= raised
    # Busy days of busy hours have a longer tail than one law with their variance; and the expectation is learnt, too.
    return over * (1.0 + over) + 1.0 / size


def rarity(counts: NDArray[np.float64], mean: NDArray[np.float64], variation: float) -> NDArray[np.float64]:
    """Return P(X >= counts) (n) of negative binomials of this mean (n) and this variation beyond chance.

    >>> rarity(np.array([0.0, 3.0]), np.array([1.0, 1.0]), 1.0).round(3).tolist()
    [1.0, 0.125]
    """
    tail = np.ones(counts.size, np.float64)
    some = counts > 0
    size = 1.0 / max(variation, 1e-9)
    tail[some] = special.betainc(counts[some], size, mean[some] / (size + mean[some]))
    return np.maximum(tail, _LEAST)
