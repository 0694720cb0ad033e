"""The commands on networks: the whole way from posts, and on tables made by hand."""

import csv
import io
import json
import random
import xml.etree.ElementTree as ET
from dataclasses import asdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.run.builders import HEADER, make_case, post_lines, take
from tests.run.network_tables import HOSTILE, at, edges_table, meetings_table, networks_table
from vigie.cli import app
from vigie.errors import InputError
from vigie.run.analyse import analyse
from vigie.run.explain import explain
from vigie.run.explain_network import explain_network, shared_out
from vigie.run.network_chain import CHAIN, Chain, belonging, chosen, inside, together
from vigie.run.network_graph import EDGE_COLUMNS, NODE_COLUMNS, graph, write
from vigie.run.network_windows import at_windows, parse_windows, periods, windows
from vigie.run.networks import described, networks
from vigie.text.inert import visible

CREW = ("x:ann", "x:bob", HOSTILE)
NAMESPACES = {"gexf": "{http://gexf.net/1.3}", "graphml": "{http://graphml.graphdrawing.org/xmlns}"}


def crew_posts(rng):
    """Return posts of three that share pages 2 and 4 s apart, three a day, among 40 that do so within an hour."""
    lines = []

    def post(second, channel, url):
        day, second = divmod(second, 86_400)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        lines.append((f"2017-04-{day + 10:02}T{clock}Z", "x", f"p{len(lines)}", channel, f"look {url}", url))

    for page in range(36):
        begin = page // 3 * 86_400 + 64_800 + 1_000 * (page % 3) + rng.randrange(900)
        for later, channel in enumerate(CREW):
            post(begin + 2 * later, channel.partition(":")[2], f"https://news.example/{page}")
    for page in range(240):
        begin = rng.randrange(12 * 86_400 - 3_600)
        for user in rng.sample(range(40), 10):
            post(begin + rng.randrange(3_600), f"u{user}", f"https://other.example/{page}")
    return lines


@pytest.fixture(scope="module")
def crew_case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    case = make_case(folder / "case")
    text = (case / "case.toml").read_text(encoding="utf-8")
    declared = '[[outlets]]\nname = "RT"\ntier = "state-controlled"\nchannels = ["x:bob"]\n'
    (case / "case.toml").write_text(text + declared, encoding="utf-8")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time", "platform", "post_id", "channel_id", "text", "urls"])
    writer.writerows(crew_posts(random.Random(4)))
    file = folder / "posts.csv"
    file.write_text(out.getvalue(), encoding="utf-8")
    take(case, file)
    return case


@pytest.fixture(scope="module")
def crew_id(crew_case):
    return networks(crew_case).networks[0].id


def test_a_case_that_was_never_run_shows_its_networks_and_again_after_a_run(crew_case):
    steps = []
    looked = networks(crew_case, progress=lambda *at: steps.append(at))
    (crew,) = looked.networks
    assert steps == [*((name, n, len(CHAIN)) for n, name in enumerate(CHAIN)), ("", len(CHAIN), len(CHAIN))]
    assert {m.channel for m in crew.members} == set(CREW)
    assert [m.channel for m in crew.members if m.role == "first mover"] == ["x:ann"]
    assert {m.channel: (m.outlet, m.tier) for m in crew.members}["x:bob"] == ("RT", "state-controlled")
    assert (crew.objects, crew.pair_objects, crew.pairs, crew.days) == (36, 108, 3, 12)
    assert crew.expected < 36
    assert crew.q_value <= 0.05
    assert crew.no_finding == ""
    assert crew.finding is None
    # 18:00 to 19:00 UTC is 20:00 to 21:00 in Paris.
    assert [h for h, n in enumerate(crew.hours) if n] == [20]
    assert sum(crew.hours) == 36
    assert {p.object_id for p in crew.pushed} == {f"https://news.example/{n}" for n in range(36)}
    assert [e.fits for e in crew.explanations] == sorted((e.fits for e in crew.explanations), reverse=True)
    assert "quote" not in looked.windows
    finding = next(f for f in analyse(crew_case).findings.to_pylist() if f["detector"] == "coordinated_network")
    (again,) = networks(crew_case, crew.id[:7]).networks
    assert again.finding == finding["id"]
    assert explain(crew_case, finding["id"], limit=1).network == crew.id
    json.dumps(asdict(again), default=str, allow_nan=False)


