"""The briefing's section on texts that were copied, put together from what was measured."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie.briefings.copies import Arrival, Copies, Detail, Family, Member, Shown, Variant
from vigie.briefings.copies_section import DETECTORS
from vigie.engine.fragments import ROW_ORDER
from vigie.engine.local import LocalEngine
from vigie.measures import named
from vigie.rules.changes import kind_of_change
from vigie.rules.spread import arrival_of, firsts_of, spread_of
from vigie.rules.spread_slots import NOT_DECLARED
from vigie.run.add import relation
from vigie.run.families import CANNOT_SAY, SAID, identifier
from vigie.run.family_changes import compared
from vigie.text.differences import differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vigie.rules.spread import First
    from vigie.run.analyse import Measured
    from vigie.tables.store import Manifest, Store

    Row = dict[str, Any]

_LISTED_MAX: Final = 2_000
_DRAWN_MAX: Final = 12
_DETAILED_MAX: Final = 6
_MEMBERS_MAX: Final = 5_000
_ROWS_MAX: Final = 20_000
_ARRIVALS_MAX: Final = 500
_TEXTS_MAX: Final = 400
_VARIANTS_MAX: Final = 4
_TEXT: Final = 10_000
_BEGINNING: Final = 300
# What a reader learns most from comes first; a copy written otherwise shows what was hidden in it.
_KINDS: Final = ("template", "reworded", "truncated", "extended", "quoted", "surface", "exact")
_EVIDENCE: Final = pa.schema([("finding", pa.string()), ("detector", pa.string()), ("row_id", pa.string())])
_ORDER: Final = f"row(time, platform, {ROW_ORDER})"
# A time stands for all of its second, minute or day.
_OWN: Final = """
    select *, platform || ':' || channel_id as channel,
        case when precision_s = 1 then epoch_us(time) // 1000000 * 1000000 else epoch_us(time) end as begin_us
    from near where family_id is not null and not is_repost
"""
_FAMILIES_SQL: Final = f"""
with own as ({_OWN}),
    firsts as (select family_id, min(begin_us + precision_s * 1000000::bigint) as end_us
        from own group by family_id),
    reposts as (select family_id, count(*) as reposts from near where family_id is not null and is_repost group by all),
    resting as (select distinct family_id, finding, detector
        from near join evidence using (row_id) where family_id is not null),
    found as (select family_id, list(distinct finding order by finding) as findings from resting group by family_id),
    summed as (
select family_id, count(*) as posts, any_value(coalesce(reposts, 0)) as reposts, count(distinct channel) as channels,
    count(distinct channel) filter (begin_us < end_us) as same_instant, max(precision_s) as precision_s,
    min(time) as first, max(time) as last, arg_min(row_id, {_ORDER}) as first_id,
    arg_min(channel, {_ORDER}) as first_channel, any_value(found.findings) as findings
from own join firsts using (family_id) left join reposts using (family_id) left join found using (family_id)
group by family_id),
    placed as (select family_id, row_number() over (
            partition by detector order by channels desc, posts desc, first, family_id) as place
        from summed join (select distinct family_id, detector from resting) using (family_id)),
    best as (select family_id, min(place) as place from placed group by family_id)
select summed.* from summed left join best using (family_id)
order by place nulls last, channels desc, posts desc, first, family_id
"""
_TOTALS_SQL: Final = f"""
select (select count(*) from families) as total, (select count(*) from families where channels = 1) as one_channel,
    (select coalesce(sum(reposts), 0) from families) as reposts,
    count(*) as posts, count(distinct channel) as channels,
    (select coalesce(sum(hour_posts), 0) from near) as every
from ({_OWN})
"""
_COUNTS_SQL: Final = f"""
with own as (select * from ({_OWN}) semi join listed using (family_id))
select family_id, 'platform' as what, platform as value, count(*) as n from own group by all
union all select family_id, 'tier', tier, count(distinct channel) from own group by all
union all select family_id, 'kind', kind, count(*) from own group by all
union all select family_id, 'agency', agency, count(*) from own where agency is not null group by all
order by family_id, what, n desc, value nulls last
"""
_BEGINNINGS_SQL: Final = f"""
select row_id, left({SAID}, $most) as said, length({SAID}) as characters
from posts semi join listed on posts.row_id = listed.first_id
"""
_ROWS_SQL: Final = f"""
select * from ({_OWN}) semi join drawn using (family_id)
qualify row_number() over (partition by family_id order by time, platform, {ROW_ORDER}) <= $most
order by family_id, time, platform, {ROW_ORDER}
"""
_NAMES_SQL: Final = "select row_id, channel_name from posts semi join named using (row_id)"
# Texts in the order in which members drawn without regard to time or place would bring them.
_TEXTS_SQL: Final = f"""
with texts as (
    select family_id, {SAID} as said, count(*) as posts, min(kind) as kind, min(md5(row_id)) as drawn,
        arg_min(struct_pack(row_id, time, precision_s, channel), {_ORDER}) as one
    from ({_OWN}) join (select row_id, text, title from posts) using (row_id) semi join drawn using (family_id)
    group by family_id, said)
