"""A count with its noun, as a plain sentence has it."""

from __future__ import annotations


def noun(count: int, singular: str, plural: str = "") -> str:
    """Return the noun in the right number.

    >>> noun(1, "row"), noun(0, "row"), noun(2, "entry", "entries")
    ('row', 'rows', 'entries')
    """
    return singular if count == 1 else plural or singular + "s"


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun.

    >>> counted(1, "pair"), counted(1200, "pair")
    ('1 pair', '1,200 pairs')
    """
    return f"{count:,} {noun(count, singular, plural)}"
