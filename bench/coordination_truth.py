"""Who is called coordinated where the truth is known: the two null models beside thresholds, and on shuffled copies.

    python -m bench.coordination_truth [--rows 100000] [--seeds 1 2 3] [--sittings] [--shuffles 100] [--data DATA]

An account is called coordinated if it has a validated edge, q <= 0.05 ("edge"), or if its connected component of such
edges has three accounts or more ("three"). Feeds are planted pairs with an innocent explanation: their edges are found,
as they should be, and counted apart; whoever took part in a rush or an appointment only is background, and wrong.

Shuffled copies: `accounts` deals the shares of each hour anew among those who share in it (the activity null), `times`
deals the moments of each object anew among its shares (who shares what is kept), `jitter` moves every share by up to
half the reach. On a log without planted groups no copy should have a validated edge in more than 5 of 100; where groups
are planted, `times` leaves objects that only a group shared as they were.

Seeds 1 to 5 were used to choose the parameters; 101 to 105 are for reporting.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from bench._measure import OUT
from bench._shares import shares
from vigie.kernels.co_share_null import REACH_WINDOWS, bh, tail
from vigie.kernels.co_shared import co_shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from bench._shares import Truth
    from vigie.kernels.co_shared import CoShared

WINDOW_S: Final = 60
Q: Final = 0.05
_HOUR: Final = 3600
_LEVELS: Final = (1e-3, 1e-4, 1e-5)


class Log(NamedTuple):
    """Shares sorted by object, then time."""

    objects: NDArray[np.int32]
    channels: NDArray[np.int32]
    times: NDArray[np.int64]


def arranged(objects: NDArray[np.int32], channels: NDArray[np.int32], times: NDArray[np.int64]) -> Log:
    """Sort shares by object, then time."""
    order = np.lexsort((times, objects))
    return Log(objects[order], channels[order], times[order])


def edges_of(log: Log, least: int = 2) -> CoShared:
    """Return the pairs that meet at `least` objects or more, under both nulls, with the default settings."""
    contents = np.arange(len(log.objects), dtype=np.int32)
    count = int(log.channels.max(initial=-1)) + 1
    return co_shared(
        log.objects,
        log.channels,
        contents,
        log.times,
        channel_count=count,
        window=WINDOW_S,
        least=least,
        cell_min=_HOUR,
    )


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


SHUFFLES: Final[dict[str, Callable[[Log, np.random.Generator], Log]]] = {
    "accounts": by_accounts,
    "times": by_times,
    "jitter": by_jitter,
}


def shuffled(log: Log, copies: int, seed: int) -> dict[str, dict[str, float]]:
    """Return by shuffle how many copies had a validated edge, how many edges, and p-values beside what they promise."""
    report: dict[str, dict[str, float]] = {}
    for name, shuffle in SHUFFLES.items():
        draw = np.random.default_rng([seed, copies, len(name)])
        hit, edges_in_all, most, tests = 0, 0, 0, 0
        below = {f"{null} p<={level:g}": 0 for null in ("activity", "timing", "larger") for level in _LEVELS}
        everything = 0
        for _ in range(copies):
            copy = shuffle(log, draw)
            edges = edges_of(copy)
            valid = int(validated(edges).sum())
            hit, edges_in_all, most = hit + (valid > 0), edges_in_all + valid, max(most, valid)
            accounts = len(np.unique(copy.channels))
            tests, everything = tests + edges.tests, everything + accounts * (accounts - 1) // 2
            p_of = {
                "activity": tail(edges.objects, edges.activity),
                "timing": tail(edges.objects, edges.timing),
                "larger": edges.p_values,
            }
            for null, p_values in p_of.items():
                for level in _LEVELS:
                    below[f"{null} p<={level:g}"] += int((p_values <= level).sum())
        report[name] = {"copies": copies, "with an edge": hit, "edges": edges_in_all, "most": most}
        for what, count in below.items():
            of = everything if what.startswith("activity") else tests
            report[name][f"{what}, of promised"] = count / max(1e-9, of * float(what.split("=")[1]))
    return report


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
    """Print and return the mean scores over seeds: the nulls, each alone, and thresholds."""
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
            "timing alone": bh(tail(edges.objects, edges.timing), edges.tests) <= Q,
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


def organic(folder: Path) -> dict[str, Log]:
    """Return the tweets of candidates as shares: retweeted or quoted tweets, links, hashtags."""
    found: dict[str, list[tuple[str, str, int]]] = {"referenced": [], "url": [], "hashtag": []}
    with gzip.open(folder / "fr_candidates_2022.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            moment = int(np.datetime64(row["datetime"][:19].replace(" ", "T"), "s").astype(np.int64))
            if row["referenced_tweet_id"]:
                found["referenced"].append((row["referenced_tweet_id"], row["username"], moment))
            for kind, pattern in (("url", r"https?://\S+"), ("hashtag", r"#\w+")):
                found[kind] += [(one, row["username"], moment) for one in set(re.findall(pattern, row["text"].lower()))]
    return {kind: coded(rows) for kind, rows in found.items()}


def real(path: Path) -> Log:
    """Read a share log in CooRTweet's columns."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [(r["object_id"], r["account_id"], int(float(r["timestamp_share"]))) for r in csv.DictReader(file)]
    return coded(rows)


