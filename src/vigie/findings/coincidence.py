"""Coincidence: how often days of one kind lie near days of another, beside calendars shifted by whole weeks.

The calendar of the days that were observed is closed to a circle of weeks, and the days of the first kind are moved
round it by every number of whole weeks, each keeping its weekday; the others stay. Each such placebo calendar is
counted as the real one is, in every window of lags that is tried, and the windows are compared together: a calendar's
figure is its largest excess in any window, in standard deviations of that window's counts. Bursts and weekdays move
with the days, so they are in the placebo calendars as in the real one. What rises or falls over the whole period on
both sides is not: it coincides more often than they do. Therefore other calendars are counted, too, in which every
stretch of nine weeks or more is closed to a circle of its own and turned by a number of weeks of its own.

>>> from datetime import date, timedelta
>>> year = [date(2016, 1, 4) + timedelta(days=n) for n in range(364)]
>>> shifts = [year[n] for n in (20, 90, 160, 180, 300)]
>>> found = coincidence(shifts, [d + timedelta(days=1) for d in shifts], observed=year)
>>> found.best.window, found.best.observed, found.as_many, found.placebos, found.independent
(Window(first=0, last=3), 5, 0, 51, 17)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

# One day, or the first and the last of several.
Event = date | tuple[date, date]

# With fewer, chance alone puts the real calendar first in more than one of five: no sentence is worth reading.
INDEPENDENT_LEAST: Final = 5
RARE: Final = 0.05
STRETCHED: Final = 999
_STRETCH_WEEKS: Final = 9
_SEED: Final = 6
_WEEK: Final = 7
_TIE: Final = 1e-9


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Lags in days from `first` to `last`, both counted: how long after the one the other lies; negative is before.

    Raises
    ------
    InputError
        if `first` is greater than `last`.
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins."""
        if self.first > self.last:
            raise InputError(f"lags from {self.first} to {self.last}", where="coincidence", hint="first <= last")


