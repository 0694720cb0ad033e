"""Families of near-identical texts, beside the number of all posts of each hour.

Families are those of `vigie.measures.text_families` with two posts or more that are no marked reposts: a repost is in
its family's rows, but no family rests on it.

Two kinds of row:

- `family_id` set: one post of a family of at least two;
- `family_id` null: the posts of one platform in one hour (UTC) that are no marked reposts, short texts and those
  without a copy included. An hour without a post has no row.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from vigie.engine import Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER
from vigie.measures import Measure
from vigie.rules.agencies import credited_agency
from vigie.tables import UTC_US

_S: Final[pa.DataType] = pa.string()
_TEXTS: Final = pa.schema(
    [
        ("row_id", _S),
        ("platform", _S),
        ("channel_id", _S),
        ("time", UTC_US),
        ("family_id", _S),
        ("words", pa.int32()),
        ("similarity", pa.float32()),
        ("is_repost", pa.bool_()),
        ("title", _S),
        ("text", _S),
    ]
)
_MEMBERS: Final = _TEXTS.remove(9).remove(8).append(pa.field("agency", _S))
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
        ("hour_posts", pa.int64()),  # posts of the platform in the hour; null in a family's row
    ]
)

_FAMILIES: Final = """
select row_id, platform, channel_id, time, family_id, words, similarity, is_repost, title, text
from text_families join posts using (row_id)
where family_id in (
    select family_id from text_families where family_id is not null and not is_repost
    group by family_id having count(*) >= 2)
"""

_MEASURED: Final = f"""
with tiers as (
    select channel_id, platform, min(tier) as tier from case_channels group by channel_id, platform),
hours as (
    select platform, epoch_us(time) // 3600000000 as hour, count(*) as hour_posts
    from text_families join posts using (row_id) where not is_repost group by 1, 2)
select family_id, row_id, time, f.platform, f.channel_id,
    coalesce(exact.tier, anywhere.tier) as tier, words, similarity, is_repost,
    not is_repost and time = min(time) filter (not is_repost) over (partition by family_id) as is_first,
    agency, null as hour_posts
from near_duplicates_members f
left join tiers exact on exact.channel_id = f.channel_id and exact.platform = f.platform
left join tiers anywhere on anywhere.channel_id = f.channel_id and anywhere.platform is null
union all
select null, null, to_timestamp(hour * 3600), platform, null, null, null, null, null, null, null, hour_posts from hours
order by family_id nulls last, time, platform, {ROW_ORDER}
"""


def _credits(texts: pa.Table) -> pa.Table:
    """Return the rows of _MEMBERS: each post of a family with the agency that its title or text credits."""
    read = zip(texts["title"].to_pylist(), texts["text"].to_pylist(), strict=True)
    agencies = [credited_agency(text or "") or credited_agency(title or "") for title, text in read]
    columns = [texts[name] for name in _MEMBERS.names[:-1]]
    return pa.table([*columns, pa.array(agencies, _S)], schema=_MEMBERS)


def steps() -> tuple[Step, ...]:
    """Return the steps: the texts of families, the agencies they credit, then tiers, firsts and hours."""
    return (
        Query(name="near_duplicates_families", sql=_FAMILIES, schema=_TEXTS),
        Rows(
            name="near_duplicates_members",
            input="near_duplicates_families",
            columns=tuple(_TEXTS.names),
            function=_credits,
            schema=_MEMBERS,
        ),
        Query(name="near_duplicates", sql=_MEASURED, schema=NEAR_DUPLICATES),
    )


MEASURE: Final = Measure(
    name="near_duplicates",
    version=5,
    reads=("posts", "text_families", "case_channels"),
    steps=steps,
    schema=NEAR_DUPLICATES,
)
