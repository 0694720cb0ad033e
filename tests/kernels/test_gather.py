import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.gather import gather, split, unescape, whole_numbers


def column(*texts):
    raw = [text.encode() for text in texts]
    return np.frombuffer(b"".join(raw), np.uint8), np.cumsum([0, *map(len, raw)]).astype(np.int32)


def values_of(offsets, values):
    return [values[a:b].tobytes() for a, b in pairwise(offsets)]


@given(st.binary(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8))
def test_spans_come_out_one_after_another(data, spans):
    spans = [(min(a, b, len(data)), min(max(a, b), len(data))) for a, b in spans]
    starts, ends = (np.array([span[i] for span in spans], np.int32) for i in (0, 1))
    assert values_of(*gather(np.frombuffer(data, np.uint8), starts, ends)) == [data[a:b] for a, b in spans]


@given(st.lists(st.text(st.sampled_from('a"\\,\n'), max_size=6), max_size=6), st.booleans())
def test_what_was_escaped_comes_back(texts, backslash):
    written = [t.replace("\\", "\\\\").replace('"', '\\"') if backslash else t.replace('"', '""') for t in texts]
    data, offsets = column(*written)
    flags = np.full(len(texts), 2, np.uint8)
    got = unescape(data, offsets[:-1], offsets[1:], flags, ord("\\") if backslash else 0)
    assert values_of(*got) == [text.encode() for text in texts]


def items(texts, separators, *, strip="\0", address=False):
    values, offsets = column(*texts)
    table = np.zeros(256, np.bool_)
    table[list(separators.encode())] = True
    counts, starts, ends = split(values, offsets, table, ord(strip), address)
    words = [values[a:b].tobytes().decode() for a, b in zip(starts, ends, strict=True)]
    return [words[a:b] for a, b in pairwise(counts)]


@given(st.lists(st.text(st.sampled_from("a, |#\té"), max_size=10), max_size=5))
def test_items_are_what_lies_between_separators(texts):
    wanted = [[w.strip(" \t").removeprefix("#") for w in re.split(r"[,|]", text)] for text in texts]
    assert items(texts, ",|", strip="#") == [[w for w in words if w] for words in wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://a.example/x,y,https://b.example", ["https://a.example/x,y", "https://b.example"]),
        ("https://a.example, HTTP://b.example,", ["https://a.example", "HTTP://b.example"]),
        ("https://a.example,,https://b.example", ["https://a.example", "https://b.example"]),
        ("", []),
    ],
)
def test_a_comma_parts_addresses_only_before_an_address(text, wanted):
    assert items([text], ",", address=True) == [wanted]


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_whole_numbers_in_the_ways_they_are_written(number):
    texts = [str(number), f"{number:,}", f"{number:,}".replace(",", " "), f"{number}.0", f" {number} "]
    numbers, codes = whole_numbers(*column(*texts))
    assert numbers.tolist() == [number] * 5
    assert codes.tolist() == [0] * 5


def test_what_is_no_whole_number_is_said_to_be_none():
    numbers, codes = whole_numbers(*column("", " ", "x", "1.5", "1e3", "-", "12345678901234567", ",1"))
    assert codes.tolist() == [1, 1, 2, 2, 2, 2, 2, 2]
    assert len(numbers) == 8
