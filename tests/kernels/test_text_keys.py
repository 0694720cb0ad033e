"""Keys tell texts apart as the texts themselves do, and a set of keys knows nothing that was not put into it."""

from __future__ import annotations

from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.known_oracle import are_known
from vigie.kernels.known_keys import no_keys, remember
from vigie.kernels.text_keys import folded, text_keys
from vigie.rules.plain import texts_of

# Lengths about those of a word, of a vector and of what secrets there are; ends that only differ in zeros.
TEXTS = st.one_of(
    st.none(),
    st.text("ab\0é", max_size=9),
    st.sampled_from([c * n for n in (7, 8, 9, 31, 32, 33, 63, 64, 1_023, 1_024, 1_025, 3_000) for c in "ab"]),
    st.integers(0, 70).map(lambda n: "x" * 70 + "\0" * n),
)


def same(keys):
    return (keys[:, np.newaxis] == keys[np.newaxis]).all(axis=2).tolist()


@settings(max_examples=30)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=30), st.integers(0, 3))
def test_keys_are_equal_where_the_texts_are(rows, skipped):
    columns = [pa.array([row[n] for row in rows], pa.string()).slice(skipped) for n in (0, 1)]
    rows = rows[skipped:]
    for own, keys in (
        ([r[0] for r in rows], text_keys(texts_of(columns[0]))),
        (rows, text_keys(*map(texts_of, columns))),
    ):
        assert same(keys) == [[a == b for b in own] for a in own]
        assert (folded(keys)[:, np.newaxis] == folded(keys)).tolist() == same(keys)


def test_a_text_has_another_key_in_another_place():
    texts = texts_of(pa.array(["a", "b"]))
    swapped = texts_of(pa.array(["b", "a"]))
    assert not (text_keys(texts, swapped) == text_keys(swapped, texts)).all(axis=1).any()
    both = text_keys(texts) + text_keys(swapped, first=1)
    assert np.array_equal(both, text_keys(texts, swapped))


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_a_set_knows_only_what_it_was_given_and_most_of_it(seed):
    draw = Random(seed)
    keys = text_keys(texts_of(pa.array([f"{draw.randrange(300)}" for _ in range(600)])))
    given_rows = np.array(sorted(draw.sample(range(600), 40)))
    table = no_keys(1 << 10)
    assert not are_known(keys, table).any()
    remember(keys, given_rows, table)
    known = {tuple(key) for key in keys[are_known(keys, table)].tolist()}
    put_in = {tuple(key) for key in keys[given_rows].tolist()}
    assert known <= put_in
    assert len(known) > 0.8 * len(put_in)


def test_an_empty_set_does_not_know_the_empty_text():
    keys = text_keys(texts_of(pa.array(["", None, "a"])))
    assert not are_known(keys, no_keys(1 << 10)).any()
