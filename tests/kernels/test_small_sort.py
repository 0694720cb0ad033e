from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.small_sort import bits_for, put_in_order


@given(st.lists(st.integers(0, 20_000), unique=True, max_size=300), st.lists(st.integers(0, 300), unique=True))
def test_numbers_come_in_order_and_the_bits_are_clear_for_the_next(wide, narrow):
    bits = bits_for(20_001)
    for given_numbers in (wide, narrow, wide):
        numbers = np.array(given_numbers, np.int32)
        put_in_order(numbers, bits)
        assert numbers.tolist() == sorted(given_numbers)
    assert not bits.bits.any()
    assert not bits.words.any()


def test_the_last_number_of_all_has_its_place():
    for count in (64, 4096, 4097, 5000):
        numbers = np.arange(count, dtype=np.int32)[::-1].copy()
        put_in_order(numbers, bits_for(count))
        assert numbers.tolist() == list(range(count))
