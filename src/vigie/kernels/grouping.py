"""Rows put together by their key, in the order in which they stand: a hash table of keys, and a place for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Bools = NDArray[np.bool_]

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_HALF: Final = np.uint64(32)
_FIRST_SLOTS: Final = 1024
_BLOCK: Final = 256


@njit(cache=True, nogil=True)
def _hash(keys: I64, row: int, parts: int) -> int:
    state = np.uint64(0)
    for n in range(parts):
        state = (state ^ np.uint64(keys[row, n])) * _FACTOR
        state ^= state >> _HALF
    return np.int64(state >> np.uint64(1))  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def packed(columns: tuple[I64, ...], table: I64) -> None:
    """Put columns side by side into `table`, int64 of shape (rows, columns): what is asked of a row lies together."""
    # Some rows at a time: they stay in a processor's cache, and a column is looked up once for all of them.
    for start in range(0, table.shape[0], _BLOCK):
        for n in range(len(columns)):
            column = columns[n]
            for row in range(start, min(start + _BLOCK, table.shape[0])):
                table[row, n] = column[row]


@njit(cache=True, nogil=True)
def key_numbers(table: I64, parts: int) -> tuple[I32, I64]:
    """Give the keys (the first `parts` columns of `table`) numbers, in the order of their first rows.

    Returns the number of each row, and the keys in the order of their numbers, int64 of shape (numbers, parts).
    """
    rows = table.shape[0]
    numbers = np.empty(rows, np.int32)
    keys = np.empty((_FIRST_SLOTS // 2, parts), np.int64)
    slots, count = _FIRST_SLOTS, 0
    places = np.full(slots, -1, np.int32)
    for row in range(rows):
        slot = _hash(table, row, parts) & (slots - 1)
        while True:
            found = np.int64(places[slot])
            if found < 0:
                found = np.int64(count)
                places[slot] = count
                keys[count] = table[row, :parts]
                count += 1
                break
            same = True
            for n in range(parts):
                same = same and keys[found, n] == table[row, n]
            if same:
                break
            slot = (slot + 1) & (slots - 1)
        numbers[row] = found
        if count == keys.shape[0]:
            slots *= 4
            more = np.empty((slots // 2, parts), np.int64)
            more[:count] = keys
            keys = more
            places = np.full(slots, -1, np.int32)
            for number in range(count):
                slot = _hash(keys, number, parts) & (slots - 1)
                while places[slot] >= 0:
                    slot = (slot + 1) & (slots - 1)
                places[slot] = number
    return numbers, keys[:count]


@njit(cache=True, nogil=True)
def count(numbers: I32, ranks: I64, sizes: I64) -> None:
    """Add to `sizes` how many rows have the number of each rank."""
    for number in numbers:
        sizes[ranks[number]] += 1


@njit(cache=True, nogil=True)
def place(  # noqa: PLR0917 - Numba has no keyword-only arguments
    numbers: I32,
    ranks: I64,
    order: tuple[I64, ...],
    row: int,
    starts: I64,
    at: I64,
    latest: I64,
    ascends: Bools,
    rows: I64,
) -> None:
    """Put the rows of a piece, numbered from `row` on, where those of their rank stand, in the order they come in.

    `starts` says where each rank's rows begin in `rows`, and `at` how far they are placed; the columns of `order` are
    what the rows of a rank are to be sorted by. `latest`, of shape (ranks, columns), keeps what the last one was sorted
    by, and `ascends` of each rank whether its rows ascend by these.
    """
    for n in range(numbers.size):
        rank = ranks[numbers[n]]
        to = at[rank]
        rows[to] = row + n
        at[rank] = to + 1
        level = to > starts[rank]
        for k in range(len(order)):
            value = order[k][n]
            if level and latest[rank, k] != value:
                level = False
                if latest[rank, k] > value:
                    ascends[rank] = False
            latest[rank, k] = value
