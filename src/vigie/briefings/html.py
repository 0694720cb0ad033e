"""The page: what the templates are given, and the guard that makes all text in them inert."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from vigie.briefings import charts, charts_poll_forecasts, words
from vigie.briefings.coincidences_section import section as coincidences_section
from vigie.briefings.copies_section import section as copies_section
from vigie.briefings.marks import set_off
from vigie.briefings.model import EVIDENCE_COLUMNS, REFERENCES, Daily, Trend, Versus
from vigie.briefings.networks_section import section as networks_section
from vigie.briefings.polls_section import section as polls_section
from vigie.briefings.web_section import section
from vigie.rules.origin import UNITS
from vigie.text.country_names import country_name
from vigie.text.inert import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from vigie.briefings.model import Brief, CoverageCell, DetectorNote, Finding, SourceLine

_CLIP: Final = 280
_STRIPS_MAX: Final = 24
_FURTHER_MAX: Final = 500
_AROUND_DAYS: Final = 60


def inert(text: object, limit: int = _CLIP) -> Markup:
    r"""Return outside text for the inside of an element: isolated from the direction around it, marks set off, clipped.

    >>> inert("<b>\u202e")
    Markup('<bdi>&lt;b&gt;<span class="mark">⟦U+202E⟧</span></bdi>')
    """
    whole = str(text)
    shown = set_off(str(escape(visible(whole[:limit]))))
    if (more := len(whole) - limit) > 0:
        shown += Markup(' <span class="more">… {}</span>').format(words.counted(more, "more character"))
    return Markup("<bdi>{}</bdi>").format(shown)


def prose(text: str) -> Markup:
    """Return a docstring's paragraphs, lists and ``code`` as HTML; everything else in it is plain text."""
    blocks: list[Markup] = []
    for block in filter(None, re.split(r"\n\s*\n", text.strip())):
        body = "\n".join(line.strip() for line in block.split("\n"))
        if body.startswith("- "):
            items = body.removeprefix("- ").split("\n- ")
            blocks.append(
                Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(_code(i)) for i in items))
            )
        else:
            blocks.append(Markup("<p>{}</p>").format(_code(body)))
    return Markup("\n").join(blocks)


def _code(text: str) -> Markup:
    parts = re.split(r"``?([^`]+)``?", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(inert(part, 10_000)) if index % 2 else escape(visible(part))
        for index, part in enumerate(parts)
    )


def _guard(value: object) -> object:
    """Escape and make visible whatever a template puts out and no filter has made safe."""
    if value is None:
        message = "a template puts out None"
        raise TypeError(message)
    return value if isinstance(value, Markup) else escape(visible(str(value)))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("vigie.briefings"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_guard,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        inert=inert,
        prose=prose,
        number=words.number,
        counted=words.counted,
        share=words.share,
        country=country_name,
        day=words.day,
        odds=words.odds,
        chance=words.chance,
    )
    return environment


@dataclass(frozen=True, slots=True)
class Card:
    """One finding as the page shows it, `number` in the order of weight; `again`: not the first of its detector."""

    number: int
    finding: Finding
    note: DetectorNote
    glance: Markup
    span: Markup
    interval: Markup
    chart: Markup
    twin: tuple[tuple[str, str], ...]
    phase: str
    parameters: tuple[tuple[str, str], ...]
    evidence: Evidence | None
    again: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """The first rows a finding rests on; `columns` are those that hold anything in these rows."""

    total: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One detector in the summary. `rows` counts the rows of the tables it reads."""

    name: str
    note: DetectorNote
    rows: int
    findings: int


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of the coverage table."""

    name: str
    table: str
    rows: int
    svg: Markup
    counts: dict[date, float]


