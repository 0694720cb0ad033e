"""The fields of web access log lines: one pass over bytes that finds where each field begins and ends.

A line is read as

    [syslog prefix] [host] client ident user [time] "request" status size ["referer" "agent" ["forwarded for"]] ...

`scan` returns spans (begin, end) into the block, which `vigie.kernels.bytes_gather` copies into Arrow buffers; numbers
and times come parsed. A line that does not fit gets a code, and the span of what was wrong with it.

`_line` says how a line is read. Most lines of most logs are of one shape, `client - - [time] "METHOD target HTTP/1.1"
status size` and what follows: those `_common` reads, 64 bytes at a time and with few branches, in a third of the time.
What it takes is what `_line` would take from the line; whatever it does not expect it leaves to `_line`.

One file on purpose: Numba's cache does not notice a change in another file that a kernel calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numba import njit

from vigie.kernels.bytes_find import find
from vigie.kernels.bytes_mask import WIDTH, among, differing, eight, lowest

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64, U8

# Columns of `spans`, in the order of the table's schema.
CLIENT: Final = 0
FORWARDED: Final = 1
ACCOUNT: Final = 2
METHOD: Final = 3
HOST: Final = 4
PATH: Final = 5
QUERY: Final = 6
PROTOCOL: Final = 7
REFERER: Final = 8
AGENT: Final = 9
STRINGS: Final = 10

# Rows of `numbers`; -1 is null in STATUS and SIZE. LOCAL is 1 where the time names no zone: TIME is then the local
# clock read as if it were UTC.
TIME: Final = 0
STATUS: Final = 1
SIZE: Final = 2
LOCAL: Final = 3
LINE: Final = 4
NUMBERS: Final = 5

# Codes of refused lines.
NUL: Final = 1
TOO_LONG: Final = 2
NOT_CLOSED: Final = 3
NO_TIME: Final = 4
NOT_A_TIME: Final = 5
OUTSIDE: Final = 6
FEW_FIELDS: Final = 7
NOT_A_CLIENT: Final = 8
NO_REQUEST: Final = 9
NOT_A_STATUS: Final = 10
NOT_A_SIZE: Final = 11
STRAY_QUOTE: Final = 12

LINE_BYTES_MAX: Final = 1 << 20
# No line shorter than this can be a row, which bounds the memory a block of tiny lines can ask for.
ROW_BYTES_MIN: Final = 32

_NEWLINE: Final = 10
_SPACE: Final = 32
_QUOTE: Final = 34
_DASH: Final = 45
_SLASH: Final = 47
_COLON: Final = 58
_QUESTION: Final = 63
_OPENING: Final = 91
_BACKSLASH: Final = 92
_CLOSING: Final = 93
_DAY_US: Final = 86_400_000_000
_FIRST_US: Final = 631_152_000_000_000  # 1990-01-01
_LAST_US: Final = 4_102_444_800_000_000  # 2100-01-01
# How long ` - - [15/Feb/2017:12:00:00 +0100] "` is, and its bytes but for the digits of minute and second.
_TIME_BYTES: Final = 35
_OF_THE_HOUR: Final = (1 << _TIME_BYTES) - 1 - (0b11011 << 21)
# Of the digits only the upper half counts: what else has it is no space, quote or backslash either.
_PROTOCOL: Final = int.from_bytes(b"HTTP/0.0", "little")
_PROTOCOL_BITS: Final = int.from_bytes(b"\xff\xff\xff\xff\xff\xf0\xff\xf0", "little", signed=True)

_spaces: Final = among((_SPACE, _SPACE))
_numerals: Final = among((48, 57))
_capitals: Final = among((65, 90))
_marks: Final = among((_QUESTION, _QUESTION))
_stops: Final = among((_SPACE, _SPACE), (_QUOTE, _QUOTE), (_BACKSLASH, _BACKSLASH), (_NEWLINE, _NEWLINE))
_ends: Final = among((_QUOTE, _QUOTE), (_BACKSLASH, _BACKSLASH), (_NEWLINE, _NEWLINE))
# What `_host` lets pass: 0 to 9 and the colon, A to Z and [, a to z, - and ., %, ], _.
_hosts: Final = among((48, 58), (65, 91), (97, 122), (45, 46), (37, 37), (93, 93), (95, 95))


@njit(cache=True, nogil=True)
def _trimmed(data: U8, i: int, end: int) -> int:
    """Return where what begins at `i` ends without the blanks before `end`."""
    while end > i and (data[end - 1] == _SPACE or data[end - 1] == 9 or data[end - 1] == 13):
        end -= 1
    return end


@njit(cache=True, nogil=True)
def _skip(data: U8, i: int, end: int) -> int:
    while i < end and data[i] == _SPACE:
        i += 1
    return i


@njit(cache=True, nogil=True)
def _word(data: U8, i: int, end: int) -> int:
    while i < end and data[i] != _SPACE:
        i += 1
    return i


@njit(cache=True, nogil=True)
def _digits(data: U8, i: int, count: int) -> int:
    """Return the number written in `count` digits at `i`, or a large negative number."""
    value = 0
    for k in range(i, i + count):
        digit = np.int64(data[k]) - 48
        if digit < 0 or digit > 9:
            return -1_000_000
        value = value * 10 + digit  # type: ignore[assignment]
    return value


@njit(cache=True, nogil=True)
def _dash(data: U8, i: int, end: int) -> bool:
    return end - i == 1 and data[i] == _DASH


@njit(cache=True, nogil=True)
def _close(data: U8, i: int, end: int) -> int:
    """Return where the quoted text that begins at `i` ends, or -1: at a quote before a space or the line's end."""
    while True:
        i = find(data, i, end, _QUOTE, _BACKSLASH)
        if i >= end:
            return -1
        if data[i] == _BACKSLASH:
            i += 2
        elif i + 1 == end or data[i + 1] == _SPACE:
            return i
        else:
            i += 1


