"""Each channel's first own post of each family, as arrays: what is asked of order is asked of these.

A time is the interval in which its clock leaves it: a second, a minute, or a day that begins where its file has it
begin. A channel has one such interval in a family, that of its earliest post that is no marked repost.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.rules.agencies import is_agency_channel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    I64 = NDArray[np.int64]
    Bools = NDArray[np.bool_]

NOT_DECLARED: Final = "not declared"
# Whose texts are the outlet's own even where the outlet is a news agency: the case file says whom it belongs to.
STATE_TIERS: Final = ("official", "state-controlled", "state-linked")
S_US: Final = 1_000_000
DAY_S: Final = 86_400
_DAY_US: Final = DAY_S * S_US


class Slots(NamedTuple):
    """The firsts, ascending by family, then by start.

    family: int64, the place of its id among `families`, which ascend; start, end: UTC microseconds of the interval;
    day: days after the epoch (UTC) of its start; tier, platform, publisher: places among `tiers`, `platforms`, and a
    number each for outlets and for channels without one; channel: a number; row: the place of the post among the rows
    given; credited: one of the channel's posts credits an agency; is_agency: the channel is a news agency's own and of
    no state tier.
    """

    families: list[str]
    tiers: list[str]
    platforms: list[str]
    family: I64
    start: I64
    end: I64
    day: I64
    tier: I64
    platform: I64
    publisher: I64
    channel: I64
    row: I64
    credited: Bools
    is_agency: Bools

    def kept(self, which: Bools) -> Slots:
        """Return those of the firsts."""
        columns: Any = (column[which] for column in self[3:])
        return Slots(self.families, self.tiers, self.platforms, *columns)

    def heads(self) -> I64:
        """Return where each family begins."""
        return np.flatnonzero(np.append(True, self.family[1:] != self.family[:-1])[: len(self.family)])

    def by_family(self, of_heads: Any) -> Any:
        """Return what is known of each family with a row, in order, for each of its firsts."""
        return np.repeat(of_heads, np.diff(np.append(self.heads(), len(self.family))))


def interval(time_us: int, precision_s: int) -> tuple[int, int]:
    """Return the beginning and the end of the interval in which a clock leaves a time; UTC microseconds.

    >>> interval(61_500_000, 1), interval(61_000_000, 60), interval(7_200_000_000, 86400)
    ((61000000, 62000000), (60000000, 120000000), (7200000000, 93600000000))
    """
    length = precision_s * S_US
    # A day begins at the midnight of some zone.
    start = time_us if precision_s >= DAY_S else time_us - time_us % length
    return start, start + length


def slots_of(near: pa.Table, *, hours_max: float | None = None) -> Slots:
    """Return the firsts of rows of the measure `near_duplicates`, within `hours_max` of their family's first.

    Rows of hours and marked reposts are passed over.
    """
    is_own: Any = pc.invert(near["is_repost"])
    places = np.flatnonzero(np.asarray(pc.and_kleene(pc.is_valid(near["family_id"]), is_own)))
    own = near.take(places)
    named = {name: _coded(own[name]) for name in ("family_id", "tier", "platform", "channel_id", "outlet")}
    family, tier, platform = (named[name][1] for name in ("family_id", "tier", "platform"))
    channel = _numbered(platform, named["channel_id"][1])
    outlet = named["outlet"][1]
    publisher = np.where(outlet >= 0, outlet, len(named["outlet"][0]) + channel)
    time: Any = own["time"].cast(pa.int64())
    length = np.asarray(own["precision_s"], np.int64) * S_US
    start = np.asarray(time, np.int64)
    start = np.where(length >= _DAY_US, start, start - start % np.maximum(length, 1))
    end = start + length
    pair = _numbered(family, channel)
    credited = np.zeros(int(pair.max(initial=-1)) + 1, np.bool_)
    credited[pair[np.asarray(pc.is_valid(own["agency"]))]] = True
    order = np.lexsort((channel, platform, end, start, family))
    order = order[np.sort(np.unique(pair[order], return_index=True)[1])]
    families, tiers, platforms = (named[name][0] for name in ("family_id", "tier", "platform"))
    slots = Slots(
        families=families,
        tiers=[*tiers, NOT_DECLARED],
        platforms=platforms,
        family=family[order],
        start=start[order],
        end=end[order],
        day=start[order] // _DAY_US,
        tier=np.where(tier < 0, len(tiers), tier)[order],
        platform=platform[order],
        publisher=publisher[order],
        channel=channel[order],
        row=places[order],
        credited=credited[pair[order]],
        is_agency=np.zeros(len(order), np.bool_),
    )
    if hours_max is not None and len(order):
        first = slots.by_family(slots.start[slots.heads()])
        slots = slots.kept(slots.start - first <= hours_max * 3_600 * S_US)
    return slots._replace(is_agency=_agencies(slots, own, channel, tier))


def _agencies(slots: Slots, own: pa.Table, channel: I64, tier: I64) -> Bools:
    """Tell which of the firsts are of a channel of a news agency that is declared of no state tier."""
    known, places = np.unique(channel, return_index=True)
    rows = own.select(["outlet", "platform", "channel_id"]).take(places).to_pylist()
    of_state = {n for n, name in enumerate(slots.tiers) if name in STATE_TIERS}
    is_agency = np.zeros(int(known.max(initial=-1)) + 1, np.bool_)
    for number, place, row in zip(known.tolist(), places.tolist(), rows, strict=True):
        is_agency[number] = int(tier[place]) not in of_state and _is_agency(
            row["outlet"], row["platform"], row["channel_id"]
        )
    return is_agency[slots.channel]


@cache
def _is_agency(outlet: str | None, platform: str, channel_id: str) -> bool:
    return is_agency_channel(outlet, platform, channel_id)


def _coded(column: Any) -> tuple[list[str], I64]:
    """Return the different values, sorted, and of each row the place of its value among them; -1: null."""
    written = column.combine_chunks().dictionary_encode()
    values = written.dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    place = np.empty(len(values) + 1, np.int64)
    place[order], place[-1] = np.arange(len(values)), -1
    return [values[n] for n in order], place[np.asarray(written.indices.fill_null(-1), np.int64)]


def _numbered(*codes: I64) -> I64:
    """Return a number for each different combination of codes, ascending as they do."""
    made = np.zeros(len(codes[0]), np.int64)
    for code in codes:
        made = np.unique(made * (int(code.max(initial=0)) + 2) + code + 1, return_inverse=True)[1].astype(np.int64)
    return made
