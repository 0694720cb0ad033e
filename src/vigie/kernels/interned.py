"""Texts as small numbers, given in the order in which they first occur, over as many blocks as there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from vigie.kernels.known_keys import slot_of

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64

_FIRST_SLOTS: Final = 1 << 12
_BLOCK: Final = 256


@njit(cache=True, nogil=True)
def _place(one: int, other: int, keys: I64, table: I32) -> int:
    """Return the slot of a key, or the empty one where it would stand."""
    slot = slot_of(one, other, table.shape[0])
    while table[slot] >= 0 and (keys[table[slot], 0] != one or keys[table[slot], 1] != other):
        slot = (slot + 1) & (table.shape[0] - 1)
    return slot


@njit(cache=True, nogil=True)
def _intern(given: I64, keys: I64, table: I32, count: int) -> tuple[I32, I64, I64, I32, int]:
    """Return the numbers of the keys `given`, the rows that brought a new one, and the table as it is then."""
    codes = np.empty(given.shape[0], np.int32)
    rows = np.empty(given.shape[0], np.int64)
    before = count
    touched = 0
    for start in range(0, given.shape[0], _BLOCK):
        stop = min(start + _BLOCK, given.shape[0])
        if 2 * (count + _BLOCK) > table.shape[0]:
            wider = np.empty((2 * table.shape[0], 2), np.int64)
            for n in range(count):
                wider[n, 0], wider[n, 1] = keys[n, 0], keys[n, 1]
            keys = wider
            table = np.full(4 * table.shape[0], -1, np.int32)
            for n in range(count):
                slot = slot_of(keys[n, 0], keys[n, 1], table.shape[0])
                while table[slot] >= 0:
                    slot = (slot + 1) & (table.shape[0] - 1)
                table[slot] = n
        # What a block will be compared with is touched first, so that waiting for memory overlaps.
        for row in range(start, stop):
            touched += table[slot_of(given[row, 0], given[row, 1], table.shape[0])]
        for row in range(start, stop):
            one, other = given[row, 0], given[row, 1]
            slot = _place(one, other, keys, table)
            if table[slot] < 0:
                table[slot] = count
                keys[count, 0], keys[count, 1] = one, other
                rows[count - before] = row
                count += 1
            codes[row] = table[slot]
    # The sum is asked for, so that no compiler leaves the touching out.
    return codes, rows[: count - before if touched > -(1 << 62) else 0].copy(), keys, table, count


@njit(cache=True, nogil=True)
def _find(given: I64, keys: I64, table: I32) -> I32:
    codes = np.empty(given.shape[0], np.int32)
    for row in range(given.shape[0]):
        codes[row] = table[_place(given[row, 0], given[row, 1], keys, table)]
    return codes


class Interned:
    """The texts seen so far, by their keys (`vigie.kernels.text_keys`), each with a number from 0 on."""

    def __init__(self) -> None:
        self._keys = np.empty((_FIRST_SLOTS // 2, 2), np.int64)
        self._table = np.full(_FIRST_SLOTS, -1, np.int32)
        self._count = 0

    def __len__(self) -> int:
        """Return how many different texts there are."""
        return self._count

    @property
    def keys(self) -> I64:
        """Return the keys, int64 of shape (texts, 2), in the order of their numbers."""
        return self._keys[: self._count]

    def numbers(self, keys: I64) -> tuple[I32, I64]:
        """Return the number of each of `keys`, int64 of shape (n, 2), and the rows that brought new ones."""
        codes, rows, self._keys, self._table, self._count = _intern(keys, self._keys, self._table, self._count)
        return codes, rows

    def find(self, keys: I64) -> I32:
        """Return the number of each of `keys`, -1 where there is none."""
        return _find(keys, self._keys, self._table)
