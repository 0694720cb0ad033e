"""Spans of a block of bytes, copied one after another: the buffers of Arrow string arrays without a Python object."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

U8: TypeAlias = npt.NDArray[np.uint8]
I32: TypeAlias = npt.NDArray[np.int32]
I64: TypeAlias = npt.NDArray[np.int64]

_WIDTH: Final = 32
_BYTES: Final = ir.VectorType(ir.IntType(8), _WIDTH)


@intrinsic
def copy_bytes(_context: Any, target: Any, at: Any, source: Any, begin: Any, size: Any) -> Any:  # noqa: ARG001 - their types are fixed
    """Copy `size` bytes from `source[begin]` to `target[at]` by memcpy: a loop takes five times as long."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        to = context.make_array(signature.args[0])(context, builder, args[0])
        of = context.make_array(signature.args[2])(context, builder, args[2])
        begin_at, end_at = builder.gep(of.data, [args[3]]), builder.gep(to.data, [args[1]])
        cgutils.raw_memcpy(builder, end_at, begin_at, args[4], 1)  # type: ignore[no-untyped-call]
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64, types.int64), code


@intrinsic
def _copy_32(_context: Any, target: Any, at: Any, source: Any, begin: Any) -> Any:  # noqa: ARG001 - their types are fixed
    """Copy the 32 bytes from `source[begin]` on to `target[at]`."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        to = context.make_array(signature.args[0])(context, builder, args[0])
        of = context.make_array(signature.args[2])(context, builder, args[2])
        begin_at = builder.bitcast(builder.gep(of.data, [args[3]]), _BYTES.as_pointer())
        end_at = builder.bitcast(builder.gep(to.data, [args[1]]), _BYTES.as_pointer())
        builder.store(builder.load(begin_at, align=1), end_at, align=1)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64), code


def gather(data: U8, spans: I32) -> tuple[I32, U8, I64, U8, I64]:
    """Copy spans out of `data`: of column c, `spans[:, 2 * c : 2 * c + 2]` (begin, end; a negative begin is null).

    Returns, for all columns at once,

    - offsets, int32 of shape (columns, rows + 1): Arrow's, each from 0;
    - values: the bytes of all columns, each column padded;
    - starts, int64 of shape (columns + 1,): where the bytes of a column begin in `values`;
    - bitmaps of shape (columns, at least rows / 8): Arrow's validity, least significant bit first;
    - nulls, int64 of shape (columns,): how many there are.

    The bytes of a column must be fewer than 2**31.
    """
    offsets, starts, bitmaps, nulls = _measured(spans)
    # By NumPy and not within a kernel: it asks the system for huge pages, which halves what keeping the result costs.
    values = np.empty(starts[-1], np.uint8)
    _copied(data, spans, offsets, starts, values)
    return offsets, values, starts, bitmaps, nulls


@njit(cache=True, nogil=True)
def _measured(spans: I32) -> tuple[I32, I64, U8, I64]:
    """Return offsets, starts, bitmaps and nulls of `gather`."""
    rows, columns = spans.shape[0], spans.shape[1] // 2
    offsets = np.empty((columns, rows + 1), np.int32)
    bitmaps = np.zeros((columns, (rows + 511) // 512 * 64), np.uint8)
    nulls = np.zeros(columns, np.int64)
    sizes = np.zeros(columns, np.int64)
    for column in range(columns):
        offsets[column, 0] = 0
    for row in range(rows):
        for column in range(columns):
            begin = spans[row, 2 * column]
            if begin < 0:
                nulls[column] += 1
            else:
                sizes[column] += spans[row, 2 * column + 1] - begin
                bitmaps[column, row >> 3] |= np.uint8(1 << (row & 7))
            offsets[column, row + 1] = sizes[column]
    starts = np.empty(columns + 1, np.int64)
    starts[0] = 0
    for column in range(columns):
        starts[column + 1] = (starts[column] + sizes[column] + 2 * _WIDTH - 1) // _WIDTH * _WIDTH
    return offsets, starts, bitmaps, nulls


@njit(cache=True, nogil=True)
def _copied(data: U8, spans: I32, offsets: I32, starts: I64, values: U8) -> None:
    """Fill `values` in one pass over the rows: what a row consists of lies together in `data`."""
    rows, columns = spans.shape[0], spans.shape[1] // 2
    safe = data.size - _WIDTH
    for row in range(rows):
        for column in range(columns):
            begin = np.int64(spans[row, 2 * column])
            if begin < 0:
                continue
            end = np.int64(spans[row, 2 * column + 1])
            at = starts[column] + offsets[column, row]
            # Whole words run past the end of a text: into what the next row of the column, or the padding, covers.
            while begin < end and begin <= safe:
                _copy_32(values, at, data, begin)  # type: ignore[call-arg]
                begin += _WIDTH
                at += _WIDTH
            if begin < end:
                copy_bytes(values, at, data, begin, end - begin)  # type: ignore[call-arg]
