"""Poll shift: figures of a candidate that depart from what the earlier polls led to expect.

What it measures
    Each figure's distance from the forecast made before it appeared, in standard deviations of that forecast: what
    sampling, rounding, the house and the usual drift of opinion allow (`poll_trend`). Two tests: one figure alone; and
    two figures in a row of different houses, at most `window_days` apart, that depart the same way. All tests of the
    run are counted: a departure is reported where its p-value times their number is at most `p_max`, and the figure
    lies at least `points_min` from the forecast. Departures of one candidate, question, round and direction, each
    within `window_days` of the one before, are one finding; its value and `p_value` are those of the largest.
    The value is the shift in points, its interval 1.96 standard deviations; under no shift, 0 is expected. Two waves
    are enough: the first is then the forecast, with the drift that is usual elsewhere.
What it cannot say
    Why opinion moved, or whether it did: a new wording, a new method or a rogue sample looks the same. It does not
    see slow change, which the drift takes up. House effects are allowed for, not estimated. Sums, quotas and
    weighting make real figures scatter less, or more, than the sampling variance says. A coincidence in time with
    anything else is no effect.
Sources
    Kalman 1960; Harvey 1989 (local level); Jackman 2005 (pooling polls); Bonferroni for the number of tests.

>>> from vigie.engine.local import LocalEngine
>>> from vigie.tables import CASE_TABLES
>>> from vigie.testing import polls
>>> waves = polls("Ipsos 2017-01-14 970 fillon 43", "Ipsos 2017-02-11 967 fillon 25")
>>> with LocalEngine({"polls": waves, "case_candidates": CASE_TABLES["case_candidates"].empty_table()}) as engine:
...     found = poll_shift(engine.run(MEASURE.steps()))
>>> found["title"].to_pylist(), round(found["value"][0].as_py(), 3)
(['fillon, favourability: 25 % (Ipsos) where 43 % was expected'], -18.0)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.kernels.tails import normal_two_sided
from vigie.measures.poll_trend import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Row = dict[str, Any]

_Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Departure:
    """One or two figures that depart from their forecast, the last figure before them, and p times the tests."""

    figures: tuple[Row, ...]
    before: Row
    p_value: float

    @property
    def largest(self) -> Row:
        """Return the figure farthest from its forecast, in standard deviations."""
        return max(self.figures, key=lambda r: (abs(_z(r)), r["time"], r["row_id"]))


def poll_shift(
    measured: pa.Table,
    *,
    window_days: Annotated[int, Bounds(1, 365)] = 14,
    p_max: Annotated[float, Bounds(1e-12, 0.5)] = 0.05,
    points_min: Annotated[float, Bounds(0, 100)] = 3.0,
) -> pa.Table:
    """Report the departures of at least `points_min` whose p-value, times all tests made, is at most `p_max`."""
    rows = sorted(measured.to_pylist(), key=lambda r: (r["series"], r["time"], r["row_id"]))
    tried = [t for _, series in groupby(rows, key=lambda r: r["series"]) for t in _tests(list(series), window_days)]
    departures = []
    for figures, before in tried:
        # The errors of forecasts in a row are independent: their sum over sqrt(n) is again a standard normal.
        z = sum(map(_z, figures)) / len(figures) ** 0.5
        p_value = min(1.0, normal_two_sided(z) * len(tried))
        departure = Departure(figures, before, p_value)
        one_way = len({_shift(f) > 0 for f in figures}) == 1
        if one_way and p_value <= p_max and abs(_shift(departure.largest)) >= points_min:
            departures.append(departure)
    findings = [_finding(group) for group in _together(departures, timedelta(days=window_days))]
    findings.sort(key=lambda f: (f["subject_ids"], f["first_seen"], f["title"]))
    return pa.Table.from_pylist(findings, schema=FOUND)


def _tests(series: Sequence[Row], window_days: int) -> Iterator[tuple[tuple[Row, ...], Row]]:
    """Yield what is tested, with the figure before it: each figure that has a forecast, each pair of two houses."""
    last: Row | None = None
    used: list[tuple[Row, Row]] = []
    for row in series:
        if row["forecast_sd"] is not None and last is not None:
            used.append((row, last))
            yield (row,), last
        if row["weight"] > 0:
            last = row
    for (one, before), (two, _) in pairwise(used):
        near = two["time"] - one["time"] <= timedelta(days=window_days)
        if near and one["pollster"] != two["pollster"]:
            yield (one, two), before


def _shift(row: Row) -> float:
    return float(row["percent"] - row["expected"])


def _z(row: Row) -> float:
    return _shift(row) / float(row["forecast_sd"])


def _together(departures: Sequence[Departure], window: timedelta) -> Iterator[list[Departure]]:
    """Yield departures of one candidate, question, round and direction, each within `window` of the one before."""

    def subject(departure: Departure) -> tuple[str, str, int, bool]:
        row = departure.largest
        return row["candidate_id"], row["question"], row["round"] or 0, _shift(row) > 0

    ordered = sorted(departures, key=lambda d: (subject(d), d.largest["time"], d.largest["row_id"], len(d.figures)))
    for _, group in groupby(ordered, key=subject):
        held: list[Departure] = []
        for departure in group:
            if held and departure.largest["time"] - held[-1].largest["time"] > window:
                yield held
                held = []
            held.append(departure)
        yield held


def _finding(group: Sequence[Departure]) -> Row:
    chief = min(group, key=lambda d: (d.p_value, d.largest["time"], d.largest["row_id"]))
    row = chief.largest
    shift, sd = _shift(row), float(row["forecast_sd"])
    cited = {r["row_id"]: r["time"] for d in group for r in (*d.figures, d.before)}
    what = row["question"].replace("_", " ") + (f", round {row['round']}" if row["round"] else "")
    title = (
        f"{row['name']}, {what}: {row['percent']:.3g} % ({row['pollster']}) where {row['expected']:.3g} % was expected"
    )
    return {
        "title": terminal(title),
        "subject_ids": [row["candidate_id"]],
        "first_seen": min(cited.values()),
        "last_seen": max(cited.values()),
        "value": shift,
        "low": shift - _Z95 * sd,
        "high": shift + _Z95 * sd,
        "expected": 0.0,
        "p_value": chief.p_value,
        "evidence_ids": sorted(cited, key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=poll_shift,
    reads=MEASURE,
    subject="candidate",
    measure="distance of a poll's figure from the forecast made before it appeared",
    unit="points",
    spoofable=2,
)
