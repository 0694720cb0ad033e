"""Families of texts that nobody should send: nothing raises, nothing takes more than it should, nothing chains."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from unicodedata import normalize

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.measures import measured, named
from vigie.rules.families import families
from vigie.testing import rows
from vigie.text.fold import sorted_marks
from vigie.text.keys import normalised
from vigie.text.normalise import normalise
from vigie.text.signals import NO_SIGNALS, signals

SAID = "The minister of ports has decided that no vessel may leave before all the votes are counted"
# What each step of the normalisation looks for, endlessly; each would cost its square in a careless one.
PIECES = (
    *(
        "#a ",
        "#",
        "a.",
        "a ",
        "&amp;",
        "&",
        "&#x41;",
        "<",
        "<b ",
        "</",
        "@",
        "@a",
        "a@",
        "x@a-",
        "http://",
        "http",
        "www.",
    ),
    *("RT @RT ", "RT @", "rt ", "...", "\u2026", "ht...", "read more", "v0", "0a0", "a$", "[...]", "_ ", "\0", "\n"),
    *("\u0301", "a\u0301", "\u0301\u0327", "\u094d\u093c", "\u0301\u0316\u200b", "\u0f73", "\u0344\u0327", "\ufdfa"),
    *("\u0430a", "\U0001f525", "a\U0001f525", "\u200b", "a\u200b", "a\u202e", "\u0639\u200c", "a\u00ad", "\ud800"),
    *("\u05d0\u202b", "\u6f22", "\u0e01", "\u0130", "\u1160"),
)


@pytest.mark.parametrize("piece", PIECES, ids=[ascii(p) for p in PIECES])
def test_a_hundred_thousand_characters_of_one_piece(piece):
    text = (piece * 100_000)[:100_000]
    assert normalised([text]) == [normalise(text)]
    assert len(signals(text)) == len(NO_SIGNALS)


MARKS = st.text(
    st.sampled_from("\u0301\u0327\u0316\u093c\u094d\u0f73\u0f75\u0f81\u0344\u3099\u200b\u0640a"), min_size=60
)


@settings(max_examples=30)
@given(st.lists(MARKS, min_size=5, max_size=7).map("".join))
def test_marks_in_order_are_the_same_text(text):
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert normalize(form, sorted_marks(text)) == normalize(form, text)
    assert normalised([text]) == [normalise(text)]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["", "", " ", "\n", "\u200b", "."],
        ["a"] * 5 + ["b"] * 5,
        ["\ud800", "\udfff\ud800", f"{SAID} \ud800", f"\udc80{SAID}"],
        ["\u0647\u0630\u0627 \u0646\u0635 \u0639\u0627\u062f\u064a \u0641\u064a \u0644\u0646\u062f\u0646"] * 3,
        ["a \u05d0 \u0431 \u03b3 \u6f22 \u0e01 \u0915 one \u0434\u0432\u0430 \u05e9\u05dc\u05d5\u05e9"] * 2,
    ],
    ids=["none", "empty", "blank", "one character", "surrogates", "right to left", "mixed scripts"],
)
def test_odd_texts(texts):
    found = families(texts)
    assert len(found.labels) == len(texts)
    for text, label in zip(texts, found.labels.tolist(), strict=True):
        if label >= 0:
            assert normalise(text)
    assert families([*texts, SAID, SAID.upper()]).labels.tolist()[-2:] != [-1, -1]


def test_a_surrogate_hides_nothing():
    assert families([SAID, f"\udc80{SAID} \ud800"]).labels.tolist() == [0, 0]


def test_a_megabyte_of_one_text_and_its_copy():
    random = Random(1)
    words = ["".join(random.choices("abcdefghijklmnop", k=7)) for _ in range(130_000)]
    text = " ".join(words)
    assert len(text) > 1_000_000
    assert families([text, text.upper(), " ".join(words[:-9]), SAID]).labels.tolist() == [0, 0, 0, -1]


def test_one_word_a_hundred_thousand_times():
    text = "vote " * 100_000
    assert families([text, text.upper(), SAID]).labels.tolist()[0::2] == [0, -1]


def test_many_identical_posts():
    found = families(pa.chunked_array([pa.array([SAID] * 200_000)]))
    assert not found.labels.any()
    assert (found.similarity == 1).all()


def test_many_texts_of_one_character():
    found = families(pa.chunked_array([pa.array([chr(0x4E00 + n % 5000) for n in range(200_000)])]))
    assert (found.labels == -1).all()


def test_texts_that_drift_are_not_one_family():
    """Each has one word exchanged against the one before it, so that neighbours resemble and the ends do not."""
    random = Random(2)
    words = ["".join(random.choices("abcdefghijklmnoprstuv", k=random.randint(3, 9))) for _ in range(24)]
    texts = []
    for n in range(2_000):
        words[n * 7 % 24] = "".join(random.choices("abcdefghijklmnoprstuv", k=random.randint(3, 9)))
        texts.append(" ".join(words))
    labels = families(texts).labels.tolist()
    assert labels[0] != labels[-1]
    sizes = {label: labels.count(label) for label in set(labels) if label >= 0}
    assert sizes
    assert max(sizes.values()) < 60  # a chain would hold all of them


def test_posts_of_all_times_are_measured():
    moments = [datetime(1990, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC), datetime(2017, 4, 1, tzinfo=UTC)]
    table = rows(
        "posts", *({"time": t, "platform": "x", "post_id": f"{t}", "channel_id": "a", "text": SAID} for t in moments)
    )
    for name in ("text_families", "near_duplicates", "text_signals"):
        assert measured(named(name), {"posts": table}).num_rows >= 1
    found = measured(named("text_families"), {"posts": table})
    assert found["family_id"].null_count == 0
    assert len(set(found["family_id"].to_pylist())) == 1
