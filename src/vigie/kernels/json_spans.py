"""Where the members of one JSON object or list begin and end, without reading their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def members(buf: NDArray[np.uint8], at: int, stop: int, spans: NDArray[np.int64]) -> tuple[int, int, bool]:
    """Find the members of the container whose bracket stands at `at`, reading no further than `stop`.

    `spans` (n x 2, bytes from the start of `buf`) is filled as far as it goes; a member of an object is its key, colon
    and value. Returns how many members there are, where the container ends (exclusive), and whether it was closed.
    Brackets are counted, not matched; a line end closes an open quote, since no JSON string holds one.
    """
    found = 0
    begin = -1
    depth = 0
    quoted = False
    i = at + 1
    while i < stop:
        c = buf[i]
        if quoted:
            if c == 92:
                i += 1
            elif c in (34, 10):
                quoted = False
        elif c in (93, 125):
            if depth == 0:
                if begin >= 0:
                    if found < spans.shape[0]:
                        spans[found, 0] = begin
                        spans[found, 1] = i
                    found += 1
                return found, i + 1, True
            depth -= 1
        elif c == 44 and depth == 0:
            if found < spans.shape[0]:
                spans[found, 0] = begin if begin >= 0 else i
                spans[found, 1] = i
            found += 1
            begin = -1
        elif c > 32:
            if begin < 0:
                begin = i
            if c == 34:
                quoted = True
            elif c in (91, 123):
                depth += 1
        i += 1
    if begin >= 0:
        if found < spans.shape[0]:
            spans[found, 0] = begin
            spans[found, 1] = stop
        found += 1
    return found, stop, False
