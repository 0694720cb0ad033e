"""The local engine: steps over DuckDB and compiled kernels, in this process.

One thread, so that the order of rows and the sums of floats repeat. DuckDB never fetches an extension.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from vigie.engine import Distinct, Groups, Grown, Query, Rows
from vigie.engine.arrivals import Arrivals, InMemory, grouped_records
from vigie.engine.distinct import distinct_rows, hashable
from vigie.engine.grouping import groups, sortable
from vigie.engine.reading import reading
from vigie.engine.unordered import few_keys, unordered_groups
from vigie.errors import InputError, StoreError
from vigie.tables import UTC_US, check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from vigie.engine import Step

BATCH_ROWS: Final = 262_144
MEMORY_BYTES_MAX: Final = 8 << 30
_SQL_TYPES: Final = {
    pa.string(): "varchar",
    pa.list_(pa.string()): "varchar[]",
    pa.bool_(): "boolean",
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.date32(): "date",
    UTC_US: "timestamptz",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """A stored table: its Parquet parts, and the schema measures see (with `row_id`).

    A column that a part lacks is null in its rows. `key` names columns by which repeats are left out: of the rows with
    the same key (none of it null) the first by file and record stays. `order` is the files' order: the position of a
    file in `files`.
    """

    files: tuple[str, ...]
    schema: pa.Schema
    key: tuple[str, ...] = ()

    def sql(self) -> str:
        """Return the SELECT that makes the seen table of the parts."""
        columns = ", ".join(_quoted(n) for n in self.schema.names if n != "row_id")
        if not self.files:
            message = "a table without parts is an empty Arrow table"
            raise AssertionError(message)
        if not self.key:
            files, union, blank = self._scanned()
            return (
                f"select source || ':' || record as row_id, {columns} "
                f"from (select * from read_parquet([{files}]{union}){blank})"
            )
        counted = self._counted(f"source || ':' || record as row_id, {columns}")
        return f"select row_id, {columns} from ({counted}) where nth = 1 or {self._needed} is null"

    def repeats_sql(self) -> str:
        """Return the SELECT of the rows that `key` leaves out: `place` of the file in `files`, and `record`."""
        columns = f"source_order - 1 as place, record, {self._needed}"
        return f"select place, record from ({self._counted(columns)}) where nth > 1 and {self._needed} is not null"

    @property
    def _needed(self) -> str:
        # Rows whose key is not whole cannot be told apart by it: each stays.
        return _quoted(next(k for k in self.key if k.endswith("_id")))

    def _counted(self, columns: str) -> str:
        """Return the SELECT of all rows with `nth`, which of those with the same key a row is."""
        files, union, blank = self._scanned()
        key = ", ".join(_quoted(k) for k in self.key)
        return (
            f"select {columns}, row_number() over (partition by {key} order by source_order, record) as nth "
            f"from (select *, list_position([{files}], filename) as source_order "
            f"from read_parquet([{files}], filename = true{union}){blank})"
        )

    def _scanned(self) -> tuple[str, str, str]:
        """Return the files as SQL, the option for those that lack columns, and what gives these to them."""
        files = ", ".join("'" + f.replace("'", "''") + "'" for f in self.files)
        lacking = _lacking(self.files, self.schema)
        union = ", union_by_name = true" if lacking else ""
        nulls = ", ".join(f"null::{_SQL_TYPES[field.type]} as {_quoted(field.name)}" for field in lacking)
        return files, union, f" union all by name select {nulls} where false" if lacking else ""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _lacking(files: tuple[str, ...], schema: pa.Schema) -> list[pa.Field[Any]]:
    """Return the columns that a part does not have, as it was written before its table got them: there they are null.

    A part that cannot be read is left to DuckDB, which names it.
    """
    wanted = set(schema.names) - {"row_id"}
    lacking: set[str] = set()
    for file in files:
        with contextlib.suppress(pa.ArrowException, OSError):
            lacking |= wanted.difference(pq.read_schema(file).names)
    return [field for field in schema if field.name in lacking]


def memory_limit() -> int:
    """Return how many bytes DuckDB may use: half of the machine's memory, at most `MEMORY_BYTES_MAX`."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not every system says
        return MEMORY_BYTES_MAX // 2
    return min(total // 2, MEMORY_BYTES_MAX)


class LocalEngine:
    """Runs steps over named relations. Close it, or use it in a `with` block.

    `spill` is a folder for what does not fit in memory; without it DuckDB may not spill. `standing` is a folder for
    what `Grown` steps keep from one run to the next; without it they keep nothing.
    """

    def __init__(
        self, relations: Mapping[str, pa.Table | Parts], *, spill: Path | None = None, standing: Path | None = None
    ) -> None:
        self._standing = standing
        self._parts = {n: r for n, r in relations.items() if isinstance(r, Parts) and r.files}
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": 1,
            "memory_limit": f"{memory_limit() >> 20}MiB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": str(spill) if spill else "",
        }
        self._db = duckdb.connect(":memory:", config=config)
        self._db.execute("set lock_configuration = true")
        self._tables: dict[str, pa.Table] = {}
        for name, relation in relations.items():
            if isinstance(relation, Parts) and relation.files:
                with reading():
                    self._db.execute(f"create view {_quoted(name)} as {relation.sql()}")
            else:
                table = relation.schema.empty_table() if isinstance(relation, Parts) else relation
                self.put(name, table)

    def put(self, name: str, table: pa.Table) -> None:
        """Give the engine a table in memory, in the place of one it may have had by this name."""
        self._db.register(name, table)
        self._tables[name] = table

    def __enter__(self) -> Self:
        """Return the engine."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Free what DuckDB holds."""
        self._db.close()

    def run(self, steps: Sequence[Step]) -> pa.Table:
        """Run `steps` in order; return the last one's table, in its schema.

        Raises
        ------
        InputError
            where a step's result has not the schema it declares.
        """
        result: pa.Table | None = None
        names: list[str] = []
        for step in steps:
            if result is not None:
                self.put(names[-1], result)
            result = self._step(step)
            names.append(step.name)
        for name in names[:-1]:
            self._db.unregister(name)
            del self._tables[name]
        if result is None:
            message = "a measure has at least one step"
            raise AssertionError(message)
        return result

    def query(self, sql: str, **params: object) -> pa.Table:
        """Run one SELECT with bound `$name` parameters.

        Raises
        ------
        StoreError
            if a part cannot be read, or there is no room for what does not fit in memory.
        """
        with reading():
            table: pa.Table = self._db.sql(sql, params=params or None).to_arrow_table()
        return table

    def _step(self, step: Step) -> pa.Table:
        if isinstance(step, Query):
            return check(self.query(step.sql, **step.params), step.schema, where=step.name)
        if isinstance(step, Distinct):
            return check(self._distinct(step), step.schema, where=step.name)
        if isinstance(step, Grown):
            return check(self._grown(step), step.schema, where=step.name)
        batches = self._rows(step) if isinstance(step, Rows) else self._groups(step)
        function = self._function(step)
        results = [check(function(batch), step.schema, where=step.name) for batch in batches]
        return pa.concat_tables(results) if results else step.schema.empty_table()

    def _function(self, step: Rows | Groups) -> Callable[[pa.Table], pa.Table]:
        """Return the function of a batch: of a step with tables beside it, what its function makes of them."""
        if step.beside:
            made: Callable[[pa.Table], pa.Table] = step.function(*map(self._table, step.beside))
            return made
        function: Callable[[pa.Table], pa.Table] = step.function
        return function

    def _distinct(self, step: Distinct) -> pa.Table:
        relation, table = step.input, self._held(step)
        if short := table is not None and hashable(table, step.columns):
            relation = f"distinct of {step.name}"
            self._db.register(relation, distinct_rows(table, step.columns))
        columns = ", ".join(map(_quoted, step.columns))
        order = ", ".join(f"{_quoted(name)} nulls first" for name in step.columns)
        try:
            return self.query(f"select distinct {columns} from {_quoted(relation)} order by {order}")
        finally:
            if short:
                self._db.unregister(relation)

    def _grown(self, step: Grown) -> pa.Table:
        folder = self._standing / step.name if self._standing else None
        try:
            return step.function(self._arrivals(step), folder)
        except OSError as error:
            message = f"{folder or 'temporary files'}: cannot write: {error.strerror or error}"
            raise StoreError(message) from error

    def _arrivals(self, step: Grown) -> Iterable[pa.Table]:
        """Return the rows of the step's input in the order of their arrival, which can be gone through again."""
        parts = self._parts.get(step.input)
        if parts is None:
            table = self._held(step)
            return InMemory(self._table(step.input).select(step.columns) if table is None else table, BATCH_ROWS)
        schema = pa.schema([parts.schema.field(name) for name in step.columns])
        repeats = self.query(parts.repeats_sql()).to_pydict() if parts.key else {"place": [], "record": []}
        return Arrivals(parts.files, schema, grouped_records(repeats["place"], repeats["record"]), BATCH_ROWS)

    def _held(self, step: Rows | Distinct | Groups | Grown) -> pa.Table | None:
        """Return the columns of the step's input where it is in memory as the step is to see it."""
        table = self._tables.get(step.input)
        return None if table is None else _without_codes(table.select(step.columns))

    def _table(self, name: str) -> pa.Table:
        held = self._tables.get(name)
        table = None if held is None else _without_codes(held)
        return self.query(f"select * from {_quoted(name)}") if table is None else table

    def _scan(self, columns: Sequence[str], relation: str, order: Sequence[str] = ()) -> Iterator[pa.RecordBatch]:
        sql = f"select {', '.join(map(_quoted, columns))} from {_quoted(relation)}"
        if order:
            sql += f" order by {', '.join(map(_quoted, order))}"
        with reading():
            reader = self._db.sql(sql).to_arrow_reader(BATCH_ROWS)
        while True:
            with reading():
                batch = next(reader, None)
            if batch is None:
                return
            yield batch

    def _rows(self, step: Rows) -> Iterator[pa.Table]:
        if (table := self._held(step)) is not None:
            for start in range(0, table.num_rows, BATCH_ROWS):
                yield table.slice(start, BATCH_ROWS)
            return
        for batch in self._scan(step.columns, step.input):
            if batch.num_rows:
                yield pa.Table.from_batches([batch])

    def _groups(self, step: Groups) -> Iterator[pa.Table]:
        if missing := [k for k in (*step.key, *step.order) if k not in step.columns]:
            raise InputError(f"key or order columns {missing} are not among its columns", where=step.name)
        if (short := self._groups_in_memory(step)) is not None:
            yield from short
            return
        held: list[pa.Table] = []
        for batch in self._scan(step.columns, step.input, (*step.key, *step.order)):
            table = pa.Table.from_batches([batch])
            if not table.num_rows:
                continue
            cut = _last_key_start(table, step.key)
            if cut == 0 and held and not _same_key(held[-1], table, step.key):
                yield pa.concat_tables(held)
                held = []
            if cut:
                if held and not _same_key(held[-1], table, step.key):
                    yield pa.concat_tables(held)
                    held = []
                yield pa.concat_tables([*held, table.slice(0, cut)])
                held = []
            held.append(table.slice(cut))
        if held:
            yield pa.concat_tables(held)

    def _groups_in_memory(self, step: Groups) -> Iterator[pa.Table] | None:
        """Return the groups of a table in memory where no database is needed for them."""
        table = self._held(step)
        if table is None:
            return None
        if step.order:
            in_order = sortable(table, (*step.key, *step.order))
            return groups(table, step.key, step.order, BATCH_ROWS) if in_order else None
        keys = few_keys(table, step.key[0]) if len(step.key) == 1 else None
        return None if keys is None else unordered_groups(table, step.key[0], keys)


def _without_codes(table: pa.Table) -> pa.Table | None:
    """Return `table`, or nothing where a column's values stand as codes: steps see the values."""
    return None if any(pa.types.is_dictionary(column.type) for column in table.columns) else table


def _key_at(table: pa.Table, row: int, key: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(table[k][row].as_py() for k in key)


def _same_key(left: pa.Table, right: pa.Table, key: tuple[str, ...]) -> bool:
    return _key_at(left, left.num_rows - 1, key) == _key_at(right, 0, key)


def _last_key_start(table: pa.Table, key: tuple[str, ...]) -> int:
    """Return the first row of the last group: a binary search, since the rows are sorted by `key`."""
    last = _key_at(table, table.num_rows - 1, key)
    low, high = 0, table.num_rows - 1
    while low < high:
        middle = (low + high) // 2
        if _key_at(table, middle, key) == last:
            high = middle
        else:
            low = middle + 1
    return low
