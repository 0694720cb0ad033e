"""What each poll says of itself: which legal fields it lacks, what of it cannot be, and whether it is a poll at all.

French law (n. 77-808 of 19 July 1977, as of 2016, articles 2 and 3) asks that a poll be published with its institute,
its client, how many were asked, on which dates, the questions' wording, and where to find a notice that gives the
method. A field counts as missing only where at least half of the scenarios of other houses give it, so that a
collection without the column accuses nobody.

Flaws of weight are: no sample size; no dates; each thing that cannot be; publication by an outlet to which the case
gives a tier. Light ones are: no client, mode, wording, notice; an institute that is not on the list. A scenario is set
apart with `flaws_min` flaws of weight, `light_per_flaw` light ones counting as one; so a house is never set apart for
being unknown. What was asked on the day of the vote is set apart, too: an exit poll or a projection is no intention.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.engine import Query, Rows, Step
from vigie.measures import Measure
from vigie.measures.poll_figures import SCHEMA as FIGURES
from vigie.measures.poll_figures import rounding_step
from vigie.parameters import Bounds
from vigie.rules.pollsters import is_known
from vigie.tables import described, split_row_id
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Row = dict[str, Any]
    Outlet = tuple[str, str]

_S: Final[pa.DataType] = pa.string()
_F: Final[pa.DataType] = pa.float64()
_I: Final[pa.DataType] = pa.int32()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
# The legal fields in the order in which they are named, and which of them are of weight.
LEGAL: Final = {
    "client": "client",
    "sample": "sample size",
    "dates": "dates of fieldwork",
    "mode": "mode",
    "wording": "wording of the question",
    "notice": "notice",
}
WEIGHTY: Final = frozenset({"sample size", "dates of fieldwork"})
NO_TIER: Final = "none"
_Z95: Final = 1.959963984540054
_MARGIN: Final = 0.01
_WHOLE: Final = 1e-6
_SLACK: Final = 1.0
_WHOLE_WITHIN: Final = 2.0
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+")


_OF_FIGURES: Final = ("house", "pollster", "sponsor", "publisher", "question", "round", "field", "hypothesis")
_COMMON: Final = (
    FIGURES.field("scenario"),
    described("block", _S, "as in `poll_figures`"),
    FIGURES.field("poll_id"),
    FIGURES.field("time"),
    described("last_time", FIGURES.field("time").type, "the latest time of its rows"),
    *(FIGURES.field(name) for name in _OF_FIGURES),
    FIGURES.field("respondents"),
    described("figures", _I, "how many figures it has", "figures"),
    described("total", _F, "their sum", "percent"),
    described("is_vote_day", pa.bool_(), "asked, or published without dates, on the day of the vote"),
)
_GATHERED: Final = pa.schema(
    [
        *_COMMON,
        pa.field("percents", pa.list_(_F)),
        pa.field("has_twice", pa.bool_()),
        pa.field("twice", _S),
        pa.field("withdrawn", _S),
        pa.field("usual_respondents", _F),
        pa.field("is_fine", pa.bool_()),
        pa.field("is_low", pa.bool_()),
        pa.field("missing", _LIST),
        pa.field("row_ids", _LIST),
    ]
)
SCHEMA: Final = pa.schema(
    [
        *_COMMON,
        described("step", _F, "what its figures are rounded to", "points"),
        described("missing", _LIST, "legal fields it does not give though most other polls do"),
        described("impossible", _LIST, "what of it cannot be, in sentences"),
        described("outlet", _S, "the case's outlet that published it or paid for it", null="none of the case"),
        described("tier", _S, "that outlet's tier", null="none of the case"),
        described("is_known_house", pa.bool_(), "whether the list of institutes has its pollster"),
        described("flaws", _I, "flaws of weight", "flaws"),
        described("is_set_apart", pa.bool_(), "whether its figures have no part in the trend"),
        described("why", _S, "why it is set apart, as a sentence without its end", null="it is not"),
        described("row_ids", _LIST, "its rows, in order"),
    ]
)

_SQL: Final = """
with left_race as (select candidate_id, min(withdrew) as withdrew from case_candidates group by candidate_id),
rows as (
    select f.*, l.withdrew, p.wording, p.notice, p.mode,
        f.question = 'voting_intention'
            and coalesce(f.fieldwork_end, f.published) in (select date from case_rounds v where v.round = f.round)
            as on_vote_day,
        count(*) over (partition by f.scenario, f.candidate_id) as times
    from poll_figures f join polls p using (row_id) left join left_race l on f.candidate_id = l.candidate_id),
