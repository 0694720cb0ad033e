# ruff: noqa: D301  click reads a real backspace character, `\b` unescaped, as "do not rewrap this paragraph"
"""The command line: a thin door. It imports nothing heavy until a command runs, so that `--help` answers at once."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from vigie import __version__
from vigie.errors import InputError, VigieError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from vigie.run.network_graph import Graph

DONE, PARTLY, WRONG, STOPPED = 0, 1, 2, 130
_WINDOW_MAX_S: Final = 1e8
_ROWS_SHOWN, _MEMBERS_SHOWN, _FAMILIES_SHOWN = 20, 50, 20
STOPPED_NOTE: Final = "stopped; what was taken in so far stays, the same command goes on from there"

app: Final = typer.Typer(
    name="vigie",
    help="From raw exports to an evidence-backed briefing on interference in an election.\n\n"
    "Exit codes: 0 done; 1 done in part, or nothing could be taken; 2 wrong use, or an error that stopped the command; "
    "130 stopped with Ctrl-C.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

CaseArgument = Annotated[Path, typer.Argument(metavar="CASE", help="The case's folder.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def main() -> None:
    """Run the command line; an error of the user's is said without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of few characters shows the others as escapes.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except VigieError as error:
        _say_error(str(error))
        sys.exit(WRONG)
    except KeyboardInterrupt:
        _say_error(STOPPED_NOTE)
        sys.exit(STOPPED)
    except SystemExit as leaving:
        # Typer makes this of an interrupt while a command runs, and says nothing.
        if leaving.code == STOPPED:
            _say_error(STOPPED_NOTE)
        raise
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PARTLY)


def _version(*, value: bool) -> None:
    if value:
        typer.echo(f"vigie {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def new(
    case: CaseArgument,
    *,
    country: Annotated[str, typer.Option(help="ISO 3166-1 code of two letters.")],
    name: Annotated[str, typer.Option(help="The election, as it shall stand on the briefing.")],
    time_zone: Annotated[str, typer.Option(help="IANA time zone; else the country's first.")] = "",
) -> None:
    """Make a case: a folder with a case.toml to fill in.

    The comments in case.toml explain each key.

    \b
    Example:
        vigie new france-2027 --country FR --name "France, presidential election 2027"
    """
    from vigie.run.new import new_case

    path = new_case(case, country=country, name=name, time_zone=time_zone)
    typer.echo(f"{path} written. Fill it in, then: vigie add {_shell(case)} FILE...")


