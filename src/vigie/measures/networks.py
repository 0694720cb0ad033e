"""Networks: groups of channels that met at the same objects far more often than chance has it, and what explains them.

The graph has an edge between two channels where at least one kind of object has them as a pair of `co_share_edges` with
`q_value` at most `q_max`. An edge weighs the objects at which they met beyond those expected, over all such kinds: what
chance explains does not bind (a `q_max` near 1 has pairs that meet less often than chance expects: no edge), and one
kind may make up for another. (The probabilities would not do as weights: they grow with the number of an account's
shares as well as with its ties, and one pair of -300 would drown the rest.)
Networks are the communities of that graph (`vigie.kernels.communities`); an edge between two networks is in neither.
What is counted of a network is counted over the meetings (`co_share_meetings`) of two of its members.

Every row carries the innocent explanations that were tested (`vigie.rules.explanations`), those that do not fit, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Groups, Query, Rows, Step
from vigie.engine.fragments import ROW_ORDER
from vigie.kernels.communities import RESOLUTION, communities
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.rules import network_counts
from vigie.rules.network_members import says_volunteer
from vigie.rules.network_row import Counts, network_id, row_of
from vigie.tables import UTC_US
from vigie.text.candidates import names_in, spellings_of
from vigie.text.fold import fold_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from vigie.rules.network_counts import Count

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_F: Final[pa.DataType] = pa.float64()
_T: Final[pa.DataType] = UTC_US
_LIST: Final[pa.DataType] = pa.list_(_S)
PUSHED: Final = pa.struct(
    [
        ("object_kind", _S),
        ("object_id", _S),
        ("members", _I),  # members that met at it
        ("others", _I),  # channels outside the network that shared it at all
        ("first_seen", _T),
        ("last_seen", _T),
    ]
)
EXPLANATION: Final = pa.struct(
    [
        ("name", _S),
        ("share", _F),  # of the pair-objects, that it accounts for
        ("fits", pa.bool_()),
        ("says", _S),  # a sentence with its figures
    ]
)
BURST: Final = pa.struct(
    [
        ("members", _I),  # the most members created within `days`
        ("days", _I),
        ("p_value", _F),  # that as many of so many channels of the case fall there by chance, for any such stretch
    ]
)
NETWORKS: Final = pa.schema(
    [
        ("network_id", _S),  # net- and 8 hexadecimal digits of the sorted members' hash
        ("members", _LIST),  # platform:channel_id, sorted
        # Lists parallel to `members`.
        ("roles", _LIST),  # first mover, amplifier or member
        ("member_objects", pa.list_(_I)),  # objects at which it met another
        ("member_firsts", pa.list_(_I)),  # objects at which it was the network's first, and alone
        ("member_stability", pa.list_(_F)),  # share of reruns that keep it with the majority of its network
        ("member_created", pa.list_(_T)),  # when the channel was made; null: unknown
        ("stability", _F),  # mean over members
        ("object_kinds", _LIST),  # sorted
        # Lists parallel to `object_kinds`.
        ("kind_members", pa.list_(_I)),
        ("kind_edges", pa.list_(_I)),
        ("edges", _I),  # different pairs of members that are linked
        ("objects", _I),  # different objects
        ("pair_objects", _I),  # objects of each linked pair, added up
        ("expected", _F),  # the same sum under the null model
        ("p_value", _F),  # of its pairs together, after all `tests` (Simes)
        ("q_value", _F),  # the largest of its pairs
        ("tests", _I),
        ("delay_s", _F),  # median over meetings, seconds
        ("same_second", _F),  # share of meetings less than a second apart
        ("days", _I),  # UTC days with a meeting
        ("hours", pa.list_(_I)),  # 24: objects by UTC hour of their first meeting
        ("pushed", pa.list_(PUSHED)),  # most members first, at most 200
        ("candidates", _LIST),  # names of the candidates that its posts name, most posts first
        ("candidate_posts", pa.list_(_I)),  # parallel: how many of the evidence posts do
        ("created_burst", BURST),  # null: dates are unknown
        ("explanations", pa.list_(EXPLANATION)),  # every innocent explanation tested
        ("explained", _F),  # the largest share among those that fit and may excuse; 0: none does
        ("first_seen", _T),
        ("last_seen", _T),
        ("evidence_ids", _LIST),  # rows of the meetings, in the order of files
    ]
)
_LINKED: Final = pa.schema(
    [("graph", _S), ("channel_a", _S), ("channel_b", _S), ("weight", _F)]  # `graph` is one for all: rows of one key
)
_MEMBERS: Final = pa.schema([("graph", _S), ("network_id", _S), ("channel", _S), ("stability", _F)])
_SAID: Final = pa.schema([("network_id", _S), ("channel", _S), ("candidates", _LIST), ("says_volunteer", pa.bool_())])
_LINKED_SQL: Final = """
select '' as graph, channel_a, channel_b, sum(objects - expected order by object_kind) as weight
from co_share_edges where "row" = 'pair' and q_value <= $q_max
group by channel_a, channel_b having weight > 0 order by channel_a, channel_b
"""


def _members(linked: pa.Table, members_min: int, resolution: float) -> pa.Table:
    """Return the rows of _MEMBERS of the whole graph."""
    pairs = linked.num_rows
    ends = pa.concat_arrays([linked[c].combine_chunks() for c in ("channel_a", "channel_b")])
    names = sorted(map(str, ends.unique().to_pylist()))
    codes = pc.index_in(ends, pa.array(names, _S)).to_numpy().astype(np.int64)
    found = communities(
        codes[:pairs], codes[pairs:], linked["weight"].to_numpy(), node_count=len(names), resolution=resolution
    )
    rows: list[dict[str, Any]] = []
    own: dict[int, list[int]] = {}
    for node, least in enumerate(found.least.tolist()):
        own.setdefault(least, []).append(node)
    for nodes in own.values():
        if len(nodes) >= members_min:
            ident = network_id([names[n] for n in nodes])
            rows += [
                {"graph": "", "network_id": ident, "channel": names[n], "stability": float(found.stability[n])}
                for n in nodes
            ]
    return pa.Table.from_pylist(rows, schema=_MEMBERS)


def _saying(candidates: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that tells whom posts name, and whether they say that their author is a volunteer."""
    spellings = spellings_of(candidates.to_pylist())

    def said(posts: pa.Table) -> pa.Table:
        read: dict[str, tuple[list[str], bool]] = {}
        rows = []
        for row in posts.to_pylist():
            text = " ".join([row["text"] or "", *(row["hashtags"] or ())])
            if text not in read:
                folded = fold_id(text)
                read[text] = list(names_in(folded, spellings)), says_volunteer(folded)
            rows.append(
                {
                    "network_id": row["network_id"],
                    "channel": row["channel"],
                    "candidates": read[text][0],
                    "says_volunteer": read[text][1],
                }
            )
        return pa.Table.from_pylist(rows, schema=_SAID)

    return said


