"""What the template of the section on opinion is given: its charts, their table twins, and sentences with figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from vigie.briefings import charts, charts_poll_forecasts, charts_poll_houses, charts_polls, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from markupsafe import Markup

    from vigie.briefings.model import Brief, Finding
    from vigie.briefings.polls import Curve, Figure, HouseEffect, Level, Other, Question, Shift, Standing
    from vigie.rules.poll_errors import Tau

DETECTORS: Final = ("poll_shift", "poll_provenance", "poll_outlier", "poll_herding")
NAMES: Final = {
    "voting_intention": "Voting intention",
    "favourability": "Favourable opinions",
    "approval": "Approval",
}
_PANELS_MAX: Final = 12
_FLAT: Final = 0.07
_HOUSE_COLUMNS_MAX: Final = 5
_HOUSES_MAX: Final = 30
_OUTSIDE_MAX: Final = 12
_TWIN_ROWS_MAX: Final = 24
_TWIN_COLUMNS_MAX: Final = 8
_OTHERS_MAX: Final = 40
_APART_MAX: Final = 40
_AROUND_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class Panel:
    """One candidate's small picture; `shifts` are those of the candidate."""

    curve: Curve
    standing: Standing | None
    chart: Markup
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Houses:
    """House effects of the largest candidates: for each house its polls, and a lane for each candidate."""

    axis: Markup
    names: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[tuple[HouseEffect, Markup] | None, ...]], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Figures against forecasts: the chart, how many have a forecast, how many lie outside, and the farthest."""

    chart: Markup
    figures: int
    outside: int
    farthest: tuple[tuple[Curve, Figure], ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One question as the page shows it. `error`: a share, and what polls have wrong together there, in points.

    `undrawn` names candidates without a panel; `twin` are levels of the first ones on some days.
    """

    question: Question
    title: str
    axis: charts.Axis
    percent_axis: Markup
    rows: tuple[tuple[Standing, Markup], ...]
    error: tuple[float, float] | None
    panels: tuple[Panel, ...]
    undrawn: tuple[str, ...]
    twin_names: tuple[str, ...]
    twin: tuple[tuple[date, tuple[Level | None, ...]], ...]
    houses: Houses | None
    forecasts: Forecasts | None

    @property
    def has_earlier(self) -> bool:
        """Return whether another field is drawn."""
        return any(p.curve.earlier for p in self.panels)

    @property
    def is_vote(self) -> bool:
        """Return whether it is asked whom people would vote for."""
        return self.question.question == "voting_intention"


def section(brief: Brief, shown_findings: Iterable[Finding]) -> dict[str, Any]:
    """Return what the template of the section is given beside its data; nothing where there is no section.

    `shown_findings` are those that have a place on the page.
    """
    what = brief.polls
    if what is None:
        return {"poll_places": {}}
    on_page = {f.id for f in shown_findings if f.detector in DETECTORS}
    drawn = [_drawn(q, brief) for q in what.questions]
    places = {s.finding: f"{d.question.ident}-shifts" for d in drawn for s in d.question.shifts if s.finding}
    places |= {s.finding: "polls-suspects" for s in what.suspects}
    return {
        "poll_places": {ident: place for ident, place in places.items() if ident in on_page},
        "poll_drawn": drawn,
        "poll_on_page": on_page,
        "poll_others": [(title(o), o) for o in what.others[:_OTHERS_MAX]],
        "poll_apart": [a for a in what.set_apart if a.finding not in on_page][:_APART_MAX],
        "poll_figure": charts_polls.figure,
        "poll_span": charts_polls.span,
        "poll_signed": charts_polls.signed,
        "poll_days": charts_polls.days,
        "poll_asked": asked,
    }


def _error(question: Question, tau: Tau | None) -> tuple[float, float] | None:
    """Return the largest share and the standard deviation of the error that polls have together there, in points."""
    votes = [s.estimate for s in question.standings if s.vote]
    if tau is None or not votes:
        return None
    return max(votes), tau.value * math.sqrt(max(votes) * (100 - max(votes)))


def asked(question: str, number: int | None) -> str:
    """Return a question and its round in words.

    >>> asked("voting_intention", 1), asked("trust_in_army", None)
    ('Voting intention, first round', 'Trust in army')
    """
    text = NAMES.get(question, question.replace("_", " ").capitalize())
    return text if number is None else f"{text}, {words.ordinal(number)} round"


def title(what: Question | Other) -> str:
    """Return what was asked of whom, in words."""
    text = asked(what.question, what.round)
    if what.round == 2 and what.field:  # noqa: PLR2004  the second round: a field is a pairing
        text += ": " + " and ".join(what.field)
    return f"{text} ({what.house})" if what.house is not None else text


