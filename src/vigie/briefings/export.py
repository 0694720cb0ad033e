"""A briefing's folder: the page, the findings as JSON, and every table behind them as CSV."""

from __future__ import annotations

import csv
import json
import math
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from vigie.briefings.coincidences_tables import tables_of as coincidence_tables
from vigie.briefings.copies_tables import tables_of
from vigie.briefings.html import page
from vigie.briefings.model import FINDING_COLUMNS, Trend, Versus
from vigie.briefings.polls_tables import tables_of as poll_tables
from vigie.errors import InputError
from vigie.text.inert import csv_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from vigie.briefings.model import Brief, Finding
    from vigie.briefings.networks import Networks
    from vigie.briefings.web import WebAttacks

_BATCH: Final = 10_000
_SIGNS: Final = {False: "may have succeeded", True: "made the server fail"}


def write(brief: Brief, folder: Path, *, cards: int = 20, rows: int = 25) -> Path:
    """Write `brief` into `folder` and return the path of its page; the same brief gives the same bytes.

    `cards` findings of each detector are shown in full, the others in a table; of each finding in full the page holds
    its first `rows` evidence rows. The files beside the page hold everything: findings.json, findings.csv,
    series.csv, sources.csv, coverage.csv, refused.csv and evidence/<finding id>.csv; of web servers also web-days.csv,
    web-origins.csv and web-succeeded.csv; of accounts that act together networks.csv and network-members, -pairs,
    -objects, -times, -explanations and -crowds.csv; of texts that were copied families, family_members and spread.csv;
    of opinion polls-now, -levels, -houses, -forecasts, -shifts and -set-apart.csv;
    of what else happened when opinion shifted coincidences.csv and coincidence-windows.csv.
    Each is written under a temporary name and renamed, the page last.
    CSV files are UTF-8 with a byte-order mark, which spreadsheets need to know it; their cells are made inert as
    `vigie.text.inert.csv_cell` says.

    Raises
    ------
    InputError
        if a finding's id, detector or evidence is not as `Brief` asks, or the folder cannot be written.
    """
    text = page(brief, cards=cards, rows=rows)
    found = brief.by_weight()
    try:
        (folder / "evidence").mkdir(parents=True, exist_ok=True)
        for finding in found:
            table = brief.evidence[finding.id]
            _write_csv(folder / "evidence" / f"{finding.id}.csv", table.column_names, _rows(table))
        _write_csv(folder / "findings.csv", FINDING_COLUMNS, ([getattr(f, n) for n in FINDING_COLUMNS] for f in found))
        _write_csv(folder / "series.csv", ("finding", "kind", "day", "value", "low", "high"), _series(brief, found))
        _write_csv(
            folder / "sources.csv",
            ("name", "sha256", "format", "table", "rows", "refused", "repeats", "first", "last"),
            (
                (i.name, i.sha256, i.format, i.table, i.rows, i.refused, i.repeats, i.first, i.last)
                for i in sorted(brief.inputs, key=lambda i: (i.table, i.name, i.sha256))
            ),
        )
        _write_csv(
            folder / "coverage.csv",
            ("table", "source", "day", "rows"),
            sorted((c.table, c.source, c.day, c.rows) for c in brief.coverage),
        )
        _write_csv(
            folder / "refused.csv",
            ("source", "reason", "count"),
            sorted((r.source, r.reason, r.count) for r in brief.refused),
        )
        if brief.web is not None:
            _write_web(folder, brief.web)
        if brief.networks is not None:
            _write_networks(folder, brief.networks)
        for name, (header, lines) in _tables(brief).items():
            _write_csv(folder / f"{name}.csv", header, lines)
        _write(folder / "findings.json", _as_json(brief, found))
        _write(folder / "briefing.html", text.encode())
    except OSError as error:
        raise InputError(f"cannot write the briefing: {error.strerror}", where=str(folder)) from error
    return folder / "briefing.html"


def _tables(brief: Brief) -> dict[str, tuple[tuple[str, ...], Iterable[Iterable[Any]]]]:
    """Return header and rows of the tables of the sections that the briefing has."""
    return {
        **(tables_of(brief.copies) if brief.copies is not None else {}),
        **(poll_tables(brief.polls) if brief.polls is not None else {}),
        **(coincidence_tables(brief.coincidences) if brief.coincidences is not None else {}),
    }


def _as_json(brief: Brief, found: Sequence[Finding]) -> bytes:
    """Return the findings as JSON in ASCII, so that no character in it can act on whoever looks at the file."""
    document = {
        "case": brief.case_name,
        "country": brief.country,
        "simulated": brief.simulated,
        "inputs_hash": brief.inputs_hash,
        "version": brief.version,
        "findings": [{name: _plain(getattr(finding, name)) for name in FINDING_COLUMNS} for finding in found],
    }
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return _time(value) if isinstance(value, date) else value


def _time(value: date) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    return value.isoformat()


