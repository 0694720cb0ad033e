"""The numbers of keys that were seen, in the order in which they first stand: `KeyPlaces`, a set that grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from vigie.kernels.known_keys import slot_of

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64

_FIRST_SLOTS = 1 << 12


@njit(cache=True, nogil=True)
def _table(keys: I64, count: int, slots: int) -> I32:
    """Return a table of the first `count` keys, which are different."""
    table = np.full(slots, -1, np.int32)
    for n in range(count):
        slot = slot_of(keys[n, 0], keys[n, 1], slots)
        while table[slot] >= 0:
            slot = (slot + 1) & (slots - 1)
        table[slot] = n
    return table


@njit(cache=True, nogil=True)
def _placed(asked: I64, keys: I64, count: int, table: I32) -> tuple[I32, I64]:
    """Return the number of each key and which rows brought a new one; there is room for all in `keys` and `table`."""
    numbers = np.empty(asked.shape[0], np.int32)
    rows = np.empty(asked.shape[0], np.int64)
    made = 0
    for row in range(asked.shape[0]):
        one, other = asked[row, 0], asked[row, 1]
        slot = slot_of(one, other, table.size)
        while table[slot] >= 0 and (keys[table[slot], 0] != one or keys[table[slot], 1] != other):
            slot = (slot + 1) & (table.size - 1)
        if table[slot] < 0:
            table[slot] = count + made
            keys[count + made, 0], keys[count + made, 1] = one, other
            rows[made] = row
            made += 1
        numbers[row] = table[slot]
    return numbers, rows[:made].copy()


class KeyPlaces:
    """Numbers of keys; `keys`, int64 of shape (n, 2), have those from 0 on."""

    def __init__(self, keys: I64) -> None:
        self._keys = np.empty((max(_FIRST_SLOTS // 2, len(keys)), 2), np.int64)
        self._keys[: len(keys)] = keys
        self._count = len(keys)
        self._table = np.zeros(0, np.int32)

    def add(self, keys: I64) -> tuple[I32, I64]:
        """Return the number of each key, int32, and the first row of each that was not there, ascending."""
        needed = self._count + len(keys)
        if needed > len(self._keys):
            wider = np.empty((2 * needed, 2), np.int64)
            wider[: self._count] = self._keys[: self._count]
            self._keys = wider
        if 2 * needed > self._table.size:
            slots = _FIRST_SLOTS
            while slots < 4 * needed:
                slots *= 2
            self._table = _table(self._keys, self._count, slots)
        numbers, rows = _placed(keys, self._keys, self._count, self._table)
        self._count += len(rows)
        return numbers, rows
