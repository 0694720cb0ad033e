from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.text.test_differences import TEXTS
from vigie.text.differences import differences
from vigie.text.differences_shown import CHANGED_WORDS, CONTEXT_WORDS, Shown, html_parts, made_inert, shown
from vigie.text.inert import visible


def collapsed(text: str) -> str:
    return " ".join(text.split())


@given(TEXTS, TEXTS)
def test_short_texts_are_shown_whole(first, other):
    pieces = shown(differences(first, other))
    if all(piece.kind != "cut" for piece in pieces):
        assert collapsed("".join(p.text for p in pieces if p.kind != "removed")) == collapsed(other)
    assert all(piece.text for piece in pieces)


def test_what_is_alike_is_cut_around_changes():
    words = [f"w{n}" for n in range(200)]
    other = [*words[:100], "changed", *words[101:]]
    pieces = shown(differences(" ".join(words), " ".join(other)))
    assert [piece.kind for piece in pieces] == ["cut", "same", "removed", "added", "same", "cut"]
    assert pieces[0].text == f"… {100 - CONTEXT_WORDS} words alike …"
    assert pieces[-1].text == f"… {99 - CONTEXT_WORDS} words alike …"
    assert pieces[1].text.split() == words[100 - CONTEXT_WORDS : 100]
    assert [pieces[2].text, pieces[3].text] == ["w100", "changed"]


def test_long_additions_are_cut_in_the_middle():
    added = [f"w{n}" for n in range(500)]
    pieces = shown(differences("they knew", "they knew " + " ".join(added)))
    assert [piece.kind for piece in pieces] == ["same", "added", "cut", "added"]
    assert pieces[2].text == f"… {500 - CHANGED_WORDS} words …"
    assert pieces[3].text.split()[-1] == "w499"


def test_text_without_spaces_is_cut_by_characters():
    pieces = shown(differences("選" * 9_000, "選" * 9_000))
    assert [piece.kind for piece in pieces] == ["same", "cut", "same"]
    assert "characters" in pieces[1].text


@pytest.mark.parametrize(
    ("first", "other", "letters"),
    [
        ("vote", "v\u043ete", "\u043e"),
        ("vote", "V\u041eTE", "\u041e"),
        ("\u043e\u043d\u0430", "\u041e\u041d\u0410", ""),
        ("\u043e\u043d\u0430", "\u043e\u043da", ""),
    ],
)
def test_lookalikes_that_the_first_lacks_are_named(first, other, letters):
    assert shown(differences(first, other)) == (Shown("looks", other, letters),)


def test_a_lookalike_is_shown_as_its_code_point():
    (piece,) = shown(differences("vote", "v\u043ete"))
    assert made_inert(piece, visible) == "v⟦U+043E⟧te"


@given(TEXTS, TEXTS)
def test_pages_get_nothing_that_acts(first, other):
    for _, text in html_parts(shown(differences(first + "<b>&", other + "<i>\u202e"))):
        assert not set(text) & set("<>\u202e\u200b\x00\ud800")
        assert "\u202e" not in html.unescape(text)


@given(st.sampled_from(["same", "removed", "added", "looks"]), TEXTS)
def test_pages_keep_the_text(kind, text):
    ((shown_as, made),) = html_parts([Shown(kind, text)])
    assert shown_as == kind
    assert made.unescape() == visible(text)
