"""Stored rows by their identifiers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from vigie.engine.local import LocalEngine
from vigie.run.add import relation
from vigie.tables import split_row_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigie.tables.store import Manifest, Store


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
