"""Differences as a reader sees them: pieces cut around the changes, each with what it is.

The text of a piece is still the outside's: whoever shows it makes it inert, for a page with `html_parts`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import markupsafe

from vigie.text.counted import counted
from vigie.text.fold import decomposed
from vigie.text.inert import visible
from vigie.text.normalise import LOOKALIKES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vigie.text.differences import Part

ShownKind = Literal["same", "removed", "added", "looks", "cut"]

CONTEXT_WORDS: Final = 8
CHANGED_WORDS: Final = 60
_UNIT: Final = re.compile(r"\s?\S{1,40}(?:\s\Z)?|\s")
_SPACES: Final = re.compile(r"\s+")
_LETTERS_PER_WORD: Final = 30
_CUT_LEAST: Final = 8


class Shown(NamedTuple):
    """A piece to show, and its letters that look like others; of kind "cut" it says itself what was left out."""

    kind: ShownKind
    text: str
    letters: str = ""


def shown(parts: Sequence[Part]) -> tuple[Shown, ...]:
    """Return the pieces that show `parts`: white space as one space, long stretches cut.

    Of what is the same, `CONTEXT_WORDS` stay beside each change; of what was removed or added, `CHANGED_WORDS`. What
    is changed in its looks only is shown as the other writes it; white space that differs is not shown.
    """
    made: list[Shown] = []
    half = CHANGED_WORDS // 2
    last = len(parts) - 1
    for at, part in enumerate(parts):
        first, other = (_SPACES.sub(" ", side) for side in (part.first, part.other))
        if first == other:
            ends = (CONTEXT_WORDS * (at > 0), CONTEXT_WORDS * (at < last)) if last else (half, half)
            made += _cut(Shown("same", other), *ends, alike=" alike" if last else "")
        elif not first.strip() and not other.strip():
            made.append(Shown("same", other))
        elif part.only_looks:
            made += _cut(Shown("looks", other, _lookalikes(first, other)), half, half)
        else:
            made += _cut(Shown("removed", first), half, half)
            made += _cut(Shown("added", other), half, half)
    return tuple(piece for piece in made if piece.text)


def made_inert(piece: Shown, inert: Callable[[str], str]) -> str:
    """Return the text of a piece through `inert`, its look-alike letters as code points.

    >>> made_inert(Shown("looks", "v\N{CYRILLIC SMALL LETTER O}te", "\N{CYRILLIC SMALL LETTER O}"), visible)
    'v⟦U+043E⟧te'
    """
    if not piece.letters:
        return inert(piece.text)
    cells = re.split(f"([{re.escape(piece.letters)}])", piece.text)
    return "".join(f"⟦U+{ord(cell):04X}⟧" if at % 2 else inert(cell) for at, cell in enumerate(cells))


def html_parts(pieces: Iterable[Shown]) -> list[tuple[ShownKind, markupsafe.Markup]]:
    r"""Return each piece as a class and a text that is safe on a page: unseen characters marked, markup escaped.

    >>> html_parts([Shown("added", "<b>\u200bnow</b>")])
    [('added', Markup('&lt;b&gt;⟦U+200B⟧now&lt;/b&gt;'))]
    """
    return [(piece.kind, markupsafe.escape(made_inert(piece, visible))) for piece in pieces]


def _cut(piece: Shown, head: int, tail: int, alike: str = "") -> list[Shown]:
    """Return a piece, or its first and last words with what was left out between them."""
    units = _UNIT.findall(piece.text)
    if len(units) < head + tail + _CUT_LEAST:
        return [piece]
    left_out = "".join(units[head : len(units) - tail])
    words = len(left_out.split())
    many = counted(words, "word") if len(left_out) <= _LETTERS_PER_WORD * words else counted(len(left_out), "character")
    ends = ("".join(units[:head]), "".join(units[len(units) - tail :]))
    cut = Shown("cut", f"… {many}{alike} …")
    return [piece._replace(text=ends[0]), cut, piece._replace(text=ends[1])]


def _lookalikes(first: str, other: str) -> str:
    """Return the letters of `other` that pass for Latin ones and are not in `first`, in any case."""
    known = set(decomposed(first))
    return "".join(sorted(c for c in set(other) if _folded(c) in LOOKALIKES and _folded(c) not in known))


def _folded(character: str) -> str:
    return decomposed(character)[:1]
