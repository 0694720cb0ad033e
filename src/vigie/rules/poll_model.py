"""The model of polls: settings that fit a block, how sure they are, and what they forecast.

Settings are weighed, not chosen (`vigie.rules.poll_model_weights`). A forecast is the mixture of what each setting
forecasts, by their weights.

Scatter. The sampling variance of a house's figures is multiplied by the mean square of its earlier standardised misses,
of all candidates together, `HOUSE_FIGURES` misses of one added.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from vigie.rules.poll_model_weights import DESIGNS, DRIFT_SDS, HOUSE_SDS, JUMP_Z, Settings, Shared, Track, memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigie.kernels.poll_filter import Course
    from vigie.kernels.poll_mixture import Mixture
    from vigie.rules.poll_model_course import Block
    from vigie.rules.poll_model_weights import Jump

    Floats = NDArray[np.float64]

HOUSE_FIGURES: Final = 40
LEVEL_FIGURES: Final = 3
SCORE_MAX: Final = 9.0
WEIGHT_KEPT: Final = 0.99
SETTINGS_MAX: Final = 40


class Forecast(NamedTuple):
    """What was forecast of a course's n figures by those before them, on the logit scale.

    mixture: sampling included, rounding left out. expected, variance: [n] its moments, sampling left out too; noise:
    [n] mean noise of the settings in force, rounding included.
    """

    mixture: Mixture
    expected: Floats
    variance: Floats
    noise: Floats


@dataclass(frozen=True, slots=True)
class Fit:
    """What a block's figures say of its settings; lists are in the order of its courses.

    courses: with the jumps. jumps: in order of time.
    settings: those of weight over the campaign and at the end, the weightiest first. trust: their weights after the
    first r scenarios, [settings, scenarios + 1], summing to one; the last column is that of all figures. design,
    house_sd, drift_sds: weighted geometric means at the end.
    """

    courses: tuple[Course, ...]
    jumps: tuple[tuple[Jump, ...], ...]
    settings: tuple[tuple[Settings, ...], ...]
    trust: tuple[Floats, ...]
    design: float
    house_sd: float
    drift_sds: tuple[float, ...]


def weighed(block: Block, *, jump_z: float | None = None) -> tuple[Fit, tuple[Forecast, ...]]:
    """Weigh the settings and forecast every figure from those before it; `jump_z` infinite: no jump is granted."""
    jump_z = JUMP_Z if jump_z is None else jump_z
    left = memory(block)
    first = [Track(course, ranks, left) for course, ranks in zip(block.courses, block.ranks, strict=True)]
    courses = _scattered(first)
    tracks = [Track(course, ranks, left) for course, ranks in zip(courses, block.ranks, strict=True)]
    shared = Shared([track.fit for track in tracks])
    if math.isfinite(jump_z):
        for at, track in enumerate(tracks):
            track.grant_jumps(shared.of_others(at), jump_z)
        shared = shared.renewed({at: track.fit for at, track in enumerate(tracks) if track.jumps})
    over_time = [track.weights_over_time(shared.of_others(at)) for at, track in enumerate(tracks)]
    weights = [whole[..., np.append(track.ranks, -1)] for track, whole in zip(tracks, over_time, strict=True)]
    ends = [weight[..., -1] for weight in weights]
    joint = ends[0].sum(axis=2)
    kept = [_kept(track.course, weight, whole) for track, weight, whole in zip(tracks, weights, over_time, strict=True)]
    fit = Fit(
        courses=tuple(track.course for track in tracks),
        jumps=tuple(tuple(track.jumps) for track in tracks),
        settings=tuple(settings for settings, _ in kept),
        trust=tuple(trust for _, trust in kept),
        design=_mean(joint.sum(axis=1), DESIGNS),
        house_sd=_mean(joint.sum(axis=0), HOUSE_SDS),
        drift_sds=tuple(_mean(end.sum(axis=(0, 1)), DRIFT_SDS) for end in ends),
    )
    return fit, tuple(
        Forecast(track.mixture(weight), *track.moments(weight)) for track, weight in zip(tracks, weights, strict=True)
    )


def _scattered(tracks: Sequence[Track]) -> list[Course]:
    """Return the courses with the sampling variance of each figure times what its house's earlier misses suggest."""
    shared = Shared([track.fit for track in tracks])
    figures: list[tuple[int, int, int, int, float, bool]] = []
    for at, track in enumerate(tracks):
        mean, variance, noise = track.moments(track.weights(shared.of_others(at)))
        course = track.course
        score = np.minimum((course.seen - mean) ** 2 / (variance + noise), SCORE_MAX)
        counts = (course.share > 0) & (np.cumsum(course.share > 0) > LEVEL_FIGURES)
        figures += [
            (int(rank), at, i, int(course.loads[i, 0]), float(score[i]), bool(counts[i]))
            for i, rank in enumerate(track.ranks)
        ]
    factors = [np.ones(track.ranks.size) for track in tracks]
    misses: dict[int, float] = {}
    number: dict[int, int] = {}
    for _, group in groupby(sorted(figures), key=lambda figure: figure[0]):
        together = list(group)
        for _, at, i, house, _, _ in together:
            factors[at][i] = (HOUSE_FIGURES + misses.get(house, 0.0)) / (HOUSE_FIGURES + number.get(house, 0))
        for _, _, _, house, score_, counts_ in together:
            if counts_:
                misses[house] = misses.get(house, 0.0) + score_
                number[house] = number.get(house, 0) + 1
    return [
        track.course._replace(sampling=track.course.sampling * factor)
        for track, factor in zip(tracks, factors, strict=True)
    ]


def _kept(course: Course, weights: Floats, over_time: Floats) -> tuple[tuple[Settings, ...], Floats]:
    """Return the weightiest settings that together have `WEIGHT_KEPT` of the weight, and their weights over time."""
    used = np.append(np.flatnonzero(course.share > 0), -1)
    flat = (weights[..., used].mean(axis=3) / 2 + weights[..., -1] / 2).ravel()
    order = np.argsort(-flat, kind="stable")[:SETTINGS_MAX]
    order = order[: int(np.searchsorted(np.cumsum(flat[order]), WEIGHT_KEPT)) + 1]
    d, h, q = np.unravel_index(order, weights.shape[:3])
    trust = over_time[d, h, q]
    settings = tuple(
        Settings(float(DESIGNS[i]), float(HOUSE_SDS[j]), float(DRIFT_SDS[k]) ** 2)
        for i, j, k in zip(d, h, q, strict=True)
    )
    return settings, trust / np.maximum(trust.sum(axis=0), 1e-300)


def _mean(weights: Floats, grid: Floats) -> float:
    """Return the weighted geometric mean of a grid."""
    return float(np.exp((weights * np.log(grid)).sum() / weights.sum()))
