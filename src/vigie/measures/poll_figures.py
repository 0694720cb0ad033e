"""Each figure of a poll with what it may be compared to: its scenario, block, field, series and house.

A *scenario* is what one poll asked in one question, round and hypothesis. Its *field* is the set of candidates put to
those asked, so that a candidate who withdraws is not a shift of the others; in a first round it holds the case's
candidates only, where the case names any of them, and in a second round all, for the opponent decides. It is empty for
favourability and approval, where each person is rated apart.

A *block* is what one model is fitted to: figures of one question and round; of one house, where opinions are asked for
in words of its own; of one field in a second round. After a silence of more than `gap_days_max` days a block begins
anew: one campaign does not forecast the next. A *series* is one candidate in one block and field.

`stands` says whether a figure may speak for the trend: "used", or why not. Where a scenario has more than one figure of
one candidate, its hypotheses were not told apart or its sources contradict one another: of voting intentions none of
that scenario is used, of opinions none of that candidate. `new_share` is the share of its fieldwork days after all
earlier fieldwork of its house in the same block and field, divided among the scenarios of one poll: waves of one house
that overlap count once, and so do people who were asked two questions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.engine import Groups, Query, Rows, Step
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.rules.pollsters import house
from vigie.tables import TABLES, UTC_US, described

if TYPE_CHECKING:
    from collections.abc import Sequence

    Row = dict[str, Any]

_S: Final[pa.DataType] = pa.string()
_F: Final[pa.DataType] = pa.float64()
_DATE: Final[pa.DataType] = pa.date32()
STEPS: Final = (1.0, 0.5, 0.1, 0.01)
_WHOLE: Final = 1e-6
USED: Final = "used"
_NAMED: Final = pa.schema([*TABLES["polls"].seen, ("house", _S)])


_PLACED: Final = pa.schema(
    [
        described("row_id", _S, "the figure's row"),
        described("time", UTC_US, "noon of the last day of fieldwork, or of publication"),
        described("poll_id", _S, "as in `polls`"),
        described("scenario", _S, "one poll, question, round and hypothesis"),
        described("block", _S, "what one model is fitted to"),
        described("series", _S, "one candidate in one block and field"),
        described("candidate_id", _S, "the case's identifier, else the name folded"),
        described("name", _S, "the case's name of the candidate, else as printed"),
        described("in_case", pa.bool_(), "whether the case names the candidate"),
        described("question", _S, "as in `polls`"),
        described("round", pa.int8(), "as in `polls`", null="the question has no round"),
        described("field", _S, "identifiers of the candidates put, joined by +; empty for opinions"),
        described("hypothesis", _S, "as in `polls`", null="only one was put"),
        described("house", _S, "the pollster's name folded, its spellings as one"),
        described("pollster", _S, "as printed"),
        described("sponsor", _S, "as in `polls`", null="not given"),
        described("publisher", _S, "as in `polls`", null="not given"),
        described("fieldwork_start", _DATE, "as in `polls`", null="not given"),
        described("fieldwork_end", _DATE, "as in `polls`", null="not given"),
        described("published", _DATE, "as in `polls`", null="not given"),
        described("respondents", _F, "who answered, else who was asked", "persons", "not given"),
        described("is_answered", pa.bool_(), "whether `respondents` are those who answered"),
        described("percent", _F, "the published figure", "percent"),
        described(
            "stands",
            _S,
            "used; no fieldwork; before the candidacy; after the withdrawal; after the vote; more than one figure",
        ),
    ]
)
SCHEMA: Final = pa.schema(
    [
        *_PLACED,
        described("step", _F, "what the house's figures in this block are rounded to", "points"),
        described(
            "new_share",
            _F,
            "new share of the fieldwork days, divided among the scenarios of one poll",
        ),
    ]
)

_SQL: Final = """
with names as (
    select alias_id, candidate_id, name, declared, withdrew from case_candidates
    qualify row_number() over (partition by alias_id order by candidate_id, name) = 1),
joined as (
    select p.*, coalesce(c.candidate_id, p.candidate_id) as case_id, coalesce(c.name, p.candidate) as name,
        c.candidate_id is not null as in_case, c.declared, c.withdrew,
        concat_ws(chr(31), p.poll_id, p.question, coalesce(cast(p.round as varchar), ''), coalesce(p.hypothesis, ''))
            as scenario
    from named p left join names c on p.candidate_id = c.alias_id
    where p.percent between 0 and 100),
fields as (
    select scenario, string_agg(distinct case_id, '+' order by case_id)
        filter (in_case or round = 2 or not (select coalesce(bool_or(in_case), false) from joined)) as field
    from joined where question = 'voting_intention' group by scenario),
