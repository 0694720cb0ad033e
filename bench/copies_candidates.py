"""How likely copies are found before any is compared: ways to name candidates, side by side.

    python -m bench.copies_candidates [--rows 50000] [--seed 2]

Every way gives a text some keys; texts that share enough of them are candidates, where each key names the first
`LISTED` texts that have it. "Found" is the share of copies (texts whose family has an earlier text) that have at least
one of their family among their candidates, all of them and those that were reworded heavily; "candidates" how many
pairs a text brings to be compared; seconds are CPU seconds for keys and candidates, of generated posts (bench._copies)
with equal texts left out.

Sources: Broder 1997 (MinHash, mod p); Li, Owen & Zhang 2012 and Shrivastava 2017 (one permutation, densified); Li &
König 2010 (b-bit); Cohen & Kaplan 2007 (bottom-k); Charikar 2002 and Manku, Jain & Das Sarma 2007 (SimHash, tables of
permuted blocks); Chaudhuri, Ganti & Kaushik 2006 (prefix filter).
"""

from __future__ import annotations

import argparse
import time
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

from bench._copies import posts as generated
from vigie.kernels.near_pairs import LISTED
from vigie.rules.text_card import parts_of_texts
from vigie.text.keys import normalised

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from vigie.kernels.near_texts import Parts

_WARM_ROWS: Final = 500
_BINS: Final = 128
_BITS: Final = 64
_HAMMING_MAX: Final = 10


class Keys(NamedTuple):
    """Keys of texts: begins int64[texts + 1], keys uint64; of a SimHash the bits, uint64[texts]."""

    begins: NDArray[np.int64]
    keys: NDArray[np.uint64]
    bits: NDArray[np.uint64] | None = None


@njit(cache=True)
def _mixed(h: Any) -> Any:
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@njit(cache=True)
def _signatures(begins: Any, shingles: Any, one_permutation: Any) -> Any:
    """Return the least hash by permutation, or by bin of one permutation, empty bins filled from others."""
    texts = begins.shape[0] - 1
    made = np.full((texts, _BINS), np.uint64(0xFFFFFFFFFFFFFFFF))
    for text in range(texts):
        own = made[text]
        for at in range(begins[text], begins[text + 1]):
            h = _mixed(np.uint64(shingles[at]) + np.uint64(1))
            if one_permutation:
                place = np.int64(h >> np.uint64(57))
                own[place] = min(own[place], h)
            else:
                for k in range(_BINS):
                    x = _mixed(h + np.uint64(k))
                    own[k] = min(own[k], x)
        if one_permutation and begins[text + 1] > begins[text]:
            filled = own.copy()
            for k in range(_BINS):
                tries = np.uint64(0)
                while filled[k] == np.uint64(0xFFFFFFFFFFFFFFFF):
                    tries += np.uint64(1)
                    filled[k] = own[np.int64(_mixed(np.uint64(k) * np.uint64(1000) + tries) >> np.uint64(57))]
            own[:] = filled
    return made


