"""Groups of near-identical texts: how many pairs are right, what look-alikes join, CPU seconds and memory; and peers'.

    python -m bench.copies --rows 100000 [--seed 101] [--articles 0.1]     # generated posts (bench._copies)
    python -m bench.copies --data DATA --set 100k [--half open]            # labelled sentences of DATA/near-duplicates
    python -m bench.copies ... --peers PYTHON                              # and libraries, see bench._copies_peers

Every contender groups the same texts in a process of its own and is scored by the same function (bench._copies_scores).
"Equal keys" groups texts that are equal after normalisation: what every method finds. "Nothing" only reads the texts.
CPU seconds and memory are the whole process's; "grouping" is from the texts in memory to the labels.

The sealed half of the labelled sets, and seeds from 101, are for reporting only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.parquet as pq

from bench._copies import posts as generated
from bench._copies import write
from bench._copies_peers import PEERS
from bench._copies_scores import half, scores
from bench._measure import OUT, run
from vigie.text.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray

    from bench._copies_scores import Scores

PEERS_FILE: Final = Path(__file__).with_name("_copies_peers.py")
_WARM: Final = 2000
_OPS: Final = ("exact", "surface", "typo", "adv", "trunc", "template", "reword", "reword2", "comment")


def nothing(texts: list[str]) -> NDArray[np.int64]:
    """Group no text with another."""
    return np.full(len(texts), -1, np.int64)


def equal_keys(texts: list[str]) -> NDArray[np.int64]:
    """Group texts whose keys are equal and not empty."""
    numbers: dict[str, int] = {}
    keys = [normalise(text) for text in texts]
    return np.array([numbers.setdefault(key, len(numbers)) if key else -1 for key in keys], np.int64)


def vigie_families(texts: list[str] | pa.ChunkedArray[Any]) -> NDArray[np.int64]:
    """Group as Vigie does, texts of three words and more; a case asks for six (`words_min`)."""
    from vigie.rules.families import families  # compiled kernels: not for the other contenders

    return np.asarray(families(texts, words_min=3).labels, np.int64)


OURS: Final[dict[str, Callable[[Any], NDArray[np.int64]]]] = {
    "vigie": vigie_families,
    "equal keys": equal_keys,
    "nothing": nothing,
}


def grouped(name: str, source: Path, target: Path) -> None:
    """Group the texts of a Parquet file; write the labels and the seconds it took."""
    column = pq.read_table(source, columns=["text"])["text"]
    # A case holds its texts as a column; the others take a list.
    texts = column if name == "vigie" else column.to_pylist()
    begun = time.process_time()
    labels = OURS[name](texts)
    np.savez(target, labels=labels, cpu_s=time.process_time() - begun)


def measured(name: str, posts: pa.Table, source: Path, peers: str | None) -> tuple[Scores, dict[str, float]]:
    """Run one contender on the file `source` of the texts of `posts`; return its scores and what it cost."""
    target = source.with_suffix(".npz")
    if name in OURS:
        command = [sys.executable, "-m", "bench.copies", "--group", name, str(source), str(target)]
    else:
        assert peers
        command = [peers, str(PEERS_FILE), name, str(source), str(target)]
    cpu_s, memory_mb = run(command)
    with np.load(target) as made:
        labels, grouping_s = made["labels"], float(made["cpu_s"])
    cost = {"cpu_s": round(cpu_s, 2), "grouping_s": round(grouping_s, 2), "memory_mb": round(memory_mb)}
    return scores(posts, labels), cost


def labelled(data: Path, name: str, which: str) -> pa.Table:
    """Return a half of a labelled set, in the order of time."""
    return half(pq.read_table(data / "near-duplicates" / f"posts_{name}.parquet"), which).sort_by("ts")


def row(name: str, found: Scores, cost: dict[str, float]) -> str:
    """Return one contender's line of the table."""
    by_op = " ".join(f"{found.recall_by_op.get(op, float('nan')):8.3f}" for op in _OPS)
    pairs = f"{found.f1:6.3f} {found.precision:6.3f} {found.recall:6.3f}"
    kept = f"{found.hard_joined:7.4f} {found.concat_out:7.3f} {found.background_rows:7.4f}"
    return f"{name:26} {cost['cpu_s']:8.1f} {cost['grouping_s']:8.1f} {cost['memory_mb']:7,.0f} {pairs} {by_op} {kept}"


def head() -> str:
    """Return the table's first line."""
    costs = f"{'':26} {'CPU s':>8} {'grouping':>8} {'MB':>7} {'F1':>6} {'prec':>6} {'rec':>6}"
    return f"{costs} {' '.join(f'{op:>8}' for op in _OPS)} {'hard':>7} {'concat':>7} {'backgr':>7}"


def floor_figures(posts: pa.Table) -> tuple[str, dict[str, dict[str, float]]]:
    """Return the hash of the texts, and what the families of `posts` are worth; greater is better."""
    texts = posts["text"].to_pylist()
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    found = scores(posts, vigie_families(texts))
    figures = {"f1": found.f1, "hard_negatives_apart": 1 - found.hard_joined}
    return digest.hexdigest(), {"families": figures, "recall": dict(found.recall_by_op)}


def generated_floors() -> tuple[str, dict[str, dict[str, float]]]:
    """Return the same of 10,000 generated posts, which need no data."""
    return floor_figures(generated(10_000, 101))


def sealed_floors(data: Path) -> tuple[str, dict[str, dict[str, float]]]:
    """Return the same of the sealed half of the labelled posts."""
    return floor_figures(labelled(data, "100k", "sealed"))


def main() -> None:
    """Run the benchmark; or group one file for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--articles", type=float, default=0.0)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--set", default="100k", choices=("10k", "100k"))
    parser.add_argument("--half", default="open", choices=("open", "sealed"))
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter of an environment that has the libraries")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="contenders, all by default")
    parser.add_argument("--group", nargs=3, metavar=("NAME", "IN", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.group:
        name, source, target = options.group
        grouped(name, Path(source), Path(target))
        return
    names = options.only or [*OURS, *(PEERS if options.peers else ())]
    if unknown := [n for n in names if n not in OURS and n not in PEERS]:
        parser.error(f"no contender is named {', '.join(unknown)}; there are {', '.join([*OURS, *PEERS])}")
    if not options.peers and any(n in PEERS for n in names):
        parser.error("peers need --peers PYTHON")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "posts.parquet"
        if options.data:
            what = f"labelled {options.set}, {options.half} half"
            posts = labelled(options.data, options.set, options.half)
            pq.write_table(posts.select(["text"]), source)
        else:
            what = f"generated, seed {options.seed}, {options.articles:.0%} articles"
            write(source, options.rows, options.seed, articles=options.articles)
            posts = pq.read_table(source, columns=["family", "second", "op", "role", "neg_group"])
        print(f"{what}: {posts.num_rows:,} posts\n{head()}", flush=True)
        if "vigie" in names:
            # The compiled kernels are cached by the first run on a machine; that is not what is measured.
            warm = Path(folder) / "warm.parquet"
            write(warm, _WARM, options.seed)
            run([sys.executable, "-m", "bench.copies", "--group", "vigie", str(warm), str(warm.with_suffix(".npz"))])
        results = {}
        for name in names:
            found, cost = measured(name, posts, source, options.peers)
            print(row(name, found, cost), flush=True)
            results[name] = cost | found.record()
    OUT.mkdir(exist_ok=True)
    path = OUT / "copies.json"
    report = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    report[f"{what}, {posts.num_rows} posts"] = report.get(f"{what}, {posts.num_rows} posts", {}) | results
    path.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
