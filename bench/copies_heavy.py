"""Where heavy rewordings are lost, and how heavy they are.

    python -m bench.copies_heavy [--data DATA] [--rows 20000] [--articles 0.0]

For the generated posts of seeds 1 to 5 (`bench._copies`) and for the open half of both labelled sets
(`near-duplicates`): of the members that were reworded heavily, how many are in one family with the family's first text;
of the others, how many

    alone      were compared with no text of their family: no candidate
    below      were compared, and no pair reached `pair_min`
    left out   have a pair, and are not in the family of the first

and how heavy the rewordings are: the Jaccard likeness of a member's shingles to those of the first, and the words
that both have over the words of the longer one, at the 10th, 50th and 90th percentile; `score` is the scorecard's. Then
the share that was joined by likeness, with how many there are: what is left of it where both are equally heavy.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bench._copies import posts as generated
from bench.copies import labelled, vigie_families
from vigie.kernels.near_compare import FIGURES, Scorecard, compare, scored
from vigie.kernels.near_pairs import near_pairs
from vigie.rules.text_card import parts_of_texts, scorecard
from vigie.text.keys import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

DATA: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data"
SEEDS: Final = (1, 2, 3, 4, 5)
FATES: Final = ("joined", "alone", "below", "left out")
_AT: Final = (10, 50, 90)
_BANDS: Final = (0.0, 0.3, 0.4, 0.5, 0.6, 1.01)


def words_kept(first: str, other: str) -> float:
    """Return the words that two keys share, each as often as both have it, over the words of the longer one.

    >>> words_kept("a b b c", "b a x")
    0.5
    """
    ones, others = Counter(first.split()), Counter(other.split())
    return (ones & others).total() / max(1, ones.total(), others.total())


def fates(posts: pa.Table) -> list[tuple[str, float, float, float]]:
    """Return for each heavy rewording its fate, its likeness to the first, the words kept, and the score with it."""
    rows = posts.select(["text", "family", "role", "op"]).to_pylist()
    labels = vigie_families(posts["text"]).tolist()
    keys = list(normalised([row["text"] for row in rows]))
    place: dict[str, int] = {}
    own = [place.setdefault(key, len(place)) for key in keys]
    firsts = list(dict(reversed(list(zip(own, range(len(rows)), strict=True)))).values())[::-1]
    parts = parts_of_texts(list(place), [rows[n]["text"] for n in sorted(firsts)])
    card, pair_min, _ = scorecard()
    nothing = Scorecard(np.full((len(FIGURES), 1), np.inf, np.float32), np.zeros((len(FIGURES), 2), np.float32))
    compared, paired = (
        _neighbours(near_pairs(parts, with_card, threshold=least))
        for with_card, least in ((nothing, 0.0), (card, pair_min))
    )
    family: dict[int, set[int]] = defaultdict(set)
    first: dict[int, int] = {}
    for n, row in enumerate(rows):
        if row["role"] in {"seed", "member"}:
            family[row["family"]].add(own[n])
        if row["role"] == "seed":
            first[row["family"]] = n
    heavy = [n for n, row in enumerate(rows) if row["op"] == "reword2" and row["role"] == "member"]
    seeds = [first[rows[n]["family"]] for n in heavy]
    figures = compare(parts, np.array([own[n] for n in seeds], np.int32), np.array([own[n] for n in heavy], np.int32))
    made = []
    for n, seed, likeness, score in zip(heavy, seeds, figures[:, 0], scored(figures, card), strict=True):
        others = family[rows[n]["family"]] - {own[n]}
        if labels[n] >= 0 and labels[n] == labels[seed]:
            fate = "joined"
        elif not compared[own[n]] & others:
            fate = "alone"
        else:
            fate = "left out" if paired[own[n]] & others else "below"
        made.append((fate, float(likeness), words_kept(keys[seed], keys[n]), float(score)))
    return made


def _neighbours(found: Any) -> dict[int, set[int]]:
    made: dict[int, set[int]] = defaultdict(set)
    for a, b in zip(found.earlier.tolist(), found.later.tolist(), strict=True):
        made[a].add(b)
        made[b].add(a)
    return made


def line(name: str, found: Sequence[tuple[str, float, float, float]]) -> str:
    """Return one set's line of the table."""
    count = Counter(one[0] for one in found)
    shares = " ".join(f"{count[fate] / max(1, len(found)):9.3f}" for fate in FATES)
    spread = "  ".join(" ".join(f"{x:6.2f}" for x in np.percentile([f[k] for f in found], _AT)) for k in (1, 2, 3))
    return f"{name:22} {len(found):6,} {shares}   {spread}"


def by_likeness(name: str, found: Sequence[tuple[str, float, float, float]]) -> str:
    """Return a line of the share that was joined in each band of likeness, and of how many."""
    shown = []
    for low, high in pairwise(_BANDS):
        fate = [one[0] for one in found if low <= one[1] < high]
        shown.append(f"{fate.count('joined') / len(fate):6.3f} of {len(fate):3,}" if fate else f"{'-':>13}")
    return f"{name:22} {'  '.join(shown)}"


def sets(data: Path, rows: int, articles: float) -> Iterator[tuple[str, pa.Table]]:
    """Yield each set's name and posts."""
    for seed in SEEDS:
        yield f"generated, seed {seed}", generated(rows, seed, articles=articles)
    if (data / "near-duplicates").is_dir():
        for name in ("10k", "100k"):
            yield f"labelled {name}, open", labelled(data, name, "open")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--articles", type=float, default=0.0)
    given = parser.parse_args()
    ends = "  ".join(f"{name:>20}" for name in ("likeness 10 50 90", "words kept 10 50 90", "score 10 50 90"))
    print(f"{'':22} {'heavy':>6} {' '.join(f'{fate:>9}' for fate in FATES)}   {ends}")
    made = {}
    for name, posts in sets(given.data, given.rows, given.articles):
        made[name] = fates(posts)
        print(line(name, made[name]), flush=True)
    made["generated, all seeds"] = [one for name in list(made)[: len(SEEDS)] for one in made[name]]
    print(
        f"\n{'joined, by likeness':22} "
        + "  ".join(f"{f'{a:.1f} to {min(b, 1):.1f}':>13}" for a, b in pairwise(_BANDS))
    )
    for name in list(made)[len(SEEDS) :]:
        print(by_likeness(name, made[name]))


if __name__ == "__main__":
    main()
