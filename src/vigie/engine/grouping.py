"""Whole groups, sorted, of a table in memory whose keys are numbers: logs stand nearly in the order of their times.

Rows are put together by key where they stand, and only the groups that are out of order then are sorted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from vigie.kernels.grouping import key_numbers, packed, placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


def sortable(table: pa.Table, columns: Sequence[str]) -> bool:
    """Return whether `columns` are whole numbers or times, none of them null."""
    return all(
        (pa.types.is_signed_integer(table[c].type) or pa.types.is_timestamp(table[c].type)) and not table[c].null_count
        for c in columns
    )


def groups(table: pa.Table, key: Sequence[str], order: Sequence[str], batch_rows: int) -> Iterator[pa.Table]:
    """Yield whole groups of equal `key` in ascending order, each sorted by `order`: `batch_rows` or more at a time."""
    if not table.num_rows:
        return
    which, keys = key_numbers(_packed(table, key), len(key))
    ranks = np.empty(len(keys), np.int64)
    ranks[np.lexsort(keys.T[::-1])] = np.arange(len(keys))
    # Rows are taken from one piece several times as fast as from many; and column by column, as a copy of whole rows
    # side by side needs new memory, which costs more than what is saved by having them together.
    whole = table.combine_chunks()
    by = tuple(np.asarray(whole[name].chunk(0).cast(pa.int64())) for name in order)
    rows, starts, ascends = placed(which, ranks, by)
    astray = np.repeat(~ascends, np.diff(starts))
    if astray.any():
        of_group = np.repeat(np.arange(len(keys)), np.diff(starts))[astray]
        own = rows[astray]
        rows[astray] = own[np.lexsort((*(column[own] for column in by[::-1]), of_group))]
    begin = 0
    while begin < len(rows):
        end = int(starts[min(int(np.searchsorted(starts, begin + batch_rows)), len(keys))])
        yield whole.take(rows[begin:end])
        begin = end


def _packed(table: pa.Table, names: Sequence[str]) -> NDArray[np.int64]:
    numbers = np.empty((table.num_rows, len(names)), np.int64)
    start = 0
    for piece in table.select(names).to_batches():
        columns: Any = tuple(column.cast(pa.int64()).to_numpy() for column in piece.columns)
        packed(columns, numbers[start : start + piece.num_rows])
        start += piece.num_rows
    return numbers
