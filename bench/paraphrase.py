"""Pairs of sentences that people called the same or not: what a comparison of words can see of it, and what it cannot.

    python -m bench.paraphrase [--data DATA]

Reads the parts for developers of `paraphrase`: MSRP (pairs of sentences of news that were chosen because they share
words; label 1: the same meaning) and STSb in four languages (0 to 5; 4 and more is called the same here; French,
German and Russian are machine translations of the English). Contenders score a pair: Vigie's scorecard
(`vigie.rules.text_card`), the Jaccard likeness of word sets, difflib's ratio of characters, the likeness of shingles
alone; all of the normalised texts.

AP is that of all pairs. F1 is that of one half at the threshold that is best on the other, halves by a hash of both
sentences. `at pair_min` is what Vigie does by default: the share of pairs that are the same which it would join, and of
the others. What it would not join shares too few words: another word for each, another order, a part left out.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import gzip
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from bench._measure import OUT
from vigie.kernels.near_compare import compare, scored
from vigie.rules.text_card import parts_of_texts, scorecard
from vigie.text.keys import normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

DATA: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data"
SETS: Final = ("msrp_train", "stsb_en_dev", "stsb_fr_dev", "stsb_de_dev", "stsb_ru_dev")
SAME: Final = 4.0


class Pairs(NamedTuple):
    """Sentences, their counterparts, and whether people called them the same."""

    ones: list[str]
    others: list[str]
    same: Bools


def pairs_of(path: Path) -> Pairs:
    """Return the pairs of one file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    same = [row["label"] == "1" if "label" in row else float(row["similarity_0_5"]) >= SAME for row in rows]
    return Pairs([row["sentence1"] for row in rows], [row["sentence2"] for row in rows], np.array(same))


def halves(pairs: Pairs) -> Bools:
    """Return which pairs are in the half that figures are of; the threshold is chosen on the others."""
    texts = zip(pairs.ones, pairs.others, strict=True)
    return np.array([hashlib.blake2b("\x1f".join(both).encode()).digest()[0] % 2 == 1 for both in texts])


def figures_of(pairs: Pairs) -> NDArray[np.float32]:
    """Return the figures of each pair that the scorecard has points for."""
    texts = [text for both in zip(pairs.ones, pairs.others, strict=True) for text in both]
    places = np.arange(0, len(texts), 2, dtype=np.int32)
    return compare(parts_of_texts(list(normalised(texts)), texts), places, places + np.int32(1))


def by_card(pairs: Pairs) -> Floats:
    """Score by Vigie's scorecard."""
    return scored(figures_of(pairs), scorecard().card).astype(np.float64)


def by_shingles(pairs: Pairs) -> Floats:
    """Score by the Jaccard likeness of runs of five characters."""
    return figures_of(pairs)[:, 0].astype(np.float64)


def by_words(pairs: Pairs) -> Floats:
    """Score by the Jaccard likeness of sets of words."""
    keys = [[set(key.split()) for key in normalised(texts)] for texts in pairs[:2]]
    return np.array([len(a & b) / max(1, len(a | b)) for a, b in zip(*keys, strict=True)])


def by_difflib(pairs: Pairs) -> Floats:
    """Score by difflib's ratio."""
    keys = zip(normalised(pairs.ones), normalised(pairs.others), strict=True)
    return np.array([difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() for a, b in keys])


CONTENDERS: Final[dict[str, Callable[[Pairs], Floats]]] = {
    "vigie": by_card,
    "shingles": by_shingles,
    "words": by_words,
    "difflib": by_difflib,
}


def average_precision(scores: Floats, same: Bools) -> float:
    """Return the area under precision by recall, equal scores being one rank.

    >>> average_precision(np.array([3.0, 2.0, 2.0, 1.0]), np.array([True, False, True, False]))
    0.8333333333333333
    """
    values, place = np.unique(-scores, return_inverse=True)
    hits = np.bincount(place, same, len(values))
    seen = np.bincount(place, minlength=len(values))
    return float((hits * np.cumsum(hits) / np.cumsum(seen)).sum() / same.sum())


def f1_at(scores: Floats, same: Bools, least: float) -> float:
    """Return F1 of calling the same what scores `least` or more."""
    found = scores >= least
    return float(2 * (found & same).sum() / (found.sum() + same.sum()))


def best_least(scores: Floats, same: Bools) -> float:
    """Return the threshold with the best F1, the greatest of equally good ones.

    >>> best_least(np.array([3.0, 2.0, 1.0, 0.0]), np.array([True, True, False, False]))
    2.0
    """
    values, place = np.unique(-scores, return_inverse=True)
    hits = np.cumsum(np.bincount(place, same, len(values)))
    seen = np.cumsum(np.bincount(place, minlength=len(values)))
    return float(-values[np.argmax(2 * hits / (seen + same.sum()))])


def evaluated(scores: Floats, pairs: Pairs) -> dict[str, float]:
    """Return AP, and F1 on one half at the threshold of the other."""
    reported = halves(pairs)
    least = best_least(scores[~reported], pairs.same[~reported])
    return {
        "ap": average_precision(scores, pairs.same),
        "least": least,
        "f1": f1_at(scores[reported], pairs.same[reported], least),
    }


def by_default(scores: Floats, same: Bools) -> dict[str, float]:
    """Return what the scorecard's own threshold joins: of the pairs that are the same, of the others; its precision."""
    joined = scores >= scorecard().pair_min
    return {
        "joined": float(joined[same].mean()),
        "others joined": float(joined[~same].mean()),
        "precision": float(same[joined].mean()) if joined.any() else float("nan"),
    }


def report(sets: Sequence[str], data: Path) -> dict[str, Any]:
    """Print and return the figures of each set."""
    made: dict[str, Any] = {}
    for name in sets:
        pairs = pairs_of(data / "paraphrase" / "dev" / f"{name}.csv.gz")
        given = {contender: score(pairs) for contender, score in CONTENDERS.items()}
        rows = {contender: evaluated(scores, pairs) for contender, scores in given.items()}
        default = by_default(given["vigie"], pairs.same)
        base = float(pairs.same.mean())
        made[name] = {"pairs": len(pairs.ones), "same": base, "contenders": rows, "at pair_min": default}
        every = 2 * base / (1 + base)
        print(f"{name}: {len(pairs.ones):,} pairs, {base:.3f} the same; F1 of calling all the same {every:.3f}")
        for contender, row in rows.items():
            print(f"  {contender:9} AP {row['ap']:.3f}  F1 {row['f1']:.3f} (at {row['least']:.3f})")
        print(
            f"  at pair_min: {default['joined']:.3f} of the same joined, {1 - default['joined']:.3f} beyond it; "
            f"{default['others joined']:.3f} of the others joined, precision {default['precision']:.3f}"
        )
    return made


def main() -> None:
    """Print the figures and write `out/paraphrase.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    made = report(SETS, parser.parse_args().data)
    OUT.mkdir(exist_ok=True)
    path = OUT / "paraphrase.json"
    path.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
