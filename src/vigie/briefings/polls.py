"""What a briefing says of opinion: plain data, every figure as it was measured or computed from measures.

Shares are in percent, steps and effects in points. "As known then" is what the polls known on a day said of that day
(filter), "as known today" what all polls say of it (smoother). Intervals come in the order of `poll_bands.SHARES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from vigie.rules.poll_errors import Tau

    Interval = tuple[float, float]

Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a candidate stands on the last day: opinion now, and, of a vote, what it would be if it were now."""

    candidate_id: str
    name: str
    estimate: float
    opinion: tuple[Interval, ...]
    vote: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A candidate's level on one day, with intervals of 95 and, as known today, of 80 percent."""

    day: date
    then: float
    then95: Interval
    now: float
    now80: Interval
    now95: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One percent of one candidate in one poll. `why_not`: why it has no part in the trend, None where it has.

    `expected` is the forecast made before it was published, with the 95 percent interval of the figure, and `z` how
    many standard deviations it lies from there; None where there was no forecast. `respondents` is None where the
    poll does not say, `is_answered` whether they are those who answered, or all who were asked.
    """

    row_id: str
    poll_id: str
    pollster: str
    first_day: date | None
    day: date
    percent: float
    respondents: float | None
    is_answered: bool
    why_not: str | None = None
    expected: float | None = None
    forecast95: Interval | None = None
    z: float | None = None

    @property
    def is_outside(self) -> bool:
        """Return whether the figure lies outside the 95 percent interval of its forecast, rounding allowed for."""
        return self.z is not None and abs(self.z) > Z95


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The same of one candidate as another field saw it, before the one that is shown was put."""

    field: tuple[str, ...]
    levels: tuple[Level, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One candidate's levels by day and figures in order of time, and the first days as a candidate and no more.

    `earlier` are other fields, those put most, up to the first day of `levels`.
    """

    candidate_id: str
    name: str
    levels: tuple[Level, ...]
    figures: tuple[Figure, ...]
    earlier: tuple[Earlier, ...] = ()
    declared: date | None = None
    withdrew: date | None = None

    @property
    def parts(self) -> tuple[Curve | Earlier, ...]:
        """Return it as the field that is shown has it, then as others had it."""
        return (self, *self.earlier)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseEffect:
    """By how many points a house stands above the mean of all houses for one candidate, with its 95 percent ends."""

    house: str
    pollster: str
    candidate_id: str
    name: str
    effect: float
    low: float
    high: float
    polls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A step of a candidate's level: the day it is thought to have happened, and the day the polls told it.

    `p_value` is the share of simulated campaigns without any step in which some candidate looks so; `finding` rests
    on it, None where no finding on the page does.
    """

    candidate_id: str
    name: str
    day: date
    found: date
    points: float
    low: float
    high: float
    p_value: float
    houses: int
    finding: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What one model is fitted to, as one field of candidates sees it.

    `field` names the candidates put, none where each person is rated apart; `fields` counts the sets of candidates
    that were put, this one included. `polls` and `houses` count what speaks for the trend in any field, `field_polls`
    those of this one. `standings` and `curves` come largest first. `power` is for steps of so many points the share
    found within ten days; `unused` counts figures of all fields by why they have no part. `design` is the ratio of
    the figures' variance to that of sampling, `house_sd` (logit) what houses differ by; None where not told.
    """

    ident: str
    question: str
    round: int | None
    field: tuple[str, ...]
    fields: int
    house: str | None
    first: date
    last: date
    polls: int
    field_polls: int
    houses: int
    standings: tuple[Standing, ...]
    curves: tuple[Curve, ...]
    effects: tuple[HouseEffect, ...]
    shifts: tuple[Shift, ...]
    power: tuple[tuple[float, float], ...]
    unused: tuple[tuple[str, int], ...]
    design: float | None = None
    house_sd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A question that is not drawn, with its polls that speak for a trend and their days."""

    question: str
    round: int | None
    field: tuple[str, ...]
    house: str | None
    polls: int
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A finding that asks for a look at a poll or a pollster, and why, as the detector says it.

    `is_set_apart`: the figures that it rests on have no part in any trend.
    """

    finding: str
    detector: str
    title: str
    pollsters: tuple[str, ...]
    first: date
    last: date
    is_set_apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetApart:
    """A poll, as one question of it was put, whose figures have no part in any trend: the formal checks say why.

    `missing` are legal fields that it does not give though most others do, `impossible` sentences of what cannot be.
    `finding` rests on its figures, None where none does.
    """

    poll_id: str
    pollster: str
    publisher: str | None
    outlet: str | None
    tier: str | None
    day: date
    question: str
    round: int | None
    figures: int
    why: str
    missing: tuple[str, ...]
    impossible: tuple[str, ...]
    finding: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Polls:
    """The section on opinion: `questions` are drawn, `others` only named; `tau` is None where no vote is asked about.

    `polls`, `figures` and `houses` count what the case holds, `unused` its figures that have no part in a trend.
    A shift is looked for so that in the share `alarm_max` of campaigns without any some would be reported.
    """

    questions: tuple[Question, ...]
    others: tuple[Other, ...]
    polls: int
    figures: int
    houses: int
    unused: Mapping[str, int]
    suspects: tuple[Suspect, ...]
    set_apart: tuple[SetApart, ...]
    tau: Tau | None
    cannot_say: tuple[str, ...]
    alarm_max: float
