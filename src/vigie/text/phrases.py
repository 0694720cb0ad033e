"""Words that several detectors' titles share."""

from __future__ import annotations

from typing import Final

NO_HOST: Final = "(host not logged)"


def about(expected: float) -> str:
    """Return an expected count as a title says it: a mean, so rounded.

    >>> about(0.3), about(12.4), about(1234.5)
    ('fewer than 1', 'about 12', 'about 1,234')
    """
    return "fewer than 1" if expected < 1 else f"about {expected:,.0f}"


def duration(seconds: float) -> str:
    """Return a duration in whole minutes, or in hours from two on.

    >>> duration(10), duration(170), duration(9000)
    ('a minute', '3 minutes', '2.5 hours')
    """
    minutes = max(1, round(seconds / 60))
    if minutes == 1:
        return "a minute"
    return f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:.3g} hours"  # noqa: PLR2004
