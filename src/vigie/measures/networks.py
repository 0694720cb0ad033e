"""Networks: groups of channels that met at the same objects far more often than chance has it, and what explains them.

The graph has an edge between two channels where at least one kind of object has them as a pair of `co_share_edges` with
`q_value` at most `q_max`. An edge weighs the objects at which they met beyond those expected, over all such kinds: what
chance explains does not bind, and one kind may make up for another. (The probabilities would not do as weights: they
grow with the number of an account's shares as well as with its ties, and one pair of -300 would drown the rest.)
Networks are the communities of that graph (`vigie.kernels.communities`); an edge between two networks is in neither.
What is counted of a network is counted over the meetings (`co_share_meetings`) of two of its members.

Every row carries the innocent explanations that were tested (`vigie.rules.explanations`), those that do not fit, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Groups, Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER
from vigie.kernels.communities import RESOLUTION, communities
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.rules.network_members import says_volunteer
from vigie.rules.network_row import Counts, network_id, row_of
from vigie.tables import TABLES, UTC_US
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from collections.abc import Callable

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_F: Final[pa.DataType] = pa.float64()
_T: Final[pa.DataType] = UTC_US
_LIST: Final[pa.DataType] = pa.list_(_S)
PUSHED: Final = pa.struct(
    [
        ("object_kind", _S),
        ("object_id", _S),
        ("members", _I),  # members that met at it
        ("others", _I),  # channels outside the network that shared it at all
        ("first_seen", _T),
        ("last_seen", _T),
    ]
)
EXPLANATION: Final = pa.struct(
    [
        ("name", _S),
        ("share", _F),  # of the pair-objects, that it accounts for
        ("fits", pa.bool_()),
        ("says", _S),  # a sentence with its figures
    ]
)
BURST: Final = pa.struct(
    [
        ("members", _I),  # the most members created within `days`
        ("days", _I),
        ("p_value", _F),  # that as many of so many channels of the case fall there by chance, for any such stretch
    ]
)
NETWORKS: Final = pa.schema(
    [
        ("network_id", _S),  # net- and 8 hexadecimal digits of the sorted members' hash
        ("members", _LIST),  # platform:channel_id, sorted
        # Lists parallel to `members`.
        ("roles", _LIST),  # first mover, amplifier or member
        ("member_objects", pa.list_(_I)),  # objects at which it met another
        ("member_firsts", pa.list_(_I)),  # objects at which it was the network's first, and alone
        ("member_stability", pa.list_(_F)),  # share of reruns that keep it with the majority of its network
        ("member_created", pa.list_(_T)),  # when the channel was made; null: unknown
        ("stability", _F),  # mean over members
        ("object_kinds", _LIST),  # sorted
        # Lists parallel to `object_kinds`.
        ("kind_members", pa.list_(_I)),
        ("kind_edges", pa.list_(_I)),
        ("edges", _I),  # different pairs of members that are linked
        ("objects", _I),  # different objects
        ("pair_objects", _I),  # objects of each linked pair, added up
        ("expected", _F),  # the same sum under the null model
        ("p_value", _F),  # of its pairs together, after all `tests` (Simes)
        ("q_value", _F),  # the largest of its pairs
        ("tests", _I),
        ("delay_s", _F),  # median over meetings, seconds
        ("same_second", _F),  # share of meetings less than a second apart
        ("days", _I),  # UTC days with a meeting
        ("hours", pa.list_(_I)),  # 24: objects by UTC hour of their first meeting
        ("pushed", pa.list_(PUSHED)),  # most members first, at most 200
        ("candidates", _LIST),  # names of the candidates that its posts name, most posts first
        ("candidate_posts", pa.list_(_I)),  # parallel: how many of the evidence posts do
        ("created_burst", BURST),  # null: dates are unknown
        ("explanations", pa.list_(EXPLANATION)),  # every innocent explanation tested
        ("explained", _F),  # the largest share among those that fit and may excuse; 0: none does
        ("first_seen", _T),
        ("last_seen", _T),
        ("evidence_ids", _LIST),  # rows of the meetings, in the order of files
    ]
)


_LINKED: Final = pa.schema(
    [("graph", _S), ("channel_a", _S), ("channel_b", _S), ("weight", _F)]  # `graph` is one for all: rows of one key
)
_MEMBERS: Final = pa.schema([("graph", _S), ("network_id", _S), ("channel", _S), ("stability", _F)])
_MEETINGS: Final = pa.schema(
    [
        ("network_id", _S),
        ("object_kind", _S),
        ("object_id", _S),
        ("channel_a", _S),
        ("channel_b", _S),
        ("a_us", _I),
        ("b_us", _I),
        ("row_a", _S),
        ("row_b", _S),
        ("same_second", pa.bool_()),  # not where the times of the file are whole minutes
    ]
)
_MET: Final = pa.schema(
    [("network_id", _S), ("object_kind", _S), ("object_id", _S), ("channel", _S), ("time_us", _I), ("row_id", _S)]
)
_LINKS: Final = pa.schema(
    [
        ("network_id", _S),
        ("object_kind", _S),
        ("channel_a", _S),
        ("channel_b", _S),
        ("objects", _I),
        ("expected", _F),
        ("p_value", _F),
        ("q_value", _F),
        ("tests", _I),
    ]
)
_OBJECTS: Final = pa.schema(
    [
        ("network_id", _S),
        ("object_kind", _S),
        ("object_id", _S),
        ("domain", _S),
        ("members", _I),
        ("others", _I),
        ("first_us", _I),
        ("last_us", _I),
        ("first_channel", _S),  # null: two members shared it first, at one time
    ]
)
_OCCASIONS: Final = pa.schema(
    [
        ("network_id", _S),
        ("object_kind", _S),
        ("object_id", _S),
        ("pairs", _I),
        ("same_second", _I),
        ("begin_us", _I),
        ("end_us", _I),
        ("delay_s", _F),
    ]
)
_SAYING: Final = pa.schema([("network_id", _S), ("channel", _S), ("row_id", _S), ("text", _S), ("hashtags", _LIST)])
_SAID: Final = pa.schema([("network_id", _S), ("channel", _S), ("candidates", _LIST), ("says_volunteer", pa.bool_())])
_NAMED: Final = pa.schema([("network_id", _S), ("candidate", _S), ("posts", _I)])
_COUNTED: Final = pa.schema(
    [
        ("network_id", _S),
        ("channel", _S),
        ("platform", _S),
        ("name", _S),
        ("outlet", _S),
        ("says_volunteer", pa.bool_()),
        ("created_us", _I),
        ("stability", _F),
        ("objects", _I),
        ("firsts", _I),
        ("expected_firsts", _F),
    ]
)
_WHOLE: Final = pa.schema(
    [
        ("network_id", _S),
        ("delay_s", _F),
        ("same_second", _F),
        ("days", _I),
        ("first_us", _I),
        ("last_us", _I),
        ("met_pairs", _I),
        ("common_pairs", _I),
        ("evidence_ids", _LIST),
    ]
)
_CREATED: Final = pa.schema([("channel", _S), ("platform", _S), ("name", _S), ("created_us", _I)])

_LINKED_SQL: Final = """
select '' as graph, channel_a, channel_b, sum(objects - expected order by object_kind) as weight
from co_share_edges where "row" = 'pair' and q_value <= $q_max
group by channel_a, channel_b order by channel_a, channel_b
"""

# A file all of whose times are whole minutes does not know of seconds.
_MEETINGS_SQL: Final = """
with coarse as (
    select split_part(row_id, ':', 1) as source from posts
    group by 1 having bool_and(epoch_us(time) % 60000000 = 0))
