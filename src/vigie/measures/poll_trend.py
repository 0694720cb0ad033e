"""The trend of each candidate in the polls, and what each figure was expected to be before it appeared.

Each block is followed by a state-space model on the logit scale (`vigie.rules.poll_model`): a level that walks, house
effects, fields of candidates, sampling times a design factor, rounding. A forecast rests on earlier figures only, its
settings too. A figure that is not used is forecast like the others and changes nothing: used are those that stand, are
not set apart by the formal checks, and have a day of fieldwork that is new. A sample size that is not given is taken as
`sample_default`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
from scipy.special import expit, logit, ndtr, ndtri

from vigie.engine import Groups, Query, Step
from vigie.measures import Measure
from vigie.measures.poll_figures import SCHEMA as FIGURES
from vigie.parameters import Bounds
from vigie.rules.poll_bands import opinion, percent
from vigie.rules.poll_model_course import block_of
from vigie.rules.poll_model_fits import forecast
from vigie.rules.poll_model_levels import levels
from vigie.tables import described

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from vigie.kernels.poll_filter import Course
    from vigie.kernels.poll_mixture import Mixture
    from vigie.rules.poll_model import Fit, Forecast
    from vigie.rules.poll_model_course import Block

    Row = dict[str, Any]
    Floats = NDArray[np.float64]

_S: Final[pa.DataType] = pa.string()
_F: Final[pa.DataType] = pa.float64()
_ENDS95: Final = np.array([0.025, 0.975])
_Z_MAX: Final = 35.0  # beyond it a tail is no longer a number


_NO_FORECAST: Final = "no figure was used before"
_NO_LEVEL: Final = "no figure was used up to then"
_JOINED: Final = pa.schema([*FIGURES, ("is_set_apart", pa.bool_()), ("why", _S)])
SCHEMA: Final = pa.schema(
    [
        *FIGURES,
        described("used", pa.bool_(), "whether the figure is part of the trend"),
        described("why_not", _S, "why it is not", null="it is used"),
        described("sampled", _F, "persons that its sampling is reckoned with", "persons"),
        described("expected", _F, "the figure expected before it appeared, house and field included", "percent",
               _NO_FORECAST),
        described("forecast_sd", _F, "standard deviation of that forecast, sampling and rounding included", "points",
               _NO_FORECAST),
        described("forecast_low", _F, "lower end of the forecast's 95 % interval", "percent", _NO_FORECAST),
        described("forecast_high", _F, "upper end of the forecast's 95 % interval", "percent", _NO_FORECAST),
        described("z", _F, "standard normal score of the figure under its forecast", null=_NO_FORECAST),
        described("estimate", _F, "the level of the field after the figure, as known then", "percent", _NO_LEVEL),
        described("low", _F, "lower end of its 95 % interval", "percent", _NO_LEVEL),
        described("high", _F, "upper end of its 95 % interval", "percent", _NO_LEVEL),
        described("smoothed", _F, "that level as known today", "percent", _NO_LEVEL),
        described("smoothed_low", _F, "lower end of its 95 % interval", "percent", _NO_LEVEL),
        described("smoothed_high", _F, "upper end of its 95 % interval", "percent", _NO_LEVEL),
        described("weight", _F, "as `new_share`; 0: it counts nothing"),
        described("jumped", pa.bool_(), "whether a jump was granted just before the figure"),
        described("design", _F, "the block's factor of the sampling variance, at the end"),
        described("house_sd", _F, "the block's standard deviation of house effects, at the end", "logit"),
        described("field_sd", _F, "mean standard deviation of what a new field was allowed to add", "logit",
               "only one field was put"),
        described("drift_sd", _F, "the candidate's standard deviation of the walk, at the end", "logit per sqrt(day)"),
    ]
)  # fmt: skip

_SQL: Final = """
select f.*, coalesce(c.is_set_apart, false) as is_set_apart, c.why
from poll_figures f left join poll_facts c using (scenario)
"""


def steps(*, sample_default: Annotated[int, Bounds(50, 100_000)] = 800) -> tuple[Step, ...]:
    """Join what the formal checks say, then follow each block."""
    return (
        Query(name="joined", sql=_SQL, schema=_JOINED),
        Groups(
            name="poll_trend",
            input="joined",
            columns=tuple(_JOINED.names),
            key=("block",),
            order=("time", "row_id"),
            function=trend(sample_default),
            schema=SCHEMA,
        ),
    )


def trend(sample_default: int) -> Callable[[pa.Table], pa.Table]:
    """Return the function of the `Groups` step: whole blocks of figures in, the same rows with their trend out."""

    def follow(figures: pa.Table) -> pa.Table:
        blocks = blocks_of(figures)
        for rows in blocks:
            for row in rows:
                row["why_not"] = _why_not(row)
                row["used"] = row["why_not"] is None
                known = row["respondents"]
                row["sampled"] = known if known and known > 0 else float(sample_default)
                row["weight"] = row["new_share"] if row["used"] else 0.0
            block = modelled(rows)
            fit, forecasts = forecast(block)
            for at in range(len(block.ids)):
                _fill(rows, block, fit, at, forecasts[at])
        return pa.Table.from_pylist([row for rows in blocks for row in rows], schema=SCHEMA)

    return follow


def blocks_of(figures: pa.Table) -> list[list[Row]]:
    """Return the rows of each block, in the order of the blocks' first rows."""
    blocks: dict[str, list[Row]] = {}
    for row in figures.to_pylist():
        blocks.setdefault(row["block"], []).append(row)
    return list(blocks.values())


