"""`vigie brief`: what the last run found, its rows and what was looked at, as a folder that opens offline."""

from __future__ import annotations

import inspect
import shutil
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie import __version__
from vigie import case as case_file
from vigie.briefings.export import write
from vigie.briefings.model import (
    REFERENCES,
    Brief,
    CoverageCell,
    Daily,
    DetectorNote,
    RefusedLine,
    SourceLine,
    Trend,
    Versus,
)
from vigie.briefings.networks_section import DETECTOR
from vigie.briefings.polls_section import DETECTORS as POLL_DETECTORS
from vigie.detectors import all_detectors
from vigie.errors import InputError, StoreError
from vigie.run.add import STORE, refused_reasons
from vigie.run.analyse import DamagedRunError, Measured, analyse_alone, inputs_hash, load, measuring, parameters_of
from vigie.run.coincidences import SHIFTS, coincidences
from vigie.run.copies_section import copies
from vigie.run.families import FAMILIES_DETECTOR
from vigie.run.held import moment
from vigie.run.network_section import coordination
from vigie.run.poll_measured import PollMeasures, poll_measures
from vigie.run.poll_pictures import drawn_of
from vigie.run.polls_section import polls
from vigie.run.rows import place_of, stored_rows
from vigie.run.web import web_attacks
from vigie.sources import all_sources
from vigie.tables import CASE_TABLES, TABLES, split_row_id
from vigie.tables.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from vigie.case import Case
    from vigie.detectors import Detector
    from vigie.run.analyse import Analysis
    from vigie.tables.store import Manifest

_HEADINGS: Final = ("What it measures", "What it cannot say", "Sources")
# What a person needs of an observation, in the order to read it; findings.json and the CSV hold no more either.
_SHOWN: Final = {
    "requests": ("client_ip", "method", "host", "path", "query", "status", "bytes", "referer", "user_agent"),
    "logins": ("service", "account", "client_ip", "outcome", "reason", "country", "protocol", "user_agent"),
    "mail_events": ("program", "event", "client_ip", "client_name", "account", "outcome", "reason", "mail_from",
                    "rcpt_to", "status"),
    "mails": ("reporter", "client_ip", "header_from", "envelope_from", "count", "spf", "spf_domain", "dkim",
              "dkim_domain", "dmarc", "policy", "disposition"),
    "messages": ("header_from", "rcpt_to", "subject", "message_id", "sha256"),
    "posts": ("platform", "channel_id", "channel_name", "title", "text", "urls", "repost_of"),
    "polls": ("pollster", "sponsor", "publisher", "fieldwork_start", "fieldwork_end", "published", "sample_size",
              "answered", "mode", "question", "round", "hypothesis", "candidate", "percent"),
}  # fmt: skip


def brief(folder: Path, *, progress: Callable[[str, int, int], None] = lambda *_: None) -> Path:
    """Write a briefing into `folder`/briefings/<time>; return the path of its page.

    The findings are those of the last run; where there was none, or the case has changed since, it is run first. The
    time is in the folder's name only: the same case gives the same bytes.

    Raises
    ------
    VigieError
        if the case file is wrong, the store damaged, or the briefing cannot be written.
    """
    with measuring(folder):
        return _brief(folder, progress)


def _brief(folder: Path, progress: Callable[[str, int, int], None]) -> Path:
    case = case_file.load(folder)
    manifest = Store(folder / STORE).manifest()
    try:
        analysis = load(folder)
    except (InputError, DamagedRunError):
        analysis = analyse_alone(folder, progress=progress)
    if analysis.inputs_hash != inputs_hash(folder, manifest):
        analysis = analyse_alone(folder, progress=progress)
        manifest = Store(folder / STORE).manifest()
    made = compose(folder, case, manifest, analysis)
    target = _free(folder / "briefings", f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}")
    half = target.with_name(f".{target.name}.tmp")
    try:
        for killed in target.parent.glob(".*.tmp"):
            shutil.rmtree(killed, ignore_errors=True)
        page = write(made, half)
        half.rename(target)
    except OSError as error:
        raise StoreError(f"{target}: cannot write: {error.strerror or error}") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return target / page.name


