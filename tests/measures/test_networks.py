from __future__ import annotations

import itertools
import statistics
from collections import Counter
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.strategies import rows_of_case
from vigie.engine.local import LocalEngine
from vigie.measures.co_share_edges import CO_SHARE_EDGES
from vigie.measures.co_share_meetings import CO_SHARE_MEETINGS
from vigie.measures.networks import MEASURE, NETWORKS
from vigie.measures.shares import SHARES
from vigie.rules.met import Explanation
from vigie.tables import CASE_TABLES, TABLES, check, empty, split_row_id
from vigie.testing import EPOCH, rows

SOURCE = "0123456789ab"
DAY_S = 86_400
WINDOW_S = 60
CANDIDATE = {"candidate_id": "martin", "name": "Zoé Martin", "alias": "Martin", "alias_id": "martin"}


class World:
    """Posts of one link each, with every table that the measure reads made from them, plainly."""

    def __init__(self, posts, *, q_value=lambda _pair: 0.001, q_max=0.05):
        """`posts` are (channel, seconds, page) or (channel, seconds, page, columns of posts)."""
        self.posts, self.shares = [], []
        for number, (channel, seconds, page, *more) in enumerate(posts, start=1):
            platform, _, ident = channel.rpartition(":")
            url = f"https://{page}"
            self.posts.append(
                {"platform": platform or "x", "channel_id": ident, "time": seconds, "text": "", "urls": [url]}
                | (more[0] if more else {})
            )
            for kind, name in (("url", url), ("domain", page.split("/")[0])):
                self.shares.append(
                    {
                        "object_kind": kind,
                        "object_id": name,
                        "channel": f"{platform or 'x'}:{ident}",
                        "time": EPOCH + timedelta(seconds=seconds),
                        "row_id": f"{SOURCE}:{number}",
                        "how": "original",
                        "whole_day": False,
                    }
                )
        met = {}
        pages = [s for s in self.shares if s["object_kind"] == "url"]
        for one, other in itertools.combinations(sorted(pages, key=lambda s: s["channel"]), 2):
            near = abs(one["time"] - other["time"]) <= timedelta(seconds=WINDOW_S)
            if one["object_id"] == other["object_id"] and one["channel"] != other["channel"] and near:
                met.setdefault((one["channel"], other["channel"]), []).append((one, other))
        self.edges, self.meetings = [], []
        for number, (pair, places) in enumerate(sorted(met.items())):
            objects = len({one["object_id"] for one, _ in places})
            self.edges.append(
                {
                    "row": "pair",
                    "object_kind": "url",
                    "channel_a": pair[0],
                    "channel_b": pair[1],
                    "objects": objects,
                    "expected": 0.001 * (number + 1),
                    "p_value": 1e-6 * (number + 1),
                    "q_value": q_value(pair),
                    "tests": 100,
                }
            )
            if q_value(pair) <= q_max:
                self.meetings += [
                    {
                        "object_kind": "url",
                        "object_id": one["object_id"],
                        "channel_a": pair[0],
                        "channel_b": pair[1],
                        "time_a": one["time"],
                        "time_b": other["time"],
                        "row_a": one["row_id"],
                        "row_b": other["row_id"],
                    }
                    for one, other in places
                ]

    def measured(self, *, candidates=(), channels=(), **parameters):
        relations = {
            "posts": rows("posts", *self.posts),
            "shares": pa.Table.from_pylist(self.shares, schema=SHARES),
            "co_share_edges": pa.Table.from_pylist(self.edges, schema=CO_SHARE_EDGES),
            "co_share_meetings": pa.Table.from_pylist(self.meetings, schema=CO_SHARE_MEETINGS),
            "case_candidates": rows_of_case("case_candidates", *candidates),
            "case_channels": rows_of_case("case_channels", *channels),
        }
        with LocalEngine(relations) as engine:
            return check(engine.run(MEASURE.steps(**parameters)), NETWORKS, where="test").to_pylist()


def crew(members, pages, *, apart_s=5, site="push.example", more=None):
    """Write a page a day, shared by each member in turn."""
    return [
        (channel, DAY_S * page + 3_600 + apart_s * n, f"{site}/{page}", *([more] if more else []))
        for page in range(pages)
        for n, channel in enumerate(members)
    ]


def explained(network):
    return {e["name"]: Explanation(**e) for e in network["explanations"]}


