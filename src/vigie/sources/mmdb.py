"""MaxMind DB files (GeoLite2, DB-IP, IPinfo and others): the ranges of addresses in them, with country and network.

Neighbouring networks with the same values are one row. Networks whose record names neither country, autonomous system,
organisation nor kind of network are passed over; where all do that, the file is refused, with the names it has instead.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from vigie.kernels.mmdb_tree import joined, networks
from vigie.rules.networks import asn_of, kind_said
from vigie.sources import Block, Parsed, Refusal, Source
from vigie.sources.csv_columns import EARLIEST, LATEST
from vigie.sources.mmdb_data import DamageError, Data
from vigie.sources.ranges import address_texts
from vigie.tables import TABLES
from vigie.text.countries import country_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.mmdb_tree import Networks
    from vigie.sources import Head

SCHEMA: Final = TABLES["ip_ranges"].arriving
MARKER: Final = b"\xab\xcd\xefMaxMind.com"
METADATA_BYTES_MAX: Final = 128 << 10
TEXT_CHARACTERS_MAX: Final = 300
_GAP: Final = 16
_RECORD_BITS: Final = (24, 28, 32)
_VERSIONS: Final = (4, 6)
_EMPTY: Final = -1
_DAMAGED: Final = -2
_COUNTRY: Final = ("country_code", "country", "registered_country", "countryCode", "country_iso_code")
_CODE: Final = ("iso_code", "code", "country_code")
_ASN: Final = ("autonomous_system_number", "asn", "as_number")
_ORGANISATION: Final = (
    "autonomous_system_organization", "as_name", "organization", "organisation", "isp", "as_organization", "name",
    "org",
)  # fmt: skip
_KIND: Final = ("network_kind", "user_type", "usage_type", "connection_type", "type", "as_type")
_FLAGS: Final = {
    "is_tor_exit_node": "tor", "is_tor": "tor", "tor": "tor", "is_anonymous_vpn": "vpn", "is_vpn": "vpn", "vpn": "vpn",
    "is_hosting_provider": "hosting", "is_hosting": "hosting", "hosting": "hosting",
}  # fmt: skip
_WITHIN: Final = ("traits", "as", "asn", "privacy")
_KEEP: Final = frozenset((*_COUNTRY, *_CODE, *_ASN, *_ORGANISATION, *_KIND, *_FLAGS, *_WITHIN))

Fields = tuple[str | None, int | None, str | None, str | None]
NOTHING: Final[Fields] = (None, None, None, None)


@dataclass(frozen=True, slots=True)
class _File:
    """What the metadata say of a file: the build's time, and where the tree and the data lie."""

    built: datetime | None
    nodes: int
    record_bits: int
    version: int
    data: bytes
    tree: NDArray[np.uint8]


def sniff(head: Head) -> int:
    """Return 95 where the file is whole and has the marker; 90 where it is binary and named .mmdb; else 0."""
    if head.whole and MARKER in head.data:
        return 95
    return 90 if ".mmdb" in head.name.lower() and b"\0" in head.data else 0


def parse(block: Block, _state: dict[str, Any]) -> Parsed:
    """Read a whole file; see `Source.parse`."""
    try:
        file = _open(block.data)
        found = networks(file.tree, file.nodes, file.record_bits, file.version)
    except DamageError as error:
        return Parsed(SCHEMA.empty_table(), [Refusal(1, str(error), block.data[:64])], len(block.data), 1)
    fields, key, damage, names = _read_data(file, found)
    refusals = [f"{reason}: {count:,} networks" for reason, count in sorted(damage.items())]
    if found.circles:
        refusals.append(f"the tree leads in circles, at {found.circles:,} places: they were left")
    if found.deep:
        refusals.append(f"the tree goes on below the last bit of an address, at {found.deep:,} places")
    if not found.whole:
        refusals.append("the tree unfolds into more networks than a database has: it was not read further")
    begin, end = joined(*found.first, *found.last, key)
    if not begin.size and not refusals:
        refusals.append(
            "no network has a country, an autonomous system, an organisation or a kind; the records have "
            + (", ".join(names) or "nothing")
        )
    rows = _rows(file, found, fields, key, (begin, end))
    empty = int((key == _EMPTY).sum())
    refused = [Refusal(begin.size + n, reason, b"") for n, reason in enumerate(refusals, start=1)]
    return Parsed(rows, refused, len(block.data), begin.size + len(refused) + empty, empty)


def _open(data: bytes) -> _File:
    tail = max(0, len(data) - METADATA_BYTES_MAX - len(MARKER))
    at = data.rfind(MARKER, tail)
    if at < 0:
        raise DamageError("no metadata at the end: the file is cut off, or is no MaxMind DB")
    try:
        meta = Data(data[at + len(MARKER) :]).at(0)
    except DamageError as error:
        raise DamageError(f"the metadata cannot be read: {error}") from error
    if not isinstance(meta, dict):
        raise DamageError("the metadata are no map")
    said = {name: meta.get(name) for name in ("binary_format_major_version", "node_count", "record_size", "ip_version")}
    major, nodes, record_bits, version = said.values()
    if major != 2:  # noqa: PLR2004 - the format's version
        raise DamageError(f"its format is version {str(major)[:20]}, not 2")
    if not isinstance(nodes, int) or nodes < 0 or record_bits not in _RECORD_BITS or version not in _VERSIONS:
        raise DamageError("the metadata give no sizes that the format allows: " + str(said)[:TEXT_CHARACTERS_MAX])
    tree = nodes * record_bits // 4
    if tree + _GAP > at:
        raise DamageError(f"its tree of {nodes:,} nodes does not fit into it: the file is cut off or damaged")
    return _File(
        _built(meta.get("build_epoch")),
        nodes,
        record_bits,
        version,
        data[tree + _GAP : at],
        np.frombuffer(data, np.uint8, count=tree),
    )


