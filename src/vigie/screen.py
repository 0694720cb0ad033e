"""What the terminal shows: tables and progress. All text from outside goes through `inert.terminal`."""

from __future__ import annotations

import contextlib
import shlex
import sys
from typing import TYPE_CHECKING, Any, Final, Self

from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from vigie.text.counted import counted
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from vigie.exercise.counts import Counts
    from vigie.exercise.score import DetectorScore, Rate, Score
    from vigie.run.add import Added
    from vigie.run.add import Progress as AddProgress
    from vigie.run.analyse import Analysis
    from vigie.run.explain import Explained

_REASONS_SHOWN: Final = 3
_Q_NOTE: Final = (
    "q: among findings at least this unlikely, the share to expect by chance; without a null model there is none"
)
_OVERLAP_NOTE: Final = "several findings can rest on the same rows: do not add up their figures"
_TABLE_WIDTH_MIN: Final = 150
_SOURCES_WIDTH_MIN: Final = 120
SIMULATED: Final = (
    "Simulated exercise: people, posts, logs and figures are invented, but for those its README.txt names as real."
)


def open_console(*, err: bool = False) -> Console:
    """Return a console: where the output is no terminal, wide enough that nothing wraps."""
    stream = sys.stderr if err else sys.stdout
    return Console(stderr=err, width=None if stream.isatty() else 200, highlight=False, soft_wrap=False)


def _inert(value: object) -> Text:
    return Text(terminal(str(value)))


def hanging(text: str) -> Table:
    """Return a note whose further lines stand under its first word."""
    made = Table.grid(padding=(0, 1, 0, 0))
    made.add_column(width=1)
    made.add_column(overflow="fold")
    made.add_row("-", Text(terminal(text)))
    return made


def number(value: float | None) -> str:
    """Return a figure as people read it; a missing one is not zero.

    >>> number(1234567), number(650.96), number(0.123456), number(12.0), number(None)
    ('1,234,567', '651', '0.123', '12', '-')
    """
    if value is None:
        return "-"
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004


def measured(value: float, unit: str) -> str:
    """Return a figure with its unit.

    >>> measured(51.93, "percent"), measured(12, "objects")
    ('51.9 %', '12 objects')
    """
    return f"{number(value)} {'%' if unit == 'percent' else unit}"


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    right: frozenset[int] = frozenset(),
    whole: frozenset[int] = frozenset(),
) -> None:
    """Print a table; columns in `right` hold figures, those in `whole` are never broken."""
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for index, heading in enumerate(headings):
        figure = index in right
        shown.add_column(
            heading, justify="right" if figure else "left", no_wrap=figure or index in whole, overflow="fold"
        )
    for row in rows:
        shown.add_row(*(_inert(cell) for cell in row))
    open_console().print(shown)


class Adding:
    """Progress of `vigie add`: a bar with rows per second and the time left on a terminal, then a line a file."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console = open_console(err=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            DownloadColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, rate="", visible=False)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take it away."""
        self._bar.stop()

    def progress(self, at: AddProgress) -> None:
        """Show how far one file is."""
        name = terminal(at.file, width=40)
        if at.step == "hashing":
            self._bar.reset(self._task, description=f"{name} (checksum)", total=at.total, rate="", visible=True)
            return
        elapsed = self._bar.tasks[0].elapsed or 0.0
        rate = f"{at.rows / elapsed:,.0f} rows/s" if elapsed else ""
        self._bar.update(self._task, description=name, total=at.total, completed=at.done, rate=rate, visible=True)

    def file(self, added: Added) -> None:
        """Say what became of one file."""
        if self._quiet:
            return
        name = terminal(added.file)
        if added.error:
            hint = f"\n    hint: {terminal(added.hint)}" if added.hint else ""
            self._line(f"{name}: not taken: {terminal(added.error)}{hint}")
            return
        counts = f"{counted(added.rows, 'row')}, {added.refused:,} refused, {added.already:,} already there"
        self._line(f"{name}: {counts} ({added.format})")
        for reason, count in list(added.reasons.items())[:_REASONS_SHOWN]:
            self._line(f"    {count:,} refused: {terminal(reason, width=140)}")
        if len(added.reasons) > _REASONS_SHOWN:
            self._line(f"    and {len(added.reasons) - _REASONS_SHOWN:,} other reasons, kept in store/refused")
        for note in added.notes:
            self._line(f"    note: {terminal(note)}")
        if added.all_refused:
            self._line(
                f"    note: every record was refused; if the file is not {terminal(added.format)}, forget it with"
            )
            self._line(f"    vigie drop CASE {added.source}, then add it with another --as")

    def total(self, results: Sequence[Added]) -> None:
        """Say what the whole command did."""
        rows, refused, already = (sum(getattr(a, k) for a in results) for k in ("rows", "refused", "already"))
        files = f"{len(results)} file" + ("s" if len(results) != 1 else "")
        self._line(f"{files}: {counted(rows, 'row')} taken, {refused:,} refused, {already:,} already there")

    def _line(self, text: str) -> None:
        """Print above the bar; figures go to standard output, the bar to standard error."""
        if self._bar.disable:
            print(text)  # noqa: T201
        else:
            self._bar.console.print(Text(text), soft_wrap=True)


