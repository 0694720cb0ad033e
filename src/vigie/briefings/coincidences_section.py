"""What the template of the section on what else happened is given: its chart, its sentences, and its tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from vigie.briefings import charts, charts_coincidence, words
from vigie.findings.coincidence import STRETCHED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from markupsafe import Markup

    from vigie.briefings.coincidences import Coincidences, DeskLine, Near, ShiftLine
    from vigie.briefings.model import Brief, Finding
    from vigie.findings.coincidence import Coincidence, Count, Window

_NEAR_MAX: Final = 12
_SHIFTS_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class Said:
    """One shift as the page shows it: its number, when, the nearest findings, and how many more there are."""

    number: int
    shift: ShiftLine
    linked: bool
    when: str
    near: tuple[tuple[Near, str, bool], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Compared:
    """One desk as the page shows it, with its sentence, and each window in words with its counts."""

    line: DeskLine
    best: str
    sentence: str
    counts: tuple[tuple[str, Count], ...]


def section(brief: Brief, shown: Iterable[Finding]) -> dict[str, Any]:
    """Return what the template is given beside its data; `shown` are the findings that the page can link to."""
    what = brief.coincidences
    if what is None:
        return {}
    linked = {finding.id for finding in shown}
    asked = sum(bool(line.found.ones and line.found.others) for line in what.desks)
    return {
        "then_chart": _chart(what, brief.rounds) if what.shifts else None,
        "then_shifts": [_said(n, shift, linked) for n, shift in enumerate(what.shifts[:_SHIFTS_MAX], start=1)],
        "then_desks": [
            Compared(
                line,
                window_words(line.found.best.window) if line.found.best else "",
                sentence(line.found, asked),
                tuple((window_words(count.window), count) for count in line.found.counts),
            )
            for line in what.desks
        ],
        "then_asked": asked,
    }


def _chart(what: Coincidences, rounds: tuple[date, ...]) -> Markup:
    around = timedelta(days=what.within_days)
    days = [d for s in what.shifts for d in (s.first - around, s.last + around)]
    days += [d for line in what.desks for d in line.seen if line.days]
    first, last = min(days), max(days)
    near = [r for r in rounds if last < r <= last + timedelta(days=60)]
    return charts_coincidence.timeline(charts.Axis(first, max([last, *near]), rounds), what, ident="then-days")


def _said(number: int, shift: ShiftLine, linked: set[str]) -> Said:
    nearest = sorted(shift.near, key=lambda n: (abs(n.lag_days), n.day, n.desk, n.finding))[:_NEAR_MAX]
    return Said(
        number,
        shift,
        shift.finding in linked,
        words.day(shift.first)
        if shift.first == shift.last
        else f"between {words.day(shift.first)} and {words.day(shift.last)}",
        tuple((n, lag_words(n.lag_days), n.finding in linked) for n in shift.near if n in nearest),
        len(shift.near) - len(nearest),
    )


def lag_words(lag_days: int) -> str:
    """Return how a finding lies to a shift.

    >>> lag_words(-2), lag_words(0), lag_words(1)
    ('2 days before', 'the same day', '1 day after')
    """
    if not lag_days:
        return "the same day"
    return f"{words.counted(abs(lag_days), 'day')} {'after' if lag_days > 0 else 'before'}"


def window_words(window: Window) -> str:
    """Return a window of lags; the same day is in each that touches it.

    >>> from vigie.findings.coincidence import Window
    >>> [window_words(Window(*w)) for w in ((0, 0), (0, 3), (-7, 0), (2, 4))]
    ['on the same day', 'up to 3 days after', 'up to 7 days before', '2 to 4 days after']
    """
    first, last = window.first, window.last
    if first == last:
        return "on the same day" if not first else f"exactly {lag_words(first)}"
    if not first or not last:
        return f"up to {lag_words(first or last)}"
    if first > 0:
        return f"{first} to {lag_words(last)}"
    return f"{-last} to {lag_words(first)}" if last < 0 else f"{lag_words(first)} to {lag_words(last)}"


def sentence(found: Coincidence, asked: int) -> str:
    """Return what may be said of one desk where `asked` desks were compared: counts, and never a bare probability."""
    days = words.counted(found.days, "day")
    if not (found.ones and found.others):
        return _nothing(found, days)
    about = words.counted(found.independent, "independent window")
    if not found.says or found.best is None:
        return f"Nothing can be said: {days} on which both were observed leave only about {about}."
    if not found.best.observed:
        return f"No shift has a finding near it in any of the {len(found.counts)} windows tried."
    if found.rare(asked):
        verdict = "That is more often than chance has it: a coincidence, which says nothing of why."
    elif found.tells(asked):
        verdict = (
            "What both have in common over the whole period is enough for it: of calendars in which each stretch of "
            f"nine weeks is moved for itself, {words.number(found.as_many_stretched)} of {STRETCHED} stand out as much."
        )
    elif found.leads(asked):
        verdict = "So few independent windows cannot tell that from chance."
    else:
        verdict = "So many come about by chance."
    return (
        f"{words.number(found.as_many)} of {words.counted(found.placebos, 'placebo calendar')} had as many, in one or "
        f"another of the {len(found.counts)} windows tried; they amount to about {about}. {verdict}"
    )


def _nothing(found: Coincidence, days: str) -> str:
    if not found.days:
        return "Nothing can be said: on no day were both the polls and this desk observed."
    if not found.ones:
        return f"Nothing can be said: no shift lies on the {days} on which both were observed."
    return f"Nothing to compare: no finding was first seen on the {days} on which both were observed."
