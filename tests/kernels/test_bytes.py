from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from vigie.kernels.bytes_find import find
from vigie.kernels.bytes_gather import gather
from vigie.kernels.bytes_mask import among, differing, eight, lowest, ones, survey

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


wanted = among((0, 0), (48, 57), (250, 255))


@njit
def masks(data: np.ndarray, one: int, other: int) -> tuple[int, int, int, int, int]:
    mask = wanted(data, one)
    return mask, lowest(mask), ones(mask), differing(data, one, other), eight(data, one)


mixed = st.lists(st.sampled_from([0, 1, 47, 48, 57, 58, 127, 128, 249, 250, 255]), min_size=64, max_size=100).map(bytes)


@given(mixed, st.data())
def test_masks_speak_of_64_bytes(data: bytes, draw: st.DataObject) -> None:
    place = st.integers(0, len(data) - 64)
    one, other = draw.draw(place), draw.draw(place)
    first, second = data[one : one + 64], data[other : other + 64]
    found = [k for k, byte in enumerate(first) if byte == 0 or 48 <= byte <= 57 or byte >= 250]
    mask, low, count, differs, number = masks(np.frombuffer(data, np.uint8), one, other)
    assert mask % 2**64 == sum(1 << k for k in found)
    assert (low, count) == (found[0] if found else 64, len(found))
    assert differs % 2**64 == sum(1 << k for k in range(64) if first[k] != second[k])
    assert number % 2**64 == int.from_bytes(first[:8], "little")


def test_no_bit_is_set() -> None:
    assert masks(np.frombuffer(b"a" * 64, np.uint8), 0, 0)[:4] == (0, 64, 0, 0)


@given(st.integers(0, 150), st.lists(st.tuples(st.integers(0, 149), st.sampled_from([0, 10, 128, 255])), max_size=3))
def test_survey_says_what_a_block_has(size: int, put: list[tuple[int, int]]) -> None:
    data = bytearray(b"a" * size)
    for at, byte in put:
        data[at : at + 1] = bytes([byte]) if at < size else b""
    block = bytes(data)
    assert survey(np.frombuffer(block, np.uint8)) == (block.count(b"\n"), b"\0" in block, not block.isascii())
