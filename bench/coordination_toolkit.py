"""The coordination-network-toolkit 1.5 beside Vigie's kernel: the same edges, kind by kind, and the CPU time of both.

    python -m bench.coordination_toolkit [--toolkit PYTHON] [--rows 100000 1000000] [--data DATA]

PYTHON is an interpreter that has the toolkit (`python -m venv T; T/bin/pip install coordination-network-toolkit`); by
default this one. Where it has none the bench says so and ends. Both read the same messages; the toolkit from the CSV
file of its own `preprocess_csv_files`, Vigie's kernel under the mapping of `bench._toolkit`. Compared are whole tables
of edges, loops included, from account to account with their weights.

Data: the share logs published with CooRTweet (as links of messages; then each share as a message of its own that
reposts, answers or says its object), the tweets of the candidates of 2022, and logs of `bench._shares`. Then counts of
what Vigie's own settings make of the same logs, so that differences of definition have figures.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from bench._measure import OUT, run
from bench._shares import shares
from bench._toolkit import Edges, message_key, toolkit_edges
from vigie.kernels.share_pairs import SharePairs
from vigie.text.normalise import normalise, word_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

SETS: Final = ("russian_coord_tweets", "de_urls", "de_domains", "de_hashtags", "de_images", "de_fb_urls")
HEADER: Final = ("message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls")
KINDS: Final = {
    "co_link": "compute_co_link_network",
    "co_retweet": "compute_co_retweet_parallel",
    "co_reply": "compute_co_reply_network",
    "co_tweet": "compute_co_tweet_network",
    "co_post": "compute_co_post_network",
    "co_similar_tweet": "compute_co_similar_tweet",
}
MAPPED: Final = tuple(kind for kind in KINDS if kind != "co_similar_tweet")
_LINK: Final = re.compile(r"https?://\S+")
WORDS_MIN: Final = 6
# Runs in the toolkit's interpreter: reads messages, computes networks, writes their edges.
_DRIVER: Final = """
import csv, json, sys
from coordination_network_toolkit import compute_networks, graph, preprocess
if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    preprocess.preprocess_csv_files(asked["db"], [asked["messages"]])
    for n, (kind, function, window, least) in enumerate(asked["networks"]):
        getattr(compute_networks, function)(asked["db"], window, min_edge_weight=least, n_threads=asked["processes"])
        with open(asked["out"] % n, "w", newline="") as file:
            csv.writer(file).writerows(row[:3] for row in graph.get_edge_rows(asked["db"], kind, loops=True))
"""


class Message(NamedTuple):
    """One row of the toolkit's input."""

    account: int
    time: int
    text: str = ""
    urls: tuple[str, ...] = ()
    repost_of: str = ""
    reply_to: str = ""


class Asked(NamedTuple):
    """One network: kind, window in seconds, least weight."""

    kind: str
    window: int
    least: int = 1


def objects_of(message: Message, kind: str) -> Sequence[str]:
    """Return what the toolkit takes a message's objects to be; a message without links has one, the empty link."""
    if kind == "co_link":
        return () if message.repost_of else message.urls or ("",)
    if kind == "co_retweet":
        return (message.repost_of,) if message.repost_of else ()
    if kind == "co_reply":
        return (message.reply_to,) if message.reply_to and not message.repost_of else ()
    if kind == "co_tweet":
        return () if message.repost_of else (message_key(message.text),)
    return ("",)


def ours(messages: Sequence[Message], asked: Asked) -> tuple[Edges, float]:
    """Return the edges from Vigie's kernel, and the CPU seconds it took from arrays."""
    rows = [(n, o) for n, message in enumerate(messages) for o in objects_of(message, asked.kind)]
    codes: dict[str, int] = {}
    objects = np.array([codes.setdefault(o, len(codes)) for _, o in rows], np.int32)
    at = np.array([n for n, _ in rows], np.int32)
    accounts = np.array([m.account for m in messages], np.int32)[at]
    times = np.array([m.time for m in messages], np.int64)[at]
    before = time.process_time()
    edges = toolkit_edges(
        objects, accounts, at, times, window=asked.window, weight_min=asked.least, loops=True
    )  # fmt: skip
    return edges, time.process_time() - before


