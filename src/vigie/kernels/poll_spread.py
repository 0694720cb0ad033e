"""How far figures of several polls lie from one another, and how far samples of their sizes would."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Spread(NamedTuple):
    """Distances summed over figures: `ratio` is observed to expected, `freedom` that of the chi-square like the null.

    `p_low` is the share of simulations with at most what was observed, itself counted as one.
    """

    observed: float
    expected: float
    ratio: float
    freedom: float
    p_low: float


def spread(percents: Floats, sizes: Floats, steps: Floats, *, draws: int, seed: int) -> Spread:
    """Compare the distances of `percents` (polls by candidates; NaN where a poll has no figure) with sampling's.

    `sizes` are the persons who answered each poll, `steps` what its figures are rounded to, in points. Each of the
    `draws` simulated sets of polls asks simple random samples of one electorate, in which the candidates stand within
    half a step of where the polls' mean, weighted by sizes, has them, and rounds what they answer.

    >>> alike = np.array([[24.0, 20.0, 18.0]] * 6)
    >>> found = spread(alike, np.full(6, 1_000.0), np.full(6, 0.5), draws=200, seed=1)
    >>> found.ratio, round(found.p_low, 3)
    (0.0, 0.005)
    """
    shown = ~np.isnan(percents)
    chance = np.random.default_rng(seed)
    mean = _mean(np.where(shown, percents, 0.0), shown, sizes)
    # Rounded figures do not tell where within a step the electorate stands, on which depends how far they scatter.
    within = mean + np.median(steps) * (chance.random((draws, len(mean))) - 0.5)
    stood = np.column_stack([np.maximum(within, 0.0), np.full(draws, max(0.0, 100 - float(mean.sum())))])
    shares = stood / np.maximum(stood.sum(axis=1, keepdims=True), 1e-9)
    persons = np.maximum(1, np.rint(sizes)).astype(np.int64)
    asked = np.stack([chance.multinomial(n, shares)[:, :-1] for n in persons], axis=1)
    exact = 100 * asked / persons[:, None]
    drawn = np.where(shown, np.rint(exact / steps[:, None]) * steps[:, None], 0.0)
    observed = float(distance(np.where(shown, percents, 0.0), shown, sizes, steps))
    null = distance(drawn, shown, sizes, steps)
    expected, variance = float(null.mean()), float(null.var())
    return Spread(
        observed,
        expected,
        observed / expected if expected else 1.0,
        2 * expected**2 / variance if variance else 1.0,
        float(1 + np.count_nonzero(null <= observed * (1 + 1e-9))) / (1 + draws),
    )


def distance(percents: Floats, shown: NDArray[np.bool_], sizes: Floats, steps: Floats) -> Floats:
    """Return the squared distances from the mean of all polls over sampling and rounding variance, summed.

    `percents` may have leading axes (simulations), `shown` says which of polls by candidates are figures.
    """
    mean = _mean(percents, shown, sizes)[..., None, :]
    sampling = mean * (100 - mean) / sizes[:, None]
    variance = np.maximum(sampling, 0.0) + (steps**2 / 12)[:, None]
    summed: Floats = np.where(shown, (percents - mean) ** 2 / variance, 0.0).sum(axis=(-2, -1))
    return summed


def _mean(percents: Floats, shown: NDArray[np.bool_], sizes: Floats) -> Floats:
    """Return each candidate's mean over the polls that have him, weighted by sizes; hidden figures are 0."""
    weight = np.where(shown, sizes[:, None], 0.0)
    total = weight.sum(axis=0)
    mean: Floats = (percents * weight).sum(axis=-2) / np.where(total > 0, total, 1.0)
    return mean
