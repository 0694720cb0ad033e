"""The store: Parquet parts written once and renamed, and a manifest whose lines make them visible.

    store/manifest.jsonl            one JSON object a line, only ever appended to
    store/<table>/<source>-<n>.parquet    one part: the rows of one block of one file
    store/refused/<source>-<n>.parquet    what could not be read of that block
    store/tmp/                      what is being written
    store/lock                      held by the one writer

A `part` line says that the parts of a block are on disk and where reading goes on; the `source` line at the end makes
the whole file visible at once, so that a reader never sees half of one. Killing the writer at any instant loses at most
the block in flight. The bytes of a store depend only on the files added, their order and their options.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import filelock
import pyarrow as pa
import pyarrow.parquet as pq

from vigie.errors import StoreError
from vigie.tables.schemas import REFUSED, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SOURCE_DIGITS: Final = 12
# Columns whose values hardly repeat: a dictionary would only be tried and thrown away.
_PLAIN: Final = frozenset({"record", "time", "path", "query", "post_id", "text", "title", "bytes", "raw", "size"})
# Columns whose least and greatest value in a part let a query pass it over.
_RANGED: Final = frozenset({"record", "time"})
_AGAIN: Final = "\n  hint: remove the case's folder store and add the files again"


@dataclass(frozen=True, slots=True)
class Resume:
    """Where reading goes on: offset in the decompressed UTF-8 bytes, next record, the parser's state."""

    offset: int = 0
    record: int = 1
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartLine:
    """One block of a file, on disk.

    `days` counts rows by day of the case's time zone; `first` and `last` are UTC microseconds. `tail` is the length in
    bytes of a last line without a newline: a file that grows goes on before it. `reading` says how the file was read
    (format, options, what it continues): reading on in another way would mix two.
    """

    sha256: str
    number: int
    rows: int
    refused: int
    skipped: int
    days: Mapping[str, int]
    first: int | None
    last: int | None
    resume: Resume
    tail: int = 0
    reading: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One file, wholly taken in. `same_as` names the file that has the same contents, in which case it has no rows.

    `repeats` counts rows whose key stood in the store already, or earlier in the file: measures count each once.
    `after` names the file of which this one is the continuation (a log that grew): its rows begin where that one ends.
    `resume` is where a continuation begins: at the end, or at the start of a last line without a newline.
    `content_size` and `head_sha256` (of the first 64 KiB) tell which files may begin with what this one holds.
    """

    sha256: str
    name: str
    path: str
    size: int
    format: str
    version: int
    table: str
    options: Mapping[str, str]
    parts: int
    rows: int
    refused: int
    skipped: int
    repeats: int
    days: Mapping[str, int]
    first: int | None
    last: int | None
    content_sha256: str
    resume: Resume
    notes: tuple[str, ...] = ()
    same_as: str | None = None
    after: str | None = None
    content_size: int = 0
    head_sha256: str = ""

    @property
    def id(self) -> str:
        """Return the source half of this file's row ids."""
        return self.sha256[:SOURCE_DIGITS]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one reading of the manifest saw: it does not change while a writer goes on."""

    sources: tuple[SourceLine, ...]
    parts: Mapping[str, tuple[PartLine, ...]]
    paths: Mapping[str, str]

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Return the hashes of files of which a killed writer left some parts."""
        whole = {s.sha256 for s in self.sources}
        return tuple(sha for sha in self.parts if sha not in whole)

    def source(self, sha256: str) -> SourceLine | None:
        """Return the visible file with this hash (or its first digits), or None."""
        return next((s for s in self.sources if s.sha256.startswith(sha256)), None)


