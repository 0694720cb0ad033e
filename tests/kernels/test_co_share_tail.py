"""Tails beside the laws that they are of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vigie.kernels.co_share_tail import tail


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 20)), min_size=1))
def test_the_tail_is_scipys(cases):
    n, mean = np.array([k for k, _ in cases], np.int32), np.array([m for _, m in cases])
    assert np.allclose(tail(n, mean), stats.poisson.sf(n - 1, mean), rtol=1e-9)


@given(st.lists(st.floats(0.01, 0.6), min_size=1, max_size=8), st.integers(1, 8))
def test_a_tail_is_never_below_that_of_unequal_trials_above_the_mean(chances, k):
    if k >= sum(chances) + 1 and k <= len(chances):
        exact = np.array([1.0])
        for p in chances:
            exact = np.convolve(exact, [1 - p, p])
        given_k, mean, trials = np.array([k], np.int32), np.array([sum(chances)]), np.array([len(chances)], np.int32)
        assert tail(given_k, mean)[0] >= tail(given_k, mean, trials)[0] - 1e-12
        assert tail(given_k, mean, trials)[0] >= exact[k:].sum() - 1e-12


@given(st.integers(1, 40), st.integers(0, 400), st.floats(1e-6, 0.9))
def test_with_the_number_of_trials_the_tail_is_the_binomial_one_above_the_mean(k, more, chance):
    trials = k + more
    mean = chance * trials
    found = tail(np.array([k], np.int32), np.array([mean]), np.array([trials], np.int32))[0]
    exact = stats.binom.sf(k - 1, trials, chance) if k >= mean + 1 else stats.poisson.sf(k - 1, mean)
    assert found == pytest.approx(exact, rel=1e-9)
