"""A count with its noun, and some of many names, as a plain sentence has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED_MAX: Final = 8


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


def some_of(names: Sequence[str], elsewhere: str = "") -> str:
    """Return the first eight names, and how many more there are; `elsewhere` says where these stand.

    >>> some_of(["a", "b"]), some_of(list("abcdefghij"), " (vigie formats)"), some_of([])
    ('a, b', 'a, b, c, d, e, f, g, h and 2 more (vigie formats)', '')
    """
    more = f" and {len(names) - _NAMED_MAX:,} more{elsewhere}" if len(names) > _NAMED_MAX else ""
    return ", ".join(names[:_NAMED_MAX]) + more
