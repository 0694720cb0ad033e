import math
from datetime import date, timedelta

import pytest
from hypothesis import given, settings

from tests.measures.test_poll_trend import campaign, case, figure, run, tables
from vigie.measures import measured
from vigie.measures.poll_levels import MEASURE
from vigie.tables import TABLES
from vigie.testing import rows


def levels(cells, candidates=None):
    given_ = {"polls": rows("polls", *cells), "case_candidates": candidates or case()}
    return measured(MEASURE, given_).to_pylist()


@settings(max_examples=6, deadline=None)
@given(tables())
def test_days_are_whole_and_agree_with_the_trend(cells):
    trend, days = run(cells).to_pylist(), levels(cells)
    series = {}
    for row in days:
        series.setdefault(row["series"], []).append(row)
    assert set(series) == {r["series"] for r in trend if r["used"]}
    for name, held in series.items():
        used = [r for r in trend if r["used"] and r["series"] == name]
        last = max(r["fieldwork_end"] for r in trend if r["used"] and r["block"] == held[0]["block"])
        first = min(r["fieldwork_end"] for r in used)
        wanted = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        assert [r["day"] for r in held] == wanted
        for row in held:
            polls = {r["scenario"] for r in used if r["fieldwork_end"] <= row["day"]}
            assert row["polls"] == len(polls)
            assert row["then_sd"] > 0
            assert row["now_sd"] > 0
            assert abs(row["last_cov"]) <= 1.5 * row["now_sd"] * held[-1]["now_sd"] + 1e-9
        for row in used:
            day = next(r for r in held if r["day"] == row["fieldwork_end"])
            if sum(r["fieldwork_end"] == row["fieldwork_end"] for r in trend) == 1:
                smoothed = math.log(row["smoothed"] / (100 - row["smoothed"]))
                assert day["now_mean"] == pytest.approx(smoothed, abs=1e-6)
        assert held[-1]["now_mean"] == pytest.approx(held[-1]["then_mean"], abs=0.02)


def test_days_without_a_poll_grow_less_sure():
    cells = [*campaign(10), figure("last", "bva", 60, "x", 20)]
    held = levels(cells)
    quiet = [r["then_sd"] for r in held if date(2017, 2, 20) <= r["day"] < date(2017, 4, 2)]
    assert quiet == sorted(quiet)
    assert len(quiet) > 30
    assert held[-1]["then_sd"] < quiet[-1]


def test_nothing_in_nothing_out():
    assert measured(MEASURE, {"polls": TABLES["polls"].seen.empty_table()}).equals(MEASURE.schema.empty_table())
