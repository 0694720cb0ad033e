from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.strategies import dense_tables, seeds
from vigie import measures
from vigie.detectors.near_duplicate import near_duplicate
from vigie.kernels.scan import Activity, Alike, mean_within, scan_tail
from vigie.measures.near_duplicates import MEASURE
from vigie.testing import posts, rows

if TYPE_CHECKING:
    import pyarrow as pa

TEXT = "the minister hid the report from us"
DAY_S = 86_400
CASES = 20


def measured(table: pa.Table) -> pa.Table:
    return measures.measured(MEASURE, {"posts": table})


@settings(max_examples=25)
@given(seeds, st.integers(2, 6))
def test_without_a_null_model_findings_are_those_of_the_definition(seed, channels_min):
    table = measured(dense_tables(seed, ("posts",))["posts"])
    families = defaultdict(lambda: defaultdict(list))
    credited = set()
    for r in table.to_pylist():
        if r["family_id"] and not r["is_repost"]:
            families[r["family_id"]][f"x:{r['channel_id']}"].append(r["row_id"])
            if r["agency"]:
                credited.add(r["family_id"])
    expected = []
    for family, channels in families.items():
        counted = {c: ids for c, ids in channels.items() if family not in credited or len(ids) > 1}
        if len(counted) >= channels_min:
            expected.append((sorted(counted), len(counted), {i for ids in counted.values() for i in ids}))
    found = near_duplicate(table, channels_min=channels_min, windows_min=8).to_pylist()
    event(f"findings: {min(len(found), 2)}")
    got = [(f["subject_ids"], f["value"], set(f["evidence_ids"])) for f in found]
    assert sorted(got, key=repr) == sorted(expected, key=repr)


def test_an_agency_text_in_ten_outlets_is_no_finding_but_repeating_it_is():
    once = [{"platform": "web", "channel_id": f"{n}.example", "text": f"(AFP) {TEXT}"} for n in range(10)]
    assert near_duplicate(measured(rows("posts", *once))).num_rows == 0
    (found,) = near_duplicate(measured(rows("posts", *once, *once[:6]))).to_pylist()
    assert found["value"] == 6


def test_the_same_handle_on_two_platforms_is_two_channels():
    given = [{"platform": p, "channel_id": "ana", "text": TEXT} for p in ("x", "telegram")]
    (found,) = near_duplicate(measured(rows("posts", *given)), channels_min=2).to_pylist()
    assert found["subject_ids"] == ["telegram:ana", "x:ana"]


def test_there_is_no_probability_without_a_null_model():
    (found,) = near_duplicate(measured(posts(*(f"c{n} {n} {TEXT}" for n in range(5))))).to_pylist()
    assert (found["expected"], found["p_value"], found["low"], found["high"]) == (None, None, None, None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7_800, "2 h 10 min"), (90_000, "1 d 1 h")],
)
def test_the_title_says_how_long_it_took(seconds, words):
    (found,) = near_duplicate(measured(posts(f"ana 0 {TEXT}", f"bob {seconds} {TEXT}")), channels_min=2).to_pylist()
    assert found["title"] == f"One text published by 2 channels within {words}"


@settings(max_examples=25)
@given(seeds, st.integers(2, 5), st.integers(3, 40), st.sampled_from([0.01, 0.3, 1.0]))
def test_with_a_null_model_findings_are_the_densest_windows(seed, channels_min, window_h, p_max):
    table = measured(dense_tables(seed, ("posts",))["posts"])
    hours = Activity.of({hour_of(r): r["hour_posts"] for r in table.to_pylist() if not r["family_id"]})
    families = defaultdict(list)
    for r in table.to_pylist():
        if r["family_id"] and not r["is_repost"]:
            families[r["family_id"]].append(r)
    tested = []
    for rows_of in families.values():
        posts_of = Counter(r["channel_id"] for r in rows_of)
        if any(r["agency"] for r in rows_of):
            posts_of = Counter({c: n for c, n in posts_of.items() if n > 1})
        if len(posts_of) >= channels_min:
            tested.append(([r for r in rows_of if r["channel_id"] in posts_of], posts_of))
    expected = []
    for rows_of, posts_of in tested:
        windows = [
            [r for r in rows_of if timedelta(0) <= r["time"] - start <= timedelta(hours=window_h)]
            for start in sorted(r["time"] for r in rows_of)
        ]
        most = max(len({r["channel_id"] for r in w}) for w in windows)
        window = next(w for w in windows if len({r["channel_id"] for r in w}) == most)
        groups = [Alike(hours, n, 1) for n in posts_of.values()]
        p = min(1.0, scan_tail(most, groups, window_h) * len(tested)) if most > 1 else 1.0
        if most >= channels_min and p <= p_max:
            mean = mean_within(groups, hour_of(min(window, key=lambda r: r["time"])), window_h)
            expected.append((sorted({f"x:{r['channel_id']}" for r in window}), {r["row_id"] for r in window}, mean, p))
        elif rows_of[0]["words"] >= 8:
            everybody = sorted({f"x:{r['channel_id']}" for r in rows_of})
            expected.append((everybody, {r["row_id"] for r in rows_of}, None, None))
    found = near_duplicate(
        table, channels_min=channels_min, window_h=window_h, p_max=p_max, windows_min=2, words_alone=8
    ).to_pylist()
    event(f"findings: {min(len(found), 2)} of {min(len(tested), 2)} tested")
    assert all(f["value"] == len(f["subject_ids"]) for f in found)
    got = [(f["subject_ids"], set(f["evidence_ids"]), f["expected"], f["p_value"]) for f in found]
    for one, other in zip(sorted(got, key=repr), sorted(expected, key=repr), strict=True):
        assert one[:2] == other[:2]
        assert one[2:] == pytest.approx(other[2:])


