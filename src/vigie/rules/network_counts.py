"""What is counted of networks: tables, one by one, each from those before it, the posts and the shares.

`network_members` (network_id, channel, stability) says who is in which network, `network_said` (network_id, channel,
candidates, says_volunteer) what each post of a meeting says. Times (`_us`) are in microseconds since 1970.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import pyarrow as pa

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_F: Final[pa.DataType] = pa.float64()
_B: Final[pa.DataType] = pa.bool_()
_LIST: Final[pa.DataType] = pa.list_(_S)


class Count(NamedTuple):
    """One table: its columns, and the SQL that makes it."""

    name: str
    schema: pa.Schema
    sql: str


# A file all of whose times are whole minutes does not know of seconds.
MEETINGS: Final = Count(
    "network_meetings",
    pa.schema(
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
            ("same_second", _B),  # not where the times of the file are whole minutes
        ]
    ),
    """
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
""",
)

MET: Final = Count(
    "network_met",
    pa.schema(
        [("network_id", _S), ("object_kind", _S), ("object_id", _S), ("channel", _S), ("time_us", _I), ("row_id", _S)]
    ),
    """
select network_id, object_kind, object_id, channel_a as channel, a_us as time_us, row_a as row_id from network_meetings
union
select network_id, object_kind, object_id, channel_b, b_us, row_b from network_meetings
""",
)

LINKS: Final = Count(
    "network_links",
    pa.schema(
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
    ),
    """
select network_id, object_kind, channel_a, channel_b, objects, expected, p_value, q_value, tests
from co_share_edges
join (select network_id, channel as channel_a from network_members) using (channel_a)
join (select network_id, channel as channel_b from network_members) using (channel_b, network_id)
where "row" = 'pair' and q_value <= $q_max
order by network_id, object_kind, channel_a, channel_b
""",
)

# The site of an object that is no page is the one that the posts link most.
OBJECTS: Final = Count(
    "network_objects",
    pa.schema(
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
    ),
    """
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
""",
)

OCCASIONS: Final = Count(
    "network_occasions",
    pa.schema(
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
    ),
    """
with pairs as (
    select network_id, object_kind, object_id, least(a_us, b_us) // 86400000000 as day, channel_a, channel_b,
        min(abs(a_us - b_us)) as delay_us, bool_or(same_second) as same_second,
        min(least(a_us, b_us)) as begin_us, max(greatest(a_us, b_us)) as end_us
    from network_meetings group by all)
select network_id, object_kind, object_id, count(*) as pairs, count(*) filter (same_second) as same_second,
    min(begin_us) as begin_us, max(end_us) as end_us, median(delay_us) / 1e6 as delay_s
from pairs group by network_id, object_kind, object_id, day
order by network_id, object_kind, object_id, begin_us
""",
)

SAYING: Final = Count(
    "network_saying",
    pa.schema([("network_id", _S), ("channel", _S), ("row_id", _S), ("text", _S), ("hashtags", _LIST)]),
    """
select network_id, channel, row_id, concat_ws(' ', title, text) as text, hashtags
from (select distinct network_id, channel, row_id from network_met) join posts using (row_id)
order by network_id, channel, row_id
""",
)

NAMED: Final = Count(
    "network_named",
    pa.schema([("network_id", _S), ("candidate", _S), ("posts", _I)]),
    """
select network_id, candidate, count(*) as posts
from (select network_id, unnest(candidates) as candidate from network_said)
group by network_id, candidate order by network_id, posts desc, candidate
""",
)

# Of channels outside the networks only the date they were made is of use.
CHANNELS: Final = Count(
    "network_channels",
    pa.schema([("channel", _S), ("platform", _S), ("name", _S), ("created_us", _I)]),
    """
with own as (
    select platform, channel_id, min(channel_name) as name, min(epoch_us(channel_created)) as created_us
    from posts group by platform, channel_id)
select platform || ':' || channel_id as channel, min(platform) as platform, min(name) as name,
    min(created_us) as created_us
from own
where created_us is not null or platform || ':' || channel_id in (select channel from network_members)
group by 1 order by 1
""",
)

COUNTED: Final = Count(
    "network_counted",
    pa.schema(
        [
            ("network_id", _S),
            ("channel", _S),
            ("platform", _S),
            ("name", _S),
            ("outlet", _S),
            ("says_volunteer", _B),
            ("created_us", _I),
            ("stability", _F),
            ("objects", _I),
            ("firsts", _I),
            ("expected_firsts", _F),
        ]
    ),
    """
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
""",
)

# Members who shared one object are counted over the kinds that the network met at; crowds say nothing of an audience.
WHOLE: Final = Count(
    "network_whole",
    pa.schema(
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
    ),
    """
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
    select network_id, list(row_id order by {row_order}) as evidence_ids
    from (select distinct network_id, row_id from network_met) group by network_id)
select network_id, delay_s, same_second, days, first_us, last_us, met_pairs, coalesce(common_pairs, 0) as common_pairs,
    evidence_ids
from tempo join evidence using (network_id) left join common using (network_id) order by network_id
""",
)