class Store:
    """The tables of one case, in the folder `folder`. Any number of readers, one writer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def _manifest(self) -> Path:
        return self.folder / "manifest.jsonl"

    def manifest(self) -> Manifest:
        """Read what is visible now.

        Raises
        ------
        StoreError
            if a line other than the last, which a killed writer may have torn, cannot be read, or lines are missing.
        """
        try:
            data = self._manifest.read_bytes()
        except FileNotFoundError:
            # The writer makes the manifest before the first part.
            if next(self.folder.glob("*/*-*.parquet"), None) is not None:
                message = f"{self._manifest}: the manifest is missing, its parts are there{_AGAIN}"
                raise StoreError(message) from None
            data = b""
        except OSError as error:
            message = f"{self._manifest}: cannot be read: {error.strerror or error}"
            raise StoreError(message) from error
        whole = data[: data.rfind(b"\n") + 1]
        sources: dict[str, SourceLine] = {}
        parts: dict[str, list[PartLine]] = {}
        paths: dict[str, str] = {}
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                entry = json.loads(line)
                if "part" in entry:
                    part = PartLine(**entry["part"] | {"resume": Resume(**entry["part"]["resume"])})
                    before = parts.setdefault(part.sha256, [])
                    _need(part.number == len(before), "a line of a part is missing")
                    before.append(part)
                elif "source" in entry:
                    body = entry["source"] | {"resume": Resume(**entry["source"]["resume"])}
                    source = SourceLine(**body | {"notes": tuple(body["notes"])})
                    _need(source.parts <= len(parts.get(source.sha256, ())), "a line of a part is missing")
                    sources[source.sha256] = source
                    paths[source.sha256] = source.path
                elif "dropped" in entry:
                    gone = entry["dropped"]["sha256"]
                    parts.pop(gone)
                    sources.pop(gone, None)
                    paths.pop(gone, None)
                else:
                    paths[entry["moved"]["sha256"]] = entry["moved"]["path"]
            except (ValueError, KeyError, TypeError) as error:
                message = f"{self._manifest}:{number}: the manifest is damaged ({error}){_AGAIN}"
                raise StoreError(message) from error
        return Manifest(tuple(sources.values()), {sha: tuple(p) for sha, p in parts.items()}, paths)

    def files(self, table: str, manifest: Manifest) -> tuple[str, ...]:
        """Return the parts of `table` that `manifest` makes visible, in the order they were added."""
        return tuple(path for source in manifest.sources for path in self.source_files(table, source, manifest))

    def source_files(self, table: str, source: SourceLine, manifest: Manifest) -> tuple[str, ...]:
        """Return the parts of one file in `table`.

        Raises
        ------
        StoreError
            if one that the manifest names is gone.
        """
        if table not in {"refused", source.table}:
            return ()
        lines = manifest.parts.get(source.sha256, ())[: source.parts]
        paths = [self._part(table, source.id, p.number) for p in lines if (p.refused if table == "refused" else p.rows)]
        if gone := next((path for path in paths if not path.exists()), None):
            message = f"{gone}: a part of {source.name} is missing{_AGAIN}"
            raise StoreError(message)
        return tuple(map(str, paths))

    def _part(self, table: str, source_id: str, number: int) -> Path:
        return self.folder / table / f"{source_id}-{number:05d}.parquet"

    @contextlib.contextmanager
    def writer(self) -> Iterator[Writer]:
        """Hold the store for writing.

        Raises
        ------
        StoreError
            if another process writes to it, or the folder cannot be written.
        """
        with _disk(self.folder):
            (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        with locked(self.folder / "lock", self.folder, "writing to"):
            writer = Writer(self)
            writer.tidy()
            yield writer


class Writer:
    """The one process that appends. Get it from `Store.writer`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tidy(self) -> None:
        """Cut off a torn last line and remove what no line names: a writer was killed there."""
        store = self._store
        path = store.folder / "manifest.jsonl"
        store.manifest()  # before anything is removed: a damaged one must not make all parts strays
        with _disk(store.folder):
            if path.exists():
                data = path.read_bytes()
                whole = data.rfind(b"\n") + 1
                if whole != len(data):
                    with path.open("r+b") as file:
                        file.truncate(whole)
                        os.fsync(file.fileno())
            else:
                path.touch()
                _sync_folder(store.folder)
            for stray in (store.folder / "tmp").glob("*.parquet"):
                stray.unlink()
        manifest = store.manifest()
        known = {s.id: s.parts for s in manifest.sources}
        known |= {sha[:SOURCE_DIGITS]: len(manifest.parts[sha]) for sha in manifest.unfinished}
        with _disk(store.folder):
            for table in (*TABLES, "refused"):
                for part in (store.folder / table).glob("*.parquet"):
                    source_id, _, number = part.stem.partition("-")
                    if number.isdecimal() and int(number) >= known.get(source_id, 0):
                        part.unlink()

    def part(self, line: PartLine, rows: pa.Table, refused: pa.Table, table: str) -> None:
        """Write the parts of one block, then the line that names them."""
        for name, part in ((table, rows), ("refused", refused)):
            if part.num_rows:
                self._write(name, line.sha256[:SOURCE_DIGITS], line.number, part)
        self._append({"part": asdict(line)})

    def finish(self, line: SourceLine) -> None:
        """Make a file visible."""
        self._append({"source": asdict(line)})

    def drop(self, sha256: str) -> None:
        """Forget a file and remove its parts: it may be added again, and is then read from the start."""
        self._append({"dropped": {"sha256": sha256}})
        self.tidy()

    def moved(self, sha256: str, path: str) -> None:
        """Remember where a file that is already there was seen last."""
        self._append({"moved": {"sha256": sha256, "path": path}})

    def _write(self, table: str, source_id: str, number: int, rows: pa.Table) -> None:
        store = self._store
        target = store.folder / table / f"{source_id}-{number:05d}.parquet"
        temporary = store.folder / "tmp" / f"{table}-{target.name}"
        schema = REFUSED.stored if table == "refused" else TABLES[table].stored
        named = rows.add_column(0, "source", pa.repeat(pa.scalar(source_id), rows.num_rows)).cast(schema)
        with _disk(store.folder):
            target.parent.mkdir(exist_ok=True)
            with temporary.open("wb") as file:
                pq.write_table(
                    named,
                    file,
                    compression="zstd",
                    compression_level=1,
                    use_dictionary=[n for n in schema.names if n not in _PLAIN],  # type: ignore[arg-type] # a list is documented
                    write_statistics=[n for n in schema.names if n in _RANGED],
                )
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            _sync_folder(target.parent)

    def _append(self, entry: dict[str, Any]) -> None:
        # ASCII, so that a path of bytes that are no text survives (as lone surrogates).
        line = json.dumps(entry, sort_keys=True, separators=(",", ":")) + "\n"
        with _disk(self._store.folder), (self._store.folder / "manifest.jsonl").open("ab") as file:
            start = file.tell()
            try:
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(start)
                raise


