"""Who published a text first, and where it went from there: by tier and by platform, against chance.

Asked is of families with two publishers or more (an outlet is one, a channel without outlet another) what each
channel's first own post says (`vigie.rules.spread_slots`); chance is `vigie.kernels.before`. An agency's text reaches
its customers each on its own, so that families that a news agency has, or that all credit to one, say nothing about who
copies whom, and are counted apart.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise, permutations
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from vigie.kernels.before import first_of_two, poisson_binomial_tail
from vigie.kernels.q_values import bh
from vigie.rules.agencies import is_agency_channel
from vigie.rules.spread_slots import NOT_DECLARED, S_US, STATE_TIERS, interval, slots_of
from vigie.tables import split_row_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pyarrow as pa
    from numpy.typing import NDArray

    from vigie.kernels.before import Firsts
    from vigie.rules.spread_slots import Slots

TIERS: Final = ("official", "state-controlled", "state-linked", "state-aligned", "none", NOT_DECLARED)
# Fewer families whose order chance could change say nothing either way.
FAMILIES_MIN: Final = 5
PLATFORMS_MOST: Final = 12
CHAINS_MOST: Final = 20
STEPS_MOST: Final = 4
EXAMPLES: Final = 5
Arrival = Literal["agency", "credited", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """A channel's first own post of a family. `tier` is NOT_DECLARED where the case does not declare the channel.

    `precision_s` says how exactly its file gives times; `lag_s` is its distance to the family's first;
    `tied_with_first`: the clocks do not tell it from the first (true of the first itself).
    """

    row_id: str
    time: datetime
    channel: str
    platform: str
    tier: str
    outlet: str | None
    precision_s: int
    lag_s: float
    tied_with_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How often one tier, or platform, published a text before another.

    families: with both, whose order is known; observed: those in which `before` was earlier; expected: how many would
    be, were the times of each family and day dealt anew; settled: those of `families` whose order that cannot change:
    the days settle it (or, rarely, equal times that one side has too few channels for); tied: families with both whose
    order the clocks do not tell, not in `families`. p_value: dealing anew does at least as much; null where it can
    change fewer than FAMILIES_MIN families. q_value: over the cells beside it that have a p-value.
    """

    before: str
    after: str
    families: int
    observed: int
    expected: float
    p_value: float | None
    tied: int
    settled: int
    q_value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """An order in which texts reached tiers and platforms: `steps` such as "state-controlled · web"."""

    steps: tuple[str, ...]
    families: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How long after `before` a text reached `after`, where it was earlier: median, 10 % and 90 % of the families."""

    before: str
    after: str
    families: int
    median_s: float
    low_s: float
    high_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Where texts were first and where they went. `families` have two publishers or more and are no arrivals.

    arrivals: families left out because many may have them from an agency: "agency", a news agency's own channel has it,
    first or not (`arrival_of` asks of the first); "credited", each channel credits one. one_publisher: families left
    out because one channel, or the channels of one outlet, have them alone; unordered: families on several tiers or
    platforms that give no chain, since the clocks do not tell the order of its steps.
    """

    families: int = 0
    tiers: tuple[Cell, ...] = ()
    platforms: tuple[Cell, ...] = ()
    chains: tuple[Chain, ...] = ()
    lags: tuple[Lag, ...] = ()
    platform_lags: tuple[Lag, ...] = ()
    arrivals: Mapping[str, int] = field(default_factory=dict)
    one_publisher: int = 0
    unordered: int = 0


def spread_of(near: pa.Table, *, hours_max: float | None = None) -> Spread:
    """Return where the texts of rows of the measure `near_duplicates` were first, and where they went.

    Only posts within `hours_max` of their family's first are looked at.
    """
    every = slots_of(near, hours_max=hours_max)
    if not len(every.family):
        return Spread()
    heads = every.heads()
    is_alone = np.minimum.reduceat(every.publisher, heads) == np.maximum.reduceat(every.publisher, heads)
    # Not only where the agency is first: who is left out by who came first would bias what is asked of the others.
    is_agency = np.logical_or.reduceat(every.is_agency, heads) & ~is_alone
    is_credited = np.logical_and.reduceat(every.credited, heads) & ~is_alone & ~is_agency
    slots = every.kept(every.by_family(~(is_alone | is_agency | is_credited)))
    declared = [slots.tiers.index(tier) for tier in TIERS if tier in slots.tiers]
    tiers, tier_lags = _order(slots, slots.tier, declared, slots.tiers)
    platforms, platform_lags = _order(slots, slots.platform, _platforms(slots), slots.platforms)
    chains, unordered = _chains(slots)
    return Spread(
        families=len(slots.heads()),
        tiers=tiers,
        platforms=platforms,
        chains=chains,
        lags=tier_lags,
        platform_lags=platform_lags,
        arrivals={"agency": int(is_agency.sum()), "credited": int(is_credited.sum())},
        one_publisher=int(is_alone.sum()),
        unordered=unordered,
    )


