"""Polls from CSV files, one figure a row, by mapping files. `docs/polls.md` explains Vigie's own columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie.sources.csv_columns import close_reader, mapped_lines, open_reader
from vigie.sources.mapping import builtin
from vigie.sources.poll_columns import left_out, poll_columns
from vigie.sources.poll_rows import RefusedError, figure_of, poll_of
from vigie.tables import TABLES

if TYPE_CHECKING:
    from vigie.sources import Block, Parsed, Source
    from vigie.sources.mapping import Mapping

SCHEMA: Final = TABLES["polls"].arriving
VERSION: Final = 2


def source(mapping: Mapping) -> Source:
    """Return the source that reads CSV files of polls, one figure a row, as `mapping` says."""
    return mapped_lines(mapping, parse, version=VERSION)


def parse(block: Block, state: dict[str, Any], mapping: Mapping) -> Parsed:
    """Read one block of a CSV file of polls; see `Source.parse`."""
    reader = open_reader(block, state, mapping)
    rows: list[dict[str, Any]] = []
    empty = " and ".join(mapping.columns["candidate"].columns), " and ".join(mapping.columns["percent"].columns)
    for part in reader.slices():
        columns = poll_columns(part, reader.names, mapping)
        out = left_out(part, reader.names, mapping)
        for row, line in enumerate(part.records[:, 2].tolist()):
            if out[row]:
                continue
            given = {name: values[row] for name, values in columns.items()}
            try:
                figure = poll_of(given, mapping) | figure_of(given["candidate"], given["percent"], empty)
            except RefusedError as refused:
                reader.refuse(line, str(refused), part.raw(row))
            else:
                rows.append({"record": block.record + line, **figure})
    return close_reader(reader, pa.Table.from_pylist(rows, schema=SCHEMA), mapping)


SOURCES: Final = tuple(source(m) for m in builtin() if m.table == "polls" and m.shape == "csv" and m.candidates is None)
