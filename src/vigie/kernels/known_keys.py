"""A set of keys of bounded size, which forgets some of what it held when more comes: what need not be done twice.

A set may keep some numbers with each key: columns of the table beyond the two of the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_LINE_BYTES: Final = 64


def no_keys(slots: int, numbers: int = 0) -> I64:
    """Return an empty set with room for `slots` keys, a power of two from 2 on, and so many numbers with each."""
    # No text has this key but by a chance of 2**-128; zeros are those of an empty one.
    # A key stands at its own place or beside it: pairs do not go over the end of a line of a processor's cache.
    room = np.full(slots * (2 + numbers) + _LINE_BYTES // 8, -1, np.int64)
    begin = -room.ctypes.data % _LINE_BYTES // 8
    return room[begin : begin + slots * (2 + numbers)].reshape(slots, 2 + numbers)


@njit(cache=True, nogil=True)
def slot_of(one: int, other: int, slots: int) -> int:
    """Return the place of a key in a table of `slots` places (a power of two): of its bits, some say little alone."""
    return np.int64((np.uint64(one ^ other) * _FACTOR) >> np.uint64(32)) & (slots - 1)  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def _has(table: I64, one: int, other: int) -> bool:
    """Return whether a key is in the set."""
    slot = slot_of(one, other, table.shape[0])
    beside = slot ^ 1
    # Most stand at their own place: what the processor guesses ahead is right.
    return (table[slot, 0] == one and table[slot, 1] == other) or (  # type: ignore[no-any-return]
        table[beside, 0] == one and table[beside, 1] == other
    )


@njit(cache=True, nogil=True)
def unknown(keys: I64, table: I64) -> tuple[I64, I32, I64]:
    """Return what `vigie.kernels.distinct` does, of the keys that are not in the set: rows, numbers and firsts.

    `rows` are the rows of such keys, ascending, int64; `numbers`, int32, tell them apart: they are given in the order
    in which the keys first occur; `firsts`, int64, is the first row of each number.
    """
    rows = np.empty(keys.shape[0], np.int64)
    count = 0
    for row in range(keys.shape[0]):
        if not _has(table, keys[row, 0], keys[row, 1]):
            rows[count] = row
            count += 1
    slots = 16
    while slots < 2 * count:
        slots *= 2
    first_of = np.full(slots, -1, np.int32)
    numbers = np.empty(count, np.int32)
    firsts = np.empty(count, np.int64)
    different = 0
    for n in range(count):
        row = rows[n]
        one, other = keys[row, 0], keys[row, 1]
        slot = slot_of(one, other, slots)
        while True:
            found = first_of[slot]
            if found < 0:
                first_of[slot] = found = different
                firsts[different] = row
                different += 1
                break
            first = firsts[found]
            if keys[first, 0] == one and keys[first, 1] == other:
                break
            slot = (slot + 1) & (slots - 1)
        numbers[n] = found
    return rows[:count].copy(), numbers, firsts[:different].copy()


@njit(cache=True, nogil=True)
def numbers_of(keys: I64, table: I64) -> I64:
    """Return the numbers kept with each key, of shape (keys, numbers of a key); zeros for unknown ones."""
    numbers = np.zeros((keys.shape[0], table.shape[1] - 2), np.int64)
    for n in range(keys.shape[0]):
        one, other = keys[n, 0], keys[n, 1]
        if _has(table, one, other):
            slot = slot_of(one, other, table.shape[0])
            if table[slot, 0] != one or table[slot, 1] != other:
                slot ^= 1
            for k in range(numbers.shape[1]):
                numbers[n, k] = table[slot, 2 + k]
    return numbers


@njit(cache=True, nogil=True)
def _put(table: I64, one: int, other: int) -> int:
    """Put a key into the set, which may forget another for it; return its place."""
    slot = slot_of(one, other, table.shape[0])
    beside = slot ^ 1
    if table[slot, 0] != -1 or table[slot, 1] != -1:
        if table[beside, 0] == -1 and table[beside, 1] == -1:
            slot = beside
        else:
            for k in range(table.shape[1]):
                table[beside, k] = table[slot, k]
    table[slot, 0], table[slot, 1] = one, other
    return slot


@njit(cache=True, nogil=True)
def remember(keys: I64, rows: I64, table: I64) -> None:
    """Put the keys of `rows` into the set; of the keys of two places the older is forgotten where there are more."""
    for row in rows:
        if not _has(table, keys[row, 0], keys[row, 1]):
            _put(table, keys[row, 0], keys[row, 1])


@njit(cache=True, nogil=True)
def remember_numbers(keys: I64, rows: I64, numbers: I64, table: I64) -> None:
    """Put the keys of `rows` into the set as `remember` does, each with its row of `numbers`: always the same."""
    for row in rows:
        if not _has(table, keys[row, 0], keys[row, 1]):
            slot = _put(table, keys[row, 0], keys[row, 1])
            for k in range(numbers.shape[1]):
                table[slot, 2 + k] = numbers[row, k]
