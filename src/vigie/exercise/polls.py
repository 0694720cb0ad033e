"""Polls: the real favourability figures of February 2017, and simulated voting intentions with what is planted in them.

Planted are a shift (`vigie.exercise.opinion`) and a count of posts that the state outlet publishes as if it were a
poll. What only looks like either: a small sample, a poll and a collection that do not say who paid, waves that share
their interviews, a candidate who withdraws, another who climbs slowly.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from vigie.exercise.draws import Lines, rng
from vigie.exercise.opinion import (
    BEGINS,
    CLIMB,
    CLIMB_POINTS,
    CLIMBER,
    HEIR,
    IDENTS,
    Course,
    is_standing,
    plan,
)
from vigie.exercise.poll_houses import SMALL_ANSWERED, SMALL_SDS, percents, polls
from vigie.exercise.world import CANDIDATES, STATE_OUTLET, WITHDRAWN, WITHDREW, day_s

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy as np

    from vigie.exercise.opinion import Plan
    from vigie.exercise.poll_houses import Poll, Scenario
    from vigie.exercise.truth import Truth

COLUMNS: Final = (
    "poll_id", "pollster", "sponsor", "publisher", "fieldwork_start", "fieldwork_end", "published", "sample_size",
    "answered", "undecided", "certainty", "population", "mode", "is_rolling", "wording", "notice", "question", "round",
    "hypothesis", "candidate", "percent",
)  # fmt: skip
# A collection that somebody keeps for the figures' sake.
BARE_COLUMNS: Final = (
    "poll_id", "pollster", "fieldwork_start", "fieldwork_end", "sample_size", "answered", "question", "round",
    "hypothesis", "candidate", "percent",
)  # fmt: skip
FILES: Final = ("favourability-ipsos-lepoint", "simulated", "collection-simulated")

# Ipsos for Le Point, favourable opinions: (fieldwork start, end, candidate, per cent). The day of the January wave is
# not established: the last day of the month stands for it. README.txt names the source of each figure.
REAL: Final = (
    ("", "2017-01-31", "François Fillon", 43),
    ("2017-02-10", "2017-02-11", "Emmanuel Macron", 39),
    ("2017-02-10", "2017-02-11", "Benoît Hamon", 38),
    ("2017-02-10", "2017-02-11", "Marine Le Pen", 26),
    ("2017-02-10", "2017-02-11", "François Fillon", 25),
)

WORDING: Final = {
    1: "Si le premier tour avait lieu dimanche prochain, pour lequel de ces candidats voteriez-vous ? (simulé)",
    2: "Et si le second tour opposait ces deux candidats, pour lequel voteriez-vous ? (simulé)",
}
POPULATION: Final = "registered voters, certain to vote"
WEEK: Final = timedelta(days=7)
# The figures that a shift is told by: of polls that ended some days before, and those from then on.
BEFORE: Final = timedelta(days=2)
AFTER: Final = timedelta(days=6)
# What the state outlet publishes: a count of posts, with hundredths of a point and its favourite ahead of everybody.
COUNTER: Final = "Compteur de réseaux (simulé)"
COUNTED: Final = 6
COUNTS: Final = (
    # published, first and last day of what was counted
    (date(2017, 3, 29), date(2017, 3, 14), date(2017, 3, 28)),
    (date(2017, 4, 6), None, None),
    (date(2017, 4, 17), None, None),
)
AHEAD: Final = (0.4, 1.9)  # points

_PART: Final = 6
_NAMES: Final = {ident: name for ident, name, _ in (*CANDIDATES, WITHDRAWN)}


@dataclass(frozen=True, slots=True)
class _Row:
    """One figure as it will be printed, and what it belongs to."""

    cells: dict[str, object]
    ident: str
    day: date
    operations: tuple[str, ...]


def write(exports: Path, truth: Truth, *, seed: int, shift: bool = True) -> list[Path]:
    """Write `exports`/polls: the real figures in one file, the simulated ones in two; return all.

    Without `shift` the campaign is the same but that nobody's share jumps, and no such shift is declared.
    """
    paths = [exports / "polls" / f"polls-{name}.csv" for name in FILES]
    _write_real(paths[0], truth)
    planned = plan(seed, shift=shift)
    course = Course(planned, rng(seed, _PART, 2))
    _declare(truth, planned)
    made = polls(course, planned, seed=seed)
    rows = [(p.published, row) for n, p in enumerate(made) if not p.house.is_bare for row in _rows(n, p, planned)]
    rows += [(row.day, row) for row in _counted(course, planned, rng(seed, _PART, 6))]
    rows.sort(key=lambda r: r[0])
    _write_rows(paths[1], COLUMNS, (row for _, row in rows), truth)
    bare = (row for n, p in enumerate(made) if p.house.is_bare for row in _rows(n, p, planned))
    _write_rows(paths[2], BARE_COLUMNS, bare, truth)
    return paths


def _write_real(path: Path, truth: Truth) -> None:
    real = truth.declare(
        "polls-fillon-fall", "real", "poll_shift|poll_outlier",
        "François Fillon's favourable opinions fall by 18 points, 43 to 25",
        "Ipsos for Le Point, January to February 2017; two waves of one house, sample sizes not established",
    )  # fmt: skip
    rows = []
    for start, end, name, percent in REAL:
        cells = {"pollster": "Ipsos", "sponsor": "Le Point", "fieldwork_start": start, "fieldwork_end": end}
        cells |= {"population": "18 years and older", "question": "favourability", "candidate": name}
        falls = (real,) if name == "François Fillon" else ()
        ident = next(i for i, n, _ in CANDIDATES if n == name)
        rows.append(_Row({**cells, "percent": percent}, ident, date.fromisoformat(end), falls))
    _write_rows(path, COLUMNS, rows, truth)


def _declare(truth: Truth, planned: Plan) -> None:
    name = _NAMES[planned.shifted]
    if planned.points:
        truth.declare(
            "polls-planted-shift", "planted", "poll_shift|poll_outlier",
            f"Simulated voting intentions for {name} move by {planned.points:+g} points with every house",
            f"on {planned.day}; rows.csv holds the figures from {BEFORE.days} days before to {AFTER.days} after",
        )  # fmt: skip
        truth.declare(
            "polls-shift-others", "beside", "poll_shift|poll_outlier",
            "The other candidates give or take what the planted shift moves, in proportion",
        )  # fmt: skip
    truth.declare(
        "polls-planted-count", "planted", "poll_provenance|poll_outlier",
        f"{STATE_OUTLET[0]} publishes {len(COUNTS)} counts of posts as if they were polls, its favourite ahead",
        "no sample, no notice, hundredths of a point; for one of them the days are given",
    )  # fmt: skip
    truth.declare(
        "polls-small-sample", "look_alike", "poll_shift|poll_outlier|poll_provenance",
        f"In one poll {SMALL_ANSWERED} persons answer, and one figure is off",
        f"by {SMALL_SDS:g} standard deviations of its sampling, which is more than four points",
    )  # fmt: skip
    truth.declare(
        "polls-no-sponsor", "look_alike", "poll_provenance",
        "A house publishes a poll of its own, for nobody",
    )  # fmt: skip
    truth.declare(
        "polls-bare-collection", "look_alike", "poll_provenance",
        "A second collection has the figures of two houses, without sponsors, notices, wording and days of publication",
    )  # fmt: skip
    truth.declare(
        "polls-rolling-waves", "look_alike", "poll_herding|poll_shift",
        "Two houses publish waves that share two thirds of their interviews with the one before",
        "without the figures of the planted shift",
    )  # fmt: skip
    truth.declare(
        "polls-withdrawal", "look_alike", "poll_shift|poll_outlier",
        f"{WITHDRAWN[1]} withdraws on {WITHDREW}: {_NAMES[HEIR]} has more where she is not put",
        f"rows.csv holds the figures of {WEEK.days} days from then on",
    )  # fmt: skip
    truth.declare(
        "polls-campaign-drift", "look_alike", "poll_shift|poll_outlier",
        f"{_NAMES[CLIMBER]} climbs by {CLIMB_POINTS:g} points from {CLIMB[0]} to {CLIMB[1]}, a tenth of a point a day",
        "without the figures of the planted shift",
    )  # fmt: skip


def _rows(number: int, poll: Poll, planned: Plan) -> Iterable[_Row]:
    house = poll.house
    common: dict[str, object] = {
        "poll_id": f"sim-{number + 1:03}",
        "pollster": house.name,
        "sponsor": "" if poll.is_own else house.publisher,
        "publisher": "" if poll.is_own else house.publisher,
        "fieldwork_start": poll.start,
        "fieldwork_end": poll.end,
        "published": poll.published,
        "sample_size": poll.sample,
        "answered": poll.answered,
        "undecided": round(100 * (1 - poll.answered / poll.sample)),
        "certainty": poll.certainty,
        "population": POPULATION,
        "mode": house.mode,
        "is_rolling": "true" if house.rolling else "false",
        "notice": f"notice-{number + 1:03}-simulee.pdf",
        "question": "voting_intention",
    }
    for scenario in poll.scenarios:
        put = {"wording": WORDING[scenario.round], "round": scenario.round, "hypothesis": scenario.hypothesis}
        for ident, percent in zip(scenario.idents, percents(scenario, house.step), strict=True):
            cells = common | put | {"candidate": _NAMES[ident], "percent": f"{percent:g}"}
            yield _Row(cells, ident, poll.end, tuple(_operations(poll, scenario, ident, planned)))


def _operations(poll: Poll, scenario: Scenario, ident: str, planned: Plan) -> Iterable[str]:
    """Yield what a figure belongs to; what tells of the planted shift looks like nothing else."""
    first = scenario.round == 1
    if first and planned.points and planned.day - BEFORE <= poll.end <= planned.day + AFTER:
        yield "polls-planted-shift" if ident == planned.shifted else "polls-shift-others"
        return
    if first and poll.is_small and ident == planned.unlucky:
        yield "polls-small-sample"
    if poll.house.is_bare:
        yield "polls-bare-collection"
    if poll.is_own:
        yield "polls-no-sponsor"
    if poll.house.rolling:
        yield "polls-rolling-waves"
    if first and ident == HEIR and not is_standing(poll.end) and poll.end < WITHDREW + WEEK:
        yield "polls-withdrawal"
    if first and ident == CLIMBER and CLIMB[0] <= poll.end <= CLIMB[1]:
        yield "polls-campaign-drift"


def _counted(course: Course, planned: Plan, draw: np.random.Generator) -> Iterable[_Row]:
    """Yield what the state outlet publishes: the candidates of whom most is said, the favourite ahead of all."""
    for published, start, end in COUNTS:
        shares = 100 * course.shares[(published - BEGINS).days, : len(IDENTS)]
        figures = dict(zip(IDENTS, (shares + draw.normal(0, 1, len(IDENTS))).tolist(), strict=True))
        figures[planned.favourite] = 0.0
        figures[planned.favourite] = max(figures.values()) + draw.uniform(*AHEAD)
        total = sum(figures.values()) / 100
        common: dict[str, object] = {
            "poll_id": f"compte-{published:%m%d}",
            "pollster": COUNTER,
            "publisher": STATE_OUTLET[0],
            "fieldwork_start": start or "",
            "fieldwork_end": end or "",
            "published": published,
            "question": "voting_intention",
            "round": 1,
        }
        for ident in sorted(figures, key=lambda i: (-figures[i], i))[:COUNTED]:
            cells = common | {"candidate": _NAMES[ident], "percent": f"{figures[ident] / total:.2f}"}
            yield _Row(cells, ident, published, ("polls-planted-count",))


def _write_rows(path: Path, columns: tuple[str, ...], rows: Iterable[_Row], truth: Truth) -> None:
    with Lines(path) as out:
        out.write(_line(columns))
        for row in rows:
            record = out.write(_line([row.cells.get(name, "") for name in columns]))
            for operation in row.operations:
                truth.row(operation, out.name, record, _noon(row.day), row.ident)


def _noon(day: date) -> float:
    return day_s(day.month, day.day, 12)


def _line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