def theirs(python: str, messages: Iterable[Message], asked: Sequence[Asked]) -> tuple[list[Edges], float]:
    """Return the toolkit's edges for each network, and its CPU seconds from the file of messages to all of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "messages.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            for n, m in enumerate(messages):
                writer.writerow((n, m.account, "", m.repost_of, m.reply_to, m.text, m.time, " ".join(m.urls)))
        networks = [(a.kind, KINDS[a.kind], a.window, a.least) for a in asked]
        order: dict[str, Any] = {
            "db": str(folder / "db"),
            "messages": str(folder / "messages.csv"),
            "out": str(folder / "edges%d.csv"),
        }
        order |= {"networks": networks, "processes": min(2, os.cpu_count() or 1)}
        cpu_s, _ = run([python, "-c", _DRIVER, json.dumps(order)])
        found = [np.loadtxt(folder / f"edges{n}.csv", np.int64, delimiter=",", ndmin=2) for n in range(len(asked))]
    found = [rows.reshape(-1, 3)[np.lexsort((rows[:, 1], rows[:, 0]))] for rows in found]
    return [Edges(rows[:, 0].astype(np.int32), rows[:, 1].astype(np.int32), rows[:, 2]) for rows in found], cpu_s


def equal(one: Edges, other: Edges) -> bool:
    """Tell whether both have the same edges with the same weights."""
    return all(np.array_equal(one[k], other[k]) for k in range(len(one)))


def compared(python: str, name: str, messages: Sequence[Message], asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """Print and return for each network whether both agree, and what they cost."""
    report = []
    found, cpu_s = theirs(python, messages, asked)
    for one, edges in zip(asked, found, strict=True):
        mine, my_cpu_s = ours(messages, one)
        same = equal(mine, edges)
        loops = int((edges.source == edges.target).sum())
        print(
            f"{name:22} {one.kind:11} {one.window:6} s, least {one.least}: {len(edges.source) - loops:9,} edges and "
            f"{loops:7,} loops, {'equal' if same else 'DIFFERENT'}",
            flush=True,
        )
        row = {"data": name, "edges": len(edges.source) - loops, "loops": loops, "equal": same, **one._asdict()}
        report.append(row | {"kernel_cpu_s": my_cpu_s})
    kernel = sum(row["kernel_cpu_s"] for row in report)
    print(
        f"{'':22} from messages to {len(asked)} networks: toolkit {cpu_s:.1f} CPU s; from arrays, kernel {kernel:.2f}"
    )
    return [row | {"toolkit_cpu_s": cpu_s} for row in report]


def pair_set(edges: Edges) -> set[tuple[int, int]]:
    """Return the pairs of different accounts with an edge either way."""
    return {(min(a, b), max(a, b)) for a, b in zip(edges.source.tolist(), edges.target.tolist(), strict=True) if a != b}


def share_log(path: Path) -> list[tuple[str, int, str, int]]:
    """Read a share log: object, account's number, content, second."""
    accounts: dict[str, int] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = [accounts.setdefault(r["account_id"], len(accounts)) for r in rows]
    seconds = [int(r["timestamp_share"]) for r in rows]
    return [(r["object_id"], n, r["content_id"], at) for r, n, at in zip(rows, numbers, seconds, strict=True)]


def as_links(log: Sequence[tuple[str, int, str, int]]) -> list[Message]:
    """Return a log's contents as messages with links; a content of two accounts or moments is several messages."""
    links: dict[tuple[str, int, int], dict[str, None]] = {}
    for object_id, account, content, second in log:
        links.setdefault((content, account, second), {})[object_id] = None
    return [Message(account, second, urls=tuple(urls)) for (_, account, second), urls in links.items()]


