"""Scans by session: which share of a scanner's requests lies in sessions called scan, and of an ordinary log's.

    python -m bench.http_scans [FOLDER]

FOLDER is the data folder (by default `../shared/data` next to the checkout). A scanner's file holds its requests only;
the ordinary logs are the first half of a blog's and a shop's. The thresholds were chosen while a third scanner's file
and the second half of the blog's log were sealed. Prints the split by what sessions are called, and the sessions that
an ordinary log has called scan: real ones are among them. Writes `bench/out/http_scans.json`.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from vigie.measures import measured
from vigie.measures.http_sessions import MEASURE
from vigie.rules.sessions import CALLED
from vigie.sources import Block, access_log
from vigie.tables import TABLES

OUT: Final = Path(__file__).parent / "out"
DATA: Final = Path(__file__).parents[2] / "shared" / "data"
SCANNERS: Final = {
    "acunetix": "web-logs/ocatak_acunetix.log.gz",
    "w3af": "web-logs/ocatak_w3af.log.gz",
}
ORDINARY: Final = {
    "blog, first half": "web-logs/dev_elastic_first_half.log.gz",
    "shop": "cyber/lnav/logfile_shop_access_log.0",
}


def read_log(path: Path) -> pa.Table:
    """Return the requests of an access log in the form that measures see."""
    raw = path.read_bytes()
    data = gzip.decompress(raw) if path.suffix == ".gz" else raw
    block = Block(data=data, record=1, last=True, tz=ZoneInfo("UTC"), name=path.name)
    rows = access_log.SOURCES[0].parse(block, {}).rows
    ids = pa.array([f"{0:012x}:{record}" for record in rows["record"].to_pylist()], pa.string())
    return rows.drop_columns("record").add_column(0, "row_id", ids).cast(TABLES["requests"].seen)


def shares(sessions: pa.Table) -> dict[str, float]:
    """Return the share of requests in sessions of each name."""
    totals = dict.fromkeys(CALLED, 0)
    for called, requests in zip(sessions["called"].to_pylist(), sessions["requests"].to_pylist(), strict=True):
        totals[called] += requests
    return {called: total / max(1, sum(totals.values())) for called, total in totals.items()}


def scan_figures(data: Path = DATA) -> dict[str, dict[str, float]]:
    """Return, by file, the share of its requests in sessions of each name."""
    return {
        name: shares(measured(MEASURE, {"requests": read_log(data / file)}))
        for name, file in {**SCANNERS, **ORDINARY}.items()
    }


def _describe(session: dict[str, Any]) -> str:
    agent = (session["user_agent"] or "no agent")[:60]
    return (
        f"    {session['address']} {agent!r} from {session['first_seen']:%Y-%m-%d %H:%M}: {'; '.join(session['why'])}"
    )


def main() -> None:
    """Print the shares, and what ordinary logs have called scan."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=DATA)
    folder = parser.parse_args().folder
    report = {}
    for name, file in {**SCANNERS, **ORDINARY}.items():
        table = read_log(folder / file)
        sessions = measured(MEASURE, {"requests": table})
        split = report[name] = shares(sessions)
        matched = sum(sessions["attacks"].to_pylist()) / table.num_rows
        said = ", ".join(f"{called} {split[called]:.2%}" for called in CALLED if split[called])
        print(f"{name:18} {table.num_rows:6,} requests, {matched:.2%} match an indicator: {said}")
        if name in ORDINARY:
            print(*(_describe(s) for s in sessions.to_pylist() if s["called"] == "scan"), sep="\n")
    OUT.mkdir(exist_ok=True)
    text = json.dumps(report, indent=1, sort_keys=True)
    (OUT / "http_scans.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
