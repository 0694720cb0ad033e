"""Coordinated network: channels that keep meeting at the same objects moments apart, beyond what chance and custom do.

What it measures
    Channels that shared the same objects (linked pages, whole texts, hashtags, media, reposted or answered posts)
    within a window of each other, more often than either of two null models has it: in the one who shares is left to
    chance in proportion to activity, in the other who shares what is given and only the moment is left to chance
    (`vigie.kernels.co_share_null`). Pairs of a false discovery rate of at most `q_max`, over all kinds of objects, make
    a graph; its communities of at least `channels_min` channels and `objects_min` objects are networks. `value` counts
    the different objects at which two members met. `expected` is to `value` as the objects that the null expects of the
    linked pairs, added up, are to those they have: an object shared by many pairs counts in each of them on both sides.
    `p_value` is that of its pairs together, after all pairs tested (Simes 1986): a pair may pass because others
    elsewhere did, and a network of such pairs alone (`p_value` above `p_max`) is listed and no finding.
    The innocent explanations of `vigie.rules.explanations` are tested on every network. Only two of them excuse: an
    owner declared in the case file, and an appointment that people keep. A network of which one of these accounts for
    more than `explained_max` of the meetings is listed by `vigie networks`, and is no finding. Of the others those that
    fit stand in the title.
What it cannot say
    Coordinated is not inauthentic: who runs the channels, whether one hand or many, for pay or from conviction, and
    whether they hide it, is not measured. Volunteers with a plan, the channels of one newsroom that the case file does
    not name, feeds of one source, a scheduler that serves several clients, one person on two platforms, and people whom
    one alert reaches look the same; so may fans who answer one account at once. People who agreed to hide, and post by
    hand at one hour of the day, look like an appointment and are no finding. Networks that keep minutes or hours apart
    are not seen, nor what is coordinated within a crowd: an object that hundreds share at once makes no pairs. Nor does
    the null know sittings: two who post much within the same minutes every day meet more often than it expects.
    To stage the evidence takes a few accounts and a script: anybody may post a rival's links seconds after the rival,
    many times, and so draw that channel into a network. The members' roles and the direction of each pair tell who was
    first, not who agreed.
Sources
    Pacheco et al. 2021, Uncovering Coordinated Networks on Social Media; Giglietto et al. 2020, It takes a village to
    manipulate the media; Righetti & Balluff 2025, CooRTweet; Traag, Waltman & van Eck 2019, From Louvain to Leiden;
    DISARM T0049 Flood Information Space.

>>> from vigie.measures import measured
>>> from vigie.testing import posts
>>> crew = [f"{c} {6000 * i + s} https://a.example/{i}" for i in range(8) for s, c in enumerate(["ana", "bob", "cem"])]
>>> rest = [f"u{(7 * i + s) % 40} {400 * i + s} https://b.example/{i}" for i in range(120) for s in (0, 900)]
>>> found = coordinated_network(measured(MEASURE, {"posts": posts(*crew, *rest)}))
>>> found.select(["subject_ids", "value"]).to_pylist()
[{'subject_ids': ['x:ana', 'x:bob', 'x:cem'], 'value': 8.0}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.measures.networks import MEASURE
from vigie.parameters import Bounds
from vigie.rules.network_standing import Bar
from vigie.tables import FOUND
from vigie.text.counted import counted

if TYPE_CHECKING:
    from collections.abc import Mapping


def coordinated_network(
    measured: pa.Table,
    *,
    channels_min: Annotated[int, Bounds(2, 10_000)] = 3,
    objects_min: Annotated[int, Bounds(2, 10_000)] = 3,
    explained_max: Annotated[float, Bounds(0, 1)] = 0.9,
    p_max: Annotated[float, Bounds(0, 1)] = 0.2,
) -> pa.Table:
    """NETWORKS -> FOUND: one row per network that neither chance nor an excuse explains, ordered by `subject_ids`."""
    bar = Bar(channels_min=channels_min, objects_min=objects_min, explained_max=explained_max, p_max=p_max)
    found = [_finding(network) for network in measured.to_pylist() if bar.standing(network) == "finding"]
    return pa.Table.from_pylist(sorted(found, key=lambda row: row["subject_ids"]), schema=FOUND)


def _finding(network: Mapping[str, Any]) -> dict[str, Any]:
    objects = network["objects"]
    fitting = [e["name"] for e in network["explanations"] if e["fits"]]
    beside = f"; what would explain it: {', '.join(fitting)}" if fitting else ""
    return {
        "title": (
            f"{len(network['members'])} channels shared {objects:,} of the same objects {network['delay_s']:.3g} s "
            f"apart (median), on {counted(network['days'], 'day')}{beside}"
        ),
        "subject_ids": network["members"],
        "first_seen": network["first_seen"],
        "last_seen": network["last_seen"],
        "value": float(objects),
        "expected": network["expected"] / network["pair_objects"] * objects,
        "p_value": network["p_value"],
        "evidence_ids": network["evidence_ids"],
    }


DETECTOR: Final = Detector(
    run=coordinated_network,
    reads=MEASURE,
    subject="channel",
    measure="objects shared moments apart",
    unit="objects",
    spoofable=2,
    techniques=("disarm.t0049",),
)
