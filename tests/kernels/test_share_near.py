"""Shares near each other and the clock they are by, beside what one finds by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels._share_logs import LOGS, arrays, first_meetings, share_pairs
from vigie.kernels.share_near import Cells, near_pairs, ticks


@given(LOGS, st.integers(0, 15), st.integers(1, 9))
def test_pairs_near_each_other_are_those_one_finds_by_hand(log, window, length):
    log, shares = arrays(log)
    begin = min(t for _, t, _ in log)
    close, met = near_pairs(shares, Cells(begin, length, 41), window=window)
    found = Counter(one[0] for one, _ in share_pairs(log, window))
    assert close.tolist() == [found[o] for o in sorted({o for o, _, _ in log})]
    by_cell = Counter()
    for (_, t, _), count in zip(log, first_meetings(log, window), strict=True):
        by_cell[(t - begin) // length] += count
    assert met.tolist() == [by_cell[d] for d in range(41)]


def test_the_last_stretch_may_have_fewer_cells():
    cells = Cells(0, 10, 5, 2)
    assert (cells.stretches, cells.stretch_length) == (3, 20)
    assert cells.by_stretch(np.array([1, 2, 3, 4, 5])).tolist() == [3, 7, 5]


def test_the_clock_is_what_all_times_keep():
    assert ticks(np.array([7, 1_007, 2_507]), 1_000) == 500
