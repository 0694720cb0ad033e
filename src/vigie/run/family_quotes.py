"""Which longer posts have a text of a family in them, and are not of it: they quote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vigie.engine.fragments import ROW_ORDER

if TYPE_CHECKING:
    from vigie.engine.local import LocalEngine

# `texts` is the measure `text_families`, `chosen` has the families that are asked about.
_QUOTING: Final = """
select distinct f.family_id, q.row_id
from texts q join (select distinct text_id, family_id from texts semi join chosen using (family_id)) f
    on q.quotes_id = f.text_id
where not q.is_repost
"""
_COUNTED_SQL: Final = f"""
select family_id, count(*) as posts, count(distinct platform || ':' || channel_id) as channels
from ({_QUOTING}) join posts using (row_id) group by family_id
"""
_LISTED_SQL: Final = f"""
select row_id, time, platform, channel_id from ({_QUOTING}) join posts using (row_id)
order by time, platform, {ROW_ORDER} limit $most
"""


class Quoted(NamedTuple):
    """How many longer posts, of how many channels, have a text of the family in them; marked reposts aside."""

    posts: int = 0
    channels: int = 0


NEVER: Final = Quoted()


def quoted_by(engine: LocalEngine) -> dict[str, Quoted]:
    """Return by family how often it is quoted, where it is; the engine has `posts`, `texts` and `chosen`."""
    return {r["family_id"]: Quoted(r["posts"], r["channels"]) for r in engine.query(_COUNTED_SQL).to_pylist()}


def quoting(engine: LocalEngine, most: int) -> list[dict[str, Any]]:
    """Return the first so many posts that quote the one family in `chosen`: row_id, time, platform, channel_id."""
    rows: list[dict[str, Any]] = engine.query(_LISTED_SQL, most=most).to_pylist()
    return rows
