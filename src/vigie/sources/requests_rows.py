r"""What the slower readers of requests share: columns that grow by the row, clocks, request lines, refusals.

A reader of one line returns a row as a dictionary, or raises `NotARowError` with the reason.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie.sources import Parsed, Refusal
from vigie.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from vigie.sources import Block

SCHEMA: Final = TABLES["requests"].arriving
SHOWN_MAX: Final = 60

_FIRST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HTTP: Final = re.compile(r"([A-Za-z0-9_-]+) (.+) (HTTP/[^ ]+)|([A-Z]+) (/.*)", re.DOTALL)
# Epoch times grow by a factor of a thousand per unit; between 1990 and 2100 the units do not meet.
_UNITS_US: Final = ((10**11, 1_000_000.0), (10**14, 1_000.0), (10**17, 1.0), (10**20, 0.001))


class NotARowError(Exception):
    """The line is not a row; the message is the reason."""


def shown(text: object) -> str:
    """Return the first characters of `text`, for a reason."""
    return str(text)[:SHOWN_MAX].encode("utf-8", "backslashreplace").decode()


def parse_lines(block: Block, state: dict[str, Any], read: Callable[[bytes], dict[str, Any] | None]) -> Parsed:
    """Read `block` by lines: `read` returns a row, or None for a line that carries nothing, or raises `NotARowError`.

    Blank lines carry nothing; a line with a NUL byte is refused. `state` is the next block's: `read` may have changed it.
    """
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names}
    adders = [(name, column.append) for name, column in columns.items() if name != "record"]
    refused: list[Refusal] = []
    lines = block.data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    skipped = 0
    for record, line in enumerate(lines, start=block.record):
        bare = line.strip(b" \t\r")
        try:
            if b"\0" in bare:
                raise NotARowError("NUL byte")  # noqa: EM101, TRY003, TRY301 - the reason is the message
            row = read(bare) if bare else None
        except NotARowError as error:
            refused.append(Refusal(record, str(error), line))
            continue
        if row is None:
            skipped += 1
            continue
        columns["record"].append(record)
        for name, add in adders:
            add(row.get(name))
    arrays = [pa.array(columns[field.name], field.type) for field in SCHEMA]
    rows = pa.Table.from_arrays(arrays, schema=SCHEMA)
    return Parsed(rows, refused, len(block.data), len(lines), skipped, state)
