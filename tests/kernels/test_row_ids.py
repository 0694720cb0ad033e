"""Row ids are numbers and back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.row_ids import row_codes, row_ids, row_numbers
from vigie.rules.plain import texts_of

# Few sources, so that rows of one follow one another.
ROWS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 0x0123456789AB, 0x0123456789AC, 2**48 - 1]),
        st.sampled_from([0, 9, 10, 99, 100, 10**18, 2**63 - 1]) | st.integers(0, 2**63 - 1),
    ),
    max_size=20,
)


@given(ROWS)
def test_they_are_numbers_and_back(rows):
    ids = pa.array([f"{source:012x}:{record}" for source, record in rows], pa.string())
    sources, records = row_numbers(texts_of(ids))
    assert list(zip(sources.tolist(), records.tolist(), strict=True)) == rows
    offsets, data = row_ids(sources, records)
    made = pa.StringArray.from_buffers(len(rows), pa.py_buffer(offsets), pa.py_buffer(data))
    assert made.to_pylist() == ids.to_pylist()


@given(ROWS | st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=20), st.sampled_from([3, 20, 1 << 28]))
def test_rows_have_one_code_if_they_are_one(rows, most):
    numbers = np.array(rows, np.int64).reshape(-1, 2).T
    codes = row_codes(numbers, most).tolist()
    assert len(codes) == len(rows)
    assert [codes.index(code) for code in codes] == [rows.index(row) for row in rows]
    if codes:
        assert 0 <= min(codes) <= max(codes) < max(most, len(rows))


@pytest.mark.parametrize("wrong", ["", "abc", "0123456789ab", "0123456789ab:", "0123456789AB:1", "0123456789ab:1x"])
@pytest.mark.parametrize("more", [0, 4])
def test_what_is_no_row_id_is_refused(wrong, more):
    good = ["0123456789ab:1"] * more
    with pytest.raises(AssertionError):
        row_numbers(texts_of(pa.array([*good, wrong, *good])))


def test_nothing_is_nothing():
    none = np.zeros(0, np.int64)
    offsets, data = row_ids(none, none)
    assert (offsets.tolist(), data.tolist()) == ([0], [])
