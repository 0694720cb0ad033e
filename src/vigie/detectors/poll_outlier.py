"""Poll outlier: a poll whose figures lie far from what the polls before it led to expect.

What it measures
    Each scenario against the forecast made before it appeared (`vigie.measures.poll_trend`), which allows for sampling,
    rounding, the house and the usual drift of opinion; polls that are set apart are asked as well. Two tests over the
    candidates of at least `share_min` percent: the sum of the squared scores, as a gamma law whose mean and variance
    are those of shares that add up to 100 (Satterthwaite); and the largest score alone. The smaller p-value counts
    twice, then times the number of scenarios of the run. Reported is what stays at most `p_max` with a figure at least
    `points_min` off. The value is the worst figure's distance from its forecast, its interval 1.96 standard deviations;
    0 is expected. Asked is only where several houses ask: where one asks alone, as for opinions, nothing tells an odd
    wave from a change of opinion, and that is `poll_shift`'s.
    A figure is confirmed where the figures that other houses give for the candidate from the same day to `window_days`
    later lie, at the median, nearer to it than to its forecast: then opinion moved, which is `poll_shift`'s. Confirmed
    figures are left out.
What it cannot say
    That a poll is forged: one honest poll in some hundreds is far off, and a new wording, another field of candidates
    or a broken sample are far off more often. Nor that a poll near the others is honest: a fake that copies their
    figures passes (`poll_provenance` asks what it says of itself). The first polls of a campaign have no forecast. The
    last poll before a silence can be confirmed by nobody, be it right or wrong. A fake that is not set apart moves the
    trend.
Sources
    Harvey 1989 (one-step forecasts); Satterthwaite 1946 (sums of squares); Jackman 2005 (pooling polls); Bonferroni.

>>> from vigie.measures import measured
>>> from vigie.testing import polls
>>> houses = ["Ipsos", "Ifop", "BVA", "Elabe", "Harris"]
>>> lines = [f"{houses[n % 5]} 2017-03-{10 + n} 1000 {c} {p}" for n in range(15) for c, p in (("x", 24), ("y", 19))]
>>> fake = ["Someone 2017-03-25 1000 x 17", "Someone 2017-03-25 1000 y 27"]
>>> after = ["Ipsos 2017-03-26 1000 x 24", "Ifop 2017-03-26 1000 y 19"]
>>> found = poll_outlier(measured(MEASURE, {"polls": polls(*lines, *fake, *after, question="voting_intention")}))
>>> found["title"].to_pylist()[0].partition(" %")[0]
'Someone, voting intention (2017-03-25): y 27'
"""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa
from scipy import special

from vigie.detectors import Detector
from vigie.kernels.tails import normal_two_sided
from vigie.measures.poll_trend import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = dict[str, Any]
    Others = Mapping[tuple[str, int, str, str], Sequence[Row]]

_Z95: Final = 1.959963984540054
_NAMED_MAX: Final = 3
_NAMED_Z: Final = 2.0
_ASKED: Final = frozenset({"used", "no fieldwork"})


def poll_outlier(
    measured: pa.Table,
    *,
    window_days: Annotated[int, Bounds(1, 90)] = 14,
    share_min: Annotated[float, Bounds(0, 50)] = 5.0,
    points_min: Annotated[float, Bounds(0, 100)] = 3.0,
    p_max: Annotated[float, Bounds(1e-12, 0.5)] = 0.05,
) -> pa.Table:
    """Report the polls of which a scenario's p-value, times all scenarios tested, is at most `p_max`."""
    asked = [r for r in measured.to_pylist() if r["stands"] in _ASKED]
    houses = _houses(asked)
    rows = [r for r in asked if houses.get(r["block"], 0) > 1]
    others = _by_candidate(rows)
    tested = sorted((r for r in rows if r["z"] is not None and _compared(r, share_min)), key=_order)
    scenarios = [list(group) for _, group in groupby(tested, key=lambda r: r["scenario"])]
    flagged = []
    for figures in scenarios:
        if scenario_p(figures) * len(scenarios) > p_max:
            continue
        odd = [r for r in figures if not confirmed(r, others, window_days)]
        p_value = min(1.0, scenario_p(odd) * len(scenarios))
        if p_value <= p_max and max((abs(_off(r)) for r in odd), default=0.0) >= points_min:
            flagged.append((p_value, odd))
    flagged.sort(key=lambda f: (f[1][0]["house"], f[1][0]["poll_id"], f[0], f[1][0]["scenario"]))
    polls = groupby(flagged, key=lambda f: (f[1][0]["house"], f[1][0]["poll_id"]))
    findings = [_finding(list(poll)) for _, poll in polls]
    findings.sort(key=lambda f: (f["subject_ids"], f["first_seen"], f["title"], split_row_id(f["evidence_ids"][0])))
    return pa.Table.from_pylist(findings, schema=FOUND)


