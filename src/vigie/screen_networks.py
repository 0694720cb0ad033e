"""What the terminal shows of a case's networks. All text from outside goes through `inert.terminal`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.table import Table
from rich.text import Text

from vigie.screen import SIMULATED, hanging, number, open_console
from vigie.text.counted import counted
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from rich.console import Console, RenderableType

    from vigie.run.networks import Aside, Looked, Member, Network, Pushed

NETWORKS_SHOWN: Final = 10
_MEMBERS_SHOWN: Final = 12
_PUSHED_SHOWN: Final = 5
_ASIDE_SHOWN: Final = 5
_OBJECT_WIDTH: Final = 200
_SAMPLE_WIDTH: Final = 120
_BARS: Final = "▁▂▃▄▅▆▇█"
_LEAST: Final = 1e-300
_ODDS: Final = 0.0001
_WIDE: Final = 110


def networks_page(looked: Looked, *, whole: bool = False, limit: int | None = None) -> None:
    """Print the networks: an overview, then each; `whole` shows every network, member and object."""
    screen = open_console()
    if looked.simulated:
        screen.print(Text(SIMULATED + "\n"))
    if looked.lacking:
        screen.print(Text(f"no {' and '.join(looked.lacking)} in this case, so nothing could be looked at (vigie add)"))
        return
    screen.print(_heading(looked))
    count = len(looked.networks) if whole else (limit or NETWORKS_SHOWN)
    shown = looked.networks[:count]
    if len(shown) > 1:
        screen.print()
        _overview(screen, shown)
    for network in shown:
        screen.print()
        _network(screen, network, looked, whole=whole)
    if len(shown) < len(looked.networks):
        screen.print(Text(f"\n{len(shown)} of {len(looked.networks):,} networks are shown; all of them: --all"))
    screen.print()
    _closing(screen, looked, whole=whole)


def sparkline(counts: Sequence[int]) -> str:
    """Return counts as one line of bars: nothing for 0, else a height in proportion to the largest.

    >>> sparkline([0, 1, 4, 8])
    ' ▁▄█'
    """
    most = max(counts, default=0)
    return "".join(_BARS[max(1, round(len(_BARS) * n / most)) - 1] if n else " " for n in counts)


def odds(value: float | None) -> str:
    """Return a probability as people read it.

    >>> odds(0.03123), odds(3.2e-9), odds(0.0), odds(None)
    ('0.031', '3e-09', '<1e-300', '-')
    """
    if value is None:
        return "-"
    if value < _LEAST:
        return "<1e-300"
    return f"{value:.0e}" if value < _ODDS else f"{value:.2g}"


def grid(rows: Iterable[tuple[str, RenderableType]], *, width: int = 10) -> Table:
    """Return labels in bold with what belongs to each beside them."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(width=width, no_wrap=True)
    made.add_column(overflow="fold")
    for label, content in rows:
        made.add_row(Text(label, style="dim"), content)
    return made


def clock(time: datetime, zone: str) -> str:
    """Return a time in a zone, to the minute."""
    return f"{time.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def seconds(value: float | None) -> str:
    """Return a delay as people read it.

    >>> seconds(0.4), seconds(12.0), seconds(200.0), seconds(7200.0), seconds(None)
    ('0.4 s', '12 s', '3.33 min', '2 h', '-')
    """
    if value is None:
        return "-"
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.2g} s" if value < 100 else f"{value:.0f} s"  # noqa: PLR2004


def _heading(looked: Looked) -> Text:
    reported = sum(not n.no_finding for n in looked.networks)
    windows = ", ".join(f"{kind} {seconds(s)}" for kind, s in looked.windows.items())
    text = Text()
    if looked.networks:
        text.append(f"{counted(len(looked.networks), 'network')}, {reported:,} of them reported as findings", "bold")
    elif looked.tests:
        text.append("no networks: no channels are together beyond chance", "bold")
    else:
        why = "no two channels met at two objects" if looked.windows else "every window is 0"
        text.append(f"no networks: nothing could be tested, as {why}", "bold")
    q_max = looked.parameters.get("q_max", 0.05)
    text.append(
        f"\n{counted(looked.pairs, 'pair')} of {counted(looked.channels, 'channel')} together beyond chance "
        f"(q at most {q_max:g}), of {looked.tests:,} tested\nlooked at within: {windows or 'nothing'}"
    )
    return text


