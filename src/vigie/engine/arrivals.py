"""Rows in the order in which they arrived: file after file as they were added, record after record; `Arrivals`.

What was added later stands later, whatever its times are, so that the rows of a case are those of the day before and
more after them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vigie.engine.reading import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray


def _order(row_ids: Any) -> Any:
    parts = pc.split_pattern(row_ids, ":", max_splits=1, reverse=True).combine_chunks()
    records = pc.cast(pc.list_element(parts, 1), pa.int64())
    keys = pa.table({"source": pc.list_element(parts, 0), "record": records})
    return pc.sort_indices(keys, sort_keys=[("source", "ascending"), ("record", "ascending")])


@dataclass(frozen=True, slots=True)
class InMemory:
    """The rows of a table in memory, in the order of their ids: nothing says which file was added first."""

    table: pa.Table
    batch_rows: int

    def __iter__(self) -> Iterator[pa.Table]:
        """Yield them, some at a time."""
        table = self.table.take(_order(self.table["row_id"])) if "row_id" in self.table.column_names else self.table
        for start in range(0, table.num_rows, self.batch_rows):
            yield table.slice(start, self.batch_rows)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The `columns` of stored parts, in the order of the `files`; what a file lacks is null.

    `left_out` has, by the place of a file, the numbers of the records that are left out: repeats.
    """

    files: tuple[str, ...]
    schema: pa.Schema
    left_out: Mapping[int, NDArray[np.int64]]
    batch_rows: int

    def __iter__(self) -> Iterator[pa.Table]:
        """Yield the rows, some at a time."""
        for place, file in enumerate(self.files):
            with reading():
                opened = pq.ParquetFile(file)
            with opened:
                wanted = ["source", "record", *self.schema.names]
                present = [name for name in opened.schema_arrow.names if name in wanted]
                batches = opened.iter_batches(self.batch_rows, columns=present)
                while True:
                    with reading():
                        batch = next(batches, None)
                    if batch is None:
                        break
                    table = self._seen(pa.Table.from_batches([batch]), self.left_out.get(place))
                    if table.num_rows:
                        yield table

    def _seen(self, stored: pa.Table, left_out: NDArray[np.int64] | None) -> pa.Table:
        if left_out is not None:
            stored = stored.filter(pa.array(~np.isin(stored["record"].to_numpy(), left_out)))
        columns: list[Any] = []
        for field in self.schema:
            if field.name == "row_id":
                numbers: Any = stored["record"].cast(pa.string())
                columns.append(pc.binary_join_element_wise(stored["source"], numbers, pa.scalar(":")))
            elif field.name in stored.column_names:
                columns.append(stored[field.name].cast(field.type))
            else:
                columns.append(pa.nulls(stored.num_rows, field.type))
        return pa.table(columns, schema=self.schema)


def grouped_records(places: Sequence[int], records: Sequence[int]) -> dict[int, NDArray[np.int64]]:
    """Return records by the place of their file.

    >>> grouped_records([1, 0, 1], [7, 8, 9])
    {0: array([8]), 1: array([7, 9])}
    """
    by_file = np.asarray(places, np.int64)
    numbers = np.asarray(records, np.int64)
    return {int(place): numbers[by_file == place] for place in np.unique(by_file)}
