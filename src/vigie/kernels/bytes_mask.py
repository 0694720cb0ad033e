"""Sixty-four bytes of a block at a time as bits: bit n of a mask speaks of the byte n places on.

By LLVM's own vector types, which are the machine's vector registers. All but `survey` are instructions put in where
they are called, for kernels alone, and do not look where the block ends: the bytes asked for must exist.

Numba's cache of a compiled kernel knows the file of that kernel only: after a change here, remove `__pycache__`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import U8

WIDTH: Final = 64
_BITS: Final = ir.IntType(WIDTH)
_EIGHT: Final = ir.IntType(64)
_BYTES: Final = ir.VectorType(ir.IntType(8), WIDTH)


def _inline(code: Any) -> Any:
    return intrinsic(code)


def _loaded(context: Any, builder: Any, signature: Any, data: Any, at: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, data)
    return builder.load(builder.bitcast(builder.gep(array.data, [at]), _BYTES.as_pointer()), align=1)


def among(*ranges: tuple[int, int]) -> Any:
    """Return `f(data, at)`: which of the 64 bytes from `data[at]` on are in one of the ranges, their ends included."""

    @_inline
    def mask(_context: Any, data: Any, at: Any) -> Any:  # noqa: ARG001 - their types are fixed
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            found = _loaded(context, builder, signature, *args)
            bits = ir.Constant(ir.VectorType(ir.IntType(1), WIDTH), [0] * WIDTH)
            for low, high in ranges:
                # One comparison: what is below `low` wraps round to more than there can be.
                above = builder.sub(found, ir.Constant(_BYTES, [low] * WIDTH))
                bits = builder.or_(bits, builder.icmp_unsigned("<=", above, ir.Constant(_BYTES, [high - low] * WIDTH)))
            return builder.bitcast(bits, _BITS)

        return types.int64(data, types.int64), code

    return mask


@_inline
def differing(_context: Any, data: Any, one: Any, other: Any) -> Any:  # noqa: ARG001 - their types are fixed
    """Return which of the 64 bytes from `data[one]` and from `data[other]` on differ."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first, second = (_loaded(context, builder, signature, args[0], at) for at in args[1:])
        return builder.bitcast(builder.icmp_unsigned("!=", first, second), _BITS)

    return types.int64(data, types.int64, types.int64), code


@_inline
def eight(_context: Any, data: Any, at: Any) -> Any:  # noqa: ARG001 - their types are fixed
    """Return the 8 bytes from `data[at]` on as a number, the first its lowest byte (on every machine Numba knows)."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.load(builder.bitcast(builder.gep(array.data, args[1:]), _EIGHT.as_pointer()), align=1)

    return types.int64(data, types.int64), code


@_inline
def lowest(_context: Any, mask: Any) -> Any:  # noqa: ARG001 - its type is fixed
    """Return the place of the lowest bit that is set, 64 where none is."""

    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), code


@_inline
def ones(_context: Any, mask: Any) -> Any:  # noqa: ARG001 - its type is fixed
    """Return how many bits are set."""

    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.int64), code


_newlines: Final = among((10, 10))
_nuls: Final = among((0, 0))
_beyond_ascii: Final = among((128, 255))


@njit(cache=True, nogil=True)
def survey(data: U8) -> tuple[int, bool, bool]:
    """Return how many newlines `data` has, whether it has a NUL byte, and whether it has one that is not ASCII."""
    newlines = i = 0
    nul = high = 0
    while i + WIDTH <= data.size:
        newlines += ones(_newlines(data, i))
        nul |= _nuls(data, i)
        high |= _beyond_ascii(data, i)
        i += WIDTH
    while i < data.size:
        newlines += data[i] == 10
        nul |= data[i] == 0
        high |= data[i] >= 128
        i += 1
    return newlines, nul != 0, high != 0