def modelled(rows: Sequence[Row]) -> Block:
    """Return the model's block of one block's rows: those of `poll_figures` with `used` and `sampled`."""
    return block_of([row | {"day": row["time"].toordinal()} for row in rows])


def _why_not(row: Row) -> str | None:
    if row["stands"] != "used":
        return str(row["stands"])
    if row["is_set_apart"]:
        return str(row["why"] or "set apart")
    return None if row["new_share"] > 0 else "no new day of fieldwork"


def _fill(rows: Sequence[Row], block: Block, fit: Fit, at: int, made: Forecast) -> None:
    course, places = fit.courses[at], block.places[at]
    held = levels(fit, at, course, block.ranks[at] + 1, np.arange(places.size))
    forecasts = _forecasts([rows[place] for place in places], course, made)
    used = np.cumsum(course.share > 0)
    field_sd = float(np.sqrt(course.begin_variance.mean())) if course.begin_variance.size else None
    for i, place in enumerate(places):
        row = rows[place]
        is_forecast = used[i] > (course.share[i] > 0)
        row |= {name: float(values[i]) if is_forecast else None for name, values in forecasts.items()}
        then = _interval(held.then_mean[i], held.then_sd[i]) if used[i] else (None, None, None)
        now = _interval(held.now_mean[i], held.now_sd[i]) if used[i] else (None, None, None)
        row["estimate"], row["low"], row["high"] = then
        row["smoothed"], row["smoothed_low"], row["smoothed_high"] = now
        row["jumped"] = bool(course.jump[i] > 0)
        row["design"], row["house_sd"], row["field_sd"] = fit.design, fit.house_sd, field_sd
        row["drift_sd"] = fit.drift_sds[at]


def _forecasts(rows: Sequence[Row], course: Course, made: Forecast) -> dict[str, Floats]:
    share = expit(made.expected)
    total = np.sqrt(made.variance + made.noise)
    # The ends are those of the figure as it is printed: rounding is in them. The score counts it by itself.
    ends = 100 * expit(made.mixture.with_noise(course.rounding).quantiles(_ENDS95))
    percent, step = (np.array([row[name] for row in rows], dtype=float) for name in ("percent", "step"))
    return {
        "expected": 100 * share,
        "forecast_sd": 100 * share * (1 - share) * total,
        "forecast_low": ends[:, 0],
        "forecast_high": ends[:, 1],
        "z": scores(percent, step, made.mixture),
    }


def scores(percent: Floats, step: Floats, forecast: Mixture) -> Floats:
    """Return the standard normal scores of figures [n] that are rounded to `step` [n].

    `forecast`: of their logits, unrounded. Half of the chance of the figure itself counts as below it. Of a figure
    that nothing explains the score ends at 35.

    >>> from vigie.kernels.poll_mixture import Mixture
    >>> half = Mixture(np.array([[0.5], [0.5]]), np.zeros((2, 1)), np.array([[0.01], [0.09]]))
    >>> for percent in (50.0, 60.0):
    ...     print(np.abs(scores(np.array([percent]), np.array([0.01]), half).round(2)))
    [0.]
    [1.7]
    """
    edges = np.clip(np.stack([percent - step / 2, percent + step / 2], axis=1) / 100, 0, 1)
    centre = (forecast.weight * forecast.mean).sum(axis=0)
    # The tail on the figure's own side is the one that can be told from none.
    side = np.where(edges.mean(axis=1) > expit(centre), -1.0, 1.0)
    near = forecast._replace(mean=forecast.mean * side)
    below = near.below(logit(edges) * side[:, None]).mean(axis=1)
    made: Floats = side * ndtri(np.maximum(below, ndtr(-_Z_MAX)))
    return made


def _interval(mean: float | np.float64, sd: float | np.float64) -> tuple[float, float, float]:
    return percent(float(mean)), *opinion(float(mean), float(sd), 0.95)


MEASURE: Final = Measure(name="poll_trend", version=3, reads=("poll_figures", "poll_facts"), steps=steps, schema=SCHEMA)
