"""False alarms: ordinary politicians through the product's own chain, and real logs of which chance made copies.

    python -m bench.coordination_controls [--data DATA] [--shuffles 100] [--only alarms|copies]

Alarms: tweets of known politicians (the folder `organic-controls`, its part for developers) are added to a case, shared
objects taken, pairs tested with the default settings. Printed is the share of accounts in a pair with q <= 0.05, by
kind of object and pooled, three times: as Vigie counts reposts; with unmarked reposts ("RT @name ..." that the export
does not mark) taken for originals; and with every repost taken for an original. Beside it the share of originals of six
words or more whose text another account has too.

Copies: what real logs look like where chance alone acts. `accounts` deals the shares of each hour anew among those who
share in it, which is what the activity null says; `jitter` moves each share by up to half the reach, which is what the
timing null says; `clock` deals the moments of all shares anew among all of them. An edge stands if both nulls are
refused, so no more than 5 of 100 copies should have one. `times` deals the moments of each object anew among its
shares. It is no null's copy where an object was shared within one window only, as all who shared it still meet; so it
is made a second time without such objects ("lasting"). Beside it how often p-values of 0.001 or less come up in copies
by what they promise: those used (the larger, of pairs tested) and those of the activity null alone (of all pairs).
Above 1 they promise too much.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bench._coordination import HOUR_S, Log, Q, coded, logs_of, pairs
from bench._measure import OUT
from bench._posts import CONTROLS, corpus_hash, posts_of, trolls
from bench._shares import shares
from bench.coordination_truth import SHUFFLES, arranged
from vigie.kernels.co_share_activity import CELL_SHARES, cells_of
from vigie.kernels.co_share_tail import tail
from vigie.kernels.q_values import bh
from vigie.measures import measured, named
from vigie.text.normalise import normalise, word_count
from vigie.text.reposts import reposted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench._posts import Row

SETS: Final = ("russian_coord_tweets", "de_urls", "de_domains", "de_hashtags", "de_images", "de_fb_urls")
WINDOW_S: Final = 60
# Every kind, those included that the defaults do not look at.
WINDOWS: Final = {
    "url": 60, "text": 60, "hashtag": 60, "media": 60, "repost": 10, "reply": 60, "quote": 60, "mention": 60,
    "domain": 60, "url_hashtag": 60,
}  # fmt: skip
DEFAULTS: Final = ("url", "text", "hashtag", "media", "repost", "reply")
LEVEL: Final = 1e-3
WORDS_MIN: Final = 6


def as_originals(rows: Iterable[Row], *, every: bool) -> list[Row]:
    """Return rows whose unmarked reposts, or all reposts, pass for posts of their own."""
    made = []
    for row in rows:
        if row.get("repost_of") and not every:
            made.append(row)
            continue
        said = reposted(row["text"])
        made.append(row | {"text": said[1].strip() if said else row["text"], "repost_of": ""})
    return made


def copied(rows: Iterable[Row]) -> tuple[int, int]:
    """Return of originals of six words or more: how many another account has word for word, and how many there are."""
    whose: dict[str, set[str]] = {}
    keys = []
    for row in rows:
        key = normalise(row["text"])
        if row.get("repost_of") or reposted(row["text"]) or word_count(key) < WORDS_MIN:
            continue
        keys.append(key)
        whose.setdefault(key, set()).add(row["channel_id"])
    return sum(len(whose[key]) > 1 for key in keys), len(keys)


def alarms(rows: list[Row], kinds: Iterable[str]) -> dict[str, Any]:
    """Return how many accounts are in a pair with q <= 0.05, by kind and in all; tests of the kinds are pooled."""
    windows: dict[str, Any] = {f"{kind}_window_s": WINDOWS[kind] if kind in kinds else 0 for kind in WINDOWS}
    posts = posts_of(rows)
    edges = measured(named("co_share_edges"), {"posts": posts}, **windows)
    found = [row for row in edges.to_pylist() if row["row"] == "pair"]
    valid = [row for row in found if row["q_value"] <= Q]
    by_kind = {
        kind: len({row[side] for row in valid if row["object_kind"] == kind for side in ("channel_a", "channel_b")})
        for kind in sorted({row["object_kind"] for row in found})
    }
    return {
        "accounts": len({row["channel_id"] for row in rows}),
        "pairs listed": len(found),
        "pairs": len(valid),
        "in pairs": len({row[side] for row in valid for side in ("channel_a", "channel_b")}),
        "by kind": {kind: count for kind, count in by_kind.items() if count},
        "least p": min((row["p_value"] for row in found), default=None),
    }


def alarm_table(data: Path) -> dict[str, Any]:
    """Print and return the false alarms of each set of politicians, and of all together."""
    same, of = copied(trolls(data))
    print(
        f"trolls: text shared with another account: {same:,} of {of:,} originals ({100 * same / of:.2f} %)", flush=True
    )
    sets = {name: read(data) for name, read in CONTROLS.items()}
    sets["all of them"] = [row for rows in sets.values() for row in rows]
    table = {}
    for name, rows in sets.items():
        ways = {
            "as counted": rows,
            "unmarked as originals": as_originals(rows, every=False),
            "reposts as originals": as_originals(rows, every=True),
        }
        for way, those in ways.items():
            same, of = copied(those)
            row = alarms(those, DEFAULTS) | {"every kind": alarms(those, WINDOWS), "copied": same, "originals": of}
            table[f"{name}, {way}"] = row
            whole = row["every kind"]
            print(
                f"{name}, {way}: {row['in pairs']} of {row['accounts']} accounts in pairs "
                f"({100 * row['in pairs'] / row['accounts']:.1f} %), of all kinds {whole['in pairs']}; "
                f"{row['pairs listed']} and {whole['pairs listed']} pairs listed, least p {whole['least p']}; "
                f"text shared with another account: {same:,} of {of:,} originals ({100 * same / max(1, of):.2f} %)",
                flush=True,
            )
    return table


def share_log(path: Path) -> Log:
    """Read a share log in CooRTweet's columns."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [(r["object_id"], r["account_id"], int(r["timestamp_share"])) for r in csv.DictReader(file)]
    objects, channels = (coded([row[k] for row in rows]) for k in (0, 1))
    return Log(objects, channels, np.array([row[2] for row in rows], np.int64))


