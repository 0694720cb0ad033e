"""Which posts say the same: every post with the family of near-identical texts that it is in.

A family is all posts that resemble one core (`vigie.rules.families`): the same after normalisation, or with words
changed, slots filled, the end cut off, something added. A core of fewer than `words_min` words makes none: "Bon
dimanche à tous" is nobody's text. An item without text is taken by its title. A *marked repost* (`repost_of`, or a text
that begins with "RT @name") says itself that it copies.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Groups, Rows, Step
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.rules.families import families
from vigie.tables import UTC_US
from vigie.text.normalise import is_marked_repost

_S: Final[pa.DataType] = pa.string()
_SAID: Final = pa.schema(
    [
        ("all", _S),  # the same in every row: families are looked for among all posts together
        ("row_id", _S),
        ("time", UTC_US),
        ("said", _S),
        ("is_repost", pa.bool_()),
    ]
)
TEXT_FAMILIES: Final = pa.schema(
    [
        ("row_id", _S),
        ("text_id", _S),  # 32 hexadecimal digits of the hash of its key; null: of fewer than three words
        ("family_id", _S),  # 32 hexadecimal digits of the hash of the core's key; null: in none
        ("words", pa.int32()),  # of the post's own key; 0: fewer than three
        ("similarity", pa.float32()),  # to the core, 0 to 1: shingles of both over those of either; null: in no family
        ("is_repost", pa.bool_()),
    ]
)


def _said(posts: pa.Table) -> pa.Table:
    """Return the rows of _SAID."""
    texts, titles = (pc.fill_null(posts[name], pa.scalar("")) for name in ("text", "title"))
    said = pc.if_else(pc.equal(texts, pa.scalar("")), titles, texts)
    marked = pa.array([is_marked_repost(text) for text in said.to_pylist()], pa.bool_())
    columns = {
        "all": pa.repeat("", len(posts)),
        "said": said,
        "is_repost": pc.or_(pc.is_valid(posts["repost_of"]), marked),
    }
    return pa.table(
        [columns.get(name, posts[name] if name in posts.column_names else None) for name in _SAID.names], schema=_SAID
    )


def _members(said: pa.Table, words_min: int) -> pa.Table:
    """Return the rows of TEXT_FAMILIES, `family_id` null where a text is in no family."""
    times: Any = said["time"].cast(pa.int64())
    rows: Any = said["row_id"]
    order: Any = pa.array(np.lexsort((np.asarray(pc.rank(rows, tiebreaker="dense")), np.asarray(times))))
    # More text than 32-bit offsets reach may come together.
    texts: Any = said["said"].cast(pa.large_string())
    said = said.drop_columns(["said"]).take(order)
    found = families(texts.take(order), words_min=words_min)
    inside = found.labels >= 0
    cores = np.unique(found.labels[inside])
    ids = pa.array([found.fingerprints[found.own[core]] for core in cores.tolist()], _S)
    at: Any = pa.array(np.searchsorted(cores, found.labels), mask=~inside)
    own: Any = pa.array(found.own, mask=found.own < 0)
    words = np.append(found.words, 0)
    columns = {
        "text_id": pa.array(found.fingerprints, _S).take(own),
        "family_id": ids.take(at),
        "words": words[found.own],  # of a text that is too short none
        "similarity": pa.array(found.similarity, mask=~inside),
    }
    return pa.table(
        [columns.get(name, said[name] if name in said.column_names else None) for name in TEXT_FAMILIES.names],
        schema=TEXT_FAMILIES,
    )


def steps(*, words_min: Annotated[int, Bounds(1, 1000)] = 6) -> tuple[Step, ...]:
    """Return the steps: what each post says, then families."""
    return (
        Rows(
            name="text_families_said",
            input="posts",
            columns=("row_id", "time", "title", "text", "repost_of"),
            function=_said,
            schema=_SAID,
        ),
        Groups(
            name="text_families",
            input="text_families_said",
            columns=tuple(_SAID.names),
            key=("all",),
            order=(),
            function=lambda said: _members(said, words_min),
            schema=TEXT_FAMILIES,
        ),
    )


MEASURE: Final = Measure(name="text_families", version=1, reads=("posts",), steps=steps, schema=TEXT_FAMILIES)
