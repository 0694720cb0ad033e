"""The figures of two texts, beside those of every alignment that keeps most words."""

from __future__ import annotations

import functools
import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from tests.kernels.test_near_texts import parts_of_strings, runs
from vigie.kernels.near_compare import (
    ALIKE,
    ELSEWHERE_FROM,
    FACTS_WEIGH,
    FIGURES,
    MOVED_WORDS_MIN,
    WORDS_MAX,
    Scorecard,
    compare,
    score_of,
    scored,
)
from vigie.kernels.near_texts import SHINGLE, with_names

# Two words are figures, three are names; their lengths differ, so that it shows which are kept.
WORDS = ("a", "bb", "ccc", "dddd", "eeeee", "77", "8888888", "Ann", "Zoltan", "Mr9")
NAMES = "Ann Zoltan Mr9"
TEXTS = st.lists(st.sampled_from(WORDS), max_size=6)
SYMMETRIC = ("jaccard", "contained", "contained_longer")
EDGES = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, 2.0, np.inf])


def parts_of_words(texts):
    """Return the parts of texts given as words, with the names of them."""
    return with_names(parts_of_strings([" ".join(text) for text in texts]), parts_of_strings([NAMES] * len(texts)))


def figures(one, other):
    """Return the figures of two texts given as words."""
    made = compare(parts_of_words([one, other]), np.array([0], np.int32), np.array([1], np.int32))
    assert (made.shape, made.dtype) == ((1, len(FIGURES)), np.float32)
    return dict(zip(FIGURES, made[0].tolist(), strict=True))


def alignments(one, other):
    """Return all alignments that keep most words, each as pairs of places."""

    @functools.cache
    def best(a, b):
        if a == len(one) or b == len(other):
            return (frozenset({()}), 0)
        ways = [best(a + 1, b), best(a, b + 1)]
        if one[a] == other[b]:
            rest, count = best(a + 1, b + 1)
            ways.append((frozenset(((a, b), *way) for way in rest), count + 1))
        most = max(count for _, count in ways)
        return (frozenset().union(*(found for found, count in ways if count == most)), most)

    return best(0, 0)[0]


def weight(words):
    return sum(map(len, words))


def moved(one, other, kept):
    """Return the places in both texts of runs of words that stand elsewhere: the first in `one`, the longest first."""
    of_one, of_other = ({k[side] for k in kept} for side in (0, 1))
    found = set(), set()
    for x in range(len(one)):
        runs_at = []
        for y in range(len(other)):
            n = 0
            while (
                x + n < len(one)
                and y + n < len(other)
                and one[x + n] == other[y + n]
                and x + n not in of_one | found[0]
                and y + n not in of_other | found[1]
            ):
                n += 1
            runs_at.append((-n, y))
        n, y = min(runs_at, default=(0, 0))
        if -n >= MOVED_WORDS_MIN:
            found[0].update(range(x, x - n))
            found[1].update(range(y, y - n))
    return found


