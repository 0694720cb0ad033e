"""What kind of change leads from the first text of a family to another member.

Both texts are taken as words (`vigie.text.differences.tokens`); links, handles and signs count for nothing, hashtags
at the end little. Words that stand in both, in order, are kept; a stretch of words in place of another whose letters
are mostly the same is a misspelling, and kept. What remains are gaps, and the kind is read off them:

    exact       the keys of the texts are equal
    truncated   the end of the first is missing, or a fifth of it at its ends, and little else was touched
    extended    the first is there, with words before or after it
    quoted      so, inside a text at least `_QUOTED_TIMES` times as long
    template    gaps of one to four words, each filled with names or figures, between words that stand
    surface     nine tenths of the words of both are kept, the order of a few aside
    reworded    anything else

The figures below were chosen on one half of simulated edits of real sentences; `bench/copies_kinds.py` measures both.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from vigie.text.alignment import aligned, common
from vigie.text.differences import Token, tokens
from vigie.text.normalise import fingerprint, normalise
from vigie.text.reposts import reposted

if TYPE_CHECKING:
    from collections.abc import Sequence

ChangeKind = Literal["exact", "surface", "template", "truncated", "extended", "quoted", "reworded"]

# Of a family's different texts, the first so many are compared, in the order of `md5` of their rows; to compare two
# articles takes as long as to compare a hundred posts.
TEXTS_COMPARED: Final = 200
CHARACTERS_COMPARED: Final = 500_000
COMPARED_LEAST: Final = 2

_SURFACE: Final = 0.9
_MISSPELT: Final = 0.65
_MISSPELT_LETTERS: Final = 2_000
_PREFIX_KEPT: Final = 0.9
_MISSING_LEAST: Final = 2
_PART_MISSING: Final = 0.2
_QUOTED_TIMES: Final = 2.5
_QUOTED_LEAST: Final = 0.5
_TOUCHED: Final = 0.1
_LONGER: Final = 1.5
_PLACES_MAX: Final = 16
_SLACK_LEAST: Final = 4
_SLOT_WORDS: Final = 4
_SLOT_KEPT: Final = 0.5
_SHOWN: Final = 200
_MOVED: Final = 0.2
_ADDED_TIMES: Final = 2
_CAPITALS: Final = 0.8
_NAME_LETTERS: Final = 2
_CUT: Final = re.compile(r"(?:\u2026|\.\.\.|\[\s?(?:\u2026|\.\.\.)\s?\]|\[\u2026\])\W*\Z")


class Slot(NamedTuple):
    """Words of the first and what another has in their place, as they are written there."""

    first: str
    other: str


class Change(NamedTuple):
    """How a text differs from the first of its family.

    `similarity` is the share of the words of both that are kept, 0 to 1; `slots` are those of a template.
    """

    kind: ChangeKind
    similarity: float
    slots: tuple[Slot, ...] = ()


class _Gap(NamedTuple):
    """Words of each side between two kept words, or beyond the first or last of them."""

    first: list[Token]
    other: list[Token]


class _Compared(NamedTuple):
    """Two texts as kept words and gaps; `head` and `tail` are the gaps before and after all that is kept."""

    first: int
    other: int
    kept_first: int
    kept_other: int
    head: _Gap
    inner: list[_Gap]
    tail: _Gap

    @property
    def share_first(self) -> float:
        """The share of the first's words that are kept."""
        return self.kept_first / self.first

    @property
    def share_other(self) -> float:
        """The share of the other's words that are kept."""
        return self.kept_other / self.other


