"""The pages of the two invented web servers: what readers ask for, what a page loads, what a login answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise.draws import weights
from vigie.exercise.world import DONATIONS, PLACES, WEB

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOGIN: Final = "/connexion"
ACCOUNT: Final = ("/compte", "/compte/profil", "/compte/dons", "/compte/messages")
LOGIN_SIZE: Final = 4_406
REFUSED_SIZE: Final = 4_512  # the login page again, with its one sentence that the password is wrong
ERROR_SIZE: Final = 564

TOPICS: Final = (
    "ecole", "sante", "logement", "travail", "energie", "numerique", "culture", "sport", "agriculture", "transports",
    "justice", "europe", "retraites", "recherche", "outre-mer", "handicap", "jeunesse", "associations", "mer",
    "montagne",
)  # fmt: skip
_ASSETS: Final = (
    "site.css", "site.js", "logo.svg", "police.woff2", "icones.svg", "bandeau.jpg", "menu.js", "carte.js",
    "portrait.jpg", "affiche.jpg", "tract.pdf", "programme.pdf", "video.js", "favicon.ico",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """A server: its log prefix, its pages by falling popularity with cumulative shares, and what pages load.

    sizes: bytes of the response to each page, then to each asset.
    """

    prefix: str
    origin: str
    pages: tuple[str, ...]
    assets: tuple[str, ...]
    shares: NDArray[np.float64]
    sizes: NDArray[np.int64]

    @property
    def targets(self) -> tuple[str, ...]:
        """Return all targets: the pages, then the assets."""
        return self.pages + self.assets


@cache
def main_site() -> Site:
    """Return the campaign's site. Its log names the virtual host before the address."""
    topics = [f"/programme/{topic}" for topic in TOPICS]
    towns = [place.lower().replace(" ", "-").replace("'", "-") for place in PLACES]
    # Pages with a parameter: readers use each of them, and so may others.
    asked = [f"/agenda?ville={town}" for town in towns]
    asked += [f"/telecharger?fichier=programme-{topic}.pdf" for topic in TOPICS]
    asked += [f"/actualites?id={n}" for n in range(1, 60)]
    asked += [f"/inscription?ref=tract-{n}" for n in range(1, 12)]
    api = [f"/api/agenda?jour=2017-04-{d:02d}&page={p}" for d in range(1, 24) for p in (1, 2)]
    news = [f"/actualites/{slug}" for slug in news_slugs()]
    searches = [f"/recherche?q={TOPICS[i % len(TOPICS)]}+{TOPICS[i * 7 % 11]}" for i in range(120)]
    first = ["/", "/programme", "/agenda", "/inscription", "/actualites", *topics]
    pages = [*first, *(f"/agenda/{town}" for town in towns), *asked, *api, *news, *searches]
    return _site(f"{WEB}:443 ", WEB, pages, [f"/static/{name}" for name in _ASSETS])


@cache
def donation_site() -> Site:
    """Return the smaller server's site. Its log is plain combined."""
    pages = ["/", "/montant", "/coordonnees", "/paiement?etape=1", "/paiement?etape=2", "/merci", "/recu", "/aide"]
    return _site("", DONATIONS, [*pages, "/mentions"], ["/static/dons.css", "/static/dons.js"])


def response_size(target: str, moment: int) -> int:
    """Return the bytes of the main server's answer to `target`; a page's differ a little from moment to moment.

    A target that no reader asks for gets what its page without the parameter gets.

    >>> response_size("/static/site.css", 5), response_size("/agenda", 5), response_size("/agenda?ville=x", 99)
    (900, 20640, 20835)
    """
    sizes = _sizes()
    size = sizes.get(target) or sizes.get(target.partition("?")[0]) or 6_000 + 7 * len(target)
    return size if target.startswith((LOGIN, "/static/")) else size + size * (moment % 200 - 100) // 10_000


@cache
def _sizes() -> dict[str, int]:
    held = main_site()
    return dict(zip(held.targets, held.sizes.tolist(), strict=True)) | {LOGIN: LOGIN_SIZE}


def news_slugs() -> tuple[str, ...]:
    """Return the last part of each news page's address."""
    return tuple(f"{TOPICS[i % len(TOPICS)]}-{i}" for i in range(1, 400))


def _site(prefix: str, host: str, pages: list[str], assets: list[str]) -> Site:
    sizes = [5_000 + 7_919 * i % 40_000 for i in range(len(pages))] + [
        900 + 7_919 * i % 90_000 for i in range(len(assets))
    ]
    return Site(
        prefix, f"https://{host}", tuple(pages), tuple(assets), weights(len(pages), 0.9, 1), np.array(sizes, np.int64)
    )
