"""The trend of each candidate in the polls, and what each figure was expected to be before it appeared.

A series is one candidate in one question, round and field. The field is the set of candidates put to those asked, so
that a candidate who withdraws is not a shift of the others; in a first round it holds the case's candidates only, where
the case names any of them, and in a second round all, for the opponent decides. It is empty for favourability and
approval, where each person is rated apart. Houses ask for opinions in words of their own, so a series of such figures
holds one pollster only; voting intentions of all houses stand together, with `house_sd` (in points, for a figure of 20
percent) for what a house does differently. After a silence of more than `gap_days_max` days a series begins anew: one
campaign does not forecast the next.

The level follows a random walk in points per day; figures are seen with sampling variance times `design`, the
rounding of whole points, and the house's. The drift is chosen by penalised maximum likelihood within bounds: for a
forecast from earlier figures only, for the trend from all. Of waves of one pollster that overlap, the later counts
with the share of its fieldwork days that are new; without a new day it counts nothing. A sample size that is not
given is taken as `sample_default`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa

from vigie.engine import Groups, Query, Step
from vigie.kernels.local_level import forecasts, smooth
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.tables import UTC_US

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Row = dict[str, Any]

_S: Final[pa.DataType] = pa.string()
_DATE: Final[pa.DataType] = pa.date32()
_F: Final[pa.DataType] = pa.float64()
_SMALL: Final[pa.DataType] = pa.int8()
_TIME: Final[pa.DataType] = UTC_US
_FIGURES: Final = pa.schema(
    [
        ("series", _S),
        ("candidate_id", _S),
        ("name", _S),
        ("question", _S),
        ("round", _SMALL),
        ("hypothesis", _S),
        ("time", _TIME),
        ("row_id", _S),
        ("pollster", _S),
        ("fieldwork_start", _DATE),
        ("fieldwork_end", _DATE),
        ("sample_size", _F),
        ("percent", _F),
    ]
)


def _points(name: str, doc: str, null: str = "never") -> pa.Field[pa.DataType]:
    return pa.field(name, _F, metadata={"doc": doc, "unit": "percent", "null": null})


SCHEMA: Final = pa.schema(
    [
        *_FIGURES,
        _points("expected", "forecast made before the figure appeared", "first of its series"),
        _points("forecast_sd", "standard deviation of the figure about the forecast", "no forecast, or nothing new"),
        _points("estimate", "the level as known once the figure was out (filter)"),
        _points("low", "lower end of the 95 % interval of `estimate`"),
        _points("high", "upper end of the 95 % interval of `estimate`"),
        _points("smoothed", "the level as known from all figures (smoother)"),
        _points("smoothed_low", "lower end of the 95 % interval of `smoothed`"),
        _points("smoothed_high", "upper end of the 95 % interval of `smoothed`"),
        pa.field("weight", _F, metadata={"doc": "share of the fieldwork that is new for this pollster"}),
    ]
)

FIGURES: Final = """
with joined as (
    select p.*, coalesce(c.candidate_id, p.candidate_id) as case_id, coalesce(c.name, p.candidate) as name,
        c.candidate_id is not null as in_case
    from polls p left join (
        select alias_id, min(candidate_id) as candidate_id, arg_min(name, candidate_id) as name
        from case_candidates group by alias_id) c
    on p.candidate_id = c.alias_id),
fields as (
    select poll_id, question, round, hypothesis, string_agg(distinct case_id, '+' order by case_id)
        filter (in_case or round = 2 or not (select coalesce(bool_or(in_case), false) from joined)) as field
    from joined where question = 'voting_intention' group by 1, 2, 3, 4),
named as (select concat_ws(chr(31), j.question, coalesce(cast(j.round as varchar), ''), coalesce(f.field, ''),
        case when j.question = 'voting_intention' then '' else j.pollster end, j.case_id) as series,
    j.case_id as candidate_id, j.name, j.question, j.round, coalesce(f.field, '') as hypothesis, j.time, j.row_id,
    j.pollster, j.fieldwork_start, j.fieldwork_end, j.sample_size, j.percent
from joined j left join fields f on j.poll_id = f.poll_id and j.question = f.question
    and j.round is not distinct from f.round and j.hypothesis is not distinct from f.hypothesis
where j.percent between 0 and 100),
gaps as (
    select *, coalesce(date_diff('day', lag(time) over (partition by series order by time, row_id), time)
        > $gap_days_max, false) as is_anew
    from named)
select * exclude (series, is_anew), series || chr(31)
    || sum(is_anew::int) over (partition by series order by time, row_id rows unbounded preceding) as series