@njit(cache=True, nogil=True)
def _alphanumeric(c: int) -> bool:
    return 48 <= c <= 57 or 97 <= (c | 32) <= 122


@njit(cache=True, nogil=True)
def _address(data: U8, i: int, end: int) -> bool:
    """Tell whether the word has the form of an IPv4 or IPv6 address (the latter with a zone or not)."""
    dots = colons = letters = 0
    for k in range(i, end):
        c = data[k]
        if c == 46:
            dots += 1
        elif c == _COLON:
            colons += 1
        elif 97 <= (c | 32) <= 102:
            letters += 1
        elif c == 37 and colons >= 2:
            break
        elif c < 48 or c > 57:
            return False
    return colons >= 2 or (colons == 0 and dots == 3 and letters == 0)


@njit(cache=True, nogil=True)
def _host(data: U8, i: int, end: int) -> bool:
    """Tell whether the word can be an address or a host name, with a port or not: a number alone is neither."""
    if _dash(data, i, end):
        return False
    number = True
    for k in range(i, end):
        c = data[k]
        # The rest: . - : _ and what an IPv6 address may carry, a zone's % and brackets.
        if not (_alphanumeric(c) or c in (46, _DASH, _COLON, 95, 37, _OPENING, _CLOSING)):
            return False
        number = number and 48 <= c <= 57
    return not number


@njit(cache=True, nogil=True)
def _after_syslog(data: U8, i: int, end: int) -> int:
    """Return where the message begins after `Feb 15 12:00:00 host tag: ` or `2017-02-15T12:00:00 host tag: `."""
    if end - i < 24:
        return i
    if data[i + 3] == _SPACE and data[i + 6] == _SPACE and data[i + 9] == _COLON and data[i + 12] == _COLON:
        k = i + 15
    elif data[i + 4] == _DASH and data[i + 7] == _DASH and data[i + 10] == 84 and data[i + 13] == _COLON:
        k = _word(data, i + 13, end)
    else:
        return i
    k = _word(data, _skip(data, k, end), end)
    k = _word(data, _skip(data, k, end), end)
    if data[k - 1] != _COLON:
        return i
    return _skip(data, k, end)


@njit(cache=True, nogil=True)
def _month(data: U8, i: int) -> int:
    name = ((np.int64(data[i]) | 32) << 16) | ((np.int64(data[i + 1]) | 32) << 8) | (np.int64(data[i + 2]) | 32)
    names = (
        0x6A616E, 0x666562, 0x6D6172, 0x617072, 0x6D6179, 0x6A756E,
        0x6A756C, 0x617567, 0x736570, 0x6F6374, 0x6E6F76, 0x646563,
    )  # fmt: skip
    for k in range(12):
        if names[k] == name:
            return k + 1
    return 0


