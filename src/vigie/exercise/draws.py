"""Chance and files: seeded generators, moments of a day, weights with a heavy tail, and writers that count lines."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from vigie.exercise.world import DAY_S, DAYS, START_S, SUMMER_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

T = TypeVar("T")

# Share of a day's traffic by local hour, from 0 h: quiet at night, a first peak at noon, the main one in the evening.
HOURS: Final = (18, 10, 6, 4, 4, 8, 20, 42, 58, 62, 64, 66, 74, 68, 60, 58, 60, 66, 78, 88, 98, 92, 66, 36)
WEEKDAYS: Final = (1.0, 1.02, 1.03, 1.05, 1.0, 0.78, 0.84)
SLICE_ROWS: Final = 200_000


def rng(seed: int, *keys: int) -> np.random.Generator:
    """Return a generator of its own for each part of the exercise, so that one part's draws do not move another's."""
    return np.random.default_rng([seed, *keys])


def shrink(scale: float) -> float:
    """Return the factor for what is planted: 1 from scale 0.1 up, and a tenth at the least.

    >>> shrink(100), shrink(0.05), shrink(0.01)
    (1.0, 0.5, 0.1)
    """
    return min(1.0, max(0.1, 10 * scale))


def weights(n: int, exponent: float, offset: float = 0.0) -> NDArray[np.float64]:
    """Return cumulative shares of `n` ranks under a Zipf law, for `pick`."""
    shares = (np.arange(1, n + 1) + offset) ** -exponent
    return np.asarray(np.cumsum(shares) / shares.sum())


def pick(draw: np.random.Generator, cumulative: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Draw `n` ranks (from 0) by their cumulative shares."""
    return np.minimum(np.searchsorted(cumulative, draw.random(n), side="right"), len(cumulative) - 1)


def choose(draw: np.random.Generator, items: Sequence[T]) -> T:
    """Draw one item."""
    return items[int(draw.integers(len(items)))]


def day_volumes(total: float) -> NDArray[np.float64]:
    """Spread `total` over the days: the week's rhythm, and interest that grows towards the vote."""
    days = np.arange(DAYS)
    raw = np.array([WEEKDAYS[d % 7] for d in days]) * (1 + 0.6 * days / DAYS)
    return np.asarray(total * raw / raw.sum())


def moments(draw: np.random.Generator, day: int, expected: float, parts_min: int = 1) -> Iterator[NDArray[np.float64]]:
    """Yield a day's moments (seconds since 1970, ascending) in consecutive parts of bounded size.

    The number is a Poisson draw around `expected`; the hours follow `HOURS` on the clock of Paris.
    """
    start = START_S + day * DAY_S
    offset = 2 if start >= SUMMER_S - DAY_S // 2 else 1
    shares = np.cumsum(np.roll(np.array(HOURS, np.float64), -offset))
    clock = np.concatenate(([0.0], shares / shares[-1]))
    parts = max(parts_min, int(np.ceil(expected / SLICE_ROWS)))
    for part in range(parts):
        n = int(draw.poisson(expected / parts))
        quantiles = np.sort((part + draw.random(n)) / parts)
        yield start + np.interp(quantiles, clock, np.arange(25) * 3_600.0)


class Lines:
    """A text file, gzipped where its name says so, that numbers its lines. The same lines give the same bytes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.name, self.count = path.name, 0
        self._raw = path.open("wb")
        packed = gzip.GzipFile("", "wb", 6, self._raw, mtime=0) if path.suffix == ".gz" else None
        self._packed = packed
        self._out = io.BufferedWriter(packed, 1 << 20) if packed else self._raw

    def write(self, text: str) -> int:
        """Write one record and its line end; return the number of the line on which it begins."""
        begins = self.count + 1
        data = text.encode()
        self._out.write(data + b"\n")
        self.count += 1 + data.count(b"\n")
        return begins

    def write_all(self, records: Sequence[str]) -> int:
        """Write many records of one line each; return the number of the first."""
        begins = self.count + 1
        if records:
            self._out.write(("\n".join(records) + "\n").encode())
            self.count += len(records)
        return begins

    def close(self) -> None:
        """Flush and close."""
        self._out.flush()
        if self._packed:
            self._packed.close()
        self._raw.close()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file."""
        self.close()
