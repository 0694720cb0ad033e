"""Where attack requests come from, by each database of addresses: the rows of `http_attacks` with country and network.

Databases are `iptocc` (what the five regional Internet registries publish, as it comes with that package) and each file
of ranges that was added; they stand side by side and are never mixed. Of the ranges of one file that hold an address
the narrowest counts. Where a file does not say the kind of a network, the name of its holder may
(`vigie.rules.networks`). A list of addresses gives a kind alone, and no country.

Two kinds of row: those with a `session_id` are rows of `http_attacks`, once for each database; those without count, by
database, country and kind of network, the sessions in which nothing was an attack, of public addresses only.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from ipaddress import IPv6Address
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import iptocc
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Query, Rows, Step
from vigie.kernels.ip import embedded, holds_any, segments
from vigie.kernels.ip_text import read_addresses
from vigie.measures import Measure
from vigie.rules.networks import kind_by_name
from vigie.tables import UTC_US, split_row_id
from vigie.text.address import parse_address
from vigie.text.countries import country_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from vigie.kernels.ip import Halves, Segments

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_DATE: Final[pa.DataType] = pa.date32()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
_TIME: Final[pa.DataType] = UTC_US
DEFAULT: Final = f"iptocc {metadata.version('iptocc')}"
SCHEMA: Final = pa.schema(
    [
        ("database", _S),  # its name, such as "iptocc 3.3.170", or the source id of a file that was added
        ("database_date", _DATE),  # when it was built; null: it does not say
        ("country", _S),  # ISO 3166-1 alpha-2 of the registration; null: not known, or not a public address
        ("asn", _I),  # autonomous system number; null: not known
        ("organisation", _S),  # who holds the range; null: not known
        ("network_kind", _S),  # hosting, access, mobile, tor, vpn; null: not known
        ("session_id", _S),  # null: a row of counts
        ("address", _S),
        ("place", _S),  # public, private or reserved, not an address
        ("host", _S),
        ("day", _DATE),  # UTC; null: a row of counts
        ("kind", _S),  # null: a row of counts
        ("aim", _S),  # null: a row of counts
        ("requests", _I),
        ("sessions", _I),  # 1, or the count
        ("sources", _I),  # 1, or the count of addresses
        ("first_seen", _TIME),  # null: a row of counts
        ("last_seen", _TIME),
        ("evidence_ids", _LIST),  # empty: a row of counts
        ("kind_by", _S),  # what tells the kind of network: database, or name (of the holder); null: it is not known
    ],
    # What a case keeps of a measure is known by its schema, too: with other data of the registries it is made anew.
    metadata={"default": DEFAULT},
)
_RANGE: Final = ("row_id", "first", "last", "country", "asn", "organisation", "network_kind")
_HELD: Final = pa.schema([(name, _I if name == "asn" else _S) for name in _RANGE])
_ADDRESS: Final = pa.schema([("address", _S)])
_DATABASES: Final = pa.schema([("database", _S), ("database_date", _DATE)])
_KNOWN: Final = pa.schema([SCHEMA.field(n) for n in ("country", "asn", "organisation", "network_kind", "kind_by")])
_PLACED: Final = pa.schema([*_ADDRESS, *_DATABASES, *_KNOWN])

_ORDINARY: Final = "attacks = 0 and called in ('other', 'crawler') and place = 'public'"
WANTED: Final = f"""
select address from http_attacks where place = 'public'
union select address from http_sessions where {_ORDINARY} order by address
"""
# Integer arithmetic on microseconds: DuckDB's own truncation follows the session's time zone.
ALL_DATABASES: Final = f"""
select '{DEFAULT}' as database, cast(null as date) as database_date
union all
select database, cast(date '1970-01-01' + cast(built // 86400000000 as integer) as date)
from (select split_part(row_id, ':', 1) as database, max(epoch_us(time)) as built from ip_ranges group by 1)
order by database
"""
ORIGINS: Final = f"""
select d.database, d.database_date, p.country, p.asn, p.organisation, p.network_kind, a.session_id, a.address, a.place,
    a.host, a.day, a.kind, a.aim, a.requests, 1 as sessions, 1 as sources, a.first_seen, a.last_seen, a.evidence_ids,
    p.kind_by
from http_attacks a cross join databases d
left join placed p on a.place = 'public' and a.address = p.address and d.database = p.database
union all
select d.database, d.database_date, p.country, null, null, p.network_kind, null, null, 'public', null, null, null, null,
    sum(s.requests), count(*), count(distinct s.address), null, null, [], p.kind_by
from (select address, requests from http_sessions where {_ORDINARY}) s cross join databases d
left join placed p on s.address = p.address and d.database = p.database
group by d.database, d.database_date, p.country, p.network_kind, p.kind_by
order by database, session_id nulls last, host nulls first, day, kind, country nulls last, network_kind nulls last
"""


def _numbers(texts: pa.ChunkedArray[Any]) -> tuple[Halves, NDArray[np.bool_]]:
    """Return the addresses that texts are, and where there is one."""
    filled: Any = pc.coalesce(texts, pa.scalar(""))
    array: pa.Array[Any] = filled.combine_chunks()
    _, offsets, values = (memoryview(b or b"") for b in array.buffers()) if len(array) else (b"", bytes(4), b"")
    ends = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    high, low, read = read_addresses(np.frombuffer(values, np.uint8), ends, parse_address)
    return (high, low), read


def holding(wanted: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that keeps, of ranges, those that hold one of the wanted addresses.

    A database is gone through once, as it is read, and never held whole.
    """
    (high, low), _ = _numbers(wanted["address"])
    made_of = embedded(high)
    high, low = np.concatenate([high, made_of[0]]), np.concatenate([low, made_of[1]])
    order = np.lexsort((low, high))
    points = high[order], low[order]

    def held(ranges: pa.Table) -> pa.Table:
        first, first_read = _numbers(ranges["first"])
        last, last_read = _numbers(ranges["last"])
        some = holds_any(*points, *first, *last) & first_read & last_read
        return ranges.filter(pa.array(some)).select(list(_HELD.names))

    return held


def known(ranges: pa.Table) -> pa.Table:
    """Return what ranges say, in the result's columns: the country if it is one, the kind and what tells it."""
    rows = ranges.select(["country", "asn", "organisation", "network_kind"]).to_pylist()
    for row in rows:
        said = row["network_kind"]
        row["country"] = country_code(row["country"])
        row["network_kind"] = said or kind_by_name(row["asn"], row["organisation"])
        row["kind_by"] = "database" if said else "name" if row["network_kind"] else None
    return pa.Table.from_pylist(rows, schema=_KNOWN)


@dataclass(frozen=True, slots=True)
class _File:
    """The ranges of a database that hold a wanted address, in the order of its records, and where each address is."""

    known: pa.Table
    segments: Segments

    @classmethod
    def of(cls, ranges: pa.Table) -> _File:
        return cls(known(ranges), segments(_numbers(ranges["first"])[0], _numbers(ranges["last"])[0]))

    def look_up(self, addresses: Halves) -> pa.Table:
        """Return what the database says of each address."""
        found = self.segments.find(*addresses)
        rows: pa.Array[Any] = pa.array(found, mask=found < 0)  # a null takes a row of nulls
        return self.known.take(rows)


def _registered(addresses: Sequence[str]) -> pa.Table:
    """Return the countries of the registries' data; an address of 6to4 is looked up as the IPv4 address in it."""
    plain = [str(IPv6Address(a).sixtofour) if a.startswith("2002:") else a for a in addresses]
    countries = [country_code(code) for code in iptocc.country_code(plain)]
    return pa.table([pa.array(countries, _S), *(pa.nulls(len(plain), f.type) for f in list(_KNOWN)[1:])], schema=_KNOWN)


def placing(held: pa.Table, databases: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that says, of addresses, what each of the databases knows: a row for each of both."""
    owners: dict[str, list[tuple[int, int]]] = {}
    for at, row_id in enumerate(map(str, held["row_id"].to_pylist())):
        owner, record = split_row_id(row_id)
        owners.setdefault(owner, []).append((record, at))
    files = {name: _File.of(held.take([at for _, at in sorted(rows)])) for name, rows in owners.items()}
    nothing = _File.of(held.slice(0, 0))
    named = [(str(row["database"]), row["database_date"]) for row in databases.to_pylist()]

    def placed(wanted: pa.Table) -> pa.Table:
        numbers, _ = _numbers(wanted["address"])
        size = wanted.num_rows
        parts = []
        for name, date in named:
            addresses = list(map(str, wanted["address"].to_pylist()))
            found = _registered(addresses) if name == DEFAULT else files.get(name, nothing).look_up(numbers)
            of = [wanted["address"], pa.repeat(pa.scalar(name), size), pa.array([date] * size, _DATE)]
            parts.append(pa.table([*of, *found.columns], schema=_PLACED))
        # Address by address, so that batches one after another give what one batch of both would.
        return pa.concat_tables(parts).take(np.arange(size * len(parts)).reshape(-1, size).T.ravel())

    return placed


def steps() -> tuple[Step, ...]:
    """Look each distinct address up in each database, then join."""
    return (
        Query(name="wanted", sql=WANTED, schema=_ADDRESS),
        Query(name="databases", sql=ALL_DATABASES, schema=_DATABASES),
        Rows(name="held", input="ip_ranges", columns=_RANGE, function=holding, schema=_HELD, beside=("wanted",)),
        Rows(
            name="placed",
            input="wanted",
            columns=("address",),
            function=placing,
            schema=_PLACED,
            beside=("held", "databases"),
        ),
        Query(name="http_origins", sql=ORIGINS, schema=SCHEMA),
    )


@dataclass(frozen=True, slots=True)
class Agreement:
    """On how many attacking addresses two databases agree. `where` is "all", "hosting" or "elsewhere".

    `addresses` counts those on which both name a country, `agree` those on which it is the same. An address is in
    hosting where any database says so; where none does, it counts as elsewhere, known or not.
    """

    first: str
    second: str
    where: str
    addresses: int
    agree: int

    @property
    def share(self) -> float | None:
        """Return the share on which they agree, 0 to 1; None where there is nothing to agree on."""
        return self.agree / self.addresses if self.addresses else None


def agreement(origins: pa.Table) -> tuple[Agreement, ...]:
    """Return, for each two databases that name countries, how far they agree on the addresses that attacked.

    origins: rows of this measure. Pairs are in the order of their names, each in all, inside hosting and elsewhere.

    >>> rows = [("a", "192.0.2.1", "FR", "hosting"), ("b", "192.0.2.1", "DE", None), ("a", "192.0.2.2", "FR", None)]
    >>> rows += [("b", "192.0.2.2", "FR", None), ("list", "192.0.2.2", None, "tor")]
    >>> names = ("database", "address", "country", "network_kind", "session_id")
    >>> made = [dict(zip(names, (*row, "s:1"), strict=True)) for row in rows]
    >>> [(a.where, a.addresses, a.agree) for a in agreement(pa.Table.from_pylist(made, schema=SCHEMA))]
    [('all', 2, 1), ('hosting', 1, 0), ('elsewhere', 1, 1)]
    """
    countries: dict[str, dict[str, str]] = {}
    hosting: set[str] = set()
    for row in origins.select(["database", "address", "country", "network_kind", "session_id"]).to_pylist():
        if row["session_id"] is None:
            continue
        if row["network_kind"] == "hosting":
            hosting.add(row["address"])
        if row["country"] is not None:
            countries.setdefault(row["database"], {})[row["address"]] = row["country"]
    return tuple(
        made
        for first, second in combinations(sorted(countries), 2)
        for made in _agreement(first, second, countries, hosting)
    )


def _agreement(first: str, second: str, countries: dict[str, dict[str, str]], hosting: set[str]) -> Iterable[Agreement]:
    both = countries[first].keys() & countries[second].keys()
    same = {address for address in both if countries[first][address] == countries[second][address]}
    for where, of in (("all", both), ("hosting", both & hosting), ("elsewhere", both - hosting)):
        yield Agreement(first, second, where, len(of), len(of & same))


MEASURE: Final = Measure(
    name="http_origins", version=1, reads=("http_attacks", "http_sessions", "ip_ranges"), steps=steps, schema=SCHEMA
)
