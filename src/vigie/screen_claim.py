"""What the terminal shows of a claim that was weighed. All text from outside goes through `inert.terminal`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vigie.screen import SIMULATED, hanging, number, open_console
from vigie.text.country_names import country_name
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from vigie.measures.http_origins import Agreement
    from vigie.run.weighed import Days, Figure, Networks, Weighed, WeighedPart

_ROWS: Final = " from these rows"
_NO_LOG: Final = "no request of a web log is among the rows: nothing can be said of the claim (vigie add CASE FILE...)"
_UNITS: Final = "a session is one client's requests without a pause of half an hour, a source an address"
_STYLES: Final = {"supported": "green", "not supported": "red"}


def claim_page(weighed: Weighed) -> None:
    """Print a weighed claim: its figures in each unit, why, and what has to be read with them."""
    screen = open_console()
    if weighed.simulated:
        screen.print(Text(SIMULATED + "\n"))
    if weighed.claim:
        screen.print(Text(f"claim: {terminal(weighed.claim)}", style="bold"))
    if weighed.only:
        screen.print(Text("weighed against: " + ", ".join(weighed.only)))
    if not weighed.days.covered:
        screen.print(Text(f"\n{_NO_LOG}"))
        for line in weighed.notes:
            screen.print(hanging(line))
        return
    screen.print(Text("\nin short", style="bold"))
    for part in weighed.parts:
        screen.print(hanging(_in_short(part)))
    screen.print(hanging(_UNITS))
    for part in weighed.parts:
        screen.print()
        _part(screen, part)
    screen.print()
    _counted(screen, weighed)
    screen.print()
    for line in (*_databases(weighed), *(_networks(n) for n in weighed.networks if n.sources), *weighed.notes):
        screen.print(hanging(line))


def _what(part: WeighedPart) -> str:
    """Return what a part of a claim is about."""
    named = " or ".join(f"{country_name(c)} ({c})" for c in part.countries)
    if part.measure == "share":
        return f"share of attacks from {named}"
    return f"attacks a day from {named}" if named else "attacks a day"


def _in_short(part: WeighedPart) -> str:
    """Return a part of a claim and its verdicts in one sentence, and those on the aimed attacks where they differ."""
    said = f"{_what(part)}, claimed {part.words} ({claimed(part)}): {_verdicts(part, part.figures)}"
    if [f.verdict for f in part.aimed] not in ([], [f.verdict for f in part.figures]):
        said += f". Of the aimed attacks alone: {_verdicts(part, part.aimed)}"
    return said


def _verdicts(part: WeighedPart, figures: Sequence[Figure]) -> str:
    """Return the verdicts in words; units of one verdict stand together."""
    units: dict[str, list[str]] = {}
    for figure in figures:
        value = _cells(part, figure)[0]
        said = figure.unit if value == "-" else f"{figure.unit} ({value})"
        units.setdefault(figure.verdict.removesuffix(_ROWS), []).append(said)
    if len(units) == 1 and len(figures) > 1:
        ((verdict, named),) = units.items()
        return f"{verdict} in any unit: {', '.join(named)}"
    return "; ".join(f"{verdict} if {' or '.join(named)} are counted" for verdict, named in units.items())


def _part(screen: Console, part: WeighedPart) -> None:
    screen.print(Text(_what(part), style="bold"))
    screen.print(Text(f"claimed: {terminal(part.words)}, read as {claimed(part)}"))
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("")
    for heading in ("measured", "95 % interval", "counted"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", overflow="fold")
    for whose, figures in (("", part.figures), ("aimed ", part.aimed)):
        for figure in figures:
            style = _STYLES.get(figure.verdict, "yellow")
            verdict = figure.verdict.removesuffix(_ROWS)
            table.add_row(whose + figure.unit, *_cells(part, figure), Text(verdict, style=style))
    screen.print(table)
    reasons: dict[str, list[str]] = {}
    for figure in part.figures:
        for said in _reasons(part, figure):
            reasons.setdefault(said, []).append(figure.unit)
    for said, units in reasons.items():
        screen.print(Padding(Text(f"{', '.join(units)}: {terminal(said)}"), (0, 0, 0, 2), expand=False))
    if part.measure == "rate":
        said = "a session counts on its first day, a source on each of its days"
        screen.print(Padding(Text(said), (0, 0, 0, 2), expand=False))
    for name, shares in _by_databases(part).items():
        line = f"by {terminal(name)} instead: {', '.join(shares)}"
        screen.print(Padding(Text(line), (0, 0, 0, 2), expand=False))
    if part.aimed:
        said = "aimed: only the attacks that were aimed at this site; --aimed says more of them"
        screen.print(Padding(Text(said), (0, 0, 0, 2), expand=False))


def _by_databases(part: WeighedPart) -> dict[str, list[str]]:
    """Return the figures as each further database of addresses has them."""
    found: dict[str, list[str]] = {}
    unit = " %" if part.measure == "share" else ""
    for figure in part.figures:
        for other in figure.others:
            value, low, high = (
                _amount(part.measure, v) for v in (other.measured.value, other.measured.low, other.measured.high)
            )
            found.setdefault(other.database, []).append(f"{figure.unit} {value}{unit} ({low} to {high})")
    return found


def claimed(part: WeighedPart) -> str:
    """Return what the words of a claim allow, as a reader sees it."""
    times = 100 if part.measure == "share" else 1
    low, high = (number(float(f"{times * v:.3g}")) for v in (part.claimed_low, part.claimed_high or 0.0))
    unit = " %" if part.measure == "share" else " a day"
    if part.claimed_high is None or (part.measure == "share" and part.claimed_high == 1):
        return f"at least {low}{unit}"
    return f"at most {high}{unit}" if part.claimed_low == 0 else f"{low} to {high}{unit}"


def _amount(measure: str, value: float) -> str:
    """Return a share in percent or a rate, to one decimal; what is there but smaller is not zero.

    >>> _amount("share", 0.00891), _amount("rate", 148.3), _amount("rate", 29.23), _amount("rate", 0.0253)
    ('0.9', '148', '29.2', '<0.1')
    """
    shown = 100 * value if measure == "share" else value
    if 0 < shown < 0.05:  # noqa: PLR2004
        return "<0.1"
    return f"{shown:,.0f}" if shown >= 100 else f"{shown:.1f}".removesuffix(".0")  # noqa: PLR2004


def _cells(part: WeighedPart, figure: Figure) -> tuple[str, str, str]:
    counted = f"{figure.inside:,}" + (f" of {figure.known:,}" if part.measure == "share" else "")
    if figure.measured is None:
        return "-", "-", counted
    value, low, high = (
        _amount(part.measure, v) for v in (figure.measured.value, figure.measured.low, figure.measured.high)
    )
    return value + (" %" if part.measure == "share" else ""), f"{low} to {high}", counted


def _reasons(part: WeighedPart, figure: Figure) -> list[str]:
    said = [figure.why]
    unit = " %" if part.measure == "share" else " a day"
    if figure.unknown and figure.least is not None and figure.most is not None:
        apart = f", {figure.private:,} of them from private addresses or names" if figure.private else ""
        least, most = (_amount(part.measure, v) for v in (figure.least, figure.most))
        said.append(
            f"of {figure.unknown:,} more the country is not known{apart}: counted out and in, {least} to {most}{unit}"
        )
    return said


def _counted(screen: Console, weighed: Weighed) -> None:
    screen.print(Text(f"attacks in {_span(weighed.days)}", style="bold"))
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("")
    for heading in ("requests", "sessions", "sources"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    meaning = {"aimed": "at this site", "background": "what every site gets", "unclear": "the rows do not tell which"}
    for counted in weighed.counted:
        figures = (f"{n:,}" for n in (counted.requests, counted.sessions, counted.sources))
        table.add_row(counted.what, *figures, meaning.get(counted.what, ""))
    screen.print(table)


def _span(days: Days) -> str:
    if days.covered == 1:
        return f"1 day of log, {days.first}"
    return f"{days.covered:,} days of log, {days.first} to {days.last}"


def _databases(weighed: Weighed) -> list[str]:
    lines = []
    for database in weighed.databases:
        built = "gives no date of its own" if database.built is None else f"of {database.built}"
        said = f"countries by {database.name}, {built}: knows {database.placed:,} of {database.sources:,} sources"
        lines.append(said)
    pairs: dict[tuple[str, str], dict[str, Agreement]] = {}
    for agreed in weighed.agreements:
        pairs.setdefault((agreed.first, agreed.second), {})[agreed.where] = agreed
    for (first, second), by_where in pairs.items():
        shares = [
            f"{100 * (by_where[where].share or 0):.0f} % of {by_where[where].addresses:,} sources {words}"
            for where, words in (("all", "that both know"), ("hosting", "in hosting"), ("elsewhere", "elsewhere"))
            if where in by_where and by_where[where].share is not None
        ]
        if shares:
            lines.append(f"{first} and {second} give the same country for {', '.join(shares)}")
    return lines


def _networks(networks: Networks) -> str:
    if not networks.known:
        return f"kind of network of {networks.whose}: not known; hosting cannot be told from homes"
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in networks.kinds.items())
    hosting = 100 * networks.kinds.get("hosting", 0) / networks.known
    return (
        f"kind of network of {networks.whose}: known of {networks.known:,} of {networks.sources:,}: {kinds}; "
        f"{hosting:.0f} % of these are hosting"
    )
