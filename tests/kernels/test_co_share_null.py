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
from bench.coordination_truth import arranged, by_jitter, edges_of, validated
from vigie.kernels.co_share_null import (
    Periods,
    Rate,
    Shares,
    bh,
    by_channel,
    expected_activity,
    expected_timing,
    judge,
    meeting_chances,
    meeting_rate,
    near_pairs,
    pair_count,
    periods_of,
    tail,
    ticks,
)

CHANNELS = 5
LOGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, CHANNELS - 1)), min_size=1, max_size=24)
EDGES = list(combinations(range(CHANNELS), 2))


def arrays(log):
    log = sorted(log)
    starts = [n for n, row in enumerate(log) if not n or row[0] != log[n - 1][0]] + [len(log)]
    channels, times = np.array([c for *_, c in log], np.int32), np.array([t for _, t, _ in log], np.int64)
    # What a channel shares at one moment is one post.
    posts = np.unique(np.stack([channels, times]), axis=1, return_inverse=True)[1].astype(np.int32)
    shares = Shares(np.array(starts), np.ones(len(starts) - 1, np.bool_), channels, times, CHANNELS, posts)
    return log, shares


def always(log):
    times = [t for _, t, _ in log]
    return Periods(min(times), max(times) - min(times) + 1, 1)


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


