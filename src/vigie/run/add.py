"""Taking sources in: a file is hashed, recognised, read block by block into the store, and made visible at the end."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vigie.engine.local import LocalEngine, Parts
from vigie.errors import InputError, StoreError
from vigie.memory import keep_memory
from vigie.sources import Block, Head, Parsed, Refusal, all_sources
from vigie.sources.reading import DOCUMENT_BYTES_MAX, Chunk, Stream, chunks, head
from vigie.tables import REFUSED, TABLES
from vigie.tables.store import PartLine, Resume, SourceLine, Store, file_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from vigie.sources import Source
    from vigie.tables.store import Manifest, Writer

STORE: Final = "store"
_RAW_BYTES_MAX: Final = 4096
_SLOT_US: Final = 900_000_000  # a quarter of an hour: every zone's offset is a multiple of it


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one file: `rows + refused + already` counts its records (`skipped` lines are none).

    `rows` counts what is new; `already` rows that were there: of the same file, of the same contents under another
    name, of a log before it grew, or with the key of another row. `error` says why nothing was taken.
    """

    file: str
    source: str = ""
    format: str = ""
    table: str = ""
    rows: int = 0
    refused: int = 0
    already: int = 0
    skipped: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: str = ""
    hint: str = ""

    @property
    def all_refused(self) -> bool:
        """Whether no record became a row: most often the sign of a wrong format."""
        return self.refused > 0 and not self.rows and not self.already


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one file is, in bytes of the file as it lies on disk. `step` is "hashing" or "reading"."""

    file: str
    step: str
    done: int
    total: int
    rows: int


@dataclass(frozen=True, slots=True)
class Options:
    """How to read: the format's name (else it is sniffed), the encoding (else UTF-8 or its mark), the case's zone.

    `mapping` is a format of the user's own, which is then the only one.
    """

    tz: ZoneInfo
    format: str = ""
    encoding: str = ""
    mapping: Source | None = None

    @property
    def kept(self) -> dict[str, str]:
        """Return what the manifest keeps of them."""
        return {"encoding": self.encoding, "time_zone": self.tz.key}


def add(
    case: Path, files: Sequence[Path], options: Options, *, progress: Callable[[Progress], None] = lambda _: None
) -> Iterator[Added]:
    """Take `files` into the store of `case`, one after another; yield what became of each.

    A file that cannot be taken is reported in its `Added`; the others go on.

    Raises
    ------
    VigieError
        if the store cannot be written, another process writes to it, or `options.format` is unknown.
    """
    formats = {s.name: s for s in ([options.mapping] if options.mapping else all_sources())}
    if options.format and options.format not in formats:
        raise InputError(f"no format is named {options.format!r}", where="--as", hint="one of " + ", ".join(formats))
    keep_memory()
    with Store(case / STORE).writer() as writer:
        for path in files:
            try:
                added = _File(case, path, options=options, formats=formats, writer=writer, progress=progress).take()
            except InputError as error:
                added = Added(shown_name(path), error=error.what, hint=error.hint)
            except OSError as error:  # the store's own are StoreErrors
                added = Added(shown_name(path), error=f"cannot be read: {error.strerror or error}")
            yield added


def shown_name(path: Path) -> str:
    """Return a file's name as text that can be encoded, whatever its bytes are."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def sniff(name: str, data: bytes, *, whole: bool, formats: Mapping[str, Source]) -> Source:
    """Return the format of a file, from its first bytes.

    Raises
    ------
    InputError
        if none claims it, or several with equal right.
    """
    cut = Head(name, data, whole)
    scores = {n: s.sniff(cut) for n, s in formats.items()}
    best = [n for n, score in scores.items() if score == max(scores.values()) and score > 0]
    if not best:
        what = "looks binary; no format here reads it" if b"\0" in data else "no format here recognises it"
        hint = "say which it is with --as (vigie formats lists them), or describe it with --mapping"
        raise InputError(what, where=name, hint=hint)
    if len(best) > 1:
        raise InputError(f"could be {' or '.join(best)}", where=name, hint="say which it is with --as")
    return formats[best[0]]


def relation(store: Store, table: str, manifest: Manifest) -> Parts:
    """Return a table as measures see it: what `manifest` makes visible, rows with the same key once."""
    repeats = any(s.repeats for s in manifest.sources if s.table == table)
    described = TABLES[table]
    return Parts(store.files(table, manifest), described.seen, described.key if repeats else ())


