"""Share logs whose truth is known: a heavy-tailed background, planted groups, and what only looks like them.

Background: accounts of lognormal activity, with waking hours and, some of them, a short life; objects of power-law
popularity that burst and decay, each from one outlet; fans who take half of what their outlet is shared, some of them
promptly. Planted groups of 4 to 40 accounts share targets within seconds to a minute, each member at some targets
only; half of the targets are popular objects at a time when others share them too, the other half draw a few
strangers afterwards; every member has at least as many ordinary shares as coordinated ones. Bait: pairs of accounts
that one feed fills in the same second, rushes (an object, a crowd within minutes, never again), and appointments
(a hashtag that a regular audience shares from 20:00 on one day of the week).

With `sittings` every background account shares in sittings of some minutes, hours apart, so that two accounts who sit
at the same time may meet at several objects in a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
SPAN_DAYS: Final = 60
_SPAN: Final = SPAN_DAYS * _DAY
_START: Final = 1_488_758_400  # a Monday, 2017-03-06T00:00:00Z
# How much is shared hour by hour, and day by day from Monday.
_HOURS: Final = np.array([3, 2, 1, 1, 1, 2, 4, 7, 9, 9, 9, 9, 10, 9, 8, 8, 8, 9, 10, 11, 12, 11, 8, 5], np.float64)
_WEEK: Final = np.array([10, 10, 10, 10, 9, 7, 8], np.float64)
_ROUNDS: Final = 6  # of drawing again what falls into an hour that is asleep


@dataclass(frozen=True, slots=True)
class Truth:
    """What was planted: by account its group and its feed, by object whether it is bait, and its outlet; -1 is none."""

    group: NDArray[np.int32]
    feed: NDArray[np.int32]
    rush: NDArray[np.bool_]
    appointment: NDArray[np.bool_]
    outlet: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Part:
    """Some shares, before the ids are shuffled."""

    objects: NDArray[np.int64]
    channels: NDArray[np.int64]
    times: NDArray[np.int64]  # seconds from the start


@dataclass(frozen=True, slots=True)
class _Group:
    """One planted group: who shares which target."""

    size: int
    taking_part: NDArray[np.bool_]  # target x member
    popular: NDArray[np.bool_]  # by target
    strangers: NDArray[np.int64]  # by target: shares of others, afterwards
    ordinary: NDArray[np.int64]  # by member
    spread_s: float


def shares(
    rows: int, seed: int, *, planted: bool = True, sittings: bool = False
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], Truth]:
    """Return (objects, channels, times in seconds, truth): `rows` shares in the order of time.

    Objects and channels are codes from 0; one share in five is by an account of its own at the mean. Without `planted`
    there are no groups and no feeds. Needs at least 20,000 rows.
    """
    draw = np.random.default_rng([rows, seed])
    accounts = rows // 20
    groups = _groups(draw, accounts // 50) if planted else []
    feeds = [int(n) for n in _log_uniform(draw, 20, 200, max(3, accounts // 1000))] if planted else []
    rushes = _rushes(draw, rows, accounts)
    appointments = _appointments(draw, accounts)
    coordinated = sum(int(g.taking_part.sum()) for g in groups)
    strangers = sum(int(g.strangers[~g.popular].sum()) for g in groups)
    bait = 2 * sum(feeds) + sum(len(r.times) for r in rushes) + sum(len(a.times) for a in appointments)
    background = _Background(draw, rows - coordinated - strangers - bait, accounts, sittings=sittings)
    parts, objects, channels = [], background.objects_count, accounts
    group_of = np.full(accounts + sum(g.size for g in groups) + 2 * len(feeds), -1, np.int32)
    feed_of = group_of.copy()
    for number, group in enumerate(groups):
        parts.append(_acts(draw, group, background, objects, channels))
        group_of[channels : channels + group.size] = number
        objects += int((~group.popular).sum())
        channels += group.size
    for number, items in enumerate(feeds):
        parts.append(_fed(draw, items, background, channels))
        feed_of[channels : channels + 2] = number
        channels += 2
    first_rush, first_appointment = objects, objects + len(rushes)
    for bait_part in (*rushes, *appointments):
        parts.append(_Part(np.full(len(bait_part.times), objects), bait_part.channels, bait_part.times))
        objects += 1
    parts.append(_Part(background.objects, background.channels, background.times))
    outlet = np.full(objects, -1, np.int32)
    outlet[: background.objects_count] = background.outlets
    rush = np.zeros(objects, np.bool_)
    rush[first_rush:first_appointment] = True
    appointment = np.zeros(objects, np.bool_)
    appointment[first_appointment:] = True
    object_ids, channel_ids = draw.permutation(objects), draw.permutation(channels)
    back, back_channels = np.argsort(object_ids), np.argsort(channel_ids)
    all_objects = object_ids[np.concatenate([p.objects for p in parts])].astype(np.int32)
    all_channels = channel_ids[np.concatenate([p.channels for p in parts])].astype(np.int32)
    all_times = np.concatenate([p.times for p in parts]) + _START
    order = np.lexsort((all_channels, all_objects, all_times))
    truth = Truth(group_of[back_channels], feed_of[back_channels], rush[back], appointment[back], outlet[back])
    return all_objects[order], all_channels[order], all_times[order], truth


class _Background:
    """Ordinary shares, and whom and what the planted ones can draw from."""

    def __init__(self, draw: np.random.Generator, rows: int, accounts: int, *, sittings: bool) -> None:
        self.objects_count = rows // 6
        weight = np.minimum(draw.lognormal(0, 1.6, accounts), 60 * np.exp(1.6**2 / 2))
        popularity = np.minimum(draw.pareto(1.1, self.objects_count) + 0.2, 0.005 * rows)
        outlets = max(20, int(rows**0.5) // 3)
        outlet_weight = 1 / np.arange(1, outlets + 1)
        self.outlets = _weighted(draw, outlet_weight, self.objects_count).astype(np.int32)
        self.births = _moments(draw, self.objects_count)
        pace = draw.lognormal(np.log(2 * _HOUR), 0.8, self.objects_count)
        self.objects = _weighted(draw, popularity, rows)
        self.times = self._shared(draw, self.objects, pace)
        favourite = np.where(draw.random(accounts) < 0.4, _weighted(draw, outlet_weight**0.5, accounts), -1)
        self.channels = self._who(draw, weight, favourite)
        prompt = (draw.random(accounts) < 0.1) & (favourite >= 0)
        hurried = prompt[self.channels] & (favourite[self.channels] == self.outlets[self.objects])
        hurried &= draw.random(rows) < 0.5
        age = self.times[hurried] - self.births[self.objects[hurried]]
        self.times[hurried] -= (age * 0.95).astype(np.int64)
        if sittings:
            self.times = _seated(draw, self.channels, self.times)
        self.free = draw.permutation(rows)  # rows that no member has taken yet
        popular = np.flatnonzero(np.bincount(self.objects)[self.objects] >= 30)
        self.popular = popular[np.argsort(self.times[popular], kind="stable")]  # rows of popular objects, by time
        self.popular_times = self.times[self.popular]

    def _shared(
        self, draw: np.random.Generator, objects: NDArray[np.int64], pace: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Return when each share is made: soon after the object's birth, hardly at night."""
        times = np.empty(len(objects), np.int64)
        open_rows = np.arange(len(objects))
        for _ in range(_ROUNDS):
            at = objects[open_rows]
            times[open_rows] = self.births[at] + (pace[at] * draw.lognormal(0, 1.3, len(at))).astype(np.int64)
            refused = draw.random(len(at)) * _HOURS.max() > _HOURS[times[open_rows] // _HOUR % 24]
            open_rows = open_rows[refused | (times[open_rows] >= _SPAN)]
        late = np.flatnonzero(times >= _SPAN)
        births = self.births[objects[late]]
        times[late] = births + (draw.random(len(late)) * (_SPAN - births)).astype(np.int64)
        return times

    def _who(
        self, draw: np.random.Generator, weight: NDArray[np.float64], favourite: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return who makes each share: a fan of its outlet or anybody, awake and alive at that time if it can be."""
        accounts = len(weight)
        life = np.where(draw.random(accounts) < 0.2, draw.uniform(5, 20, accounts) * _DAY, float(_SPAN))
        born = draw.random(accounts) * (_SPAN - life)
        shift = np.round(draw.normal(0, 3, accounts)).astype(np.int64)
        by_outlet = np.argsort(favourite, kind="stable")
        sums = np.concatenate(([0.0], np.cumsum(weight[by_outlet])))
        outlets = np.arange(self.outlets.max() + 1)
        first = np.searchsorted(favourite[by_outlet], outlets)
        last = np.searchsorted(favourite[by_outlet], outlets, side="right")
        everybody = np.cumsum(weight)
        chosen = np.empty(len(self.objects), np.int64)
        open_rows = np.arange(len(self.objects))
        for _ in range(_ROUNDS):
            outlet = self.outlets[self.objects[open_rows]]
            low, high = sums[first[outlet]], sums[last[outlet]]
            u = draw.random(len(open_rows))
            fan = np.minimum(np.searchsorted(sums, low + u * (high - low), side="right") - 1, accounts - 1)
            anybody = np.minimum(np.searchsorted(everybody, u * everybody[-1], side="right"), accounts - 1)
            by_fan = (draw.random(len(open_rows)) < 0.5) & (high > low)
            who = np.where(by_fan, by_outlet[fan], anybody)
            chosen[open_rows] = who
            times = self.times[open_rows]
            asleep = draw.random(len(who)) * _HOURS.max() > _HOURS[(times // _HOUR + shift[who]) % 24]
            open_rows = open_rows[asleep | (times < born[who]) | (times > born[who] + life[who])]
        return chosen


def _groups(draw: np.random.Generator, members: int) -> list[_Group]:
    """Draw groups of about `members` accounts in all, at least five."""
    groups: list[_Group] = []
    while sum(g.size for g in groups) < members or len(groups) < 5:
        size = int(_log_uniform(draw, 4, 40, 1)[0])
        targets = int(_log_uniform(draw, 10, 60, 1)[0])
        taking_part = draw.random((targets, size)) < draw.uniform(0.5, 0.9)
        ordinary = np.ceil(taking_part.sum(axis=0) * draw.uniform(1, 3, size)).astype(np.int64)
        spread_s = float(np.exp(draw.uniform(np.log(5), np.log(60))))
        strangers = draw.poisson(4, targets)
        groups.append(_Group(size, taking_part, np.arange(targets) % 2 == 0, strangers, ordinary, spread_s))
    return groups


def _acts(draw: np.random.Generator, group: _Group, background: _Background, objects: int, channels: int) -> _Part:
    """Return the group's shares and the strangers' after them; members' ordinary ones are taken from the background."""
    targets = len(group.popular)
    life = draw.uniform(3, 40) * _DAY
    begin = draw.uniform(0, _SPAN - life)
    first, last = np.searchsorted(background.popular_times, (begin, min(begin + life, _SPAN - 60)))
    first = max(0, min(first, last - targets))  # in a small log too few are popular in a short life
    row = background.popular[first + draw.choice(last - first, targets, replace=last - first < targets)]
    at = np.where(group.popular, background.times[row], begin + _moments(draw, targets) * (life - _HOUR) / _SPAN)
    what = background.objects[row]
    what[~group.popular] = objects + np.arange(int((~group.popular).sum()))
    target, member = np.nonzero(group.taking_part)
    when = at[target].astype(np.int64) + (draw.random(len(target)) * group.spread_s).astype(np.int64)
    stranger = np.repeat(np.arange(targets), np.where(group.popular, 0, group.strangers))
    later = at[stranger] + draw.lognormal(np.log(2 * _HOUR), 1.3, len(stranger))
    by = background.channels[draw.integers(0, len(background.channels), len(stranger))]
    own, background.free = np.split(background.free, [int(group.ordinary.sum())])
    # In a small log large groups may find too few.
    background.channels[own] = channels + np.repeat(np.arange(group.size), group.ordinary)[: len(own)]
    return _Part(
        np.concatenate((what[target], what[stranger])),
        np.concatenate((channels + member, by)),
        np.concatenate((when, np.minimum(later, _SPAN - 1).astype(np.int64))),
    )


def _fed(draw: np.random.Generator, items: int, background: _Background, channels: int) -> _Part:
    """Return what a feed of one outlet posts to two accounts in the same second, a minute or two after its birth."""
    outlet = background.outlets[background.objects[draw.integers(0, len(background.objects))]]
    its = np.flatnonzero(background.outlets == outlet)
    what = draw.choice(its, items, replace=len(its) < items)
    when = np.minimum(background.births[what] + draw.integers(30, 120, items), _SPAN - 1)
    return _Part(np.repeat(what, 2), np.tile([channels, channels + 1], items), np.repeat(when, 2))


def _rushes(draw: np.random.Generator, rows: int, accounts: int) -> list[_Part]:
    crowds = _log_uniform(draw, 150, min(5000, accounts // 3), max(3, rows // 50_000)).astype(np.int64)
    crowds = crowds[np.cumsum(crowds) <= rows // 20]
    made = []
    for crowd in crowds:
        times = _moments(draw, 1)[0] + draw.exponential(3 * 60, crowd).astype(np.int64)
        made.append(_Part(np.empty(0, np.int64), draw.choice(accounts, crowd, replace=False), times))
    return made


def _appointments(draw: np.random.Generator, accounts: int) -> list[_Part]:
    """Return three weekly hashtags of one audience, whose regulars come every other week."""
    audience = draw.choice(accounts, max(20, accounts // 30), replace=False)
    made = []
    for weekday in (0, 3, 6):
        regulars = audience[draw.random(len(audience)) < 0.5]
        days = np.arange(weekday, SPAN_DAYS - 1, 7)
        there = np.tile(regulars, len(days))
        at = np.repeat(days, len(regulars)) * _DAY + 20 * _HOUR
        came = draw.random(len(there)) < 0.5
        times = at[came] + np.abs(draw.normal(0, 5 * 60, int(came.sum()))).astype(np.int64)
        made.append(_Part(np.empty(0, np.int64), there[came], times))
    return made


def _seated(draw: np.random.Generator, channels: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put off each share to its account's next sitting: one at a random moment of every two to six hours."""
    length = draw.integers(2 * _HOUR, 6 * _HOUR, channels.max() + 1)[channels]
    sitting = times // length + 1
    # A number that is the same for all shares of one account and sitting, and looks like chance.
    mixed = (channels.astype(np.uint64) << np.uint64(20) | sitting.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ mixed >> np.uint64(29)) * np.uint64(0xBF58476D1CE4E5B9)
    begins = sitting * length + ((mixed >> np.uint64(40)).astype(np.float64) / 2**24 * length).astype(np.int64)
    return np.asarray(np.minimum(begins + draw.exponential(4 * 60, len(times)), _SPAN - 1), np.int64)


def _moments(draw: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Draw moments, waking hours and workdays preferred; none in the last two days."""
    hours = np.arange((SPAN_DAYS - 2) * 24)
    hour = _weighted(draw, _HOURS[hours % 24] * _WEEK[hours // 24 % 7], count)
    return np.asarray(hour * _HOUR + draw.integers(0, _HOUR, count), np.int64)


def _weighted(draw: np.random.Generator, weight: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    sums = np.cumsum(weight)
    found = np.searchsorted(sums, draw.random(count) * sums[-1], side="right")
    return np.minimum(found, len(weight) - 1).astype(np.int64)


def _log_uniform(draw: np.random.Generator, low: float, high: float, count: int) -> NDArray[np.float64]:
    return np.asarray(np.exp(draw.uniform(np.log(low), np.log(high), count)))
