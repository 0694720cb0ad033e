from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.share_order import share_order

SHARES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(-9, 9)), max_size=30)


def ordered(shares: list[tuple[int, int, int]], names: list[int]) -> list[frozenset]:
    """Return what was shared of each object, in the objects' order; `names` are their codes."""
    objects = np.array([names[o] for o, _, _ in shares], np.int32)
    channels, times = np.array([c for _, c, _ in shares], np.int32), np.array([t for *_, t in shares], np.int64)
    order, places = share_order(objects, channels, times, len(names))
    assert sorted(order.tolist()) == list(range(len(names)))
    assert (order[places] == objects).all()
    held = [sorted((c, t) for o, c, t in shares if names[o] == code) for code in order.tolist()]
    return [tuple(one) for one in held]


@given(SHARES, st.integers(0, 99))
def test_neither_the_order_of_rows_nor_the_codes_make_a_difference(shares, seed):
    random = Random(seed)
    names = random.sample(range(6), 6)
    assert ordered(shares, list(range(6))) == ordered(random.sample(shares, len(shares)), names)
