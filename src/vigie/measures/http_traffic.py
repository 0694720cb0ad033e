"""Requests per host and five minutes, beside what in unusual hours does not look like readers.

Two kinds of row. Those with `part` null are totals: one for each host and five minutes (UTC) with any request; hosts
with fewer than `HOST_REQUESTS_MIN` requests in all are left out. The others are parts of five minutes that lie in an
unusual hour (`unusual_hours`, generous on purpose) and of its *bare* requests only: those of the busiest sources, those
to the busiest paths, and those for pages that do not exist. Only parts carry evidence; of one with more than
`EVIDENCE_MAX` requests every n-th is listed, the first and the last always.

The requests of one source within five minutes are called bare where they do not look like a reader's:

- no image, style, script, font or film was asked for, and no page with a referer on this host (on any host, where the
  log names none); who came by a link from elsewhere and made at most two requests is no such source;
- or 100 and more requests were made without any such file, whatever referers they claim;
- or 30 and more were made, all for one path.

Readers with a full cache, crawlers and programs are bare, too: what counts is how many that usually are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from vigie.engine import Groups, Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER, host
from vigie.kernels.hourly import usual_hours
from vigie.measures import Measure
from vigie.tables import UTC_US
from vigie.text.origins import ORIGINS, origins

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_S: Final = 300
HOST_REQUESTS_MIN: Final = 100
HOURS_MIN: Final = 6
EVIDENCE_MAX: Final = 20_000
SOURCES_MAX: Final = 100
PATHS_MAX: Final = 3
PART_REQUESTS_MIN: Final = 10
UNUSUAL_WINDOWS_MAX: Final = 4_000

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
_BOOL: Final[pa.DataType] = pa.bool_()
_TIME: Final[pa.DataType] = UTC_US
SCHEMA: Final = pa.schema(
    [
        ("host", _S),  # lower case, without port; null: not logged
        ("window", _TIME),  # the beginning of the five minutes, UTC
        ("part", _S),  # source, path or missing; null: all requests of these five minutes
        ("name", _S),  # the address or the path; null: not of one
        ("requests", _I),
        ("sources", _I),  # distinct origin addresses (`vigie.text.address`)
        ("busiest", _I),  # requests of the busiest of them
        ("assets", _I),  # images, styles, scripts, fonts, films
        ("referred", _I),  # requests with a referer
        ("bare", _I),  # see above
        ("missing", _I),  # answered 404 or 410
        ("failed", _I),  # answered 5xx
        ("targets", _I),  # distinct path and query; null: all requests of these five minutes
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        ("evidence_ids", _LIST),  # in the order of files; empty: all requests of these five minutes
    ]
)
_NAMES: Final = pa.schema([("logged", _S), ("host", _S), ("kept", _BOOL)])
_TOTALS: Final = pa.schema([f for f in SCHEMA if f.name not in {"part", "name", "targets", "evidence_ids"}])
_WINDOWS: Final = pa.schema([("host", _S), ("window", _TIME), ("unusual", _BOOL)])

# Integer arithmetic on microseconds: DuckDB's own truncation follows the session's time zone.
_WINDOW: Final = f"epoch_us(time) // {WINDOW_S * 1_000_000}"
_STARTED: Final = f"make_timestamptz(slot * {WINDOW_S * 1_000_000})"
_ASSET: Final = (
    r"regexp_matches(path, '(?i)\.(?:css|m?js|map|png|jpe?g|gif|svg|webp|avif|ico|bmp|woff2?|ttf|otf|eot"
    r"|mp[34]|webm)$')"
)
_OWN: Final = "(n.host is null or starts_with(split_part(referer, '//', 2), n.host))"

# Digits and dots alone, without a header, stand for themselves, an address or none.
PEERS: Final = """
select client_ip, forwarded_for from requests where forwarded_for is not null or regexp_matches(client_ip, '[^0-9.]')
group by all order by all
"""
MOVED: Final = "select * from origins where address <> client_ip or forwarded_for is not null"
NAMES: Final = f"""
select logged, host, sum(n) over (partition by host) >= {HOST_REQUESTS_MIN} as kept
from (select host as logged, {host()} as host, count(*) as n from requests group by 1, 2)
order by logged nulls first
"""

_ROWS: Final = f"""
select n.host as host, {_WINDOW} as slot, coalesce(m.address, r.client_ip) as address, {_ASSET} as asset,
    referer is not null and {_OWN} as own, r.row_id, r.time, r.path, r.query, r.referer, r.status
