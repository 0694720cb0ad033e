import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.local_level import PRIOR_MEAN, PRIOR_VARIANCE, forecasts, smooth

FIGURE = st.tuples(st.integers(0, 9), st.floats(0, 100), st.sampled_from([0.5, 2.0, 9.0, math.inf]))
SERIES = st.lists(FIGURE, min_size=1, max_size=9)
DRIFT = st.sampled_from([0.01, 0.3, 1.0])


def arrays(series):
    gaps, seen, noise = (np.array(column, dtype=np.float64) for column in zip(*series, strict=True))
    return np.cumsum(gaps), seen, noise


def dense(day, seen, noise, drift, use):
    """The definition: levels are jointly normal, so condition them on the observations `use` with dense matrices.

    The level at the first day stands for the unknown constant; it is integrated out with its own prior.
    """
    prior = PRIOR_VARIANCE + drift * np.minimum.outer(day - day[0], day - day[0])
    use = [u for u in use if not math.isinf(noise[u])]
    if not use:
        return np.full(len(day), PRIOR_MEAN), np.diag(prior)
    inside = prior[np.ix_(use, use)] + np.diag(noise[use])
    gain = np.linalg.solve(inside, prior[use]).T
    mean = PRIOR_MEAN + gain @ (seen[use] - PRIOR_MEAN)
    return mean, np.diag(prior - gain @ prior[use])


def close(got, wanted):
    return np.allclose(got, wanted, rtol=1e-4, atol=1e-4)


@given(SERIES, DRIFT)
def test_filter_and_smoother_are_the_dense_posterior(series, drift):
    day, seen, noise = arrays(series)
    mean, variance, late_mean, late_variance = smooth(day, seen, noise, drift)
    every = range(len(day))
    known = [t for t in every if np.isfinite(noise[: t + 1]).any()]
    for t in known:
        exact_mean, exact_variance = dense(day, seen, noise, drift, range(t + 1))
        assert close([mean[t], variance[t]], [exact_mean[t], exact_variance[t]])
    if known:
        exact_mean, exact_variance = dense(day, seen, noise, drift, every)
        assert close(late_mean, exact_mean)
        assert close(late_variance, exact_variance)


@given(SERIES, DRIFT)
def test_a_forecast_is_the_dense_posterior_of_what_came_before(series, drift):
    day, seen, noise = arrays(series)
    mean, variance, chosen = forecasts(day, seen, noise, np.array([drift]), np.zeros(1))
    assert chosen == drift
    for t in range(len(day)):
        if np.isfinite(noise[:t]).any():
            exact_mean, exact_variance = dense(day, seen, noise, drift, range(t))
            assert close([mean[t], variance[t]], [exact_mean[t], exact_variance[t]])
        else:
            assert np.isnan([mean[t], variance[t]]).all()


@given(SERIES)
def test_the_drift_chosen_is_the_likeliest_by_the_dense_likelihood(series):
    day, seen, noise = arrays(series)
    drifts = np.array([0.01, 0.3, 1.0, 5.0])
    log_prior = np.array([-0.1, 0.0, -0.2, -1.0])
    fits = []
    for drift, prior in zip(drifts, log_prior, strict=True):
        mean, variance, _ = forecasts(day, seen, noise, np.array([drift]), np.zeros(1))
        known = np.isfinite(noise) & ~np.isnan(mean)
        total = variance[known] + noise[known]
        fits.append(prior - 0.5 * np.sum(np.log(total) + (seen[known] - mean[known]) ** 2 / total))
    chosen = forecasts(day, seen, noise, drifts, log_prior)[2]
    assert fits[int(np.flatnonzero(drifts == chosen)[0])] >= max(fits) - 1e-9


@given(SERIES, st.floats(0, 100))
def test_a_figure_has_no_part_in_its_own_forecast(series, other):
    day, seen, noise = arrays(series)
    drifts, prior = np.array([0.01, 0.3, 1.0]), np.zeros(3)
    before = forecasts(day, seen, noise, drifts, prior)
    changed = np.append(seen[:-1], other)
    after = forecasts(day, changed, noise, drifts, prior)
    assert np.array_equal(before[0], after[0], equal_nan=True)
    assert np.array_equal(before[1], after[1], equal_nan=True)
