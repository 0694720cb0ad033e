"""An order of objects that rests on what was shared, not on the order of the rows or on their names.

Sums of fractions over objects come out the same, to the last bit, however the shares are ordered. To sort millions of
names would cost more than all the rest; so each object is known by a sum of numbers, one for each of its shares, made
of who shared it and when. Two objects of the same sum have, unless somebody took pains, the same shares, and which of
them comes first makes no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_OTHER: Final = np.uint64(0xBF58476D1CE4E5B9)
_HALF: Final = np.uint64(31)
_ONE: Final = np.uint64(1)


@njit(cache=True, nogil=True)
def _sums(objects: I32, channels: I32, times: I64, count: int) -> Any:
    sums = np.zeros(count, np.uint64)
    for row in range(objects.shape[0]):
        mixed = (np.uint64(times[row]) * _FACTOR) ^ ((np.uint64(channels[row]) + _ONE) * _OTHER)
        mixed = (mixed ^ (mixed >> _HALF)) * _OTHER
        mixed = (mixed ^ (mixed >> _HALF)) * _FACTOR
        sums[objects[row]] += mixed ^ (mixed >> _HALF)
    return sums


def share_order(objects: I32, channels: I32, times: I64, count: int) -> tuple[I64, I32]:
    """Return the objects in their order, and for each share its object's place in it.

    objects: int32[n], codes below `count`; channels: int32[n], codes that do not depend on the order of rows; times:
    int64[n].
    """
    order = np.argsort(_sums(objects, channels, times, count), kind="stable")
    places = np.empty(count, np.int32)
    places[order] = np.arange(count, dtype=np.int32)
    return order, places[objects]
