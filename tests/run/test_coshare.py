"""`vigie coshare`: a share log in, CooRTweet's edge table out, and what is said about it."""

import csv
import gzip
import io
import json
import subprocess
import sys
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from typer.testing import CliRunner

from tests import shared_data
from tests.kernels.share_pairs_oracle import detect_groups, edges
from vigie.cli import app
from vigie.errors import InputError
from vigie.run import coshare_chance
from vigie.run.coshare import EDGE_COLUMNS, Options, coshare, notes, quantile

HEADER = ("object_id", "account_id", "content_id", "timestamp_share")
PAIR = [("o", "a", "1", 100), ("o", "b", "2", 104), ("p", "a", "3", 200), ("p", "b", "4", 203)]


def log(folder, shares, name="shares.csv"):
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *shares])
    return path


def run(folder, shares, out="edges.csv", **options):
    path = log(folder, shares)
    done = coshare(path, folder / out, Options(**options), crowds=folder / "crowds.csv")
    return done, (folder / out).read_text(encoding="utf-8")


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def vigie(*arguments):
    command = [sys.executable, "-m", "vigie.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


SHARES = st.lists(
    st.tuples(
        st.sampled_from(["o", "p"]), st.sampled_from(["a", 'b,"', "-5", "é"]), st.integers(0, 20).map(str),
        st.integers(1_600_000_000, 1_600_000_020),
    ),
    min_size=6,
    max_size=30,
)  # fmt: skip


@settings(max_examples=40)
@given(SHARES, st.integers(0, 9), st.sampled_from([0, 0.25, 0.5, 0.9, 1]))
def test_the_table_is_the_one_the_definition_gives(tmp_path_factory, shares, window, at):
    folder = tmp_path_factory.mktemp("x")
    done, text = run(folder, shares, window_s=window, edge_weight=at, crowd_max=20, chance=False)
    expected = edges(detect_groups(shares, window))
    weights = sorted(figures[0] for figures in expected.values())
    if weights:
        below = (len(weights) - 1) * Fraction(at)
        low, part = int(below), below - int(below)
        limit = weights[low] + part * (weights[min(low + 1, len(weights) - 1)] - weights[low])
        assert done.threshold == pytest.approx(float(limit))
    rows = table(text)
    assert [(row["account_id"], row["account_id_y"]) for row in rows] == sorted(expected)
    for row in rows:
        weight, delay, older, newer = expected[row["account_id"], row["account_id_y"]]
        assert list(row) == list(EDGE_COLUMNS)
        assert [int(row[name]) for name in ("weight", "n_content_id", "n_content_id_y")] == [weight, older, newer]
        assert float(row["avg_time_delta"]) == delay / weight
        assert float(row["edge_symmetry_score"]) == min(older, newer) / max(older, newer)
        assert row["weight_threshold"] == str(int(weight > limit))


def test_however_many_edges_are_written_at_once_they_are_the_same(tmp_path, monkeypatch):
    shares = [(f"o{n % 5}", f"u{(n * n + n // 5) % 11}", str(n), 1_000 + n / 2) for n in range(120)]
    _, whole = run(tmp_path, shares)
    assert len(table(whole)) > 9
    assert len({row["p_value"] == "" for row in table(whole)}) == 2
    for at_once in (1, 2, 7):
        for module in ("coshare", "coshare_held"):
            monkeypatch.setattr(f"vigie.run.{module}._ROWS", at_once)
        assert run(tmp_path, shares)[1] == whole
        _, more = run(tmp_path, shares, details=True)
        shown = (*EDGE_COLUMNS, *coshare_chance.COLUMNS)
        assert [{k: row[k] for k in shown} for row in table(more)] == table(whole)


def test_quantiles_are_those_of_r():
    assert quantile({1: 2, 2: 1, 10: 1}, 0.5) == 1.5
    assert quantile({1: 2, 2: 1, 10: 1}, 0.9) == pytest.approx(7.6)
    assert quantile({3: 1}, 0.5) == 3


def test_details_say_who_was_first(tmp_path):
    _, text = run(tmp_path, [*PAIR, ("q", "b", "5", 300), ("q", "a", "6", 300.5)], details=True)
    (row,) = table(text)
    assert (row["n_object_id"], row["account_id_first"], row["account_id_y_first"]) == ("3", "2", "1")
    assert (row["first_share"], row["last_share"]) == ("1970-01-01T00:01:40Z", "1970-01-01T00:05:00.500000Z")
    assert float(row["avg_time_delta"]) == 2.5


def test_lighter_edges_are_left_out_but_count_for_the_threshold(tmp_path):
    shares = [*PAIR, ("q", "a", "5", 300), ("q", "c", "6", 301), ("r", "c", "7", 900)]
    done, text = run(tmp_path, shares, weight_min=2)
    assert [row["weight"] for row in table(text)] == ["2"]
    assert (done.edges, done.edges_in_all, done.threshold) == (1, 2, 1.5)


HOSTILE = ("=cmd|' /C calc'!A0", "-1+2", "+1", "@SUM(A1)", "\u202egnp", "a\t=b", "x\n+y")
HARMLESS = ('"', ",", "a\tb", "x\ny", "-1001234567890", "@handle", "user_1", "12", "https://a.example/?q=1", "Ünal")


@pytest.mark.parametrize("name", [*HOSTILE, *HARMLESS])
def test_a_hostile_name_is_made_inert_and_a_harmless_one_stays(tmp_path, name):
    shares = [(o, name if a == "b" else a, c, t) for o, a, c, t in PAIR]
    done, text = run(tmp_path, shares)
    (row,) = table(text)
    shown = row["account_id"] if row["account_id_y"] == "a" else row["account_id_y"]
    if name in HARMLESS:
        assert shown == name
        assert not done.changed_ids
    else:
        assert done.changed_ids == 1
        assert shown[0] not in "=+-@"
        assert "\u202e" not in shown
        assert "\t=" not in shown
    _, text = run(tmp_path, shares, raw_ids=True)
    assert {name, "a"} == {row[k] for row in table(text) for k in ("account_id", "account_id_y")}


@pytest.mark.parametrize("suffix", ["gexf", "graphml"])
def test_graphs_hold_the_same_edges(tmp_path, suffix):
    name = '<x>&"\x00\u202e'.replace("\x00", "")
    shares = [(o, name if a == "b" else a, c, t) for o, a, c, t in PAIR]
    _, text = run(tmp_path, shares, f"edges.{suffix}")
    graph = etree.fromstring(text.encode())
    nodes = {n.get("id"): n.get("label") or n.findtext("{*}data") for n in graph.iter("{*}node")}
    (edge,) = graph.iter("{*}edge")
    assert [nodes[edge.get(end)] for end in ("source", "target")] == ['<x>&"⟦U+202E⟧', "a"]
    values = [v.get("value") for v in edge.iter("{*}attvalue")] or [d.text for d in edge.iter("{*}data")]
    assert [float(v) for v in values[:6]] == [2, 3.5, 2, 2, 1, 0]
    assert all(0 < float(v) <= 1 for v in values[6:])
    assert len(values) == 8
    _, text = run(tmp_path, [*PAIR, ("q", "a", "5", 300), ("q", "c", "6", 301), ("r", "c", "7", 9)], f"edges.{suffix}")
    found = etree.fromstring(text.encode()).iter("{*}edge")
    # A pair that was not tested has no figures, rather than a zero.
    assert [len(list(edge.iter("{*}attvalue", "{*}data"))) for edge in found] == [8, 6]


def test_a_crowd_is_told_and_listed_and_no_weight_is_lost(tmp_path):
    crowd = [(o, f"u{n}", f"{o}{n}", 5_000 + n % 9) for o in ("=viral", "once") for n in range(40)]
    shares = [*PAIR, ("=viral", "a", "v1", 5_001), ("=viral", "b", "v2", 5_003), *crowd[:40]]
    done, text = run(tmp_path, shares, participation_min=1, crowd_max=30)
    assert [(r["account_id"], r["account_id_y"], r["weight"]) for r in table(text)] == [("a", "b", "3")]
    (told,) = table((tmp_path / "crowds.csv").read_text(encoding="utf-8"))
    assert told["object_id"] == "'=viral"
    assert (told["kind"], told["shares"], told["accounts_in_window"]) == ("crowd", "42", "42")
    assert (told["meetings"], told["meetings_listed"]) == (str(42 * 41 // 2), "1")
    assert done.unlisted == 42 * 41 // 2 - 1
    assert any("1 object is a crowd" in note and "860 meetings" in note for note in notes(done, tmp_path, Options()))
    # With two crowds, those in both could have met often: here they are still too many.
    done, text = run(tmp_path, [*PAIR, *crowd], participation_min=1, crowd_max=30)
    assert (done.crowds, done.edges) == (2, 1)
    done, text = run(tmp_path, [*PAIR, *crowd], participation_min=1, crowd_max=40)
    assert (done.crowds, done.edges) == (0, 1 + 40 * 39 // 2)


@pytest.mark.parametrize(
    ("days", "window", "fits"),
    [
        (["2021-01-01", "2021-01-02"], 10, False),
        (["2021-01-01T23:00:00Z", "2021-01-02T23:00:00Z", "2021-01-04T23:00:00Z"], 10, False),
        (["2021-01-01", "2021-01-02"], 86_400, True),
        (["2021-01-01T00:00:00Z", "2021-01-02T00:00:01Z"], 10, True),
        (["0", "0"], 10, True),
    ],
)
def test_whole_days_bear_no_window_under_a_day(tmp_path, days, window, fits):
    shares = [("o", "ab"[n % 2], str(n), day) for n, day in enumerate(days)]
    if fits:
        run(tmp_path, shares, window_s=window)
    else:
        with pytest.raises(InputError, match="whole day"):
            run(tmp_path, shares, window_s=window)
        assert not (tmp_path / "edges.csv").exists()


def test_one_account_and_equal_shares_are_no_pairs(tmp_path):
    done, text = run(tmp_path, [("o", "a", str(n), n) for n in range(1, 9)])
    assert table(text) == []
    assert "one account" in " ".join(notes(done, tmp_path, Options()))
    done, text = run(tmp_path, [("o", "a", "1", 5)] * 4 + [("o", "b", "1", 5)] * 4)
    assert table(text) == []


@pytest.mark.parametrize(
    ("out", "said"),
    [("shares.csv", "is named twice"), ("no/edges.csv", "no such folder"), ("edges.txt", "no kind of file")],
)
def test_where_it_cannot_write_it_says_so_before_it_reads(tmp_path, out, said):
    path = log(tmp_path, PAIR)
    before = path.read_bytes()
    with pytest.raises(InputError, match=said):
        coshare(path, tmp_path / out, Options())
    assert path.read_bytes() == before


def test_what_fails_midway_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    run(tmp_path, PAIR)
    before = (tmp_path / "edges.csv").read_bytes()
    monkeypatch.setattr("vigie.run.edge_files.gather", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, [*PAIR, *PAIR])
    assert (tmp_path / "edges.csv").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["crowds.csv", "edges.csv", "shares.csv"]


def test_the_command_end_to_end(tmp_path):
    path = log(tmp_path, [*PAIR, ("o", "c", "9", "soon"), ("o", "d", "10", 105)])
    done = vigie("coshare", path, "-o", tmp_path / "edges.csv", "--window", "10", "--min-participation", "2")
    assert done.returncode == 1
    assert f"{path}:6: refused: timestamp_share 'soon'" in done.stderr
    assert "1 shares left out" in done.stderr
    assert "1 edges, of 5 shares of 2 objects by 3 accounts" in done.stdout
    assert (tmp_path / "edges.csv").read_text(encoding="utf-8") == (
        "account_id,account_id_y,weight,avg_time_delta,n_content_id,n_content_id_y,edge_symmetry_score,"
        "weight_threshold,p_value,q_value\na,b,2,3.5,2,2,1,0,0.021523015510879224,0.021523015510879224\n"
    )
    assert "1 of 1 pairs tested have q <= 0.05" in done.stdout
    done = vigie("coshare", path, "-o", tmp_path / "edges.csv", "--no-chance")
    assert (tmp_path / "edges.csv").read_text(encoding="utf-8") == (
        "account_id,account_id_y,weight,avg_time_delta,n_content_id,n_content_id_y,edge_symmetry_score,"
        "weight_threshold\na,b,2,3.5,2,2,1,0\n"
    )
    done = vigie("coshare", log(tmp_path, PAIR), "-o", tmp_path / "edges.csv", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["edges"] == 1
    done = vigie("coshare", log(tmp_path, []), "-o", tmp_path / "edges.csv")
    assert done.returncode == 1
    assert "no shares" in done.stderr


def strangers(draw, days):
    """Sixty accounts that share 400 things, each in the hours after it appeared."""
    what, who = draw.integers(400, size=4_000), draw.integers(60, size=4_000)
    born = draw.integers(days * 86_400, size=400)
    when = born[what] + draw.exponential(3_600, 4_000).astype(int)
    return [(f"o{o}", f"u{a:02}", str(n), int(t)) for n, (o, a, t) in enumerate(zip(what, who, when, strict=True))]


def group(draw, size, targets, begin, end):
    """Accounts that share the targets within seconds of each other."""
    at = draw.integers(begin, end, size=targets)
    return [
        (f"target{k}", f"g{m}", f"t{k}-{m}", int(at[k] + draw.integers(9))) for k in range(targets) for m in range(size)
    ]


def group_and_strangers(seed):
    draw = np.random.default_rng(seed)
    return [*strangers(draw, 20), *group(draw, 3, 12, 0, 20 * 86_400)]


def test_chance_tells_a_group_from_strangers(tmp_path):
    shares = group_and_strangers(5)
    done, text = run(tmp_path, shares, window_s=10, details=True)
    found = {(r["account_id"], r["account_id_y"]) for r in table(text) if r["q_value"] and float(r["q_value"]) <= 0.05}
    assert found == {("g0", "g1"), ("g0", "g2"), ("g1", "g2")}
    assert (done.chance.validated, done.chance.accounts, done.chance.observed) == (3, 3, 36)
    for row in table(text):
        assert bool(row["p_value"]) == bool(row["q_value"]) == (int(row["n_object_id"]) > 1)
    assert 0 < done.chance.expected < 3


def test_windows_are_compared(tmp_path):
    path = log(tmp_path, group_and_strangers(6))
    done = coshare(path, None, Options(windows_s=(60, 2, 10, 10)))
    assert [one.window_s for one in done.windows] == [2, 10, 60]
    assert [one.observed for one in done.windows][1:] == [36, 36]
    assert done.windows[0].observed < 36
    (best,) = (one for one in done.windows if one.largest)
    assert best.excess == max(one.excess for one in done.windows)
    assert best.window_s == 10
    assert (done.edges, done.chance) == (0, None)
    lines = coshare_chance.table(done.windows)
    assert [line.split()[0] for line in lines] == ["window_s", "2", "10", "60", "*"]
    assert len({len(line) for line in lines[:-1]}) == 1


def test_a_network_of_three_days_does_not_drown(tmp_path):
    draw = np.random.default_rng(8)
    # Two fans take the same things within minutes, all year; for three days they do so within seconds.
    at = draw.integers(300 * 86_400, size=600)
    fans = [(f"f{k}", f"g{m}", f"f{k}-{m}", int(at[k] + draw.integers(900))) for k in range(600) for m in range(2)]
    shares = [*strangers(draw, 300), *fans, *group(draw, 2, 12, 30 * 86_400, 33 * 86_400)]
    found = [run(tmp_path, shares, window_s=10, period_days=days)[0].chance.validated for days in (0, 6)]
    assert found == [0, 1]


def test_no_windows_to_compare_in_nothing(tmp_path):
    done = coshare(log(tmp_path, []), None, Options(windows_s=(0, 10)))
    assert [(one.tested, one.validated, one.largest) for one in done.windows] == [(0, 0, False)] * 2


@pytest.mark.parametrize("window", [0, 10])
def test_rows_that_stand_there_twice_make_nobody_coordinated(tmp_path, window):
    shares = [(o, a, c, t) for n in range(9) for o, a, c, t in ((f"o{n}", "a", f"{n}", 60 * n),) * 5]
    done, text = run(tmp_path, shares, window_s=window)
    assert table(text) == []
    assert done.chance.tested == 0


def test_whole_days_are_refused_for_the_shortest_window(tmp_path):
    path = log(tmp_path, [("o", "a", "1", "2021-01-01"), ("o", "b", "2", "2021-01-02")])
    with pytest.raises(InputError, match="whole day"):
        coshare(path, None, Options(window_s=10**6, windows_s=(10, 10**6)))


def test_the_command_prints_windows(tmp_path):
    path = log(tmp_path, PAIR)
    done = CliRunner().invoke(app, ["coshare", str(path), "--windows", "5,10", "--period", "2"])
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].split()[0] == "window_s"
    assert not (tmp_path / "edges.csv").exists()
    done = CliRunner().invoke(app, ["coshare", str(path), "--windows", "5,10", "--json"])
    assert [one["window_s"] for one in json.loads(done.stdout)["windows"]] == [5, 10]
    for arguments in ((), ("--windows", "5,x"), ("--windows", "-1"), ("--windows", "nan")):
        assert CliRunner().invoke(app, ["coshare", str(path), *arguments]).exit_code == 2


DATA = shared_data()
SETS = ("russian_coord_tweets", "de_urls", "de_domains", "de_hashtags", "de_images", "de_fb_urls")


def expected_rows(name):
    with gzip.open(DATA / "coordination" / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def near(value, written):
    """Whether a figure is the one the package's export wrote: fifteen digits, of which its writer rounds the last."""
    unit = Fraction(10) ** (len(str(int(float(written)))) - 15) if float(written) >= 1 else Fraction(1, 10**15)
    return abs(Fraction(value) - Fraction(written)) <= unit


@pytest.mark.shared
@pytest.mark.skipif(DATA is None, reason="the evaluation data is not beside the checkout")
@pytest.mark.parametrize("window", [10, 60])
@pytest.mark.parametrize("name", SETS)
def test_the_edges_are_those_of_the_package(tmp_path, name, window):
    coshare(DATA / "coordination" / f"{name}.csv.gz", tmp_path / "edges.csv", Options(window_s=window))
    rows = table((tmp_path / "edges.csv").read_text(encoding="utf-8"))
    expected = expected_rows(f"expected_{name}_w{window}_mp2_edges")
    delays = defaultdict(list)
    for pair in expected_rows(f"expected_{name}_w{window}_mp2_pairs"):
        edge = sorted((pair["account_id"], pair["account_id_y"]))
        delays[tuple(edge)].append(int(pair["time_delta"]))
    inexact = ("avg_time_delta", "edge_symmetry_score")
    for row in rows:
        assert tuple(row)[-2:] == coshare_chance.COLUMNS
        p_value, q_value = row.pop("p_value"), row.pop("q_value")
        assert (not p_value and not q_value) or 0 <= float(p_value) <= float(q_value) <= 1
    assert [{k: v for k, v in r.items() if k not in inexact} for r in rows] == [
        {k: v for k, v in r.items() if k not in inexact} for r in expected
    ]
    for row, other in zip(rows, expected, strict=True):
        assert all(near(row[k], other[k]) for k in inexact)
        of = delays[row["account_id"], row["account_id_y"]]
        assert float(row["avg_time_delta"]) == sum(of) / len(of)
