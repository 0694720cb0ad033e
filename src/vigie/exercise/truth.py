"""The truth beside the exercise: which operations there are, and which records belong to each.

`operations.csv`: operation_id, kind, detector, name, first_seen, last_seen, subjects, note. `rows.csv`: operation_id,
file (the name as in exports, no folders: names there are unique), record.
"""

from __future__ import annotations

import csv
from array import array
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, cast, get_args

import numpy as np

from vigie.errors import InputError, Problem, ProblemsError
from vigie.exercise.world import iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    # operation_id -> file -> its records, ascending, each once
    TruthRows = dict[str, dict[str, NDArray[np.int64]]]

Kind = Literal["planted", "look_alike", "real"]
COLUMNS: Final = ("operation_id", "kind", "detector", "name", "first_seen", "last_seen", "subjects", "note")
ROW_COLUMNS: Final = ("operation_id", "file", "record")
_RECORD_LIMIT: Final = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. `detector` should fire on it (planted, real) or is the one it could mislead (look_alike).

    first_seen, last_seen: times of its first and last record, UTC.
    subjects: channels, addresses, servers or candidates, as the data spells them.
    """

    operation_id: str
    kind: Kind
    detector: str
    name: str
    first_seen: datetime
    last_seen: datetime
    subjects: tuple[str, ...]
    note: str


@dataclass(slots=True)
class _Open:
    kind: Kind
    detector: str
    name: str
    note: str
    subjects: set[str] = field(default_factory=set)
    first_s: float = float("inf")
    last_s: float = float("-inf")
    records: dict[str, array[int]] = field(default_factory=dict)


class Truth:
    """Collects the truth while the exports are written; operations keep the order in which they were declared."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    def declare(self, operation_id: str, kind: Kind, detector: str, name: str, note: str = "") -> str:
        """Declare an operation and return its identifier."""
        self._open[operation_id] = _Open(kind, detector, name, note)
        return operation_id

    def row(self, operation_id: str, file: str, record: int, time_s: float, subject: str) -> None:
        """Say that `record` of `file` belongs to the operation; an empty `subject` adds none."""
        opened = self._open[operation_id]
        opened.records.setdefault(file, array("q")).append(record)
        if subject:
            opened.subjects.add(subject)
        opened.first_s, opened.last_s = min(opened.first_s, time_s), max(opened.last_s, time_s)

    def write(self, folder: Path) -> tuple[int, int]:
        """Write both tables, without operations that got no record; return how many operations and rows."""
        folder.mkdir(parents=True, exist_ok=True)
        held = {ident: opened for ident, opened in self._open.items() if opened.records}
        with (folder / "operations.csv").open("w", encoding="utf-8", newline="") as out:
            table = csv.writer(out, lineterminator="\n")
            table.writerow(COLUMNS)
            for ident, o in held.items():
                span = (iso(o.first_s), iso(o.last_s))
                table.writerow((ident, o.kind, o.detector, o.name, *span, "|".join(sorted(o.subjects)), o.note))
        rows = 0
        with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as out:
            out.write(",".join(ROW_COLUMNS) + "\n")
            for ident, o in held.items():
                for file in sorted(o.records):
                    records = np.sort(np.asarray(o.records[file], np.int64)).tolist()
                    out.writelines(f"{ident},{file},{record}\n" for record in records)
                    rows += len(records)
        return len(held), rows


def read_truth(folder: Path) -> tuple[tuple[Operation, ...], TruthRows]:
    """Read the truth of the exercise in `folder`: the operations, and their records by operation and file.

    Raises
    ------
    InputError
        if `folder` holds no truth.
    ProblemsError
        with everything that is wrong with the two tables, each with its line.
    """
    problems: list[Problem] = []
    operations: dict[str, Operation] = {}
    path = folder / "truth" / "operations.csv"
    for where, cells in _lines(path, COLUMNS, problems):
        kind, ident = cells["kind"], cells["operation_id"]
        if kind not in get_args(Kind):
            problems.append(Problem(where, f"not a kind: {kind!r}", f"one of {', '.join(get_args(Kind))}"))
        elif ident in operations:
            problems.append(Problem(where, f"operation {ident!r} is there twice"))
        else:
            try:
                first, last = (_moment(cells[name]) for name in ("first_seen", "last_seen"))
            except ValueError as error:
                problems.append(Problem(where, str(error), "write 2017-03-20T00:00:00Z"))
                continue
            operations[ident] = Operation(
                operation_id=ident,
                kind=cast("Kind", kind),
                detector=cells["detector"],
                name=cells["name"],
                first_seen=first,
                last_seen=last,
                subjects=tuple(s for s in cells["subjects"].split("|") if s),
                note=cells["note"],
            )
    rows: dict[str, dict[str, array[int]]] = {ident: {} for ident in operations}
    for where, cells in _lines(folder / "truth" / "rows.csv", ROW_COLUMNS, problems):
        ident, record = cells["operation_id"], cells["record"]
        if ident not in rows:
            problems.append(Problem(where, f"no operation {ident!r}", "operations.csv must declare it"))
        elif not (record.isascii() and record.isdecimal() and 0 < int(record) < _RECORD_LIMIT):
            problems.append(Problem(where, f"not a record number: {record!r}", "records count from 1"))
        else:
            rows[ident].setdefault(cells["file"], array("q")).append(int(record))
    if problems:
        raise ProblemsError(problems)
    held = {
        ident: {file: np.unique(np.asarray(found, np.int64)) for file, found in files.items()}
        for ident, files in rows.items()
    }
    return tuple(operations.values()), held


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"time without a zone: {text!r}"
        raise ValueError(message)
    return moment


def _lines(path: Path, columns: tuple[str, ...], problems: list[Problem]) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as read:
            # The subjects of a look-alike are as many as its people: at a large scale, more than a field's usual limit.
            csv.field_size_limit(1 << 30)
            table = csv.reader(read)
            if tuple(next(table, ())) != columns:
                problems.append(Problem(f"{path}:1", "wrong header", f"it must read {','.join(columns)}"))
                return
            for cells in table:
                where = f"{path}:{table.line_num}"
                if len(cells) == len(columns):
                    yield where, dict(zip(columns, cells, strict=True))
                else:
                    problems.append(Problem(where, f"{len(cells)} columns instead of {len(columns)}"))
    except FileNotFoundError:
        hint = "vigie exercise DIR writes a case with its truth"
        raise InputError("there is no truth to score against", where=str(path), hint=hint) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"not a table of text: {error}", where=str(path)) from error
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
