"""Press articles of invented outlets, as JSON lines and one RSS feed, and the addresses that posts link to."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

import numpy as np

from vigie.exercise import cascades, words
from vigie.exercise.draws import Lines, moments, rng
from vigie.exercise.world import (
    AGENCY,
    DAY_S,
    DAYS,
    LINKED_SITE,
    NEWSROOM,
    OUTLETS,
    PLACES,
    START,
    START_S,
    STATE_OUTLET,
    day_s,
    iso,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from vigie.exercise.truth import Truth

ARTICLES: Final = 1_500
ARTICLES_PER_DAY_MIN: Final = 5
FEED_ITEMS: Final = 40
PRINTERS: Final = OUTLETS[1:11]

_PART: Final = 2
_AGENCY_TITLE: Final = f"Le bac de {PLACES[3]} reprendra son service le 2 mai"
_AGENCY_TEXT: Final = (
    f"Le bac fluvial de {PLACES[3]} reprendra son service le mardi 2 mai après onze semaines de travaux, a annoncé "
    "la régie des transports. La coque a été repeinte, le moteur remplacé et deux rampes élargies. "
    f"Les traversées auront lieu toutes les vingt minutes entre 6 heures et 22 heures. Les habitants de {PLACES[5]} "
    "garderont leur tarif réduit jusqu'à la fin de l'année. Le chantier a coûté 1,4 million d'euros."
)


def per_day(scale: float) -> int:
    """Return how many articles appear on a day."""
    return max(ARTICLES_PER_DAY_MIN, round(ARTICLES * scale / DAYS))


@cache
def address(seed: int, day: int, number: int) -> str:
    """Return the address of a day's article; posts link to it without having read the file."""
    draw = rng(seed, _PART, 0, day, number)
    host = OUTLETS[int(draw.integers(len(OUTLETS)))][1]
    first, second = (words.noun(draw) for _ in range(2))
    date = START + timedelta(days=day)
    return f"https://{host}/{date:%Y/%m/%d}/{first}-{second}-{1_000 * day + number}"


def write(exports: Path, truth: Truth, *, scale: float, seed: int, step: Callable[[float], None]) -> list[Path]:
    """Write `exports`/articles/articles.jsonl and the newsroom's feed, and return both."""
    folder = exports / "articles"
    paths = [folder / "articles.jsonl", folder / "rss-gazette-simulee.xml"]
    agency = truth.declare(
        "press-agency-text", "look_alike", "copied_text", "An agency's text printed by ten independent outlets",
        f"eight of ten credit it ({AGENCY}); headlines differ",
    )  # fmt: skip
    names = {host: name for name, host in (*OUTLETS, STATE_OUTLET, LINKED_SITE)}
    printed = [(*article, agency) for article in _printed(rng(seed, _PART, 1))]
    for number, (operation, one) in enumerate(_with_others(truth, scale, seed)):
        time_s, host, title, text = one
        printed.append((time_s, f"https://{host}/textes/{number}", title, text, operation))
    count = per_day(scale)
    with Lines(paths[0]) as out:
        for day in range(DAYS):
            draw = rng(seed, _PART, 2, day)
            times = np.concatenate(list(moments(draw, day, count)))[:count]
            times = np.sort(
                np.concatenate((times, START_S + day * DAY_S + 40_000 + draw.random(count - len(times)) * 30_000))
            )
            todays = [
                (time_s, address(seed, day, number), *_article(draw), "")
                for number, time_s in enumerate(times.tolist())
            ]
            start = START_S + day * DAY_S
            todays += [article for article in printed if start <= article[0] < start + DAY_S]
            for time_s, url, title, text, operation in sorted(todays):
                host = url.split("/")[2]
                article = {
                    "url": url,
                    "title": title,
                    "text": text,
                    "published": iso(time_s),
                    "site": names[host],
                    "lang": "fr",
                }
                record = out.write(json.dumps(article, ensure_ascii=False))
                if operation:
                    truth.row(operation, out.name, record, time_s, host)
            step((day + 1) / DAYS)
    _write_feed(paths[1], rng(seed, _PART, 3))
    return paths


def _with_others(truth: Truth, scale: float, seed: int) -> Iterator[tuple[str, tuple[float, str, str, str]]]:
    """Yield the articles of `cascades`, each with its operation, which is empty for what stands there alone."""
    for story in cascades.stories(truth, scale=scale, seed=seed):
        yield from ((story.operation, article) for article in story.printed)
    yield from (("", article) for article in cascades.own_articles(seed))


def _article(draw: np.random.Generator) -> tuple[str, str]:
    sentences = words.french(draw, int(draw.integers(5, 12)))
    return sentences[0], ". ".join(sentences[1:]) + "."


def _printed(draw: np.random.Generator) -> list[tuple[float, str, str, str]]:
    """Return (time, address, headline, text) of the agency's text in ten papers."""
    found = []
    for number, (_, host) in enumerate(PRINTERS):
        time_s = day_s(4, 11, 9) + float(draw.random()) * 3 * 3_600
        title = (_AGENCY_TITLE, f"{PLACES[3]} : le bac de retour", "Transports : fin des travaux du bac")[number % 3]
        credit = f" ({AGENCY})" if number % 5 else ""
        found.append((time_s, f"https://{host}/depeches/bac-{number}", title, _AGENCY_TEXT + credit))
    return found


def _write_feed(path: Path, draw: np.random.Generator) -> None:
    """Write the newsroom's live feed of the last days: items of its own, newest first."""
    times = START_S + (DAYS - 7 * draw.random(FEED_ITEMS)) * DAY_S
    with Lines(path) as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>')
        out.write(f"<title>{escape(NEWSROOM[0])}, en direct (exercice)</title><link>https://{NEWSROOM[1]}/</link>")
        for number, time_s in enumerate(np.sort(times)[::-1].tolist()):
            url = f"https://{NEWSROOM[1]}/direct/{FEED_ITEMS - number}"
            title, text = _article(draw)
            out.write(
                f'<item><title>{escape(title)}</title><link>{url}</link><guid isPermaLink="true">{url}</guid>'
                f"<pubDate>{_rfc822(iso(time_s))}</pubDate><description>{escape(text)}</description></item>"
            )
        out.write("</channel></rss>")


def _rfc822(stamp: str) -> str:
    month = ("Jan", "Feb", "Mar", "Apr", "May")[int(stamp[5:7]) - 1]
    return f"{stamp[8:10]} {month} {stamp[:4]} {stamp[11:19]} +0000"
