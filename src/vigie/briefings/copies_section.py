"""What the template of the section on texts that were copied is given: its charts, tables, differences and links."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from vigie.briefings import charts, charts_copies, words
from vigie.briefings.copies_spread import compared
from vigie.briefings.marks import set_off
from vigie.text.differences import differences
from vigie.text.differences_shown import Shown as Piece
from vigie.text.differences_shown import html_parts, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from markupsafe import Markup

    from vigie.briefings.copies import Arrival, Detail, Family, Shown, Variant
    from vigie.briefings.model import Brief, Finding
    from vigie.rules.templates import Pattern

    Pieces = tuple[tuple[str, Markup], ...]

DETECTORS: Final = ("copied_text", "state_first", "template_campaign")
_LISTED_MAX: Final = 20
_WORDS: Final = 70
_FIRST_MAX: Final = 10
_STEPS_MAX: Final = 18
_PIECES_MAX: Final = 120
_TEXT_SHOWN: Final = 1_200
_LINKS_MAX: Final = 6
_CELLS_MAX: Final = 80
_SLOTS_MAX: Final = 4
_VALUES_MAX: Final = 6
_MINUTE_S: Final = 60
_DAY_S: Final = 86_400
_ID_LENGTH: Final = len("fam-") + 10
CHANGES: Final = {
    "exact": "the same words, written otherwise",
    "surface": "a few letters or words differ",
    "template": "names or figures in the place of others",
    "truncated": "a part is missing",
    "extended": "words before it or after it",
    "quoted": "within a much longer text",
    "reworded": "changed in other ways",
}
_SAME: Final = {1: "same second", _MINUTE_S: "same minute", _DAY_S: "same day"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One family's small picture; `words` are the first of its text, `span` is in words.

    `twin` is for each tier its posts, and the first and the last of them.
    """

    family: Family
    words: str
    chart: Markup
    span: str
    twin: tuple[tuple[str, int, datetime, datetime], ...]
    in_full: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One channel in the order of first publication: `place` may be a range, where times do not tell."""

    place: str
    arrival: Arrival
    lag: str
    lane: Markup


@dataclass(frozen=True, slots=True)
class Variation:
    """A text that differs from the first, as pieces to show; `about` says what is not shown of it."""

    variant: Variant
    pieces: Pieces
    about: str


@dataclass(frozen=True, slots=True)
class Filling:
    """What fills one slot of a template, each with its texts, and how many other fillings there are."""

    number: int
    values: tuple[tuple[str, int], ...]
    more: int


@dataclass(frozen=True, slots=True)
class FamilyCard:
    """One family in full.

    `steps` are groups of channels, those of one group tied; `unshown` channels are in none. `template` is pieces of
    kind "word", "slot" and "cut".
    """

    family: Family
    detail: Detail
    span: str
    steps: tuple[tuple[Step, ...], ...]
    axis: Markup
    unshown: int
    text: Pieces
    variations: tuple[Variation, ...]
    template: tuple[tuple[str, str], ...]
    slots: tuple[Filling, ...]


def section(
    brief: Brief, shown_findings: Iterable[Finding], axis: charts.Axis | None, zone: ZoneInfo
) -> dict[str, Any]:
    """Return what the template of the section is given beside its data; nothing where there is no section.

    `shown_findings` are those that have a place on the page, `axis` the days of the case.
    """
    what = brief.copies
    if what is None:
        return {"families_of": {}}
    on_page = {f.id for f in shown_findings if f.detector in DETECTORS}
    listed = what.families[: max(_LISTED_MAX, len(what.shown))]
    families_of: dict[str, list[Family]] = {}
    for family in listed:
        for ident in family.findings:
            if ident in on_page and len(families_of.setdefault(ident, [])) < _LINKS_MAX:
                families_of[ident].append(family)
    drawn = [s for s in what.shown if s.members]
    return {
        "families_of": families_of,
        "fam_panels": [_panel(s, axis or _own_axis(s, zone), zone, number=n) for n, s in enumerate(drawn, start=1)],
        "fam_cards": [_card(s.family, s.detail, number=n) for n, s in enumerate(drawn, start=1) if s.detail],
        "fam_listed": [(f, span(f)) for f in listed],
        "fam_drawn": {s.family.ident for s in drawn},
        "fam_on_page": on_page,
        "fam_tiers": [
            (tier, charts_copies.mark(tier))
            for tier in charts_copies.TIERS
            if any(tier in s.family.tiers for s in drawn)
        ],
        **compared(what.spread, {f.ident for f in listed}),
        "short": short,
        "changes": CHANGES,
        "clock": lambda time, precision_s: clock(time, precision_s, zone),
        "fam_agencies": lambda counts: ", ".join(f"{name} {words.number(n)}" for name, n in list(counts.items())[:4]),
    }


def short(ident: str) -> str:
    """Return the beginning of a family's identifier, which `vigie explain` takes."""
    return ident[:_ID_LENGTH]


