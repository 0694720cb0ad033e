"""Rows of a column that lies in pieces, without joining them: the pieces are read where they are, by their addresses.

To join a column of millions of rows takes as much new memory again, and new memory costs more than reading it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64

_NEAR_BITS: Final = 12


def _load(bits: int, result: Any) -> Any:
    def load(_context: Any, address: Any) -> Any:  # noqa: ARG001 - its type is fixed
        def code(_: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ARG001
            pointer = builder.inttoptr(args[0], ir.IntType(bits).as_pointer())
            return builder.load(pointer, align=1)

        return result(types.int64), code

    return intrinsic(load)


_load_32 = _load(32, types.int32)
_load_64 = _load(64, types.int64)


@njit(cache=True, nogil=True)
def near(starts: I64) -> I32:
    """Return the piece of every so many rows' first; pieces begin at `starts`, the last of which is an end."""
    found = np.empty((starts[-1] >> _NEAR_BITS) + 1, np.int32)
    piece = 0
    for n in range(found.size):
        while piece + 2 < starts.size and n << _NEAR_BITS >= starts[piece + 1]:
            piece += 1
        found[n] = piece
    return found


@njit(cache=True, nogil=True)
def pieces_of(rows: I64, starts: I64, close: I32) -> I32:
    """Return the piece of each row; `close` is what `near` gives."""
    found = np.empty(rows.size, np.int32)
    for n in range(rows.size):
        row = rows[n]
        if row < 0 or row >= starts[-1]:
            message = "no such row"
            raise IndexError(message)
        piece = close[row >> _NEAR_BITS]
        while row >= starts[piece + 1]:
            piece += 1
        found[n] = piece
    return found


@njit(cache=True, nogil=True)
def taken_32(rows: I64, pieces: I32, origins: I64) -> I32:
    """Return the numbers of `rows`, each in its piece, of an int32 column.

    `origins` are addresses: where the column's first row would lie, were all of it where the piece is.
    """
    values = np.empty(rows.size, np.int32)
    for n in range(rows.size):
        values[n] = _load_32(origins[pieces[n]] + 4 * rows[n])
    return values


@njit(cache=True, nogil=True)
def taken_64(rows: I64, pieces: I32, origins: I64) -> I64:
    """Return what `taken_32` does, of an int64 column."""
    values = np.empty(rows.size, np.int64)
    for n in range(rows.size):
        values[n] = _load_64(origins[pieces[n]] + 8 * rows[n])
    return values
