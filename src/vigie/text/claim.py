"""A spoken claim about attacks, read into figures: shares of countries and rates, in English or French.

"hundreds of attacks a day, half of them from Ukraine" is a rate and a share. What the words allow is a range: a share
in words or a round percentage five points either way, a count in words from twice its word ("hundreds": 200) to ten
times that, a round number a tenth either way, any other figure half its last digit. A word that changes the meaning and
cannot be read is an error; words that say nothing about figures are passed over, unknown ones are named.
"""

from __future__ import annotations

import difflib
import math
import re
from typing import Final

from vigie.errors import InputError
from vigie.text import claim_words as words
from vigie.text.claim_figures import PHRASE_MAX, Figures, Said, Token, tokens
from vigie.text.claimed import Claim, Part, bounded, rate_part, share_part
from vigie.text.countries import country_codes
from vigie.text.country_names import country_name, country_names

OPTIONS: Final = "or say it in figures: --share 0.5 --country UA, --per-day 300"
ACTOR: Final = (
    "who attacked cannot be measured: Vigie measures where requests came from, not who sent them; "
    '"from" a country is read as the origin of the addresses'
)
_WHERE: Final = "claim"
_MAIL: Final = "mail servers are not weighed: these are requests to web servers"
_ARTICLES: Final = ("the", "l", "la", "le", "les")
_CODE: Final = 2
_CHARS_MAX: Final = 1_000
_WORD_CHARS_MAX: Final = 40
# A hyphen between words or numbers is no sign, nor is a dash: IPv4-only, 10-20, attacked - 300 times a day.
_NEGATIVE: Final = re.compile(r"(?:^|\s)(-\d[\d.,]*|\u2212\s?\d[\d.,]*)")


def known_country(text: str) -> str:
    """Return the code of a country given as code or name.

    Raises
    ------
    InputError
        where it is neither, with the nearest names.

    >>> known_country("ua"), known_country("Ukraine")
    ('UA', 'UA')
    """
    if text.upper() in country_codes():
        return text.upper()
    name = "-".join(t.text for t in tokens(text))
    if (code := country_names().get(name)) is None:
        raise InputError(f"{text!r} is no country that is known here", where="--country", hint=_nearest(name))
    return code


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, country_names(), n=1, cutoff=0.6) if len(name) > _CODE else []
    if not near:
        return "write its ISO 3166-1 code of two letters, such as UA, or its name in English or French"
    code = country_names()[near[0]]
    return f"did you mean {country_name(code)} ({code})?"


def read_claim(sentence: str) -> Claim:
    """Return the figures of a claim.

    Raises
    ------
    InputError
        naming the word that cannot be read, and what to do.

    >>> for part in read_claim("hundreds of attacks a day, half of them from Ukraine").parts:
    ...     print(part.measure, part.words, part.low, round(part.high, 2), part.countries)
    rate hundreds a day 200.0 2000.0 ()
    share half 0.45 0.55 ('UA',)
    """
    if len(sentence) > _CHARS_MAX:
        raise InputError(
            f"longer than {_CHARS_MAX:,} characters", where=_WHERE, hint="one sentence with one or two figures"
        )
    if negative := _NEGATIVE.search(sentence):
        raise InputError(
            f"{negative[1]!r} is no share and no rate", where=_WHERE, hint=f"say it without the sign; {OPTIONS}"
        )
    return _Reader(sentence).claim()


