from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.briefings import sample
from tests.run.builders import log_lines, make_case, take
from vigie import case as case_file
from vigie.briefings.html import page
from vigie.measures import measured, named
from vigie.measures.co_share_edges import CO_SHARE_EDGES
from vigie.measures.co_share_meetings import CO_SHARE_MEETINGS
from vigie.measures.networks import NETWORKS
from vigie.rules.network_standing import Bar
from vigie.run.add import STORE
from vigie.run.analyse import analyse
from vigie.run.brief import compose
from vigie.run.network_chain import names_of
from vigie.run.network_section import by_hour, composed, kind_lines, posts_met, tail_lines
from vigie.tables.store import Store
from vigie.testing import posts

BAR = Bar(channels_min=3, objects_min=3, explained_max=0.9, p_max=0.05)
PARIS = ZoneInfo("Europe/Paris")
HOSTILE = "<script>alert(1)</script>\u202e"


def crew(*names, objects=10):
    """Channels that post `objects` addresses a second apart, among others who post each theirs minutes apart."""
    together = [f"{c} {6000 * i + s} see https://a.example/{i}" for i in range(objects) for s, c in enumerate(names)]
    others = [
        f"u{(3 * i + 7 * n) % 40} {900 * i + 700 * n} https://b.example/{i}" for i in range(150) for n in range(4)
    ]
    return [*together, *others]


def section_of(table, *, channels=(), **given):
    """Measure posts with the real chain, then put the section together."""
    made = {
        name: measured(named(name), {"posts": table}) for name in ("networks", "co_share_edges", "co_share_meetings")
    }
    rows = {r["row_id"]: r for r in table.to_pylist()}
    return composed(
        *made.values(),
        channels=channels,
        zone=PARIS,
        lookup=lambda idents: {i: rows[i] for i in idents if i in rows},
        names=lambda channels: names_of(table, channels),
        shares=lambda: measured(named("shares"), {"posts": table}),
        **{"q_max": 0.05, "bar": BAR} | given,
    )


def test_the_section_says_what_was_measured():
    table = posts(*crew("ana", "bob", "cem"))
    found = section_of(table, channels=[{"platform": "x", "channel_id": "bob", "outlet": "RT", "tier": "official"}])
    [network] = found.networks
    [row] = measured(named("networks"), {"posts": table}).to_pylist()
    assert [m.channel for m in network.members] == row["members"] == ["x:ana", "x:bob", "x:cem"]
    assert [(m.outlet, m.tier) for m in network.members] == [(None, None), ("RT", "official"), (None, None)]
    assert network.standing == "finding"
    assert network.objects == 10
    assert {p.thing for p in network.pushed} == {f"https://a.example/{i}" for i in range(10)}
    assert all(len(p.times) == p.members == 3 for p in network.pushed)
    assert sum(network.hours.values()) == 30
    assert [e.name for e in network.explanations] == [e["name"] for e in row["explanations"]]
    assert {(p.a, p.b) for p in found.pairs} == {("x:ana", "x:bob"), ("x:ana", "x:cem"), ("x:bob", "x:cem")}
    assert network.pair_objects == sum(p.objects for p in found.pairs)
    assert found.tests >= 3
    [line] = found.kinds
    assert (line.kind, line.pairs, line.beyond_chance) == ("url", 3, 3)


def test_a_member_has_the_name_of_its_last_post_where_that_tells_more_than_its_identifier():
    table = posts(*crew("ana", "bob", "cem"))
    names = {"ana": ["Ana"] * 9 + ["Ana B."], "bob": ["Bob"] * 9 + ["bob"], "cem": ["Cem"] * 9 + [None]}
    column = [names.get(c, [c] * 30).pop(0) for c in table["channel_id"].to_pylist()]
    named_so = table.set_column(table.schema.get_field_index("channel_name"), "channel_name", pa.array(column))
    declared = [{"platform": None, "channel_id": "cem", "outlet": "RT", "tier": "official"}]
    [network] = section_of(named_so, channels=declared).networks
    assert [(m.name, m.outlet) for m in network.members] == [("Ana B.", None), (None, None), ("Cem", "RT")]


def test_no_pair_gives_a_section_without_networks():
    found = section_of(posts("ana 0 https://a.example/1", "bob 9000 https://a.example/2"))
    assert found.networks == found.pairs == found.tails == found.kinds == ()
    assert found.tests == 0


def test_one_channel_alone_gives_a_section_without_networks():
    found = section_of(posts(*(f"ana {n} https://a.example/{n % 3}" for n in range(20))))
    assert found.networks == ()


