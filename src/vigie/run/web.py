"""The briefing's section on the web servers, put together from what was measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.compute as pc

from vigie.briefings.web import (
    AimLine,
    KindLine,
    OriginLine,
    SessionLine,
    Share,
    Step,
    SuccessLine,
    Units,
    WebAttacks,
)
from vigie.kernels.cluster_share import cluster_share
from vigie.measures import named
from vigie.measures.http_origins import agreement
from vigie.rules.kinds import kind_name
from vigie.rules.origin import UNITS, deciding, places, senders, tally
from vigie.rules.success import FAILED
from vigie.run.rows import stored_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    import pyarrow as pa

    from vigie.measures.http_origins import Agreement
    from vigie.run.analyse import Measured
    from vigie.tables.store import Manifest, Store

    Row = dict[str, Any]

_STEPS_MAX: Final = 5_000
_INTERVALS_MAX: Final = 40
_AIMS: Final = {
    "aimed": (
        "Aimed at this site",
        "names of the case's own in what was sent, or several payloads to pages of this site that few others ask for",
    ),
    "background": (
        "Background",
        "what many addresses ask for again and again, or little, none of which works on a page of this site",
    ),
    "unclear": ("Cannot be told", "neither is shown; a log of a few days does not tell what is usual"),
}


def web_attacks(measured: Measured, store: Store, manifest: Manifest) -> WebAttacks | None:
    """Return the section; None where the case has no web log."""
    if measured.lacking(named("http_attacks")):
        return None
    attacks = measured.table(named("http_attacks"), {}).to_pylist()
    covered = [r for r in measured.table(named("http_attack_days"), {}).to_pylist() if r["kind"] is None]
    days = sorted({r["day"] for r in covered})
    sessions = measured.table(named("http_sessions"), {})
    placed = measured.table(named("http_origins"), {})
    origins = [r for r in placed.to_pylist() if r["session_id"] is not None]
    first = deciding(origins)
    shown = [r for r in origins if r["database"] == first]
    signs = {
        i: (kind_name(r["kind"]), w)
        for r in attacks
        for i, w in zip(r["succeeded_ids"], r["succeeded_why"], strict=True)
    }
    rows = stored_rows(store, manifest, signs)
    names = {s.id: s.name for s in manifest.sources}
    return WebAttacks(
        days=tuple(days),
        counted=units(attacks),
        all_requests=sum(r["host_requests"] for r in covered),
        posts=int(np.sum(sessions["posts"].to_numpy())),
        kinds=kind_lines(attacks, days),
        aims=aim_lines(attacks),
        origins=origin_lines(shown),
        aimed_origins=origin_lines([r for r in shown if r["aim"] == "aimed"]),
        elsewhere=units(r for r in shown if r["country"] is None),
        databases=(*database_lines(origins, first, names), *agreement_lines(agreement(placed), names)),
        succeeded=tuple(
            sorted(
                (_success(ident, row, *signs[ident]) for ident, row in rows.items()),
                key=lambda line: (line.failed, line.time, line.row_id),
            )
        ),
        session=_session(attacks, sessions, store, manifest),
    )


def units(rows: Iterable[Row]) -> Units:
    """Count rows of http_attacks in each of the units."""
    return Units(**tally(rows))


def kind_lines(attacks: Sequence[Row], days: Iterable[date]) -> tuple[KindLine, ...]:
    """Return a line for each kind, the most requests first; a covered day without any is zero."""
    of_kind: dict[str, list[Row]] = defaultdict(list)
    for row in attacks:
        of_kind[row["kind"]].append(row)
    covered = sorted(days)
    lines = []
    for kind, rows in of_kind.items():
        daily: Counter[Any] = Counter()
        for row in rows:
            daily[row["day"]] += row["requests"]
        lines.append(
            KindLine(
                name=kind_name(kind),
                counted=units(rows),
                aimed=sum(r["requests"] for r in rows if r["aim"] == "aimed"),
                days={day: float(daily[day]) for day in covered},
            )
        )
    return tuple(sorted(lines, key=lambda line: (-line.counted.requests, line.name)))


def aim_lines(attacks: Sequence[Row]) -> tuple[AimLine, ...]:
    """Return a line for each aim, whether any session has it or not."""
    return tuple(
        AimLine(name=name, meaning=meaning, counted=units(r for r in attacks if r["aim"] == aim))
        for aim, (name, meaning) in _AIMS.items()
    )


def origin_lines(origins: Sequence[Row]) -> tuple[OriginLine, ...]:
    """Return each country's share among the attacks whose country is known, by unit, the largest first."""
    sources = senders(r for r in origins if r["country"] is not None).values()
    country = np.array([s.country for s in sources], dtype=object)
    weights = {unit: np.array([s.sent[unit] for s in sources], dtype=np.int64) for unit in UNITS}
    requests: Counter[str] = Counter()
    for name, sent in zip(country.tolist(), weights["requests"].tolist(), strict=True):
        requests[name] += sent
    lines = []
    for place, name in enumerate(sorted(requests, key=lambda c: (-requests[c], c))):
        inside = country == name
        # A session is one address's, and an address in one country: the units add up.
        counted = {unit: int(weights[unit][inside].sum()) for unit in UNITS}
        shares = {}
        for unit in UNITS:
            if place < _INTERVALS_MAX:
                found = cluster_share(weights[unit], inside)
                shares[unit] = Share(value=100 * found.share, low=100 * found.low, high=100 * found.high)
            else:
                part = counted[unit] / int(weights[unit].sum())
                shares[unit] = Share(value=100 * part, low=None, high=None)
        lines.append(OriginLine(country=name, counted=Units(**counted), shares=shares))
    return tuple(lines)


