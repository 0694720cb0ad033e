"""The trend of each candidate in the polls, and what each figure was expected to be before it appeared.

Each block is followed by a state-space model on the logit scale (`vigie.rules.poll_model`): a level that walks, house
effects, fields of candidates, sampling times a design factor, rounding. A forecast rests on earlier figures only, its
settings too. A figure that is not used is forecast like the others and changes nothing: used are those that stand, are
not set apart by the formal checks, and have a day of fieldwork that is new. A sample size that is not given is taken as
`sample_default`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
from scipy.special import expit, ndtr, ndtri

from vigie.engine import Groups, Query, Step
from vigie.measures import Measure
from vigie.measures.poll_figures import SCHEMA as FIGURES
from vigie.parameters import Bounds
from vigie.rules.poll_model import fitted, levels
from vigie.rules.poll_model_course import block_of, logit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vigie.rules.poll_model import Fit
    from vigie.rules.poll_model_course import Block

    Row = dict[str, Any]

_S: Final[pa.DataType] = pa.string()
_F: Final[pa.DataType] = pa.float64()
_Z95: Final = 1.959963984540054
_Z_MAX: Final = 35.0  # beyond it a tail is no longer a number


def _field(name: str, kind: pa.DataType, doc: str, unit: str = "", null: str = "never") -> pa.Field[pa.DataType]:
    return pa.field(name, kind, metadata={k: v for k, v in (("doc", doc), ("unit", unit), ("null", null)) if v})


_NO_FORECAST: Final = "no figure was used before"
_NO_LEVEL: Final = "no figure was used up to then"
_JOINED: Final = pa.schema([*FIGURES, ("is_set_apart", pa.bool_()), ("why", _S)])
SCHEMA: Final = pa.schema(
    [
        *FIGURES,
        _field("used", pa.bool_(), "whether the figure is part of the trend"),
        _field("why_not", _S, "why it is not", null="it is used"),
        _field("sampled", _F, "persons that its sampling is reckoned with", "persons"),
        _field("expected", _F, "the figure expected before it appeared, house and field included", "percent",
               _NO_FORECAST),
        _field("forecast_sd", _F, "standard deviation of that forecast, sampling and rounding included", "points",
               _NO_FORECAST),
        _field("forecast_low", _F, "lower end of the forecast's 95 % interval", "percent", _NO_FORECAST),
        _field("forecast_high", _F, "upper end of the forecast's 95 % interval", "percent", _NO_FORECAST),
        _field("z", _F, "standard normal score of the figure under its forecast", null=_NO_FORECAST),
        _field("estimate", _F, "the level of the field after the figure, as known then", "percent", _NO_LEVEL),
        _field("low", _F, "lower end of its 95 % interval", "percent", _NO_LEVEL),
        _field("high", _F, "upper end of its 95 % interval", "percent", _NO_LEVEL),
        _field("smoothed", _F, "that level as known today", "percent", _NO_LEVEL),
        _field("smoothed_low", _F, "lower end of its 95 % interval", "percent", _NO_LEVEL),
        _field("smoothed_high", _F, "upper end of its 95 % interval", "percent", _NO_LEVEL),
        _field("weight", _F, "as `new_share`; 0: it counts nothing"),
        _field("jumped", pa.bool_(), "whether a jump was granted just before the figure"),
        _field("design", _F, "the block's factor of the sampling variance, at the end"),
        _field("house_sd", _F, "the block's standard deviation of house effects, at the end", "logit"),
        _field("field_sd", _F, "mean standard deviation of what a new field was allowed to add", "logit",
               "only one field was put"),
        _field("drift_sd", _F, "the candidate's standard deviation of the walk, at the end", "logit per sqrt(day)"),
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
        blocks: dict[str, list[Row]] = {}
        for row in figures.to_pylist():
            blocks.setdefault(row["block"], []).append(row)
        for rows in blocks.values():
            for row in rows:
                row["why_not"] = _why_not(row)
                row["used"] = row["why_not"] is None
                known = row["respondents"]
                row["sampled"] = known if known and known > 0 else float(sample_default)
                row["weight"] = row["new_share"] if row["used"] else 0.0
            block = modelled(rows)
            fit = fitted(block)
            for at in range(len(block.ids)):
                _fill(rows, block, fit, at)
        return pa.Table.from_pylist([row for rows in blocks.values() for row in rows], schema=SCHEMA)

    return follow


def modelled(rows: Sequence[Row]) -> Block:
    """Return the model's block of one block's rows: those of `poll_figures` with `used` and `sampled`."""
    return block_of([row | {"day": row["time"].toordinal()} for row in rows])


def _why_not(row: Row) -> str | None:
    if row["stands"] != "used":
        return str(row["stands"])
    if row["is_set_apart"]:
        return str(row["why"] or "set apart")
    return None if row["new_share"] > 0 else "no new day of fieldwork"


def _fill(rows: Sequence[Row], block: Block, fit: Fit, at: int) -> None:
    course, places = fit.courses[at], block.places[at]
    held = levels(fit, at, course, block.ranks[at] + 1, np.arange(places.size))
    used = np.cumsum(course.share > 0)
    field_sd = float(np.sqrt(course.begin_variance.mean())) if course.begin_variance.size else None
    for i, place in enumerate(places):
        row = rows[place]
        forecast = _forecast(row, fit, at, i) if used[i] - (course.share[i] > 0) else {}
        row |= {name: forecast.get(name) for name in ("expected", "forecast_sd", "forecast_low", "forecast_high", "z")}
        then = _interval(held.then_mean[i], held.then_sd[i]) if used[i] else (None, None, None)
        now = _interval(held.now_mean[i], held.now_sd[i]) if used[i] else (None, None, None)
        row["estimate"], row["low"], row["high"] = then
        row["smoothed"], row["smoothed_low"], row["smoothed_high"] = now
        row["jumped"] = bool(course.jump[i] > 0)
        row["design"], row["house_sd"], row["field_sd"] = fit.design, fit.house_sd, field_sd
        row["drift_sd"] = fit.drift_sds[at]


def _forecast(row: Row, fit: Fit, at: int, i: int) -> dict[str, float]:
    mean, noise = float(fit.expected[at][i]), float(fit.noise[at][i])
    total = math.sqrt(fit.variance[at][i] + noise)
    share = float(expit(mean))
    _, low, high = _interval(mean, total)
    inner = math.sqrt(max(fit.variance[at][i] + noise - fit.courses[at].rounding[i], 1e-12))
    return {
        "expected": 100 * share,
        "forecast_sd": 100 * share * (1 - share) * total,
        "forecast_low": low,
        "forecast_high": high,
        "z": score(row["percent"], row["step"], mean, inner),
    }


def score(percent: float, step: float, mean: float, sd: float) -> float:
    """Return the standard normal score of a figure that is rounded to `step`; `mean`, `sd`: of its logit unrounded.

    Half of the chance of the figure itself counts as below it. Of a figure that nothing explains the score ends at 35.

    >>> round(abs(score(50.0, 0.01, 0.0, 0.1)), 6), round(score(60.0, 0.01, 0.0, 0.1), 2)
    (0.0, 4.05)
    """
    ends = [_end(percent - step / 2, mean, sd), _end(percent + step / 2, mean, sd)]
    mirrored = ends[0] + ends[1] > 0  # the tail on the figure's own side is the one that can be told from none
    near, far = (-ends[1], -ends[0]) if mirrored else (ends[0], ends[1])
    z = float(ndtri((ndtr(max(near, -_Z_MAX)) + ndtr(max(far, -_Z_MAX))) / 2))
    return -z if mirrored else z


def _end(percent: float, mean: float, sd: float) -> float:
    if percent <= 0:
        return -math.inf
    return math.inf if percent >= 100 else (logit(percent / 100) - mean) / sd  # noqa: PLR2004


def _interval(mean: float | np.float64, sd: float | np.float64) -> tuple[float, float, float]:
    middle, low, high = (100 * float(expit(mean + side * _Z95 * sd)) for side in (0, -1, 1))
    return middle, low, high


MEASURE: Final = Measure(name="poll_trend", version=2, reads=("poll_figures", "poll_facts"), steps=steps, schema=SCHEMA)
