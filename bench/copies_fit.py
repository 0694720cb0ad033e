"""The scorecard of near-duplicates, fitted to labelled pairs: prints `src/vigie/rules/families.toml`.

    python -m bench.copies_fit [--data DATA] > src/vigie/rules/families.toml

Takes the open half of the labelled posts (`near-duplicates`, 100,000 posts), as many generated ones (`bench._copies`,
seed 1) and a tenth as many articles, lets every text find its candidates, and fits points to the figures of these pairs
by boosting: in each round the one split of one figure that helps most (least logistic loss) is added. Every figure may
push one way only (`SIGNS`): a pair that keeps more is never less alike for it. So the card says nothing that a reader
would not say, and learns little of how the labelled posts were made. The other half is not read.

Pairs with a text that is made of two whole ones are left out: as a pair they are what a text and its beginning are, and
another rule tells them apart (`vigie.kernels.near_groups`).

Whoever writes a new card raises the version of the measure `near_duplicates`: what a case holds was told by the old
one.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.parquet as pq

from bench._copies import posts
from bench._copies_scores import half
from vigie.kernels.near_compare import FIGURES, Scorecard, compare
from vigie.kernels.near_pairs import near_pairs
from vigie.rules.text_card import parts_of_texts
from vigie.text.keys import normalised

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SEED: Final = 1
ROUNDS: Final = 400
RATE: Final = 0.3
BINS: Final = 24  # of all pairs, and of those that are one text
STEADY: Final = 5.0
PAIR_MIN: Final = 0.7
MEMBER_MIN: Final = -2.5
SIGNS: Final = {
    "jaccard": 1, "contained": 1, "contained_longer": 1, "figures": -1, "plain_kept": 1, "longest_word": 1,
    "blocks": 1, "framed": -1, "elsewhere": 1,
}  # fmt: skip
_DIGITS: Final = 3


def pairs_of(table: pa.Table) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the figures of the pairs that are looked at, and whether both texts are of one family."""
    places: dict[str, int] = {}
    texts, family, is_made_of_two = [], [], []
    rows = table.select(["text", "family", "role"]).to_pylist()
    for key, row in zip(normalised([row["text"] for row in rows]), rows, strict=True):
        if key not in places:
            places[key] = len(texts)
            texts.append(row["text"])
            family.append(row["family"] if row["role"] in {"seed", "member"} else -1)
            is_made_of_two.append(row["role"] == "concat")
    parts = parts_of_texts(list(places), texts)
    nothing = Scorecard(np.full((len(FIGURES), 1), np.inf, np.float32), np.zeros((len(FIGURES), 2), np.float32))
    found = near_pairs(parts, nothing, threshold=0.0)
    own, of_two = np.array(family), np.array(is_made_of_two)
    asked = ~(of_two[found.earlier] | of_two[found.later])
    earlier, later = found.earlier[asked], found.later[asked]
    same = (own[earlier] == own[later]) & (own[earlier] >= 0)
    return compare(parts, earlier, later).astype(np.float64), same


def given_pairs(data: Path) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the same of the open half of the labelled posts and of generated posts and articles together."""
    labelled = half(pq.read_table(data / "near-duplicates" / "posts_100k.parquet"), "open")
    count = len(labelled)
    made = [pairs_of(table) for table in (labelled, posts(count, SEED), posts(count // 10, SEED, articles=1.0))]
    return np.concatenate([figures for figures, _ in made]), np.concatenate([same for _, same in made])


def fitted(figures: Floats, same: NDArray[np.bool_]) -> tuple[float, list[Floats], list[Floats]]:
    """Return the begin, and by figure the edges and the points between them."""
    # Most pairs that are looked at are far from alike: their quantiles alone leave no edges where it is decided.
    steps = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = [
        np.unique(np.concatenate([np.quantile(own, steps) for own in (column, column[same]) if len(own)]))
        for column in figures.T
    ]
    places = [np.searchsorted(edge, column, side="right") for edge, column in zip(edges, figures.T, strict=True)]
    points = [np.zeros(len(edge) + 1) for edge in edges]
    begin = float(np.log(same.mean() / (1 - same.mean())))
    scores = np.full(len(same), begin)
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-scores))
        slope, bend = same - chance, chance * (1 - chance)
        best: tuple[float, int, int, float, float] = (0.0, 0, 0, 0.0, 0.0)
        for k, name in enumerate(FIGURES):
            if not len(edges[k]):
                continue
            size = len(edges[k]) + 1
            below = np.cumsum(np.bincount(places[k], slope, size))[:-1]
            weight = np.cumsum(np.bincount(places[k], bend, size))[:-1]
            low, high = below / (weight + STEADY), (slope.sum() - below) / (bend.sum() - weight + STEADY)
            gain = low * below + high * (slope.sum() - below)
            gain[(high - low) * SIGNS[name] <= 0] = 0
            at = int(np.argmax(gain))
            if gain[at] > best[0]:
                best = (float(gain[at]), k, at, RATE * float(low[at]), RATE * float(high[at]))
        gain_, k, at, low_, high_ = best
        if gain_ <= 0:
            break
        points[k][: at + 1] += low_
        points[k][at + 1 :] += high_
        scores += np.where(places[k] <= at, low_, high_)
    return begin, edges, points


def written(begin: float, edges: list[Any], points: list[Any]) -> str:
    """Return the card as TOML; neighbours with equal points are one."""
    lines = [
        "# Points by figure of a pair of texts (`vigie.kernels.near_compare`): the sum is the score. Written by",
        "# `python -m bench.copies_fit`, which says how; not to be changed by hand.",
        f"begin = {begin:.4f}",
        f"pair_min = {PAIR_MIN}",
        f"member_min = {MEMBER_MIN}",
    ]
    for name, edge, point in zip(FIGURES, edges, points, strict=True):
        kept: list[float] = []
        given = [round(float(point[0]), _DIGITS)]
        for value, after in zip(edge, point[1:], strict=True):
            if round(float(after), _DIGITS) != given[-1]:
                kept.append(math.floor(value * 1e5) / 1e5)
                given.append(round(float(after), _DIGITS))
        lines += ["", f"[figures.{name}]", f"edges = {kept}", f"points = {given}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[1].parent / "shared" / "data")
    given = parser.parse_args()
    sys.stdout.write(written(*fitted(*given_pairs(given.data))))


if __name__ == "__main__":
    main()
