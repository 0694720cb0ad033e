from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from itertools import combinations
from math import exp
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests import shared_data
from tests.detectors.test_contract import LawfulEngine
from tests.strategies import seeds
from vigie.engine.local import LocalEngine
from vigie.measures import measured
from vigie.measures.co_share_edges import CO_SHARE_EDGES, MEASURE
from vigie.measures.shares import SHARES
from vigie.testing import EPOCH, posts, rows

HOUR_S = 3_600
DAY_S = 86_400
WINDOWS = {
    "url": 60, "domain": 0, "hashtag": 60, "url_hashtag": 0, "mention": 0, "repost": 10, "reply": 60, "quote": 0,
    "media": 60, "text": 60,
}  # fmt: skip


def run(table: pa.Table, **parameters) -> list[dict]:
    return measured(MEASURE, {"posts": table}, **parameters).to_pylist()


def of_shares(shares: pa.Table, **parameters) -> pa.Table:
    with LocalEngine({"shares": shares}) as engine:
        return engine.run(MEASURE.steps(**parameters))


def of_row(found: list[dict], row: str) -> list[dict]:
    return [r for r in found if r["row"] == row]


def poisson_tail(count: int, mean: float) -> float:
    term, below = exp(-mean), 0.0
    for k in range(count):
        below += term
        term *= mean / (k + 1)
    return 1 - below


def share_table(cells: list[tuple[str, str, str, int, bool]]) -> pa.Table:
    """Build SHARES of (kind, object, channel, second, whole day)."""
    at = int(EPOCH.timestamp())
    return pa.table(
        [
            *([cell[n] for cell in cells] for n in range(3)),
            pa.array([(at + cell[3]) * 1_000_000 for cell in cells], pa.int64()).cast(SHARES.field("time").type),
            [f"0123456789ab:{n}" for n, _ in enumerate(cells, start=1)],
            ["original"] * len(cells),
            [cell[4] for cell in cells],
        ],
        schema=SHARES,
    )


def dense_shares(random: Random, *, dated: bool = False) -> list[tuple[str, str, str, int, bool]]:
    """Build shares of few objects by few channels at few moments, some of them on dates alone."""
    kinds = random.sample(sorted(WINDOWS), random.randint(1, 4))
    span = random.choice([10, 200, 4_000])
    names = [f"x:{c}" for c in random.sample("abcdefgh\u00e9\U0001f525\uffff", random.randint(1, 9))]
    return [
        (random.choice(kinds), f"o{random.randint(0, 6)}", random.choice(names), random.randint(0, span),
         dated and random.random() < 0.2)
        for _ in range(random.randint(0, 120))
    ]  # fmt: skip


def by_hand(cells, windows, crowd_max, least):  # noqa: C901 - the whole definition
    """The definition, in its slowest and plainest form, over every pair of shares."""
    pairs, crowds, passed = {}, {}, Counter()
    for kind, window in windows.items():
        held = defaultdict(list)
        for own, name, channel, t, whole_day in cells:
            if own == kind and window:
                if whole_day and window < DAY_S:
                    passed[kind] += 1
                else:
                    held[name].append((t, channel))
        meetings = defaultdict(list)
        for name, shares in held.items():
            peak = max(len({c for t, c in shares if 0 <= end - t <= window}) for end, _ in shares)
            if peak > crowd_max:
                crowds[kind, name] = (len(shares), peak, min(shares)[0], max(shares)[0])
                continue
            for (t0, c0), (t1, c1) in combinations(shares, 2):
                if c0 != c1 and abs(t1 - t0) <= window:
                    (ta, a), (tb, b) = ((t0, c0), (t1, c1)) if c0 < c1 else ((t1, c1), (t0, c0))
                    meetings[a, b].append((name, ta, tb))
        for ends, met in meetings.items():
            objects = {name for name, *_ in met}
            if len(objects) >= least:
                times = [t for _, *two in met for t in two]
                pairs[kind, *ends] = (
                    len(objects), len(met), sum(abs(a - b) for _, a, b in met) / len(met),
                    sum(a < b for _, a, b in met), sum(a == b for _, a, b in met), min(times), max(times),
                )  # fmt: skip
    return pairs, crowds, passed


