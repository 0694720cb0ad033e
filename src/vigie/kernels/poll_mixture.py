"""Mixtures of normals, one per figure: chances below a value, and the value below which a chance lies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numba import njit
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Quantiles: parts of less weight are left out, and the chance asked for is met to so much of it.
_WEIGHT_MIN: Final = 1e-9
_NEAR: Final = 1e-7
_STEPS_MAX: Final = 100  # bisection alone ends sooner


class Mixture(NamedTuple):
    """Of each of n figures, c normals: their weights, which sum to one, means and variances, each [c, n]."""

    weight: Floats
    mean: Floats
    variance: Floats

    def with_noise(self, variance: Floats) -> Mixture:
        """Return it with a normal of mean 0 and variance [n] added."""
        return self._replace(variance=self.variance + variance)

    def below(self, at: Floats) -> Floats:
        """Return the chance of less than `at` [n, m], each figure's own values: [n, m]; small chances are exact too."""
        chance: Floats = _below(self.weight, self.mean, self.variance, at)
        return chance

    def quantiles(self, chances: Floats) -> Floats:
        """Return the values below which `chances` [m] of each figure lie: [n, m]."""
        scores = ndtri(chances)
        values: Floats = _quantiles(*self, chances, scores, _WEIGHT_MIN, _NEAR, _STEPS_MAX)
        return values


@njit(cache=True, nogil=True)
def _below(weight, mean, variance, at):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    chance = np.zeros(at.shape)
    for t in range(at.shape[0]):
        for c in range(weight.shape[0]):
            if weight[c, t] > 0.0:
                scale = 1.0 / math.sqrt(2.0 * variance[c, t])
                for m in range(at.shape[1]):
                    chance[t, m] += 0.5 * weight[c, t] * math.erfc((mean[c, t] - at[t, m]) * scale)
    return chance


@njit(cache=True, nogil=True)
def _quantiles(weight, mean, variance, chances, scores, weight_min, near, steps_max):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    count = weight.shape[0]
    values = np.empty((weight.shape[1], chances.size))
    part = np.empty(count)
    middle = np.empty(count)
    sd = np.empty(count)
    for t in range(values.shape[0]):
        held = 0
        for c in range(count):
            if weight[c, t] > weight_min:
                part[held] = weight[c, t]
                middle[held] = mean[c, t]
                sd[held] = math.sqrt(variance[c, t])
                held += 1
        whole = part[:held].sum()
        centre = (part[:held] * middle[:held]).sum() / whole
        width = math.sqrt((part[:held] * (sd[:held] ** 2 + (middle[:held] - centre) ** 2)).sum() / whole)
        for m in range(chances.size):
            # The mixture's value lies between those of its parts; the search begins at that of a normal of its moments.
            low, high = math.inf, -math.inf
            for c in range(held):
                low = min(low, middle[c] + scores[m] * sd[c])
                high = max(high, middle[c] + scores[m] * sd[c])
            value = min(max(centre + scores[m] * width, low), high)
            for _ in range(steps_max):
                chance = 0.0
                density = 0.0
                for c in range(held):
                    z = (value - middle[c]) / sd[c]
                    chance += part[c] * math.erfc(-z * math.sqrt(0.5))
                    density += part[c] * math.exp(-0.5 * z * z) / sd[c]
                miss = 0.5 * chance / whole - chances[m]
                if abs(miss) <= near * chances[m] * (1.0 - chances[m]):
                    break
                if miss > 0.0:
                    high = value
                else:
                    low = value
                step = miss * whole * math.sqrt(2.0 * math.pi) / density if density > 0.0 else math.inf
                value = value - step if low < value - step < high else 0.5 * (low + high)
            values[t, m] = value
    return values