told as (select *, count(*) over (partition by scenario, case_id) as times from joined),
placed as (
    select j.*, coalesce(f.field, '') as field,
        concat_ws(chr(31), j.question, coalesce(cast(j.round as varchar), ''),
            case when j.question = 'voting_intention' then '' else j.house end,
            case when j.round = 2 then coalesce(f.field, '') else '' end) as kind,
        case when j.fieldwork_end is null then 'no fieldwork'
            when j.fieldwork_end < j.declared then 'before the candidacy'
            when j.fieldwork_end >= j.withdrew then 'after the withdrawal'
            when j.fieldwork_end > v.date then 'after the vote'
            when max(j.times) over (partition by j.scenario, if(j.question = 'voting_intention', '', j.case_id)) > 1
                then 'more than one figure'
            else 'used' end as stands
    from told j left join fields f using (scenario)
    left join (select round, min(date) as date from case_rounds group by round) v using (round)),
gaps as (
    select *, coalesce(date_diff('day', lag(time) over (partition by kind order by time, row_id), time)
        > $gap_days_max, false) as is_anew
    from placed),
blocks as (
    select *, kind || chr(31)
        || sum(is_anew::int) over (partition by kind order by time, row_id rows unbounded preceding) as block
    from gaps)
select row_id, time, poll_id, scenario, block, concat_ws(chr(31), block, field, case_id) as series,
    case_id as candidate_id, name, in_case, question, round, field, hypothesis, house, pollster, sponsor, publisher,
    fieldwork_start, fieldwork_end, published, coalesce(answered, sample_size) as respondents,
    answered is not null as is_answered, percent, stands
from blocks
"""


def steps(*, gap_days_max: Annotated[int, Bounds(7, 3650)] = 180) -> tuple[Step, ...]:
    """Name houses, then scenarios, fields, blocks and series; then what is new of each wave, and how it is rounded."""
    return (
        Rows(name="named", input="polls", columns=tuple(TABLES["polls"].seen.names), function=_named, schema=_NAMED),
        Query(name="placed", sql=_SQL, schema=_PLACED, params={"gap_days_max": gap_days_max}),
        Groups(
            name="poll_figures",
            input="placed",
            columns=tuple(_PLACED.names),
            key=("block", "house"),
            order=("time", "row_id"),
            function=_weighed,
            schema=SCHEMA,
        ),
    )


def _named(batch: pa.Table) -> pa.Table:
    names: list[Any] = batch["pollster"].to_pylist()
    houses = {name: house(name) for name in dict.fromkeys(names)}
    return batch.append_column("house", pa.array([houses[name] for name in names], pa.string()))


def _weighed(figures: pa.Table) -> pa.Table:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in figures.to_pylist():
        groups.setdefault((row["block"], row["house"]), []).append(row)
    for rows in groups.values():
        step = rounding_step([row["percent"] for row in rows])
        for row, share in zip(rows, new_shares(rows), strict=True):
            row["step"], row["new_share"] = step, share
    return pa.Table.from_pylist([row for rows in groups.values() for row in rows], schema=SCHEMA)


def rounding_step(figures: Sequence[float]) -> float:
    """Return the coarsest of 1, 0.5, 0.1 and 0.01 that all but one in fifty figures are multiples of.

    >>> rounding_step([24.0, 19.5, 3.0])
    0.5
    """
    for step in STEPS[:-1]:
        odd = sum(abs(figure / step - round(figure / step)) > _WHOLE for figure in figures)
        if odd * 50 <= len(figures):
            return step
    return STEPS[-1]


def new_shares(rows: Sequence[Row]) -> list[float]:
    """Return, for each figure of one house in order of time, the share of its fieldwork days that are new.

    New are days after all earlier fieldwork of the house for the same field. Where the first day is not given the
    fieldwork counts as one day; without a last day nothing is new. Figures of one scenario share their days. Scenarios
    of one poll were put to the same people: each counts with its part of them, or one odd sample would count as often
    as it was asked.
    """
    until: dict[str, int] = {}
    shares: dict[str, float] = {}
    polls: dict[str, set[str]] = {}
    for row in rows:
        if row["scenario"] in shares:
            continue
        if row["fieldwork_end"] is None:
            shares[row["scenario"]] = 0.0
            continue
        end = row["fieldwork_end"].toordinal()
        start = min(row["fieldwork_start"].toordinal() if row["fieldwork_start"] else end, end)
        before = until.get(row["field"], start - 1)
        shares[row["scenario"]] = max(0, end - max(before, start - 1)) / (end - start + 1)
        until[row["field"]] = max(before, end)
    for row in rows:
        if row["stands"] == USED and shares[row["scenario"]] > 0:
            polls.setdefault(row["poll_id"], set()).add(row["scenario"])
    return [shares[row["scenario"]] / max(1, len(polls.get(row["poll_id"], ()))) for row in rows]


MEASURE: Final = Measure(
    name="poll_figures", version=2, reads=("polls", "case_candidates", "case_rounds"), steps=steps, schema=SCHEMA
)
