"""Charts of the section on opinion: where candidates stand, and a panel of each one's trend.

What differs is told by shape as well as by shade, so that it can be read in grey: what is known today is a line with
bands, what was known then a broken line, opinion now a filled bar, a vote held now an open one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from vigie.briefings.charts import coordinate, svg
from vigie.briefings.words import THIN, counted, day, measured, number
from vigie.text.counted import some_of
from vigie.text.inert import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from vigie.briefings.charts import Axis
    from vigie.briefings.polls import Curve, Earlier, Figure, Interval, Level, Shift, Standing

_WIDTH: Final = 320
_LEFT, _RIGHT = 6.0, 314.0
_TOP, _FLOOR, _BOTTOM = 22.0, 190.0, 206
_LANE: Final = 38
_OPINION, _VOTE = 12.0, 27.0
_TALL: Final = (2.0, 6.0, 11.0)
_LEVELS_MAX: Final = 110
_HOVER_MAX: Final = 400
_RADII: Final = ((30, 3), (80, 2.2), (_HOVER_MAX, 1.6))
_PANEL: Final = Markup(
    '<svg class="chart panel" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{ident}-t {ident}-d">'
    '<title id="{ident}-t">{title}</title><desc id="{ident}-d">{desc}</desc>{body}</svg>'
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Percent from `low` to `high`, with a line at every `tick`."""

    low: float
    high: float
    tick: float

    def part(self, value: float) -> float:
        """Return where a value stands, from 0 to 1; beyond the ends, at them.

        >>> Scale(0, 40, 10).part(30)
        0.75
        """
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def ticks(self) -> list[float]:
        """Return the values of the lines."""
        return [self.low + n * self.tick for n in range(round((self.high - self.low) / self.tick) + 1)]


def scale_of(values: Iterable[float]) -> Scale:
    """Return the scale that holds these shares, from nought unless all are above a third of the largest.

    >>> scale_of([1.0, 24.0]), scale_of([48.0, 61.0])
    (Scale(low=0.0, high=25.0, tick=5.0), Scale(low=45.0, high=65.0, tick=5.0))
    """
    usual = [v for v in values if math.isfinite(v)]
    low, high = min(usual, default=0.0), max(usual, default=1.0)
    if low < high / 3:
        low = 0.0
    tick = next((t for t in (0.5, 1.0, 2.0, 5.0, 10.0) if (high - low) / t <= 5), 20.0)  # noqa: PLR2004
    start = math.floor(low / tick) * tick
    return Scale(start, max(math.ceil(high / tick) * tick, start + tick), tick)


def standing(line: Standing, scale: Scale, *, ident: str) -> Markup:
    """Return a candidate's intervals of 50, 80 and 95 percent: filled of opinion now, open of a vote held now."""
    body = [_upright(x, 0, _LANE, "grid") for x in map(scale.part, scale.ticks())]
    body += _nested(line.opinion, scale, _OPINION if line.vote else _LANE / 2, "op")
    body += _nested(line.vote, scale, _VOTE, "vt")
    ends = (3, _VOTE + 8) if line.vote else (8, _LANE - 8)
    body.append(_upright(scale.part(line.estimate), ends[0], ends[1], "middle"))
    desc = f"{figure(line.estimate)}; opinion now {_in_words(line.opinion)}"
    if line.vote:
        desc += f"; if the vote were now {_in_words(line.vote)}"
    return svg("lane", _LANE, ident, f"Where {line.name} stands", desc, body)


def percent_axis(scale: Scale) -> Markup:
    """Return the labels above lanes; the table says the same in words, so that they are for the eye only."""
    ticks = scale.ticks()
    labels = [
        Markup('<text x="{}%" y="12" text-anchor="{}">{}</text>').format(
            coordinate(100 * scale.part(t)),
            "start" if t == ticks[0] else "end" if t == ticks[-1] else "middle",
            measured(t, "percent") if t == ticks[-1] else number(t),
        )
        for t in ticks
    ]
    return Markup('<svg class="chart axis" width="100%" height="16" aria-hidden="true">{}</svg>').format(
        Markup("").join(labels)
    )


