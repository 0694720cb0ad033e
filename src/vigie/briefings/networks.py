"""What a briefing says of accounts that act together: plain data, every figure as it was measured.

A channel is written `platform:channel_id`. An object is what two channels can share: an address, a hashtag, a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from vigie.rules.network_standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two channels that met more often than chance explains, `a` < `b`.

    `objects` are different things shared within the window, `expected` the same under the null; `delay_s` is the mean
    of their meetings, in `a_first` of which `a` came first.
    """

    kind: str
    a: str
    b: str
    objects: int
    meetings: int
    expected: float
    p_value: float
    q_value: float
    delay_s: float
    a_first: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One channel of a network. `firsts` counts objects at which it was the network's first; `tier` is the case's."""

    channel: str
    name: str | None
    role: str
    objects: int
    firsts: int
    stability: float
    created: datetime | None = None
    outlet: str | None = None
    tier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """One object that a network's members shared together; `others` are channels outside that shared it at all.

    `times` are those of the members' posts that met another's, in order. `example` is the beginning of such a post
    where the object itself is no readable text.
    """

    kind: str
    thing: str
    example: str | None
    members: int
    others: int
    first: datetime
    last: datetime
    times: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One innocent explanation, tested: `share` of the network's pairs and objects that it accounts for."""

    name: str
    share: float
    fits: bool
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOverlap:
    """How many members and pairs of a network one kind of object joins."""

    kind: str
    members: int
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """The most members made within so few days, and how likely as many channels of the case are to be so by chance."""

    members: int
    days: int
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One group of channels that act together.

    `pair_objects` adds up, over its pairs and kinds, the objects they shared within the window; `expected` is the same
    under the null. `hours` counts the posts that met another's by day and hour of the case's time zone, which are
    drawn; `objects` are all different ones, of which `pushed` holds those of most members.
    """

    ident: str
    standing: Standing
    members: tuple[Member, ...]
    kinds: tuple[KindOverlap, ...]
    pairs: int
    objects: int
    pair_objects: int
    expected: float
    p_value: float
    q_value: float
    stability: float
    delay_s: float
    same_second: float
    days: int
    hours: Mapping[tuple[date, int], int]
    pushed: tuple[Pushed, ...]
    candidates: tuple[tuple[str, int], ...]
    created_burst: Burst | None
    explanations: tuple[Explanation, ...]
    explained: float
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """One object that too many channels shared within the window for their meetings to say anything."""

    kind: str
    thing: str
    example: str | None
    channels: int
    shares: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KindLine:
    """One kind of object in all: `pairs` with objects enough to be tested, those of them beyond chance, its crowds.

    `passed` counts shares with a whole day for a time, which no window under a day can place.
    """

    kind: str
    window_s: int
    pairs: int
    beyond_chance: int
    crowds: int
    passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """How many pairs have a p of at most `p_value`, and how many would by chance alone."""

    p_value: float
    pairs: int
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """The section on accounts that act together. `tests` are the pairs tested, all kinds pooled.

    `networks` come the least probable first, `pairs` are all with q at most `q_max`, `tails` go from large p to small.
    """

    networks: tuple[Network, ...]
    pairs: tuple[Pair, ...]
    crowds: tuple[Crowd, ...]
    kinds: tuple[KindLine, ...]
    tails: tuple[Tail, ...]
    tests: int
    q_max: float
    explained_max: float
    channels_min: int
    objects_min: int
