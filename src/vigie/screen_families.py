"""What the terminal shows of families of near-identical texts. All text from outside goes through `inert.terminal`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.text import Text

from vigie.screen import SIMULATED, hanging, open_console
from vigie.screen_differences import LEGEND, difference_lines
from vigie.screen_networks import clock, grid, seconds
from vigie.screen_posts import DAY_S, QUOTES, called, counts_of, moment_of, tiers_of
from vigie.text.counted import counted, noun
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType

    from vigie.rules.templates import Pattern
    from vigie.run.explain_family import ExplainedFamily, Member
    from vigie.run.families import Family, First, Language, Likeness, Listed
    from vigie.run.family_changes import Changes
    from vigie.run.translations import Compared, Translation

_ID_LENGTH: Final = len("fam-") + 10
_SAMPLE_LINES: Final = 2
_LABEL_WIDTH: Final = 12
_SLOTS_SHOWN: Final = 4
_VALUES_SHOWN: Final = 4
_TRANSLATIONS_SHOWN: Final = 4
_VALUE_WIDTH: Final = 40
_CELLS_SHOWN: Final = 60
_NEWLINE: Final = re.compile(r"\r?\n")


def families_page(listed: Listed, *, whole: bool = False) -> None:
    """Print what was looked at, then each family; `whole` shows every tier, slot and filling."""
    screen = open_console()
    if listed.simulated:
        screen.print(Text(SIMULATED + "\n"))
    if listed.lacking:
        screen.print(Text(f"no {' and '.join(listed.lacking)} in this case, so nothing could be looked at (vigie add)"))
        return
    screen.print(_heading(listed))
    for family in listed.shown:
        screen.print()
        _family(screen, family, listed.time_zone, whole=whole)
    if len(listed.shown) < listed.matching:
        screen.print(Text(f"\n{len(listed.shown):,} of {listed.matching:,} families are shown; all of them: --all"))
    screen.print()
    for line in listed.cannot_say:
        screen.print(hanging(line))
    if listed.shown:
        screen.print(hanging(f"what each member changed: vigie explain CASE {short(listed.shown[0].id)}"))


def short(ident: str) -> str:
    """Return the beginning of a family's identifier, which readers give back."""
    return ident[:_ID_LENGTH]


def _heading(listed: Listed) -> Text:
    text = Text()
    if not listed.families:
        text.append("no families: no two texts are near-identical", "bold")
    else:
        of = f"{counted(listed.family_posts, 'post')} of {listed.posts:,} are in them"
        text.append(f"{counted(listed.families, 'family', 'families')} of near-identical texts; {of}", "bold")
    if listed.family_reposts:
        text.append(f"\n{counted(listed.family_reposts, 'marked repost')} of these texts counted apart")
    least = counted(listed.words_min, "word")
    text.append(f"\nleft out: families whose core has fewer than {least} (words_min)")
    if listed.families:
        on = f"on {counted(listed.channels_min, 'channel')} or more (--channels)"
        about = f"whose first text names {terminal(' or '.join(listed.about))}, " if listed.about else ""
        text.append(f"\nshown: families {about}{on}: {listed.matching:,}")
    if listed.compared:
        text.append(f"\n{_compared(listed.compared)}")
    return text


def _compared(c: Compared) -> str:
    """Return what the model was given, what it was not, and what came of it."""
    of = f"{counted(c.families, 'family', 'families')} and {counted(c.singles, 'text')} published once"
    out = [f"{c.left_out:,} beyond texts_max"] if c.left_out else []
    out += [f"{c.unknown:,} of no known language"] if c.unknown else []
    left = f" (left out: {', '.join(out)})" if out else ""
    texts = f"{counted(c.texts, 'text')} in {counted(len(c.languages), 'language')}"
    found = f"{counted(c.pairs, 'pair')} at {c.similarity_min:g} or more by {terminal(c.model)}"
    return f"translations: {texts}, of {of}{left}; {found}"


