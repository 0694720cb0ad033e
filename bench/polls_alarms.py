"""Shifts in simulated campaigns: how often one is reported where none was, how often a step is found, and how soon.

usage: python -m bench.polls_alarms [--campaigns 200] [--steps 200] [--worlds still,slow,usual] [--seed 0] [--workers 1]
       python -m bench.polls_alarms --years 2002 2007 2012

Each campaign is polled (`bench._poll_campaigns`), its figures are fitted anew from nothing, and searched as
`poll_shifts` does. A step is of 3, 5 or 8 points, up or down, of one of the five candidates who stand at 10 to 28 %, on
a day between the 15th and the 89th of 100; it is found if an alarm in its direction becomes known within ten days.
Beside it two naive rules: a house's figure that differs from its previous one by more than 95 % of sampling allows; and
PELT (`ruptures`, if installed: not needed otherwise) with a penalty of 2 log n variances, on the mean of each day.

Worlds: `still`: opinion does not move. `slow`, `usual`, `fast`: it drifts by 0.010, 0.015 and 0.020 log shares per
square root of a day (0.2, 0.3 and 0.4 points at 25 %); in the polls of 2002 to 2012 the main candidates' drift, real
shifts included, was 0.015 to 0.03. `scattered`: as `usual`, but polls err more than plain samples (design 1.2).
`rogue`: as `usual`, but three polls in a hundred are wrong by a third or a half in every figure.

With `--years` the polls of those first rounds, beside the checkout, are searched instead: what is reported there, and
the power that their schedule had. By families up to 2012, so a step of a family may be a candidate's entry.
"""

from __future__ import annotations

import argparse
import json
import math
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import expit

from bench._poll_campaigns import SHARES, Poll, Step, World, campaign, modelled
from bench._polls import election
from vigie.measures import measured
from vigie.measures.poll_shifts import MEASURE
from vigie.rules.poll_shifts import Rule, power, shifts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

OUT: Final = Path(__file__).parent / "out"
WORLDS: Final = {
    "still": World(drift=0.0),
    "slow": World(drift=0.01),
    "usual": World(drift=0.015),
    "fast": World(drift=0.02),
    "scattered": World(drift=0.015, design=1.2),
    "rogue": World(drift=0.015, rogue=0.03),
}
POINTS: Final = (3.0, 5.0, 8.0)
WITHIN_DAYS: Final = 10
DATE_DAYS: Final = 3
MAIN: Final = 5
_Z95: Final = 1.959963984540054


def wilson(hits: int, of: int) -> str:
    """Return a share with its 95 % Wilson interval, in percent."""
    if not of:
        return "no cases"
    p, z2 = hits / of, _Z95**2
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z95 / (1 + z2 / of) * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    return f"{100 * p:5.1f} % ({100 * (middle - half):.1f}-{100 * (middle + half):.1f} of {of})"


def same_house(polls: Sequence[Poll], candidate: int) -> bool:
    """Say whether any house's figure differs from its last by more than 95 % of sampling allows."""
    last: dict[int, Poll] = {}
    for poll in polls:
        if before := last.get(poll.house):
            p, q = poll.percent[candidate], before.percent[candidate]
            error = math.sqrt(p * (100 - p) / poll.sample + q * (100 - q) / before.sample)
            if abs(p - q) > _Z95 * error:
                return True
        last[poll.house] = poll
    return False


def pelt(polls: Sequence[Poll], candidate: int) -> bool:
    """Say whether PELT finds a change of the mean in the candidate's daily means."""
    days = sorted({poll.end for poll in polls})
    means = np.array([np.mean([p.percent[candidate] for p in polls if p.end == day]) for day in days])
    noise = float(np.median(np.abs(np.diff(means)))) / 0.954 or 1.0
    found = import_module("ruptures").Pelt(model="l2", min_size=2, jump=1).fit(means)
    return len(found.predict(pen=2 * math.log(means.size) * noise**2)) > 1


def quiet(seed: int, world: World) -> dict[str, Any]:
    """Return which candidates of a campaign without a step raise an alarm, by each rule, and the power it states."""
    polls = campaign(seed, world)
    found = shifts(*modelled(polls), Rule())
    rules: dict[str, Callable[[Sequence[Poll], int], bool]] = {"same house": same_house}
    if find_spec("ruptures"):
        rules["PELT"] = pelt
    raised = {name: [rule(polls, c) for c in range(len(SHARES))] for name, rule in rules.items()}
    stated = [power(found.candidates, found.threshold, points, Rule(), trials=100) for points in POINTS]
    return {"vigie": [bool(alarms) for alarms in found.alarms], **raised, "stated": stated}


