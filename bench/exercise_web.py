"""The web part of the exercise over many seeds: what is found, counted, and said about origin and aim.

usage: python -m bench.exercise_web [--seeds N] [--first N] [--scale X]

For each seed it writes the web logs of an exercise, adds and runs them, and compares with the truth. The interval of an
origin's share is that of `cluster_share`, as detector and claim use it, over the sources of attack requests judged
aimed on the days of the planted campaign; the truth is the probability with which each address was drawn from the
country. A session of the background is one whose attack requests are mostly background by the truth. The bar of the
intervals is missed where 95 % lies above Wilson's interval of the share of seeds: a few seeds cannot tell 90 from 95 %.
"""

from __future__ import annotations

import collections
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bench._exercise import add_part, measured_in, over_seeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vigie.exercise.score import Score
    from vigie.exercise.truth import Operation, TruthRows

SEEDS: Final = 20
SCALE: Final = 0.1
CAMPAIGN: Final = "web-attack"
ORIGIN: Final = "web-attack-origin"
UNITS: Final = ("requests", "sessions", "sources")
DEVIATION_MAX: Final = 0.02
HELD_MIN: Final = 0.95


@dataclass(slots=True)
class Seed:
    """What one seed gave: states of planted operations, daily deviations, shares by database and unit, aims."""

    states: dict[str, str]
    deviations: dict[str, float]
    raised: list[str]
    false: list[str]
    background_aimed: tuple[int, int]
    shares: dict[str, dict[str, tuple[float, float, float]]] = field(default_factory=dict)
    aims: dict[str, dict[str, int]] = field(default_factory=dict)


def one(folder: Path, scale: float, seed: int) -> Seed:
    """Write, add, run and compare one seed in `folder`."""
    from vigie.exercise import requests_log
    from vigie.exercise.truth import read_truth
    from vigie.measures import named
    from vigie.run.analyse import analyse
    from vigie.run.drill import score

    add_part(folder, requests_log, scale, seed)
    findings = analyse(folder).findings
    scored = score(folder)
    result = _scored(scored, findings.select(["id", "title"]).to_pylist())
    operations, rows = read_truth(folder)
    measured, manifest = measured_in(folder)
    names = {source.id: Path(source.name).name for source in manifest.sources}
    planted = {f"{s}:{r}" for s, file in names.items() for r in rows[CAMPAIGN].get(file, np.empty(0)).tolist()}
    noise = {f"{s}:{r}" for s, file in names.items() for r in _background(operations, rows, file)}
    attacks = measured.table(named("http_attacks"), {}).to_pylist()
    result.aims = {"campaign": sessions_by_aim(attacks, planted), "background": sessions_by_aim(attacks, noise)}
    (origin,) = (o for o in operations if o.operation_id == ORIGIN)
    days = {row["day"] for row in attacks if not planted.isdisjoint(row["evidence_ids"])}
    aimed = [
        row
        for row in measured.table(named("http_origins"), {}).to_pylist()
        if row["session_id"] is not None and row["aim"] == "aimed" and row["day"] in days
    ]
    result.shares = shares_of(aimed, origin.subjects[0])
    return result


def _scored(scored: Score, findings: Iterable[dict[str, Any]]) -> Seed:
    deviations: dict[str, float] = {}
    for day in scored.counts.days:
        if abs(day.deviation) >= abs(deviations.get(day.operation_id, 0.0)):
            deviations[day.operation_id] = day.deviation
    return Seed(
        states={o.operation_id: o.state for o in scored.operations if o.kind == "planted"},
        deviations=deviations,
        raised=[o.operation_id for o in scored.operations if o.state == "raised"],
        false=[f"{f['id']} {f['title']}" for f in findings if f["id"] in scored.overall.false],
        background_aimed=(scored.counts.background_aimed, scored.counts.background),
    )


def _background(operations: Sequence[Operation], rows: TruthRows, file: str) -> list[int]:
    return [
        r for o in operations if o.aim == "background" for r in rows[o.operation_id].get(file, np.empty(0)).tolist()
    ]


def sessions_by_aim(attacks: Iterable[dict[str, Any]], among: set[str]) -> dict[str, int]:
    """Count sessions by aim whose attack requests are mostly `among` the rows."""
    held: collections.Counter[str] = collections.Counter()
    total: collections.Counter[str] = collections.Counter()
    aim = {}
    for row in attacks:
        held[row["session_id"]] += len(among.intersection(row["evidence_ids"]))
        total[row["session_id"]] += len(row["evidence_ids"])
        aim[row["session_id"]] = row["aim"]
    return dict(sorted(collections.Counter(aim[s] for s in held if 2 * held[s] > total[s]).items()))


