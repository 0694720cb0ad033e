"""Texts that go from one publisher to others: a state outlet's cascade, a form letter, and what only looks like them.

A text stands in articles and in posts, which other modules write: `letters` and `stories` say what is published, and
give the same however often they are asked.
"""

# ruff: noqa: PLR2004 - a share or a size of a scene reads best where it is drawn
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise import words
from vigie.exercise.draws import choose, rng, shrink
from vigie.exercise.scenes import Post, edited, handles, size
from vigie.exercise.world import AGENCY, DAY_S, DAYS, LINKED_SITE, OUTLETS, PLACES, START_S, STATE_OUTLET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigie.exercise.truth import Truth

_PART: Final = 8
_HOUR_S: Final = 3_600
# They print what agencies and communities send out; the state outlet and the site beside it are among them.
_PRINTERS: Final = (STATE_OUTLET[1], LINKED_SITE[1], *(host for _, host in OUTLETS[1:7]))
_ALL: Final = np.ones(len(_PRINTERS), np.bool_)
_LETTER: Final = (
    "Moi, {name}, de {place}, inscrit au port depuis {year}, je demande que le bac du dimanche reste ouvert à tous et "
    "que la régie publie ses comptes avant la fin du mois, parce que sans lui nos marchés ferment l'un après l'autre"
)
_BULLETIN: Final = (
    "Mairie de {place}, point du matin : {cards} cartes retirées, {letters} procurations reçues et {calls} appels au "
    "standard depuis hier, le guichet ouvre à {hour} heures et le prochain point paraîtra demain à la même heure"
)


@dataclass(frozen=True, slots=True)
class Story:
    """One text as it is published: articles as (time, host, headline, text), and posts. `operation` is its truth's."""

    operation: str
    printed: tuple[tuple[float, str, str, str], ...]
    posted: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Release:
    """Texts that somebody sends to all papers: how they are declared, when they are printed, how many name the agency.

    `within_h` are hours after one that `begins_h` bounds, else of the day; without `credited` all name the agency.
    """

    ident: str
    what: str
    how: str
    begins_h: tuple[float, float] | None
    within_h: tuple[float, float]
    credited: int | None


_DISPATCHES: Final = _Release(
    ident="press-dispatches",
    what="dispatches of an agency in eight papers, the state outlet among them",
    how=f"all credit it ({AGENCY}), within three hours, in no order",
    begins_h=(5, 18),
    within_h=(0, 3),
    credited=None,
)
_COMMUNIQUES: Final = _Release(
    ident="press-communiques",
    what="announcements that papers print on the day they get them, the state outlet among them",
    how=f"in no order; five of eight name the agency that sent it on ({AGENCY})",
    begins_h=None,
    within_h=(5, 20),
    credited=5,
)


def letters(truth: Truth, *, scale: float, seed: int) -> Iterator[Post]:
    """Declare the form letter and the bulletins, and yield their posts."""
    k = shrink(scale)
    yield from _letter(truth, rng(seed, _PART, 1), k)
    yield from _bulletins(truth, rng(seed, _PART, 2), k)


def stories(truth: Truth, *, scale: float, seed: int) -> list[Story]:
    """Declare what the state outlet prints with others, and return it."""
    k = shrink(scale)
    return [
        *_cascade(truth, rng(seed, _PART, 3), k),
        *_released(truth, rng(seed, _PART, 4), k, _DISPATCHES),
        *_released(truth, rng(seed, _PART, 5), k, _COMMUNIQUES),
    ]


def own_articles(seed: int) -> Iterator[tuple[float, str, str, str]]:
    """Yield what the state outlet and the site beside it print that nobody else has: (time, host, headline, text)."""
    draw = rng(seed, _PART, 6)
    for day in range(DAYS):
        for _, host in (STATE_OUTLET, LINKED_SITE):
            yield START_S + day * DAY_S + draw.uniform(5, 20) * _HOUR_S, host, *_text(draw, 4)


