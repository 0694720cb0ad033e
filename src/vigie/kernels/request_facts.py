"""What sessions need to know of requests, in one pass over Arrow's buffers: no text becomes a Python object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

from vigie.kernels.sessions import ASSET, DENIED, FAILED, MISSING, POST, QUERY, REFERER, ROBOTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, U8
    from vigie.kernels.distinct import Texts

    I16 = NDArray[np.int16]

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
        # No place is negative: said so that Numba need not ask at every byte.
        c = np.int64(data[np.uint64(k)])
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
def _request_facts(  # noqa: PLR0917 - Numba has no keyword-only arguments
    paths: I32,
    path: U8,
    methods: I32,
    method: U8,
    queries: U8,
    query_shift: int,
    referers: U8,
    referer_shift: int,
    status: I16,
    facts: I32,
) -> None:
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
        if queries.size == 0 or (queries[(row + query_shift) >> 3] >> ((row + query_shift) & 7)) & 1:
            found |= QUERY
        if referers.size == 0 or (referers[(row + referer_shift) >> 3] >> ((row + referer_shift) & 7)) & 1:
            found |= REFERER
        facts[row] = found


def request_facts(paths: Texts, methods: Texts, queries: Texts, referers: Texts, status: I16) -> I32:
    """Return for each request the bits of `vigie.kernels.sessions` that follow from it alone, but for LOGIN.

    A null method is an empty text, a null status is 0; of queries and referers it matters whether they are null.
    """
    facts = np.empty(len(status), np.int32)
    nulls = queries.valid, queries.shift, referers.valid, referers.shift
    _request_facts(paths.offsets, paths.data, methods.offsets, methods.data, *nulls, status, facts)
    return facts
