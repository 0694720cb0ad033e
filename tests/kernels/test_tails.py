import math

from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vigie.kernels.tails import (
    hypergeometric_tail,
    normal_two_sided,
    overdispersed_tail,
    poisson_interval,
)


@given(st.integers(0, 500))
def test_the_ends_of_a_poisson_interval_leave_a_fortieth_outside(count):
    low, high = poisson_interval(count)
    assert low <= count < high
    assert math.isclose(stats.poisson.cdf(count, high), 0.025, rel_tol=1e-6)
    assert low == 0 if count == 0 else math.isclose(stats.poisson.sf(count - 1, low), 0.025, rel_tol=1e-6)


@given(st.integers(0, 60), st.floats(0.1, 30), st.floats(1, 8))
def test_overdispersed_tail_is_scipys(count, mean, ratio):
    got = overdispersed_tail(count, mean, mean * ratio)
    if ratio < 1 + 1e-9:
        wanted = stats.poisson.sf(count - 1, mean)
    else:
        wanted = stats.nbinom.sf(count - 1, mean / (ratio - 1), 1 / ratio)
    assert math.isclose(got, wanted, rel_tol=1e-5, abs_tol=1e-12)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(1, 24))
def test_hypergeometric_tail_is_scipys(hits, drawn, marked, total):
    total = max(total, drawn, marked)
    wanted = stats.hypergeom.sf(hits - 1, total, marked, drawn)
    assert math.isclose(hypergeometric_tail(hits, drawn, marked, total), wanted, rel_tol=1e-9, abs_tol=1e-12)


@given(st.floats(-30, 30))
def test_normal_tail_is_scipys(z):
    assert math.isclose(normal_two_sided(z), 2 * stats.norm.sf(abs(z)), rel_tol=1e-9)
