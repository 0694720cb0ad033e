"""Attack requests one by one, with what each shows: a name of the case's own, a page that this site has, a success.

Attack requests are the requests that match an indicator, the other requests of sessions called scan (kind "scan"), and
the POST requests to login pages of sessions called login_guessing (kind "login_guessing").

Ordinary are requests from addresses that sent no attack request in the whole log; of a private address, behind which
many clients may stand, from its user agents that sent none. What `working` and `usual` mean says `vigie.rules.aim`;
when a request may have succeeded says `vigie.rules.success`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER, day, host
from vigie.measures import Measure
from vigie.rules import aim, success
from vigie.rules.logins import is_login
from vigie.rules.matching import plain_forms
from vigie.tables import UTC_US

if TYPE_CHECKING:
    from collections.abc import Callable

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_DATE: Final[pa.DataType] = pa.date32()
_BOOL: Final[pa.DataType] = pa.bool_()
_TIME: Final[pa.DataType] = UTC_US
SCHEMA: Final = pa.schema(
    [
        ("row_id", _S),
        ("time", _TIME),
        ("day", _DATE),  # UTC
        ("session_id", _S),  # as in http_sessions
        ("address", _S),
        ("place", _S),
        ("host", _S),  # lower case, without port; null: not logged
        ("kind", _S),  # a kind of indicator; scan or login_guessing: a request of such a session that matches none
        ("target", _S),  # path and query as sent
        ("named", _BOOL),  # holds a name of the case's own, and no ordinary visitor was served its page
        ("existing", _BOOL),  # its page was served to ordinary visitors, too
        ("usual", _BOOL),  # what it asks for is asked for by many sources on many days
        ("working", _BOOL),  # it carries a payload to a page that this site serves
        ("read_first", _BOOL),  # working, and its session was served the page before
        ("served", _BOOL),  # answered 2xx; null: the status was not logged
        ("covered", _I),  # days of log of the host
        ("succeeded", _S),  # why it may have succeeded, in words; null: no sign of it
    ]
)
_MARKED: Final = pa.schema(
    [
        ("row_id", _S),
        ("time", _TIME),
        ("session_id", _S),
        ("began", _TIME),  # of its session
        ("address", _S),
        ("place", _S),
        ("called", _S),
        ("client_ip", _S),
        ("forwarded_for", _S),
        ("user_agent", _S),
        ("host", _S),
        ("method", _S),
        ("path", _S),
        ("query", _S),
        ("status", pa.int16()),
        ("bytes", _I),
        ("kind", _S),  # null: matches no indicator
    ]
)
# As `_MARKED`, the host as in `SCHEMA`; `kind` null: of a login_guessing session, and no attack request.
_READ: Final = pa.schema(
    [
        *_MARKED,
        pa.field("login", _BOOL),  # its path is that of a login page
        pa.field("target", _S),
        pa.field("page", _S),  # its path without a payload
        pa.field("shape", _S),  # what it asks for, numbers levelled: the plain target, or path of a probe from a list
        pa.field("names", _BOOL),
    ]
)
_PLACES: Final = pa.schema([("host", _S), ("path", _S)])


_OF_SESSION: Final = "s.session_id, s.first_seen as began, s.address, s.place, s.called"
_OF_REQUEST: Final = "client_ip, forwarded_for, user_agent, host, method, path, query, status, bytes"
MARKED: Final = f"""
with matched as (
    select session_id, first_seen, address, place, called, unnest(attack_ids) as row_id from http_sessions),
rest as (
    select session_id, first_seen, address, place, called, unnest(request_ids) as row_id from http_sessions
    where called in ('scan', 'login_guessing')),
others as (select * from rest s where not exists (from http_verdicts v where v.row_id = s.row_id))
select row_id, time, {_OF_SESSION}, {_OF_REQUEST}, kind from matched s join http_verdicts using (row_id)
union all
select row_id, time, {_OF_SESSION}, {_OF_REQUEST}, null from requests join others s using (row_id)
"""

# The peer or its last forwarded address is one that attacks, however the rest of the header reads.
ORDINARY: Final = f"""
with pages as (
    select path from marked_plain where kind is not null union select page from marked_plain union select '/'),