@njit(cache=True, nogil=True)
def _days(year: int, month: int, day: int) -> int:
    """Return days since 1970-01-01 of a date of the Gregorian calendar, or a large negative number."""
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    length = 31
    if month in (4, 6, 9, 11):
        length = 30
    elif month == 2:
        length = 29 if leap else 28
    if day < 1 or day > length:
        return -1_000_000_000
    # Years counted from March, so that the leap day is the last of its year.
    y = year - 1 if month <= 2 else year
    m = month + 9 if month <= 2 else month - 3
    return 365 * y + y // 4 - y // 100 + y // 400 + (153 * m + 2) // 5 + day - 1 - 719_468


@njit(cache=True, nogil=True)
def _time(data: U8, i: int, end: int) -> tuple[int, int, int]:
    """Read `15/Feb/2017:12:00:00[.5] [+0100]`: (code or 0, microseconds, whether no zone is named)."""
    if (
        end - i < 20
        or data[i + 2] != _SLASH
        or data[i + 6] != _SLASH
        or data[i + 11] != _COLON
        or data[i + 14] != _COLON
        or data[i + 17] != _COLON
    ):
        return NOT_A_TIME, 0, 0
    day, month, year = _digits(data, i, 2), _month(data, i + 3), _digits(data, i + 7, 4)
    hour, minute, second = _digits(data, i + 12, 2), _digits(data, i + 15, 2), _digits(data, i + 18, 2)
    if month == 0 or day < 0 or year < 0 or hour < 0 or minute < 0 or second < 0:
        return NOT_A_TIME, 0, 0
    days = _days(year, month, day)
    # A second of 60 is a leap second: it counts as the next minute's first.
    if days == -1_000_000_000 or hour > 23 or minute > 59 or second > 60:
        return NOT_A_TIME, 0, 0
    us = days * _DAY_US + ((hour * 60 + minute) * 60 + second) * 1_000_000
    k = i + 20
    if k < end and data[k] == 46:
        k += 1
        scale = 100_000
        first = k
        while k < end and 48 <= data[k] <= 57:
            us += (np.int64(data[k]) - 48) * scale  # type: ignore[assignment]
            scale //= 10
            k += 1
        if k == first:
            return NOT_A_TIME, 0, 0
    k = _skip(data, k, end)
    local = 0
    if k == end:
        local = 1
    elif end - k == 1 and (data[k] | 32) == 122:
        pass
    elif (data[k] == 43 or data[k] == _DASH) and (end - k == 5 or (end - k == 6 and data[k + 3] == _COLON)):
        hours, minutes = _digits(data, k + 1, 2), _digits(data, end - 2, 2)
        if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
            return NOT_A_TIME, 0, 0
        offset_us = (hours * 60 + minutes) * 60_000_000
        us += offset_us if data[k] == _DASH else -offset_us
    else:
        return NOT_A_TIME, 0, 0
    # A local clock may stand a day off UTC at most: it keeps that distance from either end.
    margin_us = local * _DAY_US
    if us < _FIRST_US + margin_us or us >= _LAST_US - margin_us:
        return OUTSIDE, us, local
    return 0, us, local


@njit(cache=True, nogil=True)
def _clients(data: U8, i: int, end: int, spans: I32, row: int) -> int:
    """Read `[virtual host] client ident user`, the user with spaces or not; return 0 or a code."""
    b0 = _word(data, i, end)
    a1 = _skip(data, b0, end)
    b1 = _word(data, a1, end)
    a2 = _skip(data, b1, end)
    b2 = _word(data, a2, end)
    # An empty user name leaves `client -  [`.
    if a2 >= end and not _dash(data, a1, b1):
        return FEW_FIELDS
    a3 = _skip(data, b2, end)
    a, b, user = i, b0, a2
    if a3 < end and (_address(data, a1, b1) or not (_address(data, i, b0) or _dash(data, a1, b1))):
        if not _dash(data, i, b0):
            spans[row, 2 * HOST], spans[row, 2 * HOST + 1] = i, b0
        a, b, user = a1, b1, a3
    if not _host(data, a, b):
        spans[row, 0], spans[row, 1] = a, b
        return NOT_A_CLIENT
    spans[row, 2 * CLIENT], spans[row, 2 * CLIENT + 1] = a, b
    # A last word "-" says nobody, whatever a site's own format puts before it.
    if user < end and not (data[end - 1] == _DASH and (end - 1 == user or data[end - 2] == _SPACE)):
        spans[row, 2 * ACCOUNT], spans[row, 2 * ACCOUNT + 1] = user, end
    return 0


