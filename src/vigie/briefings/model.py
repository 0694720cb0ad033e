"""What a briefing is made of: plain data, put together by the run, so that a briefing can be rebuilt from it alone."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Literal

from vigie.errors import InputError
from vigie.tables import FINDINGS, check

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    import pyarrow as pa

    from vigie.briefings.coincidences import Coincidences
    from vigie.briefings.copies import Copies
    from vigie.briefings.networks import Networks
    from vigie.briefings.polls import Polls
    from vigie.briefings.web import WebAttacks

EVIDENCE_COLUMNS: Final = ("row_id", "file", "place", "time")
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One file taken in. `refused` and `repeats` count records; `first` and `last` are None where it gave no row."""

    name: str
    sha256: str
    format: str
    table: str
    rows: int
    refused: int = 0
    repeats: int = 0
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageCell:
    """How many rows a source gave for one day of the case's time zone; days without rows have no cell."""

    source: str
    table: str
    day: date
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """How many records of a source were refused for one reason."""

    source: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorNote:
    """What a detector says of itself. `reads` names the tables of outside data its measure needs."""

    title: str
    what_it_measures: str
    what_it_cannot_say: str
    spoofable: Literal[0, 1, 2, 3]
    reads: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the title up to its colon: "Co-share: pairs of accounts ..." is called "Co-share"."""
        return self.title.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """A count per day of the case's time zone; a day that is left out was not observed, which is not zero."""

    label: str
    counts: Mapping[date, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A trend's estimate on one day, with its 95 % interval."""

    day: date
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A trend with its band, and the published figures (day, percent) it is drawn through."""

    label: str
    curve: tuple[TrendPoint, ...]
    polls: tuple[tuple[date, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A published figure beside what was expected of it, with the 95 % interval of the forecast, in percent."""

    name: str
    percent: float
    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Versus:
    """The figures of one poll against their forecasts, the largest first."""

    label: str
    day: date
    figures: tuple[Expected, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row of FINDINGS; the names, units and nulls are those of the table."""

    id: str
    detector: str
    title: str
    subject_kind: str
    subject_ids: list[str]
    first_seen: datetime
    last_seen: datetime
    measure: str
    value: float
    unit: str
    low: float | None
    high: float | None
    expected: float | None
    p_value: float | None
    q_value: float | None
    evidence_ids: list[str]
    parameters: str
    technique: list[str]

    @property
    def weight(self) -> tuple[float, float, str, float, str]:
        """Return the sort key of the briefing: q, then p, then (of the same detector) the greater magnitude first."""
        chance = math.inf if self.p_value is None else self.p_value
        return (chance if self.q_value is None else self.q_value, chance, self.detector, -abs(self.value), self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """Everything a briefing says. Mappings of findings go by `FINDINGS.id`; times are UTC.

    `evidence` holds for each finding a table of its rows: `row_id`, `file`, `place` (such as "line 17"), `time`, then
    any columns of the observation itself, in the order to show them. `not_looked_at` is sentences: tables without
    data, detectors without anything to read, formats not understood. `web` is None where no web log was read,
    `networks` and `copies` where no posts were, `coincidences` where nothing looked for shifts in polls,
    `polls` where there are none.
    """

    case_name: str
    country: str
    simulated: bool
    time_zone: str
    campaign_opening: date | None
    rounds: tuple[date, ...]
    first: datetime | None
    last: datetime | None
    inputs: tuple[SourceLine, ...]
    inputs_hash: str
    coverage: tuple[CoverageCell, ...]
    not_looked_at: tuple[str, ...]
    findings: pa.Table
    detectors: Mapping[str, DetectorNote]
    evidence: Mapping[str, pa.Table]
    series: Mapping[str, Daily | Trend | Versus]
    refused: tuple[RefusedLine, ...]
    version: str
    web: WebAttacks | None = None
    networks: Networks | None = None
    copies: Copies | None = None
    coincidences: Coincidences | None = None
    polls: Polls | None = None

    def by_weight(self) -> tuple[Finding, ...]:
        """Return the findings in the order the briefing shows them.

        Raises
        ------
        InputError
            if an id is not fit for the name of a file, comes twice, or has no detector or evidence.
        """
        rows = check(self.findings, FINDINGS, where="findings").to_pylist()
        found = sorted((Finding(**row) for row in rows), key=lambda finding: finding.weight)
        seen = set()
        for finding in found:
            if not _NAME.fullmatch(finding.id):
                raise InputError(f"not an id: {finding.id!r}", where="findings.id", hint="letters, digits, . _ and -")
            if finding.id.lower() in seen:
                raise InputError(f"id {finding.id} comes twice", where="findings.id")
            seen.add(finding.id.lower())
            if finding.detector not in self.detectors:
                raise InputError(f"no note of detector {finding.detector!r}", where="brief.detectors")
            if finding.id not in self.evidence:
                raise InputError(f"no evidence rows of finding {finding.id}", where="brief.evidence")
            names = self.evidence[finding.id].column_names
            if tuple(names[: len(EVIDENCE_COLUMNS)]) != EVIDENCE_COLUMNS:
                raise InputError(
                    f"evidence of {finding.id} begins with {names}",
                    where="brief.evidence",
                    hint=f"begin with {EVIDENCE_COLUMNS}",
                )
        return tuple(found)


# What is looked up, not looked at: its rows are no observations, its date is no day of the case.
REFERENCES: Final = ("ip_ranges",)
FINDING_COLUMNS: Final = tuple(f.name for f in fields(Finding))
