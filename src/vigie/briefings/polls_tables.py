"""The tables behind the section on opinion, as the folder of a briefing holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vigie.rules.poll_bands import SHARES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vigie.briefings.polls import Curve, Earlier, Polls, Question, Standing

    Table = tuple[tuple[str, ...], Iterable[Iterable[Any]]]

_ASKED = ("question", "round", "field", "pollsters")
_ENDS = tuple(f"{end}{round(100 * share)}" for share in SHARES for end in ("low", "high"))


def tables_of(what: Polls) -> dict[str, Table]:
    """Return header and rows of polls-now, -levels, -houses, -forecasts, -shifts and -set-apart."""
    every = what.questions
    return {
        "polls-now": (
            (
                *_ASKED,
                *("day", "candidate", "name", "estimate"),
                *(f"opinion_{end}" for end in _ENDS),
                *(f"vote_{end}" for end in _ENDS),
            ),
            ((*_asked(q), q.last, *_now(s)) for q in every for s in q.standings),
        ),
        "polls-levels": (
            (
                *(*_ASKED, "candidate", "day", "as_known_then", "then_low95", "then_high95"),
                *("as_known_today", "today_low80", "today_high80", "today_low95", "today_high95"),
            ),
            (
                (*asked, c.candidate_id, v.day, v.then, *v.then95, v.now, *v.now80, *v.now95)
                for q in every
                for c in q.curves
                for asked, part in _parts(q, c)
                for v in part.levels
            ),
        ),
        "polls-houses": (
            (*_ASKED, "candidate", "house", "pollster", "effect", "low", "high", "polls"),
            (
                (*_asked(q), e.candidate_id, e.house, e.pollster, e.effect, e.low, e.high, e.polls)
                for q in every
                for e in q.effects
            ),
        ),
        "polls-forecasts": (
            (
                *(*_ASKED, "candidate", "row_id", "poll", "pollster", "first_day", "day", "percent", "respondents"),
                *("is_answered", "why_not_used", "expected", "low95", "high95", "z"),
            ),
            (
                (
                    *(*asked, c.candidate_id, f.row_id, f.poll_id, f.pollster, f.first_day, f.day, f.percent),
                    *(f.respondents, "yes" if f.is_answered else "no", f.why_not, f.expected),
                    *(*(f.forecast95 or (None, None)), f.z),
                )
                for q in every
                for c in q.curves
                for asked, part in _parts(q, c)
                for f in part.figures
            ),
        ),
        "polls-shifts": (
            (
                *(*_ASKED, "candidate", "day", "found", "points", "low", "high", "p_value"),
                *("houses", "finding"),
            ),
            (
                (
                    *(*_asked(q), s.candidate_id, s.day, s.found, s.points, s.low, s.high, s.p_value),
                    *(s.houses, s.finding),
                )
                for q in every
                for s in q.shifts
            ),
        ),
        "polls-set-apart": (
            (
                *("poll", "pollster", "publisher", "outlet", "tier", "day", "question", "round", "figures"),
                *("why", "missing", "impossible", "finding"),
            ),
            (
                (
                    *(a.poll_id, a.pollster, a.publisher, a.outlet, a.tier, a.day, a.question, a.round, a.figures),
                    *(a.why, "; ".join(a.missing), "; ".join(a.impossible), a.finding),
                )
                for a in what.set_apart
            ),
        ),
    }


def _asked(q: Question) -> tuple[Any, ...]:
    return q.question, q.round, " + ".join(q.field), q.house or "all"


def _parts(q: Question, c: Curve) -> Iterator[tuple[tuple[Any, ...], Curve | Earlier]]:
    """Yield the curve as the field that is shown sees it, then as others did, each with what was asked."""
    asked = _asked(q)
    yield asked, c
    for past in c.earlier:
        yield (*asked[:2], " + ".join(past.field), asked[3]), past


def _now(s: Standing) -> Iterator[Any]:
    yield from (s.candidate_id, s.name, s.estimate)
    for intervals in (s.opinion, s.vote or ((None, None),) * len(SHARES)):
        for interval in intervals:
            yield from interval
