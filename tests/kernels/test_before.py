"""Who came first, and how likely it is when times are dealt anew: against shuffling and against plain counting."""

from __future__ import annotations

from itertools import permutations
from random import Random

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.kernels.before import first_of_two, poisson_binomial_tail

DAY = 100
rows = st.tuples(
    st.booleans(),
    st.one_of(st.integers(0, 3 * DAY), st.integers(0, 12)),
    st.sampled_from([1, 1, 5, DAY]),
)


def asked(*families):
    """Ask of families, each a list of (is of the one group, start, length)."""
    flat = [(n, *row) for n, family in enumerate(families) for row in family]
    family, is_one, start, length = (np.array(column) for column in zip(*flat, strict=True))
    return first_of_two(family.astype(np.int64), is_one.astype(bool), start, start + length, start // DAY)


def who(rows):
    """Tell who was first by comparing every two."""
    ones, others = ([(s, s + length) for is_one, s, length in rows if is_one is side] for side in (True, False))
    if any(all(end <= start for start, _ in others) for _, end in ones):
        return 1
    return -1 if any(all(end <= start for start, _ in ones) for _, end in others) else 0


def dealt(rows):
    """Yield the family with the times of each day dealt anew, in every way."""
    days = sorted({start // DAY for _, start, _ in rows})
    made = [[]]
    for day in days:
        of_day = [row for row in rows if row[1] // DAY == day]
        made = [
            [*before, *((side, *row[1:]) for side, row in zip(sides, of_day, strict=True))]
            for before in made
            for sides in permutations([row[0] for row in of_day])
        ]
    return made


@settings(max_examples=150)
@given(st.lists(rows, min_size=2, max_size=6))
def test_the_chance_is_that_of_every_way_to_deal_the_times(family):
    found = asked(family)
    if len({is_one for is_one, *_ in family}) == 1:
        assert not len(found.families)
        return
    outcomes = [who(one) for one in dealt(family)]
    event(f"first: {who(family)}")
    assert found.which.tolist() == [who(family)]
    first, other = outcomes.count(1), outcomes.count(-1)
    if first + other:
        assert found.chance[0] == pytest.approx(first / (first + other))
        assert found.settled[0] == (not first or not other)


def test_with_one_time_that_could_be_first_the_chance_is_the_share_of_channels():
    one_day = [(True, 10, 1), (True, 30, 1), (False, 20, 1), (False, 40, 1), (False, 50, 1)]
    next_day = [(False, 110, 1), (True, 20, 1)]
    found = asked(one_day, next_day, [(True, 7, 1)])
    assert found.families.tolist() == [0, 1]
    assert found.chance.round(9).tolist() == [0.4, 1.0]
    assert found.settled.tolist() == [False, True]
    assert asked([(True, 20, 60), (False, 30, 60)]).which.tolist() == [0]


def test_nothing_in_nothing_out():
    none = np.zeros(0, np.int64)
    assert not len(first_of_two(none, none.astype(bool), none, none, none).families)


@given(st.lists(st.sampled_from([0.1, 0.25, 1 / 3, 0.5, 0.9]), max_size=30), st.integers(-1, 31))
def test_the_tail_is_that_of_adding_up_trial_by_trial(chances, count):
    law = [1.0]
    for p in chances:
        law = [a * (1 - p) + b * p for a, b in zip([*law, 0], [0, *law], strict=True)]
    assert poisson_binomial_tail(count, np.array(chances)) == pytest.approx(sum(law[max(count, 0) :]), abs=1e-12)


def test_a_hundred_thousand_families_take_no_time_and_no_tail_is_nothing():
    chances = np.array([a / (a + b) for a in range(1, 30) for b in range(1, 30)] * 120)
    middle = poisson_binomial_tail(round(chances.sum()), chances)
    assert middle == pytest.approx(0.5, abs=0.01)
    assert 0 < poisson_binomial_tail(len(chances), chances) < 1e-50


def test_under_the_null_small_tails_are_as_rare_as_they_say():
    random = Random(3)
    tails = []
    for _ in range(400):
        families = [
            [(random.random() < 0.4, random.randrange(DAY), random.choice([1, 5])) for _ in range(random.randint(2, 6))]
            for _ in range(25)
        ]
        found = asked(*families)
        told = (found.which != 0) & ~found.settled
        tails.append(poisson_binomial_tail(int((found.which[told] == 1).sum()), found.chance[told]))
    for level in (0.05, 0.2, 0.5):
        share = np.mean(np.array(tails) <= level)
        assert level / 3 < share < level + 3 * np.sqrt(level * (1 - level) / 400)
