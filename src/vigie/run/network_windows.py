"""`vigie networks --windows` and `--period`: how the networks depend on the window, and when they exist.

Both are computed from the measured shares beside the case's own measures, which stay as they are.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine.local import LocalEngine
from vigie.errors import InputError
from vigie.measures import named
from vigie.run.analyse import measuring
from vigie.run.network_chain import (
    CHAIN,
    asked_for,
    began,
    inside,
    local_times,
    looked_at,
    of_row,
    pairs_of,
    tested,
    together,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from vigie.run.network_chain import Chain, Progress, Row

WINDOW_MAX_S: Final = 604_800
WINDOWS_MAX: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWindow:
    """What is together beyond chance at one window; `object_kind` is None for all kinds taken together.

    tests: pairs tested, of all kinds (None in the row of one kind). objects, expected: over the pairs beyond chance;
    excess: their difference. largest: no other window of this kind has a larger excess.
    """

    object_kind: str | None
    window_s: int
    tests: int | None
    pairs: int
    channels: int
    objects: int
    expected: float
    excess: float
    crowds: int
    passed: int
    largest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many of a network's pairs are together beyond chance at each window."""

    network: str
    members: int
    pairs: int
    at: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The same measure at several windows; `in_force` are the case's own, by kind."""

    simulated: bool
    windows: tuple[int, ...]
    in_force: Mapping[str, int]
    q_max: float
    rows: tuple[AtWindow, ...]
    networks: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days in which members of a network met: how many of them, at how many objects."""

    first: dt.date
    last: dt.date
    members: int
    objects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """A network of the sliding periods; `known` is the network of the whole time with most of its members, if any."""

    network: str
    members: tuple[str, ...]
    known: str | None
    shared_members: int
    objects: int
    expected: float | None
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """The networks found in sliding periods; `missing` are those of the whole time of which no member is in one."""

    simulated: bool
    time_zone: str
    days: int
    tests: int
    first: dt.date | None
    last: dt.date | None
    networks: tuple[Lasting, ...]
    missing: tuple[str, ...]


def parse_windows(text: str) -> tuple[int, ...]:
    """Return windows in seconds, ascending.

    Raises
    ------
    InputError
        if one is no whole number of seconds within a week, or they are too many.

    >>> parse_windows("60, 5,300")
    (5, 60, 300)
    """
    given = [part.strip() for part in text.split(",")]
    hint = "whole seconds with commas between: 5,10,30,60,300"
    if bad := [g for g in given if not (re.fullmatch(r"[0-9]{1,6}", g) and 1 <= int(g) <= WINDOW_MAX_S)]:
        raise InputError(f"no window of 1 to {WINDOW_MAX_S} seconds: {bad[0]!r}", where="--windows", hint=hint)
    found = tuple(sorted({int(g) for g in given}))
    if len(found) > WINDOWS_MAX:
        raise InputError(f"{len(found)} windows; at most {WINDOWS_MAX}", where="--windows", hint=hint)
    return found


def windows(folder: Path, seconds: Sequence[int], ident: str = "", *, progress: Progress = lambda *_: None) -> Windows:
    """Return what is together beyond chance at each window, for the kinds of object that the case looks at.

    Raises
    ------
    VigieError
        if there is nothing to look at, or no network is named so.
    """
    with measuring(folder):
        chain, tables = looked_at(folder, progress)
    rows = asked_for(tables["networks"], ident, folder)
    own = {r["network_id"]: _pairs_within(together(tables["co_share_edges"], chain.values["q_max"]), r) for r in rows}
    measure = named("co_share_edges")
    found: dict[int, pa.Table] = {}
    with LocalEngine({"shares": tables["shares"]}) as engine:
        for number, window in enumerate(seconds):
            progress(f"window {window} s", number, len(seconds))
            values = chain.values | {f"{kind}_window_s": window for kind in chain.windows}
            found[window] = engine.run(measure.made_with(values))
    progress("", len(seconds), len(seconds))
    beyond = {window: pairs_of(together(edges, chain.values["q_max"])) for window, edges in found.items()}
    return Windows(
        simulated=chain.case.election.simulated,
        windows=tuple(seconds),
        in_force=chain.windows,
        q_max=chain.values["q_max"],
        rows=tuple(at_windows(found, tuple(chain.windows), chain.values["q_max"])),
        networks=tuple(
            Standing(
                network=r["network_id"],
                members=len(r["members"]),
                pairs=len(own[r["network_id"]]),
                at=tuple(len(own[r["network_id"]] & beyond[w]) for w in seconds),
            )
            for r in rows
        ),
    )


def at_windows(found: Mapping[int, pa.Table], kinds: Sequence[str], q_max: float) -> list[AtWindow]:
    """Return the figures of `co_share_edges` made at each window: all kinds together, then each."""
    rows = []
    for kind in (None, *kinds) if len(kinds) > 1 else (None,):
        figures = {window: _figures(edges, kind, q_max) for window, edges in found.items()}
        most = max((f["excess"] for f in figures.values()), default=0.0)
        rows += [
            AtWindow(object_kind=kind, window_s=window, largest=0 < most == f["excess"], **f)
            for window, f in figures.items()
        ]
    return rows


def _figures(edges: pa.Table, kind: str | None, q_max: float) -> Row:
    of_kind = edges if kind is None else edges.filter(pc.equal(edges["object_kind"], pa.scalar(kind)))
    beyond = together(of_kind, q_max)
    objects, expected = (sum(float(v or 0) for v in beyond[c].to_pylist()) for c in ("objects", "expected"))
    pairs = pairs_of(beyond)
    return {
        "tests": tested(edges) if kind is None else None,
        "pairs": len(pairs),
        "channels": len({c for pair in pairs for c in pair}),
        "objects": int(objects),
        "expected": expected,
        "excess": objects - expected,
        "crowds": len(of_row(of_kind, "crowd")),
        "passed": sum(of_row(of_kind, "passed")["meetings"].to_pylist()),
    }


def periods(folder: Path, days: int, ident: str = "", *, progress: Progress = lambda *_: None) -> Periods:
    """Return the networks found when periods of so many days, half overlapping, are tested each by itself.

    Raises
    ------
    VigieError
        if there is nothing to look at, or no network is named so.
    """
    with measuring(folder):
        chain, tables = looked_at(folder, progress)
        sliding = _sliding(chain, tables["shares"], days, progress)
    whole = asked_for(tables["networks"], ident, folder)
    of = {m: r["network_id"] for r in whole for m in r["members"]}
    rows = [r for r in sliding["networks"].to_pylist() if not ident or any(m in of for m in r["members"])]
    spans = _spans(sliding["co_share_meetings"], rows, days, chain.case.tz)
    lasting = []
    for row, span in zip(rows, spans, strict=True):
        known = [of[m] for m in row["members"] if m in of]
        most = max(sorted(set(known)), key=known.count, default=None)
        lasting.append(
            Lasting(
                network=row["network_id"],
                members=tuple(row["members"]),
                known=most,
                shared_members=0 if most is None else known.count(most),
                objects=row["objects"],
                expected=row["expected"],
                periods=span,
            )
        )
    found = {m for r in rows for m in r["members"]}
    every = [p for n in lasting for p in n.periods]
    return Periods(
        simulated=chain.case.election.simulated,
        time_zone=chain.case.election.time_zone,
        days=days,
        tests=tested(sliding["co_share_edges"]),
        first=min((p.first for p in every), default=None),
        last=max((p.last for p in every), default=None),
        networks=tuple(lasting),
        missing=tuple(r["network_id"] for r in whole if not found.intersection(r["members"])),
    )


def _sliding(chain: Chain, shares: pa.Table, days: int, progress: Progress) -> dict[str, pa.Table]:
    """Return the tables of the chain as they are with periods, the shares given."""
    values = chain.values | {"period_days": days}
    made: dict[str, Any] = {"posts": chain.posts, **chain.case.tables(), "shares": shares}
    names = CHAIN[1:]
    for number, name in enumerate(names):
        progress(f"{name}, {days} days", number, len(names))
        measure = named(name)
        with LocalEngine({n: made[n] for n in measure.reads}) as engine:
            made[name] = engine.run(measure.made_with(values))
    progress("", len(names), len(names))
    return made


def _pairs_within(edges: pa.Table, row: Row) -> set[tuple[str, str]]:
    members = set(row["members"])
    return {pair for pair in pairs_of(edges) if members.issuperset(pair)}


def _spans(meetings: pa.Table, rows: Sequence[Row], days: int, zone: ZoneInfo) -> list[tuple[Period, ...]]:
    """Return for each network the spans of `days` with a meeting, counted from the first day with one."""
    meetings, network = inside(meetings, rows)
    if not len(meetings):
        return [() for _ in rows]
    quarters, codes = local_times(began(meetings), zone)
    start, end = quarters[0].date(), quarters[-1].date()
    columns = (meetings[c].to_pylist() for c in ("channel_a", "channel_b", "object_kind", "object_id"))
    met: dict[tuple[int, int], tuple[set[str], set[tuple[str, str]]]] = defaultdict(lambda: (set(), set()))
    for n, code, one, other, kind, ident in zip(network.tolist(), codes.tolist(), *columns, strict=True):
        members, objects = met[n, (quarters[code].date() - start).days // days]
        members.update((one, other))
        objects.add((kind, ident))
    spans: list[list[Period]] = [[] for _ in rows]
    for (n, at), (members, objects) in sorted(met.items()):
        first = start + dt.timedelta(days=at * days)
        last = min(end, first + dt.timedelta(days=days - 1))
        spans[n].append(Period(first=first, last=last, members=len(members), objects=len(objects)))
    return [tuple(s) for s in spans]
