"""Written times to microseconds, by a small program compiled from a pattern such as `%Y-%m-%d %H:%M:%S`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from vigie.kernels.bytes_gather import I32, I64, U8

READ: Final = 0  # a time of the zone the column is in
READ_UTC: Final = 1  # the text named its zone; the time is in UTC
NOTHING: Final = 2
UNREADABLE: Final = 3

_LITERAL, _SPACE = 1, 2
_OPS: Final = {d: number for number, d in enumerate("YmdHIMSfpbBzZa", start=10)}
_ISO, _EPOCH_S, _EPOCH_MS = 30, 31, 32
_NAMED: Final = {"iso": _ISO, "epoch_s": _EPOCH_S, "epoch_ms": _EPOCH_MS}

# Zone names in exports, minutes east of UTC. Names with two readings are taken as in North America, as the exports mean
# them; IST (India, Israel, Ireland) is left out.
_ZONES: Final = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180,
    "MSK": 180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
}  # fmt: skip


def _key(name: str) -> int:
    return sum((ord(letter) & 31) << (5 * place) for place, letter in enumerate(name))


_ZONE_KEYS = np.array([_key(name) for name in _ZONES], np.int64)
_ZONE_MINUTES = np.array(list(_ZONES.values()), np.int64)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH_KEYS = np.array([_key(m) for m in _MONTHS], np.int64)
_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)


def program(pattern: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the steps (uint8[k, 2]: operation, byte) that read `pattern`: `iso`, `epoch_s`, `epoch_ms` or directives.

    >>> program("%Y-%m").tolist()
    [[10, 0], [1, 45], [11, 0]]
    """
    if pattern in _NAMED:
        return np.array([[_NAMED[pattern], 0]], np.uint8)
    steps: list[tuple[int, int]] = []
    text = iter(pattern)
    for letter in text:
        directive = next(text, "%") if letter == "%" else ""
        if directive and directive != "%":
            steps.append((_OPS[directive], 0))
        elif letter == " ":
            steps.append((_SPACE, 0))
        else:
            steps.extend((_LITERAL, byte) for byte in letter.encode())
    return np.array(steps, np.uint8).reshape(-1, 2)


@njit(cache=True, nogil=True)
def _number(values: U8, pos: int, stop: int, most: int) -> tuple[int, int]:
    """Return (number, where its digits end) of up to `most` digits."""
    number: Any = 0
    end = min(stop, pos + most)
    while pos < end and 48 <= values[pos] <= 57:
        number = number * 10 + values[pos] - 48
        pos += 1
    return number, pos


@njit(cache=True, nogil=True)
def _letters(values: U8, pos: int, stop: int, most: int) -> tuple[int, int]:
    """Return (key of up to `most` letters, where the letters end)."""
    key: Any = 0
    count = 0
    while pos < stop and (65 <= values[pos] <= 90 or 97 <= values[pos] <= 122):
        if count < most:
            key |= np.int64(values[pos] & 31) << (5 * count)
        count += 1
        pos += 1
    return key, pos


@njit(cache=True, nogil=True)
def _zone(values: U8, pos: int, stop: int) -> tuple[int, int]:
    """Return (minutes east of UTC, where it ends) of `Z`, `+0200`, `+02:00` or `+02`; end 0 where it is none."""
    if pos < stop and values[pos] | 32 == 122:
        return 0, pos + 1
    if pos >= stop or values[pos] not in (43, 45):
        return 0, 0
    hours, end = _number(values, pos + 1, stop, 2)
    if end != pos + 3 or hours > 23:
        return 0, 0
    minutes = 0
    at = end + 1 if end < stop and values[end] == 58 else end
    got, after = _number(values, at, stop, 2)
    if after == at + 2 and got < 60:
        minutes, end = got, after
    elif at > end or after > at:
        return 0, 0
    total = hours * 60 + minutes
    return (-total if values[pos] == 45 else total), end


@njit(cache=True, nogil=True)
def _fraction(values: U8, pos: int, stop: int) -> tuple[int, int]:
    """Return (microseconds, where the digits end); digits past the sixth are cut off."""
    number: Any = 0
    digits = 0
    while pos < stop and 48 <= values[pos] <= 57:
        if digits < 6:
            number = number * 10 + values[pos] - 48
            digits += 1
        pos += 1
    for _ in range(6 - digits):
        number *= 10
    return number, pos


@njit(cache=True, nogil=True)
def _microseconds(parts: I64, micro: int) -> tuple[int, bool]:
    """Return microseconds since 1970 of year, month, day, hour, minute, second; the flag says whether they exist."""
    year, month, day, hour, minute, second = parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not (1 <= month <= 12 and hour < 24 and minute < 60 and second <= 60):
        return 0, False
    if not 1 <= day <= _DAYS[month - 1] + (leap and month == 2):
        return 0, False
    # Days of the civil calendar (H. Hinnant, "chrono-compatible low-level date algorithms"): years begin in March.
    y = year - (month <= 2)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + micro, True


