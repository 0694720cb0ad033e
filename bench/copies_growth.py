"""What it costs to match new posts against those that are there, and how the cost of all grows with their number.

    python -m bench.copies_growth --new 50000 --onto 1000000 [--check]
    python -m bench.copies_growth --rows 1000000 10000000

Posts are generated (bench._copies) and written as the store writes them, a file of half a million each; what is
measured is the measure `text_families` over these files, in a process of its own that begins with nothing: CPU seconds
and memory are the whole process's. Memory counts the pages of mapped files that were touched, which the system may take
back. `--check` makes all anew and tells whether the table is the same. With `--keep FOLDER` the posts stay there for
the next time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench._copies import parts
from bench._measure import OUT, run

SEED: Final = 101


def written(folder: Path, rows: int) -> list[Path]:
    """Return files of generated posts, `rows` together; those that are there already are not made again."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / "rows.json"
    if mark.exists() and json.loads(mark.read_text())["rows"] == rows:
        return sorted(folder.glob("*.parquet"))
    for number, table in enumerate(parts(rows, SEED)):
        source, count = f"{number:012x}", table.num_rows
        columns = {
            "source": pa.repeat(source, count),
            "record": pa.array(np.arange(1, count + 1)),
            "text": table["text"],
        }
        pq.write_table(pa.table(columns), folder / f"{source}-00000.parquet", compression="zstd", row_group_size=50_000)
    mark.write_text(json.dumps({"rows": rows}))
    return sorted(folder.glob("*.parquet"))


def measured(standing: Path | None, files: list[Path], target: Path) -> None:
    """Measure the families of the posts in `files`; write them to `target`."""
    from vigie.engine.local import LocalEngine, Parts  # compiled kernels: only where they are measured
    from vigie.measures.text_families import MEASURE
    from vigie.tables import TABLES

    posts = Parts(tuple(map(str, files)), TABLES["posts"].seen)
    with LocalEngine({"posts": posts}, standing=standing) as engine:
        pq.write_table(engine.run(MEASURE.steps()), target, compression="zstd", compression_level=1)


def cost(standing: Path | None, files: list[Path], target: Path) -> tuple[float, float]:
    """Return the CPU seconds and the memory in MB of one measure in a process of its own."""
    kept = [] if standing is None else ["--standing", str(standing)]
    command = [
        sys.executable,
        "-m",
        "bench.copies_growth",
        "--measure",
        str(target),
        *kept,
        "--files",
        *map(str, files),
    ]
    return run(command)


def head(files: list[Path], rows: int, folder: Path) -> tuple[list[Path], list[Path]]:
    """Cut posts in two: files of the first `rows`, and of the others, which were added later."""
    first, later, left = [], [], rows
    folder.mkdir(parents=True)
    for file in files:
        table = pq.read_table(file)
        if left >= table.num_rows:
            first.append(file)
        elif left <= 0:
            later.append(file)
        else:
            for target, part in ((first, table.slice(0, left)), (later, table.slice(left))):
                target.append(folder / f"{file.stem}-{len(target)}-{part.num_rows}.parquet")
                pq.write_table(part, target[-1], compression="zstd", row_group_size=50_000)
        left -= table.num_rows
    return first, later


def lookup_ms(standing: Path) -> float:
    """Return the milliseconds of one lookup of a text, once its pages are in memory: the median of some."""
    from vigie.rules.text_index import TextIndex

    index = TextIndex.opened(standing / "text_families")
    assert index
    texts = [
        table["text"][0].as_py() for table in parts(20_000, SEED) for table in [table.slice(n * 50) for n in range(50)]
    ]
    took = []
    for _ in range(2):
        took = []
        for text in texts:
            begun = time.perf_counter()
            index.looked_up(text)
            took.append(time.perf_counter() - begun)
    return float(np.median(took)) * 1000


def main() -> None:
    """Run the benchmark; or one measure for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--new", type=int, default=50_000)
    parser.add_argument("--onto", type=int, default=1_000_000)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rows", type=int, nargs="+")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--standing", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--files", type=Path, nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measured(options.standing, options.files, options.measure)
        return
    report = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm = written(folder / "warm", 2_000)
        cost(folder / "warm-state", warm, folder / "warm.parquet")
        if options.rows:
            spent = {}
            for rows in options.rows:
                files = written((options.keep or folder) / f"posts-{rows}", rows)
                cpu_s, memory_mb = cost(folder / "state", files, folder / "made.parquet")
                spent[rows] = cpu_s
                disk_mb = sum(path.stat().st_size for path in (folder / "state").rglob("*") if path.is_file()) / 1e6
                ratio = cpu_s / spent[options.rows[0]]
                print(
                    f"{rows:12,} posts: {cpu_s:8.1f} CPU s, x {ratio:.2f}, {memory_mb:,.0f} MB; state {disk_mb:,.0f} MB"
                )
                report[f"{rows} posts"] = {"cpu_s": round(cpu_s, 1), "memory_mb": round(memory_mb)}
                shutil.rmtree(folder / "state")
        else:
            rows = options.onto + options.new
            files = written((options.keep or folder) / f"posts-{rows}", rows)
            first, later = head(files, options.onto, folder / "cut")
            what = {}
            what["built"] = cost(folder / "state", first, folder / "first.parquet")
            what["updated"] = cost(folder / "state", [*first, *later], folder / "grown.parquet")
            what["nothing new"] = cost(folder / "state", [*first, *later], folder / "again.parquet")
            for kind, (cpu_s, memory_mb) in what.items():
                print(f"{kind:12}: {cpu_s:8.1f} CPU s, {memory_mb:,.0f} MB", flush=True)
                report[f"{kind}, {options.new} onto {options.onto}"] = {
                    "cpu_s": round(cpu_s, 1),
                    "memory_mb": round(memory_mb),
                }
            print(f"lookup: {lookup_ms(folder / 'state'):.1f} ms")
            if options.check:
                cost(None, [*first, *later], folder / "anew.parquet")
                anew = pq.read_table(folder / "anew.parquet")
                for grown in ("grown", "again"):
                    same = anew.equals(pq.read_table(folder / f"{grown}.parquet"))
                    print(f"{grown}: {'the same table as made anew' if same else 'NOT THE SAME TABLE as made anew'}")
                    if not same:
                        sys.exit(1)
    OUT.mkdir(exist_ok=True)
    path = OUT / "copies_growth.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(kept | report, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
