"""Stored rows by their identifiers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from vigie.engine.local import LocalEngine
from vigie.run.add import relation
from vigie.sources import polls_wide
from vigie.tables import split_row_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigie.tables.store import Manifest, SourceLine, Store


def width_of(source: SourceLine) -> int:
    """Return how many records a line of the file has, where it is a table of cells; else 0."""
    width = source.resume.state.get(polls_wide.WIDTH)
    return width if isinstance(width, int) else 0


def place_of(source: SourceLine, record: int, shape: str | None) -> str:
    """Return where a record stands, in words: its line, its cell, or its number; `shape` is its format's."""
    if width := width_of(source):
        line, column = polls_wide.place(record, width)
        return f"line {line}, column {column}"
    return f"{'line' if shape == 'lines' else 'record'} {record}"


def stored_rows(store: Store, manifest: Manifest, row_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the seen rows of any tables by id; an id without a row is left out."""
    tables = {source.id: source.table for source in manifest.sources}
    wanted: dict[str, set[str]] = defaultdict(set)
    for ident in row_ids:
        wanted[tables[split_row_id(ident)[0]]].add(ident)
    cells: dict[str, dict[str, Any]] = {}
    for name, idents in wanted.items():
        ids = pa.table({"wanted_id": pa.array(sorted(idents), pa.string())})
        with LocalEngine({"seen": relation(store, name, manifest), "wanted": ids}) as engine:
            rows = engine.query("select s.* from seen s join wanted w on s.row_id = w.wanted_id").to_pylist()
        cells |= {row["row_id"]: row for row in rows}
    return cells
