"""Which requests match an indicator: a pure function from any batch of REQUESTS to one row per request that does.

Logs repeat themselves, so the work is done once for each distinct text of a field, and texts that match nothing are
remembered for a while within the process: a request all of whose texts are known is passed over. The plain forms of all
fields go through one prefilter derived from the patterns (`vigie.rules.prefilter`); RE2 then asks each pattern about
the few texts it may match, and alone decides what a verdict is.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.kernels.distinct import distinct
from vigie.kernels.known_keys import are_known, no_keys, remember
from vigie.kernels.text_keys import text_keys
from vigie.rules.indicators import http_indicators
from vigie.rules.plain import plain_forms, plain_of, texts_of
from vigie.rules.prefilter import prefilter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from vigie.rules.indicators import Indicator

    class Candidates(Protocol):
        """What a sieve makes of patterns: for each of them the places of the texts that it may match, ascending."""

        def candidates(self, texts: pa.Array[Any]) -> list[NDArray[np.int64]]: ...

    Sieve = Callable[[tuple[str, ...]], Candidates]

__all__ = ["REQUEST_COLUMNS", "VERDICTS", "matching_places", "plain_forms", "verdicts"]

REQUEST_COLUMNS: Final = (
    "row_id",
    "time",
    "client_ip",
    "forwarded_for",
    "host",
    "method",
    "path",
    "query",
    "status",
    "bytes",
    "referer",
    "user_agent",
)
_S: Final[pa.DataType] = pa.string()
_TIME: Final[pa.DataType] = pa.timestamp("us", tz="UTC")
_STATUS: Final[pa.DataType] = pa.int16()
_BYTES: Final[pa.DataType] = pa.int64()
# Path and query of a batch are joined: both together must stay below what 32-bit offsets can say.
_BATCH_BYTES_MAX: Final = 1 << 30
# The columns a field is made of, where it is not a column itself; a path is looked at with its query beside it.
_COLUMNS: Final = {"target": ("path", "query"), "path": ("path", "query")}
_REMEMBERED_MAX: Final = 1 << 17
VERDICTS: Final = pa.schema(
    [
        ("row_id", _S),
        ("time", _TIME),
        ("client_ip", _S),
        ("forwarded_for", _S),
        ("host", _S),
        ("method", _S),
        ("path", _S),
        ("query", _S),
        ("status", _STATUS),
        ("bytes", _BYTES),
        ("user_agent", _S),
        ("kind", _S),
        ("indicator", _S),
        ("technique", _S),
    ]
)


class _Field(NamedTuple):
    """The distinct texts of one field among `rows`: which of them each of these rows has, and their plain forms."""

    rows: NDArray[np.int64]
    ids: NDArray[np.int32]
    plain: pa.Array[Any]


def verdicts(requests: pa.Table, *, sieve: Sieve = prefilter) -> pa.Table:
    """Return the requests (`REQUEST_COLUMNS`) that match, each with its first indicator by precedence, as VERDICTS.

    `sieve` finds the texts worth asking about; verdicts do not depend on it.
    """
    if requests.nbytes > _BATCH_BYTES_MAX and requests.num_rows > 1:
        half = requests.num_rows // 2
        halves = requests.slice(0, half), requests.slice(half)
        return pa.concat_tables([verdicts(part, sieve=sieve) for part in halves])
    indicators = http_indicators()
    first = _first_indicators(requests, indicators, sieve)
    matched = np.flatnonzero(first < len(indicators))
    taken = _taken(requests.select(VERDICTS.names[:-3]), matched)
    for name, key in (("kind", "kind"), ("indicator", "id"), ("technique", "technique")):
        each: pa.Array[Any] = pa.array([getattr(i, key) for i in indicators], _S)
        taken = taken.append_column(name, each.take(first[matched]))
    return taken.cast(VERDICTS)


def _taken(requests: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    """Return some rows, ascending: piece by piece, as Arrow would join all pieces to take a few rows."""
    pieces, start = [], 0
    for piece in requests.to_batches():
        low, high = np.searchsorted(rows, (start, start + piece.num_rows))
        pieces.append(piece.take(rows[low:high] - start))
        start += piece.num_rows
    return pa.Table.from_batches(pieces, requests.schema)


def _first_indicators(requests: pa.Table, indicators: tuple[Indicator, ...], sieve: Sieve) -> NDArray[np.int64]:
    """Return for each request the place of the first of `indicators` that it matches, or their number."""
    first = np.full(requests.num_rows, len(indicators))
    if not requests.num_rows:
        return first
    names = _used_fields(indicators)
    unknown = {logged: _Unknown(requests, logged, _harmless(logged, indicators, sieve)) for logged in _logged(names)}
    fields = [_field(name, unknown[_columns(name)]) for name in names]
    starts = np.cumsum([0, *(len(field.plain) for field in fields)])
    asked = [[starts[n : n + 2] for n, name in enumerate(names) if name in i.fields] for i in indicators]
    texts = pa.concat_arrays([field.plain for field in fields])
    places = matching_places(texts, [(i.pattern, where) for i, where in zip(indicators, asked, strict=True)], sieve)
    # The last place is that of the texts that were not asked about.
    hit = np.zeros(len(texts) + 1, dtype=np.bool_)
    for found in places:
        hit[found] = True
    suspect = np.zeros(requests.num_rows, dtype=np.bool_)
    for name, start, field in zip(names, starts, fields, strict=False):
        rows = field.rows[hit[start:][field.ids]]
        suspect[rows] = True
        unknown[_columns(name)].harmful[rows] = True
    for each in unknown.values():
        each.remember()
    suspects = np.flatnonzero(suspect)
    ids = []
    for start, field in zip(starts, fields, strict=False):
        own = np.full(requests.num_rows, len(texts), np.int32)
        own[field.rows] = start + field.ids
        ids.append(own[suspects])
    status = _status(requests)[suspects]
    least = first[suspects]
    for number in range(len(indicators) - 1, -1, -1):
        if not places[number].size:
            continue
        hit[:] = False
        hit[places[number]] = True
        rows = np.logical_or.reduce([hit[own] for own in ids])
        if indicators[number].statuses:
            rows &= np.isin(status, indicators[number].statuses)
        least[rows] = number
    first[suspects] = least
    return first


class _Unknown:
    """The texts of some columns that are not known to match nothing, and what is found out about them.

    `rows` are the places of their requests, `texts` the columns' texts in these; `harmful` says of each request
    whether its texts match anything.
    """

    def __init__(self, requests: pa.Table, columns: tuple[str, ...], harmless: NDArray[np.int64]) -> None:
        self._harmless = harmless
        keys, rows, texts, start = [], [], [], 0
        # Piece by piece: to join whole columns takes longer than to look their texts up.
        for piece in requests.select(columns).to_batches():
            own = text_keys(*(texts_of(column) for column in piece.columns))
            new = np.flatnonzero(~are_known(own, harmless))
            keys.append(own[new])
            rows.append(new + start)
            texts.append(piece if len(new) == piece.num_rows else piece.take(new))
            start += piece.num_rows
        self._keys = np.concatenate(keys)
        self.rows = np.concatenate(rows)
        self.texts = [_whole(column) for column in pa.Table.from_batches(texts).columns]
        self.harmful = np.zeros(start, dtype=np.bool_)

    def remember(self) -> None:
        """Keep which texts match nothing, whatever the status."""
        remember(self._keys, np.flatnonzero(~self.harmful[self.rows]), self._harmless)


@cache
def _harmless(columns: tuple[str, ...], indicators: tuple[Indicator, ...], sieve: Sieve) -> NDArray[np.int64]:  # noqa: ARG001 - each has its own
    """Return the keys of the texts of `columns` that are known to match nothing: verdicts do not depend on them."""
    return no_keys(_REMEMBERED_MAX)


def _status(requests: pa.Table) -> NDArray[np.int16]:
    logged: pa.ChunkedArray[Any] = pc.fill_null(requests["status"], 0)  # type: ignore[arg-type]
    return logged.to_numpy()


@cache
def _used_fields(indicators: tuple[Indicator, ...]) -> tuple[str, ...]:
    return tuple(sorted({field for i in indicators for field in i.fields}))


def _columns(name: str) -> tuple[str, ...]:
    return _COLUMNS.get(name, (name,))


@cache
def _logged(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the columns of the fields `names`: once those of fields of the same."""
    return tuple(dict.fromkeys(_columns(name) for name in names))


