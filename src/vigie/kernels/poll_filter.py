"""The Kalman filter of one candidate's figures: a level that walks, and constants that are added to it.

State 0 is the level, a random walk; states 1 to `houses` are house effects, the next that of a house whose figures
change nothing; the others are what fields of candidates add. A figure is the level, plus the states it loads with
weight one, plus noise. Everything is on the logit scale. House effects are independent beforehand, with variance
`house_sd` squared: as nothing is known of the level, that is the same as effects that sum to zero, and a house that
comes later changes no earlier forecast.

Univariate and sequential: an update costs the square of the number of states, no matrix is inverted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# Nothing is known of the level before the first figure: on the logit scale 10 is 99.995 %.
LEVEL_VARIANCE: Final = 100.0


class Course(NamedTuple):
    """One candidate's n figures in order of time, with k states; all variances on the logit scale.

    seen: [n] logit of the share. sampling: [n] its sampling variance at design 1. rounding: [n] variance of rounding.
    share: [n] how much of the figure is new, 0 to 1; 0: it is forecast and changes nothing. day: [n] ascending.
    loads: [n, m] the states beside the level that the figure loads, -1 for none; column 0 is its house (or -1).
    begins: [b, 3] (figure, state, parent), figures ascending: before this figure the state is forgotten and begun as
    its parent's (-1: as nothing) plus a step of mean `begin_mean` [b] and variance `begin_variance` [b]. A field's
    state is 0 until it is begun. jump: [n] variance added to the level just before the figure. houses: how many houses
    have states of their own. states: k, at least houses + 2.
    """

    seen: Floats
    sampling: Floats
    rounding: Floats
    share: Floats
    day: Floats
    loads: Ints
    begins: Ints
    begin_mean: Floats
    begin_variance: Floats
    jump: Floats
    houses: int
    states: int


class Filtered(NamedTuple):
    """What one setting makes of a course.

    expected: [n] forecast of each figure. spread: [n] its variance, noise left out. noise: [n] the figure's noise if
    all of it were new: the forecast's variance is spread + noise. gains: [n, k] what an update adds to the states
    per unit of the miss (seen - expected); 0 where nothing is new. then_mean, then_variance: [n] the level of the
    figure's field after the figure, house effects of houses seen so far summing to zero ("as known then").
    now_mean, now_variance: [n] the same given all figures, effects of all houses summing to zero ("as known today").
    now_last: [n] covariance, given all figures, of that level with the level of the same field after the last figure.
    end_mean: [k], end_covariance: [k, k] of the states after the last figure.
    """

    expected: Floats
    spread: Floats
    noise: Floats
    gains: Floats
    then_mean: Floats
    then_variance: Floats
    now_mean: Floats
    now_variance: Floats
    now_last: Floats
    end_mean: Floats
    end_covariance: Floats


def filtered(course: Course, *, design: float, house_sd: float, drift: float) -> Filtered:
    """Return filter, smoother and gains of one setting; `drift`: variance of the level's walk per day."""
    return Filtered(*_filtered(*course, design, house_sd, drift, LEVEL_VARIANCE))


def discounted(fit: Floats, ranks: Ints, left: Floats) -> Floats:
    """Return the log likelihood of what was before each of s scenarios, and of all: [d, h, q, s + 1].

    fit: [d, h, q, n] of each figure. ranks: [n] its scenario. left: [s] what is left at a scenario of what was before.
    """
    sums: Floats = _discounted(np.ascontiguousarray(fit).reshape(math.prod(fit.shape[:-1]), ranks.size), ranks, left)
    return sums.reshape(*fit.shape[:-1], left.size + 1)


def searched(course: Course, designs: Floats, house_sds: Floats, drifts: Floats) -> tuple[Floats, Floats, Floats]:
    """Return forecast mean, its variance without noise and the log likelihood of each figure, each [d, h, q, n].

    A figure of which only a share is new counts in the likelihood with that share; one that is not used is 0 there.
    """
    mean, variance, fit = _searched(*course, designs, house_sds, drifts, LEVEL_VARIANCE)
    return mean, variance, fit


@njit(cache=True, nogil=True)
def _begin(mean, cov, states, houses, house_sd, level_variance):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    for i in range(states):
        mean[i] = 0.0
        for j in range(states):
            cov[i, j] = 0.0
    cov[0, 0] = level_variance
    for i in range(1, houses + 2):
        cov[i, i] = house_sd * house_sd


@njit(cache=True, nogil=True)
def _renew(mean, cov, states, begin, value, variance):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    state, parent = begin[1], begin[2]
    for i in range(states):
        shared = cov[i, parent] if parent >= 0 and i != state else 0.0
        cov[i, state] = shared
        cov[state, i] = shared
    cov[state, state] = variance + (cov[parent, parent] if parent >= 0 else 0.0)
    mean[state] = value + (mean[parent] if parent >= 0 else 0.0)


