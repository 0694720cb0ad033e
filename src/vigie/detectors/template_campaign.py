"""Template campaign: one frame, filled with other names by many channels, closer together than chance allows.

What it measures
    Channels (platform and channel_id) that published one text with other words in its slots than its first post: "I,
    [name], [trade] in [town], shall not ..." (kind `template` of `vigie.rules.changes`: gaps of one to four words, each
    filled with names or figures, between words that stand). Reported are frames with `fillings_min` different fillings
    on `channels_min` channels within any `window_h` hours, if so many channels together are unlikely where each post
    falls at a time drawn like the posts of its platform in the case: the null model of `copied_text`, which says what
    `expected` and `p_value` mean. Of a frame without such a burst, or where the posts of its platforms cover less than
    `windows_min` windows, there is no null model; it is reported if its shortest post has `words_alone` words, with
    `expected` and `p_value` empty.

    Three look-alikes are left out. Fillings with nothing but figures are a bulletin's: weather, odds, opening hours. A
    channel that fills the frame on three days or more is a bulletin's, too: it counts only in a burst, where the null
    model knows how often it posts. And an agency's credit makes it expected that many print the frame, once each.
    The first post and those that copy it word for word are the frame as it was, not filled otherwise: they are counted
    by `copied_text`, and no post is evidence of both.
What it cannot say
    Who wrote the frame or asked for it: a form letter that a union or a charity offers to its members is filled in the
    same way, openly. Whether the names are real, or those of the accounts. A frame filled with ordinary words ("the
    price of bread", "the price of milk") is not told from a text reworded, nor one whose slots are most of its words.
    A frame and its fillings are compared with the first post in the case: where that one adds something of its own, its
    followers are no fillings. Of a family with more than 200 different texts, the 200 that were drawn are looked at.
    One person can stage it with a script.
Sources
    Keller et al. 2020, Political Astroturfing on Twitter (co-tweets with small changes); Pacheco et al. 2021,
    Uncovering Coordinated Networks on Social Media, text trace; DISARM T0084.001 Use Copypasta.

>>> from vigie.measures import measured
>>> from vigie.testing import posts
>>> frame = "I am {} from {} and I shall not vote for as long as the harbour is closed to us all"
>>> signed = [("Ana", "Brest"), ("Bob", "Lyon"), ("Cem", "Lille"), ("Dan", "Nice"), ("Eve", "Metz"), ("Fay", "Dax")]
>>> rows = posts(*(f"{who} {60 * n} {frame.format(who, town)}" for n, (who, town) in enumerate(signed)))
>>> found = template_campaign(measured(MEASURE, {"posts": rows}))
>>> found["title"].to_pylist()
['One frame with 5 fillings published by 5 channels within 4 min 0 s']
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.measures.near_duplicates import MEASURE
from vigie.parameters import Bounds
from vigie.rules.bursts import Limits, activities, channel_of, channels_in, finding_of, judged, own_families
from vigie.tables import FOUND

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    Row = Mapping[str, Any]

_BULLETIN_DAYS: Final = 3


def template_campaign(
    measured: pa.Table,
    *,
    channels_min: Annotated[int, Bounds(2, 100_000)] = 5,
    fillings_min: Annotated[int, Bounds(2, 100_000)] = 5,
    window_h: Annotated[int, Bounds(1, 720)] = 48,
    p_max: Annotated[float, Bounds(1e-12, 1)] = 0.01,
    windows_min: Annotated[int, Bounds(2, 1_000)] = 4,
    words_alone: Annotated[int, Bounds(1, 10_000)] = 12,
) -> pa.Table:
    """NEAR_DUPLICATES -> FOUND: one row per frame of at least `channels_min` channels, ordered by `subject_ids`."""

    def reaches(rows: Sequence[Row]) -> bool:
        return len(channels_in(rows)) >= channels_min and _fillings(rows) >= fillings_min

    limits = Limits(channels_min=channels_min, window_h=window_h, p_max=p_max, windows_min=windows_min)
    frames = [rows for rows in own_families(measured, lambda row: row["slots"] == "words") if reaches(rows)]
    found = []
    for text in judged(frames, activities(measured), limits):
        if text.burst is None or not reaches(text.burst.rows):
            seldom = _without_bulletins(text.rows)
            if not reaches(seldom) or min(row["words"] for row in seldom) < words_alone:
                continue
            text = text._replace(rows=seldom, burst=None)  # noqa: PLW2901 - the text as it is reported
        found.append(finding_of(text, f"One frame with {_fillings(text.reported)} fillings published"))
    found.sort(key=lambda row: (row["subject_ids"], row["first_seen"], row["evidence_ids"]))
    return pa.Table.from_pylist(found, schema=FOUND)


def _fillings(rows: Iterable[Row]) -> int:
    return len({row["filling"] for row in rows})


def _without_bulletins(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of channels that fill the frame on fewer than `_BULLETIN_DAYS` days (UTC)."""
    days: defaultdict[str, set[date]] = defaultdict(set)
    for row in rows:
        days[channel_of(row)].add(row["time"].date())
    return [row for row in rows if len(days[channel_of(row)]) < _BULLETIN_DAYS]


DETECTOR: Final = Detector(
    run=template_campaign,
    reads=MEASURE,
    subject="channel",
    measure="channels that filled one frame with other names, at its densest",
    unit="channels",
    spoofable=3,
    techniques=("disarm.t0084.001",),
)