def kind_of_change(first: str, other: str) -> Change:
    """Return what was done to `first` to make `other`.

    >>> kind_of_change("They hid the report from us", "THEY hid the report... from us!").kind
    'exact'
    >>> kind_of_change("They sold the harbour of Brest", "They sold the harbour of Port Said").slots
    (Slot(first='Brest', other='Port Said'),)
    """
    key, key_other = _key(first), normalise(other)
    if key == key_other:
        same = bool(key) or first.strip() == other.strip()
        return Change("exact", 1.0) if same else Change("reworded", 0.0)
    every, every_other = _first_tokens(first), said_tokens(other)
    words, words_other = _words(every, every_other), _words(every_other, every)
    if not words or not words_other:
        return Change("reworded", 0.0)
    compared = _compared(words, words_other)
    similarity = (compared.kept_first + compared.kept_other) / (compared.first + compared.other)
    cut = _says_cut(every_other) and not _says_cut(every)
    if _truncated(compared, cut=cut) or (cut and _end_cut(compared, (every, words), (every_other, words_other))):
        return Change("truncated", similarity)
    longer = compared.other >= _QUOTED_TIMES * compared.first
    if _extended(compared) or (longer and _in_part(compared)):
        return Change("quoted" if longer else "extended", similarity)
    if slots := _slots(compared, words_other):
        return Change("template", similarity, slots)
    surface = min(compared.share_first, compared.share_other) >= _SURFACE or _few_moved(compared)
    return Change("surface" if surface else "reworded", similarity)


# The first of a family is compared with one member after another.
_key: Final = lru_cache(maxsize=2)(normalise)


@lru_cache(maxsize=2)
def _first_tokens(text: str) -> list[Token]:
    return said_tokens(text)


def filling_of(slots: Sequence[Slot]) -> tuple[Literal["figures", "words"], str]:
    """Return what fills the slots of a template, and a fingerprint of it: equal for one filling of one first text.

    Figures are words with a digit or of one letter: "12", "18h", "5 C". A bulletin is filled with nothing else.

    >>> filling_of([Slot("Brest", "Port Said")])[0], filling_of([Slot("12", "-3"), Slot("9 h", "18 h")])[0]
    ('words', 'figures')
    """
    filled = [normalise(slot.other) for slot in slots]
    figures = all(len(word) == 1 or _figures(word) for key in filled for word in key.split())
    written_in = "\n".join(f"{normalise(slot.first)}\t{key}" for slot, key in zip(slots, filled, strict=True))
    return ("figures" if figures else "words"), fingerprint(written_in)


def said_tokens(text: str) -> list[Token]:
    """Return the tokens of a text but for the marks of reposts.

    >>> [token.text for token in said_tokens("RT @ana: They knew")]
    ['They', 'knew']
    """
    while after := reposted(text):
        text = after[1]
    made = tokens(text)[1]
    following = [token.sort for token in made[1:]]
    return [t for t, sort in zip_longest(made, following) if t.key != "rt" or sort != "handle"]


def _words(every: list[Token], counterpart: list[Token]) -> list[Token]:
    """Return the words of a text, without hashtags at its ends that the counterpart does not have as words."""
    if not any("#" in token.text for token in every):
        return [token for token in every if token.sort == "word"]
    plain, plain_there = (
        Counter(token.key for token in side if token.sort == "word" and not _is_tag(token))
        for side in (every, counterpart)
    )
    return without_tags(every, frozenset(plain_there - plain))


def without_tags(every: list[Token], but: frozenset[str] = frozenset()) -> list[Token]:
    """Return the words of a text without hashtags at its ends, but those with a key in `but`; never none of many.

    >>> [token.text for token in without_tags(tokens("#now they #knew #it #now")[1], frozenset({"it"}))]
    ['they', '#knew', '#it']
    """
    words = [token for token in every if token.sort == "word"]
    kept = [at for at, token in enumerate(words) if not _is_tag(token) or token.key in but]
    return words[kept[0] : kept[-1] + 1] if kept else words


def _is_tag(token: Token) -> bool:
    return "#" in token.text and token.text.lstrip("(\"'\u00ab\u201c").startswith("#")


def _says_cut(every: list[Token]) -> bool:
    """Tell whether a text ends, but for links and hashtags, with a mark of truncation."""
    for token in reversed(every):
        if _CUT.search(token.text):
            return True
        if token.sort == "word" and not _is_tag(token):
            break
    return False


