"""Attack requests counted by findings beside those that were planted, day by day.

An operation takes part that says whether it is aimed. Of a planted one, the rows are counted that its findings hold on
the days on which it has any (UTC): its own, and those that a finding holds without reason; what is beside an operation
(a page that an attacker reads) is left out. Of the background, the rows are counted that a finding of `AIMED_ONLY`
holds: that detector reports what was aimed or may have succeeded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from vigie.exercise.truth import Operation, TruthDays, TruthRows

    Records = Mapping[str, NDArray[np.int64]]

DEVIATION_MAX: Final = 0.02
AIMED_ONLY: Final = "http_attack"


@dataclass(frozen=True, slots=True)
class DayCount:
    """A day (UTC) of a planted operation: its requests, and those that its findings hold."""

    operation_id: str
    day: date
    planted: int
    found: int

    @property
    def deviation(self) -> float:
        """Return found / planted - 1."""
        return self.found / self.planted - 1


@dataclass(frozen=True, slots=True)
class Counts:
    """The days of every planted operation that was found, and what findings of aimed attacks hold of the background."""

    days: tuple[DayCount, ...]
    background: int
    background_aimed: int
    bar: float = DEVIATION_MAX

    @property
    def worst(self) -> DayCount | None:
        """Return the day whose count is furthest from the truth."""
        return max(self.days, key=lambda d: abs(d.deviation), default=None)


def counts(
    operations: Sequence[Operation],
    held: TruthRows,
    findings_of: Mapping[str, Collection[str]],
    evidence: Mapping[str, tuple[str, Records]],
    days: TruthDays,
) -> Counts:
    """Count by day.

    held: records by operation and file; findings_of: the true findings of each operation; evidence: of each finding
    its detector and its records by file; days: the first record of each day, by file.
    """
    beside = _union(held[o.operation_id] for o in operations if o.kind == "beside")
    found = []
    for operation in operations:
        ident = operation.operation_id
        if operation.kind == "planted" and operation.aim and findings_of.get(ident):
            reported = _by_day(_union(evidence[f][1] for f in findings_of[ident]), days, beside)
            planted = _by_day(held[ident], days, {})
            found += [DayCount(ident, day, planted[day], reported.get(day, 0)) for day in sorted(planted)]
    background = _union(held[o.operation_id] for o in operations if o.aim == "background")
    aimed = _union(records for detector, records in evidence.values() if detector == AIMED_ONLY)
    called = sum(int(np.isin(r, aimed.get(file, r[:0])).sum()) for file, r in background.items())
    return Counts(tuple(found), sum(map(len, background.values())), called)


def _union(several: Iterable[Records]) -> dict[str, NDArray[np.int64]]:
    """Return the records of each file, ascending, each once."""
    together: dict[str, list[NDArray[np.int64]]] = {}
    for records in several:
        for file, numbers in records.items():
            together.setdefault(file, []).append(numbers)
    return {file: np.unique(np.concatenate(numbers)) for file, numbers in together.items()}


def _by_day(records: Records, days: TruthDays, without: Records) -> dict[date, int]:
    """Count records by day; a file that `days` does not name has none."""
    counted: dict[date, int] = {}
    for file, numbers in records.items():
        if file in days:
            left = np.setdiff1d(numbers, without.get(file, numbers[:0]))
            begins = np.array([record for _, record in days[file]])
            # A day without a record begins where the next one does: the last of them holds the record.
            held = np.searchsorted(begins, left, side="right") - 1
            for at, count in zip(*(a.tolist() for a in np.unique(held[held >= 0], return_counts=True)), strict=True):
                day = days[file][at][0]
                counted[day] = counted.get(day, 0) + count
    return counted
