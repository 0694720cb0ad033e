"""Records of a rules file, each checked key by key; everything that is wrong is reported at once."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

from vigie.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")


def read_records(
    name: str,
    raws: Iterable[dict[str, Any]],
    *,
    noun: str,
    record: type[T],
    known: dict[str, T],
    wrong_value: Callable[[str, Any], Iterable[tuple[str, str]]],
) -> list[Problem]:
    """Add the records of the file `name` to `known`, by their `id`; return what is wrong, with its place.

    `noun` is what a problem calls a record. `record` is a dataclass whose fields are the keys, those without a default
    required; lists become tuples. `wrong_value(key, value)` yields what is wrong with a value, and a hint. A record
    with a mistake is not added.
    """
    own = {f.name: f.default is MISSING for f in fields(record)}  # type: ignore[arg-type]
    found: list[Problem] = []
    for number, raw in enumerate(raws, start=1):
        where = f"{name}:{raw.get('id', f'{noun} {number}')}"
        wrong = [Problem(f"{where}.{k}", "unknown key", f"one of {sorted(own)}") for k in raw if k not in own]
        wrong += [Problem(f"{where}.{k}", "missing") for k in sorted(own) if own[k] and k not in raw]
        wrong += [Problem(f"{where}.{k}", what, hint) for k, v in raw.items() for what, hint in wrong_value(k, v)]
        if raw.get("id") in known:
            wrong.append(Problem(f"{where}.id", f"another {noun} has this id"))
        found += wrong
        if not wrong:
            values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
            known[raw["id"]] = record(**values)
    return found


def are_texts(value: object) -> bool:
    """Return whether a value is a list of texts that is not empty."""
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)
