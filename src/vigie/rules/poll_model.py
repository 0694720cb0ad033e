"""The model of polls: settings that fit a block, how sure they are, and what they forecast.

Settings are the standard deviation of house effects, which a block's candidates share, and each candidate's design
factor of the sampling variance and drift. They are not chosen but weighed, on a grid: by the likelihood of the figures
before the one that is forecast, times a prior; a figure's say halves every `MEMORY_DAYS`, for a campaign does not move
at one pace. The priors of designs and drifts are log-normal about centres of the block's own, which are weighed with
the rest: so a candidate with few figures moves as the others do. Moments are those of the mixture.

Scatter. The sampling variance of a house's figures is multiplied by the mean square of its earlier standardised misses,
of all candidates together, `HOUSE_FIGURES` misses of one added.

A jump. Where two figures in a row of different houses both lie more than `jump_z` standard deviations from their
forecasts, on one side, the level is taken to have jumped just before the first of them, by a normal step of standard
deviation `JUMP_SD`; this is known from the second on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from vigie.kernels.poll_filter import Course, Filtered, filtered, searched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigie.rules.poll_model_course import Block

    Floats = NDArray[np.float64]

DESIGNS: Final = np.geomspace(0.25, 4.0, 7)
DESIGN_CENTRE: Final = 0.6
DESIGN_CENTRE_LOG_SD: Final = 0.6
DESIGN_LOG_SD: Final = 0.4
HOUSE_SDS: Final = np.geomspace(0.02, 0.16, 4)
HOUSE_CENTRE: Final = 0.06
HOUSE_LOG_SD: Final = 0.7
DRIFT_SDS: Final = np.geomspace(0.003, 0.096, 9)
DRIFT_CENTRE: Final = 0.01
DRIFT_CENTRE_LOG_SD: Final = 0.7
DRIFT_LOG_SD: Final = 0.6
JUMP_SD: Final = 0.25
JUMP_Z: Final = 1.8
JUMPS_MAX: Final = 4
JUMP_DAYS: Final = 14.0
HOUSE_FIGURES: Final = 40
LEVEL_FIGURES: Final = 3
SCORE_MAX: Final = 9.0
MEMORY_DAYS: Final = 30.0
WEIGHT_KEPT: Final = 0.99
SETTINGS_MAX: Final = 40


class Settings(NamedTuple):
    """One setting of a candidate; `drift` is the variance of the level's walk per day."""

    design: float
    house_sd: float
    drift: float


class Jump(NamedTuple):
    """A jump just before the figure `before`, known after the figure `known`."""

    before: int
    known: int


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


@dataclass(frozen=True, slots=True)
class Fit:
    """What a block's figures say; lists are in the order of its courses.

    courses: with the jumps. jumps: in order of time. expected, variance: [n] moments of
    the forecast of each figure on the logit scale, noise left out; noise: [n] mean noise of the settings then in force.
    settings: those of weight over the campaign and at the end, the weightiest first. trust: their weights after the
    first r scenarios, [settings, scenarios + 1], summing to one; the last column is that of all figures. design,
    house_sd, drift_sds: weighted geometric means at the end.
    """

    courses: tuple[Course, ...]
    jumps: tuple[tuple[Jump, ...], ...]
    expected: tuple[Floats, ...]
    variance: tuple[Floats, ...]
    noise: tuple[Floats, ...]
    settings: tuple[tuple[Settings, ...], ...]
    trust: tuple[Floats, ...]
    design: float
    house_sd: float
    drift_sds: tuple[float, ...]


def fitted(block: Block, *, jump_z: float | None = None) -> Fit:
    """Weigh the settings and forecast every figure from those before it; `jump_z` infinite: no jump is granted."""
    jump_z = JUMP_Z if jump_z is None else jump_z
    memory = _memory(block)
    first = [_Track(course, ranks, memory) for course, ranks in zip(block.courses, block.ranks, strict=True)]
    courses = _scattered(first)
    tracks = [_Track(course, ranks, memory) for course, ranks in zip(courses, block.ranks, strict=True)]
    if math.isfinite(jump_z):
        shared = _Shared([track.fit for track in tracks])
        for at, track in enumerate(tracks):
            track.grant_jumps(shared.of_others(at), jump_z)
    shared = _Shared([track.fit for track in tracks])
    weights = [track.weights(shared.of_others(at)) for at, track in enumerate(tracks)]
    made = [track.moments(weight) for track, weight in zip(tracks, weights, strict=True)]
    ends = [weight[..., -1] for weight in weights]
    joint = ends[0].sum(axis=2)
    kept = [
        _kept(track, weight, shared.of_others(at))
        for at, (track, weight) in enumerate(zip(tracks, weights, strict=True))
    ]
    return Fit(
        courses=tuple(track.course for track in tracks),
        jumps=tuple(tuple(track.jumps) for track in tracks),
        expected=tuple(m[0] for m in made),
        variance=tuple(m[1] for m in made),
        noise=tuple(m[2] for m in made),
        settings=tuple(settings for settings, _ in kept),
        trust=tuple(trust for _, trust in kept),
        design=_mean(joint.sum(axis=1), DESIGNS),
        house_sd=_mean(joint.sum(axis=0), HOUSE_SDS),
        drift_sds=tuple(_mean(end.sum(axis=(0, 1)), DRIFT_SDS) for end in ends),
    )


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


