"""Which requests match an indicator: a pure function from any batch of REQUESTS to one row per request that does.

Logs repeat themselves, so the work is done once for each distinct text, and what was found out about texts is
remembered for a while within the process: a request all of whose texts are known costs a look into a table. The plain
forms of the others go through one prefilter derived from the patterns (`vigie.rules.prefilter`); RE2 then asks each
pattern about the few texts it may match, once for a whole batch, and alone decides what a verdict is.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.kernels.known_keys import no_keys, numbers_of, remember, remember_numbers, unknown
from vigie.kernels.text_keys import text_keys
from vigie.rules.indicators import http_indicators
from vigie.rules.plain import plain_and_as_sent, plain_forms, plain_of, texts_of
from vigie.rules.prefilter import WORD_BITS, Prefilter, bits_of, bits_words, places_of, prefilter

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
# What is worked out about so many rows at a time fits the memory of the same before: fresh memory takes long to get.
_PIECE_ROWS: Final = 1 << 17
# The columns a field is made of, where it is not a column itself; a path is looked at with its query beside it.
_COLUMNS: Final = {"target": ("path", "query"), "path": ("path", "query")}
_HARMLESS_MAX: Final = 1 << 17
_HARMFUL_MAX: Final = 1 << 14
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


def verdicts(requests: pa.Table, *, sieve: Sieve = prefilter) -> pa.Table:
    """Return the requests (`REQUEST_COLUMNS`) that match, each with its first indicator by precedence, as VERDICTS.

    `sieve` finds the texts worth asking about; verdicts do not depend on it.
    """
    if requests.nbytes > _BATCH_BYTES_MAX and requests.num_rows > 1:
        half = requests.num_rows // 2
        halves = requests.slice(0, half), requests.slice(half)
        return pa.concat_tables([verdicts(part, sieve=sieve) for part in halves])
    indicators = http_indicators()
    matched, first = _matched(requests, indicators, sieve)
    taken = _taken(requests.select(VERDICTS.names[:-3]), matched)
    for name, key in (("kind", "kind"), ("indicator", "id"), ("technique", "technique")):
        each: pa.Array[Any] = pa.array([getattr(i, key) for i in indicators], _S)
        taken = taken.append_column(name, each.take(first))
    return taken.cast(VERDICTS)


def _taken(requests: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    """Return some rows, ascending: piece by piece, as Arrow would join all pieces to take a few rows."""
    pieces, start = [], 0
    for piece in requests.to_batches():
        low, high = np.searchsorted(rows, (start, start + piece.num_rows))
        pieces.append(piece.take(rows[low:high] - start))
        start += piece.num_rows
    return pa.Table.from_batches(pieces, requests.schema)


def _matched(
    requests: pa.Table, indicators: tuple[Indicator, ...], sieve: Sieve
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the requests that match, ascending, and the place of the first indicator of each."""
    if not requests.num_rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    made = sieve(tuple(i.pattern for i in indicators))
    seen = [_Seen(columns, indicators, sieve) for columns in _logged(indicators)]
    # Column by column, so that what is remembered of one stays in the processor's cache.
    for own in seen:
        start = 0
        for piece in requests.select(own.columns).to_batches(_PIECE_ROWS):
            own.add(*_sifted(piece, own, made, _asked(indicators)), start)
            start += piece.num_rows
    _ask(seen, indicators)
    hits = [own.hits() for own in seen]
    suspects = np.unique(np.concatenate([rows for rows, _ in hits]))
    found = np.zeros((len(suspects), bits_words(len(indicators))), np.uint64)
    for rows, its in hits:
        found[np.searchsorted(suspects, rows)] |= its
    first = _first(found, _status(requests)[suspects], indicators)
    matched = first < len(indicators)
    return suspects[matched], first[matched]


def _first(
    found: NDArray[np.uint64], status: NDArray[np.int16], indicators: tuple[Indicator, ...]
) -> NDArray[np.int64]:
    """Return of each row of `found` (whose bits are indicators) the first that `status` allows, or their number."""
    first = np.full(len(found), len(indicators))
    for number in range(len(indicators) - 1, -1, -1):
        word, bit = divmod(number, WORD_BITS)
        rows = np.flatnonzero(found[:, word] & np.uint64(1 << bit))
        if indicators[number].statuses and rows.size:
            rows = rows[np.isin(status[rows], indicators[number].statuses)]
        first[rows] = number
    return first


