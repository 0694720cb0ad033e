"""CPU time of the whole model of polls beside statsmodels' local level, on a simulated campaign of ten candidates.

usage: python -m bench.polls_speed [--polls 150] [--candidates 10]

Ours: settings weighed, every figure forecast, filter and smoother of every figure and day, house effects. Theirs: one
local level per candidate, its two variances by maximum likelihood, filter and smoother; no houses, no sample sizes.
Both in one process, after a first run of each that compiles and imports.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from statsmodels.tsa.statespace.structural import UnobservedComponents

from bench._measure import OUT
from vigie.rules.poll_model import weighed
from vigie.rules.poll_model_course import VOTING, block_of
from vigie.rules.poll_model_levels import levels, with_days

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Row = dict[str, Any]

HOUSES = 8
CAMPAIGN_DAYS = 120


def simulated(polls: int, candidates: int) -> list[Row]:
    """Return the rows of a quiet campaign: levels that walk, house effects, samples of 1,000, half points."""
    draw = np.random.default_rng(1)
    days = np.sort(draw.integers(0, CAMPAIGN_DAYS, polls))
    house = draw.integers(0, HOUSES, polls)
    start = np.log(draw.dirichlet(np.full(candidates, 3.0)))
    walks = start + np.cumsum(draw.normal(0, 0.015, (CAMPAIGN_DAYS, candidates)), axis=0)
    lean = draw.normal(0, 0.06, (HOUSES, candidates))
    made = []
    for n in range(polls):
        odds = np.exp(walks[days[n]] + lean[house[n]])
        counted = draw.multinomial(1_000, odds / odds.sum()) / 10
        made += [
            {
                "candidate_id": f"c{c}",
                "scenario": f"s{n:04}",
                "time": datetime(2017, 1, 1, 12, tzinfo=UTC) + timedelta(days=int(days[n])),
                "row_id": f"r:{n * candidates + c:06}",
                "day": int(days[n]),
                "house": f"h{house[n]}",
                "field": "",
                "percent": max(0.5, round(2 * counted[c]) / 2),
                "step": 0.5,
                "new_share": 1.0,
                "sampled": 1_000.0,
                "question": VOTING,
                "used": True,
            }
            for c in range(candidates)
        ]
    return made


def ours(rows: Sequence[Row]) -> None:
    """Fit, and follow every figure and every day."""
    block = block_of(rows)
    fit, _ = weighed(block)
    for at, course in enumerate(fit.courses):
        days = np.arange(course.day[0], course.day[-1] + 1)
        longer, moved, _ = with_days(course, days.tolist(), [-1] * days.size)
        levels(fit, at, longer, np.searchsorted(block.days, longer.day, side="right"), moved)


def theirs(rows: Sequence[Row]) -> None:
    """Fit a local level to each candidate's daily mean logit, missing where no poll ended."""
    for candidate in sorted({row["candidate_id"] for row in rows}):
        series = np.full(CAMPAIGN_DAYS, np.nan)
        mine = [row for row in rows if row["candidate_id"] == candidate]
        for day in {row["day"] for row in mine}:
            seen = np.array([row["percent"] for row in mine if row["day"] == day]) / 100
            series[day] = float(np.log(seen / (1 - seen)).mean())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of starting values and convergence: its result is not used
            UnobservedComponents(series, "llevel").fit(disp=False).smoothed_state  # noqa: B018


def cpu(task: Callable[[Sequence[Row]], None], rows: Sequence[Row]) -> float:
    """Return the least CPU seconds of three runs, after one that is not counted."""
    task(rows)
    took = []
    for _ in range(3):
        start = time.process_time()
        task(rows)
        took.append(time.process_time() - start)
    return min(took)


def main() -> None:
    """Print both times and their ratio; write `out/polls_speed.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--polls", type=int, default=150)
    parser.add_argument("--candidates", type=int, default=10)
    chosen = parser.parse_args()
    rows = simulated(chosen.polls, chosen.candidates)
    took = {"vigie": round(cpu(ours, rows), 3), "statsmodels": round(cpu(theirs, rows), 3)}
    for name, seconds in took.items():
        print(f"{name:12} {seconds:.3f} CPU seconds, vigie x {seconds / took['vigie']:.1f}")
    OUT.mkdir(exist_ok=True)
    (OUT / "polls_speed.json").write_text(json.dumps(took, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