def test_names_of_outsiders_make_are_carried_as_they_stand_and_inert_on_the_page():
    names = ["ana", HOSTILE, "=cmd()"]
    table = posts(*crew(*(n.replace(" ", "_") for n in names)))
    found = section_of(table)
    assert {m.channel for m in found.networks[0].members} == {f"x:{n}" for n in names}
    text = page(replace(sample.sample(), networks=found), cards=5, rows=5)
    assert "<script" not in text
    assert "\u202e" not in text
    assert "⟦U+202E⟧" in text


def test_the_same_tables_in_another_order_give_the_same_section():
    table = posts(*crew("ana", "bob", "cem", "dan"))
    turned = table.take(pa.array(range(table.num_rows)[::-1]))
    assert section_of(turned) == section_of(table)


def test_three_hundred_channels_come_to_the_page():
    names = [f"c{n:03d}" for n in range(300)]
    networks = pa.Table.from_pylist([a_network(names)], schema=NETWORKS)
    edges = pa.Table.from_pylist(
        [an_edge("pair", f"x:{a}", f"x:{b}") for a, b in itertools.pairwise(names)], schema=CO_SHARE_EDGES
    )
    found = composed(
        networks, edges, CO_SHARE_MEETINGS.empty_table(), channels=[], zone=PARIS, lookup=lambda _: {},
        names=lambda _: {}, shares=lambda: pytest.fail("no crowd needs them"), q_max=0.05, bar=BAR,
    )  # fmt: skip
    text = page(replace(sample.sample(), networks=found), cards=5, rows=5)
    assert text.count("<title>x:c") == 300
    assert len(found.pairs) == 299


def at(second):
    return datetime(2017, 4, 1, tzinfo=UTC) + timedelta(seconds=second)


def a_network(names, **given):
    members = [f"x:{n}" for n in sorted(names)]
    size = len(members)
    plain = {
        "network_id": "net-00000000", "members": members, "roles": ["member"] * size, "member_objects": [5] * size,
        "member_firsts": [1] * size, "member_stability": [1.0] * size, "member_created": [None] * size,
        "stability": 1.0, "object_kinds": ["url"], "kind_members": [size], "kind_edges": [size - 1],
        "edges": size - 1, "objects": 5, "pair_objects": 5 * size, "expected": 0.5, "p_value": 1e-9, "q_value": 1e-3,
        "tests": 1000, "delay_s": 3.0, "same_second": 0.0, "days": 2, "hours": [0] * 24, "pushed": [],
        "candidates": [], "candidate_posts": [], "created_burst": None, "explanations": [], "explained": 0.0,
        "first_seen": at(0), "last_seen": at(90_000), "evidence_ids": ["0123456789ab:1"],
    }  # fmt: skip
    return plain | given


def an_edge(row, a=None, b=None, **given):
    plain = {
        "row": row, "object_kind": "url", "window_s": 60, "channel_a": a, "channel_b": b, "objects": 4, "meetings": 4,
        "delay_s": 2.0, "a_first": 1, "tied": 0, "first_seen": at(0), "last_seen": at(50), "expected_activity": 0.1,
        "expected_timing": 0.2, "expected": 0.2, "p_value": 1e-8, "q_value": 1e-4, "tests": 1000,
    }  # fmt: skip
    return plain | given


def test_a_crowd_of_texts_shows_how_a_post_of_it_begins():
    said = "all of us read this long sentence about the vote in one and the same minute"
    table = posts(*(f"c{n} {n % 30} {said}" for n in range(300)))
    found = section_of(table)
    [crowd] = [c for c in found.crowds if c.kind == "text"]
    assert crowd.example == said
    assert crowd.thing != said
    assert crowd.channels > 200
    [line] = [k for k in found.kinds if k.kind == "text"]
    assert (line.crowds, line.pairs) == (1, 0)


meetings = st.lists(
    st.fixed_dictionaries(
        {
            "object_kind": st.sampled_from(["url", "text"]),
            "object_id": st.sampled_from("pqr"),
            "ends": st.lists(st.integers(0, 5), min_size=2, max_size=2, unique=True).map(sorted),
            "seconds": st.tuples(st.integers(0, 3), st.integers(0, 3)),
        }
    ).map(
        lambda m: {
            "object_kind": m["object_kind"],
            "object_id": m["object_id"],
            "channel_a": f"x:{m['ends'][0]}",
            "channel_b": f"x:{m['ends'][1]}",
            "time_a": at(m["seconds"][0]),
            "time_b": at(m["seconds"][1]),
            "row_a": f"0123456789ab:{m['ends'][0] * 10 + m['seconds'][0]}",
            "row_b": f"0123456789ab:{m['ends'][1] * 10 + m['seconds'][1]}",
        }
    ),
    max_size=20,
)
GROUPS = [["x:0", "x:1"], ["x:2", "x:3", "x:4"]]  # x:5 is in none


