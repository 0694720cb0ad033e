"""What opinion does in the exercise, day by day, and what of it depends on the seed: `Plan` and `Course`.

Opinion is a walk of the log shares around invented levels. One candidate climbs by a few points in forty days, one
withdraws, and one is moved at once, by `SHIFT_POINTS`: the shift that is to be found. Nothing of it ever happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise.draws import choose, rng
from vigie.exercise.world import CANDIDATES, FIRST_ROUND, WITHDRAWN, WITHDREW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BEGINS: Final = date(2017, 2, 6)
DAYS: Final = (FIRST_ROUND - BEGINS).days
IDENTS: Final = tuple(ident for ident, *_ in CANDIDATES)
EVERYBODY: Final = (*IDENTS, WITHDRAWN[0])
# Invented levels in per cent, in the order of EVERYBODY.
LEVELS: Final = (4.0, 22.0, 22.0, 10.0, 1.0, 1.5, 0.5, 1.0, 14.0, 1.0, 18.0, 5.0)
DRIFT: Final = 0.015  # of a log share, per square root of a day
# Whom those choose whose candidate withdraws.
HEIRS: Final = {"hamon": 0.6, "melenchon": 0.25, "macron": 0.15}
HEIR: Final = "hamon"
CLIMBER: Final = "melenchon"
CLIMB_POINTS: Final = 4.0
CLIMB: Final = (date(2017, 3, 1), date(2017, 4, 10))
SHIFT_POINTS: Final = 8.0
SHIFTED: Final = ("le-pen", "macron", "fillon")
SHIFT_FIRST: Final = date(2017, 3, 28)
SHIFT_DAYS: Final = 14
# Second rounds: who against whom, and the first one's share.
DUELS: Final = ((("macron", "le-pen"), 0.62), (("fillon", "le-pen"), 0.57))
DUEL_DRIFT: Final = 0.012

_PART: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the seed decides of what is planted. `points` is signed, and 0 in a campaign without a shift.

    `favourite` is whom the state outlet's count puts first, `unlucky` whose figure a small sample has too high or low.
    """

    shifted: str
    day: date
    points: float
    favourite: str
    unlucky: str


def plan(seed: int, *, shift: bool = True) -> Plan:
    """Return what is planted; without `shift` all is the same but that nobody's share jumps."""
    draw = rng(seed, _PART, 1)
    shifted = choose(draw, SHIFTED)
    others = [ident for ident in SHIFTED if ident != shifted]
    favourite = others.pop(int(draw.integers(len(others))))
    points = SHIFT_POINTS * float(draw.choice([-1, 1]))
    day = SHIFT_FIRST + timedelta(days=int(draw.integers(SHIFT_DAYS)))
    return Plan(shifted=shifted, day=day, points=points if shift else 0.0, favourite=favourite, unlucky=others[0])


class Course:
    """Shares by day from `BEGINS`, float64[DAYS, EVERYBODY], and the first one's in each duel, float64[DUELS, DAYS]."""

    def __init__(self, planned: Plan, draw: np.random.Generator) -> None:
        walk = np.cumsum(draw.normal(0, DRIFT, (DAYS, len(EVERYBODY))), axis=0)
        shares = np.array(LEVELS) * np.exp(walk)
        shares /= shares.sum(axis=1, keepdims=True)
        days = np.arange(DAYS)
        begins, ends = ((day - BEGINS).days for day in CLIMB)
        climbed = np.clip((days - begins) / (ends - begins), 0.0, 1.0)
        self.shares = _moved(shares, CLIMBER, np.asarray(CLIMB_POINTS / 100 * climbed, np.float64))
        jump = planned.points / 100 * (days >= (planned.day - BEGINS).days)
        self.shares = _moved(self.shares, planned.shifted, np.asarray(jump, np.float64))
        levels = np.array([np.log(share / (1 - share)) for _, share in DUELS])
        drifts = np.cumsum(draw.normal(0, DUEL_DRIFT, (len(DUELS), DAYS)), axis=1)
        self.duels = 1 / (1 + np.exp(-levels[:, None] - drifts))


def inherited(draw: np.random.Generator, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return answers when the one who withdraws is not among those put, int64[IDENTS], of the same persons' counts."""
    left: NDArray[np.int64] = counts[:-1].copy()
    left[[IDENTS.index(ident) for ident in HEIRS]] += draw.multinomial(counts[-1], list(HEIRS.values()))
    return left


def is_standing(day: date) -> bool:
    """Tell whether the candidate who withdraws still stands on a day."""
    return day < WITHDREW


def _moved(shares: Floats, ident: str, by: Floats) -> Floats:
    """Move one's share day by day; the others give or take in proportion."""
    place = EVERYBODY.index(ident)
    share = np.clip(shares[:, place] + by, 0.005, 0.9)
    made = shares * ((1 - share) / (1 - shares[:, place]))[:, None]
    made[:, place] = share
    return np.asarray(made)
