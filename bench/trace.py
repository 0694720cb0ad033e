"""`vigie trace` on a case of generated posts: milliseconds of one trace on an opened case, and of the whole command.

    python -m bench.trace --rows 1000000 [--case DIR] [--seed 101]

Posts are those of `bench._copies`; a fifth of them link a page, few pages being linked often. Each kind is asked 200
times, 20 posts shown:

    exact     the text of a post as it stands
    changed   the text of a post without every eighth word
    unknown   a text that is in no post
    passage   the middle half of a post of twelve words or more
    url       a page that a post links

Prints what making the facts costs once, median and 95th percentile of each kind (the differences that a page shows are
not in it), then the command: start, imports, opening and printing. Writes `bench/out/trace.json`.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.parquet as pq

from bench._copies import write as write_posts
from bench._copies_words import LANGUAGES, Writer
from bench._measure import OUT
from vigie.run.new import new_case

if TYPE_CHECKING:
    from collections.abc import Sequence

_BATCH: Final = 100_000
_PASSAGE_WORDS: Final = 12
_COLUMNS: Final = ("time", "platform", "post_id", "channel_id", "channel_name", "text")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COMMANDS: Final = 7


def _vigie(*arguments: str) -> tuple[float, str]:
    """Run a command; return its seconds and its output."""
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "vigie.cli", *arguments], capture_output=True, text=True, check=True)
    return time.perf_counter() - begun, done.stdout


def _case(folder: Path, rows: int, seed: int) -> None:
    new_case(folder, country="FR", name="Traces")
    posts, export = folder / "posts.parquet", folder / "posts.csv"
    write_posts(posts, rows, seed)
    draw = np.random.default_rng(seed)
    number = 0
    with export.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(_COLUMNS)
        for batch in pq.ParquetFile(posts).iter_batches(_BATCH, columns=["time", "account", "text"]):
            links = draw.random(len(batch)) < 1 / 5
            pages = draw.zipf(1.3, len(batch)) % (rows // 10 + 1)
            for row, linked, page in zip(batch.to_pylist(), links.tolist(), pages.tolist(), strict=True):
                moment = (_EPOCH + timedelta(microseconds=row["time"])).isoformat()
                link = f" https://www.site{page % 997}.example/page/{page}?utm_source=x" if linked else ""
                name = f"Name of {row['account']}"
                writer.writerow((moment, "x", number, row["account"], name, row["text"] + link))
                number += 1
    posts.unlink()
    _vigie("add", str(folder), str(export))


def _asked(export: Path, times: int, rows: int, seed: int) -> dict[str, list[str]]:
    chance = Random(seed)
    wanted = set(chance.sample(range(rows), min(rows, 40 * times)))
    with export.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for n, row in enumerate(csv.DictReader(file)) if n in wanted]
    chance.shuffle(texts)
    plain = [text.partition(" https://")[0] for text in texts]
    long = [words for text in plain if len(words := text.split()) >= _PASSAGE_WORDS]
    writers = [Writer(lang, [seed + 7919]) for lang in LANGUAGES]
    return {
        "exact": plain[:times],
        "changed": [" ".join(w for n, w in enumerate(words, 1) if n % 8) for words in long[:times]],
        "unknown": [chance.choice(writers).text(60, 210) for _ in range(times)],
        "passage": [" ".join(words[len(words) // 4 : -len(words) // 4]) for words in long[times : 2 * times]],
        "url": ["https://" + text.rpartition(" https://")[2] for text in texts if " https://" in text][:times],
    }


def _warm(folder: Path, asked: dict[str, list[str]]) -> dict[str, dict[str, float]]:
    from vigie.run.trace import opened

    tracing = opened(folder)
    results = {}
    for kind, texts in asked.items():
        tracing.trace(texts[0])
        taken, cpu, found = [], [], 0
        for text in texts:
            begun, begun_cpu = time.perf_counter(), time.process_time()
            traced = tracing.trace(text)
            taken.append(1000 * (time.perf_counter() - begun))
            cpu.append(1000 * (time.process_time() - begun_cpu))
            part = traced.linked or traced.said
            found += part is not None and part.listing.total > 0
        results[kind] = _percentiles(taken) | {"found": found / len(texts), "cpu_median": float(np.median(cpu))}
        print(f"{kind:8} median {results[kind]['median']:8.1f} ms, 95 % {results[kind]['p95']:8.1f} ms, ", end="")
        print(f"CPU median {np.median(cpu):8.1f} ms; found something for {results[kind]['found']:.0%}")
    return results


def _percentiles(taken: Sequence[float]) -> dict[str, float]:
    return {"median": round(float(np.median(taken)), 2), "p95": round(float(np.percentile(taken, 95)), 2)}


def main() -> None:
    """Build a case, and trace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--case", type=Path, help="where the case is, or is to be; else a temporary folder")
    given = parser.parse_args()
    folder = given.case or Path(tempfile.mkdtemp(prefix="vigie-trace-")) / "case"
    if not (folder / "posts.csv").exists():
        _case(folder, given.rows, given.seed)
    asked = _asked(folder / "posts.csv", given.times, given.rows, given.seed)
    first_s, _ = _vigie("trace", str(folder), asked["exact"][0])
    print(f"first call (makes what is missing) {first_s:.1f} s")
    results = _warm(folder, asked)
    commands = [_vigie("trace", str(folder), text)[0] for text in asked["exact"][:_COMMANDS]]
    starts = [_vigie("--version")[0] for _ in range(_COMMANDS)]
    start = f"(vigie --version {np.median(starts):.2f} s)"
    print(f"vigie trace, the whole command: median {np.median(commands):.2f} s {start}")
    OUT.mkdir(exist_ok=True)
    report = {"rows": given.rows, "first_s": first_s, "ms": results, "command_s": float(np.median(commands))}
    (OUT / "trace.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
