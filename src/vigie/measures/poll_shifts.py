"""Steps of opinion: when a candidate's level changed by more than its drift, how much, and since when that is known.

Each block of `poll_trend` is searched by itself (`vigie.rules.poll_shifts`), over all its candidates and days together:
in a share `alarm_max` of campaigns without a step, simulated on the very same figures, one or more would be reported. A
step needs figures of two houses that agree, unless the block has one house only; there one figure is enough.

A row is a step as it was known on the day `found`: later figures have no part in it but for the threshold, which
belongs to the block's whole schedule. A block without a step has one row that names none (`day` is null), so that its
power is known: the share of simulated steps of 3, 5 and 8 points, up or down, of candidates at 5 % or more, on any day
that has figures before it and ten days after it, that would have been reported within ten days.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
from scipy.special import expit

from vigie.engine import Groups, Step
from vigie.measures import Measure
from vigie.measures.poll_trend import SCHEMA as TREND
from vigie.measures.poll_trend import blocks_of, modelled
from vigie.parameters import Bounds
from vigie.rules.poll_shifts import Rule, power, shifts
from vigie.tables import UTC_US, described, split_row_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vigie.rules.poll_shifts import Alarm, Candidate, Shifts

    Row = dict[str, Any]

_S: Final[pa.DataType] = pa.string()
_F: Final[pa.DataType] = pa.float64()
_DATE: Final[pa.DataType] = pa.date32()
_I: Final[pa.DataType] = pa.int32()
_Z95: Final = 1.959963984540054
_POINTS: Final = (3.0, 5.0, 8.0)


_NONE: Final = "no step in this block"
_NO_PLACE: Final = "no candidate at 5 % with figures enough"
SCHEMA: Final = pa.schema(
    [
        described("block", _S, "as in `poll_trend`"),
        described("series", _S, "as in `poll_trend`, of the figure that made it known", null=_NONE),
        described("candidate_id", _S, "whose", null=_NONE),
        described("name", _S, "the name to show", null=_NONE),
        described("question", _S, "as in `polls`"),
        described("round", pa.int8(), "as in `polls`", null="the question has no round"),
        described("field", _S, "as in `poll_trend`, of the figure that made it known", null=_NONE),
        described("day", _DATE, "when it is thought to have happened", null=_NONE),
        described("found", _DATE, "when it was known: publication, else the last day of fieldwork", null=_NONE),
        described("direction", _S, "rise or fall", null=_NONE),
        described("points", _F, "the step", "points", _NONE),
        described("low", _F, "lower end of its 95 % interval", "points", _NONE),
        described("high", _F, "upper end of its 95 % interval", "points", _NONE),
        described("statistic", _F, "the step over its standard error", "standard deviations", _NONE),
        described("threshold", _F, "what the statistic had to reach", "standard deviations"),
        described("p_value", _F, "share of quiet campaigns, all candidates together, that reach it", null=_NONE),
        described("figures", _I, "figures since the step when it was known", null=_NONE),
        described("houses", _I, "houses among them", null=_NONE),
        described("row_ids", pa.list_(_S), "these figures and the last before; empty: no step in this block"),
        described("first_time", UTC_US, "of these figures", null=_NONE),
        described("last_time", UTC_US, "of these figures", null=_NONE),
        *(
            described(f"power_{points:.0f}", _F, f"share of steps of {points:.0f} points found within ten days",
                   null=_NO_PLACE)
            for points in _POINTS
        ),
    ]
)  # fmt: skip


def steps(
    *,
    alarm_max: Annotated[float, Bounds(0.001, 0.5)] = 0.05,
    points_min: Annotated[float, Bounds(0.1, 50)] = 2.0,
    window_days: Annotated[int, Bounds(2, 90)] = 14,
    campaigns: Annotated[int, Bounds(200, 100_000)] = 2000,
) -> tuple[Step, ...]:
    """Search each block for steps that figures of `window_days` days show, with `alarm_max` of false alarms a campaign.

    `points_min`: the least step, in points; `campaigns`: how many without a step are simulated.
    """
    rule = Rule(alarm_max=alarm_max, points_min=points_min, window_days=float(window_days), campaigns=campaigns)
    return (
        Groups(
            name="poll_shifts",
            input="poll_trend",
            columns=tuple(TREND.names),
            key=("block",),
            order=("time", "row_id"),
            function=searched(rule),
            schema=SCHEMA,
        ),
    )


def searched(rule: Rule) -> Callable[[pa.Table], pa.Table]:
    """Return the function of the `Groups` step: whole blocks of `poll_trend` in, their steps out, by day found."""

    def search(trend: pa.Table) -> pa.Table:
        made = [row for rows in blocks_of(trend) for row in _rows(rows, rule)]
        return pa.Table.from_pylist(made, schema=SCHEMA)

    return search


def _rows(rows: Sequence[Row], rule: Rule) -> list[Row]:
    # What is not used changes nothing in the filter: left out, it cannot change the order of anything either.
    rows = [row for row in rows if row["used"]] or rows[:1]
    block = modelled(rows)
    start = [np.array([_first_day(rows[place]) for place in places]) for places in block.places]
    found = shifts(block, start, rule)
    shared = {name: rows[0][name] for name in ("block", "question", "round")}
    shared |= {"threshold": found.threshold, "row_ids": []}
    for points in _POINTS:
        share = power(found.candidates, found.threshold, points, rule)
        shared[f"power_{points:.0f}"] = None if math.isnan(share) else share
    made = [
        shared | _row(alarm, found.candidates[i], [rows[p] for p in block.places[i]], found)
        for i, alarms in enumerate(found.alarms)
        for alarm in alarms
    ]
    return sorted(made, key=lambda r: (r["found"], r["candidate_id"], r["day"])) or [shared]


def _first_day(row: Row) -> float:
    day = row["fieldwork_start"] or row["fieldwork_end"]
    return float(day.toordinal()) if day else float(row["time"].toordinal())


def _row(alarm: Alarm, candidate: Candidate, figures: Sequence[Row], found: Shifts) -> Row:
    cited = [figures[candidate.at[t]] for t in range(alarm.last, alarm.known + 1)]
    since, known = cited[1:], cited[-1]
    before = float(expit(alarm.level))
    points, low, high = (
        100 * (float(expit(alarm.level + alarm.size + z * alarm.sd)) - before) for z in (0.0, -_Z95, _Z95)
    )
    return {name: known[name] for name in ("series", "candidate_id", "name", "field")} | {
        "day": date.fromordinal(int(alarm.day)),
        "found": max(row["published"] or row["fieldwork_end"] or row["time"].date() for row in since),
        "direction": "rise" if alarm.size > 0 else "fall",
        "points": points,
        "low": low,
        "high": high,
        "statistic": abs(alarm.statistic),
        "p_value": found.p_value(alarm.statistic),
        "figures": len(since),
        "houses": len({row["house"] for row in since}),
        "row_ids": sorted({row["row_id"] for row in cited}, key=split_row_id),
        "first_time": min(row["time"] for row in cited),
        "last_time": max(row["time"] for row in cited),
    }


MEASURE: Final = Measure(name="poll_shifts", version=1, reads=("poll_trend",), steps=steps, schema=SCHEMA)
