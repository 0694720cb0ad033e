r"""Origin share: a country from which unusually many of the sources of attacks come.

What it measures
    The share of a country among the sources (addresses) of attacks that were aimed at this site, against its share
    among the sources of the background: the probes that every site gets. Where fewer than `sources_min` sources aimed,
    those of attacks that are not called background are taken: of a kind, on days on which it stands out (compared with
    the sources of all other attacks), or all of them where there are fewer than `days_min` days with any attack. Where
    there are not 20 sources to compare with, or so few days, the comparison is with ordinary visitors: public addresses
    whose sessions hold no attack. Only sources whose country is known count. `value` is
    the percentage of sources; the title gives it for sessions and requests too, each with a 95 % interval that respects
    that one source sends many. `p_value` is Fisher's exact one-sided test on sources, times the number of countries
    tried (those with at least `sources_min` sources). Of several databases of addresses the one that knows the country
    of most sources decides; the title says where another differs by five points or more.
What it cannot say
    Who attacked: origin is not attribution. The country is where the address is registered, not where a person sits;
    hosting, VPN, Tor and hijacked machines are rented or taken anywhere. A country from which attacks come every day,
    evenly, is the usual and no finding. The registration is that of the database's day, not of the log's. Sources are
    taken as drawn independently; addresses that were rented together are not.
Sources
    The case's databases of addresses (`vigie.measures.http_origins`); Fisher 1922; Agresti & Gottard 2007 (mid-P);
    Korn & Graubard 1998 (shares of clusters of unequal size).

>>> from datetime import UTC, date, datetime
>>> noon = datetime(2017, 4, 1, 12, tzinfo=UTC)
>>> seen = {"day": date(2017, 4, 1), "kind": "xss", "requests": 9, "first_seen": noon, "last_seen": noon}
>>> rows = [
...     {"database": "d", "country": "UA" if n < 6 else "FR", "aim": "aimed" if n < 8 else "background",
...      "address": f"9.9.9.{n}", "place": "public", "session_id": f"x:{n}", "evidence_ids": [f"0123456789ab:{n}"]}
...     for n in range(60)
... ]
>>> found = origin_share(pa.Table.from_pylist([row | seen for row in rows], schema=MEASURE.schema))
>>> print(found["title"][0].as_py().replace(", ", "\n").replace("; ", "\n"))
UA: 75 % of 8 sources of aimed attacks (39 to 96)
75 % of their sessions (39 to 96)
75 % of their requests (39 to 96)
0 % of 52 sources of the background
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.detectors import Detector
from vigie.kernels.baseline import baseline
from vigie.kernels.cluster_share import Share, cluster_share
from vigie.kernels.tails import hypergeometric_tail
from vigie.measures.http_origins import MEASURE
from vigie.parameters import Bounds
from vigie.rules.origin import UNITS, deciding, senders
from vigie.tables import FOUND, split_row_id
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from vigie.rules.origin import Sender

    Row = dict[str, Any]

_COMPARED_MIN: Final = 20
_DIFFERING: Final = 5.0


def origin_share(
    measured: pa.Table,
    *,
    sources_min: Annotated[int, Bounds(2, 100_000)] = 5,
    p_max: Annotated[float, Bounds(1e-12, 0.5)] = 0.01,
    days_min: Annotated[int, Bounds(3, 365)] = 7,
) -> pa.Table:
    """Report each country with `sources_min` sources of attacks whose share is above the comparison's at `p_max`."""
    placed = measured.filter(pc.is_valid(measured["country"]))
    rows = placed.filter(pc.is_valid(placed["session_id"])).to_pylist()
    if (first := deciding(rows)) is None:
        return FOUND.empty_table()
    attacks = [r for r in rows if r["database"] == first]
    ordinary: Counter[str] = Counter()
    for row in placed.filter(pc.is_null(placed["session_id"])).to_pylist():
        if row["database"] == first:
            ordinary[row["country"]] += row["sources"]
    whose, drawn, against, compared = _groups(attacks, ordinary, sources_min, p_max, days_min)
    those = senders(drawn)
    sources = Counter(s.country for s in those.values())
    pool = compared.total()
    tried = sorted(c for c, n in sources.items() if c is not None and n >= sources_min)
    findings = []
    for country in tried if pool else ():
        hits, marked = sources[country], compared[country]
        p_value = hypergeometric_tail(hits, len(those), hits + marked, len(those) + pool) * len(tried)
        if p_value > p_max or hits * pool <= marked * len(those):
            continue
        shares = _shares(those, country)
        expected = 100 * marked / pool
        addresses = set(those)
        elsewhere = _elsewhere(country, shares["sources"].share, [r for r in rows if r["address"] in addresses], first)
        title = (
            f"{country}: {_said(shares['sources'], f'{len(those):,} sources of {whose}')}, "
            f"{_said(shares['sessions'], 'their sessions')}, {_said(shares['requests'], 'their requests')}; "
            f"{_percent(expected)} of {pool:,} {against}{elsewhere}"
        )
        cited = [r for r in drawn if r["country"] == country]
        findings.append(_finding(title, country, cited, shares["sources"], expected=expected, p_value=p_value))
    return pa.Table.from_pylist(findings, schema=FOUND)


