"""Five French first rounds as tables: what was asked when, on which day the vote was, and how it ended.

Waves of one house that overlap are thinned, from the last before the vote backwards, to those that share no day with
the one kept after them, in figures to train on as in figures to forecast: a score must not count one interview three
times. The collection of families has no first days; there, of Ifop's daily waves of 2012 one is kept per three days,
and of any house one poll per last day.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie.measures import measured
from vigie.measures.poll_figures import MEASURE as FIGURES
from vigie.tables import CASE_TABLES
from vigie.testing import rows
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row = dict[str, Any]
FOLDER: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "polls"
FAMILIES_FILE: Final = "fr_r1_families_1965_2019_pollsposition.csv"
FAMILIES: Final = ("nbfarleft", "nbleft", "nbgreen", "nbcenter", "nbright", "nbfarright")
MAIN_FAMILIES: Final = ("nbfarleft", "nbleft", "nbcenter", "nbright", "nbfarright")
MAIN_2017: Final = {
    "Emmanuel Macron": 24.01, "Marine Le Pen": 21.30, "François Fillon": 20.01, "Jean-Luc Mélenchon": 19.58,
    "Benoît Hamon": 6.36, "Nicolas Dupont-Aignan": 4.70,
}  # fmt: skip
OTHERS_2017: Final = (
    "Nathalie Arthaud", "Philippe Poutou", "Jean Lassalle", "François Asselineau", "Jacques Cheminade",
    "François Bayrou", "Yannick Jadot",
)  # fmt: skip
MAIN_2022: Final = {
    "Emmanuel Macron": 27.85, "Marine Le Pen": 23.15, "Jean-Luc Mélenchon": 21.95, "Eric Zemmour": 7.07,
    "Valérie Pécresse": 4.78, "Yannick Jadot": 4.63,
}  # fmt: skip
OTHERS_2022: Final = (
    "Anne Hidalgo", "Fabien Roussel", "Jean Lassalle", "Nathalie Arthaud", "Nicolas Dupont-Aignan", "Philippe Poutou",
    "Christiane Taubira",
)  # fmt: skip
FAMILIES_WAVE_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Election:
    """One first round: its polls as POLLS, its case's candidates and rounds, and the result of the main candidates."""

    year: int
    day: date
    polls: pa.Table
    case: dict[str, pa.Table]
    results: dict[str, float]

    def figures(self) -> list[Row]:
        """Return the rows of `poll_figures`."""
        found: list[Row] = measured(FIGURES, {"polls": self.polls} | self.case).to_pylist()
        return found


def election(year: int) -> Election:
    """Return the first round of 2017 or 2022, or by families that of 2012 or before."""
    if year == 2017:
        return _election(2017, date(2017, 4, 23), _thinned(_2017()), MAIN_2017, [*MAIN_2017, *OTHERS_2017])
    if year == 2022:
        return _election(2022, date(2022, 4, 10), _thinned(_2022()), MAIN_2022, [*MAIN_2022, *OTHERS_2022])
    polls, results, day = _families(year)
    return _election(year, day, polls, {f: results[f] for f in MAIN_FAMILIES if f in results}, FAMILIES)


def _election(
    year: int, day: date, polls: Iterable[Row], results: dict[str, float], candidates: Sequence[str]
) -> Election:
    names = [
        {"candidate_id": fold_id(name), "name": name, "alias": name, "alias_id": fold_id(name)} for name in candidates
    ]
    case = {
        "case_candidates": pa.Table.from_pylist(names, schema=CASE_TABLES["case_candidates"]),
        "case_rounds": pa.Table.from_pylist([{"round": 1, "date": day}], schema=CASE_TABLES["case_rounds"]),
    }
    figures = [figure | {"time": datetime.combine(figure["fieldwork_end"], time(12), UTC)} for figure in polls]
    return Election(year, day, rows("polls", *figures), case, {fold_id(name): r for name, r in results.items()})


def _figure(poll_id: str, candidate: str, percent: str) -> Row:
    return {
        "poll_id": poll_id,
        "question": "voting_intention",
        "round": 1,
        "candidate": candidate,
        "candidate_id": fold_id(candidate),
        "percent": float(percent),
    }


def _2017() -> list[Row]:
    with (FOLDER / "fr2017_r1_depuis1958.csv").open(encoding="utf-8", newline="") as file:
        return [
            _figure(str(n), name, percent)
            | {
                "pollster": r["pollster"],
                "fieldwork_start": date.fromisoformat(r["start"]),
                "fieldwork_end": date.fromisoformat(r["end"]),
                "sample_size": float(r["n_total"]) if r["n_total"] else None,
                "hypothesis": r["field"],
                "is_rolling": False,
            }
            for n, r in enumerate(csv.DictReader(file))
            for name, percent in list(r.items())[7:]
            if percent
        ]


def _2022() -> list[Row]:
    with gzip.open(FOLDER / "fr2022_nsppolls.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return [
            _figure(r["id"], r["candidat"], r["intentions"])
            | {
                "pollster": r["nom_institut"],
                "fieldwork_start": date.fromisoformat(r["debut_enquete"]),
                "fieldwork_end": date.fromisoformat(r["fin_enquete"]),
                "sample_size": float(r["echantillon"]) if r["echantillon"] else None,
                "answered": float(r["sous_echantillon"]) if r["sous_echantillon"] else None,
                "hypothesis": r["hypothese"] or None,
                "is_rolling": r["rolling"] == "True",
            }
            for r in csv.DictReader(file)
            if r["intentions"] and r["tour"] == "Premier tour" and r["fin_enquete"] < "2022-04-10"
        ]


def _thinned(figures: Sequence[Row]) -> list[Row]:
    """Return the figures of polls that share no day with the one of their house kept after; hypotheses stay whole."""
    dates = {(f["pollster"], f["fieldwork_end"], f["fieldwork_start"], f["poll_id"]) for f in figures}
    since: dict[str, date] = {}
    kept: set[str] = set()
    if not any(f["is_rolling"] for f in figures):
        return list(figures)
    for pollster, end, start, poll in sorted(dates, reverse=True):
        if pollster not in since or end < since[pollster]:
            kept.add(poll)
            since[pollster] = start
    return [figure for figure in figures if figure["poll_id"] in kept]


def _families(year: int) -> tuple[list[Row], dict[str, float], date]:
    with (FOLDER / FAMILIES_FILE).open(encoding="utf-8", newline="") as file:
        held = [r for r in csv.DictReader(file) if r["type"] == "president" and r["dateelection"].startswith(str(year))]
    polls = sorted((r for r in held if r["sondage"] != "result"), key=lambda r: (r["sondage"], r["date"]), reverse=True)
    result = next(r for r in held if r["sondage"] == "result")
    kept: list[Row] = []
    since: dict[str, date] = {}
    for n, r in enumerate(polls):
        end = date.fromisoformat(r["date"])
        wave = timedelta(days=FAMILIES_WAVE_DAYS if year == 2012 and r["sondage"] == "Ifop" else 1)
        if r["sondage"] in since and since[r["sondage"]] - end < wave:
            continue
        since[r["sondage"]] = end
        common = {"pollster": r["sondage"], "fieldwork_end": end}
        common |= {"answered": float(r["samplesize"])} if r["samplesize"] else {}
        kept += [_figure(str(n), family, r[family]) | common for family in FAMILIES if r[family]]
    return kept, {f: float(result[f]) for f in FAMILIES if result[f]}, date.fromisoformat(result["date"])
