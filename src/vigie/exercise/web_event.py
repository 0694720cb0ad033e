"""One planned request of a scene on the web servers, and the small scenes that several of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vigie.exercise import site
from vigie.exercise.draws import choose
from vigie.exercise.world import WEB

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

PART: Final = 1
ORIGIN: Final = f"https://{WEB}"
OK, FOUND, MISSING = 200, 302, 404

Operations = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One request: `rest` is the log line after the time, `operations` are (operation, subject)."""

    time_s: float
    client: str
    rest: str
    operations: Operations = ()
    server: int = 0


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: an address, its user agent, and the operations its requests belong to."""

    address: str
    agent: str
    operations: Operations = ()

    def asks(
        self, time_s: float, target: str, status: int = OK, size: int = 0, *, referer: str = "-", post: bool = False
    ) -> Event:
        """Return the event of a request on the main server; a `size` of 0 is what the target has."""
        if not size and status != FOUND:
            size = site.response_size(target, int(7_919 * time_s)) if status == OK else site.ERROR_SIZE
        method = "POST" if post else "GET"
        line = f'"{method} {target} HTTP/1.1" {status} {size} "{referer}" "{self.agent}"'
        return Event(time_s, self.address, line, self.operations)

    def reads(
        self, draw: np.random.Generator, time_s: float, target: str, referer: str, assets: int
    ) -> Iterator[Event]:
        """Yield a page with the first `assets` of what it loads, as a browser asks for it."""
        yield self.asks(time_s, target, referer=referer)
        for rank, asset in enumerate(site.main_site().assets[:assets]):
            yield self.asks(time_s + 0.2 + 0.15 * rank + draw.random(), asset, referer=ORIGIN + target)


def login(
    draw: np.random.Generator, client: Client, time_s: float, *, failures: int, beside: Operations = ()
) -> Iterator[Event]:
    """Yield a member's login: the page with its assets, `failures` refusals, the answer, and the account's page.

    `beside` are the operations of all that is not the login attempt itself.
    """
    around = Client(client.address, client.agent, beside)
    login_page = ORIGIN + site.LOGIN
    yield from around.reads(draw, time_s, site.LOGIN, f"{ORIGIN}/", int(draw.integers(2, 6)))
    for _ in range(failures):
        time_s += 6 + draw.exponential(12)
        yield client.asks(time_s, site.LOGIN, OK, site.REFUSED_SIZE, referer=login_page, post=True)
    time_s += 6 + draw.exponential(12)
    yield client.asks(time_s, site.LOGIN, FOUND, referer=login_page, post=True)
    yield from around.reads(draw, time_s + 0.4, site.ACCOUNT[0], login_page, int(draw.integers(0, 3)))
    if draw.integers(2):
        target = choose(draw, site.ACCOUNT[1:])
        yield around.asks(time_s + 10 + draw.exponential(30), target, referer=ORIGIN + site.ACCOUNT[0])
