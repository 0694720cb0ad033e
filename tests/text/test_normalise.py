from __future__ import annotations

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vigie.text.normalise import LOOKALIKES, fingerprint, is_marked_repost, normalise, word_count

BASE = "The Minister hid the report"
KEY = "the minister hid the report"

# Pieces that each step of the normalisation reacts to, so that they meet in every order.
PIECES = st.sampled_from(
    [
        "RT @ana: ",
        "rt @b ",
        "@bob",
        "https://a.example/x?y=1",
        "http",
        "www.",
        "t.co/",
        "...",
        "\u2026",
        "&amp;",
        "&lt;",
        "&",
        "#",
        "\u200b",
        "\u202e",
        "\x00",
        "\ufe0f",
        "\u0301",
        "\u0307",
        "\u00e9",
        "\u0130",
        "\u00df",
        "\ufb01",
        "\uff2d",
        "\u0451",
        "\u0410",
        "\u039f",
        "\u304b\u3099",
        "a",
        "B",
        "rt",
        " ",
        "\n",
        "7",
        "\U0001f525",
        "_",
        "-",
        "\u0645",
        "\u0651",
        "\u0915\u094d\u0937",
        "\U0001d400",
        "\ud800",
    ]
)
HOSTILE = st.lists(PIECES, max_size=12).map("".join) | st.text()


@pytest.mark.parametrize(
    "variant",
    [
        BASE.upper(),
        f"  {BASE}\n",
        f"{BASE}!!! 🔥🔥",
        f"RT @ana: {BASE}…",
        f"RT @ana: RT @bob: {BASE}",
        f"{BASE} https://t.co/AbC123",
        f"{BASE} https…",
        f"{BASE} pic.twitter.com/AbC",
        f"@bob @cem@social.example {BASE}",
        "The #Minister hid the #report",
        "The Min\u200bister \u202ehid the\u00a0report",
        "Th\u0435 Minist\u0435r hid th\u0435 r\u0435port",  # Cyrillic ie
        "\u0422h\u0435 Minister hid the repor\u0442",  # Cyrillic te
        "The M\u03b9nister hid the rep\u03bfrt",  # Greek iota, omicron
        "".join(chr(ord(c) + 0xFEE0) if c != " " else c for c in BASE),  # full width
        "Thé Mïnister hid the repórt",
        "T\u0336h\u0336e Minister hid the report",  # struck through
        "The &quot;Minister&quot; hid&nbsp;the report",
    ],
)
def test_what_costs_nothing_to_change_is_taken_away(variant):
    assert normalise(variant) == KEY


@pytest.mark.parametrize(
    "other",
    ["The Minister hid the reports", "The Minister hid 2 report", "The Minister hid report the", "The Minister, hid"],
)
def test_other_words_are_another_text(other):
    assert normalise(other) != KEY


def test_a_figure_makes_another_text():
    assert normalise("Paris: 12 degrees at noon") != normalise("Paris: 13 degrees at noon")


@given(HOSTILE)
@example("&amp;amp;lt;")
@example("\u0430\u0301")
@example("h\u200bttps://a.example")
def test_a_key_is_its_own_key(text):
    assert normalise(normalise(text)) == normalise(text)


def test_every_character_has_a_key_that_stays():
    for code in range(sys.maxunicode + 1):
        key = normalise(f"a{chr(code)}b")
        assert normalise(key) == key


@given(HOSTILE)
def test_a_key_is_words_with_one_space_between(text):
    key = normalise(text)
    assert key.split() == (key.split(" ") if key else [])
    assert key.casefold() == key


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_text_takes_the_same_way_as_any_other(text):
    # A character of another kind, alone at the end, sends the same text down the slower way.
    assert normalise(text + " \N{EM DASH}") == normalise(text + " -")


@pytest.mark.parametrize(
    "alphabet",
    ["абвгдежзиклмнопрстуфхцчшщъыьэюяєіґ", "абвгдђежзијклљмнњопрстћуфхцчџшѕ", "αβγδεζηθικλμνξοπρστυφχψω"],
    ids=["Russian and Ukrainian", "Serbian and Macedonian", "Greek"],
)
def test_no_two_letters_of_one_alphabet_are_folded_together(alphabet):
    folded = [normalise(f"{letter}1") for letter in alphabet]
    assert len(set(folded)) == len(alphabet)


def test_look_alikes_become_letters_of_ascii():
    assert all(letter.isascii() and letter.isalpha() for letter in LOOKALIKES.values())


def test_a_word_in_look_alikes_alone_is_caught():
    assert normalise("\u0441\u043e\u0440\u0435") == "cope"


@pytest.mark.parametrize(
    ("key", "words"),
    [("", 0), ("a", 1), ("macron le pen", 3), ("総統選挙の結果", 3), ("総統選挙 2017", 3), ("ประเทศ ไทย", 4)],
)
def test_words_are_counted_in_scripts_without_spaces_too(key, words):
    assert word_count(key) == words


@pytest.mark.parametrize(
    ("text", "marked"), [("RT @ana: x", True), (" rt @ana x", True), ("art @ana", False), ("RT now", False)]
)
def test_a_repost_says_so_at_its_beginning(text, marked):
    assert is_marked_repost(text) is marked


def test_hostile_text_costs_linear_time():
    for piece in ("RT @a: ", "@", "@a@", "http", "www.", "&amp;", "...", "\u0301", "rt @"):
        normalise(piece * 40_000)


def test_fingerprints_are_of_128_bits():
    assert fingerprint("a") != fingerprint("b")
    assert len(fingerprint("\ud800")) == 32