def candidates(data: Path) -> list[Message]:
    """Return the tweets of the candidates of 2022."""
    accounts: dict[str, int] = {}
    made = []
    with gzip.open(data / "organic-controls/dev/fr_candidates_2022.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            refers = row["referenced_tweet_id"]
            made.append(
                Message(
                    accounts.setdefault(row["username"], len(accounts)),
                    int(np.datetime64(row["datetime"][:19].replace(" ", "T"), "s").astype(np.int64)),
                    row["text"],
                    tuple(dict.fromkeys(_LINK.findall(row["text"]))),
                    refers if row["type"] == "retweet" else "",
                    refers if row["type"] == "reply" else "",
                )
            )
    return made


def trolls(data: Path) -> list[Message]:
    """Return tweets of a panel of the operation's accounts in spring 2017; those it marks as retweets are reposts."""
    accounts: dict[str, int] = {}
    path = data / "ira-trolls/dev/panel_2017-01-15_2017-05-15.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [
            Message(
                accounts.setdefault(row["author_id"], len(accounts)),
                int(np.datetime64(row["publish_date"].replace(" ", "T"), "s").astype(np.int64)),
                row["content"],
                repost_of=f"unknown {n}" if row["retweet"] == "1" else "",
            )
            for n, row in enumerate(csv.DictReader(file))
        ]


def texts(python: str, data: Path, window: int = 60) -> dict[str, int]:
    """Print and return how many pairs the toolkit's two kinds of equal text have, and Vigie's `text`, and share."""
    messages = trolls(data)
    asked = [Asked("co_tweet", window), Asked("co_similar_tweet", window)]
    said, similar = map(pair_set, theirs(python, messages, asked)[0])
    keys = [normalise(m.text) for m in messages]
    at = np.array(
        [n for n, m in enumerate(messages) if not m.repost_of and word_count(keys[n]) >= WORDS_MIN], np.int32
    )  # fmt: skip
    objects = np.unique(np.array(keys)[at], return_inverse=True)[1].astype(np.int32)
    accounts, times = (np.array([m[k] for m in messages], np.int64)[at] for k in (0, 1))
    text = pair_set(toolkit_edges(objects, accounts.astype(np.int32), at, times, window=window))
    counts = {"co_tweet": len(said), "co_similar_tweet": len(similar), "text": len(text)}
    counts |= {"text and co_tweet": len(text & said), "text and co_similar_tweet": len(text & similar)}
    print(f"trolls 2017, pairs with an equal text within {window} s: {json.dumps(counts)}", flush=True)
    return counts


def beside_coortweet(name: str, log: Sequence[tuple[str, int, str, int]], window: int = 60) -> dict[str, int]:
    """Print and return how the toolkit's edges and CooRTweet's of one log differ, both from the kernel."""
    links = as_links(log)
    edges, _ = ours(links, Asked("co_link", window))
    weights = {pair: int(w) for *pair_, w in zip(*edges, strict=True) if (pair := tuple(map(int, pair_)))}
    rows = [(n, o) for n, m in enumerate(links) for o in m.urls]
    objects = np.unique(np.array([o for _, o in rows]), return_inverse=True)[1].astype(np.int32)
    at = np.array([n for n, _ in rows], np.int32)
    accounts, times = (np.array([m[k] for m in links], np.int64)[at] for k in (0, 1))
    count = int(accounts.max()) + 1
    counts = {"toolkit": len(pair_set(edges))}
    for least in (1, 2):
        pairs = SharePairs(
            objects=objects,
            accounts=accounts.astype(np.int32),
            contents=at,
            times=times,
            twins=np.full(int(objects.max()) + 1, -1, np.int32),
            ranks=np.arange(count, dtype=np.int32),
            content_count=len(links),
            window=window,
            participation_min=least,
        )
        made = {
            (int(e.first[n]), int(e.second[n])): int(e.weight[n]) for e in pairs.edges() for n in range(len(e.first))
        }
        counts[f"CooRTweet, participation {least}"] = len(made)
        counts[f"weights alike, participation {least}"] = sum(
            weights.get((a, b)) == weights.get((b, a)) == weight for (a, b), weight in made.items()
        )
    print(f"{name:22} pairs within {window} s: {json.dumps(counts)}", flush=True)
    return counts


