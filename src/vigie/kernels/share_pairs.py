"""Pairs of accounts that shared the same object within a window of each other, counted as CooRTweet counts them.

A *meeting* is a pair of shares of one object at most the window apart (inclusive). It is no meeting where both are of
one account, both have one content, or a share's content is the object itself (its *loops*, which may be kept). What is
counted follows CooRTweet 2.1 step by step:

1. An account with fewer shares than the minimum, in all of the log, is left out with all its shares; once.
2. Of two shares the older one comes first; of two at the same instant, the one whose account occurs first in the log,
   then the one that stands first.
3. A share is *in company* where its content has a meeting. An account takes part where it has as many shares in company
   as the minimum asks for; a meeting counts where one of its two contents belongs to such a share. (One, not both; and
   this, too, is asked once.)
4. An edge is the unordered pair of accounts of some meetings. Its weight is how many there are, its delay their mean
   delay; the numbers of contents are the different contents on the older side and on the newer side of its meetings,
   whichever account they are of.

Meetings are never held all at once. They are counted by the lesser account first, which says where its shares are that
have any; then accounts are taken one by one, and their meetings are found again around these shares. So memory is
bounded by the rows, the edges, and the meetings of one account.

A *crowd* is an object that more accounts than a bound shared within one window: 50,000 of them make 1.25 billion
meetings, nearly all of pairs who met there once and never again. At a crowd, the meetings of two accounts that both
have a second share at some crowd are counted like any others, unless these alone are still more than the bound in one
window. Of all other pairs the meetings at crowds are counted where the pair has a meeting elsewhere. So the weight of
every edge that is listed is whole, and what is not listed are pairs that met at crowds only; their meetings are
counted for each crowd. An object with more than `MEETINGS_MAX` pairs of shares within a window that is no crowd, or a
crowd at which one account has more than `REPEATS_MAX` shares within one, is a *flood*: it is passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.kernels.share_crowds import counted_in_crowd, crowd_rows, owners
from vigie.kernels.share_edges import Crowds, Edges, as_edges, edges_of
from vigie.kernels.share_looks import View, room_for
from vigie.kernels.share_meetings import counted, gathered, in_company, leading, taking_part
from vigie.kernels.share_rows import CROWD, FLOOD, LONE, ORDINARY, Objects, Rows, arranged, surveyed
from vigie.kernels.small_sort import bits_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Bools = NDArray[np.bool_]

__all__ = ["CROWD", "FLOOD", "LONE", "ORDINARY", "Edges", "SharePairs"]

MEETINGS_MAX: Final = 1_000_000_000
REPEATS_MAX: Final = 1_000
_RANGE_MEETINGS: Final = 1 << 20
_RANGES: Final = 16


class SharePairs:
    """The edges of a share log.

    objects, accounts, contents: int32[n], numbers of the ids, those of accounts given in the order in which they first
    occur. times: int64[n]. twins: int32[objects], the content whose id is the object's, or -1. ranks: int32[accounts],
    a number for each account by which the edges are ordered, from 0. `window` is in the unit of the times.

    After `edges` is read to its end, `counted` says how many meetings of each object (of `rows`) the edges have,
    `weights` how many edges there are of each weight, those below `weight_min` included, and `together`, int32[3,
    pairs], which pairs met in different contents at two of the objects asked for or more: both accounts, and at how
    many. It has only the meetings of edges, and so is whole where the least participation is 2 at most: who meets
    somebody at two objects has two shares in company.
    """

    def __init__(
        self,
        *,
        objects: I32,
        accounts: I32,
        contents: I32,
        times: I64,
        twins: I32,
        ranks: I32,
        content_count: int,
        window: int,
        participation_min: int = 2,
        loops: bool = False,
        crowd_max: int = 2_000,
    ) -> None:
        self._window, self._loops, self._accounts = window, loops, len(ranks)
        kept = np.bincount(accounts, minlength=len(ranks))[accounts] >= participation_min
        self.left_out = int(len(kept) - np.count_nonzero(kept))
        self.rows = Rows(*arranged(objects, accounts, contents, times, kept, twins, ranks, loops))
        starts, times, ranked, met_contents = _columns(self.rows)
        kinds, peaks = surveyed(
            starts, times, ranked, len(ranks), window, crowd_max, loops, MEETINGS_MAX, REPEATS_MAX
        )  # fmt: skip
        met = in_company(starts, times, ranked, met_contents, kinds, window, loops, content_count)
        part = taking_part(accounts, contents, kept, met, len(ranks), participation_min)
        self._part = part[met_contents]
        self._by_account, by_object, lead = counted(
            starts, times, ranked, met_contents, self._part, kinds, len(ranks), window, loops
        )
        begins, leaders = leading(ranked, lead, len(ranks))
        del lead
        self._every = View(
            starts, times, ranked, met_contents, self.rows.object_of, self._part, np.zeros(0, np.int32), begins, leaders
        )
        self.counted = by_object.copy()
        self._count_crowds(kinds, by_object, content_count)
        self.objects = Objects(kinds, peaks, by_object)
        self._reduce_crowds(crowd_max)
        self.weights: dict[int, int] = {}
        self.together: I32 = np.zeros((3, 0), np.int32)

    def _count_crowds(self, kinds: NDArray[np.uint8], by_object: I64, content_count: int) -> None:
        """Count the meetings at crowds."""
        crowds = np.flatnonzero(kinds == CROWD)
        if not crowds.size:
            return
        starts, times, accounts, contents = _columns(self.rows)
        owner_of = owners(accounts, contents, content_count)
        within = np.zeros(self._accounts, np.int64)
        for n in crowds.tolist():
            every, idle = (
                counted_in_crowd(
                    starts[n], starts[n + 1], times, accounts, contents, self._part, owner_of, within, self._window,
                    self._loops, only_idle,
                )
                for only_idle in (False, True)
            )  # fmt: skip
            by_object[n] = every - idle

    def _reduce_crowds(self, crowd_max: int) -> None:
        """Count the meetings at crowds of accounts that have two shares at crowds or more."""
        starts, times, accounts, contents = _columns(self.rows)
        object_of = self.rows.object_of
        at_crowds = np.flatnonzero(self.objects.kinds[object_of] == CROWD)
        returns = np.bincount(accounts[at_crowds], minlength=self._accounts) > 1
        origins = at_crowds[returns[accounts[at_crowds]]].astype(np.int32)
        places, begins = np.unique(object_of[origins], return_index=True)
        starts = np.append(begins, len(origins)).astype(np.int64)
        times, accounts, contents = times[origins], accounts[origins], contents[origins]
        kinds, _ = surveyed(
            starts, times, accounts, self._accounts, self._window, crowd_max, self._loops, MEETINGS_MAX, REPEATS_MAX
        )  # fmt: skip
        part = self._part[origins]
        by_account, by_object, lead = counted(
            starts, times, accounts, contents, part, kinds, self._accounts, self._window, self._loops
        )
        own = np.repeat(np.arange(len(places), dtype=np.int32), np.diff(starts))
        self._again = View(
            starts, times, accounts, contents, own, part, origins, *leading(accounts, lead, self._accounts)
        )
        self._by_account += by_account
        self.counted[places] += by_object
        self._reduced = np.zeros(len(self.counted), np.bool_)
        self._reduced[places[(kinds == ORDINARY) | (kinds == LONE)]] = True
        self._returning = starts, times, accounts, contents, part, kinds, origins

    @property
    def meetings(self) -> int:
        """Return how many meetings are listed, but for those at crowds of pairs that met elsewhere too."""
        return int(self._by_account.sum())

    def edges(
        self,
        *,
        weight_min: int = 1,
        details: bool = False,
        asked: Bools | None = None,
        range_meetings: int = _RANGE_MEETINGS,
        progress: Callable[[int], object] = lambda _: None,
    ) -> Iterator[Edges]:
        """Yield the edges of at least `weight_min`, by their accounts' ranks, some at a time.

        `range_meetings` is how many meetings are looked at each time, if not a single account has more. `progress` is
        told the meetings done. `asked` (bool[objects] of `rows`) says for which objects `together` is wanted.
        """
        at_crowds = crowd_rows(self.rows.starts, self.rows.accounts, self.objects.kinds, self._accounts)
        crowds = Crowds(*at_crowds, self._reduced, self.counted)
        asked = np.zeros(0, np.bool_) if asked is None else asked
        spread, numbers = np.zeros(1 << 16, np.int64), np.zeros(self._accounts, np.int32)
        bits = bits_for(self._accounts)
        self.weights, met = {}, [np.zeros((0, 3), np.int32)]
        ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._by_account)))
        first = 0
        while first < self._accounts:
            last = int(np.searchsorted(ends, ends[first] + range_meetings, side="right")) - 1
            last = min(max(last, first + 1), self._accounts)
            room = int(ends[last] - ends[first])
            small, large, heavy, together = edges_of(
                self._every, self._again, first, last, room, self._window, self._loops, crowds, asked, weight_min,
                details, spread, room_for(numbers, room), bits,
            )  # fmt: skip
            for weight, count in zip(*np.unique(heavy, return_counts=True), strict=True):
                self.weights[int(weight)] = self.weights.get(int(weight), 0) + int(count)
            if small.shape[1]:
                yield as_edges(small, large)
            met.append(together)
            first = last
            progress(int(ends[first]))
        for weight in np.flatnonzero(spread).tolist():
            self.weights[weight] = int(spread[weight])
        self.weights = dict(sorted(self.weights.items()))
        self.together = np.ascontiguousarray(np.concatenate(met).T)

    def ranges(self, range_meetings: int = 0) -> Iterator[tuple[int, I64, I32, I64]]:
        """Yield (first, begins, found, delays): the meetings of a range of accounts, each with its lesser one.

        Those of account first + n are begins[n] to begins[n + 1]; `found` is int32[meetings, 3], the other account and
        the older and the newer share (of `rows`), `delays` the time between these.
        """
        starts, times, accounts, contents = _columns(self.rows)
        ordinary = starts, times, accounts, contents, self._part, self.objects.kinds
        crowds, origins = self._returning[:-1], self._returning[-1]
        ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._by_account)))
        held = range_meetings or max(_RANGE_MEETINGS, self.meetings // _RANGES)
        first = 0
        while first < self._accounts:
            last = int(np.searchsorted(ends, ends[first] + held, side="right")) - 1
            last = min(max(last, first + 1), self._accounts)
            begins = ends[first : last + 1] - ends[first]
            if begins[-1]:
                found, delays = np.empty((int(begins[-1]), 3), np.int32), np.empty(int(begins[-1]), np.int64)
                at = begins[:-1].copy()
                gathered(*ordinary, self._window, self._loops, origins[:0], first, last, at, found, delays)
                if len(origins):
                    gathered(*crowds, self._window, self._loops, origins, first, last, at, found, delays)
                yield first, begins, found, delays
            first = last


def _columns(rows: Rows) -> tuple[I64, I64, I32, I32]:
    return rows.starts, rows.times, rows.accounts, rows.contents
