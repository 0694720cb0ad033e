"""What a briefing says of what else happened when opinion shifted: plain data; a lag is in days, after is positive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from vigie.findings.coincidence import Coincidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A finding of another detector near a shift: first seen on `day`, `lag_days` after it; negative is before.

    `counted` is whether its desk is compared with placebo calendars; one that rests on the polls too is not.
    """

    finding: str
    detector: str
    title: str
    desk: str
    day: date
    lag_days: int
    counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftLine:
    """One shift, thought to have happened from `first` to `last` (the same day where it is dated), and what is near.

    `near` comes in the order of days; `seen` names the desks that had data within `Coincidences.within_days` of it,
    `unseen` those that had none then.
    """

    finding: str
    title: str
    points: float
    first: date
    last: date
    near: tuple[Near, ...]
    seen: tuple[str, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskLine:
    """One desk beside the shifts. `days` are its findings by the day they were first seen, `seen` the days it has data.

    Days are of the case's time zone. `found` counts on the days on which polls and desk were both observed.
    """

    name: str
    detectors: tuple[str, ...]
    days: Mapping[date, int]
    seen: frozenset[date]
    found: Coincidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Coincidences:
    """The section: shifts in the order of days, desks by name; `within_days` is how far a listed finding may lie."""

    within_days: int
    shifts: tuple[ShiftLine, ...]
    desks: tuple[DeskLine, ...]
