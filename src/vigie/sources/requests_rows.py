"""What the slower readers of requests share: rows put together, clocks, request lines, refusals.

A reader of one line returns a `Request`, or raises `NotARowError` with the reason.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from vigie.sources import Parsed, Refusal
from vigie.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from vigie.sources import Block

SCHEMA: Final = TABLES["requests"].arriving
LINE_BYTES_MAX: Final = 1 << 20

_SHOWN_MAX: Final = 60
_DIGITS_MAX: Final = 18
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST_US: Final = (datetime(1990, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST_US: Final = (datetime(2100, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_HTTP: Final = re.compile(r"([A-Za-z0-9_-]+) (.+) (HTTP/[^ ]+)|([A-Z]+) (/.*)", re.DOTALL)
# Seconds, ms, us and ns since 1970: between 1990 and 2100 the four do not meet.
_UNITS_US: Final = ((10**11, 1_000_000, 1), (10**14, 1_000, 1), (10**17, 1, 1), (10**20, 1, 1_000))


class NotARowError(Exception):
    """The line is not a row; the message is the reason."""


class Request(NamedTuple):
    """One row without its record number: the columns of REQUESTS, in their order."""

    time: int
    client_ip: str
    forwarded_for: str | None
    account: str | None
    method: str | None
    host: str | None
    path: str
    query: str | None
    protocol: str | None
    status: int | None
    bytes: int | None
    referer: str | None
    user_agent: str | None


def parse_lines(block: Block, read: Callable[[bytes], Request | None], state: dict[str, Any]) -> Parsed:
    """Read `block` by lines; `read` gets a line without blanks at its ends, and returns None where it says nothing.

    `state` goes into the result as it is when the last line has been read.
    """
    records: list[int] = []
    rows: list[Request] = []
    refused: list[Refusal] = []
    lines = block.data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    nul = b"\0" in block.data
    for record, line in enumerate(lines, start=block.record):
        bare = line.strip(b" \t\r")
        if not bare:
            continue
        try:
            if nul and b"\0" in bare:
                raise NotARowError("NUL byte")  # noqa: TRY301 - refused in one place
            if len(bare) > LINE_BYTES_MAX:
                raise NotARowError(f"longer than {LINE_BYTES_MAX:,} bytes")  # noqa: TRY301
            row = read(bare)
        except NotARowError as error:
            refused.append(Refusal(record, str(error), line))
            continue
        if row is not None:
            records.append(record)
            rows.append(row)
    columns = zip(*rows, strict=True) if rows else ((),) * len(Request._fields)
    arrays = [pa.array(column, field.type) for column, field in zip((records, *columns), SCHEMA, strict=True)]
    return Parsed(
        rows=pa.Table.from_arrays(arrays, schema=SCHEMA),
        refused=refused,
        consumed=len(block.data),
        records=len(lines),
        skipped=len(lines) - len(rows) - len(refused),
        state=state,
    )


def shown(value: object) -> str:
    """Return the beginning of `value` as text, for a reason."""
    return str(value)[:_SHOWN_MAX]


def utc_us(time: datetime, tz: ZoneInfo) -> int:
    """Return microseconds since 1970 in UTC; a clock without a zone is of `tz`.

    Raises
    ------
    NotARowError
        where it is outside 1990 to 2100.
    """
    try:
        us = ((time if time.tzinfo else time.replace(tzinfo=tz)) - _EPOCH) // _MICROSECOND
    except OverflowError:
        us = _LAST_US
    return within(us, time)


def within(us: int, time: datetime | None = None) -> int:
    """Return `us`, microseconds since 1970; refuse it outside 1990 to 2100, naming `time` where it is given."""
    if _FIRST_US <= us < _LAST_US:
        return us
    named = (time or _EPOCH + timedelta(microseconds=us)).isoformat(timespec="seconds").replace("+00:00", "Z")
    raise NotARowError(f"time {named} is outside 1990 to 2100")


def clock_us(value: object, tz: ZoneInfo) -> int:
    """Return UTC microseconds of an epoch number (s, ms, us or ns), an ISO 8601 time or `15/Feb/2017:12:00:00 +0100`.

    Raises
    ------
    NotARowError
        where it is none of these, or outside 1990 to 2100.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch_us(value)
    text = value if isinstance(value, str) else ""
    if re.fullmatch(r"[0-9]{1,20}", text):
        return _epoch_us(int(text))
    if re.fullmatch(r"[0-9]{1,20}\.[0-9]{1,20}", text):
        return _epoch_us(float(text))
    try:
        read = _log_clock if "/" in text else datetime.fromisoformat
        time = read(text)
    except ValueError:
        raise NotARowError(f"time is not a date: {shown(value)}") from None
    return utc_us(time, tz)


def _log_clock(text: str) -> datetime:
    return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z")


def _epoch_us(value: float) -> int:
    for end, times, by in _UNITS_US:
        if 0 <= value < end:
            return within(value * times // by if isinstance(value, int) else round(value * times / by))
    raise NotARowError(f"time is not a date: {shown(value)}")


def request_line(text: str) -> tuple[str | None, str, str | None, str | None]:
    """Return method, path, query and protocol of a request line; one that is not HTTP is a path as a whole.

    >>> request_line("GET /a?b HTTP/1.1")
    ('GET', '/a', 'b', 'HTTP/1.1')
    >>> request_line("-")
    (None, '-', None, None)
    """
    found = _HTTP.fullmatch(text)
    if not found:
        return None, text, None, None
    method, target, protocol, bare_method, bare_target = found.groups()
    return (method or bare_method, *split_target(target or bare_target), protocol)


def split_target(target: str) -> tuple[str, str | None]:
    """Return path and query of a target.

    >>> split_target("/a?b?c")
    ('/a', 'b?c')
    """
    path, mark, query = target.partition("?")
    return path, query if mark else None


def whole(value: object, name: str, largest: int) -> int | None:
    """Return the number `value` (a number or its digits) says; None where it says nothing: null, "" or "-".

    Raises
    ------
    NotARowError
        where it is neither, or above `largest`.
    """
    if isinstance(value, str) and len(value) <= _DIGITS_MAX and value.isascii() and value.isdigit():
        value = int(value)
    elif value is None or value in ("", "-"):
        return None
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise NotARowError(f"{name} is not a number: {shown(value)}")
    return value
