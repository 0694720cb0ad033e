"""The beta-binomial law against its sum by draws, and its fit against shares that are known."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.beta_binomial import Shares, fitted, tail


def exact(hits, trials, shares):
    """Return the tail, one urn draw at a time."""
    a, b = shares.mean * shares.size, (1 - shares.mean) * shares.size
    upto = {0: 1.0}
    for n in range(trials):
        after = {}
        for k, p in upto.items():
            yes = (a + k) / (a + b + n)
            after[k + 1] = after.get(k + 1, 0) + p * yes
            after[k] = after.get(k, 0) + p * (1 - yes)
        upto = after
    return math.fsum(p for k, p in upto.items() if k >= hits)


@given(st.integers(0, 30), st.integers(1, 30), st.floats(0.01, 0.99), st.floats(0.01, 1000))
def test_the_tail_is_that_of_polyas_urn(hits, trials, mean, size):
    shares = Shares(mean, size)
    assert tail(min(hits, trials), trials, shares) == pytest.approx(exact(min(hits, trials), trials, shares), rel=1e-6)


def test_more_hits_are_less_likely_and_none_is_certain():
    tails = [tail(hits, 50, Shares(0.1, 20.0)) for hits in range(51)]
    assert tails[0] == 1
    assert all(p > q > 0 for p, q in pairwise(tails))


@pytest.mark.parametrize(("mean", "size"), [(0.05, 10.0), (0.3, 3.0), (0.02, 200.0)])
def test_the_fit_finds_the_law_that_shares_were_drawn_from(mean, size):
    draw = np.random.default_rng(3)
    trials = draw.integers(20, 400, 4000)
    found = fitted(draw.binomial(trials, draw.beta(mean * size, (1 - mean) * size, 4000)), trials)
    assert found.mean == pytest.approx(mean, rel=0.06)
    assert found.size == pytest.approx(size, rel=0.25)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), min_size=1, max_size=12))
def test_every_fit_is_a_law(units):
    trials = np.array([n for _, n in units])
    found = fitted(np.array([min(k, n) for k, n in units]), trials)
    assert 0 < found.mean < 1
    assert 0 < found.size <= trials.sum() + 1
