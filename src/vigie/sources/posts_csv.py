"""Posts from CSV files of any tool, by mapping files: columns to columns, without a Python step per row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vigie.kernels import clock_text
from vigie.kernels.entities import entities, word_characters
from vigie.kernels.gather import gather, split, whole_numbers
from vigie.sources.csv_columns import (
    EARLIEST,
    LATEST,
    close_reader,
    mapped_lines,
    microseconds,
    open_reader,
    present,
    read_times,
    texts,
    to_utc,
    written,
)
from vigie.sources.csv_records import as_strings, buffers
from vigie.sources.mapping import EXTRACTED, LISTS, REQUIRED, Rule, builtin
from vigie.tables import TABLES, UTC_US, empty

if TYPE_CHECKING:
    from vigie.sources import Block, Parsed, Source
    from vigie.sources.csv_records import Bools, Bytes, Ints, Longs, Reader, Slice
    from vigie.sources.mapping import Mapping

SCHEMA: Final = TABLES["posts"].arriving
_NOT_NULL: Final = frozenset(REQUIRED["posts"])
_STRIP: Final = {"hashtags": "#", "mentions": "@"}
_ORDER: Final = ("urls", "hashtags", "mentions")
# What exports write for a figure they do not have.
_NO_FIGURE: Final = frozenset({"n/a", "na", "nan", "none", "null", "-"})


def source(mapping: Mapping) -> Source:
    """Return the source that reads CSV files of posts as `mapping` says."""
    return mapped_lines(mapping, parse, version=2)


def parse(block: Block, state: dict[str, Any], mapping: Mapping) -> Parsed:
    """Read one block of a CSV file of posts; see `Source.parse`."""
    reader = open_reader(block, state, mapping)
    tables = []
    for part in reader.slices():
        filling = _Filling(part, reader, mapping)
        tables.append(filling.table())
        for row in sorted(filling.reasons):
            reader.refuse(int(part.records[row, 2]), filling.reasons[row], part.raw(row))
    rows = pa.concat_tables(tables) if tables else empty(SCHEMA)
    return close_reader(reader, rows, mapping)


@dataclass(slots=True)
class _Filling:
    """Fills the columns of one slice. `reasons` gathers, by row, why a row is refused: the first reason found."""

    part: Slice
    reader: Reader
    mapping: Mapping
    reasons: dict[int, str] = field(default_factory=dict)
    done: dict[str, pa.Array[Any]] = field(default_factory=dict)
    found: dict[str, tuple[Ints, Ints, Ints]] = field(default_factory=dict)

    def table(self) -> pa.Table:
        """Return the rows that are not refused."""
        size = len(self.part)
        record = pa.array(self.part.records[:, 2] + self.reader.block.record)
        for name in ("time", "text", "title", *SCHEMA.names[1:]):
            if name not in self.done:
                self.done[name] = self.column(name, self.mapping.columns.get(name))
        table = pa.Table.from_arrays([record, *(self.done[name] for name in SCHEMA.names[1:])], schema=SCHEMA)
        if self.reasons:
            keep = np.ones(size, np.bool_)
            keep[list(self.reasons)] = False
            table = table.filter(pa.array(keep))
        return table

    def column(self, name: str, rule: Rule | None) -> pa.Array[Any]:
        """Return one of our columns."""
        if name == "time":
            return self.times(rule or Rule())
        if name == "channel_created":
            return self.created(rule or Rule())
        if name == "reactions":
            return self.counts(rule or Rule())
        if name in LISTS:
            return self.lists(name, rule or Rule())
        if rule is None:
            return pa.nulls(len(self.part), pa.string())
        array = self.texts(rule, nulls=name != "text")
        if name in _NOT_NULL and array.null_count:
            where = " and ".join(rule.columns)
            for row in np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False)):
                self.reasons.setdefault(int(row), f"no {name}: {where} is empty")
        return array

    def texts(self, rule: Rule, *, nulls: bool = True) -> pa.Array[Any]:
        """Return a column of text by its rule."""
        return texts(self.part, self.reader.names, rule, nulls=nulls)

    def times(self, rule: Rule) -> pa.Array[Any]:
        """Return the time; refuse rows that have none, or one that cannot be."""
        array = self.texts(rule, nulls=False)
        times, codes, good = self.moments(array, rule)
        where = " and ".join(rule.columns) or "the mapping"
        for row in np.flatnonzero(~good):
            if codes[row] == clock_text.NOTHING:
                reason = f"no time: {where} is empty"
            elif codes[row] == clock_text.UNREADABLE:
                reason = f"not a time: {array[int(row)].as_py()[:60]!r} in {where}"
            else:
                reason = f"time {written(int(times[row]))} is outside 1990 to 2100"
            self.reasons.setdefault(int(row), reason)
        return pa.array(times).view(UTC_US)

    def created(self, rule: Rule) -> pa.Array[Any]:
        """Return when the account was made; null where that is not said, or no moment that could be."""
        if rule.value is None and not present(self.reader.names, rule.columns):
            return pa.nulls(len(self.part), UTC_US)
        times, _, good = self.moments(self.texts(rule, nulls=False), rule)
        return pa.array(times, mask=~good).view(UTC_US)

    def moments(self, array: pa.Array[Any], rule: Rule) -> tuple[Longs, Bytes, Bools]:
        """Return (microseconds UTC int64[n], codes uint8[n] of `clock_text`, bool[n]: a moment in 1990 to 2100)."""
        offsets, values = buffers(array)
        times, codes = read_times(offsets, values, rule.format)
        times = to_utc(times, codes == clock_text.READ, rule.tz, self.reader.block.tz)
        early, late = (microseconds(limit) for limit in (EARLIEST, LATEST))
        return times, codes, (codes < clock_text.NOTHING) & (times >= early) & (times < late)

    def counts(self, rule: Rule) -> pa.Array[Any]:
        """Return a count or a sum of counts; null where none is given."""
        total = np.zeros(len(self.part), np.int64)
        given = np.zeros(len(self.part), np.bool_)
        for position in present(self.reader.names, (*rule.columns, *rule.sum)):
            array = self.part.strings(position, nulls=False)
            offsets, values = buffers(array)
            numbers, codes = whole_numbers(values, offsets)
            for row in np.flatnonzero(codes == 2):  # noqa: PLR2004 - neither a number nor empty
                text = array[int(row)].as_py()
                if text.strip().lower() not in _NO_FIGURE:
                    what = f"not a whole number: {text[:60]!r} in {self.reader.names[position]}"
                    self.reasons.setdefault(int(row), what)
            usable = (codes == 0) & (~given if rule.columns else True)
            total[usable] += numbers[usable]
            given |= codes == 0
        return pa.array(total, mask=~given)

    def lists(self, name: str, rule: Rule) -> pa.Array[Any]:
        """Return a list column: split, read out of the text, or empty."""
        positions = present(self.reader.names, rule.columns)
        if positions or rule.value is not None:
            offsets, values = buffers(self.texts(rule))
            separators = np.zeros(256, np.bool_)
            separators[list(rule.split.encode())] = True
            counts, starts, ends = split(
                values, offsets, separators, ord(_STRIP.get(name, "\0")), name == "urls" and "," in rule.split
            )
        elif rule.extract is not None and name in EXTRACTED:
            offsets, values = buffers(self.done[rule.extract])
            running, starts_of, ends_of = self.entities(offsets, values, rule.extract)
            kind = _ORDER.index(name)
            counts = running[kind]
            starts, ends = starts_of[kind, : counts[-1]], ends_of[kind, : counts[-1]]
        else:
            counts, values = np.zeros(len(self.part) + 1, np.int32), np.zeros(0, np.uint8)
            starts = ends = np.zeros(0, np.int32)
        items = as_strings(*gather(values, np.ascontiguousarray(starts), np.ascontiguousarray(ends)), nulls=False)
        lists: pa.Array[Any] = pa.ListArray.from_arrays(pa.array(counts, pa.int32()), items)
        return lists

    def entities(self, offsets: Ints, values: Bytes, extract: str) -> tuple[Ints, Ints, Ints]:
        """Return what `kernels.entities` finds in a text column; the three lists share one reading of it."""
        if extract not in self.found:
            self.found[extract] = entities(values, offsets, word_characters())
        return self.found[extract]


SOURCES: Final = tuple(source(m) for m in builtin() if m.table == "posts" and m.shape == "csv")
