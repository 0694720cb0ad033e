"""What the template of the section on accounts that act together is given: its charts, tables and links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vigie.briefings import charts, charts_networks, network_picture, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from markupsafe import Markup

    from vigie.briefings.model import Brief, Finding
    from vigie.briefings.networks import Member, Network, Networks, Pair, Pushed

DETECTOR: Final = "coordinated_network"
_CARDS_MAX: Final = 12
_LISTED_MAX: Final = 100
_LANES_MAX: Final = {"finding": 24, "explained": 8}
_MEMBERS_MAX: Final = 40
_CROWDS_MAX: Final = 20
_KINDS: Final = {
    "url": "address",
    "domain": "site",
    "hashtag": "hashtag",
    "mention": "mention",
    "repost": "reposted post",
    "reply": "answered post",
    "quote": "quoted post",
    "media": "picture or video",
    "text": "same text",
    "url_hashtag": "address with hashtag",
}
_ROLES: Final = {"first mover": 0, "amplifier": 1}


@dataclass(frozen=True, slots=True)
class NetworkCard:
    """One network in full, `number` as in the picture; `finding` is its finding's id where the page shows it.

    `lanes` are the objects most members pushed with their time lines and how long these posts took, `span` the words at
    either end of the lines; `days` is the table twin of the chart of days and hours.
    """

    number: int
    network: Network
    finding: str | None
    versus: Markup
    lanes: tuple[tuple[Pushed, Markup, str], ...]
    span: tuple[str, str]
    hours: Markup
    step: str
    days: tuple[tuple[str, int, str], ...]
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One network in the table of all; `card` says whether it is shown in full."""

    number: int
    network: Network
    versus: Markup
    card: bool
    finding: str | None


@dataclass(frozen=True, slots=True)
class PairLine:
    """One pair in the table twin of the picture; `number` is its network, None where it joins two."""

    number: int | None
    pair: Pair
    p: str
    q: str


def kind_name(kind: str) -> str:
    """Return a kind of object in words.

    >>> kind_name("url"), kind_name("url_hashtag")
    ('address', 'address with hashtag')
    """
    return _KINDS.get(kind, kind.replace("_", " "))


def section(brief: Brief, shown: Iterable[Finding], zone: ZoneInfo) -> dict[str, Any]:
    """Return what the template of the section is given beside its data; nothing where there is no section.

    `shown` are the findings that have a place on the page.
    """
    what = brief.networks
    if what is None:
        return {"network_of": {}}
    findings = {tuple(sorted(f.subject_ids)): f.id for f in shown if f.detector == DETECTOR}
    linked = [findings.get(tuple(sorted(m.channel for m in n.members))) for n in what.networks]
    scale = charts_networks.powers(what.networks)
    numbered = list(enumerate(what.networks, start=1))
    in_full = {
        number
        for standing in ("finding", "explained")
        for number, _ in [(n, w) for n, w in numbered if w.standing == standing][:_CARDS_MAX]
    }
    cards = [_card(n, w, linked[n - 1], scale, rounds=brief.rounds, zone=zone) for n, w in numbered if n in in_full]
    drawn = network_picture.drawn(what.networks, what.pairs)
    return {
        # Where a finding's network is shown in full, its card says so.
        "network_of": {c.finding: c for c in cards if c.finding is not None},
        "net_drawn": drawn,
        "net_picture": network_picture.picture(drawn, ident="netmap") if drawn.networks else "",
        "net_pairs": _pair_lines(what, drawn),
        "net_tails": charts_networks.tails(what.tails, ident="tails") if len(what.tails) > 1 else "",
        "net_found": [c for c in cards if c.network.standing == "finding"],
        "net_explained": [c for c in cards if c.network.standing == "explained"],
        "net_listed": [_listed(n, w, scale, in_full, linked[n - 1]) for n, w in numbered[:_LISTED_MAX]],
        "net_scale": tuple(words.number(10.0**power) for power in scale),
        "net_standing": {
            s: sum(n.standing == s for n in what.networks) for s in ("finding", "explained", "small", "chance")
        },
        "net_channels": sum(len(n.members) for n in what.networks),
        "net_crowds": what.crowds[:_CROWDS_MAX],
        "net_note": brief.detectors.get(DETECTOR),
        "kind_name": kind_name,
        "probability": charts_networks.probability,
        "local_day": lambda time: words.day(time.astimezone(zone).date()),
    }


def _listed(number: int, network: Network, scale: tuple[int, int], in_full: set[int], finding: str | None) -> Listed:
    name = f"network {number}"
    versus = charts_networks.against_null(network, scale, ident=f"versus-{number}", name=name)
    return Listed(number, network, versus, number in in_full, finding)


def _card(
    number: int,
    network: Network,
    finding: str | None,
    scale: tuple[int, int],
    *,
    rounds: tuple[date, ...],
    zone: ZoneInfo,
) -> NetworkCard:
    name = f"network {number}"
    lanes = tuple(
        (
            pushed,
            charts_networks.lane(
                pushed.times, network.first, network.last, ident=f"lane-{number}-{n}", name=f"object {n} of {name}"
            ),
            words.length((pushed.times[-1] - pushed.times[0]).total_seconds()) if pushed.times else "",
        )
        for n, pushed in enumerate(network.pushed[: _LANES_MAX[network.standing]], start=1)
    )
    days = {when for when, _ in network.hours} | {t.astimezone(zone).date() for t in (network.first, network.last)}
    axis = charts.Axis(min(days), max(days), rounds)
    return NetworkCard(
        number=number,
        network=network,
        finding=finding,
        versus=charts_networks.against_null(network, scale, ident=f"null-{number}", name=name),
        lanes=lanes,
        span=(words.moment(network.first, zone), words.moment(network.last, zone)),
        hours=charts_networks.hours(axis, network.hours, ident=f"hours-{number}", name=name),
        step=axis.step,
        days=tuple(_days(axis, network.hours)),
        members=tuple(
            sorted(network.members, key=lambda m: (_ROLES.get(m.role, 2), -m.objects, m.channel))[:_MEMBERS_MAX]
        ),
    )


def _days(axis: charts.Axis, hours: Mapping[tuple[date, int], int]) -> Iterable[tuple[str, int, str]]:
    """Yield for each day (or longer) with a post: when, how many posts, and the hours that have any with theirs."""
    bins: dict[date, dict[int, int]] = {}
    for (when, hour), posts in sorted(hours.items()):
        of_day = bins.setdefault(axis.bin(when), {})
        of_day[hour] = of_day.get(hour, 0) + posts
    for start, of_day in bins.items():
        said = ", ".join(f"{hour:02d}:00 {words.number(of_day[hour])}" for hour in sorted(of_day))
        yield words.day(start), sum(of_day.values()), said


def _pair_lines(what: Networks, drawn: network_picture.Drawn) -> Sequence[PairLine]:
    """Return the pairs in the picture, network by network, those that join two networks last."""
    home = {m.channel: number for number, network, _ in drawn.networks for m in network.members}
    lines = [
        PairLine(
            home[p.a] if home[p.a] == home[p.b] else None,
            p,
            charts_networks.probability(p.p_value),
            charts_networks.probability(p.q_value),
        )
        for p in drawn.pairs
    ]
    last = len(what.networks) + 1
    return sorted(
        lines, key=lambda line: (line.number or last, -line.pair.objects, line.pair.a, line.pair.b, line.pair.kind)
    )