class _File:
    """One file on its way in."""

    def __init__(
        self,
        case: Path,
        path: Path,
        *,
        options: Options,
        formats: Mapping[str, Source],
        writer: Writer,
        progress: Callable[[Progress], None],
    ) -> None:
        self.store = Store(case / STORE)
        self.path, self.file, self.options = path, shown_name(path), options
        self.formats, self.writer, self.progress = formats, writer, progress

    def take(self) -> Added:
        """Hash, recognise, read, make visible."""
        data, whole = head(self.path, encoding=self.options.encoding)
        manifest = self.store.manifest()
        before = self.path.stat()
        self.progress(Progress(self.file, "hashing", 0, before.st_size, 0))
        lengths = {_content_end(s) for s in manifest.sources}
        sha256, prefixes = file_hash(self.path, tuple(lengths), limit=before.st_size)
        if known := manifest.source(sha256):
            return self._known(known, manifest)
        source = self.formats.get(self.options.format) or sniff(self.file, data, whole=whole, formats=self.formats)
        could = [s for s in manifest.sources if self._continues(s, source)]
        prefixes |= self._unpacked(could, data, before.st_size)
        grown = [s for s in could if prefixes.get(_content_end(s)) == s.content_sha256]
        after = max(grown, key=_content_end, default=None)
        start = hashlib.sha256(data).hexdigest()
        line = replace(self._read(source, sha256, before.st_size, manifest, after), head_sha256=start)
        now = self.path.stat()
        if now.st_size < before.st_size or (now.st_size == before.st_size and now.st_mtime_ns != before.st_mtime_ns):
            raise InputError("the file changed while it was read", where=str(self.path), hint="add it again")
        self.writer.finish(line)
        if line.same_as:
            self.writer.tidy()
        return self._report(line, self.store.manifest())

    def _known(self, known: SourceLine, manifest: Manifest) -> Added:
        path = str(self.path.resolve())
        if manifest.paths[known.sha256] != path:
            self.writer.moved(known.sha256, path)
        notes = ["this file is there already"]
        if dict(known.options) != self.options.kept:
            said = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in sorted(known.options.items()) if v)
            notes.append(f"it was read with {said}, and stays as it was read; to read it anew: vigie drop, then add")
        already = _chain_rows(known, manifest)
        return Added(self.file, known.id, known.format, known.table, already=already, notes=tuple(notes))

    def _continues(self, old: SourceLine, source: Source) -> bool:
        """Say whether reading on where `old` ended gives the rows that reading from the start would."""
        same_reading = (old.format, old.version, old.options) == (source.name, source.version, self.options.kept)
        return source.shape == "lines" and same_reading and old.same_as is None

    def _unpacked(self, could: Sequence[SourceLine], data: bytes, size: int) -> dict[int, str]:
        """Return the hash of what a packed file begins with, at the length of each of `could` that it may continue."""
        if not could:
            return {}
        stream = Stream(self.path, encoding=self.options.encoding, limit=size)
        try:
            if stream.seekable:
                return {}
            start = hashlib.sha256(data).hexdigest()
            alike = {_content_end(s) for s in could if _content_end(s) <= len(data) or s.head_sha256 == start}
            digest, done, found = hashlib.sha256(), 0, {}
            for mark in sorted(alike):
                while done < mark and (piece := stream.read(min(mark - done, 1 << 20))):
                    digest.update(piece)
                    done += len(piece)
                if done == mark:
                    found[mark] = digest.hexdigest()
            return found
        finally:
            stream.close()

    def _read(self, source: Source, sha256: str, size: int, manifest: Manifest, after: SourceLine | None) -> SourceLine:
        reading = {
            "format": source.name,
            "version": source.version,
            "options": self.options.kept,
            "after": after.sha256 if after else None,
        }
        parts = list(manifest.parts.get(sha256, ()))
        if any(dict(p.reading) != reading for p in parts):
            self.writer.drop(sha256)
            parts = []
        resume = parts[-1].resume if parts else after.resume if after else Resume()
        stream = Stream(self.path, encoding=self.options.encoding, limit=size)
        try:
            for parsed, offset, tail in _parse(source, stream, resume, self.options.tz, self.file):
                refused = _refused(parsed.refused)
                resume = Resume(offset, resume.record + parsed.records, parsed.state)
                first, last, days = _times(parsed.rows, self.options.tz)
                part = PartLine(
                    sha256=sha256,
                    number=len(parts),
                    rows=parsed.rows.num_rows,
                    refused=refused.num_rows,
                    skipped=parsed.skipped,
                    days=days,
                    first=first,
                    last=last,
                    resume=resume,
                    tail=tail,
                    reading=reading,
                )
                self.writer.part(part, parsed.rows, refused, source.table)
                parts.append(part)
                rows = sum(p.rows for p in parts)
                self.progress(Progress(self.file, "reading", min(stream.taken, size), size, rows))
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", where=str(self.path)) from error
        finally:
            stream.close()
        content = sha256 if stream.seekable else stream.content.hexdigest()
        twin = next((s for s in manifest.sources if s.content_sha256 == content and s.same_as is None), None)
        kept = [] if twin else parts
        line = SourceLine(
            sha256=sha256,
            name=self.file,
            path=str(self.path.resolve()),
            size=size,
            format=source.name,
            version=source.version,
            table=source.table,
            options=self.options.kept,
            parts=len(kept),
            rows=sum(p.rows for p in kept),
            refused=sum(p.refused for p in kept),
            skipped=sum(p.skipped for p in kept),
            repeats=0,
            days=_sum_days(kept),
            first=min((p.first for p in kept if p.first is not None), default=None),
            last=max((p.last for p in kept if p.last is not None), default=None),
            content_sha256=content,
            resume=_continuation(resume, parts[-1].tail if parts else 0),
            notes=_notes(parts, twin, after),
            same_as=twin.sha256 if twin else None,
            after=after.sha256 if after and not twin else None,
            content_size=size if content == sha256 else resume.offset,
        )
        return self._counted(line, manifest)

    def _counted(self, line: SourceLine, manifest: Manifest) -> SourceLine:
        """Count the rows whose key was there already, or stands in the file twice."""
        key = TABLES[line.table].key
        if not key or not line.rows:
            return line
        schema = TABLES[line.table].seen
        new = Parts(self.store.source_files(line.table, line, self.store.manifest()), schema)
        old = Parts(self.store.files(line.table, manifest), schema)
        needed = next(k for k in key if k.endswith("_id"))
        same = " and ".join(f"o.{k} is not distinct from n.{k}" for k in key)
        sql = (
            f"select (select count({needed}) from new) - (select count(*) from "
            f"(select distinct {', '.join(key)} from new where {needed} is not null) n "
            f"where not exists (select 1 from old o where {same})) as repeats"
        )
        with LocalEngine({"new": new, "old": old}) as engine:
            repeats = int(engine.query(sql)["repeats"][0].as_py())
        return replace(line, rows=line.rows - repeats, repeats=repeats)

    def _report(self, line: SourceLine, manifest: Manifest) -> Added:
        return Added(
            file=self.file,
            source=line.id,
            format=line.format,
            table=line.table,
            rows=line.rows,
            refused=line.refused,
            already=_chain_rows(line, manifest) - line.rows,
            skipped=line.skipped,
            reasons=dict(refused_reasons(self.store, line, manifest).most_common()),
            notes=line.notes,
        )


