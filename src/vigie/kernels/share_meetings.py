"""Meetings: pairs of shares of one object within the window, that count; see `vigie.kernels.share_pairs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from vigie.kernels.share_rows import CROWD, ORDINARY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Bools = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def in_company(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    starts: I64, times: I64, accounts: I32, contents: I32, kinds: Any, window: int, loops: int, content_count: int
) -> Bools:
    """Return which contents have a meeting: it is enough to find one for each share, on either side."""
    met = np.zeros(content_count, np.bool_)
    for n in range(starts.shape[0] - 1):
        if kinds[n] != ORDINARY and kinds[n] != CROWD:
            continue
        begin, end = starts[n], starts[n + 1]
        # Shares of one account often stand side by side: `other` is the nearest of another one.
        other = begin - 1
        for j in range(begin, end):
            if j > begin and accounts[j - 1] != accounts[j]:
                other = j - 1
            i = j - 1 if loops else other
            while i >= begin and times[i] >= times[j] - window:
                if loops or (accounts[i] != accounts[j] and contents[i] != contents[j]):
                    met[contents[i]] = True
                    met[contents[j]] = True
                    break
                i -= 1
        other = end
        for j in range(end - 1, begin - 1, -1):
            if j < end - 1 and accounts[j + 1] != accounts[j]:
                other = j + 1
            if met[contents[j]]:
                continue
            i = j + 1 if loops else other
            while i < end and times[i] <= times[j] + window:
                if loops or (accounts[i] != accounts[j] and contents[i] != contents[j]):
                    met[contents[j]] = True
                    break
                i += 1
    return met


@njit(cache=True, nogil=True)
def taking_part(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    accounts: I32, contents: I32, kept: Bools, met: Bools, account_count: int, least: int
) -> Bools:
    """Return which contents belong to a share in company of an account that has as many of these as asked for."""
    shares = np.zeros(account_count, np.int64)
    for row in range(accounts.shape[0]):
        if kept[row] and met[contents[row]]:
            shares[accounts[row]] += 1
    part = np.zeros(met.shape[0], np.bool_)
    for row in range(accounts.shape[0]):
        if kept[row] and met[contents[row]] and shares[accounts[row]] >= least:
            part[contents[row]] = True
    return part


@njit(cache=True, nogil=True)
def counted(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    starts: I64,
    times: I64,
    accounts: I32,
    contents: I32,
    part: Bools,
    kinds: Any,
    account_count: int,
    window: int,
    loops: int,
) -> tuple[I64, I64, Bools]:
    """Return the meetings that count at ordinary objects: of each lesser account, and of each object.

    And which shares `lead`: are those of the lesser account, the older one if both are alike, in such a meeting.
    """
    by_account = np.zeros(account_count, np.int64)
    by_object = np.zeros(starts.shape[0] - 1, np.int64)
    lead = np.zeros(times.shape[0], np.bool_)
    for n in range(starts.shape[0] - 1):
        if kinds[n] != ORDINARY:
            continue
        low = starts[n]
        for j in range(starts[n], starts[n + 1]):
            while times[low] < times[j] - window:
                low += 1
            a, c, takes_part = accounts[j], contents[j], part[j]
            for i in range(low, j):
                if (loops or (accounts[i] != a and contents[i] != c)) and (takes_part or part[i]):
                    lesser = min(accounts[i], a)
                    by_account[lesser] += 1
                    by_object[n] += 1
                    lead[i if accounts[i] == lesser else j] = True
    return by_account, by_object, lead


@njit(cache=True, nogil=True)
def leading(accounts: I32, lead: Bools, account_count: int) -> tuple[I64, I32]:
    """Return by account where its shares that `lead` begin, and the shares, ascending."""
    begins = np.zeros(account_count + 1, np.int64)
    for row in range(accounts.shape[0]):
        begins[accounts[row] + 1] += lead[row]
    for n in range(account_count):
        begins[n + 1] += begins[n]
    at = begins[:-1].copy()
    rows = np.empty(begins[account_count], np.int32)
    for row in range(accounts.shape[0]):
        if lead[row]:
            rows[at[accounts[row]]] = row
            at[accounts[row]] += 1
    return begins, rows


@njit(cache=True, nogil=True)
def gathered(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    starts: I64,
    times: I64,
    accounts: I32,
    contents: I32,
    part: Bools,
    kinds: Any,
    window: int,
    loops: int,
    origins: I32,
    first: int,
    last: int,
    at: I64,
    found: I32,
    delays: I64,
) -> None:
    """Put the meetings whose lesser account is in first:last where it is `at`, and move that on.

    `found` is filled with the other account and both shares, `delays` with the time between these; `origins`, if there
    are any, says which share each one is.
    """
    for n in range(starts.shape[0] - 1):
        if kinds[n] != ORDINARY:
            continue
        low = starts[n]
        for j in range(starts[n], starts[n + 1]):
            while times[low] < times[j] - window:
                low += 1
            a, c, takes_part = accounts[j], contents[j], part[j]
            for i in range(low, j):
                if (loops or (accounts[i] != a and contents[i] != c)) and (takes_part or part[i]):
                    lesser, greater = min(accounts[i], a), max(accounts[i], a)
                    if first <= lesser < last:
                        k = at[lesser - first]
                        found[k, 0], found[k, 1], found[k, 2] = greater, i, j
                        if origins.size:
                            found[k, 1], found[k, 2] = origins[i], origins[j]
                        delays[k] = times[j] - times[i]
                        at[lesser - first] = k + 1
