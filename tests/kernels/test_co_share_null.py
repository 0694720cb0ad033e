from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from scipy import stats

from bench._shares import shares
from bench.coordination_truth import arranged, by_jitter, judged, pairs
from vigie.kernels.co_share_null import (
    bh,
    expected_activity,
    expected_timing,
    judge,
    meeting_chances,
    near_pairs,
    pair_count,
    period_cells,
    tail,
)

CHANNELS = 5
LOGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, CHANNELS - 1)), min_size=1, max_size=24)
EDGES = list(combinations(range(CHANNELS), 2))


def arrays(log):
    log = sorted(log)
    objects = np.array([o for o, _, _ in log], np.int32)
    times = np.array([t for _, t, _ in log], np.int64)
    return log, (objects, np.array([c for _, _, c in log], np.int32), times)


def edge_arrays():
    return np.array([a for a, _ in EDGES], np.int32), np.array([b for _, b in EDGES], np.int32)


def share_pairs(log, window):
    """All pairs of shares of one object by different accounts at most `window` apart, the slow way."""
    return [
        (one, other)
        for one, other in combinations(log, 2)
        if one[0] == other[0] and one[2] != other[2] and abs(one[1] - other[1]) <= window
    ]


def first_meetings(log, window):
    """Shares of channels silent at the object for longer than the window, with each channel not silent, by hand."""
    met = []
    for j, (o, t, c) in enumerate(log):
        lately = {other for o2, t2, other in log[:j] if o2 == o and t - t2 <= window}
        met.append(0 if c in lately else len(lately))
    return met


@given(LOGS, st.integers(0, 15))
def test_pairs_near_each_other_are_those_one_finds_by_hand(log, window):
    log, arrived = arrays(log)
    close, met = near_pairs(*arrived, window=window)
    assert close.sum() == len(share_pairs(log, window))
    assert met.tolist() == first_meetings(log, window)


@given(LOGS, st.integers(0, 6), st.integers(1, 8))
def test_the_activity_null_is_the_formula(log, window, cell_shares):
    log, arrived = arrays(log)
    cells = period_cells(arrived[2], window=window, cell_shares=cell_shares, cell_min=3)
    met = first_meetings(log, window)
    expected = defaultdict(float)
    for d in range(int(cells[1].max()) + 1):
        active = Counter(
            c
            for c, _ in {
                (c, o) for (o, _, c), at, end in zip(log, *(x.tolist() for x in cells), strict=True) if d in {at, end}
            }
        )
        together = sum(m for m, at in zip(met, cells[0].tolist(), strict=True) if at == d)
        room = sum(active.values()) ** 2 - sum(n * n for n in active.values())
        for a, b in EDGES:
            if room:
                expected[a, b] += together * 2 * active[a] * active[b] / room
    got = expected_activity(*edge_arrays(), *arrived, window=window, cells=cells)
    event(f"cells: {min(4, int(cells[0].max()))}, meetings: {min(3, sum(met))}")
    assert np.allclose(got, [expected[edge] for edge in EDGES])


@given(LOGS, st.integers(0, 6))
def test_the_means_of_all_pairs_add_up_to_the_meetings(log, window):
    _, arrived = arrays(log)
    cells = period_cells(arrived[2], window=window, cell_shares=6, cell_min=1)
    got = expected_activity(*edge_arrays(), *arrived, window=window, cells=cells)
    assert math.isclose(got.sum(), near_pairs(*arrived, window=window)[1].sum(), abs_tol=1e-9)


@given(LOGS, st.integers(0, 6), st.integers(6, 30), st.floats(0.1, 50))
def test_the_timing_null_is_the_formula(log, window, reach, prior):
    log, arrived = arrays(log)
    close = Counter(one[0] for one, _ in share_pairs(log, window))
    far = Counter(one[0] for one, _ in share_pairs(log, reach))
    votes = [close[o] / far[o] for o in far]
    rho = max((2 * window + 1) / (2 * reach + 1), sum(votes) / len(votes) if votes else 0)
    by_hand = {o: (close[o] + prior * rho) / (far[o] + prior) for o in range(4)}
    chances = meeting_chances(*arrived, window=window, reach=reach, prior=prior)
    assert np.allclose(chances, [by_hand[o] for o in range(len(chances))])
    expected = defaultdict(float)
    together = Counter((min(x[2], y[2]), max(x[2], y[2]), x[0]) for x, y in share_pairs(log, reach))
    for (a, b, o), near in together.items():
        expected[a, b] += 1 - (1 - by_hand[o]) ** near
    got = expected_timing(*edge_arrays(), *arrived, reach=reach, chances=chances)
    event(f"edges with a mean: {min(3, len(expected))}")
    assert np.allclose(got, [expected[edge] for edge in EDGES], atol=1e-9)


