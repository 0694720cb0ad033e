"""Near-duplicate: one text published by many channels as their own, closer together than chance allows.

What it measures
    Channels (platform and channel_id) that published one text, or what was made of it: letter case, accents, look-alike
    letters, invisible characters, punctuation, emoji, links and handles do not count, and a text with some words
    changed, slots filled, its end cut off or something added is of the same family (`vigie.rules.families`). Counted
    are its posts that share `similarity_min` of their runs of five characters with its core: those that resemble it
    less stand in `vigie families`, and how often people write such by chance is not modelled. Marked reposts are not
    copies and are left out. A text that credits a news agency is expected in many outlets, once in each: of such a
    family only channels that published it more than once are counted.
    The value is the largest number of channels within any `window_h` hours. The null model asks how likely that is if
    each publication fell at a time drawn like the posts of its platform in the case (marked reposts aside), hour by
    hour, independently of the others: so day and night, busy days and gaps in the data are allowed for. `expected` is
    the mean number of channels within that window, `p_value` an upper bound of the probability that some window holds
    that many (a scan statistic; the formula stands in `vigie.kernels.scan`), times the number of texts of at least
    `channels_min` channels in all. So a phrase that everybody posts now and then is the expectation, not the finding.

    Two kinds of finding have no null model, count all channels of the text, and leave `expected` and `p_value` empty: a
    text of `words_alone` words or more that comes without such a burst, since how many people write the same long
    sentence by chance is not modelled; and any text where the posts of its platforms cover less than `windows_min`
    windows, counted by days (UTC) with a post.
What it cannot say
    Who wrote the text or asked for it, nor that the channels are run by one hand: supporters who use one template, a
    share button that writes a headline, a holiday's greeting or the lyric of the day come in bursts too. A small
    `p_value` says that the publications did not fall independently of one another, not why. A long text without burst
    may be a quotation, a prayer or a lyric; a short one that spreads slowly, over weeks, looks like an everyday phrase
    and is not reported. Of a text with several bursts only the densest is. The posts of the text are among those that
    the usual hours are learnt from: where a burst is most of what the case holds, it looks usual. A credit can be
    forged to pass for an agency's text.
Sources
    VIGINUM, D3lta (2023), label "copypasta"; Pacheco et al. 2021, Uncovering Coordinated Networks on Social Media,
    text trace; Glaz, Naus & Wallenstein 2001, Scan Statistics; DISARM T0084.001 Use Copypasta.

>>> from vigie.measures import measured
>>> from vigie.testing import posts
>>> text = "the minister hid it from us all"
>>> burst = [f"{channel} 500000 {text} https://a.example/1" for channel in ("ana", "bob", "cem", "dan", "eve")]
>>> rows = posts(*burst, f"fay 0 {text.upper()}!", *(f"u{n} {n * 7200} it is {n} degrees" for n in range(240)))
>>> found = near_duplicate(measured(MEASURE, {"posts": rows}))
>>> found["title"].to_pylist(), round(found["p_value"][0].as_py(), 4)
(['One text published by 5 channels within 0 s (0.73 expected; 6 channels in all)'], 0.0031)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.detectors import Detector
from vigie.kernels.scan import Activity, Alike, densest, mean_within, scan_tail
from vigie.measures.near_duplicates import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id

if TYPE_CHECKING:
    from collections.abc import Iterable

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_DAY_H: Final = 24


def near_duplicate(
    measured: pa.Table,
    *,
    channels_min: Annotated[int, Bounds(2, 100_000)] = 5,
    window_h: Annotated[int, Bounds(1, 720)] = 48,
    p_max: Annotated[float, Bounds(1e-12, 1)] = 0.01,
    windows_min: Annotated[int, Bounds(2, 1_000)] = 4,
    words_alone: Annotated[int, Bounds(1, 10_000)] = 12,
    similarity_min: Annotated[float, Bounds(0, 1)] = 0.75,
) -> pa.Table:
    """NEAR_DUPLICATES -> FOUND: one row per text of at least `channels_min` channels, ordered by `subject_ids`."""
    is_hour = pc.is_null(measured["family_id"])
    activity = _activity(measured.filter(is_hour).select(["platform", "time", "hour_posts"]).to_pylist())
    posts = [
        row
        for row in measured.filter(pc.invert(is_hour)).to_pylist()
        if not row["is_repost"] and row["similarity"] >= similarity_min
    ]
    posts.sort(key=lambda row: (row["family_id"], row["time"], split_row_id(row["row_id"])))
    texts = []
    for _, family in groupby(posts, key=lambda row: row["family_id"]):
        counted = _counted(list(family))
        if len({_channel(row) for row in counted}) >= channels_min:
            texts.append(counted)
    days = {platform: {hour // _DAY_H for hour in activity[platform].hours.tolist()} for platform in activity}
    found = []
    for rows in texts:
        covered = set().union(*(days[platform] for platform in {row["platform"] for row in rows}))
        if len(covered) * _DAY_H < windows_min * window_h:
            found.append(_finding(rows, None))
        else:
            burst = _burst(rows, activity, window_h)
            p_value = min(1.0, burst.p_value * len(texts))
            if burst.channels >= channels_min and p_value <= p_max:
                found.append(_finding(rows, replace(burst, p_value=p_value)))
            elif rows[0]["words"] >= words_alone:
                found.append(_finding(rows, None))
    found.sort(key=lambda row: (row["subject_ids"], row["first_seen"], row["evidence_ids"]))
    return pa.Table.from_pylist(found, schema=FOUND)


def _activity(hours: Iterable[dict[str, Any]]) -> dict[str, Activity]:
    posts: dict[str, dict[int, int]] = {}
    for row in hours:
        posts.setdefault(row["platform"], {})[_hour(row["time"])] = row["hour_posts"]
    return {platform: Activity.of(posts[platform]) for platform in posts}


def _hour(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(hours=1)


def _channel(row: dict[str, Any]) -> str:
    return f"{row['platform']}:{row['channel_id']}"


def _counted(family: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the family's rows; where an agency is credited, only those of channels that have more than one."""
    credited = any(row["agency"] is not None for row in family)
    times = Counter(_channel(row) for row in family)
    return [row for row in family if not credited or times[_channel(row)] > 1]


