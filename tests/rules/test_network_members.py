from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.rules.network_members import BURST_DAYS, Firsts, created_burst, roles, says_volunteer
from vigie.text.fold import fold_id

DAY_US = 86_400_000_000


def at_least(k, n, p):
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


MEMBERS = st.lists(
    st.builds(
        lambda objects, firsts, chance: Firsts(objects, min(firsts, objects), objects * chance),
        st.integers(1, 30),
        st.integers(0, 30),
        st.sampled_from([0.05, 0.2, 0.5]),
    ),
    min_size=2,
    max_size=6,
)


@given(MEMBERS, st.integers(1, 40))
def test_roles_are_those_of_the_definition(members, objects):
    movers = [
        m.firsts > m.expected and at_least(m.firsts, m.objects, m.expected / m.objects) <= 0.01 / len(members)
        for m in members
    ]
    expected = [
        "first mover"
        if mover
        else "amplifier"
        if any(movers) and 2 * m.objects >= objects and 20 * m.firsts <= m.objects
        else "member"
        for m, mover in zip(members, movers, strict=True)
    ]
    event(f"{sorted(set(expected))}")
    assert roles(members, objects) == expected


def test_without_a_first_mover_nobody_amplifies():
    assert roles([Firsts(14, 1, 0.8), Firsts(14, 0, 0.8)], 14) == ["member", "member"]


def test_an_amplifier_is_there_at_half_of_the_objects_and_first_at_one_in_twenty():
    others = [Firsts(20, 1, 5.0), Firsts(19, 1, 4.75), Firsts(20, 1, 5.0)]
    assert roles([Firsts(40, 40, 10.0), *others], 40) == ["first mover", "amplifier", "member", "amplifier"]
    assert roles([Firsts(40, 40, 10.0), *others], 41) == ["first mover", "member", "member", "member"]
    assert roles([Firsts(40, 40, 10.0), Firsts(19, 0, 4.75)], 38)[1] == "amplifier"
    assert roles([Firsts(40, 40, 10.0), Firsts(19, 1, 4.75)], 38)[1] == "member"


def test_a_first_mover_is_one_after_all_members_were_looked_at():
    seldom = Firsts(8, 6, 2.0)  # with a probability of 0.0042
    assert roles([seldom], 8) == ["first mover"]
    assert roles([seldom, *[Firsts(8, 0, 2.0)] * 2], 8)[0] == "member"


@given(st.lists(st.integers(0, 40), min_size=2, max_size=8), st.lists(st.integers(0, 40), max_size=20))
def test_the_densest_week_and_its_probability(own, others):
    everybody = own + others
    burst = created_burst(np.array(own, np.int64) * DAY_US, np.array(everybody, np.int64) * DAY_US)
    inside = {start: sum(start <= d < start + BURST_DAYS for d in own) for start in own}
    most = max(inside.values())
    assert (burst.members, burst.days) == (most, BURST_DAYS)
    start = min(s for s in inside if inside[s] == most)
    there = sum(start <= d < start + BURST_DAYS for d in everybody)
    n, size = len(everybody), len(own)
    tail = sum(comb(there, i) * comb(n - there, size - i) for i in range(most, min(there, size) + 1)) / comb(n, size)
    assert burst.p_value == pytest.approx(min(1.0, size * tail))


def test_one_date_is_no_burst():
    assert created_burst(np.array([DAY_US]), np.array([DAY_US])) is None


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ("Rejoignez les BÉNÉVOLES ce soir", True),
        ("#Volunteers4All", True),
        ("волонтёры района", True),
        ("notre équipe de campagne", True),
        ("homicide involontaire", False),
        ("revolunteered", False),
        ("", False),
    ],
)
def test_words_that_say_so(said, is_one):
    assert says_volunteer(fold_id(said)) is is_one
