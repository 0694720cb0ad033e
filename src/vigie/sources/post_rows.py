"""Gathering posts one by one: every record becomes a row or a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pyarrow as pa

from vigie.sources import Parsed, Refusal
from vigie.sources.entity_columns import extracted
from vigie.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SCHEMA: Final = TABLES["posts"].arriving
_LISTS: Final = tuple(f.name for f in _SCHEMA if pa.types.is_list(f.type))
_TEXTS: Final = tuple(f.name for f in _SCHEMA if pa.types.is_string(f.type))
_REQUIRED: Final = ("platform", "channel_id")
_COUNT_MAX: Final = 2**63


class RecordError(ValueError):
    """A record that is no row; the message is the reason."""


class PostRows:
    """Rows and refusals in the order of their records.

    `extract` names the list columns to be read out of a text column where a row gives None for them.
    """

    def __init__(self, extract: Mapping[str, str] | None = None) -> None:
        self._extract = dict(extract or {})
        self._columns: dict[str, list[Any]] = {name: [] for name in _SCHEMA.names}
        self.refused: list[Refusal] = []
        self.records = 0

    def add(self, record: int, raw: bytes, read: Callable[[bytes, Any], dict[str, Any]], context: Any = None) -> None:
        """Take one record: `read(raw, context)` gives its columns, or raises ValueError with the reason why not.

        What it leaves out is null or an empty list; `time` is in microseconds UTC.
        """
        self.records += 1
        try:
            row = read(raw, context)
            _check(row)
        except (ValueError, RecursionError) as error:
            self.refused.append(Refusal(record, str(error), raw))
            return
        self._columns["record"].append(record)
        for name, cells in self._columns.items():
            if name in _LISTS:
                cells.append(row.get(name) if name in self._extract else row.get(name) or [])
            elif name == "text":
                cells.append(row.get(name) or "")
            elif name != "record":
                cells.append(row.get(name))

    def refuse(self, record: int, raw: bytes, reason: str) -> None:
        """Take one record that cannot be read."""
        self.records += 1
        self.refused.append(Refusal(record, reason, raw))

    def parsed(self, consumed: int, *, skipped: int = 0, state: dict[str, Any] | None = None) -> Parsed:
        """Return all that was gathered."""
        for name, text in self._extract.items():
            cells = self._columns[name]
            if None in cells:
                texts = pa.array([t or "" for t in self._columns[text]], pa.string())
                found = extracted(texts)[name]
                self._columns[name] = [f if c is None else c for c, f in zip(cells, found, strict=True)]
        rows = pa.table(self._columns, schema=_SCHEMA)
        return Parsed(rows, self.refused, consumed, self.records + skipped, skipped, state or {})


def site(url: str) -> str:
    """Return the host of an address, in lower case and without `www.`; empty where it has none.

    >>> site("https://www.News.example:8080/a")
    'news.example'
    """
    try:
        host = urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.").rstrip(".")


def _check(row: dict[str, Any]) -> None:
    for name in _REQUIRED:
        if not row.get(name):
            message = f"no {name}"
            raise RecordError(message)
    if row.get("time") is None:
        message = "no time"
        raise RecordError(message)
    texts = [row.get(name) for name in _TEXTS]
    texts += [text for name in _LISTS for text in row.get(name) or ()]
    joined = "".join(filter(None, texts))
    if "\0" in joined:
        message = "NUL byte"
        raise RecordError(message)
    try:
        joined.encode()
    except UnicodeEncodeError:
        message = "half of a surrogate pair"
        raise RecordError(message) from None
    reactions = row.get("reactions")
    if reactions is not None and not -_COUNT_MAX <= reactions < _COUNT_MAX:
        message = f"reactions {reactions} is beyond any count"
        raise RecordError(message)
