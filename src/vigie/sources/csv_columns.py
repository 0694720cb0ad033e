"""What CSV sources of every table share: sniffing, the header's fitness, and their columns by the mapping's rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.kernels import clock_text
from vigie.sources import Parsed, Source
from vigie.sources.csv_records import Dialect, Reader, needs_met, read_header
from vigie.sources.mapping import EITHER, REQUIRED

if TYPE_CHECKING:
    from collections.abc import Callable

    from vigie.sources import Block, Head
    from vigie.sources.csv_records import Bytes, Ints, Longs, Slice
    from vigie.sources.mapping import Mapping, Rule

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
DAY_US: Final = 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_QUARTER_US: Final = 900_000_000


def sniff(head: Head, mapping: Mapping) -> int:
    """Return the mapping's score where the first line is a header with all the names it needs, else 0."""
    if b"\0" in head.data:
        return 0
    dialect = Dialect(mapping.delimiter, mapping.escape)
    header = read_header(head.data, dialect, mapping.needs, whole=head.whole)
    if header is None or header.problem or not needs_met(mapping.needs, header.names):
        return 0
    return mapping.score


def mapped_lines(
    mapping: Mapping, parse: Callable[[Block, dict[str, Any], Mapping], Parsed], *, version: int = 1
) -> Source:
    """Return the source of the mapping's CSV files, whose blocks `parse` reads."""
    return Source(
        name=mapping.name,
        title=mapping.title,
        table=mapping.table,
        shape="lines",
        sniff=lambda head: sniff(head, mapping),
        parse=lambda block, state: parse(block, state, mapping),
        version=version,
        spans_lines=True,
    )


def unfit(names: tuple[str, ...], mapping: Mapping) -> str:
    """Return why a file with these columns cannot be read by the mapping, or ""."""
    either = [column for column in EITHER[mapping.table] if column in mapping.columns]
    for columns in (*((column,) for column in REQUIRED[mapping.table] if column in mapping.columns), either):
        rules = [mapping.columns[column] for column in columns]
        wanted = [name for rule in rules for name in rule.columns]
        if wanted and all(rule.columns for rule in rules) and not set(wanted) & set(names):
            filled = " or ".join(columns)
            return f"the header has no column {' or '.join(map(repr, wanted))}, which fills {filled}"
    used = mapping.used()
    twice = sorted({name for name in names if name in used and names.count(name) > 1})
    return f"the header has the column {twice[0]!r} twice" if twice else ""


def report(names: tuple[str, ...], mapping: Mapping) -> dict[str, list[str]]:
    """Return the header's columns that the mapping neither uses nor ignores, and those it names in vain."""
    missing = [
        name
        for rule in mapping.columns.values()
        if not {*rule.columns, *rule.sum} & set(names)
        for name in (*rule.columns, *rule.sum)
    ]
    missing += [name for rule in mapping.columns.values() for name in rule.where if name not in names]
    return {"unknown_columns": mapping.unknown(names), "missing_columns": sorted(set(missing))}


def open_reader(block: Block, state: dict[str, Any], mapping: Mapping) -> Reader:
    """Return the reader of a block; at the head of a file it has looked whether the header will do."""
    reader = Reader(block, state, Dialect(mapping.delimiter, mapping.escape), mapping.needs)
    if reader.names and not reader.problem and not state:
        reader.problem = unfit(reader.names, mapping)
    return reader


def close_reader(reader: Reader, rows: pa.Table, mapping: Mapping) -> Parsed:
    """Return what a block gave once its slices are read."""
    state = reader.state
    if "header" in state:
        state |= report(reader.names, mapping)
    refused = sorted(reader.refused, key=lambda refusal: refusal.record)
    return Parsed(
        rows=rows,
        refused=refused,
        consumed=reader.consumed,
        records=reader.lines,
        skipped=reader.lines - rows.num_rows - len(refused),
        state=state,
    )


def present(names: tuple[str, ...], columns: tuple[str, ...]) -> list[int]:
    """Return the positions of those columns that the header has."""
    return [names.index(column) for column in columns if column in names]


