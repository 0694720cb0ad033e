"""Co-share: groups of channels that keep sharing the same objects moments apart.

What it measures
    Distinct objects (linked pages, or hashtags, or whole texts) that channels shared within `window_s` of each other,
    more often than the null model of `vigie.measures.co_share_edges` expects: each channel shares as often as it does,
    each object is as popular as it is at that time. Pairs with at least `objects_min` objects and a false discovery
    rate of at most `q_max` are linked; linked pairs make groups. `value` counts the objects of the linked pairs,
    `expected` is to `value` as the objects that the model expects of the linked pairs, added up, are to those they
    have: an object shared by many pairs counts in each of them on both sides. `p_value` is that of the group's least
    likely pair, times the number of all pairs of channels.
What it cannot say
    Who runs the channels, nor that they are inauthentic: volunteers who post by appointment, the channels of one
    newsroom and feeds of one source look the same. The model knows nothing of shared interests. A group can be chained
    together by one channel that belongs to two. An object that a crowd shares at once makes no pairs: coordination
    hidden in a crowd is not seen.
Sources
    Pacheco et al. 2021, Uncovering Coordinated Networks on Social Media; Giglietto et al. 2020, It takes a village to
    manipulate the media; CooRTweet `detect_groups`; DISARM T0049.

>>> from vigie.engine.local import LocalEngine
>>> from vigie.testing import posts
>>> crew = [f"{c} {6000 * i + s} https://a.example/{i}" for i in range(8) for s, c in enumerate(["ana", "bob", "cem"])]
>>> rest = [f"u{i % 40} {400 * i} https://b.example/{i % 60}" for i in range(120)]
>>> with LocalEngine({"posts": posts(*crew, *rest)}) as engine:
...     measured = engine.run(MEASURE.steps())
>>> co_share(measured).select(["subject_ids", "value"]).to_pylist()
[{'subject_ids': ['x:ana', 'x:bob', 'x:cem'], 'value': 8.0}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.detectors import Detector
from vigie.measures.co_share_edges import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id

if TYPE_CHECKING:
    from collections.abc import Iterable


def co_share(
    measured: pa.Table,
    *,
    objects_min: Annotated[int, Bounds(2, 10_000)] = 3,
    q_max: Annotated[float, Bounds(0, 1)] = 0.01,
) -> pa.Table:
    """CO_SHARE_EDGES -> FOUND: one row per group of linked channels, ordered by `subject_ids`."""
    # A crowd has no q_value, and a row whose condition is null is left out.
    enough = pc.greater_equal(measured["objects"], pa.scalar(objects_min))
    unlikely = pc.less_equal(measured["q_value"], pa.scalar(q_max))
    linked = measured.filter(pc.and_kleene(enough, unlikely)).to_pylist()
    groups: dict[str, list[dict[str, Any]]] = {}
    lead = _leads((edge["channel_a"], edge["channel_b"]) for edge in linked)
    for edge in sorted(linked, key=lambda edge: (edge["channel_a"], edge["channel_b"])):
        groups.setdefault(lead[edge["channel_a"]], []).append(edge)
    found = [_finding(edges) for edges in groups.values()]
    return pa.Table.from_pylist(sorted(found, key=lambda row: row["subject_ids"]), schema=FOUND)


def _leads(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each channel the least channel it is linked to, over any number of links."""
    lead: dict[str, str] = {}

    def find(channel: str) -> str:
        lead.setdefault(channel, channel)
        while lead[channel] != channel:
            lead[channel] = lead[lead[channel]]
            channel = lead[channel]
        return channel

    for left, right in pairs:
        one, other = sorted((find(left), find(right)))
        lead[other] = one
    return {channel: find(channel) for channel in lead}


def _finding(edges: list[dict[str, Any]]) -> dict[str, Any]:
    members = sorted({edge[end] for edge in edges for end in ("channel_a", "channel_b")})
    objects = {o for edge in edges for o in edge["object_ids"]}
    share = sum(edge["expected"] for edge in edges) / sum(edge["objects"] for edge in edges)
    return {
        "title": f"{len(members)} channels shared {len(objects)} of the same objects moments apart",
        "subject_ids": members,
        "first_seen": min(edge["first_seen"] for edge in edges),
        "last_seen": max(edge["last_seen"] for edge in edges),
        "value": float(len(objects)),
        "expected": share * len(objects),
        "p_value": min([1.0, *(edge["p_value"] * edge["tests"] for edge in edges)]),
        "evidence_ids": sorted({row for edge in edges for row in edge["row_ids"]}, key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=co_share,
    reads=MEASURE,
    subject="channel",
    measure="objects shared moments apart",
    unit="objects",
    spoofable=2,
    techniques=("disarm.t0049",),
)
