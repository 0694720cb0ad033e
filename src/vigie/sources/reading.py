"""Files to blocks of whole lines: decompressed, without byte-order mark, UTF-8 where the file says what it is.

Memory stays bounded whatever the file: a block is at most `BLOCK_BYTES`, a longer line than `LINE_BYTES_MAX` is passed
over and reported, and so is where a compressed stream is cut off or damaged. Block cuts depend on the offset alone, so
that reading on after an interruption gives the same blocks.
"""

from __future__ import annotations

import bz2
import codecs
import hashlib
import lzma
import stat
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import zstandard

from vigie.errors import InputError
from vigie.kernels.bytes_mask import survey

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from typing import BinaryIO

BLOCK_BYTES: Final = 16 << 20
LINE_BYTES_MAX: Final = 8 << 20
# Each refused line is an object of its own: a block of short junk must not become millions of them at once.
BLOCK_LINES_MAX: Final = 1 << 19
DOCUMENT_BYTES_MAX: Final = 1 << 30
HEAD_BYTES: Final = 64 << 10
_READ: Final = 1 << 20
_PEEK: Final = 64 << 10
_NEWLINE: Final = ord("\n")
# A log of one line repeated reaches 200 or so; what goes far beyond was made to fill a disk.
_EXPANSION_MAX: Final = 2_000
_EXPANSION_FREE: Final = 256 << 20