def refused_reasons(store: Store, line: SourceLine, manifest: Manifest) -> Counter[str]:
    """Return how many records of a file were refused for each reason.

    Raises
    ------
    StoreError
        if a part cannot be read.
    """
    reasons: Counter[str] = Counter()
    for part in store.source_files("refused", line, manifest):
        try:
            reasons.update(map(str, pq.read_table(part, columns=["reason"])["reason"].to_pylist()))
        except (OSError, pa.ArrowException) as error:
            message = f"{part}: cannot be read ({error})"
            raise StoreError(message) from error
    return reasons


def _content_end(line: SourceLine) -> int:
    """Return the length that the hash of a file's contents covers."""
    return line.content_size or line.size


def _chain_rows(line: SourceLine, manifest: Manifest) -> int:
    """Return how many rows a file has in the store: its own, its repeats, and those of what it continues or repeats."""
    total = 0
    walk: SourceLine | None = line
    while walk is not None:
        total += walk.rows + walk.repeats
        before = walk.same_as or walk.after
        walk = manifest.source(before) if before else None
    return total


def _parse(
    source: Source, stream: Stream, resume: Resume, tz: ZoneInfo, name: str
) -> Iterator[tuple[Parsed, int, int]]:
    """Yield for each block what it gave, the offset after it, and the length of a last line without a newline."""
    record, state, offset = resume.record, dict(resume.state), resume.offset
    stream.skip(offset)
    if source.shape == "document":
        if not offset:
            parsed = _document(source, stream, tz, name)
            yield parsed, parsed.consumed, 0
        return
    empty = TABLES[source.table].arriving.empty_table()
    feed = chunks(stream, offset)
    item = next(feed, None)
    while item is not None:
        consumed = 0
        if isinstance(item, Chunk):
            parsed = source.parse(Block(item.data, record, item.last, tz, name), state)
            state, consumed = dict(parsed.state), parsed.consumed
            offset += consumed
            tail = len(item.data) - 1 - item.data.rfind(b"\n") if consumed == len(item.data) else 0
        else:
            parsed = Parsed(empty, [Refusal(record, item.reason, item.raw)], item.size, item.lines, state=state)
            offset += item.size
            tail = 0
        record += parsed.records
        yield parsed, offset, tail
        try:
            item = feed.send(consumed)
        except StopIteration:
            return