def _nested(intervals: Sequence[Interval], scale: Scale, middle: float, kind: str) -> list[Markup]:
    """Return bars of 95, 80 and 50 percent, the narrower the taller."""
    body = []
    for (low, high), tall, name in zip(reversed(intervals), _TALL, ("95", "80", "50"), strict=False):
        x = 100 * scale.part(low)
        body.append(
            Markup('<rect x="{}%" y="{}" width="{}%" height="{}" class="{kind} {kind}{name}"/>').format(
                coordinate(x),
                coordinate(middle - tall / 2),
                coordinate(max(0.2, 100 * scale.part(high) - x)),
                coordinate(tall),
                kind=kind,
                name=name,
            )
        )
    return body


def _upright(part: float, top: float, bottom: float, kind: str) -> Markup:
    return Markup('<line x1="{x}%" x2="{x}%" y1="{}" y2="{}" class="{}"/>').format(
        coordinate(top), coordinate(bottom), kind, x=coordinate(100 * part)
    )


def _in_words(intervals: Sequence[Interval]) -> str:
    return ", ".join(f"{each}{THIN}% {span(interval)}" for each, interval in zip((50, 80, 95), intervals, strict=False))


def panel(
    curve: Curve, shifts: Sequence[Shift], axis: Axis, opening: date | None, scale: Scale, *, ident: str
) -> Markup:
    """Return a candidate's published figures and trend over the days of `axis`, percent upward."""
    body: list[Markup] = []
    levels = thinned([level for level in curve.levels if axis.holds(level.day)])
    for kind, ends in (("band95", [v.now95 for v in levels]), ("band80", [v.now80 for v in levels])):
        if levels:
            upper = [(_x(v.day, axis), _y(high, scale)) for v, (_, high) in zip(levels, ends, strict=True)]
            lower = [(_x(v.day, axis), _y(low, scale)) for v, (low, _) in zip(levels, ends, strict=True)]
            body.append(Markup('<polygon class="{}" points="{}"/>').format(kind, _path([*upper, *reversed(lower)])))
    ticks = scale.ticks()
    body += [
        Markup('<line x1="{}" x2="{}" y1="{y}" y2="{y}" class="grid"/>').format(
            coordinate(_LEFT), coordinate(_RIGHT), y=coordinate(_y(t, scale))
        )
        for t in ticks
    ]
    body += _dates(curve, axis, opening)
    for past in curve.earlier:
        body += _past(past, axis, scale)
    for kind, line in (
        ("then", [(_x(v.day, axis), _y(v.then, scale)) for v in levels]),
        ("line", [(_x(v.day, axis), _y(v.now, scale)) for v in levels]),
    ):
        if line:
            body.append(Markup('<polyline class="{}" points="{}"/>').format(kind, _path(line)))
    body += _points(curve.figures, axis, scale)
    body += [mark for shift in shifts if axis.holds(shift.day) for mark in _step(shift, curve, axis, scale)]
    body += [
        Markup('<text x="{}" y="{}" class="level">{}</text>').format(
            coordinate(_LEFT), coordinate(_y(t, scale) - 2), measured(t, "percent") if t == ticks[-2] else number(t)
        )
        for t in ticks[:-1]
    ]
    body.append(
        Markup('<text x="{}" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>').format(
            coordinate(_LEFT), _BOTTOM - 3, day(axis.first), coordinate(_RIGHT), _BOTTOM - 3, day(axis.last)
        )
    )
    desc = counted(len(curve.figures), "published figure")
    if levels:
        desc += "; as known today " + " to ".join(
            f"{figure(v.now)} (95{THIN}% {span(v.now95)}) on {day(v.day)}"
            for v in (levels[0], levels[-1])[-min(2, len(levels)) :]
        )
    for shift in shifts:
        desc += f"; a step of {signed(shift.points)} points about {day(shift.day)}"
    return _PANEL.format(
        width=_WIDTH, height=_BOTTOM, ident=ident, title=visible(f"Polls and trend of {curve.name}"),
        desc=visible(desc), body=Markup("").join(body),
    )  # fmt: skip