@njit(cache=True)
def _banded(signatures: Any, rows: int, bits: int) -> Any:
    texts, bins = signatures.shape
    bands = bins // rows
    keys = np.empty((texts, bands), np.uint64)
    mask = np.uint64(0xFFFFFFFFFFFFFFFF) if bits == _BITS else (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    for text in range(texts):
        for band in range(bands):
            h = np.uint64(band)
            for k in range(band * rows, (band + 1) * rows):
                h = _mixed(h * np.uint64(31) + (signatures[text, k] & mask) + np.uint64(1))
            keys[text, band] = h
    return keys


@njit(cache=True)
def _sim_bits(begins: Any, shingles: Any) -> Any:
    texts = begins.shape[0] - 1
    made = np.zeros(texts, np.uint64)
    for text in range(texts):
        votes = np.zeros(_BITS, np.int64)
        for at in range(begins[text], begins[text + 1]):
            h = _mixed(np.uint64(shingles[at]) + np.uint64(1))
            for k in range(_BITS):
                votes[k] += 1 if (h >> np.uint64(k)) & np.uint64(1) else -1
        for k in range(_BITS):
            if votes[k] > 0:
                made[text] |= np.uint64(1) << np.uint64(k)
    return made


@njit(cache=True)
def _bottom(begins: Any, runs: Any, k: int) -> Any:
    texts = begins.shape[0] - 1
    ends = np.zeros(texts + 1, np.int64)
    keys = np.empty(runs.size, np.uint64)
    for text in range(texts):
        hashes = np.empty(begins[text + 1] - begins[text], np.uint64)
        for at in range(hashes.size):
            hashes[at] = _mixed(np.uint64(runs[begins[text] + at]) + np.uint64(1))
        hashes.sort()
        own = min(k, hashes.size)
        keys[ends[text] : ends[text] + own] = hashes[:own]
        ends[text + 1] = ends[text] + own
    return ends, keys[: ends[-1]].copy()


@njit(cache=True)
def _prefixes(begins: Any, shingles: Any, often: Any, places: Any, least: float) -> Any:
    """Return of each text its rarest shingles, as many as two texts of that likeness must share one of."""
    texts = begins.shape[0] - 1
    ends = np.zeros(texts + 1, np.int64)
    keys = np.empty(shingles.size, np.uint64)
    for text in range(texts):
        begin, count = begins[text], begins[text + 1] - begins[text]
        order = np.empty(count, np.int64)
        for at in range(count):
            order[at] = often[places[begin + at]] * (1 << 32) + np.int64(shingles[begin + at])
        order.sort()
        own = min(count, count - int(np.ceil(least * count)) + 1)
        for at in range(own):
            keys[ends[text] + at] = np.uint64(order[at] & 0xFFFFFFFF)
        ends[text + 1] = ends[text] + own
    return ends, keys[: ends[-1]].copy()


@njit(cache=True)
def _popcount(x: Any) -> int:
    count = 0
    while x:
        x &= x - np.uint64(1)
        count += 1
    return count


@njit(cache=True)
def _candidates(begins: Any, places: Any, bits: Any, family: Any, votes_min: int) -> Any:
    """Return how many pairs are named, and of each text whether one of its family is among them."""
    texts = begins.shape[0] - 1
    lists = np.empty((places.max() + 1 if places.size else 1, LISTED), np.int32)
    listed = np.zeros(lists.shape[0], np.int32)
    votes = np.zeros(texts, np.int32)
    named = np.empty(texts, np.int32)
    found = np.zeros(texts, np.bool_)
    pairs = 0
    for text in range(texts):
        count = 0
        for at in range(begins[text], begins[text + 1]):
            for k in range(listed[places[at]]):
                other = lists[places[at], k]
                if votes[other] == 0:
                    named[count] = other
                    count += 1
                votes[other] += 1
        needed = min(votes_min, begins[text + 1] - begins[text])
        for k in range(count):
            other = named[k]
            near = votes[other] >= needed
            if near and bits.size:
                near = _popcount(bits[other] ^ bits[text]) <= _HAMMING_MAX
            pairs += near
            found[text] |= near and family[text] >= 0 and family[other] == family[text]
            votes[other] = 0
        for at in range(begins[text], begins[text + 1]):
            if listed[places[at]] < LISTED:
                lists[places[at], listed[places[at]]] = text
                listed[places[at]] += 1
    return pairs, found


def _every(keys: NDArray[np.uint64]) -> Keys:
    texts, width = keys.shape
    return Keys(np.arange(texts + 1, dtype=np.int64) * width, keys.reshape(-1))


def _min_hashed(rows: int, *, bits: int = _BITS, one_permutation: bool = True) -> Callable[[Parts], Keys]:
    return lambda parts: _every(_banded(_signatures(parts.shingle_begins, parts.shingles, one_permutation), rows, bits))


def _sim_hashed(blocks: int, chosen: int) -> Callable[[Parts], Keys]:
    def keys(parts: Parts) -> Keys:
        bits = _sim_bits(parts.shingle_begins, parts.shingles)
        edges = np.linspace(0, _BITS, blocks + 1).astype(int)
        masks = [
            sum(((1 << int(edges[n + 1] - edges[n])) - 1) << int(edges[n]) for n in some)
            for some in combinations(range(blocks), chosen)
        ]
        tables = [_mixed((bits & np.uint64(mask)) + np.uint64(n * 7919)) for n, mask in enumerate(masks)]
        return _every(np.column_stack(tables))._replace(bits=bits)

    return keys


def _prefixed(least: float) -> Callable[[Parts], Keys]:
    def keys(parts: Parts) -> Keys:
        _, places, often = np.unique(parts.shingles, return_inverse=True, return_counts=True)
        return Keys(*_prefixes(parts.shingle_begins, parts.shingles, often, places, least))

    return keys


def _sampled(parts: Parts) -> Keys:
    return Keys(parts.sample_begins, parts.sample.astype(np.uint64))


WAYS: Final[dict[str, tuple[Callable[[Parts], Keys], int]]] = {
    "MinHash, 128 permutations, 32 bands of 4": (_min_hashed(4, one_permutation=False), 1),
    "one permutation, 64 bands of 2": (_min_hashed(2), 1),
    "one permutation, 32 bands of 4": (_min_hashed(4), 1),
    "one permutation, 16 bands of 8": (_min_hashed(8), 1),
    "one permutation, 8 bits, 32 bands of 4": (_min_hashed(4, bits=8), 1),
    "one permutation, 4 bits, 32 bands of 4": (_min_hashed(4, bits=4), 1),
    "bottom 8 shingles of five": (lambda p: Keys(*_bottom(p.shingle_begins, p.shingles, 8)), 1),
    "bottom 24 shingles of five, two shared": (lambda p: Keys(*_bottom(p.shingle_begins, p.shingles, 24)), 2),
    "SimHash, 4 blocks, one equal": (_sim_hashed(4, 1), 1),
    "SimHash, 6 blocks, two equal": (_sim_hashed(6, 2), 1),
    "prefix filter at 0.5": (_prefixed(0.5), 1),
    "prefix filter at 0.3": (_prefixed(0.3), 1),
    "runs of 12, a fourth, two shared (ours)": (_sampled, 2),
}


def _asked(rows: int, seed: int) -> tuple[Parts, NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the parts of the different texts, their family, which have an earlier copy, and which are reworded."""
    table = generated(rows, seed)
    texts = table["text"].to_pylist()
    keys = normalised(texts)
    first = sorted({key: n for n, key in reversed(list(enumerate(keys))) if key}.values())
    inside = np.isin(np.array(table["role"].to_pylist()), ("seed", "member"))[first]
    family = np.where(inside, table["family"].to_numpy()[first], -1)
    _, at = np.unique(family, return_index=True)
    copies = inside.copy()
    copies[at] = False
    heavy = copies & (np.array(table["op"].to_pylist())[first] == "reword2")
    return parts_of_texts([keys[n] for n in first], [texts[n] for n in first]), family, copies, heavy


def named(parts: Parts, family: NDArray[np.int64], way: str) -> tuple[int, NDArray[np.bool_], float, int]:
    """Return how many pairs a way names, of which texts one of the family, CPU seconds, and bytes of keys."""
    keys_of, votes = WAYS[way]
    begun = time.process_time()
    keys = keys_of(parts)
    _, places = np.unique(keys.keys, return_inverse=True)
    bits = np.zeros(0, np.uint64) if keys.bits is None else keys.bits
    pairs, found = _candidates(keys.begins, places.astype(np.int32), bits, family, votes)
    return pairs, found, time.process_time() - begun, keys.keys.nbytes


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=2)
    asked = parser.parse_args()
    warm = _asked(_WARM_ROWS, asked.seed)
    parts, family, copies, heavy = _asked(asked.rows, asked.seed)
    texts = len(family)
    print(f"{texts:,} different texts, {copies.sum():,} copies of an earlier one, {heavy.sum():,} reworded heavily")
    print(f"{'':42} {'found':>7} {'heavy':>7} {'candidates':>11} {'keys':>6} {'CPU s':>7}")
    for way in WAYS:
        named(*warm[:2], way)
        pairs, found, cpu_s, size = named(parts, family, way)
        shares = f"{found[copies].mean():7.3f} {found[heavy].mean():7.3f}"
        print(f"{way:42} {shares} {pairs / texts:11.2f} {size / 8 / texts:6.0f} {cpu_s:7.2f}", flush=True)


if __name__ == "__main__":
    main()
