"""What the terminal shows of where candidates stand in the polls. Outside text goes through `inert.terminal`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vigie.rules.poll_bands import SHARES
from vigie.screen import SIMULATED, hanging, open_console
from vigie.text.counted import counted, noun
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from vigie.rules.poll_errors import Tau
    from vigie.run.poll_fields import Field
    from vigie.run.polled import Change, Estimate, Interval, NotUsed, Panel, Polls, SetApart

_QUESTIONS: Final = {
    "voting_intention": "voting intention",
    "favourability": "favourable opinions",
    "approval": "approval",
}
OPINION, VOTE = "opinion now", "if the vote were now"
_BARS: Final = "▁▂▃▄▅▆▇█"
# The widest interval first: a narrower one is drawn over it.
_STROKES: Final = dict(zip(reversed(SHARES), "─━█", strict=True))
NAME_WIDTH: Final = 24
_NAME_CELLS: Final = NAME_WIDTH - 2
_PICTURE_WIDTH_MAX: Final = 110
_ONE_TABLE_WIDTH: Final = 170
_TICK_COLUMNS: Final = 7
_TICKS: Final = (1, 2, 5, 10, 20, 25)
TREND_COLUMNS: Final = 12
_TREND_POINTS_MIN: Final = 2.0
_FIELDS_SHOWN, _CANDIDATES_SHOWN, _FIGURES_SHOWN = 6, 20, 6


def polls_page(shown: Polls, *, whole: bool = False) -> None:
    """Print the estimates and what they rest on; `whole` shows every field, candidate and figure."""
    screen = open_console()
    if shown.simulated:
        screen.print(Text(SIMULATED + "\n"))
    if shown.lacking:
        screen.print(Text(f"no {' and '.join(shown.lacking)} in this case, so nothing could be looked at (vigie add)"))
        return
    screen.print(_heading(shown))
    for panel in shown.panels:
        screen.print()
        _panel(screen, panel, whole=whole)
    screen.print()
    _notes(screen, shown, whole=whole)


def _notes(screen: Console, shown: Polls, *, whole: bool) -> None:
    if shown.panels and shown.tau:
        screen.print(hanging(_shared(shown.tau, shown.round)))
    for left in shown.not_used:
        screen.print(hanging(_not_used(left)))
    if shown.set_apart:
        _apart(screen, shown.set_apart, whole=whole)
    others = [field for field in shown.fields if not field.is_shown]
    if others:
        _fields(screen, others, whole=whole)
    if also := _also(shown):
        screen.print(hanging(also))
    if shown.panels:
        for line in shown.cannot_say if shown.tau else shown.cannot_say[:1]:
            screen.print(hanging(line))


def _heading(shown: Polls) -> Text:
    what = terminal(_QUESTIONS.get(shown.question, shown.question))
    if shown.round:
        what += f", round {shown.round}"
        what += f" (vote on {shown.vote_day})" if shown.vote_day else ""
    text = Text()
    text.append(f"{what}, as of {shown.day}" if shown.panels else what, "bold")
    if not shown.panels:
        text.append(f"\n{terminal(shown.why_nothing)}")
    if shown.at:
        text.append(f"\nwith only those polls that were finished, and as far as known published, by {shown.at}")
        if shown.day and shown.day < shown.at:
            text.append(f"; the vote was on {shown.day}")
    for field in shown.fields:
        if field.is_shown:
            names = ", ".join(map(terminal, field.names))
            text.append(f"\nput to those asked: {names} ({field.id}: {terminal(shown.chosen_by)})")
    return text


def _panel(screen: Console, panel: Panel, *, whole: bool) -> None:
    if panel.house is not None:
        screen.print(Text(terminal(panel.house), style="bold"))
    screen.print(Text(_rests_on(panel)))
    if panel.forgotten:
        screen.print(Text(_forgotten(panel)))
    if not panel.estimates:
        return
    estimates = panel.estimates if whole else panel.estimates[:_CANDIDATES_SHOWN]
    screen.print()
    _picture(screen, estimates)
    screen.print()
    sets = [OPINION] + ([VOTE] if estimates[0].vote else [])
    if screen.width >= _ONE_TABLE_WIDTH:
        screen.print(_table(estimates, sets, changes=True))
    else:
        for which in sets:
            screen.print(_table(estimates, [which], changes=False))
            screen.print()
        screen.print(_table(estimates, [], changes=True))
    if len(estimates) < len(panel.estimates):
        more = len(panel.estimates) - len(estimates)
        screen.print(Text(f"{counted(more, 'more candidate', 'more candidates')}: --all", style="dim"))
    if {change.days for e in estimates for change in e.changes}:
        screen.print(Text("changes are of opinion, with 95 % intervals; the trend has one scale for all", style="dim"))


def _rests_on(panel: Panel) -> str:
    said = f"{counted(panel.polls, 'poll')} of {counted(panel.houses, 'house')} put this field"
    if panel.house is not None:
        said = counted(panel.polls, "poll")
    said += f", {panel.first} to {panel.last}"
    if panel.polls_in_all > panel.polls:
        others = panel.polls_in_all - panel.polls
        said += f"; {others:,} with other fields alone share its level, to {panel.last_in_all}"
    if panel.carried_days:
        said += f"; carried forward {counted(panel.carried_days, 'day')}"
    return said


def _forgotten(panel: Panel) -> str:
    """Return whom the model follows no more, and how to see them where they were followed."""
    who = ", ".join(map(terminal, panel.forgotten)) if panel.estimates else "anybody in this field"
    return f"no estimate of {who}: many other fields were put since; as they stood then: --at {panel.last}"


def _picture(screen: Console, estimates: Sequence[Estimate]) -> None:
    """Print each candidate's intervals on one axis: opinion now, and below it a vote held now."""
    ends = [end for e in estimates for i in (*e.opinion, *(e.vote or ())) for end in (i.low, i.high)]
    columns = max(20, min(screen.width, _PICTURE_WIDTH_MAX) - NAME_WIDTH - 11)
    step = next((s for s in _TICKS if (max(ends) - min(ends)) / s * _TICK_COLUMNS <= columns), _TICKS[-1])
    low = math.floor(min(ends) / step) * step
    high = max(math.ceil(max(ends) / step) * step, low + step)
    axis = [" "] * (columns + 4)
    for tick in range(low, high + 1, step):
        place = round((tick - low) / (high - low) * (columns - 1))
        axis[place : place + len(str(tick))] = str(tick)
    screen.print(Text(" " * (NAME_WIDTH + 7) + "".join(axis).rstrip() + " %", style="dim"), no_wrap=True)
    for e in estimates:
        name = terminal(e.name, width=NAME_WIDTH - 1)
        label = Text(name)
        label.pad_right(NAME_WIDTH - label.cell_len)
        screen.print(label + Text(f"{e.percent:5.1f}  {_strokes(e.opinion, low, high, columns)}"), no_wrap=True)
        if e.vote:
            screen.print(Text(" " * (NAME_WIDTH + 7) + _strokes(e.vote, low, high, columns)), no_wrap=True)
    key = ", ".join(f"{stroke} {_percent(share)}" for share, stroke in reversed(_STROKES.items()))
    lines = f"first line {OPINION}, second line {VOTE}; " if estimates[0].vote else f"{OPINION}; "
    screen.print(Text(lines + key, style="dim"))