def _family(screen: Console, f: Family, zone: str, *, whole: bool) -> None:
    size = f"{counted(f.posts, 'post')} on {counted(f.channels, 'channel')}"
    screen.print(Text(f"{short(f.id)}  {size}, {counted(f.texts, 'different text')}", style="bold"))
    if f.findings:
        screen.print(Text(f"{noun(len(f.findings), 'finding')} {', '.join(map(terminal, f.findings))}", style="dim"))
    width = _SAMPLE_LINES * max(20, screen.width - _LABEL_WIDTH - 1)
    rows: list[tuple[str, RenderableType]] = [
        ("text", Text(QUOTES.format(terminal(f.first.text, width=width - 2)))),
        ("first", Text(_first(f.first, zone))),
        ("span", Text(_span(f, zone))),
        ("platforms", Text(counts_of(f.platforms, whole=whole))),
    ]
    if set(f.tiers) - {""}:
        rows.append(("tiers", Text(tiers_of(f.tiers))))
    if f.language:
        rows.append(("language", Text(_language(f.language))))
    rows.append(("likeness", Text(_likeness(f.likeness))))
    rows.append(("changes", Text(_changes(f.changes, f.texts, f.written))))
    if f.template:
        rows.append(("template", Text(_template(f.template, whole=whole))))
    if f.agencies:
        rows.append(("credits", Text(f"{counts_of(f.agencies, whole=whole)} (posts that credit an agency)")))
    if f.candidates:
        rows.append(("candidates", Text(", ".join(map(terminal, f.candidates)) + " (named in the first text)")))
    if f.translations:
        rows.append(("translated", Text(_translations(f.translations, whole=whole))))
    if f.quoted.posts:
        said = (
            f"in {counted(f.quoted.posts, 'longer post')} of {counted(f.quoted.channels, 'channel')}, not counted above"
        )
        rows.append(("quoted", Text(said)))
    if f.reposts:
        rows.append(("reposts", Text(f"{counted(f.reposts, 'marked repost')}, not counted above")))
    screen.print(grid(rows))


def _likeness(likeness: Likeness) -> str:
    said = f"median {100 * likeness.median:.0f} %, least {100 * likeness.least:.0f} % of the runs of characters"
    return f"{said}; {counted(likeness.loose, 'post')} loosely alike: read the texts" if likeness.loose else said


def _language(language: Language) -> str:
    said = "identified" if language.source == "identified" else "the export says so"
    return f"{terminal(language.code)} ({said})"


def _translations(found: Sequence[Translation], *, whole: bool) -> str:
    shown = found if whole else found[:_TRANSLATIONS_SHOWN]
    more = f" and {len(found) - len(shown):,} more" if len(shown) < len(found) else ""
    return ", ".join(f"{_other(t)} ({terminal(t.language)}, {t.similarity:.2f})" for t in shown) + more


def _other(t: Translation) -> str:
    return short(t.id) if t.id.startswith("fam-") else f"row {terminal(t.id)}"


def _first(first: First, zone: str) -> str:
    said = f"{moment_of(first.time, zone, _precision(whole_day=first.whole_day))}  {called(first.channel, first.name)}"
    if first.outlet:
        said += f"  {terminal(first.outlet)}, {terminal(first.tier or '')}"
    if first.whole_day:
        return said + "  (its file gives whole days: nothing says who was first within one)"
    if first.same_second > 1:
        said += f"  (same second: {counted(first.same_second, 'channel')}, so who was first is not told)"
    return said


def _precision(*, whole_day: bool) -> int:
    return DAY_S if whole_day else 1


def _span(f: Family, zone: str) -> str:
    if f.whole_days == f.posts:
        days = (moment_of(time, zone, DAY_S) for time in (f.first_seen, f.last_seen))
        return f"{' to '.join(dict.fromkeys(days))}; its files give whole days"
    first, last = clock(f.first_seen, zone), clock(f.last_seen, zone)
    said = f"{first} to {last} ({terminal(zone)}): {seconds((f.last_seen - f.first_seen).total_seconds())}"
    if f.whole_days:
        said += f"; {counted(f.whole_days, 'post')} of a file that gives whole days"
    return said


