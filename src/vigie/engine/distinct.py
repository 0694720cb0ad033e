"""The distinct texts of a table in memory: each row's are hashed once, and no table of them is built by a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from vigie.kernels.new_keys import NewKeys
from vigie.kernels.text_keys import COLUMNS, text_keys
from vigie.rules.plain import texts_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def hashable(table: pa.Table, columns: Sequence[str]) -> bool:
    """Return whether `columns` are texts, and not more of them than keys are made of."""
    return len(columns) <= COLUMNS and all(table[name].type == pa.string() for name in columns)


def distinct_rows(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return the distinct rows of `columns`, in the order in which they first stand."""
    seen = NewKeys()
    pieces = []
    for batch in table.select(columns).to_batches():
        # What a log does not name, it names in no row.
        named = any(column.null_count < batch.num_rows for column in batch.columns)
        asked = batch if named else batch.slice(0, 1)
        texts: list[pa.Array[Any]] = asked.columns
        pieces.append(asked.take(seen.rows(text_keys(*map(texts_of, texts)))))
    return pa.Table.from_batches(pieces, table.select(columns).schema)
