r"""Disguised text: a channel whose posts hide characters inside words or write letters as look-alikes.

What it measures
    Posts of a channel (platform and channel_id, marked reposts left out) with one of four things that readers do not
    see and that make a text another one to a machine (`vigie.text.signals`): characters without width inside words,
    characters that turn the direction of writing there, letters that are look-alikes of another script, and marks on
    letters that no orthography puts there. The other signals (hashtags in a row, digits and signs for letters, emoji
    between letters, letters set apart, cut ends) are ordinary in jest or on a platform; they count for nothing here.
    `value` is the number of such posts, at least `posts_min` and at least `share_min` of the channel's posts: a typist
    with two keyboard layouts writes some, too. The null model asks how likely that many are if the channel were like
    the others of its platform in the case: their shares of such posts are taken as a beta law, fitted with their
    differences, so that where an export mangles everybody's characters nobody stands out. Others that disguise more
    than half of their posts, up to one channel in ten, are left out of it, so that a group does not hide its own
    members. `expected` is the mean under that law, `p_value` the probability of as many or more, times the number of
    channels with `posts_min` posts or more. Where fewer than `others_min` other channels of the platform have
    `alone_min` posts there is no null model: `expected` and `p_value` are empty, and `alone_min` such posts are asked
    for.
What it cannot say
    Why. Text copied from a PDF or a page may bring soft hyphens, zero-width spaces and invisible watermarks; a tool
    that a newsroom uses may put them there; brands, transliteration and jest mix scripts; a struck-out word is
    typography. Hiding a word from a filter is also what people do who are censored. A channel may repeat what another
    disguised and not know it. A text in letters of one other script throughout, harakat put on Arabic letters, joiners
    and spaces without width inside words of scripts that need them (Arabic, Persian, Indic, Thai, Khmer), a soft
    hyphen where a page would divide, images: none is seen. Several channels that disguise a third of their posts each
    make one another look usual. Where few channels differ much among themselves the law is fitted poorly: of 30 drawn
    from one very uneven law, one case in ten had a finding at `p_max` 0.01; of even ones, one in a hundred at most.
Sources
    Unicode UTS 39 (confusables), UTR 36 (security); Boucher et al. 2022, Bad Characters; DISARM T0121.001 Bypass
    Content Blocking, which names "manipulating text to avoid filtering by keywords". Thresholds are our own.

>>> from vigie.measures import measured
>>> from vigie.testing import posts
>>> hidden = [f"ana {n} vo\u200bte for number {n} no\u200bw" for n in range(8)]
>>> plain = [f"u{n % 20} {n} the market of square {n} was open" for n in range(400)]
>>> found = disguised_text(measured(MEASURE, {"posts": posts(*hidden, *plain)}))
>>> found["title"].to_pylist()
['8 of 8 posts disguise their text (0.01 expected): 8 with characters without width inside words']
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.detectors import Detector
from vigie.kernels.beta_binomial import Shares, fitted, tail
from vigie.measures.text_signals import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id
from vigie.text.counted import noun

if TYPE_CHECKING:
    from collections.abc import Sequence

_DISGUISES: Final = {
    "zero_width_in_words": "characters without width inside words",
    "bidi": "characters that turn the direction of writing",
    "mixed_script_words": "look-alike letters of another script",
    "marks_stuffed": "marks stuffed on letters",
}
_LEFT_OUT: Final = 10  # one channel in ten
_MOST: Final = 0.5


@dataclass(slots=True)
class _Channel:
    """One channel, its posts with text, and the rows of those that are disguised."""

    platform: str
    name: str
    posts: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def share(self) -> float:
        return len(self.rows) / self.posts if self.posts else 0.0


def disguised_text(
    measured: pa.Table,
    *,
    posts_min: Annotated[int, Bounds(1, 100_000)] = 3,
    share_min: Annotated[float, Bounds(0, 1)] = 0.1,
    p_max: Annotated[float, Bounds(1e-12, 1)] = 0.01,
    alone_min: Annotated[int, Bounds(1, 100_000)] = 10,
    others_min: Annotated[int, Bounds(1, 10_000)] = 3,
) -> pa.Table:
    """TEXT_SIGNALS -> FOUND: one row per channel that disguises its texts, ordered by `subject_ids`."""
    platforms: dict[str, list[_Channel]] = defaultdict(list)
    for channel in _channels(measured):
        platforms[channel.platform].append(channel)
    asked = sum(channel.posts >= posts_min for channels in platforms.values() for channel in channels)
    found = []
    for channels in platforms.values():
        channels.sort(key=lambda c: (c.share, c.name))
        enough = sum(channel.posts >= alone_min for channel in channels)
        for at, channel in enumerate(channels):
            hits = len(channel.rows)
            if hits < posts_min or channel.share < share_min:
                continue
            if enough - (channel.posts >= alone_min) < others_min:
                if hits >= alone_min:
                    found.append(_finding(channel, None, None))
                continue
            shares = _of_others(channels, at)
            p_value = min(1.0, asked * tail(hits, channel.posts, shares))
            if p_value <= p_max:
                found.append(_finding(channel, shares.mean * channel.posts, p_value))
    return pa.Table.from_pylist(sorted(found, key=lambda row: row["subject_ids"]), schema=FOUND)


def _channels(measured: pa.Table) -> list[_Channel]:
    is_channel: Any = pc.is_null(measured["row_id"])
    found: dict[tuple[str, str], _Channel] = {}
    for row in measured.filter(is_channel).select(["platform", "channel_id", "channel_posts"]).to_pylist():
        who = row["platform"], row["channel_id"]
        found[who] = _Channel(*who, posts=row["channel_posts"])
    hides: Any = pc.less(pa.scalar(0), pc.max_element_wise(*(measured[name] for name in _DISGUISES)))
    posts = measured.filter(pc.and_(hides, pc.invert(measured["is_repost"])))
    for row in posts.select(["row_id", "time", "platform", "channel_id", *_DISGUISES]).to_pylist():
        found[row["platform"], row["channel_id"]].rows.append(row)
    return list(found.values())


def _of_others(channels: Sequence[_Channel], at: int) -> Shares:
    """Return the law of the shares of the channels but the one at `at`; `channels` ascend in share."""
    others = [channel for n, channel in enumerate(channels) if n != at]
    mostly = sum(channel.share > _MOST for channel in others)
    kept = others[: len(others) - min(mostly, len(others) // _LEFT_OUT)]
    return fitted(np.array([len(c.rows) for c in kept], np.int64), np.array([c.posts for c in kept], np.int64))


def _finding(channel: _Channel, expected: float | None, p_value: float | None) -> dict[str, Any]:
    rows = channel.rows
    by_kind = {words: sum(row[name] > 0 for row in rows) for name, words in _DISGUISES.items()}
    kinds = ", ".join(f"{count:,} with {words}" for words, count in by_kind.items() if count)
    note = f" ({expected:.2g} expected)" if expected is not None else ""
    posts = noun(channel.posts, "post disguises its text", "posts disguise their text")
    return {
        "title": f"{len(rows):,} of {channel.posts:,} {posts}{note}: {kinds}",
        "subject_ids": [f"{channel.platform}:{channel.name}"],
        "first_seen": min(row["time"] for row in rows),
        "last_seen": max(row["time"] for row in rows),
        "value": float(len(rows)),
        "low": None,
        "high": None,
        "expected": expected,
        "p_value": p_value,
        "evidence_ids": sorted((row["row_id"] for row in rows), key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=disguised_text,
    reads=MEASURE,
    subject="channel",
    measure="posts with characters hidden in words or letters replaced by look-alikes",
    unit="posts",
    spoofable=3,
    techniques=("disarm.t0121.001",),
)