def _changes(changes: Changes, texts: int, written: int) -> str:
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in changes.kinds.items()) or "nothing to compare"
    said = f"{kinds} (posts, against the first)"
    if texts < written:
        said += f"; written in {written:,} ways"
    if changes.left_out:
        sampled = f"{counted(changes.posts, 'post')} with {changes.texts:,} of these ways"
        said += f"; sampled: {sampled}, {changes.left_out:,} not compared"
    return said


def _template(template: Pattern, *, whole: bool) -> str:
    """Return the words that stand, with numbers for the slots, then what fills each; no word can pass for a number."""
    at = {slot.at: f"⟦{n}⟧" for n, slot in enumerate(template.slots, 1)}
    cells: list[str] = []
    for n, word in enumerate(template.words):
        cells += [at[n]] if n in at else []
        cells.append(terminal(word, width=_VALUE_WIDTH))
    cells += [at[len(template.words)]] if len(template.words) in at else []
    cut = not whole and len(cells) > _CELLS_SHOWN
    lines = [" ".join(cells[:_CELLS_SHOWN] if cut else cells) + (" …" if cut else "")]
    slots = template.slots if whole else template.slots[:_SLOTS_SHOWN]
    for n, slot in enumerate(slots, 1):
        values = list(slot.values.items())
        shown = values if whole else values[:_VALUES_SHOWN]
        filled = ", ".join(f"{_value(value)} {count:,}" for value, count in shown)
        more = f" and {len(values) - len(shown):,} more" if len(shown) < len(values) else ""
        lines.append(f"⟦{n}⟧ {filled}{more}")
    if len(slots) < len(template.slots):
        lines.append(f"and {counted(len(template.slots) - len(slots), 'more slot')}: --all")
    return "\n".join(lines)


def _value(value: str) -> str:
    return QUOTES.format(terminal(value, width=_VALUE_WIDTH)) if value else "nothing"


def explained_family_page(explained: ExplainedFamily) -> None:
    """Print the first text in full, then each other member with what it changed."""
    screen = open_console()
    if explained.simulated:
        screen.print(Text(SIMULATED + "\n"))
    size = f"{counted(explained.posts, 'post')} on {counted(explained.channels, 'channel')}"
    reposts = f", and {counted(explained.reposts, 'marked repost')}" if explained.reposts else ""
    screen.print(Text(f"{explained.id}  {size}{reposts}", style="bold"))
    screen.print(Text(f"times are in {terminal(explained.time_zone)}; the percentage is likeness to the family's core"))
    screen.print()
    screen.print(Text("the first", style="bold"))
    _place(screen, explained.first, explained.time_zone)
    for line in _NEWLINE.split(explained.first.text):
        screen.print(Padding(Text(terminal(line)), (0, 0, 0, 6)))
    if explained.language:
        screen.print(Padding(Text(f"language: {_language(explained.language)}", style="dim"), (0, 0, 0, 6)))
    screen.print()
    if explained.compared:
        _translated(screen, explained, explained.compared)
        screen.print()
    screen.print(Text.assemble(("the others", "bold"), f", against the first: {LEGEND}"))
    _others(screen, explained)
    shown = len(explained.others)
    screen.print()
    if shown < explained.total:
        screen.print(Text(f"{shown:,} of {counted(explained.total, 'other')} are shown; all: --limit 0"))
    else:
        screen.print(Text(f"all {counted(shown, 'other')} are shown"))
    _quoting(screen, explained)


