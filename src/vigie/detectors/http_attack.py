"""HTTP attack: attack requests of one kind on a host that were aimed at it, may have been, or may have succeeded.

What it measures
    Requests of one kind (SQL injection, traversal, the rest of a scan ...) on one host from sessions that are called
    aimed, and requests that may have succeeded whoever sent them. A session is aimed by the evidence of its source's
    requests alone: they hold names of the case's own, or carry payloads to pages that this site serves and that are not
    what many addresses ask for on a third of all days (`vigie.rules.aim` states the rule). What comes to every server
    every day is so no finding, however much of it there is. Requests may have succeeded where the answer differs from
    what the site answers otherwise in status or size, or where pages were served after many guesses
    (`vigie.rules.success`); those that made the server fail (500) are counted apart. `value` counts the requests, the
    title the days (UTC), sessions and source addresses, too: three units that must not be mixed. Aimed requests of
    fewer than `requests_min` are no finding on their own; one that may have succeeded is. Where none of a kind is
    aimed, `requests_min` with payloads of which the rows do not tell it (a log of a few days) are one, and the title
    says so. There is no null model and no interval: a count says nothing about chance, and requests come in runs of
    one tool.
What it cannot say
    Who sent the requests, or on whose behalf. Whether one succeeded: a log has the size of an answer and not its words.
    How many there were: bodies, cookies and most headers are in no log, so every figure is a lower bound. A patient
    attacker who asks for little and only what all ask for is called background; a tool that walks the whole site for
    its owner is called aimed. A pattern can also match an innocent request; each indicator lists its known mistakes.
Sources
    Own patterns in `rules/http`; ATT&CK T1190, T1595, T1505.003; CAPEC 66, 88, 126, 591.

>>> from datetime import datetime, UTC
>>> noon = datetime(2017, 3, 9, 12, tzinfo=UTC)
>>> rows = [{"session_id": f"0123456789ab:{n}", "address": f"192.0.2.{n}", "host": "www.x.example", "day": noon.date(),
...     "kind": "sql_injection", "requests": 30, "first_seen": noon, "last_seen": noon, "succeeded_ids": [],
...     "evidence_ids": [f"0123456789ab:{100 * n + i}" for i in range(30)], "aim": "aimed" if n else "background"}
...     for n in range(3)]
>>> http_attack(pa.Table.from_pylist(rows, schema=MEASURE.schema))["title"].to_pylist()
['SQL injection aimed at www.x.example: 60 requests on 1 day, 2 sessions, 2 sources']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.measures.http_attacks import MEASURE
from vigie.parameters import Bounds
from vigie.rules.aim import LISTED
from vigie.rules.kinds import kind_name
from vigie.rules.success import FAILED
from vigie.tables import FOUND, split_row_id
from vigie.text.counted import counted
from vigie.text.inert import terminal
from vigie.text.phrases import NO_HOST

if TYPE_CHECKING:
    from collections.abc import Sequence


def http_attack(measured: pa.Table, *, requests_min: Annotated[int, Bounds(1, 1_000_000)] = 20) -> pa.Table:
    """Report each host and kind with `requests_min` requests aimed or perhaps aimed, or one that may have succeeded."""
    groups: dict[tuple[str | None, str], list[dict[str, Any]]] = {}
    for row in measured.to_pylist():
        groups.setdefault((row["host"], row["kind"]), []).append(row)
    findings = []
    for (host, kind), rows in groups.items():
        sent = {aim: sum(r["requests"] for r in rows if r["aim"] == aim) for aim in ("aimed", "unclear")}
        untold = sent["aimed"] < requests_min <= sent["unclear"] and kind not in LISTED
        aim = "unclear" if untold else "aimed"
        if sent[aim] >= requests_min or any(row["succeeded_ids"] for row in rows):
            findings.append(_finding(host, kind, [r for r in rows if r["aim"] == aim or r["succeeded_ids"]], aim))
    findings.sort(key=lambda f: f["subject_ids"])
    return pa.Table.from_pylist(findings, schema=FOUND)


def _finding(host: str | None, kind: str, rows: Sequence[dict[str, Any]], aim: str) -> dict[str, Any]:
    """Return the finding of the requests of that `aim`, and of those that may have succeeded."""
    evidence = [i for row in rows for i in row["evidence_ids" if row["aim"] == aim else "succeeded_ids"]]
    days = len({row["day"] for row in rows})
    shown = aim if any(row["aim"] == aim for row in rows) else ""
    aimed = " aimed" if shown == "aimed" else ""
    where = f"{aimed} at {terminal(host)}" if host is not None else aimed
    untold = ", whether aimed cannot be told" if shown == "unclear" else ""
    per_day = f" ({len(evidence) / days:,.0f} a day on those days)" if days > 1 else ""
    units = (
        counted(len({row["session_id"] for row in rows}), "session"),
        counted(len({row["address"] for row in rows}), "source"),
    )
    note = f" {NO_HOST}" if host is None else ""
    return {
        "title": f"{kind_name(kind)}{where}: {counted(len(evidence), 'request')} on {counted(days, 'day')}{per_day}, "
        f"{', '.join(units)}{untold}{_outcomes(rows)}{note}",
        "subject_ids": sorted({host if host is not None else NO_HOST, kind}),
        "first_seen": min(row["first_seen" if row["aim"] == aim else "succeeded_first"] for row in rows),
        "last_seen": max(row["last_seen" if row["aim"] == aim else "succeeded_last"] for row in rows),
        "value": float(len(evidence)),
        "low": None,
        "high": None,
        "expected": None,
        "p_value": None,
        "evidence_ids": sorted(evidence, key=split_row_id),
    }


def _outcomes(rows: Sequence[dict[str, Any]]) -> str:
    """Return in words how many requests may have succeeded, and how many made the server fail."""
    why = [str(w) for row in rows for w in row["succeeded_why"] or ()]
    failed = sum(w.startswith(FAILED) for w in why)
    said = [
        f"{len(why) - failed:,} may have succeeded" if len(why) > failed else "",
        f"{failed:,} made the server fail" if failed else "",
    ]
    return "".join(f"; {words}" for words in said if words)


DETECTOR: Final = Detector(
    run=http_attack,
    reads=MEASURE,
    subject="server",
    measure="attack requests of one kind on one host, aimed at it or perhaps successful",
    unit="requests",
    spoofable=3,
    techniques=("attack.t1190", "attack.t1595"),
)