select network_id, object_kind, object_id, channel_a, channel_b,
    epoch_us(time_a) as a_us, epoch_us(time_b) as b_us, row_a, row_b,
    abs(epoch_us(time_a) - epoch_us(time_b)) < 1000000 and coarse.source is null as same_second
from co_share_meetings
left join coarse on coarse.source = split_part(row_a, ':', 1)
join (select network_id, channel as channel_a from network_members) using (channel_a)
join (select network_id, channel as channel_b from network_members) using (channel_b, network_id)
"""

_MET_SQL: Final = """
select network_id, object_kind, object_id, channel_a as channel, a_us as time_us, row_a as row_id from network_meetings
union
select network_id, object_kind, object_id, channel_b, b_us, row_b from network_meetings
"""

_LINKS_SQL: Final = """
select network_id, object_kind, channel_a, channel_b, objects, expected, p_value, q_value, tests
from co_share_edges
join (select network_id, channel as channel_a from network_members) using (channel_a)
join (select network_id, channel as channel_b from network_members) using (channel_b, network_id)
where "row" = 'pair' and q_value <= $q_max
order by network_id, object_kind, channel_a, channel_b
"""

# The site of an object that is no page is the one that the posts link most.
_OBJECTS_SQL: Final = """
with pushed as (
    select network_id, object_kind, object_id, count(distinct channel) as members,
        min(time_us) as first_us, max(time_us) as last_us
    from network_met group by all),
