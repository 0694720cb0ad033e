"""Steps of a level seen through a filter: what each leaves in the errors of the forecasts, and how surely it is seen.

A filter's standardised forecast errors (*scores*) are independent standard normals while its model holds. A step of the
level on the morning of a day adds to the errors from the first figure that was still asked that day what the filter,
which is linear, makes of a series that is 0 before and 1 after, and the share of its days after the step for a figure
whose interviews it cuts. That is the step's *signature*, the same for every size. The scores projected on it are the
most powerful test of that step, again a standard normal.

Shapes: n figures in order of their last day, all of which say something new; d possible days of a step, ascending;
`reach`: the most figures that end within the window after a day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# Below this weight a step's size has a standard error of more than two logits: nothing was known before it.
_WEIGHT_MIN: Final = 0.25


class Figures(NamedTuple):
    """The figures: first and last day of their interviews [n], and the house that asked [n], from 0."""

    start: Floats
    end: Floats
    house: Ints


class Steps(NamedTuple):
    """What each possible step leaves behind.

    first: [d] the first figure a step on that day touches. signature: [d, reach] error of figure first + j after a
    step of 1; 0 beyond the window. weight: [d, reach] sum of its squares up to there. scale: [d, reach] 1 over its
    root; 0 where the step may not be asked for yet.
    """

    first: Ints
    signature: Floats
    weight: Floats
    scale: Floats


class Peaks(NamedTuple):
    """The step that stands out most of those known once each figure was out.

    statistic: [n] signed, in standard deviations; 0 where none may be asked for. step: [n] which day's; -1 for none.
    """

    statistic: Floats
    step: Ints


def signatures(
    figures: Figures,
    days: Floats,
    *,
    gains: Floats,
    loads: Ints,
    begins: Ints,
    total: Floats,
    window_days: float,
    figures_min: int,
    houses_min: int,
) -> Steps:
    """Return what steps on the mornings of `days` leave behind in figures that end less than `window_days` later.

    `gains` [n, k], `loads` [n, m], `begins` [b, 3]: as in `poll_filter`; `total`: [n] variance of each error. A step
    may be asked for once `figures_min` figures of `houses_min` houses were touched by it.
    """
    first = np.searchsorted(figures.end, days).astype(np.int64)
    last = np.searchsorted(figures.end, days + window_days)
    reach = int(max(1, (last - first).max(initial=1)))
    made = _signatures(*figures, days, first, last, gains, loads, begins, total, reach, figures_min, houses_min)
    return Steps(first, *made)


def chosen(every: list[Steps], setting: Ints) -> Steps:
    """Return the steps of `every[setting[d]]` for each day d: the same figures and days through several filters."""
    at = np.arange(setting.size)
    parts = (np.stack(part)[setting, at] for part in zip(*(steps[1:] for steps in every), strict=True))
    return Steps(every[0].first, *parts)


def peaks(
    scores: Floats,
    setting: Ints,
    steps: Steps,
    *,
    rise: Floats,
    fall: Floats,
    house: Ints,
    threshold: float,
    support: float,
) -> Peaks:
    """Return, at each figure, the step that stands out most, of rises of at least `rise` [d] and falls of `fall` [d].

    `scores`: [settings, n]; the step of day d is asked of row `setting[d]`. One whose statistic reaches `threshold`
    counts only if, whichever house is left out, the others alone show it by `support` standard deviations: one house's
    odd poll is no step. Where one house only was touched, that is not asked.
    """
    return Peaks(*_peaks(scores, setting, *steps, rise, fall, house, threshold, support))


def largest(draws: Floats, steps: Steps, rise: Floats, fall: Floats) -> Floats:
    """Return for each row of `draws` [m, n] the largest statistic of any step, at any time, as `peaks` asks for them.

    That each house's part must support the step is left out: the result is then too large rather than too small.
    """
    out: Floats = _largest(draws, *steps, rise, fall)
    return out


@njit(cache=True, nogil=True)
def _signatures(  # type: ignore[no-untyped-def]  # noqa: ANN202, PLR0917
    start, end, house, days, first, last, gains, loads, begins, total, reach, figures_min, houses_min  # noqa: ANN001
):  # fmt: skip
    k = gains.shape[1]
    signature = np.zeros((days.size, reach))
    weight = np.zeros((days.size, reach))
    scale = np.zeros((days.size, reach))
    state = np.empty(k)
    known = np.empty(house.max() + 1 if house.size else 1, np.bool_)
    for d in range(days.size):
        state[:] = 0.0
        known[:] = False
        houses = 0
        so_far = 0.0
        b = 0
        while b < begins.shape[0] and begins[b, 0] < first[d]:
            b += 1
        for t in range(first[d], last[d]):
            j = t - first[d]
            while b < begins.shape[0] and begins[b, 0] <= t:
                state[begins[b, 1]] = state[begins[b, 2]] if begins[b, 2] >= 0 else 0.0
                b += 1
            after = min(1.0, (end[t] - days[d] + 1.0) / (end[t] - start[t] + 1.0))
            miss = after - state[0]
            for c in range(loads.shape[1]):
                if loads[t, c] >= 0:
                    miss -= state[loads[t, c]]
            for i in range(k):
                state[i] += gains[t, i] * miss
            signature[d, j] = miss / np.sqrt(total[t])
            so_far += signature[d, j] * signature[d, j]
            weight[d, j] = so_far
            if not known[house[t]]:
                known[house[t]] = True
                houses += 1
            if j + 1 >= figures_min and houses >= houses_min and so_far > _WEIGHT_MIN:
                scale[d, j] = 1.0 / np.sqrt(so_far)
    return signature, weight, scale


@njit(cache=True, nogil=True)
def _peaks(  # type: ignore[no-untyped-def]  # noqa: ANN202, PLR0917
    scores, setting, first, signature, weight, scale, rise, fall, house, threshold, support  # noqa: ANN001
):  # fmt: skip
    n = scores.shape[1]
    statistic = np.zeros(n)
    step = np.full(n, -1)
    houses = house.max() + 1 if n else 0
    part = np.empty(houses)
    square = np.empty(houses)
    for d in range(first.size):
        part[:] = 0.0
        square[:] = 0.0
        seen = 0.0
        for j in range(min(signature.shape[1], n - first[d])):
            t = first[d] + j
            value = scores[setting[d], t] * signature[d, j]
            seen += value
            part[house[t]] += value
            square[house[t]] += signature[d, j] * signature[d, j]
            found = seen * scale[d, j]
            if abs(found) <= abs(statistic[t]) or -fall[d] * weight[d, j] < seen < rise[d] * weight[d, j]:
                continue
            if abs(found) >= threshold and not _is_supported(part, square, seen, weight[d, j], support):
                continue
            statistic[t] = found
            step[t] = d
    return statistic, step


@njit(cache=True, nogil=True)
def _is_supported(part, square, seen, weight, support):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for h in range(part.size):
        others = weight - square[h]
        if square[h] > 0.0 and others > 1e-9 * weight and (seen - part[h]) / np.sqrt(others) * np.sign(seen) < support:
            return False
    return True


@njit(cache=True, nogil=True)
def _largest(draws, first, signature, weight, scale, rise, fall):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    m, n = draws.shape
    out = np.zeros(m)
    for d in range(first.size):
        reach = min(signature.shape[1], n - first[d])
        for r in range(m):
            seen = 0.0
            top = out[r]
            for j in range(reach):
                seen += draws[r, first[d] + j] * signature[d, j]
                found = abs(seen) * scale[d, j]
                if found > top and not -fall[d] * weight[d, j] < seen < rise[d] * weight[d, j]:
                    top = found
            out[r] = top
    return out
