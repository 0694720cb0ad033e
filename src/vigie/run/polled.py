"""What `vigie polls` shows: estimates with their intervals, what they rest on, and what has no part in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from vigie.rules.poll_errors import Tau
    from vigie.run.poll_fields import Field

CANNOT_SAY: Final = (
    "Opinion now is what polls would find if they asked everybody; it has their common error in it.",
    "If the vote were now is no forecast of the vote: it does not know what will happen until then.",
    "No method of averaging polls comes nearer to the result than another: the bands matter, not the decimals.",
)


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval in percent, and the share of cases in which it should hold the truth."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Change:
    """The change of opinion over the last `days`, in points, with its 95 % interval."""

    days: int
    points: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Where one candidate stands: percent, and intervals of 50, 80 and 95 % of opinion now and of a vote held now.

    `vote` is None for opinions, on which nobody votes. `changes` leaves out what goes back beyond the first poll;
    `trend` is the estimate of each of the last days, as known now. `polls` put this candidate in this field, the last
    on `last`.
    """

    candidate_id: str
    name: str
    percent: float
    opinion: tuple[Interval, ...]
    vote: tuple[Interval, ...] | None
    changes: tuple[Change, ...]
    trend: tuple[tuple[date, float], ...]
    polls: int
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Candidates who are compared: of one field of a voting intention, or as one house asks for opinions of them.

    `polls`, `houses`, `first` and `last` are those of the field, `polls_in_all` and `last_in_all` those of all fields,
    on whose common level it rests; `carried_days` says how long the estimate is carried forward from there.
    `forgotten` names those whom the model follows no more in this field, as many others were put since.
    """

    house: str | None
    estimates: tuple[Estimate, ...]
    forgotten: tuple[str, ...]
    polls: int
    houses: int
    polls_in_all: int
    first: date
    last: date
    last_in_all: date
    carried_days: int


@dataclass(frozen=True, slots=True)
class NotUsed:
    """Figures of polls that have no part in the estimate, and why."""

    why: str
    figures: int
    polls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetApart:
    """What calls itself a poll and is taken for none, with its figures by candidate."""

    scenario: str
    poll_id: str
    pollster: str
    publisher: str | None
    day: date
    why: str
    outlet: str | None
    tier: str | None
    figures: Mapping[str, float]
    row_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Polls:
    """What `vigie polls` shows, as of `day`; `lacking` names tables without rows, without which there is nothing.

    `at` is the day that was asked for. `questions` and `rounds` count the polls there are by then. `why_nothing` says
    why there are no panels; `first_poll` and `last_poll` are those of the whole case. `vote_day` is that of the round.
    `fields` are those of the round, the one shown first; `chosen_by` says why it is. `tau` is the error that polls
    share, None for opinions.
    """

    simulated: bool
    lacking: tuple[str, ...]
    at: date | None
    day: date | None
    first_poll: date | None
    last_poll: date | None
    question: str
    questions: Mapping[str, int]
    round: int | None
    rounds: Mapping[int, int]
    vote_day: date | None
    why_nothing: str
    chosen_by: str
    fields: tuple[Field, ...]
    panels: tuple[Panel, ...]
    tau: Tau | None
    not_used: tuple[NotUsed, ...]
    set_apart: tuple[SetApart, ...]
    cannot_say: tuple[str, ...] = CANNOT_SAY
