"""Charts of the section on the web servers: shares of an origin in three units, one session as a time line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from vigie.briefings.charts import coordinate, svg
from vigie.briefings.words import THIN, counted, number
from vigie.briefings.words import share as in_percent
from vigie.rules.kinds import kind_name
from vigie.rules.origin import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigie.briefings.web import Share, Step

_ROW: Final = 15
_LANE: Final = 26


def shares(lines: Mapping[str, Share], *, ident: str, name: str) -> Markup:
    """Return the shares of one origin, a row for each unit: a point with its interval on a scale of 0 to 100 %."""
    body: list[Markup] = []
    height = _ROW * len(UNITS) + 4
    body += [
        Markup('<line x1="{0}%" x2="{0}%" y1="0" y2="{1}" class="grid"/>').format(coordinate(_x(at)), height)
        for at in (0, 50, 100)
    ]
    told = []
    for place, unit in enumerate(UNITS):
        share, y = lines[unit], _ROW * place + _ROW / 2 + 2
        said = f"{unit} {in_percent(share.value)}{THIN}%"
        if share.low is not None and share.high is not None:
            body.append(
                Markup('<line x1="{}%" x2="{}%" y1="{y}" y2="{y}" class="whisker u{unit}"/>').format(
                    coordinate(_x(share.low)), coordinate(_x(share.high)), y=y, unit=place
                )
            )
            said += f" ({in_percent(share.low)} to {in_percent(share.high)})"
        body.append(
            Markup('<circle cx="{}%" cy="{}" r="4" class="dot u{}"><title>{}</title></circle>').format(
                coordinate(_x(share.value)), y, place, said
            )
        )
        told.append(said)
    return svg("shares", height, ident, f"Share of {name}", "; ".join(told), body)


def _x(share: float) -> float:
    """Return where a share stands, in percent of the width: points at either end are drawn whole."""
    return 2 + 0.96 * min(100.0, max(0.0, share))


def session(steps: Sequence[Step], *, ident: str, first: str, last: str) -> Markup:
    """Return a session as a time line, a lane for each kind of request; where the answer stands out it is ringed.

    `steps` (at least one) are in the order of time; `first` and `last` are the words at either end of the axis.
    """
    lanes = sorted({step.lane for step in steps}, key=lambda lane: (lane != "other", lane != "scan", lane))
    start = steps[0].time
    length = (steps[-1].time - start).total_seconds() or 1.0
    height = _LANE * len(lanes) + 24
    body = [
        Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="base"/>').format(_LANE * place + 18)
        for place in range(len(lanes))
    ]
    ticks: set[tuple[int, str, bool]] = set()
    for step in steps:
        # A thousand places across: requests that would be drawn on top of one another are drawn once.
        at = round(1000 * (step.time - start).total_seconds() / length)
        ticks.add((at, step.lane, bool(step.succeeded)))
    for at, lane, succeeded in sorted(ticks):
        y = _LANE * lanes.index(lane) + 18
        kind = "ringed" if succeeded else "other" if lane == "other" else "dot"
        body.append(
            Markup('<circle cx="{}%" cy="{}" r="{}" class="{}"/>').format(
                coordinate(1 + 0.098 * at), y, 5 if succeeded else 3, kind
            )
        )
    for place, lane in enumerate(lanes):
        body.append(Markup('<text x="0" y="{}" class="level">{}</text>').format(_LANE * place + 10, lane_name(lane)))
    body += [
        Markup('<text x="0" y="{}">{}</text>').format(height - 1, first),
        Markup('<text x="100%" y="{}" text-anchor="end">{}</text>').format(height - 1, last),
    ]
    said = [f"{counted(sum(s.lane == lane for s in steps), 'request')} of {lane_name(lane)}" for lane in lanes]
    ringed = sum(bool(s.succeeded) for s in steps)
    said += [f"the answers to {number(ringed)} stand out"] if ringed else []
    return svg("session", height, ident, "One session's requests in the order of time", "; ".join(said), body)


def lane_name(lane: str) -> str:
    """Return a kind of request as a reader meets it.

    >>> lane_name("other"), lane_name("sql_injection")
    ('no attack', 'SQL injection')
    """
    return "no attack" if lane == "other" else kind_name(lane)
