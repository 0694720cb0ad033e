"""Families of near-identical texts: which posts say the same, whatever was changed in it; `families`.

Exact after normalisation first (`vigie.text.normalise`); then every different text is looked up among those before it
by a sample of its runs of twelve characters, compared in full with the likeliest, and scored
(`vigie.kernels.near_pairs`, `vigie.kernels.near_compare`); then what belongs together is told by likeness to a core
(`vigie.kernels.near_groups`), so that families do not chain. `vigie.rules.text_growth` does it some texts at a time,
`vigie.rules.text_arrivals` for the posts of a case, of which most were there the last time.

The scorecard (`families.toml`) was fitted to labelled pairs by `bench.copies_fit`, which says how. It counts what is
kept against what is replaced, and weighs facts apart: two bulletins whose words agree and whose names and figures
differ are two texts.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from vigie.rules.text_growth import Growth
from vigie.rules.text_state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

WORDS_MIN: Final = 6
_BATCH: Final = 20_000


class Families(NamedTuple):
    """Which family each text is in.

    labels: int64[texts], equal for members, the place of a text that has its core's key; -1: in none. similarity:
    float32[texts], the Jaccard likeness of its shingles to the core's; 0 where there is no family. keys: int64[keys,
    2], the fingerprints of the different keys (`vigie.text.normalise.fingerprint`), by their first place; words: int32,
    how many words they have. own: int64[texts], which of the keys a text has, -1 where it is too short. quotes:
    int64[texts], the place of the longest text that stands in a much longer one and is not of its family; -1: none.
    """

    labels: NDArray[np.int64]
    similarity: NDArray[np.float32]
    keys: NDArray[np.int64]
    words: NDArray[np.int32]
    own: NDArray[np.int64]
    quotes: NDArray[np.int64]


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
    >>> families([said[0], f"I do not believe what they told us about Brest. {said[0]}"]).quotes.tolist()
    [-1, 0]
    """
    with tempfile.TemporaryDirectory(prefix="vigie-", ignore_cleanup_errors=True) as folder:
        growth = Growth(State.fresh(Path(folder)))
        for start in range(0, len(texts), _BATCH):
            some: Any = texts[start : start + _BATCH]
            given: Sequence[str] = some.to_pylist() if hasattr(some, "to_pylist") else some
            growth.add(given, np.zeros(len(given), np.bool_))
            progress(start + len(given))
        made = growth.finished(words_min=words_min)
        own = made.own.astype(np.int64)
        inside = own >= 0
        rows = np.flatnonzero(inside)
        first = np.zeros(len(made.words), np.int64)
        first[own[rows[::-1]]] = rows[::-1]
        inside[inside] = made.family[own[inside]] >= 0
        labels, similarity = np.full(len(own), -1, np.int64), np.zeros(len(own), np.float32)
        labels[inside] = first[made.family[own[inside]]]
        similarity[inside] = made.likeness[own[inside]]
        quoted = np.append(made.quotes, np.int32(-1))[own]
        quotes = np.where(quoted >= 0, np.append(first, -1)[quoted], -1)
        return Families(labels, similarity, made.keys.copy(), made.words.copy(), own, quotes)
