"""Which posts say the same: every post with the family of near-identical texts that it is in.

A family is all posts that resemble one core (`vigie.rules.families`): the same after normalisation, or with words
changed, slots filled, the end cut off, something added. A core of fewer than `words_min` words makes none: "Bon
dimanche à tous" is nobody's text. An item without text is taken by its title. A *marked repost* (`repost_of`, or a text
that begins with "RT @name") says itself that it copies.

Posts are taken in the order in which they arrived, file after file: what is found of the posts of a file is not looked
for again when another is added (`vigie.rules.text_arrivals`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Grown, Step
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.rules.text_arrivals import grown
from vigie.text.normalise import is_marked_repost

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

_S: Final[pa.DataType] = pa.string()
_DIGITS: Final = 32
TEXT_FAMILIES: Final = pa.schema(
    [
        ("row_id", _S),
        ("family_id", _S),  # 32 hexadecimal digits of the hash of the core's key; null: in none
        ("text_id", _S),  # 32 hexadecimal digits of the hash of its key; null: of fewer than three words
        ("words", pa.int32()),  # of the post's own key; 0: fewer than three
        ("similarity", pa.float32()),  # to the core, 0 to 1: shingles of both over those of either; null: in no family
        ("is_repost", pa.bool_()),
        # The longest text of the case that stands in this one, nearly twice as long or more, and is not of its family,
        # by its text_id; null: none.
        ("quotes_id", _S),
    ]
)


def _said(posts: pa.Table) -> tuple[list[str], NDArray[np.bool_]]:
    """Return the texts of posts, and which of them are marked reposts."""
    texts = pc.fill_null(posts["text"], pa.scalar(""))
    titles = pc.fill_null(posts["title"], pa.scalar(""))
    said: list[Any] = pc.if_else(pc.equal(texts, pa.scalar("")), titles, texts).to_pylist()
    marked = np.fromiter(map(is_marked_repost, said), np.bool_, len(said))
    return said, marked | np.asarray(pc.is_valid(posts["repost_of"]))


def _ids(keys: NDArray[np.int64]) -> Any:
    """Return the hexadecimal digits of keys, int64[keys, 2]: one text for each."""
    data = keys.tobytes().hex().encode()
    ends = np.arange(0, len(data) + 1, _DIGITS, dtype=np.int32)
    return pa.StringArray.from_buffers(len(keys), pa.py_buffer(ends.tobytes()), pa.py_buffer(data))


def _places(numbers: NDArray[np.int32]) -> Any:
    """Return numbers as Arrow takes them, negative ones as nulls."""
    return pa.array(numbers, mask=numbers < 0)


def _families(posts: Iterable[pa.Table], folder: Path | None, words_min: int) -> pa.Table:
    """Return the rows of TEXT_FAMILIES."""
    row_ids, found = grown(posts, _said, folder, words_min=words_min)
    family = np.append(found.family, np.int32(-1))[found.own]  # of a text that is too short none
    inside = family >= 0
    ids = _ids(found.keys)
    columns = [
        row_ids,
        ids.take(_places(family)),
        ids.take(_places(found.own)),
        np.append(found.words, np.int32(0))[found.own],
        pa.array(np.append(found.likeness, np.float32(0))[found.own], mask=~inside),
        pa.array(found.is_repost.astype(np.bool_)),
        ids.take(_places(np.append(found.quotes, np.int32(-1))[found.own])),
    ]
    return pa.table(columns, schema=TEXT_FAMILIES)


def steps(*, words_min: Annotated[int, Bounds(1, 1000)] = 6) -> tuple[Step, ...]:
    """Return the step: all posts in the order of their arrival, then families."""
    return (
        Grown(
            name="text_families",
            input="posts",
            columns=("row_id", "title", "text", "repost_of"),
            function=lambda posts, folder: _families(posts, folder, words_min),
            schema=TEXT_FAMILIES,
        ),
    )


MEASURE: Final = Measure(name="text_families", version=2, reads=("posts",), steps=steps, schema=TEXT_FAMILIES)
