"""Meetings at crowds: how many there are, without a look at each, and those of two accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from vigie.kernels.share_rows import CROWD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Bools = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def counted_in_crowd(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    begin: int,
    end: int,
    times: I64,
    accounts: I32,
    contents: I32,
    part: Bools,
    owners: I32,
    within: I64,
    window: int,
    loops: int,
    idle: int,
) -> int:
    """Return how many meetings a crowd has, or with `idle` those of which neither side takes part; unlisted ones too.

    `owners` is the one account of a content, -1 where it has several; `within` is zero for each account.
    """
    low, present, meetings = begin, 0, 0
    for j in range(begin, end):
        if idle and part[j]:
            continue
        while times[low] < times[j] - window:
            if not (idle and part[low]):
                within[accounts[low]] -= 1
                present -= 1
            low += 1
        if loops:
            meetings += present
        else:
            meetings += present - within[accounts[j]]
            if owners[contents[j]] < 0:
                for i in range(low, j):
                    if not (idle and part[i]) and contents[i] == contents[j] and accounts[i] != accounts[j]:
                        meetings -= 1
        within[accounts[j]] += 1
        present += 1
    for j in range(begin, end):
        within[accounts[j]] = 0
    return meetings


@njit(cache=True, nogil=True)
def owners(accounts: I32, contents: I32, content_count: int) -> I32:
    """Return the one account of each content, -1 where it has several."""
    owners = np.full(content_count, -2, np.int32)
    for row in range(accounts.shape[0]):
        if owners[contents[row]] == -2:
            owners[contents[row]] = accounts[row]
        elif owners[contents[row]] != accounts[row]:
            owners[contents[row]] = -1
    return owners


@njit(cache=True, nogil=True)
def crowd_rows(starts: I64, accounts: I32, kinds: Any, account_count: int) -> tuple[I64, I32]:
    """Return the shares of each account at crowds: where its own begin, and the shares, ascending."""
    begins = np.zeros(account_count + 1, np.int64)
    for n in range(starts.shape[0] - 1):
        if kinds[n] == CROWD:
            for j in range(starts[n], starts[n + 1]):
                begins[accounts[j] + 1] += 1
    for n in range(account_count):
        begins[n + 1] += begins[n]
    rows = np.empty(begins[account_count], np.int32)
    at = begins[:-1].copy()
    for n in range(starts.shape[0] - 1):
        if kinds[n] == CROWD:
            for j in range(starts[n], starts[n + 1]):
                rows[at[accounts[j]]] = j
                at[accounts[j]] += 1
    return begins, rows


@njit(cache=True, nogil=True)
def met_in_crowds(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    times: I64,
    contents: I32,
    object_of: I32,
    part: Bools,
    window: int,
    loops: int,
    same: int,
    reduced: Bools,
    ours: I32,
    theirs: I32,
    meetings: I32,
    size: int,
    counted: I64,
) -> tuple[I32, int]:
    """Append the meetings of two accounts at crowds, whose shares there are given; add to `counted` by object.

    Those at `reduced` objects are left out.
    """
    low = 0
    for i in ours:
        if reduced.size and reduced[object_of[i]]:
            continue
        while low < theirs.size and (
            object_of[theirs[low]] < object_of[i]
            or (object_of[theirs[low]] == object_of[i] and times[theirs[low]] < times[i] - window)
        ):
            low += 1
        for k in range(low, theirs.size):
            j = theirs[k]
            if object_of[j] > object_of[i] or times[j] > times[i] + window:
                break
            if (same and j <= i) or not (loops or contents[i] != contents[j]) or not (part[i] or part[j]):
                continue
            if size == meetings.shape[0]:
                wider = np.empty((2 * size, 2), np.int32)
                wider[:size] = meetings
                meetings = wider
            meetings[size, 0], meetings[size, 1] = min(i, j), max(i, j)
            size += 1
            counted[object_of[i]] += 1
    return meetings, size
