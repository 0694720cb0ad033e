"""Edge tables as files: CSV, GEXF or GraphML by the name's suffix; a temporary file, renamed when it is whole."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.errors import InputError
from vigie.kernels.gather import gather
from vigie.sources.csv_records import buffers
from vigie.text.inert import csv_cell, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO, TypeAlias

    from numpy.typing import NDArray

    Texts: TypeAlias = pa.Array[Any]
    # A column: numbers, or texts, or numbers some of which are missing; or the number of each row's text among some.
    Column: TypeAlias = NDArray[Any] | Texts | tuple[NDArray[Any], Texts]
    # Some edges: the accounts' numbers on both sides, and the columns after them.
    Part: TypeAlias = tuple[NDArray[Any], NDArray[Any], Sequence[Column]]

SUFFIXES: Final = (".csv", ".gexf", ".graphml")
# Written as they stand: what no spreadsheet can take for more than a text, a number, or a word after an at sign.
_PLAIN: Final = r"^(?:-?[0-9]{1,24}|@[A-Za-z0-9_]+|[A-Za-z0-9_][A-Za-z0-9_.:/@#?&%~=+-]*)$"
_SMALL: Final = 1 << 16
_TYPES: Final = {"i": "long", "f": "double"}
_HELD_BYTES: Final = 64 << 20


class _Passing(io.FileIO):
    """A file that is written through every so often, so that the system need not hold gigabytes of it in memory.

    It is flushed at the end anyway; memory that is asked for and given back in small parts costs a fraction.
    """

    _held = 0

    def write(self, data: Any, /) -> int:
        """Write some bytes; return how many."""
        count = super().write(data) or 0
        self._held += count
        if sys.platform == "linux" and self._held >= _HELD_BYTES:
            os.fdatasync(self.fileno())
            os.posix_fadvise(self.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            self._held = 0
        return count


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`; when the block ends well it is flushed to disk and takes that name.

    Raises
    ------
    InputError
        if it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with io.BufferedWriter(_Passing(temporary, "xb")) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def cells(names: pa.Array[Any], *, as_they_are: bool) -> tuple[pa.Array[Any], int]:
    """Return texts as CSV cells, and how many of them were changed so that a spreadsheet takes none for a formula.

    A number with a sign and a word after an at sign stay; with `as_they_are` everything does.
    """
    plain = pc.match_substring_regex(names, _PLAIN)
    odd = np.flatnonzero(~np.asarray(plain.to_numpy(zero_copy_only=False), np.bool_))
    if not odd.size:
        return names, 0
    changed = 0
    texts = []
    for name in map(str, names.take(odd).to_pylist()):
        text = name if as_they_are else str(csv_cell(name))
        changed += text != name
        texts.append('"' + text.replace('"', '""') + '"' if any(c in text for c in '",\n\r') else text)
    places = np.zeros(len(names), np.int64)
    places[odd] = np.arange(len(odd))
    safe = pc.if_else(plain, names, pa.array(texts, pa.string()).take(places))
    return safe, changed


def write_csv(file: BinaryIO, header: Sequence[str], parts: Iterable[Sequence[Column]]) -> None:
    """Write a header and the rows of `parts`, each a table's columns.

    Texts in them are cells already, or several cells with commas between them.
    """
    file.write((",".join(header) + "\n").encode())
    lines: _Lines | None = None
    for columns in parts:
        lines = lines or _Lines(file, "", [","] * (len(columns) - 1) + ["\n"])
        lines.write(columns)


def write_gexf(
    file: BinaryIO,
    names: Texts,
    header: Sequence[str],
    parts: Iterable[Part],
    *,
    about: Mapping[str, Texts] = MappingProxyType({}),
) -> None:
    """Write a graph for Gephi; `names` are the labels of the nodes by their numbers, `header` names the columns.

    `about` holds further columns of the nodes, by the same numbers.
    """
    held = list(parts)
    file.write(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://gexf.net/1.3" version="1.3">\n'
        b'<graph defaultedgetype="undirected" mode="static">\n<attributes class="edge">\n'
    )
    kinds = enumerate(zip(header, _types(held, len(header)), strict=True))
    file.writelines(f'<attribute id="{n}" title="{name}" type="{kind}"/>\n'.encode() for n, (name, kind) in kinds)
    file.write(b"</attributes>\n")
    if about:
        titles = (f'<attribute id="{n}" title="{name}" type="string"/>\n'.encode() for n, name in enumerate(about))
        file.writelines((b'<attributes class="node">\n', *titles, b"</attributes>\n"))
    file.write(b"<nodes>\n")
    nodes = _nodes(held)
    values = [f'"/><attvalue for="{n}" value="' for n in range(1, len(about))]
    more = ['"><attvalues><attvalue for="0" value="', *values, '"/></attvalues></node>\n'] if about else ['"/>\n']
    shown = [_xml(column, nodes) for column in (names, *about.values())]
    _Lines(file, '<node id="', ['" label="', *more]).write([nodes, *shown])
    file.write(b"</nodes>\n<edges>\n")
    opening = [f'<attvalue for="{n}" value="' for n in range(len(header))]
    weight = list(header).index("weight")
    lines: _Lines | None = None
    for left, right, columns in held:
        figures = _elements(columns, opening, '"/>')
        after = ['" target="', '" weight="', '"><attvalues>', *[""] * (len(figures) - 1), "</attvalues></edge>\n"]
        lines = lines or _Lines(file, '<edge source="', after)
        lines.write([left, right, columns[weight], *figures])
    file.write(b"</edges>\n</graph>\n</gexf>\n")


def write_graphml(
    file: BinaryIO,
    names: Texts,
    header: Sequence[str],
    parts: Iterable[Part],
    *,
    about: Mapping[str, Texts] = MappingProxyType({}),
) -> None:
    """Write a graph as GraphML; the arguments are those of `write_gexf`."""
    held = list(parts)
    file.write(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
        b'<key id="name" for="node" attr.name="name" attr.type="string"/>\n'
    )
    kinds = enumerate(zip(header, _types(held, len(header)), strict=True))
    file.writelines(
        f'<key id="e{n}" for="edge" attr.name="{name}" attr.type="{kind}"/>\n'.encode() for n, (name, kind) in kinds
    )
    keys = enumerate(about)
    file.writelines(f'<key id="v{n}" for="node" attr.name="{name}" attr.type="string"/>\n'.encode() for n, name in keys)
    file.write(b'<graph edgedefault="undirected">\n')
    nodes = _nodes(held)
    more = [f'</data><data key="v{n}">' for n in range(len(about))]
    shown = [_xml(column, nodes) for column in (names, *about.values())]
    _Lines(file, '<node id="n', ['"><data key="name">', *more, "</data></node>\n"]).write([nodes, *shown])
    opening = [f'<data key="e{n}">' for n in range(len(header))]
    lines: _Lines | None = None
    for left, right, columns in held:
        figures = _elements(columns, opening, "</data>")
        lines = lines or _Lines(file, '<edge source="n', ['" target="n', '">', *[""] * (len(figures) - 1), "</edge>\n"])
        lines.write([left, right, *figures])
    file.write(b"</graph>\n</graphml>\n")


def _types(parts: Sequence[Part], count: int) -> list[str]:
    """Return what the graph formats call the type of each column."""
    if not parts:
        return ["string"] * count
    return [_TYPES[c.dtype.kind] if isinstance(c, np.ndarray) else _type(c) for c in parts[0][2]]


def _type(column: Column) -> str:
    return "double" if isinstance(column, pa.Array) and pa.types.is_floating(column.type) else "string"


def _elements(columns: Sequence[Column], opening: Sequence[str], closing: str) -> list[Column]:
    """Return each column as elements, none where a value is missing."""
    made: list[Column] = []
    for column, before in zip(columns, opening, strict=True):
        codes, texts = _spelled(column)
        dressed = joined(before, texts, closing)
        if isinstance(column, pa.Array) and column.null_count:
            dressed = pc.if_else(column.is_null(), "", dressed)
        made.append((codes, dressed))
    return made


def _nodes(parts: Sequence[Part]) -> NDArray[Any]:
    used = [np.unique(np.concatenate((left, right))) for left, right, _ in parts]
    return np.unique(np.concatenate(used)) if used else np.zeros(0, np.int64)


def _xml(names: Texts, nodes: NDArray[Any]) -> Texts:
    """Return the names of the nodes for an attribute or an element: without any character that acts there."""
    taken = names.take(pa.array(nodes)).to_pylist()
    others = {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"}
    return pa.array([escape(visible(str(name)), others) for name in taken], pa.string())


def _spelled(column: Column) -> tuple[NDArray[Any], Texts]:
    """Return the number of each row's text, and the texts."""
    if isinstance(column, tuple):
        return column
    if not isinstance(column, np.ndarray):
        return np.arange(len(column)), column.cast(pa.string()).fill_null("")
    small = (column >= 0) & (column < _SMALL) & (column == np.floor(column))
    codes = np.where(small, column, 0).astype(np.int64)
    most = int(codes.max(initial=0)) + 1
    others, places = np.unique(column[~small], return_inverse=True)
    codes[~small] = most + places
    return codes, pa.concat_arrays([pa.array(values).cast(pa.string()) for values in (np.arange(most), others)])