firsts as (
    select network_id, object_kind, object_id,
        case when count(distinct channel) = 1 then min(channel) end as first_channel
    from network_met join pushed using (network_id, object_kind, object_id) where time_us = first_us group by all),
linked as (
    select network_id, m.object_kind, m.object_id, s.object_id as domain, count(*) as n
    from network_met m join (select * from shares where object_kind = 'domain') s using (row_id) group by all),
sites as (
    select network_id, object_kind, object_id, domain from linked
    qualify row_number() over (partition by network_id, object_kind, object_id order by n desc, domain) = 1),
sharers as (select distinct object_kind, object_id, channel from shares),
outside as (
    select p.network_id, object_kind, object_id, count(*) as others
    from pushed p join sharers s using (object_kind, object_id)
    left join network_members m on m.channel = s.channel and m.network_id = p.network_id
    where m.channel is null group by all)
select network_id, object_kind, object_id, domain, members, coalesce(others, 0) as others, first_us, last_us,
    first_channel
from pushed join firsts using (network_id, object_kind, object_id)
left join sites using (network_id, object_kind, object_id)
left join outside using (network_id, object_kind, object_id)
order by network_id, object_kind, object_id
"""

_OCCASIONS_SQL: Final = """
with pairs as (
    select network_id, object_kind, object_id, least(a_us, b_us) // 86400000000 as day, channel_a, channel_b,
        min(abs(a_us - b_us)) as delay_us, bool_or(same_second) as same_second,
        min(least(a_us, b_us)) as begin_us, max(greatest(a_us, b_us)) as end_us
    from network_meetings group by all)
select network_id, object_kind, object_id, count(*) as pairs, count(*) filter (same_second) as same_second,
    min(begin_us) as begin_us, max(end_us) as end_us, median(delay_us) / 1e6 as delay_s
from pairs group by network_id, object_kind, object_id, day
order by network_id, object_kind, object_id, begin_us
"""

_SAYING_SQL: Final = """
select network_id, channel, row_id, concat_ws(' ', title, text) as text, hashtags
from (select distinct network_id, channel, row_id from network_met) join posts using (row_id)
order by network_id, channel, row_id
"""

_NAMED_SQL: Final = """
select network_id, candidate, count(*) as posts
from (select network_id, unnest(candidates) as candidate from network_said)
group by network_id, candidate order by network_id, posts desc, candidate
"""

# Of channels outside the networks only the date they were made is of use.
_CHANNELS_SQL: Final = """
with own as (
    select platform, channel_id, min(channel_name) as name, min({created}) as created_us
    from posts group by platform, channel_id)
select platform || ':' || channel_id as channel, min(platform) as platform, min(name) as name,
    min(created_us) as created_us
from own
where created_us is not null or platform || ':' || channel_id in (select channel from network_members)
group by 1 order by 1
"""

_COUNTED_SQL: Final = """
with outlets as (
    select channel_id, platform, min(outlet) as outlet from case_channels group by channel_id, platform),
