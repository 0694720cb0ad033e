"""Asking for memory before it is read, so that a loop need not wait for it: `prefetch`."""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_TOOLS: Final[Any] = cgutils
_FLAGS: Final = (0, 3, 1)  # to be read, to be kept near at hand, data


def _prefetch(_: Any, array: Any, index: Any) -> Any:  # noqa: ARG001 - numba looks at how many there are
    """Ask for `array[index]`: in compiled code only, and without effect where a machine knows no such thing.

    Nothing happens either if it is asked for in vain, or is no place of the array.
    """

    def generated(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, values[0])
        flag, place = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [place, flag, flag, flag])
        asked = _TOOLS.get_or_insert_function(builder.module, kind, "llvm.prefetch")
        at = builder.bitcast(builder.gep(held.data, [values[1]]), place)
        builder.call(asked, [at, *(flag(value) for value in _FLAGS)])
        return context.get_dummy_value()

    return types.void(array, types.intp), generated


prefetch: Final[Any] = intrinsic(_prefetch)
