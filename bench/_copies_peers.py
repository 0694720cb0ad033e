"""Other libraries that group near-identical texts, each at the settings its documentation gives.

    PYTHON _copies_peers.py PEER IN.parquet OUT.npz

is run by `bench.copies` with an interpreter that has the libraries, and not Vigie: this file imports neither Vigie nor
the rest of the benchmarks. Reads the column `text`; writes `labels`, one a row and -1 for a text by itself, and
`cpu_s`, the CPU seconds from the texts in memory to the labels.

MinHash libraries find pairs by locality-sensitive hashing at a threshold of Jaccard similarity; connected components of
the pairs are the groups. `D3lta` is its own code from preprocessing to clusters, with embeddings it is given: hashed
character n-grams, as its default, the Universal Sentence Encoder, has to be downloaded. Modules that only that default
needs (TensorFlow, fastText) are stood in for by empty ones.
"""

from __future__ import annotations

import re
import sys
import time
import types
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PERMUTATIONS = 128
DIMENSIONS = 512


def components(count: int, pairs: Iterable[tuple[int, int]]) -> np.ndarray[Any, Any]:
    """Return a label of each connected component of more than one, and -1."""
    parent = list(range(count))

    def root(x: int) -> int:
        while parent[x] != x:
            parent[x] = x = parent[parent[x]]
        return x

    for a, b in pairs:
        parent[root(a)] = root(b)
    roots = np.array([root(x) for x in range(count)])
    sizes = np.bincount(roots, minlength=count)
    return np.where(sizes[roots] > 1, roots, -1)


def words(text: str) -> list[str]:
    """Return the words of `text` in small letters."""
    return re.findall(r"\w+", text.lower())


def characters(text: str) -> list[str]:
    """Return the character 5-grams of `text` in small letters, white space as one space."""
    text = " ".join(text.lower().split())
    return [text[i : i + 5] for i in range(max(1, len(text) - 4))]


def datasketch(texts: list[str], threshold: float, shingles: Callable[[str], list[str]]) -> np.ndarray[Any, Any]:
    """MinHash and MinHashLSH as in datasketch's documentation."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    pairs = []
    sets = [[s.encode("utf-8", "surrogatepass") for s in shingles(text)] for text in texts]
    for row, sketch in enumerate(MinHash.generator(sets, num_perm=PERMUTATIONS)):
        pairs += [(row, other) for other in index.query(sketch)]
        index.insert(row, sketch)
    return components(len(texts), pairs)


def rensa(texts: list[str], threshold: float, shingles: Callable[[str], list[str]]) -> np.ndarray[Any, Any]:
    """RMinHash and RMinHashLSH; candidates of 16 bands of 8 are kept at an estimated Jaccard of the threshold."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=16 if threshold >= 0.7 else 32)
    sketches: list[Any] = []
    pairs = []
    for row, text in enumerate(texts):
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=42)
        sketch.update(shingles(text))
        pairs += [(row, other) for other in index.query(sketch) if sketch.jaccard(sketches[other]) >= threshold]
        index.insert(row, sketch)
        sketches.append(sketch)
    return components(len(texts), pairs)


def text_dedup(texts: list[str], threshold: float, ngram: int) -> np.ndarray[Any, Any]:
    """text-dedup's MinHash (250 permutations, n-grams of words): its own hashing, bands and union-find."""
    from collections import defaultdict

    from text_dedup.minhash import RNG, SIGNATURE_COLUMN, embed_func
    from text_dedup.utils import UnionFind, optimal_param, sha1_hash

    permutations = 250
    bands, rows = optimal_param(threshold, permutations, false_positive_weight=0.5, false_negative_weight=0.5)
    ranges = [(i * rows, (i + 1) * rows) for i in range(bands)]
    prime, largest = np.uint64((1 << 61) - 1), np.uint32((1 << 32) - 1)
    kept = (
        RNG.randint(1, prime, size=(permutations,), dtype=np.uint64),
        RNG.randint(0, prime, size=(permutations,), dtype=np.uint64),
    )
    embed = partial(
        embed_func,
        num_perm=permutations,
        ngram_size=ngram,
        min_length=5 if ngram > 1 else 1,
        hashranges=ranges,
        permutations=kept,
        hash_func=partial(sha1_hash, d=32),
        dtype=np.uint64,
        max_hash=largest,
        modulo_prime=prime,
    )
    tables: list[dict[bytes, set[int]]] = [defaultdict(set) for _ in range(bands)]
    for row, text in enumerate(texts):
        signatures = embed(content=text, idx=row)[SIGNATURE_COLUMN]
        for table, signature in zip(tables, signatures, strict=True):
            table[signature].add(row)
    found = UnionFind()
    for table in tables:
        for cluster in table.values():
            if len(cluster) > 1:
                least = min(cluster)
                for row in cluster:
                    found.union(row, least)
    return components(len(texts), [(row, found.find(row)) for row in list(found.parent)])


def d3lta(texts: list[str]) -> np.ndarray[Any, Any]:
    """D3lta's semantic_faiss at its default thresholds, on hashed character n-grams of 2 to 4."""
    for name in ("fasttext", "tensorflow", "tensorflow_hub", "tensorflow_text"):
        sys.modules.setdefault(name, types.ModuleType(name))
    import pandas as pd
    from d3lta.faissd3lta import prepare_dataset, semantic_faiss

    frame = pd.DataFrame({"original": texts}, index=[str(i) for i in range(len(texts))])
    frame["language"] = "xx"  # one: no pair is called a translation
    frame = prepare_dataset(frame)
    made = np.zeros((len(frame), DIMENSIONS), np.float32)
    for row, text in enumerate(frame["text_grapheme"]):
        for n in (2, 3, 4):
            for i in range(len(text) - n + 1):
                code = zlib.crc32(text[i : i + n].encode("utf-8", "surrogatepass"))
                made[row, code % DIMENSIONS] += 1 if code & 0x8000_0000 else -1
    made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)
    embeddings = pd.DataFrame(made, index=frame.index)
    _, clusters = semantic_faiss(frame, df_embeddings_use=embeddings)
    labels = np.full(len(texts), -1, np.int64)
    if "cluster" in clusters:
        kept = clusters["cluster"].dropna()
        labels[kept.index.astype(int)] = kept.astype(int)
    return labels


PEERS: dict[str, Callable[[list[str]], np.ndarray[Any, Any]]] = {
    **{f"datasketch words {t}": partial(datasketch, threshold=t, shingles=words) for t in (0.5, 0.6, 0.7, 0.8)},
    **{f"datasketch characters {t}": partial(datasketch, threshold=t, shingles=characters) for t in (0.5, 0.7)},
    **{f"rensa words {t}": partial(rensa, threshold=t, shingles=words) for t in (0.5, 0.8)},
    **{f"rensa characters {t}": partial(rensa, threshold=t, shingles=characters) for t in (0.5,)},
    "text-dedup 5-grams 0.7": partial(text_dedup, threshold=0.7, ngram=5),
    "text-dedup 1-grams 0.5": partial(text_dedup, threshold=0.5, ngram=1),
    "D3lta, n-gram embeddings": d3lta,
}


def main() -> None:
    """Group the texts of a file with one library."""
    peer, source, target = sys.argv[1:]
    texts = pq.read_table(source, columns=["text"])["text"].to_pylist()
    begun = time.process_time()
    labels = PEERS[peer](texts)
    np.savez(target, labels=labels.astype(np.int64), cpu_s=time.process_time() - begun)


if __name__ == "__main__":
    main()
