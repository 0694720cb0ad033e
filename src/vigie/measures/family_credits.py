"""Families of texts that an outlet of a state tier has, and which of the other channels name it.

One row is one channel in a family, by its first own post there, for each outlet of tier official, state-controlled or
state-linked with a post in the family. A channel names the outlet where one of its posts of the family has the outlet's
name, one of its sites, or one of its handles in text, title, links or mentions (`vigie.text.naming`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from vigie.engine import Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER
from vigie.measures import Measure
from vigie.rules.spread_slots import STATE_TIERS
from vigie.tables import UTC_US
from vigie.text.naming import naming

if TYPE_CHECKING:
    from collections.abc import Callable

_S: Final[pa.DataType] = pa.string()
_READ: Final = pa.schema(
    [
        ("asked", _S),
        ("row_id", _S),
        ("title", _S),
        ("text", _S),
        ("urls", pa.list_(_S)),
        ("mentions", pa.list_(_S)),
    ]
)
_SAID: Final = pa.schema([("asked", _S), ("row_id", _S), ("names_it", pa.bool_())])
FAMILY_CREDITS: Final = pa.schema(
    [
        ("asked", _S),  # the outlet of a state tier
        ("family_id", _S),
        ("row_id", _S),  # the channel's first own post of the family
        ("time", UTC_US),
        ("platform", _S),
        ("channel_id", _S),
        ("outlet", _S),  # of the channel; null: none
        ("tier", _S),  # of the channel; null: not a channel of the case
        ("precision_s", pa.int32()),
        ("agency", _S),  # an agency that one of the channel's posts of the family credits; null: none
        ("names_it", pa.bool_()),  # one of its posts of the family names the outlet; null: it is the outlet's own
        ("is_repost", pa.bool_()),  # false: marked reposts have no row
    ]
)

_READ_SQL: Final = """
with asked as (
    select distinct family_id, outlet from near_duplicates
    where outlet is not null and list_contains($tiers, tier) and not is_repost)
select a.outlet as asked, row_id, title, text, urls, mentions
from near_duplicates n join asked a using (family_id) join posts using (row_id)
where not is_repost and n.outlet is distinct from a.outlet
"""

_MEASURED: Final = f"""
with asked as (
    select distinct family_id, outlet as asked from near_duplicates
    where outlet is not null and list_contains($tiers, tier) and not is_repost)
select a.asked, family_id, row_id, time, platform, channel_id, outlet, tier, precision_s,
    min(agency) over of_channel as agency, bool_or(names_it) over of_channel as names_it, is_repost
from near_duplicates join asked a using (family_id) left join family_credits_said s using (asked, row_id)
where not is_repost
window of_channel as (partition by a.asked, family_id, platform, channel_id)
qualify row_number() over (partition by a.asked, family_id, platform, channel_id order by time, {ROW_ORDER}) = 1
order by a.asked, family_id, time, platform, {ROW_ORDER}
"""


def _said(channels: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function from rows of _READ to rows of _SAID, for the channels of a case."""
    sites: dict[str, set[str]] = {}
    handles: dict[str, set[str]] = {}
    for row in channels.to_pylist():
        if row["outlet"] is not None:
            (sites if row["platform"] == "web" else handles).setdefault(row["outlet"], set()).add(row["channel_id"])
    names_it = {
        name: naming(name, sorted(sites.get(name, ())), sorted(handles.get(name, ()))) for name in {*sites, *handles}
    }

    def said(read: pa.Table) -> pa.Table:
        named = [
            names_it[row["asked"]](
                " ".join((row["title"] or "", row["text"] or "")), [*(row["urls"] or ()), *(row["mentions"] or ())]
            )
            for row in read.to_pylist()
        ]
        return pa.table([read["asked"], read["row_id"], pa.array(named, pa.bool_())], schema=_SAID)

    return said


def steps() -> tuple[Step, ...]:
    """Return the steps: what other channels say in families of outlets of state tiers, who is named, then channels."""
    tiers = list(STATE_TIERS)
    return (
        Query(name="family_credits_read", sql=_READ_SQL, schema=_READ, params={"tiers": tiers}),
        Rows(
            name="family_credits_said",
            input="family_credits_read",
            columns=tuple(_READ.names),
            function=_said,
            schema=_SAID,
            beside=("case_channels",),
        ),
        Query(name="family_credits", sql=_MEASURED, schema=FAMILY_CREDITS, params={"tiers": tiers}),
    )


MEASURE: Final = Measure(
    name="family_credits",
    version=1,
    reads=("near_duplicates", "posts", "case_channels"),
    steps=steps,
    schema=FAMILY_CREDITS,
)
