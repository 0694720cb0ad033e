from __future__ import annotations

import math
import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from vigie.briefings import Trend, TrendPoint
from vigie.briefings.charts import Axis, bars, calendar, interval, span, strip, trend

days = st.dates(date(1995, 1, 1), date(2099, 1, 1))
figures = st.floats(0, 1e9) | st.sampled_from([0.0, 1.0, 1e-9])
counts = st.dictionaries(days, figures, min_size=1, max_size=30)
spans = st.tuples(days, st.sampled_from([0, 1, 34, 129, 130, 909, 910, 4000, 5000]))


def axis_of(first_length, rounds=()):
    first, length = first_length
    return Axis(first, first + timedelta(days=length), tuple(rounds))


def parsed(markup):
    svg = etree.fromstring(str(markup))
    for name in ("x", "width", "x1", "x2", "cx"):
        for value in svg.xpath(f".//@{name}"):
            assert -0.01 <= float(value.rstrip("%")) <= 100.01
    assert not re.search(r"nan|inf", " ".join(svg.xpath(".//@*")))
    assert svg[0].text
    assert svg[1].text
    return svg


@given(spans)
def test_bins_cut_the_axis_without_gap_or_overlap(first_length):
    axis = axis_of(first_length)
    bins = axis.bins()
    assert bins[0] == axis.first
    assert [axis.end(b) for b in bins] == [*bins[1:], axis.last + timedelta(days=1)]
    assert len(bins) <= 135
    for offset in range(0, first_length[1] + 1, 7):
        value = axis.first + timedelta(days=offset)
        assert axis.bin(value) == max(b for b in bins if b <= value)


@given(spans, counts)
def test_binned_counts_keep_their_sum_and_leave_out_what_was_not_observed(first_length, given_counts):
    axis = axis_of(first_length)
    sums = axis.binned(given_counts)
    inside = {d: v for d, v in given_counts.items() if axis.holds(d)}
    assert math.isclose(sum(sums.values()), sum(inside.values()), rel_tol=1e-9, abs_tol=1e-12)
    assert set(sums) == {axis.bin(d) for d in inside}


@given(spans, counts, st.lists(days, max_size=2, unique=True).map(sorted))
def test_charts_of_anything_are_well_formed_and_stay_inside(first_length, given_counts, rounds):
    axis = axis_of(first_length, rounds)
    parsed(strip(axis, given_counts, ident="a", name="<b>"))
    parsed(span(axis, min(given_counts), max(given_counts), ident="a", name="<b>"))
    parsed(calendar(axis, rounds[0] if rounds else None, (axis.first, axis.last), ident="a"))
    svg = parsed(bars(axis, given_counts, ident="a", label="\u202e<script>"))
    assert "script" not in [e.tag for e in svg.iter()]
    assert len(svg.xpath("//*[@class='bar']")) == len(axis.binned(given_counts))


values = st.floats(-100, 200) | st.just(math.nan)


@given(st.lists(st.tuples(days, values, values, values), max_size=20), st.lists(st.tuples(days, values), max_size=20))
def test_trends_of_anything_are_well_formed(points, polls):
    points = [p for p in points if not any(math.isnan(v) for v in p[1:])]
    curve = tuple(TrendPoint(day=d, value=v, low=lo, high=hi) for d, v, lo, hi in sorted(points))
    seen = [d for d, *_ in points] + [d for d, _ in polls]
    if seen:
        parsed(trend(Axis(min(seen), max(seen)), Trend(label="x", curve=curve, polls=tuple(polls)), ident="a"))


@given(st.floats(), st.none() | st.floats(), st.none() | st.floats(), st.none() | st.floats())
def test_intervals_of_anything_are_well_formed(value, low, high, expected):
    parsed(interval(value, low, high, expected, unit="rows", ident="a"))


def test_missing_is_not_zero():
    axis = Axis(date(2017, 4, 1), date(2017, 4, 4))
    svg = parsed(bars(axis, {date(2017, 4, 1): 3.0, date(2017, 4, 2): 0.0}, ident="a", label="Rows"))
    assert len(svg.xpath("//*[@class='bar']")) == 2
    assert len(svg.xpath("//*[@class='gap']")) == 2
    assert svg[1].text == (
        "2 days with a count from 1 Apr 2017 to 4 Apr 2017, 3 in all, at most 3 on 1 Apr 2017; 2 not observed"
    )


@pytest.mark.parametrize(("rows", "shade"), [(1, 1), (20, 1), (21, 2), (80, 4), (81, 5), (100, 5)])
def test_shades_are_equal_steps_up_to_the_busiest_day(rows, shade):
    axis = Axis(date(2017, 4, 1), date(2017, 4, 2))
    svg = parsed(strip(axis, {date(2017, 4, 1): rows, date(2017, 4, 2): 100}, ident="a", name="x"))
    assert svg.xpath("//*[local-name()='rect']/@class")[0] == f"s{shade}"


def test_rounds_are_marked_on_their_day():
    axis = Axis(date(2017, 4, 1), date(2017, 4, 10), (date(2017, 4, 6),))
    svg = parsed(bars(axis, {date(2017, 4, 6): 1.0}, ident="a", label="Rows"))
    assert svg.xpath("//*[@class='vote']/@x1") == ["55%"]
