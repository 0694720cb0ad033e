"""Whole groups, sorted, of a table in memory whose keys are numbers: logs stand nearly in the order of their times.

Rows are put together by key where they stand, and only the groups that are out of order then are sorted. A table of
millions of rows lies in pieces, which are never joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vigie.kernels.grouping import count, key_numbers, packed, place
from vigie.kernels.pieces import near, pieces_of, taken_32, taken_64

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_TAKEN: Final = {32: taken_32, 64: taken_64}


def sortable(table: pa.Table, columns: Sequence[str]) -> bool:
    """Return whether `columns` are whole numbers or times, none of them null."""
    return all(
        (pa.types.is_signed_integer(table[c].type) or pa.types.is_timestamp(table[c].type)) and not table[c].null_count
        for c in columns
    )


def groups(table: pa.Table, key: Sequence[str], order: Sequence[str], batch_rows: int) -> Iterator[pa.Table]:
    """Yield whole groups of equal `key` in ascending order, each sorted by `order`: `batch_rows` or more at a time."""
    pieces = _Pieces(table)
    if not pieces.batches:
        return
    numbers, ranks = _ranked(pieces, key)
    sizes = np.zeros(len(ranks), np.int64)
    for own in numbers:
        count(own, ranks, sizes)
    starts = np.concatenate(([0], np.cumsum(sizes)))
    at, latest = starts[:-1].copy(), np.empty((len(ranks), len(order)), np.int64)
    rows, ascends = np.empty(table.num_rows, np.int64), np.ones(len(ranks), np.bool_)
    for row, own, batch in zip(pieces.starts, numbers, pieces.batches, strict=False):
        by = tuple(_numbers(batch, name) for name in order)
        place(own, ranks, by, row, starts, at, latest, ascends, rows)
    astray = np.repeat(~ascends, sizes)
    if astray.any():
        of_group = np.repeat(np.arange(len(ranks)), sizes)[astray]
        moved = rows[astray]
        taken = pieces.take(moved, order)
        rows[astray] = moved[np.lexsort((*(_numbers(taken, name) for name in reversed(order)), of_group))]
    begin = 0
    while begin < len(rows):
        end = int(starts[min(int(np.searchsorted(starts, begin + batch_rows)), len(ranks))])
        yield pieces.take(rows[begin:end], table.schema.names)
        begin = end


class _Pieces:
    """The pieces of a table, of which rows are taken by their places in the whole."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self.batches = [pa.Table.from_batches([batch]) for batch in table.to_batches() if batch.num_rows]
        self.starts = np.cumsum([0, *(len(batch) for batch in self.batches)])
        self._near = near(self.starts)
        self._origins = {name: a for name in table.schema.names if (a := self._where(name)) is not None}

    def _where(self, name: str) -> NDArray[np.int64] | None:
        """Return for each piece where the numbers of a column would begin; nothing where it has others, or nulls."""
        column = self._table[name]
        kind: Any = column.type
        numbers = pa.types.is_integer(kind) or pa.types.is_timestamp(kind)
        if not numbers or kind.bit_width not in _TAKEN or column.null_count:
            return None
        wide = kind.bit_width // 8
        chunks: list[Any] = [batch[name].chunk(0) for batch in self.batches]
        begins = np.array([chunk.buffers()[1].address + wide * chunk.offset for chunk in chunks], np.int64)
        origins: NDArray[np.int64] = begins - wide * self.starts[:-1]
        return origins

    def take(self, rows: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Return some rows of some columns."""
        pieces = pieces_of(rows, self.starts, self._near)
        taken = []
        for name in names:
            if name in self._origins:
                kind: Any = self._table[name].type
                values: Any = _TAKEN[kind.bit_width](rows, pieces, self._origins[name])
                buffers = [None, pa.py_buffer(memoryview(values))]
                taken.append(pa.chunked_array([pa.Array.from_buffers(kind, len(rows), buffers)], kind))
            else:
                taken.append(self._table[name].take(rows))
        return pa.table(taken, schema=self._table.select(names).schema)


def _numbers(table: pa.Table, name: str) -> NDArray[np.int64]:
    (column,) = table[name].chunks
    return np.asarray(column.cast(pa.int64()))


def _ranked(pieces: _Pieces, key: Sequence[str]) -> tuple[list[NDArray[np.int32]], NDArray[np.int64]]:
    """Return a number for each row's key, piece by piece, and for each number its place in the order of keys."""
    if len(key) == 1:
        columns: list[NDArray[Any]] = [np.asarray(batch[key[0]].chunk(0)) for batch in pieces.batches]
        if columns[0].dtype.kind == "i":
            least, most = min(int(c.min()) for c in columns), max(int(c.max()) for c in columns)
            if most - least < pieces.starts[-1]:
                # Numbers that lie close together are their own places.
                near_ones = [(c - least if least else c).astype(np.int32, copy=False) for c in columns]
                return near_ones, np.arange(most - least + 1)
    table = np.empty((pieces.starts[-1], len(key)), np.int64)
    for start, batch in zip(pieces.starts, pieces.batches, strict=False):
        packed(tuple(_numbers(batch, name) for name in key), table[start : start + len(batch)])
    which, keys = key_numbers(table, len(key))
    ranks = np.empty(len(keys), np.int64)
    ranks[np.lexsort(keys.T[::-1])] = np.arange(len(keys))
    return np.split(which, pieces.starts[1:-1]), ranks