direct as (select distinct address from marked_plain where kind is not null and place <> 'private or reserved'),
pairs as (
    select distinct client_ip, forwarded_for from marked_plain
    where kind is not null and place <> 'private or reserved'),
inside as (
    select distinct client_ip, forwarded_for, user_agent from marked_plain
    where kind is not null and place = 'private or reserved'),
asked as (
    select {host("host")} as host, path, status, bytes from requests r
    where path in (select path from pages) and status is not null
        and client_ip not in (select address from direct)
        and coalesce(trim(list_last(string_split(forwarded_for, ','))), '') not in (select address from direct)
        and not exists (
            from pairs p where p.client_ip = r.client_ip and p.forwarded_for is not distinct from r.forwarded_for)
        and not exists (
            from inside i where i.client_ip = r.client_ip and i.forwarded_for is not distinct from r.forwarded_for
                and i.user_agent is not distinct from r.user_agent))
select host, path, count(*) filter (status between 200 and 399) as served, count(*) filter (status >= 500) as failed,
    quantile_disc(bytes, 0.05) filter (status = 200 and bytes > 0) as low,
    quantile_disc(bytes, 0.5) filter (status = 200 and bytes > 0) as middle,
    quantile_disc(bytes, 0.95) filter (status = 200 and bytes > 0) as high,
    count(*) filter (status = 200 and bytes > 0) as sized
from asked group by 1, 2 having served > 0
"""
_ORDINARY: Final = pa.schema(
    [
        *_PLACES,
        pa.field("served", _I),  # answered 2xx or 3xx
        pa.field("failed", _I),  # answered 5xx
        pa.field("low", _I),  # of the sizes of answers with status 200: 5 of 100 are not larger
        pa.field("middle", _I),
        pa.field("high", _I),
        pa.field("sized", _I),
    ]
)

# When a session was first served a page by a request that is no attack.
VISITS: Final = f"""
with clients as (
    select distinct session_id, began, client_ip, forwarded_for, user_agent, host, page
    from marked_plain where kind is not null),
last as (select session_id, max(time) as ended from marked_plain where kind is not null group by 1)
select c.session_id, c.host, c.page, min(r.time) as read_at
from clients c join last using (session_id) join requests r on r.path = c.page and r.client_ip = c.client_ip
    and r.forwarded_for is not distinct from c.forwarded_for and r.user_agent is not distinct from c.user_agent
    and {host("r.host")} is not distinct from c.host
    and r.time >= c.began and r.time <= last.ended and r.status between 200 and 399
where r.row_id not in (select row_id from http_verdicts)
group by 1, 2, 3
"""
_VISITS: Final = pa.schema([("session_id", _S), ("host", _S), ("page", _S), ("read_at", _TIME)])

COVERED: Final = f"""
select {host("host")} as host, count(distinct day) as days
from (select distinct host, {day("time")} as day from requests) group by 1
"""
_COVERED: Final = pa.schema([("host", _S), ("days", _I)])

_EVERYWHERE: Final = ", ".join(f"'{p}'" for p in aim.EVERYWHERE)
_LISTED: Final = ", ".join(f"'{k}'" for k in aim.LISTED)
SHOWN: Final = f"""
with attacks as (select *, {day("time")} as day from marked_plain where kind is not null),
asks as (
    select host, shape, count(distinct address) as addresses, count(distinct day) as days from attacks group by 1, 2),
seen as (
    select a.*, c.days as covered,
        k.addresses >= {aim.SOURCES_MIN} and k.days >= {aim.DAYS_MIN}
            and k.days * {aim.DAYS_ONE_IN} >= c.days as usual,
        a.path not in ({_EVERYWHERE}) and (o.served is not null or (p.served is not null and
            a.page not in ({_EVERYWHERE}))) as existing,
        a.page not in ({_EVERYWHERE}) and coalesce(v.read_at < a.time, false) as read_before,
        coalesce(o.served, p.served) is not null as ordinary
    from attacks a
    join asks k on k.shape = a.shape and k.host is not distinct from a.host
    join covered c on c.host is not distinct from a.host
    left join ordinary o on o.path = a.path and o.host is not distinct from a.host
    left join ordinary p on p.path = a.page and p.host is not distinct from a.host
    left join visits v on v.session_id = a.session_id and v.page = a.page and v.host is not distinct from a.host),