def _free(parent: Path, name: str) -> Path:
    """Return a folder of `parent` that is not there yet."""
    number = 1
    path = parent / name
    while path.exists():
        number += 1
        path = parent / f"{name}-{number}"
    return path


def compose(folder: Path, case: Case, manifest: Manifest, analysis: Analysis) -> Brief:
    """Put a briefing together from the case, its store and what the run found."""
    store = Store(folder / STORE)
    election = case.election
    records = dict(all_detectors())
    real = [s for s in manifest.sources if s.same_as is None]
    observed = [s for s in real if s.table not in REFERENCES]
    findings = analysis.findings.to_pylist()
    evidence = _evidence(store, manifest, findings)
    measured = Measured(folder, case, store, manifest)
    in_force = {name: parameters_of(case, name, record) for name, record in records.items()}
    opinion = poll_measures(measured, in_force[SHIFTS])
    return Brief(
        case_name=election.name,
        country=election.country,
        simulated=election.simulated,
        time_zone=election.time_zone,
        campaign_opening=election.campaign_opening,
        rounds=election.rounds,
        first=moment(min((s.first for s in observed if s.first is not None), default=None)),
        last=moment(max((s.last for s in observed if s.last is not None), default=None)),
        inputs=tuple(
            SourceLine(
                name=s.name,
                sha256=s.sha256,
                format=s.format,
                table=s.table,
                rows=s.rows,
                refused=s.refused,
                repeats=s.repeats,
                first=moment(s.first),
                last=moment(s.last),
            )
            for s in real
        ),
        inputs_hash=analysis.inputs_hash,
        coverage=tuple(
            CoverageCell(source=s.name, table=s.table, day=date.fromisoformat(day), rows=rows)
            for s in observed
            for day, rows in sorted(s.days.items())
        ),
        not_looked_at=_not_looked_at(manifest, analysis),
        findings=analysis.findings,
        detectors={name: _note(record, in_force[name]) for name, record in records.items()},
        evidence=evidence,
        series=_series(case, manifest, findings=findings, records=records, evidence=evidence, opinion=opinion),
        refused=_refused(store, manifest),
        version=__version__,
        web=web_attacks(measured, store, manifest),
        networks=coordination(measured, store, manifest, case, in_force[DETECTOR]),
        copies=copies(measured, store, manifest, in_force[FAMILIES_DETECTOR], findings),
        coincidences=coincidences(
            findings,
            measured.table(records[SHIFTS].reads, in_force[SHIFTS]).to_pylist() if SHIFTS in analysis.looked else (),
            records=records,
            looked=analysis.looked,
            manifest=manifest,
            zone=case.tz,
        ),
        polls=None if opinion is None else polls(opinion, case, findings, in_force[SHIFTS]),
    )


def _not_looked_at(manifest: Manifest, analysis: Analysis) -> tuple[str, ...]:
    lines = [f"{n}: no {' and no '.join(tables)} in this case" for n, tables in sorted(analysis.not_looked.items())]
    read = {s.table for s in all_sources()}
    lines += [f"{name}: no format is read into this table yet" for name in TABLES if name not in read]
    lines += [f"a file beginning {sha[:12]} was interrupted while it was added" for sha in manifest.unfinished]
    return tuple(lines)


def _note(record: Detector, values: Mapping[str, Any]) -> DetectorNote:
    module = inspect.getmodule(record.run)
    title, parts = docstring(module.__doc__ or "" if module else "")
    return DetectorNote(
        title=title,
        what_it_measures=parts["What it measures"],
        what_it_cannot_say=parts["What it cannot say"],
        spoofable=record.spoofable,
        reads=tuple(t for t in record.reads.tables if t not in CASE_TABLES),
        parameters=values,
    )


