"""Every heavy rewording has one fate, and the table has a line for each set."""

from __future__ import annotations

import pytest

from bench import _copies
from bench.copies_heavy import FATES, by_likeness, fates, line, words_kept


def test_words_are_kept_as_often_as_both_have_them():
    assert words_kept("a a b", "a c d e") == 0.25
    assert words_kept("", "") == 0


def test_heavy_rewordings_are_joined_or_lost_in_one_way():
    posts = _copies.posts(3000, 1)
    found = fates(posts)
    rows = posts.to_pylist()
    assert len(found) == sum(row["op"] == "reword2" and row["role"] == "member" for row in rows) > 10
    assert {fate for fate, *_ in found} <= set(FATES)
    assert any(fate == "joined" for fate, *_ in found)
    joined = [kept for fate, _, kept, _ in found if fate == "joined"]
    below = [kept for fate, _, kept, _ in found if fate == "below"]
    assert sum(joined) / len(joined) > sum(below) / len(below)
    shown = line("seed 1", found).split()
    assert shown[2] == str(len(found))
    assert sum(map(float, shown[3:7])) == pytest.approx(1, abs=0.01)


def test_the_share_joined_is_that_of_each_band():
    found = [("joined", 0.35, 0.7, 1.0), ("below", 0.39, 0.7, 1.0), ("joined", 1.0, 1.0, 9.0)]
    assert by_likeness("x", found).split() == ["x", "-", "0.500", "of", "2", "-", "-", "1.000", "of", "1"]
