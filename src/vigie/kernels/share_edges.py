"""Meetings put together by their pair of accounts; see `vigie.kernels.share_pairs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

from vigie.kernels.share_crowds import met_in_crowds
from vigie.kernels.share_looks import look_around
from vigie.kernels.small_sort import put_in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64
    from vigie.kernels.share_looks import Met, View
    from vigie.kernels.small_sort import Bits

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


class Crowds(NamedTuple):
    """What is asked of crowds when two accounts that met elsewhere are looked at.

    begins: int64[accounts + 1], where the shares of each account at crowds begin; rows: int32, these shares, ascending.
    reduced: bool[objects], whether meetings of those who return are among the found ones. counted: int64[objects],
    which is added to: the meetings that edges have taken up.
    """

    begins: I64
    rows: I32
    reduced: Bools
    counted: I64


@njit(cache=True, nogil=True)
def _objects_between(view: View, meetings: I32, size: int, of: Bools) -> int:
    """Return at how many different objects `of` those asked two accounts met in different contents."""
    count = 0
    before = -1
    for m in range(size):
        i, j = meetings[m, 0], meetings[m, 1]
        n = view.object_of[i]
        if n != before and of[n] and view.contents[i] != view.contents[j]:
            before = n
            count += 1
    return count


@njit(cache=True, nogil=True)
def edges_of(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    every: View,
    returning: View,
    first: int,
    last: int,
    room: int,
    window: int,
    loops: int,
    crowds: Crowds,
    asked: Bools,
    weight_min: int,
    details: int,
    spread: I64,
    met: Met,
    bits: Bits,
) -> tuple[I32, I64, I64, I32]:
    """Return the edges from accounts first:last of at least `weight_min`, and the weights of all beyond `spread`.

    The edges are int32[5 or 8, edges] and int64[1 or 3, edges]; there are at most `room`. Then come the pairs that met
    at two of the `asked` objects (bool[objects], empty if none are) or more, int32[pairs, 3]: both accounts, and at how
    many. `spread` is added to: how many edges have each weight below its length. `met` has zeros for numbers,
    and so have `bits`.
    """
    small = np.empty((8 if details else 5, room), np.int32)
    large = np.empty((3 if details else 1, room), np.int64)
    heavy = np.empty(16, np.int64)
    together = np.empty((1 << 8, 3), np.int32)
    count = heavies = found = 0
    places = np.empty(met.others.shape[0], np.int64)
    held = np.empty((64, 2), np.int32)
    distinct = np.empty(64, np.int32)
    for a in range(first, last):
        different, repeats = look_around(every, a, window, loops, met, 0, 0)
        different, repeats = look_around(returning, a, window, loops, met, different, repeats)
        if different == 0:
            continue
        others = met.others[:different]
        in_crowds = crowds.begins[a] < crowds.begins[a + 1]
        total = 0
        for k in range(different):
            b = others[k]
            places[k] = -1
            if details or met.sizes[k] > 1 or (in_crowds and crowds.begins[b] < crowds.begins[b + 1]):
                if total + met.sizes[k] > held.shape[0]:
                    wider = np.empty((2 * (total + met.sizes[k]), 2), np.int32)
                    wider[:total] = held[:total]
                    held = wider
                held[total, 0], held[total, 1] = met.firsts[k, 0], met.firsts[k, 1]
                places[k] = total + 1
                total += met.sizes[k]
        for m in range(repeats):
            k = met.again[m, 0]
            held[places[k], 0], held[places[k], 1] = met.again[m, 1], met.again[m, 2]
            places[k] += 1
        put_in_order(others, bits)
        for b in others:
            k = met.numbers[b] - 1
            met.numbers[b] = 0
            size = int(met.sizes[k])
            delay = met.delays[k]
            older = newer = 1
            if places[k] >= 0:
                # Each place has moved on to where the next pair begins.
                meetings = held[places[k] - size : places[k]]
                if in_crowds and crowds.begins[b] < crowds.begins[b + 1]:
                    before = size
                    both_return = (
                        crowds.begins[a] + 1 < crowds.begins[a + 1] and crowds.begins[b] + 1 < crowds.begins[b + 1]
                    )
                    meetings, size = met_in_crowds(
                        every.times, every.contents, every.object_of, every.part, window, loops, a == b,
                        crowds.reduced if both_return else crowds.reduced[:0],
                        crowds.rows[crowds.begins[a] : crowds.begins[a + 1]],
                        crowds.rows[crowds.begins[b] : crowds.begins[b + 1]],
                        meetings, size, crowds.counted,
                    )  # fmt: skip
                    for m in range(before, size):
                        delay += every.times[meetings[m, 1]] - every.times[meetings[m, 0]]
                if asked.size and a != b and size > 1:
                    objects = _objects_between(every, meetings, size, asked)
                    if objects > 1:
                        if found == together.shape[0]:
                            wider = np.empty((2 * found, 3), np.int32)
                            wider[:found] = together
                            together = wider
                        together[found, 0], together[found, 1], together[found, 2] = a, b, objects
                        found += 1
                if size > 1:
                    if size > distinct.shape[0]:
                        distinct = np.empty(2 * size, np.int32)
                    older = _distinct(every.contents, meetings, 0, size, distinct)
                    newer = _distinct(every.contents, meetings, 1, size, distinct)
                if details:
                    led = tied = objects = 0
                    start, stop = every.times[meetings[0, 0]], every.times[meetings[0, 1]]
                    for m in range(size):
                        i, j = meetings[m, 0], meetings[m, 1]
                        begin, end = every.times[i], every.times[j]
                        tied += begin == end
                        led += begin != end and every.accounts[i] == a
                        start, stop = min(start, begin), max(stop, end)
                        objects += m == 0 or every.object_of[i] != every.object_of[meetings[m - 1, 0]]
                    small[_LED, count], small[_TIED, count], small[_OBJECTS, count] = led, tied, objects
                    large[_BEGIN, count], large[_END, count] = start, stop
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
            small[_FIRST, count], small[_SECOND, count], small[_WEIGHT, count] = a, b, size
            small[_OLDER, count], small[_NEWER, count] = older, newer
            large[_DELAY, count] = delay
            count += 1
    return small[:, :count], large[:, :count], heavy[:heavies].copy(), together[:found].copy()


def as_edges(small: I32, large: I64) -> Edges:
    """Return the columns, each by itself."""
    ints = [small[n] if n < small.shape[0] else np.zeros(0, np.int32) for n in range(8)]
    longs = [large[n] if n < large.shape[0] else np.zeros(0, np.int64) for n in range(3)]
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
