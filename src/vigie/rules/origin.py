"""Rows of attacks counted in three units, and what those of `http_origins` say of sources.

Where several databases of addresses know the sources, one decides.
"""

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


def tally(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Count rows of http_attacks, or of one database of http_origins, in each of the units (`UNITS`).

    >>> tally({"requests": n, "session_id": "s", "address": n % 2} for n in (5, 6, 7))
    {'requests': 18, 'sessions': 1, 'sources': 2}
    """
    requests, sessions, sources = 0, set(), set()
    for row in rows:
        requests += row["requests"]
        sessions.add(row["session_id"])
        sources.add(row["address"])
    return {"requests": requests, "sessions": len(sessions), "sources": len(sources)}


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
    sent: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        sent.setdefault(row["address"], []).append(row)
    return {
        address: Sender(own[-1]["country"], own[-1]["network_kind"], own[-1]["place"], tally(own))
        for address, own in sorted(sent.items())
    }


def places(those: Mapping[str, Sender]) -> int:
    """Return of how many sources the country is known."""
    return sum(s.country is not None for s in those.values())
