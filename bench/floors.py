"""Quality floors: precision and recall on a pinned corpus; `floors.json` holds them, and they only rise.

usage: python -m bench.floors [--raise]

`--raise` writes a figure that is better than its floor into the file. A corpus is pinned by the SHA-256 of its files:
where it changed, the floors do not hold any more and have to be set anew on purpose, by deleting its entry.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

FILE: Final = Path(__file__).with_name("floors.json")
SCALE: Final = 0.1
SEED: Final = 7


def exercise_figures(folder: Path) -> tuple[str, dict[str, dict[str, float]]]:
    """Write the exercise into `folder`, add, run and score it: the corpus' hash, and each detector's figures."""
    from vigie.run.add import Options, add
    from vigie.run.analyse import analyse
    from vigie.run.drill import score, write

    made = write(folder, scale=SCALE, seed=SEED, progress=lambda *_: None)
    digest = hashlib.sha256()
    for path in sorted(made.exports):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    files = [path for path in made.exports if path.parent.name != "mail"]
    for added in add(folder, files, Options(ZoneInfo("Europe/Paris"))):
        assert not added.error, added
    analyse(folder)
    figures = {}
    for row in score(folder).detectors:
        if not row.note:
            shares = {"recall": row.recall.share, "precision": row.precision.share}
            figures[row.detector] = {k: v for k, v in shares.items() if v is not None}
    return digest.hexdigest(), figures


def compare(floors: dict[str, Any], corpus: str, figures: dict[str, dict[str, float]]) -> list[str]:
    """Return what is wrong: another corpus, a figure below its floor, or one that is gone."""
    if floors["corpus_sha256"] != corpus:
        return [f"the corpus changed: it was {floors['corpus_sha256'][:12]}, it is {corpus[:12]}; set its floors anew"]
    wrong = []
    for detector, named in floors["floors"].items():
        for figure, floor in named.items():
            now = figures.get(detector, {}).get(figure)
            if now is None or now < floor - 1e-9:
                wrong.append(f"{detector} {figure}: {now} is below its floor of {floor}")
    return wrong


def main() -> int:
    """Print each figure beside its floor; exit 1 where one fell."""
    with tempfile.TemporaryDirectory() as folder:
        corpus, figures = exercise_figures(Path(folder) / "exercise")
    held = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    fresh = {"corpus_sha256": corpus, "scale": SCALE, "seed": SEED, "floors": figures}
    floors = held.setdefault("exercise", fresh)
    for detector, named in sorted(figures.items()):
        for figure, now in sorted(named.items()):
            print(f"{detector:16} {figure:10} {now:.3f}  floor {floors['floors'].get(detector, {}).get(figure, 0):.3f}")
    wrong = compare(floors, corpus, figures)
    print("\n".join(wrong) or "no figure is below its floor")
    if "--raise" in sys.argv[1:] and not wrong:
        for detector, named in figures.items():
            old = floors["floors"].get(detector, {})
            floors["floors"][detector] = {k: max(v, old.get(k, 0.0)) for k, v in named.items()}
        FILE.write_text(json.dumps(held, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
