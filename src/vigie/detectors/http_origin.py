"""HTTP origin: a country from which unusually many of the addresses of an attack come.

What it measures
    The share of a country among the distinct addresses that sent attack requests of a kind on days on which that kind
    stands out (as in `http_attack`, over all hosts), against its share among the addresses that sent attack requests
    at other times: the scanners that every site sees. Addresses are compared, not requests, since the requests of one
    address do not count as independent. Where fewer than `days_min` days are covered, all attack requests count as
    the attack; there, and where fewer than 20 addresses attacked at other times, the comparison is with the addresses
    that sent no attack request at all. `p_value` is Fisher's exact one-sided test times the number of countries tried
    (those with at least `sources_min` addresses); the interval is Wilson's.
What it cannot say
    Who attacked: origin is not attribution. The country is where the address is registered, not where a person sits;
    hosting, VPN, Tor and hijacked machines are rented or taken anywhere. A country from which attacks come every day,
    evenly, is the usual and no finding. The registration is that of today's data, not of the log's date. Private
    addresses and host names are left out.
Sources
    Registration data of the five regional Internet registries through `iptocc`, or the case's own `ip_ranges`;
    Fisher 1922; Wilson 1927.

>>> from vigie.engine.local import LocalEngine
>>> from vigie.tables import CASE_TABLES, TABLES
>>> from vigie.testing import requests
>>> lines = [f"5.5.5.{n} {n} 200 GET /news?id=1'+or+'1'='{n}" for n in range(8)]
>>> lines += [f"8.8.8.{n} {n} 200 GET /" for n in range(60)]
>>> tables = {"requests": requests(*lines), "ip_ranges": TABLES["ip_ranges"].seen.empty_table()}
>>> with LocalEngine(tables | {"case_servers": CASE_TABLES["case_servers"].empty_table()}) as engine:
...     found = http_origin(engine.run(MEASURE.steps()))
>>> found["title"].to_pylist()
['DE: 100 % of the addresses that sent attack requests, 0 % of the other addresses']
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.kernels.baseline import baseline
from vigie.kernels.tails import hypergeometric_tail, wilson_interval
from vigie.measures.http_origins import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    Row = dict[str, Any]

_COMPARED_MIN: Final = 20


def http_origin(
    measured: pa.Table,
    *,
    sources_min: Annotated[int, Bounds(2, 100_000)] = 5,
    p_max: Annotated[float, Bounds(1e-12, 0.5)] = 0.01,
    days_min: Annotated[int, Bounds(3, 365)] = 7,
) -> pa.Table:
    """Report each country with `sources_min` attacking addresses whose share is above the comparison's at `p_max`."""
    rows = measured.to_pylist()
    days = sorted({r["day"] for r in rows if r["day"] is not None})
    attacks = [r for r in rows if r["kind"] is not None and r["place"] == "public"]
    learnt = len(days) >= days_min
    if learnt:
        cells = _busy(attacks, days, p_max)
        busy = [r for r in attacks if (r["day"], r["kind"]) in cells]
    else:
        busy = attacks
    attackers = {r["address"]: r["country"] for r in busy}
    others = {r["address"]: r["country"] for r in attacks if r["address"] not in attackers}
    compared = Counter(others.values())
    if usual := learnt and len(others) >= _COMPARED_MIN:
        whom = "those that sent them at other times"
    else:
        whom = "the other addresses"
        compared = Counter()
        for row in rows:
            if row["kind"] is None and row["day"] is None and row["place"] == "public":
                compared[row["country"]] += row["sources"]
    sources = Counter(attackers.values())
    drawn, pool = len(attackers), compared.total()
    tried = sorted(c for c, n in sources.items() if c is not None and n >= sources_min)
    findings = []
    for country in tried:
        hits, marked = sources[country], compared[country]
        p_value = hypergeometric_tail(hits, drawn, hits + marked, drawn + pool) * len(tried)
        if pool and p_value <= p_max and hits * pool > marked * drawn:
            when = " when they stood out" if usual else ""
            share, expected = 100 * hits / drawn, 100 * marked / pool
            title = (
                f"{country}: {_percent(share)} of the addresses that sent attack requests{when}, "
                f"{_percent(expected)} of {whom}"
            )
            cited = [r for r in busy if r["country"] == country]
            findings.append(_finding(title, country, cited, counts=(hits, drawn), expected=expected, p_value=p_value))
    return pa.Table.from_pylist(findings, schema=FOUND)


def _percent(share: float) -> str:
    """Return a share as a title says it; a small one is not zero, and nearly all is not all.

    >>> [_percent(share) for share in (0.0, 0.03, 51.9, 99.9, 100.0)]
    ['0 %', 'under 1 %', '52 %', 'over 99 %', '100 %']
    """
    if 0 < share < 1:
        return "under 1 %"
    return "over 99 %" if 99 < share < 100 else f"{share:.0f} %"  # noqa: PLR2004


def _busy(attacks: Sequence[Row], days: Sequence[Any], p_max: float) -> set[tuple[Any, str]]:
    """Return the days and kinds in which attack requests stand out from that kind's other days."""
    daily: Counter[tuple[Any, str]] = Counter()
    for row in attacks:
        daily[row["day"], row["kind"]] += row["requests"]
    found = set()
    for kind in sorted({k for _, k in daily}):
        usual = baseline([daily[day, kind] for day in days])
        found |= {(d, kind) for d in days if daily[d, kind] and usual.tail(daily[d, kind], 1) * len(days) <= p_max}
    return found


def _finding(
    title: str, country: str, cited: Sequence[Row], *, counts: tuple[int, int], expected: float, p_value: float
) -> Row:
    low, high = wilson_interval(*counts)
    return {
        "title": terminal(title),
        "subject_ids": [country],
        "first_seen": min(r["first_seen"] for r in cited),
        "last_seen": max(r["last_seen"] for r in cited),
        "value": 100 * counts[0] / counts[1],
        "low": 100 * low,
        "high": 100 * high,
        "expected": expected,
        "p_value": p_value,
        "evidence_ids": sorted((i for r in cited for i in r["evidence_ids"]), key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=http_origin,
    reads=MEASURE,
    subject="address",
    measure="share of a country among the distinct addresses that sent attack requests when they stood out",
    unit="percent",
    spoofable=3,
    techniques=("attack.t1595",),
)
