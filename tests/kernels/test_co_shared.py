"""Pairs of channels at several objects, beside a count by hand, and what becomes of crowds."""

from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.kernels.co_share_null import judge
from vigie.kernels.co_shared import by_object, co_shared
from vigie.kernels.share_by_channel import Shares

CHANNELS = 6
# Few of everything: ties of time, a channel that repeats itself, one content of two channels, the same row twice.
LOGS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, CHANNELS - 1), st.integers(0, 9), st.integers(0, 30)), max_size=50
)
OWN = LOGS.map(lambda rows: [(o, c, n, t) for n, (o, c, _, t) in enumerate(rows)])
DENSE = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 99), st.integers(0, 12)), min_size=10, max_size=40
)


def run(log, window, **options):
    objects, channels, contents = (np.array([row[k] for row in log], np.int32) for k in range(3))
    times = np.array([row[3] for row in log], np.int64)
    options = {"channel_count": CHANNELS, "cell_min": 10, "reach_windows": 4} | options
    rows = by_object(objects, channels, contents, times, channel_count=options["channel_count"])
    return co_shared(rows, window=window, **options)


def crowds_by_hand(log, window, crowd_max):
    peaks = Counter()
    for o, _, _, t in log:
        peaks[o] = max(peaks[o], len({c for o2, c, _, t2 in log if o2 == o and 0 <= t - t2 <= window}))
    return {o: peak for o, peak in peaks.items() if peak > crowd_max}


def pairs_by_hand(log, window, crowds, least):
    of = defaultdict(list)
    for x, y in combinations(log, 2):
        if x[0] == y[0] and x[0] not in crowds and x[1] != y[1] and x[2] != y[2] and abs(x[3] - y[3]) <= window:
            of[min(x[1], y[1]), max(x[1], y[1])].append((x, y) if x[3] <= y[3] else (y, x))
    return {
        pair: (
            len({x[0] for x, _ in met}),
            len(met),
            sum(y[3] - x[3] for x, y in met),
            sum(x[3] < y[3] and x[1] == pair[0] for x, y in met),
            sum(x[3] == y[3] for x, y in met),
            min(x[3] for x, _ in met),
            max(y[3] for _, y in met),
        )
        for pair, met in sorted(of.items())
        if len({x[0] for x, _ in met}) >= least
    }


def pairs_of(found):
    columns = (found.objects, found.meetings, found.delay, found.led, found.tied, found.begin, found.end)
    keys = zip(found.first.tolist(), found.second.tolist(), strict=True)
    return dict(zip(keys, zip(*(column.tolist() for column in columns), strict=True), strict=True))


@settings(max_examples=300)
@given(LOGS | OWN | DENSE, st.integers(0, 9), st.integers(1, 5), st.integers(1, 3))
def test_pairs_are_those_one_counts_by_hand(log, window, crowd_max, least):
    crowds = crowds_by_hand(log, window, crowd_max)
    expected = pairs_by_hand(log, window, crowds, least)
    found = run(log, window, crowd_max=crowd_max, least=least)
    event(f"pairs: {min(3, len(expected))}, crowds: {len(crowds)}")
    assert list(pairs_of(found)) == list(expected)
    assert pairs_of(found) == expected
    listed = zip(found.crowd_objects.tolist(), found.crowd_peaks.tolist(), strict=True)
    alone = {o for o, count in Counter(o for o, *_ in log).items() if count == 1}
    assert dict(listed) == {o: peak for o, peak in crowds.items() if o not in alone}
    for n, o in enumerate(found.crowd_objects.tolist()):
        when = [t for o2, _, _, t in log if o2 == o]
        figures = (found.crowd_shares[n], found.crowd_begin[n], found.crowd_end[n])
        assert figures == (len(when), min(when), max(when))


@settings(max_examples=100)
@given(OWN, st.integers(0, 9), st.integers(2, 5))
def test_chance_is_that_of_the_shares_that_are_left(log, window, crowd_max):
    found = run(log, window, crowd_max=crowd_max)
    crowds = crowds_by_hand(log, window, crowd_max)
    shares = shares_of([row for row in log if row[0] not in crowds])
    expected = judge(
        found.first, found.second, found.objects, shares, window=window, least=2, cell_min=10, reach_windows=4
    )
    for name in ("activity", "timing", "p_values"):
        assert np.allclose(getattr(found, name), getattr(expected, name), rtol=1e-12, atol=0)
    assert found.tests == expected.tests


