"""Attempts to log in, by service, page, address and hour, with what the server's answers tell of their outcome.

On the web an attempt is a POST request to a login page (`vigie.rules.logins`) that is not answered 404, 405, 410 or 501
(there is no such page) nor 301 or 308 (it moved). What it carried is in no log: neither the account nor, as such, the
outcome. The outcome is read from the answers of each page as far as they differ:

- 400, 401, 403, 422, 423 and 429 are a failure everywhere;
- where a page answers 401 or 422 at all, that is how it refuses: 2xx and 3xx are a success;
- else, where it answers both 200 and 302, 303 or 307 (a form that comes again, or a redirect onwards): 200 is a
  failure, the redirect a success, which may still be a second factor or a redirect to a message of failure;
- everything else is unknown; so is every answer of /xmlrpc.php, which is 200 whatever it says.

A row with `page` null says that the log covers this hour, on any host: so that an hour without attempts is told from an
hour without a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from vigie.engine import Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER, host
from vigie.measures import Measure
from vigie.rules.logins import is_login
from vigie.tables import UTC_US
from vigie.text.origins import origins

if TYPE_CHECKING:
    from collections.abc import Callable

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
_STATUS: Final[pa.DataType] = pa.int16()
_TIME: Final[pa.DataType] = UTC_US
SCHEMA: Final = pa.schema(
    [
        ("service", _S),  # web; null: a row of coverage
        ("host", _S),  # lower case, without port; null: not logged
        ("page", _S),  # the path in lower case; null: a row of coverage
        ("account", _S),  # the account tried; null: not logged, as always on the web
        ("address", _S),  # the origin address (`vigie.text.address`)
        ("place", _S),  # public, private or reserved, not an address
        ("hour", _TIME),  # its beginning, UTC
        ("attempts", _I),  # 0: a row of coverage
        ("failures", _I),  # attempts that the answer calls a failure
        ("successes", _I),  # attempts that the answer calls a success, with the reservation above
        ("per_minute", _I),  # the most attempts within a minute of the clock
        ("status", _STATUS),  # the most frequent response status; null: not logged
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        ("evidence_ids", _LIST),  # row ids of the attempts, in the order of files
        ("success_ids", _LIST),  # of those the answer calls a success
    ]
)
_POSTED: Final = pa.schema(
    [
        ("row_id", _S),
        ("time", _TIME),
        ("client_ip", _S),
        ("forwarded_for", _S),
        ("host", _S),
        ("path", _S),
        ("status", _STATUS),
        ("address", _S),
        ("place", _S),
    ]
)

_HOUR: Final = "make_timestamptz(epoch_us(time) // 3600000000 * 3600000000)"

POSTS: Final = """
select row_id, time, client_ip, forwarded_for, host, path, status, null as address, null as place from requests
where upper(method) = 'POST' and (status is null or status not in (301, 308, 404, 405, 410, 501))
"""

HOURLY: Final = f"""
with posted as (select * replace ({host()} as host, lower(path) as path) from attempts),
pages as (
    select host, path, ends_with(path, '/xmlrpc.php') as silent, bool_or(status in (401, 422)) as refuses,
        bool_or(status = 200) and bool_or(status in (302, 303, 307)) as redirects
    from posted group by all),
judged as (
    select p.*, case
        when status in (400, 401, 403, 422, 423, 429) then 'failure'
        when silent then 'unknown'
        when refuses and status between 200 and 399 then 'success'
        when redirects and status = 200 then 'failure'
        when redirects and status in (302, 303, 307) then 'success'
        else 'unknown' end as outcome,
        count(*) over (partition by p.host, p.path, address, epoch_us(time) // 60000000) as in_minute
    from posted p join pages g on p.host is not distinct from g.host and p.path = g.path)
select 'web' as service, host, path as page, null as account, address, place, {_HOUR} as hour, count(*) as attempts,
    count(*) filter (outcome = 'failure') as failures, count(*) filter (outcome = 'success') as successes,
    max(in_minute) as per_minute, mode(status order by status) as status, min(time) as first_seen,
    max(time) as last_seen, list(row_id order by {ROW_ORDER}) as evidence_ids,
    coalesce(list(row_id order by {ROW_ORDER}) filter (outcome = 'success'), []) as success_ids
from judged group by host, path, address, place, 7
union all
select distinct null, null, null, null, null, null, {_HOUR}, 0, 0, 0, 0, null, null, null, [], [] from requests
order by host nulls first, page nulls first, hour, address
"""


def attempts(servers: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that keeps the POST requests to login pages, with the address they came from."""
    placed = origins(servers)

    def kept(posts: pa.Table) -> pa.Table:
        logins = posts.filter(is_login(posts["path"]))
        peers = placed(logins.select(["client_ip", "forwarded_for"]))
        for name in ("address", "place"):
            logins = logins.set_column(logins.schema.get_field_index(name), name, peers[name])
        return logins

    return kept


def steps() -> tuple[Step, ...]:
    """Keep the attempts, then judge and count them."""
    return (
        Query(name="posts", sql=POSTS, schema=_POSTED),
        Rows(
            name="attempts",
            input="posts",
            columns=tuple(_POSTED.names),
            beside=("case_servers",),
            function=attempts,
            schema=_POSTED,
        ),
        Query(name="login_attempts", sql=HOURLY, schema=SCHEMA),
    )


MEASURE: Final = Measure(
    name="login_attempts", version=1, reads=("requests", "case_servers"), steps=steps, schema=SCHEMA
)
