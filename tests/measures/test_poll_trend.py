import math
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from tests import shared_data
from vigie.kernels.poll_mixture import Mixture
from vigie.measures import measured
from vigie.measures.poll_trend import MEASURE, scores
from vigie.rules.poll_model import weighed
from vigie.rules.poll_model_course import block_of
from vigie.rules.poll_model_levels import levels
from vigie.tables import CASE_TABLES, TABLES
from vigie.testing import rows


def figure(poll, pollster, end, candidate, percent, **more):
    """One figure; `end` counts days after 1 February 2017, `days` how long the interviews took."""
    last = date(2017, 2, 1) + timedelta(days=end)
    days = more.pop("days", 1)
    return {
        "poll_id": poll,
        "pollster": pollster,
        "time": datetime.combine(last, time(12), UTC),
        "fieldwork_start": last - timedelta(days=days - 1),
        "fieldwork_end": last,
        "question": "voting_intention",
        "round": 1,
        "candidate": candidate,
        "candidate_id": candidate,
        "percent": float(percent),
        "sample_size": 1_000.0,
    } | more


def case(*names, **dates):
    made = [{"candidate_id": n, "name": n, "alias": n, "alias_id": n} | dates for n in names]
    return pa.Table.from_pylist(made, schema=CASE_TABLES["case_candidates"])


def run(cells, candidates=None, **relations):
    given_ = {"polls": rows("polls", *cells), "case_candidates": candidates or case()} | relations
    return measured(MEASURE, given_)


def campaign(waves=20, percent=20.0, **more):
    houses = ("bva", "csa", "ifop", "elabe")
    return [figure(f"p{n}", houses[n % 4], 2 * n, "x", percent + (-1) ** n * 0.5, **more) for n in range(waves)]


@st.composite
def tables(draw):
    cells = []
    for n in range(draw(st.integers(1, 7))):
        common = {"days": draw(st.integers(1, 3)), "sample_size": draw(st.sampled_from([None, 600.0, 3_000.0]))}
        house, end = draw(st.sampled_from(["ifop", "bva"])), draw(st.integers(0, 20))
        asked = draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True))
        cells += [figure(f"p{n}", house, end, c, draw(st.integers(1, 60)), **common) for c in asked]
    return cells


@settings(max_examples=8, deadline=None)
@given(tables())
def test_the_trend_is_what_the_model_says(cells):
    table = run(cells).to_pylist()
    blocks = {}
    for row in table:
        blocks.setdefault(row["block"], []).append(row | {"day": row["time"].toordinal()})
    for held in blocks.values():
        block = block_of(held)
        fit, forecasts = weighed(block)
        for at, places in enumerate(block.places):
            known = levels(fit, at, fit.courses[at], block.ranks[at] + 1, places * 0 + range(places.size))
            seen = 0
            for i, row in enumerate(held[place] for place in places):
                if not seen:
                    assert row["expected"] is row["z"] is row["forecast_sd"] is None
                else:
                    share = 1 / (1 + math.exp(-forecasts[at].expected[i]))
                    sd = math.sqrt(forecasts[at].variance[i] + forecasts[at].noise[i])
                    assert row["expected"] == pytest.approx(100 * share)
                    assert row["forecast_sd"] == pytest.approx(100 * share * (1 - share) * sd)
                    printed = forecasts[at].mixture.with_noise(fit.courses[at].rounding)
                    ends = np.array([[row["forecast_low"], row["forecast_high"]]] * places.size) / 100
                    chances = printed.below(np.log(ends / (1 - ends)))[i]
                    assert chances == pytest.approx([0.025, 0.975], rel=1e-6)
                seen += row["used"]
                if seen:
                    logit = math.log(row["smoothed"] / (100 - row["smoothed"]))
                    assert logit == pytest.approx(known.now_mean[i])
                    assert row["low"] <= row["estimate"] <= row["high"]


@settings(max_examples=5, deadline=None)
@given(tables(), st.randoms())
def test_row_order_does_not_matter(cells, random):
    table = rows("polls", *cells)
    order = random.sample(range(table.num_rows), table.num_rows)
    one, two = (measured(MEASURE, {"polls": t, "case_candidates": case()}) for t in (table, table.take(order)))
    assert one.equals(two)


