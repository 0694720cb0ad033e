import math

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.kernels.poll_spread import distance, spread


def by_hand(percents, sizes, steps):
    """The sum of squared distances in its plainest form; None where a poll has no figure of a candidate."""
    total = 0.0
    for c in range(len(percents[0])):
        given = [(row[c], n, step) for row, n, step in zip(percents, sizes, steps, strict=True) if row[c] is not None]
        if not given:
            continue
        mean = sum(x * n for x, n, _ in given) / sum(n for _, n, _ in given)
        for x, n, step in given:
            total += (x - mean) ** 2 / (mean * (100 - mean) / n + step**2 / 12)
    return total


@st.composite
def weeks(draw):
    houses, candidates = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    figure = st.one_of(st.none(), st.integers(0, 40).map(lambda n: n / 2))
    percents = [draw(st.lists(figure, min_size=candidates, max_size=candidates)) for _ in range(houses)]
    sizes = draw(st.lists(st.integers(50, 3_000).map(float), min_size=houses, max_size=houses))
    steps = draw(st.lists(st.sampled_from([1.0, 0.5, 0.1]), min_size=houses, max_size=houses))
    return percents, sizes, steps


@settings(max_examples=60)
@given(weeks())
def test_the_distance_is_that_of_the_definition(week):
    percents, sizes, steps = week
    cells = np.array([[math.nan if x is None else x for x in row] for row in percents])
    expected = by_hand(percents, sizes, steps)
    event(f"some distance: {expected > 0}")
    shown = ~np.isnan(cells)
    found = distance(np.nan_to_num(cells), shown, np.array(sizes), np.array(steps))
    assert float(found) == pytest.approx(expected)
    whole = spread(cells, np.array(sizes), np.array(steps), draws=100, seed=3)
    assert whole.observed == pytest.approx(expected)
    assert 1 / 101 <= whole.p_low <= 1
    assert whole == spread(cells, np.array(sizes), np.array(steps), draws=100, seed=3)


def test_p_values_of_honest_samples_are_level_and_the_ratio_is_near_one():
    chance, sizes, steps = np.random.default_rng(1), np.full(8, 1_000.0), np.full(8, 0.5)
    found = []
    for seed in range(120):
        shares = np.array([24.0, 22, 20, 18, 8, 4, 4]) / 100
        asked = 100 * chance.multinomial(1_000, shares, size=8)[:, :-1] / 1_000
        found.append(spread(np.round(asked * 2) / 2, sizes, steps, draws=200, seed=seed))
    assert np.mean([f.ratio for f in found]) == pytest.approx(1, abs=0.06)
    low = np.mean([f.p_low <= 0.1 for f in found])
    assert 0.03 <= low <= 0.18
    assert 20 < np.mean([f.freedom for f in found]) < 60


def test_samples_of_three_times_the_stated_size_scatter_a_third_as_far():
    chance, ratios = np.random.default_rng(2), []
    for seed in range(40):
        asked = 100 * chance.multinomial(3_000, [0.3, 0.25, 0.25, 0.2], size=9)[:, :-1] / 3_000
        ratios.append(spread(asked, np.full(9, 1_000.0), np.full(9, 0.01), draws=200, seed=seed).ratio)
    assert np.mean(ratios) == pytest.approx(1 / 3, abs=0.05)


def test_rounding_is_part_of_what_is_expected():
    # Whole points of samples of 50,000: everything that scatters is rounding, and it is expected to.
    chance = np.random.default_rng(3)
    ratios = []
    for seed in range(40):
        shares = chance.dirichlet([5, 5, 5, 5])
        asked = 100 * chance.multinomial(50_000, shares, size=8)[:, :-1] / 50_000
        ratios.append(spread(np.round(asked), np.full(8, 50_000.0), np.full(8, 1.0), draws=200, seed=seed).ratio)
    assert np.mean(ratios) == pytest.approx(1, abs=0.25)


def test_nobody_and_nothing_are_no_error():
    nothing = spread(np.full((4, 2), math.nan), np.full(4, 900.0), np.full(4, 0.5), draws=100, seed=1)
    assert (nothing.observed, nothing.ratio, nothing.p_low) == (0, 1, 1)
    tiny = spread(np.array([[0.0, 100.0]] * 4), np.full(4, 0.2), np.full(4, 1.0), draws=100, seed=1)
    assert tiny.p_low == 1