def _strokes(intervals: Sequence[Interval], low: float, high: float, columns: int) -> str:
    """Return intervals as one line of strokes, each at least one column wide.

    >>> from vigie.run.polled import Interval
    >>> _strokes([Interval(0.5, 4.5, 5.5), Interval(0.8, 3, 7), Interval(0.95, 1, 9)], 0, 10, 11)
    ' ──━███━──'
    """
    line = [" "] * columns
    for interval in sorted(intervals, key=lambda i: -i.share):
        first, last = (round((end - low) / (high - low) * (columns - 1)) for end in (interval.low, interval.high))
        for place in range(max(0, first), min(columns - 1, last) + 1):
            line[place] = _STROKES[interval.share]
    return "".join(line).rstrip()


def _table(estimates: Sequence[Estimate], sets: Sequence[str], *, changes: bool) -> Table:
    """Return a row for each candidate: the intervals of each of `sets`, then the changes and the trend."""
    made = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    made.add_column(sets[0] if len(sets) == 1 else "", overflow="fold", max_width=_NAME_CELLS)
    columns = [("%", [f"{e.percent:.1f}" for e in estimates])] if sets else []
    for which in sets:
        for n, share in enumerate(SHARES):
            label = f"{which}, " if len(sets) > 1 and n == 0 else ""
            of = [(e.opinion if which == OPINION else e.vote or ())[n] for e in estimates]
            columns.append((label + _percent(share), [f"{i.low:.1f} - {i.high:.1f}" for i in of]))
    if OPINION in sets:
        columns.append(("polls", [f"{e.polls:,}" for e in estimates]))
    columns += _changes(estimates) if changes else []
    for heading, _ in columns:
        made.add_column(heading, justify="right", no_wrap=True)
    for n, e in enumerate(estimates):
        made.add_row(Text(terminal(e.name)), *(Text(cells[n]) for _, cells in columns))
    return made


