"""Addresses as 128-bit numbers in two uint64 halves, and the look-up of the narrowest range that holds one.

IPv4 addresses stand at ::ffff:0:0/96, so that both families are one ordered line. Ranges that nest and overlap are cut
once into disjoint segments; a table of buckets over the upper bits of an address then leaves few of them to search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address, IPv6Address

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]
    Halves = tuple[Words, Words]

MAPPED: Final = 0xFFFF_0000_0000
_LOW: Final = 0xFFFF_FFFF_FFFF_FFFF
_MAPPED_TOP: Final = np.uint64(0xFFFF)
_6TO4: Final = np.uint64(0x2002)
_ZERO: Final = np.uint64(0)
_ONE: Final = np.uint64(1)
_ALL: Final = np.uint64(_LOW)
_32: Final = np.uint64(0xFFFF_FFFF)
_S16: Final = np.uint64(16)
_S32: Final = np.uint64(32)
_S48: Final = np.uint64(48)
# Global unicast, 2000::/3: the buckets of IPv6 cover it; what lies before and after it is searched whole.
_UNICAST: Final = 0x2000_0000_0000_0000
_UNICAST_BITS: Final = 61
# As many buckets as segments, within reason: below, the table fits the nearest cache anyway; above, it leaves it.
_BUCKET_BITS: Final = (10, 20)


@dataclass(frozen=True, slots=True)
class Segments:
    """Disjoint segments of the whole line: each goes from its start to before the next one's; value -1: no range.

    start4: uint32[n], the IPv4 addresses alone; high, low: uint64[m], the whole line; values: int32, the positions of
    the ranges. bucket4, bucket6: int32[k + 1], of each bucket the last segment that begins before it (the first one
    where none does); a bucket is `shift4` bits of an IPv4 address wide, `shift6` of the upper half of an IPv6 address.
    """

    start4: NDArray[np.uint32]
    value4: NDArray[np.int32]
    bucket4: NDArray[np.int32]
    high: Words
    low: Words
    value6: NDArray[np.int32]
    bucket6: NDArray[np.int32]
    shift4: int
    shift6: int

    def find(self, high: Words, low: Words) -> NDArray[np.int32]:
        """Return, for each address, the position of its range, or -1.

        An address of 6to4 (2002::/16) in no range is looked up as the IPv4 address that it is made of.
        """
        return _find(  # type: ignore[no-any-return]
            self.start4, self.value4, self.bucket4, self.high, self.low, self.value6, self.bucket6,
            np.uint32(self.shift4), np.uint64(self.shift6), high, low,
        )  # fmt: skip


def halves(addresses: Sequence[IPv4Address | IPv6Address]) -> Halves:
    """Return the upper and the lower 64 bits of each address."""
    numbers = [int(a) | MAPPED if a.version == 4 else int(a) for a in addresses]
    high = np.fromiter((n >> 64 for n in numbers), dtype=np.uint64, count=len(numbers))
    low = np.fromiter((n & _LOW for n in numbers), dtype=np.uint64, count=len(numbers))
    return high, low


def embedded(high: Words) -> Halves:
    """Return the IPv4 addresses that 6to4 addresses (2002::/16) are made of, for those among these upper halves."""
    of = high[high >> _S48 == _6TO4]
    return np.zeros(of.size, np.uint64), (of >> _S16 & _32) | np.uint64(MAPPED)


def host_masks(bits: Words) -> Halves:
    """Return the halves with the lower `bits` (0 to 128) of an address set."""
    part = (_ONE << (bits & np.uint64(63))) - _ONE
    high = np.where(bits == 128, _ALL, np.where(bits > 64, part, _ZERO))
    return high, np.where(bits >= 64, _ALL, part)


def segments(first: Halves, last: Halves) -> Segments:
    """Cut ranges into disjoint segments.

    Of several ranges that hold an address: the one that begins last, then the one that ends first, then the earlier
    position. Ranges may come in any order, overlap and nest; one whose last address lies before its first holds
    nothing. At most 2**31 - 1 ranges.
    """
    size = first[0].size
    order = np.arange(size, dtype=np.int64)
    if not _ascending(first[0], first[1]):
        # Descending end, then descending position: the sweep must meet the narrowest last.
        order = np.lexsort((-order, ~last[1], ~last[0], first[1], first[0]))
    high, low, value = _sweep(first[0], first[1], last[0], last[1], order)
    before, within = np.uint64(MAPPED), np.uint64(MAPPED + 0xFFFF_FFFF)
    top = int(np.searchsorted(high, _ONE))
    begin = int(np.searchsorted(low[:top], before, side="right")) - 1
    end = int(np.searchsorted(low[:top], within, side="right"))
    start4 = np.maximum(low[begin:end], before) - before
    value4 = value[begin:end]
    bucket4, shift4 = _buckets(start4, 0, 32)
    bucket6, shift6 = _buckets(high, _UNICAST, _UNICAST_BITS)
    return Segments(
        start4.astype(np.uint32),
        np.ascontiguousarray(value4),
        bucket4,
        high,
        low,
        value,
        bucket6,
        shift4,
        shift6,
    )


def _buckets(starts: Words, base: int, bits: int) -> tuple[NDArray[np.int32], int]:
    """Return for each bucket of the 2**`bits` addresses from `base` on where to begin, and how many bits wide it is."""
    shift = bits - min(max(starts.size.bit_length(), _BUCKET_BITS[0]), _BUCKET_BITS[1])
    edges = np.uint64(base) + (np.arange((1 << bits - shift) + 1, dtype=np.uint64) << np.uint64(shift))
    return np.maximum(np.searchsorted(starts, edges) - 1, 0).astype(np.int32), shift


@njit(cache=True, nogil=True)
def _before(high_a: Any, low_a: Any, high_b: Any, low_b: Any) -> Any:
    return high_a < high_b or (high_a == high_b and low_a < low_b)


@njit(cache=True, nogil=True)
def holds_any(  # noqa: PLR0917 - a kernel takes its arrays one by one
    high: Words, low: Words, first_high: Words, first_low: Words, last_high: Words, last_low: Words
) -> NDArray[np.bool_]:
    """Return, for each range, whether it holds one of the addresses; those are in ascending order."""
    held = np.zeros(first_high.size, np.bool_)
    for at in range(first_high.size):
        left = 0
        right = high.size
        while left < right:
            middle = (left + right) >> 1
            if _before(high[middle], low[middle], first_high[at], first_low[at]):
                left = middle + 1
            else:
                right = middle
        held[at] = left < high.size and not _before(last_high[at], last_low[at], high[left], low[left])
    return held


@njit(cache=True, nogil=True)
def _ascending(high: Any, low: Any) -> Any:
    """Say whether each start lies before the next: then there is nothing to sort."""
    for i in range(1, high.size):  # noqa: SIM110 - compiled
        if not _before(high[i - 1], low[i - 1], high[i], low[i]):
            return False
    return True


@njit(cache=True, nogil=True)
def _sweep(first_high: Any, first_low: Any, last_high: Any, last_low: Any, order: Any) -> Any:
    """Go along the line; the ranges that hold the present address lie on a stack, the one that counts on top."""
    n = order.size
    high = np.empty(2 * n + 1, np.uint64)
    low = np.empty(2 * n + 1, np.uint64)
    value = np.empty(2 * n + 1, np.int32)
    high[0] = _ZERO
    low[0] = _ZERO
    value[0] = -1
    count = 1
    stack = np.empty(n + 1, np.int64)
    top = 0
    for at in range(n + 1):
        new = -1
        if at < n:
            new = order[at]
            if _before(last_high[new], last_low[new], first_high[new], first_low[new]):
                continue
        while top > 0:
            ended = stack[top - 1]
            if new >= 0 and not _before(last_high[ended], last_low[ended], first_high[new], first_low[new]):
                break
            top -= 1
            end_high = last_high[ended]
            end_low = last_low[ended]
            if end_high == _ALL and end_low == _ALL:
                top = 0
                break
            while top > 0 and not _before(end_high, end_low, last_high[stack[top - 1]], last_low[stack[top - 1]]):
                top -= 1
            next_low = end_low + _ONE
            next_high = end_high + _ONE if next_low == _ZERO else end_high
            if not (high[count - 1] == next_high and low[count - 1] == next_low):
                high[count] = next_high
                low[count] = next_low
                count += 1
            value[count - 1] = stack[top - 1] if top > 0 else -1
        if new >= 0:
            if not (high[count - 1] == first_high[new] and low[count - 1] == first_low[new]):
                high[count] = first_high[new]
                low[count] = first_low[new]
                count += 1
            value[count - 1] = new
            stack[top] = new
            top += 1
    kept = 1
    for at in range(1, count):
        if value[at] != value[kept - 1]:
            high[kept] = high[at]
            low[kept] = low[at]
            value[kept] = value[at]
            kept += 1
    return high[:kept].copy(), low[:kept].copy(), value[:kept].copy()


@njit(cache=True, nogil=True)
def _find4(start: Any, value: Any, bucket: Any, shift: Any, address: Any) -> Any:
    b = address >> shift
    left = bucket[b]
    right = bucket[b + 1]
    while left < right:
        middle = (left + right + 1) >> 1
        if start[middle] <= address:
            left = middle
        else:
            right = middle - 1
    return value[left]


@njit(cache=True, nogil=True)
def _find(  # noqa: PLR0917 - a kernel takes its arrays one by one
    start4: Any, value4: Any, bucket4: Any, high6: Any, low6: Any, value6: Any, bucket6: Any,
    shift4: Any, shift6: Any, want_high: Any, want_low: Any,
) -> Any:  # fmt: skip
    found = np.empty(want_high.size, np.int32)
    base = np.uint64(_UNICAST)
    last_bucket = np.uint64(bucket6.size - 1)
    for w in range(want_high.size):
        high = want_high[w]
        low = want_low[w]
        if high == _ZERO and low >> _S32 == _MAPPED_TOP:
            found[w] = _find4(start4, value4, bucket4, shift4, np.uint32(low & _32))
            continue
        left = 0
        right = high6.size - 1
        if high >= base:
            b = (high - base) >> shift6
            if b < last_bucket:
                left = bucket6[b]
                right = bucket6[b + _ONE]
            else:
                left = bucket6[last_bucket]
        else:
            right = bucket6[0]
        while left < right:
            middle = (left + right + 1) >> 1
            if high6[middle] < high or (high6[middle] == high and low6[middle] <= low):
                left = middle
            else:
                right = middle - 1
        if value6[left] < 0 and high >> _S48 == _6TO4:
            found[w] = _find4(start4, value4, bucket4, shift4, np.uint32(high >> _S16 & _32))
        else:
            found[w] = value6[left]
    return found