@njit(cache=True, nogil=True)
def _request(data: U8, i: int, end: int, spans: I32, row: int) -> None:
    """Read `METHOD target [HTTP/1.1]`; anything else is a path as a whole."""
    spans[row, 2 * PATH], spans[row, 2 * PATH + 1] = i, end
    method = i
    upper = True
    while method < end and (_alphanumeric(data[method]) or data[method] == _DASH or data[method] == 95):
        upper = upper and 65 <= data[method] <= 90
        method += 1
    if method in (i, end) or data[method] != _SPACE:
        return
    last = end - 1
    while data[last] != _SPACE:
        last -= 1
    target, stop = method + 1, end
    if (
        end - last > 6
        and data[last + 1] == 72
        and data[last + 2] == 84
        and data[last + 3] == 84
        and data[last + 4] == 80
        and data[last + 5] == _SLASH
    ):
        stop = last
        if stop <= target:
            return
        spans[row, 2 * PROTOCOL], spans[row, 2 * PROTOCOL + 1] = last + 1, end
    elif not (upper and target < end and data[target] == _SLASH):
        return
    spans[row, 2 * METHOD], spans[row, 2 * METHOD + 1] = i, method
    spans[row, 2 * PATH], spans[row, 2 * PATH + 1] = target, stop
    mark = find(data, target, stop, _QUESTION, _QUESTION)
    if mark < stop:
        spans[row, 2 * PATH + 1] = mark
        spans[row, 2 * QUERY], spans[row, 2 * QUERY + 1] = mark + 1, stop


@njit(cache=True, nogil=True)
def _duration(data: U8, i: int, end: int) -> bool:
    """Tell whether a quoted field is a plain number such as a request's duration."""
    dots = 0
    for k in range(i, end):
        if data[k] == 46:
            dots += 1
        elif data[k] < 48 or data[k] > 57:
            return False
    return dots <= 1 and end > i


@njit(cache=True, nogil=True)
def _trailer(data: U8, i: int, end: int, spans: I32, row: int) -> int:
    """Read the quoted referer, agent and forwarded-for after the size; return 0 or a code."""
    quoted = 0
    while quoted < 3:
        i = _skip(data, i, end)
        if i >= end:
            return 0
        if data[i] != _QUOTE:
            stop = _word(data, i, end)
            if find(data, i, stop, _QUOTE, _QUOTE) < stop:
                spans[row, 0], spans[row, 1] = i, stop
                return STRAY_QUOTE
            if quoted == 2:
                return 0
            i = stop
            continue
        close = _close(data, i + 1, end)
        if close < 0:
            return NOT_CLOSED
        if not _dash(data, i + 1, close) and not (quoted == 2 and _duration(data, i + 1, close)):
            column = FORWARDED if quoted == 2 else REFERER + quoted
            spans[row, 2 * column], spans[row, 2 * column + 1] = i + 1, close
        quoted += 1
        i = close + 1
    return 0


@njit(cache=True, nogil=True)
def _number(data: U8, i: int, end: int, digits_max: int) -> int:
    """Return the number, -1 for a dash, -2 for anything else."""
    if _dash(data, i, end):
        return -1
    if end == i or end - i > digits_max:
        return -2
    return max(_digits(data, i, end - i), -2)


@njit(cache=True, nogil=True)
def _bracket(data: U8, i: int, end: int) -> int:
    """Return where the time's bracket opens: the first before a date, else the first of all, else -1."""
    any_bracket = -1
    k = i
    while True:
        k = find(data, k + 1, end, _OPENING, _OPENING)
        if k >= end:
            return any_bracket
        if data[k - 1] == _SPACE:
            if k + 3 < end and data[k + 3] == _SLASH and _digits(data, k + 1, 2) >= 0:
                return k
            if any_bracket < 0:
                any_bracket = k


