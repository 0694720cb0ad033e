"""Families of near-duplicates, beside those one makes by hand of the pairs."""

from __future__ import annotations

import itertools
import time
from random import Random

import numpy as np
from hypothesis import event, example, given
from hypothesis import strategies as st

from tests.kernels.test_near_compare import points_of
from tests.kernels.test_near_pairs import CARDS, card_of, logs
from tests.kernels.test_near_texts import own, parts_of_strings
from vigie.kernels.near_compare import compare
from vigie.kernels.near_groups import COVERED, STEPS, UNLIKE, WHOLE, grouped, regrouped
from vigie.kernels.near_pairs import QUOTED, QUOTING, NearPairs, near_pairs

NEVER = 99.0


def pairs_of(pairs):
    """Return pairs as the kernel takes them."""
    one, other = (np.array([pair[k] for pair in pairs], np.int32) for k in (0, 1))
    return NearPairs(one, other, np.ones(len(pairs), np.float32), len(pairs), one[:0], one[:0])


def likeness(parts, one, other, card):
    """Return the points of a pair and its Jaccard likeness."""
    row = compare(parts, np.array([one], np.int32), np.array([other], np.int32))[0]
    return points_of(row, card), float(row[0])


def stands_in(parts, one, other, times):
    """Tell whether a text is so many times longer than another and has most of its shingles."""
    short, long = (set(own(parts, place)[0]) for place in (one, other))
    return len(long) > times * len(short) and len(short & long) >= QUOTED * len(short)


def is_made_of_two(parts, near, text):
    """Tell whether the longest text that stands in it and another fill it, and are neither alike nor paired.

    Nor is either paired with fewer texts of its own length.
    """
    shingles = {place: set(own(parts, place)[0]) for place in near}
    within = [other for other in near[text] if stands_in(parts, other, text, WHOLE)]
    first = max(within, key=lambda other: (len(shingles[other]), -other), default=text)

    def alike(place):
        sizes = [(len(shingles[place]), len(shingles[other])) for other in near[place]]
        return sum(a <= WHOLE * b and b <= WHOLE * a for a, b in sizes)

    return any(
        len(shingles[first]) + len(shingles[other]) >= COVERED * len(shingles[text])
        and len(shingles[first] & shingles[other]) < UNLIKE * len(shingles[other])
        and other not in near[first]
        and alike(text) <= min(alike(first), alike(other))
        for other in within
    )


def begin_alike(parts, core, text):
    """Tell whether a text begins with the first four words of the core, or with all that it has."""
    first, other = (parts.words[parts.word_begins[n] : parts.word_begins[n + 1]][:4].tolist() for n in (core, text))
    return other[: len(first)] == first


def of_a_length(parts, limits, one, other):
    """Tell whether neither of two texts is much longer than the other."""
    a, b = (len(own(parts, place)[0]) for place in (one, other))
    return a <= limits[one] * b and b <= limits[other] * a


def by_hand(parts, pairs, posts, card, least):
    """Return the core of each text and its likeness to it."""
    near = {text: set() for text in range(len(posts))}
    for one, other in pairs:
        near[one].add(other)
        near[other].add(one)
    cores, alike = [-1] * len(posts), [0.0] * len(posts)
    left = {text for text in near if near[text]}
    limits = [WHOLE if is_made_of_two(parts, near, text) else QUOTING for text in near]
    while left:
        component, found = set(), {min(left)}
        while found:
            component |= found
            found = {other for text in found for other in near[text] & left} - component
        weights = {}
        for text in component:
            of_its = [other for other in near[text] & left if of_a_length(parts, limits, text, other)]
            weights[text] = posts[text] + sum(posts[other] for other in of_its) if posts[text] else -1
        core = max(component, key=lambda text: (weights[text], -text))
        within = {core}
        for _ in range(STEPS):
            within |= {other for text in within for other in near[text] & left}
        for text in within:
            points, jaccard = likeness(parts, core, text, card)
            cut = len(near[core]) == len(near[text]) == 1 and begin_alike(parts, core, text)
            left_out = stands_in(parts, core, text, limits[text]) and not cut
            left_out |= limits[core] == WHOLE and stands_in(parts, text, core, WHOLE)
            if text == core or ((text in near[core] or points >= least) and not left_out):
                cores[text], alike[text] = core, 1.0 if text == core else jaccard
                left.discard(text)
    return cores, alike


def made(parts, pairs, posts, card, least):
    cores, alike = grouped(parts, pairs_of(pairs), np.array(posts, np.int64), card, least=least)
    assert (cores.dtype, alike.dtype) == (np.int32, np.float32)
    return cores.tolist(), alike.tolist()


