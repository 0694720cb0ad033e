"""A name folded to an identifier, so that spellings of one name meet."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import Final

# Canonical combining classes that are part of a letter, not an accent on it: nukta, kana voicing, virama.
LETTER_MARKS: Final = frozenset({7, 8, 9})

_MARKS_MANY: Final = 256
_NO_WORDS: Final = re.compile(r"[^\w\x00-\x7f]{64,}")
# Marks of class 0 that decompose into two of other classes.
_DOUBLE_MARKS: Final = {0xF73: "\u0f71\u0f72", 0xF75: "\u0f71\u0f74", 0xF81: "\u0f71\u0f80"}


def decomposed(text: str) -> str:
    """Return `text` without case and compatibility forms, accents apart from their letters (NFKD, case folded).

    >>> decomposed("ﬁn É") == "fin e\N{COMBINING ACUTE ACCENT}"
    True
    """
    # Folding brings up characters that decompose again, so the form is taken before and after it.
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sorted_marks(text)).casefold())


def sorted_marks(text: str) -> str:
    r"""Return `text` with long runs of marks in canonical order, which every Unicode form gives them anyway.

    Python orders a run in the square of its length: one text of a megabyte would keep it busy for a quarter of an hour.

    >>> sorted_marks("a" + "\u0301\u0327" * 200) == "a" + "\u0327" * 200 + "\u0301" * 200
    True
    """
    if len(text) < _MARKS_MANY or text.isascii():
        return text
    return _NO_WORDS.sub(lambda run: _in_order(run[0].translate(_DOUBLE_MARKS)), text)


def _in_order(run: str) -> str:
    made: list[str] = []
    for is_mark, signs in groupby(run, key=lambda sign: unicodedata.combining(sign) != 0):
        found = list(signs)
        made += sorted(found, key=unicodedata.combining) if is_mark else found
    return "".join(made)


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
