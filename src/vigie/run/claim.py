"""`vigie claim`: a spoken claim about attacks on the web servers, weighed against the rows."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie import case as case_file
from vigie.errors import InputError
from vigie.kernels.cluster_share import cluster_share
from vigie.kernels.daily_rate import daily_rate
from vigie.measures import named
from vigie.measures.http_origins import SCHEMA as ORIGINS
from vigie.measures.http_origins import agreement
from vigie.rules.indicators import KINDS
from vigie.rules.kinds import SESSION_KINDS
from vigie.rules.origin import UNITS, deciding, places, senders
from vigie.run.add import STORE
from vigie.run.analyse import Measured, measuring
from vigie.run.beside import counted, databases, networks, notes
from vigie.run.weighed import (
    OPEN,
    ByDatabase,
    Days,
    Figure,
    Interval,
    Only,
    Weighed,
    WeighedPart,
    judge,
)
from vigie.tables.store import Store
from vigie.text.claim import known_country
from vigie.text.claimed import Claim, rate_part, share_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from vigie.rules.origin import Sender
    from vigie.text.claimed import Part

    Row = dict[str, Any]

DAYS_MIN: Final = 3
_READ: Final = ("http_attacks", "http_origins", "http_attack_days", "http_sessions")
_COLUMNS: Final = (
    "database", "database_date", "country", "network_kind", "session_id", "address", "place", "day", "kind", "aim",
    "requests",
)  # fmt: skip
_PLACED: Final = pa.schema([f for f in ORIGINS if f.name in _COLUMNS])
_HALF: Final = 0.5
_DOMINANT: Final = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The measured tables a claim is weighed on, by the measures of these names."""

    http_attacks: pa.Table
    http_origins: pa.Table
    http_attack_days: pa.Table
    http_sessions: pa.Table


def in_figures(share: float | None, countries: str, per_day: float | None) -> Claim:
    """Return a claim that was given as figures: a share of some countries, a rate per day, or both.

    Raises
    ------
    InputError
        where there is none, a share is of no country, or a country is not known.
    """
    codes = tuple(dict.fromkeys(known_country(c.strip()) for c in countries.split(",") if c.strip()))
    parts = []
    if share is not None:
        if not codes:
            raise InputError("a share of which country?", where="--share", hint="--country UA")
        parts.append(share_part(share, codes))
    if per_day is not None:
        parts.append(rate_part(per_day, () if share is not None else codes))
    if not parts:
        raise InputError(
            "nothing is claimed", where="claim", hint='"half of the attacks come from UA", or --share, --per-day'
        )
    return Claim(parts=tuple(parts))


