"""Whom an account met: its shares are gone through, each with those around it; see `vigie.kernels.share_edges`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Bools = NDArray[np.bool_]


class View(NamedTuple):
    """Shares by object, then time, and which of them to look from.

    starts, times, accounts, contents, object_of: as in `vigie.kernels.share_rows.Rows`; part: bool[n], whether it takes
    part. origins: int32, which share of all each one is; empty where these are all. begins: int64[accounts + 1], where
    the shares of each account that `lead` begin; lead: int32, these shares, ascending.
    """

    starts: I64
    times: I64
    accounts: I32
    contents: I32
    object_of: I32
    part: Bools
    origins: I32
    begins: I64
    lead: I32


class Met(NamedTuple):
    """Room for those one account met.

    numbers: int32[accounts], the number of each, from 1; 0 for those not met. By these numbers, less 1: others, int32,
    the accounts; sizes, int32, the meetings; delays, int64, the sum of their delays; firsts, int32[n, 2], the first
    meeting (the older and the newer share). again: int32[n, 3], all other meetings, the number less 1 before each.
    """

    numbers: I32
    others: I32
    sizes: I32
    delays: I64
    firsts: I32
    again: I32


def room_for(numbers: I32, meetings: int) -> Met:
    """Return the room for those whom an account of so many meetings met."""
    most = min(meetings, len(numbers))
    whom, sizes, delays = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int64)
    return Met(numbers, whom, sizes, delays, np.empty((most, 2), np.int32), np.empty((meetings, 3), np.int32))


@njit(cache=True, nogil=True)
def look_around(view: View, a: int, window: int, loops: int, met: Met, count: int, repeats: int) -> tuple[int, int]:  # noqa: PLR0917
    """Take in the meetings of account `a` with greater ones (with itself as well if `loops`).

    Return how many it met and how many meetings came `again`; so many are there already.
    """
    for j in view.lead[view.begins[a] : view.begins[a + 1]]:
        time, content, takes_part = view.times[j], view.contents[j], view.part[j]
        begin, end = view.starts[view.object_of[j]], view.starts[view.object_of[j] + 1]
        i = j
        while i > begin and view.times[i - 1] >= time - window:
            i -= 1
        while i < end and view.times[i] <= time + window:
            b = view.accounts[i]
            if (
                (b > a or (loops and b == a and i > j))
                and (takes_part or view.part[i])
                and (loops or view.contents[i] != content)
            ):
                older, newer = min(i, j), max(i, j)
                if view.origins.size:
                    older, newer = view.origins[older], view.origins[newer]
                k = met.numbers[b] - 1
                if k < 0:
                    met.others[count] = b
                    met.sizes[count] = 1
                    met.delays[count] = abs(view.times[i] - time)
                    met.firsts[count, 0], met.firsts[count, 1] = older, newer
                    count += 1
                    met.numbers[b] = count
                else:
                    met.sizes[k] += 1
                    met.delays[k] += abs(view.times[i] - time)
                    met.again[repeats, 0], met.again[repeats, 1], met.again[repeats, 2] = k, older, newer
                    repeats += 1
            i += 1
    return count, repeats
