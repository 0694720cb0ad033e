from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vigie.kernels.hourly import rarity, scaled, sums, usual_hours, variation

counts = st.lists(st.integers(0, 40), min_size=1, max_size=120)


def slow_usual(values, hours):
    days = len({h // 24 for h in hours})

    def kind(hour):
        weekend = (hour // 24 + 3) % 7 >= 5
        return (hour % 24 if days >= 3 else 0, weekend if days >= 21 else False)

    found = []
    for hour in hours:
        same = [v for v, h in zip(values, hours, strict=True) if kind(h) == kind(hour)]
        same = same if len(same) >= 3 else values
        middle = median(same)
        limit = middle + 5 * max(1.4826 * median([abs(v - middle) for v in same]), middle**0.5, 1)
        quiet = [v for v in same if v <= limit]
        found.append((sum(quiet) + 0.5) / len(quiet))
    return found


@settings(max_examples=30)
@given(counts, st.sampled_from([1, 5, 24, 26, 24 * 7]), st.integers(0, 400_000))
def test_the_usual_hour_is_what_a_slow_reading_of_the_rule_says(values, step, start):
    hours = start + step * np.arange(len(values))
    expected = slow_usual(values, hours.tolist())
    assert usual_hours(np.array(values, np.float64), hours).tolist() == pytest.approx(expected)


@settings(max_examples=30)
@given(counts, st.integers(1, 130))
def test_sums_are_those_of_neighbours(values, width):
    slow = [sum(values[n : n + width]) for n in range(len(values) - width + 1)]
    assert sums(np.array(values, np.float64), width).tolist() == slow


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 0.5), (4.0, 0.1), (900.0, 0.04), (30.0, 1e-12)])
def test_rarity_is_the_tail_of_a_negative_binomial(mean, spread):
    at = np.arange(0.0, 4 * mean + 4)
    size = 1 / max(spread, 1e-9)
    exact = stats.nbinom.sf(at - 1, size, size / (size + mean))
    assert rarity(at, np.full(at.size, mean), spread).tolist() == pytest.approx(
        np.maximum(exact, 1e-300).tolist(), rel=1e-6
    )


def test_expectations_follow_the_readers_up_but_not_down():
    assert scaled(np.array([10.0, 10.0]), np.array([995.0, 0.0]), np.array([195.0, 195.0])).tolist() == [50.0, 10.0]


@pytest.mark.parametrize("true", [0.0, 0.05, 0.5])
def test_the_variation_is_found_again_and_a_flood_does_not_raise_it(true):
    draw = np.random.default_rng(1)
    mean = np.full(2_000, 80.0)
    level = draw.gamma(1 / true, true, mean.size) if true else np.ones(mean.size)
    found = draw.poisson(mean * level).astype(np.float64)
    found[7] = 100_000
    assert variation(found, mean) == pytest.approx(true * (1 + true), rel=0.25, abs=0.01)


def test_few_stretches_tell_little():
    assert variation(np.array([9.0, 11.0]), np.array([10.0, 10.0])) == 1.0
    assert variation(np.array([9.0, 11.0, 10.0]), np.array([10.0, 10.0, 10.0])) >= 1 / 3
