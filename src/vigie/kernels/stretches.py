"""Stretches of time in which counts stand far above the usual, and what is too many is not of the usual kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.kernels.hourly import DAYS_MIN, rarity, scaled, sums, variation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SHARE_MIN: Final = 0.5
_TIMES_WITHOUT_DAYS: Final = 5.0
_EDGE_SHARE: Final = 0.02
_EDGE_MIN: Final = 2.0
_EDGE_DEVIATIONS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Cells `first` to `end` (not in it): how many odd counts, how many are expected, and how rare that is.

    `p_value` is corrected for all stretches looked at; None where there are too few days to tell.
    """

    first: int
    end: int
    odd: float
    expected: float
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """Counts in cells (n) of equal length: `odd` ones, `beside` them the ordinary, and what of both is usual.

    `cells` are the cells' numbers, ascending: where they leave one out, nothing was logged. `days` is how many days
    the usual was learnt from.
    """

    cells: NDArray[np.int64]
    odd: NDArray[np.float64]
    beside: NDArray[np.float64]
    usual_odd: NDArray[np.float64]
    usual_beside: NDArray[np.float64]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """What stands out: at least `more` odd counts too many, `times` the usual in all, and a tail of at most `p_max`."""

    more: float
    times: float
    p_max: float


def standing_out(series: Series, widths: Sequence[int], bounds: Above, *, gap: int) -> list[Stretch]:
    """Return the stretches of `widths` cells that stand out, ascending, those with at most `gap` cells between as one.

    As many odd counts are expected as usual, times how far the ordinary ones are above their usual. At least half of
    all that is too many must be odd. The tail is that of a negative binomial whose spread is learnt from the series
    itself, times the number of stretches looked at (all starts, all widths). With fewer than 3 days there is no tail:
    then five times as many as expected are asked for. What stands out in short stretches is taken out before longer
    ones are judged. In the end each takes in what is left of it at its edges.
    """
    odd, beside = series.odd.copy(), series.beside.copy()
    size = series.cells.size
    tried = sum(max(0, size - width + 1) for width in widths)
    chosen: list[tuple[int, int, float]] = []
    for width in (w for w in widths if w <= size):
        unbroken = series.cells[width - 1 :] - series.cells[: size - width + 1] == width - 1
        counted, usual_beside, usual = (sums(c, width) for c in (odd, series.usual_beside, series.usual_odd))
        beside_it = sums(beside, width)
        expected = scaled(usual, beside_it, usual_beside)
        too_many, all_too_many = counted - expected, counted + beside_it - usual - usual_beside
        out = unbroken & (too_many >= bounds.more) & (counted + beside_it >= bounds.times * (usual + usual_beside))
        out &= too_many >= SHARE_MIN * all_too_many
        tail = np.full(counted.size, np.nan)
        if series.days >= DAYS_MIN:
            apart = np.flatnonzero(unbroken)[np.flatnonzero(unbroken) % width == 0]
            spread = variation(counted[apart], expected[apart])
            tail = np.minimum(1.0, rarity(counted, expected, spread) * tried)
            out &= tail <= bounds.p_max
        else:
            out &= counted >= _TIMES_WITHOUT_DAYS * expected
        for first in np.flatnonzero(out)[np.argsort(-too_many[out], kind="stable")].tolist():
            if not any(first < end and first + width > begun for begun, end, _ in chosen):
                chosen.append((first, first + width, float(tail[first])))
        for first, end, _ in chosen:
            odd[first:end], beside[first:end] = series.usual_odd[first:end], series.usual_beside[first:end]
    return [_stretch(series, run) for run in _runs(series.cells, sorted(chosen), gap)]


def _runs(
    cells: NDArray[np.int64], chosen: Sequence[tuple[int, int, float]], gap: int
) -> Iterator[list[tuple[int, int, float]]]:
    run: list[tuple[int, int, float]] = []
    for one in chosen:
        if run and cells[one[0]] - cells[run[-1][1] - 1] > gap:
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _grown(series: Series, first: int, end: int) -> tuple[int, int]:
    """Return the stretch with the cells beside it that are themselves above the usual: it seldom ends on the hour.

    That is at least 2, above by two standard deviations of a Poisson count and by a fiftieth of its mean excess.
    """
    too_many = series.odd - series.usual_odd
    least = np.maximum(_EDGE_DEVIATIONS * np.sqrt(series.usual_odd), _EDGE_SHARE * float(too_many[first:end].mean()))
    above = (series.odd >= _EDGE_MIN) & (too_many >= least)
    while first and above[first - 1] and series.cells[first] - series.cells[first - 1] == 1:
        first -= 1
    while end < too_many.size and above[end] and series.cells[end] - series.cells[end - 1] == 1:
        end += 1
    return first, end


def _stretch(series: Series, run: Sequence[tuple[int, int, float]]) -> Stretch:
    first, end = _grown(series, run[0][0], run[-1][1])
    odd, beside, usual, usual_beside = (
        c[first:end].sum(keepdims=True) for c in (series.odd, series.beside, series.usual_odd, series.usual_beside)
    )
    p_value = min(p for _, _, p in run) if series.days >= DAYS_MIN else None
    return Stretch(first, end, float(odd[0]), float(scaled(usual, beside, usual_beside)[0]), p_value)
