"""Site pairs are counted, ranked and scored as counting by hand does; the two truths are read from the files."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pink_slime import (
    Story,
    average_precision,
    linked,
    operators,
    other_figures,
    rates,
    shared,
    sites_of,
    stories,
    strangers,
)
from tests import shared_data

SITES = st.sets(st.sampled_from("abcd"), min_size=1)


@given(st.lists(SITES, max_size=8))
def test_shared_families_are_those_that_have_both(families):
    count, weight = shared(families), shared(families, weighted=True)
    for pair in itertools.combinations("abcd", 2):
        both = [names for names in families if set(pair) <= names]
        assert count.get(pair, 0) == len(both)
        assert weight.get(pair, 0) == pytest.approx(sum(1 / (len(names) - 1) for names in both))


def test_sites_of_families_leave_out_what_is_in_none():
    posts = [Story("a", "x"), Story("b", "x"), Story("a", "y")]
    assert sites_of([0, 0, -1], posts) == {0: {"a", "b"}}


@given(st.dictionaries(st.integers(0, 7), st.integers(0, 3)), st.sets(st.integers(0, 7), min_size=1))
def test_average_precision_is_that_of_every_true_pair(score, true):
    pairs = [("s", str(n)) for n in range(8)]
    named = {("s", str(n)): float(value) for n, value in score.items()}
    right = {("s", str(n)) for n in true}
    expected = []
    for pair in right:
        above = [p for p in pairs if named.get(p, 0) >= named.get(pair, 0)]
        expected.append(sum(p in right for p in above) / len(above))
    assert average_precision(named, pairs, right) == pytest.approx(sum(expected) / len(right))


def test_rates_count_pairs_of_enough_families():
    score = {("a", "b"): 3.0, ("a", "c"): 1.0}
    assert rates(score, {("a", "b"), ("b", "c")}, 2) == (1.0, 0.5, 1)
    assert rates(score, {("a", "b"), ("b", "c")}, 1) == (0.5, 0.5, 2)
    precision, recall, found = rates(score, {("a", "b")}, 9)
    assert math.isnan(precision)
    assert (recall, found) == (0, 0)


def test_other_figures_are_those_that_the_core_has_not():
    texts = ["5 shops in Lyon close", "6 shops in Lyon close", "5 SHOPS in Lyon close!", "5 shops of Lyon close"]
    changed, other, frames = other_figures([0, 0, 0, 0], texts)
    assert (changed, other) == (2, 1)
    assert frames == {"0 shops in Lyon": 1}


@pytest.mark.shared
def test_the_network_has_23_sites_of_one_operator_and_the_strangers_none():
    data = shared_data()
    if data is None:
        pytest.skip("the evaluation data is not beside the checkout")
    run_by = operators(data)
    sites = {story.site for story in stories(data)}
    assert len(sites) == 23
    assert {run_by[site] for site in sites} == {"Metric Media"}
    assert len(linked(data, sites)) == 92
    others = {story.site for story in strangers(data)}
    assert len(others) == 7
    assert not others & set(run_by)