def _changes(estimates: Sequence[Estimate]) -> list[tuple[str, list[str]]]:
    """Return the columns of changes, and that of the trend, all on one scale."""
    columns = []
    for days in sorted({change.days for e in estimates for change in e.changes}):
        of = [next((c for c in e.changes if c.days == days), None) for e in estimates]
        columns.append((f"in {counted(days, 'day')}", [_change(c) for c in of]))
    span = max(_span(e) for e in estimates)
    longest = max(len(e.trend) for e in estimates)
    lines = [trend_line([value for _, value in e.trend], span) for e in estimates]
    return [*columns, (f"last {counted(longest, 'day')}", lines)]


def _span(e: Estimate) -> float:
    values = [value for _, value in e.trend]
    return max(values) - min(values) if values else 0.0


def trend_line(values: Sequence[float], span: float) -> str:
    """Return a trend as one line of bars about its middle; the bars' height is `span` points, at least two.

    >>> trend_line([10, 11, 12, 13, 14], 4.0), trend_line([10, 10.1], 0.1)
    ('▁▃▅▆█', '▄▅')
    """
    if not values:
        return ""
    columns = min(TREND_COLUMNS, len(values))
    at = [values[round(n * (len(values) - 1) / max(1, columns - 1))] for n in range(columns)]
    middle, span = (max(values) + min(values)) / 2, max(span, _TREND_POINTS_MIN)
    steps = len(_BARS) - 1
    heights = (round(steps * ((value - middle) / span + 0.5)) for value in at)
    return "".join(_BARS[min(steps, max(0, height))] for height in heights)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _change(change: Change | None) -> str:
    return f"{change.points:+.1f} ({change.low:+.1f} to {change.high:+.1f})" if change else "-"


def _shared(shared: Tau, number: int | None) -> str:
    said = f"{VOTE}: with an error that all polls share, {shared.value:g} * sqrt(p (1 - p))"
    if not shared.elections:
        return f"{said}, set by hand"
    first, last = min(shared.elections), max(shared.elections)
    said += f" (95 %: {shared.low:g} to {shared.high:g}), found in {counted(len(shared.elections), 'election')} of "
    said += f"{shared.country}, {first} to {last}, all first rounds"
    if not shared.is_own:
        said += "; it rests on no election of this country"
    return said + (", none a second one" if number == 2 else "")  # noqa: PLR2004


def _not_used(left: NotUsed) -> str:
    return f"not used, {left.why}: {counted(left.figures, 'figure')} of {counted(left.polls, 'poll')}"


def _apart(screen: Console, apart: Sequence[SetApart], *, whole: bool) -> None:
    screen.print(hanging(f"set apart, taken for no poll, with no part in any estimate: {len(apart):,}"))
    for one in apart:
        by = terminal(one.pollster) + (f" for {terminal(one.publisher)}" if one.publisher else "")
        by += f" ({terminal(one.outlet)}, {terminal(one.tier or '')})" if one.outlet else ""
        figures = list(one.figures.items()) if whole else list(one.figures.items())[:_FIGURES_SHOWN]
        more = f" and {len(one.figures) - len(figures):,} more" if len(figures) < len(one.figures) else ""
        said = ", ".join(f"{terminal(name)} {value:g}" for name, value in figures) + more
        screen.print(Padding(Text(f"{one.day}  {by}: {terminal(one.why)}; {said}"), (0, 0, 0, 4), expand=False))


def _fields(screen: Console, fields: Sequence[Field], *, whole: bool) -> None:
    shown = fields if whole else fields[:_FIELDS_SHOWN]
    screen.print(hanging(f"other {noun(len(fields), 'field')} of candidates, {len(fields):,} (--hypothesis):"))
    for field in shown:
        differs = [f"with {', '.join(map(terminal, field.more))}"] if field.more else []
        differs += [f"without {', '.join(map(terminal, field.fewer))}"] if field.fewer else []
        named = f' "{terminal(field.hypotheses[0], width=40)}"' if len(field.hypotheses) == 1 else ""
        count = counted(field.scenarios, "scenario")
        said = f"{field.id}{named}  {count}, the last on {field.last}: {'; '.join(differs)}"
        screen.print(Padding(Text(said), (0, 0, 0, 4), expand=False))
    if len(shown) < len(fields):
        screen.print(Text(f"    {len(fields) - len(shown):,} more: --all", style="dim"))


def _also(shown: Polls) -> str:
    """Return the other rounds and questions, and how to ask for them."""
    rounds = [f"round {n} ({counted(count, 'poll')}; --round {n})" for n, count in sorted(shown.rounds.items())]
    others = [said for n, said in zip(sorted(shown.rounds), rounds, strict=True) if n != shown.round]
    others += [
        f"{name} ({counted(count, 'poll')}; --question {name})"
        for name, count in shown.questions.items()
        if name != shown.question
    ]
    return "also asked: " + ", ".join(others) if others else ""
