"""Charts of house effects: a lane for each house and candidate, noughts under one another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from vigie.briefings.charts import coordinate, svg
from vigie.briefings.charts_polls import signed
from vigie.briefings.words import THIN, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vigie.briefings.polls import HouseEffect

_LANE: Final = 26
_MOST: Final = 12.0


def reach(effects: Iterable[HouseEffect]) -> float:
    """Return how many points a lane reaches to either side; an interval that goes on is cut there.

    >>> reach([])
    1.0
    """
    ends = [abs(v) for e in effects for v in (e.low, e.high) if math.isfinite(v)]
    return min(_MOST, float(max(1, math.ceil(max(ends, default=0.0)))))


def lane(effect: HouseEffect, most: float, *, ident: str) -> Markup:
    """Return an effect as a dot on its 95 percent interval; the dot is open where the interval holds nought."""
    middle = _LANE / 2

    def x(points: float) -> str:
        return coordinate(50 + 48 * max(-1.0, min(1.0, points / most)))

    clear = not effect.low <= 0 <= effect.high
    body = [
        Markup('<line x1="50%" x2="50%" y1="0" y2="{}" class="base strong"/>').format(_LANE),
        Markup('<line x1="{}%" x2="{}%" y1="{y}" y2="{y}" class="{}"/>').format(
            x(effect.low), x(effect.high), "whisker" if clear else "whisker faint", y=middle
        ),
        Markup('<circle cx="{}%" cy="{}" r="4" class="{}"/>').format(
            x(effect.effect), middle, "dot" if clear else "dot open"
        ),
    ]
    desc = f"{signed(effect.effect)} points, 95{THIN}% {signed(effect.low)} to {signed(effect.high)}"
    return svg("lane", _LANE, ident, f"{effect.pollster} on {effect.name}", desc, body)


def points_axis(most: float) -> Markup:
    """Return the labels above lanes; the table says the same in words, so that they are for the eye only."""
    return Markup(
        '<svg class="chart axis" width="100%" height="16" aria-hidden="true"><text x="0" y="12">{}</text>'
        '<text x="50%" y="12" text-anchor="middle">0</text><text x="100%" y="12" text-anchor="end">{}</text></svg>'
    ).format(f"\u2212{number(most)}", f"+{number(most)}")
