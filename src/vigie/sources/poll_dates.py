"""Days of fieldwork as people write them: ranges such as `30 March - 1 April 2017`, and years that are wrong."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

# A poll's id that begins with a day farther than this from its fieldwork is no id of that fieldwork.
STAMP_DAYS_MAX: Final = 183
_DASHES: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-") | {"\N{NO-BREAK SPACE}": " "})
_FOOTNOTE: Final = re.compile(r"\[[^\[\]]{0,40}\]|[*\u2020\u2021]")
_ISO: Final = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:\s*(?:/|-|to)\s*(\d{4})-(\d\d?)-(\d\d?))?", re.ASCII)
_STAMP: Final = re.compile(r"(\d{4})(-?)(\d\d)\2(\d\d)(?!\d)", re.ASCII)
_DAY: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er)?", re.ASCII)
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)
_BETWEEN: Final = re.compile(r"\s*-\s*|\s+(?:to|au)\s+")
_TEXT_MAX: Final = 80
_SIDES_MAX: Final = 2
# English and French, each with the abbreviations in use.
_MONTHS: Final = {
    word: number
    for number, words in enumerate(
        (
            "jan january janv janvier",
            "feb february fév fev février fevrier févr fevr",
            "mar march mars",
            "apr april avr avril",
            "may mai",
            "jun june juin",
            "jul july juil juillet",
            "aug august aoû aou août aout",
            "sep sept september septembre",
            "oct october octobre",
            "nov november novembre",
            "dec december déc décembre decembre",
        ),
        start=1,
    )
    for word in words.split()
}


def plain(text: str) -> str:
    """Return what a cell says without the marks of its footnotes, blanks as one.

    >>> plain("Ifop[2]"), plain("23.5 % [a]")
    ('Ifop', '23.5 %')
    """
    return " ".join(_FOOTNOTE.sub(" ", text).split())


def fieldwork(text: str, year: int | None = None) -> tuple[date, date] | None:
    """Return (first, last) day of what is written as one day or a range; None where it is neither.

    A month or year that stands on one side of the range holds for both; `year` holds where none is written.

    >>> [str(day) for day in fieldwork("30 March - 1 April 2017")]
    ['2017-03-30', '2017-04-01']
    >>> fieldwork("April 3-5, 2017") == fieldwork("3-5 avr. 2017") == fieldwork("2017-04-03/2017-04-05")
    True
    >>> [str(day) for day in fieldwork("28 Dec - 2 Jan", year=2017)]
    ['2016-12-28', '2017-01-02']
    """
    if len(text) > _TEXT_MAX:
        return None
    text = plain(text.translate(_DASHES)).lower()
    if found := _ISO.fullmatch(text):
        first = _date(*map(int, found.groups()[:3]))
        last = _date(*map(int, found.groups()[3:])) if found[4] else first
        return (first, last) if first and last else None
    sides = [_side(part) for part in _BETWEEN.split(text)]
    if not 1 <= len(sides) <= _SIDES_MAX or not all(sides):
        return None
    begin, end = sides[0] or {}, sides[-1] or {}
    stated = begin.get("year") or end.get("year") or year
    month = begin.get("month") or end.get("month")
    if stated is None or month is None:
        return None
    if "year" in begin:
        begin_year, end_year = begin["year"], end.get("year", stated)
    else:
        begin_year = end_year = end.get("year", stated)
    first = _date(begin_year, begin.get("month", end.get("month", month)), begin.get("day", 0))
    last = _date(end_year, end.get("month", month), end.get("day", 0))
    if first and last and first > last and first.month > last.month:  # the turn of the year, written once
        if "year" not in begin:
            first = _date(begin_year - 1, first.month, first.day)
        elif "year" not in end:
            last = _date(end_year + 1, last.month, last.day)
    return (first, last) if first and last else None


def _side(text: str) -> dict[str, int] | None:
    """Return day, month and year of one side of a range, those that are written; None for other words or no day."""
    found: dict[str, int] = {}
    for word in text.replace(",", " ").split():
        if _YEAR.fullmatch(word):
            key, value = "year", int(word)
        elif day := _DAY.fullmatch(word):
            key, value = "day", int(day[1])
        else:
            key, value = "month", _MONTHS.get(word.removesuffix("."), 0)
        if key in found or not value:
            return None
        found[key] = value
    return found if "day" in found else None


def stamped(text: str) -> date | None:
    """Return the day with which an id begins, or None.

    >>> str(stamped("20170505_ipsos")), stamped("6f9c144a"), stamped("2017050511")
    ('2017-05-05', None, None)
    """
    found = _STAMP.match(text)
    return _date(int(found[1]), int(found[3]), int(found[4])) if found else None


def in_year_of(day: date, stamp: date) -> date:
    """Return `day` in that year in which it lies nearest to `stamp`.

    >>> str(in_year_of(date(2021, 12, 30), date(2017, 1, 4)))
    '2016-12-30'
    """
    days = [_date(stamp.year + more, day.month, day.day) for more in (-1, 0, 1)]
    return min((d for d in days if d), key=lambda d: abs((d - stamp).days), default=day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
