"""The source record, and the discovery of every format in this folder.

A source turns bytes into rows of one table and refused records: every record is one or the other, none is dropped.
It comes in one of two shapes.

- *lines*: `parse(block, state)` gets a `Block` of whole lines (never empty, at most `reading.BLOCK_BYTES` or one line)
  and says how many bytes it consumed; what it left (a quoted CSV record that goes on) comes again at the head of the
  next block. On the last block (`block.last`) it must consume everything.
- *document*: `parse(block, state)` gets the whole file as one block, `block.last` set, and consumes it.

The bytes are decompressed, without a byte-order mark, and UTF-8 unless the file is not: a parser meets invalid UTF-8 as
it stood and refuses the record, or escapes it where the format may carry any byte (a log).
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Head:
    """What sniffing may look at: the file's name (no folders) and its first bytes, decompressed, at most 64 KiB.

    `whole` is true where `data` is the whole file; otherwise its last line may be cut.
    """

    name: str
    data: bytes
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes to parse. `record` is the number of the first record in it: its line number (from 1) in a format of lines.

    `tz` is the case's time zone, for clocks that name none; `name` is the file's name.
    """

    data: bytes
    record: int
    last: bool
    tz: ZoneInfo
    name: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record that is not a row: its number, why (in words a person can act on), and its bytes."""

    record: int
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a block gave. `consumed` counts bytes of the block, `records` the lines (or records) in those bytes.

    `skipped` counts lines that are neither rows nor refused because the format says they carry nothing: blank lines,
    comments, headers. `state` goes to the next block's call, and into the store's manifest: JSON values only.
    """

    rows: pa.Table
    refused: list[Refusal]
    consumed: int
    records: int
    skipped: int = 0
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One format. `rows` of `parse` have the schema `TABLES[table].arriving`, in ascending order of `record`.

    `sniff` returns 0 (not this) to 100 (nothing else writes this); the highest wins, and ties are an error to mend.
    A document source says with `locate(data, record)` on which line of the file a record begins, and its raw text.
    Of a table with several rows a line the records are the cells, counted along the lines (see `polls_wide`).
    `spans_lines` says that a record of a format of lines may go on, inside double quotes, over several.
    `version` is raised whenever the same bytes would give other rows.
    """

    name: str
    title: str
    table: str
    shape: Literal["lines", "document"]
    sniff: Callable[[Head], int]
    parse: Callable[[Block, dict[str, Any]], Parsed]
    version: int = 1
    locate: Callable[[bytes, int], tuple[int, str] | None] | None = None
    spans_lines: bool = False


def all_sources() -> Iterator[Source]:
    """Yield every format's record, in the order of their names; a module's `SOURCES` lists its own."""
    found: dict[str, Source] = {}
    for module in pkgutil.iter_modules(__path__):
        for source in getattr(importlib.import_module(f"{__name__}.{module.name}"), "SOURCES", ()):
            if source.name in found:
                message = f"two sources are named {source.name}"
                raise AssertionError(message)
            found[source.name] = source
    yield from (found[name] for name in sorted(found))
