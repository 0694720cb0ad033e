"""The briefing's section on opinion, put together from what was measured."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.briefings.polls import (
    Curve,
    Earlier,
    Figure,
    HouseEffect,
    Other,
    Polls,
    Question,
    SetApart,
    Shift,
    Standing,
    Suspect,
)
from vigie.briefings.polls_section import DETECTORS
from vigie.rules.poll_bands import SHARES, opinion, percent
from vigie.rules.poll_errors import tau
from vigie.run.poll_fields import chosen_field
from vigie.run.poll_measured import figures_of, levels_of, set_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date

    from vigie.briefings.polls import Level
    from vigie.case import Case
    from vigie.rules.poll_errors import Tau
    from vigie.run.poll_measured import PollMeasures

    Row = dict[str, Any]

VOTE: Final = "voting_intention"
SHIFT_DETECTOR: Final = "poll_shift"
_FORMAL: Final = "poll_provenance"
_QUESTIONS: Final = (VOTE, "favourability", "approval")
_OF_A_KIND_MAX: Final = 3
_DRAWN_MAX: Final = 8
_EARLIER_MAX: Final = 3
_SET_APART: Final = "set apart as no poll"
_POWERS: Final = {"power_3": 3.0, "power_5": 5.0, "power_8": 8.0}
CANNOT_SAY: Final = (
    "How an election will end: “if the vote were now” speaks of the last day of fieldwork, and people may change.",
    "A better single figure than a plain mean of the last polls: no model has one. A model says how far off it may be.",
    "Why opinion moved: what happened at the same time is no cause.",
    "What all houses have wrong in the same way in this campaign: it is taken from past elections.",
)


def polls(tables: PollMeasures, case: Case, findings: Iterable[Mapping[str, Any]], values: Mapping[str, Any]) -> Polls:
    """Put the section together; `findings` are rows of FINDINGS, `values` the parameters of poll_shift in force."""
    findings = [f for f in findings if f["detector"] in DETECTORS]
    figures = figures_of(tables.trend)
    error = tau(case.election.country)
    made = _Questions(tables, case, figures, findings, error)
    apart = {row_id for r in set_apart(tables.facts) for row_id in r["row_ids"]}
    drawn, others = _chosen(figures, values["gap_days_max"])
    questions = tuple(made.question(block, ident=f"polls-{n}") for n, block in enumerate(drawn, start=1))
    return Polls(
        questions=questions,
        others=tuple(_other(rows, case) for rows in others),
        polls=len({r["poll_id"] for r in figures}),
        figures=len(figures),
        houses=len({r["house"] for r in figures}),
        unused=dict(_unused(figures, made.apart)),
        suspects=tuple(sorted(_suspects(findings, apart), key=_by_kind)),
        set_apart=tuple(_set_apart(tables.facts, findings)),
        tau=error if any(q.question == VOTE for q in questions) else None,
        cannot_say=CANNOT_SAY,
        alarm_max=values["alarm_max"],
    )


def _unused(figures: Iterable[Row], apart: AbstractSet[str]) -> list[tuple[str, int]]:
    """Return how many figures have no part in a trend, by why; of those `apart` each scenario has a why of its own."""
    counts = Counter(
        _SET_APART if r["scenario"] in apart else r["why_not"] or "not said" for r in figures if not r["used"]
    )
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _chosen(figures: Sequence[Row], gap_days_max: int) -> tuple[list[str], list[list[Row]]]:
    """Return the blocks to draw, and the used figures of the others.

    Of each question and round those are drawn that go on to its end or nearly so, most scenarios first.
    """
    blocks: dict[str, list[Row]] = {}
    for row in figures:
        if row["used"]:
            blocks.setdefault(row["block"], []).append(row)
    last = {block: max(r["day"] for r in rows) for block, rows in blocks.items()}
    order = sorted(blocks, key=lambda b: (*_kind(blocks[b]), -len({r["scenario"] for r in blocks[b]}), b))
    ends: dict[tuple[int, int], date] = {}
    for block, rows in blocks.items():
        ends[_kind(rows)] = max(last[block], ends.get(_kind(rows), last[block]))
    drawn: list[str] = []
    taken: Counter[tuple[int, int]] = Counter()
    for block in order:
        kind = _kind(blocks[block])
        live = ends[kind] - last[block] <= timedelta(days=gap_days_max)
        if live and taken[kind] < _OF_A_KIND_MAX and len(drawn) < _DRAWN_MAX:
            drawn.append(block)
            taken[kind] += 1
    return drawn, [blocks[b] for b in order if b not in drawn]


def _kind(rows: Sequence[Row]) -> tuple[int, int]:
    question = rows[0]["question"]
    return (_QUESTIONS.index(question) if question in _QUESTIONS else len(_QUESTIONS)), rows[0]["round"] or 0


def _other(rows: Sequence[Row], case: Case) -> Other:
    last = max(r["day"] for r in rows)
    field = _field(rows, case, last)
    names = {r["candidate_id"]: r["name"] for r in rows}
    return Other(
        question=rows[0]["question"],
        round=rows[0]["round"],
        field=tuple(names[c] for c in field.split("+") if c in names),
        house=_house(rows),
        polls=len({r["scenario"] for r in rows}),
        first=min(r["day"] for r in rows),
        last=last,
    )


def _field(used: Sequence[Row], case: Case, last: date) -> str:
    fields = {r["field"] for r in used}
    if len(fields) == 1:
        return str(used[0]["field"])
    return chosen_field(used, case, last, "", {r["candidate_id"]: r["name"] for r in used})[0]


def _house(rows: Sequence[Row]) -> str | None:
    """Return the pollster of opinions, whose blocks are of one house; none of votes, which all houses ask for."""
    return None if rows[0]["question"] == VOTE else str(rows[-1]["pollster"])


def _suspects(findings: Iterable[Mapping[str, Any]], apart: AbstractSet[str]) -> Iterable[Suspect]:
    for f in findings:
        if f["detector"] != SHIFT_DETECTOR:
            yield Suspect(
                finding=f["id"],
                detector=f["detector"],
                title=f["title"],
                pollsters=tuple(f["subject_ids"]),
                first=f["first_seen"].date(),
                last=f["last_seen"].date(),
                is_set_apart=all(row_id in apart for row_id in f["evidence_ids"]),
            )


def _by_kind(suspect: Suspect) -> tuple[int, date, str]:
    """Return the order of suspects: formal checks first, for a fake near the others passes all that count."""
    return DETECTORS.index(suspect.detector), suspect.first, suspect.finding


def _set_apart(facts: pa.Table, findings: Sequence[Mapping[str, Any]]) -> Iterable[SetApart]:
    of = {row_id: f["id"] for f in findings if f["detector"] == _FORMAL for row_id in f["evidence_ids"]}
    for r in set_apart(facts):
        yield SetApart(
            poll_id=r["poll_id"],
            pollster=r["pollster"],
            publisher=r["publisher"],
            outlet=r["outlet"],
            tier=r["tier"],
            day=r["time"].date(),
            question=r["question"],
            round=r["round"],
            figures=r["figures"],
            why=r["why"] or "not said",
            missing=tuple(r["missing"] or ()),
            impossible=tuple(r["impossible"] or ()),
            finding=next((of[row_id] for row_id in r["row_ids"] if row_id in of), None),
        )


class _Questions:
    """What the questions of a case are put together from."""

    def __init__(
        self,
        tables: PollMeasures,
        case: Case,
        figures: Sequence[Row],
        findings: Sequence[Mapping[str, Any]],
        error: Tau,
    ) -> None:
        self._tables, self._case, self._error = tables, case, error
        self._blocks: dict[str, list[Row]] = {}
        for row in figures:
            self._blocks.setdefault(row["block"], []).append(row)
        self.apart = {r["scenario"] for r in set_apart(tables.facts)}
        self._findings = [f for f in findings if f["detector"] == SHIFT_DETECTOR]
        self._dates = {r["candidate_id"]: r for r in case.tables()["case_candidates"].to_pylist()}

    def question(self, block: str, *, ident: str) -> Question:
        """Return one block, as the field that is shown of it sees it."""
        rows = self._blocks[block]
        used = [r for r in rows if r["used"]]
        last = max(r["day"] for r in used)
        field = _field(used, self._case, last)
        shown = [r for r in rows if r["field"] == field]
        names = {r["candidate_id"]: r["name"] for r in shown}
        levels = levels_of(self._tables.levels, {r["series"] for r in shown})
        standings = self._standings(shown, names)
        place = {s.candidate_id: n for n, s in enumerate(standings)}
        earlier = self._earlier(used, field, names)
        curves = [
            self._curve(c, names[c], [r for r in shown if r["candidate_id"] == c], levels, earlier.get(c, ()))
            for c in sorted(names)
        ]
        curves.sort(key=lambda c: (place.get(c.candidate_id, len(place)), c.candidate_id))
        shifts, power = self._shifts(block)
        return Question(
            ident=ident,
            question=rows[0]["question"],
            round=rows[0]["round"],
            field=tuple(names.get(c, c) for c in field.split("+")) if field else (),
            fields=len({r["field"] for r in used}),
            house=_house(rows),
            first=min(r["day"] for r in used),
            last=last,
            polls=len({r["scenario"] for r in used}),
            field_polls=len({r["scenario"] for r in used if r["field"] == field}),
            houses=len({r["house"] for r in used}),
            standings=standings,
            curves=tuple(curves),
            effects=self._effects(block, names),
            shifts=shifts,
            power=power,
            unused=tuple(_unused(rows, self.apart)),
            design=used[-1]["design"],
            house_sd=used[-1]["house_sd"],
        )

    def _standings(self, shown: Sequence[Row], names: Mapping[str, str]) -> tuple[Standing, ...]:
        """Return where the candidates stand on the last day of their series, the largest first."""
        of = {r["series"]: r["candidate_id"] for r in shown}
        chosen = self._tables.levels.filter(
            pc.is_in(self._tables.levels["series"], pa.array(sorted(of), pa.string()))
        ).sort_by([("series", "ascending"), ("day", "ascending")])
        ends = {r["series"]: r for r in chosen.select(["series", "now_mean", "now_sd"]).to_pylist()}
        vote = shown[0]["question"] == VOTE
        found = [
            Standing(
                candidate_id=of[series],
                name=names[of[series]],
                estimate=percent(r["now_mean"]),
                opinion=tuple(opinion(r["now_mean"], r["now_sd"], s) for s in SHARES),
                vote=tuple(self._error.vote(r["now_mean"], r["now_sd"], s) for s in SHARES) if vote else (),
            )
            for series, r in ends.items()
        ]
        return tuple(sorted(found, key=lambda s: (-s.estimate, s.candidate_id)))

    def _earlier(self, used: Sequence[Row], field: str, names: Mapping[str, str]) -> dict[str, tuple[Earlier, ...]]:
        """Return the fields that most scenarios put before the one that is shown, for each of its candidates."""
        start = min(r["day"] for r in used if r["field"] == field)
        past = [r for r in used if r["field"] != field and r["day"] < start and r["candidate_id"] in names]
        counts = Counter(dict(sorted({r["scenario"]: r["field"] for r in past}.items())).values())
        chosen = sorted(counts, key=lambda f: (-counts[f], f))[:_EARLIER_MAX]
        past = [r for r in past if r["field"] in chosen]
        levels = levels_of(self._tables.levels, {r["series"] for r in past})
        called = {r["candidate_id"]: r["name"] for r in used}
        series: dict[tuple[str, str], list[Row]] = {}
        for r in past:
            series.setdefault((r["candidate_id"], r["field"]), []).append(r)
        found: dict[str, tuple[Earlier, ...]] = {}
        for (candidate, of), rows in sorted(series.items(), key=lambda item: (item[0][0], chosen.index(item[0][1]))):
            part = Earlier(
                field=tuple(called.get(c, c) for c in of.split("+")),
                levels=tuple(v for v in levels.get(rows[0]["series"], ()) if v.day < start),
                figures=tuple(map(_figure, rows)),
            )
            found[candidate] = (*found.get(candidate, ()), part)
        return found

    def _curve(
        self,
        candidate: str,
        name: str,
        rows: Sequence[Row],
        levels: Mapping[str, tuple[Level, ...]],
        earlier: tuple[Earlier, ...],
    ) -> Curve:
        dates = self._dates.get(candidate, {})
        return Curve(
            candidate_id=candidate,
            name=name,
            levels=levels.get(rows[0]["series"], ()),
            figures=tuple(map(_figure, rows)),
            earlier=earlier,
            declared=dates.get("declared"),
            withdrew=dates.get("withdrew"),
        )

    def _effects(self, block: str, names: Mapping[str, str]) -> tuple[HouseEffect, ...]:
        houses = self._tables.houses
        rows = houses.filter(pc.equal(houses["block"], pa.scalar(block))).to_pylist()
        return tuple(
            HouseEffect(
                house=r["house"],
                pollster=r["pollster"],
                candidate_id=r["candidate_id"],
                name=names[r["candidate_id"]],
                effect=r["effect"],
                low=r["low"],
                high=r["high"],
                polls=r["polls"],
            )
            for r in sorted(rows, key=lambda r: (r["house"], r["candidate_id"]))
            if r["candidate_id"] in names
        )

    def _shifts(self, block: str) -> tuple[tuple[Shift, ...], tuple[tuple[float, float], ...]]:
        """Return the steps of a block in order of time, and what share of such steps would have been found."""
        shifts = self._tables.shifts
        rows = shifts.filter(pc.equal(shifts["block"], pa.scalar(block))).to_pylist()
        power = tuple((points, rows[0][name]) for name, points in _POWERS.items() if rows and rows[0][name] is not None)
        told = sorted((r for r in rows if r["day"] is not None), key=lambda r: (r["day"], r["candidate_id"]))
        return tuple(
            Shift(
                candidate_id=r["candidate_id"],
                name=r["name"],
                day=r["day"],
                found=r["found"],
                points=r["points"],
                low=r["low"],
                high=r["high"],
                p_value=r["p_value"],
                houses=r["houses"],
                finding=self._finding(r),
            )
            for r in told
        ), power

    def _finding(self, shift: Row) -> str | None:
        """Return the finding of this candidate that shares most figures with the step."""
        rows = set(shift["row_ids"])
        shared = {
            f["id"]: len(rows.intersection(f["evidence_ids"]))
            for f in self._findings
            if shift["candidate_id"] in f["subject_ids"] or shift["name"] in f["subject_ids"]
        }
        best = max(shared, key=lambda ident: (shared[ident], ident), default=None)
        return best if best is not None and shared[best] else None


def _figure(row: Row) -> Figure:
    known = row["forecast_low"] is not None and row["forecast_high"] is not None
    return Figure(
        row_id=row["row_id"],
        poll_id=row["poll_id"],
        pollster=row["pollster"],
        first_day=row["fieldwork_start"],
        day=row["day"],
        percent=row["percent"],
        respondents=row["respondents"],
        is_answered=row["is_answered"],
        why_not=None if row["used"] else row["why_not"] or "not said",
        expected=row["expected"],
        forecast95=(row["forecast_low"], row["forecast_high"]) if known else None,
        z=row["z"],
    )
