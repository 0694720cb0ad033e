"""The part of the section on copied texts that says who publishes before whom."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vigie.briefings import charts_copies, words
from vigie.rules.spread import TIERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigie.rules.spread import Cell, Chain, Lag, Spread

_CHAINS_MAX: Final = 10
_LAGS_MAX: Final = 16
_SHADES: Final = 5


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who was before whom: names across and down, with a cell and its shade (0 to 5) for each two."""

    what: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Cell, int] | None, ...]], ...]


def compared(spread: Spread | None, on_page: set[str]) -> Mapping[str, Any]:
    """Return what the template is given of it; `on_page` are the families that have a place there."""
    if spread is None:
        return {"fam_matrices": ()}
    return {
        "fam_matrices": _matrices(spread),
        "fam_arrivals": [(how, n) for how, n in spread.arrivals.items() if how and n],
        "fam_chains": _chains(spread, on_page),
        **_lags(spread),
    }


def _matrices(spread: Spread) -> list[Matrix]:
    made = []
    for name, cells in (("tier", spread.tiers), ("platform", spread.platforms)):
        by_pair = {(c.before, c.after): c for c in cells if c.families or c.tied}
        present = {n for pair in by_pair for n in pair}
        names = tuple(t for t in TIERS if t in present) + tuple(sorted(present - set(TIERS)))
        rows = tuple(
            (a, tuple((by_pair[a, b], shade(by_pair[a, b])) if (a, b) in by_pair else None for b in names))
            for a in names
        )
        if names:
            made.append(Matrix(name, names, rows))
    return made


def shade(cell: Cell) -> int:
    """Return how far above its expectation a cell is, 0 to 5: a step for each fifth of its families, rounded."""
    if not cell.families or cell.observed <= cell.expected:
        return 0
    return min(_SHADES, math.floor(_SHADES * (cell.observed - cell.expected) / cell.families + 0.5))


def _chains(spread: Spread, on_page: set[str]) -> list[tuple[Chain, tuple[tuple[str, bool], ...]]]:
    return [
        (chain, tuple((example, example in on_page) for example in chain.examples[:3]))
        for chain in spread.chains[:_CHAINS_MAX]
    ]


def _lags(spread: Spread) -> Mapping[str, Any]:
    lags: tuple[Lag, ...] = (*spread.lags, *spread.platform_lags)
    kept = lags[:_LAGS_MAX]
    scale = charts_copies.lag_scale([lag.high_s for lag in kept])
    return {
        "fam_lags": [
            (lag, charts_copies.lag_range(lag, scale, ident=f"lag-{n}", name=f"{lag.before} to {lag.after}"))
            for n, lag in enumerate(kept, start=1)
        ],
        "fam_lag_axis": charts_copies.lag_axis(scale),
        "length": words.length,
    }
