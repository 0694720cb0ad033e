"""Ranges of addresses as files write them: two ends, a network, a single address, whole numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.kernels.ip import host_masks
from vigie.kernels.ip_text import read_addresses, write_addresses
from vigie.sources.csv_records import buffers
from vigie.text.address import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from vigie.text.address import Address

    Words = NDArray[np.uint64]
    Halves = tuple[Words, Words]

FINE, NO_ADDRESS, REVERSED, TWO_FAMILIES, NO_LENGTH, EVERY_ADDRESS = range(6)
REASONS: Final = {
    NO_ADDRESS: "not an address, a network or a range of addresses",
    REVERSED: "the range ends before it begins",
    TWO_FAMILIES: "one end of the range is an IPv4 address, the other one IPv6",
    NO_LENGTH: "the network's length is beyond its address: at most /32 for IPv4, /128 for IPv6",
    EVERY_ADDRESS: "a length of 0 is every address, which says nothing of any",
}
_SPAN: Final = r"^(?P<first>[^/]*?)(?:/(?P<bits>[0-9]{1,4})|\s*-\s*(?P<last>[^/\-]*))?$"
_DAY: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])(?:[-_.]?(0[1-9]|[12]\d|3[01]))?(?!\d)", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,39}", re.ASCII)
_ALL: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_TOP: Final = np.uint64(0xFFFF)
_V4_MAX: Final = 0xFFFF_FFFF
_V6_MAX: Final = (1 << 128) - 1
_SLICE: Final = 1 << 22
_FALSE: Final = pa.scalar(value=False)


@dataclass(frozen=True, slots=True)
class Spans:
    """The ranges of some rows: uint64[n] halves of both ends, and uint8[n] what is wrong (0: nothing; `REASONS`)."""

    first: Halves
    last: Halves
    wrong: NDArray[np.uint8]


def spans_between(first: pa.Array[Any], last: pa.Array[Any]) -> Spans:
    """Read the two ends of ranges: addresses, or whole numbers as IP2Location writes them."""
    a, b = _ends(first, _number_or_address), _ends(last, _number_or_address)
    # A number stands for IPv4 where it can; beside one that cannot, it is IPv6.
    numbers = _is_number(first) & _is_number(last)
    for row in np.flatnonzero(numbers & (_v4(a[0], a[1]) != _v4(b[0], b[1])) & a[2] & b[2]).tolist():
        for array, (high, low, _) in ((first, a), (last, b)):
            number = int(array[row].as_py())
            high[row], low[row] = np.uint64(number >> 64), np.uint64(number & int(_ALL))
    return _checked((a[0], a[1]), (b[0], b[1]), a[2] & b[2], numbers=numbers)


def spans(written: pa.Array[Any]) -> Spans:
    """Read ranges written as one text: an address, `address/length`, `address-address`; blanks around it do not count.

    A network may be named by any of its addresses.
    """
    parts = pc.extract_regex(pc.utf8_trim_whitespace(written), _SPAN)
    texts, bits, ends = (pc.struct_field(parts, name) for name in ("first", "bits", "last"))
    high, low, read = _ends(texts, parse_address)
    filled = pa.array(_true(pc.match_substring_regex(ends, ".")))
    end_high, end_low, end_read = _ends(pc.if_else(filled, ends, texts), parse_address)
    made = _checked((high, low), (end_high, end_low), read & end_read)
    long = _true(pc.match_substring_regex(bits, "."))
    if not long.any():
        return made
    length = np.array(pc.cast(pc.if_else(pa.array(long), bits, "0"), pa.int64()))
    short = ~_true(pc.match_substring(texts, ":"))
    most = np.where(short, 32, 128)
    beyond = long & (length > most)
    host = np.where(long & ~beyond, most - length, 0).astype(np.uint64)
    high_mask, low_mask = host_masks(host)
    high_first, low_first = high & ~high_mask, low & ~low_mask
    high_last = np.where(long, high | high_mask, end_high)
    low_last = np.where(long, low | low_mask, end_low)
    fine = made.wrong == FINE
    wrong = made.wrong.copy()
    wrong[beyond & fine] = NO_LENGTH
    wrong[long & (length == 0) & fine] = EVERY_ADDRESS
    return Spans((high_first, low_first), (high_last, low_last), wrong)


def _checked(
    first: Halves, last: Halves, read: NDArray[np.bool_], *, numbers: NDArray[np.bool_] | None = None
) -> Spans:
    after = (first[0] > last[0]) | ((first[0] == last[0]) & (first[1] > last[1]))
    two = _v4(*first) != _v4(*last)
    if numbers is not None:
        two &= ~numbers
    wrong = np.select([~read, two, after], [NO_ADDRESS, TWO_FAMILIES, REVERSED], FINE)
    return Spans(first, last, wrong.astype(np.uint8))


def _v4(high: Words, low: Words) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (high == 0) & (low >> np.uint64(32) == _TOP)
    return found


def _is_number(array: pa.Array[Any]) -> NDArray[np.bool_]:
    return _true(pc.match_substring_regex(array, r"^[0-9]{1,38}$"))


def _true(found: pa.Array[Any]) -> NDArray[np.bool_]:
    """Return where an array of truth values is true: what is null is not."""
    flags: NDArray[np.bool_] = np.array(found.fill_null(_FALSE), np.bool_)
    return flags


def _ends(array: pa.Array[Any], slow: Callable[[str], Address | None]) -> tuple[Words, Words, NDArray[np.bool_]]:
    offsets, values = buffers(array)
    return read_addresses(values, offsets, slow)


def _number_or_address(text: str) -> Address | None:
    if _NUMBER.fullmatch(text):
        number = int(text)
        return IPv4Address(number) if number <= _V4_MAX else IPv6Address(number) if number <= _V6_MAX else None
    return parse_address(text)


def address_texts(halves: Halves) -> pa.ChunkedArray[Any]:
    """Return the texts of addresses."""
    high, low = halves
    chunks = []
    for start in range(0, high.size, _SLICE):
        part = slice(start, start + _SLICE)
        offsets, values = write_addresses(np.ascontiguousarray(high[part]), np.ascontiguousarray(low[part]))
        buffer = pa.py_buffer(values.data)
        chunks.append(pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets.data), buffer))
    return pa.chunked_array(chunks, pa.string())


def told(array: pa.Array[Any], of: Callable[[str], Hashable | None], kind: pa.DataType) -> pa.Array[Any]:
    """Return what `of` makes of each text, asked once for each distinct one; null of null."""
    coded = array.dictionary_encode()
    meant = pa.array([of(str(text)) for text in coded.dictionary.to_pylist()], kind)
    return meant.take(coded.indices)


def day_in(name: str) -> datetime | None:
    """Return the day, or the first of the month, that a file's name tells; None where it tells none.

    >>> day_in("dbip-country-lite-2024-03.csv"), day_in("GeoLite2-ASN_20240115.csv"), day_in("ranges-4.csv")
    (datetime.datetime(2024, 3, 1, 0, 0, tzinfo=datetime.timezone.utc), \
datetime.datetime(2024, 1, 15, 0, 0, tzinfo=datetime.timezone.utc), None)
    """
    found = _DAY.search(name)
    if found is None:
        return None
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3] or 1), tzinfo=UTC)
    except ValueError:  # 30 February
        return None
