"""Who is called coordinated where the truth is known: both null models, one alone, and thresholds.

    python -m bench.coordination_truth [--rows 100000] [--seeds 1 2 3] [--sittings] [--shuffles 100]

An account is called coordinated if it has a validated edge, q <= 0.05 ("edge"), or if its connected component of such
edges has three accounts or more ("three"). Feeds are planted pairs with an innocent explanation: their edges are found,
as they should be, and counted apart; whoever took part in a rush or an appointment only is background, and wrong.
"Activity alone" is the activity null's p-value, of all pairs of accounts; the timing null is nowhere asked alone.

Shuffles: copies of a log without planted groups. For the listed pairs, at how many objects they meet in copies, beside
how many the formulas expect. `accounts` deals the shares of each hour anew among those who share in it (the activity
null), `times` deals the moments of each object anew among its shares (who shares what is kept), `jitter` moves every
share by up to half the reach (the timing null). `bench.coordination_controls` counts the edges of such copies.

Seeds 1 to 5 were used to choose the parameters; 101 to 105 are for reporting.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from bench._coordination import Log, Q, pairs
from bench._measure import OUT
from bench._shares import shares
from vigie.kernels.co_share_null import REACH_WINDOWS
from vigie.kernels.co_share_tail import tail
from vigie.kernels.q_values import bh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from bench._shares import Truth
    from vigie.kernels.co_shared import CoShared

WINDOW_S: Final = 60
_HOUR: Final = 3600


def arranged(objects: NDArray[np.int32], channels: NDArray[np.int32], times: NDArray[np.int64]) -> Log:
    """Sort shares by object, then time."""
    order = np.lexsort((times, objects))
    return Log(objects[order], channels[order], times[order])


def edges_of(log: Log, least: int = 2) -> CoShared:
    """Return the pairs that meet at `least` objects or more, under both nulls, with the default settings."""
    return pairs(log, WINDOW_S, int(log.channels.max(initial=-1)) + 1, least=least)


def validated(edges: CoShared) -> NDArray[np.bool_]:
    """Return which edges have q <= 0.05."""
    return bh(edges.p_values, edges.tests) <= Q


def called(edges: CoShared, valid: NDArray[np.bool_], accounts: int) -> dict[str, NDArray[np.bool_]]:
    """Return by rule which accounts are called coordinated."""
    a, b = edges.first[valid], edges.second[valid]
    graph = coo_matrix((np.ones(len(a)), (a, b)), (accounts, accounts))
    _, part = connected_components(graph, directed=False)
    with_edge = np.zeros(accounts, np.bool_)
    with_edge[a] = with_edge[b] = True
    return {"edge": with_edge, "three": np.bincount(part)[part] >= 3}


def scores(edges: CoShared, valid: NDArray[np.bool_], truth: Truth) -> dict[str, float]:
    """Return precision and recall by rule, feeds apart, and how many edges are right."""
    member, fed = truth.group >= 0, truth.feed >= 0
    found: dict[str, float] = {}
    for rule, who in called(edges, valid, len(truth.group)).items():
        right, wrong = int((who & member).sum()), int((who & ~member & ~fed).sum())
        found[f"{rule} precision"] = right / (right + wrong) if right + wrong else 1.0
        found[f"{rule} recall"] = right / int(member.sum())
        found[f"{rule} strangers"] = wrong
        found[f"{rule} feeds"] = int((who & fed).sum())
    found["feeds"] = int(fed.sum())
    found["edges"] = int(valid.sum())
    within = member[edges.first] & (truth.group[edges.first] == truth.group[edges.second])
    found["edges within a group"] = int((valid & within).sum())
    return found


def by_accounts(log: Log, draw: np.random.Generator) -> Log:
    """Deal the shares of each hour anew among the accounts that share in it."""
    hour = log.times // _HOUR
    channels = np.empty_like(log.channels)
    channels[np.argsort(hour, kind="stable")] = log.channels[np.lexsort((draw.random(len(hour)), hour))]
    return log._replace(channels=channels)


def by_times(log: Log, draw: np.random.Generator) -> Log:
    """Deal the moments of each object anew among its shares."""
    return log._replace(channels=log.channels[np.lexsort((draw.random(len(log.objects)), log.objects))])


def by_jitter(log: Log, draw: np.random.Generator) -> Log:
    """Move every share by up to half the reach, either way."""
    half = REACH_WINDOWS * WINDOW_S // 2
    times = log.times + draw.integers(-half, half + 1, len(log.times))
    order = np.lexsort((times, log.objects))
    return Log(log.objects[order], log.channels[order], times[order])


def by_clock(log: Log, draw: np.random.Generator) -> Log:
    """Deal the moments of all shares anew among all of them."""
    return arranged(log.objects, log.channels, draw.permutation(log.times))


SHUFFLES: Final[dict[str, Callable[[Log, np.random.Generator], Log]]] = {
    "accounts": by_accounts,
    "times": by_times,
    "jitter": by_jitter,
    "clock": by_clock,
}


def means(log: Log, copies: int, seed: int) -> list[dict[str, float | str]]:
    """Return, by the expected number, the mean over copies beside it: for the listed edges, under both nulls."""
    edges = edges_of(log)
    keys = edges.first.astype(np.int64) << 32 | edges.second
    rows: list[dict[str, float | str]] = []
    for null, shuffle, expected in (
        ("activity", by_accounts, edges.activity),
        ("timing", by_times, edges.timing),
        ("timing", by_jitter, edges.timing),
    ):
        draw = np.random.default_rng([seed, 7])
        total = np.zeros(len(keys))
        for _ in range(copies):
            seen = edges_of(shuffle(log, draw), least=1)
            both = seen.first.astype(np.int64) << 32 | seen.second
            at = np.minimum(np.searchsorted(both, keys), len(both) - 1)
            total += np.where(both[at] == keys, seen.objects[at], 0)
        for low, high in ((0, 0.01), (0.01, 0.1), (0.1, 0.5), (0.5, 2), (2, np.inf)):
            some = (expected >= low) & (expected < high)
            if some.any():
                row: dict[str, float | str] = {"null": null, "shuffle": shuffle.__name__, "from": low}
                row |= {"edges": int(some.sum()), "expected": float(expected[some].mean())}
                rows.append(row | {"permuted": float(total[some].mean() / copies)})
    return rows


def truth_table(rows: int, seeds: Iterable[int], *, sittings: bool) -> dict[str, dict[str, float]]:
    """Print and return the mean scores over seeds: both nulls, the activity null alone, and thresholds."""
    gathered: dict[str, list[dict[str, float]]] = {}
    for seed in seeds:
        began = time.process_time()
        objects, channels, times, truth = shares(rows, seed, sittings=sittings)
        made = time.process_time()
        edges = edges_of(Log(objects, channels, times))
        ended = time.process_time()
        print(
            f"seed {seed}: {len(edges.first):,} pairs of {edges.tests:,} tested, {len(edges.crowd_objects)} crowds; "
            f"CPU seconds: {made - began:.1f} to generate, {ended - made:.2f} for pairs and both nulls",
            flush=True,
        )
        accounts = len(np.unique(channels))
        ways = {
            "q <= 0.05": validated(edges),
            "activity alone": bh(tail(edges.objects, edges.activity), accounts * (accounts - 1) // 2) <= Q,
            **{f"at least {k} objects": edges.objects >= k for k in (2, 3, 5)},
        }
        for way, valid in ways.items():
            gathered.setdefault(way, []).append(scores(edges, valid, truth))
    table = {}
    print(
        f"{'':20} {'precision':>17} {'recall':>17} {'strangers':>10} {'feeds':>12} {'edges':>8} {'of them right':>14}"
    )
    for way, found in gathered.items():
        table[way] = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
        table[way]["worst edge precision"] = min(one["edge precision"] for one in found)
        table[way]["worst edge recall"] = min(one["edge recall"] for one in found)
        t = table[way]
        print(
            f"{way:20} {t['edge precision']:.3f} (low {t['worst edge precision']:.3f})"
            f" {t['edge recall']:.3f} (low {t['worst edge recall']:.3f}) {t['edge strangers']:10.1f}"
            f" {t['edge feeds']:5.1f} of {t['feeds']:.0f} {t['edges']:8.0f} {t['edges within a group']:14.0f}"
            f"   components of three: {t['three precision']:.3f}, {t['three recall']:.3f}"
        )
    return table


def main() -> None:
    """Print the tables and write `out/coordination_truth.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--sittings", action="store_true", help="accounts share in sittings: harder")
    parser.add_argument("--shuffles", type=int, default=0, help="copies of a log without groups")
    given = parser.parse_args()
    report: dict[str, object] = {"rows": given.rows, "seeds": given.seeds}
    report["truth"] = truth_table(given.rows, given.seeds, sittings=given.sittings)
    if given.shuffles:
        objects, channels, times, _ = shares(given.rows, given.seeds[0], planted=False, sittings=given.sittings)
        report["means"] = beside = means(arranged(objects, channels, times), given.shuffles, given.seeds[0])
        for row in beside:
            print(json.dumps(row))
    OUT.mkdir(exist_ok=True)
    (OUT / "coordination_truth.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
