"""Are imitations of polls found, and are real polls left alone when nobody knows who made them? France, 2017.

    python -m bench.polls_suspects [--only formal]

Two collections of real polls: the last five weeks, both rounds (59 polls, with mode, those who answered and notice),
and round 1 from January on (106 scenarios, with client, dates and sample). Into each are put the five counts of social
media that were published as if they were polls (Brand Analytics three times, by Sputnik; Filteris twice).

- Imitations: what `poll_provenance` says of each, in a case that declares Sputnik's tier, and in one that does not.
- Strangers: every real poll in turn gets a name that nobody knows, and the other polls of its house are taken away. How
  many does `poll_provenance` report?
- Other collections: of the first rounds by family since 1965, of 2022 and of 2027 so far, how many scenarios have a
  flaw of weight, and how many are set apart?
- Fakes, each put into the campaign 30, 20 and 10 days before the vote: one that has the others' mean and no legal
  fields (for `poll_provenance`); one with all fields that takes six points from the leading two for the third, and one
  that takes four and two from the leaders (for `poll_outlier`).
- Power: in the campaign of 2012, on ten days of its last ninety, a poll that takes four, six or eight points from the
  leading two families for the third and is else the mean of the ten days before; how often is it reported?
- Outliers: of all real polls together (also of 2002, 2007 and 2012), and of every real poll of round 1 as a stranger,
  how many does `poll_outlier` report; and which imitations does it report in a case that has nothing but their figures
  to go by (their legal fields typed in as the others have them).
"""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from bench._poll_sets import (
    POLLS,
    RACE_2017,
    ROUNDS_2017,
    by_scenario,
    campaign_2017,
    campaign_2022,
    campaign_2027,
    case_2017,
    election_day,
    families,
    imitations_2017,
    last_weeks_2017,
    table,
)
from vigie.detectors.poll_outlier import poll_outlier
from vigie.detectors.poll_provenance import poll_provenance
from vigie.measures import measured
from vigie.measures.poll_facts import MEASURE as FACTS
from vigie.measures.poll_trend import MEASURE as TREND
from vigie.rules.pollsters import house
from vigie.tables import CASE_TABLES
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = dict[str, Any]
STRANGER: Final = "Institute That Nobody Knows"
DAYS_BEFORE: Final = (30, 20, 10)
PRESIDENTIAL: Final = (1965, 1969, 1974, 1981, 1988, 1995, 2002, 2007, 2012, 2017)
LIED_BEFORE: Final = range(5, 95, 9)


def main() -> int:
    """Print each examination; return 1 where an imitation is missed or a stranger is reported."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("formal",))
    asked = parser.parse_args()
    if not POLLS.is_dir():
        print(f"no polls in {POLLS}")
        return 0
    missed = 0
    for name, real in (("last weeks", last_weeks_2017()), ("campaign", campaign_2017())):
        found = _imitations(name, real)
        reported, polls = strangers(real)
        print(f"{name}: {reported} of {polls} real polls reported as strangers")
        missed += 5 - found + reported
    collections = [*map(families, PRESIDENTIAL), campaign_2022(), campaign_2027()]
    facts = [r for own in collections for r in measured(FACTS, {"polls": table(own)}).to_pylist()]
    flawed, apart = sum(r["flaws"] > 0 for r in facts), sum(r["is_set_apart"] for r in facts)
    print(f"other collections: {len(facts)} scenarios, {flawed} with a flaw of weight, {apart} set apart")
    missed += apart
    real = campaign_2017()
    bare = sum(bool(_provenance([*real, *_near(real, days)], "near")) for days in DAYS_BEFORE)
    print(f"near the others without legal fields: {bare} of {len(DAYS_BEFORE)} reported")
    missed += len(DAYS_BEFORE) - bare
    if asked.only != "formal":
        _figures(real)
    return int(missed > 0)


def _imitations(name: str, real: Sequence[Row]) -> int:
    """Print what is said of the imitations; return how many are reported in the case that declares the outlet."""
    figures = table([*real, *imitations_2017()])
    case = case_2017()
    found = poll_provenance(measured(FACTS, {"polls": figures, **case})).to_pylist()
    silent = case | {"case_channels": CASE_TABLES["case_channels"].empty_table()}
    undeclared = poll_provenance(measured(FACTS, {"polls": figures, **silent})).to_pylist()
    print(f"{name}: {_count(found)}; where the case does not declare the outlet {_count(undeclared)}")
    for finding in found:
        print(f"  {finding['title']}")
    return sum(f["subject_ids"][0] in {"brand-analytics", "filteris"} for f in found)


def _count(found: Sequence[Row]) -> str:
    subjects = Counter(f["subject_ids"][0] for f in found)
    brand, filteris = subjects.pop("brand-analytics", 0), subjects.pop("filteris", 0)
    return f"Brand Analytics {brand} of 3, Filteris {filteris} of 2, others {subjects.total()}"


def as_stranger(real: Sequence[Row], own: Sequence[Row]) -> list[Row]:
    """Return all figures with `own` under a name that nobody knows, without the other polls of its house."""
    rest = [f for f in real if house(f["pollster"]) != house(own[0]["pollster"])]
    return [*rest, *(f | {"pollster": STRANGER} for f in own)]


def strangers(real: Sequence[Row]) -> tuple[int, int]:
    """Return how many real polls are reported when each is a stranger, and how many polls there are."""
    polls = list(by_scenario(real).values())
    return sum(bool(_provenance(as_stranger(real, own), STRANGER)) for own in polls), len(polls)


def _provenance(figures: Sequence[Row], pollster: str) -> list[Row]:
    found = poll_provenance(measured(FACTS, {"polls": table(figures), **case_2017()})).to_pylist()
    return [f for f in found if f["subject_ids"] == [house(pollster)]]


def _outliers(figures: Sequence[Row], case: Mapping[str, pa.Table] | None = None) -> list[Row]:
    return poll_outlier(measured(TREND, {"polls": table(figures), **(case or case_2017())})).to_pylist()


def _case_of(year: int) -> dict[str, pa.Table]:
    day = {"round": 1, "date": election_day(year)}
    return {"case_rounds": pa.Table.from_pylist([day], schema=CASE_TABLES["case_rounds"])}


def _power(points: float) -> tuple[int, int]:
    """Return in how many of the tries the lie of `points` in 2012 is reported."""
    real, vote, seen = families(2012), election_day(2012), 0
    for days in LIED_BEFORE:
        end = vote - timedelta(days=days)
        mean = _mean(real, end)
        first, second, third, *_ = sorted(mean, key=lambda n: -mean[n])
        moved = mean | {third: mean[third] + points, **{n: mean[n] - points / 2 for n in (first, second)}}
        given = {"fieldwork_start": end, "fieldwork_end": end, "answered": 1_000.0, "hypothesis": None}
        found = _outliers([*real, *_put(moved, end, pollster=STRANGER, **given)], _case_of(2012))
        seen += any(f["subject_ids"] == [house(STRANGER)] for f in found)
    return seen, len(LIED_BEFORE)


def _mean(real: Sequence[Row], end: date) -> dict[str, float]:
    """Return the mean of each candidate over the official field's polls of the ten days before `end`."""
    near = [f for f in real if end - timedelta(days=10) <= f["fieldwork_end"] <= end]
    near = [f for f in near if f.get("hypothesis") == "official"] or near
    names = dict.fromkeys(f["candidate"] for f in near)
    shares = {n: [f["percent"] for f in near if f["candidate"] == n] for n in names}
    return {n: round(2 * sum(s) / len(s)) / 2 for n, s in shares.items()}


