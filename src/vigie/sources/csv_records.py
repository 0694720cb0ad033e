"""CSV files as records: the header, the delimiter it shows, and what becomes of each line.

Damage stays where it is: a record that cannot be read costs its first line (see `kernels.csv_fields`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vigie.kernels import csv_fields
from vigie.kernels.gather import gather, unescape
from vigie.sources import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigie.sources import Block

    Ints = np.ndarray[Any, np.dtype[np.int32]]
    Longs = np.ndarray[Any, np.dtype[np.int64]]
    Bools = np.ndarray[Any, np.dtype[np.bool_]]
    Bytes = np.ndarray[Any, np.dtype[np.uint8]]

DELIMITERS: Final = ",;\t|"
COLUMNS_MAX: Final = 4096
SLICE_BYTES: Final = 4 << 20
_HEADER_LINES_MAX: Final = 20
_HEADER_BYTES_MAX: Final = 256 << 10
ENCODING_HINT: Final = "give --encoding cp1252 if the file is from Windows"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written. `delimiter` empty: the one of `DELIMITERS` that the header line shows."""

    delimiter: str = ""
    escape: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line that is not blank: its names, and how many lines and bytes end with it.

    `problem` says why the file cannot be read by it; empty where it can.
    """

    names: tuple[str, ...]
    delimiter: str
    lines: int
    size: int
    problem: str = ""


def read_header(data: bytes, dialect: Dialect, needs: tuple[str, ...], *, whole: bool) -> Header | None:
    """Return the header of a file that begins with `data`, or None where it goes on beyond them (`whole` is false).

    Of several delimiters the one is taken that shows all the names in `needs`, else the one that shows most.
    """
    start, blank = _first_line(data)
    if start == len(data):
        return None if not whole else Header((), "", blank, start, "the file has no header line")
    first = data.find(b"\n", start) + 1 or len(data)
    read: dict[str, Header] = {}
    delimiters = dialect.delimiter or DELIMITERS
    lines: list[str] = []
    end = start
    while end < len(data) and len(lines) < _HEADER_LINES_MAX and end - start < _HEADER_BYTES_MAX:
        cut = data.find(b"\n", end) + 1 or len(data)
        if not whole and cut == len(data) and not data.endswith(b"\n"):
            return None
        try:
            lines.append(data[end:cut].decode())
        except UnicodeDecodeError as error:
            what = f"the header line is not UTF-8 at byte {error.start + 1}: 0x{error.object[error.start]:02X}"
            return Header((), "", blank + 1, first, f"{what}; {ENCODING_HINT}")
        end = cut
        for delimiter in delimiters:
            names = None if delimiter in read else _split_header(lines, delimiter, dialect.escape)
            if names is not None:
                problem = f"the header has {len(names)} columns" if len(names) > COLUMNS_MAX else ""
                read[delimiter] = Header(names if not problem else (), delimiter, blank + len(lines), end, problem)
                if needs and needs_met(needs, names):
                    return read[delimiter]
        if len(read) == len(delimiters):
            break
    else:
        if end == len(data) and not whole:
            return None
    shown = max(delimiters, key=lines[0].count)
    what = "the header line has a quote that is not closed, or text after one"
    return read.get(shown, Header((), "", blank + 1, first, what))


def needs_met(needs: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Tell whether every need is among the names; `a|b` needs one of the two.

    >>> needs_met(("id", "text|body"), ("body", "id")), needs_met(("id",), ("text",))
    (True, False)
    """
    return all(any(name in names for name in need.split("|")) for need in needs)


def _first_line(data: bytes) -> tuple[int, int]:
    """Return where the first line that is not blank begins, and how many blank ones stand before it."""
    start = blank = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if data[start:end].strip(b"\r"):
            break
        start, blank = min(end + 1, len(data)), blank + 1
    return start, blank