from gaps
"""

_Z95: Final = 1.959963984540054
_ROUNDING_VARIANCE: Final = 1 / 12
_HOUSE_AT: Final = (
    0.2 * 0.8
)  # `house_sd` is that of a figure of 20 percent; it shrinks with the figure as sampling does
_DRIFTS_TRIED: Final = 25
# The prior of the drift's standard deviation: log-normal about a quarter of a point per day.
_DRIFT_CENTRE: Final = 0.25
_DRIFT_LOG_SD: Final = 0.7


def steps(
    *,
    design: Annotated[float, Bounds(0.1, 10)] = 1.0,
    house_sd: Annotated[float, Bounds(0, 10)] = 1.0,
    sample_default: Annotated[int, Bounds(50, 100_000)] = 800,
    drift_sd_min: Annotated[float, Bounds(0.001, 10)] = 0.05,
    drift_sd_max: Annotated[float, Bounds(0.001, 10)] = 1.0,
    gap_days_max: Annotated[int, Bounds(7, 3650)] = 180,
) -> tuple[Step, ...]:
    """Name the series, then follow each; `drift_sd_min` and `drift_sd_max` are in points per square root of a day."""
    drift_sds = np.geomspace(min(drift_sd_min, drift_sd_max), max(drift_sd_min, drift_sd_max), _DRIFTS_TRIED)
    return (
        Query(name="figures", sql=FIGURES, schema=_FIGURES, params={"gap_days_max": gap_days_max}),
        Groups(
            name="poll_trend",
            input="figures",
            columns=tuple(_FIGURES.names),
            key=("series",),
            order=("time", "row_id"),
            function=trend(drift_sds, design=design, house_sd=house_sd, sample_default=sample_default),
            schema=SCHEMA,
        ),
    )


def trend(
    drift_sds: NDArray[np.float64], *, design: float, house_sd: float, sample_default: int
) -> Callable[[pa.Table], pa.Table]:
    """Return the function of the `Groups` step: whole series of figures in, the same rows with their trend out."""
    log_prior = -0.5 * (np.log(drift_sds / _DRIFT_CENTRE) / _DRIFT_LOG_SD) ** 2

    def follow(figures: pa.Table) -> pa.Table:
        groups: dict[str, list[Row]] = {}
        for row in figures.to_pylist():
            groups.setdefault(row["series"], []).append(row)
        for rows in groups.values():
            weight = new_shares(rows)
            noise = np.array(
                [
                    noise_variance(r, design=design, house_sd=house_sd, sample_default=sample_default) / w
                    if w
                    else np.inf
                    for r, w in zip(rows, weight, strict=True)
                ]
            )
            day = np.array([r["fieldwork_end"].toordinal() for r in rows], dtype=np.float64)
            seen = np.array([r["percent"] for r in rows], dtype=np.float64)
            expected, variance, drift = forecasts(day, seen, noise, drift_sds**2, log_prior)
            now, now_variance, late, late_variance = smooth(day, seen, noise, drift)
            for i, row in enumerate(rows):
                known = not np.isnan(expected[i])
                row["expected"] = float(expected[i]) if known else None
                row["forecast_sd"] = float(np.sqrt(variance[i] + noise[i])) if known and weight[i] else None
                row["estimate"], row["low"], row["high"] = _interval(now[i], now_variance[i])
                row["smoothed"], row["smoothed_low"], row["smoothed_high"] = _interval(late[i], late_variance[i])
                row["weight"] = weight[i]
        return pa.Table.from_pylist([row for rows in groups.values() for row in rows], schema=SCHEMA)

    return follow


def noise_variance(row: Row, *, design: float, house_sd: float, sample_default: int) -> float:
    """Return the variance of a figure about the level, in squared points.

    The share is kept half a person away from none and all, where the sampling variance would vanish.
    """
    size = row["sample_size"] if row["sample_size"] and row["sample_size"] > 0 else float(sample_default)
    share = min(max(row["percent"] / 100, 0.5 / size), 1 - 0.5 / size)
    spread = share * (1 - share)
    house = house_sd**2 * spread / _HOUSE_AT if row["question"] == "voting_intention" else 0.0
    return float(design * 1e4 * spread / size + _ROUNDING_VARIANCE + house)


def new_shares(rows: Sequence[Row]) -> list[float]:
    """Return, for each figure in order, the share of its fieldwork days after all earlier fieldwork of its pollster.

    Where the first day is not given the fieldwork counts as one day.
    """
    until: dict[str, int] = {}
    shares = []
    for row in rows:
        end = row["fieldwork_end"].toordinal()
        start = min(row["fieldwork_start"].toordinal() if row["fieldwork_start"] else end, end)
        before = until.get(row["pollster"], start - 1)
        shares.append(max(0, end - max(before, start - 1)) / (end - start + 1))
        until[row["pollster"]] = max(before, end)
    return shares


def _interval(mean: float, variance: float) -> tuple[float, float, float]:
    half = _Z95 * float(np.sqrt(max(variance, 0.0)))
    return float(mean), max(0.0, float(mean) - half), min(100.0, float(mean) + half)


MEASURE: Final = Measure(name="poll_trend", version=1, reads=("polls", "case_candidates"), steps=steps, schema=SCHEMA)