@given(LOGS, st.integers(0, 15), st.integers(1, 9))
def test_pairs_near_each_other_are_those_one_finds_by_hand(log, window, length):
    log, shares = arrays(log)
    begin = min(t for _, t, _ in log)
    close, met = near_pairs(shares, Periods(begin, length, 41), window=window)
    found = Counter(one[0] for one, _ in share_pairs(log, window))
    assert close.tolist() == [found[o] for o in sorted({o for o, _, _ in log})]
    by_period = Counter()
    for (_, t, _), count in zip(log, first_meetings(log, window), strict=True):
        by_period[(t - begin) // length] += count
    assert met.tolist() == [by_period[d] for d in range(41)]


@given(LOGS, st.integers(0, 6), st.integers(1, 8))
def test_the_activity_null_is_the_formula(log, window, cell_shares):
    log, shares = arrays(log)
    times = [t for _, t, _ in log]
    periods = periods_of(min(times), max(times), len(log), window=window, cell_shares=cell_shares, cell_min=3)
    assert periods.length >= max(3, window)
    assert (max(times) + window - periods.begin) // periods.length == periods.number - 1
    met = first_meetings(log, window)
    expected = defaultdict(float)
    for d in range(periods.number):

        def is_in(time, d=d):
            return (time - periods.begin) // periods.length == d

        active = Counter(c for c, _ in {(c, o) for o, t, c in log if is_in(t) or is_in(t + window)})
        together = sum(m for m, t in zip(met, times, strict=True) if is_in(t))
        room = sum(active.values()) ** 2 - sum(n * n for n in active.values())
        for a, b in EDGES:
            if room:
                expected[a, b] += together * 2 * active[a] * active[b] / room
    by_period = near_pairs(shares, periods, window=window)[1]
    got = expected_activity(*edge_arrays(), by_channel(shares), periods, by_period, window=window)
    event(f"periods: {min(4, periods.number)}, meetings: {min(3, sum(met))}")
    assert np.allclose(got, [expected[edge] for edge in EDGES])


@given(LOGS, st.integers(0, 6))
def test_the_means_of_all_pairs_add_up_to_the_meetings(log, window):
    log, shares = arrays(log)
    times = [t for _, t, _ in log]
    periods = periods_of(min(times), max(times), len(log), window=window, cell_shares=6, cell_min=1)
    met = near_pairs(shares, periods, window=window)[1]
    got = expected_activity(*edge_arrays(), by_channel(shares), periods, met, window=window)
    assert math.isclose(got.sum(), met.sum(), abs_tol=1e-9)


@given(LOGS, st.integers(0, 6), st.integers(6, 30), st.floats(0.1, 50))
def test_the_timing_null_is_the_formula(log, window, reach, prior):
    log, shares = arrays(log)
    close = Counter(one[0] for one, _ in share_pairs(log, window))
    far = Counter(one[0] for one, _ in share_pairs(log, reach))
    votes = [close[o] / far[o] for o in far]
    steady = (2 * window + 1) / (2 * reach + 1)
    rho = max(steady, (sum(votes) + 30 * min(1, 3 * steady)) / (len(votes) + 30))
    kept = min(1, rho * len(votes) / sum(votes)) if any(votes) else 1
    by_hand = {o: (close[o] + prior * rho) / (far[o] + prior) for o in sorted({o for o, _, _ in log})}
    close_by_object, far_by_object = (near_pairs(shares, always(log), window=w)[0] for w in (window, reach))
    assert meeting_rate(close_by_object, far_by_object, steady=steady) == pytest.approx((rho, kept))
    chances = meeting_chances(close_by_object, far_by_object, rho=rho, prior=prior)
    assert np.allclose(chances, list(by_hand.values()))
    expected = defaultdict(float)
    together = Counter((min(x[2], y[2]), max(x[2], y[2]), x[0]) for x, y in share_pairs(log, reach))
    for (a, b, o), near in together.items():
        expected[a, b] += 1 - (1 - by_hand[o]) ** near
    got, trials = expected_timing(*edge_arrays(), by_channel(shares), reach=reach, chances=chances)
    assert trials.tolist() == [sum((*edge, o) in together for o in by_hand) for edge in EDGES]
    event(f"edges with a mean: {min(3, len(expected))}")
    assert np.allclose(got, [expected[edge] for edge in EDGES], atol=1e-9)


@given(LOGS, st.integers(0, 20), st.integers(1, 3))
def test_no_pair_that_could_be_listed_is_left_out_of_the_tests(log, reach, least):
    log, arrived = arrays(log)
    shared = defaultdict(set)
    for one, other in share_pairs(log, reach):
        shared[min(one[2], other[2]), max(one[2], other[2])].add(one[0])
    met = int(near_pairs(arrived, always(log), window=reach)[1].sum())
    listed = sum(len(o) >= least for o in shared.values())
    assert pair_count(by_channel(arrived), met, least=least) >= listed


@given(LOGS, st.integers(0, 3), st.integers(0, 6))
def test_an_object_that_does_not_count_might_as_well_not_be_there(log, passed, window):
    log, shares = arrays(log)
    numbers = sorted({o for o, _, _ in log})
    shares.kept[numbers.index(passed) if passed in numbers else 0] = False
    rest = [row for row in log if row[0] != (passed if passed in numbers else numbers[0])]
    if rest:
        one = np.ones(len(EDGES), np.int32)
        options = {"window": window, "least": 1, "cell_min": 3, "reach_windows": 3, "prior": 5.0}
        got, expected = (judge(*edge_arrays(), one, given, **options) for given in (shares, arrays(rest)[1]))
        assert np.allclose(got.p_values, expected.p_values)
        assert got.tests == expected.tests


CLOSE = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, CHANNELS - 1)), min_size=12, max_size=40
)