def moved(seed: int, world: World, points: float) -> dict[str, Any]:
    """Return what is found of a step: soon enough, its day's error, whether the interval holds its size."""
    chance = np.random.default_rng([seed, 77])
    candidate, day = int(chance.integers(MAIN)), int(chance.integers(15, 90))
    signed = points if SHARES[candidate] - points < 1 or chance.random() < 1 / 2 else -points
    found = shifts(*modelled(campaign(seed, world, Step(candidate=candidate, day=day, points=signed))), Rule())
    end = found.candidates[candidate].figures.end
    for alarm in found.alarms[candidate]:
        if day <= end[alarm.known] < day + WITHIN_DAYS and alarm.size * signed > 0:
            sides = (100 * (expit(alarm.level + alarm.size + z * alarm.sd) - expit(alarm.level)) for z in (-_Z95, _Z95))
            low, high = sides
            return {
                "wait": float(end[alarm.known] - day),
                "off": abs(alarm.day - day),
                "held": bool(low <= signed <= high),
            }
    return {}


def report(
    name: str, world: World, args: argparse.Namespace, run: Callable[..., Iterable[dict[str, Any]]]
) -> dict[str, Any]:
    """Print one world's table; return its figures."""
    seeds = range(args.seed, args.seed + args.campaigns)
    calm = list(run(partial(quiet, world=world), seeds))
    print(f"\n{name}: drift {world.drift:.3f}, design {world.design}")
    out: dict[str, Any] = {}
    for rule in [r for r in ("vigie", "same house", "PELT") if r in calm[0]]:
        hits = [sum(c[rule]) for c in calm]
        out[rule] = {"campaigns": sum(map(bool, hits)), "candidates": sum(hits)}
        print(f"  {rule:11} alarms in campaigns {wilson(sum(map(bool, hits)), len(calm))}, "
              f"in candidate-campaigns {wilson(sum(hits), len(calm) * len(SHARES))}")  # fmt: skip
    stated = np.nanmean([c["stated"] for c in calm], axis=0)
    for points, promised in zip(POINTS, stated, strict=True):
        seen = list(run(partial(moved, world=world, points=points), range(args.seed, args.seed + args.steps)))
        hits = [s for s in seen if s]
        near, held = sum(s["off"] <= DATE_DAYS for s in hits), sum(s["held"] for s in hits)
        wait = float(np.median([s["wait"] for s in hits])) if hits else math.nan
        out[f"{points:.0f}"] = {"found": len(hits), "near": near, "held": held, "wait": wait, "stated": float(promised)}
        print(f"  {points:.0f} points found {wilson(len(hits), len(seen))}, stated {100 * promised:.0f} %; median wait "
              f"{wait:.0f} days; day within {DATE_DAYS} {wilson(near, len(hits))}; "
              f"interval holds {wilson(held, len(hits))}")  # fmt: skip
    return out


def real(year: int) -> None:
    """Print what is reported in a real first round."""
    held = election(year)
    found = measured(MEASURE, {"polls": held.polls} | held.case).to_pylist()
    for block in sorted({row["block"] for row in found}):
        rows = [row for row in found if row["block"] == block]
        powers = ", ".join(
            f"{p:.0f} points {100 * rows[0][f'power_{p:.0f}']:.0f} %" for p in POINTS if rows[0][f"power_{p:.0f}"]
        )
        print(f"\n{year}: threshold {rows[0]['threshold']:.2f}; power: {powers or 'none'}")
        for row in (r for r in rows if r["day"]):
            print(f"  {row['name']:24} {row['direction']} of {abs(row['points']):4.1f} ({row['low']:.1f} to "
                  f"{row['high']:.1f}) about {row['day']}, known {row['found']} from {row['figures']} figures of "
                  f"{row['houses']} houses, p {row['p_value']:.4f}")  # fmt: skip


def main() -> None:
    """Run the worlds that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=200)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--worlds", default="still,slow,usual")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--years", type=int, nargs="*", default=())
    args = parser.parse_args()
    for year in args.years:
        real(year)
    if args.years:
        return
    with ProcessPoolExecutor(args.workers) as pool:
        results = {n: report(n, WORLDS[n], args, partial(pool.map, chunksize=8)) for n in args.worlds.split(",")}
    OUT.mkdir(exist_ok=True)
    given = {"campaigns": args.campaigns, "steps": args.steps, "seed": args.seed, "worlds": results}
    (OUT / "polls_alarms.json").write_text(json.dumps(given, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