@st.composite
def cases(draw):
    """Draw texts, pairs of them, how many posts have each, a card and what a text without a pair must reach."""
    log = draw(logs())[:30]
    every = list(itertools.combinations(range(len(log)), 2))
    some = st.lists(st.sampled_from(every), unique=True, max_size=2 * len(log)) if every else st.just([])
    posts = draw(st.lists(st.integers(0, 4), min_size=len(log), max_size=len(log)))
    return log, draw(some), posts, draw(CARDS), draw(st.sampled_from([1.0, 2.0, 3.0, NEVER]))


@given(cases())
@example(([], [], [], card_of(), 0.0))
@example((["a b", "c d"], [], [3, 1], card_of(), 0.0))
def test_families_are_those_one_makes_by_hand(case):
    log, pairs, posts, card, least = case
    parts = parts_of_strings(log)
    found = made(parts, pairs, posts, card, least)
    event(f"families: {min(3, len(set(found[0])))}")
    assert found == by_hand(parts, pairs, posts, card, least)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_pairs_makes_no_difference(case, random):
    log, pairs, posts, card, least = case
    parts = parts_of_strings(log)
    turned = [pair if random.random() < 0.5 else pair[::-1] for pair in random.sample(pairs, len(pairs))]
    assert made(parts, turned, posts, card, least) == made(parts, pairs, posts, card, least)


@given(cases(), cases())
def test_components_know_nothing_of_each_other(one, other):
    log, pairs, posts, card, least = one
    log_other, pairs_other, posts_other, _, _ = other
    size = len(log)
    moved = [(a + size, b + size) for a, b in pairs_other]
    found = made(parts_of_strings(log + log_other), pairs + moved, posts + posts_other, card, least)
    first = made(parts_of_strings(log), pairs, posts, card, least)
    second = made(parts_of_strings(log_other), pairs_other, posts_other, card, least)
    assert found[0] == first[0] + [core + size if core >= 0 else -1 for core in second[0]]
    assert found[1] == first[1] + second[1]


@given(cases())
def test_a_family_is_a_star_round_its_core(case):
    log, pairs, posts, card, least = case
    parts = parts_of_strings(log)
    cores, alike = made(parts, pairs, posts, card, least)
    near = {frozenset(pair) for pair in pairs}
    paired = {text for pair in pairs for text in pair}
    for text, core in enumerate(cores):
        assert (core >= 0) == (text in paired)
        if core >= 0:
            assert cores[core] == core
            points, jaccard = likeness(parts, core, text, card)
            assert text == core or frozenset((core, text)) in near or points >= least
            assert alike[text] == (1 if text == core else np.float32(jaccard))


@given(cases(), st.data())
def test_only_what_changed_is_grouped_anew(case, data):
    """Some texts, pairs and posts come later: the result is that of all at once."""
    log, pairs, posts, card, least = case
    known = data.draw(st.integers(0, len(log)))
    parts = parts_of_strings(log)
    old = [pair for pair in pairs if max(pair) < known and data.draw(st.booleans())]
    fewer = [min(count, data.draw(st.integers(0, 4))) for count in posts[:known]]
    core, alike = np.full(len(log), -1, np.int32), np.zeros(len(log), np.float32)
    core[:known], alike[:known] = made(parts_of_strings(log[:known]), old, fewer, card, least)
    changed = np.array([n >= known or posts[n] != fewer[n] for n in range(len(log))], np.bool_)
    for pair in set(pairs) - set(old):
        changed[list(pair)] = True
    event(f"left alone: {bool((~changed & (core >= 0)).any())}")
    earlier, later = pairs_of(pairs)[:2]
    regrouped(
        parts, earlier, later, np.array(posts, np.int64), card, least=least, changed=changed, core=core, likeness=alike
    )
    assert (core.tolist(), alike.tolist()) == made(parts, pairs, posts, card, least)


def test_a_long_chain_takes_no_longer_than_its_length():
    """Forty thousand texts of which each resembles the next: every core asks those near it only."""
    count = 40_000
    parts = parts_of_strings([f"word {n}" for n in range(count)])
    pairs = [(n, n + 1) for n in range(count - 1)]
    begun = time.process_time()
    cores, _ = made(parts, pairs, [1] * count, card_of(), NEVER)
    assert time.process_time() - begun < 5
    assert cores[:6] == [1, 1, 1, 4, 4, 4]


def chain(links, kept=30, step=9):
    """Return texts of which each shares most with the next and nothing with the far ones."""
    random = Random(5)
    words = ["".join(random.choices("bcdfgklmnprst", k=4)) for _ in range(kept + step * links)]
    return [" ".join(words[step * n : step * n + kept]) for n in range(links)]