WINDOWS: Final = tuple(Window(*w) for w in ((0, 0), (0, 3), (0, 7), (0, 10), (-3, 0), (-7, 0), (-10, 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many of the ones have another within one window, really and in the placebo calendars.

    `expected` is the mean of the placebo calendars and `most` the greatest of them; `as_many` of them have at least as
    many in this window, `as_many_tried` at least as large an excess in any window that was tried.
    """

    window: Window
    observed: int
    expected: float
    most: int
    as_many: int
    as_many_tried: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coincidence:
    """What was counted. `ones` and `others` lie on observed days; those that do not are `ones_left` and `others_left`.

    `days` were observed, in `placebos` + 1 weeks; the windows together are `span_days` long. `independent` is how many
    calendars are independent of each other, the real one among them: `days` over `span_days` in whole weeks, for two
    calendars less than that apart share coincidences. Of the placebo calendars `as_many` have at least as large an
    excess in any window as the real one has in `best`, its own largest; of the `STRETCHED` that turn each stretch apart
    it is `as_many_stretched`.
    """

    ones: int
    others: int
    ones_left: int
    others_left: int
    days: int
    span_days: int
    placebos: int
    independent: int
    counts: tuple[Count, ...]
    best: Count | None
    as_many: int
    as_many_stretched: int

    @property
    def says(self) -> bool:
        """Return whether anything can be said: there are ones, others and enough independent calendars."""
        return bool(self.ones and self.others and self.independent >= INDEPENDENT_LEAST)

    def leads(self, asked: int = 1) -> bool:
        """Return whether the real calendar's rank, times the questions asked, is within the first twentieth."""
        rank = (self.as_many + 1) / (self.placebos + 1)
        return self.says and bool(self.best and self.best.observed) and asked * rank <= RARE

    def rare(self, asked: int = 1) -> bool:
        """Return whether more coincide than chance has it: the real calendar leads, among enough independent ones.

        With fewer independent calendars than `asked` over a twentieth, chance alone would put it first more often. It
        has to lead those that turn each stretch apart, too, or what both sides have in common is their growth.
        """
        return self.tells(asked) and asked * (self.as_many_stretched + 1) / (STRETCHED + 1) <= RARE

    def tells(self, asked: int = 1) -> bool:
        """Return whether the real calendar leads, and among enough independent ones to tell it from chance."""
        return self.leads(asked) and self.independent * RARE >= asked


def coincidence(
    ones: Iterable[Event], others: Iterable[Event], *, observed: Iterable[date], windows: Sequence[Window] = WINDOWS
) -> Coincidence:
    """Count how many of `ones` have one of `others` within each window, beside every placebo calendar.

    `observed` are the days on which both were observed at all; of `ones` and `others` what lies on no such day counts
    for nothing. A week without any observed day is not in the circle. Where a placebo calendar moves one of `ones` to
    a day that was not observed, it counts as if it had found another there: gaps can hide a coincidence, not make one.
    An event of several days lies as near as its nearest day; alike events count each for itself.

    Raises
    ------
    InputError
        if no window is given, or an event ends before it begins.
    """
    tried = sorted(set(windows))
    if not tried:
        raise InputError("no window of lags", where="coincidence", hint="give at least one Window")
    seen = sorted({day.toordinal() for day in observed})
    own, own_left = _on(ones, set(seen))
    theirs, theirs_left = _on(others, set(seen))
    span_days = max(w.last for w in tried) - min(w.first for w in tried) + 1
    weeks = len({(day - seen[0]) // _WEEK for day in seen})
    counts: tuple[Count, ...] = ()
    best = None
    as_many_stretched = 0
    if own and theirs:
        calendar = _Calendar(own, theirs, seen, tried)
        counts, best = _compared(calendar.counted(calendar.turned()), tried)
        _, best_apart = _compared(calendar.counted(calendar.turned_apart()), tried)
        as_many_stretched = best_apart.as_many_tried
    return Coincidence(
        ones=len(own),
        others=len(theirs),
        ones_left=own_left,
        others_left=theirs_left,
        days=len(seen),
        span_days=span_days,
        placebos=max(0, weeks - 1),
        independent=len(seen) // (_WEEK * -(-span_days // _WEEK)),
        counts=counts,
        best=best,
        as_many=best.as_many_tried if best else 0,
        as_many_stretched=as_many_stretched,
    )


def _on(events: Iterable[Event], seen: set[int]) -> tuple[list[list[int]], int]:
    """Return each event's observed days, and how many events have none."""
    found, left = [], 0
    for event in events:
        first, last = event if isinstance(event, tuple) else (event, event)
        if first > last:
            raise InputError(f"an event ends on {last}, before {first}", where="coincidence", hint="first, then last")
        days = [day for day in range(first.toordinal(), last.toordinal() + 1) if day in seen]
        if days:
            found.append(days)
        else:
            left += 1
    return found, left


class _Calendar:
    """The circle of observed weeks, with the ones and the days near the others: to be counted in any order of weeks."""

    def __init__(
        self,
        ones: Sequence[Sequence[int]],
        others: Sequence[Sequence[int]],
        seen: Sequence[int],
        tried: Sequence[Window],
    ) -> None:
        began = seen[0]
        days = np.array(seen) - began
        self.weeks = np.unique(days // _WEEK)
        size = _WEEK * (int(self.weeks[-1]) + 1)
        unseen = np.ones(size, bool)
        unseen[days] = False
        self._near = np.zeros((len(tried), size), bool)
        for other in {day - began for event in others for day in event}:
            for place, window in enumerate(tried):
                self._near[place, max(0, other - window.last) : max(0, other - window.first + 1)] = True
        self._near |= unseen
        mine = np.array([day - began for event in ones for day in event])
        self._starts = np.cumsum([0, *(len(event) for event in ones[:-1])])
        self._week, self._weekday = np.searchsorted(self.weeks, mine // _WEEK), mine % _WEEK

    def counted(self, moved: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return calendars x windows: how many ones have another; `moved` is calendars x weeks: where each goes."""
        days = _WEEK * self.weeks[moved[:, self._week]] + self._weekday
        return np.stack(
            [np.logical_or.reduceat(near[days], self._starts, axis=1).sum(axis=1) for near in self._near], axis=1
        )

    def turned(self) -> NDArray[np.int64]:
        """Return calendars x weeks: the whole circle turned by every number of weeks, the first by none."""
        weeks = np.arange(self.weeks.size)
        return (weeks[:, None] + weeks) % self.weeks.size

    def turned_apart(self) -> NDArray[np.int64]:
        """Return the same with every stretch a circle of its own, turned at random; the first turned by none."""
        count = max(1, self.weeks.size // _STRETCH_WEEKS)
        cuts = np.arange(count + 1) * self.weeks.size // count
        stretch = np.repeat(np.arange(count), np.diff(cuts))
        first, length = cuts[stretch], np.diff(cuts)[stretch]
        turns = np.random.default_rng(_SEED).random((STRETCHED + 1, count))
        turns[0] = 0
        turn = (turns[:, stretch] * length).astype(np.int64)
        moved: NDArray[np.int64] = first + (np.arange(self.weeks.size) - first + turn) % length
        return moved


def _compared(counts: NDArray[np.int64], tried: Sequence[Window]) -> tuple[tuple[Count, ...], Count]:
    """Return the counts of each window, and those of the one with the largest excess, the narrowest of equals."""
    spread = counts.std(axis=0)
    excess = np.where(spread > 0, (counts - counts.mean(axis=0)) / np.where(spread > 0, spread, 1), 0.0)
    largest = excess[1:].max(axis=1)
    placebo = counts[1:]
    found = tuple(
        Count(
            window=window,
            observed=int(counts[0, place]),
            expected=float(placebo[:, place].mean()) if len(placebo) else 0.0,
            most=int(placebo[:, place].max(initial=0)),
            as_many=int((placebo[:, place] >= counts[0, place]).sum()),
            as_many_tried=int((largest >= excess[0, place] - _TIE).sum()),
        )
        for place, window in enumerate(tried)
    )
    place = min(
        range(len(tried)), key=lambda p: (-round(float(excess[0, p]), 9), tried[p].last - tried[p].first, tried[p])
    )
    return found, found[place]
