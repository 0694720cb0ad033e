"""What a claim comes to: the figures in each unit, and whether the rows bear it out.

A figure is *supported* where its whole interval lies within what the words allow, or where the measured figure (or the
claimed one) lies within the other's range and the interval is narrow enough to mean something: no wider than 20 points
either way, so that half is told from a quarter and from three quarters, and no wider than the share itself; a rate's
upper end at most four times its lower. It is *not supported* where the interval lies outside what the words allow.
Otherwise, or where unknown countries, another database or too few days could turn it, it cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from vigie.rules.kinds import kind_name

if TYPE_CHECKING:
    from datetime import date

    from vigie.measures.http_origins import Agreement
    from vigie.text.claimed import Part

Verdict = Literal["supported", "not supported", "cannot be told from these rows"]
SUPPORTED: Final = "supported"
REFUTED: Final = "not supported"
OPEN: Final = "cannot be told from these rows"
_WIDE: Final = 0.2
_FACTOR: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """What to weigh the claim against: a unit, a kind of attack, aimed sessions, days (UTC, both included)."""

    unit: str = ""
    kind: str = ""
    aimed: bool = False
    first: date | None = None
    last: date | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Return what is left out, in words."""
        said = []
        if self.kind:
            said.append(f"attacks of the kind {kind_name(self.kind)}")
        if self.aimed:
            said.append("attacks that were aimed at this site")
        if self.first:
            said.append(f"from {self.first}")
        if self.last:
            said.append(f"to {self.last}")
        return tuple(said)


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured figure and its 95 % interval: a share, 0 to 1, or a rate per day."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDatabase:
    """The figure as another database of addresses has it."""

    database: str
    measured: Interval
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One part of a claim in one unit. `measured` is null where there is nothing to measure.

    `inside` of `known` count towards it; of `unknown` more the country is not known, `private` of them not public
    addresses. `least` and `most` are the figure with the unknown counted out and in.
    """

    unit: str
    measured: Interval | None
    inside: int
    known: int
    unknown: int
    private: int
    sources: int
    least: float | None
    most: float | None
    verdict: Verdict
    why: str
    others: tuple[ByDatabase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedPart:
    """One figure that was claimed (`claimed_high` null: no upper end), and what was measured of it.

    `aimed` are the figures of the aimed attacks alone; empty where all or none of the attacks are aimed.
    """

    measure: str
    words: str
    countries: tuple[str, ...]
    claimed_low: float
    claimed_high: float | None
    figures: tuple[Figure, ...]
    aimed: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Attacks in each unit; `what` is all, aimed, background or unclear."""

    what: str
    requests: int
    sessions: int
    sources: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """The kinds of network the sources of an attack lie in: `known` of `sources`, by kind."""

    whose: str
    sources: int
    known: int
    kinds: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database of addresses: of `sources` it knows the country of `placed`."""

    name: str
    built: date | None
    sources: int
    placed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days (UTC) with any request; `missing` of those between the first and the last have none at all.

    `first_h` and `last_h` are the hours from the first to the last request of the first and the last day.
    """

    covered: int
    first: date | None
    last: date | None
    missing: int
    first_h: float
    last_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A claim weighed. `posts` are POST requests, whose bodies are in no log; `notes` belong to the figures."""

    claim: str
    only: tuple[str, ...]
    parts: tuple[WeighedPart, ...]
    counted: tuple[Counted, ...]
    days: Days
    databases: tuple[Database, ...]
    agreements: tuple[Agreement, ...]
    networks: tuple[Networks, ...]
    posts: int
    notes: tuple[str, ...]
    simulated: bool = False


def judge(part: Part, measured: Interval) -> tuple[Verdict, str]:
    """Return the verdict on one measured figure, and why.

    >>> from vigie.text.claimed import share_part
    >>> judge(share_part(0.5, ("UA",)), Interval(0.52, 0.4, 0.63))
    ('supported', 'what is claimed agrees with the interval')
    >>> judge(share_part(0.5, ("UA",)), Interval(0.1, 0.02, 0.3))
    ('not supported', 'the whole interval lies below what is claimed')
    """
    low, high = measured.low, measured.high
    if high < part.low:
        bound = ", as far as a log can show" if part.measure == "rate" else ""
        return REFUTED, f"the whole interval lies below what is claimed{bound}"
    if low > part.high:
        return REFUTED, "the whole interval lies above what is claimed"
    if part.low <= low and high <= part.high:
        return SUPPORTED, "the whole interval lies within what is claimed"
    crossing: tuple[Verdict, str] = OPEN, "the interval reaches from what is claimed to what is not"
    if part.one_sided:
        return crossing
    if not _informative(part, measured):
        return OPEN, "the interval is too wide to tell: too few sources, or one sent too much of it"
    agrees = part.low <= measured.value <= part.high or (part.point is not None and low <= part.point <= high)
    return (SUPPORTED, "what is claimed agrees with the interval") if agrees else crossing


def _informative(part: Part, measured: Interval) -> bool:
    if part.measure == "rate":
        return measured.high <= _FACTOR * measured.low
    share = measured.value if part.point is None else part.point
    return (measured.high - measured.low) / 2 <= min(_WIDE, max(share, 0.01), max(1 - share, 0.01))
