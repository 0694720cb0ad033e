"""What is planted on the web servers: a campaign, a scan, a flood, and two ways of guessing passwords.

The scenes lie on days of their own and are drawn independently of one another; all of them are harmless text.
"""

# ruff: noqa: PLR2004 - a share or a size of a scene reads best where it is drawn
from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise import addresses, probes, site
from vigie.exercise.draws import choose, pick, rng, shrink, weights
from vigie.exercise.readers import BROWSERS
from vigie.exercise.web_event import FOUND, MISSING, ORIGIN, PART, Client, Event, Operations
from vigie.exercise.world import day_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from vigie.exercise.truth import Truth

ATTACK_EVENINGS: Final = (
    (3, 29, 1, 40, 380),
    (4, 6, 22, 15, 1_500),
    (4, 19, 14, 5, 720),
)  # month, day, hour, minute, requests
ATTACK_S: Final = 4 * 3_600
ATTACKERS: Final = 40
COUNTRY: Final = "UA"
COUNTRY_SHARE: Final = 0.5
OTHER_COUNTRIES: Final = {"US": 20, "NL": 18, "DE": 16, "RU": 14, "FR": 12, "CN": 12, "RO": 8}
SCAN_START: Final = (3, 31, 11, 5)
SCAN_REQUESTS: Final = 3_000
FLOOD_START: Final = (4, 13, 10, 40)
FLOOD_S: Final = 40 * 60
FLOOD_REQUESTS: Final = 24_000
FLOODERS: Final = 60
GUESSING_START: Final = (4, 10, 3, 20)
GUESSING_S: Final = 30 * 60
GUESSES: Final = 480
STUFFING_START: Final = (4, 16, 2, 10)
STUFFING_S: Final = 3 * 3_600
STUFFERS: Final = 150

_SPELL_S: Final = (600, 2_400)
_READ_FIRST: Final = 0.5  # share of an attacker's spells that begin with reading pages


def planted(truth: Truth, *, scale: float, seed: int) -> Iterator[Event]:
    """Declare what is planted and yield its requests, in no order."""
    k = shrink(scale)
    yield from _campaign(truth, rng(seed, PART, 20), k)
    yield from _scan(truth, rng(seed, PART, 21), k)
    yield from _flood(truth, rng(seed, PART, 22), lasting(scale))
    yield from _guessing(truth, rng(seed, PART, 23), k)
    yield from _stuffing(truth, rng(seed, PART, 24), k)


def lasting(scale: float) -> float:
    """Return the factor for a scene that must stand out of the ordinary traffic: 1 from scale 1 to 10.

    >>> lasting(0.1), lasting(1), lasting(10), lasting(100)
    (0.1, 1.0, 1.0, 10.0)
    """
    return max(min(float(scale), 1.0), 0.1 * scale)


