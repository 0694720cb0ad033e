from math import log

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scipy import stats

from vigie.kernels.outstanding import outstanding


def weekdays(days):
    return [n % 7 for n in range(days)]


def by_hand(counts, least, times):
    """The p-values without a weekly profile, as the docstring defines them."""
    left = list(range(len(counts)))
    taken = []
    for _ in range(max(1, int(0.3 * len(counts)))):
        top = max(left, key=lambda n: (counts[n], n))
        among = len(left)
        left.remove(top)
        rest = [counts[n] for n in left]
        y = [log(c + 1) for c in rest]
        scale = np.std(y, ddof=1) * (1 + 1 / len(rest)) ** 0.5
        distance = log(counts[top] + 1) - np.mean(y)
        if distance <= 0:
            taken.append((top, float(among)))
            continue
        student = stats.t.sf(distance / scale, len(rest) - 1) if scale > 1e-150 else 0.0
        mean = (sum(rest) + 0.5) / len(rest)
        seen = sum((c - mean) ** 2 for c in rest) / (len(rest) - 1) / mean
        ratio = max(least, seen * (1 + (times - 1) * min(1, max(seen, 1) / mean)))
        variance = mean * ratio * (1 + 1 / len(rest))
        share = mean / variance
        tail = stats.nbinom.sf(counts[top] - 1, mean * share / (1 - share), share) if counts[top] else 1.0
        taken.append((top, max(student, tail) * among))
    p_values = [1.0] * len(counts)
    for place, (day, _) in enumerate(taken):
        p_values[day] = min(1.0, *(p for _, p in taken[place:]))
    return p_values


@settings(max_examples=30)
@given(st.lists(st.sampled_from([0, 1, 2, 3, 9, 40, 300]), min_size=4, max_size=20))
def test_the_p_values_are_those_of_the_definition(counts):
    found = outstanding(counts, weekdays(len(counts)), least=2.5, times=2.0, alpha=0.01)
    expected = by_hand(counts, 2.5, 2.0)
    event(f"out: {min(2, sum(p <= 0.01 for p in expected))}")
    assert found.p_values.tolist() == pytest.approx(expected, rel=1e-6, abs=1e-290)


@given(st.lists(st.integers(0, 30), min_size=7, max_size=20), st.integers(100_000, 1_000_000))
def test_one_enormous_day_does_not_become_usual(counts, enormous):
    found = outstanding([*counts, enormous], weekdays(len(counts) + 1), least=2.5, times=2.0, alpha=0.05)
    assert found.p_values[-1] <= 0.05
    assert found.usual[-1] <= max(counts) + 0.5


def test_a_weekly_profile_is_learnt_from_three_weeks_on():
    week = [100, 110, 90, 105, 100, 10, 12]
    flat = outstanding([*week, *week], weekdays(14), least=1.5, times=1.0, alpha=0.01)
    assert flat.usual[5] == pytest.approx(flat.usual[0])
    counts = week * 5
    counts[19] = 60  # a Saturday: an ordinary count, but not for its day
    profile = outstanding(counts, weekdays(35), least=1.5, times=1.0, alpha=0.01)
    assert profile.p_values[19] < 0.001
    assert sum(profile.p_values <= 0.01) == 1
    assert profile.usual[19] == pytest.approx(11, abs=3)
    assert profile.usual[0] == pytest.approx(101, abs=8)


def test_a_profile_that_is_noise_vanishes():
    draw = np.random.default_rng(5)
    spread = []
    for _ in range(50):
        usual = outstanding(draw.poisson(50, 70).tolist(), weekdays(70), least=1.5, times=1.0, alpha=0.01).usual
        spread.append(usual.max() / usual.min())
    assert np.median(spread) < 1.05


def test_what_lasts_too_long_is_the_usual():
    counts = [1] * 10 + [200] * 5
    assert outstanding(counts, weekdays(15), least=2.5, times=2.0, alpha=0.01).p_values.min() > 0.01
    counts = [1] * 14 + [200] * 5
    assert sum(outstanding(counts, weekdays(19), least=2.5, times=2.0, alpha=0.01).p_values <= 0.01) == 5