def lasting(log: Log) -> Log:
    """Return the shares of objects that were shared over longer than the window."""
    count = int(log.objects.max()) + 1
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, log.objects, log.times)
    np.maximum.at(last, log.objects, log.times)
    kept = last[log.objects] - first[log.objects] > WINDOW_S
    return Log(coded(log.objects[kept]), log.channels[kept], log.times[kept])


def kinds_of(rows: list[Row], shares_min: int = 1000) -> dict[str, Log]:
    """Return the shares of posts by kind, of kinds with many."""
    table = measured(named("shares"), {"posts": posts_of(rows)})
    logs = logs_of(table, np.unique(np.asarray(table["channel"].to_pylist(), str)))
    return {kind: log for kind, log in logs.items() if len(log.objects) >= shares_min}


def logs(data: Path, rows: int) -> dict[str, Log]:
    """Return every log that copies are made of."""
    found = {name: share_log(data / "coordination" / f"{name}.csv.gz") for name in SETS}
    found |= {f"candidates 2022, {k}": log for k, log in kinds_of(CONTROLS["candidates 2022"](data)).items()}
    found |= {f"trolls, {k}": log for k, log in kinds_of(trolls(data)).items()}
    for name, planted in (("generated", False), ("generated, with groups", True)):
        objects, channels, times, _ = shares(rows, 7, planted=planted)
        found[name] = Log(objects, channels, times)
    return found


