"""The parts of texts, beside those that one takes out of strings by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vigie.kernels.near_texts import FIGURE, LOOK, NAME, SHINGLE, Parts, parts_of, with_names

DENSE = st.lists(st.sampled_from(["a", "b", " ", "ab ", "7", "\U0010ffff", "\0", "\ud800"]), max_size=30).map("".join)
# Long enough that runs are left out of the sample: by 2, 3 and 4 bits.
SIZES = (11, 12, 13, 59, 60, 61, 999, 1_000, 1_001, 3_999, 4_000, 4_001)
WORD = 1 << 64


def parts_of_strings(texts) -> Parts:
    """Return the parts of strings."""
    begins = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    return parts_of(np.array([ord(c) for c in "".join(texts)], np.uint32), begins)


def own(parts, n):
    """Return the parts of one text: shingles, sample, words, lengths, facts."""
    shingles, sample, words = (
        slice(begins[n], begins[n + 1]) for begins in (parts.shingle_begins, parts.sample_begins, parts.word_begins)
    )
    return tuple(
        column.tolist()
        for column in (
            parts.shingles[shingles],
            parts.sample[sample],
            parts.words[words],
            parts.lengths[words],
            parts.facts[words],
        )
    )


def hashed(run):
    """Return the 64 bits that a run is told by."""
    h = 0
    for c in run:
        h = (h * 1_099_511_628_211 + ord(c) + 1) % WORD
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        h = (h ^ h >> 33) * factor % WORD
    return h ^ h >> 33


def runs(text, width):
    """Return the different runs of a text; one that is shorter is one run."""
    return {text[k : k + width] for k in range(max(1, len(text) - width + 1))} - {""}


def zero_bits(size):
    return sum(size >= least for least in (60, 60, 1_000, 4_000))


def by_hand(text):
    words = [word for word in text.split(" ") if word]
    sampled = runs(text, LOOK)
    if len(text) >= LOOK:
        sampled = {run for run in sampled if (hashed(run) >> 40) % (1 << zero_bits(len(text))) == 0}
    return (
        sorted({hashed(run) % (1 << 32) for run in runs(text, SHINGLE)}),
        sorted({hashed(run) % (1 << 32) for run in sampled}),
        [hashed(word) % (1 << 32) for word in words],
        [min(len(word), 255) for word in words],
        [FIGURE * any(c in "0123456789" for c in word) for word in words],
    )


def equal(one, other):
    return all(
        a.dtype == b.dtype and a.tolist() == b.tolist() for a, b in zip(one, other, strict=True)
    )  # fmt: skip


@given(st.lists(DENSE, max_size=8))
@example([])
@example(["", " ", "a", "", "abcd", "abcde"])
@example(["x" * 254, "x" * 255, "x" * 256, "a" * 600 + " b"])
@example(["0", "9", "/", ":", "\u0663"])
def test_parts_are_those_one_takes_out_by_hand(texts):
    parts = parts_of_strings(texts)
    assert [own(parts, n) for n in range(len(texts))] == [by_hand(text) for text in texts]


@pytest.mark.parametrize("size", SIZES)
def test_of_longer_texts_fewer_runs_are_kept(size):
    text = " ".join(map(str, range(1_000, 3_000)))[:size]
    parts = parts_of_strings([text, text[: size // 2]])
    assert own(parts, 0) == by_hand(text)
    assert own(parts, 1) == by_hand(text[: size // 2])


def test_what_a_long_text_keeps_is_among_what_a_shorter_one_keeps():
    text = " ".join(map(str, range(1_000, 3_000)))
    samples = [set(own(parts_of_strings([text[:size]]), 0)[1]) for size in (5_000, 4_000, 3_000, 1_000, 900, 60, 59)]
    for longer, shorter in itertools.pairwise(samples):
        within = {hashed(run) % (1 << 32) for run in runs(text[:59], LOOK)}
        assert longer & within <= shorter
    assert len(samples[0]) == pytest.approx(5_000 / 16, rel=0.2)
    assert len(samples[2]) == pytest.approx(3_000 / 8, rel=0.2)
    assert len(samples[4]) == pytest.approx(900 / 4, rel=0.2)


def test_texts_that_share_a_passage_share_a_part_of_their_samples():
    passage = " ".join(map(str, range(4_000, 4_040)))
    one, other = (set(own(parts_of_strings([text + passage]), 0)[1]) for text in ("x" * 300, "something else " * 20))
    alone = set(own(parts_of_strings([passage]), 0)[1])
    assert len(alone) > 20
    assert alone <= one & other


@given(st.lists(st.tuples(DENSE, DENSE), max_size=6))
@example([("ab a 7", "a 7"), ("ab", ""), ("a", "b")])
def test_names_are_words_that_stand_among_those_of_the_same_text(given_texts):
    texts, names = ([text[k] for text in given_texts] for k in (0, 1))
    plain = parts_of_strings(texts)
    parts = with_names(plain, parts_of_strings(names))
    assert not (plain.facts & NAME).any()
    assert equal(parts._replace(facts=plain.facts), plain)
    for n, (text, name) in enumerate(given_texts):
        said = [word for word in text.split(" ") if word]
        expected = [fact + NAME * (word in name.split(" ")) for word, fact in zip(said, by_hand(text)[4], strict=True)]
        assert own(parts, n)[4] == expected