def _campaign(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Event]:
    ident = truth.declare(
        "web-attack", "planted", "http_attack|http_scan",
        "SQL injection and path traversal against the campaign's web server",
        "three evenings of up to four hours each; each request carries a payload, some the campaign's own name",
        aim="aimed",
    )  # fmt: skip
    evenings = truth.declare(
        "web-attack-evenings", "planted", "attack_burst",
        "The evenings of the campaign stand out from the other days",
        "the requests of web-attack",
    )  # fmt: skip
    origin = truth.declare(
        "web-attack-origin", "planted", "origin_share",
        f"Each address of the campaign lies in one country ({COUNTRY}) with a probability of {COUNTRY_SHARE:g}",
        f"the requests of web-attack from {COUNTRY}; the addresses are random, and an origin names no author",
        share=COUNTRY_SHARE,
    )  # fmt: skip
    reading = truth.declare(
        "web-attack-reading", "beside", "http_attack|http_scan|attack_burst",
        "Pages that the campaign's addresses read before they attack them",
    )  # fmt: skip
    # How much an address sends does not depend on where it lies: the planted share is that of every unit.
    sources = []
    for _ in range(max(12, round(ATTACKERS * k))):
        inside = draw.random() < COUNTRY_SHARE
        where = COUNTRY if inside else addresses.country(draw, OTHER_COUNTRIES)
        client = addresses.address(draw, where)
        operations = ((ident, client), (evenings, client), *(((origin, COUNTRY),) if inside else ()))
        sources.append((client, operations))
    shares = weights(len(sources), 0.5)
    for month, day, hour, minute, requests in ATTACK_EVENINGS:
        begins = day_s(month, day, hour, minute)
        counts = np.bincount(pick(draw, shares, round(requests * k)), minlength=len(sources))
        for (client, operations), count in zip(sources, counts.tolist(), strict=True):
            tool = choose(draw, probes.TOOLS)
            for part in (count - count // 2, count // 2) if count > 30 else (count,):
                lasts = draw.uniform(*_SPELL_S)
                start = begins + draw.beta(2, 3) * (ATTACK_S - lasts)
                times = start + lasts * np.sort(draw.random(part))
                yield from _spell(draw, Client(client, tool, operations), times, reading)


def _spell(draw: np.random.Generator, client: Client, times: NDArray[np.float64], reading: str) -> Iterator[Event]:
    """Yield one spell of an attacker's work: a few pages read, then payloads for a few of their parameters."""
    tried = [probes.attack(draw) for _ in range(3)]
    if len(times) and draw.random() < _READ_FIRST:
        reader = Client(client.address, client.agent, ((reading, ""),))
        for rank, (target, _) in enumerate(tried[: int(draw.integers(1, 4))]):
            page = target.partition("?")[0]
            yield reader.asks(times[0] - 40 + 9 * rank + draw.random(), page if ".." not in page else "/")
    for time_s in times.tolist():
        target, statuses = choose(draw, tried)
        status = int(draw.choice(probes.STATUSES, p=statuses))
        yield client.asks(time_s, target.format(n=int(draw.integers(100, 9_999))), status)


def _scan(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Event]:
    ident = truth.declare(
        "web-scan", "planted", "http_scan|http_attack|attack_burst",
        "A scanner reads the site, then tries payloads in its parameters and guesses paths",
        "from one to three addresses, with the user agent of a browser",
        aim="aimed",
    )  # fmt: skip
    agent = choose(draw, BROWSERS)
    sources = addresses.addresses(draw, {"NL": 3, "US": 2, "DE": 2, "FR": 2, "GB": 1}, int(draw.integers(1, 4)))
    clients = [Client(one, agent, ((ident, one),)) for one in sources]
    pages, asked = site.main_site().pages, [p for p in site.main_site().pages if "?" in p]
    requests = round(SCAN_REQUESTS * k)
    crawled = [pages[i] for i in draw.permutation(len(pages))[: requests // 5].tolist()]
    time_s = float(day_s(*SCAN_START))
    for at in range(requests):
        time_s += draw.exponential(0.2)
        client = choose(draw, clients)
        if at < len(crawled):
            yield client.asks(time_s, crawled[at])
        elif draw.random() < 0.45:
            # One parameter of a page that readers use, its value replaced.
            head, _, _ = choose(draw, asked).rpartition("=")
            status = int(draw.choice((200, 500, 403, 400), p=(0.7, 0.1, 0.12, 0.08)))
            yield client.asks(time_s, f"{head}={probes.scan_value(draw)}", status)
        else:
            yield client.asks(time_s, probes.guessed_path(draw), MISSING if draw.random() < 0.94 else 403)


def _flood(truth: Truth, draw: np.random.Generator, size: float) -> Iterator[Event]:
    ident = truth.declare(
        "web-flood", "planted", "http_flood",
        "A flood of searches that never repeat, from some sixty addresses, for forty minutes",
        "no page loads anything and none was reached from another; the server fails now and then",
        aim="aimed",
    )  # fmt: skip
    sources = addresses.addresses(draw, addresses.SCANNERS, FLOODERS)
    clients = [Client(one, choose(draw, BROWSERS), ((ident, one),)) for one in sources]
    start, count = day_s(*FLOOD_START), max(800, round(FLOOD_REQUESTS * size))
    letters = draw.integers(ord("a"), ord("z") + 1, (count, 10)).astype(np.uint8)
    failed = draw.random(count) < 0.15
    who = draw.integers(0, len(clients), count)
    for at, time_s in enumerate((start + FLOOD_S * draw.random(count)).tolist()):
        target = f"/recherche?q={letters[at].tobytes().decode()}{at:x}"
        yield clients[who[at]].asks(time_s, target, 503 if failed[at] else 200)


def _guessing(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Event]:
    ident = truth.declare(
        "web-login-guessing", "planted", "login_spray|http_attack|attack_burst",
        "One address tries passwords on the login page until one of them is right",
        "every refusal has the same size; the last attempt is answered with a redirection, and account pages follow",
        aim="aimed",
    )  # fmt: skip
    beside = truth.declare(
        "web-login-guessing-pages", "beside", "login_spray|http_attack|http_scan|attack_burst",
        "Pages that the guesser asks for besides",
    )  # fmt: skip
    address = addresses.address(draw, addresses.country(draw, OTHER_COUNTRIES))
    client = Client(address, choose(draw, BROWSERS), ((ident, address),))
    around = Client(address, client.agent, ((beside, ""),))
    start, guesses = day_s(*GUESSING_START), round(GUESSES * k)
    yield around.asks(start - 5.0, site.LOGIN)
    times = start + GUESSING_S * np.sort(draw.random(guesses))
    for time_s in times[:-1].tolist():
        yield client.asks(time_s, site.LOGIN, 200, site.REFUSED_SIZE, post=True)
    last = float(times[-1]) + 3
    yield client.asks(last, site.LOGIN, FOUND, post=True)
    for rank, target in enumerate(site.ACCOUNT):
        yield around.asks(last + 1 + 8 * rank, target, referer=f"{ORIGIN}{site.LOGIN}")


def _stuffing(truth: Truth, draw: np.random.Generator, k: float) -> Iterator[Event]:
    ident = truth.declare(
        "web-stuffing", "planted", "login_spray|http_attack|attack_burst",
        "Stolen passwords tried from many addresses in a night, a few attempts from each",
        "nearly all are refused, with the same size",
        aim="aimed",
    )  # fmt: skip
    beside = truth.declare(
        "web-stuffing-pages", "beside", "login_spray|http_attack|attack_burst", "Account pages after one of them fits"
    )
    start = day_s(*STUFFING_START)
    for address in addresses.addresses(draw, {**addresses.SCANNERS, "FR": 20, "ES": 5}, max(40, round(STUFFERS * k))):
        operations: Operations = ((ident, address),)
        client = Client(address, choose(draw, BROWSERS), operations)
        time_s = start + draw.random() * (STUFFING_S - 60)
        for _ in range(int(draw.integers(1, 5))):
            right = draw.random() < 0.02
            size = 0 if right else site.REFUSED_SIZE
            yield client.asks(time_s, site.LOGIN, FOUND if right else 200, size, post=True)
            if right:
                yield Client(address, client.agent, ((beside, ""),)).asks(time_s + 1, site.ACCOUNT[0])
            time_s += 2 + draw.exponential(4)