def hour_of(row) -> int:
    return int(row["time"].timestamp()) // 3600


def crowd(days: int) -> list[str]:
    """Lines of other posts: a day has a rhythm, and each has its own words."""
    return [
        f"u{n} {DAY_S * day + 3600 * h} {day} and {h} of {n}"
        for day in range(days)
        for h in range(8, 23)
        for n in (1, 2)
    ]


def test_a_burst_is_raised_and_a_phrase_said_every_day_is_not():
    steady = [f"s{n} {n * DAY_S // 4 + 40_000} what a lovely day it is today" for n in range(120)]
    burst = [f"b{n} {9 * DAY_S + 50_000 + 600 * n} {TEXT}" for n in range(6)] + [f"b9 {25 * DAY_S} {TEXT}"]
    (found,) = near_duplicate(measured(posts(*steady, *burst, *crowd(30)))).to_pylist()
    assert found["title"] == "One text published by 6 channels within 50 min 0 s (0.52 expected; 7 channels in all)"
    assert found["subject_ids"] == [f"x:b{n}" for n in range(6)]
    assert (found["value"], len(found["evidence_ids"])) == (6, 6)
    assert found["p_value"] < 1e-3


def test_a_long_sentence_needs_no_burst_but_has_no_probability():
    long = f"{TEXT} and from everybody else who had asked for it"
    slow = [f"s{n} {n * 5 * DAY_S + 40_000} {{}}" for n in range(6)]
    (found,) = near_duplicate(measured(posts(*(line.format(long) for line in slow), *crowd(30)))).to_pylist()
    assert (found["value"], found["expected"], found["p_value"]) == (6, None, None)
    assert len(found["evidence_ids"]) == 6
    assert near_duplicate(measured(posts(*(line.format(TEXT) for line in slow), *crowd(30)))).num_rows == 0


def test_what_everybody_says_on_a_busy_day_is_not_raised():
    busy = [f"v{n} {9 * DAY_S + 40_000 + 20 * n} own words number {n}" for n in range(1_500)]
    said = [f"s{n} {9 * DAY_S + 40_000 + 900 * n} {TEXT}" for n in range(6)]
    assert near_duplicate(measured(posts(*said, *crowd(30)))).num_rows == 1
    assert near_duplicate(measured(posts(*said, *busy, *crowd(30)))).num_rows == 0


def test_each_platform_has_its_own_hours():
    mixed = [
        {"platform": "web", "channel_id": f"w{n}", "time": 20 * DAY_S + 600 * n, "text": TEXT if n < 6 else f"page {n}"}
        for n in range(40)
    ]
    elsewhere = [
        {"platform": "x", "channel_id": f"u{n}", "time": 3600 * n, "text": f"other words {n}"} for n in range(900)
    ]
    bridge = {"platform": "x", "channel_id": "ana", "time": 0, "text": TEXT}
    table = measured(rows("posts", *mixed, *elsewhere, bridge))
    # All of the web's posts are of one evening: that six of them come together says nothing.
    assert near_duplicate(table).num_rows == 0
    assert near_duplicate(measured(rows("posts", *[r | {"platform": "x"} for r in mixed], *elsewhere))).num_rows == 1


def test_too_few_days_give_no_null_model():
    said = [f"s{n} {600 * n} {TEXT}" for n in range(6)]
    for days, has_null in ((7, False), (8, True)):
        (found,) = near_duplicate(measured(posts(*said, *crowd(days)))).to_pylist()
        assert (found["p_value"] is not None) is has_null
        assert (found["expected"] is not None) is has_null


def test_simulated_everyday_phrases_are_seldom_raised():
    raised = 0
    for seed in range(CASES):
        random = Random(seed)
        lines = crowd(30)
        times = [int(line.split()[1]) for line in lines]
        for phrase in range(10):
            n = random.choice([6, 15, 60])
            lines += [
                f"c{random.randrange(200)} {random.choice(times) + random.randrange(3600)} {phrase} {TEXT}"
                for _ in range(n)
            ]
        raised += near_duplicate(measured(posts(*lines)), p_max=0.1).num_rows > 0
    assert raised <= 0.1 * CASES + 2
