"""The template behind a family of texts: words that stand in all, and slots that are filled differently."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from vigie.rules.changes import misspelt, said_tokens, without_tags, written
from vigie.text.alignment import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigie.text.differences import Token

_CONSTANT: Final = 0.8
_VARIED: Final = 0.2
_OTHERS_LEAST: Final = 2
_SLOT_WORDS_MAX: Final = 6
_WORDS_LEAST: Final = 3
_CONSTANT_OF: Final = 3
_COMPARED_MAX: Final = 24


class TemplateSlot(NamedTuple):
    """A place that is filled differently: `at` constant words stand before it; each value with its texts, most first.

    A value may be empty, where a text leaves the place out.
    """

    at: int
    values: tuple[tuple[str, int], ...]


class Template(NamedTuple):
    """The constant words of a family, as one of its texts writes them, and the slots between them, in order."""

    words: tuple[str, ...]
    slots: tuple[TemplateSlot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place of a template, to show: `at` constant words stand before it; `values` are different texts by filling."""

    at: int
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The words that stand in a family's texts, as one of them writes them, and the slots between them, to show."""

    words: tuple[str, ...]
    slots: tuple[Slot, ...]


class _Member(NamedTuple):
    """A text and where each word of the pivot stands in it; `covers` words of the pivot lie before its end."""

    words: list[Token]
    place: dict[int, int]
    covers: int


def template_slots(texts: Sequence[str]) -> Template | None:
    """Return the template of texts that resemble one another, or None where no place is steadily filled differently.

    A slot is filled otherwise than mostly by two texts or more. A text that breaks off says nothing of what follows. A
    misspelling fills no slot, another figure does.

    >>> names = ["Ana Reed", "Ana Reed", "Bo Lind", "Sara"]
    >>> made = template_slots([*(f"Vote for {name} in Brest" for name in names), "VOTE for Ana Reed in"])
    >>> made.words, made.slots
    (('Vote', 'for', 'in', 'Brest'), (TemplateSlot(at=2, values=(('Ana Reed', 3), ('Bo Lind', 1), ('Sara', 1))),))
    """
    made = [words for text in texts if (words := without_tags(said_tokens(text)))]
    if not made:
        return None
    pivot = _pivot(made)
    members = [_member(pivot, words) for words in made]
    constant = [at for at in range(len(pivot)) if _is_constant(members, at)]
    slots = [
        TemplateSlot(before, values)
        for before, (left, right) in enumerate(pairwise([-1, *constant, len(pivot)]))
        if (values := _values(members, left, right, len(pivot)))
    ]
    enough = max(_WORDS_LEAST, len(pivot) / _CONSTANT_OF, len(slots))
    if not slots or len(constant) < enough:
        return None
    return Template(tuple(written([pivot[at]]) for at in constant), tuple(slots))


def _pivot(made: list[list[Token]]) -> list[Token]:
    """Return the text with the most words that half of the texts have: it is not cut, and other text adds nothing."""
    texts = Counter(key for words in made for key in {token.key for token in words})
    shared = {key for key, count in texts.items() if 2 * count >= len(made)}
    return max(made, key=lambda words: len({token.key for token in words} & shared))


def _member(pivot: list[Token], words: list[Token]) -> _Member:
    place = dict(aligned([token.key for token in pivot], [token.key for token in words]))
    last = max(place, default=-1)
    after = words[place.get(last, -1) + 1 :]
    cut = last + 1 < len(pivot) and len(after) <= 1 and all(pivot[last + 1].key.startswith(t.key) for t in after)
    return _Member(words, place, last + 1 if cut else len(pivot) + 1)


def _is_constant(members: list[_Member], at: int) -> bool:
    covering = [member for member in members if at < member.covers]
    kept = sum(at in member.place for member in covering)
    return 2 * len(covering) >= len(members) and kept >= _CONSTANT * len(covering)


def _values(members: list[_Member], left: int, right: int, end: int) -> tuple[tuple[str, int], ...]:
    """Return what stands between two constant words of the pivot, or nothing where that is no slot."""
    found: Counter[str] = Counter()
    written_as: dict[str, str] = {}
    lengths = []
    for member in members:
        if (left >= 0 and left not in member.place) or not (
            right in member.place or (right == end and end < member.covers)
        ):
            continue
        words = member.words[member.place.get(left, -1) + 1 : member.place.get(right, len(member.words))]
        key = " ".join(token.key for token in words)
        found[key] += 1
        written_as.setdefault(key, written(words))
        lengths.append(len(words))
    merged = _spelt_once(found)
    total = merged.total()
    if not total or 2 * total < len(members):
        return ()
    # At the ends an empty value is a text to which others added something.
    empty_most = (1 - _CONSTANT if left < 0 or right == end else 0.5) * total
    if merged[""] > empty_most or 2 * sum(n > _SLOT_WORDS_MAX for n in lengths) > total:
        return ()
    # What one text alone has otherwise is an edit.
    if total - max(merged.values()) < max(_OTHERS_LEAST, _VARIED * total):
        return ()
    return tuple((written_as[key], n) for key, n in sorted(merged.items(), key=lambda kn: (-kn[1], kn[0])))


def _spelt_once(found: Counter[str]) -> Counter[str]:
    """Return values with misspellings counted for the more frequent value that they resemble."""
    merged: Counter[str] = Counter()
    for key, n in sorted(found.items(), key=lambda kn: (-kn[1], kn[0])):
        frequent = islice(merged, _COMPARED_MAX)
        merged[next((k for k in frequent if k and key and misspelt(k, key)), key)] += n
    return merged
