"""A sum over a column that grows, in which no value can change unnoticed: `running_sum`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Odd, so that a difference in one value stays one, whatever follows.
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def _sum(state: Any, values: Any) -> Any:
    for value in values:
        state = state * _FACTOR + np.uint64(value) + np.uint64(1)
    return state


def running_sum(before: int, column: NDArray[Any]) -> int:
    """Return the sum of a column that goes on with `column` (one-dimensional) where it was `before`, 0 at first.

    >>> whole = np.array([3, 1, 4, 1], np.int32)
    >>> running_sum(running_sum(0, whole[:3]), whole[3:]) == running_sum(0, whole) != running_sum(0, whole[::-1])
    True
    """
    as_numbers = np.ascontiguousarray(column).view(f"u{column.dtype.itemsize}")
    return int(_sum(np.uint64(before), as_numbers))