def _networks(  # noqa: PLR0917 - an engine hands the tables over by position
    channels: pa.Table,
    counted: pa.Table,
    links: pa.Table,
    objects: pa.Table,
    occasions: pa.Table,
    whole: pa.Table,
    named: pa.Table,
) -> Callable[[pa.Table], pa.Table]:
    """Return the function that puts the rows of NETWORKS together."""

    def networks(_: pa.Table) -> pa.Table:
        created = channels["created_us"].drop_null().to_numpy()
        by = [_by_network(table) for table in (counted, links, objects, occasions, named)]
        rows = []
        for row in whole.to_pylist():
            own = [part.get(row["network_id"], []) for part in by]
            counts = Counts(members=own[0], links=own[1], objects=own[2], occasions=own[3], whole=row, named=own[4])
            rows.append(row_of(counts, created))
        rows.sort(key=lambda made: (made["p_value"], made["network_id"]))
        return pa.Table.from_pylist(rows, schema=NETWORKS)

    return networks


def _by_network(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        rows.setdefault(row["network_id"], []).append(row)
    return rows


def _query(count: Count, **params: float) -> Query:
    return Query(name=count.name, sql=count.sql.format(row_order=ROW_ORDER), schema=count.schema, params=params)


def steps(
    *,
    q_max: Annotated[float, Bounds(0, 1)] = 0.05,
    members_min: Annotated[int, Bounds(2, 10_000)] = 2,
    resolution: Annotated[float, Bounds(0.01, 100)] = RESOLUTION,
) -> tuple[Step, ...]:
    """Return the steps: graph, communities, then what is counted of each, and the innocent explanations."""
    beside = (
        network_counts.CHANNELS,
        network_counts.COUNTED,
        network_counts.LINKS,
        network_counts.OBJECTS,
        network_counts.OCCASIONS,
        network_counts.WHOLE,
        network_counts.NAMED,
    )
    return (
        Query(name="network_linked", sql=_LINKED_SQL, schema=_LINKED, params={"q_max": q_max}),
        Groups(
            name="network_members",
            input="network_linked",
            columns=tuple(_LINKED.names),
            key=("graph",),
            order=("channel_a", "channel_b"),
            function=lambda linked: _members(linked, members_min, resolution),
            schema=_MEMBERS,
        ),
        _query(network_counts.MEETINGS),
        _query(network_counts.MET),
        _query(network_counts.LINKS, q_max=q_max),
        _query(network_counts.OBJECTS),
        _query(network_counts.OCCASIONS),
        _query(network_counts.SAYING),
        Rows(
            name="network_said",
            input=network_counts.SAYING.name,
            columns=tuple(network_counts.SAYING.schema.names),
            function=_saying,
            schema=_SAID,
            beside=("case_candidates",),
        ),
        _query(network_counts.NAMED),
        _query(network_counts.CHANNELS),
        _query(network_counts.COUNTED),
        _query(network_counts.WHOLE),
        Groups(
            name="networks",
            input="network_members",
            columns=tuple(_MEMBERS.names),
            key=("graph",),
            order=("network_id", "channel"),
            function=_networks,
            schema=NETWORKS,
            beside=tuple(one.name for one in beside),
        ),
    )


MEASURE: Final = Measure(
    name="networks",
    version=1,
    reads=("posts", "shares", "co_share_edges", "co_share_meetings", "case_candidates", "case_channels"),
    steps=steps,
    schema=NETWORKS,
)