def clock(time: datetime, precision_s: int, zone: ZoneInfo) -> str:
    """Return a time on the case's clock, as exactly as its file gives it.

    >>> from datetime import UTC, datetime
    >>> from zoneinfo import ZoneInfo
    >>> at = datetime(2017, 4, 1, 22, 0, tzinfo=UTC)
    >>> [clock(at, p, ZoneInfo("Europe/Paris")) for p in (1, 60, 86400)]
    ['2 Apr 2017 00:00:00', '2 Apr 2017 00:00', '2 Apr 2017']
    """
    local = time.astimezone(zone)
    if precision_s >= _DAY_S:
        # A whole day begins in the case's zone or in UTC.
        return words.day((local if not (local.hour or local.minute) else time).date())
    return f"{words.day(local.date())} {local:{'%H:%M' if precision_s >= _MINUTE_S else '%H:%M:%S'}}"


def span(family: Family) -> str:
    """Return in words how long a family took from its first post to its last."""
    seconds = (family.last - family.first).total_seconds()
    if seconds < family.precision_s:
        return f"in the {_SAME.get(family.precision_s, 'same second')}"
    return f"over {words.length(seconds)}"


def _panel(drawn: Shown, axis: charts.Axis, zone: ZoneInfo, *, number: int) -> Panel:
    times: dict[str, list[datetime]] = {}
    for member in drawn.members:
        times.setdefault(member.tier or "", []).append(member.time)
    tiers = [t for t in charts_copies.TIERS if t in times] + sorted(set(times) - set(charts_copies.TIERS))
    return Panel(
        family=drawn.family,
        words=_first_words(drawn.family.text),
        chart=charts_copies.panel(drawn.family, drawn.members, axis, zone, ident=f"family-panel-{number}"),
        span=span(drawn.family),
        twin=tuple((t or "not declared", len(times[t]), times[t][0], times[t][-1]) for t in tiers),
        in_full=drawn.detail is not None,
    )


