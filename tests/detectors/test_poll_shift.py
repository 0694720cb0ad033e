import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scipy import stats

from tests import shared_data
from tests.measures.test_poll_trend import case, figure, read_nsppolls, run
from vigie.detectors.poll_shift import poll_shift
from vigie.measures.poll_trend import MEASURE
from vigie.testing import polls, rows


def test_a_fall_of_18_points_between_two_waves_is_found():
    table = polls("ipsos 2017-01-14 970 fillon 43", "ipsos 2017-02-11 967 fillon 25", "ipsos 2017-02-11 967 hamon 38")
    (found,) = poll_shift(run(table, case())).to_pylist()
    assert found["subject_ids"] == ["fillon"]
    assert found["value"] == pytest.approx(-18, abs=0.01)
    assert found["low"] < -18 < found["high"] < -12
    assert found["evidence_ids"] == table["row_id"].to_pylist()[:2]
    assert (found["first_seen"], found["last_seen"]) == (table["time"][0].as_py(), table["time"][1].as_py())
    assert found["p_value"] < 1e-6


def test_a_change_within_the_margin_is_no_finding():
    table = polls("ipsos 2017-01-14 970 fillon 43", "ipsos 2017-02-11 967 fillon 40")
    assert poll_shift(run(table)).num_rows == 0


def series(percents, houses=("ifop", "bva", "elabe"), size=1_000.0):
    return [figure(f"p{n}", houses[n % len(houses)], 3 * n, "x", p, sample_size=size) for n, p in enumerate(percents)]


def test_two_houses_together_show_what_neither_shows_alone():
    quiet = [20.0] * 12
    sd = run(rows("polls", *series([*quiet, 20])))["forecast_sd"].to_pylist()[-1]
    step = 20 + 2.9 * sd
    alone = run(rows("polls", *series([*quiet, step, 20])))
    both = run(rows("polls", *series([*quiet, step, step])))
    one_house = run(rows("polls", *series([*quiet, step, step], houses=("ifop",))))
    assert poll_shift(alone).num_rows == 0
    (found,) = poll_shift(both).to_pylist()
    assert len(found["evidence_ids"]) == 3
    assert poll_shift(one_house).num_rows == 0


def test_a_step_that_several_polls_show_is_one_finding():
    (found,) = poll_shift(run(rows("polls", *series([20] * 10 + [35] * 5)))).to_pylist()
    assert found["value"] == pytest.approx(15, abs=0.5)


def test_a_quiet_campaign_seldom_raises_an_alarm():
    draw = np.random.default_rng(5)
    cells, campaigns = [], 40
    for c in range(campaigns):
        level = 22 + np.cumsum(draw.normal(0, 0.25 * 3**0.5, 25))
        seen = level + draw.normal(0, (100 * 100 * 0.22 * 0.78 / 1_000) ** 0.5, 25)
        cells.append([figure(f"p{n}", ("ifop", "bva")[n % 2], 3 * n, f"c{c}", round(p, 1)) for n, p in enumerate(seen)])
    alarms = sum(poll_shift(run(rows("polls", *own)), points_min=0).num_rows > 0 for own in cells)
    assert alarms / campaigns <= 0.08


def by_hand(measured, p_max, points_min):
    """The single-figure test in its plainest form: which figures depart, of one house with no pairs."""
    tested = [r for r in measured.to_pylist() if r["forecast_sd"] is not None]
    out = set()
    for r in tested:
        shift = r["percent"] - r["expected"]
        p = 2 * stats.norm.sf(abs(shift) / r["forecast_sd"]) * len(tested)
        if p <= p_max and abs(shift) >= points_min:
            out.add(r["row_id"])
    return out


@settings(max_examples=20)
@given(st.lists(st.sampled_from([20, 21, 24, 35]), min_size=2, max_size=8), st.sampled_from([0.001, 0.2]))
def test_departures_are_those_of_the_definition(percents, p_max):
    measured = run(rows("polls", *series(percents, houses=("ifop",))))
    found = poll_shift(measured, p_max=p_max, points_min=3.0, window_days=1).to_pylist()
    event(f"findings: {min(len(found), 3)}")
    wanted = by_hand(measured, p_max, 3.0)
    assert len(found) == len(wanted)
    assert wanted <= {i for f in found for i in f["evidence_ids"]}


@given(st.randoms())
@settings(max_examples=10)
def test_row_order_does_not_matter(shuffle):
    measured = run(rows("polls", *series([20, 21, 35, 36, 20, 19])))
    order = shuffle.sample(range(measured.num_rows), measured.num_rows)
    assert poll_shift(measured.take(order)).equals(poll_shift(measured))


def test_nothing_in_nothing_out():
    assert poll_shift(MEASURE.schema.empty_table()).num_rows == 0


@pytest.mark.shared
def test_alarms_of_2022_stay_below_those_of_naive_rules():
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    found = poll_shift(run(read_nsppolls(folder / "polls" / "fr2022_nsppolls.csv.gz")))
    subjects = [ids[0] for ids in found["subject_ids"].to_pylist()]
    assert max((subjects.count(s) for s in subjects), default=0) <= 2