def _drawn(question: Question, brief: Brief) -> Drawn:
    near = [r for r in brief.rounds if question.last < r <= question.last + timedelta(days=_AROUND_DAYS)]
    days = [f.day for c in question.curves for part in c.parts for f in part.figures]
    first, last = min(days, default=question.first), max([question.last, *days])
    axis = charts.Axis(first, max([last, *near[:1]]), brief.rounds)
    heights = {c.candidate_id: _heights(c) for c in question.curves}
    scale = charts_polls.scale_of(v for values in heights.values() for v in values)
    # On the scale of the largest, a candidate who never rises above so little is a line on the floor.
    tall = [c for c in question.curves if scale.part(max(heights[c.candidate_id], default=0.0)) > _FLAT]
    shown = tall[:_PANELS_MAX] if first < last else []
    now = charts_polls.scale_of(e for s in question.standings for i in (*s.opinion, *s.vote) for e in i)
    standings = {s.candidate_id: s for s in question.standings}
    return Drawn(
        question=question,
        title=title(question),
        axis=axis,
        percent_axis=charts_polls.percent_axis(now),
        rows=tuple(
            (s, charts_polls.standing(s, now, ident=f"{question.ident}-now-{n}"))
            for n, s in enumerate(question.standings)
        ),
        error=_error(question, brief.polls.tau if brief.polls else None),
        panels=tuple(
            Panel(
                curve,
                standings.get(curve.candidate_id),
                charts_polls.panel(
                    curve, mine, axis, brief.campaign_opening, scale, ident=f"{question.ident}-trend-{n}"
                ),
                mine,
            )
            for n, curve in enumerate(shown)
            for mine in [tuple(s for s in question.shifts if s.candidate_id == curve.candidate_id)]
        ),
        undrawn=tuple(c.name for c in question.curves if c not in shown) if shown else (),
        twin_names=tuple(c.name for c in shown[:_TWIN_COLUMNS_MAX]),
        twin=tuple(_twin(shown[:_TWIN_COLUMNS_MAX])),
        houses=_houses(question),
        forecasts=_forecasts(question, axis) if first < last else None,
    )


def _heights(curve: Curve) -> list[float]:
    levels = [v for part in curve.parts for v in part.levels]
    return [e for v in levels for e in v.now95] + [f.percent for part in curve.parts for f in part.figures]


def _twin(curves: Sequence[Curve]) -> Iterable[tuple[date, tuple[Level | None, ...]]]:
    """Yield levels of each candidate on some of the days, the last one among them."""
    by_day = [{level.day: level for level in c.levels} for c in curves]
    every = sorted({d for levels in by_day for d in levels})
    step = -(-len(every) // _TWIN_ROWS_MAX) or 1
    for when in every[(len(every) - 1) % step :: step]:
        yield when, tuple(levels.get(when) for levels in by_day)


def _houses(question: Question) -> Houses | None:
    """Return the effects of all houses, those with most polls first; None where fewer than two are told apart."""
    chosen = [c for c in question.curves if any(e.candidate_id == c.candidate_id for e in question.effects)]
    chosen = chosen[:_HOUSE_COLUMNS_MAX]
    ids = [c.candidate_id for c in chosen]
    cells = {(e.house, e.candidate_id): e for e in question.effects if e.candidate_id in ids}
    polls: dict[str, tuple[int, str]] = {}
    for e in cells.values():
        polls[e.house] = max(polls.get(e.house, (0, "")), (e.polls, e.pollster))
    if len(polls) < 2:  # noqa: PLR2004
        return None
    order = sorted(polls, key=lambda h: (-polls[h][0], h))
    most = charts_poll_houses.reach(cells.values())
    rows = []
    for n, house in enumerate(order[:_HOUSES_MAX]):
        lanes = []
        for m, ident in enumerate(ids):
            cell = cells.get((house, ident))
            lanes.append(
                (cell, charts_poll_houses.lane(cell, most, ident=f"{question.ident}-house-{n}-{m}")) if cell else None
            )
        rows.append((polls[house][1], polls[house][0], tuple(lanes)))
    return Houses(
        charts_poll_houses.points_axis(most), tuple(c.name for c in chosen), tuple(rows), len(order) - len(rows)
    )


def _forecasts(question: Question, axis: charts.Axis) -> Forecasts | None:
    """Return all figures of the field that had a forecast; None where none had."""
    rows = [(c, f) for c in question.curves for f in c.figures if f.z is not None and f.why_not is None]
    if not rows:
        return None
    outside = [(c, f) for c, f in rows if f.is_outside]
    own = charts.Axis(min(f.day for _, f in rows), axis.last, axis.rounds)
    outside.sort(key=lambda row: (-abs(row[1].z or 0.0), row[1].day, row[1].row_id))
    return Forecasts(
        charts_poll_forecasts.forecasts(question.curves, own, ident=f"{question.ident}-forecasts"),
        len(rows),
        len(outside),
        tuple(outside[:_OUTSIDE_MAX]),
    )