def _split_header(lines: list[str], delimiter: str, escape: str) -> tuple[str, ...] | None:
    """Return the names of a header that ends with the last of the lines, or None."""
    reader = csv.reader(iter(lines), delimiter=delimiter, escapechar=escape or None, strict=True)
    try:
        names = tuple(name.strip() for name in next(reader))
    except csv.Error:
        return None
    return names if reader.line_num == len(lines) else None


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of a block's records, all of them clean UTF-8 with as many fields as the header.

    records: int64[n, 3], first byte, end and line (from 0 in the block) of each.
    starts, ends, flags: [n, columns], the spans of the fields in `data`; flag 2: something to unescape.
    """

    data: Bytes
    records: Longs
    starts: Ints
    ends: Ints
    flags: Bytes
    escape: int

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.records)

    def strings(self, column: int, *, nulls: bool = True) -> pa.StringArray:
        """Return one of their columns; with `nulls`, what is empty is null."""
        starts, ends = np.ascontiguousarray(self.starts[:, column]), np.ascontiguousarray(self.ends[:, column])
        flags = np.ascontiguousarray(self.flags[:, column])
        if (flags == 2).any():  # noqa: PLR2004 - see `flags`
            offsets, values = unescape(self.data, starts, ends, flags, self.escape)
        else:
            offsets, values = gather(self.data, starts, ends)
        return as_strings(offsets, values, nulls=nulls)

    def raw(self, row: int) -> bytes:
        """Return the bytes of a record, less its line end."""
        return raw(self.data, self.records[row, 0], self.records[row, 1])


def as_strings(offsets: Ints, values: Bytes, *, nulls: bool) -> pa.StringArray:
    """Return a string array over the kernels' buffers; with `nulls`, what is empty is null."""
    size = len(offsets) - 1
    mask = None
    if nulls:
        filled = np.diff(offsets) > 0
        if not filled.all():
            mask = pa.py_buffer(np.packbits(filled, bitorder="little").data)
    return pa.StringArray.from_buffers(size, pa.py_buffer(offsets.data), pa.py_buffer(values.data), mask)


def buffers(array: pa.Array[Any]) -> tuple[Ints, Bytes]:
    """Return (offsets, values) of a string array as the kernels take them; what is null is empty."""
    if len(array) == 0:
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    _, offsets, values = (array.fill_null("") if array.null_count else array).buffers()
    ends = np.frombuffer(memoryview(offsets or b""), np.int32)[array.offset : array.offset + len(array) + 1]
    return ends, np.frombuffer(memoryview(values or b""), np.uint8)


def raw(data: Bytes, start: int, end: int) -> bytes:
    """Return data[start:end] as bytes, less a carriage return at the end."""
    return data[start:end].tobytes().removesuffix(b"\r")


