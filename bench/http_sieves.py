"""Requests classified per CPU second by each way of finding the texts worth asking about, with the same verdicts.

    python -m bench.http_sieves [--mb 60]

A log in which every URL differs is classified with the prefilter that is derived from the patterns, with Hyperscan
(where the package `hyperscan` is installed), and by asking every pattern about every text. Their verdicts are compared
row by row. Building what each needs beforehand is timed apart. Writes `bench/out/http_sieves.json`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench._http_log import write_log
from bench._measure import OUT
from bench.http_scans import read_log
from vigie.rules.hyperscan_sieve import hyperscan_sieve, installed
from vigie.rules.indicators import http_indicators
from vigie.rules.matching import verdicts
from vigie.rules.prefilter import prefilter

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray


class Everything:
    """No sieve at all: every pattern may match every text."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._patterns = patterns

    def candidates(self, texts: pa.Array[Any]) -> list[NDArray[np.int64]]:
        """Return every place for every pattern."""
        return [np.arange(len(texts))] * len(self._patterns)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=float, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "access.log"
        write_log(log, options.mb, distinct=True)
        table = read_log(log)
    half = table.num_rows // 2
    sieves: dict[str, Callable[..., Any]] = {"derived prefilter": prefilter}
    if installed() is None:
        print("the package hyperscan is not installed: left out")
    else:
        sieves["hyperscan"] = hyperscan_sieve
    sieves["every pattern asked"] = Everything
    patterns = tuple(i.pattern for i in http_indicators())
    report: dict[str, Any] = {}
    expected: pa.Table | None = None
    for name, sieve in sieves.items():
        began = time.process_time()
        sieve(patterns)
        built = time.process_time() - began
        verdicts(table.slice(0, half), sieve=sieve)  # kernels and patterns compiled
        began = time.process_time()
        found = verdicts(table.slice(half), sieve=sieve)
        rate = round((table.num_rows - half) / (time.process_time() - began))
        expected = expected or found
        same = found.equals(expected)
        first = report[next(iter(report))]["per_cpu_s"] if report else rate
        print(
            f"{name:20} {rate:10,} requests per CPU second, derived x {first / rate:.1f}; built in {built:.1f} s; "
            f"{found.num_rows:,} match, {'the same' if same else 'OTHER'} verdicts"
        )
        report[name] = {"per_cpu_s": rate, "built_s": round(built, 2), "matched": found.num_rows, "same": same}
    OUT.mkdir(exist_ok=True)
    (OUT / "http_sieves.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
