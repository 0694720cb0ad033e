"""`vigie explain`: the rows a finding rests on, each with its file, its line and the raw text."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vigie.errors import InputError
from vigie.rules.network_row import network_id
from vigie.run.add import STORE
from vigie.run.analyse import load
from vigie.run.rows import width_of
from vigie.sources import all_sources, polls_wide
from vigie.sources.reading import DOCUMENT_BYTES_MAX, Chunk, Stream, chunks
from vigie.tables import split_row_id
from vigie.tables.store import Store, file_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vigie.sources import Source
    from vigie.tables.store import Manifest, SourceLine

NETWORKS_DETECTOR: Final = "coordinated_network"
RAW_CHARACTERS_MAX: Final = 2_000
_QUOTED_LINES_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Raw:
    """Where a row stands: the file's name, the line (None where it could not be found) and its text.

    `why_not` says why there is no text: the file is gone, or is another by now.
    """

    row_id: str
    file: str
    line: int | None
    text: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """One finding and the first of its rows; `total` counts them all. `network` is the network it is about, if any."""

    finding: dict[str, Any]
    rows: tuple[Raw, ...]
    total: int
    simulated: bool
    network: str = ""


def explain(folder: Path, ident: str, *, limit: int | None = 20) -> Explained:
    """Return the finding whose identifier begins with `ident`, and its first `limit` rows by file and record.

    Raises
    ------
    InputError
        if no finding, or more than one, has an identifier that begins so.
    """
    analysis = load(folder)
    findings = analysis.findings.to_pylist()
    found = [f for f in findings if f["id"] == ident] or [f for f in findings if f["id"].startswith(ident)]
    if len(found) != 1:
        listed = ", ".join(f["id"] for f in (found or findings)[:8]) or "none: the last run found nothing"
        what = f"no finding is named {ident!r}" if not found else f"{len(found)} findings begin with {ident!r}"
        raise InputError(what, where=str(folder), hint=f"findings: {listed}")
    ids = found[0]["evidence_ids"]
    rows = tuple(raw_rows(folder, ids[:limit]))
    return Explained(found[0], rows, len(ids), analysis.simulated, _network(found[0]))


def _network(finding: dict[str, Any]) -> str:
    """Return the identifier of the network a finding is about; empty where it is about none."""
    return network_id(finding["subject_ids"]) if finding["detector"] == NETWORKS_DETECTOR else ""


def raw_rows(folder: Path, row_ids: Sequence[str]) -> list[Raw]:
    """Return where each row stands and its raw text, in the order of `row_ids`."""
    manifest = Store(folder / STORE).manifest()
    formats = {s.name: s for s in all_sources()}
    wanted: dict[str, list[int]] = defaultdict(list)
    for ident in row_ids:
        source_id, record = split_row_id(ident)
        wanted[source_id].append(record)
    found: dict[str, Raw] = {}
    for source_id, records in wanted.items():
        line = manifest.source(source_id)
        if line is None:
            for record in records:
                ident = f"{source_id}:{record}"
                found[ident] = Raw(ident, "", None, "", "no file of this case has this number")
            continue
        for raw in _of_file(line, formats.get(line.format), manifest, sorted(set(records))):
            found[raw.row_id] = raw
    return [found[ident] for ident in row_ids]


def _of_file(line: SourceLine, source: Source | None, manifest: Manifest, records: list[int]) -> list[Raw]:
    path = Path(manifest.paths[line.sha256])
    try:
        same = path.stat().st_size >= line.size and file_hash(path, limit=line.size)[0] == line.sha256
        if not same:
            why = f"{path} has changed since it was added; add it again from where it is unchanged"
            return [Raw(f"{line.id}:{r}", line.name, None, "", why) for r in records]
        # A table of cells is found by its width, for a mapping of the user's is not known here.
        width = width_of(line)
        locate = partial(polls_wide.locate, width=width) if width else source.locate if source is not None else None
        if locate is not None:
            texts = _documents(path, line, locate, records)
        else:
            quoted = source is not None and source.spans_lines
            texts = _lines(path, line, manifest, records, quoted=quoted)
    except OSError as error:
        why = f"{path} cannot be read ({error.strerror}); add the file from where it is now"
        return [Raw(f"{line.id}:{r}", line.name, None, "", why) for r in records]
    missing = "the record was not found again"
    return [
        Raw(f"{line.id}:{r}", line.name, texts[r][0], texts[r][1])
        if r in texts
        else Raw(f"{line.id}:{r}", line.name, None, "", missing)
        for r in records
    ]


def _documents(
    path: Path, line: SourceLine, locate: Callable[[bytes, int], tuple[int, str] | None], records: list[int]
) -> dict[int, tuple[int, str]]:
    stream = Stream(path, encoding=line.options.get("encoding", ""), limit=line.size)
    try:
        data = stream.read(DOCUMENT_BYTES_MAX)
    finally:
        stream.close()
    located = ((record, locate(data, record)) for record in records)
    return {record: (place[0], place[1][:RAW_CHARACTERS_MAX]) for record, place in located if place is not None}


def _lines(
    path: Path, line: SourceLine, manifest: Manifest, records: list[int], *, quoted: bool
) -> dict[int, tuple[int, str]]:
    """Return the text of lines by number: each is sought from the start of the block it stands in."""
    before = manifest.source(line.after) if line.after else None
    first = (before.resume.record, before.resume.offset) if before else (1, 0)
    starts = sorted((p.resume.record, p.resume.offset) for p in manifest.parts[line.sha256])
    found: dict[int, tuple[int, str]] = {}
    for record in records:
        if record in found:
            continue
        start, offset = max((s for s in starts if s[0] <= record), default=first)
        end = min((s[0] for s in starts if s[0] > record), default=record + 1)
        here = [r for r in records if record <= r < end]
        stream = Stream(path, encoding=line.options.get("encoding", ""), limit=line.size)
        try:
            stream.skip(offset)
            block = next(chunks(stream, offset), None)
        finally:
            stream.close()
        if isinstance(block, Chunk):
            lines = block.data.split(b"\n")
            found |= {r: (r, _shown(lines, r - start, quoted=quoted)) for r in here if r - start < len(lines)}
    return found


def _shown(lines: list[bytes], at: int, *, quoted: bool) -> str:
    """Return the line at `at`, with those after it while a double quote is open, where a record may span lines."""
    text, end = lines[at], at + 1
    while quoted and text.count(b'"') % 2 and end < min(len(lines), at + _QUOTED_LINES_MAX):
        text += b"\n" + lines[end]
        end += 1
    if quoted and text.count(b'"') % 2:
        text = lines[at]
    return text.rstrip(b"\r").decode("utf-8", "backslashreplace")[:RAW_CHARACTERS_MAX]
