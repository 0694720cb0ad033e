"""Rows of a column in pieces equal those of the column joined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.pieces import near, pieces_of, taken_32, taken_64


# Sizes about that of a step of the table of near pieces, and many small ones within one.
@given(st.lists(st.sampled_from([1, 2, 4_095, 4_096, 4_097, 9_000]), min_size=1, max_size=8), st.data())
def test_they_equal_those_of_the_whole(sizes, data):
    starts = np.cumsum([0, *sizes])
    rows = np.array(data.draw(st.lists(st.integers(0, int(starts[-1]) - 1), max_size=30)), np.int64)
    pieces = pieces_of(rows, starts, near(starts))
    assert pieces.tolist() == [int(np.searchsorted(starts, row, side="right")) - 1 for row in rows]
    for kind, taken in ((np.int32, taken_32), (np.int64, taken_64)):
        parts = [np.arange(start, start + size).astype(kind) * 3 for start, size in zip(starts, sizes, strict=False)]
        origins = np.array([part.ctypes.data for part in parts]) - parts[0].itemsize * starts[:-1]
        assert np.array_equal(taken(rows, pieces, origins), np.concatenate(parts)[rows])


@pytest.mark.parametrize("row", [-1, 5])
def test_a_row_there_is_not_is_refused(row):
    starts = np.array([0, 2, 5])
    with pytest.raises(IndexError):
        pieces_of(np.array([row]), starts, near(starts))