def rows(columns: Sequence[Column]) -> Texts:
    """Return the rows as texts, with commas between the columns."""
    pieces: list[Any] = [texts.take(codes) for codes, texts in map(_spelled, columns)]
    lines: Texts = pc.binary_join_element_wise(*pieces, ",")
    return lines


def joined(before: str, texts: Texts, after: str) -> Texts:
    """Return the texts, each with something before and after it."""
    pieces: list[Any] = [before, texts, after, ""]
    dressed: Texts = pc.binary_join_element_wise(*pieces)
    return dressed


def instants(times: NDArray[np.int64] | pa.Array[Any]) -> Texts:
    """Return times, microseconds since 1970 or timestamps, as ISO 8601 in UTC, with a fraction where there is one.

    >>> instants(np.array([1_490_000_000_000_000, 1_490_000_000_500_000])).to_pylist()
    ['2017-03-20T08:53:20Z', '2017-03-20T08:53:20.500000Z']
    """
    given: Any = times
    texts: Texts = pa.array(given).cast(pa.timestamp("us")).cast(pa.string())
    for written, wanted in ((" ", "T"), (".000000", "")):
        texts = pc.replace_substring(texts, written, wanted)
    return joined("", texts, "Z")


class _Lines:
    """Lines of a file: `before`, then each column's text with what comes after it."""

    def __init__(self, file: BinaryIO, before: str, after: Sequence[str]) -> None:
        self._file, self._before, self._after = file, before, after
        self._known: dict[int, tuple[Texts, NDArray[np.int32], NDArray[np.uint8]]] = {}

    def write(self, columns: Sequence[Column]) -> None:
        """Write a line for each row."""
        coded = [_spelled(column) for column in columns]
        starts, ends = (np.empty((len(coded[0][0]), len(columns)), np.int32) for _ in range(2))
        values, size = list[Any](), 0
        for n, (codes, texts) in enumerate(coded):
            offsets, data = self._dressed(n, texts)
            starts[:, n], ends[:, n] = (offsets[:-1] + size)[codes], (offsets[1:] + size)[codes]
            values.append(data)
            size += len(data)
        self._file.write(gather(np.concatenate(values), starts.ravel(), ends.ravel())[1].data)

    def _dressed(self, n: int, texts: Texts) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """Return the texts of column `n` with what stands around them, as offsets and bytes."""
        if n in self._known and self._known[n][0] is texts:  # such as the names, which are the same for all rows
            return self._known[n][1:]
        dressed = joined("" if n else self._before, texts, self._after[n])
        offsets, data = buffers(dressed)
        self._known[n] = texts, offsets, data[: offsets[-1]]
        return self._known[n][1:]
