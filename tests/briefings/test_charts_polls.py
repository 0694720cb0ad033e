from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.briefings import sample_polls as made
from vigie.briefings.charts import Axis
from vigie.briefings.charts_poll_forecasts import forecasts, versus, versus_twin
from vigie.briefings.charts_poll_houses import lane, reach
from vigie.briefings.charts_polls import days, panel, scale_of, signed, span, standing, thinned
from vigie.briefings.model import Expected, Versus
from vigie.briefings.polls import HouseEffect, Standing
from vigie.briefings.words import number
from vigie.text.inert import visible

ROUNDS = (date(2017, 4, 23), date(2017, 5, 7))
shares = st.floats(0, 100) | st.sampled_from([0.0, 0.01, 50.0, 100.0])


def parsed(markup):
    svg = etree.fromstring(str(markup))
    assert not re.search(r"nan|inf", " ".join(svg.xpath(".//@*")))
    assert svg[0].text
    assert svg[1].text
    return svg


def axis_of(question):
    return Axis(question.first, question.last, ROUNDS)


def drawn(question, n=0, **given_):
    curve = question.curves[n]
    scale = scale_of(e for level in curve.levels for e in level.now95)
    shifts = [s for s in question.shifts if s.candidate_id == curve.candidate_id]
    given_ = {"opening": date(2017, 4, 10)} | given_
    return parsed(panel(curve, shifts, axis_of(question), given_["opening"], scale, ident="a"))


@given(st.lists(shares, min_size=1, max_size=40))
def test_a_scale_holds_all_shares_and_has_few_lines(values):
    scale = scale_of(values)
    assert scale.low <= min(values)
    assert scale.high >= max(values)
    assert 2 <= len(scale.ticks()) <= 8
    assert math.isclose(scale.ticks()[-1], scale.high)
    assert scale.low == 0 or min(values) - scale.low < scale.tick
    assert (scale.low == 0) == (min(values) < max(max(values) / 3, scale.tick))
    parts = [scale.part(v) for v in sorted(values)]
    assert parts == sorted(parts)
    assert all(0 <= p <= 1 for p in parts)


@given(st.lists(shares, min_size=7, max_size=13).map(sorted), st.booleans())
def test_intervals_nest_and_the_wider_is_the_lower_bar(values, vote):
    def intervals(v):
        return ((v[2], v[4]), (v[1], v[5]), (v[0], v[6]))

    line = Standing(
        candidate_id="a",
        name="A",
        estimate=values[3],
        opinion=intervals(values),
        vote=intervals(values) if vote else (),
    )
    svg = parsed(standing(line, scale_of(values), ident="a"))
    for kind in ("op", "vt") if vote else ("op",):
        bars = [svg.xpath(f".//rect[contains(@class, '{kind}{share}')]")[0] for share in (95, 80, 50)]
        widths = [float(b.get("width")[:-1]) for b in bars]
        assert widths == sorted(widths, reverse=True)
        heights = [float(b.get("height")) for b in bars]
        assert heights == sorted(set(heights))
        lefts = [float(b.get("x")[:-1]) for b in bars]
        assert lefts == sorted(lefts)
    assert len(svg.xpath(".//rect")) == (6 if vote else 3)


@pytest.mark.parametrize("candidates", [2, 11, 15])
def test_a_panel_lies_within_its_box_and_has_a_mark_for_each_figure(candidates):
    question = made.question(candidates)
    for n in range(candidates):
        svg = drawn(question, n)
        for points in svg.xpath(".//@points"):
            for x, y in (p.split(",") for p in points.split()):
                assert 0 <= float(x) <= 320
                assert 20 <= float(y) <= 192
        used = [f for f in question.curves[n].figures if f.why_not is None]
        assert len(svg.xpath(".//circle")) == len(used)
        assert len(svg.xpath(".//path[@class='no']")) == len(question.curves[n].figures) - len(used)
        assert len(svg.xpath(".//circle[contains(@class, 'out')]")) == sum(f.is_outside for f in used)


