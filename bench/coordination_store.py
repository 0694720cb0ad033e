"""Shares in the store to pairs of channels and their meetings: CPU seconds and memory, beside DuckDB's self-join.

    python -m bench.coordination_store --rows 20000000

Writes shares (`bench._shares`: a heavy-tailed background, planted groups) as the case keeps them, one Parquet file, and
posts that link the same pages as the store keeps those, parts of a million rows. Then, each in a process of its own,
start and reading included: the measures from shares to edges, and to meetings; the measure from posts to shares; and as
a peer DuckDB's join of the shares with themselves, which counts the same pairs (crowds included) and asks no chance.
Prints what each costs, and writes `bench/out/coordination_store.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench._measure import OUT, run
from bench._shares import shares
from vigie.engine.local import LocalEngine, Parts
from vigie.measures import co_share_edges, co_share_meetings
from vigie.measures import shares as shares_measure
from vigie.memory import keep_memory
from vigie.tables import TABLES

SOURCE = "0123456789ab"
PART = 1_000_000
WINDOW_S = 60
STAGES = ("edges", "meetings", "posts", "duckdb")
# What the others count: pairs with two objects or more that met within the window, and their meetings.
JOIN = f"""
select a.channel, b.channel, count(distinct a.object_id) as objects, count(*) as meetings
from read_parquet('{{path}}') a join read_parquet('{{path}}') b
    on a.object_id = b.object_id and a.channel < b.channel
    and b.time between a.time - interval {WINDOW_S} seconds and a.time + interval {WINDOW_S} seconds
group by all having objects >= 2
"""


def _named(before: str, numbers: np.ndarray[Any, Any]) -> Any:
    compute: Any = pc
    return compute.binary_join_element_wise(pa.scalar(before), pa.array(numbers).cast(pa.string()), "")


def write(rows: int, folder: Path, seed: int = 7) -> None:
    """Write the shares, and the posts."""
    objects, channels, times, _ = shares(rows, seed)
    schema, posts = shares_measure.SHARES, TABLES["posts"].stored
    empty = pa.array([[]], pa.list_(pa.string()))
    with pq.ParquetWriter(folder / "shares.parquet", schema, compression="zstd", compression_level=1) as file:
        for number, begin in enumerate(range(0, rows, PART)):
            part = slice(begin, begin + PART)
            size = len(times[part])
            at = pa.array(times[part] * 1_000_000).cast(schema.field("time").type)
            none = pa.array(np.zeros(size, np.int8))
            made = {
                "object_kind": pa.array(["url"]).take(none),
                "object_id": _named("https://news.example/", objects[part]),
                "channel": _named("x:user_", channels[part]),
                "time": at,
                "row_id": _named(f"{SOURCE}:", np.arange(begin, begin + size) + 1),
                "how": pa.array(["original"]).take(none),
                "whole_day": pa.array(np.zeros(size, np.bool_)),
            }
            file.write_table(pa.table(made, schema=schema))
            offsets = pa.array(np.arange(size + 1, dtype=np.int32))
            post = {
                "source": pa.array([SOURCE]).take(none),
                "record": pa.array(np.arange(begin, begin + size) + 1),
                "time": at,
                "platform": pa.array(["x"]).take(none),
                "post_id": _named("", np.arange(begin, begin + size) + 1),
                "channel_id": _named("user_", channels[part]),
                "text": pa.array(["look"]).take(none),
                "urls": pa.ListArray.from_arrays(offsets, made["object_id"]),
            }
            columns = [
                post[f.name]
                if f.name in post
                else empty.take(none)
                if pa.types.is_list(f.type)
                else pa.nulls(size, f.type)
                for f in posts
            ]
            pq.write_table(
                pa.table(columns, schema=posts),
                folder / f"posts-{number:03}.parquet",
                compression="zstd",
                compression_level=1,
            )


def stage(name: str, folder: Path) -> dict[str, int]:
    """Do what is measured; return what it found."""
    path = folder / "shares.parquet"
    if name == "duckdb":
        database = duckdb.connect(config={"threads": 1, "memory_limit": "8GB", "temp_directory": str(folder)})
        (found,) = database.sql(f"select count(*), sum(meetings) from ({JOIN.format(path=path)})").fetchall()
        return {"pairs": int(found[0]), "meetings": int(found[1] or 0)}
    keep_memory()
    if name == "posts":
        posts = Parts(
            tuple(map(str, sorted(folder.glob("posts-*.parquet")))), TABLES["posts"].seen, ("platform", "post_id")
        )
        with LocalEngine({"posts": posts}, spill=folder) as engine:
            return {"shares": engine.run(shares_measure.MEASURE.steps()).num_rows}
    with LocalEngine({"shares": pq.read_table(path, use_threads=False)}) as engine:
        if name == "edges":
            edges = engine.run(co_share_edges.MEASURE.steps(url_window_s=WINDOW_S))
            pq.write_table(edges, folder / "edges.parquet")
            is_pair = pc.equal(edges["row"], pa.scalar("pair"))
            return {
                "pairs": int(pc.sum(is_pair).as_py() or 0),
                "crowds": edges.num_rows - int(pc.sum(is_pair).as_py() or 0),
                "validated": int(pc.sum(pc.less_equal(edges["q_value"], pa.scalar(0.05))).as_py() or 0),
            }
        engine.put("co_share_edges", pq.read_table(folder / "edges.parquet"))
        return {"meetings": engine.run(co_share_meetings.MEASURE.steps()).num_rows}


def measured(rows: int, folder: Path, *, peer: bool) -> dict[str, Any]:
    """Run each stage on so many shares; print and return what it cost."""
    command = [sys.executable, "-m", "bench.coordination_store", "--in"]
    run([*command, str(folder), "--write", str(rows)])
    results: dict[str, Any] = {"rows": rows}
    for name in STAGES[: len(STAGES) if peer else -1]:
        cpu_s, memory_mb = run([*command, str(folder), "--stage", name])
        found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
        results[name] = {"cpu_s": round(cpu_s, 2), "memory_mb": round(memory_mb), **found}
        said = ", ".join(f"{count:,} {what}" for what, count in found.items())
        print(f"{rows:12,} shares {name:10} {cpu_s:8.2f} CPU s {memory_mb:8,.0f} MB  {said}", flush=True)
    if peer:
        ratio = results["duckdb"]["cpu_s"] / results["edges"]["cpu_s"]
        print(f"{rows:12,} shares: DuckDB's self-join costs {ratio:.1f} times the edges with their chance", flush=True)
    return results


def main() -> None:
    """Run the benchmark, or one stage of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write(options.write, options.folder)
        return
    if options.stage:
        (options.folder / "found.json").write_text(json.dumps(stage(options.stage, options.folder)), encoding="utf-8")
        return
    results = []
    for rows in sorted({20_000, 1_000_000, options.rows}):
        with tempfile.TemporaryDirectory() as name:
            # The compiled kernels are cached by the first run on a machine; that is not what is measured.
            made = measured(rows, Path(name), peer=rows > PART // 2)
            results += [made] if rows > PART // 2 else []
    OUT.mkdir(exist_ok=True)
    (OUT / "coordination_store.json").write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
