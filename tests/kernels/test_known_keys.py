"""What is remembered with a key comes back with it or not at all; unknown keys are told apart as texts are."""

from __future__ import annotations

from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.kernels.known_oracle import are_known
from vigie.kernels.known_keys import no_keys, numbers_of, remember, remember_numbers, unknown
from vigie.kernels.text_keys import text_keys
from vigie.rules.plain import texts_of


def keys_of(texts):
    return text_keys(texts_of(pa.array(texts, pa.string())))


@settings(max_examples=40)
@given(st.lists(st.integers(0, 40), max_size=200), st.sets(st.integers(0, 40)))
def test_unknown_keys_are_numbered_as_they_come(texts, known):
    table = no_keys(1 << 4)
    mates = keys_of([f"{n}" for n in sorted(known)])
    remember(mates, np.arange(len(mates)), table)
    keys = keys_of([f"{n}" for n in texts])
    rows, numbers, firsts = unknown(keys, table)
    assert rows.tolist() == np.flatnonzero(~are_known(keys, table)).tolist()
    assert set(range(len(texts))) - set(rows.tolist()) <= {n for n, text in enumerate(texts) if text in known}
    order = list(dict.fromkeys(texts[row] for row in rows))
    assert numbers.tolist() == [order.index(texts[row]) for row in rows]
    assert firsts.tolist() == [texts.index(text) for text in order]
    event(f"unknown: {min(len(order), 3)}")


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from([2, 16, 1 << 12]))
def test_numbers_come_back_with_their_own_key(seed, slots):
    draw = Random(seed)
    texts = [f"{draw.randrange(60)}" for _ in range(150)]
    keys = keys_of(texts)
    own = np.array([[int(text) + 1, -int(text)] for text in texts])
    table = no_keys(slots, 2)
    for start in range(0, 150, 50):
        remember_numbers(keys, np.arange(start, start + 50), own, table)
        found = numbers_of(keys, table)
        assert (found.any(axis=1) == are_known(keys, table)).all()
        assert (found[found.any(axis=1)] == own[found.any(axis=1)]).all()
    assert are_known(keys, table).any()


def test_two_keys_of_the_same_two_places_are_both_kept():
    keys = keys_of([f"{n}" for n in range(200)])
    table = no_keys(1 << 12)
    for rows in (np.arange(200), np.arange(200)[::-1].copy()):
        remember(keys, rows, table)
    # Of 200 in 2,048 pairs, three in one are rare; two are not.
    assert are_known(keys, table).sum() >= 195
