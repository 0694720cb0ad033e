"""Which texts have a sampled run: lists by run, kept as arrays that may lie in files; `Lists`.

Lists are made for some texts at a time and stand beside those of the texts before them: texts that follow change none.
Two that stand beside each other can be made one (`merged`). A run names the first `LISTED` texts that have it and are
listed, over all of them; of a common phrase, one that `LISTED` have, only the first `FEW` are ever looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

from vigie.kernels.prefetch import prefetch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vigie.kernels.bytes_gather import I32, I64, U8
    from vigie.kernels.near_texts import U32

LISTED: Final = 64
FEW: Final = 8
_EMPTY: Final = np.int32(-1)
_AHEAD: Final = 32  # how many turns before it is read a place is asked for
_FACTOR: Final = np.uint32(2654435761)


class Lists(NamedTuple):
    """Runs, ascending, uint32[runs]; begins, uint32[runs + 1], of their lists in texts, int32, each ascending."""

    runs: U32
    begins: U32
    texts: I32


class Pages(NamedTuple):
    """Lists that are being written, of runs in the order in which they are first sampled.

    So the pages of one text lie side by side, for the most part. The list of page p is
    `texts[begins[p] : begins[p] + filled[p]]`; begins leaves room for those that will follow; filled: uint8, and stood:
    how many of them stood in lists before. Of a page that was full before, `LISTED`, there are the first `FEW`. runs:
    ascending, and order: the page of each.
    """

    runs: U32
    order: I32
    begins: I64
    filled: U8
    stood: U8
    texts: I32


@njit(cache=True, nogil=True)
def _numbers(sample: U32, bits: int) -> tuple[I32, U32]:
    """Return a number for each sampled run, equal ones alike, in the order of their first, and the run of each."""
    mask = np.uint32((1 << bits) - 1)
    table = np.full(1 << bits, _EMPTY, np.int32)
    numbers = np.empty(sample.size, np.int32)
    runs = np.empty(sample.size, np.uint32)
    count = 0
    for k in range(sample.size):
        at = (sample[k] * _FACTOR) & mask
        while table[at] != _EMPTY and runs[table[at]] != sample[k]:
            at = (at + np.uint32(1)) & mask
        if table[at] == _EMPTY:
            table[at] = count
            runs[count] = sample[k]
            count += 1
        numbers[k] = table[at]
    return numbers, runs[:count].copy()


def _places_of(sample: U32) -> tuple[I32, U32, I32]:
    """Return for each sampled run its page, the different runs, ascending, and the page of each of these."""
    bits = max(4, int(sample.size * 3 // 2).bit_length())
    places, runs = _numbers(sample, bits)
    keyed = np.sort(runs.astype(np.uint64) << np.uint64(32) | np.arange(runs.size, dtype=np.uint64))
    order = (keyed & np.uint64(0xFFFFFFFF)).astype(np.int32)
    return places, runs[order], order


@njit(cache=True, nogil=True)
def _found(asked: U32, runs: U32) -> I64:
    """Return where each of the `asked` runs stands among `runs`, both ascending; -1 where it does not."""
    found = np.empty(asked.size, np.int64)
    begin = 0
    for k in range(asked.size):
        # What is asked next stands not far behind: steps that double, then halves.
        step, low = 1, begin
        while low + step <= runs.size and runs[low + step - 1] < asked[k]:
            low += step
            step *= 2
        high = min(low + step, runs.size)
        while low < high:
            middle = (low + high) >> 1
            if runs[middle] < asked[k]:
                low = middle + 1
            else:
                high = middle
        begin = low
        found[k] = low if low < runs.size and runs[low] == asked[k] else -1
    return found


@njit(cache=True, nogil=True)
def _counted(found: I64, order: I32, begins: U32, counts: I64) -> None:
    for p in range(found.size):
        if found[p] >= 0:
            counts[order[p]] += np.int64(begins[found[p] + 1]) - np.int64(begins[found[p]])


@njit(cache=True, nogil=True)
def _room(places: I32, counts: I64) -> I64:
    """Return where each list begins: there is room for those that stand in it and those that may come."""
    begins = np.zeros(counts.size + 1, np.int64)
    for p in range(counts.size):
        begins[p + 1] = FEW if counts[p] >= LISTED else counts[p]
    for place in places:
        if counts[place] < LISTED and begins[place + 1] < LISTED:
            begins[place + 1] += 1
    for p in range(counts.size):
        begins[p + 1] += begins[p]
    return begins


@njit(cache=True, nogil=True)
def _copied(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    found: I64, order: I32, list_begins: U32, texts: I32, counts: I64, begins: I64, filled: U8, pages: I32
) -> None:
    for p in range(found.size):
        if found[p] < 0:
            continue
        page = order[p]
        begin, end = np.int64(list_begins[found[p]]), np.int64(list_begins[found[p] + 1])
        count = np.int64(filled[page])
        if counts[page] >= LISTED:
            end = min(end, begin + FEW - count)
        to = begins[page] + count
        for at in range(begin, end):
            pages[to + at - begin] = texts[at]
        if end > begin:
            filled[page] = count + end - begin


def pages_of(sample: U32, standing: Sequence[Lists]) -> tuple[I32, Pages]:
    """Return the pages of the runs of a sample, filled from the lists that stand, and the page of each sampled run."""
    places, runs, order = _places_of(sample)
    counts = np.zeros(runs.size, np.int64)
    founds = []
    for lists in standing:
        found = _found(runs, lists.runs)
        _counted(found, order, lists.begins, counts)
        founds.append(found)
    begins = _room(places, counts)
    filled = np.zeros(runs.size, np.uint8)
    texts = np.empty(int(begins[-1]), np.int32)
    for found, lists in zip(founds, standing, strict=True):
        _copied(found, order, lists.begins, lists.texts, counts, begins, filled, texts)
    filled[counts >= LISTED] = LISTED
    return places, Pages(runs, order, begins, filled, filled.copy(), texts)


@njit(cache=True, nogil=True)
def _written(runs: U32, order: I32, page_begins: I64, filled: U8, stood: U8, pages: I32) -> tuple[U32, U32, I32]:  # noqa: PLR0917 - compiled functions take no keywords cheaply
    made = count = 0
    for p in range(runs.size):
        new = filled[order[p]] - stood[order[p]]
        made += new > 0
        count += new
    own_runs, begins = np.empty(made, np.uint32), np.zeros(made + 1, np.uint32)
    texts = np.empty(count, np.int32)
    made = count = 0
    for p in range(runs.size):
        if p + _AHEAD < runs.size:
            prefetch(page_begins, order[p + _AHEAD])
            prefetch(pages, page_begins[order[p + _AHEAD // 2]])
        page = order[p]
        if filled[page] == stood[page]:
            continue
        for at in range(page_begins[page] + stood[page], page_begins[page] + filled[page]):
            texts[count] = pages[at]
            count += 1
        own_runs[made] = runs[p]
        made += 1
        begins[made] = count
    return own_runs, begins, texts


def lists_of(pages: Pages) -> Lists:
    """Return the lists of what was put on the pages beside what stood in lists before."""
    return Lists(*_written(*pages))


@njit(cache=True, nogil=True)
def _either(one: U32, other: U32) -> int:
    i = j = count = 0
    while i < one.size or j < other.size:
        a = i < one.size and (j == other.size or one[i] <= other[j])
        b = j < other.size and (i == one.size or other[j] <= one[i])
        i += a
        j += b
        count += 1
    return count


@njit(cache=True, nogil=True)
def _merge(one: Any, other: Any, made: Any) -> None:
    i = j = k = count = 0
    made.begins[0] = 0
    while i < one.runs.size or j < other.runs.size:
        a = i < one.runs.size and (j == other.runs.size or one.runs[i] <= other.runs[j])
        b = j < other.runs.size and (i == one.runs.size or other.runs[j] <= one.runs[i])
        made.runs[k] = one.runs[i] if a else other.runs[j]
        if a:
            for at in range(np.int64(one.begins[i]), np.int64(one.begins[i + 1])):
                made.texts[count] = one.texts[at]
                count += 1
        if b:
            for at in range(np.int64(other.begins[j]), np.int64(other.begins[j + 1])):
                made.texts[count] = other.texts[at]
                count += 1
        i += a
        j += b
        k += 1
        made.begins[k] = count


def merged(one: Lists, other: Lists, room: Callable[[int, int], Lists]) -> Lists:
    """Return two lists as one; all texts of `other` come after those of `one`.

    `room(runs, texts)` makes arrays of that many runs and texts, which may lie in files, as they may be large.
    """
    made = room(_either(one.runs, other.runs), one.texts.size + other.texts.size)
    _merge(one, other, made)
    return made
