"""Verdicts under both nulls, put together as is said, and what they find of planted groups."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from bench._shares import shares
from bench.coordination_truth import arranged, by_jitter, edges_of, validated
from tests.kernels._share_logs import (
    CHANNELS,
    CLOSE,
    EDGES,
    LOGS,
    always,
    arrays,
    edge_arrays,
    first_meetings,
    share_pairs,
)
from vigie.kernels.co_share_null import able_pairs, judge, pair_count
from vigie.kernels.co_share_tail import tail
from vigie.kernels.co_share_timing import Rate
from vigie.kernels.share_by_channel import Shares, by_channel
from vigie.kernels.share_near import near_pairs


@given(LOGS, st.integers(0, 20), st.integers(1, 3))
def test_no_pair_that_could_be_listed_is_left_out_of_the_tests(log, reach, least):
    log, arrived = arrays(log)
    shared = defaultdict(set)
    for one, other in share_pairs(log, reach):
        shared[min(one[2], other[2]), max(one[2], other[2])].add(one[0])
    met = int(near_pairs(arrived, always(log), window=reach)[1].sum())
    listed = sum(len(o) >= least for o in shared.values())
    assert pair_count(able_pairs(by_channel(arrived), least=least), met, least=least) >= listed


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
    certain = (found.timing == 0) | (found.timing > trials - 1e-6) | (found.rate.rho == 1)
    assert ((other.timing > found.timing) | certain).all()


def test_a_clock_of_whole_seconds_in_a_finer_unit_gives_the_same():
    log = [(o, 1_000 * o + 3 * c, c) for o in range(9) for c in range(3)]
    finer = [(o, t * 1_000, c) for o, t, c in log]
    a, b, n = np.array([0], np.int32), np.array([1], np.int32), np.array([9], np.int32)
    one = judge(a, b, n, arrays(log)[1], window=5, least=2, cell_min=3_600)
    other = judge(a, b, n, arrays(finer)[1], window=5_000, least=2, cell_min=3_600_000)
    assert one.p_values == pytest.approx(other.p_values)


def test_nothing_in_nothing_out():
    nobody, never = np.empty(0, np.int32), np.empty(0, np.int64)
    nothing = Shares(np.zeros(1, np.int64), np.zeros(0, np.bool_), nobody, never, 0, nobody, nobody, never)
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
    assert (coordinated > 0).mean() > 0.9  # by chance one may share nothing
