"""What the terminal shows of a trace. All text from outside goes through `inert.terminal`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.text import Text

from vigie.rules.text_growth import WORDS_LEAST
from vigie.run.traced import CONTAINS, LINKS, NEAR, PART
from vigie.screen import SIMULATED, hanging, open_console
from vigie.screen_differences import LEGEND, difference_lines
from vigie.screen_networks import grid, seconds
from vigie.screen_posts import DAY_S, MINUTE_S, QUOTES, called, counts_of, moment_of, tiers_of
from vigie.text.counted import counted, noun
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rich.console import Console, RenderableType

from vigie.run.traced import Linked, Listing, Said, Standing, Traced

_DIFFERENT_SHOWN: Final = 10
_LABEL_WIDTH: Final = 12
_PAGE_WIDTH: Final = 400
_SAMPLE_LINES: Final = 2
_RELATIONS: Final = {"exact": "the same", NEAR: "near-identical", CONTAINS: CONTAINS, PART: PART}


def trace_page(traced: Traced, *, differences: bool | None = None) -> None:
    """Print who links a page or says a text, first to last.

    `differences`: show what each different text changed; None: where these are ten at most.
    """
    screen = open_console()
    if traced.simulated:
        screen.print(Text(SIMULATED + "\n"))
    if traced.lacking:
        screen.print(Text(f"no {' and '.join(traced.lacking)} in this case, so nothing could be looked at (vigie add)"))
        return
    if traced.linked:
        _linked(screen, traced.linked, traced)
    if traced.linked and traced.said:
        screen.print()
    if traced.said:
        _said(screen, traced.said, traced, differences=differences)
    screen.print()
    for line in traced.cannot_say:
        screen.print(hanging(line))
    family = next((s.family for s in _every(traced) if s.family), "")
    if family:
        screen.print(hanging(f"the whole family: vigie explain CASE {family[:14]}"))


def _every(traced: Traced) -> tuple[Standing, ...]:
    return traced.said.listing.shown if traced.said else ()


def _looked(traced: Traced) -> str:
    through = f"looked through: {counted(traced.posts, 'post')}, {counted(traced.texts, 'different text')}"
    return f"{through}; times are in {terminal(traced.time_zone)}"


def _linked(screen: Console, linked: Linked, traced: Traced) -> None:
    of = linked.listing
    if not of.total:
        screen.print(Text(f"no post links {terminal(linked.page, width=_PAGE_WIDTH)}", style="bold"))
    else:
        size = f"{counted(of.posts, 'post')} on {counted(of.channels, 'channel')}{_and_reposts(of)}"
        verb = "links" if of.total == 1 else "link"
        screen.print(Text(f"{size} {verb} {terminal(linked.page, width=_PAGE_WIDTH)}", style="bold"))
    screen.print(Text(_looked(traced)))
    rows = _summary(of, traced)
    if linked.others and linked.others_first and linked.others_last:
        rows.append(("same host", Text(_others(linked, traced))))
    elif linked.host and not linked.others:
        rows.append(("same host", Text(f"no post links another page of {terminal(linked.host)}")))
    if linked.article:
        rows.append(("article", Text(f"the case holds it: {_place(linked.article, traced)}; its text is traced below")))
    screen.print(grid(rows))
    if linked.is_shortener:
        note = "a short link: where it leads to is not known here, so only posts with this very link are found"
        screen.print(hanging(note))
    elif not linked.host:
        screen.print(hanging("on this host anybody publishes, so its other pages are not counted"))
    if of.shown:
        screen.print(Text("\nfirst to last", style="bold"))
    reposting = False
    for standing in of.shown:
        reposting = _place_of_one(screen, standing, traced, reposting=reposting)
        _sample(screen, standing.text)
    _rest(screen, of)


def _others(linked: Linked, traced: Traced) -> str:
    said = f"{counted(linked.others, 'post')} {noun(linked.others, 'links', 'link')} other pages of"
    said = f"{said} {terminal(linked.host)}"
    if linked.others_first:
        said += f"\nfirst  {_place(linked.others_first, traced)}"
    if linked.others_last and linked.others > 1:
        said += f"\nlast   {_place(linked.others_last, traced)}"
    return said


def _said(screen: Console, said: Said, traced: Traced, *, differences: bool | None) -> None:
    of = said.listing
    if said.words < WORDS_LEAST:
        screen.print(Text(_too_short(said.words), style="bold"))
        return
    if not of.total:
        screen.print(Text("no post of this case says it, nor anything near-identical", style="bold"))
        screen.print(Text(_looked(traced)))
        _nearest(screen, said, traced)
        return
    size = f"{counted(of.posts, 'post')} on {counted(of.channels, 'channel')}{_and_reposts(of)}"
    screen.print(Text(size, style="bold"))
    screen.print(Text(_looked(traced)))
    width = max(20, screen.width - _LABEL_WIDTH - 3)
    text: tuple[str, RenderableType] = ("text", Text(QUOTES.format(terminal(said.text, width=width))))
    screen.print(grid([text, *_summary(of, traced)]))
    screen.print()
    _posts(screen, said, traced, differences=differences)
    _rest(screen, of)


def _too_short(words: int) -> str:
    if not words:
        return "no words are left of this text after normalisation (links, handles, signs and emoji do not count)"
    has = f"this text has {counted(words, 'word')} after normalisation"
    return f"{has}: fewer than three words stand in many posts that have nothing to do with one another"


def _nearest(screen: Console, said: Said, traced: Traced) -> None:
    if not said.nearest:
        screen.print(Text("nothing comes near it"))
        return
    screen.print(Text("nearest, but too little alike to be called near-identical:"))
    for n in said.nearest:
        posts = f", {counted(n.posts, 'post')}" if n.posts > 1 else ""
        place = f"{_place(n.post, traced)}  {100 * n.likeness:.0f} % alike{posts}"
        screen.print(Padding(Text(place, style="bold"), (0, 0, 0, 2)))
        _sample(screen, n.post.text)


def _and_reposts(of: Listing) -> str:
    return f", and {counted(of.reposts, 'marked repost')}" if of.reposts else ""


def _summary(of: Listing, traced: Traced) -> list[tuple[str, RenderableType]]:
    rows: list[tuple[str, RenderableType]] = []
    if of.first:
        rows.append(("first", Text(_first(of.first, of, traced))))
        if of.last_seen and of.last_seen > of.first.time:
            rows.append(("span", Text(_span(of.first, of.last_seen, traced.time_zone))))
    elif of.total:
        rows.append(
            ("first", Text("not told: there are only marked reposts, whose source stands outside of this case"))
        )
    if set(of.relations) - {LINKS}:
        kinds = ", ".join(f"{_RELATIONS.get(name, name)} {n:,}" for name, n in of.relations.items())
        rows.append(("relation", Text(kinds)))
    if of.platforms:
        rows.append(("platforms", Text(counts_of(of.platforms))))
    if set(of.tiers) - {""}:
        rows.append(("tiers", Text(tiers_of(of.tiers))))
    return rows


def _first(first: Standing, of: Listing, traced: Traced) -> str:
    said = _place(first, traced)
    if not of.tied:
        whole_days = first.precision_s == DAY_S
        return f"{said}  (its file gives whole days)" if whole_days else said
    within = {DAY_S: "same day", MINUTE_S: "same minute"}.get(first.precision_s, "same second")
    return f"{said}  ({within}: {counted(of.tied + 1, 'channel')}, so who was first is not told)"


def _span(first: Standing, last: datetime, zone: str) -> str:
    ends = (moment_of(time, zone, first.precision_s) for time in (first.time, last))
    return f"{' to '.join(ends)} ({terminal(zone)}): {seconds((last - first.time).total_seconds())}"


def _place(standing: Standing, traced: Traced) -> str:
    """Return when and where a post stands, to the line of its file."""
    time = moment_of(standing.time, traced.time_zone, standing.precision_s)
    at = f":{standing.line}" if standing.line is not None else f", record {standing.record:,}"
    who = called(standing.channel, standing.name, standing.outlet, standing.tier)
    return f"{time}  {who}  {terminal(standing.file)}{at}"


def _place_of_one(screen: Console, standing: Standing, traced: Traced, *, reposting: bool) -> bool:
    """Print where a post stands, with a heading over the first marked repost; return whether it is one."""
    if standing.is_repost and not reposting:
        screen.print(Text("marked reposts", style="bold"))
    screen.print(Padding(Text(_place(standing, traced), style="bold"), (0, 0, 0, 2)))
    return standing.is_repost


def _sample(screen: Console, text: str) -> None:
    width = _SAMPLE_LINES * max(20, screen.width - 7)
    screen.print(Padding(Text(terminal(" ".join(text.split()), width=width)), (0, 0, 0, 6)))


def _posts(screen: Console, said: Said, traced: Traced, *, differences: bool | None) -> None:
    different = {standing.text for standing in said.listing.shown} - {said.text}
    if differences is None:
        differences = len(different) <= _DIFFERENT_SHOWN
    legend = f", against the asked text: {LEGEND}" if differences and different else ""
    screen.print(Text.assemble(("first to last", "bold"), legend))
    shown = {said.text: "the asked text"}
    reposting = False
    for standing in said.listing.shown:
        reposting = _place_of_one(screen, standing, traced, reposting=reposting)
        for line in _difference(said.text, standing, shown, differences=differences):
            screen.print(Padding(line, (0, 0, 0, 6)))
        shown.setdefault(standing.text, f"that of {terminal(standing.channel)}, above")


def _difference(asked: str, standing: Standing, shown: Mapping[str, str], *, differences: bool) -> tuple[Text, ...]:
    """Return how a post stands to the asked text, and what differs; of a text that was `shown`, whose it was."""
    like = f"{standing.relation}, {100 * (standing.likeness or 0):.0f} %"
    if standing.text in shown:
        return (Text(f"{like}: letter for letter {shown[standing.text]}", style="dim"),)
    if not differences:
        return (Text(like, style="dim"),)
    _, line, count = difference_lines(asked, [standing.text])
    return (Text(f"{like}: {count.plain.strip()}", style="dim"), line)


def _rest(screen: Console, of: Listing) -> None:
    if not of.total:
        return
    if len(of.shown) < of.total:
        screen.print(Text(f"\n{len(of.shown):,} of {counted(of.total, 'post')} are shown; all: --limit 0"))
