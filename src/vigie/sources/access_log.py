r"""Web access logs: Apache's and nginx's common and combined formats, with virtual host and X-Forwarded-For or without.

Understood besides: a whole line in one more pair of quotes, a syslog prefix, users with spaces, escapes within quoted
fields (kept as logged), further fields after the agent (left out). The third quoted field is the X-Forwarded-For
header, as in nginx's `main` format, unless it is a plain number. A request line that is not HTTP is a row without a
method, the request line its path. Bytes that are not UTF-8 stand as `\xNN`. A clock without a zone is the case's.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vigie.kernels import access_log as kernel
from vigie.kernels.bytes_gather import gather
from vigie.kernels.bytes_mask import survey
from vigie.sources import Block, Head, Parsed, Refusal, Source
from vigie.tables import TABLES

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from vigie.kernels.bytes_gather import I32, I64

_SCHEMA: Final = TABLES["requests"].arriving
_REASON_BYTES_MAX: Final = 60

# Sniffing is done without the kernel: a case of posts alone never loads it.
_ALIKE: Final = re.compile(rb'"?[^"{\[]+(?:\[\d+\]: [^"{\[]+)? \[\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d[^\]]*\] +"')

# The reasons that end in a colon are followed by the text that is wrong.
_REASONS: Final = {
    kernel.NUL: "NUL byte",
    kernel.TOO_LONG: f"longer than {kernel.LINE_BYTES_MAX:,} bytes",
    kernel.NOT_CLOSED: "quoted field is not closed",
    kernel.NO_TIME: "no time in brackets",
    kernel.NOT_A_TIME: "time is not a date such as 15/Feb/2017:12:00:00 +0100:",
    kernel.FEW_FIELDS: "fewer than three fields before the time",
    kernel.NOT_A_CLIENT: "client is not an address or a host name:",
    kernel.NO_REQUEST: "no quoted request after the time",
    kernel.NOT_A_STATUS: "status is not a number of up to three digits:",
    kernel.NOT_A_SIZE: "size is not a number:",
    kernel.STRAY_QUOTE: "a quote within a field is not escaped:",
}


def sniff(head: Head) -> int:
    """Return up to 90, by the share of lines with a time in brackets before a quote, where at least half have it."""
    lines = head.data.split(b"\n")
    # The last line is cut, unless it is all there is: a log may begin with a request longer than the head.
    written = [line for line in (lines if head.whole or len(lines) == 1 else lines[:-1]) if line.strip()]
    alike = sum(1 for line in written if _ALIKE.match(line))
    return 90 * alike // len(written) if alike and 2 * alike >= len(written) else 0


def parse(block: Block, state: dict[str, Any]) -> Parsed:
    """Read every line of `block`; there is no state."""
    newlines, nul, high = survey(np.frombuffer(block.data, np.uint8))
    lines = newlines + (not block.data.endswith(b"\n")) if block.data else 0
    data = _utf8(block.data) if high else block.data
    spans, numbers, refused = kernel.scan(np.frombuffer(data, np.uint8), lines, nul)
    numbers[kernel.LINE] += block.record
    columns: dict[str, pa.Array[Any]] = {
        "record": _int64(numbers[kernel.LINE], pa.int64()),
        "time": _int64(_utc(numbers, block.tz), _SCHEMA.field("time").type),
        "status": _number(numbers[kernel.STATUS].astype(np.int16), pa.int16()),
        "bytes": _number(numbers[kernel.SIZE], pa.int64()),
    }
    names = [name for name in _SCHEMA.names if name not in columns]
    columns |= zip(names, _strings(data, spans), strict=True)
    return Parsed(
        rows=pa.Table.from_arrays([columns[name] for name in _SCHEMA.names], schema=_SCHEMA),
        refused=_refusals(block, data, refused),
        consumed=len(block.data),
        records=lines,
        skipped=lines - len(spans) - len(refused),
        state=state,
    )


def _utf8(data: bytes) -> bytes:
    """Return `data` with the bytes that are not UTF-8 escaped: lines and quotes stay where they were."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "backslashreplace").encode()
    return data


def _strings(data: bytes, spans: I32) -> list[pa.Array[Any]]:
    offsets, values, starts, bitmaps, nulls = gather(np.frombuffer(data, np.uint8), spans)
    return [
        pa.StringArray.from_buffers(
            len(spans),
            _buffer(offsets[column]),
            _buffer(values[starts[column] : starts[column + 1]]),
            _buffer(bitmaps[column]) if nulls[column] else None,
            nulls[column],
        )
        for column in range(len(nulls))
    ]


def _buffer(array: Any) -> pa.Buffer:
    return pa.py_buffer(memoryview(array))


def _int64(values: I64, kind: pa.DataType) -> pa.Array[Any]:
    return pa.Array.from_buffers(kind, len(values), [None, _buffer(values)], 0)


def _number(values: Any, kind: pa.DataType) -> pa.Array[Any]:
    valid = np.packbits(values >= 0, bitorder="little")
    return pa.Array.from_buffers(kind, len(values), [_buffer(valid), _buffer(values)])


def _utc(numbers: I64, tz: ZoneInfo) -> I64:
    """Return the times in UTC microseconds; those of a clock without a zone are of `tz`."""
    times: I64 = numbers[kernel.TIME]
    for row in np.flatnonzero(numbers[kernel.LOCAL]):
        seconds, us = divmod(int(times[row]), 1_000_000)
        clock = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=tz)
        times[row] = int(clock.timestamp()) * 1_000_000 + us
    return times


def _refusals(block: Block, data: bytes, refused: I64) -> list[Refusal]:
    if not len(refused):
        return []
    raw = block.data.split(b"\n")
    return [
        Refusal(block.record + line, _reason(data, code, begin, end), raw[line])
        for line, code, begin, end in refused.tolist()
    ]


def _reason(data: bytes, code: int, begin: int, end: int) -> str:
    if code == kernel.OUTSIDE:
        return f"time {np.datetime64(begin // 1_000_000, 's')}Z is outside 1990 to 2100"
    reason = _REASONS[code]
    if not reason.endswith(":"):
        return reason
    return f"{reason} {data[begin : min(end, begin + _REASON_BYTES_MAX)].decode('utf-8', 'backslashreplace')}"


SOURCES = (
    Source(
        name="access-log",
        title="Web access log, common or combined (Apache, nginx)",
        table="requests",
        shape="lines",
        sniff=sniff,
        parse=parse,
    ),
)
