"""Run benchmarks of this folder, by default those of a minute or two that need no data; each writes into bench/out.

usage: python -m bench [NAME...]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NEEDS_DATA = {
    "coordination_controls", "coordination_trolls", "copies_fit", "copies_kinds", "copies_trolls", "http_rules",
    "http_scans", "ip_ranges", "paraphrase", "pink_slime", "polls_forecast", "polls_herding", "polls_suspects",
    "polls_vote", "real_case",
}  # fmt: skip
LONG = {
    "attack_burst", "coincidence", "copies_growth", "exercise_coordination", "exercise_polls", "exercise_web",
    "http_flood", "http_throughput", "origin_share", "polls_alarms", "trace",
}  # fmt: skip


def main() -> int:
    """Run the named benchmarks, or those that need no data from outside and little time."""
    names = sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith("_"))
    chosen = sys.argv[1:] or [n for n in names if n not in NEEDS_DATA | LONG]
    if unknown := [n for n in chosen if n not in names]:
        print(f"no benchmark is named {', '.join(unknown)}; there are {', '.join(names)}")
        return 2
    return max(subprocess.run([sys.executable, "-m", f"bench.{n}"], check=False).returncode for n in chosen)


if __name__ == "__main__":
    sys.exit(main())
