"""Look-ups equal a dictionary's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.numbered import numbers_of, table_of

KEYS = st.sampled_from([0, -1, 1, 2**63 - 1, -(2**63)]) | st.integers(0, 60).map(lambda n: n << 32)


@given(st.lists(st.tuples(KEYS, st.integers(0, 2**31 - 1)), max_size=80), st.lists(KEYS, max_size=40))
def test_they_equal_a_dictionary(pairs, asked):
    known = dict(pairs)
    table = table_of(np.array([k for k, _ in pairs], np.int64), np.array([n for _, n in pairs], np.int32))
    asked += list(known)
    assert numbers_of(np.array(asked, np.int64), table).tolist() == [known.get(key, -1) for key in asked]
