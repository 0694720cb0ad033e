from __future__ import annotations

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.kernels.listed_meetings import listed_meetings, pair_keys

SHARE = st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 12))


@given(
    st.lists(SHARE, max_size=40),
    st.sets(st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(0, 4)).filter(lambda p: p[1] < p[2])),
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
)
def test_every_two_shares_of_a_listed_pair_within_the_window_and_no_others(shares, pairs, windows):
    shares = sorted(shares, key=lambda s: (s[0], s[2]))
    objects = sorted({s[0] for s in shares})
    starts = [next(n for n, s in enumerate(shares) if s[0] == o) for o in objects] + [len(shares)]
    groups = np.array([o % 2 for o in objects], np.int32)
    keys = np.sort(pair_keys(*(np.array([p[n] for p in sorted(pairs)], np.int32) for n in range(3))))
    found = listed_meetings(
        np.array(starts, np.int64),
        np.array([s[1] for s in shares], np.int32),
        np.array([s[2] for s in shares], np.int64),
        np.array(windows, np.int64)[groups],
        groups,
        keys,
    )
    event(f"meetings: {min(len(found), 3)}")
    expected = [
        (i, j)
        for i, (o, a, t) in enumerate(shares)
        for j, (p, b, u) in enumerate(shares)
        if o == p and a < b and (o % 2, a, b) in pairs and abs(t - u) <= windows[o % 2]
    ]
    assert sorted(map(tuple, found.tolist())) == sorted(expected)
