"""What the terminal shows of networks one by one: at several windows, in sliding periods, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vigie.screen import SIMULATED, hanging, number, open_console
from vigie.screen_networks import odds, seconds, sparkline
from vigie.text.counted import counted
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console

    from vigie.run.explain import Raw
    from vigie.run.explain_network import ExplainedNetwork, PairKind, PairShares, Together
    from vigie.run.network_windows import AtWindow, Lasting, Period, Periods, Windows

_PERIODS_SHOWN: Final = 8
_MEMBERS_SHOWN: Final = 6
_OBJECT_WIDTH: Final = 200
_SPANS_MAX: Final = 60
_PAIRS_NOTE: Final = (
    "a longer window finds slower groups and more chance; where the excess stops growing, more time adds only chance"
)


def windows_page(made: Windows) -> None:
    """Print what is together beyond chance at each window, and in how many of its pairs each network stands."""
    screen = open_console()
    if made.simulated:
        screen.print(Text(SIMULATED + "\n"))
    in_force = ", ".join(f"{kind} {seconds(s)}" for kind, s in made.in_force.items())
    screen.print(Text(f"pairs together beyond chance (q at most {made.q_max:g}) at each window", style="bold"))
    screen.print(Text(f"in force: {in_force}; here each kind gets the same window"))
    by_kind: dict[str | None, list[AtWindow]] = {}
    for row in made.rows:
        by_kind.setdefault(row.object_kind, []).append(row)
    nothing = [kind for kind, rows in by_kind.items() if kind is not None and not any(r.pairs for r in rows)]
    for kind, rows in by_kind.items():
        if kind in nothing:
            continue
        screen.print()
        if len(by_kind) > 1:
            screen.print(Text("all kinds" if kind is None else kind, style="bold"))
        _windows_table(screen, rows)
    if nothing:
        screen.print(Text(f"\nno pair beyond chance at any of these windows: {', '.join(map(str, nothing))}"))
    if made.networks:
        screen.print(Text("\nof each network's pairs, those that stand at each window", style="bold"))
        table = _table(("network", "members", "pairs", *map(seconds, made.windows)))
        for n in made.networks:
            table.add_row(n.network, f"{n.members:,}", f"{n.pairs:,}", *(f"{at:,}" for at in n.at))
        screen.print(table)
    screen.print()
    screen.print(hanging("* marks the window with the largest excess: objects shared together beyond those expected"))
    screen.print(hanging(_PAIRS_NOTE))
    if any(r.passed for r in made.rows):
        screen.print(hanging("shares whose file gives whole days are passed over where the window is under a day"))


def _table(headings: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="right" if at else "left", no_wrap=True)
    return table


def _windows_table(screen: Console, rows: Sequence[AtWindow]) -> None:
    whole = rows[0].tests is not None
    table = _table(("window", *(["tested"] if whole else []), "pairs", "channels", "objects", "expected", "excess", ""))
    for r in rows:
        tests = [f"{r.tests or 0:,}"] if whole else []
        cells = (f"{r.pairs:,}", f"{r.channels:,}", f"{r.objects:,}", number(float(f"{r.expected:.3g}")))
        excess = number(round(r.excess, 1))
        table.add_row(seconds(r.window_s), *tests, *cells, excess, "*" if r.largest else "")
    screen.print(table)


def periods_page(made: Periods) -> None:
    """Print the networks found in sliding periods, and when each exists."""
    screen = open_console()
    if made.simulated:
        screen.print(Text(SIMULATED + "\n"))
    what = f"in periods of {counted(made.days, 'day')}, half overlapping, each by itself ({made.tests:,} pairs tested)"
    screen.print(Text(f"{counted(len(made.networks), 'network')} {what}", style="bold"))
    for n in made.networks:
        screen.print()
        _lasting(screen, n, made)
    screen.print()
    if made.missing:
        shown = ", ".join(made.missing[:_PERIODS_SHOWN])
        more = f" and {len(made.missing) - _PERIODS_SHOWN:,} more" if len(made.missing) > _PERIODS_SHOWN else ""
        screen.print(hanging(f"together over the whole time only, in no period by itself: {shown}{more}"))
    screen.print(
        hanging(
            "a period holds fewer objects of a pair, and there are more tests: what is spread thin shows only over all"
        )
    )


def _lasting(screen: Console, n: Lasting, made: Periods) -> None:
    screen.print(
        Text(f"{n.network}  {counted(len(n.members), 'member')}, {counted(n.objects, 'object')} together", style="bold")
    )
    if n.known is None:
        said = "not among the networks of the whole time: it shows in its days only"
    elif n.known == n.network:
        said = "the same members over the whole time"
    else:
        said = f"{n.shared_members:,} of its members are in {n.known} of the whole time"
    screen.print(Padding(Text(said), (0, 0, 0, 2)))
    shown = ", ".join(terminal(m) for m in n.members[:_MEMBERS_SHOWN])
    more = f" and {len(n.members) - _MEMBERS_SHOWN:,} more" if len(n.members) > _MEMBERS_SHOWN else ""
    screen.print(Padding(Text(shown + more), (0, 0, 0, 2)))
    if n.periods and made.first is not None and made.last is not None:
        line = _line(n.periods, made)
        screen.print(Padding(Text(f"{made.first} ▕{line}▏ {made.last}"), (0, 0, 0, 2)))
    table = _table(("days", "members", "objects"))
    for p in n.periods[:_PERIODS_SHOWN]:
        table.add_row(
            str(p.first) if p.first == p.last else f"{p.first} to {p.last}", f"{p.members:,}", f"{p.objects:,}"
        )
    screen.print(Padding(table, (0, 0, 0, 2)))
    if len(n.periods) > _PERIODS_SHOWN:
        screen.print(Padding(Text(f"and {len(n.periods) - _PERIODS_SHOWN:,} more periods: --json"), (0, 0, 0, 2)))


def _line(periods: Sequence[Period], made: Periods) -> str:
    """Return the objects of all spans as a line of bars; several spans to a bar where they are many."""
    assert made.first is not None  # noqa: S101
    assert made.last is not None  # noqa: S101
    spans = ((made.last - made.first).days + 1) // made.days
    each = -(-spans // _SPANS_MAX)
    counts = [0] * -(-spans // each)
    for p in periods:
        counts[(p.first - made.first).days // made.days // each] += p.objects
    return sparkline(counts)


def explained_network_page(explained: ExplainedNetwork) -> None:
    """Print each pair's figures, and its posts together: both rows with file, line and raw text."""
    screen = open_console()
    if explained.simulated:
        screen.print(Text(SIMULATED + "\n"))
    screen.print(Text(f"{explained.id}  {counted(len(explained.members), 'member')}", style="bold"))
    screen.print(Text(", ".join(terminal(m) for m in explained.members)))
    screen.print(Text(f"times are in {terminal(explained.time_zone)}"))
    zone = ZoneInfo(explained.time_zone)
    for pair in explained.pairs:
        screen.print()
        _pair(screen, pair, zone)
    shown = sum(len(p.shown) for p in explained.pairs)
    screen.print()
    if shown < explained.total:
        left = f", and {counted(explained.left_out, 'more pair')}" if explained.left_out else ""
        line = f"{shown:,} of {explained.total:,} times that two posts were together are shown{left}; all: --limit 0"
        screen.print(Text(line))
    else:
        screen.print(Text(f"all {counted(explained.total, 'time')} that two posts were together"))