@njit(cache=True, nogil=True)
def _iso(values: U8, pos: int, stop: int) -> tuple[int, int]:
    """Return (microseconds, code) of `2017-02-15`, then perhaps `T12:30`, `:59`, `.123` and a zone."""
    parts = np.zeros(6, np.int64)
    for part in range(6):
        if (part == 3 and pos == stop) or (part == 5 and (pos == stop or values[pos] != 58)):
            break
        if part:
            if pos == stop:
                return 0, UNREADABLE
            byte = values[pos]
            good = byte == 45 if part < 3 else byte == 58
            if not good and not (part == 3 and (byte | 32 == 116 or byte == 32)):
                return 0, UNREADABLE
            pos += 1
        width = 2 if part else 4
        parts[part], end = _number(values, pos, stop, width)
        if end != pos + width:
            return 0, UNREADABLE
        pos = end
    micro = minutes = 0
    zoned = False
    if pos + 1 < stop and (values[pos] == 46 or values[pos] == 44):
        micro, pos = _fraction(values, pos + 1, stop)
    if pos < stop:
        zoned = True
        minutes, pos = _zone(values, pos + (values[pos] == 32), stop)
    if pos != stop:
        return 0, UNREADABLE
    time, good = _microseconds(parts, micro)
    if not good:
        return 0, UNREADABLE
    return time - minutes * 60_000_000, READ_UTC if zoned else READ


@njit(cache=True, nogil=True)
def _epoch(values: U8, pos: int, stop: int, unit: int) -> tuple[int, int]:
    """Return (microseconds, code) of a count of `unit` microseconds, perhaps with a fraction."""
    negative = values[pos] == 45
    pos += negative
    number, end = _number(values, pos, stop, 15)
    micro = 0
    good = end > pos
    if good and end < stop and values[end] == 46:
        micro, end = _fraction(values, end + 1, stop)
    if not good or end != stop or number > 9_000_000_000_000_000 // unit:
        return 0, UNREADABLE
    time = number * unit + micro * unit // 1_000_000
    return (-time if negative else time), READ_UTC


@njit(cache=True, nogil=True)
def _pattern(values: U8, pos: int, stop: int, steps: U8) -> tuple[int, int]:
    """Return (microseconds, code) of what the steps read."""
    parts = np.array([1970, 1, 1, 0, 0, 0], np.int64)
    micro = minutes = 0
    half = -1  # 0: morning, 1: afternoon, as `%p` says
    zoned = False
    for step in range(steps.shape[0]):
        op = steps[step, 0]
        start = pos
        if op == _LITERAL:
            if pos >= stop or values[pos] != steps[step, 1]:
                return 0, UNREADABLE
            pos += 1
        elif op == _SPACE:
            while pos < stop and values[pos] == 32:
                pos += 1
            if pos == start:
                return 0, UNREADABLE
        elif op <= 16:
            place = op - 10 - (op > 13)
            parts[place], pos = _number(values, pos, stop, 2 if place else 4)
            if (op == 10 and pos != start + 4) or (op == 14 and not 1 <= parts[3] <= 12):
                return 0, UNREADABLE
        elif op == 17:
            micro, pos = _fraction(values, pos, stop)
        elif op == 18:
            key, pos = _letters(values, pos, stop, 2)
            half = 1 if key == 16 | 13 << 5 else 0
            if pos != start + 2 or (half == 0 and key != 1 | 13 << 5):
                return 0, UNREADABLE
        elif op in (19, 20):
            key, pos = _letters(values, pos, stop, 3)
            parts[1] = 0
            for number in range(12):
                if key == _MONTH_KEYS[number]:
                    parts[1] = number + 1
        elif op == 23:  # the day's name: it says nothing that the date does not
            _, pos = _letters(values, pos, stop, 3)
        elif op == 21:
            minutes, end = _zone(values, pos, stop)
            zoned = True
            pos = end or start
        elif op == 22:
            key, pos = _letters(values, pos, stop, 5)
            for number in range(_ZONE_KEYS.shape[0]):
                if key == _ZONE_KEYS[number] and pos - start <= 5:
                    minutes = int(_ZONE_MINUTES[number])
                    zoned = True
            if not zoned:
                return 0, UNREADABLE
        if pos == start:
            return 0, UNREADABLE
    if pos != stop:
        return 0, UNREADABLE
    if half >= 0:
        parts[3] = parts[3] % 12 + 12 * half
    time, good = _microseconds(parts, micro)
    if not good:
        return 0, UNREADABLE
    return time - minutes * 60_000_000, READ_UTC if zoned else READ


@njit(cache=True, nogil=True)
def read_times(values: U8, offsets: I32, steps: U8) -> tuple[I64, U8]:
    """Read a string column by the steps of `program`. Return (microseconds since 1970 int64[n], codes uint8[n])."""
    rows = offsets.shape[0] - 1
    times = np.zeros(rows, np.int64)
    codes = np.empty(rows, np.uint8)
    first = steps[0, 0] if steps.shape[0] else 0
    for row in range(rows):
        pos: Any = np.int64(offsets[row])
        stop: Any = np.int64(offsets[row + 1])
        while pos < stop and values[pos] <= 32:
            pos += 1
        while stop > pos and values[stop - 1] <= 32:
            stop -= 1
        if pos == stop:
            codes[row] = NOTHING
        elif first == _ISO:
            times[row], codes[row] = _iso(values, pos, stop)
        elif first in (_EPOCH_S, _EPOCH_MS):
            times[row], codes[row] = _epoch(values, pos, stop, 1_000_000 if first == _EPOCH_S else 1_000)
        else:
            times[row], codes[row] = _pattern(values, pos, stop, steps)
    return times, codes
