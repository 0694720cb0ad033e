from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.key_places import KeyPlaces

NUMBERS = st.sampled_from([-1, 0, 1, 1 << 62])
KEYS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=20)


def array(keys):
    return np.array(keys, np.int64).reshape(-1, 2)


@given(KEYS, st.lists(KEYS, max_size=4))
def test_keys_are_numbered_as_they_first_stand(known, batches):
    known = list(dict.fromkeys(known))
    places, numbers = KeyPlaces(array(known)), {key: n for n, key in enumerate(known)}
    for batch in batches:
        own, firsts = places.add(array(batch))
        new = [n for n, key in enumerate(batch) if key not in numbers and key not in batch[:n]]
        for n in new:
            numbers[batch[n]] = len(numbers)
        assert (own.tolist(), firsts.tolist()) == ([numbers[key] for key in batch], new)
        assert own.dtype == np.int32


def test_there_may_be_more_keys_than_there_is_room_for_at_first():
    keys = np.arange(40_000, dtype=np.int64).reshape(-1, 2)
    places = KeyPlaces(keys[:10])
    for start in range(0, 20_000, 3_000):
        own, firsts = places.add(keys[start : start + 3_000])
        assert own.tolist() == list(range(start, min(start + 3_000, 20_000)))
        assert len(firsts) == (len(own) - 10 if start == 0 else len(own))