select *, count(*) over (partition by family_id) as texts from texts
qualify row_number() over (partition by family_id order by drawn) <= $most
order by family_id, drawn
"""


def copies(
    measured: Measured,
    store: Store,
    manifest: Manifest,
    values: Mapping[str, Any],
    findings: Iterable[Mapping[str, Any]],
) -> Copies | None:
    """Return the section, with the parameters `values` of copied_text; None where the case has no posts.

    `findings` are rows of FINDINGS; those of `copies_section.DETECTORS` rest on families.
    """
    measure = named("near_duplicates")
    if measured.lacking(measure):
        return None
    near = measured.table(measure, values)
    return composed(near, relation(store, "posts", manifest), findings, words_min=values["words_min"])


def composed(near: pa.Table, posts: Any, findings: Iterable[Mapping[str, Any]], *, words_min: int) -> Copies:
    """Put the section together from the table near_duplicates and the posts it was made of."""
    with LocalEngine({"near": near, "posts": posts, "evidence": _evidence(findings)}) as engine:
        engine.put("families", engine.query(_FAMILIES_SQL))
        totals = engine.query(_TOTALS_SQL).to_pylist()[0]
        listed = engine.query("select * from families limit $most", most=_LISTED_MAX)
        engine.put("listed", listed)
        counts: dict[tuple[str, str], dict[Any, int]] = {}
        for r in engine.query(_COUNTS_SQL).to_pylist():
            counts.setdefault((r["family_id"], r["what"]), {})[r["value"]] = r["n"]
        said = {r["row_id"]: r for r in engine.query(_BEGINNINGS_SQL, most=_TEXT).to_pylist()}
        rows = listed.to_pylist()
        families = tuple(_family(row, counts, said[row["first_id"]]["said"]) for row in rows)
        # A family on one channel is nobody's copy: it is drawn only where a finding rests on it.
        drawn = [n for n, f in enumerate(families[:_DRAWN_MAX]) if f.channels > 1 or f.findings]
        engine.put("drawn", listed.slice(0, len(drawn)))
        members = _by_family(engine.query(_ROWS_SQL, most=_ROWS_MAX))
        engine.put("drawn", listed.slice(0, min(len(drawn), _DETAILED_MAX)))
        texts = _by_family(engine.query(_TEXTS_SQL, most=_TEXTS_MAX))
        firsts = {
            rows[n]["family_id"]: firsts_of(members[rows[n]["family_id"]])[:_ARRIVALS_MAX]
            for n in drawn
            if n < _DETAILED_MAX
        }
        idents = [first.row_id for those in firsts.values() for first in those]
        engine.put("named", pa.table({"row_id": pa.array(idents, pa.string())}))
        names = {r["row_id"]: r["channel_name"] for r in engine.query(_NAMES_SQL).to_pylist()}
        shown = tuple(
            Shown(
                family=families[n],
                members=tuple(_member(r) for r in members[rows[n]["family_id"]][:_MEMBERS_MAX]),
                detail=_detail(
                    rows[n],
                    said[rows[n]["first_id"]],
                    firsts=firsts[rows[n]["family_id"]],
                    names=names,
                    members=members[rows[n]["family_id"]],
                    texts=texts[rows[n]["family_id"]],
                    agencies=counts.get((rows[n]["family_id"], "agency"), {}),
                )
                if n < _DETAILED_MAX
                else None,
            )
            for n in drawn
        )
    found = spread_of(near)
    chains = (replace(chain, examples=tuple(map(identifier, chain.examples))) for chain in found.chains)
    return Copies(
        families=families,
        shown=shown,
        spread=replace(found, chains=tuple(chains)) if found.families else None,
        total=totals["total"],
        one_channel=totals["one_channel"],
        posts=totals["every"],
        family_posts=totals["posts"],
        family_reposts=totals["reposts"],
        family_channels=totals["channels"],
        words_min=words_min,
        cannot_say=CANNOT_SAY,
    )


def _evidence(findings: Iterable[Mapping[str, Any]]) -> pa.Table:
    rests = [(f["id"], f["detector"], i) for f in findings if f["detector"] in DETECTORS for i in f["evidence_ids"]]
    return pa.table({name: [r[n] for r in rests] for n, name in enumerate(_EVIDENCE.names)}, schema=_EVIDENCE)


def _by_family(table: pa.Table) -> dict[str, list[Row]]:
    return {key: list(rows) for key, rows in groupby(table.to_pylist(), key=lambda r: str(r["family_id"]))}


def _family(row: Row, counts: Mapping[tuple[str, str], dict[Any, int]], text: str) -> Family:
    ident = row["family_id"]
    return Family(
        ident=identifier(ident),
        text=text[:_BEGINNING],
        posts=row["posts"],
        reposts=row["reposts"],
        channels=row["channels"],
        same_instant=row["same_instant"],
        platforms=counts[ident, "platform"],
        tiers={tier or "": n for tier, n in counts[ident, "tier"].items()},
        kinds=counts[ident, "kind"],
        first=row["first"],
        last=row["last"],
        first_channel=row["first_channel"],
        precision_s=row["precision_s"],
        findings=tuple(row["findings"] or ()),
    )


def _member(row: Row) -> Member:
    return Member(
        row_id=row["row_id"],
        time=row["time"],
        precision_s=row["precision_s"],
        channel=row["channel"],
        outlet=row["outlet"],
        tier=row["tier"],
        similarity=row["similarity"],
        kind=row["kind"],
        agency=row["agency"],
    )


def _detail(
    family: Row,
    said: Row,
    *,
    firsts: Sequence[First],
    names: Mapping[str, str | None],
    members: Sequence[Row],
    texts: Sequence[Row],
    agencies: Mapping[str, int],
) -> Detail:
    by_id = {r["row_id"]: r for r in members}
    first = said["said"]
    template = compared(first, [(t["said"][:_TEXT], t["posts"]) for t in texts])[2]
    return Detail(
        channels=family["channels"],
        arrivals=tuple(
            Arrival(
                row_id=f.row_id,
                time=f.time,
                precision_s=f.precision_s,
                channel=f.channel,
                name=_telling(names.get(f.row_id), f.channel),
                outlet=f.outlet,
                tier=None if f.tier == NOT_DECLARED else f.tier,
                lag_s=f.lag_s,
                agency=by_id[f.row_id]["agency"],
            )
            for f in firsts
        ),
        independent=arrival_of(members),
        agencies=agencies,
        text=first,
        characters=said["characters"],
        texts=texts[0]["texts"] if texts else 0,
        variants=tuple(_variants(first, texts)),
        template=template,
    )


def _telling(name: str | None, channel: str) -> str | None:
    """Return the name a channel shows, where it says more than the identifier."""
    return name if name and name.casefold() != channel.partition(":")[2].casefold() else None


def _variants(first: str, texts: Sequence[Row]) -> Iterable[Variant]:
    """Yield a text of each kind of change, of those that most posts carry; the most instructive kinds."""
    by_kind: dict[str, list[Row]] = {}
    for row in texts:
        if row["said"][:_TEXT] != first:
            kind = row["kind"] or kind_of_change(first, row["said"][:_TEXT]).kind
            by_kind.setdefault(kind, []).append(row)
    if "exact" in by_kind:
        by_kind["exact"] = [r for r in by_kind["exact"] if _looks_differ(first, r["said"][:_TEXT])]
    for kind in [k for k in _KINDS if by_kind.get(k)][:_VARIANTS_MAX]:
        row = min(by_kind[kind], key=lambda r: (-r["posts"], r["one"]["time"], r["one"]["row_id"]))
        yield Variant(
            kind=kind,
            text=row["said"][:_TEXT],
            characters=len(row["said"]),
            posts=row["posts"],
            row_id=row["one"]["row_id"],
            time=row["one"]["time"],
            precision_s=row["one"]["precision_s"],
            channel=row["one"]["channel"],
        )


def _looks_differ(first: str, other: str) -> bool:
    """Return whether anything but white space differs between texts of one key."""
    return any(p.kind != "same" and (p.first.strip() or p.other.strip()) for p in differences(first, other))
