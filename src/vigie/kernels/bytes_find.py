"""The next of two bytes in a block, 32 bytes at a time: the machine's vector registers, by LLVM's own vector types.

Numba's cache of a compiled kernel knows the file of that kernel only: after a change here, remove `__pycache__`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import U8

_WIDTH: Final = 32
_BYTES: Final = ir.VectorType(ir.IntType(8), _WIDTH)
_LANES: Final = ir.VectorType(ir.IntType(32), _WIDTH)


@intrinsic
def _first(_context: Any, data: Any, at: Any, one: Any, other: Any) -> Any:  # noqa: ARG001 - their types are fixed
    """Return where `one` or `other` first occurs in the 32 bytes from `data[at]` on, counted from there; 32 if not."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        pointer = builder.bitcast(builder.gep(array.data, [args[1]]), _BYTES.as_pointer())
        found = builder.load(pointer, align=1)
        none = ir.Constant(_BYTES, ir.Undefined)
        hits = ir.Constant(ir.VectorType(ir.IntType(1), _WIDTH), [0] * _WIDTH)
        for wanted in args[2:]:
            lane = builder.insert_element(none, wanted, ir.Constant(ir.IntType(32), 0))
            every = builder.shuffle_vector(lane, none, ir.Constant(_LANES, [0] * _WIDTH))
            hits = builder.or_(hits, builder.icmp_unsigned("==", found, every))
        mask = builder.bitcast(hits, ir.IntType(_WIDTH))
        return builder.zext(builder.cttz(mask, ir.Constant(ir.IntType(1), 0)), ir.IntType(64))

    return types.int64(data, types.int64, types.uint8, types.uint8), code


@njit(cache=True, nogil=True)
def find(data: U8, i: int, end: int, one: int, other: int) -> int:
    """Return where the byte `one` or `other` first occurs in `data[i:end]`; `end` if nowhere, or if `i` is past it."""
    while i < end and i + _WIDTH <= data.size:
        k: int = _first(data, i, one, other)  # type: ignore[call-arg]
        if k < _WIDTH:
            return min(i + k, end)
        i += _WIDTH
    if i > end:
        return end
    while i < end and data[i] != one and data[i] != other:
        i += 1
    return i
