"""Findings against the truth of an exercise: what was found, what was missed, what was raised without reason.

The rules, all by evidence rows, so that a score cannot be had by naming the right subject:

- a finding is *true* if at least half of its evidence rows belong to operations that name its detector and
  are no look-alikes;
- an operation is *found* if one true finding of the first detector it names holds at least a tenth of its rows;
- a look-alike is *raised* if at least half of the evidence rows of any finding belong to it;
- an operation is *not looked for* if its detector (of a look-alike: every one it names) did not run, and *not added*
  if none of its files was taken in: neither counts as missed, and both are named;
- what is *beside* an operation is not looked for, but a finding of it has its reason.

Recall is found operations over those looked for, precision true findings over findings, both with Wilson's 95 %
interval; where there is nothing to divide by, the share is None. Exercises are small: the intervals say how small.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from vigie.exercise.counts import Counts, counts
from vigie.tables import FINDINGS, check, split_row_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from vigie.exercise.truth import Operation, TruthDays, TruthRows

    Records = dict[str, NDArray[np.int64]]

TRUE_SHARE_MIN: Final = 0.5
FOUND_SHARE_MIN: Final = 0.1
REASONS: Final = ("planted", "real", "beside")
OVERALL: Final = "overall"
NO_SUCH_DETECTOR: Final = "not looked for: no such detector yet"
NOTHING_TO_READ: Final = "not looked for: nothing to read was added"
_Z_95: Final = 1.959963984540054

State = Literal["found", "missed", "raised", "quiet", "not looked for", "not added"]


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `of`, with Wilson's 95 % interval; share, low and high are None where `of` is 0."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class OperationScore:
    """What became of one operation. `covered` is the share of its rows in findings that hit it; None if not scored."""

    operation_id: str
    kind: str
    detectors: tuple[str, ...]
    name: str
    state: State
    covered: float | None
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DetectorScore:
    """One detector's score, or the overall one. `missed`, `raised` and `not_scored` hold operation identifiers.

    `false` holds the identifiers of the findings that are not true.
    `note` says why there is no score, and is empty where there is one.
    """

    detector: str
    note: str
    recall: Rate
    precision: Rate
    missed: tuple[str, ...]
    raised: tuple[str, ...]
    not_scored: tuple[str, ...]
    false: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The score table: a row per detector in alphabetical order, the overall row, and what became of each operation."""

    detectors: tuple[DetectorScore, ...]
    overall: DetectorScore
    operations: tuple[OperationScore, ...]
    counts: Counts

    def as_rows(self) -> list[dict[str, Any]]:
        """Return the table, the overall row last, as plain values for JSON."""
        return [asdict(row) for row in (*self.detectors, self.overall)]


def rate(hits: int, of: int) -> Rate:
    """Return `hits` of `of` with Wilson's 95 % interval.

    >>> nine = rate(9, 10)
    >>> nine.share, round(nine.low, 3), round(nine.high, 3)
    (0.9, 0.596, 0.982)
    >>> rate(0, 0)
    Rate(hits=0, of=0, share=None, low=None, high=None)
    """
    if not of:
        return Rate(hits, of, None, None, None)
    share, z2 = hits / of, _Z_95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z_95 * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Rate(hits, of, share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)))


def score(
    findings: pa.Table,
    operations: Sequence[Operation],
    truth_rows: TruthRows,
    sources: Mapping[str, str],
    *,
    ran: Collection[str],
    lacking: Collection[str] = (),
    days: TruthDays | None = None,
) -> Score:
    """Score findings (schema `tables.FINDINGS`) against the truth, which `read_truth` reads.

    `sources` maps the first part of a row id (12 hex digits) to the file's name; folders in it do not count.
    `ran` names the detectors that ran, `lacking` those that exist but had nothing to read: one that ran and found
    nothing is told from one that did not look. `days`, which `read_days` reads, is what daily counts need.

    Raises
    ------
    InputError
        if `findings` does not have the schema, or an evidence id is no row id.
    """
    names = {source: PurePath(name).name for source, name in sources.items()}
    added = frozenset(names.values())
    held = {o.operation_id: {f: r for f, r in truth_rows[o.operation_id].items() if f in added} for o in operations}
    rows = check(findings, FINDINGS, where="findings").select(["id", "detector", "evidence_ids"]).to_pylist()
    hits = [_Hit(row["id"], row["detector"], _by_file(row["evidence_ids"], names), operations, held) for row in rows]
    became = tuple(_became(o, held[o.operation_id], hits, ran) for o in operations if o.kind != "beside")
    detectors = sorted({d for o in operations for d in o.detectors} | {hit.detector for hit in hits} | {*ran, *lacking})
    notes = {d: "" if d in ran else NOTHING_TO_READ if d in lacking else NO_SUCH_DETECTOR for d in detectors}
    rated = tuple(_rated(d, notes[d], became, [h for h in hits if h.detector == d]) for d in detectors)
    evidence = {hit.ident: (hit.detector, hit.evidence) for hit in hits}
    counted = counts(operations, held, {o.operation_id: o.findings for o in became}, evidence, days or {})
    return Score(rated, _rated(OVERALL, "", became, hits), became, counted)