def stretch_hours(log: Log) -> float:
    """Return how long the activity null's stretches of time are."""
    begin, end = int(log.times.min()), int(log.times.max())
    cells = cells_of(begin, end, len(log.times), window=WINDOW_S, cell_shares=CELL_SHARES, cell_min=HOUR_S)
    return cells.stretch_length / HOUR_S


def copies(log: Log, count: int, seed: int) -> dict[str, dict[str, float]]:
    """Return by shuffle: copies with an edge, edges a copy, the most of one, and p-values by what they promise."""
    channel_count = int(log.channels.max()) + 1
    whole, long = arranged(*log[:3]), arranged(*lasting(log)[:3])
    report = {}
    ways = [(name, shuffle, whole) for name, shuffle in SHUFFLES.items()]
    ways.append(("times, lasting", SHUFFLES["times"], long))
    for number, (name, shuffle, given) in enumerate(ways):
        draw = np.random.default_rng([seed, number])
        edges, tests, room = [], 0, 0
        low = dict.fromkeys(("activity", "larger"), 0)
        for _ in range(count):
            copy = shuffle(given, draw)
            found = pairs(copy, WINDOW_S, channel_count)
            edges.append(int((bh(found.p_values, found.tests) <= Q).sum()))
            tests += found.tests
            accounts = len(np.unique(copy.channels))
            room += accounts * (accounts - 1) // 2
            low["activity"] += int((tail(found.objects, found.activity) <= LEVEL).sum())
            low["larger"] += int((found.p_values <= LEVEL).sum())
        report[name] = {
            "copies": count,
            "with an edge": sum(n > 0 for n in edges),
            "edges a copy": float(np.mean(edges)),
            "most": max(edges),
            "tests a copy": tests / count,
            **{
                f"{null}, of promised": hits / max(1e-9, LEVEL * (room if null == "activity" else tests))
                for null, hits in low.items()
            },
        }
    return report


def copy_table(data: Path, count: int, rows: int) -> dict[str, Any]:
    """Print and return what the copies of each log have, beside what the log itself has."""
    table: dict[str, Any] = {}
    for name, log in logs(data, rows).items():
        found = pairs(log, WINDOW_S, int(log.channels.max()) + 1)
        valid = int((bh(found.p_values, found.tests) <= Q).sum())
        hours = stretch_hours(log)
        row: dict[str, Any] = {"shares": len(log.objects), "edges": valid, "tests": found.tests, "stretch_h": hours}
        print(
            f"{name}: {len(log.objects):,} shares, {valid} edges of {found.tests:,} tests, stretches of {hours:.1f} h",
            flush=True,
        )
        for shuffle, made in copies(log, count, 1).items():
            row[shuffle] = made
            print(f"    {shuffle:14} {json.dumps({k: round(v, 3) for k, v in made.items()})}", flush=True)
        table[name] = row
    return table


def files(data: Path) -> list[Path]:
    """Return the files of the politicians."""
    return sorted((data / "organic-controls/dev").glob("*.csv.gz"))


def floor_figures(data: Path) -> tuple[str, dict[str, dict[str, float]]]:
    """Return the corpus' hash, and the share of politicians who are in no pair, set by set."""
    figures = {}
    for name, read in CONTROLS.items():
        row = alarms(read(data), DEFAULTS)
        figures[name] = {"in_no_pair": 1 - row["in pairs"] / row["accounts"]}
    return corpus_hash(files(data)), figures


def main() -> None:
    """Print the tables and write `out/coordination_controls.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[1].parent / "shared" / "data")
    parser.add_argument("--shuffles", type=int, default=100)
    parser.add_argument("--rows", type=int, default=50_000, help="shares of the generated logs")
    parser.add_argument("--only", choices=("alarms", "copies"))
    given = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    path = OUT / "coordination_controls.json"
    report = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if given.only != "copies":
        report["alarms"] = alarm_table(given.data)
    if given.only != "alarms":
        report["copies"] = copy_table(given.data, given.shuffles, given.rows)
    path.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
