"""On which line of its file a record stands, without reading what would take long."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vigie.tables.store import file_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from vigie.tables.store import Manifest, SourceLine

    Locate = Callable[[bytes, int], tuple[int, str] | None]

# A longer document is not read for the line of one record; `vigie explain` reads it.
BYTES_MAX: Final = 1 << 20
_DOCUMENTS_KEPT: Final = 16


class Lines:
    """The files of a case, by the first digits of their hashes."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._by_id = {line.id: line for line in manifest.sources}
        self._document = lru_cache(maxsize=_DOCUMENTS_KEPT)(self._read)

    def name(self, source: str) -> str:
        """Return the name a file was added by; empty where the case does not hold it."""
        line = self._by_id.get(source)
        return line.name if line else ""

    def in_document(self, source: str, record: int) -> int | None:
        """Return the line of a record of a document.

        None where the document is long, gone or another by now, or where the record is not found in it.
        """
        line = self._by_id.get(source)
        locate = _locators().get(line.format) if line else None
        data = self._document(source) if locate else None
        place = locate(data, record) if locate and data is not None else None
        return place[0] if place else None

    def _read(self, source: str) -> bytes | None:
        line = self._by_id[source]
        path = Path(self._manifest.paths[line.sha256])
        try:
            return _contents(path, line) if max(line.size, line.content_size) <= BYTES_MAX else None
        except OSError:
            return None


def _contents(path: Path, line: SourceLine) -> bytes | None:
    from vigie.sources.reading import Stream

    if path.stat().st_size < line.size or file_hash(path, limit=line.size)[0] != line.sha256:
        return None
    stream = Stream(path, encoding=line.options.get("encoding", ""), limit=line.size)
    try:
        return stream.read(BYTES_MAX)
    finally:
        stream.close()


@cache
def _locators() -> dict[str, Locate]:
    from vigie.sources import all_sources

    return {source.name: source.locate for source in all_sources() if source.locate is not None}
