"""Row ids as numbers and back: `0123456789ab:17` is a source, 48 bits in hexadecimal, and a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

from vigie.kernels.distinct import WIDTH, words

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64, U8
    from vigie.kernels.distinct import Texts

_SOURCE_CHARS: Final = 12
_TENS: Final = 10 ** np.arange(19, dtype=np.int64)
_HEX: Final = np.frombuffer(b"0123456789abcdef", np.uint8)


@njit(cache=True, nogil=True)
def _source(data: U8, at: int) -> int:
    source = np.int64(0)
    for k in range(at, at + _SOURCE_CHARS):
        c = np.int64(data[k])
        if 48 <= c <= 57:
            source = source << 4 | (c - 48)
        elif 97 <= c <= 102:
            source = source << 4 | (c - 87)
        else:
            return -1
    return source  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def _row_numbers(offsets: I32, data: U8, numbers: I64) -> bool:
    source: Any = np.int64(-1)
    one = other = np.uint64(0)
    for row in range(numbers.shape[1]):
        at: Any = np.int64(offsets[row])
        end: Any = np.int64(offsets[row + 1])
        if end - at < _SOURCE_CHARS + 2 or end - at > _SOURCE_CHARS + 20 or data[at + _SOURCE_CHARS] != 58:
            return False
        # The rows of a file follow one another: its name is read once.
        if at + WIDTH <= data.size:
            four: Any = words(data, at, _SOURCE_CHARS)  # type: ignore[call-arg]
            if source < 0 or four[0] != one or four[1] != other:
                source = _source(data, at)
                one, other = four[0], four[1]
        else:
            source = _source(data, at)
            one = other = np.uint64(0)
        if source < 0:
            return False
        record: Any = np.int64(0)
        for k in range(at + _SOURCE_CHARS + 1, end):
            c = np.int64(data[k]) - 48
            if c < 0 or c > 9:
                return False
            record = record * 10 + c
        numbers[0, row], numbers[1, row] = source, record
    return True


def row_numbers(ids: Texts) -> I64:
    """Return sources and records of row ids, int64 of shape (2, rows)."""
    numbers = np.empty((2, len(ids.offsets) - 1), np.int64)
    assert _row_numbers(ids.offsets, ids.data, numbers)  # noqa: S101 - row ids are this program's own
    return numbers


def row_codes(numbers: I64, most: int = 1 << 28) -> I32:
    """Return a code of each row, equal ones alike, none much greater than there are records in all files.

    `numbers` are sources and records, as `row_numbers` gives them. Codes of `most` and more are made dense.
    """
    sources, records = numbers
    if not sources.size:
        return np.empty(0, np.int32)
    if records.max() >= most:
        return np.unique(numbers, axis=1, return_inverse=True)[1].astype(np.int32).ravel()
    # The rows of a file follow one another, so that its name is looked up once.
    heads = np.flatnonzero(np.diff(sources, prepend=-1))
    names, places = np.unique(sources[heads], return_inverse=True)
    counts = np.zeros(names.size, np.int64)
    np.maximum.at(counts, places, np.maximum.reduceat(records, heads) + 1)
    begins = np.cumsum(counts) - counts
    codes = records + np.repeat(begins[places], np.diff(heads, append=sources.size))
    if codes.max() >= most:
        codes = np.unique(codes, return_inverse=True)[1]
    return np.asarray(codes, np.int32)


@njit(cache=True, nogil=True)
def row_ids(sources: I64, records: I64) -> tuple[I32, U8]:
    """Return the row ids of `sources` and `records`, none negative, as Arrow's offsets and bytes of texts."""
    offsets = np.empty(sources.size + 1, np.int32)
    size = 0
    offsets[0] = 0
    # Records follow one another: a row's has mostly as many digits as the one before.
    digits = 1
    for row in range(sources.size):
        while digits < _TENS.size and records[row] >= _TENS[digits]:
            digits += 1
        while digits > 1 and records[row] < _TENS[digits - 1]:
            digits -= 1
        size += _SOURCE_CHARS + 1 + digits
        offsets[row + 1] = size
    data = np.empty(size, np.uint8)
    for row in range(sources.size):
        at: Any = np.int64(offsets[row])
        before: Any = np.int64(offsets[row - 1]) if row else at
        if row and sources[row] == sources[row - 1]:
            for k in range(_SOURCE_CHARS):
                data[at + k] = data[before + k]
        else:
            for k in range(_SOURCE_CHARS):
                data[at + k] = _HEX[(sources[row] >> (4 * (_SOURCE_CHARS - 1 - k))) & 15]
        data[at + _SOURCE_CHARS] = 58
        record = np.uint64(records[row])
        for k in range(np.int64(offsets[row + 1]) - 1, at + _SOURCE_CHARS, -1):
            data[k] = np.uint64(48) + record % np.uint64(10)
            record //= np.uint64(10)
    return offsets, data