POSTS = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.builds(lambda day, second: day * DAY_S + second, st.integers(0, 2), st.sampled_from([0, 0, 1, 20, 70, 90])),
        st.sampled_from(["p.example/1", "p.example/2", "q.example/3", "q.example/4"]),
    ),
    min_size=2,
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(POSTS, st.integers(0, 3))
def test_each_figure_is_that_of_its_definition(posts, strangers):
    posts = [*posts, ("z", 31, "alone.example/1")]  # a file that knows of seconds
    world = World(posts, q_value=lambda pair: 0.001 if pair[0] >= f"x:{'abcd'[strangers]}" else 0.5)
    found = world.measured()
    event(f"networks: {len(found)}")
    linked = [e for e in world.edges if e["q_value"] <= 0.05]
    nodes = {end for e in linked for end in (e["channel_a"], e["channel_b"])}
    held = [m for network in found for m in network["members"]]
    assert len(held) == len(set(held))
    assert set(held) <= nodes
    assert [(n["p_value"], n["network_id"]) for n in found] == sorted((n["p_value"], n["network_id"]) for n in found)
    for network in found:
        check_by_hand(world, network)


def check_by_hand(world, network):
    members = network["members"]
    assert members == sorted(members)
    own = [e for e in world.edges if e["q_value"] <= 0.05 and {e["channel_a"], e["channel_b"]} <= set(members)]
    met = [m for m in world.meetings if {m["channel_a"], m["channel_b"]} <= set(members)]
    assert {end for e in own for end in (e["channel_a"], e["channel_b"])} == set(members)
    at = {}
    for m in met:
        for end in "ab":
            at.setdefault(m["object_id"], set()).add((m[f"time_{end}"], m[f"channel_{end}"]))
    assert network["edges"] == len(own) == network["kind_edges"][0]
    assert (network["object_kinds"], network["kind_members"]) == (["url"], [len(members)])
    assert network["objects"] == len(at)
    assert network["pair_objects"] == sum(e["objects"] for e in own)
    assert network["expected"] == pytest.approx(sum(e["expected"] for e in own))
    by_p = sorted(e["p_value"] for e in own)
    simes = min(100 * p / (by_p.index(p) + 1) for p in by_p)
    assert network["p_value"] == pytest.approx(min(1.0, simes))
    assert (network["q_value"], network["tests"]) == (0.001, 100)
    delays = [abs((m["time_a"] - m["time_b"]).total_seconds()) for m in met]
    assert network["delay_s"] == statistics.median(delays)
    assert network["same_second"] == pytest.approx(sum(d < 1 for d in delays) / len(delays))
    assert network["days"] == len({min(m["time_a"], m["time_b"]).date() for m in met})
    assert network["hours"] == [sum(min(ends)[0].hour == h for ends in at.values()) for h in range(24)]
    times = [m[f"time_{end}"] for m in met for end in "ab"]
    assert (network["first_seen"], network["last_seen"]) == (min(times), max(times))
    evidence = {m[f"row_{end}"] for m in met for end in "ab"}
    assert network["evidence_ids"] == sorted(evidence, key=split_row_id)
    there = [{page for page, ends in at.items() if any(c == m for _, c in ends)} for m in members]
    assert network["member_objects"] == [len(pages) for pages in there]
    alone_first = Counter()
    for ends in at.values():
        first = {c for t, c in ends if t == min(ends)[0]}
        alone_first.update(first if len(first) == 1 else ())
    assert network["member_firsts"] == [alone_first[m] for m in members]
    sharers = {page: {s["channel"] for s in world.shares if s["object_id"] == page} for page in at}
    pushed = [
        {
            "object_kind": "url",
            "object_id": page,
            "members": len({c for _, c in ends}),
            "others": len(sharers[page] - set(members)),
            "first_seen": min(t for t, _ in ends),
            "last_seen": max(t for t, _ in ends),
        }
        for page, ends in at.items()
    ]
    assert network["pushed"] == sorted(pushed, key=lambda p: (-p["members"], p["first_seen"], p["object_id"]))
    every = {s["object_id"] for s in world.shares if s["object_kind"] == "url"}
    common = sum(
        len(both) * (len(both) - 1) // 2
        for page in every
        if (both := {s["channel"] for s in world.shares if s["object_id"] == page} & set(members))
    )
    pairs = len({(m["object_id"], m["channel_a"], m["channel_b"]) for m in met})
    assert explained(network)["one audience"].share == pytest.approx(1 - pairs / common)
    assert (network["created_burst"], network["member_created"]) == (None, [None] * len(members))
    assert network["stability"] == pytest.approx(statistics.mean(network["member_stability"]))


