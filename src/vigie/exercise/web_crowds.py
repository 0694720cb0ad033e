"""Who else asks the web servers besides readers: members who log in, crawlers, probes, crowds after a link.

All of it is ordinary; what could be taken for an attack is declared as a look-alike.
"""

# ruff: noqa: PLR2004 - a share or a size of a scene reads best where it is drawn
from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise import addresses, probes, site
from vigie.exercise.draws import choose, pick, rng, shrink, weights
from vigie.exercise.readers import BROWSERS
from vigie.exercise.web_attacks import lasting
from vigie.exercise.web_event import MISSING, PART, Client, Event, login
from vigie.exercise.world import DAY_S, DAYS, START_S, day_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vigie.exercise.truth import Truth

SCANS_PER_DAY: Final = 110
LOGINS_PER_DAY: Final = 80
WRONG_PASSWORD: Final = 0.08
MEMBERS_START: Final = (3, 24, 18, 30)
MEMBERS_S: Final = 2 * 3_600
MEMBERS: Final = 400
LINK_START: Final = (4, 2, 15, 30)
LINK_S: Final = 30 * 60
LINK_VISITS: Final = 600
LINK_PAGE: Final = "/programme/europe"
PROBE_S: Final = 300
_CRAWLERS: Final = (
    "Mozilla/5.0 (compatible; ExempleBot/2.1; +http://moteur-simule.example/robot)",
    "Mozilla/5.0 (compatible; RobotImaginaire/1.0; +http://annuaire-imaginaire.example)",
)
_MONITOR: Final = "SurveillanceImaginaire/1.2"
_LINK_CHECKER: Final = "Mozilla/5.0 (compatible; LiensImaginaires/0.9; +http://liens-imaginaires.example)"


def crowds(truth: Truth, *, scale: float, seed: int) -> Iterator[Event]:
    """Declare the look-alikes that are single scenes, and yield their requests, in no order."""
    k = shrink(scale)
    yield from _background(truth, rng(seed, PART, 30), k)
    yield from _search_words(truth, rng(seed, PART, 31), k)
    yield from _crawlers(truth, rng(seed, PART, 32), k)
    yield from _machines(truth, rng(seed, PART, 33), k)
    yield from _members(truth, rng(seed, PART, 34), k)
    yield from _link(truth, rng(seed, PART, 35), max(0.02, lasting(scale)))


def logins(day: int, *, scale: float, seed: int) -> Iterator[Event]:
    """Yield the ordinary logins of a day, which grow with the scale as readers do."""
    draw = rng(seed, PART, 4, day)
    for _ in range(int(draw.poisson(LOGINS_PER_DAY * scale))):
        client = Client(addresses.address(draw, "FR"), choose(draw, BROWSERS))
        begins = START_S + day * DAY_S + (6 + 15 * draw.beta(2, 1.5)) * 3_600
        yield from login(draw, client, begins, failures=_failures(draw))


def _failures(draw: np.random.Generator) -> int:
    return int(draw.geometric(1 - WRONG_PASSWORD)) - 1


