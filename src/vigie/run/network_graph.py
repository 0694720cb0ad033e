"""`vigie networks --graph`: the pairs that are together beyond chance, as an edge list or a graph for Gephi and R."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.run import edge_files
from vigie.run.analyse import measuring
from vigie.run.network_chain import asked_for, belonging, looked_at, outlet_of, together
from vigie.run.output_files import check_output

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vigie.run.network_chain import Declared, Progress, Row

EDGE_COLUMNS: Final = (
    "network_id", "object_kind", "weight", "meetings", "mean_delay_s", "source_first", "same_instant", "expected",
    "p_value", "q_value", "window_s", "first_seen", "last_seen",
)  # fmt: skip
NODE_COLUMNS: Final = ("network_id", "role", "tier", "outlet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What was written: how many edges (a pair has one for each kind of object), channels and networks.

    changed_ids: how many ids are written with an apostrophe or with hidden characters shown.
    """

    path: str
    edges: int
    channels: int
    networks: int
    changed_ids: int
    simulated: bool


def graph(folder: Path, out: Path, ident: str = "", *, progress: Progress = lambda *_: None) -> Graph:
    """Write the pairs together beyond chance to `out`: all of them, or those within the network `ident`.

    Raises
    ------
    VigieError
        if there is no such network, nothing was there to look at, or the file cannot be written.
    """
    check_output(out, "a graph is", edge_files.SUFFIXES)
    with measuring(folder):
        chain, tables = looked_at(folder, progress)
    rows = asked_for(tables["networks"], ident, folder)
    edges = together(tables["co_share_edges"], chain.values["q_max"])
    if ident:
        ends = [belonging(edges[c], rows) >= 0 for c in ("channel_a", "channel_b")]
        edges = edges.filter(pa.array(ends[0] & ends[1]))
    return write(out, edges, rows, chain.declared, simulated=chain.case.election.simulated)


def write(
    out: Path,
    edges: pa.Table,
    rows: Sequence[Row],
    declared: Declared,
    *,
    simulated: bool = False,
) -> Graph:
    """Write rows of `co_share_edges`; `rows` are those networks that the channels may belong to."""
    left, right = (edges[c].combine_chunks().cast(pa.string()) for c in ("channel_a", "channel_b"))
    names = pc.unique(pa.concat_arrays([left, right])).sort()
    source, target = (np.asarray(pc.index_in(side, names), np.int64) for side in (left, right))
    columns = _columns(edges, rows)
    changed = 0
    with edge_files.replacing(out) as file:
        if out.suffix.lower() == ".csv":
            shown, changed = edge_files.cells(names, as_they_are=False)
            header = ("source", "target", *EDGE_COLUMNS)
            edge_files.write_csv(file, header, [[(source, shown), (target, shown), *columns]])
        else:
            write_graph = edge_files.write_gexf if out.suffix.lower() == ".gexf" else edge_files.write_graphml
            write_graph(file, names, EDGE_COLUMNS, [(source, target, columns)], about=_about(names, rows, declared))
    here = {n for n in np.unique(belonging(pa.chunked_array([names]), rows)).tolist() if n >= 0}
    return Graph(
        path=str(out),
        edges=len(edges),
        channels=len(names),
        networks=len(here),
        changed_ids=changed,
        simulated=simulated,
    )


def _columns(edges: pa.Table, rows: Sequence[Row]) -> list[edge_files.Column]:
    """Return the columns of an edge after its two channels."""
    one, other = (belonging(edges[c], rows) for c in ("channel_a", "channel_b"))
    ids = pa.array([*(r["network_id"] for r in rows), ""], pa.string())
    columns: list[edge_files.Column] = [
        # An edge between two networks belongs to neither: the last of the ids.
        (np.where((one == other) & (one >= 0), one, len(rows)), ids),
        edges["object_kind"].combine_chunks().cast(pa.string()),
    ]
    integers = ("objects", "meetings", "a_first", "tied", "window_s")
    reals = ("delay_s", "expected", "p_value", "q_value")
    numbers: dict[str, edge_files.Column] = {
        **{name: np.asarray(edges[name].cast(pa.int64()), np.int64) for name in integers},
        **{name: np.asarray(edges[name].cast(pa.float64()), np.float64) for name in reals},
    }
    order = ("objects", "meetings", "delay_s", "a_first", "tied", "expected", "p_value", "q_value", "window_s")
    return (
        columns
        + [numbers[name] for name in order]
        + [edge_files.instants(edges[n].combine_chunks()) for n in ("first_seen", "last_seen")]
    )


def _about(names: pa.Array[Any], rows: Sequence[Row], declared: Declared) -> dict[str, pa.Array[Any]]:
    """Return the columns of the nodes: what is known of each of `names`, empty where nothing is."""
    roles = {m: (r["network_id"], role) for r in rows for m, role in zip(r["members"], r["roles"], strict=True)}
    known = [(*roles.get(n, ("", "")), *reversed(outlet_of(n, declared))) for n in map(str, names.to_pylist())]
    columns = zip(*known, strict=True) if known else [()] * len(NODE_COLUMNS)
    return {
        name: pa.array([v or "" for v in column], pa.string())
        for name, column in zip(NODE_COLUMNS, columns, strict=True)
    }
