"""Networks and their tables made by hand, with names that try to act."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from vigie.measures import named
from vigie.run.networks import Aside, Explanation, KindShare, Looked, Member, Network, Pushed

HOSTILE = "x:\x1b[2J\u202e[bold]=HYPERLINK(1)\x07&<\"'>"
START = datetime(2017, 4, 10, 18, 0, tzinfo=UTC)


def at(minutes):
    return START + timedelta(minutes=minutes)


def member(channel, **changes):
    made = Member(
        channel=channel,
        name=None,
        role="member",
        outlet=None,
        tier=None,
        objects=9,
        firsts=3,
        stability=1.0,
        created=None,
    )
    return replace(made, **changes)


def network(ident="net-00000001", **changes):
    made = Network(
        id=ident,
        finding=None,
        no_finding="",
        members=(member("x:ann", role="first mover"), member("x:bob"), member(HOSTILE, name=HOSTILE, tier="official")),
        kinds=(KindShare(object_kind="url", members=3, pairs=3),),
        pairs=3,
        objects=9,
        pair_objects=27,
        expected=0.125,
        p_value=3.2e-9,
        q_value=0.0123,
        tests=1234,
        delay_s=4.5,
        same_second=0.25,
        days=5,
        hours=tuple(9 if h == 20 else 0 for h in range(24)),
        stability=0.98,
        pushed=(
            Pushed(
                object_kind="url",
                object_id=f"https://example.org/{HOSTILE}",
                members=3,
                others=12,
                first_seen=at(0),
                last_seen=at(2),
            ),
        ),
        candidates={"macron": 12},
        created_burst={"members": 3, "days": 2, "p_value": 0.001},
        explanations=(
            Explanation(name="one feed", share=0.75, fits=True, says=f"75 % within one second, of {HOSTILE}"),
            Explanation(name="appointment", share=0.0, fits=False, says="0 of 9 begin at a round hour"),
        ),
        explained=0.0,
        first_seen=at(0),
        last_seen=at(60 * 24 * 5),
        rows=18,
    )
    return replace(made, **changes)


def looked(*networks, **changes):
    made = Looked(
        simulated=False,
        time_zone="Europe/Paris",
        lacking=(),
        windows={"url": 60, "repost": 10},
        parameters={"q_max": 0.05},
        tests=1234,
        pairs=3,
        channels=3,
        networks=networks,
        crowds=(),
        passed=(),
    )
    return replace(made, **changes)


def aside(**changes):
    made = Aside(
        object_kind="hashtag",
        object_id=HOSTILE,
        window_s=60,
        shares=5000,
        channels=900,
        first_seen=at(0),
        last_seen=at(9),
    )
    return replace(made, **changes)


def _table(name, rows):
    schema = named(name).schema
    return pa.Table.from_pylist([dict.fromkeys(schema.names) | r for r in rows], schema=schema)


def edges_table(*pairs, q_value=0.001, tests=10, **changes):
    """Return rows of co_share_edges: a pair each of (channel, channel), together at three objects of kind url."""
    figures = {
        "row": "pair",
        "object_kind": "url",
        "window_s": 60,
        "objects": 3,
        "meetings": 4,
        "delay_s": 2.5,
        "a_first": 3,
        "tied": 1,
        "first_seen": at(0),
        "last_seen": at(90),
        "expected_activity": 0.125,
        "expected_timing": 0.1,
        "expected": 0.125,
        "p_value": q_value / 2,
        "q_value": q_value,
        "tests": tests,
    }
    return _table("co_share_edges", [figures | {"channel_a": a, "channel_b": b} | changes for a, b in pairs])


def networks_table(*groups):
    """Return rows of the measure networks: one for each (id, members), other lists as long as they must be."""
    rows = []
    for ident, channels in groups:
        members = sorted(channels)
        n = len(members)
        rows.append(
            {
                "network_id": ident,
                "members": members,
                "roles": ["first mover"] + ["member"] * (n - 1),
                "member_objects": [3] * n,
                "member_firsts": [1] * n,
                "member_stability": [1.0] * n,
                "member_created": [None] * n,
                "stability": 1.0,
                "object_kinds": ["url"],
                "kind_members": [n],
                "kind_edges": [n - 1],
                "edges": n - 1,
                "objects": 3,
                "pair_objects": 3 * (n - 1),
                "expected": 0.125,
                "p_value": 0.001,
                "q_value": 0.01,
                "tests": 10,
                "delay_s": 2.5,
                "same_second": 0.0,
                "days": 2,
                "hours": [0] * 24,
                "pushed": [],
                "candidates": [],
                "candidate_posts": [],
                "explanations": [],
                "explained": 0.0,
                "first_seen": at(0),
                "last_seen": at(90),
                "evidence_ids": ["0123456789ab:2"],
            }
        )
    return _table("networks", rows)


def meetings_table(*meetings):
    """Return rows of co_share_meetings: (object_id, channel_a, channel_b, minute a, minute b)."""
    return _table(
        "co_share_meetings",
        [
            {
                "object_kind": "url",
                "object_id": ident,
                "channel_a": a,
                "channel_b": b,
                "time_a": at(one),
                "time_b": at(other),
                "row_a": f"0123456789ab:{2 + n}",
                "row_b": f"0123456789ab:{3 + n}",
            }
            for n, (ident, a, b, one, other) in enumerate(meetings)
        ],
    )
