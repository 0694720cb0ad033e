"""Attack requests by session, host, day and kind, with the evidence on whether they were aimed and may have succeeded.

`aim` is the verdict of `vigie.rules.aim` on all attack requests of the session's address; of a private address, which
may be a proxy's, on those of the session alone.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from vigie.engine import Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER
from vigie.measures import Measure
from vigie.rules.aim import LISTED, Evidence, judged
from vigie.tables import UTC_US

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_DATE: Final[pa.DataType] = pa.date32()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
_TIME: Final[pa.DataType] = UTC_US
SCHEMA: Final = pa.schema(
    [
        ("session_id", _S),  # as in http_sessions
        ("address", _S),
        ("place", _S),
        ("host", _S),  # lower case, without port; null: not logged
        ("day", _DATE),  # UTC
        ("kind", _S),  # a kind of indicator; scan or login_guessing: a request of such a session that matches none
        ("requests", _I),
        ("targets", _I),  # distinct host, path and query
        ("named", _I),  # requests that hold a name of the case's own
        ("existing", _I),  # requests for a page that other clients got
        ("usual", _I),  # requests for a path that many other sources ask for on other days, too
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        ("evidence_ids", _LIST),  # row ids of the requests, in the order of files
        ("aim", _S),  # of the session: aimed, background or unclear
        ("aim_why", _LIST),  # the evidence for it, in words
        ("succeeded_ids", _LIST),  # row ids of the requests that may have succeeded
        ("succeeded_why", _LIST),  # for each of them why, in words
        ("succeeded_first", _TIME),  # time of the first of them; null: there is none
        ("succeeded_last", _TIME),
    ]
)
_COUNTS: Final = tuple(Evidence.__dataclass_fields__)
_EVIDENCE: Final = pa.schema([pa.field("session_id", _S), *(pa.field(n, _I) for n in _COUNTS)])
_AIMS: Final = pa.schema([("session_id", _S), ("aim", _S), ("aim_why", _LIST)])

_LISTED: Final = ", ".join(f"'{k}'" for k in LISTED)
EVIDENCE: Final = f"""
with requests as (
    select *, case when place = 'private or reserved' then session_id else address end as source
    from http_attack_requests),
sources as (
    select source, count(*) as requests, count(*) filter (kind = 'scan') as rest, count(*) filter (named) as named,
        count(*) filter (usual) as usual, count(*) filter (working) as working,
        count(*) filter (read_first) as read_first, count(*) filter (kind in ({_LISTED})) as listed,
        count(*) filter (kind in ({_LISTED}) and served is not false) as served, min(covered) as covered
    from requests group by 1)
select session_id, {", ".join(f"s.{n}" for n in _COUNTS)}
from (select distinct session_id, source from requests) join sources s using (source) order by 1
"""

GROUPED: Final = f"""
select session_id, address, place, host, day, kind, count(*) as requests, count(distinct target) as targets,
    count(*) filter (named) as named, count(*) filter (existing) as existing, count(*) filter (usual) as usual,
    min(time) as first_seen, max(time) as last_seen, list(row_id order by {ROW_ORDER}) as evidence_ids,
    any_value(aim) as aim, any_value(aim_why) as aim_why,
    coalesce(list(row_id order by {ROW_ORDER}) filter (succeeded is not null), []) as succeeded_ids,
    coalesce(list(succeeded order by {ROW_ORDER}) filter (succeeded is not null), []) as succeeded_why,
    min(time) filter (succeeded is not null) as succeeded_first,
    max(time) filter (succeeded is not null) as succeeded_last
from http_attack_requests join aims using (session_id)
group by session_id, address, place, host, day, kind
order by split_part(session_id, ':', 1), cast(split_part(session_id, ':', 2) as bigint), host nulls first, day, kind
"""


def aims(evidence: pa.Table) -> pa.Table:
    """Return the verdict on each session of `_EVIDENCE`."""
    made = []
    for row in evidence.to_pylist():
        aim, why = judged(Evidence(**{n: row[n] for n in _COUNTS}))
        made.append({"session_id": row["session_id"], "aim": aim, "aim_why": why})
    return pa.Table.from_pylist(made, schema=_AIMS)


def steps() -> tuple[Step, ...]:
    """Sum each source's evidence, judge it, then count by session, host, day and kind."""
    return (
        Query(name="evidence", sql=EVIDENCE, schema=_EVIDENCE),
        Rows(name="aims", input="evidence", columns=tuple(_EVIDENCE.names), function=aims, schema=_AIMS),
        Query(name="http_attacks", sql=GROUPED, schema=SCHEMA),
    )


MEASURE: Final = Measure(name="http_attacks", version=1, reads=("http_attack_requests",), steps=steps, schema=SCHEMA)
