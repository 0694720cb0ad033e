"""The columns of a CSV file of polls by the rules of its mapping: texts, days, and the rows that are left out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow.compute as pc

from vigie.kernels import clock_text
from vigie.sources.csv_columns import present, read_times, texts
from vigie.sources.csv_records import buffers
from vigie.sources.mapping import DATES, RANGE
from vigie.sources.poll_dates import fieldwork, in_year_of, stamped

if TYPE_CHECKING:
    from vigie.sources.csv_records import Slice
    from vigie.sources.mapping import Mapping, Rule

_CALENDAR_US: Final = 60_000_000_000_000_000  # within the years that `date` knows
_NO_DAY: Final = (clock_text.UNREADABLE, clock_text.NOTHING)
_FIRST_DAY: Final = date(1970, 1, 1)


def poll_columns(part: Slice, names: tuple[str, ...], mapping: Mapping) -> dict[str, list[Any]]:
    """Return our columns of some records: text or None; of the dates a day, None, or text that is none."""
    return {
        name: _days(part, names, rule, name) if name in DATES else texts(part, names, rule).to_pylist()
        for name, rule in mapping.columns.items()
    }


def left_out(part: Slice, names: tuple[str, ...], mapping: Mapping) -> list[bool]:
    """Return which records the mapping leaves out: all columns of one of its `without` hold one of their words."""
    out = [False] * len(part)
    for asked in mapping.without:
        every = [True] * len(part)
        for column, words in asked.items():
            places = present(names, (column,))
            held = part.strings(places[0], nulls=False).to_pylist() if places else [None] * len(part)
            every = [one and word in words for one, word in zip(every, held, strict=True)]
        out = [one or other for one, other in zip(out, every, strict=True)]
    return out


def _days(part: Slice, names: tuple[str, ...], rule: Rule, name: str) -> list[date | str | None]:
    """Return calendar days; what cannot be read stays as it was written."""
    written = pc.utf8_trim_whitespace(texts(part, names, rule, nulls=False))
    given: list[Any] = written.to_pylist()
    patterns = tuple(pattern for pattern in rule.format if pattern != RANGE)
    days: list[date | str | None] = list(given)
    if patterns:
        times, codes = read_times(*buffers(written), patterns)
        for row, (moment, code) in enumerate(zip(times.tolist(), codes.tolist(), strict=True)):
            if code not in _NO_DAY and abs(moment) <= _CALENDAR_US:
                days[row] = _FIRST_DAY + timedelta(microseconds=moment)
    for row, found in enumerate(days):
        if not found:
            days[row] = None
        elif isinstance(found, str) and RANGE in rule.format and (both := fieldwork(found, rule.year)):
            days[row] = both[name != "fieldwork_start"]
    if not rule.year_of:
        return days
    places = present(names, (rule.year_of,))
    ids = part.strings(places[0], nulls=False).to_pylist() if places else [""] * len(part)
    return [_repaired(found, str(ident), rule.year_of) for found, ident in zip(days, ids, strict=True)]


def _repaired(found: date | str | None, ident: str, column: str) -> date | str | None:
    if not isinstance(found, date):
        return found
    stamp = stamped(ident.strip())
    return in_year_of(found, stamp) if stamp else f"{found}, and {column} begins with no day to take the year of"