@njit(cache=True, nogil=True)
def _discounted(fit, ranks, left):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    sums = np.zeros((fit.shape[0], left.size + 1))
    for c in range(fit.shape[0]):
        for t in range(ranks.size):
            sums[c, ranks[t] + 1] += fit[c, t]
        for rank in range(left.size):
            sums[c, rank + 1] += sums[c, rank] * left[rank]
    return sums


@njit(cache=True, nogil=True)
def _weighted(weight, rows, total):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Sum the rows of a matrix by their weights into `total`: along rows, as memory lies."""
    for i in range(total.size):
        total[i] = 0.0
    for j in range(weight.size):
        by = weight[j]
        if by != 0.0:
            for i in range(total.size):
                total[i] += by * rows[j, i]


@njit(cache=True, nogil=True)
def _searched(  # type: ignore[no-untyped-def]  # noqa: ANN202, PLR0917
    seen, sampling, rounding, share, day, loads, begins, begin_mean, begin_variance, jump, houses, states,  # noqa: ANN001
    designs, house_sds, drifts, level_variance,  # noqa: ANN001
):  # fmt: skip
    n = seen.size
    width = loads.shape[1]
    shape = (designs.size, house_sds.size, drifts.size, n)
    forecast = np.empty(shape)
    variance = np.empty(shape)
    fit = np.zeros(shape)
    mean = np.empty(states)
    cov = np.empty((states, states))
    shadow = np.empty(states)
    for d in range(designs.size):
        for h in range(house_sds.size):
            for q in range(drifts.size):
                _begin(mean, cov, states, houses, house_sds[h], level_variance)
                b = 0
                for t in range(n):
                    if t > 0:
                        cov[0, 0] += drifts[q] * (day[t] - day[t - 1])
                    cov[0, 0] += jump[t]
                    while b < begins.shape[0] and begins[b, 0] <= t:
                        _renew(mean, cov, states, begins[b], begin_mean[b], begin_variance[b])
                        b += 1
                    for i in range(states):
                        shadow[i] = cov[0, i]
                    expected = mean[0]
                    for c in range(width):
                        at = loads[t, c]
                        if at >= 0:
                            expected += mean[at]
                            for i in range(states):
                                shadow[i] += cov[at, i]
                    spread = shadow[0]
                    for c in range(width):
                        if loads[t, c] >= 0:
                            spread += shadow[loads[t, c]]
                    forecast[d, h, q, t] = expected
                    variance[d, h, q, t] = spread
                    if share[t] > 0.0:
                        noise = designs[d] * sampling[t] + rounding[t]
                        miss = seen[t] - expected
                        total = spread + noise
                        fit[d, h, q, t] = -0.5 * share[t] * (math.log(2 * math.pi * total) + miss * miss / total)
                        total = spread + noise / share[t]
                        for i in range(states):
                            gain = shadow[i] / total
                            if gain != 0.0:
                                mean[i] += gain * miss
                                for j in range(states):
                                    cov[i, j] -= gain * shadow[j]
    return forecast, variance, fit


@njit(cache=True, nogil=True)
def _filtered(  # type: ignore[no-untyped-def]  # noqa: ANN202, PLR0917
    seen, sampling, rounding, share, day, loads, begins, begin_mean, begin_variance, jump, houses, states,  # noqa: ANN001
    design, house_sd, drift, level_variance,  # noqa: ANN001
):  # fmt: skip
    n = seen.size
    width = loads.shape[1]
    expected = np.empty(n)
    spread = np.empty(n)
    noise = np.empty(n)
    gains = np.zeros((n, states))
    then_mean = np.empty(n)
    then_variance = np.empty(n)
    now_mean = np.empty(n)
    now_variance = np.empty(n)
    now_last = np.empty(n)
    shadows = np.empty((n, states))  # the covariance of the level that is smoothed with every state, before the figure
    mean = np.empty(states)
    cov = np.empty((states, states))
    shadow = np.empty(states)
    weight = np.empty(states)
    column = np.empty(states)
    met = np.zeros(states, dtype=np.bool_)
    _begin(mean, cov, states, houses, house_sd, level_variance)
    b = 0
    houses_met = 0
    for t in range(n):
        if t > 0:
            cov[0, 0] += drift * (day[t] - day[t - 1])
        cov[0, 0] += jump[t]
        while b < begins.shape[0] and begins[b, 0] <= t:
            _renew(mean, cov, states, begins[b], begin_mean[b], begin_variance[b])
            b += 1
        for i in range(states):
            weight[i] = 1.0 if i == 0 else (1.0 / houses if i <= houses else 0.0)
            shadow[i] = cov[0, i]
        expected[t] = mean[0]
        for c in range(width):
            at = loads[t, c]
            if at >= 0:
                expected[t] += mean[at]
                for i in range(states):
                    shadow[i] += cov[at, i]
                if at > houses + 1:
                    weight[at] = 1.0
        spread[t] = shadow[0]
        for c in range(width):
            if loads[t, c] >= 0:
                spread[t] += shadow[loads[t, c]]
        now_mean[t] = 0.0
        for i in range(states):
            now_mean[t] += weight[i] * mean[i]
        _weighted(weight, cov, shadows[t])
        now_variance[t] = 0.0
        for i in range(states):
            now_variance[t] += weight[i] * shadows[t, i]
        noise[t] = design * sampling[t] + rounding[t]
        if share[t] > 0.0:
            miss = seen[t] - expected[t]
            total = spread[t] + noise[t] / share[t]
            for i in range(states):
                gains[t, i] = shadow[i] / total
                if gains[t, i] != 0.0:
                    mean[i] += gains[t, i] * miss
                    for j in range(states):
                        cov[i, j] -= gains[t, i] * shadow[j]
            at = loads[t, 0]
            if 0 < at <= houses and not met[at]:
                met[at] = True
                houses_met += 1
        then_mean[t] = 0.0
        then_variance[t] = 0.0
        for i in range(states):
            if 0 < i <= houses:
                weight[i] = 1.0 / houses_met if met[i] else 0.0
            then_mean[t] += weight[i] * mean[i]
        if share[t] > 0.0 or houses_met < houses:
            _weighted(weight, cov, column)
            for i in range(states):
                then_variance[t] += weight[i] * column[i]
        else:
            then_variance[t] = now_variance[t]
    # Backwards: what the later figures say, as a vector `push` and its precision `hold` (Durbin and Koopman 2012, 4.4);
    # `onward` is what an error in each state now adds to that in each state at the end.
    push = np.zeros(states)
    hold = np.zeros((states, states))
    onward = np.eye(states)
    b = begins.shape[0] - 1
    for t in range(n - 1, -1, -1):
        if share[t] > 0.0:
            total = spread[t] + noise[t] / share[t]
            miss = seen[t] - expected[t]
            along = 0.0
            within = 1.0 / total
            _weighted(gains[t], hold, shadow)
            _weighted(gains[t], onward, weight)
            for i in range(states):
                along += gains[t, i] * push[i]
                within += gains[t, i] * shadow[i]
            _look_back(push, hold, onward, loads[t], miss / total - along, shadow, within, weight)
        for i in range(states):
            weight[i] = 1.0 if i == 0 else (1.0 / houses if i <= houses else 0.0)
        for c in range(width):
            if loads[t, c] > houses + 1:
                weight[loads[t, c]] = 1.0
        now_last[t] = 0.0
        _weighted(shadows[t], hold, shadow)
        _weighted(shadows[t], onward, column)
        for i in range(states):
            now_mean[t] += shadows[t, i] * push[i]
            now_variance[t] -= shadows[t, i] * shadow[i]
            now_last[t] += column[i] * weight[i]
        while b >= 0 and begins[b, 0] >= t:
            _look_behind(push, hold, onward, begins[b, 1], begins[b, 2])
            b -= 1
    return expected, spread, noise, gains, then_mean, then_variance, now_mean, now_variance, now_last, mean, cov


@njit(cache=True, nogil=True)
def _look_back(push, hold, onward, loads, value, column, within, row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Go back over an update: with L = I - gain h', hold becomes L' hold L + h h' / total, onward L' onward."""
    for c in range(-1, loads.size):
        at = 0 if c < 0 else loads[c]
        if at < 0:
            continue
        push[at] += value
        for i in range(push.size):
            hold[at, i] -= column[i]
            hold[i, at] -= column[i]
            onward[at, i] -= row[i]
        for e in range(-1, loads.size):
            to = 0 if e < 0 else loads[e]
            if to >= 0:
                hold[at, to] += within


@njit(cache=True, nogil=True)
def _look_behind(push, hold, onward, state, parent):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Go back over the beginning of a state: what was said of it was said of its parent."""
    if parent >= 0:
        push[parent] += push[state]
        for i in range(push.size):
            hold[parent, i] += hold[state, i]
            onward[parent, i] += onward[state, i]
        for i in range(push.size):
            hold[i, parent] += hold[i, state]
    push[state] = 0.0
    for i in range(push.size):
        hold[state, i] = 0.0
        hold[i, state] = 0.0
        onward[state, i] = 0.0