there as (
    select distinct m.network_id, m.channel, object_kind, object_id, members, first_channel
    from network_met m join network_objects using (network_id, object_kind, object_id)),
tally as (
    select network_id, channel, count(*) as objects, count(*) filter (first_channel = channel) as firsts,
        sum(1 / members order by object_kind, object_id) as expected_firsts
    from there group by network_id, channel),
saying as (select network_id, channel, bool_or(says_volunteer) as says_volunteer from network_said group by all)
select network_id, m.channel, coalesce(c.platform, '') as platform, c.name,
    coalesce(exact.outlet, anywhere.outlet) as outlet, coalesce(says_volunteer, false) as says_volunteer, created_us,
    stability, objects, firsts, expected_firsts
from network_members m join tally using (network_id, channel)
left join saying using (network_id, channel)
left join network_channels c using (channel)
left join outlets exact on exact.platform || ':' || exact.channel_id = channel
left join outlets anywhere on anywhere.platform is null and c.platform || ':' || anywhere.channel_id = channel
order by network_id, channel
"""

# Members who shared one object are counted over the kinds that the network met at; crowds say nothing of an audience.
_WHOLE_SQL: Final = f"""
with tempo as (
    select network_id, median(abs(a_us - b_us)) / 1e6 as delay_s,
        avg(same_second::int) as same_second,
        count(distinct least(a_us, b_us) // 86400000000) as days,
        min(least(a_us, b_us)) as first_us, max(greatest(a_us, b_us)) as last_us,
        count(distinct (object_kind, object_id, channel_a, channel_b)) as met_pairs
    from network_meetings group by network_id),
sharers as (
    select network_id, object_kind, object_id, count(distinct channel) as n
    from shares join network_members using (channel)
    where not whole_day group by all having n > 1),
common as (
    select network_id, sum(n * (n - 1) // 2)::bigint as common_pairs
    from sharers semi join network_met using (network_id, object_kind)
    anti join (select object_kind, object_id from co_share_edges where "row" = 'crowd') using (object_kind, object_id)
    group by network_id),
evidence as (
    select network_id, list(row_id order by {ROW_ORDER}) as evidence_ids
    from (select distinct network_id, row_id from network_met) group by network_id)
select network_id, delay_s, same_second, days, first_us, last_us, met_pairs, coalesce(common_pairs, 0) as common_pairs,
    evidence_ids
from tempo join evidence using (network_id) left join common using (network_id) order by network_id
"""


def _members(linked: pa.Table, members_min: int, resolution: float) -> pa.Table:
    """Return the rows of _MEMBERS of the whole graph."""
    pairs = linked.num_rows
    ends = pa.concat_arrays([linked[c].combine_chunks() for c in ("channel_a", "channel_b")])
    names = sorted(map(str, ends.unique().to_pylist()))
    codes = pc.index_in(ends, pa.array(names, _S)).to_numpy().astype(np.int64)
    found = communities(
        codes[:pairs], codes[pairs:], linked["weight"].to_numpy(), node_count=len(names), resolution=resolution
    )
    rows: list[dict[str, Any]] = []
    own: dict[int, list[int]] = {}
    for node, least in enumerate(found.least.tolist()):
        own.setdefault(least, []).append(node)
    for nodes in own.values():
        if len(nodes) >= members_min:
            ident = network_id([names[n] for n in nodes])
            rows += [
                {"graph": "", "network_id": ident, "channel": names[n], "stability": float(found.stability[n])}
                for n in nodes
            ]
    return pa.Table.from_pylist(rows, schema=_MEMBERS)


def _saying(candidates: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that tells whom posts name, and whether they say that their author is a volunteer."""
    aliases = sorted({(row["alias_id"], row["name"]) for row in candidates.to_pylist() if row["alias_id"]})

    def said(posts: pa.Table) -> pa.Table:
        read: dict[str, tuple[list[str], bool]] = {}
        rows = []
        for row in posts.to_pylist():
            text = " ".join([row["text"] or "", *(row["hashtags"] or ())])
            if text not in read:
                folded = fold_id(text)
                named = {name for alias, name in aliases if f"-{alias}-" in f"-{folded}-"}
                read[text] = sorted(named), says_volunteer(folded)
            rows.append(
                {
                    "network_id": row["network_id"],
                    "channel": row["channel"],
                    "candidates": read[text][0],
                    "says_volunteer": read[text][1],
                }
            )
        return pa.Table.from_pylist(rows, schema=_SAID)

    return said


def _networks(  # noqa: PLR0917 - an engine hands the tables over by position
    channels: pa.Table,
    counted: pa.Table,
    links: pa.Table,
    objects: pa.Table,
    occasions: pa.Table,
    whole: pa.Table,
    named: pa.Table,
) -> Callable[[pa.Table], pa.Table]:
    """Return the function that puts the rows of NETWORKS together."""

    def networks(_: pa.Table) -> pa.Table:
        created = channels["created_us"].drop_null().to_numpy()
        by = [_by_network(table) for table in (counted, links, objects, occasions, named)]
        rows = []
        for row in whole.to_pylist():
            own = [part.get(row["network_id"], []) for part in by]
            counts = Counts(members=own[0], links=own[1], objects=own[2], occasions=own[3], whole=row, named=own[4])
            rows.append(row_of(counts, created))
        rows.sort(key=lambda made: (made["p_value"], made["network_id"]))
        return pa.Table.from_pylist(rows, schema=NETWORKS)

    return networks


def _by_network(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row["network_id"], []).append(row)
    return rows


def steps(
    *,
    q_max: Annotated[float, Bounds(0, 1)] = 0.05,
    members_min: Annotated[int, Bounds(2, 10_000)] = 2,
    resolution: Annotated[float, Bounds(0.01, 100)] = RESOLUTION,
) -> tuple[Step, ...]:
    """Return the steps: graph, communities, then what is counted of each, and the innocent explanations."""
    created = "epoch_us(channel_created)" if "channel_created" in TABLES["posts"].seen.names else "null::bigint"
    beside = ("network_channels", "network_counted", "network_links", "network_objects", "network_occasions")
    return (
        Query(name="network_linked", sql=_LINKED_SQL, schema=_LINKED, params={"q_max": q_max}),
        Groups(
            name="network_members",
            input="network_linked",
            columns=tuple(_LINKED.names),
            key=("graph",),
            order=("channel_a", "channel_b"),
            function=lambda linked: _members(linked, members_min, resolution),
            schema=_MEMBERS,
        ),
        Query(name="network_meetings", sql=_MEETINGS_SQL, schema=_MEETINGS),
        Query(name="network_met", sql=_MET_SQL, schema=_MET),
        Query(name="network_links", sql=_LINKS_SQL, schema=_LINKS, params={"q_max": q_max}),
        Query(name="network_objects", sql=_OBJECTS_SQL, schema=_OBJECTS),
        Query(name="network_occasions", sql=_OCCASIONS_SQL, schema=_OCCASIONS),
        Query(name="network_saying", sql=_SAYING_SQL, schema=_SAYING),
        Rows(
            name="network_said",
            input="network_saying",
            columns=tuple(_SAYING.names),
            function=_saying,
            schema=_SAID,
            beside=("case_candidates",),
        ),
        Query(name="network_named", sql=_NAMED_SQL, schema=_NAMED),
        Query(name="network_channels", sql=_CHANNELS_SQL.format(created=created), schema=_CREATED),
        Query(name="network_counted", sql=_COUNTED_SQL, schema=_COUNTED),
        Query(name="network_whole", sql=_WHOLE_SQL, schema=_WHOLE),
        Groups(
            name="networks",
            input="network_members",
            columns=tuple(_MEMBERS.names),
            key=("graph",),
            order=("network_id", "channel"),
            function=_networks,
            schema=NETWORKS,
            beside=(*beside, "network_whole", "network_named"),
        ),
    )


MEASURE: Final = Measure(
    name="networks",
    version=1,
    reads=("posts", "shares", "co_share_edges", "co_share_meetings", "case_candidates", "case_channels"),
    steps=steps,
    schema=NETWORKS,
)
