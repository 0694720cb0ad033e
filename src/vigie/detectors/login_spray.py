"""Login spray: passwords guessed at one login page from one source, or tried from many.

What it measures
    Two patterns, named in the title. *Guessing from one address*: a source with `attempts_min` attempts or more in an
    hour (or three times that in a day) on one page, and more than five times what 95 % of the other sources make
    in an hour (a day); where the answers tell the outcome, at least half of them failures. It has no null model:
    `p_value` is empty. *From many addresses* (spraying, or credentials stolen elsewhere): stretches of 1 to 24 hours
    in which at least `sources_min` more sources than expected fail at a page, counted once per hour, and `times_min`
    times the usual number try it. The usual is learnt by hour of the day (on working days and weekends apart from
    three weeks on). Where the answers tell the outcome, as many more failures are expected as successes are above
    their usual, so that an evening on which all members log in is none. `p_value` is the tail of a negative binomial
    whose spread is learnt from the page's own stretches of that length, times the number of stretches looked at (all
    starts, all lengths): at `p_max` at most one quiet page in a hundred gives a finding by its counts (simulated: up
    to five where both days and hours vary by more than a half). With fewer than 3 days of log
    it is empty, and five times the expected number is asked for, and known outcomes. `value` counts attempts.
What it cannot say
    Which accounts were tried, and with what: bodies are not in a log; so spraying and stolen credentials look alike.
    Whether an attempt succeeded: `login_attempts` says what a status allows, and "may have succeeded" means another
    answer than the failures got, at an address that failed, too. Where a page answers all alike nothing tells an
    evening on which many log in from a spray; the title then says so. Many members behind one address can look like
    guessing where outcomes are unknown. Guessing slower than `attempts_min`, from few addresses, stays below both,
    and a program on telephones that retries an old password is taken for one. What no login page has (HTTP's own
    authentication, pages that are not in `rules/logins.toml`) is not counted.
Sources
    ATT&CK T1110.001, T1110.003, T1110.004. Own thresholds. Hilbe 2011, Negative Binomial Regression.

>>> from vigie.measures import measured
>>> from vigie.testing import requests
>>> log = [f"9.9.9.9 {3 * n} {302 if n == 399 else 200} POST /wp-login.php" for n in range(400)]
>>> print(*login_spray(measured(MEASURE, {"requests": requests(*log)}))["title"].to_pylist())
Password guessing at /wp-login.php from 9.9.9.9: 400 attempts in 20 minutes, 399 failed, 1 may have succeeded
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa

from vigie.detectors import Detector
from vigie.kernels.hourly import DAYS_MIN, usual_hours
from vigie.kernels.stretches import Above, Series, standing_out
from vigie.measures.login_attempts import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND, split_row_id
from vigie.text.inert import terminal
from vigie.text.phrases import NO_HOST, about, duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from vigie.kernels.stretches import Stretch

    Row = dict[str, Any]

_WIDTHS_H: Final = (1, 2, 3, 6, 12, 24)
_ABOVE_OTHERS: Final = 5
_DAY_TIMES: Final = 3
_GAP_H: Final = 24
_GAP_SPRAY_H: Final = 3
_TOLD_SHARE: Final = 0.5
_ORDINARY: Final = 0.95


def login_spray(
    measured: pa.Table,
    *,
    attempts_min: Annotated[int, Bounds(5, 1_000_000)] = 30,
    sources_min: Annotated[int, Bounds(3, 1_000_000)] = 10,
    times_min: Annotated[float, Bounds(1, 1_000)] = 2.0,
    p_max: Annotated[float, Bounds(1e-12, 0.5)] = 0.01,
) -> pa.Table:
    """Report single sources with many attempts at a page, then stretches in which many sources fail at it."""
    hours, pages = [], defaultdict(list)
    for row in measured.to_pylist():
        if row["page"] is None:
            hours.append(_hour(row))
        else:
            pages[row["service"], row["host"], row["page"]].append(row)
    covered = np.unique(np.array(hours, np.int64))
    above = Above(more=sources_min, times=times_min, p_max=p_max)
    findings = []
    for (_, host, page), rows in pages.items():
        where = (terminal(host) if host is not None else "") + terminal(page)
        subjects = {host if host is not None else NO_HOST, page}
        guessing = list(_guessing(rows, attempts_min))
        findings += [_guessed(where, subjects, run) for run in guessing]
        alone = {r["address"] for run in guessing for r in run}
        others = [r for r in rows if r["address"] not in alone]
        told = _told(others)
        series = _series(others, covered, told=told)
        if series is None or (series.days < DAYS_MIN and not told):
            continue
        for stretch in standing_out(series, _WIDTHS_H, above, gap=_GAP_SPRAY_H):
            first, last = series.cells[stretch.first], series.cells[stretch.end - 1]
            inside = [r for r in others if first <= _hour(r) <= last]
            failing = {r["address"] for r in inside if r["failures"] or not told}
            held = [r for r in inside if r["address"] in failing]
            outside = [r for r in others if not first <= _hour(r) <= last and _is_odd(r, told=told)]
            each = _attempts(outside) / len(outside) if outside else 1.0
            findings.append(_sprayed(where, subjects, held, stretch, each=each, told=told))
    findings.sort(key=lambda f: (f["subject_ids"], f["first_seen"]))
    return pa.Table.from_pylist(findings, schema=FOUND)


def _hour(row: Row) -> int:
    return int(row["hour"].timestamp()) // 3600


def _attempts(rows: Iterable[Row]) -> int:
    return sum(r["attempts"] for r in rows)


def _told(rows: Sequence[Row]) -> bool:
    """Return whether the answers tell the outcome of at least half of the attempts."""
    return bool(sum(r["failures"] + r["successes"] for r in rows) >= _TOLD_SHARE * _attempts(rows))


def _is_odd(row: Row, *, told: bool) -> bool:
    return not told or (row["failures"] > 0 and not row["successes"])


def _guessing(rows: Sequence[Row], attempts_min: int) -> Iterator[list[Row]]:
    """Yield, for each source far above the others, its rows of such hours and days, a day apart at most."""
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_source[row["address"]].append(row)
    heavy: dict[str, list[Row]] = defaultdict(list)
    for seconds, least in ((3600, attempts_min), (86400, _DAY_TIMES * attempts_min)):
        counts = {a: _per_span(own, seconds) for a, own in by_source.items()}
        every = np.sort(np.array([n for own in counts.values() for n in own.values()], np.int64))
        for address, own in counts.items():
            if max(own.values()) >= least:
                ordinary = _ordinary(every, np.array(list(own.values()), np.int64))
                threshold = max(least, _ABOVE_OTHERS * ordinary + 1)
                heavy[address] += [r for r in by_source[address] if own[_span(r, seconds)] >= threshold]
    for address in sorted(heavy):
        held = sorted({r["hour"]: r for r in heavy[address]}.items())
        run: list[Row] = []
        for hour, row in held:
            if run and hour - run[-1]["hour"] > timedelta(hours=_GAP_H):
                yield from _failing(run)
                run = []
            run.append(row)
        yield from _failing(run)


def _failing(run: list[Row]) -> Iterator[list[Row]]:
    """Yield the run unless it is empty, or its answers say that most of it succeeded."""
    if run and not (
        _told(run) and 2 * sum(r["failures"] for r in run) < sum(r["failures"] + r["successes"] for r in run)
    ):
        yield run


def _span(row: Row, seconds: int) -> int:
    return int(row["hour"].timestamp()) // seconds


def _per_span(rows: Iterable[Row], seconds: int) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for row in rows:
        counts[_span(row, seconds)] += row["attempts"]
    return counts


def _ordinary(every: NDArray[np.int64], own: NDArray[np.int64]) -> int:
    """Return what 95 % of the counts of `every` (ascending) but for the source's `own` do not exceed; 0: no others."""
    rank = int(_ORDINARY * (every.size - own.size))
    for value in every[max(0, rank - 1) :] if rank else ():
        if int(np.searchsorted(every, value, "right")) - int((own <= value).sum()) >= rank:
            return int(value)
    return 0


