"""The settings of the filter by which steps are looked for: what the figures before each figure made likely.

They differ from those of the trend (`vigie.rules.poll_model`) in what they are for. No jump is granted: a step must not
be forgiven before it is looked for. Nothing is forgotten, and the design factor is one for all candidates of a block:
what changes with the step is the level, not the noise. One setting is in force at a time, not a mixture, since a step's
trace is that of one filter; and of each candidate's drift the upper part of what is likely, `DRIFT_QUANTILE`, because a
drift taken too low makes steps of drift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.kernels.poll_filter import searched
from vigie.rules.poll_model_weights import DESIGNS, DRIFT_SDS, HOUSE_SDS, log_normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.poll_filter import Course
    from vigie.rules.poll_model_course import Block

    Floats = NDArray[np.float64]

DRIFT_QUANTILE: Final = 0.75

# Centres and spreads, on a log scale, of what was usual in the polls of 1965 to 2012.
_CENTRES: Final = DRIFT_SDS[::2]
_DRIFT_PRIOR: Final = np.stack([log_normal(DRIFT_SDS, centre, 0.6) for centre in _CENTRES])
_SHARED_PRIOR: Final = (
    np.log(log_normal(DESIGNS, 1.0, 0.6))[:, None, None]
    + np.log(log_normal(HOUSE_SDS, 0.06, 0.7))[None, :, None]
    + np.log(log_normal(_CENTRES, 0.015, 0.7))[None, None, :]
)


class Search:
    """A block whose settings were weighed, and are weighed anew for a course in which a step became known."""

    def __init__(self, block: Block) -> None:
        self._ranks = block.ranks
        self._scenarios = 1 + max((int(ranks.max()) for ranks in block.ranks if ranks.size), default=-1)
        self._fits = [self._fit(course, ranks) for course, ranks in zip(block.courses, block.ranks, strict=True)]
        self._each = [_over_drifts(fit) for fit in self._fits]
        self._all = _SHARED_PRIOR[..., None] + sum(self._each)

    def in_force(self, at: int, course: Course | None = None, *, known: int = -1) -> NDArray[np.int64]:
        """Return [n, 3]: places in `DESIGNS`, `HOUSE_SDS` and `DRIFT_SDS` of the settings before each figure.

        They rest on figures of earlier scenarios only. With `course`, those after the figure of position `known` are
        weighed as that course has them.
        """
        fit, ranks = self._fits[at], self._ranks[at]
        if course is not None:
            later = int(ranks[known]) + 1
            fit = np.concatenate([fit[..., :later], self._fit(course, ranks)[..., later:]], axis=-1)
        fit, others = fit[..., ranks], (self._all - self._each[at])[..., ranks]
        best = fit.max(axis=2)
        prior = others + best[:, :, None, :]
        prior = np.exp(prior - prior.max(axis=(0, 1, 2)))
        weight = np.exp(fit - best[:, :, None, :]) * np.einsum("dhmn,mq->dhqn", prior, _DRIFT_PRIOR)
        weight /= weight.sum(axis=(0, 1, 2))
        below = np.cumsum(weight.sum(axis=(0, 1)), axis=0)
        drift = (below < DRIFT_QUANTILE - 1e-9).sum(axis=0)
        design = _middle(weight.sum(axis=(1, 2)), np.log(DESIGNS))
        return np.stack([design, _middle(weight.sum(axis=(0, 2)), np.log(HOUSE_SDS)), drift], axis=1)

    def _fit(self, course: Course, ranks: NDArray[np.int64]) -> Floats:
        """Return the log likelihood of the figures before each scenario, and of all: [d, h, q, scenarios + 1]."""
        _, _, fit = searched(course, DESIGNS, HOUSE_SDS, np.square(DRIFT_SDS))
        sums = np.zeros((*fit.shape[:-1], self._scenarios + 1))
        for i, rank in enumerate(ranks):
            sums[..., rank + 1] += fit[..., i]
        total: Floats = np.cumsum(sums, axis=-1)
        return total


def _over_drifts(fit: Floats) -> Floats:
    best = fit.max(axis=2, keepdims=True)
    mean: Floats = np.log(np.einsum("dhqn,mq->dhmn", np.exp(fit - best), _DRIFT_PRIOR)) + best
    return mean


def _middle(weights: Floats, grid: Floats) -> NDArray[np.int64]:
    """Return the place in `grid` nearest to the mean of each column of `weights` [g, n]."""
    mean = (weights * grid[:, None]).sum(axis=0)
    near: NDArray[np.int64] = np.abs(grid[:, None] - mean).argmin(axis=0)
    return near
