from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernels.bytes_find import find
from vigie.kernels.bytes_gather import gather

blocks = st.lists(st.sampled_from([0, 10, 34, 92, 97, 255]), max_size=90).map(bytes)


@given(blocks, st.integers(0, 95), st.integers(0, 90), st.sampled_from([(10, 10), (34, 92), (0, 0), (255, 10)]))
def test_find_is_the_first_of_either(data: bytes, i: int, end: int, wanted: tuple[int, int]) -> None:
    end = min(end, len(data))
    expected = next((k for k in range(i, end) if data[k] in wanted), end)
    assert find(np.frombuffer(data, np.uint8), i, end, *wanted) == expected


def test_find_at_every_place_of_a_long_block() -> None:
    for at in range(100):
        data = np.frombuffer(b"a" * at + b'"' + b"a" * (99 - at), np.uint8)
        assert [find(data, i, 100, 34, 92) for i in (0, at, at + 1)] == [at, at, 100]


@given(st.binary(max_size=150), st.data())
def test_gather_copies_the_spans(data: bytes, draw: st.DataObject) -> None:
    place = st.integers(0, len(data))
    span = st.one_of(st.just((-1, -1)), st.tuples(place, place).map(sorted).map(tuple))
    wanted = draw.draw(st.lists(st.tuples(span, span), max_size=20))
    spans = np.array([(*a, *b) for a, b in wanted], np.int32).reshape(-1, 4)
    offsets, values, starts, bitmaps, nulls = gather(np.frombuffer(data, np.uint8), spans)
    for column in range(2):
        text = values[starts[column] : starts[column + 1]].tobytes()
        valid = np.unpackbits(bitmaps[column], bitorder="little", count=len(wanted))
        edges = offsets[column]
        got = [text[edges[k] : edges[k + 1]] if valid[k] else None for k in range(len(wanted))]
        assert got == [data[b:e] if b >= 0 else None for b, e in (row[column] for row in wanted)]
        assert nulls[column] == got.count(None)
