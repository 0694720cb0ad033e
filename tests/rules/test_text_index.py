"""Texts looked up among those of a state on disk, beside comparing them with every one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.kernels.test_near_pairs import PHRASES, written
from tests.rules.test_families import COPIES, OTHER, SAID, posted
from tests.rules.test_text_growth import made, said, table
from vigie.kernels.near_compare import FIGURES, compare, scored
from vigie.kernels.near_pairs import QUOTED, QUOTING
from vigie.rules.text_arrivals import grown
from vigie.rules.text_card import parts_of_texts, scorecard
from vigie.rules.text_index import CONTAINED_MIN, TextIndex
from vigie.text.normalise import normalise, word_count


def index_of(texts, folder, words_min=6):
    made([table(texts)], folder, words_min)
    index = TextIndex.opened(folder)
    assert index
    return index


def figures(one, other):
    """Return score, Jaccard likeness and containment of two texts, the earlier first."""
    parts = parts_of_texts([normalise(one), normalise(other)], [one, other])
    row = compare(parts, np.array([0], np.int32), np.array([1], np.int32))
    named = dict(zip(FIGURES, row[0].tolist(), strict=True))
    return float(scored(row, scorecard().card)[0]), named["jaccard"], named["contained"]


@settings(max_examples=40)
@given(posted(), st.randoms(use_true_random=False))
def test_what_is_found_is_what_comparing_with_each_says(posts, random):
    asked = random.choice([*posts, written(random, PHRASES)])
    with tempfile.TemporaryDirectory() as name:
        index = index_of(posts, Path(name))
        found = index.looked_up(asked, most=1000)
        keys = [normalise(text) for text in posts]
        different = list(dict.fromkeys(key for key in keys if word_count(key) >= 3))
        assert (index.texts, index.rows) == (len(different), len(posts))
        assert (found.key, found.words) == (normalise(asked), word_count(normalise(asked)))
        exact = different.index(found.key) if found.key in different else -1
        assert found.exact == exact
        assert found.exact not in [near.text for near in found.near]
        grown_now = grown([table(posts)], said, None, words_min=6).grown
        for near in found.near:
            other = posts[keys.index(different[near.text])]
            assert (near.score, near.jaccard, near.contained) == pytest.approx(figures(other, asked), abs=1e-4)
            short, long = sorted(parts_of_texts([normalise(one)], [one]).shingles.size for one in (other, asked))
            quotes = long > QUOTING * short and near.contained >= QUOTED
            assert near.is_near == (near.score >= scorecard().pair_min and not quotes)
            assert near.core == grown_now.family[near.text]
        order = [(not near.is_near, near.contained < CONTAINED_MIN, -near.score, near.text) for near in found.near]
        assert order == sorted(order)
        event(f"near: {min(2, len(found.near))}")
        for n, key in enumerate(different):
            due = [row for row, own in enumerate(keys) if own == key]
            assert index.rows_of([n]).tolist() == due
        assert index.rows_of(range(index.texts)).tolist() == [n for n, key in enumerate(keys) if key in different]
        for core in {-1, *grown_now.family.tolist()}:
            due = [] if core < 0 else np.flatnonzero(grown_now.family == core).tolist()
            assert index.members_of(core).tolist() == due


@pytest.mark.parametrize("change", COPIES)
def test_copies_are_found_by_the_first_and_the_first_by_copies(tmp_path, change):
    index = index_of([OTHER, SAID], tmp_path)
    found = index.looked_up(COPIES[change])
    assert found.exact == 1 or [(near.text, near.is_near) for near in found.near] == [(1, True)]
    assert index.looked_up("It rained in Brest all day long and nobody minded").near == ()


def words(random, count):
    return " ".join("".join(random.choices("abdefgiklmnoprstu", k=random.randint(3, 8))) for _ in range(count))


@pytest.mark.parametrize("size", [200, 1_000, 5_000])
def test_a_short_text_in_a_long_one_is_found_both_ways(tmp_path, size):
    random = Random(size)
    short, long = words(random, 12), words(random, size)
    around = f"{long[: len(long) // 2]} {short} {long[len(long) // 2 :]}"
    index = index_of([words(random, 30), short, around, long], tmp_path)
    (inside,) = [near for near in index.looked_up(around).near if near.text == 1]
    assert inside.contained > 0.95
    assert not inside.is_near
    assert 2 in [near.text for near in index.looked_up(f"{short}!").near]


def test_short_texts_and_an_empty_index(tmp_path):
    index = index_of([SAID, "two words", "", SAID], tmp_path)
    for text in ("", "two words", "🔥", "\ud800"):
        assert index.looked_up(text)[1:] == (word_count(normalise(text)), -1, ())
    assert index.looked_up("\ud800 " + SAID).words > 3
    assert index.rows_of([]).tolist() == []
    empty = index_of([], tmp_path / "empty")
    assert (empty.texts, empty.rows, empty.looked_up(SAID).near) == (0, 0, ())
    assert empty.rows_of([]).tolist() == []


def test_only_so_many_are_told(tmp_path):
    random = Random(3)
    texts = [words(random, 10) for _ in range(8)]
    index = index_of(texts, tmp_path)
    every = index.looked_up(" ".join(texts), most=100).near
    assert {near.text for near in every} == set(range(8))
    assert index.looked_up(" ".join(texts), most=2).near == every[:2]


def test_where_there_is_no_state_there_is_no_index(tmp_path):
    assert TextIndex.opened(tmp_path / "none") is None
    assert TextIndex.opened(tmp_path) is None
    index = index_of([SAID, OTHER], tmp_path, words_min=9)
    assert index.words_min == 9
    (tmp_path / "words").write_bytes(b"")
    assert TextIndex.opened(tmp_path) is None


def test_an_open_index_stays_as_it_was_while_texts_are_added(tmp_path):
    index = index_of([SAID, OTHER], tmp_path)
    before = index.looked_up(COPIES["reworded"])
    made([table([SAID, OTHER, *COPIES.values()])], tmp_path)
    assert index.looked_up(COPIES["reworded"]) == before
    assert (index.texts, index.rows) == (2, 2)
    assert len(TextIndex.opened(tmp_path).looked_up(COPIES["reworded"]).near) >= 1