def _continuation(resume: Resume, tail: int) -> Resume:
    """Return where a continuation of the file begins: before a last line that may not have been whole."""
    return replace(resume, offset=resume.offset - tail, record=resume.record - bool(tail))


def _document(source: Source, stream: Stream, tz: ZoneInfo, name: str) -> Parsed:
    data = stream.read(DOCUMENT_BYTES_MAX + 1)
    if len(data) > DOCUMENT_BYTES_MAX:
        reason = f"a document of more than {DOCUMENT_BYTES_MAX:,} bytes cannot be read whole; split it"
        return Parsed(TABLES[source.table].arriving.empty_table(), [Refusal(1, reason, data[:4096])], len(data), 1)
    parsed = source.parse(Block(data, 1, last=True, tz=tz, name=name), {})
    if stream.damage:
        parsed.refused.append(Refusal(parsed.records + 1, stream.damage, b""))
    return parsed


def _refused(refusals: Sequence[Refusal]) -> pa.Table:
    return pa.table(
        {
            "record": [r.record for r in refusals],
            "reason": [r.reason for r in refusals],
            "raw": [r.raw[:_RAW_BYTES_MAX].decode("utf-8", "backslashreplace") for r in refusals],
            "size": [len(r.raw) for r in refusals],
        },
        schema=REFUSED.arriving,
    )


def _times(rows: pa.Table, tz: ZoneInfo) -> tuple[int | None, int | None, dict[str, int]]:
    """Return the first and last time of `rows`, and how many fall on each day of `tz`."""
    times = pc.cast(rows["time"].drop_null(), pa.int64()).to_numpy()
    if not times.size:
        return None, None, {}
    days: Counter[str] = Counter()
    slots, counts = np.unique(times // _SLOT_US, return_counts=True)
    for slot, count in zip(slots.tolist(), counts.tolist(), strict=True):
        days[datetime.fromtimestamp(slot * _SLOT_US // 1_000_000, tz).date().isoformat()] += count
    return int(times.min()), int(times.max()), dict(sorted(days.items()))


def _sum_days(parts: Sequence[PartLine]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.days)
    return dict(sorted(total.items()))


def _notes(parts: Sequence[PartLine], twin: SourceLine | None, after: SourceLine | None) -> tuple[str, ...]:
    notes = []
    if twin:
        notes.append(f"it holds the same as {twin.name}, which is there already")
    elif after:
        notes.append(f"it goes on where {after.name} ended; only what is new was read")
    unknown = list(dict.fromkeys(c for p in parts for c in p.resume.state.get("unknown_columns", ())))
    candidates = list(dict.fromkeys(c for p in parts for c in p.resume.state.get("candidates", ())))
    if candidates:
        notes.append("columns taken as candidates: " + ", ".join(map(str, candidates[:40])))
    if unknown:
        notes.append("columns neither used nor expected: " + ", ".join(map(str, unknown[:20])))
    return tuple(notes)
