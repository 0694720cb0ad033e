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
_LISTS: Final = frozenset(f.name for f in _SCHEMA if pa.types.is_list(f.type))
_BATCH_ROWS: Final = 16_384
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
        self._rows: list[dict[str, Any]] = []
        self._batches: list[pa.RecordBatch] = []
        self.refused: list[Refusal] = []
        self.records = 0

    def add(self, record: int, raw: bytes, read: Callable[[bytes, Any], dict[str, Any]], context: Any = None) -> None:
        """Take one record: `read(raw, context)` gives its columns, or raises ValueError with the reason why not.

        What it leaves out is null or an empty list; `time` is in microseconds UTC; texts are UTF-8 and hold no NUL.
        """
        self.records += 1
        try:
            row = read(raw, context)
            _check(row)
        except (ValueError, RecursionError) as error:
            self.refused.append(Refusal(record, str(error), raw))
            return
        row["record"] = record
        self._rows.append(row)
        if len(self._rows) == _BATCH_ROWS:
            self._flush()

    def refuse(self, record: int, raw: bytes, reason: str) -> None:
        """Take one record that cannot be read."""
        self.records += 1
        self.refused.append(Refusal(record, reason, raw))

    def parsed(self, consumed: int, *, skipped: int = 0, state: dict[str, Any] | None = None) -> Parsed:
        """Return all that was gathered."""
        self._flush()
        rows = pa.Table.from_batches(self._batches, schema=_SCHEMA)
        return Parsed(rows, self.refused, consumed, self.records + skipped, skipped, state or {})

    def _flush(self) -> None:
        rows = self._rows
        found: dict[str, dict[str, list[list[str]]]] = {}
        columns: dict[str, list[Any]] = {}
        for name in _SCHEMA.names:
            cells = [row.get(name) for row in rows]
            if name == "text":
                cells = [cell or "" for cell in cells]
            elif name in self._extract and None in cells:
                text = self._extract[name]
                if text not in found:
                    found[text] = extracted(pa.array([row.get(text) or "" for row in rows], pa.string()))
                cells = [own if cell is None else cell for cell, own in zip(cells, found[text][name], strict=True)]
            elif name in _LISTS:
                cells = [cell or [] for cell in cells]
            columns[name] = cells
        self._batches.append(pa.RecordBatch.from_pydict(columns, schema=_SCHEMA))
        self._rows = []


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
    reactions = row.get("reactions")
    if reactions is not None and not -_COUNT_MAX <= reactions < _COUNT_MAX:
        message = f"reactions {reactions} is beyond any count"
        raise RecordError(message)
