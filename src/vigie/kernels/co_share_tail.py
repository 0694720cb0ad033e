"""How probable it is that unlike trials succeed as often as they did, at most: `tail`.

A sum of independent trials of mean lambda reaches k >= lambda + 1 with at most the probability of a binomial variable
of as many alike trials, and this with at most that of a Poisson variable.

Sources: Hoeffding 1956, Ann. Math. Stat. 27; Anderson & Samuels 1967.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32

    Floats = NDArray[np.float64]

_ENOUGH: Final = 1e-17


@njit(cache=True, nogil=True)
def _tail(n_objects: I32, means: Floats) -> Floats:
    found = np.zeros(n_objects.shape[0])
    for k in range(n_objects.shape[0]):
        n, mean = int(n_objects[k]), means[k]
        if mean <= 0:
            continue
        if n > mean:
            term = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1.0))
            while term > _ENOUGH * found[k]:
                found[k] += term
                n += 1
                term *= mean / n
        else:
            n -= 1
            term = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1.0))
            below = 0.0
            while n >= 0 and term > _ENOUGH * below:
                below += term
                term *= n / mean
                n -= 1
            found[k] = max(0.0, 1.0 - below)
    return found


@njit(cache=True, nogil=True)
def _binomial_tail(n_objects: I32, means: Floats, trials: I32, found: Floats) -> None:
    """Put the binomial law's probability in the place of the Poisson law's where it is the bound."""
    for k in range(n_objects.shape[0]):
        n, of, mean = int(n_objects[k]), int(trials[k]), means[k]
        if mean <= 0 or n < mean + 1 or n > of:
            continue
        odds = mean / (of - mean)
        term = math.exp(
            math.lgamma(of + 1.0) - math.lgamma(n + 1.0) - math.lgamma(of - n + 1.0)
            + n * math.log(odds) + of * math.log1p(-mean / of)
        )  # fmt: skip
        found[k] = 0.0
        while n <= of and term > _ENOUGH * found[k]:
            found[k] += term
            term *= odds * (of - n) / (n + 1)
            n += 1


def tail(n_objects: I32, means: Floats, trials: I32 | None = None) -> Floats:
    """Return at most how probable it is that trials of each mean in all succeed `n_objects` times (at least 1).

    Without the number of `trials` it is that of a Poisson variable.

    >>> tail(np.array([1, 3], np.int32), np.array([0.0, 1.0])).round(4).tolist()
    [0.0, 0.0803]
    >>> tail(np.array([3], np.int32), np.array([1.0]), np.array([4], np.int32)).round(4).tolist()
    [0.0508]
    """
    found = _tail(n_objects, means)
    if trials is not None:
        _binomial_tail(n_objects, means, trials, found)
    return found
