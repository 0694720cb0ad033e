"""What a level on the logit scale says in percent, as intervals: of opinion now, and of a vote held now.

A level is normal on the logit scale (`mean`, `sd`). Opinion now is what polls would find if they asked everybody. A
vote held now differs from it by what all polls of a campaign have wrong together, which no number of polls shows: an
error of standard deviation `tau * sqrt(p (1 - p))`, which is `tau / 2` of `asin(sqrt(p))` whatever p is. So it is added
there, where it cannot blow up the interval of a candidate with next to nothing.
"""

from __future__ import annotations

import math
from typing import Final

from scipy.special import expit, ndtri, stdtrit

SHARES: Final = (0.5, 0.8, 0.95)


def percent(mean: float) -> float:
    """Return the median, in percent, of a level.

    >>> percent(0.0)
    50.0
    """
    return float(100 * expit(mean))


def opinion(mean: float, sd: float, share: float) -> tuple[float, float]:
    """Return the interval, in percent, that holds `share` of a level.

    >>> [round(end, 1) for end in opinion(0.0, 0.1, 0.95)]
    [45.1, 54.9]
    """
    half = float(ndtri((1 + share) / 2)) * sd
    return percent(mean - half), percent(mean + half)


def vote(mean: float, sd: float, tau: float, share: float, *, degrees: int | None = None) -> tuple[float, float]:
    """Return the interval, in percent, that holds `share` of a vote held now; `tau`: the error that polls share.

    `degrees`, those of freedom, say from how little `tau` was found: it weighs as much more as Student's t is wider
    than the normal law.

    >>> [round(end, 6) for end in vote(0.0, 0.1, 0.0, 0.95)] == [round(end, 6) for end in opinion(0.0, 0.1, 0.95)]
    True
    >>> [round(end, 1) for end in vote(-6.9, 0.1, 0.06, 0.95)]
    [0.0, 0.8]
    """
    quantile = float(ndtri((1 + share) / 2) if degrees is None else stdtrit(degrees, (1 + share) / 2))
    middle, low, high = (math.asin(math.sqrt(end / 100)) for end in (percent(mean), *opinion(mean, sd, share)))
    error = quantile * tau / 2
    least = max(0.0, middle - math.hypot(middle - low, error))
    most = min(math.pi / 2, middle + math.hypot(high - middle, error))
    return 100 * math.sin(least) ** 2, 100 * math.sin(most) ** 2
