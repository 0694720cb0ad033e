"""The edges of a share log in as few bytes as hold them, until the last one says which weights are heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vigie.kernels.share_pairs import Edges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_US: Final = 1_000_000
_ROWS: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Held:
    """Edges, in as few bytes as hold them, as there may be many millions.

    `firsts` and `runs` say how many edges begin with each account; `heavy` has the edges of more than one meeting, of
    which alone the numbers of contents are kept. `unit_us` is that of the delays.
    """

    firsts: NDArray[Any]
    runs: NDArray[Any]
    second: NDArray[Any]
    weight: NDArray[Any]
    delay: NDArray[Any]
    unit_us: int
    older: NDArray[Any]
    newer: NDArray[Any]
    more: tuple[NDArray[Any], ...]

    def edges(self) -> Iterator[Edges]:
        """Yield them some at a time, as they were."""
        first = np.repeat(self.firsts, self.runs)
        done = 0
        for start in range(0, len(first), _ROWS):
            part = slice(start, start + _ROWS)
            weight = self.weight[part].astype(np.int64)
            heavy = weight > 1
            older, newer = np.ones((2, len(weight)), np.int64)
            count = int(heavy.sum())
            older[heavy], newer[heavy] = self.older[done : done + count], self.newer[done : done + count]
            done += count
            delay = self.delay[part].astype(np.int64) * self.unit_us
            more = (column[part].astype(np.int64) for column in self.more)
            yield Edges(first[part], self.second[part], weight, delay, older, newer, *more)


def held(edges: Edges) -> Held:
    """Return the edges as they are held; none of their figures but the times is negative."""
    begins = np.flatnonzero(np.diff(edges.first, prepend=-1))
    heavy = edges.weight > 1
    unit_us = 1 if (edges.delay % _US).any() else _US
    more = tuple(column.copy() for column in (edges.led, edges.tied, edges.objects, edges.begin, edges.end))
    return Held(
        firsts=edges.first[begins],
        runs=np.diff(begins, append=len(edges.first)),
        second=edges.second.copy(),
        weight=_narrow(edges.weight),
        delay=_narrow(edges.delay // unit_us),
        unit_us=unit_us,
        older=_narrow(edges.older[heavy]),
        newer=_narrow(edges.newer[heavy]),
        more=more,
    )


def _narrow(column: NDArray[Any]) -> NDArray[Any]:
    return column.astype(np.min_scalar_type(column.max(initial=0)))
