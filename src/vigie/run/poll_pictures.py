"""What is drawn of a finding that rests on polls: a candidate's trend, or a poll against its forecasts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.briefings.model import Expected, Trend, TrendPoint, Versus
from vigie.briefings.polls_section import asked
from vigie.run.poll_measured import figures_of, levels_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigie.run.poll_measured import PollMeasures

    Row = dict[str, Any]

_EXPECTED_MAX: Final = 12


def drawn_of(finding: Mapping[str, Any], tables: PollMeasures) -> Trend | Versus | None:
    """Return what to draw of a finding that rests on polls: a candidate's trend, or a poll against its forecasts."""
    evidence = tables.trend.filter(pc.is_in(tables.trend["row_id"], pa.array(finding["evidence_ids"], pa.string())))
    rows = evidence.select(["series", "scenario", "field"]).to_pylist()
    if not rows or finding["subject_kind"] not in ("candidate", "pollster"):
        return None
    what = "series" if finding["subject_kind"] == "candidate" else "scenario"
    counts = Counter(r[what] for r in rows)
    most = max(counts, key=lambda k: (counts[k], k))
    figures = figures_of(tables.trend.filter(pc.equal(tables.trend[what], most)))
    return _trend(figures, tables) if what == "series" else _versus(figures)


def _trend(figures: Sequence[Row], tables: PollMeasures) -> Trend | None:
    levels = levels_of(tables.levels, {figures[0]["series"]}).get(figures[0]["series"], ())
    if not levels:
        return None
    return Trend(
        label=f"{figures[0]['name']}, {_asked(figures[0])}, as known today",
        curve=tuple(TrendPoint(day=v.day, value=v.now, low=v.now95[0], high=v.now95[1]) for v in levels),
        polls=tuple((r["day"], r["percent"]) for r in figures),
    )


def _versus(figures: Sequence[Row]) -> Versus | None:
    known = [r for r in figures if r["expected"] is not None and r["forecast_low"] is not None]
    if not known:
        return None
    known.sort(key=lambda r: (-max(r["percent"], r["expected"]), r["row_id"]))
    return Versus(
        label=f"{known[0]['pollster']}, {_asked(known[0])}: published against expected",
        day=known[0]["day"],
        figures=tuple(
            Expected(
                name=r["name"],
                percent=r["percent"],
                expected=r["expected"],
                low=r["forecast_low"],
                high=r["forecast_high"],
            )
            for r in known[:_EXPECTED_MAX]
        ),
    )


def _asked(row: Row) -> str:
    text = asked(row["question"], row["round"])
    return text[0].lower() + text[1:]
