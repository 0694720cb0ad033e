from __future__ import annotations

import random
import time
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.text import alignment
from vigie.text.alignment import aligned, common

SEQUENCES = st.text("abc", max_size=14)


def slow_length(first: str, other: str) -> int:
    @cache
    def length(i: int, j: int) -> int:
        if i == len(first) or j == len(other):
            return 0
        if first[i] == other[j]:
            return 1 + length(i + 1, j + 1)
        return max(length(i + 1, j), length(i, j + 1))

    return length(0, 0)


def check(first, other, pairs):
    assert all(first[a] == other[b] for a, b in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))


@given(SEQUENCES, SEQUENCES)
def test_it_is_a_longest_common_subsequence(first, other):
    pairs = aligned(first, other)
    check(first, other, pairs)
    assert len(pairs) == slow_length(first, other)
    assert len(aligned(other, first)) == len(pairs)
    assert common(first, other) == (2 * len(pairs) / (len(first) + len(other)) if first + other else 1.0)


@given(SEQUENCES)
def test_what_is_equal_is_aligned_whole(text):
    assert aligned(text, text) == [(at, at) for at in range(len(text))]


@given(SEQUENCES, SEQUENCES)
def test_no_run_could_stand_with_the_next(first, other):
    pairs = aligned(first, other)
    begins = [at for at, (a, b) in enumerate(pairs) if (a - 1, b - 1) not in pairs[:at]]
    for low, high in pairwise(begins):
        (a, b), (c, d), count = pairs[low], pairs[high], high - low
        assert first[a : a + count] != first[c - count : c] or other[b : b + count] != other[d - count : d]


@given(st.text("abcdefghij", max_size=40), st.text("abcdefghij", max_size=40), st.integers(0, 30))
def test_cut_at_anchors_it_is_still_an_alignment(first, other, cells):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignment, "CELLS_MAX", cells)
        pairs = aligned(first, other)
    check(first, other, pairs)
    assert len(pairs) <= slow_length(first, other)


def test_anchors_find_what_moved_little_in_long_texts(monkeypatch):
    draw = random.Random(5)
    first = [str(n) for n in range(3_000)]
    other = [word if draw.random() < 0.95 else "x" for word in first]
    monkeypatch.setattr(alignment, "CELLS_MAX", 1_000)
    assert len(aligned(first, other)) == sum(word != "x" for word in other)


def test_windows_are_anchors_where_no_word_occurs_once(monkeypatch):
    draw = random.Random(6)
    first = [draw.choice("abcdefghijklmnop") for _ in range(3_000)]
    other = [*first[:1_000], "?", *first[1_001:2_000], "?", *first[2_001:]]
    monkeypatch.setattr(alignment, "CELLS_MAX", 200_000)
    assert len(aligned(first, other)) >= 2_990


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ([str(n) for n in range(60_000)], [str(n) for n in reversed(range(60_000))]),
        (["a"] * 60_000, ["a", "b"] * 30_000),
        ([n % 7 for n in range(60_000)], [n % 5 for n in range(60_000)]),
    ],
    ids=["reversed", "one word", "periods"],
)
def test_no_input_is_quadratic(first, other):
    began = time.process_time()
    check(first, other, aligned(first, other))
    assert time.process_time() - began < 3