def file_hash(path: Path, marks: tuple[int, ...] = (), *, limit: int) -> tuple[str, dict[int, str]]:
    """Return the SHA-256 of a file's first `limit` bytes, and of its first n for each n of `marks` below that.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "x"
    >>> _ = path.write_bytes(b"abc")
    >>> whole, prefixes = file_hash(path, marks=(2, 9), limit=3)
    >>> whole[:8], prefixes[2] == hashlib.sha256(b"ab").hexdigest(), list(prefixes)
    ('ba7816bf', True, [2])
    """
    digest = hashlib.sha256()
    prefixes = {}
    done = 0
    # One buffer for all reads: a fresh one each time costs more than the hash.
    buffer = memoryview(bytearray(1 << 18))
    with path.open("rb", buffering=0) as file:
        for mark in sorted({m for m in marks if m < limit} | {limit}):
            while done < mark and (size := file.readinto(buffer[: mark - done])):
                digest.update(buffer[:size])
                done += size
            if done == mark < limit:
                prefixes[mark] = digest.hexdigest()
    return digest.hexdigest(), prefixes


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the system can (not on Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def locked(lock: Path, folder: Path, doing: str) -> Iterator[None]:
    """Hold the lock file `lock`, or say at once that another process is `doing` something to `folder`'s case."""
    held = filelock.FileLock(lock, timeout=0)
    try:
        held.acquire()
    except filelock.Timeout:
        message = f"{folder}: another vigie process is {doing} this case\n  hint: wait until it has ended"
        raise StoreError(message) from None
    except OSError as error:
        message = f"{lock}: cannot write: {error.strerror or error}"
        raise StoreError(message) from error
    try:
        yield
    finally:
        held.release()


def _need(holds: bool, what: str) -> None:  # noqa: FBT001
    if not holds:
        raise ValueError(what)


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Turn what a disk can refuse into an error that says what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        hint = "make room; what was taken in so far stays, the same command goes on from there" if full else ""
        if isinstance(error, PermissionError):
            hint = "this user may not write there"
        message = f"{folder}: cannot write: {error.strerror or error}" + (f"\n  hint: {hint}" if hint else "")
        raise StoreError(message) from error