def _first_words(text: str) -> str:
    """Return the beginning of a text, cut after a word where it has spaces."""
    whole = " ".join(text.split())
    if len(whole) <= _WORDS:
        return whole
    cut = whole[:_WORDS].rpartition(" ")[0]
    return (cut if len(cut) > _WORDS // 2 else whole[:_WORDS]) + "\u00a0…"


def _own_axis(drawn: Shown, zone: ZoneInfo) -> charts.Axis:
    return charts.Axis(drawn.family.first.astimezone(zone).date(), drawn.family.last.astimezone(zone).date())


def _card(family: Family, detail: Detail, *, number: int) -> FamilyCard:
    shown_at = _chosen(detail.arrivals)
    scale = charts_copies.lag_scale([detail.arrivals[n].lag_s for n in shown_at])
    places = _places(detail.arrivals, detail.channels)
    steps = [
        Step(
            place=places[n],
            arrival=detail.arrivals[n],
            lag=_lag(detail.arrivals[0], detail.arrivals[n]),
            lane=charts_copies.lane(
                detail.arrivals[n],
                scale,
                ident=f"arrival-{number}-{n}",
                name=f"channel {n + 1} of {short(family.ident)}",
            ),
        )
        for n in shown_at
    ]
    return FamilyCard(
        family=family,
        detail=detail,
        span=span(family),
        steps=tuple(_tied(steps, [detail.arrivals[n] for n in shown_at])),
        axis=charts_copies.lag_axis(scale),
        unshown=detail.channels - len(shown_at),
        text=_first_text(detail),
        variations=tuple(_variation(detail, variant) for variant in detail.variants),
        template=tuple(_template(detail.template)) if detail.template else (),
        slots=tuple(_fillings(detail.template)) if detail.template else (),
    )


def _chosen(arrivals: Sequence[Arrival]) -> list[int]:
    """Return the places of the first channels, and of the first of each tier and platform that is not among them."""
    chosen = list(range(min(_FIRST_MAX, len(arrivals))))
    seen = {(arrivals[n].tier, arrivals[n].platform) for n in chosen}
    for n in range(len(chosen), len(arrivals)):
        kind = (arrivals[n].tier, arrivals[n].platform)
        if kind not in seen and len(chosen) < _STEPS_MAX:
            seen.add(kind)
            chosen.append(n)
    return chosen


def interval(arrival: Arrival) -> tuple[datetime, datetime]:
    """Return the stretch of time in which a post was published, as far as its file tells; the end is not in it."""
    begin = arrival.time.replace(microsecond=0) if arrival.precision_s == 1 else arrival.time
    return begin, begin + timedelta(seconds=arrival.precision_s)


def _places(arrivals: Sequence[Arrival], channels: int) -> list[str]:
    """Return the place of each in the order of `channels`: the first and the last it may have."""
    stretches = [interval(a) for a in arrivals]
    begins, ends = sorted(b for b, _ in stretches), sorted(e for _, e in stretches)
    made = []
    for begin, end in stretches:
        low, high = 1 + bisect_right(ends, begin), bisect_left(begins, end)
        if low == high:
            made.append(words.number(low))
        elif high == len(arrivals) < channels:
            made.append(f"{words.number(low)} or later")
        else:
            made.append(f"{words.number(low)} to {words.number(high)}")
    return made


def _lag(first: Arrival, arrival: Arrival) -> str:
    """Return in words how long after the first a channel published; no more exactly than both files tell."""
    begin, _ = interval(arrival)
    exact = max(first.precision_s, arrival.precision_s)
    if arrival is first:
        return "first"
    if begin < interval(first)[1]:
        return _SAME.get(exact, "same time")
    return f"{'about ' if exact > 1 else ''}{words.length(arrival.lag_s)} later"


def _tied(steps: Sequence[Step], arrivals: Sequence[Arrival]) -> Iterable[tuple[Step, ...]]:
    """Yield the steps in groups, a new one where a channel is later than all before it."""
    group: list[Step] = []
    end: datetime | None = None
    for step, arrival in zip(steps, arrivals, strict=True):
        begin, until = interval(arrival)
        if end is not None and begin >= end:
            yield tuple(group)
            group = []
        group.append(step)
        end = until if end is None else max(end, until)
    if group:
        yield tuple(group)


def _first_text(detail: Detail) -> Pieces:
    text = detail.text[:_TEXT_SHOWN]
    pieces = [Piece("same", " ".join(text.split()))]
    if (more := detail.characters - len(text)) > 0:
        pieces.append(Piece("cut", f" … {words.counted(more, 'more character')}"))
    return _marked(pieces)


def _variation(detail: Detail, variant: Variant) -> Variation:
    pieces = shown(differences(detail.text, variant.text))
    about = []
    if len(pieces) > _PIECES_MAX:
        about.append("only the first changes are shown")
    if variant.characters > len(variant.text) or detail.characters > len(detail.text):
        about.append(f"compared are the first {words.number(max(len(variant.text), len(detail.text)))} characters")
    return Variation(variant, _marked(pieces[:_PIECES_MAX]), "; ".join(about))


def _marked(pieces: Iterable[Piece]) -> Pieces:
    return tuple((kind, set_off(str(text))) for kind, text in html_parts(pieces))


def _template(pattern: Pattern) -> Iterable[tuple[str, str]]:
    """Yield the words that stand and the numbers of the slots between them."""
    at = {slot.at: str(n) for n, slot in enumerate(pattern.slots, start=1)}
    cells: list[tuple[str, str]] = []
    for n, word in enumerate((*pattern.words, "")):
        if n in at:
            cells.append(("slot", at[n]))
        if n < len(pattern.words):
            cells.append(("word", word[:80]))
    yield from cells[:_CELLS_MAX]
    if len(cells) > _CELLS_MAX:
        yield "cut", f"… {words.counted(len(cells) - _CELLS_MAX, 'more word')}"


def _fillings(pattern: Pattern) -> Iterable[Filling]:
    """Yield for the first slots what fills them most."""
    for n, slot in enumerate(pattern.slots[:_SLOTS_MAX], start=1):
        values = list(slot.values.items())
        yield Filling(n, tuple(values[:_VALUES_MAX]), max(0, len(values) - _VALUES_MAX))
