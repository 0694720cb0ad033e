"""`vigie sources`: what a case holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from vigie import case as case_file
from vigie.run.add import STORE
from vigie.tables.store import Store

if TYPE_CHECKING:
    from pathlib import Path

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int | None) -> datetime | None:
    """Return the time of UTC microseconds.

    >>> moment(1_000_000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def held(folder: Path) -> list[dict[str, Any]]:
    """Return one entry a file, in the order they were added; unfinished ones last, without a format."""
    case_file.load(folder)
    manifest = Store(folder / STORE).manifest()
    listed = [
        {
            "file": s.name,
            "source": s.id,
            "format": s.format,
            "table": s.table,
            "rows": s.rows,
            "refused": s.refused,
            "already": s.repeats,
            "first": moment(s.first),
            "last": moment(s.last),
            "notes": list(s.notes),
        }
        for s in manifest.sources
    ]
    for sha256 in manifest.unfinished:
        parts = manifest.parts[sha256]
        listed.append(
            {
                "file": "",
                "source": sha256[:12],
                "format": "",
                "table": "",
                "rows": sum(p.rows for p in parts),
                "refused": sum(p.refused for p in parts),
                "already": 0,
                "first": None,
                "last": None,
                "notes": ["interrupted and not visible yet: add the file again"],
            }
        )
    return listed