def _end_cut(
    compared: _Compared, first: tuple[list[Token], list[Token]], other: tuple[list[Token], list[Token]]
) -> bool:
    """Tell whether what is missing is the end of the last word, or links and hashtags behind it."""
    if min(compared.share_first, compared.share_other) < _SURFACE:
        return False
    last, last_other = first[1][-1].key, other[1][-1].key
    if last != last_other and last.startswith(last_other):
        return True
    there = [t.key for t in other[0] if t.sort == "link" or _is_tag(t)]
    behind = [t.key for t in first[0] if t.sort == "link" or _is_tag(t)]
    return any(all(common(key[:_SHOWN], k[:_SHOWN]) < _MISSPELT for k in there) for key in behind)


def _compared(first: list[Token], other: list[Token]) -> _Compared:
    low, high = _where(first, other)
    pairs = [(a, low + b) for a, b in aligned([t.key for t in first], [t.key for t in other[low:high]])]
    stops = [(-1, -1), *pairs, (len(first), len(other))]
    # Most pairs stand side by side: between them is nothing to look at, but for the ends.
    gaps = [
        _Gap(first[a + 1 : c], other[b + 1 : d])
        for (a, b), (c, d) in pairwise(stops)
        if c - a > 1 or d - b > 1 or a < 0 or c == len(first)
    ]
    kept_first = kept_other = len(pairs)
    for at, gap in enumerate(gaps):
        left = _unexplained(gap, head=at == 0, tail=at == len(gaps) - 1)
        kept_first += len(gap.first) - len(left.first)
        kept_other += len(gap.other) - len(left.other)
        gaps[at] = left
    inner = [gap for gap in gaps[1:-1] if gap.first or gap.other]
    tail = gaps[-1] if pairs else _Gap([], [])
    return _Compared(len(first), len(other), kept_first, kept_other, gaps[0], inner, tail)


def _where(first: list[Token], other: list[Token]) -> tuple[int, int]:
    """Return the stretch of a long other in which most of the first stands; common words elsewhere are no part."""
    if len(other) < _LONGER * len(first):
        return 0, len(other)
    places: dict[str, list[int]] = {}
    for at, token in enumerate(first):
        places.setdefault(token.key, []).append(at)
    offsets = Counter(
        at_other - at
        for at_other, token in enumerate(other)
        if len(places.get(token.key, ())) <= _PLACES_MAX
        for at in places.get(token.key, ())
    )
    if not offsets:
        return 0, len(other)
    best = max(offsets, key=lambda offset: (offsets[offset], -offset))
    slack = _SLACK_LEAST + len(first) // 4
    return max(best - slack, 0), min(max(best + len(first) + slack, 0), len(other))


def _unexplained(gap: _Gap, *, head: bool, tail: bool) -> _Gap:
    """Return what is left of a gap without words that are the first's, misspelt or parted elsewhere."""
    first, other = gap
    if not first or not other:
        return gap
    if _alike(first, other):
        return _Gap([], [])
    longer = len(other) > len(first)
    if head and longer and _alike(first, other[-len(first) :]):
        return _Gap([], other[: -len(first)])
    if tail and longer and _alike(first, other[: len(first)]):
        return _Gap([], other[len(first) :])
    if tail and not longer and _alike(first[: len(other)], other):
        return _Gap(first[len(other) :], [])
    return gap


def misspelt(first: str, other: str) -> bool:
    """Tell whether two keys are one but for letters; keys of different figures never are.

    >>> misspelt("minister", "minsiter"), misspelt("2019", "2018"), misspelt("minister", "mayor")
    (True, False, False)
    """
    if max(len(first), len(other)) > _MISSPELT_LETTERS or _figures(first) != _figures(other):
        return False
    # No more letters can be aligned than both have, in whatever order.
    both = 2 * (Counter(first) & Counter(other)).total()
    return both >= _MISSPELT * (len(first) + len(other)) and common(first, other) >= _MISSPELT


