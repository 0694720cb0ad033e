"""Copied text: one text published by many channels as their own, closer together than chance allows.

What it measures
    Channels (platform and channel_id) that published one text, or what was made of it: letter case, accents, look-alike
    letters, invisible characters, punctuation, emoji, links and handles do not count, and a text with some words
    changed, slots filled, its end cut off or something added is of the same family (`vigie.rules.families`). Counted
    are its posts that share `similarity_min` of their runs of five characters with its core: those that resemble it
    less stand in `vigie families`, and how often people write such by chance is not modelled. Marked reposts are not
    copies and are left out. So is a post that fills the slots of a frame with other names or figures than the first:
    that is what `template_campaign` counts, and no post is evidence of both. A text that credits a news agency is
    expected in many outlets, once in each: of such a family only channels that published it more than once are
    counted.
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
>>> found = copied_text(measured(MEASURE, {"posts": rows}))
>>> found["title"].to_pylist(), round(found["p_value"][0].as_py(), 4)
(['One text published by 5 channels within 0 s (0.73 expected; 6 channels in all)'], 0.0031)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.measures.near_duplicates import MEASURE
from vigie.parameters import Bounds
from vigie.rules.bursts import Limits, activities, channels_in, finding_of, judged, own_families
from vigie.tables import FOUND

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SAME: Final = frozenset({"exact", "surface"})


def copied_text(
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
    limits = Limits(channels_min=channels_min, window_h=window_h, p_max=p_max, windows_min=windows_min)
    families = own_families(measured, lambda row: row["kind"] != "template" and row["similarity"] >= similarity_min)
    texts = [rows for rows in families if len(channels_in(rows)) >= channels_min]
    found = [
        finding_of(text, f"{_text(text.reported)} published")
        for text in judged(texts, activities(measured), limits)
        if text.burst or not text.has_null or text.rows[0]["words"] >= words_alone
    ]
    found.sort(key=lambda row: (row["subject_ids"], row["first_seen"], row["evidence_ids"]))
    return pa.Table.from_pylist(found, schema=FOUND)


def _text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return what the posts have in common: a text, or what was made of it."""
    same = all(row["similarity"] == 1 if row["kind"] is None else row["kind"] in _SAME for row in rows)
    return "One text" if same else "One text, reworded or cut,"


DETECTOR: Final = Detector(
    run=copied_text,
    reads=MEASURE,
    subject="channel",
    measure="channels that published one text, at its densest",
    unit="channels",
    spoofable=3,
    techniques=("disarm.t0084.001",),
)