def cell_of(before: str, after: str, found: Firsts) -> Cell:
    """Return how often the one group of `found`, here named `before`, was first."""
    told = found.which != 0
    is_first, chance, settled = found.which[told] == 1, found.chance[told], found.settled[told]
    asked = chance[~settled]
    tail = poisson_binomial_tail(int(is_first[~settled].sum()), asked) if len(asked) >= FAMILIES_MIN else None
    return Cell(
        before=before,
        after=after,
        families=len(chance),
        observed=int(is_first.sum()),
        expected=float(chance.sum()),
        p_value=tail,
        tied=int((~told).sum()),
        settled=int(settled.sum()),
    )


def firsts_of(rows: Sequence[Mapping[str, Any]]) -> list[First]:
    """Return each channel's first own post of one family's rows, in order of time; marked reposts are passed over."""
    posts = [row for row in rows if not row["is_repost"]]
    posts.sort(key=lambda row: (*_interval(row), row["platform"], row["channel_id"], split_row_id(row["row_id"])))
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in posts:
        first.setdefault((row["platform"], row["channel_id"]), row)
    if not first:
        return []
    beginning = posts[0]["time"]
    ends = min(_interval(row)[1] for row in first.values())
    return [
        First(
            row_id=row["row_id"],
            time=row["time"],
            channel=f"{platform}:{channel}",
            platform=platform,
            tier=row["tier"] or NOT_DECLARED,
            outlet=row["outlet"],
            precision_s=row["precision_s"],
            lag_s=max(0.0, (row["time"] - beginning).total_seconds()),
            tied_with_first=_interval(row)[0] < ends,
        )
        for (platform, channel), row in first.items()
    ]


def arrival_of(rows: Sequence[Mapping[str, Any]]) -> Arrival:
    """Return how the channels of one family's rows came by it independently of one another, or "".

    "agency": who is first, or may be, is a news agency; one that the case declares of a state tier does not count,
    since its texts are the state's. "credited": each channel has a post of it that credits an agency.
    """
    firsts = firsts_of(rows)
    own = [first for first in firsts if first.tied_with_first and first.tier not in STATE_TIERS]
    if any(is_agency_channel(first.outlet, first.platform, first.channel.partition(":")[2]) for first in own):
        return "agency"
    crediting = {f"{r['platform']}:{r['channel_id']}" for r in rows if r["agency"] is not None and not r["is_repost"]}
    return "credited" if firsts and crediting.issuperset(first.channel for first in firsts) else ""


def _interval(row: Mapping[str, Any]) -> tuple[int, int]:
    return interval(round(row["time"].timestamp() * S_US), row["precision_s"])


def _platforms(slots: Slots) -> list[int]:
    """Return the platforms with most families, by name."""
    pairs = np.unique(slots.family * len(slots.platforms) + slots.platform)
    counts = np.bincount(pairs % max(1, len(slots.platforms)), minlength=len(slots.platforms))
    most = sorted(range(len(counts)), key=lambda n: (-counts[n], n))[:PLATFORMS_MOST]
    return sorted(n for n in most if counts[n])