def seconds(moment) -> float:
    return (moment - EPOCH).total_seconds()


@settings(max_examples=30)
@given(seeds, st.sampled_from([2, 3, 200]), st.sampled_from([1, 2, 3]))
def test_the_steps_say_what_the_definition_says(seed, crowd_max, least):
    random = Random(seed)
    cells = dense_shares(random, dated=random.random() < 0.5)
    windows = {kind: random.choice([0, 1, 30, window or 60, DAY_S]) for kind, window in WINDOWS.items()}
    parameters = {f"{kind}_window_s": window for kind, window in windows.items()}
    found = of_shares(share_table(cells), crowd_max=crowd_max, pair_objects_min=least, **parameters).to_pylist()
    pairs, crowds, passed = by_hand(cells, windows, crowd_max, least)
    event(f"pairs: {min(len(pairs), 3)}, crowds: {min(len(crowds), 2)}, passed: {bool(passed)}")
    listed = {(r["object_kind"], r["channel_a"], r["channel_b"]): r for r in of_row(found, "pair")}
    assert len(listed) == len(of_row(found, "pair"))
    assert {
        key: (r["objects"], r["meetings"], pytest.approx(r["delay_s"]), r["a_first"], r["tied"],
              seconds(r["first_seen"]), seconds(r["last_seen"]))
        for key, r in listed.items()
    } == pairs  # fmt: skip
    assert {
        (r["object_kind"], r["object_id"]): (
            r["meetings"],
            r["channels"],
            seconds(r["first_seen"]),
            seconds(r["last_seen"]),
        )
        for r in of_row(found, "crowd")
    } == crowds
    assert {r["object_kind"]: r["meetings"] for r in of_row(found, "passed")} == dict(passed)
    assert all(r["window_s"] == windows[r["object_kind"]] for r in found)
    order = [
        tuple(r[name] or "" for name in ("row", "object_kind", "channel_a", "channel_b", "object_id")) for r in found
    ]
    assert order == sorted(order)
    p_values = [r["p_value"] for r in listed.values()]
    for r in listed.values():
        assert r["expected"] == max(r["expected_activity"], r["expected_timing"])
        assert r["p_value"] >= poisson_tail(r["objects"], r["expected_activity"]) - 1e-9
        assert r["p_value"] <= 1  # what is shared at one moment counts once: tests/kernels/test_share_acts.py
        assert len(p_values) <= r["tests"]
        least_q = min(p * r["tests"] / sum(q <= p for q in p_values) for p in p_values if p >= r["p_value"])
        assert r["q_value"] == pytest.approx(min(1, least_q))


@settings(max_examples=12)
@given(seeds)
def test_neither_the_order_of_shares_nor_how_they_are_cut_makes_a_difference(seed):
    random = Random(seed)
    table = share_table(dense_shares(random, dated=True))
    found = of_shares(table)
    mixed = table.take(pa.array(random.sample(range(len(table)), len(table)), pa.int64()))
    pieces = pa.concat_tables([mixed.slice(n, 7) for n in range(0, len(mixed), 7)] or [mixed])
    assert of_shares(pieces).equals(found)
    with LawfulEngine({"shares": mixed}) as engine:
        assert engine.run(MEASURE.steps()).equals(found)


def crew(count: int, begin_s: int = 0) -> list[str]:
    return [
        f"{c} {begin_s + 700 * n + k} https://a.example/{begin_s}-{n}"
        for n in range(count)
        for k, c in enumerate(["ana", "bob"])
    ]


def others(span_s: int, count: int = 600) -> list[str]:
    random = Random(7)
    return [
        f"u{random.randint(0, 60)} {random.randint(0, span_s)} https://b.example/{random.randint(0, 40)}"
        for _ in range(count)
    ]


