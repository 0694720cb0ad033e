"""Moments as exports write them -> microseconds UTC, or the reason why not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import tzinfo

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_US: Final = timedelta(microseconds=1)
FIRST_US: Final = (datetime(1990, 1, 1, tzinfo=UTC) - _EPOCH) // _US
LAST_US: Final = (datetime(2100, 1, 1, tzinfo=UTC) - _EPOCH) // _US
_NUMBER: Final = re.compile(r"\s*([+-]?\d{1,20})(?:\.(\d{1,12}))?\s*")
_PER_SECOND: Final = {"epoch_s": 1, "epoch_ms": 1000}
_DAY: Final = re.compile(r"\s*\d{4}-\d\d-\d\d")
# Names beyond RFC 822 that feeds of the region write; each has one meaning in Europe.
_ZONES_H: Final = {
    "WET": 0,
    "WEST": 1,
    "BST": 1,
    "CET": 1,
    "CEST": 2,
    "MEZ": 1,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
}
_RFC_ZONE: Final = re.compile(r"(?:[+-]\d{4}|UT|UTC|GMT|Z|[ECMP][SD]T)", re.IGNORECASE)


class InstantError(ValueError):
    """The value is no moment in the years this tool reads; the message is a reason for a refusal."""


def in_range(us: int, shown: str = "") -> int:
    """Return `us` (microseconds since 1970, UTC) if it lies in 1990 to 2100.

    Raises
    ------
    InstantError
        otherwise, naming the moment, or `shown` where it is beyond any calendar.

    >>> in_range(7_258_118_400_000_000)
    Traceback (most recent call last):
      ...
    vigie.sources.instants.InstantError: time 2200-01-01T00:00:00Z is outside 1990 to 2100
    """
    if FIRST_US <= us < LAST_US:
        return us
    try:
        shown = (_EPOCH + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        shown = shown or str(us)
    message = f"time {shown} is outside 1990 to 2100"
    raise InstantError(message)


def _from_datetime(when: datetime, tz: tzinfo, shown: str) -> int:
    try:
        aware = when if when.tzinfo is not None else when.replace(tzinfo=tz)
        return in_range((aware - _EPOCH) // _US, shown)
    except OverflowError:
        message = f"time {shown[:60]} is outside 1990 to 2100"
        raise InstantError(message) from None


def _number(text: str, per_second: int) -> int | None:
    """Return microseconds of a count since 1970 written in digits, exactly; None where it is no number."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    fraction = (match[2] or "")[:6].ljust(6, "0")
    whole = int(match[1] + fraction)  # the digits of one million times the number
    return whole // per_second


def _counted(text: str, formats: tuple[str, ...]) -> int | None:
    """Return microseconds of a count by the first of `formats` whose unit puts it in range, else by the first."""
    units = [_PER_SECOND[form] for form in formats if form in _PER_SECOND]
    found = [us for unit in units if (us := _number(text, unit)) is not None]
    return next((us for us in found if FIRST_US <= us < LAST_US), found[0] if found else None)


def instant(value: Any, formats: tuple[str, ...], tz: tzinfo) -> int:
    """Return `value` (text or number) as microseconds UTC by the first of `formats` that fits.

    formats: `iso`, `epoch_s`, `epoch_ms`, or patterns of `strptime`; `tz` is for clocks that name no zone. A date
    without a time of day is the first instant of that day.

    Raises
    ------
    InstantError
        with the reason.

    >>> from datetime import UTC
    >>> instant("2017-02-15T09:30:00+01:00", ("iso",), UTC) == instant(1487147400, ("iso", "epoch_s"), UTC)
    True
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        message = "time is not text or a number"
        raise InstantError(message)
    text = value.strip() if isinstance(value, str) else repr(value)
    for form in formats:
        if form == "iso":
            # A basic date (20170215) and a count of seconds look alike; only the former has exactly eight digits.
            if not isinstance(value, str) or (text.isdigit() and len(text) != 8):  # noqa: PLR2004
                continue
            try:
                when = datetime.fromisoformat(text)
            except ValueError:
                continue
            return _from_datetime(when, tz, text)
        if form in _PER_SECOND:
            us = _counted(text, formats)
            if us is not None:
                return in_range(us, text)
        else:
            try:
                when = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is added where the pattern has none
            except ValueError:
                continue
            return _from_datetime(when, tz, text)
    message = f"time {text[:60]!r} is not written as {' or '.join(formats)}"
    raise InstantError(message)


def feed_instant(text: str, tz: tzinfo) -> int:
    """Return a date of a feed, RFC 822 or ISO 8601, as microseconds UTC.

    Raises
    ------
    InstantError
        with the reason.

    >>> feed_instant("Wed, 15 Feb 2017 09:30:00 CET", UTC) == feed_instant("2017-02-15T08:30:00Z", UTC)
    True
    """
    text = text.strip()
    if _DAY.match(text):
        return instant(text, ("iso",), tz)
    head, _, zone = text.rpartition(" ")
    hours = _ZONES_H.get(zone.upper())
    if hours is not None:
        text = f"{head} {hours * 100:+05d}"
    elif ":" in head and zone.isalpha() and not _RFC_ZONE.fullmatch(zone):
        message = f"time {text[:60]!r} ends in a time zone name that is not known"
        raise InstantError(message)
    try:
        parts = parsedate_tz(text)
        when = datetime(*parts[:6]) if parts else None  # noqa: DTZ001 - the offset is applied below
    except (ValueError, TypeError, IndexError, OverflowError):
        when, parts = None, None
    if when is None or parts is None:
        message = f"time {text[:60]!r} is not written as RFC 822 or ISO 8601"
        raise InstantError(message)
    offset_s = parts[9]
    if offset_s is None:
        return _from_datetime(when, tz, text)
    try:
        return in_range((when.replace(tzinfo=UTC) - _EPOCH) // _US - offset_s * 1_000_000, text)
    except OverflowError:
        message = f"time {text[:60]!r} is outside 1990 to 2100"
        raise InstantError(message) from None