class _Sifted(NamedTuple):
    """A field of some unknown texts (by their places among these): its plain forms, and what each may match."""

    field: str
    places: NDArray[np.int64]
    plain: pa.Array[Any]
    may: NDArray[np.uint64]


class _Seen:
    """The texts of some columns in a batch that match something, or may: its entries.

    `found`, once `joined`, are the indicators that each entry matches whatever the status, as bits.
    """

    def __init__(self, columns: tuple[str, ...], indicators: tuple[Indicator, ...], sieve: Sieve) -> None:
        self.columns = columns
        self.field = "target" if len(columns) > 1 else columns[0]
        self.harmless, self.harmful = _remembered(columns, indicators, sieve)
        self._rows: list[NDArray[np.int64]] = []
        self._entries: list[NDArray[np.int64]] = []
        self._unknown: list[NDArray[np.int64]] = []
        self._keys: list[NDArray[np.int64]] = []
        self._found: list[NDArray[np.int64]] = []
        self._asked: dict[str, list[tuple[NDArray[np.int64], pa.Array[Any], NDArray[np.uint64]]]] = {}
        self._count = 0

    def add(self, new: _New, sifted: list[_Sifted], start: int) -> None:
        """Make entries of what a piece that begins at row `start` has.

        Unknown texts no field of which may match anything are remembered; of the others that is to be found out.
        """
        suspicious = np.zeros(len(new.unknown), np.bool_)
        suspects = [np.flatnonzero(field.may.any(axis=1)) for field in sifted]
        for field, its in zip(sifted, suspects, strict=True):
            suspicious[field.places[its]] = True
        remember(new.keys, new.unknown[~suspicious], self.harmless)
        kept = np.ones(len(new.keys), np.bool_)
        kept[new.unknown] = suspicious
        chosen = np.flatnonzero(kept)
        number = np.full(len(kept), -1)
        number[chosen] = np.arange(self._count, self._count + len(chosen))
        self._count += len(chosen)
        entries = number[new.numbers]
        known = np.flatnonzero(entries >= 0)
        self._rows.append(new.rows[known] + start)
        self._entries.append(entries[known])
        self._keys.append(new.keys[chosen])
        self._found.append(new.found[chosen])
        self._unknown.append(number[new.unknown[suspicious]])
        for field, its in zip(sifted, suspects, strict=True):
            asked = number[new.unknown[field.places[its]]], field.plain.take(its), field.may[its]
            self._asked.setdefault(field.field, []).append(asked)

    def joined(self) -> list[tuple[NDArray[np.int64], pa.Array[Any], NDArray[np.uint64]]]:
        """Join what the pieces had; return of each field entries, plain forms, and what these may match."""
        self.found = np.concatenate(self._found).view(np.uint64)
        joined = []
        for own in self._asked.values():
            entries, texts, may = zip(*own, strict=True)
            joined.append((np.concatenate(entries), pa.concat_arrays(texts), np.concatenate(may)))
        return joined

    def hits(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Return the rows whose texts match something, and what, as bits."""
        rows, found = np.concatenate(self._rows), self.found[np.concatenate(self._entries)]
        hit = found.any(axis=1)
        return rows[hit], found[hit]

    def remember(self) -> None:
        """Keep what was found out."""
        keys, unknown = np.concatenate(self._keys), np.concatenate(self._unknown)
        matches = self.found[unknown].any(axis=1)
        remember(keys, unknown[~matches], self.harmless)
        remember_numbers(keys, unknown[matches], self.found.view(np.int64), self.harmful)


class _New(NamedTuple):
    """The distinct texts of some columns in a piece that are not known to match nothing.

    `rows` are the piece's rows that have such a text and `numbers` which each has; `keys` are the texts' keys, `found`
    what they are known to match, as bits. `unknown` are the numbers of those of which nothing is known, `firsts` the
    first row of each of these.
    """

    rows: NDArray[np.int64]
    numbers: NDArray[np.int32]
    keys: NDArray[np.int64]
    found: NDArray[np.int64]
    unknown: NDArray[np.int64]
    firsts: NDArray[np.int64]


def _new(piece: pa.RecordBatch, seen: _Seen) -> _New:
    keys = text_keys(*map(texts_of, piece.columns))
    rows, numbers, firsts = unknown(keys, seen.harmless)
    own = keys[firsts]
    found = numbers_of(own, seen.harmful)
    fresh = np.flatnonzero(~found.any(axis=1))
    return _New(rows, numbers, own, found, fresh, firsts[fresh])


def _sifted(
    piece: pa.RecordBatch, seen: _Seen, made: Candidates, asked: dict[str, NDArray[np.uint64]]
) -> tuple[_New, list[_Sifted]]:
    """Return what a piece of some columns has that is not known to match nothing, and what its fields may match."""
    new = _new(piece, seen)
    plain, as_sent = plain_and_as_sent(new.firsts, *piece.columns)
    may = _may(made, plain)
    sifted = [_Sifted(seen.field, np.arange(len(plain)), plain, may & asked[seen.field])]
    if "path" in seen.columns:
        paths = np.arange(len(plain))
        if isinstance(made, Prefilter):
            # Where all is as it was sent, a path is the beginning of its target: what it may match, that may match.
            paths = np.flatnonzero(~as_sent | (may & asked["path"]).any(axis=1))
        plain = plain_of(new.firsts[paths], piece.column(0), None)
        sifted.append(_Sifted("path", paths, plain, _may(made, plain) & asked["path"]))
    return new, sifted


def _may(made: Candidates, texts: pa.Array[Any]) -> NDArray[np.uint64]:
    """Return which patterns each text may match, as bits."""
    return made.bits(texts) if isinstance(made, Prefilter) else bits_of(made.candidates(texts), len(texts))


@cache
def _asked(indicators: tuple[Indicator, ...]) -> dict[str, NDArray[np.uint64]]:
    """Return for each field, as bits of the words of a row, the indicators that are sought in it."""
    fields = [*_COLUMNS, *(field for i in indicators for field in i.fields)]
    return {field: bits_of([np.flatnonzero([field in i.fields]) for i in indicators], 1)[0] for field in fields}


def _ask(seen: list[_Seen], indicators: tuple[Indicator, ...]) -> None:
    """Find out what the entries match of which that is not known, and remember it."""
    asked = [(own, *joined) for own in seen for joined in own.joined()]
    texts = pa.concat_arrays([texts for _, _, texts, _ in asked])
    may = np.concatenate([may for *_, may in asked])
    sifted = _Candidates(places_of(may, len(indicators)))
    everywhere = [np.array([0, len(texts)])]
    places = matching_places(texts, [(i.pattern, everywhere) for i in indicators], lambda _: sifted)
    found, begin = bits_of(places, len(texts)), 0
    for own, entries, its_texts, _ in asked:
        # One field has each entry once.
        own.found[entries] |= found[begin : begin + len(its_texts)]
        begin += len(its_texts)
    for own in seen:
        own.remember()


class _Candidates(NamedTuple):
    """What a sieve has already said."""

    places: list[NDArray[np.int64]]

    def candidates(self, texts: pa.Array[Any]) -> list[NDArray[np.int64]]:  # noqa: ARG002 - those it was asked about
        return self.places


@cache
def _remembered(
    columns: tuple[str, ...],  # noqa: ARG001 - each has its own
    indicators: tuple[Indicator, ...],
    sieve: Sieve,  # noqa: ARG001
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys of texts of `columns` known to match nothing, and of those known to match, with what they match.

    Verdicts do not depend on how many are known.
    """
    return no_keys(_HARMLESS_MAX), no_keys(_HARMFUL_MAX, bits_words(len(indicators)))


def _status(requests: pa.Table) -> NDArray[np.int16]:
    logged: pa.ChunkedArray[Any] = pc.fill_null(requests["status"], 0)  # type: ignore[arg-type]
    return logged.to_numpy()


@cache
def _logged(indicators: tuple[Indicator, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the columns of the fields that indicators are sought in: once those of fields of the same."""
    fields = sorted({field for i in indicators for field in i.fields})
    return tuple(dict.fromkeys(_COLUMNS.get(field, (field,)) for field in fields))


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
