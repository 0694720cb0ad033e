"""The measured tables behind a case's networks, and what the commands on networks ask of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie import case as case_file
from vigie.detectors import all_detectors
from vigie.engine.fragments import ROW_ORDER
from vigie.engine.local import LocalEngine
from vigie.errors import InputError
from vigie.measures import named
from vigie.measures.shares import KINDS
from vigie.run.add import STORE, relation
from vigie.run.analyse import Measured, parameters_of
from vigie.run.explain import NETWORKS_DETECTOR
from vigie.tables.store import Store
from vigie.text.counted import some_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from vigie.case import Case

    Row = dict[str, Any]
    Progress = Callable[[str, int, int], None]
    Declared = Mapping[tuple[str | None, str], tuple[str | None, str]]

CHAIN: Final = ("shares", "co_share_edges", "co_share_meetings", "networks")
# Objects of these kinds are identifiers and fingerprints: what a reader can know them by is a post that carries one.
UNREADABLE: Final = ("text", "media", "repost", "reply", "quote")
# Offsets from UTC are multiples of it.
_QUARTER_US: Final = 900 * 1_000_000
_NAMES_SQL: Final = f"""
select channel, arg_min(channel_name, row(-epoch_us(time), {ROW_ORDER})) as name
from (select platform || ':' || channel_id as channel, * from posts where channel_name is not null)
semi join members using (channel)
group by channel
"""


class Chain:
    """The measured tables that lead to a case's networks, with the parameters in force for the detector.

    For use within `measuring(folder)`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.case: Case = case_file.load(folder)
        self.values = parameters_of(self.case, NETWORKS_DETECTOR, dict(all_detectors())[NETWORKS_DETECTOR])
        self._store = Store(folder / STORE)
        self._manifest = self._store.manifest()
        self._measured = Measured(folder, self.case, self._store, self._manifest)

    @property
    def lacking(self) -> tuple[str, ...]:
        """Return the tables without rows that the measures need."""
        return self._measured.lacking(named("networks"))

    @property
    def windows(self) -> dict[str, int]:
        """Return the seconds within which objects of each kind count as shared together; kinds not looked at lack."""
        return {kind: s for kind in KINDS if (s := self.values.get(f"{kind}_window_s"))}

    @property
    def posts(self) -> Any:
        """Return the posts as measures see them."""
        return relation(self._store, "posts", self._manifest)

    @property
    def declared(self) -> Declared:
        """Return what the case file says of channels, for `outlet_of`."""
        return declared_in(self.case.tables()["case_channels"].to_pylist())

    def tables(self, progress: Progress = lambda *_: None) -> dict[str, pa.Table]:
        """Return each table of `CHAIN` by its name; empty ones where something is lacking."""
        made = {}
        for number, name in enumerate(CHAIN):
            progress(name, number, len(CHAIN))
            measure = named(name)
            made[name] = measure.schema.empty_table() if self.lacking else self._measured.table(measure, self.values)
        progress("", len(CHAIN), len(CHAIN))
        return made


def looked_at(folder: Path, progress: Progress) -> tuple[Chain, dict[str, pa.Table]]:
    """Return a case's chain and its tables, for questions that have no answer where there is nothing to look at.

    For use within `measuring(folder)`.

    Raises
    ------
    InputError
        if something is lacking.
    """
    chain = Chain(folder)
    if chain.lacking:
        raise InputError(f"no {' and '.join(chain.lacking)} in this case", where=str(folder), hint="vigie add")
    return chain, chain.tables(progress)


def asked_for(networks: pa.Table, ident: str, folder: Path) -> list[Row]:
    """Return the rows of the measure `networks`: all of them, or the one that `ident` chooses.

    Raises
    ------
    InputError
        as `chosen` does.
    """
    rows = networks.to_pylist()
    return [chosen(rows, ident, folder)] if ident else rows


def chosen(rows: Sequence[Row], ident: str, folder: Path) -> Row:
    """Return the network whose id is, or begins with, `ident`.

    Raises
    ------
    InputError
        if there is none, or more than one; it names those there are.
    """
    found = [r for r in rows if r["network_id"] == ident] or [r for r in rows if r["network_id"].startswith(ident)]
    if len(found) == 1:
        return found[0]
    what = f"no network is named {ident!r}" if not found else f"{len(found)} networks begin with {ident!r}"
    ids = [r["network_id"] for r in (found or rows)]
    listed = some_of(ids, " (vigie networks)") or "none: no channels act together beyond chance"
    raise InputError(what, where=str(folder), hint=f"networks: {listed}")


