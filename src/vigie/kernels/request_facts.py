"""What sessions need to know of requests, in one pass over Arrow's buffers: no text becomes a Python object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

from vigie.kernels.sessions import ASSET, DENIED, FAILED, MISSING, POST, ROBOTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64, U8
    from vigie.kernels.distinct import Texts

    I16 = NDArray[np.int16]
    Bools = NDArray[np.bool_]

ASSET_ENDINGS: Final = (
    *("png", "jpg", "jpeg", "gif", "css", "js", "mjs", "svg", "ico", "woff", "woff2", "ttf", "otf", "eot", "webp"),
    *("avif", "bmp", "map", "mp4", "webm", "mp3"),
)
_ENDING_MAX: Final = max(map(len, ASSET_ENDINGS))
_ENDINGS: Final = np.array(sorted(int.from_bytes(e.encode(), "big") for e in ASSET_ENDINGS), np.int64)
_ROBOTS: Final = np.frombuffer(b"/robots.txt", np.uint8)
_POST: Final = np.frombuffer(b"POST", np.uint8)
_STATUS_FACTS: Final = np.zeros(1_000, np.int32)
_STATUS_FACTS[[404, 410]] = MISSING
_STATUS_FACTS[[400, 401, 403, 405, 406, 429, 444]] = DENIED
_STATUS_FACTS[500:] = FAILED
_SOURCE_CHARS: Final = 12


@njit(cache=True, nogil=True)
def _row_numbers(offsets: I32, data: U8, numbers: I64) -> bool:
    for row in range(numbers.shape[1]):
        at, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        if end - at < _SOURCE_CHARS + 2 or end - at > _SOURCE_CHARS + 20 or data[at + _SOURCE_CHARS] != 58:
            return False
        source = np.int64(0)
        for k in range(at, at + _SOURCE_CHARS):
            c = np.int64(data[k])
            if 48 <= c <= 57:
                source = source << 4 | (c - 48)
            elif 97 <= c <= 102:
                source = source << 4 | (c - 87)
            else:
                return False
        record = np.int64(0)
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


@njit(cache=True, nogil=True)
def _plain_ipv4(offsets: I32, data: U8, found: Bools) -> None:
    for row in range(found.size):
        k, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        good: Any = True
        for part in range(4):
            value, first = np.int64(0), k
            while k < end and k < first + 3 and 48 <= data[k] <= 57:
                value = value * 10 + np.int64(data[k]) - 48
                k += 1
            good = good and k > first and value <= 255 and (data[first] != 48 or k == first + 1)
            if not good:
                break
            if part < 3:
                good = k < end and data[k] == 46
                k += 1
        found[row] = good and k == end


def plain_ipv4(addresses: Texts) -> Bools:
    """Return which texts (none null) are IPv4 addresses as usually written.

    Such a peer without a header is its own origin (`vigie.text.address`), public or not.
    """
    found = np.empty(len(addresses.offsets) - 1, np.bool_)
    _plain_ipv4(addresses.offsets, addresses.data, found)
    return found


@njit(cache=True, nogil=True)
def _same(data: U8, begin: int, end: int, wanted: Any) -> bool:
    if end - begin != wanted.size:
        return False
    for k in range(wanted.size):  # noqa: SIM110 - Numba knows no generator within `all`
        if data[begin + k] != wanted[k]:
            return False
    return True


@njit(cache=True, nogil=True)
def _is_asset(data: U8, begin: int, end: int) -> bool:
    ending = np.int64(0)
    for n in range(_ENDING_MAX + 1):
        k = end - 1 - n
        if k < begin:
            return False
        c = np.int64(data[k])
        if c == 46:
            break
        if 65 <= c <= 90:
            c += 32
        ending |= c << (8 * n)
    else:
        return False
    for known in _ENDINGS:  # noqa: SIM110 - Numba knows no generator within `any`
        if known == ending:
            return True
    return False


@njit(cache=True, nogil=True)
def _request_facts(paths: I32, path: U8, methods: I32, method: U8, status: I16, facts: I32) -> None:  # noqa: PLR0917 - Numba has no keyword-only arguments
    for row in range(facts.size):
        begin: Any = np.int64(paths[row])
        end: Any = np.int64(paths[row + 1])
        method_begin: Any = np.int64(methods[row])
        method_end: Any = np.int64(methods[row + 1])
        answered: Any = min(max(np.int64(status[row]), 0), _STATUS_FACTS.size - 1)
        found = _STATUS_FACTS[answered]
        if _is_asset(path, begin, end):
            found |= ASSET
        if _same(path, begin, end, _ROBOTS):
            found |= ROBOTS
        if _same(method, method_begin, method_end, _POST):
            found |= POST
        facts[row] = found


def request_facts(paths: Texts, methods: Texts, status: I16) -> I32:
    """Return for each request the bits of `vigie.kernels.sessions` that follow from path, method and status alone.

    A null method is an empty text, a null status is 0.
    """
    facts = np.empty(len(status), np.int32)
    _request_facts(paths.offsets, paths.data, methods.offsets, methods.data, status, facts)
    return facts
