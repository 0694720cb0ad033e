"""The polls of the exercise over many seeds: the planted shift and its date, the planted count, and false alarms.

usage: python -m bench.exercise_polls [--seeds N] [--first N] [--only shift|quiet]

Each seed gives two campaigns, which differ in one thing: in the one a candidate's share moves by 8 points on one
morning. Of the polls alone, as `vigie exercise` writes them, a case is made, added and run. Counted is

- with the shift: whether an alarm of `poll_shifts` names the candidate, the direction and a day at most `DAYS_OFF` from
  the planted one, and after how many days it was known; whether `poll_shift` found it by `vigie score`;
- without: how many campaigns, and how many blocks of one question and round, raise any alarm of voting intentions,
  and of which candidates: one climbs slowly, one inherits, the others merely drift;
- of both: the state outlet's counts that `poll_provenance` found, and findings that no planted or real thing explains.

Intervals are Wilson's. The bars: the shift dated in 90 % of seeds, every count found, and a share of quiet campaigns
with an alarm in the first round whose interval does not lie above the stated rate.
"""

from __future__ import annotations

import argparse
import collections
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench._exercise import add_written, measured_in
from bench._measure import OUT

if TYPE_CHECKING:
    from collections.abc import Sequence

SEEDS: Final = 200
DAYS_OFF: Final = 3
DATED_MIN: Final = 0.9
RATE: Final = 0.05
PUBLICATIONS: Final = 3
KINDS: Final = ("shift", "quiet")
DETECTORS: Final = ("poll_shift", "poll_outlier", "poll_herding", "poll_provenance")


@dataclass(slots=True)
class Campaign:
    """What one campaign gave. `days_off` and `days_late`: of the alarm nearest to the planted day, if there is one.

    alarms: (round, candidate, points) of alarms in voting intentions; blocks: how many could raise one, loud: did.
    """

    seed: int
    days_off: int | None
    days_late: int | None
    alarms: list[tuple[int, str, float]]
    blocks: int
    loud: int
    counts: int
    states: dict[str, str]
    false: dict[str, int]
    polls: int
    titles: list[str] = field(default_factory=list)


def one(folder: Path, seed: int, *, shift: bool) -> Campaign:
    """Write, add, run and compare one campaign in `folder`."""
    from vigie.exercise import polls
    from vigie.exercise.opinion import plan
    from vigie.measures import named
    from vigie.run.analyse import analyse
    from vigie.run.drill import score

    add_written(folder, partial(polls.write, seed=seed, shift=shift))
    findings = analyse(folder).findings.select(["id", "detector", "title"]).to_pylist()
    scored = score(folder)
    measured, _ = measured_in(folder)
    steps = measured.table(named("poll_shifts"), {}).to_pylist()
    voting = [r for r in steps if r["question"] == "voting_intention"]
    alarms = [r for r in voting if r["day"] is not None]
    planned = plan(seed, shift=shift)
    own = [
        r
        for r in alarms
        if (r["candidate_id"], r["round"]) == (planned.shifted, 1) and r["points"] * planned.points > 0
    ]
    nearest = min(own, key=lambda r: abs((r["day"] - planned.day).days), default=None)
    false = [f for f in findings if f["id"] in scored.overall.false]
    return Campaign(
        seed=seed,
        days_off=(nearest["day"] - planned.day).days if nearest else None,
        days_late=(nearest["found"] - planned.day).days if nearest else None,
        alarms=sorted((r["round"], r["candidate_id"], round(r["points"], 1)) for r in alarms),
        blocks=len({r["block"] for r in voting}),
        loud=len({r["block"] for r in alarms}),
        counts=sum(f["detector"] == "poll_provenance" and f["id"] not in scored.overall.false for f in findings),
        states={o.operation_id: o.state for o in scored.operations},
        false=dict(collections.Counter(f["detector"] for f in false)),
        polls=len(set(measured.table(named("poll_facts"), {})["scenario"].to_pylist())),
        titles=[f"{f['detector']}: {f['title']}" for f in false],
    )


def line(campaign: Campaign) -> str:
    """Return one campaign in a line."""
    missed = [o for o, state in campaign.states.items() if state in ("missed", "raised")]
    said = [f"off {campaign.days_off} d, known after {campaign.days_late} d" if campaign.days_off is not None else ""]
    said += [f"alarms {campaign.alarms}" if campaign.alarms else "", *missed, *campaign.titles]
    return "; ".join(filter(None, said)) or "nothing"