@app.command()
def add(
    case: CaseArgument,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Exports; .gz, .bz2, .xz and .zst too.")],
    *,
    as_format: Annotated[
        str, typer.Option("--as", metavar="FORMAT", help="The format; else recognised. See vigie formats.")
    ] = "",
    encoding: Annotated[
        str, typer.Option(help="The text's encoding, such as cp1252; else UTF-8 or the file's mark.")
    ] = "",
    mapping: Annotated[Path | None, typer.Option(help="A mapping file of your own: see docs/mappings.md.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Take exports in: logs, posts, articles, polls.

    Each record becomes a row or a refused record with its reason; none is dropped.

    Adding a file again does nothing; of a log that grew, only what is new is read; what was interrupted goes on.

    \b
    Examples:
        vigie add france-2027 logs/access.log*.gz posts.csv
        vigie add france-2027 --as access-log odd-name.txt
    """
    from vigie import case as case_file
    from vigie.run.add import Options
    from vigie.run.add import add as take

    loaded = case_file.load(case)
    own = None
    if mapping is not None:
        from vigie.sources.mapped import source_for
        from vigie.sources.mapping import load as load_mapping

        own = source_for(load_mapping(mapping))
    options = Options(loaded.tz, as_format, _known_encoding(encoding), own)
    from vigie.screen import adding

    with adding(quiet=as_json) as screen:
        results = []
        for added in take(case, files, options, progress=screen.progress):
            results.append(added)
            screen.file(added)
    taken = [a for a in results if not a.error]
    if as_json:
        from dataclasses import asdict

        totals = {key: sum(getattr(a, key) for a in results) for key in ("rows", "refused", "already")}
        _print_json(totals | {"sources": [asdict(a) for a in results]})
    else:
        screen.total(results)
    empty_only = all(a.error == "the file is empty" for a in results if a.error)
    if any(a.all_refused for a in results) or (not (taken and empty_only) and len(taken) < len(results)):
        raise typer.Exit(PARTLY)


def _known_encoding(encoding: str) -> str:
    import codecs

    if not encoding:
        return ""
    try:
        # Some codecs are no encodings of text (base64), or cannot say which bytes are wrong (idna).
        bytes(range(256)).decode(encoding, "backslashreplace")
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise InputError(f"unknown encoding {encoding!r}", where="--encoding", hint="such as cp1252, latin-1") from None


@app.command()
def formats(*, as_json: JsonOption = False) -> None:
    """List the formats that vigie add reads.

    \b
    Example:
        vigie formats
    """
    from vigie.sources import all_sources

    known = [{"name": s.name, "table": s.table, "title": s.title} for s in all_sources()]
    if as_json:
        _print_json(known)
        return
    from vigie.screen import table

    table(["format", "table", "what it is"], [[f["name"], f["table"], f["title"]] for f in known])


@app.command()
def sources(case: CaseArgument, *, as_json: JsonOption = False) -> None:
    """List the files a case holds.

    Each with its rows, its refused records, those that were already there, and its period.

    \b
    Example:
        vigie sources france-2027
    """
    from vigie.run.held import held

    listed = held(case)
    if as_json:
        _print_json(listed)
        return
    from vigie.screen import sources_table

    sources_table(listed)


@app.command()
def drop(
    case: CaseArgument,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The file's name, or its number in vigie sources.")],
) -> None:
    """Forget a file that was added by mistake or read wrongly.

    Its rows go; the file itself is not touched and may be added again, with another --as or --encoding.

    \b
    Example:
        vigie drop france-2027 access.log.gz
    """
    from vigie.run.drop import drop as forget

    line = forget(case, source)
    typer.echo(
        f"{_inert(line.name)} dropped: {line.rows:,} row{'' if line.rows == 1 else 's'}, {line.refused:,} refused"
    )


@app.command()
def run(case: CaseArgument, *, as_json: JsonOption = False) -> None:
    """Measure and detect; print the findings.

    The weightiest come first: those least expected, then those that have no null model. Several findings can rest on
    the same rows, so their figures do not add up.

    \b
    Example:
        vigie run france-2027
    """
    from vigie.run.analyse import analyse
    from vigie.screen import analysing, findings_table

    with analysing(quiet=as_json) as screen:
        analysis = analyse(case, progress=screen.progress)
    if as_json:
        _print_json(analysis.findings.to_pylist())
    else:
        findings_table(analysis, case)


@app.command()
def explain(
    case: CaseArgument,
    finding: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The identifier of a finding, a network or a family, or the beginning of it."
        ),
    ],
    *,
    rows: Annotated[
        int | None,
        typer.Option(
            "--rows", "--limit", min=0, help="How many to show; else 20, of a family's members 50. 0 for all."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the rows a finding, a network or a family rests on.

    Each with its source file, line number and raw text. Of a network (vigie networks) each pair, with the posts in
    which the two shared the same things together. Of a family (vigie families) the first text, then each other member
    with what it changed.

    \b
    Examples:
        vigie explain france-2027 copied_text-1f3a
        vigie explain france-2027 net-5c2e90d1 --limit 0
        vigie explain france-2027 fam-0d1f0a51c2
    """
    if finding.startswith("net-"):
        _explain_network(case, finding, _ROWS_SHOWN if rows is None else rows or None, as_json=as_json)
        return
    if finding.startswith("fam-"):
        _explain_family(case, finding, _MEMBERS_SHOWN if rows is None else rows or None, as_json=as_json)
        return
    from vigie.run.explain import explain as look_up

    explained = look_up(case, finding, limit=_ROWS_SHOWN if rows is None else rows or None)
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(explained))
        return
    from vigie.screen import explained_page

    explained_page(explained)
    if explained.network:
        typer.echo(
            f"this is network {explained.network}: each pair row by row with vigie explain "
            f"{_shell(case)} {explained.network}"
        )


def _explain_network(case: Path, ident: str, limit: int | None, *, as_json: bool) -> None:
    from vigie.run.explain_network import explain_network
    from vigie.screen import analysing

    with analysing(quiet=as_json) as screen:
        explained = explain_network(case, ident, limit=limit, progress=screen.progress)
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(explained))
        return
    from vigie.screen_network_details import explained_network_page

    explained_network_page(explained)


def _explain_family(case: Path, ident: str, limit: int | None, *, as_json: bool) -> None:
    from vigie.run.explain_family import explain_family
    from vigie.screen import analysing

    with analysing(quiet=as_json) as screen:
        explained = explain_family(case, ident, limit=limit, progress=screen.progress)
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(explained))
        return
    from vigie.screen_families import explained_family_page

    explained_family_page(explained)


