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
        "#a",
        "read more",
        " h",
        "<b>",
        "$",
        "0",
        "v0te",
        ".",
        "\u094d",
        "\u093c",
        "\u200d",
        "hxxp://",
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
        "<p>The <b>Min</b>ister<br/>hid the report</p>",
        "The M\U0001f525i\U0001f525n\U0001f525i\U0001f525s\U0001f525t\U0001f525e\U0001f525r hid the report",
        "T\U0001f525H\U0001f525E Minister hid the report",
        "The M i n i s t e r  hid the r.e.p.o.r.t",
        "The m-i-n-i-s-t-e-r, hid the (r_e_p_o_r_t_)",
        "The M1n1ster hid the r3port",
        "The Mini$ter hid the report",
        "T\u0308\u0312\u031eh\u0301e\u0302 Mi\u0336n\u0336is\u0489ter hid the report".replace("\u0489", ""),
        f"{BASE} #a #b #c",
        f"{BASE} \U0001f525 #a #b! \U0001f525 ##c https://t.co/x",
        f"{BASE}… read more",
        f"{BASE}... Читать далее",
        f"{BASE}. Lire la suite \u2192",
        f"{BASE}... weiterlesen",
        f"{BASE} [...] اقرأ المزيد",
        f"{BASE} [\u2026]",
        f"{BASE}... Read more: https://t.co/x #a #b #c",
        f"{BASE} ht\u2026",
        f"{BASE} https//vk\u2026cc/mtnnJ",
        f"{BASE} https\u2026//clck.ru/x",
        f"{BASE} http\u0455://www.rt.\u0441om/x",
        f"{BASE} hxxps://evil[.]example/x",
        f"{BASE} @j\u00e9r\u00f4me",
        f"\U0001f525 RT   @ana: {BASE}",
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


@pytest.mark.parametrize(
    "word",
    ["2017", "5g", "g20", "covid19", "19h30", "h1n1", "mp3", "k8s", "vot3", "3lection", "u2", "a1b", "1er", "第3次"],
)
def test_digits_that_do_not_pass_for_letters_stay(word):
    assert normalise(f"on {word} day") == f"on {word} day"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("#vote #now #today", "vote now today"),
        ("see #vote #now", "see vote now"),
        ("#a #b #c then words", "a b c then words"),
        ("words #a #b 3 #c", "words a b 3 c"),
        ("I want to read more", "i want to read more"),
        ("Read more", "read more"),
        ("weather: 3-1", "weather 3 1"),
        ("the U.S.A. and e.g. this", "the u s a and e g this"),
        ("1 2 3 4 5", "1 2 3 4 5"),
        ("plan a b c d now", "plan abcd now"),
        ("write to ana.b@example.org", "write to ana b example org"),
        ("$100 and 5$ and a $ sign", "100 and 5 and a sign"),
        ("\u0432\u044b3\u043e\u0432 \u04330\u043b\u043e\u0441", "b\u044b\u0437ob \u0433o\u043boc"),
        ("a < b > c, <3", "a b c 3"),
        ("\u0915\u094d\u0915\u094d\u0915\u094d\u0915", "\u0915\u094d\u0915\u094d\u0915\u094d\u0915"),
        ("alert rt @ana: x", "alert x"),
        ("http and www", "http and www"),
        ("\u0639\u0640\u0640\u0646", "\u0639\u0646"),  # an Arabic word made longer
        ("a start @bob: x", "a start x"),
    ],
)
def test_where_a_rule_begins_and_ends(text, key):
    assert normalise(text) == key


def test_a_figure_makes_another_text():
    assert normalise("Paris: 12 degrees at noon") != normalise("Paris: 13 degrees at noon")


@given(HOSTILE)
@example("&amp;amp;lt;")
@example("\u0430\u0301")
@example("h\u200bttps://a.example")
def test_a_key_is_its_own_key(text):
    assert normalise(normalise(text)) == normalise(text)


def test_every_character_has_a_key_that_stays():
    keys = {normalise(f"a{chr(code)}b") for code in range(sys.maxunicode + 1)}
    assert all(normalise(key) == key for key in keys)


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
    for piece in (
        *(
            "RT @a: ",
            "@",
            "@a@",
            "http",
            "www.",
            "&amp;",
            "...",
            "\u0301",
            "rt @",
            "<b",
            "<b ",
            "#a",
            "#a ",
            "# ",
            "a ",
            "a.",
        ),
        *(
            "v0",
            "0",
            "$",
            "a$",
            "a@",
            "\U0001f525",
            "v\U0001f525",
            "read more ",
            " read more...",
            "h...",
            "\u200b",
            "<",
            "a\u094d",
        ),
    ):
        normalise(piece * 40_000)


def test_fingerprints_are_of_128_bits():
    assert fingerprint("a") != fingerprint("b")
    assert len(fingerprint("\ud800")) == 32
