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
from vigie.detectors.copied_text import copied_text
from vigie.kernels.scan import Activity, Alike, mean_within, scan_tail
from vigie.measures.near_duplicates import MEASURE
from vigie.testing import posts, rows

if TYPE_CHECKING:
    import pyarrow as pa

TEXT = "the minister hid the report from us"
DAY_S = 86_400
CASES = 20


def copies(table: pa.Table) -> defaultdict[str, list[dict]]:
    """The posts that count by family, those of a credited text only of channels with more than one."""
    families = defaultdict(list)
    credited = {r["family_id"] for r in table.to_pylist() if r["agency"] and not r["is_repost"]}
    for r in table.to_pylist():
        if r["family_id"] and not r["is_repost"] and r["kind"] != "template" and r["similarity"] >= 0.75:
            families[r["family_id"]].append(r)
    for family in credited & set(families):
        own = families[family]
        families[family] = [r for r in own if sum(s["channel_id"] == r["channel_id"] for s in own) > 1]
    return families


def measured(table: pa.Table) -> pa.Table:
    return measures.measured(MEASURE, {"posts": table})


@settings(max_examples=25)
@given(seeds, st.integers(2, 6))
def test_without_a_null_model_findings_are_those_of_the_definition(seed, channels_min):
    table = measured(dense_tables(seed, ("posts",))["posts"])
    expected = []
    for own in copies(table).values():
        channels = sorted({f"x:{r['channel_id']}" for r in own})
        if len(channels) >= channels_min:
            expected.append((channels, len(channels), {r["row_id"] for r in own}))
    found = copied_text(table, channels_min=channels_min, windows_min=8).to_pylist()
    event(f"findings: {min(len(found), 2)}")
    got = [(f["subject_ids"], f["value"], set(f["evidence_ids"])) for f in found]
    assert sorted(got, key=repr) == sorted(expected, key=repr)


def test_an_agency_text_in_ten_outlets_is_no_finding_but_repeating_it_is():
    once = [{"platform": "web", "channel_id": f"{n}.example", "text": f"(AFP) {TEXT}"} for n in range(10)]
    assert copied_text(measured(rows("posts", *once))).num_rows == 0
    (found,) = copied_text(measured(rows("posts", *once, *once[:6]))).to_pylist()
    assert found["value"] == 6


def test_the_same_handle_on_two_platforms_is_two_channels():
    given = [{"platform": p, "channel_id": "ana", "text": TEXT} for p in ("x", "telegram")]
    (found,) = copied_text(measured(rows("posts", *given)), channels_min=2).to_pylist()
    assert found["subject_ids"] == ["telegram:ana", "x:ana"]


def test_there_is_no_probability_without_a_null_model():
    (found,) = copied_text(measured(posts(*(f"c{n} {n} {TEXT}" for n in range(5))))).to_pylist()
    assert (found["expected"], found["p_value"], found["low"], found["high"]) == (None, None, None, None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7_800, "2 h 10 min"), (90_000, "1 d 1 h")],
)
def test_the_title_says_how_long_it_took(seconds, words):
    (found,) = copied_text(measured(posts(f"ana 0 {TEXT}", f"bob {seconds} {TEXT}")), channels_min=2).to_pylist()
    assert found["title"] == f"One text published by 2 channels within {words}"


@settings(max_examples=25)
@given(seeds, st.integers(2, 5), st.integers(3, 40), st.sampled_from([0.01, 0.3, 1.0]))
def test_with_a_null_model_findings_are_the_densest_windows(seed, channels_min, window_h, p_max):
    table = measured(dense_tables(seed, ("posts",))["posts"])
    hours = Activity.of({hour_of(r): r["hour_posts"] for r in table.to_pylist() if not r["family_id"]})
    counted = [(rows_of, Counter(r["channel_id"] for r in rows_of)) for rows_of in copies(table).values()]
    tested = [(rows_of, posts_of) for rows_of, posts_of in counted if len(posts_of) >= channels_min]
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
    found = copied_text(
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
    (found,) = copied_text(measured(posts(*steady, *burst, *crowd(30)))).to_pylist()
    assert found["title"] == "One text published by 6 channels within 50 min 0 s (0.52 expected; 7 channels in all)"
    assert found["subject_ids"] == [f"x:b{n}" for n in range(6)]
    assert (found["value"], len(found["evidence_ids"])) == (6, 6)
    assert found["p_value"] < 1e-3


def test_a_long_sentence_needs_no_burst_but_has_no_probability():
    long = f"{TEXT} and from everybody else who had asked for it"
    slow = [f"s{n} {n * 5 * DAY_S + 40_000} {{}}" for n in range(6)]
    (found,) = copied_text(measured(posts(*(line.format(long) for line in slow), *crowd(30)))).to_pylist()
    assert (found["value"], found["expected"], found["p_value"]) == (6, None, None)
    assert len(found["evidence_ids"]) == 6
    assert copied_text(measured(posts(*(line.format(TEXT) for line in slow), *crowd(30)))).num_rows == 0


def test_what_everybody_says_on_a_busy_day_is_not_raised():
    busy = [f"v{n} {9 * DAY_S + 40_000 + 20 * n} own words number {n}" for n in range(1_500)]
    said = [f"s{n} {9 * DAY_S + 40_000 + 900 * n} {TEXT}" for n in range(6)]
    assert copied_text(measured(posts(*said, *crowd(30)))).num_rows == 1
    assert copied_text(measured(posts(*said, *busy, *crowd(30)))).num_rows == 0


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
    assert copied_text(table).num_rows == 0
    assert copied_text(measured(rows("posts", *[r | {"platform": "x"} for r in mixed], *elsewhere))).num_rows == 1


def test_too_few_days_give_no_null_model():
    said = [f"s{n} {600 * n} {TEXT}" for n in range(6)]
    for days, has_null in ((7, False), (8, True)):
        (found,) = copied_text(measured(posts(*said, *crowd(days)))).to_pylist()
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
        raised += copied_text(measured(posts(*lines)), p_max=0.1).num_rows > 0
    assert raised <= 0.1 * CASES + 2


def test_the_title_says_where_texts_are_not_one_and_the_same():
    cut = f"{TEXT} and from everybody else who had asked for it"
    lines = [f"c{n} {n} {cut}" for n in range(4)]
    for other, what in ((cut.upper(), "One text"), (cut.rsplit(" ", 3)[0] + "…", "One text, reworded or cut,")):
        (found,) = copied_text(measured(posts(*lines, f"c4 9 {other}"))).to_pylist()
        assert found["title"] == f"{what} published by 5 channels within 9 s"
    (found,) = copied_text(measured(posts(lines[0], lines[1], lines[2].upper())), channels_min=3).to_pylist()
    assert found["title"].startswith("One text published by 3")
    (found,) = copied_text(measured(posts(lines[0], f"c1 1 {cut} again")), channels_min=2).to_pylist()
    assert found["title"].startswith("One text, reworded or cut, published by 2")


def test_other_fillings_of_a_frame_are_not_copies():
    frame = "I am {} of Brest and I shall not vote for as long as the harbour is closed to us"
    signed = [f"c{n} {n} {frame.format(name)}" for n, name in enumerate(("Ana", "Bob", "Cem", "Dirk", "Eve", "Gil"))]
    assert copied_text(measured(posts(*signed))).num_rows == 0
    (found,) = copied_text(measured(posts(*signed, *(f"d{n} 9 {frame.format('Ana')}" for n in range(4))))).to_pylist()
    assert found["subject_ids"] == ["x:c0", "x:d0", "x:d1", "x:d2", "x:d3"]
