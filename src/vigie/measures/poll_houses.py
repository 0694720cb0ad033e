"""What each house's figures differ by from those of the others, per candidate, with intervals.

The model of `poll_trend` is weighed again on its rows. Effects are constant over a block and sum to zero over the
houses of a candidate; they are given in points at the candidate's last level. An effect is no error:
nobody knows which house is right. Figures of one house that stand alone, as in questions of opinion, have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from scipy.special import expit

from vigie.engine import Groups, Step
from vigie.measures import Measure
from vigie.measures.poll_trend import SCHEMA as TREND
from vigie.measures.poll_trend import blocks_of, modelled
from vigie.rules.poll_model_fits import fitted
from vigie.rules.poll_model_levels import levels
from vigie.tables import described

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vigie.rules.poll_model import Fit
    from vigie.rules.poll_model_course import Block

    Row = dict[str, Any]

_F: Final[pa.DataType] = pa.float64()
_Z95: Final = 1.959963984540054
_KEPT: Final = ("block", "candidate_id", "name", "question", "round", "house", "pollster")


SCHEMA: Final = pa.schema(
    [
        *(TREND.field(name) for name in _KEPT),
        described("effect", _F, "what the house adds to the candidate's last level", "points"),
        described("low", _F, "lower end of its 95 % interval", "points"),
        described("high", _F, "upper end of its 95 % interval", "points"),
        described("polls", pa.int32(), "the house's used scenarios with the candidate", "scenarios"),
    ]
)


def steps() -> tuple[Step, ...]:
    """Follow each block again and read the states of its houses at the end."""
    return (
        Groups(
            name="poll_houses",
            input="poll_trend",
            columns=tuple(TREND.names),
            key=("block",),
            order=("time", "row_id"),
            function=_houses,
            schema=SCHEMA,
        ),
    )


def _houses(figures: pa.Table) -> pa.Table:
    made: list[Row] = []
    for rows in blocks_of(figures):
        block = modelled(rows)
        if block.houses:
            fit = fitted(block)
            for at in range(len(block.ids)):
                made += _of_course(rows, block, fit, at)
    return pa.Table.from_pylist(made, schema=SCHEMA)


def _of_course(rows: Sequence[Row], block: Block, fit: Fit, at: int) -> Iterator[Row]:
    places = block.places[at]
    held = levels(fit, at, fit.courses[at], block.ranks[at] + 1, np.arange(places.size))
    used = [(i, rows[place]) for i, place in enumerate(places) if rows[place]["used"]]
    if not used:
        return
    share = float(expit(held.now_mean[used[-1][0]]))
    points = 100 * share * (1 - share)
    by_house: dict[str, list[Row]] = {}
    for _, row in used:
        by_house.setdefault(row["house"], []).append(row)
    states = {house: block.houses.index(house) for house in sorted(by_house)}
    centre = sum(float(held.house_mean[state]) for state in states.values()) / len(states)
    for house, state in states.items():
        mine = by_house[house]
        effect = points * (float(held.house_mean[state]) - centre)
        half = _Z95 * points * float(held.house_sd[state])
        yield {name: mine[-1][name] for name in _KEPT} | {
            "effect": effect,
            "low": effect - half,
            "high": effect + half,
            "polls": len({row["scenario"] for row in mine}),
        }


MEASURE: Final = Measure(name="poll_houses", version=1, reads=("poll_trend",), steps=steps, schema=SCHEMA)
