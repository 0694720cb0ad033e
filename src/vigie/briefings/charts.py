"""Charts as static SVG: no script, no outside file, a title and a description in words in each.

Across, a chart is laid out in percent of its width and down in pixels, so that it fills any page while its letters stay
readable. Colours are the page's: an element only carries a class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from vigie.briefings.words import day, measured, number
from vigie.text.inert import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vigie.briefings.model import Trend

_DAYS_MAX: Final = 130
_WEEKS_MAX: Final = 130 * 7
_MONTHS_MAX: Final = 130 * 31
_SHADES: Final = 5
_SVG: Final = Markup(
    '<svg class="chart {kind}" width="100%" height="{height}" role="img" aria-labelledby="{ident}-t {ident}-d">'
    '<title id="{ident}-t">{title}</title><desc id="{ident}-d">{desc}</desc>{body}</svg>'
)


@dataclass(frozen=True, slots=True)
class Axis:
    """Days `first` to `last` laid across a chart, cut into bins of a day, or longer where days would be too thin."""

    first: date
    last: date
    rounds: tuple[date, ...] = ()

    @property
    def step(self) -> str:
        """Return the length of a bin: day, week (from Monday), month or year."""
        days = (self.last - self.first).days + 1
        if days <= _DAYS_MAX:
            return "day"
        return "week" if days <= _WEEKS_MAX else "month" if days <= _MONTHS_MAX else "year"

    def bin(self, value: date) -> date:
        """Return the first day of the bin that holds `value`, within the axis.

        >>> Axis(date(2017, 1, 1), date(2017, 12, 31)).bin(date(2017, 4, 23))
        datetime.date(2017, 4, 17)
        """
        step = self.step
        if step == "day":
            return value
        if step == "week":
            start = value - timedelta(days=value.weekday())
        else:
            start = date(value.year, value.month if step == "month" else 1, 1)
        return max(start, self.first)

    def end(self, start: date) -> date:
        """Return the day after the bin that begins on `start`."""
        step = self.step
        if step == "day":
            after = start + timedelta(days=1)
        elif step == "week":
            after = start - timedelta(days=start.weekday()) + timedelta(days=7)
        elif step == "month":
            after = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        else:
            after = date(start.year + 1, 1, 1)
        return min(after, self.last + timedelta(days=1))

    def bins(self) -> list[date]:
        """Return the first day of every bin."""
        found, start = [], self.first
        while start <= self.last:
            found.append(start)
            start = self.end(start)
        return found

    def binned(self, counts: Mapping[date, float]) -> dict[date, float]:
        """Return the sums of `counts` by bin, in order; bins and days without a count are left out."""
        sums: dict[date, float] = {}
        for value in sorted(counts):
            if self.first <= value <= self.last:
                start = self.bin(value)
                sums[start] = sums.get(start, 0) + counts[value]
        return sums

    def left(self, value: date) -> float:
        """Return where a day begins, in percent of the width."""
        days = (self.last - self.first).days + 1
        return 100 * (value - self.first).days / days

    def holds(self, value: date) -> bool:
        """Return whether the day is on the axis."""
        return self.first <= value <= self.last


def strip(axis: Axis, counts: Mapping[date, float], *, ident: str, name: str, gaps: bool = False) -> Markup:
    """Return one row of a source x day strip: the more rows, the fuller the cell; a day without rows stays empty.

    With `gaps`, bins without a count are dashed along the base: they were not observed, which is not zero.
    """
    sums = axis.binned(counts)
    top = max(sums.values(), default=0)
    cells = [Markup('<line x1="0" x2="100%" y1="17.5" y2="17.5" class="base"/>')]
    cells += [
        Markup('<line x1="{}%" x2="{}%" y1="17.5" y2="17.5" class="gap"/>').format(
            coordinate(axis.left(start)), coordinate(axis.left(axis.end(start)))
        )
        for start in (axis.bins() if gaps else ())
        if start not in sums
    ]
    for start, rows in sums.items():
        if not rows:
            continue
        x, width = axis.left(start), axis.left(axis.end(start)) - axis.left(start)
        cells.append(
            Markup('<rect x="{}%" y="2" width="{}%" height="15" class="s{}"><title>{}: {}</title></rect>').format(
                coordinate(x), coordinate(width * 0.94), _shade(rows, top), day(start), number(rows)
            )
        )
    cells += _round_lines(axis, 0, 20)
    total = len(axis.bins())
    desc = f"Rows on {len(sums)} of {total} {axis.step}s from {day(axis.first)} to {day(axis.last)}"
    if sums:
        desc += f"; at most {number(top)} on one {axis.step}"
    return svg("strip", 20, ident, f"Rows per {axis.step}: {name}", desc, cells)


def _shade(rows: float, top: float) -> int:
    """Return 1 to `_SHADES`, in equal steps up to the source's own busiest bin."""
    return max(1, math.ceil(_SHADES * rows / (top or 1)))


