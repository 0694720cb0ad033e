"""State first: texts that an outlet of a state tier published first and other channels took up without naming it.

What it measures
    Outlets that the case file declares official, state-controlled or state-linked. Of each those families of
    near-identical texts (`vigie.measures.text_families`) that it shares with channels of other tiers, or of none, which
    name neither the outlet nor its site nor a handle of it (`vigie.text.naming`) and credit no agency. Left out are
    channels that name it, since they say so, families in which the outlet's own post credits an agency, marked reposts,
    and whatever came more than `hours_max` after the family's first. The value is the number of texts that the outlet
    was first to publish, of all channels of the case that remain. `expected` and `p_value` are those of a null model in
    which the times of a family's channels are dealt anew within each day (UTC): a Poisson binomial, exact
    (`vigie.kernels.before`). Posts whose clocks do not tell who was first count for neither side. `p_value` is
    multiplied by the number of outlets that were asked.
    Which day a channel published on is not dealt anew: a text whose order the days settle is expected as it is, and is
    no evidence. Where that leaves fewer than five texts to ask of, or the times of day speak for the outlet without
    reaching `p_max`, an outlet is found by days alone: first on an earlier day in `families_alone` texts or more, and
    in `share_alone` of all whose order days settle. Then only these are counted; `expected` and `p_value` are empty.
What it cannot say
    That anybody copied from the outlet: it and the others may have a third source in common, outside the case or
    without a credit. Nor that a channel hides where its text is from: a press review may name its sources in a picture,
    in its profile, behind a short link or under another name of the outlet. The tiers are those that the analyst
    declared. A channel of which only some posts were collected looks later than it was, and so does everybody beside an
    outlet that was collected in full. The null model does not know habits: who always posts in the morning is before
    who always posts in the evening, of whatever both publish; and it takes each text for a new draw, while one who
    empties a folder every night draws once. A clock that is wrong by an hour moves all of its channel's texts.
    To stage the evidence takes a few accounts that copy an outlet's texts.
Sources
    EEAS 2025, 3rd report on FIMI threats, exposure matrix (tiers); Starbird et al. 2018, Ecosystem or Echo-System?;
    Wang 1993, On the number of successes in independent trials (Poisson binomial); DISARM T0129.009 Remove Post
    Origins, T0118 Amplify Existing Narrative.

>>> from vigie.measures import measured
>>> from vigie.tables import CASE_TABLES
>>> from vigie.testing import posts
>>> said = ["the minister hid the report from all of us", "they will count the votes behind closed doors again",
...     "nobody asked the fishermen before the harbour was sold", "a bank in Lyon paid for every second poster",
...     "half of the ballots were printed on the wrong paper"]
>>> lines = [f"{c} {86400 * n + s} {t}" for n, t in enumerate(said) for s, c in enumerate(["rt", *"abcd"])]
>>> outlet = {"outlet": "RT", "tier": "state-controlled", "platform": "x", "channel_id": "rt"}
>>> case = pa.Table.from_pylist([outlet], schema=CASE_TABLES["case_channels"])
>>> found = state_first(measured(MEASURE, {"posts": posts(*lines), "case_channels": case}))
>>> found["title"].to_pylist()
['RT first with 5 of 5 texts (1 expected) that 4 channels took up without naming it']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.detectors import Detector
from vigie.kernels.before import first_of_two
from vigie.measures.family_credits import MEASURE
from vigie.parameters import Bounds
from vigie.rules.agencies import is_agency_channel
from vigie.rules.spread import cell_of
from vigie.rules.spread_slots import STATE_TIERS, slots_of
from vigie.tables import FOUND, split_row_id
from vigie.text.counted import counted
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.before import Firsts
    from vigie.rules.spread import Cell
    from vigie.rules.spread_slots import Slots


def state_first(
    measured: pa.Table,
    *,
    hours_max: Annotated[int, Bounds(1, 8_760)] = 72,
    families_min: Annotated[int, Bounds(1, 100_000)] = 3,
    channels_min: Annotated[int, Bounds(1, 100_000)] = 3,
    p_max: Annotated[float, Bounds(1e-12, 1)] = 0.01,
    families_alone: Annotated[int, Bounds(2, 100_000)] = 10,
    share_alone: Annotated[float, Bounds(0.5, 1)] = 0.75,
) -> pa.Table:
    """FAMILY_CREDITS -> FOUND: one row per outlet whose texts others took up, ordered by `subject_ids`."""
    outlets = sorted({str(outlet) for outlet in pc.unique(measured["asked"]).to_pylist()})
    asked = [one for outlet in outlets if (one := _asked(outlet, measured, hours_max)) is not None]
    tests = sum(one.cell.p_value is not None for one in asked)
    found = []
    for one in asked:
        p_value = None if one.cell.p_value is None else min(1.0, one.cell.p_value * tests)
        is_first = one.found.which == 1
        is_by_chance = p_value is None or p_value > p_max
        if is_by_chance and _by_days(one, families_alone, share_alone):
            is_first, p_value = is_first & one.by_days, None
        elif is_by_chance:
            continue
        if np.count_nonzero(is_first) >= families_min:
            row = _finding(one, is_first, p_value)
            found += [row] if row["channels"] >= channels_min else []
    found.sort(key=lambda row: (row["subject_ids"], row["title"]))
    return pa.Table.from_pylist([{n: row.get(n) for n in FOUND.names} for row in found], schema=FOUND)


class _Asked(NamedTuple):
    """One outlet: the firsts of channels in its families, which of them are its own, and who was first.

    `by_days` tells of each family of `found` whether the outlet and the others began on different days.
    """

    outlet: str
    rows: pa.Table
    slots: Slots
    is_own: NDArray[np.bool_]
    found: Firsts
    by_days: NDArray[np.bool_]
    cell: Cell


def _asked(outlet: str, measured: pa.Table, hours_max: int) -> _Asked | None:
    """Return what was asked of one outlet; None where it shares no text with a channel that does not name it."""
    of_outlet = measured.filter(pc.equal(measured["asked"], pa.scalar(outlet)))
    own = np.array([name == outlet for name in of_outlet["outlet"].to_pylist()], np.bool_)
    has_credit = np.asarray(pc.is_valid(of_outlet["agency"]))
    says_so = np.asarray(pc.fill_null(of_outlet["names_it"], pa.scalar(value=False)))
    rows = of_outlet.filter(pa.array(own | ~(says_so | has_credit)))
    slots = slots_of(rows, hours_max=hours_max)
    if not len(slots.family):
        return None
    is_own = np.array([name == outlet for name in rows["outlet"].to_pylist()], np.bool_)[slots.row]
    of_state = np.array([name in STATE_TIERS for name in slots.tiers], np.bool_)[slots.tier]
    heads = slots.heads()
    is_taken_up = np.logical_or.reduceat(~is_own & ~of_state, heads)
    is_anothers = np.logical_or.reduceat(is_own & _credits_another(outlet, rows)[slots.row], heads)
    kept = slots.by_family(is_taken_up & ~is_anothers)
    slots, is_own = slots.kept(kept), is_own[kept]
    found = first_of_two(slots.family, is_own, slots.start, slots.end, slots.day)
    if not len(found.families):
        return None
    first_day, others_day = (_first_days(slots.kept(side))[found.families] for side in (is_own, ~is_own))
    return _Asked(outlet, rows, slots, is_own, found, first_day != others_day, cell_of(outlet, "", found))


def _first_days(slots: Slots) -> NDArray[np.int64]:
    """Return the first day of each family that has a row."""
    days = np.zeros(len(slots.families), np.int64)
    heads = slots.heads()
    days[slots.family[heads]] = slots.day[heads]
    return days


def _credits_another(outlet: str, rows: pa.Table) -> NDArray[np.bool_]:
    """Tell which rows credit an agency that is not the outlet itself."""
    if is_agency_channel(outlet, "", ""):
        return np.zeros(len(rows), np.bool_)
    own = fold_id(outlet)
    return np.array([name is not None and fold_id(name) != own for name in rows["agency"].to_pylist()], np.bool_)


def _by_days(one: _Asked, families_alone: int, share_alone: float) -> bool:
    """Tell whether days alone have the outlet first, and the times of day do not speak against it."""
    which = one.found.which
    first, told = int(((which == 1) & one.by_days).sum()), int(((which != 0) & one.by_days).sum())
    asked = (which != 0) & ~one.found.settled
    within, expected = int((which[asked] == 1).sum()), float(one.found.chance[asked].sum())
    speak_against = one.cell.p_value is not None and within < expected
    return first >= families_alone and first >= share_alone * told and not speak_against


def _finding(one: _Asked, is_first: NDArray[np.bool_], p_value: float | None) -> dict[str, Any]:
    slots = one.slots
    of_state = np.array([name in STATE_TIERS for name in slots.tiers], np.bool_)[slots.tier]
    inside = np.isin(slots.family, one.found.families[is_first]) & (one.is_own | ~of_state)
    at, own = slots.row[inside], one.is_own[inside]
    rows = one.rows.select(["row_id", "time", "platform", "channel_id"]).take(at).to_pylist()
    channels = [f"{row['platform']}:{row['channel_id']}" for row in rows]
    followers = len({channel for channel, is_own in zip(channels, own.tolist(), strict=True) if not is_own})
    value, cell = int(is_first.sum()), one.cell
    took_up = f"{counted(followers, 'channel')} took up without naming it"
    name = " ".join(one.outlet.split())
    if p_value is None:
        title = f"{name} first with {counted(value, 'text')} that {took_up}, each on a later day: days alone settle it"
    else:
        settled = int((one.by_days & (one.found.which != 0)).sum())
        by_days = f"; days alone settle {settled:,}" if settled else ""
        expected = f"{cell.expected:.2g}" if cell.expected < 100 else f"{cell.expected:,.0f}"  # noqa: PLR2004
        title = f"{name} first with {value:,} of {cell.families:,} texts ({expected} expected{by_days}) that {took_up}"
    return {
        "title": title,
        "subject_ids": sorted({channel for channel, is_own in zip(channels, own.tolist(), strict=True) if is_own}),
        "first_seen": min(row["time"] for row in rows),
        "last_seen": max(row["time"] for row in rows),
        "value": float(value),
        "expected": None if p_value is None else cell.expected,
        "p_value": p_value,
        "evidence_ids": sorted({row["row_id"] for row in rows}, key=split_row_id),
        "channels": followers,
    }


DETECTOR: Final = Detector(
    run=state_first,
    reads=MEASURE,
    subject="channel",
    measure="texts first published by the outlet that others took up without naming it",
    unit="texts",
    spoofable=2,
    techniques=("disarm.t0129.009", "disarm.t0118"),
)
