"""How often the kind of change between two texts of a family is told as it was made.

    python -m bench.copies_kinds [--data DATA] [--half open|sealed] [--wrong N]

Reads `near-duplicates/posts_*.parquet` in DATA: members of families with the edit that made them out of the family's
seed, and texts that contain a whole seed (concat). The halves are split by family, by a hash; thresholds are chosen on
the open one. Of the sealed half only counts are printed: `--wrong`, which shows texts, needs `--half open`. An edit is
right where one of the kinds it may be called is told: a word exchanged in a long text is as well a surface change as a
light rewording.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow.parquet as pq

from vigie.rules.changes import kind_of_change

DATA: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data"
HALVES: Final = ("open", "sealed")
FILES: Final = ("posts_10k.parquet", "posts_100k.parquet")
KINDS: Final = ("exact", "surface", "template", "truncated", "extended", "quoted", "reworded")
# The edits of the sets, and the kinds that are right for each.
RIGHT: Final = {
    "exact": ("exact",),
    "surface": ("exact", "surface"),
    "typo": ("exact", "surface"),
    "adv": ("exact", "surface"),
    "trunc": ("truncated",),
    "template": ("template",),
    "reword": ("reworded", "surface"),
    "reword2": ("reworded",),
    "comment": ("extended",),
    "concat": ("extended", "quoted"),
}


class Pair(NamedTuple):
    """The text of a family's seed, a member's, and the edit between them."""

    first: str
    other: str
    edit: str


def main() -> int:
    """Print what each edit was called."""
    parser = argparse.ArgumentParser(prog="bench.copies_kinds", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--half", choices=HALVES, default="open")
    parser.add_argument("--file", choices=FILES, default=FILES[0])
    parser.add_argument("--wrong", type=int, default=0, help="print up to N wrong ones of each edit")
    asked = parser.parse_args()
    if asked.half == "sealed" and asked.wrong:
        parser.error("texts of the sealed half are counted, never shown")
    path = asked.data / "near-duplicates" / asked.file
    if not path.is_file():
        print(f"no {path}")
        return 0
    made = pairs(path, asked.half)
    began = time.process_time()
    told = [kind_of_change(pair.first, pair.other).kind for pair in made]
    cpu_s = time.process_time() - began
    print(f"{asked.file}, half {asked.half}: {len(made):,} members, {len(made) / cpu_s:,.0f} per CPU second\n")
    _print_counts(made, told)
    if asked.wrong:
        _print_wrong(made, told, asked.wrong)
    return 0


def pairs(path: Path, half: str) -> list[Pair]:
    """Return each member of the half's families beside its seed."""
    rows = pq.read_table(path, columns=["text", "family", "op", "role"]).to_pylist()
    seeds = {row["family"]: row["text"] for row in rows if row["role"] == "seed"}
    return [
        Pair(seeds[row["family"]], row["text"], row["op"])
        for row in rows
        if row["role"] in ("member", "concat") and half_of(row["family"]) == half
    ]


def half_of(family: int) -> str:
    """Return the half that a family is in."""
    return HALVES[hashlib.blake2b(str(family).encode()).digest()[0] % 2]


def _print_counts(made: list[Pair], told: list[str]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for pair, kind in zip(made, told, strict=True):
        counts[pair.edit][kind] += 1
    print(f"{'edit':10}" + "".join(f"{kind:>10}" for kind in KINDS) + "     right")
    right = 0
    for edit, kinds in RIGHT.items():
        row, total = counts[edit], counts[edit].total()
        good = sum(row[kind] for kind in kinds)
        right += good
        share = f"{good / total:10.3f}" if total else f"{'-':>10}"
        print(f"{edit:10}" + "".join(f"{row[kind]:10,}" for kind in KINDS) + share)
    if made:
        print(f"\nright {right / len(made):.3f}")


def _print_wrong(made: list[Pair], told: list[str], most: int) -> None:
    shown: Counter[str] = Counter()
    for pair, kind in zip(made, told, strict=True):
        if kind not in RIGHT[pair.edit] and shown[pair.edit] < most:
            shown[pair.edit] += 1
            print(f"\n{pair.edit} called {kind}\n  {pair.first!r}\n  {pair.other!r}")


if __name__ == "__main__":
    sys.exit(main())
