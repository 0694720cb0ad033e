from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import date

import pytest
from lxml import html

from tests.briefings import sample, sample_coincidences
from tests.briefings.reading import section_of
from vigie.briefings import write
from vigie.briefings.charts import Axis
from vigie.briefings.charts_coincidence import timeline
from vigie.briefings.coincidences_section import sentence, window_words
from vigie.briefings.html import page
from vigie.findings.coincidence import STRETCHED, Coincidence, Count, Window


def section(coincidences, brief=None):
    made = replace(brief or sample.sample(), coincidences=coincidences)
    return section_of(made, "then")


def flat(element):
    return " ".join(element.text_content().split())


def found(**given):
    best = Count(window=Window(0, 3), observed=3, expected=0.4, most=2, as_many=0, as_many_tried=0)
    plain = {
        "ones": 4,
        "others": 9,
        "ones_left": 0,
        "others_left": 0,
        "days": 840,
        "span_days": 21,
        "placebos": 119,
        "independent": 40,
        "counts": (best, best),
        "best": best,
        "as_many": 0,
        "as_many_stretched": 0,
    }
    return Coincidence(**plain | given)


@pytest.mark.parametrize(
    ("given", "asked", "said"),
    [
        ({}, 1, "0 of 119 placebo calendars .* 2 windows tried; .* about 40 independent windows. That is more often"),
        ({"as_many": 5}, 1, "5 of 119 placebo calendars .* That is more often than chance"),
        ({"as_many": 5}, 2, "So many come about by chance"),
        ({"as_many_stretched": 200}, 1, f"in common .* enough for it: .* 200 of {STRETCHED} stand out as much"),
        ({"independent": 19}, 1, "0 of 119 placebo calendars .* So few independent windows cannot tell"),
        ({}, 3, "So few independent windows cannot tell"),
        (
            {"independent": 3, "days": 70, "placebos": 9},
            1,
            "Nothing can be said: 70 days .* only about 3 independent win",
        ),
        ({"ones": 0, "best": None, "counts": ()}, 1, "Nothing can be said: no shift lies on the 840 days"),
        ({"others": 0, "best": None, "counts": ()}, 1, "Nothing to compare: no finding"),
        ({"days": 0, "ones": 0, "best": None, "counts": ()}, 1, "Nothing can be said: on no day were both"),
    ],
)
def test_the_sentence_says_what_the_counts_allow(given, asked, said):
    text = sentence(found(**given), asked).replace("\u202f", ",")
    assert re.search(said, text), text
    assert not re.search(r"\bp\b|=|%", text)


def test_no_shift_with_anything_near_it_is_said():
    none = Count(window=Window(0, 0), observed=0, expected=0.4, most=2, as_many=9, as_many_tried=9)
    assert sentence(found(best=none, counts=(none,)), 1) == (
        "No shift has a finding near it in any of the 1 windows tried."
    )


def test_the_section_names_each_shift_what_is_near_and_how_it_lies():
    made = section(sample_coincidences.coincidences())
    [table, _] = made.xpath(".//table")
    one, two, three = table.xpath("tbody")
    assert flat(one).startswith("Shift 1, 11 Apr 2017: Fillon, down 18 points")
    assert [flat(r[0]) for r in one.xpath("tr[position() > 1]")] == ["2 days before", "the same day", "3 days after"]
    assert one.xpath(".//a/@href") == [
        "#finding-poll_shift-0badcafe",
        "#finding-co_share-deadbeef",
        "#finding-http_attack-00c0ffee",
    ]
    assert "not counted below" in flat(one)
    assert "No finding of another detector lies within 10 days" in flat(two)
    assert "No data within these days: Mail" in flat(two)
    assert "between 3 May 2017 and 5 May 2017" in flat(three)
    assert "8 more findings in coincidences.csv" in flat(three)


def test_a_shift_without_data_around_it_is_not_said_to_have_nothing_near_it():
    text = flat(section(sample_coincidences.bare()))
    assert "No data within these days: Web servers" in text
    assert "No finding of another detector" not in text


def test_each_desk_has_its_row_and_the_multiplicity_is_said():
    made = section(sample_coincidences.coincidences())
    rows = {flat(r[0]): flat(r) for r in made.xpath(".//table")[1].xpath("tbody/tr")}
    assert list(rows) == ["Mail", "Posts and press", "Web servers"]
    assert "Nothing to compare" in rows["Mail"]
    assert "leave only about 1 independent window." in rows["Web servers"]
    assert "on the same day, up to 3 days after" in flat(made)
    assert "for 2 desks compared" in flat(made)


@pytest.mark.parametrize("make", ["coincidences", "none", "bare"])
def test_the_section_calls_nothing_more_than_a_coincidence(make):
    brief = replace(sample.sample(), coincidences=getattr(sample_coincidences, make)())
    made = section(brief.coincidences)
    for outside in made.xpath(".//bdi"):
        outside.text = ""
    assert not re.search(r"\b(effects?|caus\w+|because|due|led to|influence\w*|result\w*)\b", flat(made), re.IGNORECASE)


def test_no_shift_is_one_line_and_nothing_looked_for_is_no_section():
    made = section(sample_coincidences.none())
    assert "No shift was found in the polls" in flat(made)
    assert not made.xpath(".//table | .//svg")
    text = page(sample.sample(), cards=20, rows=25)
    assert 'id="then"' not in text
    assert "#then" not in text


def test_the_chart_puts_shifts_above_days_below_and_says_both():
    what = sample_coincidences.coincidences()
    svg = html.fragment_fromstring(
        str(timeline(Axis(date(2017, 4, 1), date(2017, 5, 10), sample.ROUNDS), what, ident="x"))
    )
    assert len(svg.xpath(".//path[@class='shift']")) == 3
    assert [t.text for t in svg.xpath(".//text[@class='shiftno']")] == ["2", "3", "1"]
    assert len(svg.xpath(".//line[@class='when']")) == 1 + 3 + 3
    assert [t.text for t in svg.xpath(".//text[@class='votelabel']")] == ["Round 1", "Round 2"]
    words = svg.xpath("string(desc)")
    assert "shift 1 on 11 Apr 2017 (−18 points)" in words  # noqa: RUF001  the sign that the briefing uses
    assert "Web servers: 4 findings on 3 days" in words
    gaps = svg.xpath(".//line[@class='gap']")
    assert len(gaps) == 2 + 2 + 3


def test_shades_that_overlap_are_one():
    what = sample_coincidences.coincidences()
    axis = Axis(date(2017, 3, 1), date(2017, 5, 31))
    svg = html.fragment_fromstring(str(timeline(axis, what, ident="x")))
    assert len(svg.xpath(".//rect[@class='band']")) == 2


@pytest.mark.parametrize(
    ("window", "said"), [((-7, -2), "2 to 7 days before"), ((-3, 5), "3 days before to 5 days after")]
)
def test_any_window_has_words(window, said):
    assert window_words(Window(*window)) == said


def test_the_tables_hold_every_near_finding_and_every_window(tmp_path):
    what = sample_coincidences.coincidences()
    write(replace(sample.sample(), coincidences=what), tmp_path)

    def rows(name):
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    near = rows("coincidences.csv")
    assert len(near) == sum(len(s.near) for s in what.shifts)
    assert near[0]["lag_days"] == "-2"
    windows = rows("coincidence-windows.csv")
    assert len(windows) == 2 * 7
    assert {r["desk"] for r in windows} == {"Posts and press", "Web servers"}
    assert {r["independent"] for r in windows} == {"1"}
