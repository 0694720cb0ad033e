"""A set of keys of bounded size, which forgets some of what it held when more comes: what need not be done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I64

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)


def no_keys(slots: int) -> I64:
    """Return an empty set with room for `slots` keys, a power of two."""
    # No text has this key but by a chance of 2**-128; zeros are those of an empty one.
    return np.full((slots, 2), -1, np.int64)


@njit(cache=True, nogil=True)
def slot_of(one: int, other: int, slots: int) -> int:
    """Return the place of a key in a table of `slots` places (a power of two): of its bits, some say little alone."""
    return np.int64((np.uint64(one ^ other) * _FACTOR) >> np.uint64(32)) & (slots - 1)  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def are_known(keys: I64, table: I64) -> NDArray[np.bool_]:
    """Return which of the `keys` (of `vigie.kernels.text_keys`, shape (n, 2)) are in the set."""
    known = np.empty(keys.shape[0], np.bool_)
    for n in range(keys.shape[0]):
        one, other = keys[n, 0], keys[n, 1]
        slot = slot_of(one, other, table.shape[0])
        beside = slot ^ 1
        known[n] = (table[slot, 0] == one and table[slot, 1] == other) or (
            table[beside, 0] == one and table[beside, 1] == other
        )
    return known


@njit(cache=True, nogil=True)
def remember(keys: I64, rows: I64, table: I64) -> None:
    """Put the keys of `rows` into the set; each takes one of two places, and what stood there is forgotten."""
    for row in rows:
        one, other = keys[row, 0], keys[row, 1]
        slot = slot_of(one, other, table.shape[0])
        if table[slot, 0] == one and table[slot, 1] == other:
            continue
        # What was put in last stands at a key's own place, what was there before beside it.
        table[slot ^ 1, 0], table[slot ^ 1, 1] = table[slot, 0], table[slot, 1]
        table[slot, 0], table[slot, 1] = one, other