def coded(rows: list[tuple[str, str, int]]) -> Log:
    """Give objects and accounts numbers, and arrange."""
    objects = np.unique(np.array([row[0] for row in rows]), return_inverse=True)[1].astype(np.int32)
    channels = np.unique(np.array([row[1] for row in rows]), return_inverse=True)[1].astype(np.int32)
    return arranged(objects, channels, np.array([row[2] for row in rows], np.int64))


def real_table(data: Path, copies: int) -> dict[str, dict[str, float]]:
    """Print and return how many accounts have a validated edge in real logs, and in shuffled copies."""
    logs = {f"candidates 2022, {k}": v for k, v in organic(data / "organic-controls" / "dev").items()}
    for path in sorted((data / "coordination").glob("*.csv.gz")):
        if not path.name.startswith("expected"):
            logs[path.name.removesuffix(".csv.gz")] = real(path)
    table = {}
    for name, log in logs.items():
        edges = edges_of(log)
        who = called(edges, validated(edges), int(log.channels.max()) + 1)
        accounts = len(np.unique(log.channels))
        row: dict[str, float] = {"shares": len(log.objects), "accounts": accounts, "listed": len(edges.first)}
        row |= {"edges": int(validated(edges).sum()), "called": int(who["edge"].sum())}
        for shuffle, figures in shuffled(log, copies, 1).items():
            row[f"{shuffle}: copies with an edge"] = figures["with an edge"]
            row[f"{shuffle}: most"] = figures["most"]
        table[name] = row
        print(name, json.dumps(row), flush=True)
    return table


def main() -> None:
    """Print the tables and write `out/coordination_truth.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--sittings", action="store_true", help="accounts share in sittings: harder")
    parser.add_argument("--shuffles", type=int, default=0, help="copies of a log without groups, and of one with")
    parser.add_argument("--data", type=Path, help="the folder that has `organic-controls` and `coordination`")
    given = parser.parse_args()
    report: dict[str, object] = {"rows": given.rows, "seeds": given.seeds}
    report["truth"] = truth_table(given.rows, given.seeds, sittings=given.sittings)
    if given.shuffles:
        for planted in (False, True):
            objects, channels, times, _ = shares(given.rows, given.seeds[0], planted=planted, sittings=given.sittings)
            log = arranged(objects, channels, times)
            name = "planted" if planted else "background only"
            report[f"shuffled, {name}"] = found = shuffled(log, given.shuffles, given.seeds[0])
            for shuffle, figures in found.items():
                print(f"{name}, {shuffle}: {json.dumps({k: round(v, 3) for k, v in figures.items()})}", flush=True)
            if not planted:
                report["means"] = beside = means(log, given.shuffles, given.seeds[0])
                for row in beside:
                    print(json.dumps(row))
    if given.data:
        report["real"] = real_table(given.data, given.shuffles)
    OUT.mkdir(exist_ok=True)
    (OUT / "coordination_truth.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
