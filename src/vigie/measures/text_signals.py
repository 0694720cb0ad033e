"""Posts in which something was hidden or disguised: what normalisation takes away, counted in each post.

Two kinds of row:

- `row_id` set: one post with a signal or more (`vigie.text.signals`), of its text, or of its title where it has none;
- `row_id` null: how many posts with text a channel has, marked reposts left out, so that a share can be told.

A *marked repost* (`repost_of`, or a text that begins with "RT @name") carries what its original carries.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER
from vigie.measures import Measure
from vigie.tables import UTC_US
from vigie.text.normalise import is_marked_repost
from vigie.text.signals import NO_SIGNALS, Signals, signals

_S: Final[pa.DataType] = pa.string()
_COUNTS: Final = tuple((name, pa.int32()) for name in Signals._fields)
_WHO: Final = (("platform", _S), ("channel_id", _S))
_OWN: Final = pa.schema(_WHO)
_FOUND: Final = pa.schema([("row_id", _S), ("time", UTC_US), *_WHO, *_COUNTS, ("is_repost", pa.bool_())])
TEXT_SIGNALS: Final = pa.schema(
    [
        ("row_id", _S),  # null: a channel
        ("time", UTC_US),  # null: a channel
        *_WHO,
        ("tier", _S),  # the channel's exposure tier in the case; null: not a channel of the case
        *_COUNTS,  # what they count: `vigie.text.signals.Signals`; of `truncated`, 1 or 0; null: a channel
        ("is_repost", pa.bool_()),  # null: a channel
        ("channel_posts", pa.int64()),  # posts of the channel with text that are no marked reposts; null: a post
    ]
)

_MEASURED: Final = f"""
with tiers as (
    select channel_id, platform, min(tier) as tier from case_channels group by channel_id, platform),
counted as (
    select null as row_id, null as time, platform, channel_id, {", ".join(f"null as {n}" for n in Signals._fields)},
        null as is_repost, count(*) as channel_posts
    from text_signals_own group by platform, channel_id),
told as (select *, null as channel_posts from text_signals_found union all select * from counted)
select row_id, time, t.platform, t.channel_id, coalesce(exact.tier, anywhere.tier) as tier,
    {", ".join(Signals._fields)}, is_repost, channel_posts
from told t
left join tiers exact on exact.channel_id = t.channel_id and exact.platform = t.platform
left join tiers anywhere on anywhere.channel_id = t.channel_id and anywhere.platform is null
order by row_id is null, t.platform, t.channel_id, time, {ROW_ORDER}
"""


def _said(posts: pa.Table) -> Any:
    """Return the text of each post, its title where it has none."""
    title = pc.fill_null(posts["title"], pa.scalar(""))
    return pc.if_else(pc.equal(posts["text"], pa.scalar("")), title, posts["text"])


def _reposts(posts: pa.Table, said: Any) -> Any:
    marked = pa.array([is_marked_repost(text) for text in said.to_pylist()], pa.bool_())
    return pc.or_(pc.is_valid(posts["repost_of"]), marked)


def _own(posts: pa.Table) -> pa.Table:
    """Return the channels of posts with text that are no marked reposts."""
    said = _said(posts)
    written: Any = pc.not_equal(pc.utf8_trim_whitespace(said), pa.scalar(""))
    own: Any = pc.and_(written, pc.invert(_reposts(posts, said)))
    return pa.table([posts[name] for name in _OWN.names], schema=_OWN).filter(own)


def _found(posts: pa.Table) -> pa.Table:
    """Return the rows of _FOUND."""
    read = [signals(text) for text in _said(posts).to_pylist()]
    at = [n for n, found in enumerate(read) if found is not NO_SIGNALS and found != NO_SIGNALS]
    some = posts.take(pa.array(at, pa.int64()))
    counts = np.array([read[n] for n in at], np.int32).reshape(len(at), len(Signals._fields))
    columns = {name: pa.array(counts[:, n]) for n, name in enumerate(Signals._fields)}
    columns["is_repost"] = _reposts(some, _said(some))
    return pa.table([columns[n] if n in columns else some[n] for n in _FOUND.names], schema=_FOUND)


def steps() -> tuple[Step, ...]:
    """Return the steps: posts with signals, the channels of all posts, then both with tiers."""
    return (
        Rows(
            name="text_signals_found",
            input="posts",
            columns=("row_id", "time", *_OWN.names, "title", "text", "repost_of"),
            function=_found,
            schema=_FOUND,
        ),
        Rows(
            name="text_signals_own",
            input="posts",
            columns=(*_OWN.names, "title", "text", "repost_of"),
            function=_own,
            schema=_OWN,
        ),
        Query(name="text_signals", sql=_MEASURED, schema=TEXT_SIGNALS),
    )


MEASURE: Final = Measure(
    name="text_signals", version=1, reads=("posts", "case_channels"), steps=steps, schema=TEXT_SIGNALS
)
