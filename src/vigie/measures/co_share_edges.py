"""Channels that share the same objects moments apart: one row per pair of channels, and one per crowd.

A *share* is one post of one object: a linked page (its canonical address, or an opaque object as it stands), a
hashtag, or a whole text. Marked reposts are no shares: they carry what their original carries. Two channels *co-share*
an object where each shared it within `window_s` of the other; pairs of fewer than `pair_objects_min` objects are not
listed. An object that more than `crowd_max` channels share within one window is a *crowd*: everybody meets everybody
there, so it makes no pairs and stands in a row of its own, with its number of shares.

The null model
    Each channel shares as often as it does, and each object is as popular as it is, at that time; who shares with whom
    is left to chance. Time is cut into cells of equal length: as many as give `cell_shares` shares each on average, no
    cell shorter than an hour or than the window. In cell d let P(d) be the number of co-shares (pairs of channels at an
    object, counted at their first meeting) and n_i(d) the number of objects that channel i shares there or up to one
    window before. If each co-share falls on a pair with a probability in proportion to both channels' activity, the
    expected number of objects that i and j co-share is

        lambda_ij = sum over d of  P(d) * 2 n_i(d) n_j(d) / ((sum_k n_k(d))^2 - sum_k n_k(d)^2)

    (the lambdas of all pairs add up to the number of co-shares). `p_value` is the probability that a Poisson variable
    of mean lambda_ij reaches the observed number; `q_value` is Benjamini-Hochberg's over all pairs of channels, those
    that are not listed included (leaving them unranked can only raise it). The co-shares of a planted group raise P(d),
    so the model errs to the side of caution. It knows nothing of shared interests: two fans of one outlet meet more
    often than it expects.

Sources: Giglietto et al. 2020 (CooRnet), Righetti & Balluff 2025 (CooRTweet) for co-shares in a window; Newman 2010,
Networks, section 7.7.1 for the configuration model; Benjamini & Hochberg 1995.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import gammainc

from vigie.engine import Groups, Query, Rows, Step
from vigie.errors import InputError
from vigie.kernels.co_share import meetings
from vigie.measures import Measure
from vigie.parameters import Bounds
from vigie.tables import UTC_US
from vigie.text.fold import fold_id
from vigie.text.normalise import fingerprint, is_marked_repost, normalise, word_count
from vigie.text.urls import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_F: Final[pa.DataType] = pa.float64()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
_US: Final = 1_000_000
_CELL_MIN_US: Final = 3600 * _US
_TEXT_WORDS_MIN: Final = 6

SHARES: Final = pa.schema([("object_id", _S), ("time", UTC_US), ("row_id", _S), ("channel", _S)])
_MEETINGS: Final = pa.schema(
    [
        ("object_id", _S),
        ("channel_a", _S),  # the lesser of the two; null: the row is a crowd
        ("channel_b", _S),
        ("first_seen", UTC_US),
        ("last_seen", UTC_US),
        ("first_row", _S),
        ("last_row", _S),
        ("shares", _I),  # shares of the earlier channel that the later share meets; of a crowd, all its shares
        ("delay_us", _I),
        ("is_first", pa.bool_()),  # the pair's first meeting at the object
        ("channels", _I),  # the most channels in one window
    ]
)
_PAIRS: Final = pa.schema(
    [
        ("channel_a", _S),
        ("channel_b", _S),
        ("objects", _I),
        ("shares", _I),
        ("delay_s", _F),
        ("first_seen", UTC_US),
        ("last_seen", UTC_US),
    ]
)
_EXPECTED: Final = pa.schema(
    [*_PAIRS, pa.field("expected", _F), pa.field("object_ids", _LIST), pa.field("row_ids", _LIST)]
)
_TESTED: Final = _EXPECTED.append(pa.field("p_value", _F))
CO_SHARE_EDGES: Final = pa.schema(
    [
        ("kind", _S),  # pair or crowd
        ("channel_a", _S),  # platform:channel_id, the lesser of the two; null: the row is a crowd
        ("channel_b", _S),
        ("object_ids", _LIST),  # what they co-shared, sorted; of a crowd, the object
        ("objects", _I),  # how many
        ("shares", _I),  # pairs of shares within the window; of a crowd, all its shares
        ("channels", _I),  # of a crowd, the most channels in one window; null: a pair
        ("delay_s", _F),  # mean time between the two shares, seconds; null: a crowd
        ("first_seen", UTC_US),
        ("last_seen", UTC_US),
        ("expected", _F),  # objects, under the null model; null: a crowd
        ("p_value", _F),
        ("q_value", _F),
        ("tests", _I),  # pairs of channels that could have met; null: a crowd
        ("row_ids", _LIST),  # the rows of its meetings, sorted as text; empty: a crowd
    ]
)

_PAIRS_SQL: Final = """
select channel_a, channel_b, count(*) filter (is_first) as objects, sum(shares)::bigint as shares,
    sum(delay_us) / sum(shares) / 1e6 as delay_s, min(first_seen) as first_seen, max(last_seen) as last_seen