def docstring(text: str) -> tuple[str, dict[str, str]]:
    r"""Return the first line of a detector's docstring, and the text under each of its headings.

    >>> docstring("A: b.\n\nWhat it measures\n    This,\n    that.\nWhat it cannot say\n    Who.\nSources\n    X.")
    ('A: b.', {'What it measures': 'This,\nthat.', 'What it cannot say': 'Who.', 'Sources': 'X.'})
    """
    title, *lines = inspect.cleandoc(text).split("\n")
    parts: dict[str, list[str]] = {h: [] for h in _HEADINGS}
    heading = ""
    for line in lines:
        if line.startswith(">>>"):
            break
        if line.strip() in parts:
            heading = line.strip()
        elif heading:
            parts[heading].append(line.strip())
    return title, {h: "\n".join(ls).strip() for h, ls in parts.items()}


def _evidence(store: Store, manifest: Manifest, findings: Sequence[Mapping[str, Any]]) -> dict[str, pa.Table]:
    """Return for each finding its rows: where each stands, when, and what a person needs of it."""
    files = {s.id: s for s in manifest.sources}
    shapes = {s.name: s.shape for s in all_sources()}
    cells = stored_rows(store, manifest, (i for finding in findings for i in finding["evidence_ids"]))
    tables = {}
    for finding in findings:
        shown = [i for i in finding["evidence_ids"] if i in cells]
        found = [cells[i] for i in shown]
        names = [files[split_row_id(i)[0]] for i in shown]
        columns = _SHOWN.get(names[0].table, ()) if names else ()
        places = [place_of(f, split_row_id(i)[1], shapes.get(f.format)) for f, i in zip(names, shown, strict=True)]
        data: dict[str, Any] = {
            "row_id": pa.array(shown, pa.string()),
            "file": pa.array([f.name for f in names], pa.string()),
            "place": pa.array(places, pa.string()),
            "time": pa.array([r["time"] for r in found], pa.timestamp("us", tz="UTC")),
        }
        for column in columns:
            values = [_cell(r[column]) for r in found]
            if any(v is not None for v in values):
                data[column] = pa.array(values)
        tables[finding["id"]] = pa.table(data)
    return tables


def _cell(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value


def _series(
    case: Case,
    manifest: Manifest,
    *,
    findings: Sequence[Mapping[str, Any]],
    records: Mapping[str, Detector],
    evidence: Mapping[str, pa.Table],
    opinion: PollMeasures | None,
) -> dict[str, Daily | Trend | Versus]:
    """Return what to draw of each finding: a trend or a poll against its forecasts, else its rows by day."""
    series: dict[str, Daily | Trend | Versus] = {}
    for finding in findings:
        drawn = drawn_of(finding, opinion) if opinion is not None and finding["detector"] in POLL_DETECTORS else None
        record = records[finding["detector"]]
        series[finding["id"]] = drawn or _daily(case, manifest, record, evidence[finding["id"]])
    return series


def _daily(case: Case, manifest: Manifest, record: Detector, rows: pa.Table) -> Daily:
    """Count a finding's rows by day; days on which its tables have no row at all are left out, not zero."""
    tables = set(record.reads.tables) - set(REFERENCES)
    days = {date.fromisoformat(d) for s in manifest.sources if s.table in tables for d in s.days}
    counts = Counter(t.astimezone(case.tz).date() for t in rows["time"].to_pylist() if t is not None)
    return Daily(label="Evidence rows", counts={d: float(counts[d]) for d in sorted(days | set(counts))})


def _refused(store: Store, manifest: Manifest) -> tuple[RefusedLine, ...]:
    lines = []
    for source in manifest.sources:
        reasons = sorted(refused_reasons(store, source, manifest).items())
        lines += [RefusedLine(source=source.name, reason=r, count=n) for r, n in reasons]
    return tuple(lines)
