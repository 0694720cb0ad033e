from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.strategies import dense_tables, seeds
from vigie import measures
from vigie.detectors.copied_text import copied_text
from vigie.detectors.template_campaign import template_campaign
from vigie.measures.near_duplicates import MEASURE
from vigie.testing import posts, rows

LETTER = "I am {} of {} and I shall not vote for as long as the harbour is closed to us"
REPORT = "the harbour office counts {} boats and {} crates at the quay this morning and opens the gate at noon"
NAMES = ("Ana", "Bob", "Cem", "Dirk", "Eve", "Fritz", "Gil", "Hugo", "Ilse", "Jon")
DAY_S = 86_400

if TYPE_CHECKING:
    from collections.abc import Iterable


def measured(table: pa.Table) -> pa.Table:
    return measures.measured(MEASURE, {"posts": table})


def found(lines: Iterable[str], **values) -> list[dict]:
    return template_campaign(measured(posts(*lines)), **values).to_pylist()


def letters(step_s: int, count: int = 8, begin_s: int = 0) -> list[str]:
    return [f"c{n} {begin_s + n * step_s} {LETTER.format(NAMES[n], 'Brest')}" for n in range(count)]


def crowd(days: int) -> list[str]:
    """Lines of other posts, through the day."""
    return [f"u{n} {DAY_S * d + 3600 * h} {d} and {h} of {n}" for d in range(days) for h in range(24) for n in (1, 2)]


def of_frames(table: pa.Table) -> dict[str, list[dict]]:
    frames = defaultdict(list)
    credited = {r["family_id"] for r in table.to_pylist() if r["agency"] and not r["is_repost"]}
    for r in table.to_pylist():
        if r["slots"] == "words":
            frames[r["family_id"]].append(r)
    for family, own in frames.items():
        if family in credited:
            frames[family] = [r for r in own if sum(s["channel_id"] == r["channel_id"] for s in own) > 1]
    return frames


def reaches(own: list[dict], channels_min: int, fillings_min: int) -> bool:
    return len({r["channel_id"] for r in own}) >= channels_min and len({r["filling"] for r in own}) >= fillings_min


@settings(max_examples=25)
@given(seeds, st.integers(2, 7), st.integers(2, 7))
def test_without_a_null_model_findings_are_those_of_the_definition(seed, channels_min, fillings_min):
    table = measured(dense_tables(seed, ("posts",))["posts"])
    expected = []
    for own in of_frames(table).values():
        days = defaultdict(set)
        for r in own:
            days[r["channel_id"]].add(r["time"].date())
        seldom = [r for r in own if len(days[r["channel_id"]]) < 3]
        if reaches(own, channels_min, fillings_min) and reaches(seldom, channels_min, fillings_min):
            expected.append((sorted({f"x:{r['channel_id']}" for r in seldom}), {r["row_id"] for r in seldom}, None))
    found = template_campaign(table, channels_min=channels_min, fillings_min=fillings_min, windows_min=8).to_pylist()
    event(f"findings: {min(len(found), 2)}")
    got = [(f["subject_ids"], set(f["evidence_ids"]), f["p_value"]) for f in found]
    assert sorted(got, key=repr) == sorted(expected, key=repr)


@settings(max_examples=20)
@given(seeds, st.integers(2, 5), st.integers(12, 40))
def test_with_a_null_model_a_burst_is_the_densest_window(seed, channels_min, window_h):
    table = measured(dense_tables(seed, ("posts",))["posts"])
    found = template_campaign(
        table, channels_min=channels_min, fillings_min=2, window_h=window_h, windows_min=2, p_max=0.3, words_alone=99
    ).to_pylist()
    event(f"findings: {min(len(found), 2)}")
    frames = of_frames(table).values()
    for finding in found:
        (own,) = (o for o in frames if {r["row_id"] for r in o}.issuperset(finding["evidence_ids"]))
        most = max(
            len({r["channel_id"] for r in own if timedelta(0) <= r["time"] - s["time"] <= timedelta(hours=window_h)})
            for s in own
        )
        assert finding["value"] == most == len(finding["subject_ids"]) >= channels_min
        assert finding["p_value"] <= 0.3


@settings(max_examples=20)
@given(seeds, st.sampled_from([2, 8]))
def test_no_post_is_evidence_of_a_copied_text_and_of_a_frame(seed, windows_min):
    table = measured(dense_tables(seed, ("posts",))["posts"])
    values = {"channels_min": 2, "windows_min": windows_min, "p_max": 1.0, "words_alone": 1}
    copies = pc.list_flatten(copied_text(table, **values, similarity_min=0.0)["evidence_ids"]).to_pylist()
    frames = pc.list_flatten(template_campaign(table, **values, fillings_min=2)["evidence_ids"]).to_pylist()
    event(f"rows of frames: {min(len(frames), 1)}")
    assert set(copies).isdisjoint(frames)


def test_a_letter_that_many_sign_within_hours_is_found():
    (one,) = found([*letters(1800, begin_s=12 * DAY_S), *crowd(30)])
    assert one["title"] == "One frame with 7 fillings published by 7 channels within 3 h 0 min (0.51 expected)"
    assert one["subject_ids"] == [f"x:c{n}" for n in range(1, 8)]
    assert one["p_value"] < 1e-3


def test_a_long_letter_signed_over_weeks_has_no_probability():
    slow = [*letters(3 * DAY_S), *crowd(30)]
    (one,) = found(slow)
    assert (one["value"], one["expected"], one["p_value"]) == (7, None, None)
    assert found(slow, words_alone=30) == []


@pytest.mark.parametrize("days", [1, 10])
def test_few_fillings_on_many_channels_are_no_campaign(days):
    copied = [f"c{n} {n * 60} {LETTER.format(NAMES[n % 4], 'Brest')}" for n in range(20)]
    assert found([*copied, *crowd(days)]) == []
    assert len(found([*copied, *crowd(days)], fillings_min=3)) == 1


@pytest.mark.parametrize("days", [1, 30])
def test_figures_alone_are_a_bulletin(days):
    filled = [f"c{n} {n * 60} {REPORT.format(n + 2, 900 - n)}" for n in range(12)]
    assert found([*filled, *crowd(days)]) == []


@pytest.mark.parametrize("days", [5, 30])
def test_channels_that_fill_a_frame_day_by_day_are_bulletins(days):
    daily = [
        f"c{n} {DAY_S * day + 30_000 + 60 * n} {LETTER.format(NAMES[n], f'Dock {day + 2}')}"
        for n in range(8)
        for day in range(days)
    ]
    assert found([*daily, *crowd(days)]) == []
    twice = [line for line in daily if int(line.split()[1]) < DAY_S * 2]
    assert len(found([*twice, *crowd(days)])) == 1


def test_one_channel_that_fills_its_frame_is_no_campaign():
    assert found([f"ana {n * 60} {LETTER.format(name, 'Brest')}" for n, name in enumerate(NAMES)]) == []


def test_a_form_that_an_agency_sent_out_is_expected_once_a_channel():
    text = "(AFP) The mayor of {} said on Monday that the harbour will stay closed until the end of the month"
    once = [
        {"platform": "web", "channel_id": f"{n}.example", "time": n, "text": text.format(name)}
        for n, name in enumerate(NAMES)
    ]
    assert template_campaign(measured(rows("posts", *once))).num_rows == 0
    plain = [row | {"text": row["text"].removeprefix("(AFP) ")} for row in once]
    assert template_campaign(measured(rows("posts", *plain))).num_rows == 1