class Reader:
    """One block of a CSV file. Read `slices`; then `refused`, `consumed` and `lines` say what became of the rest.

    state: what the call before left under "header", "delimiter" and "problem"; empty at the beginning of a file.
    check: is given the names of a header when it is met, and returns why they will not do, or "".
    """

    def __init__(self, block: Block, state: dict[str, Any], dialect: Dialect, needs: tuple[str, ...] = ()) -> None:
        """Read the header if this block begins the file; `waiting` is set where it goes on in the next block."""
        self.block = block
        self.refused: list[Refusal] = []
        self.consumed = 0
        self.lines = 0
        self.waiting = False
        self.problem: str = state.get("problem", "")
        self.names = tuple(state.get("header", ()))
        self._delimiter: str = state.get("delimiter", "")
        self._escape = ord(dialect.escape) if dialect.escape else 0
        if self.names or self.problem:
            return
        header = read_header(block.data, dialect, needs, whole=block.last)
        if header is None:
            self.waiting = block.data.strip(b"\r\n") != b""
            if not self.waiting:
                self.consumed, self.lines = len(block.data), block.data.count(b"\n")
            return
        self.names, self._delimiter, self.problem = header.names, header.delimiter, header.problem
        self.consumed, self.lines = header.size, header.lines

    @property
    def state(self) -> dict[str, Any]:
        """Return what the next block's reader needs."""
        if self.problem:
            return {"problem": self.problem}
        return {"header": list(self.names), "delimiter": self._delimiter} if self.names else {}

    def slices(self) -> Iterator[Slice]:
        """Yield the records, in order."""
        if self.waiting or not (self.names or self.problem):
            return
        if self.problem:
            self._refuse_all()
            return
        data = np.frombuffer(self.block.data, np.uint8)
        scratch = np.empty(int(np.count_nonzero(data == ord("\n"))) + 3, np.int32)
        delimiter, columns = ord(self._delimiter), len(self.names)
        while self.consumed < len(data):
            stop = min(self.consumed + SLICE_BYTES, len(data))
            lines, parts = (
                int(np.count_nonzero(data[self.consumed : stop] == byte)) for byte in (ord("\n"), delimiter)
            )
            lines += 2
            rows = lines if columns == 1 else min(lines, parts // (columns - 1) + 2)
            good, bad = np.empty((rows, 3), np.int64), np.empty((lines, 5), np.int64)
            starts, ends = np.empty((rows, columns), np.int32), np.empty((rows, columns), np.int32)
            flags = np.empty((rows, columns), np.uint8)
            at, line, n_good, n_bad = csv_fields.scan(
                data, delimiter, self._escape, columns, self.consumed, stop, self.lines, self.block.last,
                csv_fields.LINES_LIMIT_BYTES, good, starts, ends, flags, bad, scratch,
            )  # fmt: skip
            self.refused.extend(self._refusal(data, row) for row in bad[:n_bad])
            if n_good:
                yield self._clean(
                    Slice(data, good[:n_good], starts[:n_good], ends[:n_good], flags[:n_good], self._escape)
                )
            if at == self.consumed:  # the record that begins here goes on in the next block
                break
            self.consumed, self.lines = at, line

    def refuse(self, line: int, reason: str, record: bytes) -> None:
        """Refuse the record that begins on a line (from 0 in the block)."""
        self.refused.append(Refusal(self.block.record + line, reason, record))

    def _clean(self, part: Slice) -> Slice:
        """Return the records without a NUL byte that are UTF-8; refuse the others."""
        start, end = int(part.records[0, 0]), int(part.records[-1, 1])
        if self.block.data.find(b"\0", start, end) < 0 and _is_utf8(self.block.data, start, end):
            return part
        found = csv_fields.flaws(part.data, part.records)
        for row in np.flatnonzero(found != -1).tolist():
            position = int(found[row])
            first = int(part.records[row, 0])
            reason = "NUL byte"
            if position >= 0:
                reason = f"not UTF-8 at byte {position - first + 1}: 0x{part.data[position]:02X}; {ENCODING_HINT}"
            self.refuse(int(part.records[row, 2]), reason, part.raw(row))
        keep = found == -1
        return Slice(part.data, part.records[keep], part.starts[keep], part.ends[keep], part.flags[keep], part.escape)

    def _refusal(self, data: Bytes, bad: Longs) -> Refusal:
        start, end, line, status, count = (int(value) for value in bad)
        return Refusal(self.block.record + line, self._reason(status, count), raw(data, start, end))

    def _reason(self, status: int, count: int) -> str:
        header = f"the header has {len(self.names)}"
        if status == csv_fields.WRONG_COUNT:
            return f"{count} field{'s' * (count != 1)} where {header}"
        if status == csv_fields.WRONG_COUNT_LINES:
            return f"a quoted field goes on to later lines, and that record has {count} fields where {header}"
        if status == csv_fields.BAD_QUOTE:
            return f"text after the closing quote of field {count + 1}"
        return f"the quote that opens field {count + 1} is not closed"

    def _refuse_all(self) -> None:
        data = self.block.data
        while self.consumed < len(data):
            end = data.find(b"\n", self.consumed)
            end = len(data) if end < 0 else end
            line = data[self.consumed : end].removesuffix(b"\r")
            if line:
                self.refuse(self.lines, self.problem, line)
            self.consumed, self.lines = min(end + 1, len(data)), self.lines + 1


def _is_utf8(data: bytes, start: int, end: int) -> bool:
    try:
        str(memoryview(data)[start:end], "utf-8")
    except UnicodeDecodeError:
        return False
    return True
