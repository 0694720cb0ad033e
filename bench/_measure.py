"""Commands in processes of their own, their CPU time and memory as the system counts them, as ratios to the first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

OUT = Path(__file__).parent / "out"


def run(command: list[str]) -> tuple[float, float]:
    """Run `command`; return its CPU seconds and its greatest resident memory in MB. Exits where it fails."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{output.decode(errors='replace')[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6


def compare(name: str, commands: Mapping[str, list[str]], *, records: int, size_mb: float, noun: str) -> None:
    """Run each command once on the same `records`; print records per CPU second and how much faster the first is.

    Writes `out/<name>.json`.
    """
    results: dict[str, dict[str, float]] = {}
    ours, *_ = commands
    for contender, command in commands.items():
        cpu_s, memory_mb = run(command)
        rate = round(records / cpu_s)
        results[contender] = {"cpu_s": round(cpu_s, 3), "per_cpu_s": rate, "memory_mb": round(memory_mb, 1)}
        ratio = results[ours]["per_cpu_s"] / rate
        print(f"{contender:18} {rate:12,} {noun} per CPU second, vigie x {ratio:.1f}, {memory_mb:,.0f} MB")
    OUT.mkdir(exist_ok=True)
    report = {"records": records, "size_mb": round(size_mb, 1), "results": results}
    (OUT / f"{name}.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")
