"""Levels and house effects of a block that was fitted, as known then and as known today: moments over its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vigie.kernels.poll_filter import Course, Filtered, filtered
from vigie.rules.poll_model_weights import JUMP_SD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigie.rules.poll_model import Fit

    Floats = NDArray[np.float64]


class Levels(NamedTuple):
    """Moments over the settings kept, as in `Filtered`, with standard deviations for variances.

    house_mean, house_sd: [houses] effects as known today, which sum to zero.
    """

    then_mean: Floats
    then_sd: Floats
    now_mean: Floats
    now_sd: Floats
    now_last: Floats
    house_mean: Floats
    house_sd: Floats


def levels(fit: Fit, at: int, course: Course, after: NDArray[np.int64], moved: NDArray[np.int64]) -> Levels:
    """Return the levels of the fit's course `at`: of each figure of `course`, which may have days put in between.

    `after`: of each figure of `course`, how many scenarios were known after it. `moved`: where the fit's figures stand
    in `course`. What was known then is without a jump that was not yet known.
    """
    settings, trust = fit.settings[at], fit.trust[at]
    then = [np.empty(course.seen.size) for _ in range(2)]
    since = 0
    jump = np.zeros(course.seen.size)
    for found in (*fit.jumps[at], None):
        until = course.seen.size if found is None else int(moved[found.known])
        runs = [filtered(course._replace(jump=jump), **s._asdict()) for s in settings]
        means, variances = np.stack([r.then_mean for r in runs]), np.stack([r.then_variance for r in runs])
        for kept, whole in zip(then, _mixed(trust[:, after], means, variances), strict=True):
            kept[since:until] = whole[since:until]
        since = until
        if found is not None:
            jump = jump.copy()
            jump[moved[found.before]] += JUMP_SD**2
    last = np.repeat(trust[:, -1:], course.seen.size, axis=1)
    now = _mixed(last, np.stack([r.now_mean for r in runs]), np.stack([r.now_variance for r in runs]))
    effects = [_effects(run, course.houses) for run in runs]
    house = _mixed(last[:, :1], np.stack([m for m, _ in effects]), np.stack([v for _, v in effects]))
    return Levels(
        then[0],
        np.sqrt(then[1]),
        now[0],
        np.sqrt(now[1]),
        (last * np.stack([r.now_last for r in runs])).sum(axis=0),
        house[0],
        np.sqrt(house[1]),
    )


def with_days(
    course: Course, days: Sequence[float], states: Sequence[int]
) -> tuple[Course, NDArray[np.int64], NDArray[np.int64]]:
    """Return the course with the ends of days put in, and where its figures and the days (ascending) stand in it.

    `states`: of each day, the field's state whose level is meant, -1 for the first one used.
    """
    n = course.seen.size
    order = np.argsort(np.concatenate([course.day, np.array(days)]), kind="stable")
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    empty = np.zeros(len(days))
    none = np.full(len(days), -1, dtype=np.int64)
    begins = course.begins.copy()
    begins[:, 0] = place[begins[:, 0]]
    held = course._replace(
        seen=np.append(course.seen, empty)[order],
        sampling=np.append(course.sampling, empty + 1)[order],
        rounding=np.append(course.rounding, empty)[order],
        share=np.append(course.share, empty)[order],
        day=np.append(course.day, np.array(days))[order],
        loads=np.concatenate([course.loads, np.stack([none, np.array(states, dtype=np.int64)], axis=1)])[order],
        jump=np.append(course.jump, empty)[order],
        begins=begins,
    )
    return held, place[:n], place[n:]


def _effects(run: Filtered, houses: int) -> tuple[Floats, Floats]:
    """Return mean and variance of each house's effect, less the mean of all houses' effects."""
    if houses == 0:
        return np.zeros(0), np.zeros(0)
    centre = np.eye(houses) - 1 / houses
    inner = slice(1, houses + 1)
    return centre @ run.end_mean[inner], np.diag(centre @ run.end_covariance[inner, inner] @ centre).copy()


def _mixed(weights: Floats, means: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Return mean and variance of mixtures of normals; all [settings, n]."""
    mean = (weights * means).sum(axis=0)
    return mean, np.maximum((weights * (variances + (means - mean) ** 2)).sum(axis=0), 0.0)
