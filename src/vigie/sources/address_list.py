"""Lists of addresses or networks of one kind, one a line: Tor exits, VPN providers, data centres.

The kind comes from the file's name (a word such as tor, vpn, hosting), from a comment `# network_kind: vpn`, or from
the words of the comments above the first address. A list whose kind nothing tells is refused line by line: it would say
nothing. The Tor project's `ExitAddress` lines bring their kind and time with them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie.rules.networks import kind_of_list, kind_said
from vigie.sources import Parsed, Refusal, Source
from vigie.sources.csv_columns import EARLIEST, LATEST
from vigie.sources.ranges import FINE, REASONS, address_texts, day_in, spans
from vigie.tables import TABLES

if TYPE_CHECKING:
    from vigie.sources import Block, Head

SCHEMA: Final = TABLES["ip_ranges"].arriving
NO_KIND: Final = (
    "nothing says what kind of network this list is of: name the file after it (tor, vpn, hosting, mobile, access), "
    "or write # network_kind: vpn on its first line"
)
_SNIFFED_LINES: Final = 50
_COMMENT: Final = ("#", ";", "//")
_BEHIND: Final = re.compile(r"\s+(?:#|;|//).*")
_SAID: Final = re.compile(r"[#;/\s]*(?:network[ _]?)?kind\s*[:=]\s*(.+)", re.IGNORECASE)
_EXIT: Final = re.compile(r"ExitAddress (\S+) (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.ASCII)
_BESIDE: Final = ("ExitNode ", "Published ", "LastStatus ")


def sniff(head: Head) -> int:
    """Return 75 where the first lines hold nothing but addresses and networks, 85 for the Tor project's; else 0."""
    if b"\0" in head.data:
        return 0
    lines = head.data.decode("utf-8", "replace").split("\n")
    lines = [_BEHIND.sub("", line).strip() for line in (lines if head.whole else lines[:-1])]
    items = [line for line in lines if line and not line.startswith(_COMMENT)][:_SNIFFED_LINES]
    if not items:
        return 0
    if all(line.startswith(_BESIDE) or _EXIT.fullmatch(line) for line in items):
        return 85
    return 75 if (spans(pa.array(items)).wrong == FINE).all() else 0


def parse(block: Block, state: dict[str, Any]) -> Parsed:
    """Read one block; see `Source.parse`. The state holds the kinds that comments named, and where it stands."""
    kinds = _Kinds(block.name, state)
    day = day_in(block.name)
    lines = block.data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    refused: list[Refusal] = []
    found: list[tuple[int, str, str, datetime | None]] = []
    for number, raw in enumerate(lines, start=block.record):
        try:
            line = raw.decode().strip()
        except UnicodeDecodeError as error:
            refused.append(Refusal(number, f"not UTF-8 at byte {error.start + 1}", raw))
            continue
        if "\0" in line:
            refused.append(Refusal(number, "NUL byte", raw))
        elif line.startswith(_COMMENT):
            kinds.comment(line)
        elif exits := _EXIT.fullmatch(line):
            found.append((number, exits[1], "tor", _moment(exits[2])))
        elif line and not line.startswith(_BESIDE):
            if kind := kinds.of_line():
                found.append((number, _BEHIND.sub("", line), kind, day))
            else:
                refused.append(Refusal(number, NO_KIND, raw))
    rows, wrong = _rows(found)
    refused += [Refusal(number, reason, lines[number - block.record]) for number, reason in wrong]
    refused.sort(key=lambda refusal: refusal.record)
    skipped = len(lines) - rows.num_rows - len(refused)
    return Parsed(rows, refused, len(block.data), len(lines), skipped, kinds.state)


class _Kinds:
    """What kind of network the lines of a list are: said outright, else by the file's name, else by its comments."""

    def __init__(self, name: str, state: dict[str, Any]) -> None:
        self._named = kind_of_list(name)
        self._said: str = state.get("kind", "")
        self._words: list[str] = list(state.get("comments", ()))
        self._begun: bool = state.get("begun", False)

    @property
    def state(self) -> dict[str, Any]:
        """Return what the next block needs."""
        return {"kind": self._said, "comments": self._words, "begun": self._begun}

    def comment(self, line: str) -> None:
        """Take note of a comment."""
        if said := _SAID.fullmatch(line):
            self._said = kind_said(said[1]) or self._said
        elif not self._begun and (kind := kind_of_list(line)) and kind not in self._words:
            self._words = sorted([*self._words, kind])

    def of_line(self) -> str | None:
        """Return the kind of the line that follows; comments after it count no more."""
        self._begun = True
        return self._said or self._named or (self._words[0] if len(self._words) == 1 else None)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if EARLIEST <= moment < LATEST else None


def _rows(found: list[tuple[int, str, str, datetime | None]]) -> tuple[pa.Table, list[tuple[int, str]]]:
    """Return the rows of the lines that hold an address or a network, and why the others do not."""
    if not found:
        return SCHEMA.empty_table(), []
    number, texts, kinds, times = zip(*found, strict=True)
    made = spans(pa.array(texts, pa.string()))
    rows = pa.table(
        {
            "record": pa.array(number, pa.int64()),
            "time": pa.array(times, SCHEMA.field("time").type),
            "first": address_texts(made.first),
            "last": address_texts(made.last),
            "country": pa.nulls(len(found), pa.string()),
            "asn": pa.nulls(len(found), pa.int64()),
            "organisation": pa.nulls(len(found), pa.string()),
            "network_kind": pa.array(kinds, pa.string()),
        },
        schema=SCHEMA,
    )
    wrong = [(number[n], REASONS[code]) for n, code in enumerate(made.wrong.tolist()) if code != FINE]
    return rows.filter(pa.array(made.wrong == FINE)), wrong


SOURCES: Final = (
    Source(
        name="address-list",
        title="List of addresses or networks of one kind, one a line (Tor exits, VPN, hosting)",
        table="ip_ranges",
        shape="lines",
        sniff=sniff,
        parse=parse,
    ),
)
