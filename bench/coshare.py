"""Share logs to edges: CPU seconds and memory of `vigie coshare`, start and reading included, and of a viral link.

    python -m bench.coshare --rows 10000000

Writes share logs of 10,000, 100,000, 1,000,000 and `--rows` shares (`bench._shares`: a heavy-tailed background, planted
groups) to a temporary folder and runs the command on each, in a process of its own. Then it adds one link that 50,000
accounts share within a minute to the log of a million, in two ways: accounts of their own, each with one more share,
and accounts of the log. Prints what each costs, and writes `bench/out/coshare.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from bench._measure import OUT, run
from bench._shares import shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = ("object_id", "account_id", "content_id", "timestamp_share")
FANS = 50_000
MINUTE_S = 60
VIRAL_S = 1_490_000_000


def _numbered(prefix: str, numbers: NDArray[Any]) -> pa.Array[Any]:
    return pa.array([f"{prefix}{number}" for number in numbers.tolist()])


def log(rows: int, seed: int = 7) -> pa.Table:
    """Return a share log."""
    objects, accounts, times, _ = shares(rows, seed)
    ids = _numbered("https://news.example/", objects), _numbered("user_", accounts), _numbered("13800", np.arange(rows))
    return pa.table([*ids, pa.array(times)], names=COLUMNS)


def viral(accounts: NDArray[Any], seed: int = 7) -> pa.Table:
    """Return one share by each account of one link, all within a minute."""
    times = VIRAL_S + np.random.default_rng(seed).integers(0, MINUTE_S, len(accounts))
    link = pa.array(["https://viral.example/"] * len(accounts))
    ids = link, _numbered("user_", accounts), _numbered("v", np.arange(len(accounts)))
    return pa.table([*ids, pa.array(times)], names=COLUMNS)


def strangers() -> pa.Table:
    """Return a viral link's shares by accounts of their own, each of which has one more share, of something else."""
    accounts = np.arange(FANS) + 100_000_000
    ids = _numbered("own", accounts), _numbered("user_", accounts), _numbered("w", np.arange(FANS))
    return pa.concat_tables([viral(accounts), pa.table([*ids, pa.array([VIRAL_S] * FANS)], names=COLUMNS)])


def table(case: str) -> pa.Table:
    """Return the share log of a case: its rows, and after a plus sign who shares a viral link as well."""
    rows, _, fans = case.partition("+")
    parts = [log(int(rows))]
    if fans:
        parts.append(strangers() if fans == "strangers" else viral(np.arange(FANS)))
    return pa.concat_tables(parts)


def measured(case: str, folder: Path, window_s: int) -> dict[str, float]:
    """Run the command on a case's share log; print and return what it cost."""
    path, out = folder / "shares.csv", folder / "edges.csv"
    # In a process of its own: what this one has held would count as the memory of those it starts.
    run([sys.executable, "-m", "bench.coshare", "--write", case, str(path)])
    command = [sys.executable, "-m", "vigie.cli", "coshare", str(path), "--window", str(window_s), "-o", str(out)]
    cpu_s, memory_mb = run(command)
    with out.open("rb") as file:
        edges = sum(1 for _ in file) - 1
    print(f"{case:20} {window_s:3} s {edges:12,} edges {cpu_s:7.2f} CPU s {memory_mb:7,.0f} MB", flush=True)
    return {"window_s": window_s, "edges": edges, "cpu_s": round(cpu_s, 2), "memory_mb": round(memory_mb)}


def main() -> None:
    """Run the benchmark, or write one case's share log for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--window", type=int, default=10)
    parser.add_argument("--write", nargs=2, metavar=("CASE", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        case, path = options.write
        pa_csv.write_csv(table(case), path, pa_csv.WriteOptions(quoting_style="none"))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The compiled kernels are cached by the first run on a machine; that is not what is measured.
        measured("10000+strangers", folder, options.window)
        runs = [(f"{rows}", options.window) for rows in sorted({10_000, 100_000, 1_000_000, options.rows})]
        for window_s in sorted({options.window, MINUTE_S}):
            runs += [(case, window_s) for case in ("1000000", "1000000+strangers", "1000000+accounts")]
        results = [{"case": case} | measured(case, folder, window_s) for case, window_s in runs]
    OUT.mkdir(exist_ok=True)
    (OUT / "coshare.json").write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
