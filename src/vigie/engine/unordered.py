"""Whole groups of a table in memory whose rows may stand in any order, of few keys: nothing is sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_KEYS_MAX: Final = 100
# A stretch of rows of one key is taken as it lies, without a copy, where stretches are this long in the mean.
_STRETCH: Final = 256


def few_keys(table: pa.Table, key: str) -> list[str] | None:
    """Return the texts of the column `key` in ascending order; nothing where they are many, no texts, or null."""
    column = table[key]
    if column.type != pa.string() or column.null_count:
        return None
    found: set[str] = set()
    for chunk in column.chunks:
        names: Any = pc.unique(chunk)
        found.update(names.to_pylist())
        if len(found) > _KEYS_MAX:
            return None
    return sorted(found, key=str.encode)


def unordered_groups(table: pa.Table, key: str, keys: list[str]) -> Iterator[pa.Table]:
    """Yield the rows of each of `keys`, which are all there are, in the table's order."""
    if len(keys) == 1:
        yield table
        return
    names = pa.array(keys, pa.string())
    batches = [batch for batch in table.to_batches() if batch.num_rows]
    numbers = [np.asarray(pc.index_in(batch[key], value_set=names)).astype(np.int8) for batch in batches]
    for number in range(len(keys)):
        parts = [part for batch, own in zip(batches, numbers, strict=True) for part in _rows(batch, own == number)]
        yield pa.Table.from_batches(parts, table.schema)


def _rows(batch: pa.RecordBatch, wanted: NDArray[np.bool_]) -> Iterator[pa.RecordBatch]:
    edges: Any = np.flatnonzero(np.diff(wanted, prepend=False, append=False))
    if len(edges) * _STRETCH > 2 * len(wanted):
        yield batch.filter(pa.array(wanted))
        return
    for begin, end in edges.reshape(-1, 2).tolist():
        yield batch.slice(begin, end - begin)