def page(brief: Brief, *, cards: int, rows: int) -> str:
    """Return the briefing as HTML; `cards` findings of each detector in full, `rows` evidence rows of each."""
    zone = ZoneInfo(brief.time_zone)
    found = brief.by_weight()
    axis = _axis(brief, zone)
    shown: list[Card] = []
    further: list[Card] = []
    per_kind = dict.fromkeys(sorted(brief.detectors), 0)
    for place, finding in enumerate(found, start=1):
        per_kind[finding.detector] += 1
        full = per_kind[finding.detector] <= cards
        if full or len(further) < _FURTHER_MAX:
            again = per_kind[finding.detector] > 1
            card = _card(brief, finding, axis, zone, number=place, rows=rows if full else None, again=again)
            (shown if full else further).append(card)
    tables: dict[str, int] = {}
    looked_at = [line for line in brief.inputs if line.table not in REFERENCES]
    for line in looked_at:
        tables[line.table] = tables.get(line.table, 0) + line.rows
    kinds = [
        Kind(name, note, sum(tables.get(table, 0) for table in note.reads), per_kind[name])
        for name, note in sorted(brief.detectors.items())
    ]
    strips = _strips(brief.coverage, axis)
    return (
        _environment()
        .get_template("briefing.html")
        .render(
            brief=brief,
            axis=axis,
            calendar=_calendar(brief, axis),
            phases=_phases(brief, zone),
            period=[words.moment(t, zone) for t in (brief.first, brief.last) if t is not None],
            kinds=kinds,
            cards=shown,
            further=further,
            unlisted=len(found) - len(shown) - len(further),
            total=len(found),
            total_rows=sum(tables.values()),
            sources=len(looked_at),
            references=len(brief.inputs) - len(looked_at),
            refused_rows=sum(line.count for line in brief.refused),
            strips=strips,
            bins=_bins(strips, axis),
            inputs=[
                (line, _seen(line, zone)) for line in sorted(brief.inputs, key=lambda i: (i.table, i.name, i.sha256))
            ],
            refused=sorted(brief.refused, key=lambda r: (r.source, -r.count, r.reason)),
            cards_per_kind=cards,
            staged=words.STAGED,
            measured=words.measured,
            moment=lambda value: words.moment(value, zone),
            units=UNITS,
            **section(brief.web, brief.rounds, zone),
            **networks_section(brief, [card.finding for card in (*shown, *further)], zone),
            **copies_section(brief, [card.finding for card in (*shown, *further)], axis, zone),
            **polls_section(brief, [card.finding for card in (*shown, *further)]),
            **coincidences_section(brief, [card.finding for card in (*shown, *further)]),
        )
    )


def _axis(brief: Brief, zone: ZoneInfo) -> charts.Axis | None:
    """Return the days of the data, stretched to rounds shortly after them; None where there is nothing to date."""
    days = [t.astimezone(zone).date() for t in (brief.first, brief.last) if t is not None]
    days += [cell.day for cell in brief.coverage]
    if not days:
        return None
    last = max(days)
    near = [r for r in brief.rounds if last < r <= last + timedelta(days=_AROUND_DAYS)]
    return charts.Axis(min(days), max([last, *near]), brief.rounds)


def _calendar(brief: Brief, axis: charts.Axis | None) -> Markup:
    dated = [d for d in (brief.campaign_opening, *brief.rounds) if d is not None]
    if axis is None or not brief.rounds:
        return Markup("")
    data = [cell.day for cell in brief.coverage] or [axis.first, axis.last]
    first, last = min([axis.first, *dated]), max([axis.last, *dated])
    whole = charts.Axis(first, last + timedelta(days=2), brief.rounds)
    return charts.calendar(whole, brief.campaign_opening, (min(data), max(data)), ident="calendar")