class _Hit:
    """One finding: how many of its evidence rows lie in each operation, and whether it is true."""

    __slots__ = ("detector", "evidence", "ident", "inside", "is_true", "rows")

    def __init__(
        self, ident: str, detector: str, evidence: Records, operations: Sequence[Operation], held: TruthRows
    ) -> None:
        self.ident, self.detector, self.evidence = ident, detector, evidence
        self.rows = sum(len(records) for records in evidence.values())
        self.inside: dict[str, Records] = {}
        right = {file: np.zeros(len(records), np.bool_) for file, records in evidence.items()}
        for operation in operations:
            of_operation = held[operation.operation_id]
            found = {}
            for file, records in evidence.items():
                if file in of_operation:
                    among = np.isin(records, of_operation[file])
                    if among.any():
                        found[file] = records[among]
                    if operation.kind in REASONS and detector in operation.detectors:
                        right[file] |= among
            if found:
                self.inside[operation.operation_id] = found
        count = sum(int(mask.sum()) for mask in right.values())
        self.is_true = self.rows > 0 and count >= TRUE_SHARE_MIN * self.rows

    def count(self, operation_id: str) -> int:
        """Return how many evidence rows belong to the operation."""
        return sum(len(records) for records in self.inside.get(operation_id, {}).values())


def _by_file(evidence: Sequence[str], names: Mapping[str, str]) -> Records:
    """Return record numbers by file, ascending, each once; an unknown source keeps its own name: it is no truth's."""
    found: dict[str, set[int]] = {}
    for source, record in map(split_row_id, evidence):
        found.setdefault(names.get(source, f"{source}:"), set()).add(record)
    return {file: np.array(sorted(records), np.int64) for file, records in sorted(found.items())}


def _became(operation: Operation, held: Records, hits: Sequence[_Hit], ran: Collection[str]) -> OperationScore:
    ident = operation.operation_id
    size = sum(len(records) for records in held.values())
    harmless = operation.kind == "look_alike"
    if harmless:
        named = [h for h in hits if h.rows and h.count(ident) >= TRUE_SHARE_MIN * h.rows]
    else:
        named = [h for h in hits if h.is_true and h.detector == operation.detectors[0] and h.count(ident)]
    state: State
    if harmless and named:
        state = "raised"  # by its own detector or another
    elif not set(_looked_for_by(operation)).intersection(ran):
        state = "not looked for"
    elif not size:
        state = "not added"
    elif harmless:
        state = "quiet"
    else:
        state = "found" if any(h.count(ident) >= FOUND_SHARE_MIN * size for h in named) else "missed"
    covered = None
    if state not in ("not added", "not looked for"):
        together = {(file, r) for h in named for file, records in h.inside[ident].items() for r in records.tolist()}
        covered = len(together) / size
    return OperationScore(
        ident, operation.kind, operation.detectors, operation.name, state, covered, tuple(h.ident for h in named)
    )


def _rated(detector: str, note: str, became: Sequence[OperationScore], hits: Sequence[_Hit]) -> DetectorScore:
    own = [o for o in became if detector == OVERALL or detector in _looked_for_by(o)]
    states = [o.state for o in own]
    found = states.count("found")
    mine = {hit.ident for hit in hits}
    raised = [o.operation_id for o in became if o.state == "raised" and not mine.isdisjoint(o.findings)]
    return DetectorScore(
        detector=detector,
        note=note,
        recall=rate(found, found + states.count("missed")),
        precision=rate(sum(hit.is_true for hit in hits), len(hits)),
        missed=tuple(o.operation_id for o in own if o.state == "missed"),
        raised=tuple(raised),
        not_scored=tuple(o.operation_id for o in own if o.state in ("not looked for", "not added")),
        false=tuple(hit.ident for hit in hits if not hit.is_true),
    )


def _looked_for_by(operation: Operation | OperationScore) -> tuple[str, ...]:
    """Return the detectors that should find it; of a look-alike, those that it could mislead."""
    return operation.detectors if operation.kind == "look_alike" else operation.detectors[:1]
