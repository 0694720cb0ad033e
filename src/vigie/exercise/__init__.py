"""The exercise "France, 2017": a simulated case whose truth is known, to train with and to test on.

Only numbers and words are drawn here; nothing is imported from what the exercise examines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vigie.errors import InputError
from vigie.exercise import articles, mail_log, polls, posts, requests_log, world
from vigie.exercise.truth import Truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Progress = Callable[[str, float], None]

SCALE_MIN: Final = 0.01
SCALE_MAX: Final = 100.0
SEED_MAX: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Exercise:
    """What was written: the case's folder, its export files in a fixed order, and the size of its truth."""

    folder: Path
    exports: tuple[Path, ...]
    operations: int
    truth_rows: int


def write(folder: Path, *, scale: float = 1.0, seed: int = 7, progress: Progress | None = None) -> Exercise:
    """Write case.toml, README.txt, exports/ and truth/ into `folder`; the same scale and seed give the same bytes.

    `scale` multiplies the volume of ordinary traffic (at 1: 400,000 requests, 120,000 posts, 1,500 articles); what is
    planted keeps its size from 0.1 up, but for what has to stand out of the ordinary traffic. `progress` hears the
    name of the part being written and the share of it done.
    The case file comes last: a folder without one is an exercise that was interrupted.

    Raises
    ------
    InputError
        if `scale` or `seed` is out of bounds, or the folder holds something or cannot be written.
    """
    if not SCALE_MIN <= scale <= SCALE_MAX:
        raise InputError(f"{scale:g} is not from {SCALE_MIN:g} to {SCALE_MAX:g}", where="--scale")
    if not 0 <= seed <= SEED_MAX:
        raise InputError(f"{seed} is not from 0 to {SEED_MAX}", where="--seed")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(
                "the folder is not empty", where=str(folder), hint="name a new folder: nothing is overwritten"
            )
        return _write(folder, scale, seed, progress or (lambda _part, _share: None))
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(error.filename or folder)) from error


def _write(folder: Path, scale: float, seed: int, progress: Progress) -> Exercise:
    exports, truth = folder / "exports", Truth()
    files: list[Path] = []
    for part, writer in (("web", requests_log), ("mail", mail_log), ("posts", posts), ("articles", articles)):
        files += writer.write(
            exports, truth, scale=scale, seed=seed, step=lambda share, part=part: progress(part, share)
        )
    files += polls.write(exports, truth, seed=seed)
    progress("polls", 1.0)
    operations, rows = truth.write(folder / "truth")
    (folder / "README.txt").write_text(world.README.format(scale=scale, seed=seed), encoding="utf-8", newline="\n")
    (folder / "case.toml").write_text(world.case_toml(), encoding="utf-8", newline="\n")
    return Exercise(folder, tuple(files), operations, rows)