def test_two_crews_with_one_member_in_common_are_two_networks_where_little_ties_them():
    one, other = [f"a{n}" for n in range(6)], [f"b{n}" for n in range(6)]
    posts = crew(one, 8) + [(c, s + 7_200, p) for c, s, p in crew(other, 7, site="other.example")]
    bridge = [(c, 30 * DAY_S + n, "bridge.example/1") for n, c in enumerate((one[0], other[0]))]
    found = World(posts + bridge).measured()
    assert [n["members"] for n in found] == [[f"x:a{n}" for n in range(6)], [f"x:b{n}" for n in range(6)]]
    assert [n["objects"] for n in found] == [8, 7]  # the bridge is in neither
    assert [(n["edges"], n["pair_objects"]) for n in found] == [(15, 120), (15, 105)]


def test_who_is_always_first_leads_and_who_never_is_amplifies():
    (network,) = World(crew("abcd", 6)).measured()  # chance has a quarter of 6
    assert network["roles"] == ["first mover", "amplifier", "amplifier", "amplifier"]
    assert network["member_firsts"] == [6, 0, 0, 0]
    assert network["explained"] == 0


def test_candidates_are_counted_by_the_posts_that_name_them():
    posts = crew("abc", 4, more={"text": "MARTIN, l'avenir"}) + crew("abc", 3, site="martinique.example")
    posts += [("z", 5, "elsewhere.example/1", {"text": "Martin"})]
    (network,) = World(posts).measured(candidates=[CANDIDATE, {**CANDIDATE, "alias": "Zoé", "alias_id": "zoe"}])
    assert (network["candidates"], network["candidate_posts"]) == (["Zoé Martin"], [12])
    titled = crew("abc", 4, more={"title": "Zoé !", "text": "", "hashtags": ["MARTIN"]})
    (network,) = World(titled).measured(candidates=[CANDIDATE])
    assert network["candidate_posts"] == [12]


@pytest.mark.parametrize(("platform", "share"), [("x", 1.0), (None, 1.0), ("telegram", 0.0)])
def test_an_outlet_of_the_case_is_the_declared_owner_on_its_platform(platform, share):
    declared = [
        {"channel_id": c, "platform": platform, "outlet": "Gazette", "tier": "none"} for c in ("feed1", "feed2")
    ]
    (network,) = World([(c, s + 1, p) for c, s, p in crew(["feed1", "feed2"], 5, apart_s=0)]).measured(
        channels=declared
    )
    assert network["explained"] == share
    assert explained(network)["one feed"].fits


def test_volunteers_in_their_texts_or_their_names():
    posts = [
        *crew("ab", 4, more={"text": "Soirée des bénévoles"}),
        *[(c, s + 11, p, {"channel_name": "Volunteer C"}) for c, s, p in crew("c", 4)],
        *[(c, s + 12, p, {"text": "involontaire"}) for c, s, p in crew("d", 4)],
    ]
    (network,) = World(posts).measured()
    assert explained(network)["volunteers"].says.startswith("3 of 4 members")


def test_people_who_keep_an_appointment_are_explained():
    members = [f"v{n}" for n in range(8)]

    def posts(apart_s, turn=3):
        return [
            (c, 7 * DAY_S * week + 20 * 3_600 + apart_s * ((n + turn * week) % 8) + week, f"soiree.example/{week}")
            for week in range(4)
            for n, c in enumerate(members)
        ]

    (network,) = World(posts(15)).measured()
    assert network["explained"] == 1.0
    assert explained(network)["appointment"].says.startswith("100% of the meetings began about 20:00 UTC, on 4 days")
    (network,) = World(posts(2)).measured()
    assert network["explained"] == 0
    (network,) = World(posts(15, turn=0)).measured()
    assert network["roles"][0] == "first mover"
    assert network["explained"] == 0


