"""`vigie networks`: the groups of channels that act together, with all that was measured of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine.local import LocalEngine
from vigie.errors import VigieError
from vigie.rules.explanations import EXCUSES
from vigie.rules.network_standing import Bar
from vigie.run.analyse import load, measuring
from vigie.run.explain import NETWORKS_DETECTOR
from vigie.run.network_chain import (
    UNREADABLE,
    Chain,
    asked_for,
    began,
    inside,
    local_times,
    members_of,
    names_of,
    of_row,
    pairs_of,
    tested,
    together,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from vigie.run.network_chain import Declared, Progress, Row

CANNOT_SAY: Final = (
    "Coordinated is not inauthentic: campaigns, newsrooms, fans and owners of several accounts act together, too.",
    "Nothing here says who is behind an account, or what they meant.",
)
_SAMPLES_SQL: Final = """
with met as (
    select object_kind, object_id, arg_min(row_a, {'time': time_a, 'row_id': row_a}) as row_id
    from meetings where object_kind in (select unnest($kinds)) group by object_kind, object_id)
select object_kind, object_id, coalesce(nullif(text, ''), title, '') as sample from met join posts using (row_id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member: `objects` shared together, `firsts` of them before all other members.

    `name` is the one its posts show last; outlet and tier are the case file's; `created` is the account's day.
    """

    channel: str
    name: str | None
    role: str
    outlet: str | None
    tier: str | None
    objects: int
    firsts: int
    stability: float
    created: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindShare:
    """How many of a network's members and pairs met at objects of one kind."""

    object_kind: str
    members: int
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """An object that members shared together; `others` counts the channels outside that shared it at any time.

    `sample` is the text of a post with it, where the object's own name tells a reader nothing.
    """

    object_kind: str
    object_id: str
    sample: str | None = None
    members: int
    others: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What else would explain a network: `share` of what its pairs shared together, and whether that fits."""

    name: str
    share: float | None
    fits: bool
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One network, as the measure `networks` describes it.

    `hours` counts its objects by the hour of their first meeting in the case's time zone; `finding` is the identifier
    of the last run's finding on the same members; `no_finding` says why the detector reports no such network, and is
    empty where it does.
    """

    id: str
    finding: str | None
    no_finding: str
    members: tuple[Member, ...]
    kinds: tuple[KindShare, ...]
    pairs: int
    objects: int
    pair_objects: int
    expected: float | None
    p_value: float | None
    q_value: float | None
    tests: int
    delay_s: float | None
    same_second: float | None
    days: int
    hours: tuple[int, ...]
    stability: float | None
    pushed: tuple[Pushed, ...]
    candidates: Mapping[str, int]
    created_burst: Mapping[str, Any] | None
    explanations: tuple[Explanation, ...]
    explained: float
    first_seen: datetime
    last_seen: datetime
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Shares that made no pairs: those of a crowd (at one object), or those passed over for want of times of day."""

    object_kind: str
    object_id: str | None
    window_s: int
    shares: int
    channels: int | None
    first_seen: datetime | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What `vigie networks` shows. `lacking` names tables without rows, without which nothing could be looked at.

    `windows` maps the kinds of object that were looked at to seconds; `tests` counts the pairs tested, `pairs` and
    `channels` those together beyond chance.
    """

    simulated: bool
    time_zone: str
    lacking: tuple[str, ...]
    windows: Mapping[str, int]
    parameters: Mapping[str, Any]
    tests: int
    pairs: int
    channels: int
    networks: tuple[Network, ...]
    crowds: tuple[Aside, ...]
    passed: tuple[Aside, ...]
    cannot_say: tuple[str, ...] = CANNOT_SAY


def networks(folder: Path, ident: str = "", *, progress: Progress = lambda *_: None) -> Looked:
    """Return what the measures say of the case's networks; with `ident`, of the one whose id begins so.

    Raises
    ------
    VigieError
        if no network or more than one begins with `ident`, the case file is wrong, or the store damaged.
    """
    with measuring(folder):
        chain = Chain(folder)
        tables = chain.tables(progress)
        names, samples = ({}, {}) if chain.lacking else _from_posts(chain, tables)
    rows = asked_for(tables["networks"], ident, folder)
    return described(chain, tables, rows, names=names, samples=samples, findings=_findings(folder))


def described(
    chain: Chain,
    tables: Mapping[str, pa.Table],
    rows: Iterable[Row],
    *,
    names: Mapping[str, str],
    samples: Mapping[tuple[str, str], str],
    findings: Mapping[tuple[str, ...], str],
) -> Looked:
    """Return rows of the measure `networks` with what stands beside them in the other tables.

    `names` are those shown to readers, by channel; `samples` are texts of posts, by object; `findings` maps the sorted
    members of one to its identifier.
    """
    rows = list(rows)
    declared = chain.declared
    hours = _hours(tables["co_share_meetings"], rows, chain.case.tz)
    made = [
        _network(row, count, names=names, samples=samples, declared=declared, findings=findings, values=chain.values)
        for row, count in zip(rows, hours, strict=True)
    ]
    made.sort(key=lambda n: bool(n.no_finding))
    edges = tables["co_share_edges"]
    beyond = together(edges, chain.values["q_max"])
    every = pa.concat_arrays([beyond[c].combine_chunks() for c in ("channel_a", "channel_b")]) if len(beyond) else None
    return Looked(
        simulated=chain.case.election.simulated,
        time_zone=chain.case.election.time_zone,
        lacking=chain.lacking,
        windows=chain.windows,
        parameters=dict(chain.values),
        tests=tested(edges),
        pairs=len(pairs_of(beyond)),
        channels=0 if every is None else len(every.unique()),
        networks=tuple(made),
        crowds=_aside(edges, "crowd"),
        passed=_aside(edges, "passed"),
    )


def _findings(folder: Path) -> dict[tuple[str, ...], str]:
    """Return the last run's findings of networks by their subjects; none where there was no run to read."""
    try:
        found = load(folder).findings.select(["detector", "id", "subject_ids"]).to_pylist()
    except VigieError:
        return {}
    return {tuple(f["subject_ids"]): f["id"] for f in found if f["detector"] == NETWORKS_DETECTOR}


def _from_posts(chain: Chain, tables: Mapping[str, pa.Table]) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Return the name each member's last post shows, and the text of one post with each object that says nothing."""
    posts = chain.posts
    with LocalEngine({"posts": posts, "meetings": tables["co_share_meetings"]}) as engine:
        samples = engine.query(_SAMPLES_SQL, kinds=list(UNREADABLE)).to_pylist()
    members = (m for row in tables["networks"].select(["members"]).to_pylist() for m in row["members"])
    return (
        names_of(posts, members),
        {(r["object_kind"], r["object_id"]): r["sample"] for r in samples},
    )


def _network(
    row: Row,
    hours: Sequence[int],
    *,
    names: Mapping[str, str],
    samples: Mapping[tuple[str, str], str],
    declared: Declared,
    findings: Mapping[tuple[str, ...], str],
    values: Mapping[str, Any],
) -> Network:
    members = [Member(**known) for known in members_of(row, declared, names)]
    members.sort(key=lambda m: (m.role != "first mover", -m.firsts, -m.objects, m.channel))
    kinds = zip(row["object_kinds"], row["kind_members"], row["kind_edges"], strict=True)
    explanations = [Explanation(**e) for e in row["explanations"]]
    return Network(
        id=row["network_id"],
        finding=findings.get(tuple(row["members"])),
        no_finding=_no_finding(row, values),
        members=tuple(members),
        kinds=tuple(KindShare(object_kind=k, members=m, pairs=e) for k, m, e in kinds),
        pairs=row["edges"],
        hours=tuple(hours),
        pushed=tuple(Pushed(**p, sample=samples.get((p["object_kind"], p["object_id"]))) for p in row["pushed"]),
        candidates=dict(zip(row["candidates"], row["candidate_posts"], strict=True)),
        created_burst=row["created_burst"],
        explanations=tuple(sorted(explanations, key=lambda e: (not e.fits, -(e.share or 0.0), e.name))),
        rows=len(row["evidence_ids"]),
        **{
            name: row[name]
            for name in (
                "objects", "pair_objects", "expected", "p_value", "q_value", "tests", "delay_s", "same_second", "days",
                "stability", "explained", "first_seen", "last_seen",
            )
        },
    )  # fmt: skip


def _no_finding(row: Row, values: Mapping[str, Any]) -> str:
    """Return why the detector reports no such network; empty where it does."""
    bar = Bar.of(values)
    match bar.standing(row):
        case "finding":
            return ""
        case "small":
            few = len(row["members"]) < bar.channels_min
            return f"fewer than {bar.channels_min} members" if few else f"fewer than {bar.objects_min} objects"
        case "chance":
            return "by chance one such network would be no surprise among all pairs tested"
        case _:
            pass
    excuses = [(e["share"], e["name"]) for e in row["explanations"] if e["fits"] and e["name"] in EXCUSES]
    return f"{max(excuses)[1]} accounts for {100 * row['explained']:.0f} %"


def _aside(edges: pa.Table, what: str) -> tuple[Aside, ...]:
    """Return the rows of that name, those of most shares first."""
    kept = [
        Aside(
            object_kind=r["object_kind"],
            object_id=r["object_id"],
            window_s=r["window_s"],
            shares=r["meetings"],
            channels=r["channels"],
            first_seen=r["first_seen"],
            last_seen=r["last_seen"],
        )
        for r in of_row(edges, what).to_pylist()
    ]
    return tuple(sorted(kept, key=lambda a: (-a.shares, a.object_kind, a.object_id or "")))


def _hours(meetings: pa.Table, rows: Sequence[Row], zone: ZoneInfo) -> list[list[int]]:
    """Return for each network its objects by the hour in `zone` of their first meeting."""
    meetings, network = inside(meetings, rows)
    times = began(meetings)
    keys = network
    for column in ("object_kind", "object_id"):
        values = pc.unique(meetings[column])
        keys = keys * len(values) + np.asarray(pc.index_in(meetings[column], values), np.int64)
    order = np.argsort(times, kind="stable")
    first = order[np.unique(keys[order], return_index=True)[1]]
    quarters, codes = local_times(times[first], zone)
    hours = np.array([q.hour for q in quarters], np.int64)[codes]
    counts: list[list[int]] = (
        np.bincount(24 * network[first] + hours, minlength=24 * len(rows)).reshape(-1, 24).tolist()
    )
    return counts