def scenario_p(figures: Sequence[Row]) -> float:
    """Return the p-value of the figures of one scenario together: twice the smaller of that of their sum of squares.

    The other is that of the largest score, times their number. No figures have 1.
    """
    if not figures:
        return 1.0
    largest = normal_two_sided(max(abs(r["z"]) for r in figures)) * len(figures)
    summed = squares_p([r["z"] for r in figures], [r["expected"] / 100 for r in figures])
    return min(1.0, 2 * min(largest, summed))


def squares_p(z: Sequence[float], shares: Sequence[float]) -> float:
    """Return the chance that scores of shares of one whole have a sum of squares as large as that of `z`.

    Two shares p and q of one sample correlate by -sqrt(p q / ((1 - p) (1 - q))).

    >>> round(squares_p([2.0, -2.0], [0.5, 0.5]), 4) == round(squares_p([2.0], [0.5]), 4) == 0.0455
    True
    """
    odds = [p / (1 - p) for p in (min(max(p, 1e-6), 1 - 1e-6) for p in shares)]
    variance = 2 * math.fsum(1.0 if i == j else min(1.0, p * q) for i, p in enumerate(odds) for j, q in enumerate(odds))
    mean = len(odds)
    return float(special.gammaincc(mean**2 / variance, math.fsum(s * s for s in z) * mean / variance))


def confirmed(figure: Row, others: Others, window_days: int) -> bool:
    """Tell whether later figures of other houses lie nearer to `figure` than to what was expected of it."""
    near = [
        r["percent"]
        for r in others.get(_candidate(figure), ())
        if r["house"] != figure["house"] and timedelta(0) <= r["time"] - figure["time"] <= timedelta(days=window_days)
    ]
    if not near:
        return False
    return bool(abs(median(near) - figure["percent"]) < abs(median(near) - figure["expected"]))


def _houses(rows: Sequence[Row]) -> dict[str, int]:
    """Return how many houses have a part in the trend of each block."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row["used"]:
            found.setdefault(row["block"], set()).add(row["house"])
    return {block: len(houses) for block, houses in found.items()}


def _by_candidate(rows: Sequence[Row]) -> dict[tuple[str, int, str, str], list[Row]]:
    found: dict[tuple[str, int, str, str], list[Row]] = {}
    for row in rows:
        if row["used"]:
            found.setdefault(_candidate(row), []).append(row)
    return found


def _candidate(row: Row) -> tuple[str, int, str, str]:
    return row["question"], row["round"] or 0, row["field"], row["candidate_id"]


def _order(row: Row) -> tuple[str, Any, tuple[str, int]]:
    return row["scenario"], row["candidate_id"], split_row_id(row["row_id"])


def _compared(row: Row, share_min: float) -> bool:
    return bool(max(row["percent"], row["expected"]) >= share_min)


def _off(row: Row) -> float:
    return float(row["percent"] - row["expected"])


def _finding(scenarios: Sequence[tuple[float, Sequence[Row]]]) -> Row:
    """Return the finding of one poll, whose scenarios stand in order of their p-values."""
    p_value, figures = scenarios[0]
    by_size = sorted(figures, key=lambda r: (-abs(r["z"]), r["candidate_id"], r["row_id"]))
    worst = by_size[0]
    named = [r for r in by_size[:_NAMED_MAX] if abs(r["z"]) >= _NAMED_Z] or by_size[:1]
    listed = ", ".join(f"{r['name']} {r['percent']:.3g} % where {r['expected']:.3g} % was expected" for r in named)
    what = worst["question"].replace("_", " ") + (f", round {worst['round']}" if worst["round"] else "")
    times = {r["row_id"]: r["time"] for _, rows in scenarios for r in rows}
    half = _Z95 * float(worst["forecast_sd"])
    return {
        "title": terminal(f"{worst['pollster']}, {what} ({worst['time']:%Y-%m-%d}): {listed}").strip(),
        "subject_ids": [worst["house"]],
        "first_seen": min(times.values()),
        "last_seen": max(times.values()),
        "value": _off(worst),
        "low": _off(worst) - half,
        "high": _off(worst) + half,
        "expected": 0.0,
        "p_value": p_value,
        "evidence_ids": sorted(times, key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=poll_outlier,
    reads=MEASURE,
    subject="pollster",
    measure="distance of a poll's worst figure from the forecast made before it appeared",
    unit="points",
    spoofable=2,
)
