"""Candidates are found as whole words, in every spelling."""

from __future__ import annotations

from vigie.text.candidates import names_in, spellings_of
from vigie.text.fold import fold_id

SPELLINGS = (("bo-lind", "Bo Lind"), ("reed", "Ana Reed"))


def named_in(text, hashtags, spellings=SPELLINGS):
    return names_in(fold_id(" ".join([text, *hashtags])), spellings)


def test_names_are_found_as_whole_words_and_in_hashtags():
    assert named_in("REEDS grow", ["Reed"]) == ("Ana Reed",)
    assert named_in("Bo  Lind, reed", []) == ("Ana Reed", "Bo Lind")
    assert named_in("Bo and Lind", []) == ()


def test_a_spelling_of_two_candidates_names_both():
    rows = [{"alias_id": "reed", "name": name} for name in ("Ana Reed", "Tom Reed")] + [{"alias_id": "", "name": "?"}]
    assert named_in("reed", [], spellings_of(rows)) == ("Ana Reed", "Tom Reed")
