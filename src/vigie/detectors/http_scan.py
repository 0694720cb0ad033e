"""HTTP scan: a client that tries many doors of a website, in sessions called a scan.

What it measures
    The requests of the sessions called scan (see `vigie.rules.sessions`: by the indicators they match, the paths they
    try and the missing pages they ask for) from one address at one host, the one most of a session's requests went
    to. Requests that match no indicator count, too: a scan is more than its payloads. Of fewer than `requests_min`
    requests from an address, such as the probes that come to every website every day, none is made: they are counted
    in the briefing's section on the web servers and by `vigie claim`. Beyond the `findings_max` heaviest of a host
    the others of that size are counted together in one. `p_value` is empty: a count without a null model has none.
What it cannot say
    Who scans: the address is where the requests came from, such as a rented machine, an office or a proxy, and its
    user agent is what the client says. A scanner that changes its user agent or address with every request is many
    sessions, each perhaps too short to be called a scan; what a client behind the same address does under another
    agent is not counted. A scan may be an audit that the site's owner ordered. Pages that exist and are asked for
    politely look like reading; a client that works through an old list of addresses looks like a scan.
Sources
    ATT&CK T1595, T1595.002, T1595.003; thresholds are our own.

>>> from vigie.measures import measured
>>> from vigie.testing import requests
>>> tries = ["?id=1'+or+'1'='1", "?q=<script>alert(1)</script>", "?f=../../../../etc/passwd"]
>>> log = requests(*(f"8.8.8.8 {s} 200 GET /page/{s}{tries[s % 3]}" for s in range(120)))
>>> found = http_scan(measured(MEASURE, {"requests": log}))
>>> found["title"].to_pylist()
['Scan from 8.8.8.8: 120 requests in 1 session, 120 match an indicator, 0 % not found (host not logged)']
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from vigie.detectors import Detector
from vigie.measures.http_sessions import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id
from vigie.text.inert import terminal
from vigie.text.phrases import NO_HOST

if TYPE_CHECKING:
    from collections.abc import Sequence


def http_scan(
    measured: pa.Table,
    *,
    requests_min: Annotated[int, Bounds(1, 1_000_000)] = 100,
    findings_max: Annotated[int, Bounds(1, 1_000)] = 5,
) -> pa.Table:
    """Report each host's heaviest scans by address, and what is beyond them together."""
    hosts: dict[str | None, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for session in measured.filter(pc.field("called") == "scan").to_pylist():
        hosts[session["host"]][session["address"]].append(session)
    findings = []
    for host, scans in hosts.items():
        size = {address: _total(sessions, "requests") for address, sessions in scans.items()}
        heaviest = sorted((a for a in size if size[a] >= requests_min), key=lambda a: (-size[a], a))
        findings += [_finding(host, [address], scans[address]) for address in heaviest[:findings_max]]
        if others := heaviest[findings_max:]:
            findings.append(_finding(host, others, [s for a in others for s in scans[a]]))
    findings.sort(key=lambda f: (f["subject_ids"], f["title"]))
    return pa.Table.from_pylist(findings, schema=FOUND)


def _total(sessions: Sequence[dict[str, Any]], name: str) -> int:
    return sum(int(s[name]) for s in sessions)


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _finding(host: str | None, addresses: Sequence[str], sessions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the finding of one address, or of several that have none of their own."""
    requests = _total(sessions, "requests")
    at = f" of {terminal(host)}" if host is not None else ""
    one = len(addresses) == 1
    what = f"Scan{at} from {terminal(addresses[0])}" if one else f"Other scans{at} from {len(addresses):,} addresses"
    note = f" {NO_HOST}" if host is None else ""
    missing = f"{100 * _total(sessions, 'missing') / requests:.0f} % not found"
    matched = _total(sessions, "attacks")
    match = "matches" if matched == 1 else "match"
    return {
        "title": f"{what}: {_many(requests, 'request')} in {_many(len(sessions), 'session')}, "
        f"{matched:,} {match} an indicator, {missing}{note}",
        "subject_ids": sorted(addresses),
        "first_seen": min(s["first_seen"] for s in sessions),
        "last_seen": max(s["last_seen"] for s in sessions),
        "value": float(requests),
        "low": None,
        "high": None,
        "expected": None,
        "p_value": None,
        "evidence_ids": sorted((i for s in sessions for i in s["request_ids"]), key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=http_scan,
    reads=MEASURE,
    subject="address",
    measure="requests of sessions called a scan from one address at one host",
    unit="requests",
    spoofable=2,
    techniques=("attack.t1595", "attack.t1595.002", "attack.t1595.003"),
)
