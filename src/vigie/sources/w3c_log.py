"""W3C extended logs: IIS, and whatever else declares its columns in a `#Fields:` line (CloudFront, Oracle Web Cache).

The declaration may come again in the middle of a file; a line with more or fewer values than it names is refused.
`date` and `time` are UTC, as the format says, unless a `#GMT-Offset:` was declared since the last `#Version:`;
`date-local` and `time-local` are of that offset, or else of the case's time zone. A log without a date column takes the
date of its last `#Date:`. Servers write `+` for a space in an unquoted User-Agent or Referer, so it is read as one
there (a real plus sign cannot be told apart); not in logs whose values are separated by tabs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from vigie.sources import Block, Head, Parsed, Source
from vigie.sources.requests_rows import NotARowError, Request, parse_lines, shown, split_target, utc_us, whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

_STATUS_MAX: Final = 999
_BYTES_MAX: Final = 2**63 - 1
_METHODS_MAX: Final = 100
_NOTHING: Final = frozenset(("-", ""))
_VALUE: Final = re.compile(r'"((?:[^"]|"")*)"(?![^ ])|([^ ]+)')
_METHOD: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,32}")
_OFFSET: Final = re.compile(r"([+-])([01][0-9]):?([0-5][0-9])")

# Each column's fields, the first that is declared wins; names are compared in lower case.
_NAMES: Final = {
    "date": ("date", "date-utc"),
    "time": ("time", "time-utc"),
    "client_ip": ("c-ip",),
    "forwarded_for": ("cs(x-forwarded-for)", "x-forwarded-for", "s-xff"),
    "account": ("cs-username", "c-auth-id"),
    "method": ("cs-method",),
    "host": ("x-host-header", "cs(host)", "cs-host"),
    "stem": ("cs-uri-stem",),
    "query": ("cs-uri-query",),
    "uri": ("cs-uri",),
    "protocol": ("cs-version", "cs-protocol-version"),
    "status": ("sc-status",),
    "size": ("sc-bytes", "bytes"),
    "referer": ("cs(referer)", "cs(referrer)"),
    "user_agent": ("cs(user-agent)",),
}
_LOCAL: Final = {"date": ("date-local",), "time": ("time-local",)}
# A column that is not declared is read from one value more, which says nothing.
_ABSENT: Final = -1


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the last declaration says.

    `count` is the number of values; `pick` takes the columns of `_NAMES` out of them, in that order; `local` says
    whether the clock is local; `missing` is why no line of this layout is a request, or empty.
    """

    count: int
    pick: Callable[[list[str]], tuple[str, ...]]
    local: bool
    missing: str

    @classmethod
    def of(cls, fields: list[str]) -> _Layout:
        places = {name: place for place, name in reversed(list(enumerate(fields)))}
        local = not any(name in places for name in _NAMES["time"])
        names = _NAMES | _LOCAL if local else _NAMES
        at = {column: next((places[n] for n in known if n in places), _ABSENT) for column, known in names.items()}
        reasons = {
            "no #Fields line before it": not fields,
            "#Fields names no time": at["time"] == _ABSENT,
            "#Fields names no c-ip": at["client_ip"] == _ABSENT,
            "#Fields names no cs-uri-stem or cs-uri": at["stem"] == at["uri"] == _ABSENT,
        }
        missing = next((reason for reason, holds in reasons.items() if holds), "")
        return cls(len(fields), itemgetter(*at.values()), local, missing)