from requests r
join names n on r.host is not distinct from n.logged and n.kept
left join moved m on r.client_ip = m.client_ip and r.forwarded_for is not distinct from m.forwarded_for
"""

_CELLS: Final = """
select *, (assets = 0 and (requests >= 100 or (own = 0 and (referred = 0 or requests > 2))))
    or (requests >= 30 and one_path) as bare
from (
    select host, slot, address, count(*) as requests, count(*) filter (asset) as assets, count(referer) as referred,
        count(*) filter (own) as own, count(*) filter (status in (404, 410)) as missing,
        count(*) filter (status >= 500) as failed, min(hash(path)) = max(hash(path)) as one_path,
        min(time) as first_seen, max(time) as last_seen
    from {rows} group by host, slot, address)
"""

TOTALS: Final = f"""
select host, {_STARTED} as "window", sum(requests) as requests, count(*) as sources, max(requests) as busiest,
    sum(assets) as assets, sum(referred) as referred, sum(if(bare, requests, 0)) as bare, sum(missing) as missing,
    sum(failed) as failed, min(first_seen) as first_seen, max(last_seen) as last_seen
from ({_CELLS.format(rows=f"({_ROWS})")}) group by host, slot order by host nulls first, slot
"""

_PART: Final = f"""
select *, count(*) over of_part as n, row_number() over (of_part order by time, {ROW_ORDER}) as nth from (
    select host, slot, '{{part}}' as part, {{name}} as name, address, path, query, referer, status, time, row_id,
        asset from bare {{where}})
