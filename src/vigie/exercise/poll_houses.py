"""Who asks in the exercise: invented houses with their leans, sizes and habits, and the polls that they make."""

# ruff: noqa: PLR2004 - a share or a size of a scene reads best where it is drawn
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise.draws import rng
from vigie.exercise.opinion import BEGINS, DAYS, DUELS, EVERYBODY, IDENTS, inherited, is_standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from vigie.exercise.opinion import Course, Plan

    Counts = NDArray[np.int64]

LAST_POLL: Final = date(2017, 4, 21)  # none may be published on the eve and the day of the vote
LEAN: Final = 0.05  # standard deviation of a house's lean, of the log share
DUEL_LEAN: Final = 0.03
WITH: Final = "avec Camille Exemple"
WITHOUT: Final = "sans Camille Exemple"
SMALL_DAY: Final = date(2017, 3, 14)
SMALL_SAMPLE: Final = 300
SMALL_ANSWERED: Final = 220
SMALL_SDS: Final = 1.8
_PART: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One pollster. `answered` persons answer a poll, of `sample` asked; it asks for `days` days, every `every` days.

    A `rolling` house asks every day from `begins` on, and publishes on weekdays what its last `days` days say. `step`
    is what it rounds to, in points; `is_bare`: known from a collection that has neither sponsor nor notice.
    """

    name: str
    publisher: str
    sample: int
    answered: int
    every: int
    mode: str = "internet"
    days: int = 2
    step: float = 0.5
    begins: date = BEGINS
    rolling: bool = False
    is_bare: bool = False


HOUSES: Final = (
    House(name="Institut fictif (simulé)", publisher="La Gazette simulée", sample=1_500, answered=1_010, every=6),
    House(name="Sondages Exemple (simulé)", publisher="Radio Exemple", sample=2_000, answered=1_380, every=9, days=3),
    House(
        name="Opinion imaginaire (simulé)",
        publisher="Le Courrier imaginaire",
        sample=960,
        answered=640,
        every=7,
        mode="telephone",
        days=3,
        step=1.0,
    ),
    House(name="Mesure factice (simulé)", publisher="Le Quotidien factice", sample=1_200, answered=850, every=8),
    House(name="Panel d'exercice (simulé)", publisher="Le Journal d'exercice", sample=1_000, answered=700, every=7),
    House(name="Cabinet de papier (simulé)", publisher="", sample=1_050, answered=730, every=8, is_bare=True),
    House(
        name="Atelier des leurres (simulé)",
        publisher="",
        sample=950,
        answered=660,
        every=10,
        days=3,
        step=1.0,
        is_bare=True,
    ),
    House(
        name="Baromètre d'essai (simulé)",
        publisher="L'Écho fictif",
        sample=1_400,
        answered=900,
        every=1,
        days=3,
        begins=date(2017, 3, 6),
        rolling=True,
    ),
    House(
        name="Suivi quotidien (simulé)",
        publisher="La Dépêche inventée",
        sample=1_600,
        answered=1_050,
        every=1,
        days=3,
        begins=date(2017, 3, 27),
        rolling=True,
    ),
)
# Who made the small sample, the first from `SMALL_DAY` on, and whose every third poll nobody else paid for.
SMALL_HOUSE: Final = HOUSES[4]
OWN_HOUSE: Final = HOUSES[3]
_OWN_EVERY: Final = 3


@dataclass(frozen=True, slots=True)
class Scenario:
    """What was put, to whom, and what they answered. `hypothesis` is empty where only one was put."""

    round: int
    hypothesis: str
    idents: tuple[str, ...]
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One poll. `certainty`: per cent of those who are certain of their choice; `is_own`: the house's, for nobody."""

    house: House
    start: date
    end: date
    published: date
    sample: int
    answered: int
    certainty: int
    scenarios: tuple[Scenario, ...]
    is_small: bool = False
    is_own: bool = False


def polls(course: Course, planned: Plan, *, seed: int) -> list[Poll]:
    """Return all polls by the day of publication."""
    leans = rng(seed, _PART, 3).normal(0, LEAN, (len(HOUSES), len(EVERYBODY)))
    leans -= leans.mean(axis=0)
    made = [
        poll
        for number, house in enumerate(HOUSES)
        for poll in _of_house(
            house,
            leans[number],
            course,
            planned,
            habits=rng(seed, _PART, 4, number),
            answers=rng(seed, _PART, 5, number),
        )
    ]
    return sorted(made, key=lambda p: (p.published, p.end, p.house.name))


