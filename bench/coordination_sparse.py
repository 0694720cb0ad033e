"""Whether a group stands out where a case holds little ordinary sharing, or none.

    python -m bench.coordination_sparse [--sitting 6]

Both null models take what chance does from the case, and from a few ordinary objects beside it (`ORDINARY_OBJECTS` of
`vigie.kernels.co_share_timing`), without which a group alone in its case would explain itself. Here a group shares
objects of its own within 20 seconds, beside 5,000 objects of one share each and some ordinary ones, which two of 500
accounts share within an hour. Printed is how many of the group's pairs have q <= 0.05 with the default settings, as a
mean over seeds. With `--sitting` the group shares so many objects within an hour each time.
"""

from __future__ import annotations

import argparse
import itertools
import json
from typing import Final

import numpy as np

from bench._coordination import Log, coded, pairs
from bench._measure import OUT
from vigie.kernels.q_values import bh

SIZES: Final = (2, 5, 20)
OBJECTS: Final = (5, 30)
ORDINARY: Final = (0, 10, 30, 100, 300, 1000)
SEEDS: Final = 10
WINDOW_S: Final = 60
Q: Final = 0.05
_ACCOUNTS: Final = 500
_SINGLE: Final = 5_000
_SPAN_S: Final = 30 * 86_400
_HOUR_S: Final = 3600


def case(size: int, objects: int, ordinary: int, seed: int, sitting: int = 1) -> Log:
    """Return shares; the group has the first channels."""
    draw = np.random.default_rng([size, objects, ordinary, seed])
    begins = np.repeat(draw.integers(0, _SPAN_S, -(objects // -sitting)), sitting)[:objects]
    begins += draw.integers(0, _HOUR_S, objects) if sitting > 1 else 0
    group = np.tile(np.arange(size), objects)
    times = [np.repeat(begins, size) + draw.integers(0, 20, objects * size)]
    others = size + np.array([draw.choice(_ACCOUNTS, 2, replace=False) for _ in range(ordinary)], np.int64).ravel()
    times += [np.repeat(draw.integers(0, _SPAN_S, ordinary), 2) + draw.integers(0, _HOUR_S, 2 * ordinary)]
    times += [draw.integers(0, _SPAN_S, _SINGLE)]
    counts = (objects, size), (ordinary, 2), (_SINGLE, 1)
    what = np.repeat(np.arange(sum(n for n, _ in counts)), np.repeat([k for _, k in counts], [n for n, _ in counts]))
    who = np.concatenate([group, others, size + draw.integers(0, _ACCOUNTS, _SINGLE)])
    return Log(coded(what), who.astype(np.int32), np.concatenate(times))


def found(size: int, objects: int, ordinary: int, sitting: int) -> tuple[float, int]:
    """Return the share of the group's pairs that are found, and how many other edges there are over all seeds."""
    of_group, others = 0, 0
    for seed in range(SEEDS):
        edges = pairs(case(size, objects, ordinary, seed, sitting), WINDOW_S, size + _ACCOUNTS)
        valid = bh(edges.p_values, edges.tests) <= Q
        within = edges.second < size
        of_group += int((valid & within).sum())
        others += int((valid & ~within).sum())
    return of_group / (SEEDS * size * (size - 1) // 2), others


def main() -> None:
    """Print the table and write `out/coordination_sparse.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sitting", type=int, default=1, help="how many objects the group shares in an hour")
    given = parser.parse_args()
    table, strangers = [], 0
    print(f"{'group':>12} {'objects':>8}   ordinary objects: " + " ".join(f"{n:>6}" for n in ORDINARY))
    for size, objects in itertools.product(SIZES, OBJECTS):
        shares = [found(size, objects, ordinary, given.sitting) for ordinary in ORDINARY]
        strangers += sum(count for _, count in shares)
        table.append({"size": size, "objects": objects, "found": dict(zip(ORDINARY, shares, strict=True))})
        print(f"{size:12} {objects:8}   {'':19}" + " ".join(f"{share:6.0%}" for share, _ in shares), flush=True)
    print(f"{strangers} other edges in all")
    OUT.mkdir(exist_ok=True)
    text = json.dumps(table, indent=1, sort_keys=True) + "\n"
    (OUT / "coordination_sparse.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
