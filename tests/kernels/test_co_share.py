from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.kernels.co_share import meetings

SHARES = st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), max_size=14), max_size=4)


def run(objects, window, crowd_max):
    objects = [sorted(o) for o in objects]
    starts = np.cumsum([0, *map(len, objects)]).astype(np.int64)
    flat = [share for o in objects for share in o]
    times = np.array([t for t, _ in flat], np.int64)
    channels = np.array([c for _, c in flat], np.int32)
    made = meetings(starts, channels, times, window_us=window, crowd_max=crowd_max)
    return objects, starts, [a.tolist() for a in made]


def by_hand(objects, window, crowd_max):
    """The definition, in its slowest and plainest form: meetings as {(earlier, later): (shares, delay)}, and peaks."""
    found, peaks, offset = {}, [], 0
    for shares in objects:
        peak, met = 0, {}
        for j, (t, c) in enumerate(shares):
            within = defaultdict(list)
            for i in range(j):
                if t - shares[i][0] <= window:
                    within[shares[i][1]].append(i)
            peak = max(peak, len({c, *within}))
            for other, rows in within.items():
                if other != c:
                    met[offset + rows[-1], offset + j] = (len(rows), sum(t - shares[i][0] for i in rows))
        peaks.append(peak)
        if peak <= crowd_max:
            found |= met
        offset += len(shares)
    return found, peaks


@given(SHARES, st.integers(0, 12), st.integers(1, 6))
def test_the_loop_says_what_the_definition_says(objects, window, crowd_max):
    objects, _, (peaks, earlier, later, shares, delays) = run(objects, window, crowd_max)
    found = dict(zip(zip(earlier, later, strict=True), zip(shares, delays, strict=True), strict=True))
    expected, expected_peaks = by_hand(objects, window, crowd_max)
    event(f"meetings: {min(len(found), 3)}, crowds: {any(p > crowd_max for p in peaks)}")
    assert found == expected
    assert len(earlier) == len(found)
    assert peaks == expected_peaks
    assert later == sorted(later)


def test_a_channel_that_repeats_itself_does_not_multiply():
    shares = [(t, t % 2) for t in range(2_000)]
    _, _, (_, earlier, _, counted, _) = run([shares], 5_000, 10)
    assert len(earlier) == 1_999
    assert sum(counted) == 1_000 * 1_000


def test_a_crowd_has_no_meetings_and_says_how_many_came():
    crowd = [(n % 7, n) for n in range(50)]
    pair = [(0, 0), (1, 1)]
    _, _, (peaks, earlier, *_) = run([crowd, pair], 60, 20)
    assert peaks == [50, 2]
    assert earlier == [50]


def test_nothing_in_nothing_out():
    _, _, made = run([], 60, 20)
    assert made == [[], [], [], [], []]