def span(axis: Axis, first: date, last: date, *, ident: str, name: str) -> Markup:
    """Return one row of a time line: a bar from the first to the last sighting, and the days of the vote."""
    left = max(axis.first, min(first, axis.last))
    right = max(axis.first, min(last, axis.last))
    x, end = axis.left(left), axis.left(right + timedelta(days=1))
    bar = Markup('<rect x="{}%" y="6" width="{}%" height="8" rx="2" class="bar"/>').format(
        coordinate(min(x, 98.5)), coordinate(max(1.5, end - x))
    )
    base = Markup('<line x1="0" x2="100%" y1="10" y2="10" class="base"/>')
    seen = day(first) if first == last else f"{day(first)} to {day(last)}"
    return svg("span", 20, ident, f"When: {name}", seen, [base, *_round_lines(axis, 0, 20), bar])


def bars(axis: Axis, counts: Mapping[date, float], *, ident: str, label: str) -> Markup:
    """Return bars per day (week, month); a bin without a count is dashed along the base, for it is not zero."""
    sums = axis.binned(counts)
    top, floor, height = 18.0, 178.0, 160.0
    most = max(sums.values(), default=0) or 1
    body: list[Markup] = [
        Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="grid"/>').format(top),
        *_round_lines(axis, top - 4, floor, labelled=True),
    ]
    for start in axis.bins():
        x, width = axis.left(start), axis.left(axis.end(start)) - axis.left(start)
        if start not in sums:
            body.append(
                Markup('<line x1="{}%" x2="{}%" y1="{y}" y2="{y}" class="gap"/>').format(
                    coordinate(x), coordinate(x + width), y=floor
                )
            )
            continue
        tall = max(0.0, height * sums[start] / most)
        tall = max(tall, 1.5) if sums[start] > 0 else 0.5
        body.append(
            Markup('<rect x="{}%" y="{}" width="{}%" height="{}" class="bar"><title>{}: {}</title></rect>').format(
                coordinate(x + width * 0.06),
                coordinate(floor - tall),
                coordinate(width * 0.88),
                coordinate(tall),
                day(start),
                number(sums[start]),
            )
        )
    if sums:
        body.append(Markup('<text x="0" y="{}">{}</text>').format(top - 4, number(most)))
    body += _ends(axis, floor)
    desc = f"No {axis.step} was observed"
    if sums:
        high = max(sums, key=lambda start: (sums[start], -start.toordinal()))
        desc = (
            f"{len(sums)} {axis.step}s with a count from {day(axis.first)} to {day(axis.last)}, "
            f"{number(sum(sums.values()))} in all, at most {number(sums[high])} on {day(high)}"
        )
        if missing := len(axis.bins()) - len(sums):
            desc += f"; {missing} not observed"
    return svg("bars", 196, ident, f"{label} per {axis.step}", desc, body)


