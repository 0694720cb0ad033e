"""Texts in two languages that an embedding model takes for the same: pairs of each other's nearest.

The model is the user's. What it makes of the texts comes in as a table, `text_vectors`, so that this is a function of
tables like any other measure. For each two languages the pairs are those of `vigie.rules.near_vectors`: mutual nearest
by the ratio margin, with a cosine of `similarity_min` or more. A pair that shares half of the words of the shorter text
or more is a copy whose language was misread, and left out.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Groups, Query, Step
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.rules.near_vectors import mutual
from vigie.tables import UTC_US
from vigie.text.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from vigie.rules.near_vectors import Pairs

SIMILARITY_MIN: Final = 0.8
_SHARED_WORDS: Final = 0.5
_S: Final[pa.DataType] = pa.string()
_TEXTS: Final = pa.schema(
    [
        ("all", _S),  # the same in every row: each text is compared with all of the other languages
        ("row_id", _S),
        ("family_id", _S),
        ("time", UTC_US),
        ("said", _S),
        ("language", _S),
        ("vector", pa.list_(pa.float32())),
    ]
)
TRANSLATIONS: Final = pa.schema(
    [
        ("row_id", _S),  # the text in the language that comes first in the alphabet
        ("family_id", _S),  # null: published once
        ("time", UTC_US),  # of its first post
        ("language", _S),
        ("other_row_id", _S),
        ("other_family_id", _S),
        ("other_time", UTC_US),
        ("other_language", _S),
        ("similarity", pa.float64()),  # cosine of the two vectors, -1 to 1
        ("margin", pa.float64()),  # that cosine over the mean to their nearest in the other's language; 1: no better
    ]
)
_SQL: Final = """
select '' as "all", row_id, family_id, time, said, language, vector
from translation_texts join text_vectors using (row_id) where language is not null
"""


def _pairs(texts: pa.Table, similarity_min: float) -> pa.Table:
    """Return the rows of TRANSLATIONS; `texts` stands in order of language, then of time."""
    column: Any = texts["vector"].combine_chunks()
    width = len(column.flatten()) // max(1, len(column))
    vectors: NDArray[np.float32] = np.asarray(column.flatten()).reshape(len(column), width)
    codes = np.asarray(texts["language"].to_pylist(), dtype=object)
    rows = {code: np.flatnonzero(codes == code) for code in sorted(set(codes.tolist()))}
    left: list[int] = []
    right: list[int] = []
    likeness: list[float] = []
    margins: list[float] = []
    for one, other in combinations(rows, 2):
        found = mutual(vectors[rows[one]], vectors[rows[other]], similarity_min=similarity_min)
        for a, b, cosine, margin in _kept(found, texts["said"], rows[one], rows[other]):
            left.append(a)
            right.append(b)
            likeness.append(cosine)
            margins.append(margin)
    names = ("row_id", "family_id", "time", "language")
    sides = [texts[name].take(pa.array(side, pa.int64())) for side in (left, right) for name in names]
    # More digits than this depend on which texts the model was given together.
    figures = [pc.round(pa.array(values, pa.float64()), ndigits=4) for values in (likeness, margins)]
    return pa.table([*sides, *figures], schema=TRANSLATIONS)


def _kept(
    pairs: Pairs, said: Any, left: NDArray[np.int64], right: NDArray[np.int64]
) -> Iterator[tuple[int, int, float, float]]:
    """Yield the rows and figures of the pairs that are no copies of one text."""
    for n in range(len(pairs.left)):
        a, b = int(left[pairs.left[n]]), int(right[pairs.right[n]])
        words, others = ({w for w in normalise(said[row].as_py()).split() if not w.isdigit()} for row in (a, b))
        if len(words & others) < _SHARED_WORDS * max(1, min(len(words), len(others))):
            yield a, b, min(1.0, float(pairs.similarity[n])), float(pairs.margin[n])


def steps(*, similarity_min: Annotated[float, Bounds(0.1, 1)] = SIMILARITY_MIN) -> tuple[Step, ...]:
    """Return the steps: the texts with their vectors, then the pairs."""
    return (
        Query(name="translations_texts", sql=_SQL, schema=_TEXTS),
        Groups(
            name="translations",
            input="translations_texts",
            columns=tuple(_TEXTS.names),
            key=("all",),
            order=("language", "time", "row_id"),
            function=lambda texts: _pairs(texts, similarity_min),
            schema=TRANSLATIONS,
        ),
    )


MEASURE: Final = Measure(
    name="translations", version=1, reads=("translation_texts", "text_vectors"), steps=steps, schema=TRANSLATIONS
)
