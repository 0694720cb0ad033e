"""Figures, times and probabilities in words a reader outside the trade understands, always the same way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from vigie.text.counted import noun

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

THIN: Final = "\u202f"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_ORDINALS: Final = ("first", "second", "third", "fourth")
_SMALLEST: Final = 1e-9

STAGED: Final = (
    "Hardly: it would take control of systems or people that are not the stager's own.",
    "With sustained effort: it takes resources kept up over weeks.",
    "With modest effort: a few accounts or addresses and some days.",
    "Cheaply: one person with a script could stage it in an afternoon.",
)


def number(value: float) -> str:
    """Return `value` as a reader expects it: thin spaces between thousands, three or four significant digits.

    >>> [number(v).replace(THIN, "_") for v in (1204331, 18.0, 0.04316, 12345.678, -2.5, 0.00000123)]
    ['1_204_331', '18', '0.0432', '12_346', '\u22122.5', '1.23·10⁻⁶']
    """
    if not math.isfinite(value):
        return "not computed" if math.isnan(value) else ("∞" if value > 0 else "\u2212∞")
    size = abs(value)
    if size == int(size) and size < 1e15:  # noqa: PLR2004  beyond it a float no longer holds every whole number
        text = f"{size:,.0f}"
    elif not 0.0001 <= size < 1e15:  # noqa: PLR2004
        digits, exponent = f"{size:.2e}".split("e")
        text = f"{digits.rstrip('0').rstrip('.')}·10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    else:
        decimals = max(0, 2 - math.floor(math.log10(size)))
        text = f"{size:,.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return ("\u2212" if value < 0 else "") + text.replace(",", THIN)


def measured(value: float, unit: str) -> str:
    """Return `value` with its unit.

    >>> measured(39.0, "percent").replace(THIN, "_"), measured(3.0, "objects").replace(THIN, "_")
    ('39_%', '3 objects')
    """
    return f"{number(value)}{THIN}%" if unit == "percent" else f"{number(value)} {unit}"


def share(value: float) -> str:
    """Return a share in percent to one decimal; one that is there but smaller is not zero.

    >>> share(24.16), share(50.0), share(0.02), share(0.0)
    ('24.2', '50', '<0.1', '0')
    """
    if 0 < value < 0.05:  # noqa: PLR2004
        return "<0.1"
    return f"{value:.1f}".removesuffix(".0")


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return `count` with the noun in the right number.

    >>> counted(1, "row"), counted(0, "row"), counted(2, "entry", "entries")
    ('1 row', '0 rows', '2 entries')
    """
    return f"{number(count)} {noun(count, singular, plural)}"


def day(value: date) -> str:
    """Return a calendar day.

    >>> from datetime import date
    >>> day(date(2017, 4, 23))
    '23 Apr 2017'
    """
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def moment(value: datetime, zone: tzinfo) -> str:
    """Return an instant on the case's clock and in UTC.

    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> moment(datetime(2017, 2, 15, 23, 30, tzinfo=UTC), ZoneInfo("Europe/Paris"))
    '16 Feb 2017 00:30:00 (15 Feb 2017 23:30:00 UTC)'
    """
    local = value.astimezone(zone)
    utc = f"{value:%H:%M:%S} UTC" if local.date() == value.date() else f"{day(value.date())} {value:%H:%M:%S} UTC"
    return f"{day(local.date())} {local:%H:%M:%S} ({utc})"


def odds(probability: float) -> str:
    """Return a probability in words, rounded so that it never sounds smaller than it is.

    >>> [odds(p).replace(THIN, ",") for p in (0.3, 0.04, 0.00009, 0.0)]
    ['about 30 in 100', 'about 1 in 25', 'fewer than 1 in 10,000', 'fewer than 1 in 1,000,000,000']
    """
    if probability >= 0.1:  # noqa: PLR2004
        return f"about {math.ceil(probability * 100 - 1e-9)} in 100"
    if probability >= 0.01:  # noqa: PLR2004
        return f"about 1 in {math.floor(1 / probability + 1e-9)}"
    exponent = math.floor(-math.log10(max(probability, _SMALLEST)) + 1e-9)
    return f"fewer than 1 in {number(10**exponent)}" if probability < 10**-exponent else f"1 in {number(10**exponent)}"


def chance(probability: float) -> str:
    r"""Return a p or q as a figure; below what floating point can vouch for, its bound.

    >>> [chance(p).replace("\u00a0", " ") for p in (0.04, 1e-300)]
    ['= 0.04', '< 10⁻⁹']
    """
    return f"=\u00a0{number(probability)}" if probability >= _SMALLEST else "<\u00a010⁻⁹"


def length(seconds: float) -> str:
    """Return a length of time in its largest fitting unit.

    >>> length(41), length(5400), length(200_000)
    ('41 s', '1.5 h', '2.31 days')
    """
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds)} s"


def ordinal(index: int) -> str:
    """Return the word for a round, from 1.

    >>> ordinal(1)
    'first'
    """
    return _ORDINALS[index - 1] if index <= len(_ORDINALS) else f"{index}th"


def phase(value: date, opening: date | None, rounds: tuple[date, ...]) -> str:
    """Return where a day stands in the election's calendar; empty where the calendar is.

    >>> from datetime import date
    >>> phase(date(2017, 4, 20), date(2017, 4, 10), (date(2017, 4, 23), date(2017, 5, 7)))
    'in the campaign, 3 days before the first round'
    """
    for index, voting in enumerate(rounds, start=1):
        if value == voting:
            return f"on the day of the {ordinal(index)} round"
        if value < voting:
            until = f"{counted((voting - value).days, 'day')} before the {ordinal(index)} round"
            if index > 1 or opening is None:
                return until
            return f"{'in the campaign' if value >= opening else 'before the campaign'}, {until}"
    return f"{counted((value - rounds[-1]).days, 'day')} after the last round" if rounds else ""
