"""The truth beside the exercise: which operations there are, and which records belong to each.

`operations.csv`: operation_id, kind, detector (several joined by a bar), name, first_seen, last_seen, subjects, aim,
share, note. `rows.csv`: operation_id, file (the name as in exports, no folders: names there are unique), record.
`days.csv`: file, day (UTC), record: the first record of the day in a file that is in the order of time.
"""

from __future__ import annotations

import csv
from array import array
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, cast, get_args

import numpy as np

from vigie.errors import InputError, Problem, ProblemsError
from vigie.exercise.world import START, iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    # operation_id -> file -> its records, ascending, each once
    TruthRows = dict[str, dict[str, NDArray[np.int64]]]
    # file -> its days, ascending, each with its first record
    TruthDays = dict[str, list[tuple[date, int]]]

Kind = Literal["planted", "look_alike", "real", "beside"]
Aim = Literal["", "aimed", "background"]
COLUMNS: Final = (
    "operation_id", "kind", "detector", "name", "first_seen", "last_seen", "subjects", "aim", "share", "note",
)  # fmt: skip
ROW_COLUMNS: Final = ("operation_id", "file", "record")
DAY_COLUMNS: Final = ("file", "day", "record")
_RECORD_LIMIT: Final = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation.

    detectors: of a planted or real one, the first should find it, and the others may with reason; of a look_alike,
        those that it could mislead. What is `beside` an operation is its actors' too, such as a page that they read:
        it is not looked for, nor counted, but may be found with reason.
    first_seen, last_seen: times of its first and last record, UTC.
    subjects: channels, addresses, servers or candidates, as the data spells them.
    aim: of an operation that is a count of attack requests, whether it is aimed at these servers; else empty.
    share: the probability that was planted, where the operation is a share.
    """

    operation_id: str
    kind: Kind
    detectors: tuple[str, ...]
    name: str
    first_seen: datetime
    last_seen: datetime
    subjects: tuple[str, ...]
    aim: Aim = ""
    share: float | None = None
    note: str = ""


@dataclass(slots=True)
class _Open:
    kind: Kind
    detector: str
    name: str
    note: str
    aim: Aim
    share: float | None
    subjects: set[str] = field(default_factory=set)
    first_s: float = float("inf")
    last_s: float = float("-inf")
    records: dict[str, array[int]] = field(default_factory=dict)


class Truth:
    """Collects the truth while the exports are written; operations keep the order in which they were declared."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._days: dict[str, list[tuple[date, int]]] = {}

    def declare(
        self,
        operation_id: str,
        kind: Kind,
        detector: str,
        name: str,
        note: str = "",
        *,
        aim: Aim = "",
        share: float | None = None,
    ) -> str:
        """Declare an operation and return its identifier; several detectors are joined by a bar.

        An operation in several exports is declared by each of them, in the same words.
        """
        self._open.setdefault(operation_id, _Open(kind, detector, name, note, aim, share))
        return operation_id

    def day(self, file: str, day: int, record: int) -> None:
        """Say that the exercise's day number `day` (from 0) begins in `file` with `record`; days come in order."""
        self._days.setdefault(file, []).append((START + timedelta(days=day), record))

    def row(self, operation_id: str, file: str, record: int, time_s: float, subject: str) -> None:
        """Say that `record` of `file` belongs to the operation; an empty `subject` adds none."""
        opened = self._open[operation_id]
        opened.records.setdefault(file, array("q")).append(record)
        if subject:
            opened.subjects.add(subject)
        opened.first_s, opened.last_s = min(opened.first_s, time_s), max(opened.last_s, time_s)

    def write(self, folder: Path) -> tuple[int, int]:
        """Write the tables, without operations that got no record; return how many operations and rows."""
        folder.mkdir(parents=True, exist_ok=True)
        held = {ident: opened for ident, opened in self._open.items() if opened.records}
        with (folder / "operations.csv").open("w", encoding="utf-8", newline="") as out:
            table = csv.writer(out, lineterminator="\n")
            table.writerow(COLUMNS)
            for ident, o in held.items():
                span = (iso(o.first_s), iso(o.last_s))
                share = "" if o.share is None else f"{o.share:g}"
                subjects = "|".join(sorted(o.subjects))
                table.writerow((ident, o.kind, o.detector, o.name, *span, subjects, o.aim, share, o.note))
        rows = 0
        with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as out:
            out.write(",".join(ROW_COLUMNS) + "\n")
            for ident, o in held.items():
                for file in sorted(o.records):
                    records = np.sort(np.asarray(o.records[file], np.int64)).tolist()
                    out.writelines(f"{ident},{file},{record}\n" for record in records)
                    rows += len(records)
        with (folder / "days.csv").open("w", encoding="utf-8", newline="") as out:
            out.write(",".join(DAY_COLUMNS) + "\n")
            out.writelines(f"{file},{day},{record}\n" for file in self._days for day, record in self._days[file])
        return len(held), rows


def read_truth(folder: Path) -> tuple[tuple[Operation, ...], TruthRows]:
    """Read the truth of the exercise in `folder`: the operations, and their records by operation and file.

    Raises
    ------
    InputError
        if `folder` holds no truth.
    ProblemsError
        with everything that is wrong with operations.csv and rows.csv, each with its line.
    """
    problems: list[Problem] = []
    operations: dict[str, Operation] = {}
    path = folder / "truth" / "operations.csv"
    for where, cells in _lines(path, COLUMNS, problems):
        kind, aim, ident = cells["kind"], cells["aim"], cells["operation_id"]
        if kind not in get_args(Kind):
            problems.append(Problem(where, f"not a kind: {kind!r}", f"one of {', '.join(get_args(Kind))}"))
        elif aim not in get_args(Aim):
            problems.append(Problem(where, f"not an aim: {aim!r}", "aimed, background or empty"))
        elif ident in operations:
            problems.append(Problem(where, f"operation {ident!r} is there twice"))
        else:
            try:
                first, last = (_moment(cells[name]) for name in ("first_seen", "last_seen"))
                share = _share(cells["share"])
            except ValueError as error:
                problems.append(Problem(where, str(error), "times read 2017-03-20T00:00:00Z, shares 0.5"))
                continue
            operations[ident] = Operation(
                operation_id=ident,
                kind=cast("Kind", kind),
                detectors=tuple(cells["detector"].split("|")),
                name=cells["name"],
                first_seen=first,
                last_seen=last,
                subjects=tuple(s for s in cells["subjects"].split("|") if s),
                aim=cast("Aim", aim),
                share=share,
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


def read_days(folder: Path) -> TruthDays:
    """Read with which record each day begins in each file of the exercise in `folder` that is in the order of time.

    Raises
    ------
    InputError
        if the folder holds no such table.
    ProblemsError
        with everything that is wrong with it, each with its line.
    """
    problems: list[Problem] = []
    days: TruthDays = {}
    for where, cells in _lines(folder / "truth" / "days.csv", DAY_COLUMNS, problems):
        try:
            one = (date.fromisoformat(cells["day"]), int(cells["record"]))
        except ValueError as error:
            problems.append(Problem(where, str(error), "write FILE,2017-03-20,1"))
            continue
        days.setdefault(cells["file"], []).append(one)
    if problems:
        raise ProblemsError(problems)
    return {file: sorted(found) for file, found in days.items()}


def _share(text: str) -> float | None:
    share = float(text) if text else None
    if share is not None and not 0 <= share <= 1:
        message = f"not a share: {text!r}"
        raise ValueError(message)
    return share


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
