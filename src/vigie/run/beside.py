"""What is said beside a claim that was weighed: what was counted, by which databases, and what cannot be seen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from vigie.rules.origin import places, tally
from vigie.run.weighed import Counted, Database, Networks
from vigie.text.country_names import country_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigie.rules.origin import Sender
    from vigie.run.weighed import Days

    Row = dict[str, Any]


def counted(attacks: Sequence[Row]) -> tuple[Counted, ...]:
    """Return rows of http_attacks counted in each unit: all, then by aim."""
    by_aim = {aim: [r for r in attacks if r["aim"] == aim] for aim in ("aimed", "background", "unclear")}
    return tuple(Counted(what=what, **tally(rows)) for what, rows in {"all": attacks, **by_aim}.items())


def databases(
    placed: Sequence[Row], by_name: Mapping[str, Mapping[str, Sender]], first: str | None, called: Mapping[str, str]
) -> tuple[Database, ...]:
    """Return each database of addresses that was asked, the deciding one, `first`, before the others."""
    built = {r["database"]: r["database_date"] for r in placed}
    return tuple(
        Database(
            name=called.get(name, name), built=built[name], sources=len(by_name[name]), placed=places(by_name[name])
        )
        for name in sorted(by_name, key=lambda n: (n != first, n))
    )


def networks(
    by_name: Mapping[str, Mapping[str, Sender]], first: str | None, countries: tuple[str, ...]
) -> tuple[Networks, ...]:
    """Return the kinds of network of all sources, and of those in the countries, by the database that knows most."""
    if first is None:
        return ()
    telling = max(by_name, key=lambda n: (sum(s.network_kind is not None for s in by_name[n].values()), n == first, n))
    groups = {"all sources": set(by_name[first])}
    if countries:
        inside = {a for a, s in by_name[first].items() if s.country in countries}
        groups["sources in " + " or ".join(country_name(c) for c in countries)] = inside
    found = []
    for whose, addresses in groups.items():
        kinds = [by_name[telling][a].network_kind for a in addresses if a in by_name[telling]]
        counts = Counter(k for k in kinds if k is not None)
        found.append(
            Networks(whose=whose, sources=len(addresses), known=counts.total(), kinds=dict(sorted(counts.items())))
        )
    return tuple(found)


def notes(days: Days, posts: int) -> tuple[str, ...]:
    """Return what has to be read with the figures, as sentences."""
    said = []
    if days.covered:
        said.append(
            f"the figures are a lower bound: bodies and cookies are in no log; {posts:,} requests were POST, and what "
            "they carried was not seen"
        )
    if days.missing:
        said.append(f"{days.missing:,} days between have no request at all: they are left out, not taken as zero")
    if days.covered > 1:
        said.append(
            f"days are UTC; requests span {days.first_h:g} hours of the first day and {days.last_h:g} of the last"
        )
    said.append(
        "origin is not attribution: where an address is registered says nothing about who used it; hosting, VPN, Tor "
        "and hijacked machines are rented or taken anywhere"
    )
    said.append(
        "intervals take addresses as drawn independently; addresses that one person rented together are not, so a "
        "true interval can be wider"
    )
    return tuple(said)
