"""Which patterns may match each of many texts: one step of an automaton for each byte, however many the patterns.

The automaton (Aho and Corasick's) is built by `vigie.rules.prefilter`; here it only runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

if TYPE_CHECKING:
    import numpy.typing as npt

    from vigie.kernels.bytes_gather import I32, U8

    U64 = npt.NDArray[np.uint64]


@njit(cache=True, nogil=True)
def _int(value: Any) -> int:
    """Return `value` as a 64-bit number: kernels reckon with nothing smaller."""
    return np.int64(value)  # type: ignore[return-value]


@intrinsic
def _lowest_bit(_context: Any, number: Any) -> Any:  # noqa: ARG001 - its type is fixed
    """Return the place of the lowest bit of a number that is not 0."""

    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), code


@njit(cache=True, nogil=True)
def _next(following: I32, classes: U8, data: U8, state: int, at: int) -> int:
    """Return the state after the byte at `at`. No place is negative: said so that Numba need not ask at every byte."""
    return _int(following[np.uint64(state + classes[data[np.uint64(at)]])])


@njit(cache=True, nogil=True)
def _note(seen: U64, side: int, found: U64, which: int) -> None:
    for word in range(found.shape[1]):
        seen[side, word] |= found[which, word]


@njit(cache=True, nogil=True)
def _fulfilled(seen: U64, needed: U64, result: U64) -> None:
    """Set in `result` the bits of the patterns all clauses of which are in `seen`, which is cleared."""
    for first in range(result.size):
        left = seen[first]
        while left:
            pattern: int = 64 * first + _lowest_bit(left)  # type: ignore[call-arg]
            if pattern >= needed.shape[0]:
                break
            whole = True
            for word in range(seen.size):
                whole = whole and (seen[word] & needed[pattern, word]) == needed[pattern, word]
            if whole:
                result[first] |= left & (~left + np.uint64(1))
            left &= left - np.uint64(1)
    seen[:] = 0


@njit(cache=True, nogil=True)
def candidates(offsets: I32, data: U8, classes: U8, following: I32, ending: int, found: U64, needed: U64) -> U64:  # noqa: PLR0917 - Numba has no keyword-only arguments
    """Return for each text `data[offsets[n] : offsets[n + 1]]` the patterns that it may match, as bits.

    A clause is a set of literals, of which a text must contain one. Clause p is the first of pattern p; the others'
    numbers follow. `needed`, uint64 of shape (patterns, words), has the clauses of each pattern.

    `classes`, uint8 of shape (256,), is the class of a byte, from 1 on. A state is where its part of `following`
    begins; the first is 0, and `following[state + class]` is the next. In the states from `ending` on a literal ends:
    row `following[state]` of `found`, uint64 of shape (ending states, words), says of which clauses.

    Returns uint64 of shape (texts, patterns / 64 rounded up). Two texts are read at a time, as each step of one has to
    wait for the step before.
    """
    texts, words = offsets.size - 1, found.shape[1]
    result = np.zeros((texts, (needed.shape[0] + 63) // 64), np.uint64)
    seen = np.zeros((2, words), np.uint64)
    for n in range(0, texts, 2):
        one, one_end = _int(offsets[n]), _int(offsets[n + 1])
        other = one_end
        other_end = _int(offsets[n + 2]) if n + 1 < texts else other
        state = second = 0
        hit = hit_second = False
        while one < one_end and other < other_end:
            state = _next(following, classes, data, state, one)
            second = _next(following, classes, data, second, other)
            if state >= ending:
                hit = True
                _note(seen, 0, found, following[state])
            if second >= ending:
                hit_second = True
                _note(seen, 1, found, following[second])
            one += 1
            other += 1
        while one < one_end:
            state = _next(following, classes, data, state, one)
            if state >= ending:
                hit = True
                _note(seen, 0, found, following[state])
            one += 1
        while other < other_end:
            second = _next(following, classes, data, second, other)
            if second >= ending:
                hit_second = True
                _note(seen, 1, found, following[second])
            other += 1
        if hit:
            _fulfilled(seen[0], needed, result[n])
        if hit_second:
            _fulfilled(seen[1], needed, result[n + 1])
    return result
