"""One part of an exercise over many seeds: written, added, compared with its truth, and what all seeds gave."""

from __future__ import annotations

import argparse
import json
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from bench._measure import OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from vigie.exercise.truth import Truth
    from vigie.run.analyse import Measured
    from vigie.tables.store import Manifest

Seed = TypeVar("Seed")


def add_part(folder: Path, part: ModuleType, scale: float, seed: int) -> None:
    """Write one part of an exercise, such as its posts, with its truth and the case file to `folder`, and add it."""
    add_written(folder, partial(part.write, scale=scale, seed=seed, step=lambda _: None))


def add_written(folder: Path, write: Callable[[Path, Truth], Sequence[Path]]) -> None:
    """Let `write` write exports and tell their truth, which comes to `folder` with the case file; add the exports."""
    from vigie.exercise import world
    from vigie.exercise.truth import Truth
    from vigie.run.add import Options, add

    truth = Truth()
    files = write(folder / "exports", truth)
    truth.write(folder / "truth")
    (folder / "case.toml").write_text(world.case_toml(), encoding="utf-8", newline="\n")
    for added in add(folder, files, Options(ZoneInfo("Europe/Paris"))):
        assert not added.error, added


def measured_in(folder: Path) -> tuple[Measured, Manifest]:
    """Return what is measured of the case in `folder`, and what it has added."""
    from vigie import case
    from vigie.run.add import STORE
    from vigie.run.analyse import Measured
    from vigie.tables.store import Store

    store = Store(folder / STORE)
    manifest = store.manifest()
    return Measured(folder, case.load(folder), store, manifest), manifest


def over_seeds(
    name: str,
    about: str | None,
    one: Callable[[Path, float, int], Seed],
    line: Callable[[Seed], str],
    summary: Callable[[Sequence[Seed]], dict[str, Any]],
    *,
    seeds: int,
    scale: float,
) -> int:
    """Run the seeds that the command line asks for and print what they gave; return 1 where a bar is missed.

    Writes `out/<name>.json`. `seeds` and `scale` are the defaults.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=seeds)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--scale", type=float, default=scale)
    given = parser.parse_args()
    made = []
    for seed in range(given.first, given.first + given.seeds):
        with tempfile.TemporaryDirectory() as folder:
            made.append(one(Path(folder), given.scale, seed))
        print(f"seed {seed}: {line(made[-1])}", flush=True)
    report = {"scale": given.scale, "seeds": len(made), **summary(made)}
    print(json.dumps(report, indent=1))
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print("\n".join(report["bars missed"]) or "no bar is missed")
    return bool(report["bars missed"])
