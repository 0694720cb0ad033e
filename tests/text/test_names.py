"""Which words pass for names, beside a scan over the words."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.text.test_normalise import HOSTILE
from vigie.text.names import inner_capitals

OPENING = "\"'«“„("
PIECES = [
    "Ann",
    "bo",
    "Éva",
    "Ω",
    "ЖУК",
    "Ա",
    "d'Or",
    "X-2",
    "7",
    "O\u2019Hara",
    *".!?:…,\"'«“„(#@-",
    " ",
    " ",
    "\n",
    "\xa0",
]


def capital(character):
    return character.isupper() and "A" <= character < "\u0588"


def by_hand(text):
    """Return the words that stand capitalised after a space that ends no sentence."""
    found, at = [], 2
    while at < len(text):
        begin = at + (text[at] in OPENING)
        after_space = text[at - 1].isspace() and not text[at - 2].isspace() and text[at - 2] not in ".!?:…"
        if after_space and begin < len(text) and capital(text[begin]):
            end = begin + 1
            while end < len(text) and (text[end].isalnum() or text[end] in "_'\u2019-"):
                end += 1
            found.append(text[begin:end])
            at = end
        else:
            at += 1
    return " ".join(found)


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("a B c D")
@example("a  B")
@example("a. B: C? D! E… F, G")
@example("a „B“ «C» (D) #E @F")
def test_names_are_those_one_finds_word_by_word(text):
    assert inner_capitals(text) == by_hand(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Paris", ""),
        ("in Paris", "Paris"),
        ("HE WON", "WON"),
        ("Vote. Now in Ödön: Then", "Ödön"),
        ("вчера Макрон сказал", "Макрон"),
        ("χθες στον Μακρόν είπε", "Μακρόν"),
        ("قال ماكرون أمس", ""),
        ("the ǅ and ß and ª", ""),
        ("Jean-Luc et Marie-Ève d'Arc", "Marie-Ève"),
    ],
)
def test_words_of_alphabets_that_have_capitals(text, expected):
    assert inner_capitals(text) == expected


@given(HOSTILE)
def test_any_text_has_names_that_stand_in_it(text):
    assert all(name in text and name[0].isupper() for name in inner_capitals(text).split(" ") if name)


def test_a_text_of_a_megabyte():
    assert inner_capitals("x A" * 300_000) == " ".join(["Ax"] * 299_999 + ["A"])
    assert inner_capitals("A" * 1_000_000) == ""
    assert inner_capitals(" " * 1_000_000) == ""
