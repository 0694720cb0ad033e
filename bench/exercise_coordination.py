"""The coordination scenes of the exercise over many seeds: which networks are found, and what is said of look-alikes.

usage: python -m bench.exercise_coordination [--seeds N] [--first N] [--scale X]

For each seed it writes the posts of an exercise, adds them, measures the networks and compares with the truth. A
planted network is matched with the finding that holds most of its accounts: `members` is the share of its accounts
there, `strangers` the share of the finding's accounts that are not its own. A look-alike is *raised* where most
accounts of a finding are its own, *explained* where those of a network are that is no finding, else it is *not linked*.
A finding of neither is false. The bars: every planted network with at least 90 % of its members and at most 5 %
strangers, no look-alike raised, no false finding.
"""

from __future__ import annotations

import collections
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bench._exercise import add_part, measured_in, over_seeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vigie.run.analyse import Measured

SEEDS: Final = 50
SCALE: Final = 1.0
MEMBERS_MIN: Final = 0.9
STRANGERS_MAX: Final = 0.05


@dataclass(frozen=True, slots=True)
class Seed:
    """What one seed gave: of planted networks (members, strangers), of look-alikes what became of them, false ones."""

    planted: dict[str, tuple[float, float]]
    alike: dict[str, str]
    false: list[str]


def one(folder: Path, scale: float, seed: int) -> Seed:
    """Write, add, measure and compare one seed in `folder`."""
    from vigie.detectors.coordinated_network import DETECTOR
    from vigie.exercise import posts
    from vigie.measures import named

    add_part(folder, posts, scale, seed)
    measured, manifest = measured_in(folder)
    networks = measured.table(named("networks"), {})
    files = {Path(source.name).name: source.id for source in manifest.sources}
    kinds, accounts = of_operations(folder, measured, files)
    found = DETECTOR.run(networks).select(["title", "subject_ids"]).to_pylist()
    return compared(kinds, accounts, networks["members"].to_pylist(), found)


def of_operations(
    folder: Path, measured: Measured, files: dict[str, str]
) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Return kind and accounts of each operation about coordination; `files` are the sources by name."""
    from vigie.exercise.truth import read_truth
    from vigie.measures import named

    operations, rows = read_truth(folder)
    shares = measured.table(named("shares"), {})
    channel_of = dict(zip(shares["row_id"].to_pylist(), shares["channel"].to_pylist(), strict=True))
    kinds = {o.operation_id: o.kind for o in operations if "coordinated_network" in o.detectors}
    accounts = {
        name: {channel_of[f"{files[file]}:{r}"] for file in files for r in rows[name].get(file, np.empty(0)).tolist()}
        for name in kinds
    }
    return kinds, accounts


def compared(
    kinds: dict[str, str], accounts: dict[str, set[str]], networks: Iterable[list[str]], found: list[dict[str, Any]]
) -> Seed:
    """Compare findings and networks with the accounts of each operation.

    >>> compared({"n": "planted", "v": "look_alike"}, {"n": {"a", "b"}, "v": {"c", "d"}}, [["c", "d"]],
    ...     [{"title": "t", "subject_ids": ["a", "x"]}, {"title": "u", "subject_ids": ["y"]}])
    Seed(planted={'n': (0.5, 0.5)}, alike={'v': 'explained'}, false=['u'])
    """

    def share_of(members: Iterable[str], name: str) -> float:
        own = set(members)
        return len(own & accounts[name]) / len(own)

    planted = {}
    for name in (n for n, kind in kinds.items() if kind == "planted"):
        best = max((f["subject_ids"] for f in found), key=lambda s: (len(accounts[name] & set(s)), s), default=[])
        held = len(accounts[name] & set(best)) / len(accounts[name])
        planted[name] = (held, 1 - share_of(best, name) if held else 0.0)
    alike = {}
    for name in (n for n, kind in kinds.items() if kind == "look_alike"):
        raised = any(share_of(f["subject_ids"], name) > 0.5 for f in found)
        linked = any(share_of(members, name) > 0.5 for members in networks)
        alike[name] = "raised" if raised else "explained" if linked else "not linked"
    false = [f["title"] for f in found if not any(share_of(f["subject_ids"], n) >= 0.5 for n in kinds)]
    return Seed(planted, alike, false)


def summary(seeds: Sequence[Seed]) -> dict[str, Any]:
    """Return the figures over all seeds, with the bars that are missed in words."""
    planted, missed = {}, []
    for name in seeds[0].planted:
        figures = [s.planted[name] for s in seeds]
        good = sum(m >= MEMBERS_MIN and s <= STRANGERS_MAX for m, s in figures)
        planted[name] = {
            "found in seeds": good,
            "least members": round(min(m for m, _ in figures), 4),
            "most strangers": round(max(s for _, s in figures), 4),
        }
        if good < len(seeds):
            missed.append(f"{name} was found as it is in {good} of {len(seeds)} seeds")
    alike = {name: dict(collections.Counter(s.alike[name] for s in seeds)) for name in seeds[0].alike}
    missed += [f"{name} was raised in {n['raised']} seeds" for name, n in alike.items() if "raised" in n]
    false = sum(len(s.false) for s in seeds)
    missed += [f"{false} findings are of nothing planted"] * bool(false)
    return {"planted": planted, "look-alikes": alike, "false findings": false, "bars missed": missed}


def _line(seed: Seed) -> str:
    figures = [f"{name} {m:.0%} of members, {s:.0%} strangers" for name, (m, s) in seed.planted.items()]
    alike = [f"{name} {state}" for name, state in seed.alike.items()]
    return "; ".join([*figures, *alike, *seed.false])


def main() -> int:
    """Run the seeds and print what they gave; exit 1 where a bar is missed."""
    return over_seeds("exercise_coordination", __doc__, one, _line, summary, seeds=SEEDS, scale=SCALE)


if __name__ == "__main__":
    sys.exit(main())