@njit(cache=True, nogil=True)
def _line(data: U8, i: int, end: int, spans: I32, row: int, numbers: I64) -> int:  # noqa: PLR0917 - Numba has no keyword-only arguments
    """Read one line without its newline; return 0, or a code with the span of what is wrong in the first column."""
    if data[i] == _QUOTE:
        if end - i < 2 or data[end - 1] != _QUOTE:
            return NOT_CLOSED
        i, end = _skip(data, i + 1, end), end - 1
    i = _after_syslog(data, i, end)
    first = _bracket(data, i, end)
    if first < 0:
        return NO_TIME
    close = find(data, first + 1, end, _CLOSING, _CLOSING)
    spans[row, 0], spans[row, 1] = first + 1, close
    if close == end:
        return NOT_A_TIME
    code, numbers[TIME, row], numbers[LOCAL, row] = _time(data, first + 1, close)
    if code != 0:
        return code
    stop = first
    while stop > i and data[stop - 1] == _SPACE:
        stop -= 1
    code = _clients(data, i, stop, spans, row)
    if code != 0:
        return code
    i = _skip(data, close + 1, end)
    if i == close + 1 or i >= end or data[i] != _QUOTE:
        return NO_REQUEST
    close = _close(data, i + 1, end)
    if close < 0:
        return NOT_CLOSED
    _request(data, i + 1, close, spans, row)
    i = _skip(data, close + 1, end)
    stop = _word(data, i, end)
    numbers[STATUS, row] = _number(data, i, stop, 3)
    if numbers[STATUS, row] == -2:
        spans[row, 0], spans[row, 1] = i, stop
        return NOT_A_STATUS
    i = _skip(data, stop, end)
    stop = _word(data, i, end)
    numbers[SIZE, row] = _number(data, i, stop, 18)
    if numbers[SIZE, row] == -2:
        spans[row, 0], spans[row, 1] = i, stop
        return NOT_A_SIZE
    return _trailer(data, stop, end, spans, row)


@njit(cache=True, nogil=True)
def _common_client(data: U8, i: int) -> int:
    """Return where the client that begins at `i` ends, -1 where `_line` must say whether it is one."""
    last = data.size - WIDTH
    k = i
    not_digits = 0
    while k <= last:
        spaces = _spaces(data, k)
        # The bits below the lowest space: all of them where there is none.
        word = (spaces & -spaces) - 1
        if word & ~_hosts(data, k):
            return -1
        not_digits |= word & ~_numerals(data, k)
        if spaces:
            end: int = k + lowest(spaces)
            return end if not_digits and not _dash(data, i, end) else -1
        k += WIDTH
    return -1


@njit(cache=True, nogil=True)
def _common_time(data: U8, i: int, hour: I64) -> int:
    """Return the microseconds of ` - - [15/Feb/2017:12:00:00 +0100] "` at `i`, -1 where it does not stand there.

    `hour` is where one was last read (-1: nowhere yet), and its microseconds without minute and second: where nothing
    else differs from that, only those are read.
    """
    if hour[0] < 0 or differing(data, hour[0], i) & _OF_THE_HOUR:
        if (
            data[i + 1] != _DASH
            or data[i + 2] != _SPACE
            or data[i + 3] != _DASH
            or data[i + 4] != _SPACE
            or data[i + 5] != _OPENING
            or data[i + 32] != _CLOSING
            or data[i + 33] != _SPACE
            or data[i + 34] != _QUOTE
        ):
            return -1
        code, us, local = _time(data, i + 6, i + 32)
        if code != 0 or local != 0:
            return -1
        hour[0] = i
        hour[1] = us - (_digits(data, i + 21, 2) * 60 + _digits(data, i + 24, 2)) * 1_000_000
        return us
    minute, second = _digits(data, i + 21, 2), _digits(data, i + 24, 2)
    now: int = hour[1] + (minute * 60 + second) * 1_000_000
    if minute < 0 or minute > 59 or second < 0 or second > 60 or now < _FIRST_US or now >= _LAST_US:
        return -1
    return now