def _built(epoch: object) -> datetime | None:
    if not isinstance(epoch, int) or not EARLIEST.timestamp() <= epoch < LATEST.timestamp():
        return None
    return datetime.fromtimestamp(epoch, UTC)


def _read_data(file: _File, found: Networks) -> tuple[list[Fields], NDArray[np.int32], dict[str, int], list[str]]:
    """Decode each distinct record once. Return the distinct fields, the place of each network's, damage, and names.

    A network's place is negative where its record says nothing of use, or is damaged.
    """
    offsets, which, counts = np.unique(found.data, return_inverse=True, return_counts=True)
    data = Data(file.data, _KEEP)
    places: dict[Fields, int] = {}
    place = np.empty(offsets.size, np.int32)
    damage: dict[str, int] = {}
    for at, offset in enumerate(offsets.tolist()):
        try:
            fields = fields_of(data.at(offset))
        except DamageError as error:
            damage[str(error)] = damage.get(str(error), 0) + int(counts[at])
            place[at] = _DAMAGED
        else:
            place[at] = _EMPTY if fields == NOTHING else places.setdefault(fields, len(places))
    return list(places), place[which].astype(np.int32), damage, _names(file.data, offsets)


def _names(section: bytes, offsets: NDArray[np.int64]) -> list[str]:
    """Return the names of the first record that has some."""
    data = Data(section)
    for offset in offsets[:100].tolist():
        try:
            record = data.at(offset)
        except DamageError:
            continue
        if isinstance(record, dict) and record:
            return [name[:60] for name in sorted(record)[:20]]
    return []


def fields_of(record: object) -> Fields:
    """Return (country, autonomous system, organisation, kind of network) of a record, each None where it names none.

    >>> fields_of({"country": {"iso_code": "FR"}, "registered_country": {"iso_code": "DE"}})
    ('FR', None, None, None)
    >>> fields_of({"country_code": "ua", "asn": "AS64496", "as_name": "Example", "country": "Ukraine"})
    ('UA', 64496, 'Example', None)
    >>> fields_of({"is_anonymous": True, "is_tor_exit_node": True})
    (None, None, None, 'tor')
    """
    if not isinstance(record, dict):
        return NOTHING
    maps = [record, *(m for m in map(record.get, _WITHIN) if isinstance(m, dict))]
    codes = [_code(m.get(name)) for m in maps for name in _COUNTRY]
    systems = [asn_of(m.get(name)) for m in maps for name in _ASN]
    holders = [m.get(name) for m in maps for name in _ORGANISATION]
    kinds = [kind for m in maps for name, kind in _FLAGS.items() if m.get(name) is True]
    kinds += [kind for m in maps for name in _KIND if (kind := kind_said(_text(m.get(name)))) is not None]
    return (
        next(filter(None, codes), None),
        next(filter(None, systems), None),
        next(filter(None, map(_text, holders)), None),
        next(iter(kinds), None),
    )


def _code(value: object) -> str | None:
    if isinstance(value, dict):
        return next(filter(None, (country_code(_text(value.get(name))) for name in _CODE)), None)
    return country_code(_text(value))


def _text(value: object) -> str | None:
    return value.strip()[:TEXT_CHARACTERS_MAX].replace("\0", "") or None if isinstance(value, str) else None


def _rows(
    file: _File,
    found: Networks,
    fields: list[Fields],
    key: NDArray[np.int32],
    ranges: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> pa.Table:
    begin, end = ranges
    of = key[begin]
    country, asn, organisation, kind = zip(*fields, strict=True) if fields else ((), (), (), ())
    columns = {
        "record": pa.array(np.arange(1, begin.size + 1)),
        "time": pa.repeat(pa.scalar(file.built, SCHEMA.field("time").type), begin.size),
        "first": address_texts((found.first[0][begin], found.first[1][begin])),
        "last": address_texts((found.last[0][end], found.last[1][end])),
        "country": pa.array(country, pa.string()).take(of),
        "asn": pa.array(asn, pa.int64()).take(of),
        "organisation": pa.array(organisation, pa.string()).take(of),
        "network_kind": pa.array(kind, pa.string()).take(of),
    }
    return pa.table(columns, schema=SCHEMA)


def locate(data: bytes, record: int) -> tuple[int, str] | None:
    """Return (1, the row as text) of a record: a binary file has no lines."""
    parsed = parse(Block(data, 1, last=True, tz=ZoneInfo("UTC"), name=""), {})
    if not 1 <= record <= parsed.rows.num_rows + len(parsed.refused):
        return None
    if record > parsed.rows.num_rows:
        return 1, parsed.refused[record - 1 - parsed.rows.num_rows].reason
    row = parsed.rows.slice(record - 1, 1).to_pylist()[0]
    return 1, json.dumps({k: v for k, v in row.items() if v is not None}, default=str, ensure_ascii=False)


SOURCES: Final = (
    Source(
        name="mmdb",
        title="Address database in MaxMind's format (GeoLite2, DB-IP, IPinfo)",
        table="ip_ranges",
        shape="document",
        sniff=sniff,
        parse=parse,
        locate=locate,
    ),
)
