"""`vigie polls`: where each candidate stands, as two bands, and what the estimate rests on."""

from __future__ import annotations

import difflib
import math
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow.compute as pc

from vigie.errors import InputError
from vigie.rules.poll_bands import SHARES, opinion, percent
from vigie.rules.poll_errors import Tau, given, tau
from vigie.run.analyse import measuring
from vigie.run.poll_fields import RECENT_DAYS, chosen_field, fields_of
from vigie.run.poll_measured import set_apart
from vigie.run.poll_tables import PollTables
from vigie.run.polled import Change, Estimate, Interval, NotUsed, Panel, Polls, SetApart

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    import pyarrow as pa

    from vigie.run.poll_fields import Field

    Row = dict[str, Any]
    Progress = Callable[[str, int, int], None]

VOTE: Final = "voting_intention"
CHANGE_DAYS: Final = (7, 30)
TREND_DAYS: Final = 60
_Z95: Final = 1.959963984540054
_FIGURE: Final = (
    "row_id", "time", "poll_id", "scenario", "block", "candidate_id", "name", "in_case", "question", "round", "field",
    "hypothesis", "house", "pollster", "fieldwork_end", "percent", "used", "why_not",
)  # fmt: skip


def polls(
    folder: Path,
    *,
    at: date | None = None,
    hypothesis: str = "",
    question: str = "",
    round_: int | None = None,
    error: float | None = None,
    progress: Progress = lambda *_: None,
) -> Polls:
    """Return where the candidates stand on a day, from what could be known then; without one, when the last was.

    After the vote the day is that of the vote. `error` replaces the `tau` that is known of the country.

    Raises
    ------
    VigieError
        if the case has no poll of the question, round or hypothesis, its file is wrong, or the store damaged.
    """
    with measuring(folder):
        progress("polls", 0, 3)
        tables = PollTables(folder, at)
        rows = _figures(tables.table("poll_trend")) if tables.figures else []
        questions = _polls_by(rows, "question")
        asked = _question(questions, question, at)
        of_question = [row for row in rows if row["question"] == asked]
        rounds = {int(n): polls for n, polls in _polls_by((r for r in of_question if r["round"]), "round").items()}
        votes = dict(enumerate(tables.case.election.rounds, start=1))
        day = at or tables.known
        progress("polls", 1, 3)
        shown: _Shown
        if asked == VOTE:
            shared = tau(tables.case.election.country) if error is None else given(error)
            tried = _rounds(rounds, round_, votes, at, day)
            shown = _first(
                lambda number: _Voting(tables, of_question, day, hypothesis, number=number, shared=shared),
                tried if hypothesis else tried[:1],
            )
        else:
            shown = _Shown(tables, of_question, day, hypothesis)
        panels = shown.panels()
        progress("polls", 2, 3)
        apart = _set_apart(tables, shown.figures) if shown.figures else ()
        progress("", 3, 3)
    return Polls(
        simulated=tables.case.election.simulated,
        lacking=tables.lacking,
        at=at,
        day=shown.day,
        first_poll=tables.first,
        last_poll=tables.last,
        question=asked,
        questions=questions,
        round=shown.round,
        rounds=rounds,
        vote_day=shown.vote_day,
        why_nothing="" if panels else shown.why_nothing(),
        chosen_by=shown.chosen_by,
        fields=shown.fields,
        panels=panels,
        tau=shown.tau,
        not_used=_not_used(shown.figures, {one.scenario for one in apart}),
        set_apart=apart,
    )


