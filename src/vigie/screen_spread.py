"""What the terminal shows of who published first, and where texts went. Outside text goes through `inert.terminal`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from vigie.rules.spread import FAMILIES_MIN
from vigie.screen import hanging, number, open_console
from vigie.screen_networks import odds, seconds
from vigie.text.counted import counted
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from vigie.rules.spread import Cell, Chain, Lag, Spread

CANNOT_SAY: Final = (
    "First is the earliest in this case, and before is not because: both may have the text from elsewhere.",
    "Expected: the times of each text and day dealt anew among its channels. What days settle it leaves.",
    "It knows no habits of the hour, and a channel collected in part only looks later than it was.",
)
_CHAINS_SHOWN: Final = 5
_ARROW: Final = " > "
_ID_LENGTH: Final = 10


def spread_page(spread: Spread, *, whole: bool = False) -> None:
    """Print who was before whom by tier and by platform, and the chains; `whole` shows both ways round, and more."""
    screen = open_console()
    screen.print()
    screen.print(Text(f"who was first, in {counted(spread.families, 'family', 'families')}", style="bold"))
    screen.print(Text(_left_out(spread)))
    for what, cells, lags in (
        ("tier", spread.tiers, spread.lags),
        ("platform", spread.platforms, spread.platform_lags),
    ):
        if cells:
            screen.print()
            _matrix(screen, what, cells if whole else _one_way(cells), lags)
    if spread.chains:
        screen.print()
        _chains(screen, spread.chains, spread.unordered, whole=whole)
    screen.print()
    for line in CANNOT_SAY:
        screen.print(hanging(line))


def _left_out(spread: Spread) -> str:
    reasons = (
        (spread.one_publisher, "of one channel or outlet alone"),
        (spread.arrivals.get("agency", 0), "that a news agency published, too"),
        (spread.arrivals.get("credited", 0), "that all credit to an agency"),
    )
    return "left out: " + (", ".join(f"{count:,} {why}" for count, why in reasons if count) or "none")


def _one_way(cells: Sequence[Cell]) -> list[Cell]:
    """Return each pair once, in the direction that is above what is expected; that which stands first if neither is."""
    by_name = {(cell.before, cell.after): cell for cell in cells}
    shown = {}
    for cell in cells:
        back = by_name[cell.after, cell.before]
        pair = frozenset((cell.before, cell.after))
        if pair not in shown:
            shown[pair] = back if back.observed - back.expected > cell.observed - cell.expected else cell
    return list(shown.values())


def _matrix(screen: Console, what: str, cells: Sequence[Cell], lags: Sequence[Lag]) -> None:
    later = {(lag.before, lag.after): lag for lag in lags}
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in (f"by {what}", "before", "of", "expected", "p", "q", "by days", "not told", "later by (10-90 %)"):
        is_text = heading.startswith(("by t", "by p", "later"))
        table.add_column(heading, justify="left" if is_text else "right", overflow="fold", no_wrap=not is_text)
    for cell in cells:
        lag = later.get((cell.before, cell.after))
        table.add_row(
            Text(terminal(cell.before) + _ARROW + terminal(cell.after)),
            f"{cell.observed:,}",
            f"{cell.families:,}",
            number(float(f"{cell.expected:.4g}")),
            "too few" if cell.p_value is None else odds(cell.p_value),
            odds(cell.q_value),
            f"{cell.settled:,}",
            f"{cell.tied:,}",
            f"{seconds(lag.median_s)} ({seconds(lag.low_s)} - {seconds(lag.high_s)})" if lag else "-",
        )
    screen.print(table)
    if any(cell.p_value is None for cell in cells):
        screen.print(Text(f"too few: days settle all but {FAMILIES_MIN - 1} or fewer", style="dim"))


def _chains(screen: Console, chains: Sequence[Chain], unordered: int, *, whole: bool) -> None:
    shown = chains if whole else chains[:_CHAINS_SHOWN]
    screen.print(Text("chains, by each outlet's or channel's first post", style="bold"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for chain in shown:
        example = f"  (fam-{chain.examples[0][:_ID_LENGTH]})"
        table.add_row(f"{chain.families:,}", Text(_ARROW.join(map(terminal, chain.steps)) + example))
    screen.print(table)
    notes = [f"{len(chains) - len(shown):,} more: --all"] if len(shown) < len(chains) else []
    if unordered:
        notes.append(f"no chain, since clocks do not tell the order: {counted(unordered, 'family', 'families')}")
    if notes:
        screen.print(Text("; ".join(notes), style="dim"))
