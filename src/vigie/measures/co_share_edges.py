"""Pairs of channels that shared the same objects moments apart, and how unlikely that is; crowds apart.

Two channels *meet* at an object where each shared it within the window of its kind (inclusive). A pair of fewer than
`pair_objects_min` different objects is not listed. An object that more than `crowd_max` channels shared within one
window is a *crowd*: everybody meets everybody there, so it makes no pairs, counts for nothing that is expected, and
stands in a row of its own.

Chance is asked in two ways (`vigie.kernels.co_share_null`): each channel shares as much as it does and each object is
as popular as it is at that time, and who shares it is left to chance; or who shares what is given, in the same stretch
of `reach_windows` windows, and only the moment is left to chance. The p-value is the larger one. All pairs that both
share as many objects within that stretch are tested; q-values (Benjamini and Hochberg) are over the pairs of all kinds
that are looked at, together.

Every kind of object has a window of its own, in seconds; 0: it is not looked at. Shares without a time of day are
passed over where the window is shorter than a day, and counted in a row of their own for each kind.

`period_days` looks at sliding periods of that length, half overlapping, instead of the whole time at once: a pair's
p-value is its least one times the number of periods, and its figures are those of that period. Crowds are those of the
whole time.

Sources: Giglietto et al. 2020 (CooRnet), Righetti and Balluff 2025 (CooRTweet) for co-shares in a window; Graham 2020
(coordination-network-toolkit) for the kinds; those of the null models stand beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Groups, Step
from vigie.kernels.co_shared import by_object, co_shared
from vigie.kernels.q_values import bh
from vigie.kernels.row_ids import row_codes, row_numbers
from vigie.kernels.share_order import share_order
from vigie.measures import Measure
from vigie.measures.shares import KINDS
from vigie.parameters import Bounds
from vigie.rules.plain import texts_of
from vigie.tables import UTC_US

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from vigie.kernels.co_shared import CoShared

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_F: Final[pa.DataType] = pa.float64()
_US: Final = 1_000_000
_HOUR_US: Final = 3600 * _US
DAY_S: Final = 86_400
_WEEK_S: Final = 7 * DAY_S

CO_SHARE_EDGES: Final = pa.schema(
    [
        ("row", _S),  # pair; crowd; or passed: shares passed over because their time of day is not known
        ("object_kind", _S),
        ("window_s", _I),
        ("channel_a", _S),  # platform:channel_id, the lesser of the two as text; null unless a pair
        ("channel_b", _S),
        ("object_id", _S),  # null unless a crowd
        ("objects", _I),  # different ones at which the pair met; null unless a pair
        ("meetings", _I),  # pairs of shares within the window; of a crowd, or passed over, all shares
        ("channels", _I),  # the most channels within one window; null unless a crowd
        ("delay_s", _F),  # mean time between the two shares of a meeting, seconds; null unless a pair
        ("a_first", _I),  # meetings in which channel_a's share is the older; null unless a pair
        ("tied", _I),  # meetings at the same instant; null unless a pair
        ("first_seen", UTC_US),
        ("last_seen", UTC_US),
        ("expected_activity", _F),  # objects, if who shares is left to chance; null unless a pair
        ("expected_timing", _F),  # objects, if only the moment is left to chance; null unless a pair
        ("expected", _F),  # the larger of both; null unless a pair
        ("p_value", _F),  # null unless a pair
        ("q_value", _F),  # over all kinds; null unless a pair
        ("tests", _I),  # pairs tested, of all kinds; null unless a pair
    ]
)
# `tests` is that of the kind, and stands also in a row "tests"; `place` is where the row belongs.
_PLACE: Final = pa.field("place", _I)
_JUDGED: Final = pa.schema([f for f in CO_SHARE_EDGES if f.name != "q_value"]).append(_PLACE)
_PLACES_BITS: Final = 48
_IN_ORDER: Final = tuple(sorted(KINDS))


def _codes(column: pa.ChunkedArray[Any]) -> tuple[NDArray[np.int32], pa.Array[Any]]:
    """Return a number for each text, and the texts."""
    encoded: Any = column.dictionary_encode()
    if not encoded.num_chunks:
        return np.empty(0, np.int32), pa.array([], pa.string())
    return np.concatenate([np.asarray(c.indices) for c in encoded.chunks]), encoded.chunk(0).dictionary


def _posts(row_ids: pa.ChunkedArray[Any]) -> NDArray[np.int32]:
    """Return a number for each row id, equal ones alike."""
    parts = [row_numbers(texts_of(chunk)) for chunk in row_ids.chunks]
    return row_codes(np.concatenate(parts, axis=1)) if parts else np.empty(0, np.int32)


def _taken(values: Any, rows: NDArray[Any]) -> Any:
    return values.take(pa.array(rows))


def _alike(text: str, size: int) -> Any:
    return _taken(pa.array([text], pa.string()), np.zeros(size, np.int8))


def _made(row: str, object_kind: str, window_s: int, size: int, columns: Mapping[str, Any]) -> pa.Table:
    """Return rows of _JUDGED, null where `columns` has nothing."""
    filled: dict[str, Any] = {
        "row": _alike(row, size),
        "object_kind": _alike(object_kind, size),
        "window_s": np.full(size, window_s, np.int64),
        "place": np.arange(size, dtype=np.int64) + (_IN_ORDER.index(object_kind) << _PLACES_BITS),
    } | dict(columns)
    arrays: list[Any] = []
    for field in _JUDGED:
        given = filled.get(field.name)
        if isinstance(given, np.ndarray):
            given = pa.array(given)
        arrays.append(pa.nulls(size, field.type) if given is None else given.cast(field.type))
    return pa.table(arrays, schema=_JUDGED)


def _pairs(found: CoShared, names: pa.Array[Any], object_kind: str, window_s: int) -> pa.Table:
    columns = {
        "channel_a": _taken(names, found.first),
        "channel_b": _taken(names, found.second),
        "objects": found.objects,
        "meetings": found.meetings,
        "delay_s": found.delay / (found.meetings * _US),
        "a_first": found.led,
        "tied": found.tied,
        "first_seen": found.begin,
        "last_seen": found.end,
        "expected_activity": found.activity,
        "expected_timing": found.timing,
        "expected": np.maximum(found.activity, found.timing),
        "p_value": found.p_values,
        "tests": np.full(len(found.first), found.tests, np.int64),
    }
    return _made("pair", object_kind, window_s, len(found.first), columns)


def _crowds(found: CoShared, object_ids: pa.Array[Any], object_kind: str, window_s: int) -> pa.Table:
    ids = _taken(object_ids, found.crowd_objects)
    order = np.asarray(pc.sort_indices(ids))
    columns = {
        "object_id": _taken(ids, order),
        "meetings": found.crowd_shares[order],
        "channels": found.crowd_peaks[order],
        "first_seen": found.crowd_begin[order],
        "last_seen": found.crowd_end[order],
    }
    return _made("crowd", object_kind, window_s, len(order), columns)


def _passed(shares: pa.Table, object_kind: str, window_s: int) -> pa.Table:
    times: Any = shares["time"].cast(pa.int64())
    ends: Any = pc.min_max(times)
    columns = {
        "meetings": np.array([len(times)]),
        "first_seen": np.array([ends["min"].as_py()]),
        "last_seen": np.array([ends["max"].as_py()]),
    }
    return _made("passed", object_kind, window_s, 1, columns)


def _judged(windows: Mapping[str, int], period_days: int, options: Mapping[str, Any]) -> Callable[[pa.Table], pa.Table]:
    """Return the function that makes rows of _JUDGED of all shares of some kinds."""

    def of_kind(shares: pa.Table, object_kind: str, window_s: int) -> pa.Table:
        made = []
        whole_day: Any = shares["whole_day"]
        if window_s < DAY_S and pc.any(whole_day).as_py():
            made.append(_passed(shares.filter(whole_day), object_kind, window_s))
            shares = shares.filter(pc.invert(whole_day))
        channels, names = _codes(shares["channel"])
        objects, object_ids = _codes(shares["object_id"])
        times = shares["time"].cast(pa.int64()).to_numpy()
        by_name = np.asarray(pc.sort_indices(names)).astype(np.int64)
        ranks = np.empty(len(names), np.int32)
        ranks[by_name] = np.arange(len(names), dtype=np.int32)
        channels = ranks[channels]
        # Sums of many fractions depend on the order of objects, which is therefore not that of the rows.
        by_shares, objects = share_order(objects, channels, times, len(object_ids))
        found = co_shared(
            by_object(objects, channels, _posts(shares["row_id"]), times, channel_count=len(names)),
            channel_count=len(names),
            window=window_s * _US,
            cell_min=_HOUR_US,
            period=period_days * DAY_S * _US,
            **options,
        )
        found = found._replace(crowd_objects=by_shares[found.crowd_objects].astype(np.int32))
        made.append(_pairs(found, _taken(names, by_name), object_kind, window_s))
        made.append(_crowds(found, object_ids, object_kind, window_s))
        made.append(_made("tests", object_kind, window_s, 1, {"tests": np.array([found.tests])}))
        return pa.concat_tables(made)

    def of_groups(shares: pa.Table) -> pa.Table:
        made = [_JUDGED.empty_table()]
        own: Any = shares["object_kind"]
        kinds: list[str] = sorted(pc.unique(own).to_pylist())
        for object_kind in kinds:
            if window_s := windows[object_kind]:
                alone = len(kinds) == 1
                of_this = shares if alone else shares.filter(pc.equal(own, pa.scalar(object_kind)))
                made.append(of_kind(of_this, object_kind, window_s))
        return pa.concat_tables(made)

    return of_groups


def _pooled(judged: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that makes rows of CO_SHARE_EDGES of the rows of _JUDGED of one kind of row."""
    kind_of_row: Any = judged["row"]
    tests = pc.sum(judged.filter(pc.equal(kind_of_row, pa.scalar("tests")))["tests"]).as_py() or 0
    p_values = np.sort(judged["p_value"].drop_null().to_numpy())
    q_values = bh(p_values, tests)

    def of_rows(rows: pa.Table) -> pa.Table:
        own_kind: Any = rows["row"]
        rows = rows.filter(pc.not_equal(own_kind, pa.scalar("tests")))
        place = rows["place"].to_numpy()
        if (place[1:] < place[:-1]).any():
            rows = _taken(rows, np.argsort(place))
        is_pair = rows["p_value"].is_valid().to_numpy()
        own = rows["p_value"].to_numpy()
        q_value = np.full(len(own), np.nan)
        q_value[is_pair] = q_values[np.searchsorted(p_values, own[is_pair])]
        added = {
            "q_value": pa.array(q_value, mask=~is_pair),
            "tests": pa.array(np.full(len(own), tests, np.int64), mask=~is_pair),
        }
        columns: list[Any] = [added[name] if name in added else rows[name] for name in CO_SHARE_EDGES.names]
        return pa.table(columns, schema=CO_SHARE_EDGES)

    return of_rows


