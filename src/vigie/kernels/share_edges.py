"""Meetings put together by their pair of accounts; see `vigie.kernels.share_pairs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

from vigie.kernels.share_crowds import met_in_crowds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Bools = NDArray[np.bool_]

_FEW: Final = 24
# The columns of an edge, as the compiled function writes them; those from LED and from BEGIN on only if asked for.
_FIRST, _SECOND, _WEIGHT, _OLDER, _NEWER, _LED, _TIED, _OBJECTS = range(8)
_DELAY, _BEGIN, _END = range(3)


class Edges(NamedTuple):
    """Pairs of accounts, by their ranks.

    first, second: int32, the ranks, the lesser first. weight: int32, meetings. delay: int64, the sum of their delays.
    older, newer: int32, the different contents on the older and on the newer side.

    With details, else empty: led: int32, meetings in which the first account's share is older; tied: int32, those at
    one instant; objects: int32, different ones; begin, end: int64, the first and the last time.
    """

    first: NDArray[Any]
    second: NDArray[Any]
    weight: NDArray[Any]
    delay: NDArray[Any]
    older: NDArray[Any]
    newer: NDArray[Any]
    led: NDArray[Any]
    tied: NDArray[Any]
    objects: NDArray[Any]
    begin: NDArray[Any]
    end: NDArray[Any]


@njit(cache=True, nogil=True)
def _distinct(contents: I32, meetings: I32, side: int, size: int, room: I32) -> int:
    """Return how many different contents the shares on one side of the meetings have."""
    if size == 1:
        return 1
    for k in range(size):
        room[k] = contents[meetings[k, side]]
    if size <= _FEW:
        count = 0
        for k in range(size):
            new = 1
            for m in range(k):
                if room[m] == room[k]:
                    new = 0
                    break
            count += new
        return count
    ordered = np.sort(room[:size])
    count = 1
    for k in range(1, size):
        count += ordered[k] != ordered[k - 1]
    return count


@njit(cache=True, nogil=True)
def edges_of(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    times: I64,
    accounts: I32,
    contents: I32,
    object_of: I32,
    part: Bools,
    account_count: int,
    window: int,
    loops: int,
    first: int,
    begins: I64,
    found: I32,
    delays: I64,
    crowd_begins: I64,
    crowd_rows: I32,
    reduced: Bools,
    counted: I64,
    weight_min: int,
    details: int,
    spread: I64,
) -> tuple[I32, I64, I64]:
    """Return the edges of a range of at least `weight_min`, and the weights of all beyond those in `spread`.

    The edges are int32[edges, 5 or 8] and int64[edges, 1 or 3]. `spread` is added to: how many edges have each weight
    below its length. `counted` is added to: the meetings of each crowd that edges have taken up.
    """
    # There are no more edges than meetings; what is not written to takes no memory.
    small = np.empty((found.shape[0], 8 if details else 5), np.int32)
    large = np.empty((found.shape[0], 3 if details else 1), np.int64)
    heavy = np.empty(16, np.int64)
    count = heavies = 0
    numbers = np.empty(account_count, np.int32)
    seen = np.full(account_count, -1, np.int32)
    meetings = np.empty((64, 2), np.int32)
    room = np.empty(64, np.int32)
    most = 0
    for n in range(begins.shape[0] - 1):
        most = max(most, begins[n + 1] - begins[n])
    all_others = np.empty(most, np.int32)
    places = np.empty(most + 1, np.int64)
    order = np.empty(most, np.int64)
    for n in range(begins.shape[0] - 1):
        begin, end = begins[n], begins[n + 1]
        if begin == end:
            continue
        a = first + n
        different = 0
        for k in range(begin, end):
            b = found[k, 0]
            if seen[b] != a:
                seen[b] = a
                all_others[different] = b
                different += 1
        others = all_others[:different]
        if different > 1:
            others.sort()
        for e in range(different):
            numbers[others[e]] = e
            places[e] = 0
        places[different] = 0
        for k in range(begin, end):
            places[numbers[found[k, 0]] + 1] += 1
        for e in range(different):
            places[e + 1] += places[e]
        for k in range(begin, end):
            e = numbers[found[k, 0]]
            order[places[e]] = k
            places[e] += 1
        for e in range(different):
            b = others[e]
            # Each place has moved on to where the next edge begins.
            at = places[e - 1] if e else 0
            size = places[e] - at
            crowded = crowd_begins[a] < crowd_begins[a + 1] and crowd_begins[b] < crowd_begins[b + 1]
            simple = size == 1 and not crowded
            delay = 0
            for m in range(size):
                delay += delays[order[at + m]]
            if details or not simple:
                if size > meetings.shape[0]:
                    meetings = np.empty((2 * size, 2), np.int32)
                for m in range(size):
                    meetings[m, 0], meetings[m, 1] = found[order[at + m], 1], found[order[at + m], 2]
            if crowded:
                before = size
                both_return = crowd_begins[a] + 1 < crowd_begins[a + 1] and crowd_begins[b] + 1 < crowd_begins[b + 1]
                meetings, size = met_in_crowds(
                    times, contents, object_of, part, window, loops, a == b, reduced if both_return else reduced[:0],
                    crowd_rows[crowd_begins[a] : crowd_begins[a + 1]],
                    crowd_rows[crowd_begins[b] : crowd_begins[b + 1]],
                    meetings, size, counted,
                )  # fmt: skip
                for m in range(before, size):
                    delay += times[meetings[m, 1]] - times[meetings[m, 0]]
            if size < spread.shape[0]:
                spread[size] += 1
            else:
                if heavies == heavy.shape[0]:
                    more = np.empty(2 * heavies, np.int64)
                    more[:heavies] = heavy
                    heavy = more
                heavy[heavies] = size
                heavies += 1
            if size < weight_min:
                continue
            if size > room.shape[0]:
                room = np.empty(2 * size, np.int32)
            small[count, _FIRST], small[count, _SECOND], small[count, _WEIGHT] = a, b, size
            small[count, _OLDER] = 1 if simple else _distinct(contents, meetings, 0, size, room)
            small[count, _NEWER] = 1 if simple else _distinct(contents, meetings, 1, size, room)
            large[count, _DELAY] = delay
            if details:
                led = tied = objects = 0
                start, stop = times[meetings[0, 0]], times[meetings[0, 1]]
                for m in range(size):
                    i, j = meetings[m, 0], meetings[m, 1]
                    tied += times[j] == times[i]
                    led += times[j] != times[i] and accounts[i] == a
                    start, stop = min(start, times[i]), max(stop, times[j])
                    objects += m == 0 or object_of[i] != object_of[meetings[m - 1, 0]]
                small[count, _LED], small[count, _TIED], small[count, _OBJECTS] = led, tied, objects
                large[count, _BEGIN], large[count, _END] = start, stop
            count += 1
    return small[:count], large[:count], heavy[:heavies].copy()


def as_edges(small: I32, large: I64) -> Edges:
    """Return the columns, each by itself."""
    ints = [np.ascontiguousarray(small[:, n]) if n < small.shape[1] else np.zeros(0, np.int32) for n in range(8)]
    longs = [np.ascontiguousarray(large[:, n]) if n < large.shape[1] else np.zeros(0, np.int64) for n in range(3)]
    return Edges(
        first=ints[_FIRST],
        second=ints[_SECOND],
        weight=ints[_WEIGHT],
        delay=longs[_DELAY],
        older=ints[_OLDER],
        newer=ints[_NEWER],
        led=ints[_LED],
        tied=ints[_TIED],
        objects=ints[_OBJECTS],
        begin=longs[_BEGIN],
        end=longs[_END],
    )
