"""Which set of candidates a poll put to those asked: the fields there are, and the one that is shown."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from vigie.errors import InputError
from vigie.text.counted import some_of
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vigie.case import Case

    Row = dict[str, Any]

FIELD_PREFIX: Final = "field-"
RECENT_DAYS: Final = 30
_ID_LENGTH: Final = 8
_ID_LENGTH_MIN: Final = len(FIELD_PREFIX) + 2
_CUTOFF: Final = 0.4
_NEAR_MAX: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One set of candidates, by its scenarios in the block that is shown.

    `scenarios` are those whose figures were used, `recent` those of the last `RECENT_DAYS` days; `more` and `fewer` are
    the candidates that it has and that it lacks beside the field that is shown; `hypotheses` what the polls call it.
    """

    id: str
    candidate_ids: tuple[str, ...]
    names: tuple[str, ...]
    more: tuple[str, ...]
    fewer: tuple[str, ...]
    hypotheses: tuple[str, ...]
    scenarios: int
    recent: int
    first: date
    last: date
    is_shown: bool


def field_id(field: str) -> str:
    """Return how a field is named to readers, the same on every day and in every case.

    >>> field_id("fillon+le-pen+macron")
    'field-f6af9eb0'
    """
    return FIELD_PREFIX + hashlib.sha256(field.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_LENGTH]


def standing(case: Case, day: date) -> frozenset[str]:
    """Return the identifiers of the case's candidates who have declared and not withdrawn by `day`."""
    rows = case.tables()["case_candidates"].to_pylist()
    return frozenset(
        r["candidate_id"]
        for r in rows
        if not (r["declared"] and r["declared"] > day) and not (r["withdrew"] and r["withdrew"] <= day)
    )


def chosen_field(rows: Sequence[Row], case: Case, day: date, asked: str, names: Mapping[str, str]) -> tuple[str, str]:
    """Return the field to show, of those that `rows` (used figures of one question and round) have, and why this one.

    Raises
    ------
    InputError
        if `asked` names none of them, or several; it says which are near.
    """
    if asked:
        aliases = {row["alias_id"]: row["candidate_id"] for row in case.tables()["case_candidates"].to_pylist()}
        return asked_field(
            rows, asked, {fold_id(name): ident for ident, name in names.items()} | aliases
        ), "as asked for"
    present = {row["field"] for row in rows}
    in_case = standing(case, day)
    for field in sorted(present):
        if in_case and frozenset(field.split("+")) == in_case:
            return field, "the case's candidates who stand on that day"
    recent = _scenarios(row for row in rows if row["day"] > day - timedelta(days=RECENT_DAYS))
    counts = recent or _scenarios(rows)
    latest = {field: max(row["day"] for row in rows if row["field"] == field) for field in counts}
    field = min(counts, key=lambda f: (-counts[f], -latest[f].toordinal(), f))
    when = f"in the {RECENT_DAYS} days before" if recent else "in the campaign"
    return field, f"the one with most scenarios {when}"


def asked_field(rows: Sequence[Row], asked: str, ids: Mapping[str, str]) -> str:
    """Return the field that `asked` names: its identifier, its candidates joined by +, or what a poll calls it.

    `ids` are candidates' identifiers by their names, folded.

    Raises
    ------
    InputError
        if there is none, or `asked` fits several.
    """
    fields: list[str] = sorted({row["field"] for row in rows})
    wanted = asked.strip().casefold()
    if wanted.startswith(FIELD_PREFIX) and len(wanted) >= _ID_LENGTH_MIN:
        found = [f for f in fields if field_id(f).startswith(wanted)]
    else:
        candidates = _candidates(asked, ids)
        found = [f for f in fields if set(f.split("+")) == candidates]
        if not found:
            found = sorted({r["field"] for r in rows if r["hypothesis"] and fold_id(r["hypothesis"]) == fold_id(asked)})
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            f"{asked!r} is what polls call {len(found)} fields",
            where="--hypothesis",
            hint="give one of " + some_of([field_id(f) for f in found]),
        )
    raise InputError(
        f"no poll put {asked!r} to those asked", where="--hypothesis", hint=_near(rows, fields, wanted, ids)
    )


def _candidates(asked: str, ids: Mapping[str, str]) -> set[str]:
    return {ids.get(fold_id(part), fold_id(part)) for part in asked.split("+")}


def _near(rows: Sequence[Row], fields: Sequence[str], wanted: str, ids: Mapping[str, str]) -> str:
    """Return what may have been meant: names of hypotheses or fields with the same candidates but for a few."""
    labels = {row["hypothesis"].casefold(): row["hypothesis"] for row in rows if row["hypothesis"]}
    near = [labels[at] for at in difflib.get_close_matches(wanted, sorted(labels), n=_NEAR_MAX, cutoff=_CUTOFF)]
    if near:
        return "did you mean " + " or ".join(repr(n) for n in near) + "?"
    candidates = _candidates(wanted, ids)
    by_likeness = sorted(fields, key=lambda f: (len(candidates.symmetric_difference(f.split("+"))), f))
    shared = [f for f in by_likeness if candidates.intersection(f.split("+"))]
    listed = some_of([f"{field_id(f)} ({f})" for f in (shared or list(fields))[:_NEAR_MAX]])
    return ("near: " if shared else "fields: ") + listed + "; all: vigie polls CASE --all"


def fields_of(rows: Sequence[Row], shown: str, day: date, names: Mapping[str, str]) -> tuple[Field, ...]:
    """Return the fields of used figures, that which is shown first, then those with most scenarios."""
    base = shown.split("+")
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["field"], []).append(row)
    counts = _scenarios(rows)
    recent = _scenarios(row for row in rows if row["day"] > day - timedelta(days=RECENT_DAYS))
    order = sorted(groups, key=lambda f: (f != shown, -counts[f], f))
    return tuple(
        Field(
            id=field_id(f),
            candidate_ids=tuple(f.split("+")),
            names=_named(f.split("+"), names),
            more=_named([c for c in f.split("+") if c not in base], names),
            fewer=_named([c for c in base if c not in f.split("+")], names),
            hypotheses=tuple(sorted({row["hypothesis"] for row in groups[f] if row["hypothesis"]})),
            scenarios=counts[f],
            recent=recent[f],
            first=min(row["day"] for row in groups[f]),
            last=max(row["day"] for row in groups[f]),
            is_shown=f == shown,
        )
        for f in order
    )


def _named(ids: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names.get(ident, ident) for ident in ids)


def _scenarios(rows: Iterable[Row]) -> Counter[str]:
    """Return how many scenarios each field has."""
    return Counter(dict(sorted({row["scenario"]: row["field"] for row in rows}.items())).values())