def _phases(brief: Brief, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Return the calendar in words: what, and when."""
    lines = []
    if brief.campaign_opening is not None:
        lines.append(("Campaign opens", words.day(brief.campaign_opening)))
    lines += [(f"{words.ordinal(i).capitalize()} round", words.day(r)) for i, r in enumerate(brief.rounds, start=1)]
    if brief.last is not None:
        where = words.phase(brief.last.astimezone(zone).date(), brief.campaign_opening, brief.rounds)
        lines += [("The data end", where)] if where else []
    return lines


def _strips(coverage: Iterable[CoverageCell], axis: charts.Axis | None) -> list[Strip]:
    """Return a strip for each source; for each table where the sources are too many to tell apart."""
    cells = sorted(coverage, key=lambda c: (c.table, c.source, c.day))
    if axis is None:
        return []
    sources = {(c.table, c.source) for c in cells}
    by_table = len(sources) > _STRIPS_MAX
    counts: dict[tuple[str, str], dict[date, float]] = {}
    for cell in cells:
        name = "" if by_table else cell.source
        days = counts.setdefault((cell.table, name), {})
        days[cell.day] = days.get(cell.day, 0) + cell.rows
    found = []
    for index, ((table, name), days) in enumerate(counts.items()):
        label = name or words.counted(sum(t == table for t, _ in sources), "source")
        svg = charts.strip(axis, days, ident=f"strip-{index}", name=f"{label} ({table})")
        found.append(Strip(label, table, int(sum(days.values())), svg, axis.binned(days)))
    return found


def _bins(strips: list[Strip], axis: charts.Axis | None) -> list[tuple[date, list[float | None]]]:
    """Return the strips' figures; bins in which no strip has any are left out, or they would fill pages with dashes."""
    if axis is None:
        return []
    rows = [(start, [s.counts.get(start) for s in strips]) for start in axis.bins()]
    return [(start, counts) for start, counts in rows if any(count is not None for count in counts)]


def _card(
    brief: Brief,
    finding: Finding,
    axis: charts.Axis | None,
    zone: ZoneInfo,
    *,
    number: int,
    rows: int | None,
    again: bool,
) -> Card:
    first, last = (t.astimezone(zone).date() for t in (finding.first_seen, finding.last_seen))
    around = axis or charts.Axis(first, last, brief.rounds)
    chart, twin = _chart(brief, finding) if rows is not None else (Markup(""), ())
    return Card(
        number=number,
        finding=finding,
        note=brief.detectors[finding.detector],
        glance=charts.span(around, first, last, ident=f"glance-{finding.id}", name=f"finding {number}"),
        span=charts.span(around, first, last, ident=f"when-{finding.id}", name=f"finding {number}"),
        interval=charts.interval(
            finding.value,
            finding.low,
            finding.high,
            finding.expected,
            unit=finding.unit,
            ident=f"interval-{finding.id}",
        )
        if finding.low is not None or finding.expected is not None
        else Markup(""),
        chart=chart,
        twin=twin,
        phase=words.phase(first, brief.campaign_opening, brief.rounds),
        parameters=_parameters(finding.parameters),
        evidence=_evidence(brief.evidence[finding.id], zone, rows) if rows is not None else None,
        again=again,
    )


def _chart(brief: Brief, finding: Finding) -> tuple[Markup, tuple[tuple[str, str], ...]]:
    """Return the finding's chart and its table twin; empty where the run gave no series."""
    series = brief.series.get(finding.id)
    ident = f"chart-{finding.id}"
    if isinstance(series, Daily) and series.counts:
        axis = charts.Axis(min(series.counts), max(series.counts), brief.rounds)
        sums = axis.binned(series.counts)
        twin = tuple((words.day(d), words.number(sums[d]) if d in sums else "not observed") for d in axis.bins())
        return charts.bars(axis, series.counts, ident=ident, label=series.label), twin
    if isinstance(series, Trend) and (series.curve or series.polls):
        days = [p.day for p in series.curve] + [d for d, _ in series.polls]
        axis = charts.Axis(min(days), max(days), brief.rounds)
        twin = tuple(
            (
                words.day(p.day),
                f"{words.measured(p.value, 'percent')} ({words.number(p.low)} to {words.number(p.high)})",
            )
            for p in series.curve
        )
        return charts.trend(axis, series, ident=ident), twin
    if isinstance(series, Versus) and series.figures:
        return charts_poll_forecasts.versus(series, ident=ident), charts_poll_forecasts.versus_twin(series)
    return Markup(""), ()


def _parameters(text: str) -> tuple[tuple[str, str], ...]:
    try:
        values = json.loads(text)
    except ValueError:
        return (("as given", text),) if text else ()
    if not isinstance(values, dict):
        return (("as given", text),)
    return tuple((name, json.dumps(value, ensure_ascii=False)) for name, value in sorted(values.items()))


def _evidence(rows: pa.Table, zone: ZoneInfo, limit: int) -> Evidence:
    head = rows.slice(0, limit)
    own = [n for n in head.column_names[len(EVIDENCE_COLUMNS) :] if head.column(n).null_count < head.num_rows]
    cells = [
        (row["row_id"], row["file"], row["place"], words.moment(row["time"], zone), tuple(cell(row[n]) for n in own))
        for row in head.to_pylist()
    ]
    return Evidence(rows.num_rows, tuple(own), tuple(cells))


def cell(value: Any) -> str:
    """Return a value of an evidence row as text: empty where null, lists one after another."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return " ".join(cell(item) for item in value)
    return str(value)


def _seen(line: SourceLine, zone: ZoneInfo) -> str:
    days = [words.day(t.astimezone(zone).date()) for t in (line.first, line.last) if t is not None]
    return " to ".join(dict.fromkeys(days)) or "no rows"
