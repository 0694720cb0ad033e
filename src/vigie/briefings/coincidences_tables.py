"""The tables behind the section on what else happened, as the folder of a briefing holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigie.briefings.coincidences import Coincidences

    Table = tuple[tuple[str, ...], Iterable[Iterable[Any]]]


def tables_of(what: Coincidences) -> dict[str, Table]:
    """Return header and rows of coincidences (a shift and a finding near it) and coincidence-windows (by desk)."""
    return {
        "coincidences": (
            ("shift", "shift_first", "shift_last", "points", "finding", "detector", "desk", "first_seen", "lag_days"),
            (
                (s.finding, s.first, s.last, s.points, n.finding, n.detector, n.desk, n.day, n.lag_days)
                for s in what.shifts
                for n in s.near
            ),
        ),
        "coincidence-windows": (
            (
                *("desk", "lag_first_days", "lag_last_days", "shifts", "findings", "days", "observed", "placebo_mean"),
                *("placebo_most", "placebos", "as_many", "as_many_in_any_window", "independent"),
            ),
            (
                (
                    *(line.name, c.window.first, c.window.last, line.found.ones, line.found.others, line.found.days),
                    *(c.observed, c.expected, c.most, line.found.placebos, c.as_many, c.as_many_tried),
                    line.found.independent,
                )
                for line in what.desks
                for c in line.found.counts
            ),
        ),
    }
