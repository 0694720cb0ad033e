"""Share logs from CSV: who shared what, in which post, when; the four columns of CooRTweet, as numbers.

It is no source of a case's table: nothing is kept but numbers, so that ten million shares fit into a laptop.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from vigie.errors import InputError
from vigie.kernels import clock_text
from vigie.kernels.distinct import Texts
from vigie.kernels.interned import Interned
from vigie.kernels.text_keys import text_keys
from vigie.sources import Block
from vigie.sources.csv_columns import read_times
from vigie.sources.csv_records import Dialect, Reader, buffers
from vigie.sources.reading import Chunk, Stream, chunks, head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from vigie.sources.csv_records import Slice

COLUMNS: Final = ("object_id", "account_id", "content_id", "timestamp_share")
_IDS: Final = COLUMNS[:3]
_TIME: Final = COLUMNS[3]
_FORMATS: Final = ("epoch_s", "iso")
_SHOWN_MAX: Final = 20
_NO_VALID: Final = np.zeros(0, np.uint8)


@dataclass(slots=True)
class Refused:
    """What became no share: how many records, why, and the first of them as (line, reason)."""

    count: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, reason: str, kind: str = "") -> None:
        """Count one record; `kind` is the reason without what is only this record's."""
        self.count += 1
        self.reasons[kind or reason] = self.reasons.get(kind or reason, 0) + 1
        if len(self.first) < _SHOWN_MAX:
            self.first.append((line, reason))


@dataclass(frozen=True, slots=True)
class ShareLog:
    """The shares of a file, in its order.

    objects, accounts, contents: int32[n], numbers from 0 in the order in which the ids first occur.
    times: int64[n], microseconds since 1970, UTC.
    twins: int32[objects], the number of the content whose id is the object's own; -1 where there is none.
    object_ids, account_ids: the ids, by their numbers.
    """

    objects: NDArray[np.int32]
    accounts: NDArray[np.int32]
    contents: NDArray[np.int32]
    times: NDArray[np.int64]
    twins: NDArray[np.int32]
    content_count: int
    object_ids: pa.ChunkedArray[Any]
    account_ids: pa.ChunkedArray[Any]
    refused: Refused

    def __len__(self) -> int:
        """Return how many shares there are."""
        return len(self.times)


