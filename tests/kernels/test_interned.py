from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.interned import Interned

BLOCKS = st.lists(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2)), max_size=12), max_size=6)


def keys(pairs):
    return np.array(pairs, np.int64).reshape(-1, 2)


@given(BLOCKS)
def test_numbers_are_given_in_the_order_of_first_occurrence(blocks):
    known, interned = {}, Interned()
    for block in blocks:
        before = len(known)
        expected = [known.setdefault(pair, len(known)) for pair in block]
        codes, rows = interned.numbers(keys(block))
        assert codes.tolist() == expected
        assert [block[row] for row in rows] == list(known)[before:]
    assert len(interned) == len(known)
    assert interned.keys.tolist() == [list(pair) for pair in known]
    assert interned.find(keys([*known, (9, 9)])).tolist() == [*range(len(known)), -1]


def test_it_grows_and_still_knows_everything():
    draw = np.random.default_rng(5).integers(-(1 << 62), 1 << 62, (30_000, 2))
    interned = Interned()
    for start in range(0, len(draw), 7_000):
        interned.numbers(draw[start : start + 7_000])
    assert interned.find(draw).tolist() == list(range(30_000))
    assert interned.numbers(draw[::-1])[0].tolist() == list(range(30_000))[::-1]