def summary(made: dict[str, list[Campaign]]) -> dict[str, Any]:
    """Return the figures over all campaigns, with the bars that are missed in words."""
    report: dict[str, Any] = {}
    missed: list[str] = []
    for kind, campaigns in made.items():
        if not campaigns:
            continue
        n = len(campaigns)
        counted = sum(c.states["polls-planted-count"] == "found" for c in campaigns)
        fall = sum(c.states["polls-fillon-fall"] == "found" for c in campaigns)
        report[kind] = {"campaigns": n, **(of_shift if kind == "shift" else of_quiet)(campaigns, missed)}
        report[kind] |= {
            "count of the state outlet found": shown(counted, n),
            "its publications found": shown(sum(c.counts for c in campaigns), PUBLICATIONS * n),
            "real fall of a favourability found": shown(fall, n),
            "look-alikes raised": raised(campaigns),
            "findings without reason": {d: sum(c.false.get(d, 0) for c in campaigns) for d in DETECTORS},
            "campaigns with one": {d: shown(sum(d in c.false for c in campaigns), n) for d in DETECTORS},
            "scenarios": sum(c.polls for c in campaigns),
        }
        if counted < n:
            missed.append(f"the count of the state outlet was found in {counted} of {n} {kind} campaigns")
    return report | {"bars missed": missed}


def of_shift(campaigns: Sequence[Campaign], missed: list[str]) -> dict[str, Any]:
    """Return how the planted shift was found; add the bar to `missed` where it is."""
    n = len(campaigns)
    off = [c.days_off for c in campaigns if c.days_off is not None]
    late = [c.days_late for c in campaigns if c.days_late is not None]
    dated = sum(abs(d) <= DAYS_OFF for d in off)
    if dated < DATED_MIN * n:
        missed.append(f"the shift was dated within {DAYS_OFF} days in {dated} of {n} seeds")
    return {
        "shift named": shown(len(off), n),
        f"dated within {DAYS_OFF} days": shown(dated, n),
        "days off, median of sizes": statistics.median(map(abs, off)) if off else None,
        "days until known, median": statistics.median(late) if late else None,
        "found by vigie score": shown(sum(c.states["polls-planted-shift"] == "found" for c in campaigns), n),
    }


def of_quiet(campaigns: Sequence[Campaign], missed: list[str]) -> dict[str, Any]:
    """Return how often an alarm was raised without a shift; add the bar to `missed` where it is."""
    n = len(campaigns)
    first = sum(any(a[0] == 1 for a in c.alarms) for c in campaigns)
    if rate_of(first, n)[1] > RATE:
        missed.append(f"{first / n:.1%} of quiet campaigns raise an alarm in the first round")
    return {
        "campaigns with an alarm": shown(sum(bool(c.alarms) for c in campaigns), n),
        "in the first round": shown(first, n),
        "blocks with an alarm": shown(sum(c.loud for c in campaigns), sum(c.blocks for c in campaigns)),
        "alarms by candidate": dict(collections.Counter(who for c in campaigns for _, who, _ in c.alarms)),
    }


def raised(campaigns: Sequence[Campaign]) -> dict[str, int]:
    """Return in how many campaigns each look-alike was raised."""
    return dict(sorted(collections.Counter(o for c in campaigns for o, s in c.states.items() if s == "raised").items()))


def rate_of(hits: int, of: int) -> tuple[float, float, float]:
    """Return a share with Wilson's interval."""
    from vigie.exercise.score import rate

    found = rate(hits, of)
    return found.share or 0.0, found.low or 0.0, found.high or 0.0


def shown(hits: int, of: int) -> str:
    """Return a count with its share and interval.

    >>> shown(9, 10)
    '9 of 10 (90.0 %, 59.6 to 98.2 %)'
    """
    share, low, high = rate_of(hits, of)
    return f"{hits} of {of} ({100 * share:.1f} %, {100 * low:.1f} to {100 * high:.1f} %)"


def main() -> int:
    """Run the seeds and print what they gave; exit 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=101)
    parser.add_argument("--only", choices=KINDS)
    given = parser.parse_args()
    made: dict[str, list[Campaign]] = {kind: [] for kind in KINDS}
    for seed in range(given.first, given.first + given.seeds):
        for kind in [given.only] if given.only else KINDS:
            with tempfile.TemporaryDirectory() as folder:
                made[kind].append(one(Path(folder), seed, shift=kind == "shift"))
            print(f"seed {seed}, {kind}: {line(made[kind][-1])}", flush=True)
    report = {"first": given.first, "seeds": given.seeds, **summary(made)}
    print(json.dumps(report, indent=1))
    OUT.mkdir(exist_ok=True)
    (OUT / "exercise_polls.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print("\n".join(report["bars missed"]) or "no bar is missed")
    return bool(report["bars missed"])


if __name__ == "__main__":
    sys.exit(main())