def _letter(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Post]:
    """Yield one frame, which accounts fill with a name, a place and a year, within a day."""
    members = handles(draw, size(24, k, 12))
    ident = truth.declare(
        "posts-form-letter", "planted", "template_campaign|copied_text",
        f"{len(members)} accounts publish one letter, each with another name, place and year in it",
        "within a day, no links; the first one and what copies it are no fillings of another frame",
    )  # fmt: skip
    begins = START_S + 22 * DAY_S + 6 * _HOUR_S
    for member in members:
        name = f"{choose(draw, words.FIRST_NAMES).title()} {choose(draw, words.FIRST_NAMES).title()}"
        text = _LETTER.format(name=name, place=choose(draw, PLACES), year=int(draw.integers(1970, 2016)))
        yield Post(begins + draw.uniform(0, 14) * _HOUR_S, member, text, (), (ident,))


def _bulletins(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Post]:
    """Yield one frame that six towns fill every morning with their name and figures."""
    ident = truth.declare(
        "posts-town-bulletins", "look_alike", "template_campaign|copied_text",
        "Six towns fill one frame every morning with other figures",
        "long sentences, the same in every town and on every day but for the town's name and four figures",
    )  # fmt: skip
    for day in range(0, DAYS, 1 if k == 1 else 5):
        for place in PLACES[:6]:
            cards, letters_, calls, hour = (int(draw.integers(*b)) for b in ((20, 900), (3, 99), (5, 140), (7, 11)))
            text = _BULLETIN.format(place=place, cards=cards, letters=letters_, calls=calls, hour=hour)
            handle = "sim_mairie_" + place.replace("'", "-").split("-")[-1].lower().replace("é", "e")
            yield Post(START_S + day * DAY_S + 5 * _HOUR_S + draw.uniform(0, 900), handle, text, (), (ident,))


def _cascade(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Story]:
    """Yield texts that the state outlet prints first, then the site beside it, then accounts that do not name it."""
    members = handles(draw, size(30, k, 16))
    count = size(8, k, 6)
    ident = truth.declare(
        "press-cascade", "planted", "state_first|copied_text",
        f"{count} texts of the state outlet come to the site beside it, then to {len(members)} accounts, unnamed",
        "minutes to three hours to the site, hours to the accounts, all on one day; each takes up two thirds of them",
    )  # fmt: skip
    for day in np.sort(draw.permutation(np.arange(2, DAYS - 1))[:count]).tolist():
        headline, text = _text(draw, 3)
        begins = START_S + day * DAY_S + draw.uniform(4, 7) * _HOUR_S
        relayed = begins + draw.uniform(600, 3 * _HOUR_S)
        printed = ((begins, STATE_OUTLET[1], headline, text), (relayed, LINKED_SITE[1], headline, text))
        posted = tuple(
            Post(relayed + 600 + min(9 * _HOUR_S, draw.exponential(2.5 * _HOUR_S)), m, _taken(draw, text), (), (ident,))
            for m in members
            if draw.random() < 2 / 3
        )
        yield Story(ident, printed, posted)


def _taken(draw: np.random.Generator, text: str) -> str:
    """Return a text as somebody takes it up: whole, without its end, or with a word before it."""
    chance = draw.random()
    if chance < 0.2:
        return text.rsplit(" ", 5)[0] + "…"
    return f"À lire : {text}" if chance < 0.35 else edited(draw, text)


def _released(truth: Truth, draw: np.random.Generator, k: float, release: _Release) -> Iterator[Story]:
    """Yield texts that reach all papers from outside, each on its own."""
    count = size(8, k, 4)
    ident = truth.declare(
        release.ident, "look_alike", "copied_text|state_first", f"{count} {release.what}", release.how
    )
    for _ in range(count):
        headline, text = _text(draw, 4)
        begins = float(START_S + draw.integers(DAYS) * DAY_S)
        if release.begins_h:
            begins += draw.uniform(*release.begins_h) * _HOUR_S
        credit = _ALL if release.credited is None else draw.permutation(len(_PRINTERS)) < release.credited
        printed = tuple(
            (begins + draw.uniform(*release.within_h) * _HOUR_S, host, headline, f"{text} ({AGENCY})" if says else text)
            for host, says in zip(_PRINTERS, credit.tolist(), strict=True)
        )
        yield Story(ident, printed)


def _text(draw: np.random.Generator, sentences: int) -> tuple[str, str]:
    """Return a headline and a text."""
    headline, *said = words.french(draw, sentences + 1)
    return headline, ". ".join(said) + "."
