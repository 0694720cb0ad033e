"""What a briefing says of attacks on the web servers: plain data; every figure is a count or a share with an interval.

Three units are never mixed: requests, sessions (one client's requests without a long pause) and sources (addresses).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """One thing counted in each of the units."""

    requests: int
    sessions: int
    sources: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KindLine:
    """Attacks of one kind. `days` are requests per covered day; a day that no log covers is left out."""

    name: str
    counted: Units
    aimed: int
    days: Mapping[date, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class AimLine:
    """What was judged alike from its evidence: aimed at this site, background that every site gets, or neither."""

    name: str
    meaning: str
    counted: Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share in percent with its 95 % interval; nulls where there is none."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginLine:
    """The share of one country, by unit (`vigie.rules.origin.UNITS`)."""

    country: str
    counted: Units
    shares: Mapping[str, Share]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of a session. `lane` is its kind; `succeeded` is how its answer stands out, else empty."""

    time: datetime
    lane: str
    what: str
    status: int | None
    succeeded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """One session as a time line: `steps` in the order of time, of `requests` in all."""

    address: str
    user_agent: str | None
    host: str | None
    called: str
    aim: str
    why: tuple[str, ...]
    requests: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessLine:
    """One request whose answer stands out, and how. `failed`: the server broke down over it (500), a weaker sign."""

    row_id: str
    time: datetime
    kind: str
    host: str | None
    page: str
    what: str
    status: int | None
    why: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAttacks:
    """The section on the web servers. `days` are the covered days (UTC), `posts` the POST requests in the logs.

    `databases` says in words which databases of addresses were asked and where they disagree; `elsewhere` counts the
    attacks from addresses that belong to no country: private ones, host names, addresses nobody registered.
    `origins` come in descending share of the requests, `aimed_origins` are those of the aimed sessions alone.
    """

    days: tuple[date, ...]
    counted: Units
    all_requests: int
    posts: int
    kinds: tuple[KindLine, ...]
    aims: tuple[AimLine, ...]
    origins: tuple[OriginLine, ...]
    aimed_origins: tuple[OriginLine, ...]
    elsewhere: Units
    databases: tuple[str, ...]
    succeeded: tuple[SuccessLine, ...]
    session: SessionLine | None