class _Shown:
    """The figures of one question, and the panels that are made of them."""

    round: int | None = None
    vote_day: date | None = None
    tau: Tau | None = None
    fields: tuple[Field, ...] = ()
    chosen_by = ""
    _field = ""

    def __init__(self, tables: PollTables, figures: Sequence[Row], day: date | None, hypothesis: str = "") -> None:
        if hypothesis:
            raise InputError("only voting intentions have hypotheses", where="--hypothesis", hint="leave it out")
        self._tables, self.figures, self.day = tables, figures, day
        self._used = [row for row in figures if row["used"]]
        last: dict[str, date] = {}
        for row in self._used:
            last[row["block"]] = max(row["day"], last.get(row["block"], row["day"]))
        # A block that ended so long ago is of another campaign.
        self._live = {b for b, end in last.items() if day and (day - end).days <= tables.values["gap_days_max"]}

    def why_nothing(self) -> str:
        """Return why there is nothing to show."""
        first, last = self._tables.first, self._tables.last
        if self._tables.lacking or first is None or last is None:
            return "there are no polls in this case"
        if not self._tables.figures:
            return f"no poll was known on {self.day}: the first ends on {first}"
        if not self._used:
            return "none of the figures can be used"
        end = max(row["day"] for row in self._used)
        return f"the last poll before {self.day} ends on {end}, too long ago to say anything of that day"

    def panels(self) -> tuple[Panel, ...]:
        """Return the panel of the field that is shown; of opinions one for each house, those of most polls first."""
        blocks: dict[str, list[Row]] = {}
        for row in self._used:
            if row["block"] in self._live:
                blocks.setdefault(row["block"], []).append(row)
        shown = [rows for rows in blocks.values() if any(row["field"] == self._field for row in rows)]
        made = [self._panel(rows) for rows in shown]
        return tuple(sorted(made, key=lambda p: (-p.polls, p.house or "")))

    def _panel(self, rows: Sequence[Row]) -> Panel:
        own = [row for row in rows if row["field"] == self._field]
        last = max(row["day"] for row in rows)
        levels = self._levels(rows[0]["block"])
        ends: dict[str, list[Row]] = {}
        for row in own:
            ends.setdefault(row["candidate_id"], []).append(row)
        newest = max(row["day"] for row in own)
        current = {
            ident: figures
            for ident, figures in ends.items()
            if ident in self._field.split("+") or (newest - max(f["day"] for f in figures)).days <= RECENT_DAYS
        }
        estimates = [self._estimate(figures, levels[ident]) for ident, figures in current.items() if ident in levels]
        return Panel(
            house=None if self.tau else own[-1]["pollster"],
            estimates=tuple(sorted(estimates, key=lambda e: (-e.percent, e.candidate_id))),
            forgotten=tuple(figures[-1]["name"] for ident, figures in sorted(current.items()) if ident not in levels),
            polls=len({row["poll_id"] for row in own}),
            houses=len({row["house"] for row in own}),
            polls_in_all=len({row["poll_id"] for row in rows}),
            first=min(row["day"] for row in own),
            last=newest,
            last_in_all=last,
            carried_days=self._since(last),
        )

    def _since(self, last: date) -> int:
        return max(0, (self.day - last).days) if self.day else 0

    def _levels(self, block: str) -> dict[str, list[Row]]:
        """Return the days of each candidate in the field that is shown, in order."""
        table = self._tables.table("poll_levels")
        chosen = table.filter((pc.field("block") == block) & (pc.field("field") == self._field))
        levels: dict[str, list[Row]] = {}
        for row in sorted(chosen.to_pylist(), key=lambda r: r["day"]):
            levels.setdefault(row["candidate_id"], []).append(row)
        return levels

    def _estimate(self, figures: Sequence[Row], levels: Sequence[Row]) -> Estimate:
        now = levels[-1]
        carried = self._since(now["day"])
        mean, sd = now["now_mean"], math.hypot(now["now_sd"], now["drift_sd"] * math.sqrt(carried))
        changes = (_change(levels, days, carried) for days in CHANGE_DAYS)
        return Estimate(
            candidate_id=now["candidate_id"],
            name=figures[-1]["name"],
            percent=percent(mean),
            opinion=tuple(Interval(share, *opinion(mean, sd, share)) for share in SHARES),
            vote=tuple(Interval(share, *self.tau.vote(mean, sd, share)) for share in SHARES) if self.tau else None,
            changes=tuple(c for c in changes if c),
            trend=tuple((row["day"], percent(row["now_mean"])) for row in levels[-TREND_DAYS:]),
            polls=len({row["poll_id"] for row in figures}),
            last=max(row["day"] for row in figures),
        )


class _Voting(_Shown):
    """Voting intentions of one round: one field of candidates is shown, after the vote as of its day."""

    def __init__(
        self,
        tables: PollTables,
        figures: Sequence[Row],
        day: date | None,
        hypothesis: str,
        *,
        number: int | None,
        shared: Tau,
    ) -> None:
        self.round, self.tau = number, shared
        votes = dict(enumerate(tables.case.election.rounds, start=1))
        self.vote_day = votes.get(number) if number else None
        day = min(day, self.vote_day) if day and self.vote_day else day
        super().__init__(tables, [row for row in figures if row["round"] == number], day)
        live = [row for row in self._used if row["block"] in self._live]
        if live and day:
            names = {row["candidate_id"]: row["name"] for row in live}
            self._field, self.chosen_by = chosen_field(live, tables.case, day, hypothesis, names)
            self.fields = fields_of(live, self._field, day, names)
        elif hypothesis:
            raise InputError("there is no poll to choose from", where="--hypothesis", hint="vigie polls CASE")


