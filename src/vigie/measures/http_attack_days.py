"""Attack requests per day, host and kind, beside all requests of that host and day.

Days are UTC days. A host is taken without its port, in lower case; null where the log names none. A host and day with
any request has one row with `kind` null: its zero and its total, so that a quiet day is told from a day without a log.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from vigie.engine import Query, Step
from vigie.engine.fragments import ROW_ORDER, day, host
from vigie.measures import Measure
from vigie.tables import UTC_US

# A tool may send one request or a hundred thousand: beyond this many of a source, kind and day, more say little.
SOURCE_REQUESTS_MAX: Final = 10

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_DATE: Final[pa.DataType] = pa.date32()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
_TIME: Final[pa.DataType] = UTC_US
SCHEMA: Final = pa.schema(
    [
        ("day", _DATE),
        ("host", _S),
        ("kind", _S),  # as in http_attacks; null: the day's own row
        ("requests", _I),  # attack requests
        ("sessions", _I),  # with at least one of them
        ("sources", _I),  # distinct origin addresses with at least one of them
        ("bounded", _I),  # attack requests, of each source at most `SOURCE_REQUESTS_MAX`
        ("aimed", _I),  # attack requests of sessions called aimed
        ("host_requests", _I),  # all requests of that host and day
        ("covered_s", _I),  # seconds from the first to the last of them
        ("first_seen", _TIME),  # of the attack requests; null: none
        ("last_seen", _TIME),
        ("evidence_ids", _LIST),
    ]
)


DAILY: Final = f"""
with by_spelling as (
    select {day()} as day, host, count(*) as requests, min(time) as first_at, max(time) as last_at
    from requests group by 1, 2),
traffic as (
    select day, {host()} as host, cast(sum(requests) as bigint) as host_requests,
        (epoch_us(max(last_at)) - epoch_us(min(first_at))) // 1000000 as covered_s
    from by_spelling group by 1, 2),
by_source as (
    select day, host, kind, address, sum(requests) as requests from http_attacks group by 1, 2, 3, 4),
bounded as (
    select day, host, kind, count(*) as sources, sum(least(requests, {SOURCE_REQUESTS_MAX})) as bounded
    from by_source group by 1, 2, 3),
counted as (
    select day, host, kind, sum(requests) as requests, count(distinct session_id) as sessions,
        coalesce(sum(requests) filter (aim = 'aimed'), 0) as aimed,
        min(first_seen) as first_seen, max(last_seen) as last_seen
    from http_attacks group by 1, 2, 3),
evidence as (
    select day, host, kind, list(row_id order by {ROW_ORDER}) as evidence_ids
    from (select day, host, kind, unnest(evidence_ids) as row_id from http_attacks) group by 1, 2, 3)
select c.day, c.host, c.kind, c.requests, c.sessions, b.sources, b.bounded, c.aimed, t.host_requests, t.covered_s,
    c.first_seen, c.last_seen, e.evidence_ids
from counted c
join bounded b on b.day = c.day and b.kind = c.kind and b.host is not distinct from c.host
join evidence e on e.day = c.day and e.kind = c.kind and e.host is not distinct from c.host
join traffic t on t.day = c.day and t.host is not distinct from c.host
union all
select day, host, null, 0, 0, 0, 0, 0, host_requests, covered_s, null, null, [] from traffic
order by host nulls first, day, kind nulls first
"""


def steps() -> tuple[Step, ...]:
    """Count."""
    return (Query(name="http_attack_days", sql=DAILY, schema=SCHEMA),)


MEASURE: Final = Measure(
    name="http_attack_days", version=1, reads=("requests", "http_attacks"), steps=steps, schema=SCHEMA
)
