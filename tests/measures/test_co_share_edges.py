from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from itertools import combinations
from math import exp

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests import shared_data
from tests.strategies import dense_tables, seeds
from vigie.detectors.co_share import co_share
from vigie.engine.local import LocalEngine
from vigie.errors import InputError
from vigie.measures.co_share_edges import MEASURE
from vigie.tables import TABLES
from vigie.testing import posts, rows
from vigie.text.urls import canonical_url

HOUR_S = 3600


def run(table: pa.Table, **parameters) -> list[dict]:
    with LocalEngine({"posts": table}) as engine:
        return engine.run(MEASURE.steps(**parameters)).to_pylist()


def poisson_tail(count: int, mean: float) -> float:
    term, below = exp(-mean), 0.0
    for k in range(count):
        below += term
        term *= mean / (k + 1)
    return 1 - below


def by_hand(table: pa.Table, window_s: int, crowd_max: int, cell_shares: int):  # noqa: C901 - the whole definition
    """The definition, in its slowest and plainest form, over every pair of posts."""
    shares = defaultdict(list)
    for r in table.to_pylist():
        if not r["text"].lower().startswith("rt @") and r["repost_of"] is None:
            for link in {canonical_url(u) or u for u in r["urls"]}:
                shares[link].append((r["time"].timestamp(), f"x:{r['channel_id']}"))
    crowds = {}
    for link, held in shares.items():
        peak = max(len({c for t, c in held if 0 <= end - t <= window_s}) for end, _ in held)
        if peak > crowd_max:
            crowds[link] = (len(held), peak)
    kept = {link: sorted(held) for link, held in shares.items() if link not in crowds}
    times = [t for held in kept.values() for t, _ in held]
    cell_s = max(HOUR_S, window_s, (max(times) - min(times)) // max(1, len(times) // cell_shares) + 1e-6)

    def cell(t: float) -> int:
        return int((t - min(times)) // cell_s)

    meetings, active, met_in = defaultdict(list), defaultdict(set), Counter()
    for link, held in kept.items():
        firsts = {}
        for (t0, a), (t1, b) in combinations(held, 2):
            if a != b and t1 - t0 <= window_s:
                pair = (min(a, b), max(a, b))
                meetings[pair].append((link, t1 - t0, t0, t1))
                firsts[pair] = min(firsts.get(pair, t1), t1)
        met_in.update(cell(t) for t in firsts.values())
        for t, c in held:
            active[cell(t)].add((c, link))
            active[cell(t + window_s)].add((c, link))
    channels = {c for held in kept.values() for _, c in held}
    edges = {}
    for (a, b), met in meetings.items():
        expected = 0.0
        for d, co_shares in met_in.items():
            n = Counter(c for c, _ in active[d])
            expected += co_shares * 2 * n[a] * n[b] / (sum(n.values()) ** 2 - sum(k * k for k in n.values()))
        objects = sorted({link for link, *_ in met})
        delay = sum(d for _, d, *_ in met) / len(met)
        edges[a, b] = (objects, len(met), delay, min(m[2] for m in met), max(m[3] for m in met), expected)
    return edges, crowds, len(channels) * (len(channels) - 1) // 2


@settings(max_examples=12)
@given(seeds, st.sampled_from([20, 60, HOUR_S]), st.sampled_from([4, 200]), st.sampled_from([100, 1000]))
def test_the_steps_say_what_the_definition_says(seed, window_s, crowd_max, cell_shares):
    table = dense_tables(seed, ("posts",))["posts"]
    found = run(table, window_s=window_s, crowd_max=crowd_max, cell_shares=cell_shares, pair_objects_min=1)
    edges, crowds, tests = by_hand(table, window_s, crowd_max, cell_shares)
    pairs = {(r["channel_a"], r["channel_b"]): r for r in found if r["kind"] == "pair"}
    event(f"pairs: {min(len(pairs), 3)}, crowds: {min(len(crowds), 2)}")
    assert set(pairs) == set(edges)
    p_values = sorted(r["p_value"] for r in pairs.values())
    for ends, r in pairs.items():
        objects, shares, delay, first, last, expected = edges[ends]
        assert (r["object_ids"], r["objects"], r["shares"]) == (objects, len(objects), shares)
        assert (r["first_seen"].timestamp(), r["last_seen"].timestamp()) == (first, last)
        assert r["delay_s"] == pytest.approx(delay)
        assert r["expected"] == pytest.approx(expected)
        assert r["p_value"] == pytest.approx(poisson_tail(len(objects), expected), abs=1e-9)
        least = min(p * tests / sum(q <= p for q in p_values) for p in p_values if p >= r["p_value"])
        assert r["q_value"] == pytest.approx(min(1, least))
        assert r["tests"] == tests
        assert r["row_ids"]
    crowd_rows = {r["object_ids"][0]: (r["shares"], r["channels"]) for r in found if r["kind"] == "crowd"}
    assert crowd_rows == crowds


def test_pairs_of_few_objects_are_not_listed():
    table = posts("ana 0 https://a.example/1", "bob 5 https://a.example/1", "ana 99 https://a.example/2")
    assert run(table) == []
    assert len(run(table, pair_objects_min=1)) == 1


def test_marked_reposts_are_no_shares():
    link = {"platform": "x", "urls": ["https://a.example/1"], "text": ""}
    given = [link | {"channel_id": "ana"}, link | {"channel_id": "bob", "repost_of": "1"}]
    given.append(link | {"channel_id": "cem", "text": "RT @ana: https://a.example/1"})
    assert run(rows("posts", *given), pair_objects_min=1) == []


def test_one_post_that_names_a_page_twice_is_one_share():
    table = posts("ana 0 https://a.example/1 http://www.a.example/1?utm_source=x", "bob 5 https://a.example/1")
    (pair,) = run(table, pair_objects_min=1)
    assert pair["shares"] == 1


def test_hashtags_and_texts_are_objects_too():
    text = "the minister hid the report from us"
    table = posts(f"ana 0 {text} #Élysée", f"bob 5 {text.upper()} #ELYSEE", "cem 6 #elysee")
    assert {r["object_ids"][0] for r in run(table, object_kind="hashtag", pair_objects_min=1)} == {"elysee"}
    (pair,) = run(posts(f"ana 0 {text}", f"bob 5 {text}!"), object_kind="text", pair_objects_min=1)
    assert (pair["channel_a"], pair["channel_b"]) == ("x:ana", "x:bob")


def test_an_unknown_kind_of_object_is_an_error():
    with pytest.raises(InputError, match="one of url, hashtag, text"):
        MEASURE.steps(object_kind="emoji")


def test_a_crowd_is_counted_and_makes_no_pairs():
    rush = [f"c{n} {n % 60} https://a.example/rush" for n in range(300)]
    found = run(posts(*rush, "ana 0 https://b.example/", "bob 1 https://b.example/"), pair_objects_min=1)
    assert [(r["kind"], r["shares"], r["channels"]) for r in found] == [("pair", 1, None), ("crowd", 300, 300)]


def table_of(times_s, channels, objects) -> pa.Table:
    n = len(times_s)
    schema = TABLES["posts"].seen
    empty = pa.array([[]] * n, pa.list_(pa.string()))
    columns = {
        "row_id": pa.array([f"0123456789ab:{i + 1}" for i in range(n)]),
        "time": pa.array(np.asarray(times_s, np.int64) * 1_000_000).cast(pa.timestamp("us", tz="UTC")),
        "platform": pa.array(["x"] * n),
        "channel_id": pa.array(list(channels)),
        "text": pa.array([""] * n),
        "urls": pa.array([[f"https://a.example/{o}"] for o in objects]),
    }
    made = [columns.get(f.name, empty if pa.types.is_list(f.type) else pa.nulls(n, f.type)) for f in schema]
    return pa.table(made, schema=schema)


def organic(seed: int) -> pa.Table:
    """Nobody coordinates: activity and popularity are heavy-tailed, news comes by day, three rushes of 100 a minute."""
    draw = np.random.default_rng(seed)
    n, people, pages = 6_000, 300, 1_200
    activity = draw.lognormal(0, 1, people)
    popularity = 1 / (np.arange(pages) + 10.0)
    published = draw.integers(0, 10, pages) * 86_400 + draw.normal(14, 3, pages) * HOUR_S
    objects = draw.choice(pages, n, p=popularity / popularity.sum())
    times = published[objects] + draw.lognormal(np.log(1_800), 1.5, n)
    for rush in range(3):
        objects[rush * 100 : rush * 100 + 100] = rush
        times[rush * 100 : rush * 100 + 100] = published[rush] + draw.uniform(0, 60, 100)
    channels = draw.choice(people, n, p=activity / activity.sum())
    return table_of(1_490_000_000 + times, [f"u{c}" for c in channels], objects)


def test_where_nobody_coordinates_small_probabilities_are_no_more_frequent_than_they_say():
    below, tests = Counter(), 0
    for seed in range(4):
        found = [r for r in run(organic(seed), pair_objects_min=1) if r["kind"] == "pair"]
        tests += found[0]["tests"]
        for level in (0.05, 0.01, 0.001):
            below[level] += sum(r["p_value"] <= level for r in found)
    assert below[0.05] > 0
    assert all(below[level] <= 1.25 * level * tests for level in below), (below, tests)


def test_where_channels_change_places_small_probabilities_are_no_more_frequent_than_they_say():
    table = dense_tables(3, ("posts",))["posts"]
    draw, below, tests = np.random.default_rng(4), 0, 0
    for _ in range(12):
        column = pa.array(draw.permutation(table["channel_id"].to_pylist()).tolist())
        mixed = table.set_column(table.schema.get_field_index("channel_id"), "channel_id", column)
        found = run(mixed, pair_objects_min=1)
        tests += found[0]["tests"]
        below += sum(r["p_value"] <= 0.01 for r in found)
    assert below <= 0.0125 * tests


def test_organic_rushes_raise_no_alarm():
    for seed in range(4):
        with LocalEngine({"posts": organic(seed)}) as engine:
            assert co_share(engine.run(MEASURE.steps())).num_rows == 0


def read(name: str) -> list[dict[str, str]]:
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    with gzip.open(folder / "coordination" / name, "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["de_urls", "de_fb_urls", "de_images", "russian_coord_tweets"])
@pytest.mark.parametrize("window_s", [10, 60])
def test_pairs_objects_and_shares_are_those_of_coortweet(name, window_s):
    given = read(f"{name}.csv.gz")
    table = table_of(
        [int(r["timestamp_share"]) for r in given], [r["account_id"] for r in given], [r["object_id"] for r in given]
    )
    objects, shares = defaultdict(set), Counter()
    for r in read(f"expected_{name}_w{window_s}_mp2_pairs.csv.gz"):
        ends = tuple(sorted((f"x:{r['account_id']}", f"x:{r['account_id_y']}")))
        objects[ends].add(f"https://a.example/{r['object_id']}")
        shares[ends] += 1
    found = run(table, window_s=window_s, crowd_max=10_000, pair_objects_min=1)
    ours = {(r["channel_a"], r["channel_b"]): (set(r["object_ids"]), r["shares"]) for r in found}
    # CooRTweet then leaves out pairs by how often an account took part; ours has them, too.
    assert {ends: pair for ends, pair in ours.items() if ends in objects} == {
        e: (objects[e], shares[e]) for e in objects
    }


def test_an_opaque_object_is_shared_like_an_address():
    """Anonymised exports, and CooRTweet's own data, hold a hash where the address was."""
    table = rows(
        "posts",
        *({"time": 60 * n + s, "platform": "x", "channel_id": c, "text": "", "urls": [f"85d2d122{n}"]}
          for n in range(3) for s, c in enumerate(["ana", "bob"])),
    )  # fmt: skip
    pairs = [r for r in run(table, window_s=10) if r["kind"] == "pair"]
    assert [(r["channel_a"], r["channel_b"], r["objects"]) for r in pairs] == [("x:ana", "x:bob", 3)]
