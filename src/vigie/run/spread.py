"""Where a case's texts were first, and where they went: what `vigie families` says below its list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigie.rules.spread import Spread, spread_of
from vigie.run.analyse import measuring
from vigie.run.families import FamilyTables

if TYPE_CHECKING:
    from pathlib import Path

    from vigie.run.network_chain import Progress


def spread(folder: Path, *, progress: Progress = lambda *_: None) -> Spread | None:
    """Return the spread of all families of a case; None where it has neither several tiers nor several platforms.

    Raises
    ------
    VigieError
        if the case file is wrong, or the store damaged.
    """
    with measuring(folder):
        near = FamilyTables(folder).near(progress)
        progress("spread", 1, 2)
        made = spread_of(near)
        progress("", 2, 2)
    return made if made.tiers or made.platforms else None
