"""Access logs of two invented web servers: readers, crawlers, scanners, a debate night, a planted attack."""

# ruff: noqa: PLR2004 - shares and HTTP's own numbers read best where they are used
from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise import addresses, probes
from vigie.exercise.draws import Lines, choose, day_volumes, moments, pick, rng, shrink, weights
from vigie.exercise.world import DAY_S, DAYS, DONATIONS, PLACES, START_S, SUMMER_S, WEB, day_s

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from vigie.exercise.truth import Truth

REQUESTS: Final = 400_000
SCANS_PER_DAY: Final = 110
ATTACK_DAYS: Final = (
    (3, 29, 1, 40, 380),
    (4, 6, 22, 15, 1_500),
    (4, 19, 14, 5, 720),
)  # month, day, hour, minute, requests
ATTACK_S: Final = 4 * 3_600
ATTACKERS: Final = 40
ORIGIN: Final = "UA"
OTHER_ORIGINS: Final = {"US": 20, "NL": 18, "DE": 16, "RU": 14, "FR": 12, "CN": 12, "RO": 8}
DEBATE: Final = (day_s(4, 4, 20, 40), day_s(4, 4, 23, 59))
DEBATE_FACTOR: Final = 5
DONATIONS_SHARE: Final = 0.12

_PART: Final = 1
_DEBATE_ID: Final = "web-debate-night"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May")
_BROWSERS: Final = tuple(
    f"Mozilla/5.0 ({system}"
    for system in (
        "Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/57.0.2987.110 Safari/537.36",
        "iPhone; CPU iPhone OS 10_2_1 like Mac OS X) AppleWebKit/602.4.6 (KHTML, like Gecko) Mobile/14D27 Safari/602.1",
        "Windows NT 6.1; WOW64; rv:52.0) Gecko/20100101 Firefox/52.0",
        "Linux; Android 6.0.1; SM-G920F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/56.0.2924.87 Mobile",
        "Macintosh; Intel Mac OS X 10_12_3) AppleWebKit/602.4.8 (KHTML, like Gecko) Version/10.0.3 Safari/602.4.8",
        "Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
        "X11; Ubuntu; Linux x86_64; rv:52.0) Gecko/20100101 Firefox/52.0",
        "iPad; CPU OS 9_3_5 like Mac OS X) AppleWebKit/601.1.46 (KHTML, like Gecko) Mobile/13G36 Safari/601.1",
    )
)
_CRAWLERS: Final = (
    "Mozilla/5.0 (compatible; ExempleBot/2.1; +http://moteur-simule.example/robot)",
    "Mozilla/5.0 (compatible; RobotImaginaire/1.0; +http://annuaire-imaginaire.example)",
)


_TOPICS: Final = (
    "ecole", "sante", "logement", "travail", "energie", "numerique", "culture", "sport", "agriculture", "transports",
    "justice", "europe", "retraites", "recherche", "outre-mer", "handicap", "jeunesse", "associations", "mer",
    "montagne",
)  # fmt: skip
_ASSETS: Final = (
    "site.css", "site.js", "logo.svg", "police.woff2", "icones.svg", "bandeau.jpg", "menu.js", "carte.js",
    "portrait.jpg", "affiche.jpg", "tract.pdf", "programme.pdf", "video.js", "favicon.ico",
)  # fmt: skip
_REFERERS: Final = (
    f"https://{WEB}/", "-", f"https://{WEB}/programme", "https://www.google.fr/", f"https://{WEB}/agenda", "https://t.co/x1s1mul",
    "https://www.facebook.com/", f"https://{WEB}/recherche?q=ecole", "https://gazette-simulee.example/politique",
)  # fmt: skip
_REFERER_SHARES: Final = weights(len(_REFERERS), 1.1)


@dataclass(frozen=True, slots=True)
class _Event:
    """One request that is no reader's: `rest` is the log line after the time, `operations` are (operation, subject)."""

    time_s: float
    server: int
    client: str
    rest: str
    operations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Site:
    """What readers ask for: its log prefix, cumulative shares, request lines, and sizes (0: drawn each time)."""

    prefix: str
    shares: NDArray[np.float64]
    requests: list[str]
    sizes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Readers:
    """Who reads: addresses, their browsers, and cumulative shares of the traffic."""

    addresses: list[str]
    agents: list[str]
    shares: NDArray[np.float64]


