"""What texts are compared by, and the scorecard of a pair; `families.toml` has its figures."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vigie.kernels.near_compare import FIGURES, Scorecard
from vigie.kernels.near_texts import Parts, parts_of, with_names
from vigie.text.end_tags import without_end_tags
from vigie.text.keys import normalised
from vigie.text.names import inner_capitals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Card(NamedTuple):
    """The scorecard, and the scores that a pair and a member without a pair must reach."""

    card: Scorecard
    pair_min: float
    member_min: float


def card_text() -> str:
    """Return the scorecard as it is written."""
    return (resources.files("vigie.rules") / "families.toml").read_text(encoding="utf-8")


@cache
def scorecard() -> Card:
    """Return the scorecard."""
    read = tomllib.loads(card_text())
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
    """Return what texts are compared by; `keys` are those of the `texts`.

    What stands under one hashtag is not alike for it: hashtags at the ends are not compared.
    """
    keys, texts = list(keys), list(texts)
    tagged = [n for n, text in enumerate(texts) if "#" in text or "\uff03" in text]
    said = [without_end_tags(texts[n]) for n in tagged]
    for n, text, key in zip(tagged, said, normalised(said), strict=True):
        texts[n], keys[n] = text, key
    names = normalised([inner_capitals(text) for text in texts])
    return with_names(parts_of(*_points(keys)), parts_of(*_points(names)))
