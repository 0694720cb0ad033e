from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vigie.kernels.cluster_share import cluster_share, crossings, mid_p

WORLDS = st.lists(st.tuples(st.integers(1, 9) | st.integers(1, 1_000), st.booleans()), min_size=1, max_size=40)


def arrays(world):
    weights, inside = zip(*world, strict=True)
    return np.array(weights, np.int64), np.array(inside, np.bool_)


def numbers(seed):
    """SplitMix64 as its author wrote it, as numbers from 0 to 1."""
    mask = 2**64 - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield ((z ^ (z >> 31)) >> 11) / 2**53


@settings(max_examples=30)
@given(WORLDS, st.integers(0, 99))
def test_the_crossings_are_those_of_sorted_numbers(world, seed):
    weights, inside = arrays(world)
    hit = int(weights[inside].sum())
    drawn = numbers(seed)
    wanted = []
    for _ in range(5):
        own = sorted(zip([next(drawn) for _ in world], weights.tolist(), strict=True))
        sums = np.cumsum([w for _, w in own])

        def first(goal, own=own, sums=sums):
            return 0.0 if goal <= 0 else next((u for (u, _), s in zip(own, sums, strict=True) if s >= goal), 1.0)

        wanted.append((first(hit), first(hit + 1)))
    assert crossings(weights, hit, 5, seed).T.tolist() == [list(w) for w in wanted]


@pytest.mark.parametrize(
    "world", [[(1, True), (2, False), (4, True), (4, False), (30, False)], [(3, True)] * 3 + [(7, False)] * 4]
)
def test_the_ends_are_where_the_exact_law_has_a_tail_of_a_fortieth(world):
    weights, inside = arrays(world)
    hit = int(weights[inside].sum())
    low, high = np.quantile(crossings(weights, hit, 40_000, 3), [0.025, 0.975])

    def tails(p):
        """P(more than `hit` inside) and half of P(exactly `hit`), and the same below, over every subset."""
        above = below = 0.0
        for chosen in product([False, True], repeat=len(weights)):
            chance = float(np.prod(np.where(chosen, p, 1 - p)))
            weight = int(weights[list(chosen)].sum())
            above += chance * ((weight > hit) + (weight == hit) / 2)
            below += chance * ((weight < hit) + (weight == hit) / 2)
        return above, below

    assert tails(low)[0] == pytest.approx(0.025, abs=0.003)
    assert tails(high)[1] == pytest.approx(0.025, abs=0.003)


@settings(max_examples=30)
@given(st.integers(1, 300), st.floats(0, 1))
def test_equal_weights_have_the_mid_p_interval_of_a_binomial(trials, part):
    hits = round(part * trials)
    low, high = mid_p(hits, trials)
    law = stats.binom(trials, [low, high])
    if hits:
        assert law.sf(hits)[0] + law.pmf(hits)[0] / 2 == pytest.approx(0.025, abs=1e-6)
    else:
        assert low == 0
    if hits < trials:
        assert law.cdf(hits - 1)[1] + law.pmf(hits)[1] / 2 == pytest.approx(0.025, abs=1e-6)
    else:
        assert high == 1
    found = cluster_share(np.full(trials, 7, np.int64), np.arange(trials) < hits)
    assert (found.low, found.high) == (low, high)


@settings(max_examples=30)
@given(WORLDS, st.randoms())
def test_the_interval_holds_the_share_whatever_the_order_and_mirrors(world, random):
    weights, inside = arrays(world)
    found = cluster_share(weights, inside)
    assert 0 <= found.low <= found.share <= found.high <= 1
    assert 1 <= found.effective <= found.sources + 1e-9
    order = random.sample(range(len(world)), len(world))
    assert cluster_share(weights[order], inside[order]) == found
    mirrored = cluster_share(weights, ~inside)
    assert mirrored.low == pytest.approx(1 - found.high, abs=0.03)


def test_one_loud_source_is_hardly_more_than_one_source():
    quiet = cluster_share(np.ones(40, np.int64), np.arange(40) < 20)
    loud = cluster_share(np.where(np.arange(40) == 0, 4_000, 1), np.arange(40) == 0)
    assert (round(quiet.low, 2), round(quiet.high, 2)) == (0.35, 0.65)
    assert loud.share > 0.99
    assert loud.low < 0.05
    assert loud.high > 0.97
    assert loud.effective < 1.1


def test_many_sources_take_the_closed_form_and_agree_with_it():
    draw = np.random.default_rng(3)
    weights, inside = draw.integers(1, 4, 3_000), draw.random(3_000) < 0.3
    found = cluster_share(weights, inside)
    assert found.effective > 1_000
    exact = np.quantile(crossings(np.sort(weights), int(weights[inside].sum()), 1_000, 1), [0.025, 0.975])
    assert [found.low, found.high] == pytest.approx(exact, abs=0.004)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_it_holds_the_planted_share_of_worlds_with_a_heavy_tail(share):
    """The full table is bench/origin_share.py; a percentile bootstrap holds 5 % in 65 of 100 such worlds."""
    draw = np.random.default_rng(11)
    held = 0
    for _ in range(300):
        inside = draw.random(40) < share
        found = cluster_share(np.floor(draw.pareto(1.2, 40) + 1).astype(np.int64), inside)
        held += found.low <= share <= found.high
    assert held >= 0.92 * 300
