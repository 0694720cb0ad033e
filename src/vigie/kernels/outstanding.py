"""Days of a series of daily counts that stand out from its other days, with a stated rate of false alarms.

The method
    Outliers are taken away one by one, as in Rosner's test for many outliers (1983): the day that lies highest above
    the rest is compared with the remaining days, then taken away, up to `MOST` of all days; if the r-th is out, so are
    those before it. A day of a burst of several days is so never held against the burst's own days. Each comparison
    must hold twice, and the larger p-value counts, times the number of days it was chosen from:

    - on the logarithm of count + 1, by Student's t of a further observation. Daily counts that vary by a factor are
      normal there; those of a negative binomial lie low, so that the test errs towards silence;
    - by the tail of a negative binomial whose mean is uncertain. Its ratio of variance to mean is that of the remaining
      days, which lost their highest: up to `times` as much where the mean is below that ratio, since most days are then
      zero and the logarithm sees little; and at least `least`, which the caller states, because a quiet series of few
      counts says nothing about how they come in bunches.

    With three weeks or more, each weekday has its own level in the logarithm: its mean's distance from the whole,
    shrunk by 1 - 1 / F, where F is the ratio of the variance between weekdays to that within them; so a profile that is
    noise vanishes. Six degrees of freedom are given away for it.

Sources: Rosner 1983, Percentage points for a generalized ESD many-outlier procedure; Grubbs 1950; James & Stein 1961.
The rate of false alarms is measured in `bench/attack_burst.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

from vigie.kernels.tails import overdispersed_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST: Final = 0.3
_WEEK: Final = 7
_WEEKS_MIN: Final = 3
_LEAST: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Outstanding:
    """For each day its p-value, corrected for the days it was chosen from (1: not tested), and the usual count."""

    p_values: NDArray[np.float64]
    usual: NDArray[np.float64]


def outstanding(
    counts: Sequence[int], weekdays: Sequence[int], *, least: float, times: float, alpha: float
) -> Outstanding:
    """Test each of at least four days; `weekdays` are 0 to 6. `usual` is learnt from the days that are not out.

    >>> week = [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]
    >>> found = outstanding([1, 0, 2, 1, 90, 1, 0, 2, 1, 1], week, least=2, times=2, alpha=0.01)
    >>> [n for n, p in enumerate(found.p_values) if p <= 0.01], round(float(found.usual[0]), 2)
    ([4], 1.06)
    """
    series = np.asarray(counts, np.float64)
    days = np.asarray(weekdays, np.int64)
    logs = np.log(series + 1)
    left = np.ones(series.size, np.bool_)
    taken: list[int] = []
    p_values: list[float] = []
    for _ in range(max(1, int(MOST * series.size))):
        places = np.flatnonzero(left)
        above = logs[places] - _levels(logs, days, left)[0][days[places]]
        # Of equals the last, so that the first day of a tie is not favoured by its place in the week's profile.
        chosen = int(places[np.flatnonzero(above == above.max())[-1]])
        left[chosen] = False
        p_values.append(_p_value(series, logs, days, left, chosen, least=least, times=times) * places.size)
        taken.append(chosen)
    smallest = np.minimum.accumulate(np.array(p_values)[::-1])[::-1]
    result = np.ones(series.size)
    result[taken] = np.clip(smallest, _LEAST, 1.0)
    return Outstanding(result, _usual(series, logs, days, result > alpha))


def _p_value(
    series: NDArray[np.float64],
    logs: NDArray[np.float64],
    days: NDArray[np.int64],
    left: NDArray[np.bool_],
    chosen: int,
    *,
    least: float,
    times: float,
) -> float:
    levels, free = _levels(logs, days, left)
    rest = logs[left] - levels[days[left]]
    usual = _usual(series, logs, days, left)
    further = (1 + 1 / rest.size) ** 0.5
    distance = float(logs[chosen] - levels[days[chosen]] - rest.mean())
    spread = float((rest**2).sum() - rest.size * rest.mean() ** 2) / max(free, 1)
    if distance <= 0:
        return 1.0
    student = float(special.stdtr(free, -distance / (further * spread**0.5))) if spread > _LEAST else 0.0
    residue = series[left] - usual[left]
    mean = float(usual[left].mean())
    seen = float((residue**2).sum()) / max(free, 1) / mean
    ratio = max(least, seen * (1 + (times - 1) * min(1.0, max(seen, 1.0) / mean)))
    variance = float(usual[chosen]) * ratio * (1 + 1 / rest.size)
    return max(student, overdispersed_tail(int(series[chosen]), float(usual[chosen]), variance))


def _levels(
    logs: NDArray[np.float64], days: NDArray[np.int64], left: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], int]:
    """Return each weekday's distance from the whole in `logs` of the days left, and the degrees of freedom left."""
    own, kept = days[left], logs[left]
    number = np.bincount(own, minlength=_WEEK)
    nothing = np.zeros(_WEEK), kept.size - 1
    if kept.size < _WEEK * (_WEEKS_MIN - 1) or days.size < _WEEK * _WEEKS_MIN or number.min() < _WEEKS_MIN - 1:
        return nothing
    distance = np.bincount(own, weights=kept - kept.mean(), minlength=_WEEK) / number
    between = float((number * distance**2).sum()) / (_WEEK - 1)
    within = float(((kept - kept.mean() - distance[own]) ** 2).sum()) / (kept.size - _WEEK)
    if between <= within:
        return nothing
    return distance * (1 - within / between), kept.size - _WEEK


def _usual(
    series: NDArray[np.float64], logs: NDArray[np.float64], days: NDArray[np.int64], left: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the usual count of each day, learnt from the days left.

    Half a count more than seen (Jeffreys' prior): what was never seen before is rare, not impossible.
    """
    factor = np.exp(_levels(logs, days, left)[0])[days]
    return np.asarray((float(series[left].sum()) + 0.5) / float(factor[left].sum()) * factor, np.float64)