def _of_house(
    house: House,
    lean: NDArray[np.float64],
    course: Course,
    planned: Plan,
    *,
    habits: np.random.Generator,
    answers: np.random.Generator,
) -> Iterator[Poll]:
    # Each has draws of its own, so that a shift moves no day and no size of a poll, nor any answer before it.
    by_first, by_second, draw = answers.spawn(3)
    leaning = course.shares * np.exp(lean)
    leaning /= leaning.sum(axis=1, keepdims=True)
    odds = np.exp(habits.normal(0, DUEL_LEAN, (len(DUELS), 1))) * course.duels / (1 - course.duels)
    a_day = house.answered // house.days
    # What somebody answered on one day stands in every wave that this day is in.
    first = np.array([by_first.multinomial(a_day, leaning[day]) for day in range(DAYS)])
    second = by_second.binomial(a_day, odds / (1 + odds))
    small = house is SMALL_HOUSE
    for number, (start, end) in enumerate(_fieldwork(house, habits), start=1):
        days = slice((start - BEGINS).days, (end - BEGINS).days + 1)
        everybody = first[days].sum(axis=0)
        is_small = small and start >= SMALL_DAY
        if is_small:
            small = False
            everybody = _small(draw, leaning[days].mean(axis=0), EVERYBODY.index(planned.unlucky))
        answered = int(everybody.sum())
        put = [Scenario(1, "", IDENTS, inherited(draw, everybody))]
        if is_standing(end):
            put = [Scenario(1, WITH, EVERYBODY, everybody), Scenario(1, WITHOUT, IDENTS, put[0].counts)]
            put = put[: 1 + int(habits.random() < 0.4)]
        if house.rolling or (habits.random() < 0.5 and not is_small):
            for (pair, _), for_one in zip(DUELS, second[:, days].sum(axis=1).tolist(), strict=True):
                name = f"{pair[0]} - {pair[1]}"
                put.append(Scenario(2, name, pair, np.array([for_one, answered - for_one])))
        yield Poll(
            house=house,
            start=start,
            end=end,
            published=min(LAST_POLL, end + timedelta(days=int(habits.integers(0, 3)))),
            sample=SMALL_SAMPLE if is_small else house.sample + int(habits.integers(-40, 41)),
            answered=answered,
            certainty=int(habits.integers(58, 78)),
            scenarios=tuple(put),
            is_small=is_small,
            is_own=house is OWN_HOUSE and number % _OWN_EVERY == 0,
        )


def _fieldwork(house: House, draw: np.random.Generator) -> Iterator[tuple[date, date]]:
    """Yield the first and last days of a house's polls, none of which overlap but those of a rolling house."""
    span = timedelta(days=house.days - 1)
    if house.rolling:
        for end in _days(house.begins + span):
            if end.weekday() < 5:
                yield end - span, end
        return
    start = house.begins + timedelta(days=int(draw.integers(house.every)))
    while start + span <= LAST_POLL - timedelta(days=1):
        yield start, start + span
        start += timedelta(days=max(house.days, house.every + int(draw.integers(-2, 3))))


def _days(day: date) -> Iterator[date]:
    while day < LAST_POLL:
        yield day
        day += timedelta(days=1)


def _small(draw: np.random.Generator, shares: NDArray[np.float64], unlucky: int) -> Counts:
    """Return the answers of few persons, in which one figure is off by as much as happens to one in fourteen."""
    share = shares[unlucky]
    off = SMALL_SDS * np.sqrt(share * (1 - share) / SMALL_ANSWERED) * draw.choice([-1, 1])
    count = int(np.clip(round(SMALL_ANSWERED * (share + off)), 0, SMALL_ANSWERED))
    others = shares.copy()
    others[unlucky] = 0
    made = draw.multinomial(SMALL_ANSWERED - count, others / others.sum())
    made[unlucky] = count
    return made


def percents(scenario: Scenario, step: float) -> Sequence[float]:
    """Return the published figures: shares of those who answered, rounded.

    >>> percents(Scenario(2, "", ("a", "b"), np.array([333, 667])), 0.5)
    [33.5, 66.5]
    """
    exact = 100 * scenario.counts / scenario.counts.sum()
    figures: list[float] = (np.round(exact / step) * step).tolist()
    return figures
