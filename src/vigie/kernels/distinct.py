"""The distinct texts of a column: a hash table over Arrow's buffers, without a Python object for a row.

Thirty-two bytes are hashed and compared at a time. Texts of the same hash are compared whole, so that a collision
costs time and changes nothing; the hash begins with a number drawn when the program starts, so that nobody who writes
into a log can prepare collisions.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64, U8


class Texts(NamedTuple):
    """A column of texts as Arrow holds it.

    Row n is `data[offsets[n] : offsets[n + 1]]`, or null where bit `n + shift` of `valid` is 0; `valid` is empty where
    nothing is null.
    """

    offsets: I32
    data: U8
    valid: U8
    shift: int


NO_TEXTS: Final = Texts(np.zeros(0, np.int32), np.zeros(0, np.uint8), np.zeros(0, np.uint8), 0)

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_LAST: Final = np.uint64(0xD6E8FEB86659FD93)
_HALF: Final = np.uint64(32)
_SEED: Final = np.uint64(secrets.randbits(64))
_FIRST_SLOTS: Final = 1024
_BLOCK: Final = 256

# What is kept of a text: eight numbers, as many as a line of a processor's cache holds.
_HASH: Final = 0
_ROW: Final = 1
_BEGIN: Final = 2
_SIZE: Final = 3
_MORE_BEGIN: Final = 4
_MORE_SIZE: Final = 5
_KNOWN: Final = 8

WIDTH: Final = 32
_LANE: Final = ir.IntType(32)
_BYTES: Final = ir.VectorType(ir.IntType(8), WIDTH)


@njit(cache=True, nogil=True)
def _int(value: Any) -> int:
    """Return `value` as a 64-bit number: kernels reckon with nothing smaller."""
    return np.int64(value)  # type: ignore[return-value]


@intrinsic
def words(_context: Any, data: Any, at: Any, left: Any) -> Any:  # noqa: ARG001 - their types are fixed
    """Return the 32 bytes from `data[at]` on as four numbers, those from the `left`-th on as zeros."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        pointer = builder.bitcast(builder.gep(array.data, [args[1]]), _BYTES.as_pointer())
        none = ir.Constant(_BYTES, ir.Undefined)
        some = builder.insert_element(none, builder.trunc(args[2], ir.IntType(8)), _LANE(0))
        some = builder.shuffle_vector(some, some, ir.Constant(ir.VectorType(_LANE, WIDTH), [0] * WIDTH))
        kept = builder.icmp_unsigned("<", ir.Constant(_BYTES, list(range(WIDTH))), some)
        nothing = ir.Constant(_BYTES, [0] * WIDTH)
        numbers = builder.bitcast(
            builder.select(kept, builder.load(pointer, align=1), nothing), ir.VectorType(ir.IntType(64), 4)
        )
        return context.make_tuple(
            builder, signature.return_type, [builder.extract_element(numbers, _LANE(n)) for n in range(4)]
        )

    return types.Tuple([types.uint64] * 4)(data, types.int64, types.int64), code  # type: ignore[no-untyped-call]


