"""The plain forms of the texts of a column: by a kernel where it can, by `vigie.text.decode` where it must."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.kernels.distinct import NO_TEXTS, Texts
from vigie.kernels.plain_text import plain
from vigie.text.decode import MAX_CHARS, ROUNDS, decode

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HANGUL_PARTS: Final = range(0x1160, 0x1200)


def texts_of(column: pa.Array[Any]) -> Texts:
    """Return a string array as kernels see it, without a copy."""
    valid, offsets, data = column.buffers()
    if not len(column) or offsets is None:
        return Texts(np.zeros(1, np.int32), *NO_TEXTS[1:])
    edges = _array(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    letters = NO_TEXTS.data if data is None else _array(data, np.uint8)
    bits = NO_TEXTS.valid if valid is None or not column.null_count else _array(valid, np.uint8)
    return Texts(edges, letters, bits, column.offset)


def _array(buffer: Any, kind: Any) -> NDArray[Any]:
    return np.frombuffer(buffer, kind)


def _memory(array: Any) -> memoryview:
    return memoryview(array)


def plain_forms(texts: pa.Array[Any]) -> pa.Array[Any]:
    """Return the plain form (`vigie.text.decode`) of each text of an array without nulls."""
    return plain_of(np.arange(len(texts)), texts, None)


def plain_of(rows: NDArray[np.int64], texts: pa.Array[Any], queries: pa.Array[Any] | None) -> pa.Array[Any]:
    """Return the plain forms of the texts in `rows`, each followed by "?" and its query where that is not null.

    A null text is an empty one.
    """
    return plain_and_as_sent(rows, texts, queries)[0]


def plain_and_as_sent(
    rows: NDArray[np.int64], texts: pa.Array[Any], queries: pa.Array[Any] | None = None
) -> tuple[pa.Array[Any], NDArray[np.bool_]]:
    """Return what `plain_of` does, and of which it is known that they are, byte by byte, what was sent."""
    left = texts_of(texts)
    right = NO_TEXTS if queries is None else texts_of(queries)
    offsets, data, hard, as_sent = plain(rows, left.offsets, left.data, *right, _letters(), ROUNDS, MAX_CHARS)
    plainer = pa.StringArray.from_buffers(len(rows), pa.py_buffer(_memory(offsets)), pa.py_buffer(_memory(data)))
    if not hard.any():
        return plainer, as_sent
    decoded = pa.array([decode(_sent(texts, queries, row)) for row in rows[hard].tolist()], pa.string())
    replaced: pa.Array[Any] = pc.replace_with_mask(plainer, pa.array(hard), decoded)
    return replaced, as_sent


def _sent(texts: pa.Array[Any], queries: pa.Array[Any] | None, row: int) -> str:
    text, query = texts[row].as_py() or "", None if queries is None else queries[row].as_py()
    return str(text if query is None else f"{text}?{query}")


@cache
def _letters() -> NDArray[np.uint16]:
    """Return the lower case of each character beyond ASCII that the kernel can deal with, and 0 for all others.

    It can where the character is its own compatibility form beside any other, and its lower case is one character of
    as many bytes whatever its place in a word.
    """
    followers = set(_HANGUL_PARTS)
    for code in range(0x80, 0x10000):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):  # noqa: PLR2004 - a pair
            followers.add(int(parts[1], 16))
    lower = np.zeros(0x10000, np.uint16)
    for code in range(0x80, 0x10000):
        character = chr(code)
        small = character.lower()
        if (
            code not in followers
            and not 0xD800 <= code <= 0xDFFF  # noqa: PLR2004 - the surrogates
            and character != "\N{GREEK CAPITAL LETTER SIGMA}"
            and not unicodedata.combining(character)
            and len(small) == 1
            and len(small.encode()) == len(character.encode())
            and unicodedata.is_normalized("NFKC", character)
        ):
            lower[code] = ord(small)
    return lower