def _figures(key: str) -> str:
    return "".join(c for c in key if c.isdigit())


def _alike(first: list[Token], other: list[Token]) -> bool:
    return misspelt("".join(t.key for t in first), "".join(t.key for t in other))


def _truncated(compared: _Compared, *, cut: bool) -> bool:
    """Tell whether the end of the first is missing, or much of it before or after, and what is there is the first's."""
    head, tail = compared.head, compared.tail
    missing, added = len(tail.first), len(tail.other)
    part = added == 1 and "".join(t.key for t in tail.first).startswith(tail.other[0].key)
    if (added and not part) or not compared.kept_other:
        return False
    if head.first:
        missing += len(head.first)
        if head.other or missing < _PART_MISSING * compared.first:
            return False
    kept = (compared.kept_other + part) / compared.other
    return kept >= _PREFIX_KEPT and missing > 0 and (cut or part or missing >= _MISSING_LEAST)


def _extended(compared: _Compared) -> bool:
    """Tell whether the first is all there and words stand before or after it."""
    added = len(compared.head.other) + len(compared.tail.other)
    inside = compared.other - compared.kept_other - added
    touched = inside + compared.first - compared.kept_first
    return compared.share_first >= _SURFACE and added > _ADDED_TIMES * touched


def _in_part(compared: _Compared) -> bool:
    """Tell whether a good part of the first is there in one stretch, with little in between."""
    inside = sum(len(gap.first) + len(gap.other) for gap in compared.inner)
    return compared.share_first >= _QUOTED_LEAST and inside <= _TOUCHED * compared.first


def _slots(compared: _Compared, other: list[Token]) -> tuple[Slot, ...]:
    """Return the slots of a template, or none: each gap has words on both sides, filled as a form is."""
    gaps = [gap for gap in (compared.head, *compared.inner, compared.tail) if gap.first or gap.other]
    if not gaps or compared.share_first < _SLOT_KEPT:
        return ()
    if not all(0 < len(gap.first) <= _SLOT_WORDS and 0 < len(gap.other) <= _SLOT_WORDS for gap in gaps):
        return ()
    # In a text of capitals, or a heading, a capital marks no name.
    names = sum(_is_name(token.text) for token in other) <= _CAPITALS * len(other)
    for gap in gaps:
        if not _has_figure(gap.other) and not all(names and _may_be_name(token.text) for token in gap.other):
            return ()
    taken = [token for gap in gaps for token in gap.first]
    filled = [token for gap in gaps for token in gap.other]
    if Counter(token.key for token in taken) == Counter(token.key for token in filled):
        return ()
    # Where a script has no capitals, a figure or a name in capitals elsewhere must vouch for the slots.
    if not _has_figure(filled) and not any(_is_name(token.text) for token in filled):
        return ()
    return tuple(Slot(written(gap.first), written(gap.other)) for gap in gaps)


def _has_figure(words: list[Token]) -> bool:
    return any(_figures(token.key) for token in words)


def _is_name(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= _NAME_LETTERS and letters[0].isupper()


def _may_be_name(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= _NAME_LETTERS and not letters[0].islower()


def written(words: list[Token]) -> str:
    """Return words as they are written, without the punctuation after them."""
    return "".join(t.text + t.space for t in words).strip().rstrip(",.;:!?")


def _few_moved(compared: _Compared) -> bool:
    """Tell whether a few words stand elsewhere and next to nothing else was touched."""
    gaps = (compared.head, *compared.inner, compared.tail)
    gone, come = (Counter(token.key for gap in gaps for token in gap[side]) for side in (0, 1))
    moved = (gone & come).total()
    return moved <= _MOVED * compared.first and (
        min((compared.kept_first + moved) / compared.first, (compared.kept_other + moved) / compared.other) >= _SURFACE
    )