_MAGIC: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
)
_ARCHIVES: Final = ((b"PK\x03\x04", "zip"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!", "rar"))
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines (the last one of a file may lack its newline), and where they begin in the stream.

    `last` says that nothing follows which could complete a record: the file ends here, or an overlong line comes next.
    """

    data: bytes
    offset: int
    last: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """Bytes that were not handed on: one overlong line, or all from where the stream is damaged."""

    reason: str
    raw: bytes
    size: int
    lines: int


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Zlib:
    """One gzip member, in the shape of the other decompressors."""

    def __init__(self) -> None:
        self._z = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._z.eof

    @property
    def unused_data(self) -> bytes:
        return self._z.unused_data

    def decompress(self, data: bytes, /) -> bytes:
        return self._z.decompress(data)


def _decompressor(kind: str) -> _Decompressor:
    if kind == "gzip":
        return _Zlib()
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    if kind == "xz":
        return lzma.LZMADecompressor()
    return zstandard.ZstdDecompressor().decompressobj()


def _byte_order(encoding: str, found: str) -> str:
    """Return `encoding` with a byte order: that of the file's mark `found`, which is cut off, else the usual one."""
    name = codecs.lookup(encoding).name if encoding else ""
    if name not in {"utf-16", "utf-32"}:
        return encoding
    return found if found.startswith(name) else f"{name}-le"


class Stream:
    """A file as UTF-8 bytes. `damage` says, after the end, why and where the stream broke off, if it did.

    `content` is the hash of all that came out, where that differs from the file's own bytes. `taken` counts bytes of
    the file itself, for progress.
    Of a file that is being written to, what lies beyond `limit` bytes is left for another time.
    """

    def __init__(self, path: Path, *, encoding: str = "", limit: int | None = None) -> None:
        self._file: BinaryIO = path.open("rb")
        self._left = self._limit = path.stat().st_size if limit is None else limit
        start = self._file.read(8)
        self._file.seek(0)
        self.kind = next((kind for magic, kind in _MAGIC if start.startswith(magic)), "")
        self.taken = 0
        self.given = 0
        self.damage = ""
        self.content = hashlib.sha256()
        self._unit = _decompressor(self.kind) if self.kind else None
        self._pending = b""
        self._ended = False
        self._decoder: codecs.IncrementalDecoder | None = None
        first = self._raw()
        mark, found = next(((m, e) for m, e in _MARKS if first.startswith(m)), (b"", ""))
        self.encoding = _byte_order(encoding, found) or found or "utf-8"
        first = first[len(mark) :]
        self._mark_bytes = len(mark)
        if codecs.lookup(self.encoding).name != "utf-8":
            self._decoder = codecs.getincrementaldecoder(self.encoding)("backslashreplace")
        self._pending = self._utf8(first)

    @property
    def seekable(self) -> bool:
        """Whether an offset in the stream is an offset in the file."""
        return not self.kind and self._decoder is None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _raw(self) -> bytes:
        """Return some decompressed bytes, or b'' at the end."""
        while not self._ended:
            chunk = self._file.read(min(_READ, self._left))
            self.taken += len(chunk)
            self._left -= len(chunk)
            if self._unit is None:
                self._ended = not chunk
                return chunk
            out = self._inflate(chunk)
            if out:
                return out
        return b""

    def _inflate(self, chunk: bytes) -> bytes:
        out = []
        try:
            if not chunk:
                self._ended = True
                if self._unit is not None and not self._unit.eof:
                    self.damage = f"the {self.kind} stream is cut off"
                return b""
            while chunk and self._unit is not None:
                if self._unit.eof:
                    # Members follow one another; padding with zeros is what tapes and some rotations leave.
                    chunk = chunk.lstrip(b"\0")
                    if not chunk:
                        break
                    self._unit = _decompressor(self.kind)
                out.append(self._unit.decompress(chunk))
                chunk = self._unit.unused_data if self._unit.eof else b""
        except (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError) as error:
            self._ended = True
            self.damage = f"the {self.kind} stream is damaged before byte {self.taken} of the file ({error})"
        given = b"".join(out)
        self.given += len(given)
        if self.given > _EXPANSION_FREE and self.given > _EXPANSION_MAX * self.taken:
            self._ended = True
            self.damage = f"the {self.kind} stream expands more than {_EXPANSION_MAX:,} times: not read further"
        return given

    def _utf8(self, data: bytes) -> bytes:
        if self._decoder is not None:
            data = self._decoder.decode(data, final=not data).encode("utf-8", "surrogatepass")
        if not self.seekable:
            self.content.update(data)
        return data

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        parts, have = [self._pending], len(self._pending)
        while have < size:
            raw = self._raw()
            part = self._utf8(raw)
            if not part and not raw:
                break
            parts.append(part)
            have += len(part)
        data = b"".join(parts)
        self._pending = data[size:]
        return data[:size]

    def skip(self, offset: int) -> None:
        """Go to `offset` of the stream; a file that is read as it stands is not read up to there."""
        if self.seekable:
            self.taken = self._file.seek(self._mark_bytes + offset)
            self._left = self._limit - self.taken
            self._pending = b""
            self._ended = False
            return
        while offset and (data := self.read(min(offset, BLOCK_BYTES))):
            offset -= len(data)

    def window(self, offset: int) -> tuple[bytes, bool]:
        """Return the lines of a seekable stream from `offset` on, at most `BLOCK_BYTES`, and whether it ends there.

        They are read once and not copied: where they end is looked up first. Without a newline near the end of the
        window the last line is cut.
        """
        self.skip(offset)
        if self._left > BLOCK_BYTES:
            near = min(_PEEK, BLOCK_BYTES)
            self._file.seek(self.taken + BLOCK_BYTES - near)
            end = self._file.read(near).rfind(b"\n") + 1
            self._file.seek(self.taken)
            data = self._file.read(BLOCK_BYTES - near + end if end else BLOCK_BYTES)
        else:
            data = self._file.read(self._left)
        self.taken += len(data)
        self._left -= len(data)
        return data, self._left <= 0


def head(path: Path, *, encoding: str = "") -> tuple[bytes, bool]:
    """Return the first `HEAD_BYTES` of a file as sniffing sees them, and whether that is all of it.

    Raises
    ------
    InputError
        if the file is empty, no file, an archive, or binary.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError("is a folder", where=str(path), hint=f"name the files in it: {path}/*")
        if not stat.S_ISREG(status.st_mode):
            what = "is a pipe or a device, not a file: it could not be read twice"
            raise InputError(what, where=str(path), hint="write it to a file, and add that")
        if status.st_size == 0:
            raise InputError("the file is empty", where=str(path), hint="nothing was taken from it")
        with path.open("rb") as file:
            start = file.read(8)
        if archive := next((kind for magic, kind in _ARCHIVES if start.startswith(magic)), ""):
            raise InputError(f"is a {archive} archive", where=str(path), hint="unpack it and add the files in it")
        stream = Stream(path, encoding=encoding)
        try:
            data = stream.read(HEAD_BYTES)
            whole = len(data) < HEAD_BYTES
        finally:
            stream.close()
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path), hint="check the name") from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), hint="check its permissions") from error
    if not data:
        what = stream.damage or "nothing is left of it after decompression"
        raise InputError(what, where=str(path), hint="fetch the file again from where it comes")
    return data, whole


def chunks(stream: Stream, offset: int) -> Generator[Chunk | Passed, int, None]:
    """Yield the stream from `offset` as blocks of whole lines; send back how many bytes of each were consumed.

    What was not consumed comes again at the head of the next block. Of a `last` block everything must be.
    """
    held = b""
    while True:
        if stream.seekable:
            data, ended = stream.window(offset)
        else:
            data = held + stream.read(BLOCK_BYTES - len(held))
            ended = len(data) < BLOCK_BYTES
        held = b""
        if not data:
            break
        cut, overlong = _lines_end(data, ended=ended)
        if (fewer := _lines_most(data, cut)) < cut:
            cut, overlong = fewer, False
        if cut:
            block = data[:cut]
            last = overlong or (ended and cut == len(data))
            consumed = yield Chunk(block, offset, last)
            if not 0 < consumed <= cut or (last and consumed < cut):
                message = f"a parser consumed {consumed} bytes of a block of {cut}"
                raise AssertionError(message)
            held = b"" if stream.seekable else data[consumed:]
            offset += consumed
        elif overlong:
            line, held, size = _overlong(stream, data)
            offset += size
            reason = f"a line of {size:,} bytes is longer than {LINE_BYTES_MAX:,}"
            yield Passed(reason, line[:4096], size, 1)
        else:
            held = data
    if stream.damage:
        yield Passed(stream.damage, b"", 0, 0)


def _lines_end(data: bytes, *, ended: bool) -> tuple[int, bool]:
    """Return how many bytes are whole lines none of which is overlong, and whether an overlong one follows."""
    done = 0
    while True:
        window = done + LINE_BYTES_MAX + 1
        end = data.rfind(b"\n", done, window)
        if end >= 0:
            done = end + 1
        elif len(data) > window:
            return done, True
        else:
            break
    if ended and done < len(data) <= done + LINE_BYTES_MAX:
        return len(data), False
    return done, False


def _lines_most(data: bytes, cut: int) -> int:
    """Return where the first `BLOCK_LINES_MAX` lines of `data` before `cut` end; `cut` where they are fewer."""
    if cut <= BLOCK_LINES_MAX:
        return cut
    found = np.frombuffer(data, np.uint8, count=cut)
    if survey(found)[0] <= BLOCK_LINES_MAX:
        return cut
    newlines = np.flatnonzero(found == _NEWLINE)
    return int(newlines[BLOCK_LINES_MAX - 1]) + 1


def _overlong(stream: Stream, data: bytes) -> tuple[bytes, bytes, int]:
    """Read past a line that begins at `data`: its first bytes, what follows it, its length with the newline."""
    end = data.find(b"\n")
    start, size = data[:4096], 0
    while end < 0:
        size += len(data)
        data = stream.read(_READ)
        if not data:
            return start, b"", size
        end = data.find(b"\n")
    return start, data[end + 1 :], size + end + 1