def _order(
    slots: Slots, group: NDArray[np.int64], groups: Sequence[int], names: Sequence[str]
) -> tuple[tuple[Cell, ...], tuple[Lag, ...]]:
    """Return a cell for each two groups with a family in common, either way round, and how long texts took."""
    cells, lags = [], []
    rows = {n: np.flatnonzero(group == n) for n in groups}
    for one, other in permutations(groups, 2):
        at = np.sort(np.concatenate((rows[one], rows[other])))
        at = at[_of_two_publishers(slots.family[at], slots.publisher[at])]
        family, start, is_one = slots.family[at], slots.start[at], group[at] == one
        found = first_of_two(family, is_one, start, slots.end[at], slots.day[at])
        if not len(found.families):
            continue
        cells.append(cell_of(names[one], names[other], found))
        before = found.families[found.which == 1]
        if len(before):
            # Rows ascend by start within a family, so that the first of a group's is its earliest.
            delay = _earliest(family[~is_one], start[~is_one], before) - _earliest(
                family[is_one], start[is_one], before
            )
            low, median, high = np.quantile(delay / S_US, (0.1, 0.5, 0.9)).tolist()
            lags.append(
                Lag(
                    before=names[one],
                    after=names[other],
                    families=len(before),
                    median_s=median,
                    low_s=low,
                    high_s=high,
                )
            )
    return _with_q_values(cells), tuple(lags)


def _of_two_publishers(family: NDArray[np.int64], publisher: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which rows, ascending by family, are of families with two publishers among them."""
    if not len(family):
        return np.zeros(0, np.bool_)
    heads = np.flatnonzero(np.append(True, family[1:] != family[:-1]))
    several = np.minimum.reduceat(publisher, heads) != np.maximum.reduceat(publisher, heads)
    made: NDArray[np.bool_] = np.repeat(several, np.diff(np.append(heads, len(family))))
    return made


def _earliest(family: NDArray[np.int64], start: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    made: NDArray[np.int64] = start[np.searchsorted(family, wanted)]
    return made


def _with_q_values(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    p_values = np.array([cell.p_value for cell in cells if cell.p_value is not None], np.float64)
    q_values = iter(bh(p_values, len(p_values)).tolist())
    return tuple(cell if cell.p_value is None else replace(cell, q_value=next(q_values)) for cell in cells)


def _chains(slots: Slots) -> tuple[tuple[Chain, ...], int]:
    """Return the most frequent chains, and how many families have none since the clocks do not tell its order.

    An outlet counts where it was first; its other channels are not where the text went.
    """
    pair = slots.family * (int(slots.publisher.max(initial=0)) + 1) + slots.publisher
    slots = slots.kept(_is_first(pair))
    step = slots.tier * len(slots.platforms) + slots.platform
    pair = slots.family * (int(step.max(initial=0)) + 1) + step
    # The earliest end of a step need not be of its earliest start.
    _, number = np.unique(pair, return_inverse=True)
    ends = np.full(int(number.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(ends, number, slots.end)
    first = _is_first(pair)
    kept, end, step = slots.kept(first), ends[number][first], step[first]
    bounds = np.append(kept.heads(), len(kept.family)).tolist()
    starts, end_list, steps = kept.start.tolist(), end.tolist(), step.tolist()
    counts: Counter[tuple[int, ...]] = Counter()
    examples: dict[tuple[int, ...], list[str]] = {}
    unordered = 0
    for begin, stop in pairwise(bounds):
        if stop - begin < 2:  # noqa: PLR2004
            continue
        # The step after the last that is shown must be later, too.
        reach = min(stop - 1, begin + STEPS_MOST)
        if any(end_list[n] > starts[n + 1] for n in range(begin, reach)):
            unordered += 1
            continue
        chain = tuple(steps[begin : min(stop, begin + STEPS_MOST)])
        counts[chain] += 1
        if len(known := examples.setdefault(chain, [])) < EXAMPLES:
            known.append(slots.families[kept.family[begin]])
    named = {chain: tuple(_step(slots, step) for step in chain) for chain in counts}
    most = sorted(counts, key=lambda chain: (-counts[chain], named[chain]))[:CHAINS_MOST]
    made = (Chain(steps=named[chain], families=counts[chain], examples=tuple(examples[chain])) for chain in most)
    return tuple(made), unordered


def _is_first(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which rows are the first with their value."""
    made = np.zeros(len(values), np.bool_)
    made[np.unique(values, return_index=True)[1]] = True
    return made


def _step(slots: Slots, step: int) -> str:
    tier, platform = divmod(step, len(slots.platforms))
    return f"{slots.tiers[tier]} · {slots.platforms[platform]}"