window of_part as (partition by host, slot, name)"""

PARTS: Final = f"""
with slots as (
    select host, epoch_us("window") // {WINDOW_S * 1_000_000} as slot from unusual_hours where unusual),
busy as materialized (
    select r.* from ({_ROWS} where {_WINDOW} in (select slot from slots)) r
    join slots s on r.slot = s.slot and r.host is not distinct from s.host),
cells as ({_CELLS.format(rows="busy")}),
bare as (
    select b.* from busy b
    join cells c on c.bare and c.slot = b.slot and c.address = b.address and c.host is not distinct from b.host),
parts as (
    {_PART.format(part="source", name="address", where="")}
    union all {_PART.format(part="path", name="path", where="")}
    union all {_PART.format(part="missing", name="cast(null as varchar)", where="where status in (404, 410)")}),
counted as (
    select host, slot, part, name, count(*) as requests, count(distinct address) as sources,
        count(*) filter (asset) as assets, count(referer) as referred,
        count(*) filter (status in (404, 410)) as missing, count(*) filter (status >= 500) as failed,
        count(distinct hash(path, query)) as targets, min(time) as first_seen, max(time) as last_seen,
        list(row_id order by {ROW_ORDER}) filter ((nth - 1) % ceil(n / {EVIDENCE_MAX}) = 0 or nth = n) as evidence_ids
    from parts where n >= {PART_REQUESTS_MIN} group by host, slot, part, name),
ranked as (
    select *, row_number() over (partition by host, slot, part order by requests desc, name) as rank from counted)
select host, "window", null as part, null as name, requests, sources, busiest, assets, referred, bare, missing, failed,
    null as targets, first_seen, last_seen, [] as evidence_ids from totals
union all
select host, {_STARTED}, part, name, requests, sources, null, assets, referred, requests, missing, failed, targets,
    first_seen, last_seen, evidence_ids
from ranked where rank <= case part when 'path' then {PATHS_MAX} else {SOURCES_MAX} end
order by host nulls first, 2, part nulls first, name nulls first
"""


def unusual_hours(windows: pa.Table) -> pa.Table:
    """Say of each five minutes (whole hosts, ascending in time) whether they lie in an unusual hour and are busy.

    Unusual is an hour with half as many requests again as usual (`vigie.kernels.hourly`) or twice as many bare ones,
    and at least 50 more; or in which five minutes have three times their part of the usual hour and 50 more. There is
    none in a log of fewer than `HOURS_MIN` hours. At most the `UNUSUAL_WINDOWS_MAX` busiest are said of one host.
    """
    hosts = np.array([r if r is not None else "\x00" for r in windows["host"].to_pylist()])
    slots = windows["window"].cast(pa.int64()).to_numpy() // (WINDOW_S * 1_000_000)
    counts = [windows[name].to_numpy().astype(np.float64) for name in ("requests", "bare")]
    unusual = np.zeros(windows.num_rows, np.bool_)
    starts = np.flatnonzero(np.append([True], hosts[1:] != hosts[:-1])) if hosts.size else np.empty(0, np.int64)
    for first, end in zip(starts, [*starts[1:], hosts.size], strict=True):
        unusual[first:end] = _unusual(slots[first:end], *(c[first:end] for c in counts))
    return pa.table([windows["host"], windows["window"], pa.array(unusual)], schema=_WINDOWS)


def _unusual(slots: NDArray[np.int64], requests: NDArray[np.float64], bare: NDArray[np.float64]) -> NDArray[np.bool_]:
    per_hour = 3600 // WINDOW_S
    hours, place = np.unique(slots // per_hour, return_inverse=True)
    if hours.size < HOURS_MIN:
        return np.zeros(slots.size, np.bool_)
    hourly, hourly_bare = (np.bincount(place, counts).astype(np.float64) for counts in (requests, bare))
    usual, usual_bare = usual_hours(hourly, hours), usual_hours(hourly_bare, hours)
    busiest = np.zeros(hours.size)
    np.maximum.at(busiest, place, requests)
    busy = hourly >= 1.5 * usual + 50
    busy |= hourly_bare >= 2 * usual_bare + 50
    busy |= busiest >= 3 * usual / per_hour + 50
    chosen = busy[place] & (bare >= PART_REQUESTS_MIN)
    if chosen.sum() > UNUSUAL_WINDOWS_MAX:
        busiest_first = np.lexsort((slots, -bare, ~chosen))
        chosen[busiest_first[UNUSUAL_WINDOWS_MAX:]] = False
    return chosen


def steps() -> tuple[Step, ...]:
    """Count by source and five minutes, find the unusual hours, then list what in them is bare."""
    return (
        Query(name="peers", sql=PEERS, schema=pa.schema(list(ORIGINS)[:2])),
        Rows(
            name="origins",
            input="peers",
            columns=("client_ip", "forwarded_for"),
            beside=("case_servers",),
            function=origins,
            schema=ORIGINS,
        ),
        Query(name="moved", sql=MOVED, schema=ORIGINS),
        Query(name="names", sql=NAMES, schema=_NAMES),
        Query(name="totals", sql=TOTALS, schema=_TOTALS),
        Groups(
            name="unusual_hours",
            input="totals",
            columns=("host", "window", "requests", "bare"),
            key=("host",),
            order=("window",),
            function=unusual_hours,
            schema=_WINDOWS,
        ),
        Query(name="http_traffic", sql=PARTS, schema=SCHEMA),
    )


MEASURE: Final = Measure(name="http_traffic", version=1, reads=("requests", "case_servers"), steps=steps, schema=SCHEMA)
