"""Hashtags at the ends of a post: they say which conversation it belongs to, not what it says."""

from __future__ import annotations

import re
from typing import Final

from vigie.text.normalise import normalise, word_count

WORDS_MIN: Final = 3
SIGNS: Final = "#\uff03"
# A word of hashtags, a handle or a link; or only signs, which end no run of them.
_TAGS: Final = re.compile(
    rf"[^\w{SIGNS}@]*(?:[{SIGNS}]+\w[^\s{SIGNS}]*)+[{SIGNS}]*|[^\w\s]*@\w\S*|[^\w\s]*https?:\S*", re.IGNORECASE
)
_WORD: Final = re.compile(r"\w")
_WORDS: Final = re.compile(r"\S+")


def without_end_tags(text: str) -> str:
    """Return a text without the hashtags, handles and links before its first word and after its last.

    A text that would have fewer than `WORDS_MIN` words stays as it is: it says nothing else.

    >>> without_end_tags("#Sunday #fun: I forgot my keys again, sorry! #ThingsISay @ana")
    'I forgot my keys again, sorry!'
    >>> without_end_tags("so #true #fun")
    'so #true #fun'
    """
    words = [(word.start(), word.end()) for word in _WORDS.finditer(text)]
    begin, end = 0, len(words)
    while begin < end and not _is_word(text[slice(*words[begin])]):
        begin += 1
    while end > begin and not _is_word(text[slice(*words[end - 1])]):
        end -= 1
    if end - begin in (0, len(words)):
        return text
    # What stands between stays as it is, spaces included: they tell where a name may begin.
    said = text[words[begin][0] : words[end - 1][1]]
    if end < len(words):
        # A platform that cuts a text cuts its hashtags, too: dots before them are the author's.
        said = said.rstrip(".\u2026")
    return said if word_count(normalise(said)) >= WORDS_MIN else text


def _is_word(word: str) -> bool:
    return bool(_WORD.search(word)) and not _TAGS.fullmatch(word)
