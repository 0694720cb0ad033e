"""Sentences in five languages from the lists of `_copies_words.toml`: what they say never happened.

Two nouns, adjectives and verbs of three are invented, with a list's endings, and so are surnames and
half of the towns: posts have many rare words, as real ones do. The frequent words of a list come more often: the tenth
half as often as the first, the hundredth a seventh. A writer's draws follow from its seed.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LANGUAGES: Final[dict[str, dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
_AT_ONCE: Final = 4096
_INVENTED: Final = 8000
_TAIL: Final = 0.6  # the share of a list's word falls with this power of its rank
_SLOT: Final = re.compile(r"\{(\w)\}")
_VOWELS: Final = "aeiouyéèêô"
ENDS: Final = ".,!?:;\u061f\u060c\u061b\u2026"


def listed(text: str) -> list[tuple[str, ...]]:
    """Return a list's items, each with the words that may replace it first to last as they stand there."""
    return [tuple(w.replace("_", " ") for w in item.split("|")) for item in text.split()]


class Writer:
    """Writes in one language."""

    def __init__(self, language: str, seed: Sequence[int]) -> None:
        self.lists = LANGUAGES[language]
        self.language = language
        self._draw = np.random.default_rng(seed)
        self.chance = Random(int(self._draw.integers(2**62)))
        numbers, digits = [str(n) for n in range(2, 100)], [str(n) for n in range(10)]
        made = [h + t for h in self.lists["heads"].split() for t in self.lists["tails"].split()]
        surnames = [made[i] for i in np.random.default_rng(1).permutation(len(made))]
        self._surname = self._drawn(surnames)
        self._number = self._drawn(numbers, tail=0)
        firsts = self._drawn(self.lists["firsts"].split(), tail=0.3)
        self.name = map(" ".join, zip(firsts, self._surname, strict=False))
        cities = self.lists["cities"].split()
        self.city = self._drawn(cities, tail=0.4)
        places = [p.replace("{c}", c) for p in self._flat("places") for c in cities]
        places = list(dict.fromkeys(places))  # a place that names its city stands once
        np.random.default_rng(2).shuffle(places)
        figures = (f.replace("{d}", d) for f, d in zip(self._drawn(self._flat("figures")), self._number, strict=False))
        self.slots: dict[str, Iterator[str]] = {
            "s": self._phrases("person", "people", "traits"),
            "o": self._phrases("thing", "things", "kinds", self._flat("belongs")),
            "v": self._words("verbs"),
            "j": self._drawn(self._flat("joins")),
            "r": self._drawn(self._flat("reports")),
            "p": self._somewhere(places),
            "t": self._drawn(self._flat("whens")),
            "m": self._drawn(self._flat("manners")),
            "n": self.name,
            "q": figures,
            "c": self.city,
            "d": self._number,
            "e": self._drawn(digits, tail=0),
            "k": self._drawn([f"{k}{h}" for k in range(1, 60) for h in ("00", "50", "20", "75", "12")], tail=0),
            "h": self._drawn([f"{h}:{m:02}" for h in range(24) for m in range(60)], tail=0),
            "w": self._drawn(["north", "south", "east", "west", "north-east", "south-west"], tail=0),
            "z": self._drawn([f"{z}{n}" for z in ("pulse", "front", "daily", "clear") for n in range(1, 99)], tail=0),
        }
        self._frames = [self.pattern(frame) for frame in self.lists["frames"]]
        self._extras = [self.pattern(extra) for extra in self.lists["extras"]]
        self._links = self._flat("links")
        self._alternatives = _replacing(language)

    def sentence(self) -> str:
        """Return one sentence, 20 to 200 characters."""
        made = self._frames[int(self.chance.random() * len(self._frames))]()
        if self.chance.random() < 0.2:
            made = f"{made[:-1].rstrip()}, {self._extras[int(self.chance.random() * len(self._extras))]()}{made[-1]}"
        return made[0].upper() + made[1:]

    def text(self, low: int, high: int) -> str:
        """Return sentences of `low` to `high` characters in all, one at least; a long text has paragraphs."""
        wanted = self.chance.randint(low, high)
        parts = [self.sentence()]
        length = len(parts[0])
        while length < wanted:
            added = self.sentence()
            if self.chance.random() < 0.25:
                added = f"{self.chance.choice(self._links)}: {added}"
            parts.append("\n\n" if length > 800 and self.chance.random() < 0.2 else " ")
            parts.append(added)
            length += len(added) + 1
        return "".join(parts)

    def pattern(self, frame: str) -> Callable[[], str]:
        """Return what fills a frame's slots anew at every call."""
        streams = [self.slots[slot] for slot in _SLOT.findall(frame)]
        fixed = _SLOT.sub("%s", frame.replace("%", "%%"))
        return lambda: fixed % tuple(map(next, streams))

    def another(self, word: str) -> str | None:
        """Return a word that may stand in the place of `word`: one like it if the lists know one; None if none does."""
        bare = word.rstrip(ENDS)
        known = self._alternatives.get(bare.lower())
        if known is None:
            return None
        alike, others = known
        chosen = self.chance.choice(alike or others)
        return (chosen[0].upper() + chosen[1:] if bare[0].isupper() else chosen) + word[len(bare) :]

    def _flat(self, name: str) -> list[str]:
        """Return a list's words in an order of its own, the frequent ones first; the same for every seed."""
        words = [word for item in listed(self.lists[name]) for word in item]
        return [words[i] for i in np.random.default_rng(len(words)).permutation(len(words))]

    def _drawn(self, items: list[str], tail: float = _TAIL) -> Iterator[str]:
        """Draw from `items` for ever."""
        sums = np.cumsum((np.arange(len(items)) + 4.0) ** -tail)
        array = np.array(items, object)

        def batches() -> Iterator[list[str]]:
            while True:
                at = np.searchsorted(sums, self._draw.random(_AT_ONCE) * sums[-1], side="right")
                yield array[np.minimum(at, len(items) - 1)].tolist()

        return chain.from_iterable(batches())

    def _words(self, name: str) -> Iterator[str]:
        """Draw from a list for ever, and twice as often from thousands of invented words with its endings."""
        known, made = self._drawn(self._flat(name)), self._drawn(_invented(self.language, name), tail=0.7)
        return (next(known) if yes else next(made) for yes in self._drawn(["y", "", ""], tail=0))

    def _phrases(self, form: str, noun: str, trait: str, owners: list[str] | None = None) -> Iterator[str]:
        """Return noun phrases for ever: half of them with an adjective; things, one of ten, with what they belong to.

        Of the rest three of ten have a name.
        """
        nouns, traits = self._words(noun), self._words(trait)
        articles = self._drawn(self.lists.get(f"the_{form}", "").split() or [""], tail=0.5)
        if self.language == "fr":
            both = zip(articles, nouns, strict=False)
            nouns = (f"l'{n}" if a in ("le", "ce") and n[0] in _VOWELS else f"{a} {n}" for a, n in both)
        pieces = re.split(r"(?<=\})\s|\s(?=\{)", self.lists[form])  # "the {a} {n}": the, {a}, {n}
        streams = {
            "{x}": (a + " " for a in articles),
            "{n}": (n + " " for n in nouns),
            "{a}": (next(traits) + " " if yes else "" for yes in self._drawn(["y", ""], tail=0)),
        }
        owned = self._maybe([g + " " for g in owners], tenths=1) if owners else repeat("")
        names = (next(self._surname if owners else self.name) for _ in repeat(None))
        ends = (o or (next(names) if yes else "") for o, yes in zip(owned, self._maybe(["y"], tenths=3), strict=False))
        fixed = "".join("%s" if p in streams else p + " " for p in pieces) + "%s"
        chosen = [streams[p] for p in pieces if p in streams]
        return ((fixed % found).rstrip() for found in zip(*chosen, ends, strict=False))

    def _somewhere(self, places: list[str]) -> Iterator[str]:
        """Return places for ever; every other one has an invented name."""
        known, towns = self._drawn(places), self._drawn([t.replace("{c}", "") for t in self._flat("town")])
        return (next(known) if yes else next(towns) + next(self._surname) for yes in self._drawn(["y", ""], tail=0))

    def _maybe(self, items: list[str], tenths: int) -> Iterator[str]:
        """Draw from `items` for ever, and nothing in the other cases out of ten."""
        drawn, chance = self._drawn(items), self._drawn(["y"] * tenths + [""] * (10 - tenths), tail=0)
        return (next(drawn) if yes else "" for yes in chance)