def _field(name: str, unknown: _Unknown) -> _Field:
    """Return the distinct texts of a field; a target is told apart by its path and its query."""
    column, *query = unknown.texts
    ids, firsts = distinct(texts_of(column), texts_of(query[0]) if query else None)
    if name != "path":
        return _Field(unknown.rows, ids, plain_of(firsts, column, query[0] if query else None))
    own, firsts = distinct(texts_of(column), rows=firsts)
    return _Field(unknown.rows, own[ids], plain_of(firsts, column, None))


def _whole(column: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    # The system's pool hands the same memory out again for the next batch; the default one asks for fresh pages.
    whole: Any = (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks, memory_pool=pa.system_memory_pool())
    )
    return cast("pa.Array[Any]", whole)


def matching_places(
    texts: pa.Array[Any], asked: Sequence[tuple[str, Sequence[NDArray[np.int64]]]], sieve: Sieve = prefilter
) -> list[NDArray[np.int64]]:
    """Return the places of the `texts` (plain forms, none null) that match each pattern, ascending.

    With a pattern come the ranges `[start, end)` of places, ascending and apart, among which it is sought.
    """
    may = sieve(tuple(pattern for pattern, _ in asked)).candidates(texts)
    found = []
    for candidates, (pattern, ranges) in zip(may, asked, strict=True):
        cuts = [slice(*np.searchsorted(candidates, edges)) for edges in ranges]
        places = np.concatenate([candidates[cut] for cut in cuts])
        found.append(places[_search(texts.take(pa.array(places)), pattern)] if places.size else places)
    return found


def _search(texts: pa.Array[Any], pattern: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return found