worked as (
    select *, not usual and (existing or read_before) and (kind not in ({_LISTED}) or (kind = 'login_guessing'
        and covered >= {aim.COVERED_MIN} and not regexp_matches(lower(path), '{aim.PRODUCT_LOGINS}'))) as working
    from seen)
select row_id, time, day, session_id, address, place, host, kind, target, names and not ordinary as named, existing,
    usual, working, working and read_before as read_first, status between 200 and 299 as served,
    covered, why as succeeded
from worked left join successes using (row_id) order by {ROW_ORDER}
"""


def marked_plain(servers: pa.Table, candidates: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function of a batch of `_MARKED` that reads its texts: as `_READ`."""
    hosts = [str(h) for h in servers["host"].to_pylist()]
    return partial(_plain, names=aim.Names.of(hosts, [str(a) for a in candidates["alias"].to_pylist()]))


def _plain(marked: pa.Table, *, names: aim.Names) -> pa.Table:
    path: pa.Array[Any] = marked["path"].combine_chunks()
    login = is_login(path)
    query: pa.Array[Any] = marked["query"].combine_chunks()
    target = pc.binary_join_element_wise(path, query, pa.scalar("?"), null_handling="skip")  # type: ignore[call-overload]
    kind: pa.Array[Any] = marked["kind"].combine_chunks()
    posted = pc.is_in(marked["method"].combine_chunks(), pa.array(["POST"]))
    guess = pc.and_(pc.and_(pc.is_in(marked["called"].combine_chunks(), pa.array(["login_guessing"])), login), posted)
    scan = pc.is_in(marked["called"].combine_chunks(), pa.array(["scan"]))
    kind = pc.if_else(pc.and_(scan, pc.is_null(kind)), "scan", kind)
    kind = pc.if_else(pc.and_(guess, pc.is_null(kind)), "login_guessing", kind)
    listed = pc.is_in(kind, pa.array(aim.LISTED))
    plain = plain_forms(target)
    shape = aim.levelled(pc.if_else(listed, plain_forms(path), plain))
    people, every = names.within(plain)
    host = pc.replace_substring_regex(pc.utf8_lower(marked["host"].combine_chunks()), ":[0-9]+$", "")
    host = pc.if_else(pc.is_in(host, pa.array([""])), pa.scalar(None, _S), host)
    read = {
        "host": host,
        "kind": kind,
        "login": login,
        "target": target,
        "page": aim.pages(path),
        "shape": shape,
        # A tool makes names of archives from the address that it was given.
        "names": pc.if_else(pc.is_in(kind, pa.array(["backup_probe"])), people, every),
    }
    return pa.table([read.get(n, marked[n] if n in marked.column_names else None) for n in _READ.names], schema=_READ)


def steps() -> tuple[Step, ...]:
    """Gather the requests, read their texts, count what others ask for and get, then say what each shows."""
    return (
        Query(name="marked", sql=MARKED, schema=_MARKED),
        Rows(
            name="marked_plain",
            input="marked",
            columns=tuple(_MARKED.names),
            function=marked_plain,
            schema=_READ,
            beside=("case_servers", "case_candidates"),
        ),
        Query(name="ordinary", sql=ORDINARY, schema=_ORDINARY),
        Query(name="visits", sql=VISITS, schema=_VISITS),
        Query(name="covered", sql=COVERED, schema=_COVERED),
        Query(name="successes", sql=success.SQL, schema=success.SCHEMA),
        Query(name="http_attack_requests", sql=SHOWN, schema=SCHEMA),
    )


MEASURE: Final = Measure(
    name="http_attack_requests",
    version=1,
    reads=("requests", "http_verdicts", "http_sessions", "case_servers", "case_candidates"),
    steps=steps,
    schema=SCHEMA,
)