def shares_of(log):
    sizes = Counter(o for o, *_ in log)
    lone = [row for row in log if sizes[row[0]] == 1]
    lone_channels, lone_times = (
        np.array([row[1] for row in lone], np.int32),
        np.array([row[3] for row in lone], np.int64),
    )
    log = shared_twice(log)
    starts = np.array([n for n, row in enumerate(log) if not n or row[0] != log[n - 1][0]] + [len(log)])
    channels, contents = (np.array([row[k] for row in log], np.int32) for k in (2, 3))
    times = np.array([row[1] for row in log], np.int64)
    return Shares(
        starts, np.ones(len(starts) - 1, np.bool_), channels, times, CHANNELS, contents, lone_channels, lone_times
    )


def shared_twice(log):
    sizes = Counter(o for o, *_ in log)
    return sorted(((o, t, c, post) for o, c, post, t in log if sizes[o] > 1), key=lambda row: row[:3])


@settings(max_examples=150)
@given(OWN | DENSE, st.integers(0, 4), st.integers(1, 14), st.integers(2, 5))
def test_with_periods_each_pair_has_its_best_one(log, window, period, crowd_max):
    found = run(log, window, period=period, crowd_max=crowd_max)
    crowds = crowds_by_hand(log, window, crowd_max)
    moments = [t for _, t, *_ in shared_twice(log)] or [0]
    options = {"window": window, "least": 2, "cell_min": 10, "reach_windows": 4}
    nobody = (np.zeros(0, np.int32),) * 3
    rest = [row for row in log if row[0] not in crowds]
    rate = judge(*nobody, shares_of(rest), **options).rate
    best, stretches, tests = {}, 0, 0
    for begin in range(min(moments), max(moments) + 1, max(1, period // 2)):
        part = [row for row in rest if begin <= row[3] < begin + period]
        if shared_twice(part):
            stretches += 1
            pairs = pairs_by_hand(part, window, (), 2)
            a, b = (np.array([pair[k] for pair in pairs], np.int32) for k in range(2))
            n = np.array([figures[0] for figures in pairs.values()], np.int32)
            judged = judge(a, b, n, shares_of(part), **options, rate=rate)
            tests += judged.tests
            for pair, figures, p_value in zip(pairs, pairs.values(), judged.p_values, strict=True):
                best[pair] = min(best.get(pair, (2, ())), (p_value, figures), key=lambda item: item[0])
        if begin + period > max(moments):
            break
    event(f"stretches: {min(3, stretches)}, pairs: {min(3, len(best))}")
    assert pairs_of(found) == {pair: figures for pair, (_, figures) in sorted(best.items())}
    promised = [min(1, p_value * stretches) for _, (p_value, _) in sorted(best.items())]
    assert found.p_values.tolist() == pytest.approx(promised)
    assert len(found.first) <= found.tests <= tests


@given(OWN, st.randoms(use_true_random=False), st.integers(0, 9))
def test_the_order_of_the_rows_says_nothing(log, shuffle, window):
    mixed = log[:]
    shuffle.shuffle(mixed)
    for one, other in zip(run(log, window), run(mixed, window), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    "log",
    [
        [],
        [(0, 0, 0, 5)],
        [(n % 3, 2, n, n // 3) for n in range(40)],  # one channel only
        [(n, n % CHANNELS, n, 7) for n in range(40)],  # nothing shared twice
        [(0, 1, 1, 7)] * 50,  # all posts identical
    ],
)
def test_no_pairs(log):
    found = run(log, 5)
    assert not found.first.size
    assert not found.p_values.size
    assert not found.crowd_objects.size


def test_a_crowd_of_thousands_costs_a_moment():
    crowd = [(0, n, n, n % 9) for n in range(20_000)]
    friends = [(o, c, 50_000 + 10 * o + c, 1_000 * o) for o in (1, 2, 3) for c in (7, 9)]
    found = run([*crowd, *friends], 60, channel_count=20_000)
    assert pairs_of(found) == {(7, 9): (3, 3, 0, 0, 3, 1_000, 3_000)}
    assert found.crowd_peaks.tolist() == [20_000]