def of_alignment(one, other, kept):
    """Return the figures that stand on an alignment."""
    ends = [(-1, -1), *kept, (len(one), len(other))]
    of_one, of_other = moved(one, other, kept)
    islands = [
        ([one[n] for n in range(a + 1, c) if n not in of_one], [other[n] for n in range(b + 1, d) if n not in of_other])
        for (a, b), (c, d) in itertools.pairwise(ends)
    ]
    replaced = [(a, b) for a, b in islands if a and b]
    is_figure = {word: any(c.isdigit() for c in word) for word in WORDS}
    is_fact = {word: is_figure[word] or word in NAMES.split() for word in WORDS}
    facts = [tuple([word for word in side if is_fact[word]] for side in island) for island in replaced]
    size_one, size_other = max(1, weight(one)), max(1, weight(other))
    stated = sum(min(weight(a), weight(b)) for a, b in facts)
    plain = max(0, 1 - FACTS_WEIGH * stated / min(size_one, size_other))
    fact_islands = sum(1 for a, b in facts if a and b) / max(1, len(replaced))
    blocks = []
    for before, (a, b) in zip([(-2, -2), *kept], kept, strict=False):
        if before != (a - 1, b - 1):
            blocks.append([])
        blocks[-1].append(one[a])
    are_alike = float(np.float32(of_shingles(one, other)["contained_longer"])) >= ALIKE
    all_kept = weight(one[a] for a in [*(a for a, _ in kept), *of_one])
    left = [Counter(word for side in island for word in side) for island in zip(*islands, strict=True)]
    elsewhere = weight(word for word in (left[0] & left[1]).elements() if len(word) >= ELSEWHERE_FROM)
    return {
        "figures": sum(min(sum(is_figure[w] for w in a), sum(is_figure[w] for w in b)) for a, b in islands)
        / max(1, len(kept)),
        "plain_kept": all_kept / max(size_one, size_other) * plain,
        "longest_word": WORDS_MAX if are_alike else max((len(one[a]) for a, _ in kept), default=0),
        "blocks": len(blocks) * (1 - fact_islands),
        "framed": max(map(weight, blocks), default=0)
        / max(1, all_kept)
        * max(0, 1 - all_kept / min(size_one, size_other)),
        "elsewhere": elsewhere / max(1, min(size_one, size_other) - all_kept) * (1 - fact_islands),
    }


def of_shingles(one, other):
    a, b = (runs(" ".join(text), SHINGLE) for text in (one, other))
    common = len(a & b)
    return {
        "jaccard": common / max(1, len(a | b)),
        "contained": common / max(1, min(len(a), len(b))),
        "contained_longer": common / max(1, len(a), len(b)),
    }


@given(TEXTS, TEXTS)
@example([], [])
@example([], ["77"])
@example(["a", "77", "Ann"], ["a", "8888888", "Zoltan"])
@example(["ccc", "Ann", "bb", "eeeee", "a"], ["bb", "ccc", "Ann", "bb", "eeeee", "dddd"])
def test_figures_are_those_of_an_alignment_that_keeps_most_words(one, other):
    found = figures(one, other)
    expected = of_shingles(one, other)
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    every = [of_alignment(one, other, kept) for kept in alignments(one, other)]
    event(f"ways to align: {min(len(every), 3)}")
    assert any({name: found[name] for name in way} == pytest.approx(way) for way in every)


CLAUSES = (["a", "bb", "Ann", "dddd"], ["ccc", "eeeee", "77"], ["dddd", "Zoltan"], ["Mr9", "bb", "a", "bb"])
TURNED = st.lists(st.sampled_from(CLAUSES), max_size=3).map(lambda some: [word for clause in some for word in clause])


@given(TURNED, TURNED)
def test_a_clause_that_was_moved_is_kept(one, other):
    found = figures(one, other)
    every = alignments(one, other)
    event(f"moved: {any(any(moved(one, other, kept)) for kept in every)}")
    ways = [of_alignment(one, other, kept) for kept in every]
    assert any({name: found[name] for name in way} == pytest.approx(way) for way in ways)


def test_a_clause_put_first_costs_nothing():
    said = ["polls", "close", "early", "in", "every", "town", "because", "snow", "is", "expected"]
    found = figures(said, [*said[6:], *said[:6]])
    assert (found["plain_kept"], found["framed"], found["elsewhere"]) == (1, 0, 0)


def test_words_in_another_order_stand_elsewhere():
    found = figures(["alpha", "of", "bravo", "xyz"], ["bravo", "of", "alpha", "uvw"])
    assert found["elsewhere"] == pytest.approx(5 / (15 - 5))
    assert (found["longest_word"], found["blocks"]) == (5, 1)
    # Short ones say nothing: they are in any two texts.
    assert figures(["red", "sea", "of", "to"], ["red", "sea", "to", "of"])["elsewhere"] == 0


def test_one_passage_in_two_texts_frames_them_and_words_here_and_there_do_not():
    footer = ["read", "more", "on", "our", "page"]
    framed = figures(["alpha", "bravo", "charlie", *footer], ["delta", "eeeee", "foxtrot", *footer])
    spread = figures(["alpha", "read", "more", "bravo", "on", "our"], ["delta", "read", "more", "eeeee", "on", "our"])
    assert (framed["blocks"], spread["blocks"]) == (1, 2)
    assert framed["framed"] == pytest.approx(17 / 34)
    assert spread["framed"] == pytest.approx(8 / 13 * 10 / 23)