def test_a_pair_that_meets_again_and_again_is_unlikely_and_says_why():
    found = run(posts(*crew(12), *others(DAY_S)))
    (pair,) = [r for r in of_row(found, "pair") if r["channel_a"] == "x:ana"]
    assert (pair["objects"], pair["meetings"], pair["a_first"], pair["tied"]) == (12, 12, 12, 0)
    assert pair["q_value"] < 0.02
    assert pair["expected"] < pair["objects"] / 2


def test_figures_of_sliding_periods_are_those_of_one():
    table = posts(*crew(3, 40 * DAY_S), *crew(5, 200 * DAY_S), *others(300 * DAY_S))
    whole, by_period = (
        next(r for r in run(table, period_days=days) if r["channel_a"] == "x:ana") for days in (0, 7)
    )  # fmt: skip
    assert whole["objects"] == 8
    assert by_period["objects"] == 5
    assert seconds(by_period["first_seen"]) == 200 * DAY_S
    assert by_period["p_value"] <= 1


def test_kinds_are_judged_together():
    lines = [f"{c} {700 * n + k} https://a.example/{n} #t{n}" for n in range(6) for k, c in enumerate(["ana", "bob"])]
    both, one = run(posts(*lines, *others(DAY_S))), run(posts(*lines, *others(DAY_S)), hashtag_window_s=0)
    assert {r["object_kind"] for r in both} == {"url", "hashtag"}
    assert {r["object_kind"] for r in one} == {"url"}
    assert both[0]["tests"] > one[0]["tests"]
    assert len({r["tests"] for r in both}) == 1


def test_hashtags_that_one_post_carries_are_one_coincidence():
    random = Random(7)
    cells = [
        {
            "time": random.randrange(4 * DAY_S),
            "platform": "x",
            "channel_id": f"u{random.randrange(190)}",
            "text": "",
            "hashtags": [f"t{tag}" for tag in range(6 * bundle, 6 * bundle + 6)],
        }
        for bundle in (random.randrange(20) for _ in range(4000))
    ]
    pairs = of_row(run(rows("posts", *cells)), "pair")
    assert len(pairs) > 100
    assert min(r["objects"] for r in pairs) >= 6
    assert min(r["q_value"] for r in pairs) > 0.05


def test_an_account_alone_has_no_pairs():
    assert run(posts(*(f"ana {n} https://a.example/{n % 3}" for n in range(50)))) == []


def test_posts_all_alike_make_one_pair_of_one_object():
    table = posts(*(f"{'ana' if n % 2 else 'bob'} 5 https://a.example/1" for n in range(50)))
    assert run(table) == []
    (pair,) = run(table, pair_objects_min=1, domain_window_s=0)
    assert (pair["objects"], pair["meetings"], pair["tied"], pair["delay_s"]) == (1, 625, 625, 0)


def test_a_crowd_is_counted_and_makes_no_pairs():
    rush = [f"c{n} {n % 60} https://a.example/rush" for n in range(300)]
    found = run(posts(*rush, *crew(2)))
    assert [(r["row"], r["object_id"], r["meetings"], r["channels"]) for r in of_row(found, "crowd")] == [
        ("crowd", "https://a.example/rush", 300, 300)
    ]
    assert {r["channel_a"] for r in of_row(found, "pair")} == {"x:ana"}


def test_shares_without_a_time_of_day_are_passed_over_and_counted():
    midnight = EPOCH.replace(hour=0)
    link = {"platform": "x", "text": "", "time": midnight}
    cells = [link | {"channel_id": c, "urls": [f"https://a.example/{n}"]} for n in range(3) for c in ("ana", "bob")]
    (passed,) = run(rows("posts", *cells))
    assert (passed["row"], passed["object_kind"], passed["meetings"], passed["window_s"]) == ("passed", "url", 6, 60)
    (pair,) = run(rows("posts", *cells), url_window_s=DAY_S)
    assert (pair["row"], pair["objects"]) == ("pair", 3)


