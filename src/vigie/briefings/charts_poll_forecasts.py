"""Charts of figures against what was expected of them before they were published."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from vigie.briefings.charts import coordinate, svg
from vigie.briefings.charts_polls import about, cross, figure, scale_of, span
from vigie.briefings.polls import Z95
from vigie.briefings.words import THIN, counted, day, measured, number
from vigie.text.inert import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from vigie.briefings.charts import Axis
    from vigie.briefings.model import Versus
    from vigie.briefings.polls import Curve

_HEIGHT: Final = 212
_HOVER_MAX: Final = 1_200
_Z_MAX: Final = 5.0
_LINE: Final = 32
_NAME_MAX: Final = 24


def forecasts(curves: Sequence[Curve], axis: Axis, *, ident: str) -> Markup:
    """Return every figure against the forecast made before it: days across, standard deviations upward.

    A figure that has no part in the trend is a cross, and shown only where it lies outside.
    """
    top, floor = 20.0, 186.0

    def y(z: float) -> float:
        return floor - (floor - top) * (min(_Z_MAX, max(-_Z_MAX, z)) + _Z_MAX) / (2 * _Z_MAX)

    def x(value: date) -> str:
        return coordinate((axis.left(value) + axis.left(value + timedelta(days=1))) / 2)

    every = [(c, f, f.z) for c in curves for f in c.figures if f.z is not None and axis.holds(f.day)]
    every = [(c, f, z) for c, f, z in every if math.isfinite(z)]
    rows = [r for r in every if r[1].why_not is None]
    body = [
        Markup('<rect x="0" width="100%" y="{}" height="{}" class="band"/>').format(
            coordinate(y(Z95)), coordinate(y(-Z95) - y(Z95))
        ),
        Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="base strong"/>').format(coordinate(y(0))),
    ]
    body += [
        Markup('<line x1="{x}%" x2="{x}%" y1="{}" y2="{}" class="vote"/>').format(
            coordinate(top - 8), coordinate(floor), x=x(r)
        )
        for r in axis.rounds
        if axis.holds(r)
    ]
    inside = [(c, f, z) for c, f, z in rows if not f.is_outside]
    marks = [(f"{float(x(f.day)):.1f}", f"{y(z):.0f}") for _, f, z in inside]
    body += [Markup('<circle cx="{}%" cy="{}" r="2" class="pt"/>').format(cx, cy) for cx, cy in dict.fromkeys(marks)]
    apart = [(c, f, z) for c, f, z in every if f.why_not is not None and f.is_outside]
    for c, f, z in apart[:_HOVER_MAX]:
        body.append(
            Markup(
                '<svg x="{}%" y="{}" width="1" height="1" overflow="visible" aria-hidden="true">'
                '<path d="{}" class="no"/>'
            ).format(x(f.day), coordinate(y(z)), cross(0, 0))
            + Markup("<title>{}</title></svg>").format(visible(f"{c.name}, {about(f)}"))
        )
    for c, f, z in [r for r in rows if r[1].is_outside][:_HOVER_MAX]:
        body.append(
            Markup('<circle cx="{}%" cy="{}" r="3.2" class="pt out"><title>{}</title></circle>').format(
                x(f.day), coordinate(y(z)), visible(f"{c.name}, {about(f)}")
            )
        )
    for z, label in ((Z95, "higher than expected"), (-Z95, "lower than expected")):
        body.append(
            Markup('<text x="0" y="{}" class="level">{}</text>').format(coordinate(y(z) + (-5 if z > 0 else 13)), label)
        )
    body.append(
        Markup('<text x="0" y="{0}">{1}</text><text x="100%" y="{0}" text-anchor="end">{2}</text>').format(
            coordinate(floor + 16), day(axis.first), day(axis.last)
        )
    )
    out = len(rows) - len(inside)
    desc = f"{counted(len(rows), 'figure')} with a forecast, {number(out)} outside its 95{THIN}% interval"
    return svg("bars", _HEIGHT, ident, "Published figures against what was expected", desc, body)


def versus(line: Versus, *, ident: str) -> Markup:
    """Return what a poll published, as dots, on the 95 percent intervals of what was expected."""
    scale = scale_of(v for e in line.figures for v in (e.percent, e.expected, e.low, e.high))
    body: list[Markup] = []
    outside = 0
    for n, e in enumerate(line.figures):
        text, middle = n * _LINE + 12, n * _LINE + 22
        out = not e.low <= e.percent <= e.high
        outside += out
        body += [
            Markup('<text x="0" y="{}" class="plain">{}</text>').format(text, visible(e.name[:_NAME_MAX])),
            Markup('<text x="100%" y="{}" text-anchor="end">{}, expected {}</text>').format(
                text, measured(e.percent, "percent"), span((e.low, e.high))
            ),
            Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="base"/>').format(middle),
            Markup('<line x1="{}%" x2="{}%" y1="{y}" y2="{y}" class="whisker faint"/>').format(
                coordinate(100 * scale.part(e.low)), coordinate(100 * scale.part(e.high)), y=middle
            ),
            Markup('<line x1="{x}%" x2="{x}%" y1="{}" y2="{}" class="middle"/>').format(
                middle - 5, middle + 5, x=coordinate(100 * scale.part(e.expected))
            ),
            Markup('<circle cx="{}%" cy="{}" r="4.5" class="{}"/>').format(
                coordinate(100 * scale.part(e.percent)), middle, "pt out" if out else "dot"
            ),
        ]
    desc = f"{counted(len(line.figures), 'figure')}, {number(outside)} outside the 95{THIN}% interval of the forecast"
    return svg("versus", _LINE * len(line.figures) + 4, ident, line.label, desc, body)


def versus_twin(line: Versus) -> tuple[tuple[str, str], ...]:
    """Return the same as rows: who, and the figure beside what was expected."""
    return tuple(
        (e.name, f"{measured(e.percent, 'percent')}; expected {figure(e.expected)} ({span((e.low, e.high))})")
        for e in line.figures
    )