def test_a_chain_of_neighbours_is_not_one_family():
    parts = parts_of_strings(chain(9))
    card = card_of(jaccard=0.4)
    pairs = near_pairs(parts, card, threshold=1.0)
    assert sorted(zip(pairs.earlier.tolist(), pairs.later.tolist(), strict=True)) == [(n, n + 1) for n in range(8)]
    cores, _ = grouped(parts, pairs, np.ones(9, np.int64), card, least=1.0)
    assert cores.tolist() == [1, 1, 1, 4, 4, 4, 7, 7, 7]


def test_a_lower_score_takes_in_who_is_not_paired_with_the_core():
    parts = parts_of_strings(chain(5))
    pairs = [(n, n + 1) for n in range(4)]
    card = card_of(jaccard=0.2)
    assert made(parts, pairs, [1, 1, 1, 1, 1], card, 1.0)[0] == [1, 1, 1, 1, 4]
    assert made(parts, pairs, [1, 1, 9, 1, 1], card, 1.0)[0] == [1, 1, 1, 1, 4]
    assert made(parts, pairs, [1, 1, 1, 1, 9], card, 1.0)[0] == [0, 3, 3, 3, 3]
    assert made(parts, pairs, [1, 1, 1, 1, 1], card, 0.0)[0] == [1] * 5


def test_who_is_more_pairs_away_is_not_compared_with_the_core():
    parts = parts_of_strings(["a b"] * 6)
    pairs = [(n, n + 1) for n in range(5)]
    assert made(parts, pairs, [9, 1, 1, 1, 1, 1], card_of(), 0.0)[0] == [1] * (STEPS + 2) + [5]


def test_a_text_that_is_made_of_two_is_in_the_family_of_neither():
    """Though one of them is most of it, and though it is posted most often; its copies are a family."""
    first, second = chain(1, kept=30)[0], " ".join(chain(1, kept=60)[0].split()[-20:])
    both = f"{first} {second}"
    log = [first, f"{first} so", second, f"{second} so", both, f"{both} too"]
    parts = parts_of_strings(log)
    alike = [(0, 1), (2, 3), (4, 5)]
    pairs = [*alike, *itertools.product((0, 1, 2, 3), (4, 5))]
    for posts in ([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 9, 9]):
        assert made(parts, pairs, posts, card_of(), NEVER)[0] == [0, 0, 2, 2, 4, 4]
    # With one of them alone it may be the whole that was cut short; and of more copies than they have it is.
    assert made(parts, [*alike, (0, 4), (1, 4), (0, 5), (1, 5)], [1] * 6, card_of(), NEVER)[0] == [0, 0, 2, 2, 0, 0]
    parts = parts_of_strings([*log, f"{both} and", f"{both} or"])
    more = [*pairs, *itertools.combinations((4, 5, 6, 7), 2), *itertools.product((0, 1), (6, 7))]
    found = made(parts, sorted(set(more)), [1] * 8, card_of(), NEVER)[0]
    assert found[0] == found[1] == found[4] == found[7]


def test_a_text_that_has_the_core_in_it_and_as_much_of_its_own_is_apart():
    words = chain(2, step=40)
    parts = parts_of_strings([words[0], " ".join(words[::-1]), words[1], f"{words[1]} and so on"])
    pairs = [(0, 1), (1, 2), (1, 3), (2, 3)]
    assert made(parts, pairs, [1, 1, 1, 1], card_of(), NEVER)[0] == [0, 1, 2, 2]
    assert made(parts, pairs, [1, 9, 1, 1], card_of(), NEVER)[0] == [0, 1, 2, 2]


def test_who_was_near_an_earlier_core_is_not_near_the_next():
    """Text 1 quotes text 0, and is left with 2, 3 and 4, of which 3 is the core and 2 alone is paired with it."""
    words = chain(4, step=40)
    parts = parts_of_strings([words[0], f"{words[0]} {words[1]}", words[1], words[2], words[3]])
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert made(parts, pairs, [50, 1, 1, 9, 9], card_of(), NEVER)[0] == [0, 1, 3, 3, 3]


def test_the_core_is_what_most_posts_are_paired_with_and_of_equal_ones_the_first():
    parts = parts_of_strings(["a b"] * 5)
    card = card_of()
    star = [(0, 1), (0, 2), (3, 4)]
    assert made(parts, star, [1, 1, 1, 1, 1], card, NEVER)[0] == [0, 0, 0, 3, 3]
    assert made(parts, [(0, 1), (1, 2)], [1] * 5, card, NEVER)[0] == [1, 1, 1, -1, -1]
    assert made(parts, [(0, 1), (1, 2), (2, 3)], [1, 1, 1, 1, 9], card, NEVER)[0] == [1, 1, 1, 3, -1]
    assert made(parts, [(0, 1), (1, 2), (2, 3)], [1, 1, 1, 2, 1], card, NEVER)[0] == [0, 2, 2, 2, -1]