def test_a_channel_that_changes_its_name_stays_one():
    cells = [
        {
            "time": 100 * n + k,
            "platform": "x",
            "channel_id": c,
            "channel_name": f"name {n}",
            "text": "",
            "urls": [f"o{n}"],
        }
        for n in range(3)
        for k, c in enumerate(("1", "2"))
    ]
    (pair,) = run(rows("posts", *cells))
    assert (pair["channel_a"], pair["channel_b"], pair["objects"]) == ("x:1", "x:2", 3)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.sampled_from("ab"), NAMES, st.integers(0, 9)), max_size=30))
def test_names_of_any_characters_keep_their_order(cells):
    found = of_shares(share_table([("url", o, c, t, False) for o, c, t in cells]), pair_objects_min=1).to_pylist()
    ends = [(r["channel_a"], r["channel_b"]) for r in found]
    assert ends == sorted(set(ends))
    assert all(a < b for a, b in ends)


def test_nothing_in_nothing_out():
    assert measured(MEASURE, {"posts": posts()}).equals(CO_SHARE_EDGES.empty_table())


def table_of(times_s, channels, objects) -> pa.Table:
    at = pa.array(np.asarray(times_s, np.int64) * 1_000_000).cast(SHARES.field("time").type)
    count = len(at)
    return pa.table(
        [["url"] * count, objects, channels, at, [f"0123456789ab:{n}" for n in range(count)], ["original"] * count,
         [False] * count],
        schema=SHARES,
    )  # fmt: skip


def organic(seed: int) -> pa.Table:
    """Nobody coordinates: activity and popularity are heavy-tailed, news comes by day, three rushes of 100 a minute."""
    draw = np.random.default_rng(seed)
    n, people, pages = 6_000, 300, 1_200
    activity = draw.lognormal(0, 1, people)
    popularity = 1 / (np.arange(pages) + 10.0)
    published = draw.integers(0, 10, pages) * DAY_S + draw.normal(14, 3, pages) * HOUR_S
    objects = draw.choice(pages, n, p=popularity / popularity.sum())
    times = published[objects] + draw.lognormal(np.log(1_800), 1.5, n)
    for rush in range(3):
        objects[rush * 100 : rush * 100 + 100] = rush
        times[rush * 100 : rush * 100 + 100] = published[rush] + draw.uniform(0, 60, 100)
    channels = draw.choice(people, n, p=activity / activity.sum())
    return table_of(1_490_000_000 + times, [f"u{c}" for c in channels], [f"o{o}" for o in objects])


def test_where_nobody_coordinates_no_pair_is_validated():
    seen = 0
    for seed in range(4):
        found = of_row(of_shares(organic(seed)).to_pylist(), "pair")
        seen += len(found)
        assert not [r for r in found if r["q_value"] <= 0.05]
    assert seen > 0


def read(name: str) -> list[dict[str, str]]:
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    with gzip.open(folder / "coordination" / name, "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["de_urls", "de_fb_urls", "de_images", "russian_coord_tweets"])
@pytest.mark.parametrize("window_s", [10, 60])
def test_pairs_objects_and_meetings_are_those_of_coortweet(name, window_s):
    given = read(f"{name}.csv.gz")
    table = table_of(
        [int(r["timestamp_share"]) for r in given],
        [f"x:{r['account_id']}" for r in given],
        [r["object_id"] for r in given],
    )
    objects, meetings = defaultdict(set), Counter()
    for r in read(f"expected_{name}_w{window_s}_mp2_pairs.csv.gz"):
        ends = tuple(sorted((f"x:{r['account_id']}", f"x:{r['account_id_y']}")))
        objects[ends].add(r["object_id"])
        meetings[ends] += 1
    found = of_shares(table, url_window_s=window_s, crowd_max=10_000, pair_objects_min=1).to_pylist()
    ours = {(r["channel_a"], r["channel_b"]): (r["objects"], r["meetings"]) for r in found}
    # CooRTweet then leaves out pairs by how often an account took part; ours has them, too.
    assert {ends: pair for ends, pair in ours.items() if ends in objects} == {
        e: (len(objects[e]), meetings[e]) for e in objects
    }