scenarios as (
    select scenario, min(block) as block, min(poll_id) as poll_id, min(time) as time, max(time) as last_time,
        min(house) as house, min(pollster) as pollster, min(sponsor) as sponsor, min(publisher) as publisher,
        min(question) as question, min(round) as round, min(field) as field, min(hypothesis) as hypothesis,
        max(respondents) as respondents, count(*) as figures, list(percent order by percent) as percents,
        list_sum(list(percent order by percent)) as total, bool_or(on_vote_day) as is_vote_day,
        min(name) filter (times > 1) as twice,
        min(name) filter (coalesce(fieldwork_start, fieldwork_end) >= withdrew) as withdrawn,
        2 * count(*) filter (abs(10 * percent - round(10 * percent)) > $whole) > count(*) and count(*) > 1 as is_fine,
        string_agg(distinct candidate_id, '+' order by candidate_id) as asked, list(row_id order by row_id) as row_ids,
        coalesce(min(sponsor), min(publisher)) is not null as client, max(respondents) is not null as sample,
        max(fieldwork_end) is not null as dates, min(mode) is not null as mode, min(wording) is not null as wording,
        min(notice) is not null as notice,
        min(question) = 'voting_intention' and max(times) = 1
            and abs(list_sum(list(percent order by percent)) - 100) <= $whole_within as is_whole
    from rows group by scenario),
compared as (
    select *, count(*) over q - count(*) over qh as others,
        sum(is_fine::int) over q - sum(is_fine::int) over qh as others_fine,
        count(twice) over q - count(twice) over qh as others_twice,
        count(*) over qa - count(*) over qah as alike,
        sum(is_whole::int) over qa - sum(is_whole::int) over qah as alike_whole,
        median(respondents) over q as usual_respondents, {given}
    from scenarios
    window q as (partition by question), qh as (partition by question, house),
        qa as (partition by question, round, asked), qah as (partition by question, round, asked, house))
select scenario, block, poll_id, time, last_time, {of_figures}, respondents, figures, total, is_vote_day, percents,
    twice is not null as has_twice, case when 2 * others_twice <= others then twice end as twice, withdrawn,
    usual_respondents, is_fine and 2 * others_fine <= others as is_fine,
    twice is null and alike >= 2 and 2 * alike_whole >= alike as is_low,
    [{missing}] as missing, row_ids