@given(meetings)
def test_posts_count_once_an_object_and_only_where_both_ends_are_of_one_network(rows):
    wanted = {
        (network, r["object_kind"], r["object_id"], r[f"row_{side}"], r[f"time_{side}"])
        for r in rows
        for network, group in enumerate(GROUPS)
        if r["channel_a"] in group and r["channel_b"] in group
        for side in "ab"
    }
    found = posts_met(pa.Table.from_pylist(rows, schema=CO_SHARE_MEETINGS), [{"members": group} for group in GROUPS])
    told = list(zip(*(c.to_pylist() for c in found.columns), strict=True))
    assert Counter(told) == Counter(wanted)
    assert [(t[4], t[3]) for t in told] == sorted((t[4], t[3]) for t in told)


@given(st.lists(st.floats(1e-14, 1), max_size=40), st.integers(1, 10**7))
def test_tails_count_the_pairs_and_what_chance_gives_at_most(p_values, tests):
    edges = pa.Table.from_pylist(
        [an_edge("pair", f"x:{n}", "x:z", p_value=p, tests=tests) for n, p in enumerate(p_values)],
        schema=CO_SHARE_EDGES,
    )
    lines = tail_lines(edges)
    assert bool(lines) == bool(p_values)
    for line in lines:
        assert line.pairs == sum(p <= line.p_value for p in p_values)
        assert line.expected == pytest.approx(tests * line.p_value)
    if lines:
        assert lines[0].pairs == len(p_values)
        last = lines[-1]
        assert last.p_value <= 1e-12 or (not last.pairs and last.expected < 1)
    assert [line.p_value for line in lines] == sorted((line.p_value for line in lines), reverse=True)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["pair", "crowd", "passed"]),
            st.sampled_from(["url", "text"]),
            st.sampled_from([0.001, 0.05, 0.2, None]),
            st.integers(1, 9),
        ),
        max_size=20,
    )
)
def test_kinds_count_pairs_crowds_and_passed_shares(rows):
    edges = pa.Table.from_pylist(
        [an_edge(row, object_kind=kind, q_value=q if row == "pair" else None, meetings=n) for row, kind, q, n in rows],
        schema=CO_SHARE_EDGES,
    )
    wanted = defaultdict(lambda: [0, 0, 0, 0])
    for row, kind, q, n in rows:
        line = wanted[kind]
        line[0] += row == "pair"
        line[1] += row == "pair" and q is not None and q <= 0.05
        line[2] += row == "crowd"
        line[3] += n if row == "passed" else 0
    lines = kind_lines(edges, 0.05)
    assert [line.kind for line in lines] == sorted(wanted)
    for line in lines:
        assert [line.pairs, line.beyond_chance, line.crowds, line.passed] == wanted[line.kind]


@given(st.lists(st.integers(0, 400 * 86_400), max_size=30))
def test_hours_are_those_of_the_zone_and_every_post_counts(seconds):
    times = [datetime(2017, 1, 1, tzinfo=UTC) + timedelta(seconds=s) for s in seconds]
    counts = by_hour(times, PARIS)
    assert counts == Counter((t.astimezone(PARIS).date(), t.astimezone(PARIS).hour) for t in times)
    assert list(counts) == sorted(counts)


def composed_case(folder):
    analysis = analyse(folder)
    return compose(folder, case_file.load(folder), Store(folder / STORE).manifest(), analysis)


def test_a_case_without_posts_has_no_section_and_one_with_posts_has_its_networks(tmp_path):
    case = make_case(tmp_path / "case")
    log, file = tmp_path / "access.log", tmp_path / "posts.csv"
    log.write_bytes(log_lines(30))
    take(case, log)
    assert composed_case(case).networks is None
    lines = ["time,platform,post_id,channel_id,text,urls"]
    for number, line in enumerate(crew("ana", "bob", "cem"), start=1):
        channel, second, *words = line.split(" ")
        time = (datetime(2017, 2, 15, tzinfo=UTC) + timedelta(seconds=int(second))).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(f"{time},x,p{number},{channel},{' '.join(words)},{words[-1]}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    take(case, file)
    made = composed_case(case)
    [network] = made.networks.networks
    [finding] = [f for f in made.findings.to_pylist() if f["detector"] == "coordinated_network"]
    assert finding["subject_ids"] == [m.channel for m in network.members] == ["x:ana", "x:bob", "x:cem"]
    assert math.isclose(finding["value"], network.objects)
    text = page(made, cards=5, rows=5)
    assert f'href="#finding-{finding["id"]}"' in text
    assert f'href="#network-{network.ident}"' in text
