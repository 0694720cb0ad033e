"""Attack requests per day, host and kind, beside all requests of that host and day.

Days are UTC days. A host is taken without its port, in lower case; null where the log names none. A host and day with
any request has one row with `kind` null: its zero and its total, so that a quiet day is told from a day without a log.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from vigie.engine import Query, Rows, Step
from vigie.measures import Measure
from vigie.rules.matching import REQUEST_COLUMNS, VERDICTS, verdicts
from vigie.tables import UTC_US

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_DATE: Final[pa.DataType] = pa.date32()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
_TIME: Final[pa.DataType] = UTC_US
SCHEMA: Final = pa.schema(
    [
        ("day", _DATE),
        ("host", _S),
        ("kind", _S),
        ("requests", _I),
        ("sources", _I),
        ("host_requests", _I),
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        ("evidence_ids", _LIST),
    ]
)

# Integer arithmetic on microseconds: DuckDB's own truncation follows the session's time zone.
_DAY: Final = "cast(date '1970-01-01' + cast(epoch_us(time) // 86400000000 as integer) as date)"
_HOST: Final = "nullif(regexp_replace(lower(host), ':[0-9]+$', ''), '')"
_ROW_ORDER: Final = "split_part(row_id, ':', 1), cast(split_part(row_id, ':', 2) as bigint)"

DAILY: Final = f"""
with traffic as (
    select {_DAY} as day, {_HOST} as host, count(*) as host_requests from requests group by 1, 2),
hits as (
    select {_DAY} as day, {_HOST} as host, kind, count(*) as requests, count(distinct client_ip) as sources,
        min(time) as first_seen, max(time) as last_seen, list(row_id order by {_ROW_ORDER}) as evidence_ids
    from verdicts group by 1, 2, 3)
select h.day, h.host, h.kind, h.requests, h.sources, t.host_requests, h.first_seen, h.last_seen, h.evidence_ids
from hits h join traffic t on h.day = t.day and h.host is not distinct from t.host
union all
select day, host, null, 0, 0, host_requests, null, null, [] from traffic
order by host nulls first, day, kind nulls first
"""


def steps() -> tuple[Step, ...]:
    """Classify each request, then count."""
    return (
        Rows(name="verdicts", input="requests", columns=REQUEST_COLUMNS, function=verdicts, schema=VERDICTS),
        Query(name="http_attacks", sql=DAILY, schema=SCHEMA),
    )


MEASURE: Final = Measure(name="http_attacks", version=1, reads=("requests",), steps=steps, schema=SCHEMA)
