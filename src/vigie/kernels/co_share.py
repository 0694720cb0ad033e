"""Meetings of channels at one object: who shared it within a window of whom.

A share of channel b meets channel a where a shared the same object at most `window_us` before it (at the same instant,
the row that comes first counts as earlier). It is one meeting however often a shared within the window: the row taken
is a's latest, and `shares` counts all of them. So a channel that repeats itself makes as many rows as it has shares,
not their product, and the result has at most (number of rows) x (`crowd_max` - 1) meetings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _meet(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    starts: NDArray[np.int64],
    channels: NDArray[np.int32],
    times: NDArray[np.int64],
    channel_count: int,
    window_us: int,
    crowd_max: int,
    peaks: NDArray[np.int64],
    earlier: NDArray[np.int64],
    later: NDArray[np.int64],
    shares: NDArray[np.int64],
    delays: NDArray[np.int64],
) -> int:
    """Fill the arrays while there is room; return how many meetings there are. With empty arrays it only counts."""
    room = earlier.shape[0]
    # Channels in the window, as a list linked from the latest sharer to the one that has been silent longest.
    newer = np.full(channel_count, -1, np.int64)
    older = np.full(channel_count, -1, np.int64)
    latest = np.full(channel_count, -1, np.int64)
    within = np.zeros(channel_count, np.int64)
    sums = np.zeros(channel_count, np.int64)
    made = 0
    for o in range(starts.shape[0] - 1):
        begin, end = starts[o], starts[o + 1]
        made_before = made
        head, tail, present, gone, peak = -1, -1, 0, begin, 0
        for j in range(begin, end):
            while times[gone] < times[j] - window_us:
                c = channels[gone]
                within[c] -= 1
                sums[c] -= times[gone] - times[begin]
                if within[c] == 0:
                    # Silent since before the window, so it stands at the end of the list.
                    tail = newer[c]
                    if tail >= 0:
                        older[tail] = -1
                    else:
                        head = -1
                    present -= 1
                gone += 1
            c = channels[j]
            if within[c] > 0:
                if newer[c] >= 0:
                    older[newer[c]] = older[c]
                    if older[c] >= 0:
                        newer[older[c]] = newer[c]
                    else:
                        tail = newer[c]
                    newer[c] = -1
                    older[c] = head
                    newer[head] = c
                    head = c
            else:
                present += 1
                newer[c] = -1
                older[c] = head
                if head >= 0:
                    newer[head] = c
                else:
                    tail = c
                head = c
            within[c] += 1
            sums[c] += times[j] - times[begin]
            latest[c] = j
            peak = max(peak, present)
            if peak > crowd_max:
                continue
            a = older[c]
            while a >= 0:
                if made < room:
                    earlier[made] = latest[a]
                    later[made] = j
                    shares[made] = within[a]
                    delays[made] = within[a] * (times[j] - times[begin]) - sums[a]
                made += 1
                a = older[a]
        peaks[o] = peak
        if peak > crowd_max:
            made = made_before
        for j in range(gone, end):
            c = channels[j]
            within[c] = 0
            sums[c] = 0
    return made


def meetings(
    starts: NDArray[np.int64],
    channels: NDArray[np.int32],
    times: NDArray[np.int64],
    *,
    window_us: int,
    crowd_max: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return (peaks, earlier, later, shares, delays).

    `starts` holds the first row of each object, and at its end the number of rows; `channels` the code of each row's
    channel, from 0; `times` microseconds, ascending within an object. A meeting is within `window_us`, inclusive; an
    object that more than `crowd_max` channels share within one window has none.

    `peaks` holds for each object the most channels that shared it within one window. `earlier` and `later` are the rows
    of each meeting, ascending by `later`; `shares` says how many shares of the earlier channel lie in the window, and
    `delays` adds up the microseconds from each of them to the later row.
    """
    peaks = np.zeros(starts.shape[0] - 1, np.int64)
    none = np.empty(0, np.int64)
    channel_count = int(channels.max()) + 1 if channels.shape[0] else 0
    given = (starts, channels, times, channel_count, window_us, crowd_max, peaks)
    count = _meet(*given, none, none, none, none)
    earlier, later, shares, delays = (np.empty(count, np.int64) for _ in range(4))
    _meet(*given, earlier, later, shares, delays)
    return peaks, earlier, later, shares, delays
