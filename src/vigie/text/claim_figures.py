"""The words of a claim one by one, and the figures among them: shares, counts and times."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vigie.text import claim_words as words
from vigie.text.fold import decomposed, is_accent

if TYPE_CHECKING:
    from collections.abc import Container

# Letters and digits that stand together are a word: IPv4, 2nd.
_TOKEN: Final = re.compile(
    r"(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]+|"
    r"\d{1,3}(?:[,. ]\d{3})+(?![\d%])|\d+(?:[.,]\d+)?|[^\W\d_]+|[%/&]|[.;:]"
)
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}(?:[,. ]\d{3})+")
PHRASE_MAX: Final = 7  # words of the longest name of a country


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign: `text` without accents and case, `raw` as it was written."""

    text: str  # folded
    raw: str


def tokens(sentence: str) -> list[Token]:
    """Return the words, numbers and signs of a sentence."""
    found = []
    plain = unicodedata.normalize("NFKC", sentence).replace("\N{FRACTION SLASH}", "/")
    for match in _TOKEN.finditer(plain):
        folded = "".join(c for c in decomposed(match[0]) if not is_accent(c))
        found.append(Token(folded, match[0]))
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """A thing read at a place: `what` is share, most, count, crowd, time, country, actor or quiet."""

    what: str
    at: int
    words: str
    value: float = 0.0
    high: float = 0.0
    direction: str = ""
    code: str = ""


class Figures:
    """What stands at a place of a sentence: the longest phrase that is known."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens

    def phrase(self, at: int, known: Container[str]) -> tuple[str, int] | None:
        """Return the longest phrase at `at` that `known` holds, and how many tokens it takes."""
        for length in range(min(PHRASE_MAX, len(self._tokens) - at), 0, -1):
            phrase = " ".join(t.text for t in self._tokens[at : at + length])
            if phrase in known:
                return phrase, length
        return None

    def figure(self, at: int) -> tuple[Said, int] | None:
        """Return the share or the count at `at`, and how many tokens it takes."""
        if at >= len(self._tokens):
            return None
        if (found := self.phrase(at, words.SHARES)) is not None:
            return Said("share", at, found[0], words.SHARES[found[0]], 0.05), found[1]
        if (found := self.phrase(at, words.MOST)) is not None:
            return Said("most", at, found[0], 0.5), found[1]
        if (found := self.phrase(at, words.CROWDS)) is not None:
            low, high = words.CROWDS[found[0]]
            return Said("crowd", at, found[0], low, high), found[1]
        if self._tokens[at].text in ("all", "toutes", "tous") and self._all(at):
            return Said("share", at, self._tokens[at].text, 1.0, 0.05), 1
        return self._number(at)

    def _all(self, at: int) -> bool:
        """Return whether "all" is the figure: not so in "half of all attacks", "tous les jours"."""
        before = self._tokens[at - 1].text if at else ""
        return before not in ("of", "de", "d") and self.time(at) is None

    def _number(self, at: int) -> tuple[Said, int] | None:
        value = self._value(at)
        if value is None:
            return None
        number, length = value
        text = " ".join(t.raw for t in self._tokens[at : at + length])
        after = at + length
        if (percent := self.phrase(after, words.PERCENT)) is not None:
            return Said("share", at, f"{number:g} %", number / 100), length + percent[1]
        for link in (found,) if (found := self.phrase(after, ("/", *words.OUT_OF))) else ():
            whole = self._value(after + link[1])
            if whole is not None and whole[0] > number:
                end = after + link[1] + whole[1]
                said = " ".join(t.raw for t in self._tokens[at:end])
                return Said("share", at, said, number / whole[0], 0.05), end - at
        if number == 1 and self._tokens[at].text in ("one", "a"):
            return None
        return Said("count", at, text, number), length

    def _value(self, at: int) -> tuple[float, int] | None:
        """Return the number at `at`, in figures or words, and how many tokens it takes."""
        if at >= len(self._tokens):
            return None
        token = self._tokens[at].text
        if _THOUSANDS.fullmatch(token):
            number, length = float(re.sub(r"\D", "", token)), 1
        elif token[:1].isdecimal() and not any(c.isalpha() for c in token):
            number, length = float(re.sub(r"[^\d.]", "", token.replace(",", "."))), 1
        elif (found := self.phrase(at, words.NUMBERS)) is not None:
            number, length = float(words.NUMBERS[found[0]]), found[1]
        else:
            return None
        while at + length < len(self._tokens) and (more := words.MULTIPLES.get(self._tokens[at + length].text)):
            number, length = number * more, length + 1
        return number, length

    def time(self, at: int) -> tuple[float, int] | None:
        """Return the days of "a day", "par semaine", "daily" at `at`, and how many tokens it takes."""
        if at < len(self._tokens) and (timely := words.TIMELY.get(self._tokens[at].text)):
            return timely, 1
        if (each := self.phrase(at, words.EACH)) is not None:
            end = at + each[1]
            if end < len(self._tokens) and (days := words.TIMES.get(self._tokens[end].text)):
                return days, each[1] + 1
        return None
