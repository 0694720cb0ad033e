from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.rules.plain import plain_and_as_sent, plain_forms, plain_of, texts_of
from vigie.text.decode import MAX_CHARS, decode

# Pieces that mean something together: every stage of decoding, and what nearly is one.
_WORDS = (
    r"% %2 %41 %3c %3C %25 %c3%a9 %C3%A9 %c0%ae %e0%80%ae %f0%80%81%81 %e0 %81 %ff %ed%a0%80 %f4%90%80%80 %09 %0 "
    r"%f0%9f%98%80 %26 %23 %3b %5c %78 %2b %2f%2a + \ \x41 \xe9 \xC3 \xa9 \xc0\xae \u00e9 \u{ { } 0 41 \u{0041} "
    r"\u{110000} \u{0000000041} %u0041 %uD800 %u & # &# &#x &#65 &#x41; &#128; &#233 &lt; &amp; &gt &quot; &foo; "
    r"&eacute; ; x X /* */ / * ! /*! 50000 a B select é É İ Ⱥ Ж 中 😀 ﬃ 가 ᆨ"
)
_BLANKS = (
    '"',
    '\\"',
    " ",
    "  ",
    "\t",
    "\n",
    "\x00",
    "\x7f",
    "\u0301",
    "\u1160",
    "\u2019",
    "\u03a3",
    "\uff1c",
    "a" * 40,
)
PIECES = st.sampled_from([*_WORDS.split(), *_BLANKS])
TEXTS = st.lists(PIECES, max_size=10).map("".join)


@settings(max_examples=300)
@given(st.lists(TEXTS, max_size=8))
def test_the_kernel_says_what_the_definition_says(texts: list[str]) -> None:
    assert plain_forms(pa.array(texts, pa.string())).to_pylist() == [decode(t) for t in texts]


@settings(max_examples=60)
@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_text(texts: list[str]) -> None:
    assert plain_forms(pa.array(texts, pa.string())).to_pylist() == [decode(t) for t in texts]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.none() | TEXTS, st.none() | TEXTS), min_size=1, max_size=8), st.data())
def test_a_query_follows_its_path(pairs: list[tuple[str | None, str | None]], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(pairs) - 1))
    rows = data.draw(st.lists(st.integers(0, len(pairs) - cut - 1), max_size=5))
    table = pa.Table.from_pylist([{"p": p, "q": q} for p, q in pairs], pa.schema([(n, pa.string()) for n in "pq"]))
    table = table.slice(cut)
    found = plain_of(
        pa.array(rows, pa.int64()).to_numpy(), table["p"].combine_chunks(), table["q"].combine_chunks()
    ).to_pylist()
    asked = [pairs[cut + row] for row in rows]
    assert found == [decode((p or "") + ("" if q is None else "?" + q)) for p, q in asked]


@pytest.mark.parametrize(
    "text", ["%41" * (MAX_CHARS // 3), "%41" * MAX_CHARS, "é" * MAX_CHARS + "<", "a" * (MAX_CHARS + 9)]
)
def test_long_texts(text: str) -> None:
    assert plain_forms(pa.array([text, "%41", text])).to_pylist() == [decode(text), "a", decode(text)]


def test_no_text_and_no_row() -> None:
    assert plain_forms(pa.array([], pa.string())).to_pylist() == []
    assert texts_of(pa.array([None, None], pa.string())).offsets.tolist() == [0, 0, 0]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.none() | TEXTS, st.none() | TEXTS), min_size=1, max_size=8))
def test_what_is_said_to_be_as_sent_is(pairs: list[tuple[str | None, str | None]]) -> None:
    pairs = [*pairs, ("/a-plain-path", "q=1"), ("x" * 60, None)]
    columns = [pa.array([pair[n] for pair in pairs], pa.string()) for n in (0, 1)]
    found, as_sent = plain_and_as_sent(np.arange(len(pairs)), columns[0], columns[1])
    sent = [(p or "") + ("" if q is None else "?" + q) for p, q in pairs]
    assert all(plain == own for plain, own, same in zip(found.to_pylist(), sent, as_sent, strict=True) if same)


def test_ordinary_texts_are_as_sent() -> None:
    texts = pa.array(["/news/a-long-path-of-more-than-32-bytes?", "/b", "/A", "/%41", "/c" * 20])
    found = plain_and_as_sent(np.arange(5), texts)[1].tolist()
    assert found == [True, True, False, False, False]  # the last ends too near the end of the column to be read so
