"""A name folded to an identifier, so that spellings of one name meet."""

from __future__ import annotations

import unicodedata
from typing import Final

# Canonical combining classes that are part of a letter, not an accent on it: nukta, kana voicing, virama.
LETTER_MARKS: Final = frozenset({7, 8, 9})


def decomposed(text: str) -> str:
    """Return `text` without case and compatibility forms, accents apart from their letters (NFKD, case folded).

    >>> decomposed("ﬁn É") == "fin e\N{COMBINING ACUTE ACCENT}"
    True
    """
    # Folding brings up characters that decompose again, so the form is taken before and after it.
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())


def is_accent(character: str) -> bool:
    """Tell whether `character` is a mark that may be left out without making another letter: an accent, a point."""
    return unicodedata.combining(character) not in LETTER_MARKS and unicodedata.combining(character) != 0


def is_word(character: str) -> bool:
    """Tell whether `character` belongs to a word: a letter, a digit, or a mark that is part of a letter."""
    return unicodedata.category(character)[0] in "LNM"


def fold_id(name: str) -> str:
    """Return `name` as an identifier: no accents, no case, one hyphen for what is neither letter nor digit.

    Letters of every script stay; a name of signs alone folds to the empty string.

    >>> fold_id("Jean-Luc Mélenchon"), fold_id("  MACRON (Emmanuel) "), fold_id("Макрон")
    ('jean-luc-melenchon', 'macron-emmanuel', 'макрон')
    """
    kept = (c for c in decomposed(name) if not is_accent(c))
    return "-".join("".join(c if is_word(c) else " " for c in kept).split())
