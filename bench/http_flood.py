"""Floods found and false alarms raised, in made-up fortnights of a web server's log.

    python -m bench.http_flood --logs 40

Each log has readers by hour of the day with busy and dull days (gamma, 30 %), visits of a page with its files and a
second page, a crawler in bursts, a monitor, and background scanners. Then: nothing else; a night with 3 to 10 times the
readers; a link that thousands follow to one page within the hour; floods from 1, 50 and 2,000 sources, short and slow.
Prints how many logs of each kind gave a finding, and for floods how much of it lies in the evidence and how pure that
is; writes `bench/out/http_flood.json`. "bare minimum" is the false-alarm rate by counts alone: every floor on size,
rate and ratio taken away, which the stated `p_max` of 0.01 has to bound.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from bench._measure import OUT
from vigie.detectors.http_flood import MEASURE, http_flood
from vigie.measures import measured
from vigie.tables import TABLES
from vigie.testing import EPOCH, SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable

    Requests = tuple[np.ndarray[Any, Any], ...]  # times, clients, paths, queries (-1: none), referers (0: none, 1: own)

DAYS = 14
DAY_S = 86_400
HOUR_SHAPE = np.array([3, 2, 1, 1, 1, 2, 4, 7, 9, 10, 10, 10, 9, 9, 10, 10, 10, 11, 12, 13, 13, 11, 8, 5]) / 8
SITE = ["/", *(f"/page/{n}" for n in range(200)), *(f"/static/{n}.css" for n in range(20)), "/search"]
FLOOD = 5_000_000  # clients from here on are the flood's


def visits(draw: np.random.Generator, begins: np.ndarray[Any, Any], first: int, landing: int = -1) -> Requests:
    """Return the requests of visits that begin at these times: a page, up to five files, perhaps a second page."""
    size = begins.size
    who = first + np.arange(size)
    files = draw.binomial(5, draw.choice([0.1, 0.8], size, p=[0.4, 0.6]))
    second = draw.random(size) < 0.5
    of_file, of_second = np.repeat(np.arange(size), files), np.flatnonzero(second)
    page = np.full(size, landing) if landing >= 0 else draw.zipf(1.4, size) % 201
    time = np.concatenate([begins, begins[of_file] + 1, begins[of_second] + draw.integers(20, 200, of_second.size)])
    path = np.concatenate([page, 201 + draw.integers(0, 20, of_file.size), draw.integers(0, 201, of_second.size)])
    referer = np.concatenate([draw.integers(0, 2, size), np.ones(of_file.size + of_second.size, np.int64)])
    client = np.concatenate([who, who[of_file], who[of_second]])
    return time, client, path, np.full(time.size, -1), referer


def quiet(draw: np.random.Generator, per_hour: float) -> list[Requests]:
    """Return a fortnight without a flood."""
    level = np.repeat(draw.gamma(1 / 0.09, 0.09, DAYS), 24)
    hourly = draw.poisson(per_hour * level * np.tile(HOUR_SHAPE, DAYS) * draw.gamma(25, 1 / 25, 24 * DAYS))
    begins = np.repeat(np.arange(24 * DAYS) * 3600.0, hourly) + draw.random(hourly.sum()) * 3600
    bursts = draw.random(draw.poisson(3 * DAYS)) * DAYS * DAY_S
    length = draw.integers(50, 600, bursts.size)
    crawled = np.repeat(bursts, length) + draw.random(length.sum()) * 1800
    watched = np.arange(0, DAYS * DAY_S, 300.0)
    scanned = draw.random(100 * DAYS) * DAYS * DAY_S
    return [
        visits(draw, begins, 0),
        bare(crawled, np.full(crawled.size, 4_000_001), draw.integers(0, 201, crawled.size)),
        bare(watched, np.full(watched.size, 4_000_002), np.zeros(watched.size, np.int64)),
        bare(scanned, 4_001_000 + draw.integers(0, 400, scanned.size), draw.integers(0, 201, scanned.size)),
    ]


def bare(time: np.ndarray[Any, Any], client: np.ndarray[Any, Any], path: np.ndarray[Any, Any]) -> Requests:
    """Return requests without files and referers."""
    return time, client, path, np.full(time.size, -1), np.zeros(time.size, np.int64)


def evening(draw: np.random.Generator, seconds: float) -> float:
    """Return when something planted begins: any time of the second week."""
    return float(draw.uniform(7 * DAY_S, DAYS * DAY_S - seconds))


def debate(draw: np.random.Generator, per_hour: float) -> list[Requests]:
    """Return the more readers of a night."""
    hours, times = 3.3, draw.uniform(3, 10)
    begins = (9 * 24 + 18.7) * 3600 + draw.random(int(per_hour * 1.5 * hours * times)) * hours * 3600
    return [visits(draw, begins, 1_000_000)]


def link(draw: np.random.Generator, per_hour: float) -> list[Requests]:
    """Return those who follow a link to one page, most of them in its first half hour."""
    begins = evening(draw, 7200) + draw.exponential(900, int(per_hour * draw.uniform(3, 20)))
    return [visits(draw, begins, 1_000_000, landing=7)]


def flood(sources: int, requests: float, seconds: float, *, new: bool = False) -> Callable[..., list[Requests]]:
    """Return what plants a flood of one path from `sources` within `seconds`.

    It has `requests` times the usual requests of an hour, at least 600 and one in ten seconds.
    """

    def plant(draw: np.random.Generator, per_hour: float) -> list[Requests]:
        size = int(max(600, seconds / 10, requests * per_hour * 4))
        time = evening(draw, seconds) + draw.random(size) * seconds
        path = np.full(size, 221 if new else 0)
        query = np.arange(size) if new else np.full(size, -1)
        return [(time, FLOOD + draw.integers(0, sources, size), path, query, np.zeros(size, np.int64))]

    return plant


SCENES: dict[str, Callable[..., list[Requests]]] = {
    "quiet": lambda *_: [],
    "debate night": debate,
    "famous link": link,
    "flood, 1 source, 3 minutes": flood(1, 3, 180),
    "flood, 50 sources, 3 minutes": flood(50, 3, 180, new=True),
    "flood, 2,000 sources, 3 minutes": flood(2_000, 3, 180),
    "flood, 50 sources, 6 hours": flood(50, 15, 6 * 3600, new=True),
    "flood, 2,000 sources, 6 hours": flood(2_000, 15, 6 * 3600),
}


def table(parts: list[Requests]) -> tuple[pa.Table, np.ndarray[Any, Any]]:
    """Return REQUESTS in the order of time, and which of them are the flood's."""
    time, client, path, query, referer = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.argsort(time, kind="stable")
    time, client, path, query, referer = (c[order] for c in (time, client, path, query, referer))
    number = np.arange(1, time.size + 1)
    micros = (time * 1e6).astype(np.int64) + int(EPOCH.timestamp()) * 1_000_000
    columns = {
        "row_id": pa.array([f"{SOURCE}:{n}" for n in number]),
        "time": pa.array(micros, pa.timestamp("us", tz="UTC")),
        "client_ip": pa.array([f"1{c // 65536}.{c // 256 % 256}.{c % 256}.9" for c in client.tolist()]),
        "host": pa.array(["h.example"] * time.size),
        "method": pa.array(["GET"] * time.size),
        "path": pa.array(SITE).take(pa.array(path)),
        "query": pa.array([None if q < 0 else f"q={q}" for q in query.tolist()], pa.string()),
        "status": pa.array(np.full(time.size, 200), pa.int16()),
        "referer": pa.array([None, "https://h.example/"]).take(pa.array(referer)),
    }
    schema = TABLES["requests"].seen
    nothing = pa.nulls(time.size)
    made = pa.table([columns[f.name] if f.name in columns else nothing.cast(f.type) for f in schema], schema=schema)
    return made, client >= FLOOD


