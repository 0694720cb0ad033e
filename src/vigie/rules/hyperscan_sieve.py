"""The same question as `vigie.rules.prefilter`, put to Hyperscan where the package `hyperscan` is installed.

All patterns go over all texts at once, joined by newlines. What it reports are candidates like any other: RE2 is
asked about them, so that verdicts are the same with it and without. A text that a pattern matches is never left out:
Hyperscan reports every place where a match ends, and a match within one text ends within it. Patterns that it cannot
read are left to the derived prefilter.

It is not the default: on the indicators kept here it takes longer than the derived prefilter and far longer to build,
and a text made for it can call back once for each of its bytes (`bench/http_sieves.py` prints both).
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from vigie.rules.plain import texts_of
from vigie.rules.prefilter import Prefilter, prefilter

if TYPE_CHECKING:
    from types import ModuleType

    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class HyperscanSieve:
    """A compiled database, the patterns it has (by their places), and the derived prefilter of the others."""

    database: Any
    read: tuple[int, ...]
    others: tuple[int, ...]
    rest: Prefilter

    def candidates(self, texts: pa.Array[Any]) -> list[NDArray[np.int64]]:
        """Return for each pattern the places of the texts (of an array without nulls) that it may match, ascending."""
        places = [np.zeros(0, np.int64)] * (len(self.read) + len(self.others))
        if self.others:
            for place, found in zip(self.others, self.rest.candidates(texts), strict=True):
                places[place] = found
        sent = texts_of(texts)
        lines = "\n".join(map(str, texts.to_pylist())).encode()
        ends = sent.offsets[1:] - sent.offsets[0] + np.arange(len(texts))
        found_ends: dict[int, list[int]] = {}

        def note(pattern: int, _begin: int, end: int, _flags: int, _context: object) -> None:
            found_ends.setdefault(pattern, []).append(end)

        if lines:
            self.database.scan(lines, match_event_handler=note)
        for pattern, stops in found_ends.items():
            places[pattern] = np.unique(np.searchsorted(ends, np.array(stops)))
        return places


def hyperscan_sieve(patterns: tuple[str, ...]) -> HyperscanSieve | Prefilter:
    """Return the sieve of `patterns` by Hyperscan, or the derived prefilter where Hyperscan is not installed."""
    library = installed()
    return prefilter(patterns) if library is None else _compiled(library, patterns)


def installed() -> ModuleType | None:
    """Return the package, or None."""
    try:
        return importlib.import_module("hyperscan")
    except ImportError:
        return None


@cache
def _compiled(library: ModuleType, patterns: tuple[str, ...]) -> HyperscanSieve:
    read = tuple(_readable(library, list(enumerate(patterns))))
    others = tuple(n for n in range(len(patterns)) if n not in read)
    database = _database(library, [(n, patterns[n]) for n in read])
    return HyperscanSieve(database, read, others, prefilter(tuple(patterns[n] for n in others)))


def _readable(library: ModuleType, numbered: list[tuple[int, str]]) -> list[int]:
    """Return the numbers of the patterns that Hyperscan can read: all at once if it can, else by halves."""
    try:
        _database(library, numbered)
    except library.HyperscanError:
        half = len(numbered) // 2
        return [] if not half else _readable(library, numbered[:half]) + _readable(library, numbered[half:])
    return [number for number, _ in numbered]


def _database(library: ModuleType, numbered: list[tuple[int, str]]) -> Any:
    database = library.Database(mode=library.HS_MODE_BLOCK)
    if numbered:
        database.compile(
            expressions=[pattern.encode() for _, pattern in numbered],
            ids=[number for number, _ in numbered],
            elements=len(numbered),
            flags=[library.HS_FLAG_MULTILINE | library.HS_FLAG_UTF8] * len(numbered),
        )
    return database