def adding(*, quiet: bool) -> Adding:
    """Return the display of `vigie add`."""
    return Adding(quiet=quiet)


class Analysing:
    """Progress of `vigie run`: which detector is at work."""

    def __init__(self, *, quiet: bool) -> None:
        console = open_console(err=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)

    def progress(self, name: str, done: int, total: int) -> None:
        """Show how far the run is."""
        self._bar.update(self._task, description=name, completed=done, total=total)


@contextlib.contextmanager
def analysing(*, quiet: bool) -> Iterator[Analysing]:
    """Show the progress of `vigie run` while the block lasts."""
    screen = Analysing(quiet=quiet)
    with screen._bar:  # noqa: SLF001
        yield screen


def _day(value: datetime | None) -> str:
    return "-" if value is None else f"{value:%Y-%m-%d %H:%M}"


def sources_table(listed: Sequence[Mapping[str, Any]]) -> None:
    """Print what a case holds."""
    if not listed:
        print("no sources yet: vigie add CASE FILE...")  # noqa: T201
        return
    if open_console().width < _SOURCES_WIDTH_MIN:
        for s in listed:
            print(f"{terminal(s['file']) or '(interrupted)'}  {s['source']}")  # noqa: T201
            counts = (
                f"{counted(s['rows'], 'row')}, {number(s['refused'])} refused, {number(s['already'])} already there"
            )
            print(f"    {counts}  {s['format']}".rstrip())  # noqa: T201
            if s["first"] is not None:
                print(f"    {_day(s['first'])} to {_day(s['last'])} UTC")  # noqa: T201
            for note in s["notes"]:
                print(f"    note: {terminal(note)}")  # noqa: T201
        return
    rows = [
        [
            s["source"],
            s["file"],
            s["format"],
            number(s["rows"]),
            number(s["refused"]),
            number(s["already"]),
            _day(s["first"]),
            _day(s["last"]),
            "; ".join(s["notes"]),
        ]
        for s in listed
    ]
    headings = ["source", "file", "format", "rows", "refused", "already", "first (UTC)", "last (UTC)", "notes"]
    table(headings, rows, right=frozenset({3, 4, 5}))


def findings_table(analysis: Analysis, case: Path) -> None:
    """Print the findings, and what was not looked at."""
    if analysis.simulated:
        print(SIMULATED + "\n")  # noqa: T201
    findings = analysis.findings.to_pylist()
    if findings and open_console().width >= _TABLE_WIDTH_MIN:
        rows = [
            [
                f["id"],
                f["title"],
                *_interval(f),
                number(f["expected"]),
                _p(f["q_value"]),
                _days(f),
                number(len(f["evidence_ids"])),
            ]
            for f in findings
        ]
        headings = ["finding", "what", "measured", "95 % interval", "expected", "q", "days (UTC)", "rows"]
        table(headings, rows, right=frozenset({4, 7}), whole=frozenset({0, 2, 3, 6}))
    elif findings:
        for f in findings:
            q = "no null model" if f["q_value"] is None else f"q {_p(f['q_value'])}"
            open_console().print(
                Text(f"{terminal(f['id'])}  {_days(f)}  {counted(len(f['evidence_ids']), 'row')}  {q}", style="dim")
            )
            open_console().print(Padding(_inert(f["title"]), (0, 0, 0, 4)))
    else:
        print("no findings")  # noqa: T201
    print()  # noqa: T201
    if analysis.looked:
        print("looked with: " + ", ".join(analysis.looked))  # noqa: T201
    without: dict[str, list[str]] = {}
    for name, lacking in analysis.not_looked.items():
        without.setdefault(" and ".join(lacking), []).append(name)
    for tables, names in without.items():
        print(f"not looked with {', '.join(names)}: no {tables} in this case")  # noqa: T201
    if findings:
        print(_Q_NOTE)  # noqa: T201
        if len(findings) > 1:
            print(_OVERLAP_NOTE)  # noqa: T201
        shown = terminal(shlex.quote(str(case)))
        print(f"rows of a finding: vigie explain {shown} {findings[0]['id']}; all of them: vigie brief {shown}")  # noqa: T201