def _pair(screen: Console, pair: PairShares, zone: ZoneInfo) -> None:
    screen.print(Text(f"{terminal(pair.channel_a)}  and  {terminal(pair.channel_b)}", style="bold"))
    for kind in pair.kinds:
        screen.print(Padding(Text(_figures(kind, pair)), (0, 0, 0, 2)))
    for met in pair.shown:
        _together(screen, met, pair, zone)
    if len(pair.shown) < pair.total:
        screen.print(Text(f"  and {pair.total - len(pair.shown):,} more of this pair: --limit 0", style="dim"))


def _figures(kind: PairKind, pair: PairShares) -> str:
    behind = kind.meetings - kind.a_first - kind.tied
    order = f"{terminal(pair.channel_a)} first {counted(kind.a_first, 'time')}, {terminal(pair.channel_b)} {behind:,}"
    if kind.tied:
        order += f", same instant {kind.tied:,}"
    return (
        f"{kind.object_kind}: {counted(kind.objects, 'object')} within {seconds(kind.window_s)}, "
        f"{number(float(f'{kind.expected:.3g}'))} expected by chance, p {odds(kind.p_value)}, q {odds(kind.q_value)}; "
        f"{seconds(kind.delay_s)} apart on average; {order}"
    )


def _together(screen: Console, met: Together, pair: PairShares, zone: ZoneInfo) -> None:
    apart = abs((met.time_b - met.time_a).total_seconds())
    first = (met.time_a, met.row_a, pair.channel_a)
    second = (met.time_b, met.row_b, pair.channel_b)
    screen.print()
    for kind, ident in met.objects:
        screen.print(Text.assemble("  ", (kind, "dim"), f" {terminal(ident, width=_OBJECT_WIDTH)}"), soft_wrap=True)
    for at, (time, raw, channel) in enumerate((second, first) if met.time_b < met.time_a else (first, second)):
        later = f"  +{seconds(apart)}" if at else ""
        _row(screen, time.astimezone(zone), raw, terminal(channel) + later)


def _row(screen: Console, time: datetime, raw: Raw, who: str) -> None:
    place = f"{terminal(raw.file)}:{raw.line}" if raw.line is not None else f"{terminal(raw.file)} ({raw.row_id})"
    screen.print(Text(f"  {time:%Y-%m-%d %H:%M:%S}  {who}  {place}", style="bold"), soft_wrap=True)
    text = terminal(raw.text) if not raw.why_not else f"[{terminal(raw.why_not)}]"
    screen.print(Text(f"      {text}"), soft_wrap=True)
