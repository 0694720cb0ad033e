"""Polls from CSV files, one figure a row, by mapping files. `docs/polls.md` explains Vigie's own columns."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie.kernels import clock_text
from vigie.sources.csv_columns import (
    EARLIEST,
    LATEST,
    close_reader,
    mapped_lines,
    open_reader,
    read_times,
    texts,
)
from vigie.sources.csv_records import buffers
from vigie.sources.mapping import DATES, builtin
from vigie.tables import TABLES
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from vigie.sources import Block, Parsed, Source
    from vigie.sources.csv_records import Slice
    from vigie.sources.mapping import Mapping, Rule

SCHEMA: Final = TABLES["polls"].arriving
QUESTIONS: Final = ("voting_intention", "favourability", "approval")
ROUNDS: Final = {"1": 1, "1.0": 1, "2": 2, "2.0": 2}
PERCENT_MAX: Final = 100.0
_NUMBER: Final = re.compile(r"(\d{1,12})(?:[.,](\d{1,12}))?\s*%?", re.ASCII)
_NOON: Final = time(12, tzinfo=UTC)
_CALENDAR_US: Final = 60_000_000_000_000_000  # within the years that `date` knows
_FIRST_DAY: Final = date(1970, 1, 1)


class _RefusedError(ValueError):
    """Why a record is no figure of a poll."""


def source(mapping: Mapping) -> Source:
    """Return the source that reads CSV files of polls as `mapping` says."""
    return mapped_lines(mapping, parse)


def parse(block: Block, state: dict[str, Any], mapping: Mapping) -> Parsed:
    """Read one block of a CSV file of polls; see `Source.parse`."""
    reader = open_reader(block, state, mapping)
    rows: list[dict[str, Any]] = []
    for part in reader.slices():
        columns = {
            name: _dates(part, reader.names, rule) if name in DATES else texts(part, reader.names, rule).to_pylist()
            for name, rule in mapping.columns.items()
        }
        for row, line in enumerate(part.records[:, 2].tolist()):
            try:
                figure = _figure({name: values[row] for name, values in columns.items()}, mapping)
            except _RefusedError as refused:
                reader.refuse(line, str(refused), part.raw(row))
            else:
                rows.append({"record": block.record + line, **figure})
    return close_reader(reader, pa.Table.from_pylist(rows, schema=SCHEMA), mapping)


def _dates(part: Slice, names: tuple[str, ...], rule: Rule) -> list[date | str | None]:
    """Return calendar days; what cannot be read stays as it was written."""
    written = texts(part, names, rule, nulls=False)
    times, codes = read_times(*buffers(written), rule.format)
    days: list[date | str | None] = []
    for text, moment, code in zip(written.to_pylist(), times.tolist(), codes.tolist(), strict=True):
        if code == clock_text.NOTHING:
            days.append(None)
        elif code == clock_text.UNREADABLE or abs(moment) > _CALENDAR_US:
            days.append(text)
        else:
            days.append(_FIRST_DAY + timedelta(microseconds=moment))
    return days


def _figure(given: dict[str, Any], mapping: Mapping) -> dict[str, Any]:
    """Return one row of the table, without its record number."""
    values: dict[str, Any] = {
        name: value.strip() or None if isinstance(value, str) else value for name, value in given.items()
    }
    for name in ("pollster", "fieldwork_end", "question", "candidate", "percent"):
        if values.get(name) is None:
            where = " and ".join(mapping.columns[name].columns)
            raise _RefusedError(f"no {name}: {where} is empty")
    start, end = (_day(name, values.get(name)) for name in ("fieldwork_start", "fieldwork_end"))
    if end is None:
        raise _RefusedError("no fieldwork_end")
    if start is not None and end < start:
        raise _RefusedError(f"fieldwork ends on {end} before it begins on {start}")
    if values["question"] not in QUESTIONS:
        raise _RefusedError(f"question {values['question'][:60]!r} is none of {', '.join(QUESTIONS)}")
    candidate_id = fold_id(values["candidate"])
    if not candidate_id:
        raise _RefusedError(f"no candidate's name: {values['candidate'][:60]!r}")
    percent = _number("percent", values["percent"])
    if percent is None or percent > PERCENT_MAX:
        raise _RefusedError(f"percent {values['percent'][:60]!r} is outside 0 to 100")
    sample = _number("sample_size", values.get("sample_size"))
    if sample is not None and sample <= 0:
        raise _RefusedError(f"sample_size {values['sample_size'][:60]!r} is nobody")
    if (round_ := values.get("round")) is not None and round_ not in ROUNDS:
        raise _RefusedError(f"round {round_[:60]!r} is neither 1 nor 2")
    population = values.get("population")
    made_of: list[str] = [values["pollster"], (start or end).isoformat(), end.isoformat(), population or ""]
    return {
        "time": datetime.combine(end, _NOON),
        "poll_id": values.get("poll_id") or "-".join(filter(None, map(fold_id, made_of))),
        "pollster": values["pollster"],
        "sponsor": values.get("sponsor"),
        "fieldwork_start": start,
        "fieldwork_end": end,
        "sample_size": sample,
        "population": population,
        "question": values["question"],
        "round": ROUNDS[round_] if round_ else None,
        "hypothesis": values.get("hypothesis"),
        "candidate": values["candidate"],
        "candidate_id": candidate_id,
        "percent": percent,
    }


def _day(name: str, value: date | str | None) -> date | None:
    if isinstance(value, str):
        raise _RefusedError(f"{name} is not a date: {value[:60]!r}")
    if value is not None and not EARLIEST.date() <= value < LATEST.date():
        raise _RefusedError(f"{name} {value} is outside 1990 to 2100")
    return value


def _number(name: str, value: str | None) -> float | None:
    """Return a number written with a decimal point or comma; None for nothing.

    >>> _number("percent", "23,5 %")
    23.5
    """
    if value is None:
        return None
    found = _NUMBER.fullmatch(value.replace("\N{NO-BREAK SPACE}", "").replace("\N{NARROW NO-BREAK SPACE}", ""))
    if found is None:
        raise _RefusedError(f"{name} is not a number: {value[:60]!r}")
    return float(f"{found[1]}.{found[2] or 0}")


SOURCES: Final = tuple(source(m) for m in builtin() if m.table == "polls" and m.shape == "csv")
