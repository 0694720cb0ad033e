"""The families of posts in the order of their arrival, most of which were there the last time; `grown`.

What a state was made of is told by its contents: some thousand rows at a time have a digest of every value in them.
Where the posts do not begin with these rows (a file was dropped, or read anew), where there is no state, or one that is
damaged or of another version, all is made anew.
"""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.rules.text_growth import Grown, Growth
from vigie.rules.text_state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    Said = Callable[[pa.Table], tuple[Sequence[str], NDArray[np.bool_]]]

BLOCK_ROWS: Final = 16_384


class Arrived(NamedTuple):
    """Posts in the order of their arrival: their ids, and the families of their texts."""

    row_ids: pa.ChunkedArray[Any]
    grown: Grown


def grown(posts: Iterable[pa.Table], said: Said, folder: Path | None, *, words_min: int) -> Arrived:
    """Return the families of `posts` and keep them in `folder`, where one is given.

    posts: all columns texts, `row_id` the first, cut anyhow; gone through twice at most. `said` gives the texts of a
    batch and which of them are marked reposts.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="vigie-", ignore_cleanup_errors=True) as temporary:
            row_ids, made = _fresh(Path(temporary), posts, said, words_min)
            return Arrived(row_ids, _copied(made))
    standing = State.opened(folder, whole=True)
    found = _on(standing, posts, said, words_min) if standing else None
    del standing
    return found or _fresh(folder, posts, said, words_min)


def _copied(made: Grown) -> Grown:
    """Return the columns in memory: the files they lie in are about to go."""
    columns: list[Any] = [column.copy() for column in made]
    return Grown(*columns)


def _fresh(folder: Path, posts: Iterable[pa.Table], said: Said, words_min: int) -> Arrived:
    found = _on(State.fresh(folder), posts, said, words_min)
    if found is None:
        message = "an empty state fits any posts"
        raise AssertionError(message)
    return found


def _on(state: State, posts: Iterable[pa.Table], said: Said, words_min: int) -> Arrived | None:
    """Return what `grown` does, from a state on; None where the posts do not begin with what it was made of."""
    known: list[list[Any]] = state.numbers.setdefault("blocks", [])
    expected = list(known)
    sizes = itertools.chain((rows for rows, _ in expected), itertools.repeat(BLOCK_ROWS))
    growth = Growth(state)
    row_ids = []
    for number, block in enumerate(blocks(posts, sizes)):
        row_ids += block.column(0).chunks
        made = [block.num_rows, digest(block)]
        if number < len(expected):
            if made != expected[number]:
                return None
            continue
        growth.add(*said(block))
        known.append(made)
    if sum(map(len, row_ids)) < sum(rows for rows, _ in expected):
        return None
    return Arrived(pa.chunked_array(row_ids, pa.string()), growth.finished(words_min=words_min))


def blocks(tables: Iterable[pa.Table], sizes: Iterable[int]) -> Iterator[pa.Table]:
    """Yield the rows of tables in pieces of these sizes, and what is left.

    >>> table = pa.table({"a": [1, 2, 3, 4, 5]})
    >>> [piece["a"].to_pylist() for piece in blocks([table.slice(0, 2), table.slice(2)], [1, 3, 3])]
    [[1], [2, 3, 4], [5]]
    """
    size, more = 0, iter(sizes)
    held: list[pa.Table] = []
    rows = 0
    for table in tables:
        held.append(table)
        rows += table.num_rows
        size = size or next(more)
        while rows >= size:
            whole = pa.concat_tables(held)
            yield whole.slice(0, size)
            held, rows = [whole.slice(size)], rows - size
            size = next(more)
    if rows:
        yield pa.concat_tables(held)


def digest(table: pa.Table) -> str:
    """Return a digest of the values of a table of texts, the same however it lies in memory.

    >>> one = pa.table({"a": ["x", None, ""]})
    >>> digest(one) == digest(pa.concat_tables([one.slice(0, 1), one.slice(1)])) != digest(one.slice(1))
    True
    """
    made = hashlib.blake2b(digest_size=16)
    for column in table.columns:
        chunks: list[Any] = [chunk.cast(pa.large_string()) for chunk in column.chunks]
        for chunk in chunks:
            made.update(np.asarray(pc.fill_null(pc.binary_length(chunk), -1)).astype("<i8").data)
        for chunk in chunks:
            own = chunk.drop_null()
            _, places, data = own.buffers()
            if len(own) and data is not None:
                ends = np.frombuffer(places, np.int64)[[own.offset, own.offset + len(own)]].tolist()
                made.update(memoryview(data)[ends[0] : ends[1]])
    return made.hexdigest()
