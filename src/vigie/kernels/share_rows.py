"""The shares that can meet, by object and from the older to the newer, and what kind each object is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Bools = NDArray[np.bool_]

_FEW: Final = 24
ORDINARY, CROWD, FLOOD, LONE = range(4)


class Rows(NamedTuple):
    """The shares that can meet, by object and then from the older to the newer.

    starts: int64[objects + 1], where each object's shares begin; objects: int32[objects], its number.
    times: int64[n]; accounts: int32[n], by rank; contents: int32[n]; object_of: int32[n], its place in `objects`.
    lone_accounts: int32[m], lone_times: int64[m]: the shares of objects that have no other one, as they came.
    """

    starts: I64
    objects: I32
    times: I64
    accounts: I32
    contents: I32
    object_of: I32
    lone_accounts: I32
    lone_times: I64


class Objects(NamedTuple):
    """What is known of each object of `Rows`.

    kinds: uint8, ORDINARY, CROWD, FLOOD, or LONE where none has a meeting because no two accounts shared it within a
    window. peaks: int64, the most accounts that shared it within one. meetings: int64, those that count; of a flood 0.
    """

    kinds: NDArray[np.uint8]
    peaks: I64
    meetings: I64


@njit(cache=True, nogil=True)
def _sort_by_time(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    times: I64, accounts: I32, order: I32, begin: int, end: int, room: I32
) -> None:
    """Sort order[begin:end], which ascends, by time and account, and keep the order of those alike."""
    size = end - begin
    falls = rises = False
    for k in range(begin + 1, end):
        one, other = order[k - 1], order[k]
        if times[one] > times[other] or (times[one] == times[other] and accounts[one] > accounts[other]):
            falls = True
        else:
            rises = True
    if not falls:
        return
    if not rises:
        # Strictly descending, as in an export that has the newest share on top.
        for k in range(size // 2):
            order[begin + k], order[end - 1 - k] = order[end - 1 - k], order[begin + k]
        return
    for start in range(begin, end, _FEW):
        for k in range(start + 1, min(start + _FEW, end)):
            row = order[k]
            at = k
            while at > start and (
                times[order[at - 1]] > times[row]
                or (times[order[at - 1]] == times[row] and accounts[order[at - 1]] > accounts[row])
            ):
                order[at] = order[at - 1]
                at -= 1
            order[at] = row
    width = _FEW
    while width < size:
        for start in range(begin, end, 2 * width):
            middle, stop = min(start + width, end), min(start + 2 * width, end)
            left, right = start, middle
            for k in range(start, stop):
                take_left = left < middle
                if take_left and right < stop:
                    one, other = order[left], order[right]
                    take_left = times[one] < times[other] or (
                        times[one] == times[other] and accounts[one] <= accounts[other]
                    )
                if take_left:
                    room[k - begin] = order[left]
                    left += 1
                else:
                    room[k - begin] = order[right]
                    right += 1
        for k in range(size):
            order[begin + k] = room[k]
        width *= 2


@njit(cache=True, nogil=True)
def arranged(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    objects: I32, accounts: I32, contents: I32, times: I64, kept: Bools, twins: I32, ranks: I32, loops: int
) -> tuple[I64, I32, I64, I32, I32, I32, I32, I64]:
    """Return the fields of `Rows`; shares that are not kept, and loops unless asked for, are nowhere."""
    rows = objects.shape[0]
    sizes = np.zeros(twins.shape[0] + 1, np.int64)
    for row in range(rows):
        if kept[row] and (loops or twins[objects[row]] != contents[row]):
            sizes[objects[row]] += 1
    count = total = widest = lone = 0
    for n in range(twins.shape[0]):
        if sizes[n] > 1:
            count += 1
            total += sizes[n]
            widest = max(widest, sizes[n])
        else:
            lone += sizes[n]
    starts = np.zeros(count + 1, np.int64)
    numbers = np.empty(count, np.int32)
    places = np.full(twins.shape[0], -1, np.int64)
    at = 0
    for n in range(twins.shape[0]):
        if sizes[n] > 1:
            numbers[at] = n
            places[n] = starts[at]
            starts[at + 1] = starts[at] + sizes[n]
            at += 1
    order = np.empty(total, np.int32)
    lone_accounts, lone_times = np.empty(lone, np.int32), np.empty(lone, np.int64)
    at = 0
    for row in range(rows):
        if not kept[row] or (not loops and twins[objects[row]] == contents[row]):
            continue
        place = places[objects[row]]
        if place >= 0:
            order[place] = row
            places[objects[row]] = place + 1
        else:
            lone_accounts[at], lone_times[at] = ranks[accounts[row]], times[row]
            at += 1
    room = np.empty(widest, np.int32)
    sorted_times = np.empty(total, np.int64)
    sorted_accounts = np.empty(total, np.int32)
    sorted_contents = np.empty(total, np.int32)
    object_of = np.empty(total, np.int32)
    for n in range(count):
        _sort_by_time(times, accounts, order, starts[n], starts[n + 1], room)
        for k in range(starts[n], starts[n + 1]):
            row = order[k]
            sorted_times[k] = times[row]
            sorted_accounts[k] = ranks[accounts[row]]
            sorted_contents[k] = contents[row]
            object_of[k] = n
    return starts, numbers, sorted_times, sorted_accounts, sorted_contents, object_of, lone_accounts, lone_times


@njit(cache=True, nogil=True)
def surveyed(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    starts: I64,
    times: I64,
    accounts: I32,
    account_count: int,
    window: int,
    crowd_max: int,
    loops: int,
    meetings_max: int,
    repeats_max: int,
) -> tuple[Any, I64]:
    """Return the kind of each object, and the most accounts that shared it within one window."""
    kinds = np.zeros(starts.shape[0] - 1, np.uint8)
    peaks = np.zeros(starts.shape[0] - 1, np.int64)
    within = np.zeros(account_count, np.int32)
    for n in range(starts.shape[0] - 1):
        low = starts[n]
        present = pairs = most = 0
        for j in range(starts[n], starts[n + 1]):
            while times[low] < times[j] - window:
                within[accounts[low]] -= 1
                present -= within[accounts[low]] == 0
                low += 1
            pairs += j - low
            within[accounts[j]] += 1
            present += within[accounts[j]] == 1
            most = max(most, within[accounts[j]])
            peaks[n] = max(peaks[n], present)
        for j in range(low, starts[n + 1]):
            within[accounts[j]] = 0
        if peaks[n] > crowd_max:
            kinds[n] = FLOOD if most > repeats_max else CROWD
        elif peaks[n] == 1 and not loops:
            kinds[n] = LONE
        elif pairs > meetings_max:
            kinds[n] = FLOOD
    return kinds, peaks
