"""`vigie exercise` and `vigie score`: a simulated case, and what the findings are worth against its truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vigie import exercise
from vigie.errors import InputError
from vigie.exercise.score import score as compare
from vigie.exercise.truth import read_days, read_truth
from vigie.run.add import STORE
from vigie.run.analyse import inputs_hash, load
from vigie.tables.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vigie.exercise import Exercise
    from vigie.exercise.score import Score


def write(folder: Path, *, scale: float, seed: int, progress: Callable[[str, int, int], None]) -> Exercise:
    """Write the exercise into `folder`; see `vigie.exercise.write`."""
    return exercise.write(
        folder, scale=scale, seed=seed, progress=lambda part, share: progress(part, int(share * 100), 100)
    )


def score(folder: Path) -> Score:
    """Score the last run of the exercise in `folder`.

    Raises
    ------
    InputError
        if it has no truth, was never run, or has changed since it was.
    """
    operations, rows = read_truth(folder)
    analysis = load(folder)
    manifest = Store(folder / STORE).manifest()
    if analysis.inputs_hash != inputs_hash(folder, manifest):
        raise InputError("has changed since it was run", where=str(folder), hint=f"vigie run {folder}")
    names = {source.id: source.name for source in manifest.sources}
    return compare(
        analysis.findings,
        operations,
        rows,
        names,
        ran=analysis.looked,
        lacking=analysis.not_looked,
        days=read_days(folder),
    )
