"""Which requests match an indicator: a pure function from any batch of REQUESTS to one row per request that does.

Logs repeat themselves, so the work is done once for each distinct text of a field, and only texts that may be disguised
are decoded. A prefilter made of all patterns joined by "or" finds the few texts worth asking pattern by pattern; since
it is the patterns, it cannot miss what they would find.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.rules.indicators import http_indicators
from vigie.text.decode import DISGUISED, MAX_CHARS, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigie.rules.indicators import Indicator

REQUEST_COLUMNS: Final = (
    "row_id",
    "time",
    "client_ip",
    "forwarded_for",
    "host",
    "path",
    "query",
    "status",
    "referer",
    "user_agent",
)
_S: Final[pa.DataType] = pa.string()
_TIME: Final[pa.DataType] = pa.timestamp("us", tz="UTC")
_STATUS: Final[pa.DataType] = pa.int16()
VERDICTS: Final = pa.schema(
    [
        ("row_id", _S),
        ("time", _TIME),
        ("client_ip", _S),
        ("forwarded_for", _S),
        ("host", _S),
        ("path", _S),
        ("status", _STATUS),
        ("kind", _S),
        ("indicator", _S),
        ("technique", _S),
    ]
)


def verdicts(requests: pa.Table) -> pa.Table:
    """Return the requests (`REQUEST_COLUMNS`) that match, each with its first indicator by precedence, as VERDICTS."""
    indicators = http_indicators()
    first = np.full(requests.num_rows, len(indicators), dtype=np.int64)
    logged: pa.ChunkedArray[Any] = pc.fill_null(requests["status"], 0)  # type: ignore[arg-type]
    status = logged.to_numpy()
    for field in _used_fields(indicators):
        asked = [(n, i) for n, i in enumerate(indicators) if field in i.fields]
        texts = _texts(requests, field).dictionary_encode()
        places = texts.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        for number, indicator, hits in matching_texts(plain_forms(texts.dictionary), asked):
            rows = np.append(hits, [False])[places]  # a null's place is -1, the one at the end
            if indicator.statuses:
                rows &= np.isin(status, indicator.statuses)
            first[rows] = np.minimum(first[rows], number)
    matched = np.flatnonzero(first < len(indicators))
    chosen = [indicators[n] for n in first[matched]]
    taken = requests.select(VERDICTS.names[:7]).take(matched)
    for name, key in (("kind", "kind"), ("indicator", "id"), ("technique", "technique")):
        taken = taken.append_column(name, pa.array([getattr(i, key) for i in chosen], pa.string()))
    return taken.cast(VERDICTS)


def plain_forms(texts: pa.Array[Any]) -> pa.Array[Any]:
    """Return the plain form (`vigie.text.decode`) of each text of an array without nulls."""
    plain = pc.utf8_lower(pc.utf8_slice_codeunits(texts, 0, MAX_CHARS))
    disguised = pc.match_substring_regex(texts, DISGUISED)
    decoded = pa.array([decode(str(text)) for text in texts.filter(disguised).to_pylist()], pa.string())
    replaced: pa.Array[Any] = pc.replace_with_mask(plain, disguised, decoded)
    return replaced


def _texts(requests: pa.Table, field: str) -> pa.Array[Any]:
    column: pa.ChunkedArray[Any] = requests["path" if field == "target" else field]
    if field == "target":
        mark = pa.scalar("?")
        column = pc.binary_join_element_wise(column, requests["query"], mark, null_handling="skip")  # type: ignore[call-overload]
    whole: pa.Array[Any] = column.combine_chunks()
    return whole


@cache
def _used_fields(indicators: tuple[Indicator, ...]) -> tuple[str, ...]:
    return tuple(sorted({field for i in indicators for field in i.fields}))


def matching_texts(
    plain: pa.Array[Any], asked: Sequence[tuple[int, Indicator]]
) -> list[tuple[int, Indicator, NDArray[np.bool_]]]:
    """Return, for each indicator that matches at all, which of the `plain` texts it matches."""
    places = np.flatnonzero(_search(plain, "|".join(f"(?:{i.pattern})" for _, i in asked)))
    suspects = plain.take(pa.array(places, pa.int64()))
    found = []
    for number, indicator in asked if places.size else ():
        matched = _search(suspects, indicator.pattern)
        if matched.any():
            hits = np.zeros(len(plain), dtype=np.bool_)
            hits[places[matched]] = True
            found.append((number, indicator, hits))
    return found


def _search(texts: pa.Array[Any], pattern: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return found