def test_the_point_says_who_asked_when_how_many_and_what_was_expected():
    question = made.question()
    said = drawn(question).xpath(".//circle/title/text() | .//path[@class='no']/title/text()")
    figures = question.curves[0].figures
    assert len(said) == len(figures)
    for f in figures:
        [words] = [t for t in said if t.startswith(f"{visible(f.pollster)}, {days(f.first_day, f.day)}: ")]
        assert f"{f.percent:g}\u202f%" in words
        assert ("; expected " in words) == (f.expected is not None)
        assert ("; outside" in words) == f.is_outside
        assert ("; not used: " in words) == (f.why_not is not None)
        if f.respondents is not None:
            assert f"{number(f.respondents)} {'answered' if f.is_answered else 'asked'})" in words


def test_today_has_bands_and_then_is_a_broken_line_of_its_own():
    svg = drawn(made.question())
    [then], [now] = svg.xpath(".//polyline[@class='then']"), svg.xpath(".//polyline[@class='line']")
    assert then.get("points") != now.get("points")
    outer, inner = (svg.xpath(f".//polygon[@class='band{share}']")[0].get("points").split() for share in (95, 80))

    def tall(points):
        y = [float(p.split(",")[1]) for p in points]
        return [low - high for high, low in zip(y[: len(y) // 2], reversed(y[len(y) // 2 :]), strict=True)]

    assert all(a > b > 0 for a, b in zip(tall(outer), tall(inner), strict=True))


def test_calendar_candidacy_and_shifts_are_lines_with_words_that_do_not_meet():
    question = made.question()
    svg = drawn(question, 0)
    assert len(svg.xpath(".//path[@class='stepmark']")) == 1
    [said] = svg.xpath(".//path[@class='stepmark']/title/text()")
    assert said == "Step of +5.2 points about 11 Mar 2017, known on 14 Mar 2017"
    labels = {c.candidate_id: drawn(question, n).xpath(".//line/title/text()") for n, c in enumerate(question.curves)}
    assert "Withdrew, 2 Mar 2017" in labels["c3"]
    assert "Declared, 18 Jan 2017" in labels["c1"]
    assert not [t for t in labels["c0"] if "Withdrew" in t]
    assert drawn(question, 0, opening=None).xpath("count(.//line[@class='opening'])") == 0
    for n in range(len(question.curves)):
        spans = []
        for text in drawn(question, n).xpath(".//text[@class='votelabel']"):
            wide = 5 * len(text.text)
            x = float(text.get("x"))
            spans.append((x - wide, x) if text.get("text-anchor") == "end" else (x, x + wide))
        spans.sort()
        assert all(b[0] >= a[1] for a, b in pairwise(spans))


def test_another_field_is_a_fine_line_up_to_the_first_day_of_the_one_shown():
    question = made.with_earlier(made.question())
    svg = drawn(question)
    [line] = svg.xpath(".//polyline[@class='past']")
    assert line.xpath("./title/text()") == ["The field of Anne Lefèvre, Bruno Marchand"]
    assert len(svg.xpath(".//path[@class='pastpt']/@d")[0].split("M")) - 1 == len(question.curves[0].earlier[0].figures)
    ends = [float(svg.xpath(f".//polyline[@class='{kind}']/@points")[0].split()[at].split(",")[0])
            for kind, at in (("past", -1), ("line", 0))]  # fmt: skip
    assert ends[0] < ends[1]


def test_a_step_down_points_down():
    question = made.question()
    down = replace(question, shifts=(replace(question.shifts[0], points=-5.0),))
    up_path, down_path = (drawn(q).xpath(".//path[@class='stepmark']/@d")[0] for q in (question, down))
    assert up_path.endswith("l5 9h-10z")
    assert down_path.endswith("l5 -9h-10z")


@pytest.mark.parametrize("polls", [1, 2])
def test_a_panel_of_hardly_any_polls(polls):
    svg = drawn(made.question(3, polls, 1 if polls == 1 else 20))
    assert len(svg.xpath(".//circle")) == polls


def test_many_figures_become_one_path_without_words():
    svg = drawn(made.question(2, 900, 300))
    assert not svg.xpath(".//circle")
    [many] = svg.xpath(".//path[@class='pt many']/@d")
    assert len(many) < 20_000


@given(st.integers(1, 3_000))
def test_thinned_levels_keep_the_ends_and_their_order(count):
    one = made.question(2, 2, 4).curves[0].levels[0]
    levels = [replace(one, day=made.START + timedelta(days=n)) for n in range(count)]
    kept = [v.day for v in thinned(levels)]
    assert len(kept) == min(count, 110)
    assert kept == sorted(set(kept))
    assert (kept[0], kept[-1]) == (levels[0].day, levels[-1].day)


points = st.floats(-30, 30)


@given(st.lists(st.tuples(points, points, points).map(sorted), min_size=1, max_size=6))
def test_a_house_effect_is_open_unless_its_interval_leaves_out_nought(values):
    effects = [
        HouseEffect(house="h", pollster="H", candidate_id="a", name="A", effect=m, low=low, high=high, polls=3)
        for low, m, high in values
    ]
    most = reach(effects)
    for e in effects:
        svg = parsed(lane(e, most, ident="a"))
        [dot] = svg.xpath(".//circle")
        assert ("open" in dot.get("class")) == (e.low <= 0 <= e.high)
        assert 0 <= float(dot.get("cx")[:-1]) <= 100
        assert (float(dot.get("cx")[:-1]) > 50) == (e.effect > 0 and float(dot.get("cx")[:-1]) != 50)


def test_forecasts_mark_what_lies_outside_and_leave_out_what_is_not_used():
    question = made.question()
    svg = parsed(forecasts(question.curves, axis_of(question), ident="a"))
    used = [f for c in question.curves for f in c.figures if f.why_not is None and f.z is not None]
    assert len(svg.xpath(".//circle[@class='pt out']")) == sum(f.is_outside for f in used)
    assert f"{len(used)} figures with a forecast, {sum(f.is_outside for f in used)} outside" in svg[1].text
    heights = [float(y) for y in svg.xpath(".//circle/@cy")]
    assert all(15 <= y <= 190 for y in heights)
    assert max(heights) > 103 > min(heights)


@given(st.lists(st.tuples(shares, st.tuples(shares, shares, shares).map(sorted)), min_size=1, max_size=12))
def test_a_poll_against_its_forecasts(values):
    figures = tuple(
        Expected(name=f"<b>{n}", percent=p, expected=e, low=low, high=high)
        for n, (p, (low, e, high)) in enumerate(values)
    )
    line = Versus(label="Brand Count", day=made.START, figures=figures)
    svg = parsed(versus(line, ident="a"))
    assert len(svg.xpath(".//circle[@class='pt out']")) == sum(not f.low <= f.percent <= f.high for f in figures)
    assert len(svg.xpath(".//circle")) == len(versus_twin(line)) == len(figures)
    assert all(-0.01 <= float(x[:-1]) <= 100.01 for x in svg.xpath(".//circle/@cx"))


def test_words_for_days_steps_and_intervals():
    assert days(date(2016, 12, 30), date(2017, 1, 2)) == "30 Dec 2016 to 2 Jan 2017"
    assert days(date(2017, 3, 30), date(2017, 4, 2)) == "30 Mar to 2 Apr 2017"
    assert days(date(2017, 4, 5), date(2017, 4, 2)) == "2 Apr 2017"
    assert signed(-0.04) == "0.0"
    assert span((0.04, 99.96)) == "<0.1 to 100.0"