from co_share_meetings where channel_a is not null
group by channel_a, channel_b having objects >= $pair_objects_min
"""

_EXPECTED_SQL: Final = """
with kept as (
    select channel, object_id, epoch_us(time) as t from co_share_shares
    where object_id not in (select object_id from co_share_meetings where channel_a is null)),
cells as (
    select min(t) as t0, greatest($cell_min_us, $window_us,
        (max(t) - min(t)) // greatest(1, count(*) // $cell_shares) + 1) as cell_us from kept),
co_shares as (
    select (epoch_us(last_seen) - t0) // cell_us as cell, count(*)::double as co_shares
    from co_share_meetings, cells where is_first group by cell),
active as (
    select channel, object_id, (t - t0) // cell_us as cell from kept, cells
    union select channel, object_id, (t - t0 + $window_us) // cell_us from kept, cells),
activity as materialized (select channel, cell, count(*)::double as n from active group by channel, cell),
totals as (select cell, sum(n) as n, sum(n * n) as squares from activity group by cell),
weights as (
    select cell, 2 * co_shares / (n * n - squares) as weight from totals join co_shares using (cell)),
-- In two steps, or all channels of a cell might be joined with each other first.
one_side as materialized (
    select channel_a, channel_b, cell, n * weight as share
    from co_share_pairs join activity on channel = channel_a join weights using (cell)),
chances as (
    select channel_a, channel_b, sum(share * n order by s.cell) as expected
    from one_side s join activity b on b.channel = channel_b and b.cell = s.cell group by channel_a, channel_b),
evidence as (
    select channel_a, channel_b, list_sort(list_distinct(list(object_id))) as object_ids,
        list_sort(list_distinct(list_concat(list(first_row), list(last_row)))) as row_ids
    from co_share_meetings semi join co_share_pairs using (channel_a, channel_b) group by channel_a, channel_b)
select * from co_share_pairs join chances using (channel_a, channel_b) join evidence using (channel_a, channel_b)
"""

_EDGES_SQL: Final = """
with crowds as (select * from co_share_meetings where channel_a is null),
tests as (
    select count(distinct channel) * (count(distinct channel) - 1) // 2 as tests from co_share_shares
    where object_id not in (select object_id from crowds)),
ranked as (select *, count(*) over (order by p_value) as rank from co_share_tested),
edges as (
    select 'pair' as kind, channel_a, channel_b, object_ids, objects, shares, null::bigint as channels, delay_s,
        first_seen, last_seen, expected, p_value,
        least(1, min(p_value * tests / rank) over (
            order by p_value range between current row and unbounded following)) as q_value,
        tests, row_ids
    from ranked, tests
    union all
    select 'crowd', null, null, [object_id], 1, shares, channels, null, first_seen, last_seen, null, null, null,
        null, []::varchar[]
    from crowds)
select * from edges order by kind desc, channel_a, channel_b, object_ids
"""


def _hashtag(tag: str) -> str | None:
    return fold_id(tag) or None


def _text(text: str) -> str | None:
    key = normalise(text)
    return fingerprint(key) if word_count(key) >= _TEXT_WORDS_MIN else None


def _address(url: str) -> str | None:
    """Return the canonical address; what is none, such as the opaque object of an anonymised export, as it stands."""
    return canonical_url(url) or url.strip() or None


# Kind of object: the column it is in, and one form for all ways to write it.
_KINDS: Final[dict[str, tuple[str, Callable[[str], str | None]]]] = {
    "url": ("urls", _address),
    "hashtag": ("hashtags", _hashtag),
    "text": ("text", _text),
}


def _strings(column: pa.ChunkedArray[Any] | pa.Array[Any]) -> Iterable[str]:
    return [value or "" for value in column.to_pylist()]


def _shares(posts: pa.Table, object_kind: str) -> pa.Table:
    """Return the rows of SHARES: each object of each post that is no repost, once a post."""
    says_so = pa.array([is_marked_repost(text) for text in _strings(posts["text"])], pa.bool_())
    posts = posts.filter(pc.invert(pc.or_(posts["repost_of"].is_valid(), says_so)))
    name, one_form = _KINDS[object_kind]
    column: Any = posts[name].combine_chunks()
    if object_kind == "text":
        parents, values = np.arange(len(column)), column
    else:
        parents, values = np.asarray(column.value_parent_indices()), column.flatten()
    written = values.dictionary_encode()
    forms = pa.array([one_form(v) for v in _strings(written.dictionary)], _S).dictionary_encode()
    at = forms.indices.take(written.indices)
    codes = at.fill_null(-1).to_numpy()
    given = codes >= 0
    each = np.unique(np.stack([parents[given], codes[given]]), axis=1)
    rows, objects = each[0], each[1]
    posts = posts.take(rows)
    names = zip(_strings(posts["platform"]), _strings(posts["channel_id"]), strict=True)
    channel = pa.array([f"{platform}:{channel_id}" for platform, channel_id in names], _S)
    return pa.table([forms.dictionary.take(objects), posts["time"], posts["row_id"], channel], schema=SHARES)


def _meetings(shares: pa.Table, window_us: int, crowd_max: int) -> pa.Table:
    """Return the rows of _MEETINGS for whole objects, each sorted by time."""
    codes = np.asarray(shares["object_id"].combine_chunks().dictionary_encode().indices)
    starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1], [True]))).astype(np.int64)
    channels = shares["channel"].combine_chunks().dictionary_encode()
    who = np.asarray(channels.indices)
    times = np.asarray(shares["time"].combine_chunks().cast(_I))
    peaks, earlier, later, met, delays = meetings(starts, who, times, window_us=window_us, crowd_max=crowd_max)
    rank = np.empty(len(channels.dictionary), np.int64)
    rank[np.asarray(pc.sort_indices(channels.dictionary))] = np.arange(len(channels.dictionary))
    in_order = rank[who[earlier]] < rank[who[later]]
    left, right = np.where(in_order, earlier, later), np.where(in_order, later, earlier)
    crowded = np.flatnonzero(peaks > crowd_max)
    first, last = starts[crowded], starts[crowded + 1] - 1
    none = np.zeros(len(crowded), np.int64)
    met_at = np.searchsorted(starts, later, side="right") - 1
    objects = np.concatenate((met_at, crowded))
    is_crowd = pa.array(np.concatenate((np.zeros(len(later), np.bool_), np.ones(len(crowded), np.bool_))))

    def taken(name: str, of_pairs: NDArray[np.int64], of_crowds: NDArray[np.int64]) -> pa.ChunkedArray[Any]:
        return shares[name].take(np.concatenate((of_pairs, of_crowds)))

    def of_pairs_only(name: str, rows: NDArray[np.int64]) -> pa.ChunkedArray[Any]:
        column: pa.ChunkedArray[Any] = pc.if_else(is_crowd, pa.scalar(None, _S), taken(name, rows, none))
        return column

    made = pa.table(
        [
            taken("object_id", later, first),
            of_pairs_only("channel", left),
            of_pairs_only("channel", right),
            taken("time", earlier, first),
            taken("time", later, last),
            of_pairs_only("row_id", earlier),
            of_pairs_only("row_id", later),
            pa.array(np.concatenate((met, last - first + 1))),
            pa.array(np.concatenate((delays, none))),
            pa.array(np.concatenate((_firsts(met_at, who[left], who[right]), none.astype(np.bool_)))),
            pa.array(peaks[objects]),
        ],
        schema=_MEETINGS,
    )
    return made.take(np.argsort(objects, kind="stable"))


def _firsts(objects: NDArray[np.int64], left: NDArray[np.int32], right: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell of each row whether no earlier one has the same three values."""
    _, pairs = np.unique(left.astype(np.int64) << 32 | right, return_inverse=True)
    _, rows = np.unique(objects * (pairs.max(initial=0) + 1) + pairs, return_index=True)
    first = np.zeros(len(objects), np.bool_)
    first[rows] = True
    return first


def _tested(pairs: pa.Table) -> pa.Table:
    """Return `pairs` with the Poisson probability of at least `objects` where `expected` is the mean."""
    p_value = gammainc(np.asarray(pairs["objects"], np.float64), np.asarray(pairs["expected"]))
    return pairs.append_column("p_value", pa.array(p_value))


def steps(
    *,
    object_kind: str = "url",
    window_s: Annotated[int, Bounds(1, 86_400)] = 60,
    crowd_max: Annotated[int, Bounds(2, 10_000)] = 200,
    pair_objects_min: Annotated[int, Bounds(1, 10_000)] = 2,
    cell_shares: Annotated[int, Bounds(100, 1_000_000)] = 1000,
) -> tuple[Step, ...]:
    """Return the steps: shares, meetings at each object, pairs with what chance expects, probabilities.

    Raises
    ------
    InputError
        if `object_kind` is not url, hashtag or text.
    """
    if object_kind not in _KINDS:
        raise InputError(
            f"not a kind of object: {object_kind!r}", where="object_kind", hint=f"one of {', '.join(_KINDS)}"
        )
    window_us = window_s * _US
    return (
        Rows(
            name="co_share_shares",
            input="posts",
            columns=("row_id", "time", "platform", "channel_id", "text", "urls", "hashtags", "repost_of"),
            function=lambda posts: _shares(posts, object_kind),
            schema=SHARES,
        ),
        Groups(
            name="co_share_meetings",
            input="co_share_shares",
            columns=tuple(SHARES.names),
            key=("object_id",),
            order=("time", "row_id"),
            function=lambda shares: _meetings(shares, window_us, crowd_max),
            schema=_MEETINGS,
        ),
        Query(
            name="co_share_pairs",
            sql=_PAIRS_SQL,
            schema=_PAIRS,
            params={"pair_objects_min": pair_objects_min},
        ),
        Query(
            name="co_share_expected",
            sql=_EXPECTED_SQL,
            schema=_EXPECTED,
            params={"window_us": window_us, "cell_shares": cell_shares, "cell_min_us": _CELL_MIN_US},
        ),
        Rows(
            name="co_share_tested",
            input="co_share_expected",
            columns=tuple(_EXPECTED.names),
            function=_tested,
            schema=_TESTED,
        ),
        Query(name="co_share_edges", sql=_EDGES_SQL, schema=CO_SHARE_EDGES),
    )


MEASURE: Final = Measure(name="co_share_edges", version=1, reads=("posts",), steps=steps, schema=CO_SHARE_EDGES)
