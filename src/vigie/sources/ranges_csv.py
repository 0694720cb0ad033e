"""Address ranges as CSV: with a header in the usual spellings, or as DB-IP, IP2Location and iptoasn write them without.

A range is given by its two ends (addresses, or whole numbers) or as a network. What is in no column is null.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vigie.rules.networks import asn_of, kind_said
from vigie.sources import Parsed, Source
from vigie.sources.csv_records import Dialect, Reader, read_header
from vigie.sources.ranges import FINE, REASONS, address_texts, day_in, spans, spans_between, told
from vigie.tables import TABLES
from vigie.text.countries import country_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigie.sources import Block, Head
    from vigie.sources.csv_records import Slice
    from vigie.sources.ranges import Spans

SCHEMA: Final = TABLES["ip_ranges"].arriving
# The names of each column, the best first; compared in lower case, with `_` for what is neither letter nor digit.
NAMES: Final = {
    "first": ("first", "start_ip", "ip_start", "start", "range_start", "ip_range_start", "ip_from", "first_ip",
              "start_address", "from", "ip_begin"),
    "last": ("last", "end_ip", "ip_end", "end", "range_end", "ip_range_end", "ip_to", "last_ip", "end_address", "to"),
    "network": ("network", "cidr", "prefix", "ip_prefix", "ip_range", "range", "subnet", "netblock"),
    "country": ("country_code", "country_iso_code", "country", "countrycode", "cc", "iso_code",
                "registered_country_iso_code"),
    "asn": ("asn", "autonomous_system_number", "as_number", "as"),
    "organisation": ("organisation", "organization", "as_name", "autonomous_system_organization", "as_organization",
                     "as_description", "org", "isp", "holder", "description", "name"),
    "network_kind": ("network_kind", "kind", "type", "usage_type", "connection_type", "user_type", "as_type"),
}  # fmt: skip
SAYING: Final = ("country", "asn", "organisation", "network_kind")
# Files without a header, by their count of columns and what their third is: DB-IP's and IP2Location's countries,
# DB-IP's autonomous systems, IP2Location's, iptoasn's, DB-IP's cities.
LAYOUTS: Final = (
    (3, r"[A-Za-z]{2}|-", ("first", "last", "country")),
    (4, r"[A-Za-z]{2}|-", ("first", "last", "country", "ignored")),
    (4, r"\d+", ("first", "last", "asn", "organisation")),
    (5, r"[0-9A-Fa-f.:]+/\d+", ("first", "last", "ignored", "asn", "organisation")),
    (5, r"\d+", ("first", "last", "asn", "country", "organisation")),
    (8, r"[A-Za-z]{2}", ("first", "last", "ignored", "country", *("ignored",) * 4)),
)
_NOBODY: Final = frozenset({"", "-", "none", "not routed", "unknown"})
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_DIALECT: Final = Dialect()
_TEXT_CHARACTERS_MAX: Final = 300


def _chosen(names: tuple[str, ...]) -> dict[str, int]:
    """Return the position of each column that the header has.

    >>> _chosen(("Network", "Country Code", "country", "AS-Name"))
    {'network': 0, 'country': 1, 'organisation': 3}
    """
    folded = [_NOT_WORD.sub("_", name.lower()).strip("_") for name in names]
    found = {column: next((folded.index(n) for n in known if n in folded), -1) for column, known in NAMES.items()}
    return {column: at for column, at in found.items() if at >= 0}


def _unfit(names: tuple[str, ...]) -> str:
    """Return why a file with these columns cannot be read, or ""."""
    chosen = _chosen(names)
    if "network" not in chosen and not {"first", "last"} <= chosen.keys():
        return "the header has neither a network nor the two ends of a range"
    if chosen.keys().isdisjoint(SAYING):
        what = "the header has no country, asn, organisation or network_kind"
        return f"{what}; of databases that name places by number, add the .mmdb file" * ("geoname_id" in names) or what
    return ""


def _layout(data: bytes, *, whole: bool) -> tuple[tuple[str, ...], str] | None:
    """Return the columns and the delimiter of a file without a header, by its first line; None for any other."""
    line = read_header(data, _DIALECT, (), whole=whole)
    if line is None or line.problem:
        return None
    cells = line.names
    for count, third, columns in LAYOUTS:
        if len(cells) == count and re.fullmatch(third, cells[2]):
            ends = spans_between(pa.array([cells[0]]), pa.array([cells[1]]))
            return (columns, line.delimiter) if ends.wrong[0] == FINE else None
    return None


def sniff(head: Head) -> int:
    """Return 80 where the columns are those of ranges and the first row holds one; 60 for the columns alone; else 0."""
    if b"\0" in head.data:
        return 0
    if _layout(head.data, whole=head.whole):
        return 80
    header = read_header(head.data, _DIALECT, (), whole=head.whole)
    if header is None or header.problem:
        return 0
    chosen = _chosen(header.names)
    if "network" not in chosen and not {"first", "last"} <= chosen.keys():
        return 0
    row = read_header(head.data[header.size :], Dialect(header.delimiter), (), whole=head.whole)
    if row is None or row.problem or len(row.names) != len(header.names):
        return 0
    found = _spans({name: pa.array([row.names[at]]) for name, at in chosen.items()})
    fine = found.wrong[0] == FINE
    return (60 if _unfit(header.names) else 80) if fine else 0


def parse(block: Block, state: dict[str, Any]) -> Parsed:
    """Read one block; see `Source.parse`."""
    if not state and (layout := _layout(block.data, whole=block.last)):
        state = {"header": list(layout[0]), "delimiter": layout[1]}
    begins = not state
    reader = Reader(block, state, _DIALECT)
    if begins and reader.names and not reader.problem:
        reader.problem = _unfit(reader.names)
    day = day_in(block.name)
    tables = [SCHEMA.empty_table()]
    for part in reader.slices():
        rows, found = _rows(part, block.record, _chosen(reader.names), day)
        for row in np.flatnonzero(found.wrong).tolist():
            reader.refuse(int(part.records[row, 2]), REASONS[int(found.wrong[row])], part.raw(row))
        tables.append(rows)
    rows = pa.concat_tables(tables)
    refused = sorted(reader.refused, key=lambda refusal: refusal.record)
    skipped = reader.lines - rows.num_rows - len(refused)
    return Parsed(rows, refused, reader.consumed, reader.lines, skipped, reader.state)


def _spans(columns: Mapping[str, pa.Array[Any]]) -> Spans:
    if "network" in columns and not {"first", "last"} <= columns.keys():
        return spans(columns["network"])
    return spans_between(columns["first"], columns["last"])


def _rows(part: Slice, record: int, chosen: dict[str, int], day: object) -> tuple[pa.Table, Spans]:
    columns = {name: part.strings(at) for name, at in chosen.items()}
    found = _spans(columns)
    kept = np.flatnonzero(found.wrong == FINE)
    nothing = pa.nulls(len(part), pa.string())
    said = {name: columns.get(name, nothing) for name in SAYING}
    made = {
        "record": pa.array(record + part.records[kept, 2]),
        "time": pa.repeat(pa.scalar(day, SCHEMA.field("time").type), kept.size),
        "first": address_texts((found.first[0][kept], found.first[1][kept])),
        "last": address_texts((found.last[0][kept], found.last[1][kept])),
        "country": told(said["country"], country_code, pa.string()).take(kept),
        "asn": told(said["asn"], asn_of, pa.int64()).take(kept),
        "organisation": told(said["organisation"], _holder, pa.string()).take(kept),
        "network_kind": told(said["network_kind"], kind_said, pa.string()).take(kept),
    }
    return pa.table(made, schema=SCHEMA), found


def _holder(text: str) -> str | None:
    name = text.strip()[:_TEXT_CHARACTERS_MAX]
    return None if name.lower() in _NOBODY else name


SOURCES: Final = (
    Source(
        name="ranges-csv",
        title="Address ranges as CSV (DB-IP, IP2Location, iptoasn, one's own): country, asn, organisation, kind",
        table="ip_ranges",
        shape="lines",
        sniff=sniff,
        parse=parse,
        spans_lines=True,
    ),
)