def _groups(
    attacks: Sequence[Row], ordinary: Counter[str], sources_min: int, p_max: float, days_min: int
) -> tuple[str, list[Row], str, Counter[str]]:
    """Return whose sources are looked at, their rows, with whom they are compared, and those by country."""
    aimed = [r for r in attacks if r["aim"] == "aimed"]
    addresses = {r["address"] for r in aimed}
    background = _countries(r for r in attacks if r["aim"] == "background" and r["address"] not in addresses)
    if len(addresses) >= sources_min:
        if background.total() >= _COMPARED_MIN:
            return "aimed attacks", aimed, "sources of the background", background
        return "aimed attacks", aimed, "sources without any attack", ordinary
    days = {r["day"] for r in attacks}
    untold = [r for r in attacks if r["aim"] != "background"]
    if len(days) < days_min:
        return "attacks", untold, "sources without any attack", ordinary
    cells = _busy(untold, sorted(days), p_max)
    busy = [r for r in untold if (r["day"], r["kind"]) in cells]
    addresses = {r["address"] for r in busy}
    others = _countries(r for r in attacks if r["address"] not in addresses)
    if others.total() < _COMPARED_MIN:
        others = ordinary
    whom = "sources without any attack" if others is ordinary else "sources of attacks on other days"
    return "attacks on days that stand out", busy, whom, others


def _countries(rows: Iterable[Row]) -> Counter[str]:
    return Counter({r["address"]: r["country"] for r in rows}.values())


def _busy(attacks: Sequence[Row], days: Sequence[date], p_max: float) -> set[tuple[Any, str]]:
    """Return the days and kinds in which attack requests stand out from that kind's other `days`."""
    daily: Counter[tuple[Any, str]] = Counter()
    for row in attacks:
        daily[row["day"], row["kind"]] += row["requests"]
    found = set()
    for kind in sorted({k for _, k in daily}):
        usual = baseline([daily[day, kind] for day in days])
        found |= {(d, kind) for d in days if daily[d, kind] and usual.tail(daily[d, kind], 1) * len(days) <= p_max}
    return found


def _shares(those: Mapping[str, Sender], country: str) -> dict[str, Share]:
    inside = np.array([s.country == country for s in those.values()], np.bool_)
    sent = {unit: np.array([s.sent[unit] for s in those.values()], np.int64) for unit in UNITS}
    return {unit: cluster_share(weights, inside) for unit, weights in sent.items()}


def _elsewhere(country: str, share: float, rows: Sequence[Row], first: str) -> str:
    """Say where another database gives another share of the same sources."""
    said = ""
    for name in sorted({r["database"] for r in rows} - {first}):
        placed = {r["address"]: r["country"] for r in rows if r["database"] == name}
        other = 100 * sum(c == country for c in placed.values()) / len(placed)
        if abs(other - 100 * share) >= _DIFFERING:
            said += f"; {name}: {_percent(other)} of {len(placed):,}"
    return said


def _said(share: Share, of: str) -> str:
    return f"{_percent(100 * share.share)} of {of} ({100 * share.low:.0f} to {100 * share.high:.0f})"


def _percent(share: float) -> str:
    """Return a share as a title says it; a small one is not zero, and nearly all is not all.

    >>> [_percent(share) for share in (0.0, 0.03, 51.9, 99.9, 100.0)]
    ['0 %', 'under 1 %', '52 %', 'over 99 %', '100 %']
    """
    if 0 < share < 1:
        return "under 1 %"
    return "over 99 %" if 99 < share < 100 else f"{share:.0f} %"  # noqa: PLR2004


def _finding(title: str, country: str, cited: Sequence[Row], share: Share, *, expected: float, p_value: float) -> Row:
    return {
        "title": terminal(title),
        "subject_ids": [country],
        "first_seen": min(r["first_seen"] for r in cited),
        "last_seen": max(r["last_seen"] for r in cited),
        "value": 100 * share.share,
        "low": 100 * share.low,
        "high": 100 * share.high,
        "expected": expected,
        "p_value": min(1.0, p_value),
        "evidence_ids": sorted({i for r in cited for i in r["evidence_ids"]}, key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=origin_share,
    reads=MEASURE,
    subject="address",
    measure="share of a country among the sources of attacks",
    unit="percent",
    spoofable=3,
    techniques=("attack.t1595",),
)
