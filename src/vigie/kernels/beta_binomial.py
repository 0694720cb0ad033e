"""How often something happens in n trials where its probability differs from unit to unit: the beta-binomial law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

# No tail of these laws is nothing; below this it can no longer be told apart in a float.
_LEAST: Final = 1e-300


class Shares(NamedTuple):
    """A Beta law of shares: its mean, and its size, the trials that it is worth (a = mean * size)."""

    mean: float
    size: float


def fitted(hits: NDArray[np.int64], trials: NDArray[np.int64]) -> Shares:
    """Return the law of the shares of units with `hits` of `trials`; `trials` has no zero, and is not empty.

    The mean is that of all trials together, half a hit added to either side, so that it is never none. The size is what
    the units' differences say (one-way analysis of variance), at most what all trials together can know.

    >>> fitted(np.array([2, 2, 1, 2]), np.array([100, 100, 100, 100]))
    Shares(mean=0.018703241895261846, size=401.0)
    >>> round(fitted(np.array([90, 0, 2, 1]), np.array([100, 100, 100, 100])).size, 2)
    0.15
    """
    units, total = len(trials), int(trials.sum())
    mean = (int(hits.sum()) + 0.5) / (total + 1)
    most = total + 1.0
    if units < 2 or total == units:
        return Shares(mean, most)
    shares = hits / trials
    between = float((trials * (shares - hits.sum() / total) ** 2).sum()) / (units - 1)
    within = float((trials * shares * (1 - shares)).sum()) / (total - units)
    alike = (total - float((trials.astype(np.float64) ** 2).sum()) / total) / (units - 1)
    if between <= within:
        return Shares(mean, most)
    correlation = (between - within) / (between + (alike - 1) * within)
    return Shares(mean, min(most, max((1 - correlation) / correlation, 1e-3)))


def tail(hits: int, trials: int, shares: Shares) -> float:
    """Return P(X >= hits) of `trials` of a unit whose share is drawn from `shares`.

    >>> round(tail(1, 1, Shares(0.25, 7.0)), 6), round(tail(3, 10, Shares(0.01, 1e9)), 6)
    (0.25, 0.000114)
    """
    if hits <= 0:
        return 1.0
    a, b = shares.mean * shares.size, (1 - shares.mean) * shares.size
    x = np.arange(hits, trials + 1, dtype=np.float64)
    logs = special.betaln(x + a, trials - x + b) - special.betaln(a, b) - np.log(trials + 1.0)
    logs -= special.betaln(trials - x + 1, x + 1)
    return float(min(1.0, max(_LEAST, np.exp(logs).sum())))
