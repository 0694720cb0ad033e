"""Literals that a pattern cannot match without, read from the pattern itself: what a prefilter may rest on.

A prefilter written by hand forgets what the pattern says; one derived from it cannot. The standard library's own parser
of patterns gives the tree; from it follow sets of literals of which every match contains at least one: its clauses.
"""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# How many literals one set may have, and how many characters a class of characters may, to be spelt out.
SET_MAX: Final = 128
CLAUSES_MAX: Final = 3
_CLASS_MAX: Final = 16
_COPIES_MAX: Final = 4

# How often a character is met in the plain form of a URL or of an agent's name, roughly: only speed depends on it.
_COMMON: Final = {"/": 0.12, ".": 0.05, "-": 0.05, "=": 0.04, " ": 0.04, "_": 0.02, "&": 0.02, "?": 0.02, ",": 0.01}
_LETTER: Final = 0.04
_RARE: Final = 0.004
# A second set of literals that nearly every text has is of no use.
_COMMON_SET: Final = 0.02

Literals = frozenset[str]
Clauses = tuple[Literals, ...]


class _Part(NamedTuple):
    """What is known of a piece of a pattern: all texts it matches, where they are few; clauses each match fulfils."""

    exact: Literals | None
    clauses: Clauses


_NOTHING: Final = frozenset({""})
_EMPTY: Final = _Part(_NOTHING, ())
_UNKNOWN: Final = _Part(None, ())


def clauses(pattern: str) -> Clauses:
    r"""Return up to `CLAUSES_MAX` sets of literals: every match of `pattern` contains one at least of each set.

    The rarest set comes first; without a set nothing can be told of the pattern.

    >>> [sorted(c) for c in clauses(r"\bunion\b[ (]{1,9}(?:all )?select")]
    [['select'], ['union ', 'union(']]
    >>> [sorted(c) for c in clauses(r"/\.(?:env|git)(?:/|$)")]
    [['/.env', '/.git']]
    >>> clauses(r"[^a]+x?")
    ()
    """
    parser: Any = re._parser  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public one
    tree = parser.parse(pattern, re.ASCII)
    if tree.state.flags & (re.IGNORECASE | re.VERBOSE):
        return ()
    part = _sequence(tree)
    return _best([_shortest(one) for one in ([] if part.exact is None else [part.exact]) + [*part.clauses]])


def rarity(literals: Iterable[str]) -> float:
    """Return how often any of `literals` is expected at one place of an ordinary text: the less often, the better."""
    return sum(reduce(lambda share, c: share * _share(c), literal, 1.0) for literal in literals)


def _share(character: str) -> float:
    return _LETTER if character.isalnum() else _COMMON.get(character, _RARE)


def _best(found: Iterable[Literals]) -> Clauses:
    """Return the rarest of `found`."""
    useful = {one for one in found if "" not in one}
    ranked = sorted(useful, key=lambda literals: (rarity(literals), sorted(literals)))[:CLAUSES_MAX]
    return tuple(ranked[:1] + [literals for literals in ranked[1:] if rarity(literals) < _COMMON_SET])


def _shortest(literals: Literals) -> Literals:
    """Return `literals` without those that another is part of."""
    return frozenset(o for o in literals if not any(p != o and p in o for p in literals))


def _sequence(items: Iterable[Any]) -> _Part:
    """Return what is known of pieces in a row. Neighbours of which all texts are known are spelt out together."""
    run, whole = _NOTHING, True
    found: list[Literals] = []
    for part in _parts(items):
        if part.exact is not None and len(run) * len(part.exact) <= SET_MAX:
            run = frozenset(a + b for a in run for b in part.exact)
            continue
        whole = False
        found += [run, *part.clauses]
        run = _NOTHING if part.exact is None else part.exact
    return _Part(run, ()) if whole else _Part(None, _best([*found, run]))


def _parts(items: Iterable[Any]) -> Iterator[_Part]:
    for op, value in items:
        name = str(op)
        if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
            yield from _repeated(*value)
        else:
            yield _part(name, value)


def _repeated(least: int, most: int, items: Any) -> Iterator[_Part]:
    part = _sequence(items)
    yield from [part] * min(least, _COPIES_MAX)
    if (least, most) == (0, 1) and part.exact is not None:
        yield _Part(part.exact | _NOTHING, ())
    elif most > least or least > _COPIES_MAX:
        yield _UNKNOWN


def _part(name: str, value: Any) -> _Part:
    if name == "LITERAL":
        return _Part(frozenset({chr(value)}), ())
    if name == "IN":
        characters = _characters(value)
        return _UNKNOWN if characters is None else _Part(characters, ())
    if name == "SUBPATTERN":
        _, added, _, items = value
        return _UNKNOWN if added & (re.IGNORECASE | re.VERBOSE) else _sequence(items)
    if name == "ATOMIC_GROUP":
        return _sequence(value)
    if name == "BRANCH":
        return _branch([_sequence(items) for items in value[1]])
    # Anchors, boundaries and looks around match the empty text, whatever else they ask for.
    return _EMPTY if name in {"AT", "ASSERT", "ASSERT_NOT"} else _UNKNOWN


def _branch(parts: list[_Part]) -> _Part:
    """Return what is known where one of several pieces stands: a clause of it is one clause of each, joined."""
    if all(part.exact is not None for part in parts):
        exact = frozenset().union(*(part.exact for part in parts if part.exact is not None))
        if len(exact) <= SET_MAX:
            return _Part(exact, ())
    each = [part.clauses if part.exact is None else _best([part.exact]) for part in parts]
    if not all(each):
        return _UNKNOWN
    deepest = max(map(len, each))
    joined = [frozenset().union(*(own[min(n, len(own) - 1)] for own in each)) for n in range(deepest)]
    return _Part(None, _best(joined))


def _characters(members: list[tuple[Any, Any]]) -> Literals | None:
    """Return the characters of a class, or None where they are many."""
    found: set[str] = set()
    for op, value in members:
        name = str(op)
        if name == "LITERAL":
            found.add(chr(value))
        elif name == "RANGE" and value[1] - value[0] < _CLASS_MAX:
            found.update(map(chr, range(value[0], value[1] + 1)))
        elif name == "CATEGORY" and str(value) == "CATEGORY_DIGIT":
            found.update("0123456789")
        elif name == "CATEGORY" and str(value) == "CATEGORY_SPACE":
            found.update(" \t\n\r\f\v")
        else:
            return None
    return frozenset(found) if len(found) <= _CLASS_MAX else None
