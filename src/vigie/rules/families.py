"""Families of near-identical texts: which posts say the same, whatever was changed in it; `families`.

Exact after normalisation first (`vigie.text.normalise`); then every different text is looked up among those before it
by a sample of its runs of twelve characters, compared in full with the likeliest, and scored
(`vigie.kernels.near_pairs`, `vigie.kernels.near_compare`); then what belongs together is told by likeness to a core
(`vigie.kernels.near_groups`), so that families do not chain.

The scorecard (`families.toml`) was fitted to labelled pairs by `bench.copies_fit`, which says how. It counts what is
kept against what is replaced, and weighs facts apart: two bulletins whose words agree and whose names and figures
differ are two texts.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from vigie.kernels.near_compare import FIGURES, Scorecard
from vigie.kernels.near_groups import grouped
from vigie.kernels.near_pairs import near_pairs
from vigie.kernels.near_texts import Joining, Parts, parts_of, with_names
from vigie.text.keys import normalised
from vigie.text.names import inner_capitals
from vigie.text.normalise import fingerprint, word_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

WORDS_MIN: Final = 6
_WORDS_LEAST: Final = 3
_BATCH: Final = 20_000


class Families(NamedTuple):
    """Which family each text is in.

    labels: int64[texts], equal for members, the place of a text that has its core's key; -1: in none. similarity:
    float32[texts], the Jaccard likeness of its shingles to the core's; 0 where there is no family. fingerprints: of the
    different keys, by their first place (`vigie.text.normalise.fingerprint`); words: int32, how many words they have.
    own: int64[texts], which of the keys a text has, -1 where it is too short.
    """

    labels: NDArray[np.int64]
    similarity: NDArray[np.float32]
    fingerprints: list[str]
    words: NDArray[np.int32]
    own: NDArray[np.int64]


class Card(NamedTuple):
    """The scorecard, and the scores that a pair and a member without a pair must reach."""

    card: Scorecard
    pair_min: float
    member_min: float


@cache
def scorecard() -> Card:
    """Return the scorecard."""
    read = tomllib.loads((resources.files("vigie.rules") / "families.toml").read_text(encoding="utf-8"))
    rows = [read["figures"][name] for name in FIGURES]
    width = max(len(row["edges"]) for row in rows)
    edges = np.full((len(rows), width), np.inf, np.float32)
    points = np.zeros((len(rows), width + 1), np.float32)
    for n, row in enumerate(rows):
        edges[n, : len(row["edges"])] = row["edges"]
        points[n, : len(row["points"])] = row["points"]
        points[n, len(row["points"]) :] = row["points"][-1]
    points[0] += read["begin"]
    return Card(Scorecard(edges, points), read["pair_min"], read["member_min"])


def _points(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    begins = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=begins[1:])
    data = "".join(texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(data, np.uint32), begins


def parts_of_texts(keys: Sequence[str], texts: Sequence[str]) -> Parts:
    """Return what texts are compared by; `keys` are those of the `texts`."""
    names = normalised([inner_capitals(text) for text in texts])
    return with_names(parts_of(*_points(keys)), parts_of(*_points(names)))


def families(
    texts: Sequence[str] | pa.ChunkedArray[Any],
    *,
    words_min: int = WORDS_MIN,
    progress: Callable[[int], None] = lambda _: None,
) -> Families:
    """Return the families of texts, which are taken in their order; `progress` is told how many are read.

    A core of fewer than `words_min` words makes no family ("Bon dimanche à tous" is nobody's text); a member may have
    fewer, where it is what was left of the core.

    >>> said = ["The polls close at eight in Lyon!", "It rained in Brest all day long", "The POLLS close at 8 in Lyon"]
    >>> families([*said, said[0].lower()]).labels.tolist()
    [0, -1, 0, 0]
    """
    own = np.full(len(texts), -1, np.int64)
    places: dict[str, int] = {}
    firsts: list[int] = []
    words: list[int] = []
    parts = Joining()
    for start in range(0, len(texts), _BATCH):
        some: Any = texts[start : start + _BATCH]
        given: Sequence[str] = some.to_pylist() if hasattr(some, "to_pylist") else some
        before = len(firsts)
        new = []
        for n, key in enumerate(normalised(given), start):
            if (count := word_count(key)) < _WORDS_LEAST:
                continue
            place = places.setdefault(fingerprint(key), len(firsts))
            if place == len(firsts):
                firsts.append(n)
                words.append(count)
                new.append(key)
            own[n] = place
        parts.add(parts_of_texts(new, [given[n - start] for n in firsts[before:]]))
        progress(min(start + _BATCH, len(texts)))
    labels, similarity = np.full(len(texts), -1, np.int64), np.zeros(len(texts), np.float32)
    word_counts = np.array(words, np.int32)
    if not places:
        return Families(labels, similarity, [], word_counts, own)
    known = own >= 0
    posts = np.bincount(own[known], minlength=len(places))
    together = parts.joined()
    card, pair_min, member_min = scorecard()
    found = near_pairs(together, card, threshold=pair_min)
    # What is too short to be a core stands for no posts where cores are chosen.
    core, likeness = grouped(together, found, np.where(word_counts >= words_min, posts, 0), card, least=member_min)
    # A text that nothing else resembles is a family if several posts have it.
    alone = (core < 0) & (posts > 1)
    core[alone], likeness[alone] = np.flatnonzero(alone), 1.0
    sizes = np.bincount(core[core >= 0], posts[core >= 0], minlength=len(places))
    core = np.where((core >= 0) & (sizes[core] > 1) & (word_counts >= words_min)[core], core, -1)
    first = np.array(firsts, np.int64)
    labels[known] = np.where(core[own[known]] >= 0, first[core[own[known]]], -1)
    similarity[known] = np.where(labels[known] >= 0, likeness[own[known]], 0)
    return Families(labels, similarity, list(places), word_counts, own)