def write(exports: Path, truth: Truth, *, scale: float, seed: int, step: Callable[[float], None]) -> list[Path]:
    """Write `exports`/web, a file per server and week, and return the files; `step` hears the share done."""
    events = _events(seed, shrink(scale), truth)
    draw = rng(seed, _PART, 0)
    readers = _readers(draw, int(min(400_000, max(300, 8_000 * scale))))
    sites = (_main_site(), _donation_site())
    volumes = day_volumes(REQUESTS * scale)
    files: list[Path] = []
    weeks = DAYS // 7
    for week in range(weeks):
        # As log rotation leaves them: all but the last two weeks are compressed.
        ending = "access.log.gz" if week < weeks - 2 else "access.log"
        paths = [exports / "web" / f"{host}-2017w{12 + week}.{ending}" for host in (WEB, DONATIONS)]
        files += paths
        with ExitStack() as stack:
            part = _Part([stack.enter_context(Lines(path)) for path in paths], truth, readers, sites)
            for day in range(7 * week, 7 * week + 7):
                _write_day(part, day, float(volumes[day]), seed, events[day])
                step((day + 1) / DAYS)
    return files


def _write_day(part: _Part, day: int, expected: float, seed: int, events: list[_Event]) -> None:
    draw = rng(seed, _PART, 2, day)
    debate = START_S + day * DAY_S < DEBATE[0] < START_S + (day + 1) * DAY_S
    factor = DEBATE_FACTOR if debate else 1
    done = 0
    for drawn in moments(rng(seed, _PART, 1, day), day, expected * factor):
        times = drawn[_at_debate(drawn) | (draw.random(len(drawn)) < 1 / factor)]
        upto = done + (sum(e.time_s <= times[-1] for e in events[done:]) if len(times) else 0)
        part.write(draw, times, events[done:upto])
        done = upto
    part.write(draw, np.empty(0), events[done:])


@dataclass(frozen=True, slots=True)
class _Part:
    """The open files of a week, and all that a part of a day needs."""

    outs: list[Lines]
    truth: Truth
    readers: _Readers
    sites: tuple[_Site, _Site]

    def write(self, draw: np.random.Generator, times: NDArray[np.float64], events: list[_Event]) -> None:
        """Write readers' requests at `times` and `events` in the order of time, each server's to its own file."""
        at_donations = draw.random(len(times)) < DONATIONS_SHARE
        for server, (out, site) in enumerate(zip(self.outs, self.sites, strict=True)):
            own = times[at_donations == bool(server)]
            planned = [e for e in events if e.server == server]
            both = np.concatenate((own, [e.time_s for e in planned]))
            lines = self._readers_lines(draw, own, site)
            stamps = _stamps(both[len(own) :])
            lines += [f"{site.prefix}{e.client} - - [{t}] {e.rest}" for e, t in zip(planned, stamps, strict=True)]
            order = np.argsort(both, kind="stable")
            begins = out.write_all([lines[i] for i in order.tolist()])
            debate = _at_debate(both)
            if not server and debate.any():
                for at in np.flatnonzero(debate[order] & (order < len(own))).tolist():
                    self.truth.row(_DEBATE_ID, out.name, begins + at, float(both[order[at]]), WEB)
            for at in np.flatnonzero(order >= len(own)).tolist():
                event = planned[order[at] - len(own)]
                for operation, subject in event.operations:
                    self.truth.row(operation, out.name, begins + at, event.time_s, subject)

    def _readers_lines(self, draw: np.random.Generator, times: NDArray[np.float64], site: _Site) -> list[str]:
        n = len(times)
        readers = self.readers
        who = pick(draw, readers.shares, n)
        what = pick(draw, site.shares, n)
        chance = draw.random(n)
        status = np.select([chance < 0.05, chance < 0.07, chance < 0.072, chance < 0.0725], [304, 404, 301, 500], 200)
        size = np.where(site.sizes[what] > 0, site.sizes[what], 2_000 + draw.exponential(9_000, n).astype(np.int64))
        size = np.where(status == 304, 0, np.where(status == 200, size, 564))
        referer = pick(draw, _REFERER_SHARES, n)
        columns = (who, what, status, size, referer)
        return [
            f"{site.prefix}{readers.addresses[w]} - - [{t}] "
            f'"{site.requests[r]}" {s} {b} "{_REFERERS[f]}" "{readers.agents[w]}"'
            for t, w, r, s, b, f in zip(_stamps(times), *(c.tolist() for c in columns), strict=True)
        ]


