"""Quality floors: figures on pinned corpora; `floors.json` holds them, and they only rise.

    python -m bench.floors [--data DATA] [--raise]

The exercise and posts with copies are made on the spot; the attack sets, the scanners' logs, the accounts and labelled
copies lie in the data folder and are left out where it is missing. Every figure is one that is better when it is
greater. `--raise` writes a figure that is better than its floor into the file. A corpus is pinned by the SHA-256 of its
files: where it changed, the floors do not hold any more and have to be set anew on purpose, by deleting its entry.
"""

from __future__ import annotations

import argparse
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


def rule_figures(data: Path) -> tuple[str, dict[str, dict[str, float]]]:
    """Return what the indicators are worth on the sealed half: true positives set by set, and what they spare."""
    from bench.http_rules import figures

    corpus, rates = figures(data, "sealed")
    return corpus, {"http_rules": {"macro_true_positives": rates["macro"], "legitimate_spared": 1 - rates["fpr"]}}


def scan_shares(data: Path) -> tuple[str, dict[str, dict[str, float]]]:
    """Return the share of scanners' requests in sessions called scan, and of ordinary logs' in others."""
    from bench.http_scans import ORDINARY, SCANNERS, scan_figures

    digest = hashlib.sha256()
    for file in (*SCANNERS.values(), *ORDINARY.values()):
        digest.update(file.encode() + b"\0" + hashlib.sha256((data / file).read_bytes()).digest())
    shares = scan_figures(data)
    figures = {name: {"called_scan": shares[name]["scan"]} for name in SCANNERS}
    figures |= {name: {"not_called_scan": 1 - shares[name]["scan"]} for name in ORDINARY}
    return digest.hexdigest(), figures


def coordination_figures(data: Path) -> dict[str, tuple[str, dict[str, dict[str, float]]]]:
    """Return how few politicians are called coordinated, and how well a known operation is told from them."""
    from bench import coordination_controls, coordination_trolls

    return {
        "coordination_controls": coordination_controls.floor_figures(data),
        "coordination_trolls, sealed half": coordination_trolls.floor_figures(data),
    }


def forecast_figures() -> tuple[str, dict[str, dict[str, float]]]:
    """Return what forecasts of polls are worth, election by election."""
    from bench import polls_forecast
    from bench._polls import FAMILIES_FILE, FOLDER

    digest = hashlib.sha256()
    for file in ("fr2017_r1_depuis1958.csv", "fr2022_nsppolls.csv.gz", FAMILIES_FILE):
        digest.update(file.encode() + b"\0" + hashlib.sha256((FOLDER / file).read_bytes()).digest())
    return digest.hexdigest(), polls_forecast.floor_figures()


def family_figures(data: Path | None) -> dict[str, tuple[str, dict[str, dict[str, float]]]]:
    """Return what families of near-identical texts are worth, on generated posts and the sealed labelled half."""
    from bench import copies

    made = {"copies, generated": copies.generated_floors()}
    return made if data is None else made | {"copies, sealed half": copies.sealed_floors(data)}


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[1].parent / "shared" / "data")
    parser.add_argument("--raise", action="store_true", dest="raised")
    options = parser.parse_args()
    measured = {}
    with tempfile.TemporaryDirectory() as folder:
        measured["exercise"] = exercise_figures(Path(folder) / "exercise")
    measured |= family_figures(options.data if options.data.is_dir() else None)
    if options.data.is_dir():
        measured["http_rules, sealed half"] = rule_figures(options.data)
        measured["http_scans"] = scan_shares(options.data)
        measured |= coordination_figures(options.data)
        measured["polls_forecast"] = forecast_figures()
    else:
        print(f"no evaluation data in {options.data}: what needs it is left out")
    held = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    wrong = []
    for name, (corpus, figures) in measured.items():
        floors = held.setdefault(name, {"corpus_sha256": corpus, "floors": figures})
        print(name)
        for subject, values in sorted(figures.items()):
            for figure, now in sorted(values.items()):
                floor = floors["floors"].get(subject, {}).get(figure, 0)
                print(f"  {subject:18} {figure:22} {now:.4f}  floor {floor:.4f}")
        fell = compare(floors, corpus, figures)
        wrong += fell
        if not fell:
            for subject, values in figures.items():
                old = floors["floors"].get(subject, {})
                floors["floors"][subject] = {k: max(v, old.get(k, 0.0)) for k, v in values.items()}
    print("\n".join(wrong) or "no figure is below its floor")
    if options.raised and not wrong:
        FILE.write_text(json.dumps(held, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
