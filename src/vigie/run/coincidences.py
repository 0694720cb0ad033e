"""The briefing's section on what else happened when opinion shifted, put together from the run's findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from vigie.briefings.coincidences import Coincidences, DeskLine, Near, ShiftLine
from vigie.briefings.model import REFERENCES
from vigie.findings.coincidence import coincidence
from vigie.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import tzinfo

    from vigie.detectors import Detector
    from vigie.tables.store import Manifest

    Row = Mapping[str, Any]
    Spell = tuple[date, date]

SHIFTS: Final = "poll_shift"
WITHIN_DAYS: Final = 10
_POLLS: Final = ("polls",)
_DESKS: Final = {
    "logins": "Logins",
    "mails": "Mail",
    "missions": "Missions",
    "polls": "Polls",
    "posts": "Posts and press",
    "requests": "Web servers",
    "statements": "Statements",
}


def coincidences(
    findings: Sequence[Row],
    shifts: Sequence[Row],
    *,
    records: Mapping[str, Detector],
    looked: Iterable[str],
    manifest: Manifest,
    zone: tzinfo,
) -> Coincidences | None:
    """Return the section; None where no detector looked for shifts.

    `findings` are rows of FINDINGS, `shifts` the rows of what `poll_shift` reads, `looked` the detectors that had
    something to read. A finding's day is the one on which it was first seen.
    """
    desks = {name: desk(records[name]) for name in sorted(looked) if name in records}
    if SHIFTS not in desks:
        return None
    days = days_by_table(manifest)
    polled = sorted(days["polls"])
    polls_seen = _every_day(polled[0], polled[-1]) if polled else frozenset()
    own = sorted((f for f in findings if f["detector"] == SHIFTS), key=lambda f: str(f["id"]))
    when = spells(own, shifts, zone)
    others = [
        (f, first_day(f, zone), desks[f["detector"]])
        for f in findings
        if f["detector"] != SHIFTS and f["detector"] in desks
    ]
    lines = []
    for tables in sorted({t for t in desks.values() if t != _POLLS}, key=named):
        found = [day for _, day, theirs in others if theirs == tables]
        seen = frozenset[date]().union(*(days[table] for table in tables))
        lines.append(
            DeskLine(
                name=named(tables),
                detectors=tuple(name for name, t in desks.items() if t == tables),
                days=dict(sorted(Counter(found).items())),
                seen=seen,
                found=coincidence(when.values(), found, observed=seen & polls_seen),
            )
        )
    return Coincidences(
        within_days=WITHIN_DAYS,
        shifts=tuple(
            sorted((_shift(f, when[f["id"]], others, lines) for f in own), key=lambda s: (s.first, s.last, s.finding))
        ),
        desks=tuple(lines),
    )


def desk(record: Detector) -> tuple[str, ...]:
    """Return the tables of observations that a detector's figures come from: findings of the same are one desk."""
    return tuple(sorted(t for t in record.reads.tables if t in TABLES and t not in REFERENCES))


def named(tables: Iterable[str]) -> str:
    """Return a desk's name.

    >>> named(("requests",)), named(("logins", "requests"))
    ('Web servers', 'Logins, Web servers')
    """
    return ", ".join(_DESKS.get(table, table) for table in tables)


def days_by_table(manifest: Manifest) -> dict[str, frozenset[date]]:
    """Return the days of the case's time zone on which each table has a row; every table is there."""
    found: dict[str, set[date]] = defaultdict(set)
    for source in manifest.sources:
        found[source.table] |= {date.fromisoformat(day) for day in source.days}
    return defaultdict(frozenset, {table: frozenset(days) for table, days in found.items()})


def first_day(finding: Row, zone: tzinfo) -> date:
    """Return the day on which a finding was first seen, on the case's clock."""
    day: date = finding["first_seen"].astimezone(zone).date()
    return day


def spells(findings: Iterable[Row], shifts: Iterable[Row], zone: tzinfo) -> dict[str, Spell]:
    """Return when each shift is thought to have happened: its day where the measure dates it, else that of its rows.

    A row of `shifts` that has a `day` dates the finding whose evidence holds all of its `row_ids`.
    """
    dated = [(frozenset(row["row_ids"]), row["day"]) for row in shifts if row.get("day") and row.get("row_ids")]
    found = {}
    for finding in findings:
        evidence = frozenset(finding["evidence_ids"])
        days = [day for row_ids, day in dated if row_ids <= evidence]
        spell = first_day(finding, zone), finding["last_seen"].astimezone(zone).date()
        found[str(finding["id"])] = (min(days), max(days)) if days else spell
    return found


def _shift(
    finding: Row, spell: Spell, others: Iterable[tuple[Row, date, tuple[str, ...]]], desks: Iterable[DeskLine]
) -> ShiftLine:
    near = [
        Near(
            finding=other["id"],
            detector=other["detector"],
            title=other["title"],
            desk=named(tables),
            day=day,
            lag_days=lag(spell, day),
            counted=tables != _POLLS,
        )
        for other, day, tables in others
        if abs(lag(spell, day)) <= WITHIN_DAYS
    ]
    around = _every_day(spell[0] - timedelta(days=WITHIN_DAYS), spell[1] + timedelta(days=WITHIN_DAYS))
    return ShiftLine(
        finding=finding["id"],
        title=finding["title"],
        points=finding["value"],
        first=spell[0],
        last=spell[1],
        near=tuple(sorted(near, key=lambda n: (n.day, n.desk, n.finding))),
        seen=tuple(line.name for line in desks if line.seen & around),
        unseen=tuple(line.name for line in desks if not line.seen & around),
    )


def lag(spell: Spell, day: date) -> int:
    """Return how many days after a spell a day lies: negative where it is before, nothing where it is within.

    >>> lag((date(2017, 2, 1), date(2017, 2, 4)), date(2017, 1, 30)), lag((date(2017, 2, 1),) * 2, date(2017, 2, 4))
    (-2, 3)
    """
    return min(0, (day - spell[0]).days) or max(0, (day - spell[1]).days)


def _every_day(first: date, last: date) -> frozenset[date]:
    return frozenset(first + timedelta(days=n) for n in range((last - first).days + 1))
