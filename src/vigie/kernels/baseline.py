"""The usual day of a series of daily counts, and how rare a busier one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.kernels.tails import overdispersed_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

_QUIET_DEVIATIONS: Final = 5.0
_MAD_TO_SD: Final = 1.4826


@dataclass(frozen=True, slots=True)
class Baseline:
    """A usual day: its mean, the ratio of variance to mean (at least 1), and the number of days it rests on."""

    mean: float
    dispersion: float
    days: int

    def tail(self, count: int, days: int) -> float:
        """Return P(at least `count` in `days` usual days): a negative binomial whose mean is uncertain."""
        mean = self.mean * days
        variance = mean * self.dispersion * (1 + days / self.days)
        return overdispersed_tail(count, mean, variance)


def baseline(counts: Sequence[int]) -> Baseline:
    """Return the usual day of daily counts (at least one), learnt from the quiet days.

    Quiet days are those not above the median by more than five robust standard deviations (the larger of the scaled
    median deviation, the square root of the median, and 1).

    >>> baseline([0, 0, 1, 0, 0, 400, 0])
    Baseline(mean=0.25, dispersion=1.0, days=6)
    """
    daily = np.sort(np.asarray(counts, dtype=np.float64))  # so that sums do not depend on the order
    middle = float(np.median(daily))
    spread = max(_MAD_TO_SD * float(np.median(np.abs(daily - middle))), middle**0.5, 1.0)
    quiet = daily[daily <= middle + _QUIET_DEVIATIONS * spread]
    # Half a count more than seen (Jeffreys' prior): what was never seen before is rare, not impossible.
    mean = (float(quiet.sum()) + 0.5) / quiet.size
    dispersion = float(quiet.var(ddof=1)) / mean if quiet.size > 1 else 1.0
    return Baseline(mean, max(1.0, dispersion), int(quiet.size))
