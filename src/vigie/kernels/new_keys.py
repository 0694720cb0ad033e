"""A set of keys that grows and forgets none: which rows bring a key that was not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from vigie.kernels.known_keys import no_keys, slot_of

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I64

_FIRST_SLOTS = 1 << 12


@njit(cache=True, nogil=True)
def _place(one: int, other: int, table: I64) -> int:
    """Return the slot of a key, or the empty one where it would stand."""
    slot = slot_of(one, other, table.shape[0])
    while (table[slot, 0] != -1 or table[slot, 1] != -1) and (table[slot, 0] != one or table[slot, 1] != other):
        slot = (slot + 1) & (table.shape[0] - 1)
    return slot


@njit(cache=True, nogil=True)
def _add(keys: I64, table: I64, count: int) -> tuple[I64, I64, int]:
    rows = np.empty(keys.shape[0], np.int64)
    found = 0
    for row in range(keys.shape[0]):
        one, other = keys[row, 0], keys[row, 1]
        slot = _place(one, other, table)
        if table[slot, 0] == one and table[slot, 1] == other:
            continue
        table[slot, 0], table[slot, 1] = one, other
        rows[found] = row
        found += 1
        if 2 * (count + found) > table.shape[0]:
            more = np.full((4 * table.shape[0], 2), -1, np.int64)
            for n in range(table.shape[0]):
                if table[n, 0] != -1 or table[n, 1] != -1:
                    slot = _place(table[n, 0], table[n, 1], more)
                    more[slot, 0], more[slot, 1] = table[n, 0], table[n, 1]
            table = more
    return rows[:found].copy(), table, count + found


class NewKeys:
    """The keys seen so far (`vigie.kernels.text_keys`)."""

    def __init__(self) -> None:
        self._table = no_keys(_FIRST_SLOTS)
        self._count = 0

    def rows(self, keys: I64) -> I64:
        """Add `keys`, int64 of shape (n, 2); return the first row of each that was not there, ascending."""
        rows, self._table, self._count = _add(keys, self._table, self._count)
        return rows
