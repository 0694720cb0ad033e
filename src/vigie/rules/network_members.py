"""What single members are in a network: who is first, who only passes on, who was made when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import betainc

from vigie.kernels.tails import hypergeometric_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FIRST_P_MAX: Final = 0.01
SELDOM_FIRST: Final = 0.05
MOST: Final = 0.5
BURST_DAYS: Final = 7
_DAY_US: Final = 86_400_000_000

# Words that say so, folded; a longer word that begins with one counts, too: "bénévoles", "волонтёры".
_VOLUNTEERS: Final = (
    "benevole", "campaigner", "canvasser", "equipe-de-campagne", "freiwillig", "onorkentes", "volontaire",
    "volontari", "voluntari", "volunteer", "wahlkampfhelfer", "wolontariusz", "волонтер", "доброволец", "εθελοντ",
)  # fmt: skip


class Firsts(NamedTuple):
    """Of one member: objects it met at, those at which it was first, and those chance would have made it first at."""

    objects: int
    firsts: int
    expected: float


def roles(members: Sequence[Firsts], objects: int) -> list[str]:
    """Return first mover, amplifier or member for each.

    A first mover is first at more objects than chance has it among those who were there: with a probability, by the
    binomial tail, of at most `FIRST_P_MAX` over all members. Where there is one, an amplifier is there at `MOST` of the
    objects and first at no more than `SELDOM_FIRST` of its own.

    >>> roles([Firsts(10, 9, 2.5), Firsts(10, 0, 2.5), Firsts(10, 1, 2.5), Firsts(2, 0, 0.5)], 10)
    ['first mover', 'amplifier', 'member', 'member']
    """
    least = FIRST_P_MAX / max(1, len(members))
    movers = [_first_by_chance(m) <= least for m in members]
    found = []
    for member, mover in zip(members, movers, strict=True):
        there = member.objects >= MOST * objects
        seldom = member.firsts <= SELDOM_FIRST * member.objects
        amplifies = any(movers) and there and seldom
        found.append("first mover" if mover else "amplifier" if amplifies else "member")
    return found


def _first_by_chance(member: Firsts) -> float:
    """Return the probability of being first at as many objects, each with the mean chance (an upper bound of it)."""
    if member.firsts <= member.expected:
        return 1.0
    chance = min(1.0, member.expected / member.objects)
    return float(betainc(member.firsts, member.objects - member.firsts + 1, chance))


class Burst(NamedTuple):
    """The most members made within `days`, and how likely as many are by chance."""

    members: int
    days: int
    p_value: float


def created_burst(members_us: NDArray[np.int64], all_us: NDArray[np.int64]) -> Burst | None:
    """Return the densest `BURST_DAYS` of the members' beginnings; `all_us` are those of all channels, members included.

    The null: the members are drawn from all channels of the case without regard to when they were made
    (hypergeometric), times the number of stretches looked at. Nothing where fewer than two dates are known.

    >>> day = 86_400_000_000
    >>> burst = created_burst(np.array([5, 5, 6, 300]) * day, np.arange(400) * day)
    >>> burst.members, burst.days, f"{burst.p_value:.1e}"
    (3, 7, '5.2e-05')
    """
    if len(members_us) < 2:  # noqa: PLR2004 - one is no burst
        return None
    own, everybody = np.sort(members_us), np.sort(all_us)
    ends = own + BURST_DAYS * _DAY_US
    inside = np.searchsorted(own, ends, "left") - np.arange(len(own))
    at = int(np.argmax(inside))
    there = int(np.searchsorted(everybody, ends[at], "left") - np.searchsorted(everybody, own[at], "left"))
    members = int(inside[at])
    tail = hypergeometric_tail(members, len(own), there, len(everybody))
    return Burst(members, BURST_DAYS, min(1.0, tail * len(own)))


def says_volunteer(folded: str) -> bool:
    """Tell whether a text, folded to an identifier (`vigie.text.fold`), says that its author is a volunteer.

    >>> says_volunteer("soiree-des-benevoles-a-20-h"), says_volunteer("les-involontaires")
    (True, False)
    """
    padded = f"-{folded}"
    return any(f"-{word}" in padded for word in _VOLUNTEERS)