class _Track:
    """One course as it is searched; with a jump it is searched anew, and what was known before stays as it was."""

    def __init__(self, course: Course, ranks: NDArray[np.int64], memory: Floats) -> None:
        self.course = course
        self.ranks = ranks
        self.scenarios = memory.size
        self.memory = memory
        self.jumps: list[Jump] = []
        self.mean, self.variance, fit = _search(course)
        self.fit = self._sums(fit)

    def _sums(self, fit: Floats) -> Floats:
        """Return the log likelihood of what was before each scenario, and of all: [d, h, q, scenarios + 1]."""
        sums = np.zeros((*fit.shape[:-1], self.scenarios + 1))
        fresh = np.zeros((*fit.shape[:-1], self.scenarios))
        for i, rank in enumerate(self.ranks):
            fresh[..., rank] += fit[..., i]
        for rank in range(self.scenarios):
            sums[..., rank + 1] = sums[..., rank] * self.memory[rank] + fresh[..., rank]
        return sums

    def weights(self, others: Floats) -> Floats:
        """Return the weight of every setting before each figure, and at the end: [d, h, q, n + 1]."""
        return self.weights_after(others, np.append(self.ranks, self.scenarios))

    def weights_after(self, others: Floats, at: NDArray[np.int64]) -> Floats:
        """Return the weight of every setting after the first `at` scenarios: [d, h, q, n]."""
        fit = self.fit[..., at]
        best = fit.max(axis=(0, 2), keepdims=True)
        prior = others[..., at] + best
        prior = np.exp(prior - prior.max(axis=(0, 1, 2)))
        own = np.einsum("chmn,cd->dhmn", prior, _DESIGN_PRIOR)
        weight = np.exp(fit - best) * np.einsum("dhmn,mq->dhqn", own, _DRIFT_PRIOR)
        weight = np.maximum(weight, 1e-300)
        normed: Floats = weight / weight.sum(axis=(0, 1, 2))
        return normed

    def moments(self, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """Return mean and variance of each figure's forecast without noise, and its mean noise."""
        weights = weights[..., :-1]
        mean = (weights * self.mean).sum(axis=(0, 1, 2))
        variance = (weights * (self.variance + (self.mean - mean) ** 2)).sum(axis=(0, 1, 2))
        design = (weights.sum(axis=(1, 2)) * DESIGNS[:, None]).sum(axis=0)
        return mean, variance, design * self.course.sampling + self.course.rounding

    def grant_jumps(self, others: Floats, jump_z: float) -> None:
        """Find jumps one after another; each changes what is known after the second of its two figures."""
        used = np.flatnonzero(self.course.share > 0)
        since = 1
        for _ in range(JUMPS_MAX):
            mean, variance, noise = self.moments(self.weights(others))
            z = (self.course.seen - mean) / np.sqrt(variance + noise)
            pairs = ((k, used[k - 1], used[k]) for k in range(max(since, 1), used.size))
            found = next((pair for pair in pairs if self._is_jump(z, pair[1], pair[2], jump_z)), None)
            if found is None:
                return
            since = found[0] + 2
            self._jump(found[1], found[2])

    def _is_jump(self, z: Floats, one: int, two: int, jump_z: float) -> bool:
        course = self.course
        same_side = z[one] * z[two] > 0 and min(abs(z[one]), abs(z[two])) >= jump_z
        apart = course.loads[one, 0] != course.loads[two, 0] and course.day[two] - course.day[one] <= JUMP_DAYS
        return bool(same_side and apart)

    def _jump(self, before: int, known: int) -> None:
        self.jumps.append(Jump(int(before), int(known)))
        jump = self.course.jump.copy()
        jump[before] += JUMP_SD**2
        self.course = self.course._replace(jump=jump)
        mean, variance, fit = _search(self.course)
        self.mean[..., known + 1 :] = mean[..., known + 1 :]
        self.variance[..., known + 1 :] = variance[..., known + 1 :]
        later = int(self.ranks[known]) + 1
        self.fit[..., later:] = self._sums(fit)[..., later:]


class _Shared:
    """What the candidates of a block say together of design, house effects and the centre of their drifts."""

    def __init__(self, fits: Sequence[Floats]) -> None:
        self.each = [_over_own(fit) for fit in fits]
        self.all = _SHARED_PRIOR[..., None] + sum(self.each)

    def of_others(self, at: int) -> Floats:
        """Return the log weight that all but one give: [d, h, m, scenarios + 1]."""
        rest: Floats = self.all - self.each[at]
        return rest


def _memory(block: Block) -> Floats:
    """Return what is left at each used scenario of what was said until the one used before; 1 where none is used."""
    left = np.ones(block.days.size)
    used = np.flatnonzero(block.is_used)
    left[used[1:]] = 0.5 ** (np.diff(block.days[used]) / MEMORY_DAYS)
    return left


def _scattered(tracks: Sequence[_Track]) -> list[Course]:
    """Return the courses with the sampling variance of each figure times what its house's earlier misses suggest."""
    shared = _Shared([track.fit for track in tracks])
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


def _search(course: Course) -> tuple[Floats, Floats, Floats]:
    return searched(course, DESIGNS, HOUSE_SDS, np.square(DRIFT_SDS))


def _over_own(fit: Floats) -> Floats:
    """Return the log likelihood given the centres of designs and drifts: [c, h, m, scenarios + 1]."""
    best = fit.max(axis=(0, 2), keepdims=True)
    over_drifts = np.einsum("dhqn,mq->dhmn", np.exp(fit - best), _DRIFT_PRIOR)
    mean = np.einsum("dhmn,cd->chmn", over_drifts, _DESIGN_PRIOR)
    over: Floats = np.log(np.maximum(mean, 1e-300)) + best
    return over


def _kept(track: _Track, weights: Floats, others: Floats) -> tuple[tuple[Settings, ...], Floats]:
    """Return the weightiest settings that together have `WEIGHT_KEPT` of the weight, and their weights over time."""
    used = np.append(np.flatnonzero(track.course.share > 0), -1)
    flat = (weights[..., used].mean(axis=3) / 2 + weights[..., -1] / 2).ravel()
    order = np.argsort(-flat, kind="stable")[:SETTINGS_MAX]
    order = order[: int(np.searchsorted(np.cumsum(flat[order]), WEIGHT_KEPT)) + 1]
    d, h, q = np.unravel_index(order, weights.shape[:3])
    trust = track.weights_after(others, np.arange(track.scenarios + 1))[d, h, q]
    settings = tuple(
        Settings(float(DESIGNS[i]), float(HOUSE_SDS[j]), float(DRIFT_SDS[k]) ** 2)
        for i, j, k in zip(d, h, q, strict=True)
    )
    return settings, trust / np.maximum(trust.sum(axis=0), 1e-300)


def _mean(weights: Floats, grid: Floats) -> float:
    """Return the weighted geometric mean of a grid."""
    return float(np.exp((weights * np.log(grid)).sum() / weights.sum()))


def _log_normal(grid: Floats, centre: float, log_sd: float) -> Floats:
    weight = np.exp(-0.5 * (np.log(grid / centre) / log_sd) ** 2)
    normed: Floats = weight / weight.sum()
    return normed


_DESIGN_CENTRES: Final = DESIGNS
_DRIFT_CENTRES: Final = DRIFT_SDS[::2]
_DESIGN_PRIOR: Final = np.stack([_log_normal(DESIGNS, centre, DESIGN_LOG_SD) for centre in _DESIGN_CENTRES])
_DRIFT_PRIOR: Final = np.stack([_log_normal(DRIFT_SDS, centre, DRIFT_LOG_SD) for centre in _DRIFT_CENTRES])
_SHARED_PRIOR: Final = (
    np.log(_log_normal(_DESIGN_CENTRES, DESIGN_CENTRE, DESIGN_CENTRE_LOG_SD))[:, None, None]
    + np.log(_log_normal(HOUSE_SDS, HOUSE_CENTRE, HOUSE_LOG_SD))[None, :, None]
    + np.log(_log_normal(_DRIFT_CENTRES, DRIFT_CENTRE, DRIFT_CENTRE_LOG_SD))[None, None, :]
)
