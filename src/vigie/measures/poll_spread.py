"""How far houses lie from one another within a week, against what samples of their sizes would show.

Weeks of `window_days` are counted back from the day before the vote, or from the last fieldwork where the case has no
date for the round; of each week that field of candidates is taken that most houses asked about, and of each house its
last scenario that ends in it, so that waves which share interviews count once. Polls without a sample size, those that
are set apart and figures that do not stand are left out, as are candidates below `share_min` percent on average.
One row per week with `houses_min` houses or more: the sum of the squared distances from the weighted mean, each over
its sampling and rounding variance, and its ratio to the mean of `draws` simulations (`vigie.kernels.poll_spread`).
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa

from vigie.engine import Groups, Query, Step
from vigie.kernels.poll_spread import spread
from vigie.measures import Measure
from vigie.measures.poll_figures import SCHEMA as FIGURES
from vigie.parameters import Bounds
from vigie.tables import described, split_row_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    Row = dict[str, Any]

_S: Final[pa.DataType] = pa.string()
_F: Final[pa.DataType] = pa.float64()
_I: Final[pa.DataType] = pa.int32()
_DATE: Final[pa.DataType] = pa.date32()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
_SEED: Final = 1977


_KEY: Final = ("question", "round")
_USED: Final = ("scenario", "field", "house", "pollster", "candidate_id", "time", "row_id", "percent", "respondents")
_USABLE: Final = pa.schema(
    [
        *(FIGURES.field(name) for name in (*_KEY, *_USED, "step")),
        pa.field("day", _DATE),
        pa.field("until", _DATE),
    ]
)
SCHEMA: Final = pa.schema(
    [
        FIGURES.field("question"),
        FIGURES.field("round"),
        FIGURES.field("field"),
        described("first_day", _DATE, "first day of the week"),
        described("last_day", _DATE, "last day of the week"),
        described("is_final", pa.bool_(), "whether it is the last week before the vote"),
        described("houses", _LIST, "houses with a scenario in it, sorted"),
        described("candidates", _I, "how many candidates are compared", "candidates"),
        described("respondents", _F, "who answered, over all scenarios", "persons"),
        described("observed", _F, "squared distances over their variance, summed"),
        described("expected", _F, "mean of the same over the simulations"),
        described("ratio", _F, "observed to expected"),
        described("freedom", _F, "degrees of freedom of the chi-square like the simulations"),
        described("p_value", _F, "share of simulations with a sum as small"),
        described("first_time", FIGURES.field("time").type, "time of its earliest row"),
        described("last_time", FIGURES.field("time").type, "time of its latest row"),
        described("row_ids", _LIST, "the figures compared, in order"),
    ]
)

_SQL: Final = f"""
select f.question, f.round, {", ".join(f"f.{name}" for name in _USED)}, f.step, f.fieldwork_end as day,
    coalesce(v.date - 1, max(f.fieldwork_end) over (partition by f.question, f.round)) as until
from poll_figures f join poll_facts s using (scenario)
left join (select round, min(date) as date from case_rounds group by round) v on f.round = v.round
where f.question = 'voting_intention' and f.stands = 'used' and not s.is_set_apart and f.respondents > 0
"""


def steps(
    *,
    window_days: Annotated[int, Bounds(1, 90)] = 7,
    houses_min: Annotated[int, Bounds(3, 100)] = 4,
    share_min: Annotated[float, Bounds(0, 50)] = 1.0,
    draws: Annotated[int, Bounds(100, 100_000)] = 4_000,
) -> tuple[Step, ...]:
    """Take what may be compared, then week after week of each round."""

    def function(usable: pa.Table) -> pa.Table:
        return _weeks(usable, window_days=window_days, houses_min=houses_min, share_min=share_min, draws=draws)

    return (
        Query(name="usable", sql=_SQL, schema=_USABLE),
        Groups(
            name="poll_spread",
            input="usable",
            columns=tuple(_USABLE.names),
            key=_KEY,
            order=("time", "row_id"),
            function=function,
            schema=SCHEMA,
        ),
    )


def _weeks(usable: pa.Table, *, window_days: int, houses_min: int, share_min: float, draws: int) -> pa.Table:
    made: list[Row] = []
    for _, group in groupby(usable.to_pylist(), key=lambda r: (r["question"], r["round"])):
        rows = list(group)
        until: date = rows[0]["until"]
        weeks: dict[int, list[Row]] = {}
        for row in rows:
            weeks.setdefault((until - row["day"]).days // window_days, []).append(row)
        for week, figures in sorted(weeks.items(), reverse=True):
            last_day = until - timedelta(days=week * window_days)
            compared = _compared(figures, houses_min=houses_min, share_min=share_min, draws=draws)
            if week >= 0 and compared is not None:
                made.append(
                    compared
                    | {
                        "question": rows[0]["question"],
                        "round": rows[0]["round"],
                        "first_day": last_day - timedelta(days=window_days - 1),
                        "last_day": last_day,
                        "is_final": week == 0,
                    }
                )
    return pa.Table.from_pylist(made, schema=SCHEMA)


def _compared(figures: Sequence[Row], *, houses_min: int, share_min: float, draws: int) -> Row | None:
    """Return what one week's figures show, or None where too few houses asked about the same candidates."""
    field = _most_asked(figures)
    latest = {row["house"]: row["scenario"] for row in figures if row["field"] == field}
    chosen = [row for row in figures if latest.get(row["house"]) == row["scenario"] and row["field"] == field]
    houses = sorted(latest)
    if len(houses) < houses_min:
        return None
    candidates = sorted({row["candidate_id"] for row in chosen})
    percents = np.full((len(houses), len(candidates)), np.nan)
    sizes, rounding = np.ones(len(houses)), np.ones(len(houses))
    for row in chosen:
        at = houses.index(row["house"])
        percents[at, candidates.index(row["candidate_id"])] = row["percent"]
        sizes[at], rounding[at] = row["respondents"], row["step"]
    many = (~np.isnan(percents)).sum(axis=0) >= houses_min
    kept = many & (np.nan_to_num(percents).sum(axis=0) >= share_min * (~np.isnan(percents)).sum(axis=0))
    if not kept.any():
        return None
    found = spread(percents[:, kept], sizes, rounding, draws=draws, seed=_SEED)
    names = {name for name, is_kept in zip(candidates, kept.tolist(), strict=True) if is_kept}
    used = [row for row in chosen if row["candidate_id"] in names]
    return {
        "field": field,
        "houses": houses,
        "candidates": len(names),
        "respondents": float(sizes.sum()),
        "observed": found.observed,
        "expected": found.expected,
        "ratio": found.ratio,
        "freedom": found.freedom,
        "p_value": found.p_low,
        "first_time": min(row["time"] for row in used),
        "last_time": max(row["time"] for row in used),
        "row_ids": sorted((row["row_id"] for row in used), key=split_row_id),
    }


def _most_asked(figures: Sequence[Row]) -> str:
    """Return the field that most houses asked about, the first by name among equals."""
    houses: Counter[str] = Counter(field for field, _ in {(row["field"], row["house"]) for row in figures})
    return min((-asked, field) for field, asked in houses.items())[1]


MEASURE: Final = Measure(
    name="poll_spread",
    version=1,
    reads=("poll_figures", "poll_facts", "case_rounds"),
    steps=steps,
    schema=SCHEMA,
)
