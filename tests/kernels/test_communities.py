from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.kernels.communities import communities, with_majority


def found(edges, nodes, **options):
    ends = np.array([e[:2] for e in edges], np.int64).reshape(-1, 2)
    weights = np.array([e[2] if len(e) > 2 else 1.0 for e in edges])
    return communities(ends[:, 0], ends[:, 1], weights, node_count=nodes, **options)


def clique(nodes, weight=1.0):
    return [(a, b, weight) for a, b in itertools.combinations(nodes, 2)]


EDGES = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11), st.floats(0.5, 20)).filter(lambda e: e[0] != e[1]),
    max_size=30,
    unique_by=lambda e: frozenset(e[:2]),
)


@settings(max_examples=60)
@given(EDGES, st.randoms(use_true_random=False))
def test_a_community_is_connected_and_the_order_of_the_edges_does_not_matter(edges, random):
    least, stability = found(edges, 12)
    event(f"communities: {len(set(least.tolist()) - {-1})}")
    again = [(b, a, w) if random.random() < 0.5 else (a, b, w) for a, b, w in edges]
    random.shuffle(again)
    other = found(again, 12)
    assert other.least.tolist() == least.tolist()
    assert other.stability.tolist() == stability.tolist()
    linked = {end for e in edges for end in e[:2]}
    assert {n for n in range(12) if least[n] >= 0} == linked
    assert all(0 <= stability[n] <= 1 for n in linked)
    assert not any(stability[n] for n in set(range(12)) - linked)
    for label in set(least.tolist()) - {-1}:
        own = set(np.flatnonzero(least == label).tolist())
        assert label == min(own)
        reached, front = {label}, {label}
        while front:
            front = {y for e in edges for x, y in (e[:2], e[1::-1]) if x in front and y in own} - reached
            reached |= front
        assert reached == own


@pytest.mark.parametrize(("large", "small"), [(20, 20), (20, 6), (40, 3)])
def test_two_dense_groups_with_one_tie_are_two(large, small):
    edges = [*clique(range(large)), *clique(range(large, large + small)), (0, large, 1.0)]
    least, stability = found(edges, large + small)
    assert least.tolist() == [0] * large + [large] * small
    assert stability.min() > 0.9


def test_a_dense_group_of_uneven_ties_is_one():
    random = Random(5)
    for _ in range(10):
        edges = [(a, b, random.uniform(2, 14)) for a, b, _ in clique(range(18)) if random.random() < 0.8]
        assert set(found(edges, 18).least.tolist()) == {0}


def test_a_random_graph_is_one_although_it_has_modularity():
    random = Random(6)
    edges = [e for e in clique(range(40)) if random.random() < 0.3]
    assert len(set(found(edges, 40).least.tolist())) == 1
    assert len(set(found(edges, 40, resolution=1.0).least.tolist())) > 1  # what the default is there for


def test_weights_count():
    square = clique(range(6))
    weak = [(a, b, 0.01 if (a < 3) != (b < 3) else 9.0) for a, b, _ in square]
    assert found(square, 6).least.tolist() == [0] * 6
    assert found(weak, 6).least.tolist() == [0, 0, 0, 3, 3, 3]


def test_a_component_is_alone_with_itself():
    one = [*clique(range(5)), (4, 5, 1.0), (5, 6, 1.0), (6, 7, 1.0)]
    alone = found(one, 8)
    many = [(a + 8 * k, b + 8 * k, w) for k in range(30) for a, b, w in one]
    least, stability = found(many, 240)
    for k in range(30):
        assert (least[8 * k : 8 * k + 8] - 8 * k).tolist() == alone.least.tolist()
        assert stability[8 * k : 8 * k + 8].tolist() == alone.stability.tolist()


def test_what_holds_a_node_loosely_is_seen_in_its_stability():
    # A pair that hangs on a group by two ties as strong as its own: at a higher resolution it is a group for itself.
    edges = [*clique(range(10)), (10, 11, 1.0), (10, 0, 1.0), (11, 1, 1.0)]
    least, stability = found(edges, 12)
    assert least.tolist() == [0] * 12
    assert stability[10:].max() < 0.9 <= stability[:10].min()


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_the_majority_of_each_community(pairs):
    def leasts(labels):
        return np.array([labels.index(label) for label in labels])

    before, after = leasts([p[0] for p in pairs]), leasts([p[1] for p in pairs])
    expected = []
    for node in range(len(pairs)):
        own = [n for n in range(len(pairs)) if before[n] == before[node]]
        sizes = {label: sum(after[n] == label for n in own) for label in {after[n] for n in own}}
        expected.append(after[node] == min(sizes, key=lambda label: (-sizes[label], label)))
    assert with_majority(before, after).tolist() == expected


def test_no_edge_no_community():
    least, stability = found([], 3)
    assert least.tolist() == [-1, -1, -1]
    assert stability.tolist() == [0, 0, 0]