def _past(past: Earlier, axis: Axis, scale: Scale) -> list[Markup]:
    """Return another field's line and points, both fine."""
    levels = thinned([v for v in past.levels if axis.holds(v.day)])
    line = _path((_x(v.day, axis), _y(v.now, scale)) for v in levels)
    marks = dict.fromkeys(
        f"M{_x(f.day, axis):.1f} {_y(f.percent, scale):.1f}h.01"
        for f in past.figures
        if axis.holds(f.day) and math.isfinite(f.percent)
    )
    return [
        Markup('<path class="pastpt" d="{}"/>').format("".join(marks)),
        Markup('<polyline class="past" points="{}"><title>{}</title></polyline>').format(
            line, visible("The field of " + some_of(past.field))
        ),
    ]


def thinned(levels: Sequence[Level]) -> list[Level]:
    """Return at most so many levels as a panel can show, evenly spread, the first and the last among them."""
    if len(levels) <= _LEVELS_MAX:
        return list(levels)
    return [levels[round(n * (len(levels) - 1) / (_LEVELS_MAX - 1))] for n in range(_LEVELS_MAX)]


def _x(value: date, axis: Axis) -> float:
    middle = (axis.left(value) + axis.left(value + timedelta(days=1))) / 2
    return _LEFT + (_RIGHT - _LEFT) * middle / 100


def _y(value: float, scale: Scale) -> float:
    return _FLOOR - (_FLOOR - _TOP) * scale.part(value)


def _path(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _dates(curve: Curve, axis: Axis, opening: date | None) -> list[Markup]:
    """Return the days of the vote, of the campaign's opening, and of this candidate's."""
    marks: list[tuple[date, str, str]] = [(d, "vote", f"Round {n}") for n, d in enumerate(axis.rounds, start=1)]
    marks += [(opening, "opening", "Campaign opens")] if opening else []
    marks += [(d, "own", w) for w, d in (("Declared", curve.declared), ("Withdrew", curve.withdrew)) if d]
    body = []
    taken: list[tuple[float, float]] = []
    for when, kind, label in sorted(marks, key=lambda m: (m[0], m[1])):
        if not axis.holds(when):
            continue
        x = _x(when, axis)
        body.append(
            Markup('<line x1="{x}" x2="{x}" y1="{}" y2="{}" class="{}"><title>{}, {}</title></line>').format(
                coordinate(_TOP - 6), coordinate(_FLOOR), kind, label, day(when), x=f"{x:.1f}"
            )
        )
        wide = 5.6 * len(label)
        for anchor, start in (("end", x - wide - 3), ("start", x + 3)):
            free = all(start + wide < a or start > b for a, b in taken)
            if start >= 0 and start + wide <= _WIDTH and free:
                taken.append((start, start + wide))
                body.append(
                    Markup('<text x="{:.1f}" y="{}" text-anchor="{}" class="votelabel">{}</text>').format(
                        x - 3 if anchor == "end" else x + 3, coordinate(_TOP - 9), anchor, label
                    )
                )
                break
    return body


def _points(figures: Sequence[Figure], axis: Axis, scale: Scale) -> list[Markup]:
    """Return a mark for each figure: a dot, a ring around one outside its forecast, a cross that has no part."""
    shown = [f for f in figures if axis.holds(f.day) and math.isfinite(f.percent)]
    if len(shown) > _HOVER_MAX:
        places = {(f"{_x(f.day, axis):.0f}", f"{_y(f.percent, scale):.0f}", f.why_not is None) for f in shown}
        return [
            Markup('<path class="{}" d="{}"/>').format(
                "pt many" if used else "no",
                "".join(
                    f"M{x} {y}h.01" if used else cross(float(x), float(y)) for x, y, u in sorted(places) if u is used
                ),
            )
            for used in (True, False)
        ]
    body = []
    radius = next(r for most, r in _RADII if len(shown) <= most)
    for f in shown:
        x, y = _x(f.day, axis), _y(f.percent, scale)
        if f.why_not is None:
            mark = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}" class="pt{}">').format(
                x, y, radius, " out" if f.is_outside else ""
            )
            body.append(mark + Markup("<title>{}</title></circle>").format(visible(about(f))))
        else:
            body.append(
                Markup('<path d="{}" class="no"><title>{}</title></path>').format(cross(x, y), visible(about(f)))
            )
    return body