def test_an_unknown_or_ambiguous_id_names_those_there_are(crew_case, crew_id):
    for look in (networks, explain_network, lambda case, ident: windows(case, (5,), ident)):
        with pytest.raises(InputError, match=crew_id):
            look(crew_case, "net-zzz")
    rows = networks_table(*((f"net-{n:08}", ["x:a", "x:b"]) for n in range(12))).to_pylist()
    with pytest.raises(InputError, match=r"12 networks begin with 'net-'\n.* and 4 more"):
        chosen(rows, "net-", crew_case)
    assert chosen(rows, "net-00000011", crew_case)["network_id"] == "net-00000011"
    with pytest.raises(InputError, match="none: no channels act together"):
        chosen([], "net-1", crew_case)


def test_each_pair_opens_to_file_line_and_text(crew_case, crew_id):
    explained = explain_network(crew_case, crew_id, limit=None)
    assert [(p.total, len(p.shown)) for p in explained.pairs] == [(36, 36)] * 3
    assert (explained.total, explained.left_out) == (108, 0)
    lines = (crew_case.parent / "posts.csv").read_text(encoding="utf-8").split("\n")
    for pair in explained.pairs:
        assert [k.objects for k in pair.kinds if k.object_kind == "url"] == [36]
        for met in pair.shown:
            for raw in (met.row_a, met.row_b):
                assert raw.text == lines[raw.line - 1]
            ((_, ident),) = [o for o in met.objects if o[0] == "url"]
            assert ident in met.row_a.text
            assert ident in met.row_b.text
            assert 2 <= abs((met.time_b - met.time_a).total_seconds()) <= 4
    few = explain_network(crew_case, crew_id, limit=5)
    assert sum(len(p.shown) for p in few.pairs) == 5
    assert few.total == 108