class _Reader:
    """Reads from left to right: at each place the longest phrase that is known."""

    def __init__(self, sentence: str) -> None:
        self._tokens = tokens(sentence)
        self._figures = Figures(self._tokens)
        self._shouted = not any(c.islower() for c in sentence)
        self._unread: list[str] = []
        self._units: list[str] = []
        self._kinds: list[str] = []
        self._notes: list[str] = []
        self._country_end = -1

    def claim(self) -> Claim:
        """Read everything, then bind countries to shares and times to counts."""
        said = self._read()
        actors = [s for s in said if s.what == "actor"]
        countries, times = self._bound(said), self._timed(said)
        parts = []
        for s in said:
            if s.what in ("share", "most"):
                if not (codes := countries.get(s.at)):
                    if actors:
                        raise InputError(
                            f"{actors[0].words!r} names an actor; {ACTOR}", where=_WHERE, hint='say: "from Russia"'
                        )
                    raise InputError(
                        f"{s.words!r} is a share of which country?", where=_WHERE, hint=f"from Ukraine; {OPTIONS}"
                    )
                parts.append(_share(s, codes))
            elif s.what in ("count", "crowd"):
                parts.append(self._rate(s, times.get(s.at), countries.get(s.at, ())))
        if not parts:
            unread = f" ({', '.join(map(repr, self._unread))} not understood)" if self._unread else ""
            raise InputError(
                f"no share of a country and no rate in it{unread}",
                where=_WHERE,
                hint=f'such as: "half of the attacks come from UA", "300 attacks a day"; {OPTIONS}',
            )
        if actors:
            self._notes.append(f'"{actors[0].words}" is not weighed: {ACTOR}')
        if self._unread:
            self._notes.append("words not read: " + ", ".join(dict.fromkeys(self._unread)))
        return Claim(
            parts=tuple(parts),
            unit=self._one(self._units, "units: say one, or --unit"),
            kind=self._one(self._kinds, "kinds of attack: say one, or --kind"),
            notes=tuple(self._notes),
        )

    @staticmethod
    def _one(named: list[str], several: str) -> str | None:
        if len(set(named)) > 1:
            raise InputError(f"{' and '.join(dict.fromkeys(named))} are several {several}", where=_WHERE, hint=OPTIONS)
        return named[0] if named else None

    def _read(self) -> list[Said]:
        said: list[Said] = []
        at = 0
        direction, direction_words = "", ""
        while at < len(self._tokens):
            if (found := self._figures.phrase(at, words.DIRECTIONS)) and self._figures.figure(
                at + found[1]
            ) is not None:
                direction, direction_words = words.DIRECTIONS[found[0]], found[0] + " "
                at += found[1]
                continue
            step = self._figures.figure(at)
            if step is not None:
                item, length = step
                said.append(Said(item.what, at, direction_words + item.words, item.value, item.high, direction))
                direction, direction_words = "", ""
                at += length
                continue
            at += self._other(at, said)
        return said

    def _other(self, at: int, said: list[Said]) -> int:
        """Read what is no figure at `at`; return how many tokens it took."""
        token = self._tokens[at]
        if (time := self._figures.time(at)) is not None:
            before = self._before(at)
            if before in words.LASTING:
                phrase = f"{before} {' '.join(t.raw for t in self._tokens[at : at + time[1]])}"
                raise InputError(f"{phrase!r} is not read", where=_WHERE, hint=words.CHANGING[-1][1])
            said.append(Said("time", at, "", time[0]))
            return time[1]
        if (country := self._country(at, said)) is not None:
            return country
        if named := self._named(at):
            return named
        if token.text in words.ACTORS:
            said.append(Said("actor", at, token.raw))
        elif token.text in words.MAIL:
            if _MAIL not in self._notes:
                self._notes.append(_MAIL)
        elif not self._harmless(at):
            self._refuse(at)
            if any(c.isalpha() for c in token.text) and not any(
                token.text in q for q in (words.QUIET, words.BY, words.FROM)
            ):
                raw = token.raw
                self._unread.append(
                    raw if len(raw) <= _WORD_CHARS_MAX else raw[:_WORD_CHARS_MAX] + "\N{HORIZONTAL ELLIPSIS}"
                )
        return 1

    def _named(self, at: int) -> int:
        """Read a kind of attack or a unit; return how many tokens it took, 0 where there is none."""
        for known, kept in ((words.KINDS, self._kinds), (words.UNITS, self._units)):
            if (found := self._figures.phrase(at, known)) is not None:
                kept.append(known[found[0]])
                return found[1]
        return 0

    def _refuse(self, at: int) -> None:
        """Raise where the word would change what is claimed."""
        token = self._tokens[at]
        if token.text in ("from", "provenance") and (wrong := self._no_country(at + 1)) is not None:
            raise InputError(f"{wrong.raw!r} is no country that is known here", where=_WHERE, hint=_nearest(wrong.text))
        for changing, hint in words.CHANGING:
            if token.text in changing:
                raise InputError(f"{token.raw!r} is not read", where=_WHERE, hint=hint)

    def _before(self, at: int) -> str:
        """Return the word before `at`, articles left out."""
        while at and self._tokens[at - 1].text in _ARTICLES:
            at -= 1
        return self._tokens[at - 1].text if at else ""

    def _name(self, at: int) -> tuple[str, int] | None:
        """Return the country that is named at `at`, as a code or a name, and how many tokens it takes."""
        for length in range(min(PHRASE_MAX, len(self._tokens) - at), 0, -1):
            name = "-".join(t.text for t in self._tokens[at : at + length])
            if len(name) > _CODE and (code := country_names().get(name)):
                return code, length
        raw = self._tokens[at].raw
        if raw.isupper() and (not self._shouted or self._before(at) in words.FROM):
            code = {"UK": "GB"}.get(raw, raw)
            if code in country_codes():
                return code, 1
        return None

    def _harmless(self, at: int) -> bool:
        """Return whether the word changes nothing here: "depuis l'Ukraine", "300 times a day"."""
        if self._tokens[at].text in ("times", "fois"):
            return self._figures.time(at + 1) is not None
        return self._tokens[at].text == "depuis" and self._follows_country(at + 1)

    def _follows_country(self, at: int) -> bool:
        while at < len(self._tokens) and self._tokens[at].text in _ARTICLES:
            at += 1
        return at < len(self._tokens) and self._name(at) is not None

    def _no_country(self, at: int) -> Token | None:
        """Return the word after "from" where it is no country."""
        while at < len(self._tokens) and self._tokens[at].text in (
            "the",
            "l",
            "la",
            "le",
            "les",
            "d",
            "de",
            "du",
            "des",
        ):
            at += 1
        if at >= len(self._tokens) or self._name(at) is not None or self._figures.figure(at) is not None:
            return None
        return self._tokens[at]

    def _country(self, at: int, said: list[Said]) -> int | None:
        named = self._name(at)
        if named is None:
            return None
        code, length = named
        before = self._before(at)
        raw = " ".join(t.raw for t in self._tokens[at : at + length])
        if before in words.BY:
            said.append(Said("actor", at, f"{before} {raw}"))
            return length
        start = at
        while start and self._tokens[start - 1].text in _ARTICLES:
            start -= 1
        joined = (before in words.AND and bool(said) and said[-1].what == "country") or start == self._country_end
        if before in words.IN and not any(t.text in words.PLACED for t in self._tokens[:at]):
            raise InputError(
                f'"{before} {raw}": a place of the servers is not read',
                where=_WHERE,
                hint=f'the origin of attacks is said with "from": from {country_name(code)}',
            )
        if before and before not in (*words.FROM, *words.AND, *words.QUIET, ".", ";") and not joined:
            raise InputError(
                f"{raw!r}: its part in the claim is not read",
                where=_WHERE,
                hint=f'the origin of attacks is said with "from": from {country_name(code)}',
            )
        said.append(Said("country", at, "and" if joined else "", code=code))
        self._country_end = at + length
        return length

    @staticmethod
    def _bound(said: list[Said]) -> dict[int, tuple[str, ...]]:
        """Return for the place of each share, or else count, its countries: the nearest before, else after."""
        shares = [s for s in said if s.what in ("share", "most")]
        takers = shares or [s for s in said if s.what in ("count", "crowd")]
        found: dict[int, tuple[str, ...]] = {}
        last: Said | None = None
        for s in said:
            if s.what != "country" or not takers:
                continue
            if s.words != "and" or last is None:
                earlier = [t for t in takers if t.at < s.at]
                free = [t for t in takers if t.at > s.at and t.at not in found]
                last = earlier[-1] if earlier and (earlier[-1].at not in found or not free) else (free or takers)[0]
            found[last.at] = tuple(dict.fromkeys((*found.get(last.at, ()), s.code)))
        return found

    @staticmethod
    def _timed(said: list[Said]) -> dict[int, float]:
        """Return for the place of each count its time, in days: that after it, before the next count; else before."""
        counts = [s for s in said if s.what in ("count", "crowd")]
        found: dict[int, float] = {}
        for time in (s for s in said if s.what == "time"):
            earlier = [c for c in counts if c.at < time.at]
            later = [c for c in counts if c.at > time.at]
            for count in (*earlier[-1:], *later[:1]):
                if count.at not in found:
                    found[count.at] = time.value
                    break
        return found

    def _rate(self, count: Said, days: float | None, countries: tuple[str, ...]) -> Part:
        if days is None:
            raise InputError(
                f"{count.words!r} in what time?", where=_WHERE, hint=f"{count.words} a day, a week, an hour; {OPTIONS}"
            )
        named = {1.0: "a day", 7.0: "a week", 1 / 24: "an hour", 30.0: "a month (of 30 days)"}.get(days, "a minute")
        text = f"{count.words} {named}"
        if count.what == "crowd":
            return _crowd(count, days, text, countries)
        part = rate_part(count.value, countries, direction=count.direction, words_read=text)
        return Part(
            measure="rate",
            words=text,
            low=part.low / days,
            high=part.high / days,
            point=None if part.point is None else part.point / days,
            countries=countries,
        )


def _share(said: Said, countries: tuple[str, ...]) -> Part:
    if not 0 <= said.value <= 1:
        raise InputError(f"{said.words!r} is no share", where=_WHERE, hint="0 to 100 %")
    if said.what == "most":
        return Part(measure="share", words=said.words, low=0.5, high=1.0, point=None, countries=countries)
    if said.high:
        # In words: half, a third, two in three.
        return bounded("share", said.value, said.high, direction=said.direction, words=said.words, countries=countries)
    return share_part(said.value, countries, direction=said.direction, words_read=said.words)


def _crowd(said: Said, days: float, text: str, countries: tuple[str, ...]) -> Part:
    """Return a rate of hundreds or thousands; "more than hundreds" has no upper end, "less than" no lower one."""
    low, high = said.value / days, said.high / days
    if said.direction in (">", ">="):
        high = math.inf
    elif said.direction in ("<", "<="):
        low, high = 0.0, low
    return Part(measure="rate", words=text, low=low, high=high, point=None, countries=countries)
