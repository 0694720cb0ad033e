"""HTTP attack: a kind of attack request on a host, on days that stand out from its other days.

What it measures
    Requests of one kind (SQL injection, cross-site scripting, probes ...) in a run of consecutive UTC days of which
    each stands out. A host's usual day is learnt from its quiet days: those not above the median by more than five
    robust standard deviations, days without a hit included. Their mean and over-dispersion give a negative binomial
    with the uncertainty of the mean; a day stands out where its upper tail, times the number of days, is at most
    `p_max`. So scanners that knock on every door every day are the expectation, not the finding. `p_value` is the
    tail of the run's total, times the number of days it could have begun on. With fewer than `days_min` days of log
    there is nothing to compare with: a run is then reported by its size alone, `expected` and `p_value` empty.
    The interval is an exact Poisson one; since one tool sends many requests it is too narrow for the number of attacks.
What it cannot say
    How many attacks there were: bodies, cookies and most headers are not in a log, so the count is a lower bound. Who
    sent the requests, or whether any succeeded. An attack on more than half of the days is taken for the usual. A log
    that covers a day in part makes that day look quiet. A pattern can also match an innocent request; each indicator
    lists its known mistakes. Where the background itself comes in bursts, quiet series raise an alarm more often than
    `p_max` says: the busiest of their days are left out when the usual day is learnt, so its spread is taken for too
    small.
Sources
    Own patterns in `rules/http`; ATT&CK T1190, T1595, T1505.003; Garwood 1936 (interval); CAPEC 66, 88, 126, 591.

>>> from vigie.engine.local import LocalEngine
>>> from vigie.testing import requests
>>> log = requests(*(f"192.0.2.1 {s} 200 GET /news?id=1'+or+'1'='{s}" for s in range(25)))
>>> with LocalEngine({"requests": log}) as engine:
...     found = http_attack(engine.run(MEASURE.steps()))
>>> found.select(["title", "value", "p_value"]).to_pylist()
[{'title': 'SQL injection: 25 requests on 2017-02-15 (host not logged)', 'value': 25.0, 'p_value': None}]
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.kernels.baseline import baseline
from vigie.kernels.tails import poisson_interval
from vigie.measures.http_attacks import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NO_HOST: Final = "(host not logged)"
_NAMES: Final = {"sql_injection": "SQL injection", "xss": "Cross-site scripting", "cms_probe": "CMS probe"}


def http_attack(
    measured: pa.Table,
    *,
    requests_min: Annotated[int, Bounds(1, 1_000_000)] = 20,
    p_max: Annotated[float, Bounds(1e-12, 0.5)] = 0.01,
    times_min: Annotated[float, Bounds(1, 1_000)] = 3.0,
    days_min: Annotated[int, Bounds(3, 365)] = 7,
) -> pa.Table:
    """Report each run of days that stands out, of `requests_min` and of `times_min` times the expected requests."""
    covered: dict[str | None, set[date]] = {}
    hits: dict[tuple[str | None, str], dict[date, dict[str, Any]]] = {}
    for row in measured.to_pylist():
        covered.setdefault(row["host"], set()).add(row["day"])
        if row["kind"] is not None and row["requests"]:
            hits.setdefault((row["host"], row["kind"]), {})[row["day"]] = row
    findings = []
    for (host, kind), daily in hits.items():
        days = sorted(covered[host])
        usual = baseline([_requests(daily, day) for day in days]) if len(days) >= days_min else None
        standing_out = [
            day for day in sorted(daily) if usual is None or usual.tail(_requests(daily, day), 1) * len(days) <= p_max
        ]
        for run in _runs(standing_out):
            total = sum(_requests(daily, day) for day in run)
            expected = usual.mean * len(run) if usual else None
            if total >= requests_min and total >= times_min * (expected or 0.0):
                p_value = min(1.0, usual.tail(total, len(run)) * len(days)) if usual else None
                findings.append(
                    _finding(host, kind, [daily[day] for day in run], total=total, expected=expected, p_value=p_value)
                )
    findings.sort(key=lambda f: (f["subject_ids"], f["first_seen"]))
    return pa.Table.from_pylist(findings, schema=FOUND)


def _requests(daily: Mapping[date, dict[str, Any]], day: date) -> int:
    return int(daily[day]["requests"]) if day in daily else 0


def _about(requests: float) -> str:
    """Return an expected number of requests as a title says it: a mean, so rounded.

    >>> _about(0.3), _about(3.92), _about(1234.5)
    ('fewer than 1', 'about 4', 'about 1,234')
    """
    return "fewer than 1" if requests < 1 else f"about {requests:,.0f}"


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
    host: str | None,
    kind: str,
    rows: Sequence[dict[str, Any]],
    *,
    total: int,
    expected: float | None,
    p_value: float | None,
) -> dict[str, Any]:
    first, last = rows[0]["day"], rows[-1]["day"]
    when = f"on {first}" if first == last else f"from {first} to {last}"
    low, high = poisson_interval(total)
    where = f" at {terminal(host)}" if host is not None else ""
    usual = f", {_about(expected)} expected" if expected is not None else ""
    name = _NAMES.get(kind, kind.replace("_", " ").capitalize())
    note = f" {NO_HOST}" if host is None else ""
    return {
        "title": f"{name}{where}: {total:,} requests {when}{usual}{note}",
        "subject_ids": sorted({host if host is not None else NO_HOST, kind}),
        "first_seen": min(r["first_seen"] for r in rows),
        "last_seen": max(r["last_seen"] for r in rows),
        "value": float(total),
        "low": low,
        "high": high,
        "expected": expected,
        "p_value": p_value,
        "evidence_ids": sorted((i for r in rows for i in r["evidence_ids"]), key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=http_attack,
    reads=MEASURE,
    subject="server",
    measure="attack requests of one kind on one host in a run of days that stand out",
    unit="requests",
    spoofable=3,
    techniques=("attack.t1190", "attack.t1595"),
)
