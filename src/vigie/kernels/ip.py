"""Addresses as 128-bit numbers in two uint64 halves, and the look-up of the narrowest range that holds one.

IPv4 addresses stand at ::ffff:0:0/96, so that both families are one ordered line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address, IPv6Address

    from numpy.typing import NDArray

_MAPPED: Final = 0xFFFF_0000_0000
_LOW: Final = 0xFFFF_FFFF_FFFF_FFFF


def halves(addresses: Sequence[IPv4Address | IPv6Address]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the upper and the lower 64 bits of each address."""
    numbers = [int(a) | _MAPPED if a.version == 4 else int(a) for a in addresses]
    high = np.fromiter((n >> 64 for n in numbers), dtype=np.uint64, count=len(numbers))
    low = np.fromiter((n & _LOW for n in numbers), dtype=np.uint64, count=len(numbers))
    return high, low


def find_ranges(
    first: tuple[NDArray[np.uint64], NDArray[np.uint64]],
    last: tuple[NDArray[np.uint64], NDArray[np.uint64]],
    wanted: tuple[NDArray[np.uint64], NDArray[np.uint64]],
) -> NDArray[np.int64]:
    """Return, for each wanted address, the position of its range in `first` and `last`, or -1.

    Of several ranges that hold it: the one that begins last, then the one that ends first, then the earlier position.
    Ranges may come in any order, overlap and nest; one whose last address lies before its first holds nothing.
    """
    position = np.arange(first[0].size, dtype=np.int64)
    # Descending end, then descending position: the scan below runs backwards and must meet the narrowest first.
    order = np.lexsort((-position, ~last[1], ~last[0], first[1], first[0]))
    found = _find(first[0][order], first[1][order], last[0][order], last[1][order], wanted[0], wanted[1])
    return np.where(found >= 0, order[found], -1) if order.size else np.full(wanted[0].size, -1, dtype=np.int64)


@njit(cache=True, nogil=True)
def _before(high_a, low_a, high_b, low_b):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return high_a < high_b or (high_a == high_b and low_a < low_b)


@njit(cache=True, nogil=True)
def _find(first_high, first_low, last_high, last_low, want_high, want_low):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    """Search in ranges sorted by first; `reach` is the greatest last address so far, where a backward scan may stop."""
    n = first_high.size
    reach_high = np.empty(n, dtype=np.uint64)
    reach_low = np.empty(n, dtype=np.uint64)
    for i in range(n):
        if i > 0 and _before(last_high[i], last_low[i], reach_high[i - 1], reach_low[i - 1]):
            reach_high[i] = reach_high[i - 1]
            reach_low[i] = reach_low[i - 1]
        else:
            reach_high[i] = last_high[i]
            reach_low[i] = last_low[i]
    found = np.full(want_high.size, -1, dtype=np.int64)
    for w in range(want_high.size):
        low = 0
        high = n
        while low < high:
            middle = (low + high) // 2
            if _before(want_high[w], want_low[w], first_high[middle], first_low[middle]):
                high = middle
            else:
                low = middle + 1
        i = low - 1
        while i >= 0 and not _before(reach_high[i], reach_low[i], want_high[w], want_low[w]):
            if not _before(last_high[i], last_low[i], want_high[w], want_low[w]):
                found[w] = i
                break
            i -= 1
    return found
