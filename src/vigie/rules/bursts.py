"""Whether what many channels published came in a burst: its densest window against the usual hours of its platforms.

A detector says which posts of the measure `near_duplicates` are of one text; here it is told which texts are reported,
with their densest window and how likely that is by chance (`vigie.kernels.scan`), and which without a null model.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from vigie.kernels.scan import Activity, Alike, densest, mean_within, scan_tail
from vigie.tables import split_row_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_DAY_H: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a burst must reach: channels within `window_h` hours, and a probability of `p_max` at most.

    There is no null model where the posts of a text's platforms cover less than `windows_min` windows.
    """

    channels_min: int
    window_h: int
    p_max: float
    windows_min: int


@dataclass(frozen=True, slots=True)
class Burst:
    """The densest window of a text; `p_value` is the probability of such a one times the texts that were looked at."""

    rows: Sequence[Row]
    expected: float
    p_value: float

    @property
    def channels(self) -> int:
        """Return how many channels published in the window."""
        return len(channels_in(self.rows))


class Text(NamedTuple):
    """A text's rows in order of time, its burst if one is reported, and whether there was a null model to ask."""

    rows: Sequence[Row]
    burst: Burst | None
    has_null: bool

    @property
    def reported(self) -> Sequence[Row]:
        """Return the rows that a finding is about: the burst's, or all."""
        return self.burst.rows if self.burst else self.rows


def channel_of(row: Row) -> str:
    """Return the channel of a row with its platform.

    >>> channel_of({"platform": "x", "channel_id": "ana"})
    'x:ana'
    """
    return f"{row['platform']}:{row['channel_id']}"


def channels_in(rows: Iterable[Row]) -> set[str]:
    """Return the channels of rows."""
    return {channel_of(row) for row in rows}


def activities(measured: pa.Table) -> dict[str, Activity]:
    """Return what each platform posts hour by hour: the rows of NEAR_DUPLICATES without a family."""
    hours = measured.filter(pc.is_null(measured["family_id"])).select(["platform", "time", "hour_posts"])
    posts: dict[str, dict[int, int]] = {}
    for row in hours.to_pylist():
        posts.setdefault(row["platform"], {})[_hour(row["time"])] = row["hour_posts"]
    return {platform: Activity.of(posts[platform]) for platform in posts}


def own_families(measured: pa.Table, counts: Callable[[Row], bool]) -> Iterator[list[Row]]:
    """Yield the rows of each family that are no marked reposts and that count, in order of time.

    An agency's text is expected in many outlets, once in each: where a post of the family credits one, only channels
    with more than one post that counts are left.
    """
    rows = measured.filter(pc.is_valid(measured["family_id"])).to_pylist()
    rows = [row for row in rows if not row["is_repost"]]
    rows.sort(key=lambda row: (row["family_id"], row["time"], split_row_id(row["row_id"])))
    for _, grouped in groupby(rows, key=lambda row: row["family_id"]):
        family: list[Row] = list(grouped)
        credited = any(row["agency"] is not None for row in family)
        counted = [row for row in family if counts(row)]
        times = Counter(map(channel_of, counted))
        yield [row for row in counted if not credited or times[channel_of(row)] > 1]


def judged(texts: Sequence[Sequence[Row]], hours: Mapping[str, Activity], limits: Limits) -> Iterator[Text]:
    """Yield each text's rows with its burst, if there is one; `texts` are all that are looked at."""
    days = {platform: {hour // _DAY_H for hour in hours[platform].hours.tolist()} for platform in hours}
    for rows in texts:
        covered = set().union(*(days[platform] for platform in {row["platform"] for row in rows}))
        if len(covered) * _DAY_H < limits.windows_min * limits.window_h:
            yield Text(rows, None, has_null=False)
            continue
        burst = densest_window(rows, hours, limits.window_h)
        burst = replace(burst, p_value=min(1.0, burst.p_value * len(texts)))
        stands_out = burst.channels >= limits.channels_min and burst.p_value <= limits.p_max
        yield Text(rows, burst if stands_out else None, has_null=True)


def densest_window(rows: Sequence[Row], hours: Mapping[str, Activity], window_h: int) -> Burst:
    """Return the densest window of the rows, which ascend in time, with the probability for this text alone."""
    times_us = [(row["time"] - _EPOCH) // timedelta(microseconds=1) for row in rows]
    begin, end = densest(times_us, [channel_of(row) for row in rows], window_h * _HOUR_S * 1_000_000)
    inside = rows[begin:end]
    posts = Counter((row["platform"], row["channel_id"]) for row in rows)
    alike = Counter((platform, count) for (platform, _), count in posts.items())
    groups = [Alike(hours[platform], count, channels) for (platform, count), channels in sorted(alike.items())]
    channels = len(channels_in(inside))
    p_value = scan_tail(channels, groups, window_h) if channels > 1 else 1.0
    return Burst(inside, mean_within(groups, _hour(inside[0]["time"]), window_h), p_value)


def finding_of(text: Text, what: str) -> dict[str, Any]:
    """Return a row of FOUND about the burst, or else about all rows of a text; `what` begins its title."""
    rows = text.reported
    channels, in_all = channels_in(rows), channels_in(text.rows)
    first, last = rows[0]["time"], rows[-1]["time"]
    more = f"; {len(in_all)} channels in all" if len(in_all) > len(channels) else ""
    note = f" ({text.burst.expected:.2g} expected{more})" if text.burst else ""
    return {
        "title": f"{what} by {len(channels)} channels within {duration(last - first)}{note}",
        "subject_ids": sorted(channels),
        "first_seen": first,
        "last_seen": last,
        "value": float(len(channels)),
        "expected": text.burst.expected if text.burst else None,
        "p_value": text.burst.p_value if text.burst else None,
        "evidence_ids": sorted((row["row_id"] for row in rows), key=split_row_id),
    }


def duration(span: timedelta) -> str:
    """Return a length of time in its two largest units.

    >>> duration(timedelta(minutes=130))
    '2 h 10 min'
    """
    seconds = int(span.total_seconds())
    if seconds < _MINUTE_S:
        return f"{seconds} s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S} min {seconds % _MINUTE_S} s"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S} h {seconds % _HOUR_S // _MINUTE_S} min"
    return f"{seconds // _DAY_S} d {seconds % _DAY_S // _HOUR_S} h"


def _hour(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(hours=1)