def main() -> None:
    """Run the simulation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=12, help="logs of each kind")
    options = parser.parse_args()
    report: dict[str, dict[str, float]] = {}
    for scene, plant in SCENES.items():
        found, alarms, covered, pure = 0, 0, [], []
        for seed in range(options.logs):
            draw = np.random.default_rng([seed, len(report)])
            per_hour = float(draw.choice([10, 40, 160]))
            requests, is_flood = table([*quiet(draw, per_hour), *plant(draw, per_hour)])
            traffic = measured(MEASURE, {"requests": requests})
            rows = http_flood(traffic)["evidence_ids"].to_pylist()
            held = np.unique(np.array([int(i.partition(":")[2]) - 1 for ids in rows for i in ids], np.int64))
            found += bool(rows)
            if is_flood.any() and rows:
                covered.append(is_flood[held].sum() / is_flood.sum())
                pure.append(is_flood[held].mean())
            if scene == "quiet":
                least = http_flood(traffic, requests_min=10, times_min=1.0, rate_min=0.01)
                alarms += least.num_rows > 0
        report[scene] = {"logs": options.logs, "with a finding": found}
        if scene == "quiet":
            report[scene]["with a finding, bare minimum"] = alarms
        if covered:
            report[scene] |= {"share in the evidence": float(np.mean(covered)), "evidence pure": float(np.mean(pure))}
        print(f"{scene:34}", ", ".join(f"{k} {v:.3g}" for k, v in report[scene].items()), flush=True)
    OUT.mkdir(exist_ok=True)
    (OUT / "http_flood.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