def shares_of(rows: Iterable[dict[str, Any]], country: str) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Return (share, low, high) of `country` by database and unit; sources are addresses."""
    from vigie.kernels.cluster_share import cluster_share

    requests: dict[str, collections.Counter[str]] = {}
    sessions: dict[str, dict[str, set[str]]] = {}
    where: dict[tuple[str, str], bool] = {}
    for row in rows:
        database, address = row["database"], row["address"]
        requests.setdefault(database, collections.Counter())[address] += row["requests"]
        sessions.setdefault(database, {}).setdefault(address, set()).add(row["session_id"])
        where[database, address] = row["country"] == country
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for database, sent in sorted(requests.items()):
        sources = sorted(sent)
        inside = np.array([where[database, a] for a in sources])
        weights = {
            "requests": [sent[a] for a in sources],
            "sessions": [len(sessions[database][a]) for a in sources],
            "sources": [1] * len(sources),
        }
        shares = {unit: cluster_share(np.array(weights[unit], np.int64), inside) for unit in UNITS}
        found[database] = {unit: (s.share, s.low, s.high) for unit, s in shares.items()}
    return found


def _line(seed: Seed) -> str:
    missed = [name for name, state in seed.states.items() if state != "found"]
    worst = max(seed.deviations.items(), key=lambda d: abs(d[1]), default=("no count", 0.0))
    parts = [f"worst day {worst[1]:+.1%} ({worst[0]})", f"background {seed.aims['background']}"]
    parts += [f"not found: {', '.join(missed)}"] * bool(missed) + [f"raised: {', '.join(seed.raised)}"] * bool(
        seed.raised
    )
    return "; ".join(parts + [f"false: {title}" for title in seed.false])


def summary(seeds: Sequence[Seed]) -> dict[str, Any]:
    """Return the figures over all seeds, with the bars that are missed in words."""
    from vigie.exercise.score import rate
    from vigie.exercise.web_attacks import COUNTRY_SHARE

    n = len(seeds)
    found = {name: sum(s.states[name] == "found" for s in seeds) for name in seeds[0].states}
    deviation = {
        name: round(max((abs(s.deviations.get(name, 0.0)) for s in seeds), default=0.0), 4)
        for name in sorted({name for s in seeds for name in s.deviations})
    }
    held: dict[str, dict[str, str]] = {}
    too_few = []
    for database in sorted({database for s in seeds for database in s.shares}):
        held[database] = {}
        for unit in UNITS:
            inside = [s.shares[database][unit] for s in seeds if database in s.shares]
            # A seed in which nothing could be said does not hold the truth.
            hits = rate(sum(low <= COUNTRY_SHARE <= high for _, low, high in inside), n)
            held[database][unit] = f"{hits.hits} of {n}"
            if (hits.high or 0.0) < HELD_MIN:
                too_few.append(f"{database}: the share of {unit} held the truth in {hits.hits} of {n} seeds")
    aims = {
        whose: dict(sum((collections.Counter(s.aims[whose]) for s in seeds), collections.Counter()))
        for whose in ("campaign", "background")
    }
    missed = [f"{name} was found in {count} of {n} seeds" for name, count in found.items() if count < n]
    missed += [f"{name}: a day is off by {d:.1%}" for name, d in deviation.items() if d > DEVIATION_MAX]
    missed += too_few
    if not held:
        missed.append("nothing was said of any origin")
    total = sum(aims["background"].values())
    called = aims["background"].get("background", 0) / total if total else 0.0
    if called < HELD_MIN:
        missed.append(f"{called:.1%} of the background's sessions are called background")
    return {
        "found in seeds": found,
        "largest daily deviation": deviation,
        "interval holds the planted share": held,
        "sessions by aim": aims,
        "background called background": round(called, 4),
        "background requests in findings of what was aimed": [
            sum(s.background_aimed[i] for s in seeds) for i in (0, 1)
        ],
        "look-alikes raised": dict(collections.Counter(name for s in seeds for name in s.raised)),
        "false findings": sum(len(s.false) for s in seeds),
        "bars missed": missed,
    }


def main() -> int:
    """Run the seeds and print what they gave; exit 1 where a bar is missed."""
    return over_seeds("exercise_web", __doc__, one, _line, summary, seeds=SEEDS, scale=SCALE)


if __name__ == "__main__":
    sys.exit(main())
