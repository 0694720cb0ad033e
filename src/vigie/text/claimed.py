"""What a claim says, as figures, and the range that its words allow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from vigie.errors import InputError

# No log holds more attacks in a day; beyond it a number is a slip, or not one at all.
PER_DAY_MAX: Final = 1e12

Measure = Literal["share", "rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One figure of a claim: a share, 0 to 1, or a rate per day, of these countries or (rate only) of any.

    The words allow `low` to `high`, both included; `point` is the figure itself where one was said, null where only a
    bound or a range was. A rate's `high` may be infinite.
    """

    measure: Measure
    words: str
    low: float
    high: float
    point: float | None
    countries: tuple[str, ...] = ()

    @property
    def one_sided(self) -> bool:
        """Whether the words set one bound only: at least, less than, most."""
        return self.low == 0 or self.high == (1.0 if self.measure == "share" else math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What was read: the figures, the unit and the kind of attack where they were named, and what to say beside."""

    parts: tuple[Part, ...]
    unit: str | None = None
    kind: str | None = None
    notes: tuple[str, ...] = ()


def share_part(share: float, countries: tuple[str, ...], *, direction: str = "", words_read: str = "") -> Part:
    """Return a claimed share, 0 to 1; a percentage is as exact as it was said.

    >>> part = share_part(0.5, ("UA",))
    >>> part.words, round(part.low, 3), round(part.high, 3)
    ('50 %', 0.45, 0.55)
    """
    percent = round(100 * share, 6)
    slack = 5.0 if percent % 10 == 0 else 2.5 if percent % 5 == 0 else 0.5
    if direction == "~":
        slack = 5.0
    return bounded(
        "share", share, slack / 100, direction=direction, words=words_read or f"{percent:g} %", countries=countries
    )


def rate_part(per_day: float, countries: tuple[str, ...] = (), *, direction: str = "", words_read: str = "") -> Part:
    """Return a claimed rate per day; a round number is as exact as such a number is.

    >>> part = rate_part(300)
    >>> part.words, part.low, part.high
    ('300 a day', 270.0, 330.0)

    Raises
    ------
    InputError
        where it is more than `PER_DAY_MAX`, or no number.
    """
    if not 0 <= per_day <= PER_DAY_MAX:
        raise InputError(
            f"{per_day:g} a day is no rate of attacks", where="claim", hint=f"a number from 0 to {PER_DAY_MAX:,.0f}"
        )
    slack = 0.2 * per_day if direction == "~" else 0.1 * per_day if per_day % 10 == 0 else max(0.5, 0.02 * per_day)
    return bounded(
        "rate", per_day, slack, direction=direction, words=words_read or f"{per_day:g} a day", countries=countries
    )


def bounded(
    measure: Measure, point: float, slack: float, *, direction: str, words: str, countries: tuple[str, ...]
) -> Part:
    """Return a part that allows `slack` either way, or all on one side where `direction` says so."""
    most = 1.0 if measure == "share" else math.inf
    low, high = max(0.0, point - slack), min(most, point + slack)
    if one_sided := direction not in ("", "~"):
        low, high = (point, most) if direction in (">", ">=") else (0.0, point)
    return Part(
        measure=measure,
        words=words,
        low=low,
        high=high,
        point=None if one_sided else point,
        countries=countries,
    )