@dataclass(frozen=True, slots=True)
class _Burst:
    """The densest window of a text."""

    rows: list[dict[str, Any]]
    expected: float
    p_value: float

    @property
    def channels(self) -> int:
        return len({_channel(row) for row in self.rows})


def _burst(rows: list[dict[str, Any]], activity: dict[str, Activity], window_h: int) -> _Burst:
    """Return the densest window of the rows, which ascend in time."""
    times_us = [(row["time"] - _EPOCH) // timedelta(microseconds=1) for row in rows]
    begin, end = densest(times_us, [_channel(row) for row in rows], window_h * _HOUR_S * 1_000_000)
    inside = rows[begin:end]
    posts = Counter((row["platform"], row["channel_id"]) for row in rows)
    alike = Counter((platform, count) for (platform, _), count in posts.items())
    groups = [Alike(activity[platform], count, channels) for (platform, count), channels in sorted(alike.items())]
    channels = len({_channel(row) for row in inside})
    p_value = scan_tail(channels, groups, window_h) if channels > 1 else 1.0
    return _Burst(inside, mean_within(groups, _hour(inside[0]["time"]), window_h), p_value)


def _finding(counted: list[dict[str, Any]], burst: _Burst | None) -> dict[str, Any]:
    rows = burst.rows if burst else counted
    channels, in_all = ({_channel(row) for row in some} for some in (rows, counted))
    first, last = rows[0]["time"], rows[-1]["time"]
    more = f"; {len(in_all)} channels in all" if len(in_all) > len(channels) else ""
    note = f" ({burst.expected:.2g} expected{more})" if burst else ""
    return {
        "title": f"One text published by {len(channels)} channels within {_duration(last - first)}{note}",
        "subject_ids": sorted(channels),
        "first_seen": first,
        "last_seen": last,
        "value": float(len(channels)),
        "expected": burst.expected if burst else None,
        "p_value": burst.p_value if burst else None,
        "evidence_ids": sorted((row["row_id"] for row in rows), key=split_row_id),
    }


def _duration(span: timedelta) -> str:
    """Return a length of time in its two largest units."""
    seconds = int(span.total_seconds())
    if seconds < _MINUTE_S:
        return f"{seconds} s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S} min {seconds % _MINUTE_S} s"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S} h {seconds % _HOUR_S // _MINUTE_S} min"
    return f"{seconds // _DAY_S} d {seconds % _DAY_S // _HOUR_S} h"


DETECTOR: Final = Detector(
    run=near_duplicate,
    reads=MEASURE,
    subject="channel",
    measure="channels that published one text, at its densest",
    unit="channels",
    spoofable=3,
    techniques=("disarm.t0084.001",),
)
