"""Meetings of listed pairs, one by one: which two shares of one object lie within a window of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64

CHANNELS_MAX: Final = 1 << 24


@njit(cache=True, nogil=True)
def _meetings(starts: I64, channels: I32, times: I64, windows: I64, groups: I32, pairs: I64, found: I64) -> int:  # noqa: PLR0917 - compiled functions take no keywords cheaply
    """Fill `found` while there is room; return how many meetings there are."""
    made = 0
    room = found.shape[0]
    for n in range(starts.shape[0] - 1):
        first = np.int64(groups[n]) << 48
        low = starts[n]
        for j in range(starts[n], starts[n + 1]):
            while times[low] < times[j] - windows[n]:
                low += 1
            for i in range(low, j):
                one: Any = np.int64(min(channels[i], channels[j]))
                other: Any = np.int64(max(channels[i], channels[j]))
                if one == other:
                    continue
                key = first | one << 24 | other
                at = np.searchsorted(pairs, key)
                if at < pairs.shape[0] and pairs[at] == key:
                    if made < room:
                        found[made, 0], found[made, 1] = (i, j) if channels[i] < channels[j] else (j, i)
                    made += 1
    return made


def listed_meetings(  # noqa: PLR0917 - what the kernel takes
    starts: I64, channels: I32, times: I64, windows: I64, groups: I32, pairs: I64
) -> I64:
    """Return the meetings of listed pairs, int64[meetings, 2]: the share of the lesser channel, and the other's.

    Shares of object n are starts[n] to starts[n + 1], ascending in time; they meet within windows[n], inclusive.
    `channels` are codes below `CHANNELS_MAX`. `pairs`, ascending, has the listed ones as `pair_keys` makes them, of the
    group groups[n] (such as a kind of object) of each object, from 0.
    """
    none = np.empty((0, 2), np.int64)
    found = np.empty((_meetings(starts, channels, times, windows, groups, pairs, none), 2), np.int64)
    _meetings(starts, channels, times, windows, groups, pairs, found)
    return found


def pair_keys(groups: I32, first: I32, second: I32) -> I64:
    """Return a number for each pair of a group, `first` the lesser channel."""
    return groups.astype(np.int64) << 48 | first.astype(np.int64) << 24 | second.astype(np.int64)
