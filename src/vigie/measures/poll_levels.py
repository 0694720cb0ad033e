"""Each candidate's level day by day: as known on that day, and as known today.

The model of `poll_trend` is weighed again on its rows and asked for the end of every day, from a field's first used
figure to the last used figure of its block. Levels are normal on the logit scale, `mean` and `sd`;
`vigie.rules.poll_bands` says what they mean in percent, for opinion now and for a vote. A field that the model has
forgotten, because many others were put since, has no rows.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vigie.engine import Groups, Step
from vigie.measures import Measure
from vigie.measures.poll_trend import SCHEMA as TREND
from vigie.measures.poll_trend import blocks_of, modelled
from vigie.rules.poll_model_fits import fitted
from vigie.rules.poll_model_levels import levels, with_days
from vigie.tables import described

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vigie.rules.poll_model import Fit
    from vigie.rules.poll_model_course import Block

    Row = dict[str, Any]

_F: Final[pa.DataType] = pa.float64()
_KEPT: Final = ("series", "block", "candidate_id", "name", "question", "round", "field")


SCHEMA: Final = pa.schema(
    [
        *(TREND.field(name) for name in _KEPT),
        described("day", pa.date32(), "its end is meant"),
        described("then_mean", _F, "the level as known that day", "logit"),
        described("then_sd", _F, "its standard deviation", "logit"),
        described("now_mean", _F, "the level as known today", "logit"),
        described("now_sd", _F, "its standard deviation", "logit"),
        described(
            "last_cov", _F, "covariance, as known today, with the level of the series' last day", "logit squared"
        ),
        described("polls", pa.int32(), "used scenarios of this field until that day", "scenarios"),
        described("drift_sd", _F, "as in `poll_trend`", "logit per sqrt(day)"),
    ]
)


def steps() -> tuple[Step, ...]:
    """Follow each block again, with the days put in between its figures."""
    return (
        Groups(
            name="poll_levels",
            input="poll_trend",
            columns=tuple(TREND.names),
            key=("block",),
            order=("time", "row_id"),
            function=_levels,
            schema=SCHEMA,
        ),
    )


def _levels(figures: pa.Table) -> pa.Table:
    made: list[Row] = []
    for rows in blocks_of(figures):
        if any(row["used"] for row in rows):
            block = modelled(rows)
            fit = fitted(block)
            last = max(row["time"].toordinal() for row in rows if row["used"])
            for at in range(len(block.ids)):
                made += _of_course([rows[place] for place in block.places[at]], block, fit, at, last)
    return pa.Table.from_pylist(made, schema=SCHEMA)


def _of_course(mine: Sequence[Row], block: Block, fit: Fit, at: int, last: int) -> Iterator[Row]:
    """Yield the days of one course, whose figures are `mine`, until the day `last`."""
    spans: list[tuple[str, int, list[int], Row]] = []
    for field, state in sorted(block.fields[at].items()):
        used = [(i, row) for i, row in enumerate(mine) if row["used"] and row["field"] == field]
        begun = max((int(b[0]) for b in fit.courses[at].begins if b[1] == state), default=0)
        first = next(row["time"].toordinal() for i, row in used if i >= begun)
        spans.append((field, state, list(range(first, last + 1)), used[-1][1]))
    asked = sorted((day, state, n) for n, (_, state, days, _) in enumerate(spans) for day in days)
    course, moved, put = with_days(fit.courses[at], [float(day) for day, _, _ in asked], [s for _, s, _ in asked])
    held = levels(fit, at, course, np.searchsorted(block.days, course.day, side="right"), moved)
    polls = {row["scenario"]: row for row in mine if row["used"]}.values()
    counted = {
        field: np.searchsorted(
            np.sort([row["time"].toordinal() for row in polls if row["field"] == field]), days, side="right"
        )
        for field, _, days, _ in spans
    }
    for (day, _, n), place in sorted(zip(asked, put, strict=True), key=lambda pair: (pair[0][2], pair[0][0])):
        field, _, days, row = spans[n]
        yield {name: row[name] for name in _KEPT} | {
            "day": date.fromordinal(day),
            "then_mean": held.then_mean[place],
            "then_sd": held.then_sd[place],
            "now_mean": held.now_mean[place],
            "now_sd": held.now_sd[place],
            "last_cov": held.now_last[place],
            "polls": int(counted[field][day - days[0]]),
            "drift_sd": fit.drift_sds[at],
        }


MEASURE: Final = Measure(name="poll_levels", version=1, reads=("poll_trend",), steps=steps, schema=SCHEMA)
