"""How likely each setting of the model is, by the figures before the one that is forecast.

Settings are the standard deviation of house effects, which a block's candidates share, and each candidate's design
factor of the sampling variance and drift. They are not chosen but weighed, on a grid: by the likelihood of the figures
before the one that is forecast, times a prior; a figure's say halves every `MEMORY_DAYS`, for a campaign does not move
at one pace. The priors of designs and drifts are log-normal about centres of the block's own, which are weighed with
the rest: so a candidate with few figures moves as the others do.

A jump. Where two figures in a row of different houses both lie more than `jump_z` standard deviations from their
forecasts, on one side, the level is taken to have jumped just before the first of them, by a normal step of standard
deviation `JUMP_SD`; this is known from the second on.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from vigie.kernels.poll_filter import Course, discounted, searched
from vigie.kernels.poll_mixture import Mixture

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
MEMORY_DAYS: Final = 30.0


class Settings(NamedTuple):
    """One setting of a candidate; `drift` is the variance of the level's walk per day."""

    design: float
    house_sd: float
    drift: float


class Jump(NamedTuple):
    """A jump just before the figure `before`, known after the figure `known`."""

    before: int
    known: int


class Track:
    """One course as it is searched; with a jump it is searched anew, and what was known before stays as it was."""

    def __init__(self, course: Course, ranks: NDArray[np.int64], memory: Floats) -> None:
        self.course = course
        self.ranks = ranks
        self.scenarios = memory.size
        self.memory = memory
        self.jumps: list[Jump] = []
        self.mean, self.variance, fit = _search(course)
        self.fit = discounted(fit, ranks, memory)

    def weights(self, others: Floats) -> Floats:
        """Return the weight of every setting before each figure, and at the end: [d, h, q, n + 1]."""
        return self._weights(others, np.append(self.ranks, self.scenarios))

    def weights_over_time(self, others: Floats) -> Floats:
        """Return the weight of every setting after the first r scenarios: [d, h, q, scenarios + 1]."""
        return self._weights(others, np.arange(self.scenarios + 1))

    def _weights(self, others: Floats, at: NDArray[np.int64]) -> Floats:
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

    def mixture(self, weights: Floats) -> Mixture:
        """Return each figure's forecast on the logit scale, sampling included and rounding left out."""
        variance = self.variance + DESIGNS[:, None, None, None] * self.course.sampling
        n = self.course.seen.size
        return Mixture(*(held.reshape(-1, n) for held in (weights[..., :-1], self.mean, variance)))

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
        self.fit[..., later:] = discounted(fit, self.ranks, self.memory)[..., later:]


class Shared:
    """What the candidates of a block say together of design, house effects and the centre of their drifts."""

    def __init__(self, fits: Sequence[Floats]) -> None:
        self.each = [_over_own(fit) for fit in fits]
        self.all = _SHARED_PRIOR[..., None] + sum(self.each)

    def renewed(self, fits: dict[int, Floats]) -> Shared:
        """Return the same with the fits of some candidates, by their places, replaced."""
        made = copy(self)
        made.each = [_over_own(fits[at]) if at in fits else each for at, each in enumerate(self.each)]
        made.all = _SHARED_PRIOR[..., None] + sum(made.each)
        return made

    def of_others(self, at: int) -> Floats:
        """Return the log weight that all but one give: [d, h, m, scenarios + 1]."""
        rest: Floats = self.all - self.each[at]
        return rest


def memory(block: Block) -> Floats:
    """Return what is left at each used scenario of what was said until the one used before; 1 where none is used."""
    left = np.ones(block.days.size)
    used = np.flatnonzero(block.is_used)
    left[used[1:]] = 0.5 ** (np.diff(block.days[used]) / MEMORY_DAYS)
    return left


def _search(course: Course) -> tuple[Floats, Floats, Floats]:
    return searched(course, DESIGNS, HOUSE_SDS, np.square(DRIFT_SDS))


def _over_own(fit: Floats) -> Floats:
    """Return the log likelihood given the centres of designs and drifts: [c, h, m, scenarios + 1]."""
    best = fit.max(axis=(0, 2), keepdims=True)
    over_drifts = np.einsum("dhqn,mq->dhmn", np.exp(fit - best), _DRIFT_PRIOR)
    mean = np.einsum("dhmn,cd->chmn", over_drifts, _DESIGN_PRIOR)
    over: Floats = np.log(np.maximum(mean, 1e-300)) + best
    return over


def log_normal(grid: Floats, centre: float, log_sd: float) -> Floats:
    """Return weights of a grid, summing to one, as of a log-normal law."""
    weight = np.exp(-0.5 * (np.log(grid / centre) / log_sd) ** 2)
    normed: Floats = weight / weight.sum()
    return normed


_DESIGN_CENTRES: Final = DESIGNS
_DRIFT_CENTRES: Final = DRIFT_SDS[::2]
_DESIGN_PRIOR: Final = np.stack([log_normal(DESIGNS, centre, DESIGN_LOG_SD) for centre in _DESIGN_CENTRES])
_DRIFT_PRIOR: Final = np.stack([log_normal(DRIFT_SDS, centre, DRIFT_LOG_SD) for centre in _DRIFT_CENTRES])
_SHARED_PRIOR: Final = (
    np.log(log_normal(_DESIGN_CENTRES, DESIGN_CENTRE, DESIGN_CENTRE_LOG_SD))[:, None, None]
    + np.log(log_normal(HOUSE_SDS, HOUSE_CENTRE, HOUSE_LOG_SD))[None, :, None]
    + np.log(log_normal(_DRIFT_CENTRES, DRIFT_CENTRE, DRIFT_CENTRE_LOG_SD))[None, None, :]
)