def _interval(finding: Mapping[str, Any]) -> tuple[str, str]:
    low, high = finding["low"], finding["high"]
    interval = "" if low is None or high is None else f"{number(low)} to {number(high)}"
    return measured(finding["value"], finding["unit"]), interval


def _days(finding: Mapping[str, Any]) -> str:
    first, last = (f"{finding[k]:%Y-%m-%d}" for k in ("first_seen", "last_seen"))
    return first if first == last else f"{first} to {last}"


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "<0.0001" if value < 0.0001 else f"{value:.2g}"  # noqa: PLR2004


def explained_page(explained: Explained) -> None:
    """Print a finding and its rows."""
    finding = explained.finding
    console = open_console()
    if explained.simulated:
        console.print(SIMULATED + "\n")
    console.print(_inert(finding["title"]), style="bold")
    interval = ""
    if finding["low"] is not None and finding["high"] is not None:
        interval = f" (95 % interval {number(finding['low'])} to {number(finding['high'])})"
    value = measured(finding["value"], finding["unit"])
    console.print(Text(f"{terminal(finding['measure'])}: {value}{interval}"))
    expected = "no null model" if finding["expected"] is None else measured(finding["expected"], finding["unit"])
    console.print(Text(f"expected: {expected}; q: {_p(finding['q_value'])}; parameters: {finding['parameters']}"))
    console.print(Text(f"{_day(finding['first_seen'])} to {_day(finding['last_seen'])} UTC"))
    subjects = ", ".join(terminal(s) for s in finding["subject_ids"])
    console.print(Text(f"{finding['subject_kind']}: {subjects}"))
    console.print()
    for raw in explained.rows:
        place = f"{terminal(raw.file)}:{raw.line}" if raw.line is not None else f"{terminal(raw.file)} ({raw.row_id})"
        console.print(Text(place, style="bold"), soft_wrap=True)
        console.print(
            Text("    " + (terminal(raw.text) if not raw.why_not else f"[{terminal(raw.why_not)}]")), soft_wrap=True
        )
    shown = len(explained.rows)
    console.print()
    more = "" if shown == explained.total else f" of {explained.total:,}; all: --rows 0"
    console.print(Text(f"{counted(shown, 'row')}{more}"))


def score_table(score: Score) -> None:
    """Print precision and recall of each detector, then what was missed and what was raised without reason."""

    def cells(row: DetectorScore) -> list[str]:
        if row.note:
            return [row.detector, "-", "", "-", "", row.note]
        return [row.detector, *_rate(row.recall), *_rate(row.precision), row.note]

    print(SIMULATED + " The truth is what its generator planted.\n")  # noqa: T201
    rows = [cells(row) for row in (*score.detectors, score.overall)]
    headings = ["detector", "recall", "found", "precision", "true", ""]
    table(headings, rows, right=frozenset({1, 3}))
    print()  # noqa: T201
    shown = [
        [o.state, o.kind.replace("_", "-"), ", ".join(o.detectors), o.name, ", ".join(o.findings)]
        for o in score.operations
    ]
    table(["state", "kind", "detector", "operation", "findings"], sorted(shown))
    _daily_counts(score.counts)


def _daily_counts(counts: Counts) -> None:
    """Print attack requests as found beside those planted, by day, and what became of the background."""
    if counts.worst is None:
        return
    print("\nattack requests by day (UTC), as findings hold them, beside those planted:\n")  # noqa: T201
    rows = [[d.operation_id, d.day, number(d.planted), number(d.found), f"{d.deviation:+.1%}"] for d in counts.days]
    table(["operation", "day", "planted", "found", "deviation"], rows, right=frozenset({2, 3, 4}))
    worst = counts.worst
    where = f"{worst.operation_id} on {worst.day}"
    print(f"\nlargest deviation: {worst.deviation:+.1%}, {where}; the bar is {counts.bar:.0%}")  # noqa: T201
    called = f"{counts.background_aimed:,} of {counts.background:,}"
    print(f"background requests in findings of what was aimed: {called}")  # noqa: T201


def _rate(rate: Rate) -> tuple[str, str]:
    if rate.share is None or rate.low is None or rate.high is None:
        return "-", "none"
    return f"{rate.share:.2f}", f"{rate.hits} of {rate.of} (95 %: {rate.low:.2f} to {rate.high:.2f})"
