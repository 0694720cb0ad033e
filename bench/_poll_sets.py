"""The polls beside the checkout as tables: real ones of 2017 from two collections, families since 1965, imitations."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie.tables import CASE_TABLES
from vigie.testing import rows
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Row = dict[str, Any]
POLLS: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "polls"
ROUNDS_2017: Final = (date(2017, 4, 23), date(2017, 5, 7))
RACE_2017: Final = {
    "fillon": "François Fillon", "hamon": "Benoît Hamon", "le-pen": "Marine Le Pen", "macron": "Emmanuel Macron",
    "melenchon": "Jean-Luc Mélenchon",
}  # fmt: skip


def table(figures: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return POLLS of `figures`, numbered in their order; `time` is made of the dates."""
    made = []
    for figure in figures:
        day = figure.get("fieldwork_end") or figure["published"]
        made.append({"time": datetime.combine(day, time(12), UTC), **figure})
    return rows("polls", *made)


def case_2017() -> dict[str, pa.Table]:
    """Return the tables of a case of 2017 that has Sputnik and RT among its outlets."""
    outlets = {"Sputnik": "sputniknews.com", "RT": "rt.com"}
    people = [(i, n, alias) for i, n in RACE_2017.items() for alias in (n, n.split(" ", 1)[1])]
    cells: dict[str, list[Row]] = {
        "case_candidates": [
            {"candidate_id": i, "name": n, "alias": alias, "alias_id": fold_id(alias)} for i, n, alias in people
        ],
        "case_channels": [
            {"channel_id": site, "platform": "web", "outlet": name, "tier": "state-controlled"}
            for name, site in outlets.items()
        ],
        "case_rounds": [{"round": n, "date": day} for n, day in enumerate(ROUNDS_2017, start=1)],
    }
    return {name: pa.Table.from_pylist(made, schema=CASE_TABLES[name]) for name, made in cells.items()}


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a file of the folder."""
    with (POLLS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def last_weeks_2017() -> list[Row]:
    """Return the figures of the last five weeks, both rounds: with mode, sample, those who answered, and notice."""
    return [
        {
            "poll_id": f"pollsposition {r['id']}",
            "pollster": r["pollster"],
            "sponsor": r["clients"] or None,
            "fieldwork_start": date.fromisoformat(r["start"]),
            "fieldwork_end": date.fromisoformat(r["end"]),
            "sample_size": number(r["n_total"]),
            "answered": number(r["n_expressed"]),
            "mode": r["mode"] or None,
            "notice": r["source"] or None,
            **_voting(r["candidate"], r["share"], int(r["round"][1])),
        }
        for r in read("fr2017_lastweeks_pollsposition.csv")
        if r["share"]
    ]


def campaign_2017() -> list[Row]:
    """Return the figures of round 1 from January on: with client, dates and the whole sample."""
    made = []
    for n, r in enumerate(read("fr2017_r1_depuis1958.csv")):
        common = {
            "poll_id": f"depuis1958 {n}",
            "pollster": r["pollster"],
            "sponsor": r["client_or_source"] or None,
            "fieldwork_start": date.fromisoformat(r["start"]),
            "fieldwork_end": date.fromisoformat(r["end"]),
            "sample_size": number(r["n_total"]),
            "hypothesis": r["field"],
        }
        made += [common | _voting(name, share, 1) for name, share in list(r.items())[7:] if share]
    return made


def imitations_2017() -> list[Row]:
    """Return the figures of the five counts of social media that were published as if they were polls."""
    made = []
    for r in read("fr2017_pseudo_polls.csv"):
        common = {
            "poll_id": f"imitation {r['name']}",
            "pollster": r["name"].rsplit(" ", 1)[0] if r["name"].startswith("Brand") else "Filteris",
            "publisher": r["published_by"],
            "published": date.fromisoformat(r["published"]),
            "fieldwork_start": date.fromisoformat(r["period_start"]) if r["period_start"] else None,
            "fieldwork_end": date.fromisoformat(r["period_end"]) if r["period_end"] else None,
        }
        made += [common | _voting(name, r[name], 1) for name in list(r)[6:13] if r[name]]
    return made


def by_scenario(figures: Iterable[Row]) -> dict[tuple[Any, ...], list[Row]]:
    """Return the figures of each poll, round and hypothesis."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for figure in figures:
        found.setdefault((figure["poll_id"], figure["round"], figure.get("hypothesis")), []).append(figure)
    return found


def number(text: str) -> float | None:
    """Return the number, or None where there is none."""
    return float(text) if text else None


def _voting(candidate: str, share: str, round_: int) -> Row:
    return {
        "question": "voting_intention",
        "round": round_,
        "candidate": candidate,
        "candidate_id": fold_id(candidate),
        "percent": float(share),
    }


def families(year: int) -> list[Row]:
    """Return the figures of a presidential first round by political family: end of fieldwork and sample only."""
    made = []
    for n, r in enumerate(read("fr_r1_families_1965_2019_pollsposition.csv")):
        if not (r["type"].startswith("presid") and r["dateelection"].startswith(str(year))):
            continue
        if r["sondage"] in {"result", "seats"}:
            continue
        end = date.fromisoformat(r["date"])
        common = {
            "poll_id": f"families {n}",
            "pollster": r["sondage"],
            "fieldwork_end": end,
            "answered": number(r["samplesize"]),
        }
        made += [common | _voting(name, share, 1) for name, share in list(r.items())[8:] if share]
    return made


def election_day(year: int) -> date:
    """Return the day of that first round."""
    days = {
        r["dateelection"]
        for r in read("fr_r1_families_1965_2019_pollsposition.csv")
        if r["type"].startswith("presid") and r["dateelection"].startswith(str(year))
    }
    return date.fromisoformat(min(days))


def campaign_2022() -> list[Row]:
    """Return the first round's figures of 2022."""
    with gzip.open(POLLS / "fr2022_nsppolls.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return [
            {
                "poll_id": r["id"],
                "pollster": r["nom_institut"],
                "sponsor": r["commanditaire"] or None,
                "fieldwork_start": date.fromisoformat(r["debut_enquete"]),
                "fieldwork_end": date.fromisoformat(r["fin_enquete"]),
                "sample_size": number(r["echantillon"]),
                "answered": number(r["sous_echantillon"]),
                "question": "voting_intention",
                "round": 1,
                "hypothesis": r["hypothese"] or None,
                "candidate": r["candidat"],
                "candidate_id": fold_id(r["candidat"]),
                "percent": float(r["intentions"]),
            }
            for r in csv.DictReader(file)
            if r["tour"] == "Premier tour" and r["fin_enquete"]
        ]


def campaign_2027() -> list[Row]:
    """Return the figures of the campaign of 2027 so far, both rounds, with client, sample and notice."""
    return [
        {
            "poll_id": r["poll_id"],
            "pollster": r["nom_institut"],
            "sponsor": r["commanditaire"] or None,
            "fieldwork_start": date.fromisoformat(r["debut_enquete"]),
            "fieldwork_end": date.fromisoformat(r["fin_enquete"]),
            "sample_size": number(r["echantillon"]),
            "notice": r["filename"] or None,
            "hypothesis": r["hypothese"] or None,
            **_voting(r["candidat"], r["intentions"], int(r["tour"][0])),
        }
        for r in read("fr2027_mieuxvoter.csv")
        if r["intentions"] and r["tour"][0] in "12"
    ]