def _overview(screen: Console, networks: Sequence[Network]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("network", "members", "objects", "times chance", "days"):
        table.add_column(heading, justify="left" if heading == "network" else "right", no_wrap=True)
    table.add_column("what else would explain it", overflow="fold")
    for n in networks:
        fitting = ", ".join(e.name for e in n.explanations if e.fits) or "none of those tested"
        cells = (f"{len(n.members):,}", f"{n.objects:,}", _times(n) or "-", f"{n.days:,}")
        table.add_row(n.id, *cells, Text(terminal(fitting) + (" (no finding)" if n.no_finding else "")))
    screen.print(table)


def _times(n: Network) -> str:
    """Return how many times as much its pairs share as chance has it."""
    return number(float(f"{n.pair_objects / n.expected:.2g}")) if n.expected else ""


def _network(screen: Console, n: Network, looked: Looked, *, whole: bool) -> None:
    title = f"{n.id}  {counted(len(n.members), 'member')}, {counted(n.objects, 'object')} shared together"
    screen.print(Text(title, style="bold"))
    if n.finding or n.no_finding:
        screen.print(
            Text(f"finding {terminal(n.finding)}" if n.finding else f"no finding: {n.no_finding}", style="dim")
        )
    screen.print(
        grid(
            [
                ("who", _who(n, whole=whole, wide=screen.width >= _WIDE)),
                ("pushed", _pushed(n.pushed, len(n.members), whole=whole, wide=screen.width >= _WIDE)),
                *([("candidates", _candidates(n))] if n.candidates else []),
                ("when", _when(n, looked.time_zone)),
                ("chance", _chance(n)),
                ("kinds", Text(_kinds(n))),
                ("stability", Text(_stability(n))),
                ("what else", _what_else(n, full=whole or not n.no_finding)),
            ]
        )
    )


def _who(n: Network, *, whole: bool, wide: bool) -> Group:
    shown = n.members if whole else n.members[:_MEMBERS_SHOWN]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for member in shown:
        table.add_row(Text(_called(member, wide=wide)), member.role, Text(_of(member)))
    lines: list[RenderableType] = [table]
    if len(shown) < len(n.members):
        lines.append(Text(f"and {len(n.members) - len(shown):,} more: --all", style="dim"))
    if any(member.role == "first mover" for member in n.members):
        lines.append(Text("A first mover may be followed by the others without knowing it.", style="dim"))
    if n.created_burst:
        members, days = n.created_burst["members"], n.created_burst["days"]
        by_chance = odds(n.created_burst.get("p_value"))
        lines.append(Text(f"{members:,} of these accounts were made within {counted(days, 'day')} (p {by_chance})"))
    return Group(*lines)


def _called(member: Member, *, wide: bool) -> str:
    """Return a channel, with the name it shows where there is room or its identifier is only a number."""
    channel = terminal(member.channel)
    own = member.channel.partition(":")[2]
    if not member.name or member.name.casefold() == own.casefold() or not (wide or own.lstrip("-").isdecimal()):
        return channel
    return f"{channel} \N{LEFT DOUBLE QUOTATION MARK}{terminal(member.name, width=40)}\N{RIGHT DOUBLE QUOTATION MARK}"


def _of(member: Member) -> str:
    said = [f"first at {member.firsts:,} of {counted(member.objects, 'object')}"]
    if member.outlet:
        said.append(f"{terminal(member.outlet)}, {member.tier}")
    if member.created is not None:
        said.append(f"since {member.created:%Y-%m-%d}")
    return "; ".join(said)


def _pushed(pushed: Sequence[Pushed], members: int, *, whole: bool, wide: bool) -> Group:
    shown = pushed if whole else pushed[:_PUSHED_SHOWN]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("kind", no_wrap=True)
    table.add_column("object", overflow="fold")
    table.add_column("members", justify="right", no_wrap=True)
    table.add_column("others", justify="right", no_wrap=True)
    if wide:
        table.add_column("first (UTC)", no_wrap=True)
    for p in shown:
        day = [f"{p.first_seen:%Y-%m-%d %H:%M}"] if wide else []
        table.add_row(p.object_kind, Text(_object(p)), f"{p.members:,} of {members:,}", f"{p.others:,}", *day)
    lines: list[RenderableType] = [table]
    if len(shown) < len(pushed):
        lines.append(Text(f"and {len(pushed) - len(shown):,} more: --all", style="dim"))
    return Group(*lines)


def _object(p: Pushed) -> str:
    """Return what an object is to a reader: itself, or the beginning of a post with it."""
    if not p.sample:
        return terminal(p.object_id, width=_OBJECT_WIDTH)
    text = f"\N{LEFT DOUBLE QUOTATION MARK}{terminal(p.sample, width=_SAMPLE_WIDTH)}\N{RIGHT DOUBLE QUOTATION MARK}"
    return text if p.object_kind == "text" else f"{terminal(p.object_id, width=_OBJECT_WIDTH)}: {text}"


def _candidates(n: Network) -> Text:
    return Text(
        ", ".join(f"{terminal(name)} (named in {counted(posts, 'post')})" for name, posts in n.candidates.items())
    )


def _when(n: Network, zone: str) -> Group:
    first, last = clock(n.first_seen, zone), clock(n.last_seen, zone)
    most = max(range(24), key=lambda h: (n.hours[h], -h))
    hours = Text.assemble("hours 0 ", (f"▕{sparkline(n.hours)}▏", "bold"), f" 23, most at {most}:00")
    together = f"the later share comes after {seconds(n.delay_s)} (median)"
    if n.delay_s == 0 and not n.same_second:
        together = "shared at the same time (median), by clocks that show no seconds"
    elif n.same_second is not None:
        together += f", {100 * n.same_second:.0f} % within the same second"
    return Group(
        Text(f"{first} to {last} ({terminal(zone)}), on {counted(n.days, 'day')} (UTC)"),
        hours,
        Text(together),
    )


def _chance(n: Network) -> Text:
    times = f", {said} times as many" if (said := _times(n)) else ""
    return Text(
        f"its pairs share {counted(n.pair_objects, 'object')} together; "
        f"{number(n.expected)} expected by chance{times}; q at most {odds(n.q_value)} for each pair; "
        f"together p {odds(n.p_value)} after all {n.tests:,} tests"
    )


def _kinds(n: Network) -> str:
    return "; ".join(
        f"{k.object_kind}: {k.members:,} of {len(n.members):,} members, {counted(k.pairs, 'pair')}" for k in n.kinds
    )


def _stability(n: Network) -> str:
    if n.stability is None:
        return counted(n.pairs, "pair")
    kept = f"{100 * n.stability:.0f} % of reruns with other seeds and resolutions"
    return f"{counted(n.pairs, 'pair')}; on average a member stays in {kept}"


def _what_else(n: Network, *, full: bool) -> Table:
    """Return every explanation tested; unless `full`, those that do not fit by their names alone."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for e in n.explanations:
        if e.fits or full:
            style = "yellow" if e.fits else "dim"
            said = Text.assemble((e.name, "bold" if e.fits else ""), f": {terminal(e.says)}")
            table.add_row(Text("fits" if e.fits else "not", style=style), said)
    if not full and (others := [e.name for e in n.explanations if not e.fits]):
        table.add_row(Text("not", style="dim"), Text(", ".join(others)))
    return table


def _closing(screen: Console, looked: Looked, *, whole: bool) -> None:
    if looked.crowds:
        _crowds(screen, looked.crowds, whole=whole)
    for a in looked.passed:
        screen.print(
            hanging(
                f"{counted(a.shares, 'share')} of kind {a.object_kind} passed over: their file gives whole days, and a "
                f"window of {seconds(a.window_s)} needs times of day"
            )
        )
    for line in looked.cannot_say:
        screen.print(hanging(line))
    if looked.networks:
        screen.print(
            hanging(f"row by row: vigie explain CASE {looked.networks[0].id}; other windows: --windows 5,60,300")
        )


def _crowds(screen: Console, crowds: Sequence[Aside], *, whole: bool) -> None:
    what = "1 object was" if len(crowds) == 1 else f"{len(crowds):,} objects were"
    screen.print(hanging(f"{what} shared by a crowd within the window and made no pairs, as crowds say little:"))
    shown = crowds if whole else crowds[:_ASIDE_SHOWN]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=0)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    for c in shown:
        size = f"{counted(c.shares, 'share')}, at most {c.channels or 0:,} channels at once"
        table.add_row("", c.object_kind, Text(terminal(c.object_id or "", width=_OBJECT_WIDTH)), Text(size))
    screen.print(table)
    if len(shown) < len(crowds):
        screen.print(Text(f"  and {len(crowds) - len(shown):,} more: --all", style="dim"))
