"""Texts to addresses and back: what is written as usual in a kernel, everything else by the slow reader.

Addresses are the numbers of `vigie.kernels.ip`: two uint64 halves, IPv4 at ::ffff:0:0/96.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

from vigie.kernels.ip import MAPPED, halves

if TYPE_CHECKING:
    from collections.abc import Callable
    from ipaddress import IPv4Address, IPv6Address

    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, U8

    Words = NDArray[np.uint64]
    Flags = NDArray[np.bool_]

_MAPPED: Final = np.uint64(MAPPED)
_TOP: Final = np.uint64(0xFFFF)
_BYTE: Final = np.uint64(0xFF)
_NIBBLE: Final = np.uint64(15)
_ZERO: Final = np.uint64(0)
_S16: Final = np.uint64(16)
_S32: Final = np.uint64(32)
_S48: Final = np.uint64(48)
_S64: Final = np.uint64(64)
_DOT: Final = 46
_COLON: Final = 58
_PERCENT: Final = 37
_OPEN: Final = 91
_CLOSE: Final = 93
_V4_BYTES: Final = 15
_V6_BYTES: Final = 39
# The value of each byte as a hexadecimal digit; 255 for what is none.
_DIGITS: Final = np.full(256, 255, np.uint8)
_DIGITS[48:58] = np.arange(10)
_DIGITS[65:71] = _DIGITS[97:103] = np.arange(10, 16)


def read_addresses(
    values: U8, offsets: I32, slow: Callable[[str], IPv4Address | IPv6Address | None]
) -> tuple[Words, Words, Flags]:
    """Read the texts values[offsets[i]:offsets[i + 1]]. Return (high, low, read); the numbers are 0 where none is read.

    What is read is what `slow` reads: it is asked about each text that the kernel leaves.
    """
    high, low, left = _read(values, offsets)
    read = ~left
    for row in np.flatnonzero(left).tolist():
        text = values[offsets[row] : offsets[row + 1]].tobytes().decode("utf-8", "replace")
        address = slow(text)
        if address is not None:
            (high[row],), (low[row],) = halves([address])
            read[row] = True
    return high, low, read


@njit(cache=True, nogil=True)
def _ipv4(values: Any, pos: Any, end: Any) -> Any:
    """Return (the number, where it ends) of four decimal bytes without leading zeros from `pos`; (0, -1) for none."""
    number = _ZERO
    for part in range(4):
        if part:
            if pos >= end or values[pos] != _DOT:
                return _ZERO, -1
            pos += 1
        start = pos
        byte: Any = 0
        while pos < end and pos - start < 4 and 48 <= values[pos] <= 57:
            byte = byte * 10 + (np.int64(values[pos]) - 48)
            pos += 1
        if pos == start or byte > 255 or (pos - start > 1 and values[start] == 48):
            return _ZERO, -1
        number = number << np.uint64(8) | np.uint64(byte)
    return number, pos


@njit(cache=True, nogil=True)
def _ipv6(values: Any, pos: Any, end: Any) -> Any:
    """Return (high, low, whether values[pos:end] is an address of IPv6)."""
    # Groups are shifted in from the right; those before a gap (::) are moved to the left end when the gap comes.
    high = _ZERO
    low = _ZERO
    head_high = _ZERO
    head_low = _ZERO
    count = 0
    gap = -1
    if end - pos >= 2 and values[pos] == _COLON:
        if values[pos + 1] != _COLON:
            return _ZERO, _ZERO, False
        gap = 0
        pos += 2
    while pos < end:
        start = pos
        number = np.int64(0)
        while pos < end and pos - start < 5:
            digit = _DIGITS[values[pos]]
            if digit > 15:
                break
            number = number << 4 | np.int64(digit)
            pos += 1
        if pos < end and values[pos] == _DOT:
            inner, stop = _ipv4(values, start, end)
            if stop != end or count > 6:
                return _ZERO, _ZERO, False
            high = high << _S32 | low >> _S32
            low = low << _S32 | inner
            count += 2
            break
        if pos == start or pos - start > 4 or count == 8:
            return _ZERO, _ZERO, False
        high = high << _S16 | low >> _S48
        low = low << _S16 | np.uint64(number)
        count += 1
        if pos == end:
            break
        if values[pos] != _COLON or pos + 1 == end:
            return _ZERO, _ZERO, False
        pos += 1
        if values[pos] == _COLON:
            if gap >= 0 or count == 8:
                return _ZERO, _ZERO, False
            gap = count
            move = np.uint64(16 * (8 - count))
            if count <= 4:
                head_high = low if count == 4 else low << (move - _S64)
                head_low = _ZERO
            else:
                head_high = high << move | low >> (_S64 - move)
                head_low = low << move
            high = _ZERO
            low = _ZERO
            pos += 1
    if (gap < 0 and count != 8) or (gap >= 0 and count > 7):
        return _ZERO, _ZERO, False
    return head_high | high, head_low | low, True


@njit(cache=True, nogil=True)
def _read(values: Any, offsets: Any) -> Any:
    """Return (high, low, whether the text is left to the slow reader)."""
    rows = offsets.size - 1
    high = np.zeros(rows, np.uint64)
    low = np.zeros(rows, np.uint64)
    left = np.zeros(rows, np.bool_)
    for row in range(rows):
        pos = np.int64(offsets[row])
        end = np.int64(offsets[row + 1])
        while pos < end and values[pos] == 32:
            pos += 1
        while end > pos and values[end - 1] == 32:
            end -= 1
        bracket = pos < end and values[pos] == _OPEN
        if bracket:
            # Brackets, and behind them nothing but a port.
            pos += 1
            tail = end
            while tail > pos and 48 <= values[tail - 1] <= 57:
                tail -= 1
            if tail < end and tail > pos and values[tail - 1] == _COLON:
                end = tail - 1
            if end <= pos or values[end - 1] != _CLOSE:
                left[row] = True
                continue
            end -= 1
        zone = pos
        colons = 0
        plain = True
        while zone < end and values[zone] != _PERCENT:
            colons += values[zone] == _COLON
            plain = plain and values[zone] != _CLOSE
            zone += 1
        for at in range(zone, end):
            plain = plain and not (bracket and values[at] == _CLOSE)
        if not plain:
            left[row] = True
            continue
        if colons < 2:
            number, stop = _ipv4(values, pos, zone)
            if stop >= 0 and stop + 1 < zone and values[stop] == _COLON and zone == end and not bracket:
                stop += 1
                while stop < zone and 48 <= values[stop] <= 57:
                    stop += 1
            if stop != zone:
                left[row] = True
                continue
            low[row] = number | _MAPPED
        else:
            high[row], low[row], good = _ipv6(values, pos, zone)
            left[row] = not good
    return high, low, left


@njit(cache=True, nogil=True)
def write_addresses(high: Words, low: Words) -> tuple[I32, U8]:
    """Return (offsets int32[n + 1], values uint8[m]) of the addresses' texts, as `str` of `ipaddress` writes them."""
    rows = high.size
    offsets = np.zeros(rows + 1, np.int32)
    most = 0
    for row in range(rows):
        most += _V4_BYTES if high[row] == _ZERO and low[row] >> _S32 == _TOP else _V6_BYTES
    values = np.empty(most, np.uint8)
    to = 0
    groups = np.empty(8, np.uint64)
    for row in range(rows):
        if high[row] == _ZERO and low[row] >> _S32 == _TOP:
            for part in range(4):
                byte = np.int64(low[row] >> np.uint64(24 - 8 * part) & _BYTE)
                if part:
                    values[to] = _DOT
                    to += 1
                if byte >= 100:
                    values[to] = 48 + byte // 100
                    to += 1
                if byte >= 10:
                    values[to] = 48 + byte // 10 % 10
                    to += 1
                values[to] = 48 + byte % 10
                to += 1
            offsets[row + 1] = to
            continue
        for at in range(8):
            half = high[row] if at < 4 else low[row]
            groups[at] = half >> np.uint64(48 - 16 * (at % 4)) & _TOP
        # The first of the longest runs of zeros, if it is longer than one group, is written as ::
        gap = -1
        longest = 1
        run = 0
        for at in range(8):
            run = run + 1 if groups[at] == _ZERO else 0
            if run > longest:
                longest = run
                gap = at - run + 1
        at = 0
        while at < 8:
            if at == gap:
                values[to] = _COLON
                to += 1
                at += longest
                if at == 8:
                    values[to] = _COLON
                    to += 1
                continue
            if at > 0:
                values[to] = _COLON
                to += 1
            started = False
            for shift in (12, 8, 4, 0):
                digit = np.int64(groups[at] >> np.uint64(shift) & _NIBBLE)
                if digit or started or shift == 0:
                    started = True
                    values[to] = digit + (48 if digit < 10 else 87)
                    to += 1
            at += 1
        offsets[row + 1] = to
    return offsets, values[:to]