@given(TEXTS, TEXTS)
def test_shingles_are_the_same_from_either_side(one, other):
    there, back = figures(one, other), figures(other, one)
    assert [there[name] for name in SYMMETRIC] == [back[name] for name in SYMMETRIC]
    every = alignments(one, other)
    if len(every) == 1 and not any(moved(one, other, *every)):
        assert there == pytest.approx(back)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=300))
def test_a_text_is_wholly_like_itself(text):
    found = figures(text, text)
    alike = [found[name] for name in ("jaccard", "contained", "contained_longer", "plain_kept", "blocks")]
    apart = [found[name] for name in ("figures", "framed", "elsewhere")]
    assert (alike, apart) == ([1] * 5, [0] * 3)
    assert found["longest_word"] == WORDS_MAX


@given(st.lists(TEXTS, max_size=5), st.data())
def test_pairs_are_compared_each_on_its_own(texts, data):
    places = st.lists(st.integers(0, len(texts) - 1), max_size=4) if texts else st.just([])
    ones = data.draw(places)
    others = [data.draw(st.integers(0, len(texts) - 1)) for _ in ones]
    made = compare(parts_of_words(texts), np.array(ones, np.int32), np.array(others, np.int32))
    assert made.shape == (len(ones), len(FIGURES))
    for row, one, other in zip(made, ones, others, strict=True):
        assert dict(zip(FIGURES, row.tolist(), strict=True)) == figures(texts[one], texts[other])


def numbered(begin, end):
    return [f"w{chr(0x4E00 + n)}" for n in range(begin, end)]


def test_words_after_the_first_few_hundred_are_not_aligned():
    shared = numbered(0, WORDS_MAX)
    found = figures([*shared, *numbered(1_000, 1_300)], [*shared, *numbered(2_000, 2_500)])
    assert (found["framed"], found["blocks"], found["plain_kept"]) == (0, 1, 1)
    assert found["jaccard"] < 0.5
    found = figures([*shared[1:], *numbered(1_000, 1_300)], [*shared[1:], *numbered(2_000, 2_500)])
    assert found["framed"] == pytest.approx(1 / WORDS_MAX)


@pytest.mark.parametrize("words", [1, 2, 127, 128])
def test_one_word_over_and_over_is_like_itself(words):
    found = figures(["a"] * words, ["a"] * words)
    assert (found["framed"], found["blocks"], found["plain_kept"]) == (0, 1, 1)


CARDS = st.tuples(
    st.lists(st.lists(EDGES, min_size=3, max_size=3).map(sorted), min_size=len(FIGURES), max_size=len(FIGURES)),
    st.lists(
        st.lists(st.integers(-8, 8).map(lambda n: n / 4), min_size=4, max_size=4),
        min_size=len(FIGURES),
        max_size=len(FIGURES),
    ),
).map(lambda drawn: Scorecard(np.array(drawn[0], np.float32), np.array(drawn[1], np.float32)))


def points_of(found, card):
    """Return the points of one pair, looked up by hand."""
    total = 0.0
    for value, edges, points in zip(found.tolist(), card.edges.tolist(), card.points.tolist(), strict=True):
        total += points[sum(edge <= value for edge in edges)]
    return total


@given(
    CARDS,
    st.lists(
        st.lists(
            st.sampled_from([0.0, 0.2, 0.25, 0.5, 0.6, 1.0, 2.0, 9.0]), min_size=len(FIGURES), max_size=len(FIGURES)
        ),
        max_size=4,
    ),
)
def test_the_score_is_the_sum_of_the_points(card, rows):
    found = np.array(rows, np.float32).reshape(-1, len(FIGURES))
    expected = [points_of(row, card) for row in found]
    assert scored(found, card).tolist() == expected
    assert [score_of(row, card.edges, card.points) for row in found] == expected
