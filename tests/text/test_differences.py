from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vigie.text.differences import Part, differences, tokens

HOSTILE = st.text(
    st.sampled_from(
        "ab aB\n\t.,#@:/-… \u200b\u200d\u202e\u0301\u0430\u043e\u05d0\u0627\u0e01\u0e31\u9078\u6319"
        "\ud800\udfff1🔥é\x00\x1c"
    ),
    max_size=30,
)
WORDS = st.lists(
    st.sampled_from(
        [
            "vote",
            "VOTE",
            "v\u043ete",
            "v.o.t.e",
            "v\u200bote",
            "now",
            "no",
            "https://a.b/c",
            "@ana",
            "🔥",
            "#now",
            "a",
            "b",
        ]
    ),
    max_size=12,
)
TEXTS = HOSTILE | st.text(max_size=20) | WORDS.map(" ".join)


def edited(draw: random.Random, words: list[str]) -> list[str]:
    return [draw.choice(["the", "of", "Reed", "1 900"]) if draw.random() < 0.1 else word for word in words]


@given(TEXTS, TEXTS)
@example("a", "")
@example(" ", "\n")
@example("ab c", "a bc")
def test_the_parts_make_both_texts_again(first, other):
    parts = differences(first, other)
    assert "".join(part.first for part in parts) == first
    assert "".join(part.other for part in parts) == other
    for part in parts:
        assert part.first or part.other
        assert (part.kind == "same") == (part.first == part.other)
        assert (part.kind == "removed") == (not part.other)
        assert (part.kind == "added") == (not part.first)
        assert part.kind == "replaced" or not part.only_looks
    for one, two in pairwise(parts):
        assert (one.kind, one.only_looks) != (two.kind, two.only_looks)


@given(TEXTS)
def test_a_text_has_no_differences_to_itself(text):
    assert differences(text, text) == ((Part("same", text, text),) if text else ())


@given(TEXTS)
def test_tokens_make_the_text_again(text):
    lead, made = tokens(text)
    assert lead + "".join(token.text + token.space for token in made) == text
    assert all(token.text and token.key for token in made)


@given(WORDS)
def test_writing_otherwise_changes_looks_only(words):
    text = " ".join(words)
    assert all(
        part.kind == "same" or part.only_looks for part in differences(text, text.upper().replace("O", "\u041e"))
    )


@pytest.mark.parametrize(
    ("first", "other", "marked"),
    [
        ("they knew it", "they knew", [("same", "they knew", "they knew"), ("removed", " it", "")]),
        ("so they knew", "they knew", [("removed", "so ", ""), ("same", "they knew", "they knew")]),
        ("they knew it", "they did it", [("replaced", "knew", "did")]),
        ("see https://a.b/c now", "see https://a.b/d now", [("replaced", "https://a.b/c", "https://a.b/d")]),
        ("by @ana now", "by @bob now", [("replaced", "@ana", "@bob")]),
        ("說總統選舉", "說總統大選舉", [("added", "", "大")]),
        ("now—never", "now—ever", [("replaced", "never", "ever")]),
    ],
)
def test_words_links_and_handles_are_told_apart(first, other, marked):
    made = [(p.kind, p.first, p.other) for p in differences(first, other)]
    assert set(marked) <= set(made)
    assert sum(kind != "same" for kind, _, _ in made) == 1


@pytest.mark.parametrize(
    "other", ["V\u043eTE", "v\u200bo\u2060te", "v-o-t-e", "v o t e", "v0te", "vote!", "vo\u0301te"]
)
def test_disguises_of_a_word_are_looks(other):
    parts = differences("now vote again", f"now {other} again")
    assert [part for part in parts if part.kind != "same"] == [Part("replaced", "vote", other, only_looks=True)]


def test_words_parted_otherwise_are_looks():
    parts = differences("a state run shop", "a state-run shop")
    assert parts[1] == Part("replaced", "state run", "state-run", only_looks=True)


def test_a_word_spelled_out_is_found_beside_a_change():
    parts = differences("they vote", "we v o t e")
    assert [part for part in parts if part.kind == "replaced"] == [
        Part("replaced", "they", "we"),
        Part("replaced", "vote", "v o t e", only_looks=True),
    ]


def test_other_words_are_no_looks():
    assert not any(p.only_looks for p in differences("they went north", "they went south"))


def test_a_pair_of_posts_takes_less_than_a_millisecond():
    draw = random.Random(3)
    words = [[draw.choice("abcdefgh") * draw.randint(2, 8) for _ in range(55)] for _ in range(300)]
    pairs = [(" ".join(w), " ".join(edited(draw, w))) for w in words]
    began = time.process_time()
    for first, other in pairs:
        differences(first, other)
    assert (time.process_time() - began) / len(pairs) < 0.001


@pytest.mark.parametrize("kind", ["edited", "unrelated", "one word", "spaceless", "signs", "accents"])
def test_long_texts_end(kind):
    draw = random.Random(4)
    words = [f"w{int(draw.paretovariate(0.8))}" for _ in range(60_000)]
    first, other = {
        "edited": (" ".join(words), " ".join(edited(draw, words))),
        "unrelated": (" ".join(words), " ".join(sorted(words))),
        "one word": ("a" * 400_000, "b" * 400_000),
        "spaceless": ("選" * 100_000, "選挙" * 50_000),
        "signs": ("! " * 100_000, "? ! " * 50_000),
        "accents": ("a" + "\u0301" * 400_000, "a" + "\u0300" * 400_000),
    }[kind]
    began = time.process_time()
    parts = differences(first, other)
    assert time.process_time() - began < 5
    assert "".join(part.first for part in parts) == first
    assert "".join(part.other for part in parts) == other
    if kind == "edited":
        assert sum(len(part.other) for part in parts if part.kind == "same") > 0.8 * len(other)
