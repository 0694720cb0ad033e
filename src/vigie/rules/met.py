"""What explanations are told of a network: its members, its linked pairs, and the occasions on which they met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

FITS_MIN: Final = 0.9
DAY_S: Final = 86_400


class Explanation(NamedTuple):
    """What one explanation accounts for: `share` of the pair-objects, and in a sentence why."""

    name: str
    share: float
    fits: bool
    says: str


class Member(NamedTuple):
    """One channel: the outlet that the case file names for it, if any; its name folded, empty where it has none."""

    platform: str
    name: str
    outlet: str | None
    says_volunteer: bool


class Pair(NamedTuple):
    """Two linked members, by their positions, and the objects at which they met."""

    first: int
    second: int
    objects: int


class Occasion(NamedTuple):
    """One object on one day (UTC) on which members met at it.

    `pairs` that met, `same_second` of them within one; `domain` the site it is a page of, or that its posts link most;
    `others` the channels outside the network that ever shared it. `begin_s` and `end_s` are those of the meetings, in
    seconds since 1970, `delay_s` the median time between the two posts of a meeting.
    """

    object_kind: str
    object_id: str
    domain: str | None
    others: int
    pairs: int
    same_second: int
    begin_s: float
    end_s: float
    delay_s: float

    @property
    def day(self) -> int:
        """Return the day, counted from 1970."""
        return int(self.begin_s // DAY_S)


@dataclass(frozen=True, slots=True)
class Network:
    """A network. `met_pairs` counts two members who met at an object, `common_pairs` two who shared it at all.

    `is_led` tells that one member is first more often than chance has it.
    """

    members: tuple[Member, ...]
    pairs: tuple[Pair, ...]
    occasions: tuple[Occasion, ...]
    met_pairs: int
    common_pairs: int
    delay_s: float
    is_led: bool = False


def share_of(pairs: int, network: Network) -> float:
    """Return `pairs` as a share of all pairs on all occasions."""
    total = sum(met.pairs for met in network.occasions)
    return pairs / total if total else 0.0
