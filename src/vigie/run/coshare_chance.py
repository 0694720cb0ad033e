"""What chance says of the edges of a share log: p- and q-values of pairs, and how much each window finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vigie.kernels.co_shared import CROWD_MAX, co_shared, judged_of, kinds_of
from vigie.kernels.q_values import bh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigie.kernels.share_rows import Rows

COLUMNS: Final = ("p_value", "q_value")
Q_MAX: Final = 0.05
_US: Final = 1_000_000
_HOUR_US: Final = 3600 * _US


@dataclass(frozen=True, slots=True)
class AtWindow:
    """What one window finds: validated are the pairs of q at most `Q_MAX`, and the accounts in them.

    tested: pairs, at most. observed: objects at which validated pairs met, summed; expected: as many as chance expects
    of them, under the null of the larger p-value. largest: no window's excess is larger.
    """

    window_s: float
    tested: int
    validated: int
    accounts: int
    observed: int
    expected: float
    largest: bool = False

    @property
    def excess(self) -> float:
        """Return how many objects there are beyond what chance expects."""
        return self.observed - self.expected


@dataclass(frozen=True, slots=True)
class Chance:
    """The tested pairs of a share log, by their accounts' ranks.

    keys: int64[pairs], first << 32 | second, ascending. p_values, q_values: float64.
    """

    keys: NDArray[np.int64]
    p_values: NDArray[np.float64]
    q_values: NDArray[np.float64]
    found: AtWindow

    def columns(self, first: NDArray[Any], second: NDArray[Any]) -> tuple[pa.Array[Any], pa.Array[Any]]:
        """Return the p- and the q-values of edges in the order of their accounts; null where a pair was not tested."""
        values, none = np.zeros((2, len(first))), np.ones(len(first), np.bool_)
        if len(first) and len(self.keys):
            keys = first.astype(np.int64) << 32 | second
            low, high = np.searchsorted(self.keys, (keys[0], keys[-1] + 1))
            at = np.searchsorted(keys, self.keys[low:high])
            here = keys[at] == self.keys[low:high]
            at = at[here]
            values[0, at], values[1, at] = self.p_values[low:high][here], self.q_values[low:high][here]
            none[at] = False
        return pa.array(values[0], mask=none), pa.array(values[1], mask=none)


def asked_of(rows: Rows, accounts: int, *, window_us: int, crowd_max: int) -> NDArray[np.uint8]:
    """Return the kinds of the objects as chance has them: it asks for pairs that met at those that are ORDINARY."""
    kinds, _ = kinds_of(rows, channel_count=accounts, window=window_us, crowd_max=min(crowd_max, CROWD_MAX))
    return np.asarray(kinds, np.uint8)


def chance_of(
    rows: Rows, accounts: int, kinds: NDArray[np.uint8], together: NDArray[np.int32], window_us: int
) -> Chance:
    """Return what chance says of pairs that are counted; see `vigie.kernels.co_shared.judged_of`."""
    made = judged_of(rows, kinds, together, channel_count=accounts, window=window_us, cell_min=_HOUR_US)
    return _chance(together, np.maximum(made.activity, made.timing), made.p_values, made.tests, window_us)


def chance(rows: Rows, accounts: int, *, window_us: int, period_us: int, crowd_max: int) -> Chance:
    """Return what chance says of the pairs that met at two objects or more."""
    found = co_shared(
        rows,
        channel_count=accounts,
        window=window_us,
        crowd_max=min(crowd_max, CROWD_MAX),
        cell_min=_HOUR_US,
        period=period_us,
    )
    together = np.stack((found.first, found.second, found.objects))
    return _chance(together, np.maximum(found.activity, found.timing), found.p_values, found.tests, window_us)


def _chance(
    together: NDArray[np.int32],
    expected: NDArray[np.float64],
    p_values: NDArray[np.float64],
    tests: int,
    window_us: int,
) -> Chance:
    """Return what is known of pairs; both p-values are tails of one count, so the larger mean is that of the larger."""
    first, second, objects = together
    q_values = bh(p_values, tests)
    valid = q_values <= Q_MAX
    summed = AtWindow(
        window_s=window_us / _US,
        tested=tests,
        validated=int(valid.sum()),
        accounts=len(np.union1d(first[valid], second[valid])),
        observed=int(objects[valid].sum()),
        expected=float(expected[valid].sum()),
    )
    return Chance(first.astype(np.int64) << 32 | second, p_values, q_values, summed)


def at_windows(
    rows: Rows, accounts: int, windows_us: Sequence[int], *, period_us: int, crowd_max: int
) -> list[AtWindow]:
    """Return what each window finds, shortest first; the one with the largest excess is marked."""
    every = [
        chance(rows, accounts, window_us=window_us, period_us=period_us, crowd_max=crowd_max).found
        for window_us in sorted(set(windows_us))
    ]
    most = max((one.excess for one in every if one.validated), default=None)
    return [replace(one, largest=bool(one.validated) and one.excess == most) for one in every]


def table(windows: Sequence[AtWindow]) -> list[str]:
    """Return the windows as lines of text."""
    header = ("window_s", "pairs tested", f"q <= {Q_MAX}", "accounts", "pair-objects", "expected", "excess")
    lines = [header] + [
        (
            f"{one.window_s:g}{' *' if one.largest else ''}",
            f"{one.tested:,}",
            f"{one.validated:,}",
            f"{one.accounts:,}",
            f"{one.observed:,}",
            f"{one.expected:,.1f}",
            f"{one.excess:,.1f}",
        )
        for one in windows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    made = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    return [*made, "* the largest excess over chance"] if any(one.largest for one in windows) else made
