"""Tables of polls with one column a candidate, by mapping files: one row of the file is one figure a filled cell.

Such a file is read whole, and its records are the cells of all its lines and columns, numbered along the lines: cell
`c` (from 1) of line `l` in a table of `w` columns is record `(l - 1) * w + c`. So each figure has a number of its own
that says its line and column, whatever the mapping takes to be a candidate. A line that is refused is refused once,
as its first cell.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie.sources import Parsed, Refusal, Source
from vigie.sources.csv_columns import close_reader, open_reader, sniff
from vigie.sources.csv_records import Dialect, read_header
from vigie.sources.mapping import builtin
from vigie.sources.poll_columns import left_out, poll_columns
from vigie.sources.poll_dates import plain
from vigie.sources.poll_rows import RefusedError, figure_of, is_nothing, poll_of
from vigie.tables import TABLES
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from vigie.sources import Block, Head
    from vigie.sources.csv_records import Slice
    from vigie.sources.mapping import Mapping

SCHEMA: Final = TABLES["polls"].arriving
VERSION: Final = 1
# In the state that the manifest keeps: how many records a line has.
WIDTH: Final = "width"
_RAW_LINES_MAX: Final = 50
_NOTED: Final = ("pollster", "sponsor", "publisher")


def source(mapping: Mapping) -> Source:
    """Return the source that reads tables of polls with one column a candidate as `mapping` says."""
    return Source(
        name=mapping.name,
        title=mapping.title,
        table="polls",
        shape="document",
        sniff=partial(_sniff, mapping),
        parse=partial(_parse, mapping),
        version=VERSION,
        locate=partial(_locate, mapping),
    )


def _sniff(mapping: Mapping, head: Head) -> int:
    header = read_header(head.data, Dialect(mapping.delimiter, mapping.escape), mapping.needs, whole=head.whole)
    # A table with a column of candidates has one figure a row, even where its other columns have odd names.
    is_long = header is not None and "candidate" in map(fold_id, header.names)
    return 0 if is_long else sniff(head, mapping)


def candidate_columns(names: tuple[str, ...], mapping: Mapping) -> dict[int, str]:
    """Return the candidate of each column that is one, by its position."""
    known = mapping.candidates
    if known is None:
        return {}
    wanted = set(known.columns) or set(mapping.others(names)) - {"", *known.all_but}
    return {at: plain(known.names.get(name, name)) for at, name in enumerate(names) if name in wanted}


def place(record: int, width: int) -> tuple[int, int]:
    """Return (line, column), both from 1, of a record of a table of `width` columns.

    >>> place(1, 9), place(21, 9)
    ((1, 1), (3, 3))
    """
    return (record - 1) // width + 1, (record - 1) % width + 1


def locate(data: bytes, record: int, width: int) -> tuple[int, str] | None:
    """Return the line of a record and that line's text, with those after it while a double quote is open."""
    line = place(record, width)[0]
    at = 0
    for _ in range(line - 1):
        at = data.find(b"\n", at) + 1
        if not at:
            return None
    if at >= len(data):
        return None
    lines = data[at:].split(b"\n", _RAW_LINES_MAX)[:_RAW_LINES_MAX]
    text = lines[0]
    for more in lines[1:]:
        if text.count(b'"') % 2 == 0:
            break
        text += b"\n" + more
    text = text if text.count(b'"') % 2 == 0 else lines[0]
    return line, text.rstrip(b"\r").decode("utf-8", "backslashreplace")


def _locate(mapping: Mapping, data: bytes, record: int) -> tuple[int, str] | None:
    header = read_header(data, Dialect(mapping.delimiter, mapping.escape), mapping.needs, whole=True)
    return locate(data, record, _width(header.names if header else ()))


def _width(names: tuple[str, ...]) -> int:
    return max(len(names), 1)


def _parse(mapping: Mapping, block: Block, state: dict[str, Any]) -> Parsed:
    reader = open_reader(block, state, mapping)
    width = _width(reader.names)
    candidates = candidate_columns(reader.names, mapping)
    if reader.names and not reader.problem and not candidates:
        reader.problem = "the header has no column that is a candidate"
    twice = [name for name in candidates.values() if list(candidates.values()).count(name) > 1]
    if twice and not reader.problem:
        reader.problem = f"the header has the candidate {twice[0][:60]!r} twice"
    tables = [SCHEMA.empty_table()]
    cells: list[Refusal] = []
    for part in reader.slices():
        rows, bad = _rows(part, reader.names, mapping, candidates)
        for row, column, reason in bad:
            record = int(part.records[row, 2]) * width + column + 1
            cells.append(Refusal(record, reason, part.raw(row)))
        tables.append(pa.Table.from_pylist(rows, schema=SCHEMA))
    # What the reader refused itself stands by its line so far.
    lines = [replace(refusal, record=(refusal.record - 1) * width + 1) for refusal in reader.refused]
    reader.refused = lines + cells
    reader.lines *= width
    parsed = close_reader(reader, pa.concat_tables(tables), mapping)
    if reader.names and not reader.problem:
        parsed.state.update({WIDTH: width, "candidates": sorted(set(candidates.values()))})
    return parsed


def _rows(
    part: Slice, names: tuple[str, ...], mapping: Mapping, candidates: dict[int, str]
) -> tuple[list[dict[str, Any]], list[tuple[int, int, str]]]:
    """Return the figures of some records, and what is refused: (record in `part`, column, reason)."""
    columns = poll_columns(part, names, mapping)
    for name in _NOTED:
        if name in columns:
            columns[name] = [None if value is None else plain(value) for value in columns[name]]
    cells = {at: part.strings(at).to_pylist() for at in candidates}
    rows: list[dict[str, Any]] = []
    bad: list[tuple[int, int, str]] = []
    first = [line * len(names) + 1 for line in part.records[:, 2].tolist()]
    for row in (row for row, is_out in enumerate(left_out(part, names, mapping)) if not is_out):
        given = {name: values[row] for name, values in columns.items()}
        filled = {at: values[row] for at, values in cells.items() if not is_nothing(values[row])}
        try:
            poll = _poll(given, mapping, [candidates[at] for at in filled])
        except RefusedError as refused:
            bad.append((row, 0, str(refused)))
            continue
        for at, text in filled.items():
            try:
                figure = figure_of(candidates[at], text, (names[at], names[at]))
            except RefusedError as refused:
                bad.append((row, at, f"column {names[at][:60]!r}: {refused}"))
            else:
                rows.append({"record": first[row] + at, **poll, **figure})
    return rows, bad


def _poll(given: dict[str, Any], mapping: Mapping, filled: list[str]) -> dict[str, Any]:
    if not filled:
        raise RefusedError("no candidate has a figure")
    poll = poll_of(given, mapping)
    if mapping.candidates and mapping.candidates.by_filled:
        poll["hypothesis"] = "+".join(sorted(set(map(fold_id, filled))))
    return poll


SOURCES: Final = tuple(
    source(m) for m in builtin() if m.table == "polls" and m.shape == "csv" and m.candidates is not None
)
