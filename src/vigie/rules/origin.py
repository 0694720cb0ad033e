"""What the rows of `http_origins` say of sources, and which database of addresses decides where several do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PACKAGED: Final = "iptocc "  # how the database that comes with Vigie is named
UNITS: Final = ("requests", "sessions", "sources")


@dataclass(frozen=True, slots=True)
class Sender:
    """One source by one database: where it is registered, and what it sent, by unit (`UNITS`; 1 source).

    `country` and `network_kind` are null where not known; `place` is public, private or reserved, not an address.
    """

    country: str | None
    network_kind: str | None
    place: str
    sent: Mapping[str, int]


def deciding(rows: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the database that knows the country of most sources; of those that know as many, one of the case's own.

    >>> places = [{"database": "a", "address": n, "country": "UA" if n else None} for n in range(2)]
    >>> deciding([*places, *({**p, "database": "b", "country": "UA"} for p in places)])
    'b'
    """
    databases = set()
    placed: Counter[str] = Counter()
    for name, _, known in {(r["database"], r["address"], r["country"] is not None) for r in rows}:
        databases.add(name)
        placed[name] += known
    return max(databases, key=lambda name: (placed[name], not name.startswith(_PACKAGED), name), default=None)


def senders(rows: Iterable[Mapping[str, Any]]) -> dict[str, Sender]:
    """Return what each address sent, by address: rows of one database that belong to a session."""
    known: dict[str, Mapping[str, Any]] = {}
    requests: Counter[str] = Counter()
    sessions: dict[str, set[str]] = {}
    for row in rows:
        address = row["address"]
        known[address] = row
        requests[address] += row["requests"]
        sessions.setdefault(address, set()).add(row["session_id"])
    return {
        address: Sender(
            row["country"],
            row["network_kind"],
            row["place"],
            {"requests": requests[address], "sessions": len(sessions[address]), "sources": 1},
        )
        for address, row in sorted(known.items())
    }


def places(those: Mapping[str, Sender]) -> int:
    """Return of how many sources the country is known."""
    return sum(s.country is not None for s in those.values())
