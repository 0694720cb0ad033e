"""What the members of a family did to its first text, and the template behind them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from vigie.rules.changes import CHARACTERS_COMPARED, COMPARED_LEAST, TEXTS_COMPARED, kind_of_change
from vigie.rules.templates import Pattern, Slot, template_slots
from vigie.text.keys import normalised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigie.rules.templates import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What posts did to the first text: posts by kind of change.

    `posts` of a family's others were compared, those with `texts` of its different texts as written; `left_out` counts
    the posts that were not.
    """

    kinds: Mapping[str, int]
    posts: int
    texts: int
    left_out: int


def compared(first: str, texts: Sequence[tuple[str, int]]) -> tuple[Changes, int, Pattern | None]:
    """Return what was changed, how many different texts there are after normalisation, and the template behind them.

    `texts` are those of the family as written, each with its posts, the first's among them. Those at the beginning are
    compared: `TEXTS_COMPARED` at most, and no more than `CHARACTERS_COMPARED` but for `COMPARED_LEAST` of any length.

    >>> changes, texts, template = compared("They hid it", [("They hid it", 3), ("THEY hid it!", 1), ("Ann hid it", 1)])
    >>> changes.kinds, changes.left_out, texts, template
    ({'exact': 3, 'template': 1}, 0, 2, None)
    """
    keys = normalised([text for text, _ in texts])
    kinds: Counter[str] = Counter()
    lengths = accumulate(len(text) for text, _ in texts[:TEXTS_COMPARED])
    within = sum(length <= CHARACTERS_COMPARED for length in lengths)
    taken = texts[: max(COMPARED_LEAST, within)]
    for text, posts in taken:
        kinds[kind_of_change(first, text).kind] += posts
    before = sum(posts for _, posts in taken)
    every = sum(posts for _, posts in texts)
    # The first itself is no copy: where its text is not among those compared, nothing is taken away.
    own = any(text == first for text, _ in taken)
    kinds["exact"] -= own
    changes = Changes(
        kinds={kind: n for kind, n in sorted(kinds.items(), key=lambda kn: (-kn[1], kn[0])) if n},
        posts=before - own,
        texts=len(taken),
        left_out=every - before - (not own),
    )
    by_key: dict[str, str] = {}
    for (text, _), key in zip(taken, keys, strict=False):
        by_key.setdefault(key, text)
    return changes, len(set(keys)), _pattern(template_slots(list(by_key.values())))


def _pattern(found: Template | None) -> Pattern | None:
    if found is None:
        return None
    slots = (Slot(at=slot.at, values=dict(slot.values)) for slot in found.slots)
    return Pattern(words=found.words, slots=tuple(slots))