def _background(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Event]:
    noise = truth.declare(
        "web-scanners", "look_alike", "http_attack|http_scan|attack_burst",
        "Background scanners: a low, steady level of probes from everywhere",
        "every server on the Internet sees this every day; a few probes carry markup or escape sequences as user agent",
        aim="background",
    )  # fmt: skip
    pool = addresses.addresses(draw, addresses.SCANNERS, max(120, round(2_500 * k)))
    for day in range(DAYS):
        left = int(draw.poisson(SCANS_PER_DAY * k))
        while left > 0:
            burst = min(left, int(draw.integers(1, 9)))
            client = Client(choose(draw, pool), choose(draw, probes.SCAN_TOOLS), ((noise, ""),))
            begins = START_S + day * DAY_S + draw.random() * (DAY_S - 60)
            server = int(draw.random() < 0.4)
            for at in range(burst):
                target, status = probes.scan(draw)
                event = client.asks(begins + 1.7 * at, target, status)
                yield Event(event.time_s, event.client, event.rest, event.operations, server)
            left -= burst
    for agent in probes.HOSTILE_AGENTS:
        yield Client(choose(draw, pool), agent, ((noise, ""),)).asks(START_S + draw.random() * DAYS * DAY_S, "/")
    sweeps = truth.declare(
        "web-sweeps", "beside", "http_scan|attack_burst",
        "Once a week a background scanner goes through a whole list: a scan, and aimed at nobody",
        "it need not be found",
        aim="background",
    )  # fmt: skip
    for week in range(DAYS // 7):
        client = Client(addresses.address(draw, addresses.country(draw, addresses.SCANNERS)), "-", ((sweeps, ""),))
        time_s = START_S + (7 * week + 5) * DAY_S + draw.random() * (DAY_S - 3_600)
        listed = [probe.format(n=2) for probe in probes.SCANS]
        listed += [probes.rare_probe(draw) for _ in range(round(int(draw.integers(40, 200)) * k))]
        for at in draw.permutation(len(listed)).tolist():
            time_s += draw.exponential(0.7)
            yield client.asks(time_s, listed[at], MISSING)


def _search_words(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Event]:
    words = truth.declare(
        "web-search-words", "look_alike", "http_attack|attack_burst",
        "Readers whose search words also occur in SQL and in scripts",
    )  # fmt: skip
    for day in range(DAYS):
        for _ in range(max(1, int(draw.poisson(4 * k)))):
            client = Client(addresses.address(draw, "FR"), choose(draw, BROWSERS), ((words, ""),))
            yield client.asks(START_S + day * DAY_S + draw.random() * DAY_S, choose(draw, probes.INNOCENT))


def _crawlers(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Event]:
    ident = truth.declare(
        "web-crawlers", "look_alike", "http_scan", "Crawlers of search engines that say what they are"
    )
    slugs = site.news_slugs()
    for agent in _CRAWLERS:
        robots = [Client(addresses.address(draw, "US"), agent, ((ident, ""),)) for _ in range(4)]
        for day in range(DAYS):
            start = START_S + day * DAY_S
            yield choose(draw, robots).asks(start + draw.random() * 600, "/robots.txt")
        for time_s in (START_S + draw.random(round(3_000 * k)) * DAYS * DAY_S).tolist():
            gone = draw.random() < 0.03
            target = f"/actualites/{choose(draw, slugs)}" + ("-ancien" if gone else "")
            yield choose(draw, robots).asks(time_s, target, MISSING if gone else 200)


def _machines(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Event]:
    monitor = truth.declare(
        "web-monitor",
        "look_alike",
        "http_scan|http_flood",
        "A monitoring probe that asks for one page every few minutes",
    )
    checker = truth.declare(
        "web-link-checker", "look_alike", "http_scan|http_flood",
        "A link checker that reads the whole site once a week",
        "it meets some pages that are gone",
    )  # fmt: skip
    probe = Client(addresses.address(draw, "FR"), _MONITOR, ((monitor, ""),))
    for time_s in np.arange(START_S, START_S + DAYS * DAY_S, PROBE_S / k).tolist():
        yield probe.asks(time_s + draw.random(), "/")
    reader = Client(addresses.address(draw, "FR"), _LINK_CHECKER, ((checker, ""),))
    pages = [p for p in site.main_site().pages if "?" not in p][: max(60, round(450 * k))]
    for week in range(DAYS // 7):
        time_s = START_S + week * 7 * DAY_S + 4 * 3_600 + draw.random() * 600
        for page in pages:
            time_s += 0.8 + draw.random()
            yield reader.asks(time_s, page, MISSING if draw.random() < 0.04 else 200)


def _members(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Event]:
    ident = truth.declare(
        "web-members-evening", "look_alike", "login_spray|http_flood|attack_burst",
        "Members log in after a mail to all of them",
        "each from an own address with what a browser loads; some mistype their password",
    )  # fmt: skip
    begins = day_s(*MEMBERS_START)
    for _ in range(round(MEMBERS * k)):
        client = Client(addresses.address(draw, "FR"), choose(draw, BROWSERS), ((ident, ""),))
        time_s = begins + draw.beta(1.3, 3) * (MEMBERS_S - 300)
        yield from login(draw, client, time_s, failures=_failures(draw), beside=client.operations)


def _link(truth: Truth, draw: np.random.Generator, size: float) -> Iterator[Event]:
    ident = truth.declare(
        "web-famous-link", "look_alike", "http_flood",
        "A famous account posts a link: ten times the ordinary traffic on one page for half an hour",
        "readers, each from an own address, with what the page loads",
    )  # fmt: skip
    begins = day_s(*LINK_START)
    shares = weights(len(BROWSERS), 1.0)
    for rank in pick(draw, shares, round(LINK_VISITS * size)).tolist():
        client = Client(addresses.address(draw, "FR"), BROWSERS[rank], ((ident, ""),))
        time_s = begins + draw.beta(1.2, 2.5) * (LINK_S - 10)
        yield from client.reads(draw, time_s, LINK_PAGE, "https://t.co/x1s2mul", 2 + int(draw.poisson(2)))
