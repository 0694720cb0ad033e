"""Where requests come from: attack requests by address, day and kind; the others by country.

The address is the peer's, or what a trusted proxy forwarded (`vigie.text.address`). Its country is that of the
registration: from the case's `ip_ranges` where a range holds the address, else from the regional Internet registries'
data in `iptocc` (packaged with it, refreshed with each of its releases; MIT or Apache-2.0).

Three kinds of row:

- `kind` set: the attack requests of one address on one day (UTC);
- `kind` null, `day` set: all requests and addresses of that day, whether they matched or not;
- both null: by country, the requests of the whole period that matched no indicator; as `sources`, the addresses of
  which none did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import iptocc
import numpy as np
import pyarrow as pa

from vigie.engine import Groups, Query, Rows, Step
from vigie.kernels.ip import find_ranges, halves
from vigie.measures import Measure
from vigie.rules.matching import REQUEST_COLUMNS, VERDICTS, verdicts
from vigie.tables import UTC_US
from vigie.text.address import origin_address, parse_address

if TYPE_CHECKING:
    from vigie.text.address import Address

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_DATE: Final[pa.DataType] = pa.date32()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
_SMALL: Final[pa.DataType] = pa.int8()
_TIME: Final[pa.DataType] = UTC_US
SCHEMA: Final = pa.schema(
    [
        ("day", _DATE),
        ("kind", _S),
        ("address", _S),
        ("place", _S),  # public, private or reserved, not an address; null: all together
        ("country", _S),  # ISO 3166-1 alpha-2; null: not registered, or not a public address
        ("requests", _I),
        ("sources", _I),
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        ("evidence_ids", _LIST),
    ]
)

_PEERS: Final = pa.schema(
    [
        ("one", _SMALL),
        ("client_ip", _S),
        ("forwarded_for", _S),
        ("proxies", _LIST),
        ("first", _S),
        ("last", _S),
        ("range_country", _S),
    ]
)
_ORIGINS: Final = pa.schema([(n, _S) for n in ("client_ip", "forwarded_for", "address", "place", "country")])

# Ranges (client_ip null) and distinct peers in one relation: a `Groups` step sees no other.
PEERS: Final = """
select cast(0 as tinyint) as one, client_ip, forwarded_for,
    cast(null as varchar) as first, cast(null as varchar) as last, cast(null as varchar) as range_country,
    (select coalesce(list(host order by host), []) from case_servers where role = 'proxy') as proxies
from (select distinct client_ip, forwarded_for from requests)
union all
select cast(0 as tinyint), null, null, first, last, country, [] from ip_ranges
"""

# Integer arithmetic on microseconds: DuckDB's own truncation follows the session's time zone.
_DAY: Final = "cast(date '1970-01-01' + cast(epoch_us(time) // 86400000000 as integer) as date)"
_ROW_ORDER: Final = "split_part(row_id, ':', 1), cast(split_part(row_id, ':', 2) as bigint)"
_SAME_PEER: Final = "t.client_ip = o.client_ip and t.forwarded_for is not distinct from o.forwarded_for"

COUNTS: Final = f"""
with traffic as (
    select day, address, place, country, sum(n) as n from (
        select {_DAY} as day, client_ip, forwarded_for, count(*) as n from requests group by 1, 2, 3) t
    join origins o on {_SAME_PEER} group by 1, 2, 3, 4),
attacks as (
    select {_DAY} as day, t.kind, o.address, o.place, o.country, count(*) as requests, 1 as sources,
        min(time) as first_seen, max(time) as last_seen, list(row_id order by {_ROW_ORDER}) as evidence_ids
    from verdicts t join origins o on {_SAME_PEER} group by 1, 2, 3, 4, 5),
ordinary as (
    select place, country, address, any_value(attacking) as attacking,
        sum(n) - coalesce(any_value(attacking), 0) as requests
    from traffic left join (select address, sum(requests) as attacking from attacks group by 1) using (address)
    group by 1, 2, 3)
select * from attacks
union all
select day, null, null, null, null, sum(n), count(distinct address), null, null, [] from traffic group by 1
union all
select null, null, null, place, country, sum(requests), count(*) filter (attacking is null), null, null, []
from ordinary group by 4, 5
order by day nulls last, kind nulls last, address nulls last, place nulls last, country nulls last
"""


def origins(peers: pa.Table) -> pa.Table:
    """Return the address, its kind of place and its country for each row that has a `client_ip`."""
    rows = peers.to_pylist()
    ranges = [r for r in rows if r["client_ip"] is None]
    placed = [
        {**r, "address": address, "place": place}
        for r in rows
        if r["client_ip"] is not None
        for address, place in [origin_address(r["client_ip"], r["forwarded_for"], r["proxies"])]
    ]
    public = [r for r in placed if r["place"] == "public"]
    for row, country in zip(public, _countries([r["address"] for r in public], ranges), strict=True):
        row["country"] = country
    return pa.Table.from_pylist([{n: r.get(n) for n in _ORIGINS.names} for r in placed], schema=_ORIGINS)


def _countries(addresses: list[str], ranges: list[dict[str, str | None]]) -> list[str | None]:
    countries: list[str | None] = list(iptocc.country_code(addresses))
    ends = [(_address(r["first"]), _address(r["last"]), r["range_country"]) for r in ranges]
    usable = [(first, last, country) for first, last, country in ends if first is not None and last is not None]
    if usable and addresses:
        wanted = [a for a in map(parse_address, addresses) if a is not None]
        first, last = halves([u[0] for u in usable]), halves([u[1] for u in usable])
        for place in np.flatnonzero((found := find_ranges(first, last, halves(wanted))) >= 0):
            countries[place] = usable[found[place]][2] or countries[place]
    return countries


def _address(text: str | None) -> Address | None:
    return parse_address(text) if text else None


def steps() -> tuple[Step, ...]:
    """Classify each request, place each distinct peer, then count."""
    return (
        Rows(name="verdicts", input="requests", columns=REQUEST_COLUMNS, function=verdicts, schema=VERDICTS),
        Query(name="peers", sql=PEERS, schema=_PEERS),
        Groups(
            name="origins",
            input="peers",
            columns=tuple(_PEERS.names),
            key=("one",),
            order=("client_ip", "forwarded_for", "first", "last", "range_country"),
            function=origins,
            schema=_ORIGINS,
        ),
        Query(name="http_origins", sql=COUNTS, schema=SCHEMA),
    )


MEASURE: Final = Measure(
    name="http_origins", version=1, reads=("requests", "ip_ranges", "case_servers"), steps=steps, schema=SCHEMA
)