def _series(rows: Sequence[Row], covered: NDArray[np.int64], *, told: bool) -> Series | None:
    """Return the sources of each hour that only failed (all of them, where nothing tells) beside the others."""
    if not rows:
        return None
    place = np.searchsorted(covered, np.array([_hour(r) for r in rows], np.int64))
    is_odd = np.array([_is_odd(r, told=told) for r in rows])
    odd, beside = (
        np.bincount(place[chosen], minlength=covered.size).astype(np.float64) for chosen in (is_odd, ~is_odd)
    )
    usual, usual_beside = (usual_hours(counts, covered) for counts in (odd, beside))
    return Series(covered, odd, beside, usual, usual_beside, np.unique(covered // 24).size)


def _guessed(where: str, subjects: set[str], rows: Sequence[Row]) -> Row:
    attempts, address = _attempts(rows), rows[0]["address"]
    title = f"Password guessing at {where} from {terminal(address)}: {attempts:,} attempts in {_lasting(rows)}"
    return _finding(title + _outcome(rows, told=_told(rows)), subjects | {address}, rows, None, None)


def _sprayed(where: str, subjects: set[str], rows: Sequence[Row], stretch: Stretch, *, each: float, told: bool) -> Row:
    sources = len({r["address"] for r in rows})
    usual = "" if stretch.p_value is None else f" ({about(stretch.expected)} expected)"
    what = "Failed logins" if told else "Login attempts"
    title = f"{what} at {where} from {sources:,} addresses in {_lasting(rows)}{usual}: {_attempts(rows):,} attempts"
    expected = None if stretch.p_value is None else stretch.expected * each
    return _finding(title + _outcome(rows, told=told), subjects, rows, expected, stretch.p_value)


def _outcome(rows: Sequence[Row], *, told: bool) -> str:
    if not told:
        return ", whether they failed cannot be told"
    failures, successes = (sum(r[name] for r in rows) for name in ("failures", "successes"))
    return f", {failures:,} failed" + (f", {successes:,} may have succeeded" if successes else "")


def _finding(title: str, subjects: set[str], rows: Sequence[Row], expected: float | None, p_value: float | None) -> Row:
    return {
        "title": f"{title} {NO_HOST}" if NO_HOST in subjects and p_value is not None else title,
        "subject_ids": sorted(subjects),
        "first_seen": min(r["first_seen"] for r in rows),
        "last_seen": max(r["last_seen"] for r in rows),
        "value": float(_attempts(rows)),
        "low": None,
        "high": None,
        "expected": expected,
        "p_value": p_value,
        "evidence_ids": sorted((i for r in rows for i in r["evidence_ids"]), key=split_row_id),
    }


def _lasting(rows: Sequence[Row]) -> str:
    return duration((max(r["last_seen"] for r in rows) - min(r["first_seen"] for r in rows)).total_seconds())


DETECTOR: Final = Detector(
    run=login_spray,
    reads=MEASURE,
    subject="server",
    measure="attempts to log in at a page by a source, or by many sources, far above the page's usual",
    unit="attempts",
    spoofable=2,
    techniques=("attack.t1110.001", "attack.t1110.003", "attack.t1110.004"),
)
