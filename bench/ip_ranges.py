"""Addresses looked up per second of CPU time, beside the readers of record, and whether they agree.

    python -m bench.ip_ranges [FILE.mmdb] [--addresses 1000000]

With a MaxMind DB file: its ranges as `vigie add` takes them, looked up as numbers and from text to country, beside the
`maxminddb` package's C reader on the same file (where it is installed), address by address. Without one: made-up ranges
that nest and overlap, beside a search in Python. `iptocc` looks up its own data. Random addresses: IPv4, IPv6 of
2000::/3, and IPv6 within the file's ranges, which are far more crowded. Writes `bench/out/ip_ranges.json`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from bisect import bisect_right
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import iptocc
import numpy as np
import pyarrow as pa

from bench._measure import OUT
from vigie.kernels.ip import halves, segments
from vigie.kernels.ip_text import read_addresses
from vigie.sources import Block, mmdb
from vigie.sources.csv_records import buffers
from vigie.text.address import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from vigie.kernels.ip import Halves, Segments

LOW = (1 << 64) - 1


def cpu(work: Callable[[], Any], times: int = 1) -> tuple[float, Any]:
    """Return the least CPU seconds of `times` runs, and what the last one gave."""
    best, made = float("inf"), None
    for _ in range(times):
        began = time.process_time()
        made = work()
        best = min(best, time.process_time() - began)
    return best, made


def read(texts: pa.Array[Any]) -> Halves:
    """Return the addresses that texts are."""
    offsets, values = buffers(texts)
    high, low, found = read_addresses(values, offsets, parse_address)
    assert found.all()
    return high, low


def drawn(count: int, first: Halves) -> dict[str, Halves]:
    """Return random addresses: high and low halves by what they are."""
    rng = np.random.default_rng(20170423)
    any_low = rng.integers(0, 1 << 64, count, dtype=np.uint64)
    v4 = rng.integers(0, 1 << 32, count, dtype=np.uint64) | np.uint64(0xFFFF << 32)
    unicast = rng.integers(0, 1 << 61, count, dtype=np.uint64) | np.uint64(1 << 61)
    crowded = first[0][first[0] > 0]
    within = crowded[rng.integers(0, crowded.size, count)]
    return {
        "IPv4": (np.zeros(count, np.uint64), v4),
        "IPv6": (unicast, any_low),
        "IPv6, within ranges": (within, any_low),
    }


def python_addresses(high: Any, low: Any) -> list[IPv4Address | IPv6Address]:
    """Return the addresses as Python's."""
    numbers = (h << 64 | part for h, part in zip(high.tolist(), low.tolist(), strict=True))
    return [IPv4Address(n & 0xFFFFFFFF) if n >> 32 == 0xFFFF else IPv6Address(n) for n in numbers]


def of_file(path: Path) -> tuple[Halves, Halves, list[tuple[Any, ...]]]:
    """Return both ends and the fields of the ranges of a MaxMind DB file."""
    seconds, parsed = cpu(lambda: mmdb.parse(Block(path.read_bytes(), 1, last=True, tz=ZoneInfo("UTC"), name=""), {}))
    rows = parsed.rows.combine_chunks()
    print(f"{rows.num_rows:,} ranges read in {seconds:.1f} CPU s, {len(parsed.refused)} refused")
    columns = (rows[n].to_pylist() for n in ("country", "asn", "organisation", "network_kind"))
    fields = list(zip(*columns, strict=True))
    return read(rows["first"].chunk(0)), read(rows["last"].chunk(0)), fields