def declared_in(channels: Iterable[Row]) -> Declared:
    """Return (outlet, tier) of the channels in rows of `case_channels`, by platform (None: any) and channel_id."""
    return {(r["platform"], r["channel_id"]): (r["outlet"], r["tier"]) for r in channels}


def outlet_of(channel: str, declared: Declared) -> tuple[str | None, str | None]:
    """Return the outlet and the tier declared for a `platform:channel_id`: on its platform, else on any; else nothing.

    >>> declared = {("x", "ana"): ("RT", "official"), (None, "bob"): ("TASS", "state-linked")}
    >>> [outlet_of(channel, declared) for channel in ("x:ana", "telegram:ana", "x:bob")]
    [('RT', 'official'), (None, None), ('TASS', 'state-linked')]
    """
    platform, _, ident = channel.partition(":")
    return declared.get((platform, ident)) or declared.get((None, ident)) or (None, None)


def names_of(posts: Any, channels: Iterable[str]) -> dict[str, str]:
    """Return the name that the last of a channel's `posts` with one shows; of several at one time the first row's."""
    members = pa.table({"channel": pa.array(sorted(set(channels)), pa.string())})
    with LocalEngine({"posts": posts, "members": members}) as engine:
        return {r["channel"]: r["name"] for r in engine.query(_NAMES_SQL).to_pylist()}


def members_of(network: Row, declared: Declared, names: Mapping[str, str]) -> Iterator[Row]:
    """Yield what is known of each member of a row of the measure `networks`, by the fields of a `Member`."""
    columns = ("members", "roles", "member_objects", "member_firsts", "member_stability", "member_created")
    for channel, role, objects, firsts, stability, created in zip(*(network[c] for c in columns), strict=True):
        outlet, tier = outlet_of(channel, declared)
        yield {
            "channel": channel,
            "name": names.get(channel),
            "role": role,
            "outlet": outlet,
            "tier": tier,
            "objects": objects,
            "firsts": firsts,
            "stability": stability,
            "created": created,
        }


def together(edges: pa.Table, q_max: float) -> pa.Table:
    """Return the pairs of `co_share_edges` that are together beyond chance."""
    pairs = of_row(edges, "pair")
    return pairs.filter(pc.less_equal(pairs["q_value"], pa.scalar(q_max)))


def of_row(edges: pa.Table, what: str) -> pa.Table:
    """Return the rows of `co_share_edges` that are pairs, crowds or passed-over shares."""
    return edges.filter(pc.equal(edges["row"], pa.scalar(what)))


def pairs_of(edges: pa.Table) -> set[tuple[str, str]]:
    """Return the different pairs of channels, whatever the kind of object."""
    return set(zip(*(map(str, edges[c].to_pylist()) for c in ("channel_a", "channel_b")), strict=True))


def tested(edges: pa.Table) -> int:
    """Return how many pairs were tested, over all kinds: the same in each row of a pair, 0 where there is none."""
    return max((t or 0 for t in pc.unique(edges["tests"]).to_pylist()), default=0)


def belonging(channels: pa.ChunkedArray[Any], rows: Sequence[Row]) -> NDArray[np.int64]:
    """Return the position among `rows` of the network each channel belongs to; -1: to none of them."""
    members = [m for r in rows for m in r["members"]]
    of = np.repeat(np.arange(len(rows)), [len(r["members"]) for r in rows]).astype(np.int64)
    found = pc.index_in(channels, pa.array(members, pa.string())).fill_null(-1)
    return np.append(of, -1)[np.asarray(found, np.int64)]


def inside(meetings: pa.Table, rows: Sequence[Row]) -> tuple[pa.Table, NDArray[np.int64]]:
    """Return the meetings of two members of one network, and the position of that network among `rows`."""
    network = belonging(meetings["channel_a"], rows)
    kept = (network >= 0) & (network == belonging(meetings["channel_b"], rows))
    return meetings.filter(pa.array(kept)), network[kept]


def began(meetings: pa.Table) -> NDArray[np.int64]:
    """Return the time of the earlier share of each meeting, UTC microseconds."""
    times = (np.asarray(meetings[c].cast(pa.int64()), np.int64) for c in ("time_a", "time_b"))
    return np.minimum(*times)


def local_times(times: NDArray[np.int64], zone: ZoneInfo) -> tuple[list[datetime], NDArray[np.int64]]:
    """Return the quarters of an hour in `zone` that occur among UTC microseconds, and the number of each time's."""
    quarters, codes = np.unique(times // _QUARTER_US, return_inverse=True)
    return [datetime.fromtimestamp(900 * q, zone) for q in quarters.tolist()], codes
