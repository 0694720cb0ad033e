"""The meetings of every pair of channels that chance hardly explains: which two shares of which object, and when.

One row is one meeting, as `co_share_edges` counts them: two shares of one object by the two channels of a listed pair,
within the window of its kind, at an object that is no crowd. Listed are pairs whose q-value is `q_max` or less. (Where
periods were looked at, the figures of a pair are those of one period, and here are its meetings of the whole time.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Groups, Query, Rows, Step
from vigie.kernels.listed_meetings import CHANNELS_MAX, listed_meetings, pair_keys
from vigie.measures import Measure
from vigie.measures.co_share_edges import DAY_S
from vigie.parameters import Bounds
from vigie.tables import UTC_US

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_US: Final = 1_000_000
_PAIRS: Final = pa.schema([("object_kind", _S), ("window_s", _I), ("channel_a", _S), ("channel_b", _S)])
_CROWDS: Final = pa.schema([("object_kind", _S), ("object_id", _S)])
_SHARES: Final = pa.schema([("object_kind", _S), ("object_id", _S), ("channel", _S), ("time", UTC_US), ("row_id", _S)])
CO_SHARE_MEETINGS: Final = pa.schema(
    [
        ("object_kind", _S),
        ("object_id", _S),
        ("channel_a", _S),  # the lesser of the two as text
        ("channel_b", _S),
        ("time_a", UTC_US),
        ("time_b", UTC_US),
        ("row_a", _S),  # the row of channel_a's share
        ("row_b", _S),
    ]
)


def _shares(pairs: pa.Table, crowds: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that leaves of shares those of listed channels at objects that are no crowds."""
    known: list[tuple[str, Any, Any, bool]] = []
    kinds: Any = pc.unique(pairs["object_kind"])
    for kind in kinds.to_pylist():
        listed = pairs.filter(_is(pairs["object_kind"], kind))
        members = _members(listed)
        at = crowds.filter(_is(crowds["object_kind"], kind))["object_id"].combine_chunks()
        known.append((kind, members, at, listed["window_s"][0].as_py() < DAY_S))

    def of_shares(shares: pa.Table) -> pa.Table:
        kept: Any = np.zeros(shares.num_rows, np.bool_)
        for kind, members, crowd, short in known:
            wanted = np.asarray(_is(shares["object_kind"], kind))
            if not wanted.any():
                continue
            wanted &= np.asarray(pc.is_in(shares["channel"], value_set=members))
            wanted &= ~np.asarray(pc.is_in(shares["object_id"], value_set=crowd))
            if short:
                wanted &= ~np.asarray(shares["whole_day"])
            kept |= wanted
        return _taken(shares.select(_SHARES.names), np.flatnonzero(kept))

    return of_shares


def _members(pairs: pa.Table) -> Any:
    columns: list[Any] = [pairs["channel_a"], pairs["channel_b"]]
    return pc.unique(pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()))


def _taken(table: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    return table.take(pa.array(rows, pa.int64()))


def _is(column: Any, text: str) -> Any:
    return pc.equal(column, pa.scalar(text))


def _meetings(pairs: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that makes rows of CO_SHARE_MEETINGS of whole objects, each sorted by time and row."""
    kinds: Any = pc.unique(pairs["object_kind"])
    names = _members(pairs).sort()
    assert len(names) < CHANNELS_MAX  # noqa: S101 - as many accounts in validated pairs are beyond any case
    kind_of = _numbers(pairs["object_kind"], kinds)
    windows = np.zeros(len(kinds), np.int64)
    windows[kind_of] = np.asarray(pairs["window_s"]) * _US
    keys = np.sort(pair_keys(kind_of, _numbers(pairs["channel_a"], names), _numbers(pairs["channel_b"], names)))

    def of_shares(shares: pa.Table) -> pa.Table:
        if not shares.num_rows:
            return CO_SHARE_MEETINGS.empty_table()
        channels = _numbers(shares["channel"], names)
        times = shares["time"].cast(pa.int64()).to_numpy()
        own_kinds = _numbers(shares["object_kind"], kinds)
        objects: Any = shares["object_id"].combine_chunks().dictionary_encode().indices.to_numpy()
        new = (own_kinds[1:] != own_kinds[:-1]) | (objects[1:] != objects[:-1])
        starts = np.concatenate(([0], np.flatnonzero(new) + 1, [shares.num_rows])).astype(np.int64)
        groups = own_kinds[starts[:-1]]
        met = listed_meetings(starts, channels, times, windows[groups], groups, keys)
        a, b = (_taken(shares, met[:, side].copy()) for side in (0, 1))
        columns = [a["object_kind"], a["object_id"], a["channel"], b["channel"], a["time"], b["time"]]
        return pa.table([*columns, a["row_id"], b["row_id"]], schema=CO_SHARE_MEETINGS)

    return of_shares


def _numbers(column: Any, names: Any) -> NDArray[np.int32]:
    places: Any = pc.index_in(column, value_set=names)
    return np.asarray(places, np.int32)


def steps(*, q_max: Annotated[float, Bounds(0, 1)] = 0.05) -> tuple[Step, ...]:
    """Return the steps: listed pairs, the shares of their channels, and the meetings."""
    return (
        Query(
            name="co_share_listed",
            sql="select object_kind, window_s, channel_a, channel_b from co_share_edges "
            "where row = 'pair' and q_value <= $q_max order by all",
            schema=_PAIRS,
            params={"q_max": q_max},
        ),
        Query(
            name="co_share_crowds",
            sql="select object_kind, object_id from co_share_edges where row = 'crowd' order by all",
            schema=_CROWDS,
        ),
        Rows(
            name="co_share_members",
            input="shares",
            columns=(*_SHARES.names, "whole_day"),
            function=_shares,
            schema=_SHARES,
            beside=("co_share_listed", "co_share_crowds"),
        ),
        Groups(
            name="co_share_met",
            input="co_share_members",
            columns=tuple(_SHARES.names),
            key=("object_kind", "object_id"),
            order=("time", "row_id", "channel"),
            function=_meetings,
            schema=CO_SHARE_MEETINGS,
            beside=("co_share_listed",),
        ),
        Query(
            name="co_share_meetings",
            sql="select * from co_share_met "
            "order by object_kind, object_id, least(time_a, time_b), greatest(time_a, time_b), row_a, row_b",
            schema=CO_SHARE_MEETINGS,
        ),
    )


MEASURE: Final = Measure(
    name="co_share_meetings", version=1, reads=("shares", "co_share_edges"), steps=steps, schema=CO_SHARE_MEETINGS
)
