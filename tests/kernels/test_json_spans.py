import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.json_spans import members

NONE = np.empty((0, 2), np.int64)
TEXTS = st.text(st.sampled_from('ab"\\{}[],: \u00e9\n'), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def spans(data: bytes, at: int = 0) -> tuple[list[bytes], int, bool]:
    buf = np.frombuffer(data, np.uint8)
    count, end, closed = members(buf, at, len(data), NONE)
    found = np.empty((count, 2), np.int64)
    assert members(buf, at, len(data), found) == (count, end, closed)
    return [data[a:b] for a, b in found.tolist()], end, closed


@given(st.lists(VALUES, max_size=5), st.sampled_from([None, 1]), st.booleans())
def test_elements_of_a_list_are_those_json_reads(values, indent, ascii_only):
    data = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode()
    found, end, closed = spans(data + b" tail")
    assert [json.loads(element) for element in found] == values
    assert (end, closed) == (len(data), True)


@given(st.dictionaries(TEXTS, VALUES, max_size=5), st.sampled_from([None, 1]))
def test_members_of_an_object_are_those_json_reads(values, indent):
    data = json.dumps(values, indent=indent).encode()
    found, _, closed = spans(data)
    assert json.loads(b"{" + b",".join(found) + b"}") == values
    assert len(found) == len(values)
    assert closed


@given(st.lists(VALUES, min_size=1, max_size=5), st.data())
def test_a_list_cut_short_keeps_the_elements_before_the_cut(values, data):
    text = json.dumps(values).encode()
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    found, end, closed = spans(cut)
    assert not closed
    assert end == len(cut)
    assert [json.loads(e) for e in found[:-1]] == values[: max(len(found) - 1, 0)]


def test_a_quote_left_open_ends_with_its_line():
    found, _, closed = spans(b'["a,\n"b", "c"]')
    assert found == [b'"a,\n"b"', b'"c"']
    assert closed


@given(st.binary(max_size=60))
def test_any_bytes(data):
    found, end, _ = spans(b"[" + data)
    assert end <= len(data) + 1
    assert sum(map(len, found)) <= len(data)