def texts(part: Slice, names: tuple[str, ...], rule: Rule, *, nulls: bool = True) -> pa.Array[Any]:
    """Return a column of text by its rule; with `nulls`, what is empty is null, else nothing is."""
    if rule.value is not None:
        return pa.repeat(pa.scalar(rule.value, pa.string()), len(part))
    positions = present(names, rule.columns)
    if not positions:
        return pa.repeat(pa.scalar(None if nulls else "", pa.string()), len(part))
    array: pa.Array[Any] = part.strings(positions[0], nulls=nulls or len(positions) > 1)
    if rule.join and len(positions) < len(rule.columns):
        array = pa.nulls(len(part), pa.string())
    elif rule.join:
        array = _joined([array, *(part.strings(position) for position in positions[1:])], rule.join)
    elif len(positions) > 1:
        array = pc.coalesce(array, *(part.strings(position) for position in positions[1:]))
    for column, words in rule.where.items():
        array = _where(array, part, present(names, (column,)), words)
    if rule.values:
        array = _renamed(array, rule)
    if rule.when is not None:
        array = pc.if_else(
            pc.equal(array, pa.scalar(rule.when, pa.string())),
            pa.scalar(rule.as_, pa.string()),
            pa.scalar(None, pa.string()),
        )
    if rule.prefix:
        array = _joined([pa.repeat(pa.scalar(rule.prefix, pa.string()), len(part)), array], "")
    return array if nulls or not array.null_count else array.fill_null("")


def _where(array: pa.Array[Any], part: Slice, positions: list[int], words: tuple[str, ...]) -> pa.Array[Any]:
    """Return `array`, null in rows whose column at the one position holds none of `words`."""
    if not positions:
        return pa.nulls(len(part), pa.string())
    asked = pc.is_in(part.strings(positions[0], nulls=False), value_set=pa.array(words, pa.string()))
    kept: pa.Array[Any] = pc.if_else(asked, array, pa.scalar(None, pa.string()))
    return kept


def _joined(arrays: list[pa.Array[Any]], between: str) -> pa.Array[Any]:
    """Return the texts of each row with `between` between them; null where one is."""
    return pc.binary_join_element_wise(*arrays, pa.repeat(pa.scalar(between, pa.string()), len(arrays[0])))


def _renamed(array: pa.Array[Any], rule: Rule) -> pa.Array[Any]:
    coded = array.dictionary_encode()
    words = [rule.values.get(str(word), str(word)) or None for word in coded.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(coded.indices)


def read_times(offsets: Ints, values: Bytes, formats: tuple[str, ...]) -> tuple[Longs, Bytes]:
    """Return (microseconds int64[n], codes uint8[n] of `clock_text`) of texts by the first format that reads each."""
    times, codes = clock_text.read_times(values, offsets, clock_text.program(formats[0]))
    for pattern in formats[1:]:
        rest = codes == clock_text.UNREADABLE
        if not rest.any():
            break
        again, read = clock_text.read_times(values, offsets, clock_text.program(pattern))
        times, codes = np.where(rest, again, times), np.where(rest, read, codes)
    return times, codes


def to_utc(times: Longs, local: Bytes, zone: str, case_zone: ZoneInfo) -> Longs:
    """Return the times (microseconds) in UTC; those marked `local` are of the zone: a name, `UTC` or `case`.

    An hour that a change of the clock repeats is taken as the first; one it leaves out, as if it had not changed yet.
    """
    if zone == "UTC" or not local.any():
        return times
    tz = case_zone if zone == "case" else ZoneInfo(zone)
    low, high = (microseconds(limit) for limit in (EARLIEST, LATEST))
    where = np.flatnonzero(local & (times > low - DAY_US) & (times < high + DAY_US))
    out = times.copy()
    days, of_day = np.unique(times[where] // DAY_US, return_inverse=True)
    begins = [_offset(int(day) * DAY_US, tz) for day in days]
    # A day whose two ends agree has one offset; the day of a change is asked by the quarter of an hour.
    constant = [_offset((int(day) + 1) * DAY_US, tz) == begin for day, begin in zip(days, begins, strict=True)]
    offsets = np.array(begins, np.int64)[of_day]
    changing = np.flatnonzero(~np.array(constant, np.bool_)[of_day])
    quarters, of_quarter = np.unique(times[where[changing]] // _QUARTER_US, return_inverse=True)
    exact = np.array([_offset(int(quarter) * _QUARTER_US, tz) for quarter in quarters], np.int64)
    offsets[changing] = exact[of_quarter]
    out[where] = times[where] - offsets
    return out


def _offset(local_us: int, tz: ZoneInfo) -> int:
    """Return how many microseconds the zone is east of UTC at a local time."""
    offset = (_EPOCH + timedelta(microseconds=local_us)).replace(tzinfo=tz).utcoffset()
    return (offset or timedelta()) // _MICRO


def microseconds(moment: datetime) -> int:
    """Return microseconds since 1970."""
    return (moment - _EPOCH) // _MICRO


def written(moment_us: int) -> str:
    """Return a time as ISO 8601 with seconds.

    >>> written(0)
    '1970-01-01T00:00:00Z'
    """
    return f"{np.datetime64(moment_us // 1_000_000, 's')}Z"