def on_data(python: str, data: Path) -> list[dict[str, Any]]:
    """Compare on the data folder."""
    report = []
    for name in SETS:
        log = share_log(data / "coordination" / f"{name}.csv.gz")
        beside_coortweet(name, log)
        links = [Asked("co_link", window, least) for window, least in ((10, 1), (60, 1), (60, 2))]
        report += compared(python, name, as_links(log), links)
        said = [Message(account, second, o, reply_to=o) for o, account, _, second in log]
        report += compared(python, name, said, [Asked("co_tweet", 60), Asked("co_reply", 60)])
        reposted = [Message(account, second, repost_of=o) for o, account, _, second in log]
        report += compared(python, name, reposted, [Asked("co_retweet", 60)])
    asked = [Asked(kind, window) for window in (60, 3600) for kind in MAPPED]
    report += compared(python, "candidates 2022", candidates(data), asked)
    linked = [m for m in candidates(data) if m.urls]
    for window in (60, 3600):
        pairs = pair_set(ours(linked, Asked("co_link", window))[0])
        print(f"{'':22} co_link {window:6} s, without the messages that have no link: {len(pairs):,} pairs", flush=True)
    report += compared(python, "trolls 2017", trolls(data), [Asked("co_tweet", 60), Asked("co_post", 60)])
    texts(python, data)
    return report


def arrays(rows: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Return a generated log: objects, accounts, seconds."""
    objects, accounts, times, _ = shares(rows, 7)
    return objects, accounts, times


def coshare(shares_csv: Path, window: int) -> tuple[float, float]:
    """Run `vigie coshare` without a least participation; return CPU seconds and memory in MB."""
    command = [sys.executable, "-m", "vigie.cli", "coshare", str(shares_csv), "--window", str(window)]
    return run([*command, "--min-participation", "1", "-o", str(shares_csv.with_name("edges.csv"))])


def warm_up(window: int) -> None:
    """Let the kernels be compiled and cached: that happens once on a machine."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "shares.csv"
        rows = (f"o{n // 3},a{n % 3},{n},{n}\n" for n in range(300))
        path.write_text("object_id,account_id,content_id,timestamp_share\n" + "".join(rows), encoding="utf-8")
        coshare(path, window)


def timed(python: str, rows: int, window: int) -> dict[str, Any]:
    """Compare on a generated log, and time `vigie coshare` on the same shares, a process of its own."""
    objects, accounts, times = arrays(rows)
    messages = [
        Message(account, second, urls=(f"https://news.example/{o}",))
        for o, account, second in zip(objects.tolist(), accounts.tolist(), times.tolist(), strict=True)
    ]
    (row,) = compared(python, f"{rows:,} shares", messages, [Asked("co_link", window)])
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "shares.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write("object_id,account_id,content_id,timestamp_share\n")
            file.writelines(f"{m.urls[0]},user_{m.account},{n},{m.time}\n" for n, m in enumerate(messages))
        row["coshare_cpu_s"], memory_mb = coshare(path, window)
    ratio = row["toolkit_cpu_s"] / row["coshare_cpu_s"]
    print(
        f"{'':22} file to edges: toolkit {row['toolkit_cpu_s']:.1f} CPU s, vigie coshare {row['coshare_cpu_s']:.2f} "
        f"(x {ratio:.1f}), {memory_mb:,.0f} MB",
        flush=True,
    )
    return row | {"rows": rows, "ratio": ratio}


def has_toolkit(python: str) -> bool:
    """Tell whether an interpreter is there and has the toolkit."""
    command = [python, "-c", "import coordination_network_toolkit"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def main() -> int:
    """Print the comparisons and write `out/coordination_toolkit.json`; 1 where an edge differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toolkit", default=sys.executable, help="an interpreter that has the toolkit")
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[1].parent / "shared" / "data")
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000])
    parser.add_argument("--window", type=int, default=60, help="seconds, for the generated logs")
    given = parser.parse_args()
    if not has_toolkit(given.toolkit):
        print(f"skipped: {given.toolkit} has no coordination_network_toolkit (--toolkit PYTHON names one that has)")
        return 0
    report = []
    if (given.data / "coordination").is_dir():
        report += on_data(given.toolkit, given.data)
    else:
        print(f"no data in {given.data}: the published logs and the candidates' tweets are left out")
    warm_up(given.window)
    report += [timed(given.toolkit, rows, given.window) for rows in given.rows]
    OUT.mkdir(exist_ok=True)
    (OUT / "coordination_toolkit.json").write_text(
        json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    different = sum(not row["equal"] for row in report)
    print(f"{len(report)} networks, {len(report) - different} equal")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