def _readers(draw: np.random.Generator, n: int) -> _Readers:
    agents = [_BROWSERS[i] for i in pick(draw, weights(len(_BROWSERS), 1.0), n).tolist()]
    return _Readers(addresses.addresses(draw, addresses.READERS, n), agents, weights(n, 0.75, offset=5))


def _site(prefix: str, targets: list[tuple[str, int]]) -> _Site:
    shares = weights(len(targets), 0.9, offset=2)
    lines = [f"GET {target} HTTP/1.1" for target, _ in targets]
    return _Site(prefix, shares, lines, np.array([size for _, size in targets], np.int64))


def _main_site() -> _Site:
    """Return pages in the order of their popularity, what every page loads among the first.

    This server's log names the virtual host before the address; the smaller one's is plain combined.
    """
    assets = [(f"/static/{name}", 900 + 7_919 * i % 90_000) for i, name in enumerate(_ASSETS)]
    topics = [(f"/programme/{topic}", 0) for topic in _TOPICS]
    places = [(f"/agenda/{place.lower().replace(' ', '-').replace(chr(39), '-')}", 0) for place in PLACES]
    news = [(f"/actualites/{_TOPICS[i % len(_TOPICS)]}-{i}", 0) for i in range(1, 400)]
    searches = [(f"/recherche?q={_TOPICS[i % len(_TOPICS)]}+{_TOPICS[i * 7 % 11]}", 0) for i in range(120)]
    api = [(f"/api/agenda?jour=2017-04-{d:02d}&page={p}", 0) for d in range(1, 24) for p in (1, 2)]
    first = [("/", 0), *assets[:6], ("/programme", 0), *assets[6:], ("/agenda", 0), ("/inscription", 0)]
    return _site(f"{WEB}:443 ", [*first, *topics, *places, *api, *news, *searches])


def _donation_site() -> _Site:
    """Return the smaller server's pages."""
    pages = [("/", 0), ("/static/dons.css", 18_204), ("/static/dons.js", 51_377), ("/montant", 0), ("/coordonnees", 0)]
    more = [
        ("/paiement?etape=1", 0),
        ("/paiement?etape=2", 0),
        ("/merci", 0),
        ("/recu", 0),
        ("/aide", 0),
        ("/mentions", 0),
    ]
    return _site("", [*pages, *more])


