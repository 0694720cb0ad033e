"""One poll, and one figure of it, as rows: what is read of their texts, and why some are none."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from vigie.sources.csv_columns import EARLIEST, LATEST
from vigie.sources.poll_dates import STAMP_DAYS_MAX, plain, stamped
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from collections.abc import Mapping as AnyMapping

    from vigie.sources.mapping import Mapping

QUESTIONS: Final = ("voting_intention", "favourability", "approval")
ROUNDS: Final = {"1": 1, "1.0": 1, "2": 2, "2.0": 2}
YES: Final = {"true": True, "yes": True, "1": True, "oui": True, "false": False, "no": False, "0": False, "non": False}
PERCENT_MAX: Final = 100.0
_NOTHING: Final = frozenset({"n/a", "na", "nan", "none", "null", "nc", "?", *"-\u2010\u2012\u2013\u2014"})
_TEXTS: Final = ("sponsor", "publisher", "population", "mode", "wording", "notice", "hypothesis")
_NUMBER: Final = re.compile(r"(\d{1,12})(?:[.,](\d{1,20}))?\s*%?", re.ASCII)
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+", re.ASCII)
_BLANKS: Final = str.maketrans(dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}", ""))
_NOON: Final = time(12, tzinfo=UTC)


class RefusedError(ValueError):
    """Why a record is no figure of a poll."""


def poll_of(given: AnyMapping[str, Any], mapping: Mapping) -> dict[str, Any]:
    """Return what a row says of its poll: all columns but the candidate's.

    given: text or None by our column's name; of the dates a day, None, or text that could not be read as one.

    Raises
    ------
    RefusedError
        with the reason.
    """
    values: dict[str, Any] = {
        name: value.strip() or None if isinstance(value, str) else value for name, value in given.items()
    }
    for name in ("pollster", "question"):
        if values.get(name) is None:
            raise RefusedError(f"no {name}: {' and '.join(mapping.columns[name].columns)} is empty")
    start, end, published = (day(n, values.get(n)) for n in ("fieldwork_start", "fieldwork_end", "published"))
    dated = end or published
    if dated is None:
        rules = [mapping.columns[n] for n in ("fieldwork_end", "published") if n in mapping.columns]
        empty = [column for rule in rules for column in rule.columns]
        are = "is" if len(empty) == 1 else "are"
        raise RefusedError(f"neither fieldwork_end nor published: {' and '.join(empty)} {are} empty")
    if start is not None and end is not None and end < start:
        raise RefusedError(f"fieldwork ends on {end} before it begins on {start}")
    if values["question"] not in QUESTIONS:
        raise RefusedError(f"question {values['question'][:60]!r} is none of {', '.join(QUESTIONS)}")
    if (round_ := values.get("round")) is not None and round_ not in ROUNDS:
        raise RefusedError(f"round {round_[:60]!r} is neither 1 nor 2")
    if (rolling := values.get("is_rolling")) is not None and rolling.lower() not in YES:
        raise RefusedError(f"is_rolling {rolling[:60]!r} is neither true nor false")
    sample, answered = (_persons(n, values.get(n)) for n in ("sample_size", "answered"))
    poll_id = values.get("poll_id")
    _same_time(poll_id, dated)
    made_of: list[str] = [values["pollster"], (start or dated).isoformat(), dated.isoformat()]
    made_of.append(values.get("population") or "")
    if mapping.candidates is not None:
        # Rows of such a table are polls apart, and two of one house and its days differ in whom they asked.
        made_of.append(str(round(sample or answered or 0) or ""))
    return {
        "time": datetime.combine(dated, _NOON),
        "poll_id": poll_id or "-".join(filter(None, map(fold_id, made_of))),
        "pollster": values["pollster"],
        **{name: values.get(name) for name in _TEXTS},
        "fieldwork_start": start,
        "fieldwork_end": end,
        "published": published,
        "sample_size": sample,
        "answered": answered,
        "undecided": _share("undecided", values.get("undecided")),
        "certainty": _share("certainty", values.get("certainty")),
        "is_rolling": YES[rolling.lower()] if rolling else None,
        "question": values["question"],
        "round": ROUNDS[round_] if round_ else None,
    }


def figure_of(candidate: str | None, percent: str | None, why_empty: tuple[str, str]) -> dict[str, Any]:
    """Return what a row says of its candidate; `why_empty` names their columns of the two.

    Raises
    ------
    RefusedError
        with the reason.
    """
    name, figure = (value.strip() if value else "" for value in (candidate, percent))
    for what, value, column in (("candidate", name, why_empty[0]), ("percent", figure, why_empty[1])):
        if not value:
            raise RefusedError(f"no {what}: {column} is empty")
    candidate_id = fold_id(name)
    if not candidate_id:
        raise RefusedError(f"no candidate's name: {name[:60]!r}")
    number = _number("percent", figure)
    if number > PERCENT_MAX:
        raise RefusedError(f"percent {figure[:60]!r} is outside 0 to 100")
    return {"candidate": name, "candidate_id": candidate_id, "percent": number}


def is_nothing(text: str | None) -> bool:
    """Tell whether a cell holds no figure: empty, a dash, `N/A`, or a footnote only.

    >>> is_nothing("N/A"), is_nothing(" [a]"), is_nothing("0")
    (True, True, False)
    """
    said = plain(text or "")
    return not said or said.lower() in _NOTHING


def day(name: str, value: date | str | None) -> date | None:
    """Return a day within 1990 to 2100.

    Raises
    ------
    RefusedError
        where it is none.
    """
    if isinstance(value, str):
        raise RefusedError(f"{name} is not a date: {value[:60]!r}")
    if value is not None and not EARLIEST.date() <= value < LATEST.date():
        raise RefusedError(f"{name} {value} is outside 1990 to 2100")
    return value


def _same_time(poll_id: str | None, dated: date) -> None:
    """Refuse a poll whose id begins with a day that cannot be its own: one of the two has a wrong year."""
    stamp = stamped(poll_id) if poll_id else None
    if stamp is not None and abs((dated - stamp).days) > STAMP_DAYS_MAX:
        what = f"the id {(poll_id or '')[:60]!r} begins with {stamp}, the poll is dated {dated}"
        raise RefusedError(f"{what}: one is wrong; correct the file, or use `year_of` in a mapping file")


def _number(name: str, value: str) -> float:
    """Return a number written with a decimal point or comma.

    >>> _number("percent", "23,5 %")
    23.5
    """
    found = _NUMBER.fullmatch(plain(value.translate(_BLANKS)))
    if found is None:
        raise RefusedError(f"{name} is not a number: {value[:60]!r}")
    return float(f"{found[1]}.{found[2] or 0}")


def _share(name: str, value: str | None) -> float | None:
    if is_nothing(value) or value is None:
        return None
    number = _number(name, value)
    if number > PERCENT_MAX:
        raise RefusedError(f"{name} {value[:60]!r} is outside 0 to 100")
    return number


def _persons(name: str, value: str | None) -> float | None:
    """Return a number of persons: `1,009` and `1 009` are a thousand and nine, `824.76` is weighted.

    >>> _persons("sample_size", "1,009"), _persons("sample_size", "824.76")
    (1009.0, 824.76)
    """
    if is_nothing(value) or value is None:
        return None
    text = re.sub(r"(?<=\d) (?=\d{3}\b)", "", plain(value.translate(_BLANKS)))
    number = float(text.replace(",", "")) if _GROUPED.fullmatch(text) else _number(name, text)
    if number <= 0:
        raise RefusedError(f"{name} {value[:60]!r} is nobody")
    return number
