"""`vigie explain CASE net-...`: what each pair of a network shared together, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vigie.run.analyse import measuring
from vigie.run.explain import raw_rows
from vigie.run.network_chain import Chain, chosen, inside, together

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from vigie.run.explain import Raw
    from vigie.run.network_chain import Progress, Row

_PAIR_ROWS_MIN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PairKind:
    """A pair's figures at objects of one kind: `a_first` and `tied` count meetings."""

    object_kind: str
    window_s: int
    objects: int
    meetings: int
    delay_s: float
    a_first: int
    tied: int
    expected: float
    p_value: float
    q_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Two posts, one of each channel, and the objects that both carry: (kind, id)."""

    objects: tuple[tuple[str, str], ...]
    time_a: datetime
    time_b: datetime
    row_a: Raw
    row_b: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class PairShares:
    """A pair of members: its figures by kind, and the first of its posts together; `total` counts them all."""

    channel_a: str
    channel_b: str
    kinds: tuple[PairKind, ...]
    shown: tuple[Together, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedNetwork:
    """A network's pairs, those together at most objects first; `left_out` counts pairs of which nothing is shown."""

    id: str
    simulated: bool
    time_zone: str
    members: tuple[str, ...]
    pairs: tuple[PairShares, ...]
    left_out: int
    total: int


def explain_network(
    folder: Path, ident: str, *, limit: int | None = 20, progress: Progress = lambda *_: None
) -> ExplainedNetwork:
    """Return the pairs of the network whose id begins with `ident`, with `limit` of their posts together.

    Raises
    ------
    VigieError
        if no network or several begin so, or the store is damaged.
    """
    with measuring(folder):
        chain = Chain(folder)
        tables = chain.tables(progress)
    row = chosen(tables["networks"].to_pylist(), ident, folder)
    figures = _figures(together(tables["co_share_edges"], chain.values["q_max"]), row)
    posts = _posts(inside(tables["co_share_meetings"], [row])[0])
    order = sorted(figures, key=lambda pair: (-sum(k.objects for k in figures[pair]), pair))
    shown = shared_out([len(posts.get(pair, ())) for pair in order], limit)
    wanted = {pair: posts.get(pair, [])[:count] for pair, count in zip(order, shown, strict=True)}
    ids = sorted({ident for met in wanted.values() for m in met for ident in (m["row_a"], m["row_b"])})
    raw = {r.row_id: r for r in raw_rows(folder, ids)}
    pairs = tuple(
        PairShares(
            channel_a=pair[0],
            channel_b=pair[1],
            kinds=tuple(figures[pair]),
            shown=tuple(
                Together(
                    objects=tuple(m["objects"]),
                    time_a=m["time_a"],
                    time_b=m["time_b"],
                    row_a=raw[m["row_a"]],
                    row_b=raw[m["row_b"]],
                )
                for m in wanted[pair]
            ),
            total=len(posts.get(pair, ())),
        )
        for pair, count in zip(order, shown, strict=True)
        if count or limit is None
    )
    return ExplainedNetwork(
        id=row["network_id"],
        simulated=chain.case.election.simulated,
        time_zone=chain.case.election.time_zone,
        members=tuple(row["members"]),
        pairs=pairs,
        left_out=len(order) - len(pairs),
        total=sum(map(len, posts.values())),
    )


def shared_out(counts: Sequence[int], limit: int | None) -> list[int]:
    """Return how many of each are shown: the first ones get at least two each, and what is left goes to the first.

    >>> shared_out([9, 1, 5], 6), shared_out([9, 9, 9], 4), shared_out([3, 9], None)
    ([3, 1, 2], [2, 2, 0], [3, 9])
    """
    if limit is None:
        return list(counts)
    each = max(_PAIR_ROWS_MIN, limit // max(len(counts), 1))
    shown: list[int] = []
    for count in counts:
        shown.append(min(count, each, limit - sum(shown)))
    rest = limit - sum(shown)
    for at, count in enumerate(counts):
        more = min(count - shown[at], rest)
        shown[at] += more
        rest -= more
    return shown


def _figures(edges: pa.Table, row: Row) -> dict[tuple[str, str], list[PairKind]]:
    """Return the figures of each pair within the network."""
    members = set(row["members"])
    found: dict[tuple[str, str], list[PairKind]] = {}
    for e in edges.to_pylist():
        pair = (e["channel_a"], e["channel_b"])
        if members.issuperset(pair):
            found.setdefault(pair, []).append(PairKind(**{k: e[k] for k in PairKind.__slots__}))
    return found


def _posts(meetings: pa.Table) -> dict[tuple[str, str], list[Row]]:
    """Return the posts of each pair that met, with all the objects at which these two did, in order of time."""
    met: dict[tuple[str, str, str, str], Row] = {}
    for m in meetings.to_pylist():
        kept = met.setdefault((m["channel_a"], m["channel_b"], m["row_a"], m["row_b"]), m | {"objects": []})
        kept["objects"].append((m["object_kind"], m["object_id"]))
    found: dict[tuple[str, str], list[Row]] = {}
    for kept in sorted(met.values(), key=lambda m: (min(m["time_a"], m["time_b"]), m["row_a"], m["row_b"])):
        found.setdefault((kept["channel_a"], kept["channel_b"]), []).append(kept)
    return found
