"""Attack burst: days on which one kind of attack on a host comes from more sources than on its other days.

What it measures
    Attacks of one kind on one host, day by day (UTC): distinct sources, and requests of which a source's count for at
    most ten, so that the length of one tool's run weighs little. A day stands out where either is more than the other
    days allow (`vigie.kernels.outstanding`: outliers are taken away one by one and compared with what remains, on the
    logarithm by Student's t and by a negative binomial; a weekly profile is learnt from three weeks on) at `p_max` for
    the whole series, both counts together, and is at least `times_min` times its usual count. Days that stand out in a
    row are one finding; `value` is all of their requests, `expected` the mean of the requests on the days that do not
    stand out, `p_value` the smallest of its days', corrected for the number of days and for the two counts. A first or
    last day that the log covers for less than half is not learnt from.
    Of series without any burst, at most 1.5 % raise an alarm at `p_max` 0.01 (`python -m bench.attack_burst`): sources
    by Poisson or negative binomial counts with a variance of up to 3 times the mean, and up to 20 times where the mean
    is at least as large; with or without a weekly profile; requests per source of any size; 14, 35 and 90 days.
What it cannot say
    How many attacks there were, who sent them, whether they were aimed or succeeded: that is `http_attack`. One source
    that sends ever so many requests is no burst here: see `http_scan`. Where sources come in waves of many with days of
    none between, each wave stands out, and rightly, but not at the rate stated. What lasts for three of ten days or
    longer is taken for the usual. With fewer than `days_min` days of log nothing is usual and nothing stands out.
Sources
    Rosner 1983 (many outliers); own patterns in `rules/http`; ATT&CK T1190, T1595.

>>> from datetime import date, datetime, UTC
>>> day = {"host": "www.x.example", "host_requests": 9, "covered_s": 86_000, "requests": 0, "evidence_ids": []}
>>> log = [day | {"day": date(2017, 3, n)} for n in range(1, 15)]
>>> noon = datetime(2017, 3, 9, 12, tzinfo=UTC)
>>> log.append(day | {"day": noon.date(), "kind": "xss", "requests": 90, "sources": 30, "bounded": 90, "sessions": 31,
...     "first_seen": noon, "last_seen": noon,
...     "evidence_ids": [f"0123456789ab:{n}" for n in range(90)]})
>>> found = attack_burst(pa.Table.from_pylist(log, schema=MEASURE.schema))
>>> found["title"].to_pylist()
['Cross-site scripting at www.x.example: 90 requests from 30 sources on 2017-03-09, fewer than 1 request expected']
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.kernels.outstanding import outstanding
from vigie.measures.http_attack_days import MEASURE
from vigie.parameters import Bounds
from vigie.rules.kinds import kind_name
from vigie.tables import FOUND, split_row_id
from vigie.text.inert import terminal
from vigie.text.phrases import NO_HOST, about

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# The least ratio of variance to mean, and how many times that of the days that remain: for sources, which come nearly
# one by one, and for bounded requests, of which a source sends up to ten at once.
_SOURCES: Final = {"least": 2.5, "times": 2.0}
_BOUNDED: Final = {"least": 30.0, "times": 3.0}
_HALF_DAY_S: Final = 43_200


def attack_burst(
    measured: pa.Table,
    *,
    requests_min: Annotated[int, Bounds(1, 1_000_000)] = 20,
    p_max: Annotated[float, Bounds(1e-12, 0.5)] = 0.01,
    times_min: Annotated[float, Bounds(1, 1_000)] = 3.0,
    days_min: Annotated[int, Bounds(7, 365)] = 7,
) -> pa.Table:
    """Report each run of days that stand out, of `requests_min` requests or more."""
    covered: dict[str | None, dict[date, int]] = {}
    hits: dict[tuple[str | None, str], dict[date, dict[str, Any]]] = {}
    for row in measured.to_pylist():
        if row["kind"] is None:
            covered.setdefault(row["host"], {})[row["day"]] = row["covered_s"]
        else:
            hits.setdefault((row["host"], row["kind"]), {})[row["day"]] = row
    findings = []
    for (host, kind), daily in hits.items():
        days = _whole(covered[host], daily)
        if len(days) < days_min:
            continue
        sources, bounded, requests = (
            [int(daily[day][unit]) if day in daily else 0 for day in days]
            for unit in ("sources", "bounded", "requests")
        )
        out, p_values = out_days(sources, bounded, [d.weekday() for d in days], p_max=p_max, times_min=times_min)
        rest = [n for i, n in enumerate(requests) if i not in set(out)]
        usual = sum(rest) / len(rest)
        for run in _runs([days[i] for i in out]):
            rows = [daily[day] for day in run]
            if sum(r["requests"] for r in rows) >= requests_min:
                p_value = min(p_values[days.index(day)] for day in run)
                findings.append(_finding(host, kind, rows, expected=usual * len(run), p_value=p_value))
    findings.sort(key=lambda f: (f["subject_ids"], f["first_seen"]))
    return pa.Table.from_pylist(findings, schema=FOUND)


def out_days(
    sources: Sequence[int],
    bounded: Sequence[int],
    weekdays: Sequence[int],
    *,
    p_max: float = 0.01,
    times_min: float = 3.0,
) -> tuple[list[int], list[float]]:
    """Return the places of the days that stand out, ascending, and each day's p-value."""
    p_values = [1.0] * len(sources)
    for counts, spread in ((sources, _SOURCES), (bounded, _BOUNDED)):
        found = outstanding(counts, weekdays, alpha=p_max / 2, **spread)
        for place, (p, usual) in enumerate(zip(found.p_values.tolist(), found.usual.tolist(), strict=True)):
            if counts[place] >= times_min * usual:
                p_values[place] = min(p_values[place], 2 * p)
    return [place for place, p in enumerate(p_values) if p <= p_max], p_values


