"""Which candidates of a case a text names: as whole words, in any spelling that the case file gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Spellings = tuple[tuple[str, str], ...]


def spellings_of(rows: Iterable[Mapping[str, Any]]) -> Spellings:
    """Return the folded spellings in rows of `case_candidates`, each with the name it stands for; one may have two."""
    return tuple(sorted({(row["alias_id"], row["name"]) for row in rows if row["alias_id"]}))


def names_in(folded: str, spellings: Spellings) -> tuple[str, ...]:
    """Return the names of the candidates that a text names; it is folded as `vigie.text.fold.fold_id` does it.

    >>> names_in("voted-macron-lepen", (("le-pen", "Marine Le Pen"), ("macron", "Emmanuel Macron")))
    ('Emmanuel Macron',)
    """
    return tuple(sorted({name for spelling, name in spellings if f"-{spelling}-" in f"-{folded}-"}))