@app.command()
def families(
    case: CaseArgument,
    *,
    about: Annotated[
        str, typer.Option(metavar="CANDIDATE", help="Only families whose first text names this candidate.")
    ] = "",
    channels: Annotated[int, typer.Option(min=1, help="Only families on at least so many channels.")] = 2,
    limit: Annotated[int | None, typer.Option(min=1, help="How many families to show; else 20, in JSON all.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Show every family, with all fillings of its slots.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the groups of near-identical texts.

    How many posts and channels, who published first, what the others changed (names, spelling, the end cut off), on
    which platforms and tiers; without --about below the list which tiers and platforms were first, against chance. One
    text in many places is not proof of one author: docs/families.md and docs/spread.md say how to read it.

    \b
    Examples:
        vigie families france-2027
        vigie families france-2027 --about macron --channels 5
    """
    from vigie.run.families import families as look
    from vigie.screen import analysing

    shown = limit if limit or every or as_json else _FAMILIES_SHOWN
    with analysing(quiet=as_json) as screen:
        listed = look(case, about=about, channels_min=channels, limit=shown, progress=screen.progress)
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(listed))
        return
    from vigie.screen_families import families_page

    families_page(listed, whole=every)
    if listed.spread:
        from vigie.screen_spread import spread_page

        spread_page(listed.spread, whole=every)


@app.command()
def trace(
    case: CaseArgument,
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="A text, or an address alone; - reads it from standard input.")
    ] = "",
    *,
    file: Annotated[Path | None, typer.Option(metavar="PATH", help="Read the text from a file.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many posts to show; 0 for all.")] = _ROWS_SHOWN,
    differences: Annotated[
        bool | None,
        typer.Option("--differences/--no-differences", help="Show what each text changed; else where they are few."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find where else a text stands, first to last.

    The posts that say the same, near-identical ones, longer ones that contain it and shorter ones that it contains. Of
    an address the posts that link the page, and what the case holds of it. First is the earliest in this case:
    docs/trace.md says how to read it.

    \b
    Examples:
        vigie trace france-2027 "They closed the schools and told nobody"
        vigie trace france-2027 https://example.org/article
        xclip -o | vigie trace france-2027 -
    """
    from vigie.run.trace import trace as look
    from vigie.run.trace_asked import asked_text

    asked = asked_text(text, file)
    from vigie.screen import analysing

    with analysing(quiet=as_json) as screen:
        traced = look(case, asked, limit=limit or None, progress=screen.progress)
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(traced))
        return
    from vigie.screen_trace import trace_page

    trace_page(traced, differences=differences)


@app.command()
def networks(
    case: CaseArgument,
    *,
    network: Annotated[
        str, typer.Option(metavar="ID", help="Only this network; the beginning of its id will do.")
    ] = "",
    graph: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the pairs: .gexf or .graphml for a graph, .csv for an edge list."),
    ] = None,
    windows: Annotated[
        str, typer.Option(metavar="SECONDS", help="Compare windows instead, such as 5,10,30,60,300.")
    ] = "",
    period: Annotated[
        int | None,
        typer.Option(metavar="DAYS", min=1, max=3_650, help="Look in sliding periods of so many days instead."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="How many networks to show; else 10.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Show every network, member and object.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the groups of channels that act together.

    Who they are, what they pushed, when, how unlikely that is by chance, and what else would explain it. Coordinated is
    not inauthentic: docs/networks.md says how to read it.

    \b
    Examples:
        vigie networks france-2027
        vigie networks france-2027 --graph networks.gexf
        vigie networks france-2027 --windows 5,10,30,60,300
    """
    if sum((graph is not None, bool(windows), period is not None)) > 1:
        raise InputError("--graph, --windows and --period are three questions", where="networks", hint="ask one")
    from vigie.screen import analysing

    with analysing(quiet=as_json) as screen:
        made: Any
        if graph is not None:
            from vigie.run.network_graph import graph as write_graph

            made = write_graph(case, graph, network, progress=screen.progress)
        elif windows:
            from vigie.run.network_windows import parse_windows
            from vigie.run.network_windows import windows as compare

            made = compare(case, parse_windows(windows), network, progress=screen.progress)
        elif period is not None:
            from vigie.run.network_windows import periods

            made = periods(case, period, network, progress=screen.progress)
        else:
            from vigie.run.networks import networks as look

            made = look(case, network, progress=screen.progress)
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(made))
    elif graph is not None:
        _say_graph(made)
    elif windows or period is not None:
        from vigie.screen_network_details import periods_page, windows_page

        (windows_page if windows else periods_page)(made)
    else:
        from vigie.screen_networks import networks_page

        networks_page(made, whole=every or bool(network), limit=limit)


def _say_graph(written: Graph) -> None:
    from vigie.screen import SIMULATED

    if written.simulated:
        typer.echo(SIMULATED)
    in_networks = "1 network" if written.networks == 1 else f"{written.networks:,} networks"
    counts = f"{written.edges:,} edges of {written.channels:,} channels, {in_networks}"
    typer.echo(f"{_inert(written.path)}: {counts}")
    if written.changed_ids:
        typer.echo(
            f"ids written with an apostrophe or with hidden characters shown, so that no spreadsheet obeys them: "
            f"{written.changed_ids:,}",
            err=True,
        )


@app.command()
def polls(
    case: CaseArgument,
    *,
    at: Annotated[str, typer.Option(metavar="DAY", help="Only what could be known on this day.")] = "",
    hypothesis: Annotated[
        str,
        typer.Option(
            metavar="FIELD", help="The set of candidates: its identifier, its candidates joined by +, or its name."
        ),
    ] = "",
    question: Annotated[
        str, typer.Option(help="voting_intention, favourability or approval; else voting intentions, if any.")
    ] = "",
    round_: Annotated[
        int | None, typer.Option("--round", min=1, max=2, help="1 or 2; else that of the next vote.")
    ] = None,
    tau: Annotated[
        float | None,
        typer.Option(min=0.0, max=0.5, help="The error that all polls share; else that of past elections."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show every candidate and every set of candidates.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show where the candidates stand in the polls.

    The current estimate of each with intervals of 50, 80 and 95 % under two labels: opinion now, and if the vote were
    now, with the error that polls share; then the change over 7 and 30 days, what it rests on, which figures were not
    used and why, and what is set apart as no poll. docs/opinion.md says how to read it.

    \b
    Examples:
        vigie polls france-2027
        vigie polls france-2027 --at 2027-03-01
        vigie polls france-2027 --round 2 --hypothesis "martin+dupont"
    """
    from vigie.run.polls import polls as look
    from vigie.screen import analysing

    day = _day(at, "--at")
    with analysing(quiet=as_json) as screen:
        shown = look(
            case,
            at=day,
            hypothesis=hypothesis,
            question=question,
            round_=round_,
            error=tau,
            progress=screen.progress,
        )
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(shown))
        return
    from vigie.screen_polls import polls_page

    polls_page(shown, whole=every)


@app.command()
def claim(
    case: CaseArgument,
    sentence: Annotated[
        str, typer.Argument(metavar="[CLAIM]", help="The claim, in English or French; or give it in figures below.")
    ] = "",
    *,
    share: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="A claimed share of attacks, 0 to 1; with --country.")
    ] = None,
    country: Annotated[str, typer.Option(help="ISO 3166-1 code or name; several with commas between.")] = "",
    per_day: Annotated[float | None, typer.Option(min=0.0, help="A claimed number of attacks a day.")] = None,
    unit: Annotated[str, typer.Option(help="requests, sessions or sources; else all three.")] = "",
    kind: Annotated[
        str, typer.Option(help="Only attacks of this kind, such as sql_injection; a wrong one lists them.")
    ] = "",
    aimed: Annotated[
        bool, typer.Option("--aimed", help="Only attacks that were aimed at this site, not what every site gets.")
    ] = False,
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="Only from this day (UTC).")] = "",
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="Only to this day (UTC).")] = "",
    as_json: JsonOption = False,
) -> None:
    """Weigh a spoken claim against the rows.

    Says in each unit (requests, sessions, sources) what was measured, and whether the rows support it, do not, or
    cannot tell. How it decides: docs/web-attacks.md.

    \b
    Examples:
        vigie claim france-2027 "hundreds of attacks a day, half of them from Ukraine"
        vigie claim france-2027 --share 0.5 --country UA --aimed
    """
    from vigie.run.claim import claim as weigh
    from vigie.run.claim import in_figures
    from vigie.run.weighed import Only
    from vigie.text.claim import read_claim

    only = Only(unit=unit, kind=kind, aimed=aimed, first=_day(first, "--from"), last=_day(last, "--to"))
    in_words = bool(sentence.strip())
    if in_words and (share is not None or country or per_day is not None):
        raise InputError("a sentence and figures are two claims", where="claim", hint="give the one or the other")
    claimed = read_claim(sentence) if in_words else in_figures(share, country, per_day)
    from vigie.screen import analysing

    with analysing(quiet=as_json) as screen:
        weighed = weigh(case, claimed, only, sentence=sentence, progress=screen.progress)
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(weighed))
        return
    from vigie.screen_claim import claim_page

    claim_page(weighed)