from compared order by scenario
"""


def _sql() -> str:
    given = (f"sum({n}::int) over q - sum({n}::int) over qh as others_{n}" for n in LEGAL)
    missing = (
        f"case when not {n} and others >= $others_min and 2 * others_{n} >= others then '{label}' end"
        for n, label in LEGAL.items()
    )
    return _SQL.format(given=", ".join(given), of_figures=", ".join(_OF_FIGURES), missing=", ".join(missing))


def steps(
    *,
    flaws_min: Annotated[int, Bounds(1, 10)] = 2,
    light_per_flaw: Annotated[int, Bounds(1, 10)] = 3,
    others_min: Annotated[int, Bounds(1, 1_000)] = 3,
) -> tuple[Step, ...]:
    """Gather scenarios, compare them with those of other houses (at least `others_min`), then judge each."""

    def judging(channels: pa.Table) -> Callable[[pa.Table], pa.Table]:
        return judge(channels, flaws_min=flaws_min, light_per_flaw=light_per_flaw)

    params = {"whole": _WHOLE, "whole_within": _WHOLE_WITHIN, "others_min": others_min}
    return (
        Query(name="gathered", sql=_sql(), schema=_GATHERED, params=params),
        Rows(
            name="poll_facts",
            input="gathered",
            columns=tuple(_GATHERED.names),
            function=judging,
            schema=SCHEMA,
            beside=("case_channels",),
        ),
    )


def judge(channels: pa.Table, *, flaws_min: int, light_per_flaw: int) -> Callable[[pa.Table], pa.Table]:
    """Return the function of the `Rows` step, for the channels of a case."""
    outlets = _outlets(channels)

    def of(batch: pa.Table) -> pa.Table:
        rows = batch.to_pylist()
        for row in rows:
            row["row_ids"] = sorted(row["row_ids"], key=split_row_id)
            row["missing"] = [field for field in row["missing"] if field]
            row["step"] = rounding_step(row["percents"])
            row["is_known_house"] = is_known(row["pollster"])
            row["outlet"], row["tier"] = _outlet(row, outlets) or (None, None)
            row["impossible"] = impossible(row)
            weighty, light = _flaws(row)
            row["flaws"] = weighty + light // light_per_flaw
            row["is_set_apart"] = row["is_vote_day"] or row["flaws"] >= flaws_min
            row["why"] = _why(row) if row["is_set_apart"] else None
        return pa.Table.from_pylist(rows, schema=SCHEMA)

    return of


def impossible(row: Row) -> list[str]:
    """Return what of a gathered scenario cannot be, each as a sentence without its end.

    Sums are those of voting intentions, of which a person has one: too high where rounding does not explain them, too
    low only where most others that put the same candidates give 100.
    """
    found = []
    if row["twice"]:
        found.append(f"{row['twice']} stands in it twice")
    if row["withdrawn"]:
        found.append(f"it was asked after {row['withdrawn']} withdrew")
    if row["question"] == "voting_intention" and not row["has_twice"]:
        slack = _SLACK + row["figures"] * row["step"] / 2
        if row["total"] > 100 + slack or (row["is_low"] and row["total"] < 100 - slack):
            found.append(f"its figures add up to {row['total']:.4g} %")
    if row["is_fine"] and (asked := row["respondents"] or row["usual_respondents"]):
        needed = sample_for(row["percents"])
        if asked < needed:
            whose = "it has" if row["respondents"] else "usual here are"
            found.append(f"hundredths of a point take a sample of {needed:,.0f}, {whose} {asked:,.0f}")
    return found


def sample_for(percents: Sequence[float]) -> float:
    """Return the least sample for which the margin of error of every figure, at 95 %, is at most one point.

    With fewer a hundredth of a point is less than a hundredth of that margin: it says nothing.

    >>> round(sample_for([22.55, 9.24]))
    6709
    """
    return max(p / 100 * (1 - p / 100) for p in percents) * (_Z95 / _MARGIN) ** 2


def _flaws(row: Row) -> tuple[int, int]:
    """Return how many flaws of weight, and how many light ones, a scenario has."""
    weighty = sum(name in WEIGHTY for name in row["missing"])
    light = len(row["missing"]) - weighty + (not row["is_known_house"])
    return weighty + len(row["impossible"]) + _is_watched(row), light


def _is_watched(row: Row) -> bool:
    return row["tier"] not in {None, NO_TIER}


def _why(row: Row) -> str:
    """Return the flaws as one sentence without its end."""
    if row["is_vote_day"]:
        return "asked or published on the day of the vote: an exit poll or a projection"
    parts = []
    if row["missing"]:
        parts.append(f"it gives no {_listed(row['missing'])}, as most other polls do")
    if _is_watched(row):
        parts.append(f"{row['outlet']}, declared {row['tier']}, published it or paid for it")
    parts += row["impossible"]
    if not row["is_known_house"]:
        parts.append("its pollster is not on the list of institutes")
    return "; ".join(parts)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1] if len(names) > 1 else names[0]


def _outlets(channels: pa.Table) -> list[tuple[str, str | None, Outlet]]:
    """Return (outlet's name folded, domain, outlet and tier), those with a tier first."""
    found = {
        (fold_id(c["outlet"]), c["channel_id"].casefold() if c["platform"] == "web" else None, (c["outlet"], c["tier"]))
        for c in channels.to_pylist()
        if c["outlet"]
    }
    return sorted(found, key=lambda o: (o[2][1] == NO_TIER, -len(o[0]), o[2], o[1] or ""))


def _outlet(row: Row, outlets: Sequence[tuple[str, str | None, Outlet]]) -> Outlet | None:
    """Return the case's outlet that publishes, pays for or makes a scenario: by its name as words, or its domain."""
    names = [row["publisher"], row["sponsor"], None if row["is_known_house"] else row["pollster"]]
    said = [(f"-{fold_id(name)}-", _HOST.findall(name.casefold())) for name in names if name]
    for name, domain, outlet in outlets:
        for words, hosts in said:
            if name and f"-{name}-" in words:
                return outlet
            if domain and any(host == domain or host.endswith(f".{domain}") for host in hosts):
                return outlet
    return None


MEASURE: Final = Measure(
    name="poll_facts",
    version=1,
    reads=("poll_figures", "polls", "case_candidates", "case_channels", "case_rounds"),
    steps=steps,
    schema=SCHEMA,
)