def database_lines(origins: Sequence[Row], first: str | None, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each database of addresses, the deciding one, `first`, before the others.

    Each with its date, how many sources it places, and in which kinds of network; `names` of those that are files.
    """
    of: dict[str, list[Row]] = defaultdict(list)
    for row in origins:
        of[row["database"]].append(row)
    lines = []
    for name, rows in sorted(of.items(), key=lambda item: (item[0] != first, item[0])):
        built = min((r["database_date"] for r in rows if r["database_date"] is not None), default=None)
        when = f"built {built}" if built is not None else "gives no date of its own"
        those = senders(rows)
        kinds = Counter(s.network_kind for s in those.values() if s.network_kind is not None)
        said = f"{names.get(name, name)} ({when}) knows the country of {places(those):,} of {len(those):,} sources"
        if kinds:
            said += "; kind of network: " + ", ".join(f"{kind} {n:,}" for kind, n in sorted(kinds.items()))
        lines.append(said)
    return tuple(lines)


def agreement_lines(pairs: Iterable[Agreement], names: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each two databases that both know some address, in all and by kind of network."""
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    for pair in pairs:
        if pair.addresses:
            where = "" if pair.where == "all" else f" {'in hosting' if pair.where == 'hosting' else 'elsewhere'}"
            said[pair.first, pair.second].append(f"{pair.agree:,} of {pair.addresses:,} addresses{where}")
    return tuple(
        f"{names.get(first, first)} and {names.get(second, second)} name the same country for {', '.join(parts)}"
        for (first, second), parts in sorted(said.items())
    )


def _session(attacks: Sequence[Row], sessions: pa.Table, store: Store, manifest: Manifest) -> SessionLine | None:
    """Return the aimed session with the most attack requests, or where none is aimed the largest of all."""
    size: Counter[str] = Counter()
    aim: dict[str, tuple[str, list[str]]] = {}
    for row in attacks:
        size[row["session_id"]] += row["requests"]
        aim[row["session_id"]] = (row["aim"], row["aim_why"])
    if not size:
        return None
    chosen = min(size, key=lambda ident: (aim[ident][0] != "aimed", -size[ident], ident))
    (session,) = sessions.filter(pc.field("session_id") == chosen).to_pylist()
    own = [r for r in attacks if r["session_id"] == chosen]
    kinds = {i: r["kind"] for r in own for i in r["evidence_ids"]}
    why = {i: w for r in own for i, w in zip(r["succeeded_ids"], r["succeeded_why"], strict=True)}
    rows = stored_rows(store, manifest, {*kinds, *session["request_ids"]})
    steps = [
        Step(
            time=row["time"],
            lane=kinds.get(ident, "other"),
            what=_request(row),
            status=row["status"],
            succeeded=why.get(ident, ""),
        )
        for ident, row in sorted(rows.items(), key=lambda item: (item[1]["time"], item[0]))
    ]
    return SessionLine(
        address=session["address"],
        user_agent=session["user_agent"],
        host=session["host"],
        called=session["called"].replace("_", " "),
        aim=aim[chosen][0],
        why=(*session["why"], *aim[chosen][1]),
        requests=session["requests"],
        steps=tuple(steps[:_STEPS_MAX]),
    )


def _success(ident: str, row: Mapping[str, Any], kind: str, why: str) -> SuccessLine:
    return SuccessLine(
        row_id=ident,
        time=row["time"],
        kind=kind,
        host=row["host"],
        page=row["path"],
        what=_request(row),
        status=row["status"],
        why=why,
        failed=why.startswith(FAILED),
    )


def _request(row: Mapping[str, Any]) -> str:
    """Return the request line's method and target, as logged."""
    query = f"?{row['query']}" if row["query"] is not None else ""
    return f"{row['method']} {row['path']}{query}" if row["method"] is not None else f"{row['path']}{query}"
