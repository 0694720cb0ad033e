"""Words that stand capitalised inside a sentence: names, most of them, and German nouns.

Of alphabets that have capitals: Latin, Greek, Cyrillic, Armenian. In Arabic and other scripts without capitals there
are none, and what two texts state apart shows in their figures alone.
"""

from __future__ import annotations

import re
from typing import Final

_CAPITALS: Final = "".join(c for c in map(chr, range(0x41, 0x588)) if c.isupper())
# After a space that ends no sentence. A word that begins one is capitalised whatever it is.
_INSIDE: Final = re.compile(rf"(?<=[^.!?:…\s]\s)[\"'«“„(]?([{_CAPITALS}][\w'\u2019-]*)")


def inner_capitals(text: str) -> str:
    """Return the words with one space between them, as they stand.

    >>> inner_capitals('Happy birthday Ines Kowalska! Best wishes from the "Kyiv" team.')
    'Ines Kowalska Kyiv'
    """
    return " ".join(_INSIDE.findall(text))
