"""Families of near-identical texts, beside the number of all posts of each hour.

Families are those of `vigie.measures.text_families` with two posts or more that are no marked reposts: a repost is in
its family's rows, but no family rests on it.

Two kinds of row:

- `family_id` set: one post of a family of at least two;
- `family_id` null: the posts of one platform in one hour (UTC) that are no marked reposts, short texts and those
  without a copy included. An hour without a post has no row.

In families on three channels or more, each different text is compared with that of the first post (the earliest; of
several at one time the first by platform, file and record): `kind` says what was changed (`vigie.rules.changes`). Of a
family with more than 200 different texts, 200 are compared, drawn without regard to time or place.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from vigie.engine import Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER
from vigie.measures import Measure, named
from vigie.rules.agencies import credited_agency
from vigie.rules.changes import CHARACTERS_COMPARED, COMPARED_LEAST, TEXTS_COMPARED, filling_of, kind_of_change
from vigie.tables import UTC_US

_S: Final[pa.DataType] = pa.string()
_CHANNELS_COMPARED: Final = 3
# Of fewer times, all may stand on whole minutes by chance.
MINUTES_ROWS: Final = 20
_PRECISION: Final = pa.schema([("source", _S), ("precision_s", pa.int32())])
_TEXTS: Final = pa.schema(
    [
        ("row_id", _S),
        ("platform", _S),
        ("channel_id", _S),
        ("time", UTC_US),
        ("family_id", _S),
        ("text_id", _S),
        ("words", pa.int32()),
        ("similarity", pa.float32()),
        ("is_repost", pa.bool_()),
        ("title", _S),
        ("text", _S),
    ]
)
_MEMBERS: Final = pa.schema(list(_TEXTS)[:-2]).append(pa.field("agency", _S))
_PAIRS: Final = pa.schema([("family_id", _S), ("text_id", _S), ("first", _S), ("other", _S)])
_KINDS: Final = pa.schema([("family_id", _S), ("text_id", _S), ("kind", _S), ("slots", _S), ("filling", _S)])
NEAR_DUPLICATES: Final = pa.schema(
    [
        ("family_id", _S),  # 32 hexadecimal digits of the hash of the core's key; null: an hour of a platform
        ("row_id", _S),
        ("time", UTC_US),  # of an hour, its beginning
        ("platform", _S),
        ("channel_id", _S),
        ("tier", _S),  # the channel's exposure tier in the case; null: not a channel of the case
        ("words", pa.int32()),  # of the post's own key
        ("similarity", pa.float32()),  # to the core, 0 to 1: shingles of both over those of either
        ("is_repost", pa.bool_()),
        ("is_first", pa.bool_()),  # no post of the family that is not a repost is earlier
        ("agency", _S),  # the agency the post credits, as it writes it; null: none
        ("outlet", _S),  # the outlet of the case that the channel belongs to, found as the tier is; null: none
        ("precision_s", pa.int32()),  # how exactly the row's file gives times: 1, 60 or 86400 (no time of day)
        ("kind", _S),  # of change against the first post's text; null: marked repost, under 3 channels, or not compared
        ("slots", _S),  # of kind template, what fills them: figures (bulletins) or words; null otherwise
        ("filling", _S),  # of kind template, 32 hexadecimal digits of the hash of what fills the slots; null otherwise
        ("hour_posts", pa.int64()),  # posts of the platform in the hour; null in a family's row
    ]
)

_FAMILIES: Final = """
select row_id, platform, channel_id, time, family_id, text_id, words, similarity, is_repost, title, text
from text_families join posts using (row_id)
where family_id in (
    select family_id from text_families where family_id is not null and not is_repost
    group by family_id having count(*) >= 2)
"""

# Texts in the order in which members drawn without regard to time or place would bring them.
_PAIRS_SQL: Final = f"""
with own as (
    select family_id, text_id, platform, channel_id, row_id, time, coalesce(nullif(text, ''), title, '') as said
    from near_duplicates_families where not is_repost),
firsts as (
    select family_id, arg_min(text_id, row(time, platform, {ROW_ORDER})) as first_id,
        arg_min(said, row(time, platform, {ROW_ORDER})) as first
    from own group by family_id having count(distinct (platform, channel_id)) >= $channels_min),
texts as (
    select family_id, text_id, min(md5(row_id)) as drawn, arg_min(said, md5(row_id)) as other
    from own semi join firsts using (family_id) group by family_id, text_id),
placed as (
    select *, row_number() over drawn_order as place, sum(length(other)) over drawn_order as characters
    from texts window drawn_order as (partition by family_id order by drawn))
select family_id, text_id, case when text_id <> first_id then first end as first,
    case when text_id <> first_id then other end as other
