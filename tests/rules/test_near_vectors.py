"""Mutual nearest neighbours by margin, against the slowest way to say it."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiny_model import needs_extra
from vigie.rules import near_vectors
from vigie.rules.near_vectors import exact, mutual, nearest


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def oracle(left, right, similarity_min, k):
    """Return {left: right}, each cosine and margin by the formula, pair by pair."""
    cos = {(a, b): float(left[a] @ right[b]) for a in range(len(left)) for b in range(len(right))}

    def nearest_of(place, side):
        others = sorted((-c, pair[1 - side]) for pair, c in cos.items() if pair[side] == place)[:k]
        return [n for _, n in others], sum(max(0.0, -c) for c, _ in others) / len(others)

    lefts = [nearest_of(a, 0) for a in range(len(left))]
    rights = [nearest_of(b, 1) for b in range(len(right))]

    def margin(a, b):
        return cos[a, b] / ((lefts[a][1] + rights[b][1]) / 2)

    def best(found):
        return min(found, key=lambda f: (-f[0], -f[1], f[2]))[2] if found else None

    near = {pair for pair, c in cos.items() if c >= similarity_min}
    forth = {a: best([(margin(a, b), cos[a, b], b) for b in lefts[a][0] if (a, b) in near]) for a in range(len(left))}
    back = {b: best([(margin(a, b), cos[a, b], a) for a in rights[b][0] if (a, b) in near]) for b in range(len(right))}
    return {a: (b, cos[a, b], margin(a, b)) for a, b in forth.items() if b is not None and back[b] == a}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.tuples(st.integers(1, 25), st.integers(1, 25), st.integers(2, 6)),
    k=st.integers(1, 6),
    least=st.sampled_from([0.1, 0.5, 0.8]),
)
def test_pairs_are_those_of_the_slow_way(seed, size, k, least):
    n, m, d = size
    rng = np.random.default_rng(seed)
    left = unit(rng.normal(size=(n, d)))
    near = left[rng.integers(n, size=m)] + rng.choice([0.05, 0.5, 2]) * rng.normal(size=(m, d))
    right = unit(near)
    found = mutual(left, right, similarity_min=least, k=k)
    wanted = oracle(left, right, least, k)
    assert dict(zip(found.left.tolist(), found.right.tolist(), strict=True)) == {a: w[0] for a, w in wanted.items()}
    assert found.left.tolist() == sorted(found.left.tolist())
    np.testing.assert_allclose(found.similarity, [wanted[a][1] for a in sorted(wanted)], rtol=1e-4)
    np.testing.assert_allclose(found.margin, [wanted[a][2] for a in sorted(wanted)], rtol=1e-4)
    turned = mutual(right, left, similarity_min=least, k=k)
    assert set(zip(turned.right.tolist(), turned.left.tolist(), strict=True)) == set(
        zip(found.left.tolist(), found.right.tolist(), strict=True)
    )


def test_a_text_near_everything_does_not_take_what_another_means():
    """The cosine alone takes the hub, which is near all; the margin takes the text that is near one only."""
    angle = np.radians([0, 20, 40, 60])
    many = np.stack([np.cos(angle), np.sin(angle), np.zeros(4)], axis=1)
    rare = np.array([[np.cos(np.radians(30)) * 0.8, np.sin(np.radians(30)) * 0.8, 0.6]])
    left = unit(np.vstack([many, rare]))
    right = unit(np.array([[np.cos(np.radians(30)), np.sin(np.radians(30)), 0], rare[0] + [0, 0, 0.4]]))
    found = mutual(left, right, similarity_min=0.5, k=2)
    assert (4, 1) in set(zip(found.left.tolist(), found.right.tolist(), strict=True))


def test_nothing_near_nothing_found():
    zeros = np.zeros((3, 4), np.float32)
    for left, right in ((zeros, zeros), (zeros[:0], zeros), (zeros, zeros[:0])):
        assert mutual(left, right, similarity_min=0.1).left.tolist() == []


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    left, right = unit(rng.normal(size=(50, 8))), unit(rng.normal(size=(40, 8)))
    whole = nearest(left, right, 4)
    monkeypatch.setattr(near_vectors, "_BLOCK", 90)
    again = nearest(left, right, 4)
    assert whole[0].tolist() == again[0].tolist()
    np.testing.assert_allclose(whole[1], again[1], rtol=1e-6)


@needs_extra
def test_the_graph_of_neighbours_finds_what_comparing_everything_does(monkeypatch, capsys):
    """30,000 vectors, of which 500 have a likeness among the asked; twice, to the byte."""
    rng = np.random.default_rng(1)
    among = unit(rng.normal(size=(30_000, 12)))
    meant = rng.integers(30_000, size=500)
    asked = unit(among[meant] + 0.05 * rng.normal(size=(500, 12)))
    monkeypatch.setattr(near_vectors, "EXACT_MAX", 20_000)
    places, cosines = nearest(asked, among, 4)
    wanted, wanted_cosines = exact(asked, among, 4)
    recall = np.mean([len(set(a) & set(b)) / 4 for a, b in zip(places.tolist(), wanted.tolist(), strict=True)])
    with capsys.disabled():
        sys.stdout.write(f"\nneighbours found among 30,000 vectors: {recall:.4f}\n")
    assert recall >= 0.98
    assert np.mean(places[:, 0] == meant) == 1
    same = places == wanted
    np.testing.assert_allclose(cosines[same], wanted_cosines[same], rtol=1e-5)
    assert (np.diff(cosines, axis=1) <= 0).all()


@needs_extra
def test_the_graph_repeats(monkeypatch):
    monkeypatch.setattr(near_vectors, "EXACT_MAX", 100)
    rng = np.random.default_rng(2)
    among, asked = unit(rng.normal(size=(3_000, 16))), unit(rng.normal(size=(50, 16)))
    first, second = nearest(asked, among, 4), nearest(asked, among, 4)
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


@pytest.mark.parametrize("k", [1, 4])
def test_equals_stand_in_their_order(k):
    among = np.tile(np.array([[1, 0]], np.float32), (6, 1))
    places, _ = nearest(among[:2], among, k)
    assert places.tolist() == [list(range(k))] * 2