@given(LOGS | CLOSE, st.integers(0, 3), st.integers(1, 3), st.integers(1, 8))
def test_a_verdict_is_put_together_as_it_is_said(log, window, least, reach_windows):
    log, given_shares = arrays(log)
    counts = np.arange(len(EDGES), dtype=np.int32) % 4 + 1
    asked = {"window": window, "least": least, "cell_min": 3, "reach_windows": reach_windows}
    found = judge(*edge_arrays(), counts, given_shares, **asked)
    reach = reach_windows * max(window, 1)
    own = {c: {o for o, _, c2 in log if c2 == c} for c in range(CHANNELS)}
    able = sum(len(objects) >= least for objects in own.values())
    assert found.tests == min(able * (able - 1) // 2, sum(first_meetings(log, reach)) // least)
    choice = able * (able - 1) / 2 / found.tests if found.tests else 1.0
    far = Counter((min(x[2], y[2]), max(x[2], y[2]), x[0]) for x, y in share_pairs(log, reach))
    trials = np.array([len({o for a, b, o in far if (a, b) == edge}) for edge in EDGES], np.int32)
    event(f"choice: {min(3, int(choice))}, trials: {min(3, trials.max())}")
    activity, timing = tail(counts, found.activity) * choice, tail(counts, found.timing, trials)
    of_objects = np.maximum(np.minimum(1, activity), timing)
    # Where a channel has several shares in one post, acts may be asked for, and can only make it less of a surprise.
    moments = {c: [t for _, t, c2 in log if c2 == c] for c in range(CHANNELS)}
    apart = [all(len(moments[c]) == len(set(moments[c])) for c in edge) for edge in EDGES]
    assert found.p_values[apart] == pytest.approx(of_objects[apart])
    assert (found.p_values >= of_objects * (1 - 1e-9)).all()
    other = judge(*edge_arrays(), counts, given_shares, **asked, rate=Rate(1.0, found.rate.kept / 2))
    assert other.activity == pytest.approx(found.activity / 2)
    assert ((other.timing > found.timing) | (found.timing == 0) | (found.rate.rho == 1)).all()


def test_a_clock_of_whole_seconds_in_a_finer_unit_gives_the_same():
    log = [(o, 1_000 * o + 3 * c, c) for o in range(9) for c in range(3)]
    finer = [(o, t * 1_000, c) for o, t, c in log]
    a, b, n = np.array([0], np.int32), np.array([1], np.int32), np.array([9], np.int32)
    one = judge(a, b, n, arrays(log)[1], window=5, least=2, cell_min=3_600)
    other = judge(a, b, n, arrays(finer)[1], window=5_000, least=2, cell_min=3_600_000)
    assert one.p_values == pytest.approx(other.p_values)
    assert ticks(np.array([7, 1_007, 2_507]), 1_000) == 500


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


@given(st.lists(st.floats(0, 1), max_size=20), st.integers(20, 200))
def test_q_values_are_scipys_where_the_rest_is_certain(p_values, tests):
    q_values = bh(np.array(p_values), tests)
    everything = np.array([*p_values, *[1.0] * (tests - len(p_values))])
    assert np.allclose(q_values, stats.false_discovery_control(everything)[: len(p_values)])


def test_nothing_in_nothing_out():
    nobody, never = np.empty(0, np.int32), np.empty(0, np.int64)
    nothing = Shares(np.zeros(1, np.int64), np.zeros(0, np.bool_), nobody, never, 0, nobody)
    found = judge(nobody, nobody, nobody, nothing, window=60, least=2, cell_min=3600)
    assert [part.tolist() for part in found[:3]] == [[], [], []]
    assert found.tests == 0


def test_an_edge_of_accounts_that_never_share_expects_nothing():
    _, shares = arrays([(0, 0, 0), (0, 1, 1)])
    a, b = np.array([0, 3], np.int32), np.array([1, 4], np.int32)
    found = judge(a, b, np.array([1, 1], np.int32), shares, window=5, least=1, cell_min=10)
    own = 1 / (1 + 30 * 3 * 11 / 601) * 31  # one object's vote of 1 is shared with 30 of three times the steady rate
    assert found.activity.tolist() == [pytest.approx(1 / own), 0.0]
    assert found.timing[1] == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_groups_are_found_and_jitter_undoes_them(seed):
    *raw, truth = shares(30_000, seed)
    log = arranged(*raw)
    edges = edges_of(log)
    valid = validated(edges)
    found = np.union1d(edges.first[valid], edges.second[valid])
    member = np.flatnonzero(truth.group >= 0)
    strangers = np.setdiff1d(found, np.flatnonzero((truth.group >= 0) | (truth.feed >= 0)))
    assert len(np.intersect1d(found, member)) >= 0.9 * len(member)
    assert len(strangers) <= 0.05 * len(found)
    moved = by_jitter(log, np.random.default_rng(seed))
    assert not validated(edges_of(moved)).any()


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
