"""Families of near-identical texts, beside the number of all posts of each hour.

A family is all posts that resemble one core (`vigie.rules.families`): the same after normalisation, or with words
changed, slots filled, the end cut off, something added. A marked repost (`repost_of`, or a text that begins with
"RT @name") says itself that it copies: it is in its family's rows, but no family rests on it. A core of fewer than
`words_min` words is left out: "Bon dimanche à tous" is nobody's text. An item without text is taken by its title.

Two kinds of row:

- `family_id` set: one post of a family of at least two;
- `family_id` null: the posts of one platform in one hour (UTC) that are no marked reposts, short texts and those
  without a copy included. An hour without a post has no row.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Groups, Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.rules.agencies import credited_agency
from vigie.rules.families import families
from vigie.tables import UTC_US
from vigie.text.normalise import is_marked_repost

_S: Final[pa.DataType] = pa.string()
_SAID: Final = pa.schema(
    [
        ("all", _S),  # the same in every row: families are looked for among all posts together
        ("row_id", _S),
        ("platform", _S),
        ("channel_id", _S),
        ("time", UTC_US),
        ("said", _S),
        ("is_repost", pa.bool_()),
    ]
)
_MEMBERS: Final = pa.schema(
    [
        ("row_id", _S),
        ("platform", _S),
        ("channel_id", _S),
        ("time", UTC_US),
        ("family_id", _S),
        ("words", pa.int32()),
        ("similarity", pa.float32()),
        ("is_repost", pa.bool_()),
    ]
)
_TEXTS: Final = _MEMBERS.append(pa.field("title", _S)).append(pa.field("text", _S))
_CREDITS: Final = _MEMBERS.append(pa.field("agency", _S))
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
select f.*, p.title, p.text
from near_duplicates_members f join posts p using (row_id)
where family_id in (
    select family_id from near_duplicates_members where family_id is not null and not is_repost
    group by family_id having count(*) >= 2)
"""

_MEASURED: Final = f"""
with tiers as (
    select channel_id, platform, min(tier) as tier from case_channels group by channel_id, platform),
hours as (
    select platform, epoch_us(time) // 3600000000 as hour, count(*) as hour_posts
    from near_duplicates_members where not is_repost group by 1, 2)
select family_id, row_id, time, f.platform, f.channel_id,
    coalesce(exact.tier, anywhere.tier) as tier, words, similarity, is_repost,
    not is_repost and time = min(time) filter (not is_repost) over (partition by family_id) as is_first,
    agency, null as hour_posts
from near_duplicates_credits f
left join tiers exact on exact.channel_id = f.channel_id and exact.platform = f.platform
left join tiers anywhere on anywhere.channel_id = f.channel_id and anywhere.platform is null
union all
select null, null, to_timestamp(hour * 3600), platform, null, null, null, null, null, null, null, hour_posts from hours
order by family_id nulls last, time, platform, {ROW_ORDER}
"""


def _said(posts: pa.Table) -> pa.Table:
    """Return the rows of _SAID."""
    is_empty = pc.equal(posts["text"], pa.scalar(""))
    said = pc.if_else(is_empty, pc.fill_null(posts["title"], pa.scalar("")), posts["text"])
    marked = pa.array([is_marked_repost(text) for text in said.to_pylist()], pa.bool_())
    columns = {
        "all": pa.repeat("", len(posts)),
        "said": said,
        "is_repost": pc.or_(pc.is_valid(posts["repost_of"]), marked),
    }
    return pa.table(
        [columns.get(name, posts[name] if name in posts.column_names else None) for name in _SAID.names], schema=_SAID
    )


def _members(said: pa.Table, words_min: int) -> pa.Table:
    """Return the rows of _MEMBERS, `family_id` null where a text is in no family."""
    times: Any = said["time"].cast(pa.int64())
    rows: Any = said["row_id"]
    order: Any = pa.array(np.lexsort((np.asarray(pc.rank(rows, tiebreaker="dense")), np.asarray(times))))
    # More text than 32-bit offsets reach may come together.
    texts: Any = said["said"].cast(pa.large_string())
    said = said.drop_columns(["said"]).take(order)
    found = families(texts.take(order), words_min=words_min)
    inside = found.labels >= 0
    cores = np.unique(found.labels[inside])
    ids = pa.array([found.fingerprints[found.own[core]] for core in cores.tolist()], _S)
    at: Any = pa.array(np.searchsorted(cores, found.labels), mask=~inside)
    words = np.append(found.words, 0)
    columns = {
        "family_id": ids.take(at),
        "words": words[found.own],  # of a text that is too short none
        "similarity": pa.array(found.similarity, mask=~inside),
    }
    return pa.table(
        [columns.get(name, said[name] if name in said.column_names else None) for name in _MEMBERS.names],
        schema=_MEMBERS,
    )


def _credits(texts: pa.Table) -> pa.Table:
    """Return the rows of _CREDITS: each post of a family with the agency that its title or text credits."""
    read = zip(texts["title"].to_pylist(), texts["text"].to_pylist(), strict=True)
    agencies = [credited_agency(text or "") or credited_agency(title or "") for title, text in read]
    columns = [texts[name] for name in _MEMBERS.names]
    return pa.table([*columns, pa.array(agencies, _S)], schema=_CREDITS)


def steps(*, words_min: Annotated[int, Bounds(1, 1000)] = 6) -> tuple[Step, ...]:
    """Return the steps: what each post says, families, credits of agencies, then tiers, firsts and hours."""
    return (
        Rows(
            name="near_duplicates_said",
            input="posts",
            columns=("row_id", "platform", "channel_id", "time", "title", "text", "repost_of"),
            function=_said,
            schema=_SAID,
        ),
        Groups(
            name="near_duplicates_members",
            input="near_duplicates_said",
            columns=tuple(_SAID.names),
            key=("all",),
            order=(),
            function=lambda said: _members(said, words_min),
            schema=_MEMBERS,
        ),
        Query(name="near_duplicates_families", sql=_FAMILIES, schema=_TEXTS),
        Rows(
            name="near_duplicates_credits",
            input="near_duplicates_families",
            columns=tuple(_TEXTS.names),
            function=_credits,
            schema=_CREDITS,
        ),
        Query(name="near_duplicates", sql=_MEASURED, schema=NEAR_DUPLICATES),
    )


MEASURE: Final = Measure(
    name="near_duplicates", version=4, reads=("posts", "case_channels"), steps=steps, schema=NEAR_DUPLICATES
)
