import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.baseline import baseline


@given(st.lists(st.integers(0, 200), min_size=1, max_size=30), st.randoms())
def test_the_order_of_days_does_not_matter(counts, random):
    shuffled = random.sample(counts, len(counts))
    assert baseline(shuffled) == baseline(counts)


@given(st.lists(st.integers(0, 30), min_size=7, max_size=20), st.integers(1_000, 1_000_000))
def test_one_enormous_day_does_not_become_usual(counts, enormous):
    assert baseline([*counts, enormous]).mean <= max(counts) + 0.5
    assert baseline([*counts, enormous]).tail(enormous, 1) < 1e-6


@pytest.mark.parametrize("dispersion", [1.0, 3.0, 8.0])
def test_a_quiet_series_seldom_has_a_day_that_stands_out(dispersion):
    draw = np.random.default_rng(7)
    days, mean, series = 30, 25.0, 400
    size = mean / (dispersion - 1) if dispersion > 1 else None
    alarms = 0
    for _ in range(series):
        counts = draw.negative_binomial(size, 1 / dispersion, days) if size else draw.poisson(mean, days)
        usual = baseline(counts.tolist())
        alarms += any(usual.tail(int(c), 1) * days <= 0.01 for c in counts)
    assert alarms / series <= 0.04


def test_days_are_summed():
    usual = baseline([3, 4, 5, 4, 3, 4, 5])
    assert usual.tail(12, 3) > 0.3
    assert usual.tail(40, 3) < 1e-6
