from __future__ import annotations

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.text.normalise import is_marked_repost
from vigie.text.reposts import reposted

PIECES = st.sampled_from(
    [
        "RT",
        "rt",
        "Rt ",
        " ",
        "@",
        "ana",
        "\u00c9l\u00e9a",
        ":",
        '"',
        "\u201c",
        "\u00ab",
        "via ",
        "MT ",
        "\n",
        "\x00",
        "\u200b",
        "x" * 70,
    ]
)
TEXTS = st.lists(PIECES, max_size=9).map("".join) | st.text()


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("RT @Ana: he knew", "ana", " he knew"),
        ("  rt @ana he knew", "ana", "he knew"),
        ("RT @ana@social.example: he knew", "ana@social.example", " he knew"),
        ("RT @ana : he knew", "ana", " he knew"),
        ("RT ana_1: he knew", "ana_1", " he knew"),
        ('"@ana: he knew" \u2026', "ana", ' he knew" \u2026'),
        ("\u00ab @ana: il savait \u00bb", "ana", " il savait \u00bb"),
        ("RT @ana: RT @bob: he knew", "ana", " RT @bob: he knew"),
        ("RT @ana:", "ana", ""),
        ("RT this: he knew", "this", " he knew"),  # what an export without at signs makes of a name
    ],
)
def test_forms_of_reposts(text, name, rest):
    assert reposted(text) == (name, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "he knew via @ana",
        "he knew RT @ana: yes",
        "MT @ana: he knew",
        "h/t @ana",
        "art @ana",
        "@ana: he knew",
        "RT @",
    ],
)
def test_what_is_no_repost(text):
    assert reposted(text) is None


@given(TEXTS)
def test_the_rest_is_the_texts_end_and_what_a_copy_says_of_itself_is_known(text):
    found = reposted(text)
    event(f"a repost: {found is not None}")
    if found is not None:
        name, rest = found
        assert name
        assert text.endswith(rest)
    if is_marked_repost(text):
        assert found is not None