def _events(seed: int, k: float, truth: Truth) -> list[list[_Event]]:
    """Return what is not readers' traffic, by day and ascending in time; `k` shrinks it at small scales."""
    draw = rng(seed, _PART, 3)
    truth.declare(
        _DEBATE_ID,
        "look_alike",
        "http_attack",
        f"Debate night: {DEBATE_FACTOR} times the ordinary traffic",
        "readers only",
    )
    days: list[list[_Event]] = [[] for _ in range(DAYS)]
    for event in (*_attacks(draw, k, truth), *_background(draw, k, truth), *_crawls(draw, k)):
        days[int(event.time_s - START_S) // DAY_S].append(event)
    return [sorted(events, key=lambda e: e.time_s) for events in days]


def _attacks(draw: np.random.Generator, k: float, truth: Truth) -> list[_Event]:
    campaign = truth.declare(
        "web-attack", "planted", "http_attack",
        "SQL injection and path traversal against the campaign's web server",
        "three evenings of up to four hours each; targets, tools and addresses are drawn independently",
    )  # fmt: skip
    origin = truth.declare(
        "web-attack-origin", "planted", "http_origin",
        f"Half of the campaign's addresses lie in one country ({ORIGIN})",
        f"the requests of web-attack from {ORIGIN}; the addresses are random, and an origin names no author",
    )  # fmt: skip
    n = max(12, round(ATTACKERS * k / 2) * 2)
    sources = [(addresses.address(draw, ORIGIN), ORIGIN) for _ in range(n // 2)]
    sources += [(a, "") for a in addresses.addresses(draw, OTHER_ORIGINS, n - n // 2)]
    # Both halves send alike: ranks of a tail are dealt out in turn.
    shares = weights(n // 2, 0.5)
    found = []
    for month, day, hour, minute, requests in ATTACK_DAYS:
        count = round(requests * k)
        times = day_s(month, day, hour, minute) + draw.beta(2, 3, count) * ATTACK_S
        ranks = pick(draw, shares, count) + (n // 2) * (draw.random(count) < 0.5)
        for time_s, rank in zip(times.tolist(), ranks.tolist(), strict=True):
            client, country = sources[rank]
            target, status, agent = probes.attack(draw)
            operations = ((campaign, client), (origin, country)) if country else ((campaign, client),)
            found.append(_Event(time_s, 0, client, _rest(target, status, agent), operations))
    return found


def _background(draw: np.random.Generator, k: float, truth: Truth) -> list[_Event]:
    noise = truth.declare(
        "web-scanners", "look_alike", "http_attack",
        "Background scanners: a low, steady level of probes from everywhere",
        "every server on the Internet sees this every day; a few probes carry markup or escape sequences as user agent",
    )  # fmt: skip
    words = truth.declare(
        "web-search-words", "look_alike", "http_attack", "Readers whose search words also occur in SQL and in scripts"
    )
    pool = addresses.addresses(draw, addresses.SCANNERS, max(120, round(2_500 * k)))
    found = []
    for day in range(DAYS):
        start = START_S + day * DAY_S
        left = int(draw.poisson(SCANS_PER_DAY * k))
        while left > 0:
            burst = min(left, int(draw.integers(1, 9)))
            client, begins = choose(draw, pool), start + draw.random() * (DAY_S - 60)
            for i in range(burst):
                target, status, agent = probes.scan(draw)
                server = int(draw.random() < 0.4)
                found.append(_Event(begins + 1.7 * i, server, client, _rest(target, status, agent), ((noise, ""),)))
            left -= burst
        for _ in range(max(1, int(draw.poisson(4 * k)))):
            client = addresses.address(draw, "FR")
            rest = _rest(choose(draw, probes.INNOCENT), 200, choose(draw, _BROWSERS))
            found.append(_Event(start + draw.random() * DAY_S, 0, client, rest, ((words, ""),)))
    for agent in probes.HOSTILE_AGENTS:
        moment = START_S + draw.random() * DAYS * DAY_S
        client = choose(draw, pool)
        found.append(_Event(moment, 0, client, _rest("/", 200, agent), ((noise, ""),)))
    return found


def _crawls(draw: np.random.Generator, k: float) -> list[_Event]:
    found = []
    for agent in _CRAWLERS:
        robots = [addresses.address(draw, "US") for _ in range(4)]
        for time_s in (START_S + draw.random(round(3_000 * k)) * DAYS * DAY_S).tolist():
            target = f"/actualites/{choose(draw, _TOPICS)}-{int(draw.integers(1, 400))}"
            found.append(_Event(time_s, 0, choose(draw, robots), _rest(target, 200, agent)))
    return found


def _rest(target: str, status: int, agent: str) -> str:
    size = 162 if status != 200 else 5_120 + len(target)
    return f'"GET {target} HTTP/1.1" {status} {size} "-" "{agent}"'


def _at_debate(times: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (times >= DEBATE[0]) & (times < DEBATE[1])


def _stamps(times: NDArray[np.float64]) -> list[str]:
    """Return the clock of the log: local time with its offset."""
    whole = times.astype(np.int64)
    local = whole + np.where(whole < SUMMER_S, 3_600, 7_200)
    minutes, which = np.unique(local // 60, return_inverse=True)
    heads = [datetime.fromtimestamp(m * 60, UTC) for m in minutes.tolist()]
    starts = [f"{h.day:02d}/{_MONTHS[h.month - 1]}/{h.year}:{h.hour:02d}:{h.minute:02d}:" for h in heads]
    ends = [f"{s:02d} +0{offset}00" for offset in (1, 2) for s in range(60)]
    end = local % 60 + 60 * (whole >= SUMMER_S)
    return [starts[m] + ends[e] for m, e in zip(which.tolist(), end.tolist(), strict=True)]