def _day(text: str, option: str) -> date | None:
    from datetime import date

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"not a day: {text!r}", where=option, hint="such as 2017-04-23") from None


@app.command()
def brief(case: CaseArgument, *, as_json: JsonOption = False) -> None:
    """Write the briefing: HTML, JSON and CSV.

    One HTML file that opens offline and prints; beside it findings.json and the tables and evidence rows as CSV, those
    of the attacks on web servers as web-*.csv.

    \b
    Example:
        vigie brief france-2027
    """
    from vigie.run.brief import brief as write_brief
    from vigie.screen import analysing

    with analysing(quiet=as_json) as screen:
        path = write_brief(case, progress=screen.progress)
    if as_json:
        _print_json({"briefing": str(path)})
    else:
        typer.echo(f"briefing: {_inert(str(path))}")


@app.command()
def coshare(
    shares: Annotated[
        Path,
        typer.Argument(
            metavar="SHARES", help="CSV: object_id, account_id, content_id, timestamp_share; .gz and so on."
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The edges: .csv, or .gexf or .graphml for a graph."),
    ] = None,
    window: Annotated[
        float, typer.Option(min=0.0, max=_WINDOW_MAX_S, help="Seconds between two shares, inclusive (time_window).")
    ] = 10,
    min_participation: Annotated[
        int, typer.Option(min=1, help="Fewest shares of an account, in all and in company (min_participation).")
    ] = 2,
    keep_loops: Annotated[
        bool, typer.Option("--keep-loops", help="An account meets itself too (remove_loops = FALSE).")
    ] = False,
    edge_weight: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="weight_threshold is 1 above this quantile (edge_weight).")
    ] = 0.5,
    min_weight: Annotated[int, typer.Option(min=1, help="Leave lighter edges out of the file.")] = 1,
    crowd_max: Annotated[
        int, typer.Option(min=2, help="More accounts than these at one object within the window are a crowd.")
    ] = 2_000,
    crowds: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the crowds to this CSV file.")] = None,
    details: Annotated[
        bool, typer.Option("--details", help="More columns: objects, who was first how often, first and last share.")
    ] = False,
    chance: Annotated[
        bool, typer.Option("--chance/--no-chance", help="Add p_value and q_value: how often chance would do as much.")
    ] = True,
    windows: Annotated[
        str, typer.Option(metavar="LIST", help="Compare windows, such as 5,10,30,60,300: prints a table; -o may lack.")
    ] = "",
    period: Annotated[
        float, typer.Option(min=0.0, max=36_500.0, help="Days: ask chance of stretches this long, half overlapping.")
    ] = 0,
    raw_ids: Annotated[
        bool, typer.Option("--raw-ids", help="Write ids as they are, even those a spreadsheet takes for a formula.")
    ] = False,
    encoding: Annotated[str, typer.Option(help="The text's encoding, such as cp1252; else UTF-8 or its mark.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Find accounts that shared the same things at the same time.

    Needs no case. It reads what CooRTweet for R reads and writes its edge table: the same as detect_groups, then
    generate_coordinated_network. In brackets stand its names. That accounts coincide does not say why: docs/coshare.md.

    \b
    Example:
        vigie coshare shares.csv --window 10 --min-participation 2 -o edges.csv
    """
    from vigie.run.coshare import Options, notes
    from vigie.run.coshare import coshare as pair_up
    from vigie.run.coshare_chance import Q_MAX, table
    from vigie.screen import analysing

    windows_s = _window_list(windows)
    if out is None and not windows_s:
        raise typer.BadParameter("name a file for the edges, or windows to compare", param_hint="--output or --windows")
    options = Options(
        window_s=window,
        participation_min=min_participation,
        loops=keep_loops,
        edge_weight=edge_weight,
        weight_min=min_weight,
        crowd_max=crowd_max,
        details=details,
        raw_ids=raw_ids,
        chance=chance,
        windows_s=windows_s,
        period_days=period,
        encoding=_known_encoding(encoding),
    )
    with analysing(quiet=as_json) as screen:
        done = pair_up(shares, out, options, crowds=crowds, progress=screen.progress)
    for note in notes(done, shares, options):
        typer.echo(_inert(note), err=True)
    if as_json:
        from dataclasses import asdict

        _print_json(asdict(done))
    else:
        for line in table(done.windows) if done.windows else ():
            typer.echo(line)
        if out is not None:
            of = f"{done.shares:,} shares of {done.objects:,} objects by {done.accounts:,} accounts"
            typer.echo(f"{_inert(str(out))}: {done.edges:,} edges, of {of}")
        if done.chance is not None:
            typer.echo(
                f"{done.chance.validated:,} of {done.chance.tested:,} pairs tested have q <= {Q_MAX}: "
                f"{done.chance.accounts:,} accounts"
            )
    if done.refused.count or done.floods or not done.shares:
        raise typer.Exit(PARTLY)


def _window_list(text: str) -> tuple[float, ...]:
    """Return the windows that are written with commas between them."""
    try:
        windows = tuple(float(one) for one in text.split(",")) if text else ()
    except ValueError:
        windows = (-1.0,)
    if not all(0 <= one <= _WINDOW_MAX_S for one in windows):
        raise typer.BadParameter("seconds with commas between, such as 5,10,30", param_hint="--windows")
    return windows


@app.command()
def exercise(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write it; must not exist, or be empty.")],
    *,
    scale: Annotated[float, typer.Option(min=0.01, max=100.0, help="Volume: 1 is about half a million records.")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives another exercise.")] = 7,
) -> None:
    """Write a simulated case, "France, 2017", and its truth.

    \b
    Example:
        vigie exercise drill --scale 0.1
    """
    from vigie.run.drill import write
    from vigie.screen import analysing

    with analysing(quiet=False) as screen:
        made = write(folder, scale=scale, seed=seed, progress=screen.progress)
    # A mail log is among the exports, and no source reads one yet.
    folders = dict.fromkeys(path.parent for path in made.exports if path.parent.name != "mail")
    files = " ".join(f"{_shell(path)}/*" for path in folders)
    typer.echo(f"{_inert(str(folder))}: a simulated case; what is planted in it stands in truth/.")
    typer.echo(f"next: vigie add {_shell(folder)} {files}")


@app.command()
def score(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An exercise that was added and run.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Compare the findings with an exercise's truth.

    Prints precision and recall of each detector, and what was missed or raised without reason.

    \b
    Example:
        vigie score drill
    """
    from vigie.run.drill import score as compare

    result = compare(folder)
    if as_json:
        _print_json(result.as_rows())
        return
    from vigie.screen import score_table

    score_table(result)


def _inert(text: str) -> str:
    from vigie.text.inert import terminal

    return terminal(text)


def _shell(path: Path) -> str:
    import shlex

    return _inert(shlex.quote(str(path)))


def _say_error(message: str) -> None:
    lines: Iterable[str] = (_inert(line) for line in message.split("\n"))
    typer.echo("vigie: " + "\n".join(lines), err=True)


def _print_json(value: Any) -> None:
    """Print JSON in ASCII: what is hostile to a terminal stands as an escape."""
    sys.stdout.write(json.dumps(value, indent=1, default=_plain, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    from collections.abc import Mapping
    from datetime import date, datetime

    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    main()
