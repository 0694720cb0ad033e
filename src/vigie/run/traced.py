"""What `vigie trace` found: posts, how they stand to what was asked, and what was looked through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LINKS: Final = "links it"
CONTAINS: Final = "contains it"
PART: Final = "part of it"
NEAR: Final = "near"
CANNOT_SAY: Final = (
    "Software measures; one text in many places is not proof of one author.",
    "First is the earliest in this case: where a text comes from may stand outside of it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One post in which the asked text stands, or that links the asked page.

    `relation` is a kind of change (`vigie.rules.changes`), "contains it", "part of it" or "links it". `likeness`: the
    share of the words of both that are kept; where one contains the other, of the shorter's runs of characters those
    that the longer has; None of a link. `precision_s`: how exactly its file gives times. `line` is None where a large
    document would have to be read for it. `family` is empty where `vigie families` lists none with this post.
    """

    row_id: str
    time: datetime
    precision_s: int
    platform: str
    channel: str
    name: str | None
    outlet: str | None
    tier: str | None
    is_repost: bool
    file: str
    record: int
    line: int | None
    relation: str
    likeness: float | None
    family: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Posts in order of time, marked reposts last; `shown` are the first of `total`.

    But for `total`, `reposts` and `shown`, figures are of the posts that are no marked reposts: `platforms` and
    `relations` count posts, `tiers` channels (empty: of no declared outlet). A relation of "near" is a post of the
    family that is not exact. `first` is the earliest that has the whole text, of several at one instant the one that
    was added first; `tied` counts the other channels of which nothing says whether they were earlier.
    """

    total: int
    posts: int
    reposts: int
    channels: int
    relations: Mapping[str, int]
    platforms: Mapping[str, int]
    tiers: Mapping[str, int]
    last_seen: datetime | None
    first: Standing | None
    tied: int
    shown: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """A text of the case that resembles the asked one too little to be called near; its first post stands for it."""

    likeness: float
    posts: int
    post: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was found of a text: `words` of it after normalisation, fewer than three of which cannot be traced."""

    text: str
    words: int
    listing: Listing
    nearest: tuple[Nearest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What was found of a page: who links it, how many posts link other pages of its host, and its own text.

    `host` is empty where it names no publisher: a platform, on which anybody publishes, or a shortener.
    """

    page: str
    host: str
    is_shortener: bool
    listing: Listing
    others: int
    others_first: Standing | None
    others_last: Standing | None
    article: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """The answer. `lacking` names tables without rows; `posts` and `texts` are what was looked through.

    `posts` counts marked reposts, too. `said` is of the asked text, or of the article at the asked page.
    """

    simulated: bool
    time_zone: str
    lacking: tuple[str, ...]
    posts: int
    texts: int
    linked: Linked | None
    said: Said | None
    cannot_say: tuple[str, ...] = CANNOT_SAY
