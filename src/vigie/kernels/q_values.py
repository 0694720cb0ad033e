"""Q-values of many tests: what share of those at least as unlikely is to be expected by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def bh(p_values: NDArray[np.float64], tests: int) -> NDArray[np.float64]:
    """Return Benjamini-Hochberg q-values where `tests` were made and all that are not listed have larger p-values.

    >>> bh(np.array([0.01, 0.001, 0.01, 0.5]), 10).round(4).tolist()
    [0.0333, 0.01, 0.0333, 1.0]
    """
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * tests / np.arange(1, p_values.shape[0] + 1)
    q_values = np.empty_like(p_values)
    q_values[order] = np.minimum(1.0, np.minimum.accumulate(steps[::-1])[::-1])
    return q_values
