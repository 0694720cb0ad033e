import math
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.measures.test_poll_facts import FIRST, poll
from vigie.detectors.poll_outlier import confirmed, poll_outlier, scenario_p, squares_p
from vigie.measures import measured
from vigie.measures.poll_trend import MEASURE
from vigie.testing import EPOCH, rows

SHARES = {"a": 25.0, "b": 22.0, "c": 19.0, "d": 16.0}


def scenario(name, day, z, *, house=None, number=0, used=True, shares=SHARES, **more):
    """The measured rows of one scenario whose figures lie `z` times 1.5 points from their forecasts."""
    scores = z if isinstance(z, dict) else dict(zip(shares, z, strict=True))
    return [
        {
            "row_id": f"0123456789ab:{number + n}",
            "time": EPOCH + timedelta(days=day),
            "poll_id": name,
            "scenario": f"{name} v 1",
            "candidate_id": c,
            "name": c.upper(),
            "block": "v 1",
            "question": "voting_intention",
            "round": 1,
            "field": "a+b+c+d",
            "house": house or name,
            "pollster": house or name,
            "percent": shares[c] + 1.5 * score if score is not None else shares[c],
            "stands": "used",
            "used": used,
            "expected": shares[c] if score is not None else None,
            "forecast_sd": 1.5 if score is not None else None,
            "z": score,
        }
        | more
        for n, (c, score) in enumerate(scores.items())
    ]


def found(*scenarios, **values):
    """Findings of the scenarios in a block in which two houses had polls before there was a forecast."""
    first = [scenario(f"first {n}", 0, [None] * 4, number=1000 + 10 * n) for n in range(2)]
    cells = [cell for some in (*first, *scenarios) for cell in some]
    return poll_outlier(pa.Table.from_pylist(cells, schema=MEASURE.schema), **values).to_pylist()


def test_a_poll_far_from_its_forecast_is_found_with_its_worst_figures():
    (one,) = found(scenario("far", 3, [5.0, -4.0, 1.0, 0.0]), scenario("near", 2, [1.0, -1, 0, 0], number=9))
    assert one["subject_ids"] == ["far"]
    assert (one["value"], one["expected"]) == (7.5, 0)
    assert one["low"] == pytest.approx(7.5 - 1.96 * 1.5, abs=1e-3)
    assert one["high"] == pytest.approx(7.5 + 1.96 * 1.5, abs=1e-3)
    assert one["title"] == (
        "far, voting intention, round 1 (2017-02-18): A 32.5 % where 25 % was expected, B 16 % where 22 % was expected"
    )
    assert one["evidence_ids"] == [f"0123456789ab:{n}" for n in range(4)]
    assert one["p_value"] < 1e-5


def test_what_lies_within_the_margin_is_none_however_many_there_are():
    assert found(*(scenario(f"s{n}", n, [1.5, -1.5, 1, -1], number=10 * n) for n in range(20))) == []


def test_all_scenarios_of_the_run_count():
    odd = scenario("odd", 3, [3.4, -1.5, 0.5, -0.5])
    (alone,) = found(odd)
    assert found(odd, *(scenario(f"s{n}", n, [0.0, 0, 0, 0], number=10 * n + 10) for n in range(30))) == []
    (two,) = found(odd, scenario("s", 2, [0.0, 0, 0, 0], number=50))
    assert two["p_value"] == pytest.approx(2 * alone["p_value"])


def test_what_other_houses_show_after_it_is_a_shift():
    odd = scenario("odd", 3, [6.0, -5.0, 0.5, -0.5])
    moved = scenario("late", 9, [4.0, -3.0, 0.0, 0.0], number=10)
    assert [f["subject_ids"] for f in found(odd, moved)] == [["late"]]  # whom nobody confirms
    for unlike in (
        scenario("early", 1, [4.0, -3.0, 0.0, 0.0], number=10),
        scenario("late", 30, [4.0, -3.0, 0.0, 0.0], number=10),
        scenario("again", 9, [4.0, -3.0, 0.0, 0.0], number=10, house="odd"),
        scenario("fake", 9, [4.0, -3.0, 0.0, 0.0], number=10, used=False),
        scenario("late", 9, [2.0, -2.0, 0.0, 0.0], number=10),
        scenario("late", 9, [4.0, -3.0, 0.0, 0.0], number=10, round=2),
    ):
        assert ["odd"] in [f["subject_ids"] for f in found(odd, unlike)]
    # One of the two that are off is confirmed: the other still is off.
    half = scenario("late", 9, [4.0, 0.0, 0.0, 0.0], number=10)
    (one,) = [f for f in found(odd, half) if f["subject_ids"] == ["odd"]]
    assert one["value"] == -7.5


def test_two_hypotheses_of_a_poll_are_one_finding():
    one = scenario("p", 3, [5.0, -4.0, 1.0, 0.0], scenario="p first")
    two = scenario("p", 3, [6.0, -4.0, 1.0, 0.0], number=10, scenario="p second")
    (only,) = found(one, two)
    assert only["value"] == 9
    assert len(only["evidence_ids"]) == 8