@intrinsic
def _differing(_context: Any, data: Any, one: Any, other: Any) -> Any:  # noqa: ARG001 - their types are fixed
    """Return as bits which of the 32 bytes from `data[one]` and from `data[other]` on differ."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        first, second = (
            builder.load(builder.bitcast(builder.gep(array.data, [at]), _BYTES.as_pointer()), align=1)
            for at in args[1:]
        )
        bits = builder.bitcast(builder.icmp_unsigned("!=", first, second), ir.IntType(WIDTH))
        return builder.zext(bits, ir.IntType(64))

    return types.int64(data, types.int64, types.int64), code


@njit(cache=True, nogil=True)
def words_at_end(data: U8, at: int, left: int) -> Any:
    """Return what `words` does, where fewer than 32 bytes follow."""
    a = b = c = d = np.uint64(0)
    for k in range(min(left, 32)):
        value = np.uint64(data[at + k]) << np.uint64(8 * (k & 7))
        if k < 8:
            a |= value
        elif k < 16:
            b |= value
        elif k < 24:
            c |= value
        else:
            d |= value
    return a, b, c, d


@njit(cache=True, nogil=True)
def _hash(data: U8, begin: int, size: int, state: Any) -> Any:
    """Mix a text, or a null (a negative size), into `state`."""
    one = state ^ (np.uint64(size + 2) * _LAST)
    other = one * _FACTOR
    while size > 0:
        if begin + WIDTH <= data.size:
            four: Any = words(data, begin, min(size, WIDTH))  # type: ignore[call-arg]
        else:
            four = words_at_end(data, begin, size)
        # Two chains, as each product has to be waited for.
        one = (one ^ four[0]) * _FACTOR
        other = (other ^ four[1]) * _LAST
        one = (one ^ (one >> _HALF) ^ four[2]) * _LAST
        other = (other ^ (other >> _HALF) ^ four[3]) * _FACTOR
        one ^= one >> _HALF
        other ^= other >> _HALF
        begin += WIDTH
        size -= WIDTH
    state = (one ^ (other * _FACTOR)) * _LAST
    return state ^ (state >> _HALF)


@njit(cache=True, nogil=True)
def _same(data: U8, one: int, other: int, size: int) -> bool:
    while size > 0:
        if max(one, other) + WIDTH > data.size:
            for k in range(size):  # noqa: SIM110 - Numba knows no generator within `all`
                if data[one + k] != data[other + k]:
                    return False
            return True
        bits: int = _differing(data, one, other)  # type: ignore[call-arg]
        if size < WIDTH:
            bits &= (1 << size) - 1
        if bits:
            return False
        one += WIDTH
        other += WIDTH
        size -= WIDTH
    return True


@njit(cache=True, nogil=True)
def _size(offsets: I32, valid: U8, shift: int, row: int) -> int:
    """Return how long the text of a row is, or -1 where it is null."""
    if valid.size and not (valid[(row + shift) >> 3] >> ((row + shift) & 7)) & 1:
        return -1
    return _int(offsets[row + 1]) - _int(offsets[row])


@njit(cache=True, nogil=True)
def _table(known: I64, count: int, slots: int) -> I32:
    """Return the hash table of the first `count` texts."""
    table = np.empty(slots, np.int32)
    for slot in range(slots):
        table[slot] = -1
    for n in range(count):
        slot = known[n, _HASH] & (slots - 1)
        while table[slot] >= 0:
            slot = (slot + 1) & (slots - 1)
        table[slot] = n
    return table


@njit(cache=True, nogil=True)
def _distinct(  # noqa: PLR0917 - Numba has no keyword-only arguments
    rows: I64,
    offsets: I32,
    data: U8,
    valid: U8,
    shift: int,
    more_offsets: I32,
    more_data: U8,
    more_valid: U8,
    more_shift: int,
    seed: Any,
) -> tuple[I32, I64]:
    slots = _FIRST_SLOTS
    known = np.empty((slots // 2, _KNOWN), np.int64)
    table = _table(known, 0, slots)
    pairs = more_offsets.size > 0
    count, total = 0, rows.size or offsets.size - 1
    ids = np.empty(total, np.int32)
    block = np.zeros((_BLOCK, _KNOWN), np.int64)
    touched = 0
    for start in range(0, total, _BLOCK):
        size = min(_BLOCK, total - start)
        for k in range(size):
            row = rows[start + k] if rows.size else start + k
            block[k, _ROW], block[k, _BEGIN] = row, offsets[row]
            block[k, _SIZE] = _size(offsets, valid, shift, row)
            state = _hash(data, block[k, _BEGIN], block[k, _SIZE], seed)
            if pairs:
                block[k, _MORE_BEGIN] = more_offsets[row]
                block[k, _MORE_SIZE] = _size(more_offsets, more_valid, more_shift, row)
                state = _hash(more_data, block[k, _MORE_BEGIN], block[k, _MORE_SIZE], state)
            block[k, _HASH] = _int(state)
        # What the rows of a block will be compared with is touched first, so that waiting for memory overlaps.
        for k in range(size):
            found = table[block[k, _HASH] & (slots - 1)]
            if found >= 0:
                touched += known[found, _BEGIN]
        for k in range(size):
            found = table[block[k, _HASH] & (slots - 1)]
            if found >= 0 and known[found, _BEGIN] < data.size:
                touched += _int(data[known[found, _BEGIN]])
        for k in range(size):
            slot = block[k, _HASH] & (slots - 1)
            while True:
                found = table[slot]
                if found < 0:
                    table[slot] = count
                    found = table[slot]
                    for n in range(_KNOWN):
                        known[count, n] = block[k, n]
                    count += 1
                    break
                if (
                    known[found, _HASH] == block[k, _HASH]
                    and known[found, _SIZE] == block[k, _SIZE]
                    and known[found, _MORE_SIZE] == block[k, _MORE_SIZE]
                    and _same(data, block[k, _BEGIN], known[found, _BEGIN], block[k, _SIZE])
                    and _same(more_data, block[k, _MORE_BEGIN], known[found, _MORE_BEGIN], block[k, _MORE_SIZE])
                ):
                    break
                slot = (slot + 1) & (slots - 1)
            ids[start + k] = found
            if count == known.shape[0]:
                slots *= 4
                wider = np.empty((slots // 2, _KNOWN), np.int64)
                for m in range(count):
                    for n in range(_KNOWN):
                        wider[m, n] = known[m, n]
                known = wider
                table = _table(known, count, slots)
    # The sum is asked for, so that no compiler leaves the touching out.
    firsts = np.empty(count if touched >= 0 else 0, np.int64)
    for n in range(firsts.size):
        firsts[n] = known[n, _ROW]
    return ids, firsts


def distinct(texts: Texts, more: Texts | None = None, rows: I64 | None = None) -> tuple[I32, I64]:
    """Give the distinct texts of a column numbers, in the order in which they first occur; with `more`, distinct pairs.

    A null is a text of its own. Returns the number of the text of each row (of each of `rows`, where those are given),
    int32, and for each number the first row that has it, int64.
    """
    chosen = np.zeros(0, np.int64) if rows is None else rows
    if rows is not None and not rows.size:
        return np.zeros(0, np.int32), chosen
    return _distinct(chosen, *texts, *(more or NO_TEXTS), _SEED)