def steps(
    *,
    url_window_s: Annotated[int, Bounds(0, _WEEK_S)] = 60,
    domain_window_s: Annotated[int, Bounds(0, _WEEK_S)] = 0,
    hashtag_window_s: Annotated[int, Bounds(0, _WEEK_S)] = 60,
    url_hashtag_window_s: Annotated[int, Bounds(0, _WEEK_S)] = 0,
    mention_window_s: Annotated[int, Bounds(0, _WEEK_S)] = 0,
    repost_window_s: Annotated[int, Bounds(0, _WEEK_S)] = 10,
    reply_window_s: Annotated[int, Bounds(0, _WEEK_S)] = 60,
    quote_window_s: Annotated[int, Bounds(0, _WEEK_S)] = 0,
    media_window_s: Annotated[int, Bounds(0, _WEEK_S)] = 60,
    text_window_s: Annotated[int, Bounds(0, _WEEK_S)] = 60,
    crowd_max: Annotated[int, Bounds(2, 10_000)] = 200,
    pair_objects_min: Annotated[int, Bounds(1, 10_000)] = 2,
    reach_windows: Annotated[int, Bounds(2, 10_000)] = 60,
    period_days: Annotated[int, Bounds(0, 3_650)] = 0,
) -> tuple[Step, ...]:
    """Return the steps: the pairs and crowds of each kind with p-values, then q-values over all."""
    windows = {
        "url": url_window_s,
        "domain": domain_window_s,
        "hashtag": hashtag_window_s,
        "url_hashtag": url_hashtag_window_s,
        "mention": mention_window_s,
        "repost": repost_window_s,
        "reply": reply_window_s,
        "quote": quote_window_s,
        "media": media_window_s,
        "text": text_window_s,
    }
    options = {"crowd_max": crowd_max, "least": pair_objects_min, "reach_windows": reach_windows}
    return (
        Groups(
            name="co_share_judged",
            input="shares",
            columns=("object_kind", "object_id", "channel", "time", "row_id", "whole_day"),
            key=("object_kind",),
            order=(),
            function=_judged(windows, period_days, options),
            schema=_JUDGED,
        ),
        Groups(
            name="co_share_edges",
            input="co_share_judged",
            columns=tuple(_JUDGED.names),
            key=("row",),
            order=(),
            function=_pooled,
            schema=CO_SHARE_EDGES,
            beside=("co_share_judged",),
        ),
    )


MEASURE: Final = Measure(name="co_share_edges", version=5, reads=("shares",), steps=steps, schema=CO_SHARE_EDGES)
