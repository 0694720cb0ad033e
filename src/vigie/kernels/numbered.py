"""Numbers looked up by 64-bit keys: an open hash table, built once and asked for every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_NONE: Final = -1


@njit(cache=True, nogil=True)
def _slot(key: int, table: I64) -> int:
    slot = np.int64((np.uint64(key) * _FACTOR) >> np.uint64(32)) & (table.shape[0] - 1)
    while table[slot, 1] != _NONE and table[slot, 0] != key:
        slot = (slot + 1) & (table.shape[0] - 1)
    return slot  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def table_of(keys: I64, numbers: I32) -> I64:
    """Return the table of `keys` and their `numbers` (none negative), both of shape (n,); of one key the last stays."""
    slots = 16
    while slots < 2 * keys.size:
        slots *= 2
    table = np.full((slots, 2), _NONE, np.int64)
    for n in range(keys.size):
        slot = _slot(keys[n], table)
        table[slot, 0], table[slot, 1] = keys[n], numbers[n]
    return table


@njit(cache=True, nogil=True)
def numbers_of(keys: I64, table: I64) -> I32:
    """Return the number of each key, -1 where it is not in the table."""
    numbers = np.empty(keys.size, np.int32)
    for n in range(keys.size):
        numbers[n] = table[_slot(keys[n], table), 1]
    return numbers
