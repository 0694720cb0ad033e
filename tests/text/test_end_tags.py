from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.text.end_tags import without_end_tags
from vigie.text.normalise import normalise, word_count

SAID = "he hid the ballots"
ENDS = [
    "#a",
    "#Élection2017",
    "\uff03선거",
    "#a,#b",
    "(#a)",
    "#a:",
    "@ana",
    "https://a.example/x",
    "\u2026",
    "-",
    "\U0001f525",
]


@given(st.lists(st.sampled_from(ENDS), max_size=5), st.lists(st.sampled_from(ENDS), max_size=5))
def test_what_stands_at_the_ends_is_left_out(before, after):
    text = " ".join([*before, SAID, *after])
    assert without_end_tags(text) == SAID


@pytest.mark.parametrize("text", [SAID, "he hid #the ballots", "a #b c d", "#a", "", " ", "#a b c", "C# is a language"])
def test_nothing_else_is(text):
    assert without_end_tags(text) == text


def test_dots_before_hashtags_are_no_cut():
    assert without_end_tags(f"{SAID}... #a") == SAID
    assert without_end_tags(f"{SAID}\u2026") == f"{SAID}\u2026"


def test_a_word_with_a_hashtag_in_it_is_a_word():
    assert without_end_tags("he hid it all, sorry#a #b") == "he hid it all, sorry#a"


@given(st.text(alphabet="#\uff03 @ab:/.\u0301\n\u200b\ud800", max_size=40))
def test_any_text_keeps_three_words_or_all(text):
    said = without_end_tags(text)
    assert said == text or word_count(normalise(said)) >= 3


def test_a_long_row_takes_no_longer_than_its_length():
    assert without_end_tags("#a#" * 50_000 + " " + SAID + " #a" * 50_000 + "#" * 50_000) == SAID
