"""A set that grows equals Python's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.new_keys import NewKeys

FEW = st.tuples(st.sampled_from([0, -1, 1, 2**63 - 1]), st.sampled_from([0, 5, -(2**63)]))


@given(st.lists(st.lists(FEW, max_size=12), max_size=5))
def test_each_key_is_new_once(blocks):
    keys, seen = NewKeys(), set()
    for block in blocks:
        expected = [row for row, key in enumerate(block) if key not in seen and not seen.add(key)]
        assert keys.rows(np.array(block, np.int64).reshape(-1, 2)).tolist() == expected


def test_many_are_told_apart_as_it_grows():
    # Keys that fall on one place of a table: what says where they stand is one half against the other.
    alike = np.stack([np.arange(20_000), np.arange(20_000)], axis=1)
    apart = np.stack([np.arange(40_000), np.zeros(40_000, np.int64)], axis=1)
    keys = NewKeys()
    assert keys.rows(apart).tolist() == list(range(40_000))
    assert keys.rows(alike[:3_000]).tolist() == list(range(1, 3_000))
    assert keys.rows(apart).size == 0