def test_small_candidates_small_distances_and_figures_that_do_not_stand_are_left_out():
    small = scenario("s", 3, [0.0, 0, 0, 0]) + scenario("s", 3, {"e": 9.0}, number=10, shares={"e": -12.0})
    assert found(small) == []
    assert found(scenario("s", 3, [5.0, -4.0, 1.0, 0.0], stands="after the vote")) == []
    assert len(found(scenario("s", 3, [5.0, -4.0, 1.0, 0.0], stands="no fieldwork", used=False))) == 1
    assert found(scenario("s", 3, [5.0, -4.0, 1.0, 0.0]), points_min=8.0) == []
    assert found(scenario("s", 3, [None, None, None, None])) == []
    both = scenario("s", 3, [2.9, 2.9, 2.9, 2.9])
    assert scenario_p(both) < 1e-4
    assert scenario_p([]) == 1


def test_where_one_house_asks_alone_nothing_tells_an_odd_wave_from_a_change():
    waves = [scenario(f"w{n}", n, [z] * 4, number=10 * n, house="one", block="f") for n, z in enumerate((None, 9.0))]
    assert found(*waves) == []
    fake = scenario("fake", 1, [None] * 4, number=90, house="two", block="f", used=False)
    assert found(*waves, fake) == []
    assert len(found(*waves, [cell | {"used": True} for cell in fake])) == 1


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(-4, 4), st.floats(0.01, 0.6)), min_size=1, max_size=6))
def test_the_chance_of_squares_is_that_of_the_fitted_law(pairs):
    z, shares = [p[0] for p in pairs], [p[1] for p in pairs]
    correlation = np.eye(len(z))
    for i, p in enumerate(shares):
        for j, q in enumerate(shares):
            if i != j:
                correlation[i, j] = max(-1, -math.sqrt(p * q / ((1 - p) * (1 - q))))
    mean, variance = len(z), 2 * (correlation**2).sum()
    law = stats.gamma(mean**2 / variance, scale=variance / mean)
    expected = law.sf(sum(s * s for s in z))
    event(f"small: {expected < 0.01}")
    assert squares_p(z, shares) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_p_values_of_samples_of_one_electorate_are_level():
    chance, shares, size = np.random.default_rng(1), np.array([0.3, 0.25, 0.2, 0.15, 0.1]), 1_000
    sd = np.sqrt(shares * (1 - shares) / size)
    p_values = []
    for asked in chance.multinomial(size, shares, size=4_000):
        z = ((asked / size - shares) / sd)[:4]
        p_values.append(squares_p(z.tolist(), shares[:4].tolist()))
    for level in (0.2, 0.05, 0.01):
        assert np.mean(np.array(p_values) <= level) == pytest.approx(level, rel=0.4)


def test_confirmed_by_the_median_of_later_houses():
    figure = scenario("odd", 3, [6.0, 0, 0, 0])[0]
    later = [scenario(f"h{n}", 4 + n, [z, 0, 0, 0], number=10 * n)[0] for n, z in enumerate((5.0, 4.0, 0.0))]
    key = ("voting_intention", 1, "a+b+c+d", "a")
    assert confirmed(figure, {key: later}, 14)
    assert not confirmed(figure, {key: later[2:]}, 14)
    assert not confirmed(figure, {key: [*later, later[2], later[2]]}, 14)
    assert not confirmed(figure, {}, 14)
    assert not confirmed(figure, {("voting_intention", 1, "a+b", "a"): later}, 14)


def campaign(seed, shares=(0.24, 0.22, 0.2, 0.18, 0.16), days=60, drift=0.15):
    """Sixty days of polls by six houses about a slow walk, and what the electorate is on each day."""
    chance = np.random.default_rng(seed)
    level = np.array(shares) * np.exp(np.cumsum(chance.normal(0, drift / 20, (days, len(shares))), axis=0))
    level /= level.sum(axis=1, keepdims=True)
    cells = []
    for day in range(days):
        asked = chance.multinomial(1_000, level[day])
        percents = (np.round(200 * asked / asked.sum()) / 2).tolist()
        cells += poll(f"House {day % 6}", day, percents, poll_id=f"p{day}")
    return cells, level


def test_a_lie_of_eight_points_with_all_fields_given_is_found_and_honest_polls_are_not():
    flagged = []
    for seed in range(4):
        cells, level = campaign(seed)
        lie = np.round(200 * (level[40] + np.array([0.08, -0.04, -0.04, 0, 0]))) / 2
        fake = poll("Stranger", 40, lie.tolist(), poll_id="fake")
        both = measured(MEASURE, {"polls": rows("polls", *cells, *fake)})
        flagged += [f["subject_ids"] for f in poll_outlier(both).to_pylist()]
    assert flagged == [["stranger"]] * 4


def test_a_step_that_all_houses_show_is_no_outlier():
    cells, _ = campaign(5)
    days = [c["fieldwork_end"] for c in cells]
    assert all(a <= b for a, b in pairwise(days))
    move = {"a": 6.0, "b": -6.0}
    after = [
        c | {"percent": c["percent"] + (move.get(c["candidate"], 0) if (c["fieldwork_end"] - FIRST).days >= 40 else 0)}
        for c in cells
    ]
    assert poll_outlier(measured(MEASURE, {"polls": rows("polls", *after)})).num_rows == 0
