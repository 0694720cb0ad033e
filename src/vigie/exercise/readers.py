"""Readers: visits of a few pages, each with what it loads and the page it was reached from."""

# ruff: noqa: PLR2004 - shares and HTTP's own numbers read best where they are used
from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise import addresses
from vigie.exercise.draws import pick, weights
from vigie.exercise.site import ERROR_SIZE
from vigie.exercise.world import SUMMER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.exercise.site import Site

BROWSERS: Final = tuple(
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
_OUTSIDE: Final = (
    "-", "https://www.google.fr/", "https://t.co/x1s1mul", "https://www.facebook.com/",
    "https://gazette-simulee.example/politique",
)  # fmt: skip
_OUTSIDE_SHARES: Final = weights(len(_OUTSIDE), 0.8)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May")

_LAST_PAGE: Final = 0.45  # probability that a page is the visit's last
_PAGES_MAX: Final = 12
_LOADS_FIRST, _LOADS_MORE = (2, 2.0), 0.5  # assets: at least and on average besides; on average on later pages
REQUESTS_PER_VISIT: Final = 1 / _LAST_PAGE + sum(_LOADS_FIRST) + (1 / _LAST_PAGE - 1) * _LOADS_MORE


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads: addresses, their browsers, and cumulative shares of the visits."""

    addresses: list[str]
    agents: list[str]
    shares: NDArray[np.float64]


def readers(draw: np.random.Generator, n: int) -> Readers:
    """Draw `n` readers; a few of them come much more often than the others."""
    agents = [BROWSERS[i] for i in pick(draw, weights(len(BROWSERS), 1.0), n).tolist()]
    return Readers(addresses.addresses(draw, addresses.READERS, n), agents, weights(n, 0.75, offset=5))


def visits(
    draw: np.random.Generator, begins: NDArray[np.float64], until_s: float, site: Site, who: Readers
) -> tuple[NDArray[np.float64], list[str]]:
    """Return the times (seconds since 1970, in no order) and log lines of visits that begin at `begins`.

    What a visit would ask for from `until_s` on is left out.
    """
    if not len(begins):
        return np.empty(0), []
    reader = pick(draw, who.shares, len(begins))
    pages = np.minimum(draw.geometric(_LAST_PAGE, len(begins)), _PAGES_MAX)
    visit = np.repeat(np.arange(len(begins)), pages)
    first = np.concatenate(([True], visit[1:] != visit[:-1]))
    waited = np.cumsum(np.where(first, 0.0, 4 + draw.exponential(45, len(visit))))
    page_s = begins[visit] + waited - waited[first][visit]
    page = pick(draw, site.shares, len(visit))
    outside = pick(draw, _OUTSIDE_SHARES, len(visit))
    reached = np.where(first, outside, len(_OUTSIDE) + np.roll(page, 1))
    more = draw.poisson(np.where(first, _LOADS_FIRST[1], _LOADS_MORE))
    loads = np.minimum(more + np.where(first, _LOADS_FIRST[0], 0), len(site.assets))
    owner = np.repeat(np.arange(len(visit)), loads)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(loads) - loads, loads)
    begin = np.where(first, 0, draw.integers(0, len(site.assets), len(visit)))
    asset = (begin[owner] + rank) % len(site.assets)
    times = np.concatenate((page_s, page_s[owner] + 0.1 + 0.15 * rank + draw.random(len(owner))))
    reader = np.concatenate((reader[visit], reader[visit[owner]]))
    target = np.concatenate((page, len(site.pages) + asset))
    reached = np.concatenate((reached, len(_OUTSIDE) + page[owner]))
    kept = times < until_s
    return times[kept], _lines(draw, times[kept], (reader[kept], target[kept], reached[kept]), site, who)


def _lines(
    draw: np.random.Generator,
    times: NDArray[np.float64],
    drawn: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    site: Site,
    who: Readers,
) -> list[str]:
    reader, target, reached = drawn
    n = len(times)
    is_page = target < len(site.pages)
    chance = draw.random(n)
    again = np.where(is_page, 0.03, 0.2)
    status = np.select(
        [chance < again, chance < again + np.where(is_page, 0.02, 0.002), chance > 0.9995, chance > 0.9975],
        [304, 404, 500, 301],
        200,
    )
    # A page is about as long each time: what it shows besides its text changes a little.
    size = (site.sizes[target] * np.where(is_page, draw.normal(1, 0.01, n), 1)).astype(np.int64)
    size = np.where(status == 304, 0, np.where(status == 200, size, ERROR_SIZE))
    requests = [f"GET {one} HTTP/1.1" for one in site.targets]
    referers = [*_OUTSIDE, *(site.origin + page for page in site.pages)]
    return [
        f'{site.prefix}{who.addresses[w]} - - [{t}] "{requests[r]}" {s} {b} "{referers[f]}" "{who.agents[w]}"'
        for t, w, r, s, b, f in zip(
            stamps(times), *(c.tolist() for c in (reader, target, status, size, reached)), strict=True
        )
    ]


def stamps(times: NDArray[np.float64]) -> list[str]:
    """Return the clock of the log at `times`: local time with its offset."""
    whole = times.astype(np.int64)
    local = whole + np.where(whole < SUMMER_S, 3_600, 7_200)
    minutes, which = np.unique(local // 60, return_inverse=True)
    heads = [datetime.fromtimestamp(m * 60, UTC) for m in minutes.tolist()]
    starts = [f"{h.day:02d}/{_MONTHS[h.month - 1]}/{h.year}:{h.hour:02d}:{h.minute:02d}:" for h in heads]
    ends = [f"{s:02d} +0{offset}00" for offset in (1, 2) for s in range(60)]
    end = local % 60 + 60 * (whole >= SUMMER_S)
    return [starts[m] + ends[e] for m, e in zip(which.tolist(), end.tolist(), strict=True)]
