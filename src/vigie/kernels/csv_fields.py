"""Records of delimited text: where each field begins and ends, and which line alone is lost where the quoting breaks.

A record is read as RFC 4180 says: fields between delimiters, a quoted field may hold delimiters, line ends and doubled
quotes. Where that reading fails (text after a closing quote, a quote that stays open, a wrong number of fields) the
record's first *line* is refused and reading goes on with the next line, so that one stray quote costs one line.

Going back must not cost quadratic time. Two readings that are inside quotes at the start of the same line go the same
way from there, so the failed ones are remembered as one path: how many fields it had ended at each line start, and how
it came out. A later reading that meets the path looks its own outcome up instead of reading the bytes again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64, U8

OK: Final = 0
WRONG_COUNT: Final = 1  # on one line
WRONG_COUNT_LINES: Final = 2  # over several lines
BAD_QUOTE: Final = 3  # text after a closing quote, on the first line
STRAY_QUOTE: Final = 4  # an open quote, then text after a quote on a later line
OPEN_QUOTE: Final = 5  # not closed within the limit, or before the end
LINES_LIMIT_BYTES: Final = 1 << 20  # a record of several lines may be so long

_CLOSED: Final = 0
_BROKEN: Final = 1
_OPEN: Final = 2

_QUOTE: Final = 34
_LF: Final = 10
_CR: Final = 13


@njit(cache=True, nogil=True)
def _follow(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    data: U8, delimiter: int, escape: int, pos: int, line: int, ended: int, limit: int, ends: I32
) -> tuple[int, int, int, int]:
    """Go on inside quotes from the start of a line. Return how it came out, where, on which line, and fields ended.

    `ends[k]` is set to the number of fields ended at the start of each line k that is met inside quotes.
    """
    size = data.shape[0]
    inside = True
    while True:
        if inside:
            if pos >= size:
                return _OPEN, pos, line, ended
            byte = data[pos]
            if escape != 0 and byte == escape:
                pos += 1
                if pos >= size:
                    return _OPEN, pos, line, ended
                byte = data[pos]
                if byte != _LF:
                    pos += 1
                    continue
            if byte == _LF:
                pos += 1
                line += 1
                ends[line] = ended
                if pos >= limit:
                    return _OPEN, pos, line, ended
                continue
            pos += 1
            if byte != _QUOTE:
                continue
            if pos < size and data[pos] == _QUOTE:
                pos += 1
                continue
            inside = False
            ended += 1
            if pos >= size:
                return _CLOSED, pos, line, ended
            byte = data[pos]
            if byte == _CR and (pos + 1 == size or data[pos + 1] == _LF):
                return _CLOSED, pos + 1, line, ended
            if byte == _LF:
                return _CLOSED, pos, line, ended
            if byte != delimiter:
                return _BROKEN, pos, line, ended
            pos += 1
        else:
            if pos < size and data[pos] == _QUOTE:
                inside = True
                pos += 1
                continue
            while pos < size and data[pos] != delimiter and data[pos] != _LF:
                pos += 1
            ended += 1
            if pos >= size or data[pos] == _LF:
                return _CLOSED, pos, line, ended
            pos += 1


@njit(cache=True, nogil=True)
def _fields(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    data: U8,
    delimiter: int,
    escape: int,
    pos: int,
    across: int,
    columns: int,
    starts: I32,
    ends: I32,
    flags: U8,
    row: int,
) -> tuple[int, int, int]:
    """Read one record. Return (status, position of its line end or of the trouble, fields ended).

    Without `across`, a line end inside quotes returns OPEN_QUOTE at once.
    """
    size = data.shape[0]
    count = 0
    while True:
        flag = 0
        if pos < size and data[pos] == _QUOTE:
            pos += 1
            start = pos
            flag = 1
            while True:
                if pos >= size:
                    return OPEN_QUOTE, pos, count
                byte = data[pos]
                if escape != 0 and byte == escape:
                    flag = 2
                    pos += 1
                    if pos >= size:
                        return OPEN_QUOTE, pos, count
                    byte = data[pos]
                    if byte != _LF:
                        pos += 1
                        continue
                if byte == _QUOTE:
                    if pos + 1 < size and data[pos + 1] == _QUOTE:
                        flag = 2
                        pos += 2
                        continue
                    break
                if byte == _LF and not across:
                    return OPEN_QUOTE, pos, count
                pos += 1
            end = pos
            pos += 1
            if pos < size and data[pos] == _CR and (pos + 1 == size or data[pos + 1] == _LF):
                pos += 1
            elif pos < size and data[pos] != _LF and data[pos] != delimiter:
                return BAD_QUOTE, pos, count
        else:
            start = pos
            while pos < size and data[pos] != delimiter and data[pos] != _LF:
                pos += 1
            end = pos
            if end > start and data[end - 1] == _CR and (pos == size or data[pos] == _LF):
                end -= 1
        if count < columns:
            starts[row, count] = start
            ends[row, count] = end
            flags[row, count] = flag
        count += 1
        if pos >= size or data[pos] == _LF:
            return OK, pos, count
        pos += 1


@njit(cache=True, nogil=True)
def scan(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    data: U8,
    delimiter: int,
    escape: int,
    columns: int,
    pos: int,
    stop: int,
    line: int,
    last: int,
    limit_bytes: int,
    good: I64,
    starts: I32,
    ends: I32,
    flags: U8,
    bad: I64,
    scratch: I32,
) -> tuple[int, int, int, int]:
    """Read the records that begin before `stop`. Return (next position, next line, good records, bad lines).

    Reading begins at `pos` of `data` (uint8[n]), which is on line `line` (from 0). `delimiter` and `escape` are byte
    values, the latter 0 where there is none; `columns` is how many fields a record must have. With `last`, nothing
    follows `data`; else a record that might go on after it is left. A record of several lines may have `limit_bytes`.

    Filled are, for each record read, `good` (int64[rows, 3]: first byte, line end, line) and `starts`, `ends`, `flags`
    (int32, int32, uint8 [rows, columns]; flag 1: quoted, 2: quoted with something to unescape); for each line refused,
    `bad` (int64[lines, 5]: first byte, line end, line, status, number of fields). `scratch` is int32[lines + 2].
    """
    size = data.shape[0]
    one_line: Any = np.int64(0)  # not literals: `_fields` would be compiled for each value
    many_lines: Any = np.int64(1)
    n_good = 0
    n_bad = 0
    first = 0  # the path's lines: first to at; none while at < first
    at = -1
    outcome = _OPEN
    where = 0
    total = 0
    while pos < stop:
        if data[pos] == _LF:
            pos += 1
            line += 1
            continue
        if data[pos] == _CR and (pos + 1 == size or data[pos + 1] == _LF):
            pos = min(pos + 2, size)
            line += 1
            continue
        if n_good >= starts.shape[0] or n_bad >= bad.shape[0]:
            break
        status, end, count = _fields(data, delimiter, escape, pos, one_line, columns, starts, ends, flags, n_good)
        lines = 1
        eol = end
        if status == OPEN_QUOTE and end < size:
            limit = max(end + 1, pos + limit_bytes)
            here = line + 1
            if here > at or here < first:
                first = here
                scratch[here] = 0
                outcome, where, at, total = _follow(data, delimiter, escape, end + 1, here, 0, limit, scratch)
            elif outcome == _OPEN and where < limit and where < size:
                outcome, where, at, total = _follow(data, delimiter, escape, where, at, total, limit, scratch)
            if outcome == _OPEN and where >= size and size < limit and not last:
                break
            if outcome == _CLOSED and where < limit:
                count += total - scratch[here]
                if count == columns:
                    status, end, count = _fields(
                        data, delimiter, escape, pos, many_lines, columns, starts, ends, flags, n_good
                    )
                    lines = at - line + 1
                else:
                    status = WRONG_COUNT_LINES
            elif outcome == _BROKEN and where < limit:
                status = STRAY_QUOTE
        elif status == BAD_QUOTE:
            while eol < size and data[eol] != _LF:
                eol += 1
        elif status == OK and count != columns:
            status = WRONG_COUNT
        if status == OK:
            good[n_good, 0] = pos
            good[n_good, 1] = end
            good[n_good, 2] = line
            n_good += 1
            pos = min(end + 1, size)
            line += lines
        else:
            bad[n_bad, 0] = pos
            bad[n_bad, 1] = eol
            bad[n_bad, 2] = line
            bad[n_bad, 3] = status
            bad[n_bad, 4] = count
            n_bad += 1
            pos = min(eol + 1, size)
            line += 1
    return pos, line, n_good, n_bad


@njit(cache=True, nogil=True)
def first_bad_byte(data: U8, start: int, end: int) -> int:
    """Return the first position in data[start:end] that is not well-formed UTF-8, or -1."""
    pos = start
    while pos < end:
        byte = data[pos]
        if byte < 0x80:
            pos += 1
            continue
        low, high = 0x80, 0xBF
        if 0xC2 <= byte <= 0xDF:
            more = 1
        elif 0xE0 <= byte <= 0xEF:
            more = 2
            if byte == 0xE0:
                low = 0xA0
            elif byte == 0xED:
                high = 0x9F
        elif 0xF0 <= byte <= 0xF4:
            more = 3
            if byte == 0xF0:
                low = 0x90
            elif byte == 0xF4:
                high = 0x8F
        else:
            return pos
        if pos + more >= end or not low <= data[pos + 1] <= high:
            return pos
        for step in range(2, more + 1):
            if not 0x80 <= data[pos + step] <= 0xBF:
                return pos
        pos += more + 1
    return -1


@njit(cache=True, nogil=True)
def flaws(data: U8, records: I64) -> I64:
    """Return per record (int64[n]) -1 where it is clean UTF-8, -2 where it holds a NUL, else the first bad position."""
    found = np.empty(records.shape[0], np.int64)
    for row in range(records.shape[0]):
        start, end = records[row, 0], records[row, 1]
        found[row] = -1
        for pos in range(start, end):
            if data[pos] == 0:
                found[row] = -2
                break
        if found[row] == -1:
            found[row] = first_bad_byte(data, start, end)
    return found
