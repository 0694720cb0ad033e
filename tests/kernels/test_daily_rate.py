import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.kernels.daily_rate import daily_rate
from vigie.kernels.tails import poisson_interval

EMPTY = np.zeros(0, np.int64)


def rate(cells, days):
    """Cells are (source, day, count)."""
    source, day, counts = (np.array(c, np.int64) for c in zip(*cells, strict=True))
    return daily_rate(counts, source, day, days)


@pytest.mark.parametrize("total", [1, 7, 60])
def test_single_requests_on_a_single_day_have_the_interval_of_a_poisson_count(total):
    found = rate([(n, 0, 1) for n in range(total)], 1)
    low, high = poisson_interval(total)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert found.effective == total


def test_nothing_is_not_never():
    found = daily_rate(EMPTY, EMPTY, EMPTY, 14)
    assert (found.mean, found.low) == (0, 0)
    assert found.high == pytest.approx(poisson_interval(0)[1] / 14)


def test_one_source_that_sends_everything_is_one_event():
    loud = rate([(0, n, 30) for n in range(10)], 10)
    many = rate([(n * 30 + i, n, 1) for n in range(10) for i in range(30)], 10)
    assert loud.mean == many.mean == 30
    assert loud.effective == pytest.approx(1)
    assert loud.high > 5 * loud.mean > 5 * many.high / 1.3


def test_days_that_differ_widen_it():
    even = rate([(n * 10 + i, n, 1) for n in range(14) for i in range(10)], 14)
    busy = rate([(i, 3, 1) for i in range(140)], 14)
    assert even.mean == busy.mean
    assert busy.high - busy.low > 4 * (even.high - even.low)


@settings(max_examples=30)
@given(
    st.dictionaries(st.tuples(st.integers(0, 9), st.integers(0, 6)), st.integers(1, 500), min_size=1),
    st.randoms(),
    st.integers(7, 20),
)
def test_the_interval_holds_the_mean_whatever_the_order(cells, random, days):
    listed = [(s, d, c) for (s, d), c in cells.items()]
    found = rate(listed, days)
    assert found.mean == sum(cells.values()) / days
    assert 0 <= found.low <= found.mean <= found.high
    again = rate(random.sample(listed, len(listed)), days)
    assert (again.low, again.high) == pytest.approx((found.low, found.high))


def test_it_holds_the_rate_of_worlds_whose_days_and_sources_differ():
    """The full table is bench/origin_share.py; Poisson's interval holds this one in a quarter of the worlds."""
    draw = np.random.default_rng(2)
    truth = 10 * float(np.floor(draw.lognormal(1, 1, 1_000_000) + 1).mean())
    held = naive = 0
    for _ in range(300):
        day = np.repeat(np.arange(14), draw.poisson(draw.gamma(2, 5, 14)))
        sent = np.floor(draw.lognormal(1, 1, day.size) + 1).astype(np.int64)
        found = daily_rate(sent, np.arange(day.size), day, 14)
        held += found.low <= truth <= found.high
        low, high = poisson_interval(int(sent.sum()))
        naive += low / 14 <= truth <= high / 14
    assert held >= 0.91 * 300
    assert naive < 0.5 * 300