def test_a_limit_shows_something_of_as_many_pairs_as_it_can():
    assert shared_out([5, 5, 5], 7) == [3, 2, 2]
    assert shared_out([1, 1, 9], 20) == [1, 1, 9]
    assert shared_out([9] * 40, 20) == [2] * 10 + [0] * 30
    assert shared_out([], 5) == []


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(1, 40))
def test_what_is_shown_is_as_much_as_the_limit_allows(counts, limit):
    shown = shared_out(counts, limit)
    assert sum(shown) == min(limit, sum(counts))
    assert all(0 <= s <= c for s, c in zip(shown, counts, strict=True))
    served = [s for s, c in zip(shown, counts, strict=True) if c]
    assert not any(served) or served[: max(1, limit // 2)].count(0) == 0
    assert shared_out(counts, None) == counts


@pytest.mark.parametrize("suffix", ["gexf", "graphml"])
def test_a_graph_is_xml_with_every_pair_and_what_is_known_of_each_channel(crew_case, crew_id, tmp_path, suffix):
    out = tmp_path / f"out.{suffix}"
    written = graph(crew_case, out)
    assert (written.edges, written.channels, written.networks) == (3, 3, 1)
    root = ET.parse(out).getroot()  # noqa: S314 - our own file
    space = NAMESPACES[suffix]
    edges = root.findall(f".//{space}edge")
    assert len(edges) == 3
    nodes = {}
    for node in root.iter(f"{space}node"):
        if suffix == "gexf":
            values = [v.get("value") for v in node.iter(f"{space}attvalue")]
            nodes[node.get("label")] = values
        else:
            name, *values = [d.text or "" for d in node.iter(f"{space}data")]
            nodes[name] = values
    assert [nodes["x:bob"][n] for n in (0, 2, 3)] == [crew_id, "state-controlled", "RT"]
    assert nodes["x:ann"] == [crew_id, "first mover", "", ""]
    assert set(nodes) == {visible(channel) for channel in CREW}
    titles = {a.get("title") or a.get("attr.name") for a in root.iter() if a.tag.endswith(("}attribute", "}key"))}
    assert titles >= {*EDGE_COLUMNS, *NODE_COLUMNS}


def test_an_edge_list_holds_no_formula_and_the_figures_of_the_pairs(tmp_path):
    edges = edges_table(("=cmd()", "x:b"), ("x:b", "x:c"), ("x:c", "x:d"))
    rows = networks_table(("net-1", ["=cmd()", "x:b"]), ("net-2", ["x:c", "x:d"])).to_pylist()
    out = tmp_path / "edges.csv"
    written = write(out, edges, rows, {})
    assert (written.edges, written.channels, written.networks, written.changed_ids) == (3, 4, 2, 1)
    made = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [(r["source"], r["target"], r["network_id"]) for r in made] == [
        ("'=cmd()", "x:b", "net-1"),
        ("x:b", "x:c", ""),
        ("x:c", "x:d", "net-2"),
    ]
    assert list(made[0]) == ["source", "target", *EDGE_COLUMNS]
    assert {**made[0]} | {"source": "", "target": "", "network_id": ""} == {
        "source": "",
        "target": "",
        "network_id": "",
        "object_kind": "url",
        "weight": "3",
        "meetings": "4",
        "mean_delay_s": "2.5",
        "source_first": "3",
        "same_instant": "1",
        "expected": "0.125",
        "p_value": "0.0005",
        "q_value": "0.001",
        "window_s": "60",
        "first_seen": "2017-04-10T18:00:00Z",
        "last_seen": "2017-04-10T19:30:00Z",
    }


@pytest.mark.parametrize("suffix", ["csv", "gexf", "graphml"])
def test_no_pairs_make_a_file_without_edges(tmp_path, suffix):
    out = tmp_path / f"none.{suffix}"
    assert write(out, edges_table(), [], {}).edges == 0
    if suffix == "csv":
        assert out.read_text().splitlines() == [",".join(("source", "target", *EDGE_COLUMNS))]
    else:
        assert not list(ET.parse(out).getroot().iter(f"{NAMESPACES[suffix]}edge"))  # noqa: S314 - our own file


def test_a_graph_that_cannot_be_written_is_refused_before_anything_is_measured(tmp_path):
    for name in ("x.xlsx", "nowhere/x.csv"):
        with pytest.raises(InputError):
            graph(tmp_path / "no-case", tmp_path / name)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        graph(tmp_path / "no-case", tmp_path / "folder.csv")


def test_one_network_alone_leaves_the_others_edges_out(crew_case, crew_id, tmp_path):
    out = tmp_path / "one.csv"
    assert graph(crew_case, out, crew_id).edges == 3
    with pytest.raises(InputError, match="no network is named"):
        graph(crew_case, out, "net-x")


def test_windows_leave_the_cases_own_measures_alone(crew_case, crew_id):
    networks(crew_case)
    cached = {p.name: p.stat().st_mtime_ns for p in (crew_case / "cache").glob("*.parquet")}
    steps = []
    made = windows(crew_case, (1, 2, 10), progress=lambda *at: steps.append(at[0]))
    assert "window 2 s" in steps
    whole = [r for r in made.rows if r.object_kind is None]
    assert [r.window_s for r in whole] == [1, 2, 10]
    assert [r.pairs for r in whole] == [0, 2, 3]
    assert [r.channels for r in whole] == [0, 3, 3]
    assert [r.largest for r in whole] == [False, False, True]
    assert all(r.excess == r.objects - r.expected for r in whole)
    assert {r.tests is None for r in made.rows if r.object_kind} == {True}
    assert [(n.network, n.pairs, n.at) for n in made.networks] == [(crew_id, 3, (0, 2, 3))]
    periods(crew_case, 4)
    assert cached == {p.name: p.stat().st_mtime_ns for p in (crew_case / "cache").glob("*.parquet")}


def test_periods_say_when_a_network_exists(crew_case, crew_id):
    made = periods(crew_case, 4)
    (crew,) = made.networks
    assert crew.members == tuple(sorted(CREW))
    assert (crew.known, crew.shared_members) == (crew_id, 3)
    assert [(p.members, p.objects, (p.last - p.first).days) for p in crew.periods] == [(3, 12, 3)] * 3
    assert (str(made.first), str(made.last), made.missing) == ("2017-04-10", "2017-04-21", ())
    assert periods(crew_case, 4, crew_id).networks == made.networks


def test_windows_of_hand_made_tables():
    found = {
        5: edges_table(("a", "b"), tests=7),
        60: pa.concat_tables(
            [edges_table(("a", "b"), ("b", "c"), tests=9), edges_table(("a", "c"), q_value=0.5, tests=9)]
        ),
    }
    rows = at_windows(found, ("url", "text"), 0.05)
    assert [(r.object_kind, r.window_s, r.tests, r.pairs, r.channels, r.objects, r.largest) for r in rows] == [
        (None, 5, 7, 1, 2, 3, False),
        (None, 60, 9, 2, 3, 6, True),
        ("url", 5, None, 1, 2, 3, False),
        ("url", 60, None, 2, 3, 6, True),
        ("text", 5, None, 0, 0, 0, False),
        ("text", 60, None, 0, 0, 0, False),
    ]
    assert [r.expected for r in rows[:2]] == [0.125, 0.25]


@pytest.mark.parametrize("text", ["", "5,,10", "0", "-5", "1.5", "604801", "9" * 20, "5;10", "\u0661"])
def test_windows_that_are_none_are_refused(text):
    with pytest.raises(InputError, match="no window of 1 to 604800 seconds"):
        parse_windows(text)


def test_too_many_windows_are_refused():
    with pytest.raises(InputError, match="25 windows; at most 24"):
        parse_windows(",".join(map(str, range(1, 26))))


def test_a_case_without_posts_says_so(tmp_path):
    case = make_case(tmp_path / "case")
    looked = networks(case)
    assert (looked.lacking, looked.networks, looked.tests) == (("posts",), (), 0)
    for ask in (lambda: windows(case, (5,)), lambda: periods(case, 7), lambda: graph(case, tmp_path / "x.csv")):
        with pytest.raises(InputError, match="no posts in this case"):
            ask()
    with pytest.raises(InputError, match="no network is named"):
        networks(case, "net-1")


def test_posts_that_nobody_shares_together_make_no_network(tmp_path):
    case = make_case(tmp_path / "case")
    file = tmp_path / "posts.csv"
    file.write_text(HEADER + post_lines(5), encoding="utf-8")
    take(case, file)
    looked = networks(case)
    assert (looked.lacking, looked.networks, looked.pairs, looked.channels) == ((), (), 0, 0)
    assert windows(case, (5, 60)).networks == ()
    assert periods(case, 3).networks == ()
    assert graph(case, tmp_path / "x.gexf").edges == 0


def test_whole_days_are_passed_over_and_said(tmp_path):
    case = make_case(tmp_path / "case")
    file = tmp_path / "posts.csv"
    days = "".join(
        f"2017-04-{d:02}T00:00:00Z,x,p{d}-{c},ch{c},look https://news.example/{d}\n"
        for d in range(1, 9)
        for c in range(3)
    )
    file.write_text(HEADER + days, encoding="utf-8")
    take(case, file)
    looked = networks(case)
    assert looked.networks == ()
    assert sum(p.shares for p in looked.passed if p.object_kind == "url") == 24
    assert all(r.passed for r in windows(case, (5,)).rows if r.object_kind in (None, "url"))


def test_hours_are_those_of_the_zone_each_object_at_its_first_meeting(crew_case):
    # 29 October 2017, 00:30 and 01:30 UTC: both at half past two in Paris.
    start = (at(0).replace(month=10, day=29, hour=0, minute=30) - at(0)).total_seconds() / 60
    meetings = meetings_table(
        ("one", "x:a", "x:b", start, start + 1),
        ("one", "x:a", "x:b", start + 600, start + 601),
        ("two", "x:a", "x:b", start + 61, start + 60),
        ("far", "x:a", "x:c", 0, 1),
    )
    rows = networks_table(("net-1", ["x:a", "x:b"]))
    tables = {"co_share_edges": edges_table(("x:a", "x:b")), "co_share_meetings": meetings, "networks": rows}
    looked = described(Chain(crew_case), tables, rows.to_pylist(), names={}, samples={}, findings={})
    assert [(h, n) for h, n in enumerate(looked.networks[0].hours) if n] == [(2, 2)]


def test_a_channel_belongs_to_its_network_or_to_none():
    rows = networks_table(("net-1", ["x:a", "x:b"]), ("net-2", ["x:c", "x:d"])).to_pylist()
    channels = pa.chunked_array([["x:d", "x:a", "x:z", "x:b"]])
    assert belonging(channels, rows).tolist() == [1, 0, -1, 0]
    assert belonging(channels, []).tolist() == [-1] * 4
    meetings = meetings_table(("o", "x:a", "x:b", 0, 1), ("o", "x:b", "x:c", 0, 1), ("o", "x:c", "x:d", 0, 1))
    kept, network_of = inside(meetings, rows)
    assert kept["channel_a"].to_pylist() == ["x:a", "x:c"]
    assert np.array_equal(network_of, [0, 1])
    assert together(edges_table(("a", "b"), q_value=0.06), 0.05).num_rows == 0


def commanded(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_the_commands_print_hostile_names_inert(crew_case, crew_id, tmp_path):
    shown = commanded("networks", crew_case, "--all")
    rows = commanded("explain", crew_case, crew_id, "--limit", "2")
    for done in (shown, rows):
        assert done.exit_code == 0
        assert visible(HOSTILE) in done.stdout.replace("\n", "")
        assert not {"\x1b", "\u202e", "\x07"} & set(done.stdout)
    assert rows.stdout.count("posts.csv:") == 4
    for asked in (["networks", crew_case, "--json"], ["explain", crew_case, crew_id, "--json"]):
        done = commanded(*asked)
        assert json.loads(done.stdout)
        assert done.stdout.isascii()
    for asked, said in ((["--windows", "2,10"], "10 s"), (["--period", "4"], "4 days")):
        assert said in commanded("networks", crew_case, *asked).stdout
        assert json.loads(commanded("networks", crew_case, *asked, "--json").stdout)["networks"]
    done = commanded("networks", crew_case, "--graph", tmp_path / "out.csv")
    assert done.exit_code == 0
    assert f"{tmp_path / 'out.csv'}: 3 edges of 3 channels, 1 network" in done.stdout
    assert "1 ids" not in done.stdout
    cells = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert not {"\x1b", "\u202e", "\x07"} & set(cells)


@pytest.mark.parametrize(
    "asked",
    [["--windows", "5,ten"], ["--windows", "5", "--period", "7"], ["--graph", "out.xlsx"], ["--network", "net-zzz"]],
)
def test_wrong_use_is_an_error_of_ours(crew_case, asked):
    assert isinstance(commanded("networks", crew_case, *asked).exception, InputError)


def test_a_finding_of_a_network_says_which(crew_case, crew_id):
    (finding,) = (f for f in analyse(crew_case).findings.to_pylist() if f["detector"] == "coordinated_network")
    done = commanded("explain", crew_case, finding["id"])
    assert f"this is network {crew_id}: each pair row by row with vigie explain" in done.stdout
