from __future__ import annotations

import sys

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from tests.text.test_normalise import HOSTILE, PIECES
from vigie.text import keys
from vigie.text.keys import normalised
from vigie.text.normalise import normalise

DENSE = st.lists(
    st.sampled_from(
        ["a", "b c ", " ", "\n", "\0", "#", "@", "$", "1", "0", "\u093c", "\u094d", "\u200d", "\u0430", "\ufb01"]
    )
    | PIECES,
    max_size=10,
).map("".join)


@given(st.lists(HOSTILE | DENSE, max_size=8))
@example(["", "", ""])
@example(["\0", "a\0b", "\n"])
@example(["h", "a h…", "ht..."])
@example(["\u0915\u094d\u200d\u093c"])
@example(["RT @", "a", "@a", "@b"])
def test_many_texts_have_the_keys_that_each_has_alone(texts):
    found = normalised(texts)
    event(f"words: {any(found)}")
    assert found == [normalise(text) for text in texts]


@given(st.lists(HOSTILE | DENSE, max_size=12), st.integers(1, 20))
def test_where_the_texts_are_cut_into_parts_makes_no_difference(texts, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_CHARACTERS_MAX", size)
        assert normalised(texts) == [normalise(text) for text in texts]


def test_every_character_has_the_key_that_it_has_alone():
    texts = [f"a{chr(code)}b" for code in range(0, sys.maxunicode + 1, 3)]
    assert normalised(texts) == [normalise(text) for text in texts]


def test_a_text_of_a_megabyte_between_small_ones():
    texts = ["v.o.t.e", "x" * 1_000_000, "a 🔥" * 250_000, "now"]
    assert normalised(texts) == ["vote", "x" * 1_000_000, normalise(texts[2]), "now"]
