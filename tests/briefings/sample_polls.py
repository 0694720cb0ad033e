"""What a section on opinion is made of: invented polls of as many candidates, houses and days as a test asks for."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

from scipy.special import expit, logit

from tests.briefings import sample
from vigie.briefings.polls import (
    Curve,
    Earlier,
    Figure,
    HouseEffect,
    Level,
    Other,
    Polls,
    Question,
    SetApart,
    Shift,
    Standing,
    Suspect,
)  # fmt: skip
from vigie.rules.poll_bands import SHARES, opinion
from vigie.rules.poll_errors import tau

HOUSES = ("Ifop", "Ipsos", "BVA", "Elabe", "Harris Interactive", "Kantar Sofres", "Odoxa", "OpinionWay")
SHARES_OF = (24.5, 22.0, 19.6, 18.8, 7.5, 3.4, 1.7, 1.1, 0.8, 0.5, 0.3, 0.25, 0.2, 0.15, 0.1)
NAMES = (
    "Anne Lefèvre", "Bruno Marchand", "Claire Dumont", "David Roche", "Élise Garnier", "Farid Benali", "Gaëlle Morin",
    "Hugo Perrin", "Inès Caron", "Jean-Luc Vidal", "Karim Aubry", "Léa Fontaine", "Marc Olivier", "Nadia Petit",
    "Oscar Blanchet",
)  # fmt: skip
START = date(2017, 1, 10)
CANNOT_SAY = ("Where opinion will go: there is no forecast of the vote here.",)


def wave(n):
    """Return a number between -1 and 1 that looks drawn by lot and is not."""
    return math.sin(12.9898 * n + 78.233) * math.cos(3.7 * n)


def level_at(share, day, *, step=0.0, at=60):
    return float(logit(share / 100)) + 0.04 * math.sin(day / 17 + share) + (step if day >= at else 0.0)


def levels(share, days, *, step=0.0, sd=0.05):
    made = []
    for n in range(days):
        mean = level_at(share, n, step=step)
        late = level_at(share, max(0, n - 3), step=step) + 0.02 * wave(n // 2 + share)
        band = sd * (1.6 - 0.6 * min(1.0, n / 30))
        made.append(
            Level(
                day=START + timedelta(days=n),
                then=float(100 * expit(late)),
                then95=opinion(late, 1.3 * band, 0.95),
                now=float(100 * expit(mean)),
                now80=opinion(mean, band, 0.8),
                now95=opinion(mean, band, 0.95),
            )
        )
    return tuple(made)


def figures(ident, share, days, polls, *, step=0.0):
    made = []
    for n in range(polls):
        day = round((days - 1) * (n / max(1, polls - 1)) ** 0.8)
        expected = float(100 * expit(level_at(share, max(0, day - 2), step=step)))
        sd = max(0.15, 0.045 * math.sqrt(expected * (100 - expected)) / 2)
        percent = max(0.0, round(2 * (expected + 1.25 * sd * wave(n + 10 * share))) / 2)
        known = n > 0
        made.append(
            Figure(
                row_id=f"0123456789ab:{1000 * ident + n}",
                poll_id=f"poll-{n}",
                pollster=HOUSES[n % len(HOUSES)] if n % 13 else '<b>"House"\u202e</b>',
                first_day=START + timedelta(days=day - 2) if n % 5 else None,
                day=START + timedelta(days=day),
                percent=percent,
                respondents=1000.0 + 37 * n if n % 4 else None,
                is_answered=n % 2 == 0,
                why_not="an overlapping wave without a new day" if n % 17 == 16 else None,
                expected=expected if known else None,
                forecast95=(expected - 1.96 * sd, expected + 1.96 * sd) if known else None,
                z=(percent - expected) / sd if known else None,
            )
        )
    return tuple(made)


def question(candidates=11, polls=80, days=103, *, asked="voting_intention", round_=1, ident="polls-1", shares=None):
    shares = shares or SHARES_OF[:candidates]
    names = NAMES[:candidates]
    steps = [0.3 if n == 2 else 0.0 for n in range(candidates)]
    curves = tuple(
        Curve(
            candidate_id=f"c{n}",
            name=name,
            levels=levels(share, days, step=step) if polls > 1 else levels(share, 1, sd=0.15),
            figures=figures(n, share, days if polls > 1 else 1, polls, step=step),
            withdrew=START + timedelta(days=days // 2) if n == 3 else None,
            declared=START + timedelta(days=8) if n == 1 else None,
        )
        for n, (name, share, step) in enumerate(zip(names, shares, steps, strict=True))
    )
    error = tau("FR")
    vote = asked == "voting_intention"
    standings = tuple(
        Standing(
            candidate_id=c.candidate_id,
            name=c.name,
            estimate=c.levels[-1].now,
            opinion=tuple(opinion(float(logit(c.levels[-1].now / 100)), 0.05, s) for s in SHARES),
            vote=tuple(error.vote(float(logit(c.levels[-1].now / 100)), 0.05, s) for s in SHARES) if vote else (),
        )
        for c in curves
    )
    return Question(
        ident=ident,
        question=asked,
        round=round_ if vote else None,
        field=names if vote else (),
        fields=4 if vote and round_ == 1 else 1,
        house=None if vote else HOUSES[1],
        first=START,
        last=curves[0].levels[-1].day if curves else START,
        polls=polls,
        field_polls=polls - polls // 4,
        houses=min(polls, len(HOUSES)) if vote else 1,
        standings=tuple(sorted(standings, key=lambda s: -s.estimate)),
        curves=tuple(sorted(curves, key=lambda c: -c.levels[-1].now)),
        effects=tuple(
            HouseEffect(
                house=house.lower(),
                pollster=house,
                candidate_id=c.candidate_id,
                name=c.name,
                effect=wave(n + 3 * m) * shares[m] / 14,
                low=wave(n + 3 * m) * shares[m] / 14 - 0.9 - n / 9,
                high=wave(n + 3 * m) * shares[m] / 14 + 0.9 + n / 9,
                polls=30 - 3 * n,
            )
            for n, house in enumerate(HOUSES if vote and polls > 1 else ())
            for m, c in enumerate(curves)
        ),
        shifts=(
            Shift(
                candidate_id="c2",
                name=names[2],
                day=START + timedelta(days=60),
                found=START + timedelta(days=63),
                points=5.2,
                low=3.9,
                high=6.6,
                p_value=0.002,
                houses=4,
                finding="poll_shift-0badcafe",
            ),
        )
        if candidates > 2 and days > 63 and polls > 1
        else (),
        power=((3.0, 0.27), (5.0, 0.91), (8.0, 0.995)) if polls > 1 else (),
        unused=(("an overlapping wave without a new day", 44), ("before the candidacy", 3)) if polls > 1 else (),
        design=0.8,
        house_sd=0.05,
    )


def with_earlier(question):
    """Return the question whose last half of days is of one field, and the first of another."""
    start = START + (question.last - START) / 2

    def halved(curve):
        past = Earlier(
            field=NAMES[:2],
            levels=tuple(v for v in curve.levels if v.day < start),
            figures=tuple(f for f in curve.figures if f.day < start)[::2],
        )
        return replace(
            curve,
            levels=tuple(v for v in curve.levels if v.day >= start),
            figures=tuple(f for f in curve.figures if f.day >= start),
            earlier=(past,),
        )

    return replace(question, curves=tuple(map(halved, question.curves)))


def polls(*questions, others=0, apart=3):
    return Polls(
        questions=questions,
        others=tuple(
            Other(
                question="voting_intention",
                round=2,
                field=(NAMES[n % 15], NAMES[(n + 4) % 15]),
                house=None,
                polls=9 - n % 9,
                first=START,
                last=START + timedelta(days=n),
            )
            for n in range(others)
        ),
        polls=104,
        figures=1_187,
        houses=9,
        unused={"an overlapping wave without a new day": 44, "no dates": 3},
        suspects=(
            Suspect(
                finding="poll_provenance-0000beef",
                detector="poll_provenance",
                title="Brand Count: no sample size, no notice; published by a watched outlet <script>alert(1)</script>",
                pollsters=("Brand Count\u202e",),
                first=START + timedelta(days=40),
                last=START + timedelta(days=42),
                is_set_apart=True,
            ),
        )
        if apart
        else (),
        set_apart=tuple(
            SetApart(
                poll_id=f"pseudo-{n}",
                pollster="Brand Count" + sample.HOSTILE[0] * (n == 1),
                publisher="Sputnik",
                outlet="Sputnik" if n else None,
                tier="state-controlled" if n else None,
                day=START + timedelta(days=40 + n),
                question="voting_intention",
                round=1,
                figures=5,
                why="two flaws of weight",
                missing=("sample size", "notice"),
                impossible=("the figures add up to 131 percent",) if n == 2 else (),
                finding=None if n else "poll_provenance-0000beef",
            )
            for n in range(apart)
        ),
        tau=tau("FR"),
        cannot_say=CANNOT_SAY,
        alarm_max=0.05,
    )