@njit(cache=True, nogil=True)
def _common_request(data: U8, i: int, spans: I32, row: int) -> int:
    """Read `METHOD target HTTP/1.1"` at `i`, the target without a space; return where the quote is, or -1."""
    last = data.size - WIDTH
    at = i
    if at > last:
        return -1
    stops = _stops(data, at)
    method: int = lowest(stops)
    if method in (0, WIDTH) or data[i + method] != _SPACE or ((stops & -stops) - 1) & ~_capitals(data, at):
        return -1
    stops &= stops - 1
    marks = _marks(data, at)
    first = at + lowest(marks) if marks else data.size
    while stops == 0:
        at += WIDTH
        if at > last:
            return -1
        stops = _stops(data, at)
        marks = _marks(data, at)
        first = min(first, at + lowest(marks) if marks else data.size)
    target = i + method + 1
    stop: int = at + lowest(stops)
    mark = min(first, stop)
    if stop == target or data[stop] != _SPACE or stop > last:
        return -1
    if eight(data, stop + 1) & _PROTOCOL_BITS != _PROTOCOL or data[stop + 9] != _QUOTE:
        return -1
    spans[row, 2 * METHOD], spans[row, 2 * METHOD + 1] = i, i + method
    spans[row, 2 * PROTOCOL], spans[row, 2 * PROTOCOL + 1] = stop + 1, stop + 9
    spans[row, 2 * PATH], spans[row, 2 * PATH + 1] = target, mark
    null = -np.int64(mark == stop)
    spans[row, 2 * QUERY], spans[row, 2 * QUERY + 1] = (mark + 1) | null, stop | null
    return stop + 9


@njit(cache=True, nogil=True)
def _quote(data: U8, i: int) -> int:
    """Return where from `i` on the next quote, backslash or newline is, or -1."""
    last = data.size - WIDTH
    while i <= last:
        stops = _ends(data, i)
        if stops:
            place: int = i + lowest(stops)
            return place
        i += WIDTH
    return -1


@njit(cache=True, nogil=True)
def _value(data: U8, i: int, digits: int) -> int:
    """Return the number of 1 to 8 digits at `i`: pairs of digits, then pairs of those, then of those, all at once."""
    # The first digit is the lowest byte: what follows the last is shifted out, and noughts come before the first.
    value: int = (eight(data, i) ^ 0x3030303030303030) << (8 * (8 - digits))
    value = (value * 10 + (value >> 8)) & 0x00FF00FF00FF00FF
    value = (value * 100 + (value >> 16)) & 0x0000FFFF0000FFFF
    return (value * 10_000 + (value >> 32)) & 0xFFFFFFFF


@njit(cache=True, nogil=True)
def _newline(data: U8, i: int) -> int:
    """Return where the line after the one that ends at `i` begins, -1 where it does not end there."""
    if data[i] == 13:
        i += 1
    return i + 1 if data[i] == _NEWLINE else -1


@njit(cache=True, nogil=True)
def _put(data: U8, i: int, end: int, spans: I32, row: int, column: int) -> None:  # noqa: PLR0917 - as above
    """Set a span, -1 where it is a dash: without a branch, as half of the lines have a referer and half have not."""
    null = -np.int64((end - i == 1) & (data[i] == _DASH))
    spans[row, 2 * column], spans[row, 2 * column + 1] = i | null, end | null


@njit(cache=True, nogil=True)
def _common_end(data: U8, i: int, spans: I32, row: int) -> int:
    """Read ` "referer" "agent"` or nothing at `i`; return where the next line begins, or -1."""
    last = data.size - WIDTH
    referer = _quote(data, i + 2)
    if referer < 0 or referer > last or data[referer] != _QUOTE:
        return -1
    if data[referer + 1] != _SPACE or data[referer + 2] != _QUOTE:
        return -1
    agent = _quote(data, referer + 3)
    if agent < 0 or agent > last or data[agent] != _QUOTE:
        return -1
    _put(data, i + 2, referer, spans, row, REFERER)
    _put(data, referer + 3, agent, spans, row, AGENT)
    return _newline(data, agent + 1)


@njit(cache=True, nogil=True)
def _other_end(data: U8, i: int, spans: I32, row: int) -> int:
    """Read by `_trailer` what else may stand at `i`; return where the next line begins, or -1."""
    newline = find(data, i, data.size, _NEWLINE, _NEWLINE)
    end = _trimmed(data, i, newline)
    for column in (REFERER, AGENT):
        spans[row, 2 * column], spans[row, 2 * column + 1] = -1, -1
    return newline + 1 if _trailer(data, i, end, spans, row) == 0 else -1