def _quoting(screen: Console, explained: ExplainedFamily) -> None:
    """Print the longer posts that have a text of the family in them."""
    if not explained.quoted.posts:
        return
    size = f"{counted(explained.quoted.posts, 'longer post')} of {counted(explained.quoted.channels, 'channel')}"
    screen.print()
    screen.print(Text.assemble(("quoted", "bold"), f": {size} with one of these texts in them, not of the family"))
    for member in explained.quoting:
        _place(screen, member, explained.time_zone)
        for line in _difference(explained.first.text, member, None):
            screen.print(Padding(line, (0, 0, 0, 6)))
    if len(explained.quoting) < explained.quoted.posts:
        screen.print(Text(f"{len(explained.quoting):,} of them are shown; all: --limit 0"))


def _translated(screen: Console, explained: ExplainedFamily, compared: Compared) -> None:
    """Print the texts in other languages that the model takes for the same."""
    by = (
        f"by the model {terminal(compared.model)} that the case names: a model's likeness, not a translator's judgement"
    )
    if not explained.translations:
        least = f"none at {compared.similarity_min:g} or more"
        screen.print(hanging(f"in other languages: {least}, {by}"))
        return
    screen.print(Text.assemble(("in other languages", "bold"), f", {by}"))
    for t in explained.translations:
        tier = f"  {terminal(t.outlet)}, {terminal(t.tier or '')}" if t.outlet else ""
        moment = moment_of(t.time, explained.time_zone, _precision(whole_day=t.whole_day))
        head = f"{moment}  {called(t.channel, t.name)}{tier}  {_other(t)}"
        screen.print(Padding(Text(head, style="bold"), (0, 0, 0, 2)))
        when = _when(t, whole_day=t.whole_day or explained.first.whole_day)
        like = f"{t.kind} ({terminal(t.own_language)}, {terminal(t.language)}), {t.similarity:.2f}"
        screen.print(Padding(Text(f"{like}: {when} the first above", style="dim"), (0, 0, 0, 6)))
        width = _SAMPLE_LINES * max(20, screen.width - 7)
        screen.print(Padding(Text(terminal(t.text, width=width)), (0, 0, 0, 6)))


def _when(t: Translation, *, whole_day: bool) -> str:
    if whole_day and abs(t.after_s) < DAY_S:
        return "within a day of (a file gives whole days, so which was earlier is not told)"
    if not t.after_s:
        return "at the same second as"
    return f"{seconds(abs(t.after_s))} {'after' if t.after_s > 0 else 'before'}"


def _others(screen: Console, explained: ExplainedFamily) -> None:
    shown = {explained.first.text: "the first"}
    reposting = False
    for member in explained.others:
        if member.is_repost and not reposting:
            screen.print()
            screen.print(Text("marked reposts", style="bold"))
            reposting = True
        _place(screen, member, explained.time_zone)
        for line in _difference(explained.first.text, member, shown.get(member.text)):
            screen.print(Padding(line, (0, 0, 0, 6)))
        shown.setdefault(member.text, terminal(member.channel))


def _place(screen: Console, member: Member, zone: str) -> None:
    raw = member.raw
    place = f"{terminal(raw.file)}:{raw.line}" if raw.line is not None else f"{terminal(raw.file)} ({raw.row_id})"
    moment = moment_of(member.time, zone, _precision(whole_day=member.whole_day))
    said = f"{moment}  {called(member.channel, member.name)}"
    if member.outlet:
        said += f"  {terminal(member.outlet)}, {terminal(member.tier or '')}"
    if member.agency:
        said += f"  credits {terminal(member.agency)}"
    screen.print(Padding(Text(f"{said}  {place}", style="bold"), (0, 0, 0, 2)))
    if raw.why_not:
        screen.print(Padding(Text(f"[{terminal(raw.why_not)}]"), (0, 0, 0, 6)))


def _difference(first: str, member: Member, shown: str | None) -> Sequence[Text]:
    """Return what was changed; of a text that was `shown` already, whose it was."""
    like = member.kind if member.similarity is None else f"{member.kind}, {100 * member.similarity:.0f} %"
    if shown is not None:
        return (Text(f"{like}: letter for letter the text of {shown}, above", style="dim"),)
    _, line, count = difference_lines(first, [member.text])
    return (Text(f"{like}: {count.plain.strip()}", style="dim"), line)