class _Reader:
    """Reads the lines of one block; `state` is what the declarations so far say, as JSON values."""

    def __init__(self, state: dict[str, Any], tz: ZoneInfo) -> None:
        self.state: dict[str, Any] = {"fields": [], "date": None, "offset": None, **state}
        self._tz = tz
        self._methods: set[str | None] = {None}
        self._declared()

    def _declared(self) -> None:
        self._layout = _Layout.of(self.state["fields"])
        offset = self.state["offset"]
        self._zone = offset if offset is not None else "" if self._layout.local else "+00:00"

    def read(self, line: bytes) -> Request | None:
        text = line.decode("utf-8", "backslashreplace")
        if text[0] == "#":
            self._directive(text)
            return None
        layout = self._layout
        if layout.missing:
            raise NotARowError(layout.missing)
        values, plus = _values(text, layout.count)
        values.append("-")
        said = [None if value in _NOTHING else value for value in layout.pick(values)]
        date, clock, client, forwarded, account = said[:5]
        method, host, path, query, uri, protocol = said[5:11]
        status, size, referer, agent = said[11:]
        if method not in self._methods:
            self._check(method)
        if client is None:
            raise NotARowError("no c-ip in the line")
        if path is None:
            path, own = split_target(uri or "-")
            query = own if query is None else query
        if plus:
            referer = referer and referer.replace("+", " ")
            agent = agent and agent.replace("+", " ")
        return Request(
            self._time(date, clock),
            client,
            forwarded,
            account,
            method,
            host,
            path,
            query,
            protocol,
            whole(status, "sc-status", _STATUS_MAX),
            whole(size, "sc-bytes", _BYTES_MAX),
            referer,
            agent,
        )

    def _check(self, method: str | None) -> None:
        if method is not None and not _METHOD.fullmatch(method):
            raise NotARowError(f"method is not HTTP: {shown(method)}")
        # Remembering every method of a hostile log would let it grow without bound.
        if len(self._methods) < _METHODS_MAX:
            self._methods.add(method)

    def _directive(self, text: str) -> None:
        name, _, value = text[1:].partition(":")
        words = value.split()
        match name.strip().lower():
            case "fields":
                self.state["fields"] = [word.lower() for word in words]
            case "date" | "start-date":
                self.state["date"] = _date(words[0] if words else "")
            case "gmt-offset":
                self.state["offset"] = _offset(words[0] if words else "")
            case "version":
                self.state["offset"] = None
            case _:
                return
        self._declared()

    def _time(self, date: str | None, clock: str | None) -> int:
        date = date or self.state["date"]
        if date is None:
            raise NotARowError("no date in the line, and no #Date before it")
        try:
            time = datetime.fromisoformat(f"{date}T{clock}{self._zone}")
        except ValueError:
            raise NotARowError(f"time is not a date: {shown(f'{date} {clock}')}") from None
        return utc_us(time, self._tz)


def _values(text: str, count: int) -> tuple[list[str], bool]:
    """Return the line's values, and whether a plus sign may stand for a space in them."""
    plus = "\t" not in text
    flat = text if plus else text.replace("\t", " ")
    if '"' in flat:
        found = _VALUE.findall(flat)
        # A quote within an unquoted value (IIS writes them bare) may swallow what follows it: such a line is plain.
        if len(found) == count:
            values = [bare or quoted.replace('""', '"') for quoted, bare in found]
            return values, plus and all(bare for _, bare in found)
    values = flat.split(" ")
    if "" in values:
        values = [value for value in values if value]
    if len(values) != count:
        raise NotARowError(f"{len(values)} values for {count} fields")
    return values, plus


def _date(text: str) -> str | None:
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return None


def _offset(text: str) -> str | None:
    found = _OFFSET.fullmatch(text)
    return f"{found[1]}{found[2]}:{found[3]}" if found else None


def sniff(head: Head) -> int:
    """Return 95 for a `#Fields:` line with a time, and 40 for another directive of the format at the top."""
    if re.search(rb"(?m)^#Fields:.*\btime\b", head.data):
        return 95
    return 40 if re.match(rb"#(?:Software|Version): ", head.data) else 0


def parse(block: Block, state: dict[str, Any]) -> Parsed:
    """Read every line of `block`; the declarations go on in the state."""
    reader = _Reader(state, block.tz)
    return parse_lines(block, reader.read, reader.state)


SOURCES = (
    Source(
        name="w3c-log",
        title="W3C extended log (IIS, CloudFront)",
        table="requests",
        shape="lines",
        sniff=sniff,
        parse=parse,
    ),
)
