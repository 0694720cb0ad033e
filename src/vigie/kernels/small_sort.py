"""Numbers that are all different, put in order by a bit for each: no comparison, and so no guess that goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32

    U64 = NDArray[np.uint64]

_ONE: Final = np.uint64(1)
_WORD: Final = 64
_FEW: Final = 32


class Bits(NamedTuple):
    """A bit for each number below some bound, and one for each 64 of these: all zero while nothing is put in order."""

    bits: U64
    words: U64


def bits_for(count: int) -> Bits:
    """Return what numbers below `count` are put in order with."""
    return Bits(np.zeros(count // _WORD + 1, np.uint64), np.zeros(count // _WORD**2 + 1, np.uint64))


@intrinsic
def _lowest(_context: Any, word: Any) -> Any:  # noqa: ARG001 - its type is fixed
    """Return which is the lowest bit of a word that is set."""

    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), code


@njit(cache=True, nogil=True)
def put_in_order(numbers: I32, bits: Bits) -> None:
    """Put numbers in ascending order, in place; no two may be alike."""
    if numbers.shape[0] < _FEW or numbers.shape[0] < bits.words.shape[0]:
        if numbers.shape[0] > 1:
            numbers.sort()
        return
    for number in numbers:
        bits.bits[number >> 6] |= _ONE << np.uint64(number & 63)
        bits.words[number >> 12] |= _ONE << np.uint64((number >> 6) & 63)
    count = 0
    for n in range(bits.words.shape[0]):
        words = bits.words[n]
        bits.words[n] = 0
        while words:
            w = n << 6 | _lowest(words)  # type: ignore[call-arg]
            words &= words - _ONE
            word = bits.bits[w]
            bits.bits[w] = 0
            while word:
                numbers[count] = w << 6 | _lowest(word)
                word &= word - _ONE
                count += 1
