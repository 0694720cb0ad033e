from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.running_sum import running_sum


def by_hand(values):
    total = 0
    for value in values:
        total = (total * 0x9E3779B97F4A7C15 + value + 1) % (1 << 64)
    return total


@given(st.lists(st.integers(0, 255), max_size=20), st.integers(0, 20))
@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.uint32, np.int64])
def test_it_goes_on_where_it_was_and_tells_any_change(kind, values, cut):
    column = np.array(values, kind)
    assert running_sum(running_sum(0, column[:cut]), column[cut:]) == running_sum(0, column) == by_hand(values)
    if cut < len(values):
        column[cut] ^= 1
        assert running_sum(0, column) != by_hand(values)


def test_floats_are_told_by_their_bits():
    assert running_sum(0, np.array([0.0], np.float32)) != running_sum(0, np.array([-0.0], np.float32))
