"""Near-duplicate: one text published by many channels as their own.

What it measures
    Channels (platform and channel_id) that published one text, identical after normalisation: letter case, accents,
    look-alike letters, invisible characters, punctuation, emoji, links and handles do not count. Marked reposts are not
    copies and are left out. A text that credits a news agency is expected in many outlets, once in each: of such a
    family only channels that published it more than once are counted.
What it cannot say
    Who wrote the text or asked for it, nor that the channels are run by one hand: supporters who use one template, a
    share button that writes the page's title, a prayer or a lyric look the same. There is no null model: how many
    unrelated channels publish one text depends on the text, and no probability is given. A credit can be forged to
    pass for an agency's text; the earliest row here need not be the first on the network.
Sources
    VIGINUM, D3lta (2023), label "copypasta"; Pacheco et al. 2021, Uncovering Coordinated Networks on Social Media,
    text trace; DISARM T0084.001 Use Copypasta.

>>> from vigie.engine.local import LocalEngine
>>> from vigie.tables import CASE_TABLES
>>> from vigie.testing import posts
>>> text = "the minister hid it from us all"
>>> rows = posts(f"ana 0 {text}", f"bob 60 {text.upper()}!", f"cem 3600 {text} https://a.example/1")
>>> with LocalEngine({"posts": rows, "case_channels": CASE_TABLES["case_channels"].empty_table()}) as engine:
...     measured = engine.run(MEASURE.steps())
>>> near_duplicate(measured, channels_min=3).select(["title", "subject_ids"]).to_pylist()
[{'title': 'One text published by 3 channels within 1 h 0 min', 'subject_ids': ['x:ana', 'x:bob', 'x:cem']}]
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.measures.near_duplicates import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400


def near_duplicate(
    measured: pa.Table,
    *,
    channels_min: Annotated[int, Bounds(2, 100_000)] = 5,
) -> pa.Table:
    """NEAR_DUPLICATES -> FOUND: one row per text of at least `channels_min` channels, ordered by `subject_ids`."""
    posts = [row for row in measured.to_pylist() if not row["is_repost"]]
    posts.sort(key=lambda row: (row["family_id"], row["time"], split_row_id(row["row_id"])))
    found = []
    for _, family in groupby(posts, key=lambda row: row["family_id"]):
        members: dict[str, list[dict[str, Any]]] = {}
        for row in _counted(list(family)):
            members.setdefault(_channel(row), []).append(row)
        if len(members) >= channels_min:
            found.append(_finding(members))
    found.sort(key=lambda row: (row["subject_ids"], row["first_seen"], row["evidence_ids"]))
    return pa.Table.from_pylist(found, schema=FOUND)


def _channel(row: dict[str, Any]) -> str:
    return f"{row['platform']}:{row['channel_id']}"


def _counted(family: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the family's rows; where an agency is credited, only those of channels that have more than one."""
    credited = any(row["agency"] is not None for row in family)
    times: dict[str, int] = {}
    for row in family:
        times[_channel(row)] = times.get(_channel(row), 0) + 1
    yield from (row for row in family if not credited or times[_channel(row)] > 1)


def _finding(members: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    rows = [row for channel in members.values() for row in channel]
    first, last = min(row["time"] for row in rows), max(row["time"] for row in rows)
    return {
        "title": f"One text published by {len(members)} channels within {_duration(last - first)}",
        "subject_ids": sorted(members),
        "first_seen": first,
        "last_seen": last,
        "value": float(len(members)),
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
    measure="channels that published one text",
    unit="channels",
    spoofable=3,
    techniques=("disarm.t0084.001",),
)