def _first(make: Callable[[int | None], _Voting], rounds: Sequence[int | None]) -> _Voting:
    """Return what is made of the first round that has the field asked for; if none has, the first error is raised."""
    problems = []
    for number in rounds:
        try:
            return make(number)
        except InputError as problem:
            problems.append(problem)
    raise problems[0]


def _change(levels: Sequence[Row], days: int, carried: int) -> Change | None:
    """Return the change over the last `days`; None where the level was not known yet, or has not been seen since."""
    now = levels[-1]
    start = now["day"] - timedelta(days=days - carried)
    then = next((row for row in reversed(levels) if row["day"] == start), None)
    if then is None or start >= now["day"]:
        return None
    variance = now["now_sd"] ** 2 + then["now_sd"] ** 2 - 2 * then["last_cov"] + carried * now["drift_sd"] ** 2
    points = percent(now["now_mean"]) - percent(then["now_mean"])
    p = (percent(now["now_mean"]) + percent(then["now_mean"])) / 200
    half = _Z95 * 100 * p * (1 - p) * math.sqrt(max(variance, 0.0))
    return Change(days, points, points - half, points + half)


def _figures(trend: pa.Table) -> list[Row]:
    rows = trend.select(list(_FIGURE)).to_pylist()
    for row in rows:
        row["day"] = row["fieldwork_end"] or row["time"].date()
    return sorted(rows, key=lambda r: (r["time"], r["row_id"]))


def _polls_by(rows: Iterable[Row], column: str) -> dict[Any, int]:
    """Return how many polls have each value of a column, most first."""
    seen = {(row[column], row["poll_id"]) for row in rows}
    counts = Counter(value for value, _ in seen)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _question(questions: Mapping[str, int], asked: str, at: date | None) -> str:
    """Return the question to show: voting intentions where there are any, else that of most polls."""
    if not asked:
        return VOTE if VOTE in questions or not questions else next(iter(questions))
    if asked in questions or not questions:
        return asked
    near = difflib.get_close_matches(asked, questions, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "asked are: " + ", ".join(questions)
    raise InputError(f"no poll asks for {asked!r}{_by(at)}", where="--question", hint=hint)


def _by(at: date | None) -> str:
    return f" by {at}" if at else ""


def _rounds(
    rounds: Mapping[int, int], asked: int | None, votes: Mapping[int, date], at: date | None, day: date | None
) -> list[int | None]:
    """Return the round to show, the next vote's on that day where polls ask for it, then the others."""
    if asked is not None:
        if rounds and asked not in rounds:
            known = ", ".join(map(str, sorted(rounds)))
            raise InputError(
                f"no poll asks for round {asked}{_by(at)}", where="--round", hint=f"polls ask for: {known}"
            )
        return [asked]
    ahead = [n for n in sorted(rounds) if day and not (n in votes and votes[n] < day)]
    return [*ahead, *(n for n in sorted(rounds, reverse=True) if n not in ahead)] or [None]


def _not_used(figures: Sequence[Row], apart: Container[str]) -> tuple[NotUsed, ...]:
    """Return why figures are not used, but for those of scenarios set apart, the reason of most figures first."""
    left = [row for row in figures if not row["used"] and row["scenario"] not in apart]
    polls_by = _polls_by(left, "why_not")
    counts = Counter(row["why_not"] for row in left)
    return tuple(
        NotUsed(why, n, polls_by[why]) for why, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _set_apart(tables: PollTables, figures: Sequence[Row]) -> tuple[SetApart, ...]:
    """Return the scenarios that the formal checks take for no poll, in order of time."""
    scenarios: dict[str, list[Row]] = {}
    for row in figures:
        scenarios.setdefault(row["scenario"], []).append(row)
    return tuple(
        SetApart(
            scenario=fact["scenario"],
            poll_id=fact["poll_id"],
            pollster=fact["pollster"],
            publisher=fact["publisher"],
            day=fact["time"].date(),
            why=fact["why"],
            outlet=fact["outlet"],
            tier=fact["tier"],
            figures={row["name"]: row["percent"] for row in scenarios[fact["scenario"]]},
            row_ids=tuple(fact["row_ids"]),
        )
        for fact in set_apart(tables.table("poll_facts"))
        if fact["scenario"] in scenarios
    )
