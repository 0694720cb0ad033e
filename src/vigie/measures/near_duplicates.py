"""Posts whose text is the same after normalisation, beside the number of all posts of each hour.

A family is all posts with one key (`vigie.text.normalise`). A marked repost (`repost_of`, or a text that begins with
"RT @name") says itself that it copies: it is in its family's rows, but no family rests on it. Texts of fewer than
`words_min` words are left out: "Bon dimanche à tous" is nobody's text. An item without text is taken by its title.

Two kinds of row:

- `family_id` set: one post of a family of at least two;
- `family_id` null: the posts of one platform in one hour (UTC) that are no marked reposts, short texts and those
  without a copy included. An hour without a post has no row.
"""

from __future__ import annotations

from typing import Annotated, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.rules.agencies import credited_agency
from vigie.tables import UTC_US
from vigie.text.normalise import fingerprint, is_marked_repost, normalise, word_count

_S: Final[pa.DataType] = pa.string()
_FINGERPRINTS: Final = pa.schema(
    [
        ("row_id", _S),
        ("platform", _S),
        ("channel_id", _S),
        ("time", UTC_US),
        ("family_id", _S),
        ("words", pa.int32()),
        ("is_repost", pa.bool_()),
    ]
)
_TEXTS: Final = _FINGERPRINTS.append(pa.field("title", _S)).append(pa.field("text", _S))
_CREDITS: Final = _FINGERPRINTS.append(pa.field("agency", _S))
NEAR_DUPLICATES: Final = pa.schema(
    [
        ("family_id", _S),  # 32 hexadecimal digits of the key's hash; null: the row is an hour of a platform
        ("row_id", _S),
        ("time", UTC_US),  # of an hour, its beginning
        ("platform", _S),
        ("channel_id", _S),
        ("tier", _S),  # the channel's exposure tier in the case; null: not a channel of the case
        ("words", pa.int32()),  # of the key
        ("is_repost", pa.bool_()),
        ("is_first", pa.bool_()),  # no post of the family that is not a repost is earlier
        ("agency", _S),  # the agency the post credits, as it writes it; null: none
        ("hour_posts", pa.int64()),  # posts of the platform in the hour; null in a family's row
    ]
)

_FAMILIES: Final = """
select f.*, p.title, p.text
from near_duplicates_fingerprints f join posts p using (row_id)
where family_id in (
    select family_id from near_duplicates_fingerprints where family_id is not null and not is_repost
    group by family_id having count(*) >= 2)
"""

_MEASURED: Final = f"""
with tiers as (
    select channel_id, platform, min(tier) as tier from case_channels group by channel_id, platform),
hours as (
    select platform, epoch_us(time) // 3600000000 as hour, count(*) as hour_posts
    from near_duplicates_fingerprints where not is_repost group by 1, 2)
select family_id, row_id, time, f.platform, f.channel_id,
    coalesce(exact.tier, anywhere.tier) as tier, words, is_repost,
    not is_repost and time = min(time) filter (not is_repost) over (partition by family_id) as is_first,
    agency, null as hour_posts
from near_duplicates_credits f
left join tiers exact on exact.channel_id = f.channel_id and exact.platform = f.platform
left join tiers anywhere on anywhere.channel_id = f.channel_id and anywhere.platform is null
union all
select null, null, to_timestamp(hour * 3600), platform, null, null, null, null, null, null, hour_posts from hours
order by family_id nulls last, time, platform, {ROW_ORDER}
"""


def _fingerprints(posts: pa.Table, words_min: int) -> pa.Table:
    """Return the rows of _FINGERPRINTS, `family_id` null where the text is short; each text is normalised once."""
    is_empty = pc.equal(posts["text"], pa.scalar(""))
    title = pc.fill_null(posts["title"], pa.scalar(""))
    texts = pc.if_else(is_empty, title, posts["text"]).combine_chunks().dictionary_encode()
    families: list[str | None] = []
    words: list[int] = []
    marked: list[bool] = []
    for one in texts.dictionary.to_pylist():
        key = normalise(one)
        count = word_count(key)
        families.append(fingerprint(key) if count >= words_min else None)
        words.append(count)
        marked.append(is_marked_repost(one))
    at = texts.indices
    says_so = pa.array(marked, pa.bool_()).take(at)
    return pa.table(
        [
            *(posts[name] for name in ("row_id", "platform", "channel_id", "time")),
            pa.array(families, _S).take(at),
            pa.array(words, pa.int32()).take(at),
            pc.or_(pc.is_valid(posts["repost_of"]), says_so),
        ],
        schema=_FINGERPRINTS,
    )


def _credits(families: pa.Table) -> pa.Table:
    """Return the rows of _CREDITS: each post of a family with the agency that its title or text credits."""
    read = zip(families["title"].to_pylist(), families["text"].to_pylist(), strict=True)
    agencies = [credited_agency(text or "") or credited_agency(title or "") for title, text in read]
    columns = [families[name] for name in _FINGERPRINTS.names]
    return pa.table([*columns, pa.array(agencies, _S)], schema=_CREDITS)


def steps(*, words_min: Annotated[int, Bounds(1, 1000)] = 6) -> tuple[Step, ...]:
    """Return the steps: fingerprint of each post, families, credits of agencies, then tiers, firsts and hours."""
    return (
        Rows(
            name="near_duplicates_fingerprints",
            input="posts",
            columns=("row_id", "platform", "channel_id", "time", "title", "text", "repost_of"),
            function=lambda posts: _fingerprints(posts, words_min),
            schema=_FINGERPRINTS,
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
    name="near_duplicates", version=2, reads=("posts", "case_channels"), steps=steps, schema=NEAR_DUPLICATES
)
