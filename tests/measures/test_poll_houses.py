import pytest
from hypothesis import given, settings

from tests.measures.test_poll_trend import case, figure, tables
from vigie.measures import measured
from vigie.measures.poll_houses import MEASURE
from vigie.tables import TABLES
from vigie.testing import polls, rows


def houses(cells):
    return measured(MEASURE, {"polls": rows("polls", *cells), "case_candidates": case()}).to_pylist()


@settings(max_examples=10, deadline=None)
@given(tables())
def test_effects_of_a_candidate_sum_to_zero(cells):
    sums = {}
    for row in houses(cells):
        sums[row["candidate_id"]] = sums.get(row["candidate_id"], 0.0) + row["effect"]
        assert row["low"] < row["effect"] < row["high"] or row["low"] == row["high"] == 0
        assert row["polls"] > 0
    assert sums == pytest.approx(dict.fromkeys(sums, 0.0), abs=1e-9)


def test_a_lean_that_is_added_to_one_house_moves_its_effect():
    made = {}
    for lean in (0, 2):
        cells = [
            figure(f"p{n}", house, n, "x", 20 + (lean if house == "bva" else 0))
            for n in range(36)
            for house in ("bva", "csa", "ifop")[n % 3 : n % 3 + 1]
        ]
        made[lean] = {row["house"]: row for row in houses(cells)}
    assert abs(made[0]["bva"]["effect"]) < 0.1
    difference = made[2]["bva"]["effect"] - made[2]["csa"]["effect"]
    assert difference == pytest.approx(2, abs=0.6)
    assert made[2]["bva"]["low"] > 0


def test_opinions_have_no_house_effects():
    table = polls("bva 2017-02-01 900 x 40", "ifop 2017-02-05 900 x 60")
    assert measured(MEASURE, {"polls": table}).num_rows == 0


def test_nothing_in_nothing_out():
    assert measured(MEASURE, {"polls": TABLES["polls"].seen.empty_table()}).equals(MEASURE.schema.empty_table())
