"""Sessions of many clients at once: where they begin, and what was counted in each.

Rows are sorted by client, then by time. A session ends where the client changes or pauses for longer than allowed.
Nothing here depends on the order of a client's rows of one instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What a row's `facts` say, one bit each; the number of the indicator it matches (0: none) stands above them.
ASSET: Final = 1
QUERY: Final = 2
REFERER: Final = 4
POST: Final = 8
LOGIN: Final = 16
ROBOTS: Final = 32
MISSING: Final = 64
DENIED: Final = 128
FAILED: Final = 256
INDICATOR_SHIFT: Final = 9

COUNTS: Final = (
    "requests",
    "assets",
    "queries",
    "referred",
    "posts",
    "logins",
    "robots",
    "missing",
    "denied",
    "failed",
    "attacks",
    "paths",  # distinct
    "indicators",  # distinct
    "attack_paths",  # distinct paths of requests that match an indicator
    "blind",  # asked for a page that is missing, no asset, and without a referer
    "blind_paths",  # distinct
    "post_paths",  # distinct
    "per_minute",
    "at_first",  # at the instant of the first
    "host",  # number of the host most requests went to, the least where several are; -1: none was logged
)
_MINUTE_US: Final = 60_000_000


def session_starts(clients: NDArray[np.integer[Any]], times: NDArray[np.int64], pause_us: int) -> NDArray[np.int64]:
    """Return the first row of each session, and at the end the number of rows.

    `clients` are numbers of shape (rows,).
    """
    if not len(times):
        return np.zeros(1, np.int64)
    cut = (clients[1:] != clients[:-1]) | (times[1:] - times[:-1] > pause_us)
    return np.flatnonzero(np.concatenate(([True], cut, [True]))).astype(np.int64)


@njit(cache=True, nogil=True)
def _count(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    starts: NDArray[np.int64],
    times: NDArray[np.int64],
    paths: NDArray[np.uint64],
    facts: NDArray[np.int32],
    hosts: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> None:
    longest, indicators = 1, 1
    for s in range(starts.shape[0] - 1):
        longest = max(longest, starts[s + 1] - starts[s])
    for j in range(facts.shape[0]):
        indicators = max(indicators, (facts[j] >> 9) + 1)
    bits = 2
    while (1 << bits) < 2 * longest:
        bits += 1
    mask = (1 << bits) - 1
    shift = np.uint64(64 - bits)
    # Two open tables, of paths and of hosts; a place belongs to the session whose number stands there.
    path_at = np.zeros(mask + 1, np.uint64)
    path_of = np.full(mask + 1, -1, np.int64)
    path_seen = np.zeros(mask + 1, np.uint8)
    host_at = np.zeros(mask + 1, np.int32)
    host_of = np.full(mask + 1, -1, np.int64)
    host_count = np.zeros(mask + 1, np.int64)
    indicator_of = np.full(indicators, -1, np.int64)
    for s in range(starts.shape[0] - 1):
        begin, end = starts[s], starts[s + 1]
        row = counts[s]
        row[0] = end - begin
        gone, best, best_host = begin, 0, -1
        for j in range(begin, end):
            f = facts[j]
            row[1] += f & 1
            row[2] += (f >> 1) & 1
            row[3] += (f >> 2) & 1
            row[4] += (f >> 3) & 1
            row[5] += (f >> 4) & 1
            row[6] |= (f >> 5) & 1
            row[7] += (f >> 6) & 1
            row[8] += (f >> 7) & 1
            row[9] += (f >> 8) & 1
            indicator = f >> 9
            blind = (f & 64) != 0 and (f & 5) == 0
            if indicator > 0:
                row[10] += 1
                if indicator_of[indicator] != s:
                    indicator_of[indicator] = s
                    row[12] += 1
            if blind:
                row[14] += 1
            p = np.int64((paths[j] * np.uint64(0x9E3779B97F4A7C15)) >> shift)
            while path_of[p] == s and path_at[p] != paths[j]:
                p = (p + 1) & mask
            if path_of[p] != s:
                path_of[p] = s
                path_at[p] = paths[j]
                path_seen[p] = 0
                row[11] += 1
            if indicator > 0 and (path_seen[p] & 1) == 0:
                path_seen[p] |= 1
                row[13] += 1
            if blind and (path_seen[p] & 2) == 0:
                path_seen[p] |= 2
                row[15] += 1
            if (f & 8) != 0 and (path_seen[p] & 4) == 0:
                path_seen[p] |= 4
                row[16] += 1
            while times[gone] <= times[j] - _MINUTE_US:
                gone += 1
            row[17] = max(row[17], j - gone + 1)
            row[18] += times[j] == times[begin]
            if hosts[j] >= 0:
                h = (hosts[j] * 40503) & mask
                while host_of[h] == s and host_at[h] != hosts[j]:
                    h = (h + 1) & mask
                if host_of[h] != s:
                    host_of[h] = s
                    host_at[h] = hosts[j]
                    host_count[h] = 0
                host_count[h] += 1
                if host_count[h] > best or (host_count[h] == best and hosts[j] < best_host):
                    best, best_host = host_count[h], hosts[j]
        row[19] = best_host


def count_sessions(
    starts: NDArray[np.int64],
    times: NDArray[np.int64],
    paths: NDArray[np.uint64],
    facts: NDArray[np.int32],
    hosts: NDArray[np.int32],
) -> dict[str, NDArray[np.int32]]:
    """Return each of COUNTS, one number for each session.

    `starts` is what `session_starts` gives; `times` are microseconds; `paths` hashes; `facts` bits and indicator;
    `hosts` numbers in the order of their names, -1 where none was logged. `robots` is 0 or 1.
    A minute is 60 seconds, the first instant counted and the last not.
    """
    counts = np.zeros((len(starts) - 1, len(COUNTS)), np.int32)
    _count(starts, times, paths, facts, hosts, counts)
    return {name: counts[:, n].copy() for n, name in enumerate(COUNTS)}
