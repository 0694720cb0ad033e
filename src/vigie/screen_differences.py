"""What the terminal shows of a family one by one: the first text, then what each member changed.

Marks can be read without colour, and no text can forge one: `[-removed-]`, `{+added+}`, `{~written otherwise~}`,
`⟦… 120 words alike …⟧`. All text from outside goes through `inert.terminal`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.text import Text

from vigie.text.counted import counted
from vigie.text.differences import differences
from vigie.text.differences_shown import Shown, made_inert, shown
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vigie.text.differences import Part

_MARKS: Final = {
    "removed": ("[-", "-]", "red strike"),
    "added": ("{+", "+}", "green"),
    "looks": ("{~", "~}", "yellow"),
    "cut": ("⟦", "⟧", "dim"),
    "same": ("", "", ""),
}
_FORGED: Final = re.compile(r"\[(?=-)|(?<=-)\]|\{(?=[+~])|(?<=[+~])\}")
LEGEND: Final = "[-removed-]  {+added+}  {~the same words written otherwise~}"


def difference_lines(first: str, others: Sequence[str]) -> list[Text]:
    """Return a line with the first text, then two for each other: what is marked, and how much was changed.

    >>> for line in difference_lines("We told the minister", ["WE told Anna Reed"]):
    ...     print(line)
    We told the minister
    {~WE~} told [-the minister-]{+Anna Reed+}
      2 words removed, 2 added, 1 written otherwise
    """
    lines = [marked(differences(first, first))]
    for other in others:
        parts = differences(first, other)
        lines += [marked(parts), Text(f"  {changed(parts)}", style="dim")]
    return lines


def marked(parts: Sequence[Part]) -> Text:
    """Return parts as one line with marks; what is alike far from any change is cut."""
    made = Text()
    for piece in shown(parts):
        opening, closing, style = _MARKS[piece.kind]
        made.append(f"{opening}{_inert(piece)}{closing}", style=style)
    return made


def changed(parts: Sequence[Part]) -> str:
    """Say in words how much was changed.

    >>> changed(differences("a b", "a  b")), changed(differences("a", "a")), changed(differences("a", "a b c"))
    ('white space differs', 'nothing changed', '2 words added')
    """
    removed = added = otherwise = 0
    for part in parts:
        if part.only_looks:
            otherwise += len(part.other.split())
        elif part.kind != "same":
            removed += len(part.first.split())
            added += len(part.other.split())
    counts = [(n, what) for n, what in ((removed, "removed"), (added, "added"), (otherwise, "written otherwise")) if n]
    if not counts:
        return "white space differs" if any(part.kind != "same" for part in parts) else "nothing changed"
    (n, what), *more = counts
    return ", ".join([f"{counted(n, 'word')} {what}", *(f"{n:,} {what}" for n, what in more)])


def _inert(piece: Shown) -> str:
    return _FORGED.sub(lambda bracket: f"⟦U+{ord(bracket[0]):04X}⟧", made_inert(piece, terminal))
