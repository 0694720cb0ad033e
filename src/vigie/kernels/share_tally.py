"""Pairs of channels that met at several objects, counted without holding a meeting; see `vigie.kernels.co_shared`.

Nearly all pairs meet once and never again. So channels are taken one by one: its shares are gone through, each with
those around it, to count at how many objects each other channel was met; and once more, now that they are near at
hand, for the figures of the few others that were met often enough. Each pair is counted from its lesser channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Bools = NDArray[np.bool_]

# The columns of a record.
FIRST, SECOND, OBJECTS, MEETINGS, DELAY, LED, TIED, BEGIN, END = range(9)
COLUMNS: Final = 9
# A time that is in no window of another, and whose distance from any other is a number still.
_NEVER: Final = -(1 << 62)
_CONTENT: Final = (1 << 32) - 1


@njit(cache=True, nogil=True)
def in_company(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    starts: I64, times: I64, channels: I32, met: Bools, able: Bools, window: int, least: int
) -> Bools:
    """Return which of the `able` channels are within the window of another able one at `least` objects or more.

    If any share of a channel is near one of another's, so are two that stand side by side.
    """
    objects = np.zeros(able.shape[0], np.int32)
    counted_at = np.full(able.shape[0], -1, np.int32)
    for n in range(starts.shape[0] - 1):
        if not met[n]:
            continue
        i = -1
        for j in range(starts[n], starts[n + 1]):
            if not able[channels[j]]:
                continue
            if i >= 0 and channels[i] != channels[j] and times[i] >= times[j] - window:
                for c in (channels[i], channels[j]):
                    if counted_at[c] != n:
                        counted_at[c] = n
                        objects[c] += 1
            i = j
    return objects >= least


@njit(cache=True, nogil=True)
def lessened(  # noqa: PLR0917
    starts: I64, times: I64, channels: I32, contents: I32, met: Bools, able: Bools, window: int
) -> I64:
    """Return the shares of able channels at objects `met` at that have another one of them within the window.

    int64[n, 2]: the time, and channel << 32 | content; a row of `_NEVER` before, between and after objects. What is
    asked of a share stands in one place, because shares are then come upon in any order.
    """
    size = 1
    for n in range(starts.shape[0] - 1):
        if met[n]:
            own = 0
            for j in range(starts[n], starts[n + 1]):
                own += able[channels[j]]
            size += own + 1 if own > 1 else 0
    shares = np.empty((size, 2), np.int64)
    shares[0] = _NEVER
    at = 1
    for n in range(starts.shape[0] - 1):
        if not met[n]:
            continue
        begin = at
        i = -1  # the able share before, which is in company if `company`
        company = False
        for j in range(starts[n], starts[n + 1]):
            if not able[channels[j]]:
                continue
            near = i >= 0 and times[i] >= times[j] - window
            if near or company:
                shares[at, 0], shares[at, 1] = times[i], np.int64(channels[i]) << 32 | contents[i]
                at += 1
            i, company = j, near
        if company:
            shares[at, 0], shares[at, 1] = times[i], np.int64(channels[i]) << 32 | contents[i]
            at += 1
        if at > begin:
            shares[at] = _NEVER
            at += 1
    return shares[:at]


@njit(cache=True, nogil=True)
def _by_channel(shares: I64, channel_count: int) -> tuple[I64, I32, I32]:
    """Return by channel where its shares begin, the shares, and their objects, numbered from 1."""
    begins = np.zeros(channel_count + 1, np.int64)
    for j in range(shares.shape[0]):
        if shares[j, 0] != _NEVER:
            begins[(shares[j, 1] >> 32) + 1] += 1
    for c in range(channel_count):
        begins[c + 1] += begins[c]
    free = begins[:-1].copy()
    rows, objects = np.empty(begins[-1], np.int32), np.empty(begins[-1], np.int32)
    n = 0
    for j in range(shares.shape[0]):
        if shares[j, 0] == _NEVER:
            n += 1
            continue
        c = shares[j, 1] >> 32
        rows[free[c]], objects[free[c]] = j, n
        free[c] += 1
    return begins, rows, objects


@njit(cache=True, nogil=True)
def tallied(shares: I64, channel_count: int, window: int, least: int) -> I64:
    """Return a record, int64[COLUMNS], of each pair that met at `least` objects or more, by both channels.

    `shares` are those of `lessened`.
    """
    begins, rows, objects = _by_channel(shares, channel_count)
    records = np.empty((1 << 10, COLUMNS), np.int64)
    size = 0
    # Of each other channel: at how many objects it was met, and the last of them.
    seen = np.zeros((channel_count, 2), np.int32)
    others = np.empty(channel_count, np.int32)
    for a in range(channel_count):
        count = 0
        for k in range(begins[a], begins[a + 1]):
            j, n = rows[k], objects[k]
            time, content = shares[j, 0], shares[j, 1] & _CONTENT
            for step in (-1, 1):
                i = j + step
                while abs(shares[i, 0] - time) <= window:
                    b = shares[i, 1] >> 32
                    if b > a and seen[b, 1] != n and shares[i, 1] & _CONTENT != content:
                        if seen[b, 0] == 0:
                            others[count] = b
                            count += 1
                        seen[b, 0] += 1
                        seen[b, 1] = n
                    i += step
        chosen = 0
        for m in range(count):
            b = others[m]
            if seen[b, 0] >= least:
                others[chosen] = b
                chosen += 1
            seen[b, 0] = seen[b, 1] = 0
        if not chosen:
            continue
        others[:chosen].sort()
        while size + chosen > records.shape[0]:
            wider = np.empty((2 * records.shape[0], COLUMNS), np.int64)
            wider[:size] = records[:size]
            records = wider
        for m in range(chosen):
            records[size + m] = 0
            records[size + m, FIRST], records[size + m, SECOND] = a, others[m]
            seen[others[m], 0] = m + 1
        for k in range(begins[a], begins[a + 1]):
            j, n = rows[k], objects[k]
            time, content = shares[j, 0], shares[j, 1] & _CONTENT
            for step in (-1, 1):
                i = j + step
                while abs(shares[i, 0] - time) <= window:
                    b = shares[i, 1] >> 32
                    if seen[b, 0] and shares[i, 1] & _CONTENT != content:
                        record = records[size + seen[b, 0] - 1]
                        begin, end = min(shares[i, 0], time), max(shares[i, 0], time)
                        if record[MEETINGS] == 0:
                            record[BEGIN], record[END] = begin, end
                        if seen[b, 1] != n:
                            seen[b, 1] = n
                            record[OBJECTS] += 1
                        record[MEETINGS] += 1
                        record[DELAY] += end - begin
                        record[LED] += time < shares[i, 0]
                        record[TIED] += begin == end
                        record[BEGIN] = min(record[BEGIN], begin)
                        record[END] = max(record[END], end)
                    i += step
        for m in range(chosen):
            seen[others[m], 0] = seen[others[m], 1] = 0
        size += chosen
    return records[:size]


@njit(cache=True, nogil=True)
def between(  # noqa: PLR0917
    starts: I64, times: I64, channels: I32, contents: I32, met: Bools, begin: int, end: int
) -> tuple[I64, I64, I32, I32, I32, I64]:
    """Return (starts, times, channels, contents) from `begin` to before `end`, at objects `met` at with two of them.

    And (channels, times) of those that are alone at an object then.
    """
    count = size = alone = 0
    firsts = np.empty(starts.shape[0] - 1, np.int64)
    sizes = np.zeros(starts.shape[0] - 1, np.int64)
    for n in range(starts.shape[0] - 1):
        if not met[n] or times[starts[n]] >= end or times[starts[n + 1] - 1] < begin:
            continue
        j = starts[n]
        while times[j] < begin:
            j += 1
        firsts[n] = j
        while j < starts[n + 1] and times[j] < end:
            j += 1
        sizes[n] = j - firsts[n]
        if sizes[n] > 1:
            size += sizes[n]
            count += 1
        alone += sizes[n] == 1
    new_starts = np.zeros(count + 1, np.int64)
    new_times, new_channels, new_contents = np.empty(size, np.int64), np.empty(size, np.int32), np.empty(size, np.int32)
    lone_channels, lone_times = np.empty(alone, np.int32), np.empty(alone, np.int64)
    at = made = alone = 0
    for n in range(starts.shape[0] - 1):
        if sizes[n] > 1:
            for j in range(firsts[n], firsts[n] + sizes[n]):
                new_times[at], new_channels[at], new_contents[at] = times[j], channels[j], contents[j]
                at += 1
            made += 1
            new_starts[made] = at
        elif sizes[n]:
            lone_channels[alone], lone_times[alone] = channels[firsts[n]], times[firsts[n]]
            alone += 1
    return new_starts, new_times, new_channels, new_contents, lone_channels, lone_times
