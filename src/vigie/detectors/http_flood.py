"""HTTP flood: far more requests than this host usually gets, and what is too many does not look like readers.

What it measures
    Stretches of five minutes to one day in which a host got at least `times_min` times the requests usual at that hour
    of the day (on working days and weekends apart from three weeks on), and in which at least half of what is too many
    is *bare*: from sources that within five minutes asked for no image, style or script and came from no page of the
    host (`http_traffic` says it in full). How many bare requests are expected follows the readers: where they are five
    times as many as usual, five times as many bare requests are expected, so that a night on which everybody reads is
    none. What is too many must also be concentrated: on one path, whether or not the query is new each time, on
    fewer than a hundred sources that ask for a few paths again and again, or on pages that do not exist. Where twenty
    sources or fewer are behind it they must have sent `rate_min` requests per second together at their peak (five
    times that where it is not one path). The evidence, and `value`, is the concentrated part alone.
    `p_value` is the tail of a negative binomial whose spread is learnt from this host's own stretches of that length,
    times the number of stretches looked at (all starts, all lengths): at `p_max` at most one quiet log in a hundred
    gives a finding by its counts (up to five where both days and hours vary by more than a half); simulated in
    `bench/http_flood.py`. With fewer than 3 days of log there is no usual
    hour: then the size is compared with five times the median hour's, and `expected` and `p_value` are empty.
What it cannot say
    Who sent it, or whether the server gave way. A flood whose programs load images too, or claim to come from the
    host's own pages, at fewer than a hundred requests in five minutes each, looks like readers. A program on
    telephones that asks for one address looks like a flood; so does a monitor that goes astray. Where nothing bare
    differs from readers (a host without images, a log without referers) many sources on one path are only reported
    where each asks five times in five minutes. A few sources that ask for new paths all the time are a scan, however
    fast (`http_scan`). What a server did not answer it may not have logged: the figures are a lower bound; and what
    sends fewer than ten requests in five minutes leaves no evidence. A flood at the same hour of more than half of
    the days is taken for the usual.
Sources
    ATT&CK T1498, T1499. Own thresholds. Hilbe 2011, Negative Binomial Regression.

>>> from vigie.measures import measured
>>> from vigie.testing import requests
>>> quiet = [f"8.8.8.{n % 200} {n * 90} 200 GET /page/{n % 40}{'.css' * (n % 2)}" for n in range(4000)]
>>> flood = [f"9.9.9.{n % 3} {200_000 + n // 20} 200 GET /?{n * 7919}" for n in range(3600)]
>>> found = http_flood(measured(MEASURE, {"requests": requests(*quiet, *flood)}))
>>> print(*found["title"].to_pylist())
Flood of 3,600 requests in 3 minutes to / from 3 addresses, no query twice, about 3 expected (host not logged)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa

from vigie.detectors import Detector
from vigie.kernels.hourly import usual_hours
from vigie.kernels.stretches import SHARE_MIN, Above, Series, standing_out
from vigie.measures.http_traffic import HOURS_MIN, MEASURE, WINDOW_S
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id
from vigie.text.inert import terminal
from vigie.text.phrases import NO_HOST, about, duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from vigie.kernels.stretches import Stretch

    Row = dict[str, Any]

_PER_HOUR: Final = 3600 // WINDOW_S
_WIDTHS: Final = (1, 3, 12, 36, 72, 144, 288)
_FEW: Final = 20
# Above this usual share of bare requests, being bare tells nothing.
_BARE_SHARE_MAX: Final = 0.8
_EACH_MIN: Final = 5
_FAILED_SHARE_MIN: Final = 0.05


def http_flood(
    measured: pa.Table,
    *,
    requests_min: Annotated[int, Bounds(10, 10_000_000)] = 300,
    times_min: Annotated[float, Bounds(1, 1_000)] = 2.0,
    rate_min: Annotated[float, Bounds(0.01, 10_000)] = 1.0,
    p_max: Annotated[float, Bounds(1e-12, 0.5)] = 0.01,
) -> pa.Table:
    """Report each stretch with `requests_min` bare requests too many, `times_min` times the usual, concentrated."""
    rows = measured.to_pylist()
    totals: dict[str | None, list[Row]] = {}
    parts: dict[str | None, list[Row]] = {}
    for row in rows:
        (totals if row["part"] is None else parts).setdefault(row["host"], []).append(row)
    hours = np.unique([_slot(row) // _PER_HOUR for of_host in totals.values() for row in of_host])
    findings = []
    bounds = Above(more=requests_min, times=times_min, p_max=p_max)
    for host, of_host in totals.items():
        series = _series(of_host, hours)
        # Without an unusual hour there is no evidence to point at.
        if series is None or host not in parts:
            continue
        usual_bare, usual = float(series.usual_odd.sum()), float((series.usual_odd + series.usual_beside).sum())
        for stretch in standing_out(series, _WIDTHS, bounds, gap=_PER_HOUR):
            first, last = series.cells[stretch.first], series.cells[stretch.end - 1]
            held = [r for r in parts[host] if first <= _slot(r) <= last]
            told = usual_bare <= _BARE_SHARE_MAX * usual
            if focus := _focus(held, stretch.odd - stretch.expected, rate_min=rate_min, told=told):
                findings.append(_finding(host, stretch, *focus))
    findings.sort(key=lambda f: (f["subject_ids"], f["first_seen"]))
    return pa.Table.from_pylist(findings, schema=FOUND)


def _slot(row: Row) -> int:
    return int(row["window"].timestamp()) // WINDOW_S


def _series(rows: Sequence[Row], hours: NDArray[np.int64]) -> Series | None:
    """Return the series of a host from its first hour to its last; None where it has too few hours to compare."""
    at = np.array([_slot(r) for r in rows], np.int64)
    covered = hours[(hours >= at.min() // _PER_HOUR) & (hours <= at.max() // _PER_HOUR)]
    if covered.size < HOURS_MIN:
        return None
    slots = (covered[:, None] * _PER_HOUR + np.arange(_PER_HOUR)).ravel()
    counts = np.zeros((2, slots.size))
    counts[:, np.searchsorted(slots, at)] = np.array([[r["bare"], r["requests"] - r["bare"]] for r in rows]).T
    bare, beside = counts
    usual = [
        np.repeat(usual_hours(c.reshape(-1, _PER_HOUR).sum(axis=1), covered) / _PER_HOUR, _PER_HOUR) for c in counts
    ]
    return Series(slots, bare, beside, usual[0], usual[1], np.unique(covered // 24).size)


def _focus(parts: Sequence[Row], too_many: float, *, rate_min: float, told: bool) -> tuple[list[Row], str] | None:
    """Return the parts of a stretch on which half of what is too many is concentrated, and where, in words."""
    enough = SHARE_MIN * too_many
    by_source = _by_name(r for r in parts if r["part"] == "source")
    by_path = _by_name(r for r in parts if r["part"] == "path")
    sources = [r for rows in by_source.values() for r in rows]
    few = _total(sources) >= enough
    path, to_path = max(by_path.items(), key=lambda item: (_total(item[1]), item[0]), default=("", []))
    if _total(to_path) >= enough:
        many = max(r["sources"] for r in to_path)
        peak = max(r["requests"] for r in to_path)
        each = _total(to_path) / sum(r["sources"] for r in to_path)
        if peak >= rate_min * WINDOW_S if many <= _FEW else told or each >= _EACH_MIN:
            words = f"to {terminal(path)} from {_addresses(many, exact=len(to_path) == 1 or many == len(by_source))}"
            repeated = sum(r["targets"] for r in to_path) < _total(to_path) * 0.95
            return to_path, words if repeated or to_path[0]["targets"] == 1 else f"{words}, no query twice"
    # New paths all the time from a few sources are a scan, however fast.
    if few and 2 * sum(r["targets"] for r in sources) <= _total(sources):
        peaks: dict[Any, int] = {}
        for r in sources:
            peaks[r["window"]] = peaks.get(r["window"], 0) + r["requests"]
        if max(peaks.values()) >= _EACH_MIN * rate_min * WINDOW_S:
            return sources, f"to a few paths from {_addresses(len(by_source), exact=True)}"
    missing = [r for r in parts if r["part"] == "missing"]
    if _total(missing) >= enough and max(r["sources"] for r in missing) > _FEW:
        return (
            missing,
            f"for pages that do not exist, from {_addresses(max(r['sources'] for r in missing), exact=False)}",
        )
    return None


def _by_name(parts: Iterable[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in parts:
        found.setdefault(row["name"], []).append(row)
    return found


def _total(parts: Iterable[Row]) -> int:
    return sum(r["requests"] for r in parts)


def _addresses(count: int, *, exact: bool) -> str:
    return f"{'' if exact else 'at least '}{count:,} address{'' if count == 1 else 'es'}"


def _finding(host: str | None, stretch: Stretch, parts: Sequence[Row], focus: str) -> Row:
    first, last = min(r["first_seen"] for r in parts), max(r["last_seen"] for r in parts)
    total = _total(parts)
    expected = stretch.expected if stretch.p_value is not None else None
    usual = "" if expected is None else f", {about(expected)} expected"
    failed = sum(r["failed"] for r in parts)
    share = f"{100 * failed / total:.0f} %"
    failing = f", {share} answered with a server error" if failed >= _FAILED_SHARE_MIN * total else ""
    at = "" if host is None else f" at {terminal(host)}"
    note = f" {NO_HOST}" if host is None else ""
    size = f"{total:,} requests in {duration((last - first).total_seconds())}"
    return {
        "title": f"Flood{at} of {size} {focus}{usual}{failing}{note}",
        "subject_ids": [host if host is not None else NO_HOST],
        "first_seen": first,
        "last_seen": last,
        "value": float(total),
        "low": None,
        "high": None,
        "expected": expected,
        "p_value": stretch.p_value,
        "evidence_ids": sorted({i for r in parts for i in r["evidence_ids"]}, key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=http_flood,
    reads=MEASURE,
    subject="server",
    measure="requests of a stretch of time far above the host's usual and unlike its readers'",
    unit="requests",
    spoofable=3,
    techniques=("attack.t1498", "attack.t1499"),
)