from placed join firsts using (family_id)
where text_id = first_id or place <= $texts and (place <= $least or characters <= $characters)
order by family_id, text_id
"""

_PRECISION_SQL: Final = """
with files as (
    select split_part(row_id, ':', 1) as source, count(*) >= $rows_min
        and bool_and(epoch_us(time) % 60000000 = 0) as minutes
    from posts group by source)
select source, case when source in (select source from share_dated) then 86400 when minutes then 60 else 1 end
    as precision_s
from files
order by source
"""

_MEASURED: Final = f"""
with tiers as (
    select channel_id, platform, min(tier) as tier, min(outlet) as outlet from case_channels
    group by channel_id, platform),
hours as (
    select platform, epoch_us(time) // 3600000000 as hour, count(*) as hour_posts
    from text_families join posts using (row_id) where not is_repost group by 1, 2)
select f.family_id, row_id, time, f.platform, f.channel_id,
    coalesce(exact.tier, anywhere.tier) as tier, words, similarity, is_repost,
    not is_repost and time = min(time) filter (not is_repost) over (partition by f.family_id) as is_first,
    agency, case when exact.channel_id is null then anywhere.outlet else exact.outlet end as outlet, precision_s,
    case when not is_repost then kind end as kind, case when not is_repost then slots end as slots,
    case when not is_repost then filling end as filling, null as hour_posts
from near_duplicates_members f
left join near_duplicates_kinds k on k.family_id = f.family_id and k.text_id = f.text_id
left join near_duplicates_precision p on p.source = split_part(row_id, ':', 1)
left join tiers exact on exact.channel_id = f.channel_id and exact.platform = f.platform
left join tiers anywhere on anywhere.channel_id = f.channel_id and anywhere.platform is null
union all
select null, null, to_timestamp(hour * 3600), platform, null, null, null, null, null, null, null, null, null, null,
    null, null, hour_posts
from hours
order by family_id nulls last, time, platform, {ROW_ORDER}
"""


def _credits(texts: pa.Table) -> pa.Table:
    """Return the rows of _MEMBERS: each post of a family with the agency that its title or text credits."""
    read = zip(texts["title"].to_pylist(), texts["text"].to_pylist(), strict=True)
    agencies = [credited_agency(text or "") or credited_agency(title or "") for title, text in read]
    columns = [texts[name] for name in _MEMBERS.names[:-1]]
    return pa.table([*columns, pa.array(agencies, _S)], schema=_MEMBERS)


def _kinds(pairs: pa.Table) -> pa.Table:
    """Return the rows of _KINDS: what was done to the first text to make the other; nothing where it is the first."""
    made: list[tuple[str, str | None, str | None]] = []
    for first, other in zip(pairs["first"].to_pylist(), pairs["other"].to_pylist(), strict=True):
        change = kind_of_change(first, other) if first and other else None
        if change is None:
            made.append(("exact", None, None))
        elif change.kind == "template":
            made.append((change.kind, *filling_of(change.slots)))
        else:
            made.append((change.kind, None, None))
    columns = zip(*made, strict=True) if made else ((), (), ())
    return pa.table(
        [pairs["family_id"], pairs["text_id"], *(pa.array(column, _S) for column in columns)], schema=_KINDS
    )


def steps() -> tuple[Step, ...]:
    """Return the steps: texts of families, agencies they credit, kinds of change, precision, then tiers and hours."""
    (dated,) = (step for step in named("shares").steps() if step.name == "share_dated")
    compared = {
        "channels_min": _CHANNELS_COMPARED,
        "texts": TEXTS_COMPARED,
        "least": COMPARED_LEAST,
        "characters": CHARACTERS_COMPARED,
    }
    return (
        dated,
        Query(name="near_duplicates_families", sql=_FAMILIES, schema=_TEXTS),
        Rows(
            name="near_duplicates_members",
            input="near_duplicates_families",
            columns=tuple(_TEXTS.names),
            function=_credits,
            schema=_MEMBERS,
        ),
        Query(name="near_duplicates_pairs", sql=_PAIRS_SQL, schema=_PAIRS, params=compared),
        Rows(
            name="near_duplicates_kinds",
            input="near_duplicates_pairs",
            columns=tuple(_PAIRS.names),
            function=_kinds,
            schema=_KINDS,
        ),
        Query(
            name="near_duplicates_precision", sql=_PRECISION_SQL, schema=_PRECISION, params={"rows_min": MINUTES_ROWS}
        ),
        Query(name="near_duplicates", sql=_MEASURED, schema=NEAR_DUPLICATES),
    )


MEASURE: Final = Measure(
    name="near_duplicates",
    version=6,
    reads=("posts", "text_families", "case_channels"),
    steps=steps,
    schema=NEAR_DUPLICATES,
)