def claim(
    folder: Path,
    claimed: Claim,
    only: Only,
    *,
    sentence: str,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Weighed:
    """Weigh a claim against the web logs of the case in `folder`.

    Raises
    ------
    VigieError
        if the unit or kind is unknown, the case file wrong or the store damaged.
    """
    if only.unit and only.unit not in UNITS:
        raise InputError(f"no unit is named {only.unit!r}", where="--unit", hint="one of " + ", ".join(UNITS))
    known = (*KINDS, *SESSION_KINDS)
    if only.kind and only.kind not in known:
        raise InputError(f"no kind is named {only.kind!r}", where="--kind", hint="one of " + ", ".join(known))
    if only.first and only.last and only.first > only.last:
        raise InputError(f"{only.last} is before {only.first}", where="--to", hint="name a later day")
    with measuring(folder):
        case = case_file.load(folder)
        store = Store(folder / STORE)
        manifest = store.manifest()
        measured = Measured(folder, case, store, manifest)
        tables = {}
        for number, name in enumerate(_READ):
            progress(name, number, len(_READ))
            measure = named(name)
            lacking = measured.lacking(measure)
            tables[name] = measure.schema.empty_table() if lacking else measured.table(measure, {})
        progress("", len(_READ), len(_READ))
    called = {s.id: f"{s.name} ({s.id})" for s in manifest.sources}
    weighed = weigh(claimed, Tables(**tables), only, sentence=sentence, called=called)
    return replace(weighed, simulated=case.election.simulated)


def weigh(
    claimed: Claim, tables: Tables, only: Only, *, sentence: str = "", called: Mapping[str, str] | None = None
) -> Weighed:
    """Weigh a claim against measured tables; `called` gives names to databases that are files of the case."""
    called = called or {}
    only = replace(only, unit=only.unit or claimed.unit or "", kind=only.kind or claimed.kind or "")
    attacks = _chosen(tables.http_attacks, only)
    placed = _chosen(tables.http_origins, only)
    days, covered = _days(tables.http_attack_days, only)
    first = deciding(placed)
    by_name = _by_name(placed)
    parts = []
    for part in claimed.parts:
        figures = _figures(part, only.unit, attacks, placed, days=covered, called=called)
        aimed = [[r for r in rows if r["aim"] == "aimed"] for rows in (attacks, placed)]
        some = 0 < len(aimed[0]) < len(attacks)
        parts.append(
            WeighedPart(
                measure=part.measure,
                words=part.words,
                countries=part.countries,
                claimed_low=part.low,
                claimed_high=None if math.isinf(part.high) else part.high,
                figures=figures,
                aimed=_figures(part, only.unit, *aimed, days=covered, called=called) if some else (),
            )
        )
    countries = tuple(dict.fromkeys(c for p in claimed.parts for c in p.countries))
    posts = _posts(tables.http_sessions, only)
    return Weighed(
        claim=sentence,
        only=only.words,
        parts=tuple(parts),
        counted=counted(attacks),
        days=days,
        databases=databases(placed, by_name, first, called),
        agreements=tuple(
            replace(a, first=called.get(a.first, a.first), second=called.get(a.second, a.second))
            for a in agreement(pa.Table.from_pylist(placed, schema=_PLACED))
        ),
        networks=networks(by_name, first, countries),
        posts=posts,
        notes=(*claimed.notes, *notes(days, posts)),
    )


def _by_name(placed: Sequence[Row]) -> dict[str, dict[str, Sender]]:
    """Return the sources by each database of addresses."""
    names = sorted({r["database"] for r in placed})
    return {name: senders(r for r in placed if r["database"] == name) for name in names}


def _figures(
    part: Part,
    unit: str,
    attacks: Sequence[Row],
    placed: Sequence[Row],
    *,
    days: Sequence[date],
    called: Mapping[str, str],
) -> tuple[Figure, ...]:
    """Weigh one figure of a claim in one unit or all; databases that know few of the sources are not asked."""
    by_name, first = _by_name(placed), deciding(placed)
    everyone = by_name[first] if first is not None else {}
    others = {
        called.get(name, name): those
        for name, those in by_name.items()
        if name != first and places(those) >= _HALF * places(everyone)
    }
    figures = [
        _share(part, u, everyone, others)
        if part.measure == "share"
        else _rate(part, u, attacks, everyone, days=days, others=others)
        for u in ((unit,) if unit else UNITS)
    ]
    if not days:
        figures = [replace(f, verdict=OPEN, why="no request of a web log is among the rows") for f in figures]
    return tuple(figures)


def _chosen(table: pa.Table, only: Only) -> list[Row]:
    """Return the attacks of a table of http_attacks or http_origins that the claim is weighed against."""
    kept = table.filter(pc.is_valid(table["session_id"]))
    rows = kept.select([c for c in _COLUMNS if c in kept.column_names]).to_pylist()
    return [
        r
        for r in rows
        if (not only.kind or r["kind"] == only.kind)
        and (not only.aimed or r["aim"] == "aimed")
        and _within(r["day"], only)
    ]


def _within(day: date, only: Only) -> bool:
    return (only.first is None or day >= only.first) and (only.last is None or day <= only.last)


def _days(table: pa.Table, only: Only) -> tuple[Days, tuple[date, ...]]:
    spans: Counter[date] = Counter()
    for day, seconds in zip(table["day"].to_pylist(), table["covered_s"].to_pylist(), strict=True):
        if day is not None and _within(day, only):
            spans[day] = max(spans[day], seconds or 0)
    covered = sorted(spans)
    if not covered:
        return Days(covered=0, first=None, last=None, missing=0, first_h=0.0, last_h=0.0), ()
    first, last = covered[0], covered[-1]
    missing = (last - first).days + 1 - len(covered)
    hours = {d: round(spans[d] / 3_600, 1) for d in (first, last)}
    made = Days(covered=len(covered), first=first, last=last, missing=missing, first_h=hours[first], last_h=hours[last])
    return made, tuple(covered)


def _share(part: Part, unit: str, those: Mapping[str, Sender], others: Mapping[str, Mapping[str, Sender]]) -> Figure:
    """Weigh the share of some countries among the sources whose country is known."""
    known = [s for s in those.values() if s.country is not None]
    unknown = [s for s in those.values() if s.country is None]
    inside = sum(s.sent[unit] for s in known if s.country in part.countries)
    of, more = sum(s.sent[unit] for s in known), sum(s.sent[unit] for s in unknown)
    figure = Figure(
        unit=unit,
        measured=None,
        inside=inside,
        known=of,
        unknown=more,
        private=sum(s.sent[unit] for s in unknown if s.place != "public"),
        sources=len(known),
        least=inside / (of + more) if of + more else None,
        most=(inside + more) / (of + more) if of + more else None,
        verdict=OPEN,
        why="no attack among the rows" if not of + more else "of no source the country is known",
    )
    if not known:
        return figure
    measured = _interval(part, unit, known)
    verdict, why = judge(part, measured)
    if (largest := max(s.sent[unit] for s in known)) > _DOMINANT * of and len(known) > 1:
        why += f"; one source sent {100 * largest / of:.0f} % of them"
    by_others = tuple(_by_database(part, unit, name, them) for name, them in others.items())
    if more and {judge(part, _interval(part, unit, those.values(), unknown=u))[0] for u in (True, False)} != {verdict}:
        verdict, why = OPEN, "it depends on those whose country is not known"
    elif different := [o for o in by_others if o.verdict != verdict]:
        verdict, why = (
            OPEN,
            f"the databases of addresses differ: {different[0].database} would say: {different[0].verdict}",
        )
    return replace(figure, measured=measured, verdict=verdict, why=why, others=by_others)


def _interval(part: Part, unit: str, those: Iterable[Sender], *, unknown: bool = False) -> Interval:
    """Return the share of the countries; `unknown` tells whether an unknown country counts as one of them."""
    listed = list(those)
    weights = np.array([s.sent[unit] for s in listed], np.int64)
    inside = np.array([unknown if s.country is None else s.country in part.countries for s in listed], np.bool_)
    found = cluster_share(weights, inside)
    return Interval(found.share, found.low, found.high)


def _by_database(part: Part, unit: str, name: str, those: Mapping[str, Sender]) -> ByDatabase:
    measured = _interval(part, unit, [s for s in those.values() if s.country is not None])
    return ByDatabase(database=name, measured=measured, verdict=judge(part, measured)[0])


def _rate(
    part: Part,
    unit: str,
    attacks: Sequence[Row],
    everyone: Mapping[str, Sender],
    *,
    days: Sequence[date],
    others: Mapping[str, Mapping[str, Sender]],
) -> Figure:
    """Weigh a rate per day, of all attacks or of those from some countries."""

    def of(those: Mapping[str, Sender], *, unknown: bool) -> list[Row]:
        if not part.countries:
            return list(attacks)
        wanted = {a for a, s in those.items() if (unknown if s.country is None else s.country in part.countries)}
        return [r for r in attacks if r["address"] in wanted]

    if not days:
        return Figure(
            unit=unit, measured=None, inside=0, known=0, unknown=0, private=0, sources=0, least=None, most=None,
            verdict=OPEN, why="no day is covered",
        )  # fmt: skip
    rows = of(everyone, unknown=False)
    measured, inside = _daily(unit, rows, days)
    verdict, why = judge(part, measured)
    figure = Figure(
        unit=unit,
        measured=measured,
        inside=inside,
        known=inside,
        unknown=0,
        private=0,
        sources=len({r["address"] for r in rows}),
        least=measured.value,
        most=measured.value,
        verdict=verdict,
        why=why,
    )
    if part.countries:
        apart = [s for s in everyone.values() if s.country is None]
        highest, most = _daily(unit, of(everyone, unknown=True), days)
        by_others = []
        for name, those in others.items():
            theirs = _daily(unit, of(those, unknown=False), days)[0]
            by_others.append(ByDatabase(database=name, measured=theirs, verdict=judge(part, theirs)[0]))
        figure = replace(
            figure,
            unknown=most - inside,
            private=sum(s.sent[unit] for s in apart if s.place != "public"),
            most=highest.value,
            others=tuple(by_others),
        )
        if judge(part, highest)[0] != verdict:
            figure = replace(figure, verdict=OPEN, why="it depends on those whose country is not known")
        elif different := [o for o in by_others if o.verdict != verdict]:
            said = f"the databases of addresses differ: {different[0].database} would say: {different[0].verdict}"
            figure = replace(figure, verdict=OPEN, why=said)
    if len(days) < DAYS_MIN:
        few = f"only {len(days)} day{'s' if len(days) > 1 else ''} of log: how days differ cannot be seen"
        figure = replace(figure, verdict=OPEN, why=few)
    return figure


def _daily(unit: str, rows: Sequence[Row], days: Sequence[date]) -> tuple[Interval, int]:
    """Return the rate per covered day, and the count; a session counts on the first of its days."""
    place = {day: n for n, day in enumerate(days)}
    cells: Counter[tuple[str, int]] = Counter()
    if unit == "requests":
        for r in rows:
            cells[r["address"], place[r["day"]]] += r["requests"]
    elif unit == "sessions":
        begun: dict[str, tuple[int, str]] = {}
        for r in rows:
            at = (place[r["day"]], r["address"])
            begun[r["session_id"]] = min(begun.get(r["session_id"], at), at)
        cells.update((address, day) for day, address in begun.values())
    else:
        cells.update({(r["address"], place[r["day"]]): 1 for r in rows})
    keys = sorted(cells)
    number = {a: n for n, a in enumerate(sorted({a for a, _ in keys}))}
    counts = np.array([cells[k] for k in keys], np.int64)
    source = np.array([number[a] for a, _ in keys], np.int64)
    found = daily_rate(counts, source, np.array([d for _, d in keys], np.int64), len(days))
    return Interval(found.mean, found.low, found.high), found.total


def _posts(sessions: pa.Table, only: Only) -> int:
    columns = sessions.select(["first_seen", "posts"]).to_pydict()
    seen = zip(columns["first_seen"], columns["posts"], strict=True)
    return sum(n or 0 for t, n in seen if t is not None and _within(t.date(), only))