class _Growing:
    """An array that grows where it lies: many small ones would leave holes in memory that nothing else fits into."""

    def __init__(self, dtype: Any) -> None:
        self._array = np.empty(1 << 20, dtype)
        self._size = 0

    def extend(self, values: NDArray[Any]) -> None:
        """Append some values."""
        size = self._size + len(values)
        if size > len(self._array):
            self._array.resize(size + size // 4, refcheck=False)
        self._array[self._size : size] = values
        self._size = size

    def array(self) -> NDArray[Any]:
        """Return what there is, and keep nothing."""
        array, self._array = self._array, np.empty(0, self._array.dtype)
        array.resize(self._size, refcheck=False)
        self._size = 0
        return array


class _Column:
    """One column of ids on its way to numbers."""

    def __init__(self, *, named: bool) -> None:
        self.interned = Interned()
        self.codes = _Growing(np.int32)
        self._names: list[pa.Array[Any]] | None = [] if named else None

    def take(self, array: pa.Array[Any], keep: NDArray[np.bool_] | None) -> None:
        """Give the ids of a slice, or those of them that are to be kept, their numbers."""
        if keep is not None:
            array = array.filter(pa.array(keep))
        codes, rows = self.interned.numbers(_keys(array))
        self.codes.extend(codes)
        if self._names is not None and len(rows):
            self._names.append(array.take(rows))

    def names(self) -> pa.ChunkedArray[Any]:
        """Return the ids by their numbers."""
        return pa.chunked_array(self._names or [], pa.string())


def _keys(array: pa.Array[Any]) -> NDArray[np.int64]:
    offsets, values = buffers(array)
    return text_keys(Texts(offsets, values, _NO_VALID, 0))


def read_shares(path: Path, *, encoding: str = "", progress: Callable[[int, int], None] = lambda *_: None) -> ShareLog:
    """Read a share log: CSV with a header that names `COLUMNS`, further columns ignored; packed files too.

    A time is a count of seconds since 1970 or ISO 8601, without a zone UTC. `progress` is told the bytes done and
    the bytes there are.

    Raises
    ------
    InputError
        if the file cannot be read, or its header lacks a column.
    """
    head(path, encoding=encoding)
    ids = {name: _Column(named=name != "content_id") for name in _IDS}
    times = _Growing(np.int64)
    refused = Refused()
    size = path.stat().st_size
    stream = Stream(path, encoding=encoding, limit=size)
    try:
        for reader in _blocks(stream, path, refused):
            for part in reader.slices():
                times.extend(_take(part, reader, ids, refused))
            for refusal in reader.refused:
                refused.add(refusal.record, refusal.reason, refusal.reason.partition(" at byte ")[0])
            progress(min(stream.taken, size), size)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    finally:
        stream.close()
    refused.first.sort()
    twins = ids["content_id"].interned.find(ids["object_id"].interned.keys)
    return ShareLog(
        objects=ids["object_id"].codes.array(),
        accounts=ids["account_id"].codes.array(),
        contents=ids["content_id"].codes.array(),
        times=times.array(),
        twins=twins,
        content_count=len(ids["content_id"].interned),
        object_ids=ids["object_id"].names(),
        account_ids=ids["account_id"].names(),
        refused=refused,
    )


def _blocks(stream: Stream, path: Path, refused: Refused) -> Iterator[Reader]:
    """Yield a reader for each block; what the stream itself passes over is refused."""
    feed = chunks(stream, 0)
    item = next(feed, None)
    line, state = 1, dict[str, Any]()
    while item is not None:
        consumed = 0
        if isinstance(item, Chunk):
            block = Block(item.data, line, item.last, ZoneInfo("UTC"), path.name)
            reader = Reader(block, state, Dialect(), COLUMNS)
            if not state:
                _check(reader, path)
            yield reader
            state, consumed, line = reader.state, reader.consumed, line + reader.lines
        else:
            refused.add(line, item.reason)
            line += item.lines
        try:
            item = feed.send(consumed)
        except StopIteration:
            return


def _check(reader: Reader, path: Path) -> None:
    """Raise where the header will not do."""
    if reader.problem:
        raise InputError(reader.problem, where=f"{path}:1", hint=f"the first line names {', '.join(COLUMNS)}")
    lacking = [name for name in COLUMNS if name not in reader.names]
    if reader.names and lacking:
        found = ", ".join(name[:60] for name in reader.names[:20])
        what = f"the header has no column {' and no column '.join(lacking)}; it has {found}"
        raise InputError(what, where=f"{path}:1", hint=f"rename them: {', '.join(COLUMNS)}")
    twice = [name for name in COLUMNS if reader.names.count(name) > 1]
    if twice:
        raise InputError(f"the header has the column {twice[0]} twice", where=f"{path}:1", hint="take one of them out")


def _take(part: Slice, reader: Reader, ids: dict[str, _Column], refused: Refused) -> NDArray[np.int64]:
    """Take in the ids of a slice and return the times; refuse what lacks an id or has no time that can be read."""
    arrays = {name: part.strings(reader.names.index(name), nulls=False) for name in _IDS}
    written = part.strings(reader.names.index(_TIME), nulls=False)
    times, codes = read_times(*buffers(written), _FORMATS)
    bad = codes >= clock_text.NOTHING
    for array in arrays.values():
        bad |= np.diff(buffers(array)[0]) == 0
    if not bad.any():
        for name, array in arrays.items():
            ids[name].take(array, None)
        return times
    for row in np.flatnonzero(bad).tolist():
        line = int(part.records[row, 2]) + reader.block.record
        empty = next((name for name, array in arrays.items() if not array[row].as_py()), "")
        if empty or codes[row] == clock_text.NOTHING:
            refused.add(line, f"{empty or _TIME} is empty")
        else:
            text = written[row].as_py()
            what = "milliseconds, not seconds" if _is_milliseconds(text) else "neither seconds since 1970 nor ISO 8601"
            refused.add(line, f"{_TIME} {text[:60]!r} is {what}", f"{_TIME} is {what}")
    for name, array in arrays.items():
        ids[name].take(array, ~bad)
    return times[~bad]


def _is_milliseconds(text: str) -> bool:
    digits = text.strip().partition(".")[0].lstrip("-")
    return digits.isascii() and digits.isdigit() and len(digits) > 10  # noqa: PLR2004 - seconds have ten until 2286