@given(LOGS, st.integers(0, 20), st.integers(1, 3))
def test_no_pair_that_could_be_listed_is_left_out_of_the_tests(log, reach, least):
    log, arrived = arrays(log)
    shared = defaultdict(set)
    for one, other in share_pairs(log, reach):
        shared[min(one[2], other[2]), max(one[2], other[2])].add(one[0])
    assert pair_count(*arrived, reach=reach, least=least) >= sum(len(o) >= least for o in shared.values())


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 20)), min_size=1))
def test_the_tail_is_scipys(cases):
    n, mean = np.array([k for k, _ in cases], np.int32), np.array([m for _, m in cases])
    assert np.allclose(tail(n, mean), stats.poisson.sf(n - 1, mean), rtol=1e-9)


@given(st.lists(st.floats(0.01, 0.6), min_size=1, max_size=8), st.integers(1, 8))
def test_a_poisson_tail_is_never_below_that_of_unequal_trials_above_the_mean(chances, k):
    if k >= sum(chances) + 1 and k <= len(chances):
        exact = np.array([1.0])
        for p in chances:
            exact = np.convolve(exact, [1 - p, p])
        assert tail(np.array([k], np.int32), np.array([sum(chances)]))[0] >= exact[k:].sum() - 1e-12


@given(st.lists(st.floats(0, 1), max_size=20), st.integers(20, 200))
def test_q_values_are_scipys_where_the_rest_is_certain(p_values, tests):
    q_values = bh(np.array(p_values), tests)
    everything = np.array([*p_values, *[1.0] * (tests - len(p_values))])
    assert np.allclose(q_values, stats.false_discovery_control(everything)[: len(p_values)])


def test_nothing_in_nothing_out():
    nobody, never = np.empty(0, np.int32), np.empty(0, np.int64)
    found = judge(nobody, nobody, nobody, nobody, nobody, never, window=60, least=2, cell_min=3600)
    assert [part.tolist() for part in found[:4]] == [[], [], [], []]
    assert found.tests == 0


def test_an_edge_of_accounts_that_never_share_expects_nothing():
    _, arrived = arrays([(0, 0, 0), (0, 1, 1)])
    a, b = np.array([0, 7], np.int32), np.array([1, 9], np.int32)
    found = judge(a, b, np.array([1, 1], np.int32), *arrived, window=5, least=1, cell_min=10)
    assert found.activity.tolist() == [1.0, 0.0]
    assert found.timing[1] == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_groups_are_found_and_jitter_undoes_them(seed):
    *raw, truth = shares(30_000, seed)
    log = arranged(*raw)
    edges = pairs(log)
    valid = judged(log, edges).q_values <= 0.05
    found = np.union1d(edges.a[valid], edges.b[valid])
    member = np.flatnonzero(truth.group >= 0)
    strangers = np.setdiff1d(found, np.flatnonzero((truth.group >= 0) | (truth.feed >= 0)))
    assert len(np.intersect1d(found, member)) >= 0.9 * len(member)
    assert len(strangers) <= 0.05 * len(found)
    moved = by_jitter(log, np.random.default_rng(seed))
    assert not (judged(moved, pairs(moved)).q_values <= 0.05).any()


@given(st.integers(0, 2**32))
def test_a_log_is_what_its_seed_says(seed):
    one, again = shares(20_000, seed), shares(20_000, seed)
    for left, right in zip(one[:3], again[:3], strict=True):
        assert left.tolist() == right.tolist()
    objects, channels, times, truth = one
    assert len(objects) == len(channels) == len(times) == 20_000
    assert (np.diff(times) >= 0).all()
    assert channels.max() < len(truth.group)
    assert objects.max() < len(truth.rush)
    coordinated = np.bincount(channels, minlength=len(truth.group))[truth.group >= 0]
    assert (coordinated > 0).all()
