"""From spans of bytes to string columns: values laid end to end, and the offsets between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from vigie.kernels.bytes_gather import copy_bytes

if TYPE_CHECKING:
    from typing import Any

    from vigie.kernels.bytes_gather import I32, I64, U8

    Flags = np.ndarray[Any, np.dtype[np.bool_]]

_QUOTE = 34
_DIGIT_0 = 48
_DIGIT_9 = 57


@njit(cache=True, nogil=True)
def gather(data: U8, starts: I32, ends: I32) -> tuple[I32, U8]:
    """Return (offsets int32[n + 1], values uint8[m]) of the spans data[starts[i]:ends[i]], one after another."""
    rows = starts.shape[0]
    offsets = np.empty(rows + 1, np.int32)
    offsets[0] = 0
    for row in range(rows):
        offsets[row + 1] = offsets[row] + ends[row] - starts[row]
    values = np.empty(offsets[rows], np.uint8)
    for row in range(rows):
        copy_bytes(values, offsets[row], data, starts[row], ends[row] - starts[row])  # type: ignore[call-arg]
    return offsets, values


@njit(cache=True, nogil=True)
def unescape(data: U8, starts: I32, ends: I32, flags: U8, escape: int) -> tuple[I32, U8]:
    """Return as `gather` does; where flags[i] is 2, a doubled quote is one, and `escape` (0: none) falls away."""
    rows = starts.shape[0]
    offsets = np.empty(rows + 1, np.int32)
    offsets[0] = 0
    most = 0
    for row in range(rows):
        most += ends[row] - starts[row]
    values = np.empty(most, np.uint8)
    to = 0
    for row in range(rows):
        pos, end = starts[row], ends[row]
        if flags[row] != 2:
            copy_bytes(values, to, data, pos, end - pos)  # type: ignore[call-arg]
            to += end - pos
        else:
            while pos < end:
                byte = data[pos]
                if pos + 1 < end and ((escape != 0 and byte == escape) or (byte == _QUOTE and data[pos + 1] == _QUOTE)):
                    pos += 1
                    byte = data[pos]
                values[to] = byte
                to += 1
                pos += 1
        offsets[row + 1] = to
    return offsets, values[:to]


@njit(cache=True, nogil=True)
def split(values: U8, offsets: I32, separators: Flags, strip: int, address: int) -> tuple[I32, I32, I32]:
    """Cut each value into its items. Return (counts int32[n + 1] running, starts int32[k], ends int32[k]).

    `separators` (bool[256]) says which bytes part items; blanks at both ends of an item fall away, and so does one
    leading byte `strip` (0: none); empty items are left out. With `address`, a comma parts items only where `http`
    follows it, because addresses hold commas.
    """
    rows = offsets.shape[0] - 1
    most = rows
    for byte in values:
        most += separators[byte]
    counts = np.empty(rows + 1, np.int32)
    starts = np.empty(most, np.int32)
    ends = np.empty(most, np.int32)
    counts[0] = 0
    found = 0
    for row in range(rows):
        pos, stop = offsets[row], offsets[row + 1]
        start = pos
        while pos <= stop:
            parts = pos == stop or separators[values[pos]]
            if parts and address and pos < stop and values[pos] == 44:
                ahead = pos + 1
                while ahead < stop and (separators[values[ahead]] or values[ahead] == 32):
                    ahead += 1
                parts = (
                    ahead + 4 <= stop
                    and values[ahead] | 32 == 104
                    and values[ahead + 1] | 32 == 116
                    and values[ahead + 2] | 32 == 116
                    and values[ahead + 3] | 32 == 112
                ) or ahead == stop
            if parts:
                end = pos
                while start < end and values[start] <= 32:
                    start += 1
                while end > start and values[end - 1] <= 32:
                    end -= 1
                if strip != 0 and start < end and values[start] == strip:
                    start += 1
                if end > start:
                    starts[found] = start
                    ends[found] = end
                    found += 1
                start = pos + 1
            pos += 1
        counts[row + 1] = found
    return counts, starts[:found], ends[:found]


@njit(cache=True, nogil=True)
def whole_numbers(values: U8, offsets: I32) -> tuple[I64, U8]:
    """Read counts. Return (int64[n], uint8[n]): 0 a number, 1 nothing there, 2 something else.

    Digits in groups (`1,234`, `1 234`) and a fraction of zeros (`12.0`) are read; -1 to 1e15 is the range.
    """
    rows = offsets.shape[0] - 1
    numbers = np.zeros(rows, np.int64)
    codes = np.zeros(rows, np.uint8)
    for row in range(rows):
        pos, end = offsets[row], offsets[row + 1]
        while pos < end and values[pos] == 32:
            pos += 1
        while end > pos and values[end - 1] == 32:
            end -= 1
        if pos == end:
            codes[row] = 1
            continue
        negative = values[pos] == 45
        if negative:
            pos += 1
        number = 0
        digits = 0
        while pos < end and digits < 16:
            byte = values[pos]
            if _DIGIT_0 <= byte <= _DIGIT_9:
                number = number * 10 + byte - _DIGIT_0
                digits += 1
            elif byte not in (44, 32) or digits == 0:
                break
            pos += 1
        if pos < end and values[pos] == 46:
            pos += 1
            while pos < end and values[pos] == _DIGIT_0:
                pos += 1
        if pos < end or digits == 0:
            codes[row] = 2
        numbers[row] = -number if negative else number
    return numbers, codes