def _put(percents: dict[str, float], end: date, **more: object) -> list[Row]:
    common: Row = {
        "poll_id": "fake",
        "pollster": "near",
        "fieldwork_start": None,
        "fieldwork_end": None,
        "published": end,
        "question": "voting_intention",
        "round": 1,
        "hypothesis": "official",
        **more,
    }
    return [common | {"candidate": n, "candidate_id": fold_id(n), "percent": p} for n, p in percents.items()]


def _near(real: Sequence[Row], days: int) -> list[Row]:
    end = ROUNDS_2017[0] - timedelta(days=days)
    return _put(_mean(real, end), end)


def _lie(real: Sequence[Row], days: int, moves: dict[str, float]) -> list[Row]:
    end = ROUNDS_2017[0] - timedelta(days=days)
    given = {"sponsor": "A Paper", "sample_size": 1_000.0, "fieldwork_start": end, "fieldwork_end": end}
    percents = {n: p + moves.get(n, 0.0) for n, p in _mean(real, end).items()}
    return _put(percents, end, pollster=STRANGER, **given)


def _figures(real: Sequence[Row]) -> None:
    """Print what the figures alone show."""
    fillon, macron, le_pen = (RACE_2017[i] for i in ("fillon", "macron", "le-pen"))
    lies = {
        "six points for the third": {fillon: 6.0, macron: -3.0, le_pen: -3.0},
        "six points of the leaders": {fillon: 6.0, macron: -4.0, le_pen: -2.0},
        "four points for the third": {fillon: 4.0, macron: -2.0, le_pen: -2.0},
    }
    for name, moves in lies.items():
        found = [_outliers([*real, *_lie(real, days, moves)]) for days in DAYS_BEFORE]
        seen = sum(any(f["subject_ids"] == [house(STRANGER)] for f in one) for one in found)
        print(f"lie of {name}, all fields given: {seen} of {len(DAYS_BEFORE)} reported by poll_outlier")
    for points in (4.0, 6.0, 8.0):
        seen, tries = _power(points)
        print(f"2012, lie of {points:.0f} points, all fields given: {seen} of {tries} reported by poll_outlier")
    for year in (2002, 2007, 2012):
        found = _outliers(families(year), _case_of(year))
        print(f"poll_outlier in the real polls of {year}: {len(found)} reported")
    typed = [
        f
        | {
            "publisher": None,
            "sponsor": "A Paper",
            "sample_size": 1_000.0,
            "fieldwork_start": f["fieldwork_end"] or f["published"],
            "fieldwork_end": f["fieldwork_end"] or f["published"],
            "hypothesis": "official",
            "percent": round(f["percent"], 1),
        }
        for f in imitations_2017()
    ]
    for poll in by_scenario(typed).values():
        found = [f for f in _outliers([*real, *poll]) if f["subject_ids"] == [house(poll[0]["pollster"])]]
        print(f"  figures alone of {poll[0]['poll_id']}: {found[0]['title'] if found else 'not reported'}")
    everyone = _outliers(real)
    print(f"poll_outlier in {len(by_scenario(real))} real scenarios: {len(everyone)} reported")
    for finding in everyone:
        print(f"  {finding['title']} (p {finding['p_value']:.2g})")
    polls = list(by_scenario(real).values())
    reported = [
        found
        for own in polls
        for found in _outliers(as_stranger(real, own))
        if found["subject_ids"] == [house(STRANGER)]
    ]
    print(f"poll_outlier with each real scenario as a stranger: {len(reported)} of {len(polls)} reported")
    for finding in reported:
        print(f"  {finding['title']} (p {finding['p_value']:.2g})")


if __name__ == "__main__":
    raise SystemExit(main())
