"""The picture of the networks: a cell for each, its channels as nodes, its pairs as edges, names where they fit."""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from markupsafe import Markup

from vigie.briefings.charts import coordinate
from vigie.briefings.network_layout import apart, shelves, spread
from vigie.briefings.words import counted
from vigie.text.inert import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigie.briefings.networks import Member, Network, Pair

NODES_MAX: Final = 300
EDGES_MAX: Final = 900
COLOURS: Final = 8
_WIDTH: Final = 960
_GAP: Final = 14.0
_HEAD: Final = 24.0
_LETTER: Final = 6.4
_LINE: Final = 13.0
_LABEL_MAX: Final = 24
_SHADES: Final = 5
_EDGES_FINE: Final = 2.5  # edges a node, beyond which they are drawn fine, or nothing else would be seen
_SVG: Final = Markup(
    '<svg class="chart netmap" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{ident}-t {ident}-d">'
    '<title id="{ident}-t">{title}</title><desc id="{ident}-d">{desc}</desc>{body}</svg>'
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What of the networks is in the picture: (number, network, its members drawn), the pairs drawn; what is not.

    `weights` are the objects of every pair of channels drawn, whether its edge is drawn or not: they decide the places.
    """

    networks: tuple[tuple[int, Network, tuple[Member, ...]], ...]
    pairs: tuple[Pair, ...]
    weights: Mapping[tuple[str, str], int]
    left_out: int
    pairs_left_out: int


@dataclass(frozen=True, slots=True)
class _Node:
    x: float
    y: float
    r: float


def drawn(networks: Sequence[Network], pairs: Sequence[Pair]) -> Drawn:
    """Return what the picture shows: the largest networks until `NODES_MAX` channels, their pairs of most objects.

    Of a network that is larger alone, the members of most objects are drawn. Networks keep their order and number.
    Beyond `EDGES_MAX` pairs those of most objects are drawn, and one of each channel, or it would stand alone.
    """
    by_size = sorted(range(len(networks)), key=lambda n: (-len(networks[n].members), n))
    taken: dict[int, tuple[Member, ...]] = {}
    room = NODES_MAX
    for place in by_size:
        members = networks[place].members
        if len(members) > room and taken:
            continue
        taken[place] = tuple(sorted(members, key=lambda m: (-m.objects, m.channel))[:room])
        room -= len(taken[place])
    shown = {m.channel for members in taken.values() for m in members}
    inside = [p for p in pairs if p.a in shown and p.b in shown]
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for pair in inside:
        sums[pair.a, pair.b] += pair.objects
    ordered = sorted(sums, key=lambda ends: (-sums[ends], ends))
    kept = set(ordered[:EDGES_MAX])
    lone = shown - {channel for ends in kept for channel in ends}
    for ends in ordered[EDGES_MAX:]:
        if not lone.isdisjoint(ends):
            kept.add(ends)
            lone.difference_update(ends)
    return Drawn(
        networks=tuple((n + 1, networks[n], taken[n]) for n in sorted(taken)),
        pairs=tuple(p for p in inside if (p.a, p.b) in kept),
        weights=sums,
        left_out=len(networks) - len(taken),
        pairs_left_out=len(sums) - len(kept),
    )


def picture(what: Drawn, *, ident: str) -> Markup:
    """Return the networks as nodes and edges, each network in a cell of its own with its number above it.

    A node is as large as its channel has objects and shaped by its role; an edge is as wide as its pair has objects.
    """
    cells, high = shelves([_cell(len(members)) for _, _, members in what.networks], _WIDTH, _GAP)
    weights = {ends: what.weights[ends] for ends in sorted({(p.a, p.b) for p in what.pairs})}
    most_pair = max(weights.values(), default=1)
    most = max((m.objects for _, _, members in what.networks for m in members), default=1)
    body: list[Markup] = []
    places: dict[str, _Node] = {}
    home: dict[str, int] = {}
    for (number_, network, members), cell in zip(what.networks, cells, strict=True):
        places |= _placed(members, what.weights, most, cell)
        home |= dict.fromkeys((m.channel for m in members), number_)
        body.append(_frame(number_, network, cell))
    body += _edges(weights, most_pair, places, home)
    for (number_, network, members), cell in zip(what.networks, cells, strict=True):
        colour = f"n{(number_ - 1) % COLOURS}"
        hollow = " hollow" if network.standing == "explained" else ""
        body += [_node(member, places[member.channel], f"{colour}{hollow}") for member in members]
        body += _labels(members, places, cell)
    shown = sum(len(members) for _, _, members in what.networks)
    desc = (
        f"{counted(len(what.networks), 'network')} of {counted(shown, 'channel')} with {counted(len(weights), 'pair')}"
        "; the pairs stand in the table below"
    )
    return _SVG.format(
        width=_WIDTH, height=coordinate(high + 2), ident=ident, title="Channels that act together", desc=desc,
        body=Markup("").join(body),
    )  # fmt: skip


def _cell(members: int) -> tuple[float, float]:
    """Return the width and height that so many nodes and some of their names need."""
    root = math.sqrt(members)
    return min(float(_WIDTH), 110 + 52 * root), _HEAD + 26 + 40 * root


def _placed(
    members: Sequence[Member], weights: Mapping[tuple[str, str], int], most: int, cell: tuple[float, ...]
) -> dict[str, _Node]:
    """Return the nodes of one network within its cell."""
    names = sorted(m.channel for m in members)
    at = {name: n for n, name in enumerate(names)}
    inner = [(at[a], at[b], float(w)) for (a, b), w in sorted(weights.items()) if a in at and b in at]
    objects = {m.channel: m.objects for m in members}
    largest = 13.0 if len(members) <= 60 else 10.0  # noqa: PLR2004  beyond it discs would fill the cell
    radii = np.array([max(3.5, largest * math.sqrt(objects[n] / max(1, most))) for n in names])
    x, y, width, height = cell
    # Names stand beside the nodes: the fewer the nodes, the more of their names are to fit.
    side = min(width * 0.22, 60.0) if len(members) <= 12 else 20.0  # noqa: PLR2004
    inside = (width - 2 * side, height - _HEAD - 26)
    where = apart(spread(len(names), inner) * np.array([[inside[0]], [inside[1]]]), radii, *inside)
    return {
        name: _Node(x + side + float(where[0, n]), y + _HEAD + 10 + float(where[1, n]), float(radii[n]))
        for n, name in enumerate(names)
    }


def _frame(number_: int, network: Network, cell: tuple[float, ...]) -> Markup:
    x, y, width, height = cell
    said = f"{number_}"
    size = counted(len(network.members), "channel")
    size += {"explained": ", explained", "small": "", "chance": "", "finding": ""}[network.standing]
    return Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="3" class="cell"/>'
        '<text x="{}" y="{}" class="netno">{}</text><text x="{}" y="{}">{}</text>'
    ).format(
        *(coordinate(v) for v in (x + 0.5, y + 0.5, width - 1, height - 1)),
        coordinate(x + 8), coordinate(y + 17), said,
        coordinate(x + 14 + 8.5 * len(said)), coordinate(y + 17), size,
    )  # fmt: skip


def _edges(
    weights: Mapping[tuple[str, str], int], most: int, places: Mapping[str, _Node], home: Mapping[str, int]
) -> list[Markup]:
    """Return all edges of one width and network as one path: many edges would make the page long."""
    paths: dict[str, list[str]] = defaultdict(list)
    fine = " fine" if len(weights) > _EDGES_FINE * len(places) else ""
    for (a, b), weight in sorted(weights.items()):
        width = max(1, math.ceil(_SHADES * math.sqrt(weight / most)))
        kind = f"e{width}{fine} n{(home[a] - 1) % COLOURS}" if home[a] == home[b] else f"e{width} across"
        p, q = places[a], places[b]
        paths[kind].append(f"M{p.x:.1f} {p.y:.1f}L{q.x:.1f} {q.y:.1f}")
    return [Markup('<path class="edge {}" d="{}"/>').format(kind, "".join(paths[kind])) for kind in sorted(paths)]


def _node(member: Member, at: _Node, kind: str) -> Markup:
    said = f"{member.channel}: {member.role}, {counted(member.objects, 'object')}"
    if member.tier is not None:
        said += f", {member.tier}"
    kind += " tier" if member.tier not in (None, "none") else ""
    if member.role == "first mover":
        r = at.r * 1.35
        points = [(at.x, at.y - r), (at.x + 0.87 * r, at.y + r / 2), (at.x - 0.87 * r, at.y + r / 2)]
        shape = Markup('<polygon points="{}"').format(" ".join(f"{x:.1f},{y:.1f}" for x, y in points))
    elif member.role == "amplifier":
        r = at.r * 0.9
        shape = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"').format(
            at.x - r, at.y - r, 2 * r, 2 * r
        )
    else:
        shape = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}"').format(at.x, at.y, at.r)
    return shape + Markup(' class="node {}"><title>{}</title></{}>').format(
        kind, visible(said), {"first mover": "polygon", "amplifier": "rect"}.get(member.role, "circle")
    )


def _labels(members: Sequence[Member], places: Mapping[str, _Node], cell: tuple[float, ...]) -> list[Markup]:
    """Return the names that fit: first movers' first, then those of most objects, on no node and no other name."""
    x, y, width, height = cell
    boxes = [(n.x - n.r, n.y - n.r, n.x + n.r, n.y + n.r) for n in (places[m.channel] for m in members)]
    found = []
    for member in sorted(members, key=lambda m: (m.role != "first mover", -m.objects, m.channel)):
        text = label(member)
        node, wide = places[member.channel], _LETTER * columns(text)
        beside = node.r * (1.35 if member.role == "first mover" else 1.0) + 3
        right = (node.x + beside, node.y - _LINE / 2, "start")
        left_side = (node.x - beside - wide, node.y - _LINE / 2, "end")
        centred = min(max(node.x - wide / 2, x + 5), x + width - 5 - wide)
        below = (centred, node.y + beside - 1, "middle")
        above = (centred, node.y - beside - _LINE + 1, "middle")
        # Away from the middle, where the edges are.
        outward = (right, left_side) if node.x >= x + width / 2 else (left_side, right)
        tried = (below, above) if len(members) == 2 else (*outward, below, above)  # noqa: PLR2004  side by side
        for left, top, anchor in tried:
            box = (left, top, left + wide, top + _LINE)
            if left < x + 4 or box[2] > x + width - 4 or top < y + _HEAD - 2 or box[3] > y + height - 3:
                continue
            if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in boxes):
                continue
            boxes.append(box)
            at = {"start": left, "end": box[2], "middle": (left + box[2]) / 2}[anchor]
            found.append(
                Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="name">{}</text>').format(
                    at, top + 10.5, anchor, text
                )
            )
            break
    return found


def label(member: Member) -> str:
    """Return a channel's name as it stands in the picture: without its platform, clipped, nothing unseen in it."""
    _, _, channel = member.channel.partition(":")
    whole = " ".join((channel or member.channel).split())
    text = visible(whole[:_LABEL_MAX])
    return text[: _LABEL_MAX - 1] + "…" if len(whole) > _LABEL_MAX or len(text) > _LABEL_MAX else text


def columns(text: str) -> int:
    """Return how many letters' width a text takes.

    >>> columns("abc"), columns("北京")
    (3, 4)
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
