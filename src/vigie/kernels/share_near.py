"""Shares of one object that are near each other in time, counted however large the crowd: `near_pairs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64
    from vigie.kernels.share_by_channel import Shares


class Cells(NamedTuple):
    """Equal cells of time: the first begins at `begin`; there are `number`, each `length` long.

    So many of them `together` make a stretch; the last stretch may have fewer.
    """

    begin: int
    length: int
    number: int
    together: int = 1

    @property
    def stretches(self) -> int:
        """Return how many stretches there are."""
        return -(self.number // -self.together)

    @property
    def stretch_length(self) -> int:
        """Return how long a stretch is."""
        return self.length * self.together

    def by_stretch(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return the sums of what the cells have."""
        return np.bincount(np.arange(self.number) // self.together, values).astype(np.float64)


@njit(cache=True, nogil=True)
def _near(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    starts: I64,
    kept: NDArray[np.bool_],
    channels: I32,
    times: I64,
    channel_count: int,
    window: int,
    begin: int,
    length: int,
    pairs: I64,
    met: I64,
) -> None:
    """Fill `pairs` by object and `met` by period; see `near_pairs`."""
    within = np.zeros(channel_count, np.int32)
    for n in range(starts.shape[0] - 1):
        if not kept[n]:
            continue
        gone, present = starts[n], 0
        for j in range(starts[n], starts[n + 1]):
            while times[gone] < times[j] - window:
                within[channels[gone]] -= 1
                present -= within[channels[gone]] == 0
                gone += 1
            c = channels[j]
            pairs[n] += j - gone - within[c]
            if within[c] == 0:
                if present:
                    met[(times[j] - begin) // length] += present
                present += 1
            within[c] += 1
        for j in range(gone, starts[n + 1]):
            within[channels[j]] = 0


def near_pairs(shares: Shares, cells: Cells, *, window: int) -> tuple[I64, I64]:
    """Return (by object, share pairs of different channels within the window; by cell, meetings).

    A meeting is where the later share is; a pair that meets again after a silence longer than the window is counted
    again (a channel not silent for that long meets nobody). Takes time in proportion to the shares, however large the
    crowd.
    """
    pairs, met = np.zeros(len(shares.kept), np.int64), np.zeros(cells.number, np.int64)
    _near(*shares[:5], window, cells.begin, cells.length, pairs, met)
    return pairs, met


@njit(cache=True, nogil=True)
def ticks(times: I64, most: int) -> int:
    """Return the greatest divisor of `most` that all differences of times are a multiple of."""
    tick = most
    for t in times:
        rest = abs(t - times[0]) % tick
        while rest:
            tick, rest = rest, tick % rest
        if tick == 1:
            break
    return tick
