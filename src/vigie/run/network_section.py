"""The briefing's section on accounts that act together, put together from what was measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.briefings.networks import (
    Burst,
    Crowd,
    Explanation,
    KindLine,
    KindOverlap,
    Member,
    Network,
    Networks,
    Pair,
    Pushed,
    Tail,
)
from vigie.measures import named
from vigie.rules.network_standing import Bar
from vigie.run.add import relation
from vigie.run.network_chain import (
    UNREADABLE,
    declared_in,
    inside,
    members_of,
    names_of,
    of_row,
    tested,
    together,
)
from vigie.run.rows import stored_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime, tzinfo

    from vigie.case import Case
    from vigie.rules.network_standing import Standing
    from vigie.run.analyse import Measured
    from vigie.run.network_chain import Declared, Row
    from vigie.tables.store import Manifest, Store

    Met = dict[tuple[str, str], dict[str, datetime]]
    Lookup = Callable[[Iterable[str]], Mapping[str, Row]]

_CROWDS_MAX: Final = 500
_EXAMPLE: Final = 300
_BATCH: Final = 100_000
_POST: Final = ("network", "object_kind", "object_id", "row", "time")
_TAILS: Final = tuple(10.0 ** -(n / 2) for n in range(25))


def coordination(
    measured: Measured, store: Store, manifest: Manifest, case: Case, values: Mapping[str, Any]
) -> Networks | None:
    """Return the section, with the parameters `values` of coordinated_network; None where the case has no posts."""
    if measured.lacking(named("networks")):
        return None
    return composed(
        measured.table(named("networks"), values),
        measured.table(named("co_share_edges"), values),
        measured.table(named("co_share_meetings"), values),
        channels=case.tables()["case_channels"].to_pylist(),
        zone=case.tz,
        lookup=lambda idents: stored_rows(store, manifest, idents),
        names=lambda members: names_of(relation(store, "posts", manifest), members),
        shares=lambda: measured.table(named("shares"), values),
        q_max=values["q_max"],
        bar=Bar.of(values),
    )


def composed(
    networks: pa.Table,
    edges: pa.Table,
    meetings: pa.Table,
    *,
    channels: Sequence[Row],
    zone: tzinfo,
    lookup: Lookup,
    names: Callable[[Iterable[str]], Mapping[str, str]],
    shares: Callable[[], pa.Table],
    q_max: float,
    bar: Bar,
) -> Networks:
    """Put the section together from the tables networks, co_share_edges and co_share_meetings.

    `channels` are rows of `case_channels`; `lookup` gives stored posts by their row ids, `names` those that channels
    show to readers, `shares` the table of that name.
    """
    rows = networks.to_pylist()
    met = _by_object(posts_met(meetings, rows), len(rows))
    crowds = sorted(
        of_row(edges, "crowd").to_pylist(),
        key=lambda r: (-r["channels"], r["object_kind"], r["object_id"]),
    )
    examples = _examples(rows, met, lookup)
    of_crowds = _crowd_examples(crowds[:_CROWDS_MAX], shares, lookup)
    shown = names(channel for row in rows for channel in row["members"])
    # A name that says no more than the identifier is none to a reader.
    telling = {c: name for c, name in shown.items() if name and name != c.partition(":")[2]}
    declared = declared_in(channels)
    paired = of_row(edges, "pair")
    return Networks(
        networks=tuple(
            _network(
                row,
                found,
                zone=zone,
                declared=declared,
                names=telling,
                examples=examples,
                standing=bar.standing(row),
            )
            for row, found in zip(rows, met, strict=True)
        ),
        pairs=_pairs(together(edges, q_max)),
        crowds=tuple(
            Crowd(
                kind=r["object_kind"],
                thing=r["object_id"],
                example=of_crowds.get((r["object_kind"], r["object_id"])),
                channels=r["channels"],
                shares=r["meetings"],
                first=r["first_seen"],
                last=r["last_seen"],
            )
            for r in crowds[:_CROWDS_MAX]
        ),
        kinds=kind_lines(edges, q_max),
        tails=tail_lines(paired),
        tests=tested(edges),
        q_max=q_max,
        explained_max=bar.explained_max,
        channels_min=bar.channels_min,
        objects_min=bar.objects_min,
    )


def kind_lines(edges: pa.Table, q_max: float) -> tuple[KindLine, ...]:
    """Return a line for each kind of object that has a pair, a crowd or passed shares, by name."""
    parts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    q = edges["q_value"].to_numpy()  # null becomes NaN, which is beyond nothing
    marked = edges.select(["row", "object_kind", "window_s", "meetings"])
    marked = marked.append_column("beyond", pa.array((q <= q_max).astype(np.int64)))
    grouped = marked.group_by(["row", "object_kind", "window_s"]).aggregate(
        [([], "count_all"), ("beyond", "sum"), ("meetings", "sum")]
    )
    for row in grouped.to_pylist():
        line = parts[row["object_kind"], row["window_s"]]
        line[row["row"]] += row["meetings_sum"] if row["row"] == "passed" else row["count_all"]
        if row["row"] == "pair":
            line["beyond"] += row["beyond_sum"]
    return tuple(
        KindLine(
            kind=kind,
            window_s=window_s,
            pairs=line["pair"],
            beyond_chance=line["beyond"],
            crowds=line["crowd"],
            passed=line["passed"],
        )
        for (kind, window_s), line in sorted(parts.items())
    )


def tail_lines(paired: pa.Table) -> tuple[Tail, ...]:
    """Return how many pairs have a p of at most 1, 0.3, 0.1 and so on, to the first that none has or 10^-12.

    By chance alone at most that part of all tests would: p of whole numbers are rather too large than too small.
    """
    p = np.sort(paired["p_value"].drop_null().to_numpy())
    tests = tested(paired)
    lines: list[Tail] = []
    for at in _TAILS:
        pairs = int(np.searchsorted(p, at, side="right"))
        lines.append(Tail(p_value=at, pairs=pairs, expected=tests * at))
        if not pairs and tests * at < 1:
            break
    return tuple(lines) if tests else ()


def _pairs(beyond: pa.Table) -> tuple[Pair, ...]:
    """Return the pairs, the least probable first."""
    pairs = (
        Pair(
            kind=r["object_kind"],
            a=r["channel_a"],
            b=r["channel_b"],
            objects=r["objects"],
            meetings=r["meetings"],
            expected=r["expected"],
            p_value=r["p_value"],
            q_value=r["q_value"],
            delay_s=r["delay_s"],
            a_first=r["a_first"],
            first=r["first_seen"],
            last=r["last_seen"],
        )
        for r in beyond.to_pylist()
    )
    return tuple(sorted(pairs, key=lambda p: (p.p_value, -p.objects, p.a, p.b, p.kind)))


def posts_met(meetings: pa.Table, rows: Sequence[Row]) -> pa.Table:
    """Return the posts that met another member's of a network among `rows`, each once an object.

    Columns network (its position), object_kind, object_id, row, time.
    """
    met, network = inside(meetings, rows)
    met = met.append_column("network", pa.array(network))
    sides = [
        met.select(["network", "object_kind", "object_id", row, time]).rename_columns(list(_POST))
        for row, time in (("row_a", "time_a"), ("row_b", "time_b"))
    ]
    whole = pa.concat_tables(sides).group_by(list(_POST)).aggregate([])
    return whole.sort_by([(name, "ascending") for name in ("time", "row", "object_kind", "object_id")])


def _by_object(posts: pa.Table, networks: int) -> list[Met]:
    found: list[Met] = [defaultdict(dict) for _ in range(networks)]
    for batch in posts.to_batches(max_chunksize=_BATCH):
        for network, kind, thing, row, time in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            found[network][kind, thing][row] = time
    return found


def _examples(rows: Sequence[Row], met: Sequence[Met], lookup: Lookup) -> dict[tuple[str, str], str]:
    """Return the beginning of a post for each pushed object that is no readable text itself."""
    wanted: dict[tuple[str, str], str] = {}
    for row, found in zip(rows, met, strict=True):
        for pushed in row["pushed"]:
            key = (pushed["object_kind"], pushed["object_id"])
            if key[0] in UNREADABLE and key in found:
                wanted.setdefault(key, next(iter(found[key])))
    return _beginnings(wanted, lookup)


def _crowd_examples(
    crowds: Sequence[Row], shares: Callable[[], pa.Table], lookup: Lookup
) -> dict[tuple[str, str], str]:
    """Return the same for crowds, whose posts are in no meeting."""
    keys = {(r["object_kind"], r["object_id"]) for r in crowds if r["object_kind"] in UNREADABLE}
    if not keys:
        return {}
    found = shares().filter(pc.field("object_id").isin(sorted({thing for _, thing in keys})))
    firsts = found.group_by(["object_kind", "object_id"]).aggregate([("row_id", "min")]).to_pylist()
    wanted = {(r["object_kind"], r["object_id"]): r["row_id_min"] for r in firsts}
    return _beginnings({key: ident for key, ident in wanted.items() if key in keys}, lookup)


def _beginnings(wanted: Mapping[tuple[str, str], str], lookup: Lookup) -> dict[tuple[str, str], str]:
    posts = lookup(sorted(set(wanted.values())))
    texts = {key: posts[ident]["text"] or posts[ident]["title"] for key, ident in wanted.items() if ident in posts}
    return {key: text[:_EXAMPLE] for key, text in texts.items() if text}


def _network(
    row: Row,
    met: Met,
    *,
    zone: tzinfo,
    declared: Declared,
    names: Mapping[str, str],
    examples: Mapping[tuple[str, str], str],
    standing: Standing,
) -> Network:
    burst = row["created_burst"]
    return Network(
        ident=row["network_id"],
        standing=standing,
        members=tuple(Member(**known) for known in members_of(row, declared, names)),
        kinds=tuple(
            KindOverlap(kind=kind, members=members, pairs=pairs)
            for kind, members, pairs in zip(row["object_kinds"], row["kind_members"], row["kind_edges"], strict=True)
        ),
        pairs=row["edges"],
        objects=row["objects"],
        pair_objects=row["pair_objects"],
        expected=row["expected"],
        p_value=row["p_value"],
        q_value=row["q_value"],
        stability=row["stability"],
        delay_s=row["delay_s"],
        same_second=row["same_second"],
        days=row["days"],
        hours=by_hour((t for posts in met.values() for t in posts.values()), zone),
        pushed=tuple(
            Pushed(
                kind=p["object_kind"],
                thing=p["object_id"],
                example=examples.get((p["object_kind"], p["object_id"])),
                members=p["members"],
                others=p["others"],
                first=p["first_seen"],
                last=p["last_seen"],
                times=tuple(sorted(met.get((p["object_kind"], p["object_id"]), {}).values())),
            )
            for p in row["pushed"]
        ),
        candidates=tuple(zip(row["candidates"], row["candidate_posts"], strict=True)),
        created_burst=None if burst is None else Burst(**burst),
        explanations=tuple(
            Explanation(name=e["name"], share=e["share"], fits=e["fits"], says=e["says"]) for e in row["explanations"]
        ),
        explained=row["explained"],
        first=row["first_seen"],
        last=row["last_seen"],
    )


def by_hour(times: Iterable[datetime], zone: tzinfo) -> dict[tuple[date, int], int]:
    """Count instants by day and hour of the zone, in order.

    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> by_hour([datetime(2017, 4, 1, 23, 5, tzinfo=UTC)], ZoneInfo("Europe/Paris"))
    {(datetime.date(2017, 4, 2), 1): 1}
    """
    counts: Counter[tuple[date, int]] = Counter()
    for time in times:
        local = time.astimezone(zone)
        counts[local.date(), local.hour] += 1
    return dict(sorted(counts.items()))
