"""What the measures of a case's polls gave, as the briefing needs it: figures by time, levels by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit, ndtri

from vigie.briefings.polls import Level
from vigie.measures import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vigie.run.analyse import Measured

    Row = dict[str, Any]

MEASURES: Final = ("poll_trend", "poll_levels", "poll_houses", "poll_shifts", "poll_facts")


@dataclass(frozen=True, slots=True, kw_only=True)
class PollMeasures:
    """The measured tables of a case's polls, each as its measure's schema says."""

    trend: pa.Table
    levels: pa.Table
    houses: pa.Table
    shifts: pa.Table
    facts: pa.Table


def poll_measures(measured: Measured, values: Mapping[str, Any]) -> PollMeasures | None:
    """Return the tables, with the parameters `values` of poll_shift; None where the case has no polls."""
    measures = {name.removeprefix("poll_"): named(name) for name in MEASURES}
    if measured.lacking(measures["trend"]):
        return None
    return PollMeasures(**{name: measured.table(measure, values) for name, measure in measures.items()})


def figures_of(trend: pa.Table) -> list[Row]:
    """Return the figures in order of time, each with its day."""
    rows: list[Row] = trend.to_pylist()
    for row in rows:
        row["day"] = row["fieldwork_end"] or row["time"].date()
    return sorted(rows, key=lambda r: (r["time"], r["row_id"]))


def set_apart(facts: pa.Table) -> list[Row]:
    """Return the scenarios of `poll_facts` that the formal checks take for no poll, in order of time."""
    rows: list[Row] = facts.filter(pc.field("is_set_apart")).to_pylist()
    return sorted(rows, key=lambda r: (r["time"], r["scenario"]))


def levels_of(levels: pa.Table, series: Iterable[str]) -> dict[str, tuple[Level, ...]]:
    """Return the levels of these series by day."""
    chosen = levels.filter(pc.is_in(levels["series"], pa.array(sorted(series), pa.string())))
    chosen = chosen.sort_by([("series", "ascending"), ("day", "ascending")])
    ends = {}
    for name in ("then", "now"):
        mean, sd = (chosen[f"{name}_{of}"].to_numpy() for of in ("mean", "sd"))
        for share in (0.0, 0.8, 0.95):
            half = ndtri((1 + share) / 2) * sd
            ends[name, share] = (100 * expit(mean - half)).tolist(), (100 * expit(mean + half)).tolist()
    found: dict[str, list[Level]] = {}
    for n, row in enumerate(chosen.select(["series", "day"]).to_pylist()):
        found.setdefault(row["series"], []).append(
            Level(
                day=row["day"],
                then=ends["then", 0.0][0][n],
                then95=(ends["then", 0.95][0][n], ends["then", 0.95][1][n]),
                now=ends["now", 0.0][0][n],
                now80=(ends["now", 0.8][0][n], ends["now", 0.8][1][n]),
                now95=(ends["now", 0.95][0][n], ends["now", 0.95][1][n]),
            )
        )
    return {of: tuple(values) for of, values in found.items()}
