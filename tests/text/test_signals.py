from __future__ import annotations

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from tests.text.test_normalise import HOSTILE
from vigie.text.normalise import normalise
from vigie.text.signals import NO_SIGNALS, Signals, _hidden, _taken_away, counted, signals

PLAIN = "The Minister hid the report"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Min\u200bister h\u2060id the report", Signals(zero_width=2, zero_width_in_words=2)),
        ("The\u200b Minister\u2060 hid\ufeff the report\u200c", Signals(zero_width=4)),
        ("The Min\u00adis\u00adter hid the report", Signals(zero_width=2)),
        ("The M\u00adinister hi\u00add t\u00adh\u00ade report", Signals(zero_width=4, zero_width_in_words=4)),
        ("\u0647\u0630\u2060\u0627 \u0646\u00ad\u0635", Signals(zero_width=2, zero_width_in_words=2)),
        ("\u0647\u0630\u200b\u0627", Signals(zero_width=1)),  # what stands in for a joiner
        ("The Min\u202eister hi\u2069d the re\u200b\u200eport", Signals(1, 1, bidi=3)),
        ("\u202dThe report\u202c", Signals(bidi=1)),
        ("Th\u0435 Minist\u0435r hid the rep\u03bfrt", Signals(mixed_script_words=3)),
        ("The M.i.n.i.s.t.e.r hid the r e p o r t", Signals(spaced_letters=2)),
        ("The Min🔥ister hid the re👍🏽port", Signals(emoji_in_words=2)),
        ("The M1nister hid the r3port", Signals(leet_words=2)),
        ("The Mini$ter hid the report", Signals(leet_words=1)),
        ("The M\u0336i\u0336nister hid the q\u030breport", Signals(marks_stuffed=2)),
        ("The q\u0336\u0301uiet", Signals(marks_stuffed=2)),
        ("q\u0301w\u0304\u0301 \u043c\u0301\u0438\u043d\u0301 p\u0303", Signals(marks_stuffed=6)),
        ("\u0412\u0435\u0440o \u041fo\u0441\u0442", Signals(mixed_script_words=2)),
        ("\u041c\u03bfd", Signals(mixed_script_words=1)),
        ("The Minister hid the report…", Signals(truncated=True)),
        ("The Minister hid the [...] https://t.co/x", Signals(truncated=True)),
        ("The Minister hid the report. Read more: https://t.co/x", Signals(truncated=True)),
        ("The Minister hid the report ht…", Signals(truncated=True)),
        ("The Minister hid the report #a #b #c", Signals(trailing_hashtags=3)),
        ("The Minister hid the re… #a #b #c #d", Signals(truncated=True, trailing_hashtags=4)),
    ],
)
def test_each_trick_is_counted(text, expected):
    assert signals(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        PLAIN,
        "Élysée: l'été à Besançon, où ça? «Œuvre» \u2013 12 °C",
        "Москва ждёт: ёлка, йод — 2017 год",
        "هذا نص عادي \u2066@ana\u2069 مع ذكر\u200f.",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क्\u200dष",
        "👩\u200d👩\u200d👧 and ❤️ and 🇫🇷 fine",
        "\ufeffBegins with an order mark",
        "G20, 5G, covid19, 19h30, mp3, in 2017: 3-1 (the U.S.A.)",
        "\u041f\u041e\u0413\u0420\u042bZ\u0415\u041d\u041e, Z\u0430 \u043d\u0430\u0448\u0438\u0445",
        "#NOW\u0421\u041b\u0423\u0428\u0410\u042e, Google\u0430",
        "300 \u03bcg, IFN\u03b3, \u0394E, \u03b2lock",
        "With \u2066@ana\u2069 and \u200e12, \u202d+33 6 12\u202c\u200f",
        "1\ufe0f\u20e3 and 2\u20e3, ( \u0361\u00b0 \u035c\u0296 \u0361\u00b0 )",
        "\u0437\u0430\u0301\u043c\u043e\u043a, \u0431\u043e\u0301\u043b\u044c\u0448\u0430\u044f, \u044f\u0301",
        "g\u0303 and \u0254\u0301\u025b\u0300, \u1eb9\u0301",
        "\ufffd\u200d\u2642\ufe0f",
        "Two tags #a #b, and #LostIn3Words",
        "Việt Nam",
        "cost $5 to ana@example.org & co",
        "I want to read more",
    ],
)
def test_ordinary_texts_have_none(text):
    assert signals(text) == NO_SIGNALS


@given(st.text(st.sampled_from("abcdé жя ع ,!?-\n1269"), max_size=60))
def test_a_text_without_such_characters_has_no_hidden_ones(text):
    found = signals(text)
    assert (found.zero_width, found.bidi, found.emoji_in_words, found.marks_stuffed, found.trailing_hashtags) == (
        0,
    ) * 5


STUFFING = st.lists(
    st.sampled_from(["\u200b", "\u2060", "\u202e", "\u2069", "\u0336", "\u0310", "\u00ad"]), min_size=40, max_size=40
)


@given(st.lists(st.sampled_from(["vote", "report", "Minister", "hid", "now"]), min_size=1, max_size=8), STUFFING)
def test_stuffing_is_counted_and_leaves_the_key(words, stuffing):
    text = " ".join(words)
    stuffed = "".join(c + s for c, s in zip(text, stuffing * 2, strict=False))
    found = signals(stuffed)
    assert normalise(stuffed) == normalise(text)
    assert signals(text) == NO_SIGNALS
    assert found.zero_width + found.bidi + found.marks_stuffed >= len(words)


@given(st.lists(st.sampled_from(["vote", "report", "minister"]), min_size=1, max_size=6), st.sampled_from("🔥.-_*"))
def test_letters_set_apart_are_counted_and_leave_the_key(words, between):
    text = " ".join(words)
    apart = " ".join(between.join(word) for word in words)
    assert normalise(apart) == text
    assert signals(apart).spaced_letters == len(words)


DENSE = st.lists(
    st.sampled_from(
        [
            "a",
            "b",
            " ",
            ".",
            "#a ",
            "0",
            "$",
            "@",
            "\u0430",
            "\u200b",
            "\u0336",
            "\U0001f525",
            "read more",
            "\u2026",
            "vot",
            "ع",
        ]
    ),
    max_size=12,
).map("".join)


@given(HOSTILE | DENSE)
@example("read morehttp://x")
def test_the_short_way_says_what_the_long_way_says(text):
    found = counted(text)
    event(f"any: {found != NO_SIGNALS}")
    assert signals(text) == found


@given(
    st.text(
        st.characters() | st.sampled_from("aboe\u043a\u0438\u043e\u03b1\U0001f525\ufe0f\u200b\u0301\u00ad\ufdff\u4e2d"),
        max_size=12,
    )
)
def test_where_nothing_is_hidden_nothing_is_taken_away(text):
    due = _taken_away(text)
    event(f"hidden: {bool(due.zero_width or due.bidi or due.marks_stuffed)}")
    assert _hidden(text) == due


def test_hostile_text_costs_linear_time():
    for piece in (
        "a ",
        "#a ",
        "\u200b",
        "\u202e",
        "a\u0301",
        "\u0430a",
        "v0",
        "🔥",
        "a🔥",
        "a$",
        "@a",
        "...",
        "<b",
        "\ud800",
        "ع\u200c",
    ):
        signals(piece * 40_000)