def cross(x: float, y: float) -> str:
    """Return the mark of a figure that has no part in the trend, as a path."""
    return f"M{x - 2.4:.1f} {y - 2.4:.1f}l4.8 4.8m0 -4.8l-4.8 4.8"


def about(f: Figure) -> str:
    """Return a figure in words: who asked, when, how many, what was found, and what was expected."""
    size = ""
    if f.respondents is not None:
        size = f" ({number(f.respondents)} {'answered' if f.is_answered else 'asked'})"
    text = f"{f.pollster}, {days(f.first_day, f.day)}: {measured(f.percent, 'percent')}{size}"
    if f.expected is not None and f.forecast95 is not None:
        text += f"; expected {figure(f.expected)}, 95{THIN}% {span(f.forecast95)}"
        text += "; outside" if f.is_outside else ""
    return text + (f"; not used: {f.why_not}" if f.why_not is not None else "")


def _step(shift: Shift, curve: Curve, axis: Axis, scale: Scale) -> list[Markup]:
    """Return a triangle that points up or down under the day of a step, and a fine line through the panel."""
    x = _x(shift.day, axis)
    up = -1 if shift.points > 0 else 1
    y = _FLOOR - 6
    said = f"Step of {signed(shift.points)} points about {day(shift.day)}, known on {day(shift.found)}"
    near = [v.now for part in curve.parts for v in part.levels if abs((v.day - shift.day).days) <= 3]  # noqa: PLR2004  days that the step takes
    top = min((_y(v, scale) for v in near), default=_TOP)
    return [
        Markup('<line x1="{x}" x2="{x}" y1="{:.1f}" y2="{:.1f}" class="step"/>').format(
            min(top, y - 8), _FLOOR, x=f"{x:.1f}"
        ),
        Markup('<path class="stepmark" d="M{:.1f} {:.1f}l5 {}h-10z"><title>{}</title></path>').format(
            x, y + 5 * up, -9 * up, said
        ),
    ]


def figure(value: float) -> str:
    """Return an estimated share: to a tenth of a percent.

    >>> figure(24.16).replace(THIN, "_"), figure(20.0).replace(THIN, "_")
    ('24.2_%', '20.0_%')
    """
    return f"{tenth(value)}{THIN}%"


def tenth(value: float) -> str:
    """Return a share to a tenth; one that is there but smaller is not nought.

    >>> tenth(20.0), tenth(0.02), tenth(0.0)
    ('20.0', '<0.1', '0.0')
    """
    return "<0.1" if 0 < value < 0.05 else f"{value:.1f}"  # noqa: PLR2004  half of a tenth


def span(interval: Interval) -> str:
    """Return both ends of an interval.

    >>> span((21.04, 27.0))
    '21.0 to 27.0'
    """
    return f"{tenth(interval[0])} to {tenth(interval[1])}"


def signed(points: float) -> str:
    """Return a step or an effect with its sign, to a tenth of a point.

    >>> signed(3.04), signed(-2.55), signed(0.01)
    ('+3.0', '\u22122.5', '0.0')
    """
    text = f"{abs(points):.1f}"
    sign = "+" if points > 0 else "\u2212"
    return sign + text if float(text) else text


def days(first: date | None, last: date) -> str:
    """Return the days of fieldwork.

    >>> from datetime import date
    >>> days(date(2017, 4, 12), date(2017, 4, 14)), days(None, date(2017, 4, 14))
    ('12 to 14 Apr 2017', '14 Apr 2017')
    """
    if first is None or first >= last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    return f"{day(first).removesuffix(f' {last.year}')} to {day(last)}"
