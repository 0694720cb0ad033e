"""The chart of the section on what else happened: shifts above, the days of each desk's findings in lanes below."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from vigie.briefings.charts import coordinate, svg
from vigie.briefings.words import counted, day, number
from vigie.text.inert import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from vigie.briefings.charts import Axis
    from vigie.briefings.coincidences import Coincidences, DeskLine, ShiftLine

_TOP: Final = 28
_LANE: Final = 34
_SHIFTS_LANE: Final = 52
_LABELS_APART: Final = 4.5
_UP: Final = "M0-5l6 10h-12z"
_DOWN: Final = "M0 5l6-10h-12z"


def timeline(axis: Axis, what: Coincidences, *, ident: str) -> Markup:
    """Return the strip: each shift a numbered triangle with its days around it shaded, a lane of days for each desk.

    Days on which a desk has no data are dashed along its lane.
    """
    floor = _TOP + _SHIFTS_LANE + _LANE * len(what.desks)
    body = [*_shades(axis, what, floor), *_rounds(axis, floor)]
    body.append(Markup('<text x="0" y="{}" class="level">Shifts in the polls</text>').format(_TOP + 10))
    for up in (True, False):
        body += _triangles(axis, what.shifts, up=up)
    for place, desk in enumerate(what.desks):
        body += _lane(axis, desk, _TOP + _SHIFTS_LANE + _LANE * place)
    body += [
        Markup('<text x="0" y="{}">{}</text>').format(floor + 15, day(axis.first)),
        Markup('<text x="100%" y="{}" text-anchor="end">{}</text>').format(floor + 15, day(axis.last)),
    ]
    said = [f"shift {n} on {_spell(shift)}" for n, shift in enumerate(what.shifts, start=1)]
    said += [
        f"{desk.name}: {counted(sum(desk.days.values()), 'finding')} on {counted(len(desk.days), 'day')}"
        for desk in what.desks
    ]
    return svg("then", floor + 18, ident, "Shifts in the polls and the days of other findings", "; ".join(said), body)


def _shades(axis: Axis, what: Coincidences, floor: int) -> Iterator[Markup]:
    """Yield the days around the shifts, those that overlap as one, or the shade would deepen."""
    around = timedelta(days=what.within_days)
    spells: list[tuple[date, date]] = []
    for first, last in sorted(
        (max(axis.first, s.first - around), min(axis.last, s.last + around)) for s in what.shifts
    ):
        if spells and first <= spells[-1][1] + timedelta(days=1):
            spells[-1] = (spells[-1][0], max(spells[-1][1], last))
        else:
            spells.append((first, last))
    for first, last in spells:
        x = axis.left(first)
        yield Markup('<rect x="{}%" y="{}" width="{}%" height="{}" class="band"/>').format(
            coordinate(x), _TOP, coordinate(axis.left(last + timedelta(days=1)) - x), floor - _TOP
        )


def _rounds(axis: Axis, floor: int) -> Iterator[Markup]:
    """Yield the days of the vote; their words stand at two heights, for rounds are close."""
    for index, value in enumerate(axis.rounds, start=1):
        if not axis.holds(value):
            continue
        x = _middle(axis, value)
        before, head = x > 50, 12 if index % 2 else 0  # noqa: PLR2004  percent of the width
        yield Markup('<line x1="{0}%" x2="{0}%" y1="{1}" y2="{2}" class="vote"/>').format(coordinate(x), head, floor)
        yield Markup('<text x="{}%" dx="{}" y="{}" text-anchor="{}" class="votelabel">Round {}</text>').format(
            coordinate(x), -4 if before else 4, head + 10, "end" if before else "start", index
        )


def _triangles(axis: Axis, shifts: Sequence[ShiftLine], *, up: bool) -> Iterator[Markup]:
    """Yield the shifts one way; those of one day share a triangle, and a number too near the last one is left out."""
    mine = [(s.first, s.last, n) for n, s in enumerate(shifts, start=1) if (s.points > 0) == up]
    y = _TOP + (20 if up else 38)
    labelled = -100.0
    for (first, last), group in groupby(sorted(mine), key=lambda m: m[:2]):
        numbers = ", ".join(str(n) for _, _, n in group)
        ends = [min(100.0, max(0.0, _middle(axis, value))) for value in (first, last)]
        x = sum(ends) / 2
        if first < last:
            yield Markup('<line x1="{}%" x2="{}%" y1="{y}" y2="{y}" class="spell"/>').format(
                *map(coordinate, ends), y=y
            )
        yield Markup(
            '<svg x="{}%" y="{}" overflow="visible" aria-hidden="true"><path d="{}" class="shift"/></svg>'
        ).format(coordinate(x), y, Markup(_UP if up else _DOWN))  # noqa: S704  a path of our own
        if x - labelled >= _LABELS_APART:
            at, dx, anchor = (ends[1], 9, "start") if ends[1] < 92 else (ends[0], -9, "end")  # noqa: PLR2004  percent
            yield Markup('<text x="{}%" dx="{}" y="{}" text-anchor="{}" class="shiftno">{}</text>').format(
                coordinate(at), dx, y + 4, anchor, numbers
            )
            labelled = x


def _lane(axis: Axis, desk: DeskLine, top: int) -> Iterator[Markup]:
    base = top + 30
    yield Markup('<line x1="0" x2="100%" y1="{0}" y2="{0}" class="base"/>').format(base)
    for first, last in _unseen(axis, desk):
        yield Markup('<line x1="{}%" x2="{}%" y1="{y}" y2="{y}" class="gap"/>').format(
            coordinate(axis.left(first)), coordinate(axis.left(last + timedelta(days=1))), y=base
        )
    for value, findings in desk.days.items():
        if axis.holds(value):
            yield Markup(
                '<line x1="{0}%" x2="{0}%" y1="{1}" y2="{2}" class="when"><title>{3}: {4}</title></line>'
            ).format(coordinate(_middle(axis, value)), base - 14, base, day(value), counted(findings, "finding"))
    yield Markup('<text x="0" y="{}" class="level">{}</text>').format(top + 13, visible(desk.name))


def _unseen(axis: Axis, desk: DeskLine) -> list[tuple[date, date]]:
    """Return the stretches of days of the axis on which a desk has no data, first and last day of each."""
    found: list[tuple[date, date]] = []
    for n in range((axis.last - axis.first).days + 1):
        value = axis.first + timedelta(days=n)
        if value in desk.seen:
            continue
        if found and found[-1][1] == value - timedelta(days=1):
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return found


def _middle(axis: Axis, value: date) -> float:
    return (axis.left(value) + axis.left(value + timedelta(days=1))) / 2


def _spell(shift: ShiftLine) -> str:
    points = f"{number(round(shift.points, 1))} points"
    return (
        f"{day(shift.first)} ({points})"
        if shift.first == shift.last
        else (f"{day(shift.first)} to {day(shift.last)} ({points})")
    )