def made_up(count: int) -> tuple[Halves, Halves, list[tuple[Any, ...]]]:
    """Return ranges that nest and overlap: as many of IPv4 as of IPv6."""
    rng = np.random.default_rng(7)
    starts4 = [int(n) << 8 for n in rng.integers(0, 1 << 24, count)]
    starts6 = [1 << 125 | int(n) << 80 for n in rng.integers(0, 1 << 45, count)]
    first = [IPv4Address(n) for n in starts4] + [IPv6Address(n) for n in starts6]
    last = [
        IPv4Address(min(n + (1 << int(w)) - 1, (1 << 32) - 1))
        for n, w in zip(starts4, rng.integers(0, 16, count), strict=True)
    ]
    last += [IPv6Address(n + (1 << int(w)) - 1) for n, w in zip(starts6, rng.integers(64, 100, count), strict=True)]
    return halves(first), halves(last), [(str(n), None, None, None) for n in range(2 * count)]


def slow(cut: Segments, addresses: list[IPv4Address | IPv6Address]) -> list[int]:
    """Search the segments in Python."""
    starts = [h << 64 | part for h, part in zip(cut.high.tolist(), cut.low.tolist(), strict=True)]
    values = cut.value6.tolist()
    found = []
    for a in addresses:
        value = values[bisect_right(starts, int(a) | (0xFFFF << 32 if a.version == 4 else 0)) - 1]
        if value < 0 and a.version == 6 and a.sixtofour:
            value = values[bisect_right(starts, int(a.sixtofour) | 0xFFFF << 32) - 1]
        found.append(value)
    return found


def main() -> int:
    """Print the figures, and return 1 where a look-up differs from the reader's of record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--addresses", type=int, default=1_000_000)
    arguments = parser.parse_args()
    first, last, fields = of_file(arguments.file) if arguments.file else made_up(200_000)
    segments((first[0][:9], first[1][:9]), (last[0][:9], last[1][:9])).find(first[0][:9], first[1][:9])  # compiled
    seconds, cut = cpu(lambda: segments(first, last))
    print(f"{first[0].size:,} ranges cut into {cut.high.size:,} segments in {seconds:.2f} CPU s")
    count = arguments.addresses
    report: dict[str, Any] = {"ranges": int(first[0].size), "addresses": count}
    unequal = 0
    countries = pa.array([f[0] for f in fields], pa.string())
    for name, (high, low) in drawn(count, first).items():
        seconds, found = cpu(lambda high=high, low=low: cut.find(high, low), 5)
        rates = {"vigie": count / seconds}
        addresses = python_addresses(high, low)
        texts = pa.array(map(str, addresses), pa.string())
        seconds, _ = cpu(lambda texts=texts: countries.take(pa.array(np.maximum(cut.find(*read(texts)), 0))), 3)
        rates["vigie, text to country"] = count / seconds
        written = texts.to_pylist()
        seconds, _ = cpu(lambda written=written: iptocc.country_code(written))
        rates["iptocc, text to country"] = count / seconds
        nothing = (None, None, None, None)
        mine = [fields[n] if n >= 0 else nothing for n in found.tolist()]
        if arguments.file and importlib.util.find_spec("maxminddb"):
            import maxminddb

            with maxminddb.open_database(str(arguments.file)) as reader:
                seconds, theirs = cpu(lambda written=written, reader=reader: [reader.get(a) for a in written])
            rates["maxminddb"] = count / seconds
            differ = sum(m != mmdb.fields_of(t) for m, t in zip(mine, theirs, strict=True))
        elif arguments.file:
            differ = 0
            print("maxminddb is not installed: nothing to compare with")
        else:
            seconds, theirs = cpu(lambda addresses=addresses: slow(cut, addresses))
            rates["bisect in Python"] = count / seconds
            differ = sum(n != t for n, t in zip(found.tolist(), theirs, strict=True))
        unequal += differ
        report[name] = {"per_cpu_s": {k: round(v) for k, v in rates.items()}, "unequal": differ}
        held = (found >= 0).mean()
        print(f"{name}: {differ:,} of {count:,} differ from the reader of record; {held:.1%} are in a range")
        for contender, rate in rates.items():
            print(f"  {contender:24} {rate:14,.0f} look-ups per CPU second")
    OUT.mkdir(exist_ok=True)
    (OUT / "ip_ranges.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return int(unequal > 0)


if __name__ == "__main__":
    raise SystemExit(main())
