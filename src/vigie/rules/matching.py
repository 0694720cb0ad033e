"""Which requests match an indicator: a pure function from any batch of REQUESTS to one row per request that does.

Logs repeat themselves, so the work is done once for each distinct text of a field, and only texts that may be disguised
are decoded. A prefilter made of all patterns joined by "or" finds the few texts worth asking pattern by pattern; since
it is the patterns, it cannot miss what they would find.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.rules.indicators import http_indicators
from vigie.tables import UTC_US
from vigie.text.decode import DISGUISED, MAX_CHARS, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

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
VERDICTS: Final = pa.schema(
    [
        ("row_id", pa.string()),
        ("time", UTC_US),
        ("client_ip", pa.string()),
        ("forwarded_for", pa.string()),
        ("host", pa.string()),
        ("path", pa.string()),
        ("status", pa.int16()),
        ("kind", pa.string()),
        ("indicator", pa.string()),
        ("technique", pa.string()),
    ]
)


def verdicts(requests: pa.Table) -> pa.Table:
    """Return the requests (`REQUEST_COLUMNS`) that match an indicator, with the first one by precedence, as VERDICTS."""
    indicators = http_indicators()
    first = np.full(requests.num_rows, len(indicators), dtype=np.int64)
    status = pc.fill_null(requests["status"], 0).to_numpy()
    for field in _used_fields(indicators):
        asked = [(n, i) for n, i in enumerate(indicators) if field in i.fields]
        texts = _texts(requests, field).dictionary_encode()
        places = texts.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        for number, indicator, hits in _hits(plain_forms(texts.dictionary), asked):
            rows = np.append(hits, False)[places]  # noqa: FBT003 - place -1, a null, is the False at the end
            if indicator.statuses:
                rows &= np.isin(status, indicator.statuses)
            first[rows] = np.minimum(first[rows], number)
    matched = np.flatnonzero(first < len(indicators))
    chosen = [indicators[n] for n in first[matched]]
    rows_matched = requests.select(VERDICTS.names[:7]).take(pa.array(matched))
    columns = [*rows_matched.columns, *(pa.array([getattr(i, k) for i in chosen], pa.string()) for k in ("kind", "id", "technique"))]
    return pa.Table.from_arrays(columns, names=VERDICTS.names).cast(VERDICTS)


def plain_forms(texts: pa.Array) -> pa.Array:
    """Return the plain form (`vigie.text.decode`) of each text of an array without nulls."""
    plain = pc.utf8_lower(pc.utf8_slice_codeunits(texts, 0, MAX_CHARS))
    disguised = pc.match_substring_regex(texts, DISGUISED)
    decoded = pa.array([decode(text) for text in texts.filter(disguised).to_pylist()], pa.string())
    return pc.replace_with_mask(plain, disguised, decoded)


def _texts(requests: pa.Table, field: str) -> pa.Array:
    if field == "target":
        asked = pc.binary_join_element_wise(requests["path"], requests["query"], "?", null_handling="skip")
    else:
        asked = requests[field]
    return asked.combine_chunks()


@cache
def _used_fields(indicators: tuple[Indicator, ...]) -> tuple[str, ...]:
    return tuple(sorted({field for i in indicators for field in i.fields}))


def _hits(
    plain: pa.Array, asked: Sequence[tuple[int, Indicator]]
) -> list[tuple[int, Indicator, np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    """Return, for each indicator that matches at all, which of the `plain` texts it matches."""
    joined = "|".join(f"(?:{i.pattern})" for _, i in asked)
    places = np.flatnonzero(pc.match_substring_regex(plain, joined).to_numpy(zero_copy_only=False))
    suspects = plain.take(pa.array(places))
    found = []
    for number, indicator in asked:
        matched = pc.match_substring_regex(suspects, indicator.pattern).to_numpy(zero_copy_only=False)
        if matched.any():
            hits = np.zeros(len(plain), dtype=bool)
            hits[places[matched]] = True
            found.append((number, indicator, hits))
    return found
