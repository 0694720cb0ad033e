"""What a briefing says of texts that were copied: plain data, every figure as it was measured.

A channel is written `platform:channel_id`. But for `reposts`, all figures are of posts that are no marked reposts. A
tier is that of the outlet in the case file; None, and "" in a mapping, is a channel of no declared outlet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from vigie.rules.spread import Spread
    from vigie.rules.templates import Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family of near-identical texts.

    `text` is the beginning of the first one; `tiers` counts channels, `platforms` and `kinds` (of change against the
    first, None where it was not compared) posts. `same_instant` channels may have been first: their times do not tell
    them apart. `precision_s` is that of its least exact post (1, 60 or 86400). `findings` rest on it.
    """

    ident: str
    text: str
    posts: int
    reposts: int
    channels: int
    same_instant: int
    platforms: Mapping[str, int]
    tiers: Mapping[str, int]
    kinds: Mapping[str | None, int]
    first: datetime
    last: datetime
    first_channel: str
    precision_s: int
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One post of a family; `similarity` (0 to 1) is that to its core, `kind` the change against the first."""

    row_id: str
    time: datetime
    precision_s: int
    channel: str
    outlet: str | None
    tier: str | None
    similarity: float
    kind: str | None
    agency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The first post of one channel; `lag_s` seconds after the family's first."""

    row_id: str
    time: datetime
    precision_s: int
    channel: str
    name: str | None
    outlet: str | None
    tier: str | None
    lag_s: float
    agency: str | None = None

    @property
    def platform(self) -> str:
        """Return the platform of the channel."""
        return self.channel.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A text that differs from the first: how, the post that said so first, and how many posts say it so.

    `characters` is its length; `text` may be shorter.
    """

    kind: str
    text: str
    characters: int
    posts: int
    row_id: str
    time: datetime
    precision_s: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One family in full.

    `arrivals` are its channels in order of their first posts, the earliest of `channels`. `independent` says whether
    the text may have come to each from one agency: its own channel is first, or all carry a credit; `agencies` counts
    posts by the credit they carry. `text` is the first one, of `characters`; `variants` differ from it, of `texts` as
    they were written.
    """

    channels: int
    arrivals: tuple[Arrival, ...]
    independent: Literal["agency", "credited", ""]
    agencies: Mapping[str, int]
    text: str
    characters: int
    texts: int
    variants: tuple[Variant, ...]
    template: Pattern | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One of the families that are drawn: its earliest posts in order of time, and the whole of it for some."""

    family: Family
    members: tuple[Member, ...]
    detail: Detail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """The section on texts that were copied.

    `posts` counts those of the case, `family_*` those of all `total` families, of which `one_channel` are on one
    channel only. `families` are the first of all: those that findings rest on, the largest of each detector in turn,
    then those on most channels; `shown` are the first of these. `spread` is None where there is nothing to compare.
    """

    families: tuple[Family, ...]
    shown: tuple[Shown, ...]
    spread: Spread | None
    total: int
    one_channel: int
    posts: int
    family_posts: int
    family_reposts: int
    family_channels: int
    words_min: int
    cannot_say: tuple[str, ...]