def _rows(table: pa.Table) -> Iterator[list[Any]]:
    for batch in table.to_batches(max_chunksize=_BATCH):
        yield from map(list, zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _series(brief: Brief, found: Iterable[Finding]) -> Iterator[tuple[Any, ...]]:
    for finding in found:
        series = brief.series.get(finding.id)
        if isinstance(series, Trend):
            yield from ((finding.id, "trend", p.day, p.value, p.low, p.high) for p in series.curve)
            yield from ((finding.id, "poll", when, percent, None, None) for when, percent in sorted(series.polls))
        elif isinstance(series, Versus):
            yield from ((finding.id, f"figure: {e.name}", series.day, e.percent, None, None) for e in series.figures)
            yield from (
                (finding.id, f"expected: {e.name}", series.day, e.expected, e.low, e.high) for e in series.figures
            )
        elif series is not None:
            yield from ((finding.id, "count", when, series.counts[when], None, None) for when in sorted(series.counts))


def _write_web(folder: Path, web: WebAttacks) -> None:
    _write_csv(
        folder / "web-days.csv",
        ("kind", "day", "requests"),
        ((line.name, when, line.days[when]) for line in web.kinds for when in sorted(line.days)),
    )
    _write_csv(
        folder / "web-origins.csv",
        ("attacks", "country", "unit", "count", "percent", "low", "high"),
        (
            (attacks, line.country, unit, getattr(line.counted, unit), share.value, share.low, share.high)
            for attacks, lines in (("all", web.origins), ("aimed", web.aimed_origins))
            for line in lines
            for unit, share in line.shares.items()
        ),
    )
    _write_csv(
        folder / "web-succeeded.csv",
        ("row_id", "time", "kind", "host", "request", "status", "sign", "why"),
        ((s.row_id, s.time, s.kind, s.host, s.what, s.status, _SIGNS[s.failed], s.why) for s in web.succeeded),
    )


def _write_networks(folder: Path, what: Networks) -> None:
    of = [(network.ident, network) for network in what.networks]
    tables: dict[str, tuple[tuple[str, ...], Iterable[Iterable[Any]]]] = {
        "networks": (
            (
                *("network", "standing", "channels", "pairs", "objects", "kinds", "pair_objects", "expected"),
                *("p_value", "q_value", "delay_s", "same_second", "days", "stability", "explained", "first", "last"),
            ),
            (
                (
                    *(ident, n.standing, len(n.members), n.pairs, n.objects, [k.kind for k in n.kinds]),
                    *(n.pair_objects, n.expected, n.p_value, n.q_value, n.delay_s, n.same_second, n.days),
                    *(n.stability, n.explained, n.first, n.last),
                )
                for ident, n in of
            ),
        ),
        "network-members": (
            ("network", "channel", "name", "role", "objects", "firsts", "stability", "created", "outlet", "tier"),
            (
                (i, m.channel, m.name, m.role, m.objects, m.firsts, m.stability, m.created, m.outlet, m.tier)
                for i, n in of
                for m in n.members
            ),
        ),
        "network-pairs": (
            (
                *("kind", "channel_a", "channel_b", "objects", "meetings", "expected", "p_value", "q_value"),
                *("delay_s", "a_first", "first", "last"),
            ),
            (
                (
                    *(p.kind, p.a, p.b, p.objects, p.meetings, p.expected, p.p_value, p.q_value),
                    *(p.delay_s, p.a_first, p.first, p.last),
                )
                for p in what.pairs
            ),
        ),
        "network-objects": (
            ("network", "kind", "object", "example", "members", "others", "posts", "first", "last"),
            (
                (i, p.kind, p.thing, p.example, p.members, p.others, len(p.times), p.first, p.last)
                for i, n in of
                for p in n.pushed
            ),
        ),
        "network-times": (
            ("network", "day", "hour", "posts"),
            ((i, day, hour, posts) for i, n in of for (day, hour), posts in sorted(n.hours.items())),
        ),
        "network-explanations": (
            ("network", "explanation", "fits", "share", "says"),
            ((i, e.name, "yes" if e.fits else "no", e.share, e.says) for i, n in of for e in n.explanations),
        ),
        "network-crowds": (
            ("kind", "object", "example", "channels", "shares", "first", "last"),
            ((c.kind, c.thing, c.example, c.channels, c.shares, c.first, c.last) for c in what.crowds),
        ),
    }
    for name, (header, rows) in tables.items():
        _write_csv(folder / f"{name}.csv", header, rows)


def _write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([csv_cell(name) for name in header])
        writer.writerows([_cell(value) for value in row] for row in rows)
    temporary.replace(path)


def _cell(value: Any) -> str | int | float | None:
    if isinstance(value, (int, float)) or value is None:
        return value
    if isinstance(value, date):
        return _time(value)
    if isinstance(value, (list, tuple)):
        return csv_cell(" ".join(str(item) for item in value))
    return csv_cell(str(value))


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(data)
    temporary.replace(path)