def _whole(covered: Mapping[date, int], daily: Mapping[date, object]) -> list[date]:
    """Return the days of log; not the first or last where it covers less than half of it and no attack."""
    days = sorted(covered)
    ends = {days[0], days[-1]}
    return [day for day in days if day not in ends or day in daily or covered[day] >= _HALF_DAY_S]


def _runs(days: Sequence[date]) -> Iterator[list[date]]:
    run: list[date] = []
    for day in days:
        if run and day - run[-1] > timedelta(days=1):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _finding(
    host: str | None, kind: str, rows: Sequence[dict[str, Any]], *, expected: float, p_value: float
) -> dict[str, Any]:
    first, last = rows[0]["day"], rows[-1]["day"]
    when = f"on {first}" if first == last else f"from {first} to {last}"
    total = sum(r["requests"] for r in rows)
    most = max(r["sources"] for r in rows)
    sources = f"{most:,} sources" if first == last else f"up to {most:,} sources a day"
    usual = f"{about(expected)}{' request' if expected < 1 else ''}"
    where = f" at {terminal(host)}" if host is not None else ""
    note = f" {NO_HOST}" if host is None else ""
    return {
        "title": f"{kind_name(kind)}{where}: {total:,} requests from {sources} {when}, {usual} expected{note}",
        "subject_ids": sorted({host if host is not None else NO_HOST, kind}),
        "first_seen": min(r["first_seen"] for r in rows),
        "last_seen": max(r["last_seen"] for r in rows),
        "value": float(total),
        "low": None,
        "high": None,
        "expected": expected,
        "p_value": p_value,
        "evidence_ids": sorted((i for r in rows for i in r["evidence_ids"]), key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=attack_burst,
    reads=MEASURE,
    subject="server",
    measure="attack requests of one kind on one host on days that stand out",
    unit="requests",
    spoofable=3,
    techniques=("attack.t1190", "attack.t1595"),
)
