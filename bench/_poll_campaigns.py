"""Simulated campaigns: polls of a French first round whose true course of opinion is known, with a step or without.

What is drawn, and from what: the schedule like that of 2012 (some 120 polls in 100 days, denser towards the vote, nine
houses of unequal zeal, one of them with daily waves of three days of which two thirds are old); opinion as a walk of
the log shares, whose drift per square root of a day is a draw of its own for each candidate about the level that the
polls of 2002, 2007 and 2012 show; leans of the houses; interviews as multinomial draws, per day, of `sample / design`
persons; shares rounded to half a point (one house in three: to whole points).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vigie.measures.poll_figures import new_shares, rounding_step
from vigie.rules.poll_model_course import block_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.rules.poll_model_course import Block

SHARES: Final = (28.0, 26.0, 16.0, 12.5, 10.0, 2.5, 2.0, 1.5, 1.0, 0.5)
DAYS: Final = 100
ZEAL: Final = (0.2, 0.17, 0.14, 0.12, 0.11, 0.1, 0.08, 0.08)
FIRST_DAY: Final = date(2012, 1, 14)
WAVES_FROM: Final = 40  # the first day with a daily wave


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How opinion moves and how polls err."""

    drift: float = 0.02  # log share per square root of a day: the median of the candidates'
    drift_spread: float = 0.3  # of the candidates' drifts about it, on a log scale
    design: float = 0.7  # variance of a figure over that of a plain sample
    house_sd: float = 0.05  # log share
    polls: int = 90  # besides the daily waves
    waves: bool = True
    rogue: float = 0.0  # share of polls, waves apart, whose shares are off by 0.4 logs


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of `points` on the morning of `day`; the others give or take in proportion."""

    candidate: int
    day: int
    points: float


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll: days as numbers from the campaign's first, and the printed percents of all candidates."""

    house: int
    start: int
    end: int
    sample: int
    percent: NDArray[np.float64]


def campaign(seed: int, world: World, step: Step | None = None) -> list[Poll]:
    """Return the polls of one campaign in order of time; the same seed gives the same polls but for the step."""
    chance = np.random.default_rng(seed)
    drift = world.drift * np.exp(chance.normal(0, world.drift_spread, len(SHARES)))
    walk = np.cumsum(chance.normal(0, 1, (DAYS, len(SHARES))) * drift, axis=0)
    shares = np.exp(np.log(SHARES) + walk)
    shares /= shares.sum(axis=1, keepdims=True)
    if step is not None:
        after = shares[step.day :]
        moved = np.clip(after[:, step.candidate] + step.points / 100, 0.002, 0.9)
        others = (1 - moved) / (1 - after[:, step.candidate])
        after *= others[:, None]
        after[:, step.candidate] = moved
    lean = chance.normal(0, world.house_sd, (len(ZEAL) + 1, len(SHARES)))
    coarse = chance.random(len(ZEAL) + 1) < 1 / 3
    polls = [
        _asked(plan, chance, shares=shares, lean=lean, coarse=coarse, world=world) for plan in _schedule(chance, world)
    ]
    odd = np.random.default_rng([seed, 1])
    polls = [_off(odd, p) if p.house < len(ZEAL) and odd.random() < world.rogue else p for p in polls]
    return sorted(polls, key=lambda p: (p.end, p.house, p.start))


def _off(odd: np.random.Generator, poll: Poll) -> Poll:
    shares = np.maximum(poll.percent, 0.25) * np.exp(odd.normal(0, 0.4, poll.percent.size))
    return replace(poll, percent=np.round(200 * shares / shares.sum()) / 2)


def _schedule(chance: np.random.Generator, world: World) -> list[tuple[int, int, int, int]]:
    density = np.linspace(0.5, 1.5, DAYS)
    ends = np.sort(chance.choice(np.arange(2, DAYS), world.polls, p=density[2:] / density[2:].sum()))
    houses = chance.choice(len(ZEAL), world.polls, p=ZEAL)
    last: dict[int, int] = {}
    plans = []
    for end, house in zip(ends.tolist(), houses.tolist(), strict=True):
        start = max(end - int(chance.integers(0, 3)), last.get(house, -1) + 1)
        if start <= end:
            plans.append((house, start, end, int(chance.choice([850, 950, 1000, 1100, 1500]))))
            last[house] = end
    if world.waves:
        plans += [(len(ZEAL), end - 2, end, 900) for end in range(WAVES_FROM, DAYS)]
    return plans


def _asked(
    plan: tuple[int, int, int, int],
    chance: np.random.Generator,
    *,
    shares: NDArray[np.float64],
    lean: NDArray[np.float64],
    coarse: NDArray[np.bool_],
    world: World,
) -> Poll:
    house, start, end, sample = plan
    days = range(start, end + 1)
    answers = np.zeros(shares.shape[1])
    for day in days:
        leaning = shares[day] * np.exp(lean[house])
        # A wave is asked day by day: the seed of the day makes the interviews that two waves share the same.
        own = np.random.default_rng([int(shares[0, 0] * 1e12), day]) if house == len(ZEAL) else chance
        answers += own.multinomial(round(sample / world.design / len(days)), leaning / leaning.sum())
    exact = 100 * answers / answers.sum()
    unit = 1.0 if coarse[house] else 0.5
    return Poll(house, start, end, sample, np.round(exact / unit) * unit)


def figures(polls: list[Poll]) -> list[dict[str, Any]]:
    """Return the polls as rows of `poll_figures`, with what the model needs beside them."""
    rows: list[dict[str, Any]] = []
    for number, poll in enumerate(polls):
        for candidate, percent in enumerate(poll.percent.tolist()):
            rows.append(
                {
                    "row_id": f"{number:04}:{candidate:02}",
                    "time": FIRST_DAY + timedelta(days=poll.end),
                    "poll_id": f"p{number:04}",
                    "scenario": f"p{number:04}",
                    "stands": "used",
                    "candidate_id": f"candidate-{candidate}",
                    "question": "voting_intention",
                    "field": "",
                    "house": f"house-{poll.house}",
                    "fieldwork_start": FIRST_DAY + timedelta(days=poll.start),
                    "fieldwork_end": FIRST_DAY + timedelta(days=poll.end),
                    "day": poll.end,
                    "sampled": float(poll.sample),
                    "percent": percent,
                }
            )
    by_house: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_house.setdefault(row["house"], []).append(row)
    for own in by_house.values():
        unit = rounding_step([row["percent"] for row in own])
        for row, share in zip(own, new_shares(own), strict=True):
            row |= {"step": unit, "new_share": share, "used": share > 0}
    return rows


def modelled(polls: list[Poll]) -> tuple[Block, list[NDArray[np.float64]]]:
    """Return the block of the polls, and for each candidate the first day of interviews of each figure."""
    rows = figures(polls)
    block = block_of(rows)
    begun = [(row["fieldwork_start"] - FIRST_DAY).days for row in rows]
    return block, [np.array([float(begun[place]) for place in places]) for places in block.places]
