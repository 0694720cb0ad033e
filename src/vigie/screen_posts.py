"""How the terminal names what posts have: a moment, a channel, figures by platform and tier, a quoted text."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

QUOTES: Final = "\N{LEFT DOUBLE QUOTATION MARK}{}\N{RIGHT DOUBLE QUOTATION MARK}"
DAY_S: Final = 86_400
MINUTE_S: Final = 60
_NAME_WIDTH: Final = 40
_COUNTS_SHOWN: Final = 6


def moment_of(time: datetime, zone: str, precision_s: int = 1) -> str:
    """Return a time as exactly as its file gives it; a whole day begins in the zone or in UTC."""
    local = time.astimezone(ZoneInfo(zone))
    for moment in (local, time.astimezone(UTC)):
        if precision_s == DAY_S and not (moment.hour or moment.minute):
            return f"{moment:%Y-%m-%d}"
    return f"{local:%Y-%m-%d %H:%M}" if precision_s == MINUTE_S else f"{local:%Y-%m-%d %H:%M:%S}"


def called(channel: str, name: str | None, outlet: str | None = None, tier: str | None = None) -> str:
    """Return a channel, with the name it shows where that says more, and the outlet it is of."""
    said = terminal(channel)
    if name and name.casefold() != channel.partition(":")[2].casefold():
        said += f" {QUOTES.format(terminal(name, width=_NAME_WIDTH))}"
    return f"{said}  {terminal(outlet)}, {terminal(tier or '')}" if outlet else said


def counts_of(counts: Mapping[str, int], *, whole: bool = False) -> str:
    """Return how many there are of each, the first few or the `whole`."""
    items = list(counts.items())
    shown = items if whole else items[:_COUNTS_SHOWN]
    more = f" and {len(items) - len(shown):,} more" if len(shown) < len(items) else ""
    return ", ".join(f"{terminal(value)} {n:,}" for value, n in shown) + more


def tiers_of(tiers: Mapping[str, int]) -> str:
    """Return channels by tier, those of no declared outlet last."""
    said = [f"{terminal(tier)} {n:,}" for tier, n in tiers.items() if tier]
    if rest := tiers.get(""):
        said.append(f"not declared {rest:,}")
    return ", ".join(said) + " (channels, by the outlets of case.toml)"