@njit(cache=True, nogil=True)
def _common(data: U8, i: int, spans: I32, row: int, numbers: I64, hour: I64) -> int:  # noqa: PLR0917 - Numba has no keyword-only arguments
    """Read the line at `i` as `_line` does, if it is of the commonest shape; return where the next begins, or -1."""
    last = data.size - WIDTH
    client = _common_client(data, i)
    if client < 0 or client > last:
        return -1
    us = _common_time(data, client, hour)
    if us < 0:
        return -1
    quote = _common_request(data, client + _TIME_BYTES, spans, row)
    if quote < 0 or quote > last:
        return -1
    status = _digits(data, quote + 2, 3)
    if data[quote + 1] != _SPACE or status < 0 or data[quote + 5] != _SPACE:
        return -1
    k = quote + 6
    digits = lowest(~_numerals(data, quote) & -(1 << 6)) - 6
    if digits == 0 and data[k] == _DASH:
        size = -1
        k += 1
    elif 0 < digits <= 8:
        size = _value(data, k, digits)
        k += digits
    else:
        return -1
    numbers[TIME, row], numbers[STATUS, row], numbers[SIZE, row], numbers[LOCAL, row] = us, status, size, 0
    spans[row, 2 * CLIENT], spans[row, 2 * CLIENT + 1] = i, client
    for column in (FORWARDED, ACCOUNT, HOST):
        spans[row, 2 * column], spans[row, 2 * column + 1] = -1, -1
    if data[k] != _SPACE:
        for column in (REFERER, AGENT):
            spans[row, 2 * column], spans[row, 2 * column + 1] = -1, -1
        position = _newline(data, k)
    else:
        position = _common_end(data, k, spans, row) if data[k + 1] == _QUOTE else -1
        if position < 0:
            position = _other_end(data, k, spans, row)
    return position if position - i <= LINE_BYTES_MAX else -1


@njit(cache=True, nogil=True)
def scan(data: U8, lines: int, nul: bool) -> tuple[I32, I64, I64]:  # noqa: FBT001 - Numba has no keyword-only arguments
    """Read every line of `data` (UTF-8 bytes, shape (n,)), the last with a newline or not.

    `lines` says how many there are, `nul` whether a NUL byte occurs. Returns

    - spans, int32 of shape (rows, 2 * STRINGS): begin and end of each string, -1 where it is null;
    - numbers, int64 of shape (NUMBERS, rows): time in UTC microseconds, status, size in bytes, whether the clock is
      local, and the line's index from 0;
    - refused, int64 of shape (refused, 4): the line's index, a code, and the span of what is wrong (for `OUTSIDE` the
      time in microseconds, and 0).

    A blank line is neither.
    """
    total = data.size
    # A line too short for a row is read all the same, for the reason: into the last row, which is not kept.
    room = min(lines, total // ROW_BYTES_MIN + 1)
    spans = np.empty((room + 1, 2 * STRINGS), np.int32)
    numbers = np.empty((NUMBERS, room + 1), np.int64)
    refused = np.empty((lines, 4), np.int64)
    hour = np.full(2, -1, np.int64)
    # With a plain 0 what is called below would be compiled twice, once for that 0 alone.
    none: int = np.int64(0)  # type: ignore[assignment]
    rows = wrong = position = none
    for line in range(lines):
        start = position
        if not nul:
            position = _common(data, start, spans, rows, numbers, hour)
            if position >= 0:
                numbers[LINE, rows] = line
                rows += 1
                continue
        end = find(data, start, total, _NEWLINE, _NEWLINE)
        position = end + 1
        end = _trimmed(data, start, end)
        while start < end and (data[start] == _SPACE or data[start] == 9):
            start += 1
        if start == end:
            continue
        code = 0
        if end - start > LINE_BYTES_MAX:
            code = TOO_LONG
        elif nul:
            code = NUL if find(data, start, end, 0, 0) < end else 0
        row = rows if end - start >= ROW_BYTES_MIN else room
        for k in range(2 * STRINGS):
            spans[row, k] = -1
        if code == 0:
            numbers[LINE, row] = line
            code = _line(data, start, end, spans, row, numbers)
        if code == 0:
            rows += 1
            continue
        refused[wrong, 0], refused[wrong, 1] = line, code
        refused[wrong, 2], refused[wrong, 3] = spans[row, 0], spans[row, 1]
        if code == OUTSIDE:
            refused[wrong, 2], refused[wrong, 3] = numbers[TIME, row], 0
        wrong += 1
    return spans[:rows], numbers[:, :rows], refused[:wrong]