@given(
    st.floats(0, 100),
    st.sampled_from([0.01, 0.5, 1.0]),
    st.lists(st.tuples(st.floats(-4, 4), st.floats(0.01, 1)), min_size=1),
)
def test_the_score_halves_the_chance_of_the_figure_itself(percent, step, parts):
    low, high = (min(max(percent + side * step / 2, 0), 100) / 100 for side in (-1, 1))
    low, high = (-math.inf if p == 0 else math.inf if p == 1 else math.log(p / (1 - p)) for p in (low, high))
    below, upto = (sum(float(ndtr((end - mean) / sd)) for mean, sd in parts) / len(parts) for end in (low, high))
    means, sds = (np.array(column)[:, None] for column in zip(*parts, strict=True))
    mixture = Mixture(np.full(means.shape, 1 / len(parts)), means, sds**2)
    (z,) = scores(np.array([percent]), np.array([step]), mixture)
    if 1e-9 < (below + upto) / 2 < 1 - 1e-9:
        assert float(ndtr(z)) == pytest.approx((below + upto) / 2, rel=1e-4)
    assert abs(z) <= 35


def test_waves_that_overlap_do_not_make_the_trend_surer():
    one = [figure("p0", "bva", 0, "x", 20), figure("p1", "ifop", 5, "x", 24, days=3)]
    copies = [figure(f"q{n}", "ifop", 5, "x", 24, days=3) for n in range(20)]
    alone, copied = (run(cells).to_pylist()[-1] for cells in (one, one + copies))
    assert copied["why_not"] == "no new day of fieldwork"
    assert copied["high"] - copied["low"] == pytest.approx(alone["high"] - alone["low"])


def test_rolling_waves_count_as_their_interviews_do():
    """Thirty daily waves of three days beside the ten of them that share no day: about as sure, not three times."""
    rolling = [figure(f"p{n}", "ifop", 3 + n, "x", 20, days=3) for n in range(30)]
    apart = rolling[::3]
    widths = [r["high"] - r["low"] for r in (run(c).to_pylist()[27 if c is rolling else 9] for c in (rolling, apart))]
    assert widths[0] > 0.75 * widths[1]


def test_a_figure_before_the_candidacy_or_after_the_vote_changes_nothing():
    odd = figure("odd", "bva", 21, "x", 55)
    rounds = pa.Table.from_pylist([{"round": 1, "date": date(2017, 3, 20)}], schema=CASE_TABLES["case_rounds"])
    late = figure("late", "bva", 60, "x", 55)
    plain = {r["row_id"]: r for r in run(campaign(), case("x")).to_pylist()}
    for cells, more, why in (
        ([*campaign(), late], {"case_rounds": rounds}, "after the vote"),
        ([*campaign(10, 50.0), odd], {"candidates": case("x", declared=date(2017, 3, 1))}, "before the candidacy"),
    ):
        table = run(cells, more.get("candidates") or case("x"), **{k: v for k, v in more.items() if k != "candidates"})
        held = table.to_pylist()
        assert why in {r["why_not"] for r in held}
        assert not any(r["used"] for r in held if r["why_not"])
    held = run([*campaign(), late], case("x"), case_rounds=rounds).to_pylist()
    kept = [r for r in held if r["used"]]
    assert len(kept) == len([r for r in plain.values() if r["fieldwork_end"] <= date(2017, 3, 20)])
    last = next(r for r in held if r["poll_id"] == "late")
    assert last["weight"] == 0
    assert last["z"] > 5


def test_a_sample_size_that_is_not_given_is_the_stated_default():
    held = run([figure("p", "bva", 0, "x", 30, sample_size=None)]).to_pylist()
    assert held[0]["sampled"] == 800


def test_nothing_in_nothing_out():
    assert measured(MEASURE, {"polls": TABLES["polls"].seen.empty_table()}).equals(MEASURE.schema.empty_table())


@pytest.mark.shared
def test_a_hypothesis_in_another_s_column_does_not_throw_the_trend():
    """On 2 March 2017 a poll put Juppe in Fillon's place; the collection has his 26.5 % in the same column."""
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    import csv

    with (folder / "polls" / "fr_r1_families_1965_2019_pollsposition.csv").open(encoding="utf-8") as file:
        held = [
            figure(f"p{n}", r["sondage"], 0, "right", r["nbright"], sample_size=float(r["samplesize"] or 0) or None)
            | {
                "fieldwork_start": None,
                "fieldwork_end": date.fromisoformat(r["date"]),
                "time": datetime.combine(date.fromisoformat(r["date"]), time(12), UTC),
            }
            for n, r in enumerate(csv.DictReader(file))
            if r["dateelection"] == "2017-04-23" and r["sondage"] != "result" and r["nbright"]
        ]
    table = run(held).to_pylist()
    odd = next(r for r in table if r["percent"] == 26.5 and str(r["fieldwork_end"]) == "2017-03-02")
    assert odd["z"] > 3
    after = [r for r in table if date(2017, 3, 3) <= r["fieldwork_end"] <= date(2017, 3, 12)]
    assert max(r["estimate"] for r in after) < 21