@cache
def _invented(language: str, name: str) -> list[str]:
    chance = Random(name)
    onsets, nuclei, codas = (LANGUAGES[language][part].split() for part in ("onsets", "nuclei", "codas"))
    endings = [e[0] for e in listed(LANGUAGES[language]["made_" + ("kinds" if name == "traits" else name)])]

    def syllable() -> str:
        return chance.choice(onsets) + chance.choice(nuclei) + chance.choice(codas)

    stems = (syllable() + (syllable() if chance.random() < 0.6 else "") for _ in range(_INVENTED))
    made = dict.fromkeys(chance.choice(endings).replace("{x}", stem) for stem in stems)
    capital = language == "de" and name in ("people", "things")
    return [word.capitalize() if capital else word for word in made]


@cache
def _replacing(language: str) -> dict[str, tuple[tuple[str, ...], list[str]]]:
    """Return by word those like it and those of its list; all of a list's that follow the same words count."""
    lists = LANGUAGES[language]
    found: dict[str, tuple[tuple[str, ...], list[str]]] = {}
    for name in ("people", "things", "verbs", "traits", "kinds", "belongs", "whens", "manners", "places"):
        items = listed(lists[name])
        if name == "places":
            cities = lists["cities"].split()
            items = [(i[0].replace("{c}", c),) for i in items for c in cities]
        if language == "fr" and name in ("people", "things"):
            items += [tuple(f"l'{w}" for w in item if w[0] in _VOWELS) for item in items]
        if name in ("people", "things", "verbs", "traits", "kinds"):
            items += [(word,) for word in _invented(language, name)]
        by_start: dict[str, list[str]] = defaultdict(list)
        for word in chain.from_iterable(items):
            start, _, last = word.rpartition(" ")
            by_start[start].append(last)
        for item in items:
            for word in item:
                start, _, last = word.rpartition(" ")
                alike = [w.rpartition(" ") for w in item if w != word]
                same = tuple(w for s, _, w in alike if s == start)
                if len(by_start[start]) > 1:
                    found.setdefault(last.lower(), (same, by_start[start]))
    return found