def trend(axis: Axis, line: Trend, *, ident: str) -> Markup:
    """Return a trend with its 95 % band and the published figures as points; percent upward."""
    top, floor = 18.0, 178.0
    heights = [v for p in line.curve for v in (p.low, p.high)] + [percent for _, percent in line.polls]
    heights = [v for v in heights if math.isfinite(v)]
    tick = _tick(max(heights, default=1) - min(heights, default=0))
    low = math.floor(min(heights, default=0) / tick) * tick
    high = max(math.ceil(max(heights, default=1) / tick) * tick, low + tick)

    def y(value: float) -> float:
        return floor - (floor - top) * (value - low) / (high - low)

    def x(value: date) -> float:
        return axis.left(value) + (axis.left(value + timedelta(days=1)) - axis.left(value)) / 2

    body: list[Markup] = []
    for step in range(round((high - low) / tick) + 1):
        level = low + step * tick
        body.append(Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="grid"/>').format(coordinate(y(level))))
    body += _round_lines(axis, top - 4, floor, labelled=True)
    curve = [p for p in line.curve if axis.holds(p.day)]
    if curve:
        upper = [(x(p.day) * 10, y(p.high)) for p in curve]
        lower = [(x(p.day) * 10, y(p.low)) for p in reversed(curve)]
        body.append(
            Markup(
                '<svg width="100%" height="{height}" viewBox="0 0 1000 {height}" preserveAspectRatio="none" '
                'aria-hidden="true">'
                '<polygon class="band" points="{band}"/>'
                '<polyline class="line" vector-effect="non-scaling-stroke" points="{line}"/></svg>'
            ).format(
                height=round(floor) + 18,
                band=_points([*upper, *lower]),
                line=_points([(x(p.day) * 10, y(p.value)) for p in curve]),
            )
        )
    body += [
        Markup('<circle cx="{}%" cy="{}" r="3" class="dot"><title>{}: {}</title></circle>').format(
            coordinate(x(when)), coordinate(y(percent)), day(when), measured(percent, "percent")
        )
        for when, percent in sorted(line.polls)
        if axis.holds(when) and math.isfinite(percent)
    ]
    body += [
        Markup('<text x="0" y="{}" class="level">{}</text>').format(
            coordinate(y(low + step * tick) - 3), measured(low + step * tick, "percent")
        )
        for step in range(round((high - low) / tick))
    ]
    body += _ends(axis, floor)
    desc = f"{len(line.polls)} published figures"
    if curve:
        a, b = curve[0], curve[-1]
        desc += "; the trend goes from " + " to ".join(
            f"{measured(p.value, 'percent')} ({number(p.low)} to {number(p.high)}) on {day(p.day)}" for p in (a, b)
        )
    return svg("trend", 196, ident, line.label, desc, body)


def interval(
    value: float, low: float | None, high: float | None, expected: float | None, *, unit: str, ident: str
) -> Markup:
    """Return a value with its interval beside what was expected, on a scale from zero where nothing is below it."""
    low, high, expected = (None if v is None or math.isnan(v) else v for v in (low, high, expected))
    marks = [v for v in (value, low, high, expected) if v is not None and math.isfinite(v)]
    start, end = min(0.0, *marks) if marks else 0.0, max(0.0, *marks) if marks else 1.0
    half = (end / 2 - start / 2) or 1.0  # halves, for the difference of two floats may overflow

    def x(mark: float) -> str:
        return coordinate(2 + 96 * ((min(max(mark, start), end) / 2 - start / 2) / half))

    body = [Markup('<line x1="2%" x2="98%" y1="14" y2="14" class="base"/>')]
    body.append(Markup('<line x1="{0}%" x2="{0}%" y1="10" y2="18" class="base"/>').format(x(0)))
    desc = f"Measured {measured(value, unit)}"
    if low is not None and high is not None:
        body.append(Markup('<line x1="{}%" x2="{}%" y1="14" y2="14" class="whisker"/>').format(x(low), x(high)))
        desc += f", 95 % interval {number(low)} to {number(high)}"
    if expected is not None:
        body.append(Markup('<line x1="{0}%" x2="{0}%" y1="5" y2="23" class="expected"/>').format(x(expected)))
        desc += f"; expected {number(expected)}"
    if math.isfinite(value):
        body.append(Markup('<circle cx="{}%" cy="14" r="5" class="dot"/>').format(x(value)))
        # Closer than that, in percent of the width, the two words would meet.
        if expected is not None and abs(float(x(value)) - float(x(expected))) > 40:  # noqa: PLR2004
            for word, mark in (("measured", value), ("expected", expected)):
                anchor = "end" if float(x(mark)) > 50 else "start"  # noqa: PLR2004  percent of the width
                body.append(Markup('<text x="{}%" y="36" text-anchor="{}">{}</text>').format(x(mark), anchor, word))
    return svg("interval", 40, ident, "Measured and expected" if expected is not None else "Measured", desc, body)


def calendar(axis: Axis, opening: date | None, data: tuple[date, date] | None, *, ident: str) -> Markup:
    """Return the election's calendar: the days the data cover, the campaign's opening, the days of the vote."""
    base = 34.0
    body = [Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="base"/>').format(base)]
    words = []
    if data:
        x, end = axis.left(data[0]), axis.left(data[1] + timedelta(days=1))
        body.append(
            Markup('<rect x="{}%" y="{}" width="{}%" height="10" rx="2" class="bar"/>').format(
                coordinate(min(x, 99)), base - 5, coordinate(max(1, end - x))
            )
        )
        words.append(f"the data cover {day(data[0])} to {day(data[1])}")
    if opening is not None and axis.holds(opening):
        body.append(
            Markup('<line x1="{0}%" x2="{0}%" y1="6" y2="44" class="opening"/>').format(coordinate(axis.left(opening)))
        )
        x = axis.left(opening)
        room = min((axis.left(value) for value in axis.rounds if axis.holds(value)), default=100) - x
        if x > 25 or room > 45:  # noqa: PLR2004  percent of the width that the words need
            body.append(
                Markup('<text x="{}%" dx="{}" y="12" text-anchor="{}" class="votelabel">Campaign</text>').format(
                    coordinate(x),
                    *((-4, "end") if x > 25 else (4, "start")),  # noqa: PLR2004
                )
            )
        words.append(f"the campaign opens on {day(opening)}")
    body += _round_lines(axis, 18, 44, labelled=True)
    words += [f"round {index} is on {day(value)}" for index, value in enumerate(axis.rounds, start=1)]
    body += _ends(axis, 46)
    return svg("calendar", 64, ident, "The election's calendar", "; ".join(words), body)


def _round_lines(axis: Axis, top: float, bottom: float, *, labelled: bool = False) -> list[Markup]:
    shown = [(index, value) for index, value in enumerate(axis.rounds, start=1) if axis.holds(value)]
    lines = []
    for index, value in shown:
        x = axis.left(value) + (axis.left(value + timedelta(days=1)) - axis.left(value)) / 2
        # Rounds stand close together on a long axis: labels are staggered, so that no two meet even on a telephone.
        head = top - 12 if labelled and index % 2 == 0 else top
        lines.append(
            Markup('<line x1="{0}%" x2="{0}%" y1="{1}" y2="{2}" class="vote"/>').format(
                coordinate(x), coordinate(head), coordinate(bottom)
            )
        )
        if labelled:
            before = (index < len(axis.rounds) and x > 15) or x > 85  # noqa: PLR2004  percent of the width
            lines.append(
                Markup('<text x="{}%" dx="{}" y="{}" text-anchor="{}" class="votelabel">Round {}</text>').format(
                    coordinate(x), -4 if before else 4, coordinate(head + 5), "end" if before else "start", index
                )
            )
    return lines


def _ends(axis: Axis, floor: float) -> list[Markup]:
    return [
        Markup('<text x="0" y="{}">{}</text>').format(coordinate(floor + 15), day(axis.first)),
        Markup('<text x="100%" y="{}" text-anchor="end">{}</text>').format(coordinate(floor + 15), day(axis.last)),
    ]


def _tick(width: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that cuts `width` into two to five."""
    power = 10.0 ** math.floor(math.log10(max(width, 0.1)))
    return next(
        step * power
        for step in (0.5, 1.0, 2.0, 5.0)
        if width / (step * power) <= 4  # noqa: PLR2004
    )


def coordinate(value: float) -> str:
    """Return a place in a chart as its attributes write it."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points)


def svg(  # noqa: PLR0917  the order is the element's own
    kind: str, height: int, ident: str, title: str, desc: str, body: Iterable[Markup]
) -> Markup:
    """Return a chart of `height` pixels, with its title and its description in words."""
    return _SVG.format(
        kind=kind, height=height, ident=ident, title=visible(title), desc=visible(desc), body=Markup("").join(body)
    )
