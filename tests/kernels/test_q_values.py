import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vigie.kernels.q_values import bh


@given(st.lists(st.floats(0, 1), max_size=20), st.integers(20, 200))
def test_q_values_are_scipys_where_the_rest_is_certain(p_values, tests):
    q_values = bh(np.array(p_values), tests)
    everything = np.array([*p_values, *[1.0] * (tests - len(p_values))])
    assert np.allclose(q_values, stats.false_discovery_control(everything)[: len(p_values)])
