"""A real case: everything under `ira-trolls`, `web-logs` and `polls` of a data folder, added and briefed in one run.

usage: python -m bench.real_case DATA [--out DIR]

DATA is a folder with those three in it, each with a README that says where its data comes from. Nothing of it is
copied; what stands in the case is Parquet and a briefing. The case spans data sets that have nothing to do with one
another: it shows that the way from raw file to page holds on real data, not that anything interfered with anything.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Final

FOLDERS: Final = ("ira-trolls", "web-logs", "polls")
MAPPINGS: Final = Path(__file__).parent / "mappings"
CASE: Final = """
campaign_opening = 2017-04-10
rounds = [2017-04-23, 2017-05-07]

[[candidates]]
id = "macron"
name = "Emmanuel Macron"
aliases = ["Macron"]

[[candidates]]
id = "le-pen"
name = "Marine Le Pen"
aliases = ["Le Pen"]

[[candidates]]
id = "fillon"
name = "François Fillon"
aliases = ["Fillon"]

[[candidates]]
id = "melenchon"
name = "Jean-Luc Mélenchon"
aliases = ["Mélenchon"]
"""


def vigie(*arguments: object) -> tuple[int, str, float]:
    """Run one command; return its exit code, what it printed, and the CPU seconds it took."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "vigie.cli", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        sys.exit(done.returncode)
    return done.returncode, done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def add(case: Path, data: Path) -> list[dict[str, Any]]:
    """Add every file but the READMEs and licences; what no format recognises is tried with the mappings here."""
    files = sorted(
        path
        for folder in FOLDERS
        for path in (data / folder).rglob("*")
        if path.is_file() and path.suffix not in {".md", ".txt"}
    )
    if not files:
        sys.exit(f"{data} holds none of {', '.join(FOLDERS)}")
    said = json.loads(vigie("add", case, *files, "--json")[1])["sources"]
    for mapping in sorted(MAPPINGS.glob("*.toml")):
        left = [f for f, s in zip(files, said, strict=True) if s["error"]]
        tried = json.loads(vigie("add", case, *left, "--mapping", mapping, "--json")[1])["sources"]
        by_file = dict(zip(left, tried, strict=True))
        said = [by_file[f] if f in by_file and not by_file[f]["error"] else s for f, s in zip(files, said, strict=True)]
    return [s | {"path": str(f.relative_to(data))} for f, s in zip(files, said, strict=True)]


def main() -> None:
    """Run it and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, help="where to write the case; else a temporary folder")
    given = parser.parse_args()
    case = given.out or Path(tempfile.mkdtemp(prefix="vigie-real-")) / "case"
    vigie("new", case, "--country", "FR", "--name", "Real data: trolls, web logs, polls")
    path = case / "case.toml"
    text = path.read_text(encoding="utf-8")
    marker = 'time_zone = "Europe/Paris"'
    path.write_text(
        text.replace(marker, 'time_zone = "UTC"', 1).replace("\n# campaign_opening", CASE + "\n# campaign_opening", 1),
        encoding="utf-8",
    )

    sources = add(case, given.data)
    taken = [s for s in sources if not s["error"]]
    print(f"{len(sources)} files: {len(taken)} taken, {len(sources) - len(taken)} not")
    for table in ("posts", "requests", "polls"):
        mine = [s for s in taken if s["table"] == table]
        rows, refused, already = (sum(s[k] for s in mine) for k in ("rows", "refused", "already"))
        print(f"  {table}: {rows:,} rows from {len(mine)} files, {refused:,} refused, {already:,} already there")
    for source in taken:
        for reason, count in source["reasons"].items():
            print(f"  refused in {source['path']}: {count:,} x {reason}")
    for source in sources:
        if source["error"]:
            print(f"  not taken: {source['path']}: {source['error']}")

    _, said, cpu_s = vigie("run", case, "--json")
    findings = json.loads(said)
    print(f"{len(findings)} findings in {cpu_s:.0f} CPU seconds")
    for detector, count in sorted(Counter(f["detector"] for f in findings).items()):
        mine = [f for f in findings if f["detector"] == detector]
        rows = len({i for f in mine for i in f["evidence_ids"]})
        print(f"  {detector}: {count} findings on {rows:,} rows; the weightiest:")
        for finding in mine[:5]:
            print(f"    {finding['title']}")
    page = json.loads(vigie("brief", case, "--json")[1])["briefing"]
    print(f"briefing: {page}")


if __name__ == "__main__":
    main()