def test_channels_made_in_one_week_are_a_burst():
    made = datetime(2017, 1, 3, tzinfo=UTC)
    posts = [(c, s, p, {"channel_created": made + timedelta(hours=ord(c))}) for c, s, p in crew("abcd", 5)]
    posts += [
        (f"u{n}", n * 7_000, f"own.example/{n}", {"channel_created": made - timedelta(days=20 * n)})
        for n in range(1, 40)
    ]
    (network,) = World(posts).measured()
    assert network["member_created"] == [made + timedelta(hours=ord(c)) for c in "abcd"]
    burst = network["created_burst"]
    assert (burst["members"], burst["days"]) == (4, 7)
    assert burst["p_value"] < 1e-3


@pytest.mark.parametrize(("lag_s", "same"), [(1, 1.0), (0, 0.0)])
def test_a_file_of_whole_minutes_knows_of_no_identical_seconds(lag_s, same):
    (network,) = World([(c, s + lag_s, p) for c, s, p in crew("abc", 5, apart_s=0)]).measured()
    assert network["same_second"] == same
    assert explained(network)["one feed"].fits == bool(same)


def test_members_min_leaves_out_pairs():
    posts = crew("ab", 5) + crew("pqr", 5, site="other.example")
    assert [len(n["members"]) for n in World(posts).measured()] == [2, 3]
    assert [len(n["members"]) for n in World(posts).measured(members_min=3)] == [3]


def test_what_is_likely_by_chance_is_no_network():
    world = World(crew("abc", 5), q_value=lambda _: 0.2)
    assert world.measured() == []
    assert len(World(crew("abc", 5), q_value=lambda _: 0.2, q_max=0.3).measured(q_max=0.3)) == 1


def test_who_meets_no_more_often_than_chance_expects_is_not_tied():
    world = World(crew("abc", 5) + crew("pqr", 5, site="other.example"), q_value=lambda _: 1.0, q_max=1.0)
    for edge in world.edges:
        edge["expected"] = {"x:a": 5.0, "x:b": 7.0}.get(edge["channel_a"], 1.0)
    assert [n["members"] for n in world.measured(q_max=1.0)] == [["x:p", "x:q", "x:r"]]


@pytest.mark.parametrize(("whole_day", "crowd", "share"), [(False, False, 0.2), (True, False, 0.0), (False, True, 0.0)])
def test_an_audience_is_counted_where_times_are_known_and_at_no_crowd(whole_day, crowd, share):
    world = World(crew("ab", 4))
    far = [s for s in world.shares if s["object_id"] == "https://push.example/0"]
    world.shares += [{**s, "object_id": "https://far.example/", "whole_day": whole_day} for s in far]
    if crowd:
        world.edges.append({"row": "crowd", "object_kind": "url", "object_id": "https://far.example/"})
    assert explained(world.measured()[0])["one audience"].share == pytest.approx(share)


def test_the_site_of_an_object_is_the_one_that_most_of_its_posts_link():
    world = World([(c, s + 1, p) for c, s, p in crew("abc", 5, apart_s=0)])
    first = {s["object_id"]: s for s in reversed(world.shares) if s["object_kind"] == "url"}
    world.shares += [{**s, "object_kind": "domain", "object_id": "aaa.example"} for s in first.values()]
    feed = explained(world.measured()[0])["one feed"]
    assert (feed.share, feed.fits) == (1.0, True)
    assert "push.example" in feed.says


def test_who_posts_again_is_as_prompt_as_its_first_meeting():
    """A script that repeats itself within the window would otherwise pass for people who take their time."""
    posts = [
        (channel, 7 * DAY_S * week + 20 * 3_600 + late_s + again_s, f"soiree.example/{week}")
        for week in range(4)
        for channel, late_s in zip("abc", (0, 2, 12), strict=True)
        for again_s in (0, 45)
    ]
    (network,) = World(posts).measured()
    assert network["delay_s"] > 10
    assert not explained(network)["appointment"].fits


def test_nothing_in_nothing_out():
    tables = {"posts": TABLES["posts"].seen, "shares": SHARES, "co_share_edges": CO_SHARE_EDGES}
    tables |= {"co_share_meetings": CO_SHARE_MEETINGS} | {
        n: CASE_TABLES[n] for n in ("case_candidates", "case_channels")
    }
    with LocalEngine({name: empty(schema) for name, schema in tables.items()}) as engine:
        assert engine.run(MEASURE.steps()).equals(empty(NETWORKS))
