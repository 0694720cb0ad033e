from datetime import timedelta

import pytest

from vigie.measures import measured
from vigie.measures.near_duplicates import MEASURE
from vigie.rules.bursts import Limits, activities, duration, judged, own_families
from vigie.testing import posts

TEXT = "the minister hid the report from us"
DAY_S = 86_400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7_800, "2 h 10 min"), (90_000, "1 d 1 h")],
)
def test_durations_have_two_units(seconds, words):
    assert duration(timedelta(seconds=seconds)) == words


def test_a_credit_anywhere_in_the_family_counts_only_channels_with_more_than_one_post_that_counts():
    near = measured(MEASURE, {"posts": posts(f"a 0 (AFP) {TEXT}", f"b 1 {TEXT}", f"b 2 {TEXT}", f"c 3 {TEXT}")})
    (family,) = own_families(near, lambda row: row["channel_id"] != "a")
    assert [row["channel_id"] for row in family] == ["b", "b"]
    (family,) = own_families(near, lambda row: row["time"].second != 2)
    assert family == []


def test_the_probability_is_multiplied_by_the_texts_that_were_looked_at():
    lines = [f"c{n} {10 * DAY_S + 60 * n} {TEXT}" for n in range(5)]
    lines += [f"u{n} {n * 7_200} it is {n} degrees" for n in range(240)]
    near = measured(MEASURE, {"posts": posts(*lines)})
    (family,) = own_families(near, lambda _: True)
    limits = Limits(channels_min=5, window_h=24, p_max=0.01, windows_min=4)
    (one,) = judged([family], activities(near), limits)
    first, second = judged([family, family], activities(near), limits)
    assert one.has_null
    assert first.burst.p_value == second.burst.p_value == 2 * one.burst.p_value
    assert one.reported == family
