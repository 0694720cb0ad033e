"""Small measured tables of polls, as the measures' schemas have them, for the tests of what is made of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa

from vigie.run.poll_measured import PollMeasures

START = date(2017, 1, 10)
_S, _F, _D, _I = pa.string(), pa.float64(), pa.date32(), pa.int32()
TREND = pa.schema(
    [
        ("row_id", _S), ("time", pa.timestamp("us", tz="UTC")), ("poll_id", _S), ("scenario", _S), ("block", _S),
        ("series", _S), ("candidate_id", _S), ("name", _S), ("question", _S), ("round", pa.int8()), ("field", _S),
        ("hypothesis", _S), ("house", _S), ("pollster", _S), ("fieldwork_start", _D), ("fieldwork_end", _D),
        ("respondents", _F), ("is_answered", pa.bool_()), ("percent", _F), ("used", pa.bool_()), ("why_not", _S),
        ("expected", _F), ("forecast_low", _F), ("forecast_high", _F), ("z", _F), ("design", _F), ("house_sd", _F),
    ]
)  # fmt: skip
LEVELS = pa.schema(
    [("series", _S), ("block", _S), ("day", _D), ("then_mean", _F), ("then_sd", _F), ("now_mean", _F), ("now_sd", _F)]
)
HOUSES = pa.schema(
    [("block", _S), ("candidate_id", _S), ("house", _S), ("pollster", _S), ("effect", _F), ("low", _F), ("high", _F),
     ("polls", _I)]
)  # fmt: skip
SHIFTS = pa.schema(
    [("block", _S), ("candidate_id", _S), ("name", _S), ("day", _D), ("found", _D), ("points", _F), ("low", _F),
     ("high", _F), ("p_value", _F), ("houses", _I), ("row_ids", pa.list_(_S)), ("power_3", _F), ("power_5", _F),
     ("power_8", _F)]
)  # fmt: skip
FACTS = pa.schema(
    [("scenario", _S), ("poll_id", _S), ("time", pa.timestamp("us", tz="UTC")), ("pollster", _S), ("publisher", _S),
     ("question", _S), ("round", pa.int8()), ("figures", _I), ("outlet", _S), ("tier", _S),
     ("is_set_apart", pa.bool_()), ("why", _S), ("missing", pa.list_(_S)), ("impossible", pa.list_(_S)),
     ("row_ids", pa.list_(_S))]
)  # fmt: skip


def day(n):
    return START + timedelta(days=n)


def noon(n):
    return datetime.combine(day(n), time(12), UTC)


def figure(n, at, pollster, candidate, percent, **given):
    """Return a row of poll_trend; its poll is that of the pollster and day."""
    question, field = given.get("question", "voting_intention"), given.get("field", "ana+bob")
    round_ = given.get("round", 1 if question == "voting_intention" else None)
    block = given.get("block", f"{question} {round_}")
    row = {
        "row_id": f"0123456789ab:{n}",
        "time": noon(at),
        "poll_id": f"{pollster} {at}",
        "scenario": f"{pollster} {at} {question} {field}",
        "block": block,
        "series": f"{block} {field} {candidate}",
        "candidate_id": candidate,
        "name": candidate.capitalize(),
        "question": question,
        "round": round_,
        "field": field,
        "house": pollster.lower(),
        "pollster": pollster,
        "fieldwork_start": day(at - 1),
        "fieldwork_end": day(at),
        "respondents": 1000.0,
        "is_answered": True,
        "percent": float(percent),
        "used": True,
        "design": 0.8,
        "house_sd": 0.05,
    }
    return row | given


def levels_of(rows, *, sd=0.1):
    """Return a level for each day of each series: its own number per series and day, so that none is mistaken."""
    found = []
    used = [r for r in rows if r.get("used")]
    for k, series in enumerate(dict.fromkeys(r["series"] for r in rows)):
        block = next(r["block"] for r in rows if r["series"] == series)
        own = [r["fieldwork_end"] for r in used if r["series"] == series]
        if not own:
            continue
        last = max(r["fieldwork_end"] for r in used if r["block"] == block)
        found += [
            {
                "series": series,
                "block": block,
                "day": min(own) + timedelta(days=n),
                "then_mean": -1.0 - 0.3 * k + 0.001 * n,
                "then_sd": 2 * sd,
                "now_mean": -1.0 - 0.3 * k + 0.002 * n,
                "now_sd": sd,
            }
            for n in range((last - min(own)).days + 1)
        ]
    return found


def measures(rows, *, houses=(), shifts=(), facts=()):
    return PollMeasures(
        trend=pa.Table.from_pylist(rows, schema=TREND),
        levels=pa.Table.from_pylist(levels_of(rows), schema=LEVELS),
        houses=pa.Table.from_pylist(list(houses), schema=HOUSES),
        shifts=pa.Table.from_pylist(list(shifts), schema=SHIFTS),
        facts=pa.Table.from_pylist(list(facts), schema=FACTS),
    )
