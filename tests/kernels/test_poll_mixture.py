import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from vigie.kernels.poll_mixture import Mixture


@st.composite
def mixtures(draw):
    """One to four figures, each a mixture of one to six normals, some of weight next to nothing."""
    n, c = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    cells = st.lists(st.lists(st.floats(0, 1), min_size=n, max_size=n), min_size=c, max_size=c)
    weight = np.array(draw(cells)) ** 4
    weight[0] += 0.01
    return Mixture(weight / weight.sum(axis=0), 4 * np.array(draw(cells)), 0.001 + np.array(draw(cells)) ** 3)


def chance(mixture, figure, value):
    parts = zip(*(held[:, figure] for held in mixture), strict=True)
    return sum(float(w * norm.cdf(value, m, v**0.5)) for w, m, v in parts)


@given(mixtures(), st.floats(-3, 7))
def test_the_chance_below_is_the_sum_of_the_parts(mixture, value):
    got = mixture.below(np.full((mixture.mean.shape[1], 2), [value, value + 0.5]))
    for figure, (one, two) in enumerate(got):
        assert one == pytest.approx(chance(mixture, figure, value), rel=1e-9, abs=1e-300)
        assert two == pytest.approx(chance(mixture, figure, value + 0.5), rel=1e-9, abs=1e-300)


@settings(max_examples=60)
@given(mixtures(), st.lists(st.floats(0.001, 0.999), min_size=1, max_size=3))
def test_quantiles_are_where_the_chance_is_met(mixture, chances):
    got = mixture.quantiles(np.array(chances))
    for figure, values in enumerate(got):
        for asked, value in zip(chances, values, strict=True):
            assert chance(mixture, figure, value) == pytest.approx(asked, rel=1e-5)
            slow = brentq(lambda x, f=figure, a=asked: chance(mixture, f, x) - a, -12, 16, xtol=1e-12)
            # Between two parts that lie apart there may be next to no chance: there any value will do.
            assert value == pytest.approx(slow, abs=1e-4) or norm_density(mixture, figure, slow) < 0.01


def norm_density(mixture, figure, value):
    parts = zip(*(held[:, figure] for held in mixture), strict=True)
    return sum(float(w * norm.pdf(value, m, v**0.5)) for w, m, v in parts)


def test_far_out_the_chance_is_small_and_not_none():
    one = Mixture(np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)))
    assert one.below(np.array([[-30.0, -np.inf, np.inf]]))[0] == pytest.approx([norm.cdf(-30), 0, 1], rel=1e-9)


def test_noise_widens_and_moves_nothing():
    one = Mixture(np.ones((1, 2)), np.zeros((1, 2)), np.ones((1, 2)))
    got = one.with_noise(np.array([0.0, 3.0])).quantiles(norm.cdf([-1.0, 0.0, 1.0]))
    assert got == pytest.approx(np.array([[-1, 0, 1], [-2, 0, 2]]), abs=1e-6)
