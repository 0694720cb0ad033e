"""What all polls of a campaign have wrong together, by country: `tau`, and in `poll_errors.toml` what it rests on.

A vote held now differs from opinion now by an error of standard deviation `tau * sqrt(p (1 - p))` for each candidate.
It was found from a few past elections, so it is itself uncertain: the band of a vote takes its multiple from Student's
t with one degree of freedom less than there were elections.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from vigie.rules.poll_bands import vote

_DEFAULT: Final = "FR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tau:
    """The error that polls share: an estimate with its 95 percent interval, and the elections that it rests on.

    `country` is that of the elections; `is_own` whether it is the one that was asked for. An error that a person has
    set has neither interval, country nor elections, and is taken as certain.
    """

    value: float
    low: float | None
    high: float | None
    country: str | None
    elections: tuple[int, ...]
    is_own: bool
    source: str

    def vote(self, mean: float, sd: float, share: float) -> tuple[float, float]:
        """Return the interval, in percent, that holds `share` of a vote held now; the level is on the logit scale.

        >>> low, high = tau("FR").vote(0.0, 0.05, 0.95)
        >>> low < 45 and high > 55
        True
        """
        return vote(mean, sd, self.value, share, degrees=max(1, len(self.elections) - 1) if self.elections else None)


def tau(country: str) -> Tau:
    """Return the error of polls in a country, by its ISO 3166-1 code; where it has none of its own, that of France.

    >>> tau("FR").is_own, tau("MD").is_own, tau("MD").country
    (True, False, 'FR')
    """
    source, countries = _read()
    code = country.upper()
    own = code in countries
    at = code if own else _DEFAULT
    row = countries[at]
    return Tau(
        value=row["value"],
        low=row["low"],
        high=row["high"],
        country=at,
        elections=tuple(row["elections"]),
        is_own=own,
        source=source,
    )


def given(value: float) -> Tau:
    """Return an error that a person has set.

    >>> given(0.03).vote(0.0, 0.05, 0.95) == vote(0.0, 0.05, 0.03, 0.95)
    True
    """
    return Tau(value=value, low=None, high=None, country=None, elections=(), is_own=False, source="set by hand")


@cache
def _read() -> tuple[str, dict[str, dict[str, Any]]]:
    read = tomllib.loads((resources.files("vigie.rules") / "poll_errors.toml").read_text(encoding="utf-8"))
    return read["source"], {code: row for code, row in read.items() if isinstance(row, dict)}
