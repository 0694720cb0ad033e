"""Spans of a block of bytes, copied one after another: the buffers of an Arrow string array without a Python object."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

U8: TypeAlias = npt.NDArray[np.uint8]
I32: TypeAlias = npt.NDArray[np.int32]
I64: TypeAlias = npt.NDArray[np.int64]


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


@njit(cache=True, nogil=True)
def gather(data: U8, spans: I32, column: int) -> tuple[I32, U8, U8, int]:
    """Copy the spans `spans[:, 2 * column : 2 * column + 2]` (begin, end; a negative begin is null) out of `data`.

    Returns Arrow's offsets (rows + 1), the bytes, the validity bitmap (least significant bit first) and the number of
    nulls. The bytes together must be fewer than 2**31.
    """
    rows = spans.shape[0]
    offsets = np.empty(rows + 1, np.int32)
    bitmap = np.zeros((rows + 7) // 8, np.uint8)
    size = nulls = 0
    offsets[0] = 0
    for row in range(rows):
        begin = spans[row, 2 * column]
        if begin < 0:
            nulls += 1
        else:
            size += spans[row, 2 * column + 1] - begin
            bitmap[row >> 3] |= np.uint8(1 << (row & 7))
        offsets[row + 1] = size
    values = np.empty(size, np.uint8)
    for row in range(rows):
        begin = spans[row, 2 * column]
        if begin >= 0:
            out = offsets[row]
            copy_bytes(values, out, data, begin, offsets[row + 1] - out)  # type: ignore[call-arg]
    return offsets, values, bitmap, nulls
