import numpy as np
import pytest
from scipy import stats

from tests.measures.test_poll_facts import FIRST, poll
from tests.measures.test_poll_spread import HOUSES, week
from tests.strategies import rows_of_case
from vigie.detectors.poll_herding import interval, poll_herding
from vigie.measures import measured
from vigie.measures.poll_spread import MEASURE
from vigie.testing import rows

MORE = (*HOUSES, "Kantar", "Elabe Two", "CSA")


def found(cells, p_max=0.05, vote=None, **values):
    days = [] if vote is None else [{"round": 1, "date": vote}]
    tables = {"polls": rows("polls", *cells), "case_rounds": rows_of_case("case_rounds", *days)}
    return poll_herding(measured(MEASURE, tables, **values), p_max=p_max).to_pylist()


def sampled(seed, design=1.0, weeks=1):
    """Weeks of polls whose samples are `1 / design` times as large as they say."""
    chance = np.random.default_rng(seed)
    cells = []
    for number in range(weeks):
        for n, house in enumerate(MORE):
            asked = chance.multinomial(round(1_000 / design), [0.25, 0.22, 0.2, 0.18, 0.15])
            percents = np.round(200 * asked / asked.sum()) / 2
            cells += poll(house, 7 * number + n % 7, percents.tolist(), sample_size=1_000.0)
    return cells


def test_polls_that_agree_too_well_are_one_finding():
    cells = week(percents=(24, 22, 20))
    (one,) = found(cells)
    assert one["subject_ids"] == sorted(one["subject_ids"]) == ["bva", "elabe", "ifop", "ipsos", "odoxa"]
    assert (one["value"], one["expected"]) == (0, 1)
    assert one["p_value"] == pytest.approx(1 / 4_001)
    assert len(one["evidence_ids"]) == 15
    assert one["title"] == (
        "5 houses, round 1, 2017-02-27 to 2017-03-05: figures scatter 0.00 times as far as samples of their sizes would"
    )
    assert one["first_seen"].date() == FIRST


def test_all_weeks_count():
    cells = week(percents=(24, 22, 20)) + sampled(4, weeks=6)[len(MORE) * 5 :]
    (one,) = found(cells)
    weeks = measured(MEASURE, {"polls": rows("polls", *cells)}).num_rows
    assert weeks > 3
    assert one["p_value"] == pytest.approx(weeks / 4_001)
    assert found(cells, p_max=0.5 * weeks / 4_001) == []


def test_honest_samples_seldom_raise_a_flag():
    weeks = measured(MEASURE, {"polls": rows("polls", *sampled(1, weeks=60))}, draws=400)
    assert weeks.num_rows == 60
    assert np.mean(weeks["ratio"].to_numpy()) == pytest.approx(1, abs=0.1)
    flagged = sum(poll_herding(weeks.slice(n, 1), p_max=0.1).num_rows for n in range(60))
    assert 1 <= flagged <= 14  # 6 expected
    assert poll_herding(weeks).num_rows <= 1


def test_agreement_of_a_fifth_is_found():
    weeks = measured(MEASURE, {"polls": rows("polls", *sampled(2, design=0.2, weeks=10))}, draws=400)
    assert sum(poll_herding(weeks.slice(n, 1)).num_rows for n in range(10)) == 10


def test_too_much_scatter_is_not_herding():
    cells = [c for n, h in enumerate(HOUSES) for c in poll(h, n, (20 + 4 * (n % 2), 30 - 4 * (n % 2), 20))]
    assert found(cells) == []


def test_the_interval_is_that_of_a_variance():
    low, high = interval(0.5, 12.0)
    assert low == pytest.approx(0.5 * 12 / stats.chi2.ppf(0.975, 12))
    assert high == pytest.approx(0.5 * 12 / stats.chi2.ppf(0.025, 12))
