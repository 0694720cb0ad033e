"""What sessions are made of: of each request its client, time and row, and what is to be counted, as numbers only.

A client stands as a number made of what is logged of it (address, header and agent), and so does a path
(`vigie.kernels.text_keys`): these numbers hold within a process. A pure function of any batch of requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.kernels import sessions as kernel
from vigie.kernels.distinct import distinct
from vigie.kernels.request_facts import request_facts
from vigie.kernels.row_ids import row_numbers
from vigie.kernels.text_keys import folded, text_keys
from vigie.rules.indicators import http_indicators
from vigie.rules.logins import is_login
from vigie.rules.plain import texts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

CLIENT_COLUMNS: Final = ("client_ip", "forwarded_for", "user_agent")
REQUEST_COLUMNS: Final = (
    *("row_id", "time", "client_ip", "forwarded_for", "host", "method", "path", "query", "status", "referer"),
    "user_agent",
)
_I: Final[pa.DataType] = pa.int64()
_N: Final[pa.DataType] = pa.int32()
_TIME: Final[pa.DataType] = pa.timestamp("us", tz="UTC")
EVENTS: Final = pa.schema(
    [
        ("client", _I),
        ("time", _TIME),
        ("source", _I),  # the row id: its source as a number, and its record
        ("record", _I),
        ("path", _I),
        ("facts", _N),  # `vigie.kernels.sessions`
        ("host", _N),  # its number; -1: not logged
    ]
)


def client_numbers(clients: pa.Table) -> I64:
    """Return the numbers of clients, of `CLIENT_COLUMNS` as logged."""
    return folded(text_keys(*(texts_of(_whole(clients, name)) for name in CLIENT_COLUMNS)))


def events_of(verdicts: pa.Table, hosts: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that makes EVENTS of a batch of requests (`REQUEST_COLUMNS`).

    `verdicts` are `vigie.rules.matching.VERDICTS`, of all requests or of those of the batch at least; `hosts` have the
    `number` of each host as `logged`.
    """
    matched = _sorted_verdicts(verdicts)

    def of_batch(requests: pa.Table) -> pa.Table:
        pieces = [_events(pa.Table.from_batches([b]), matched, hosts) for b in requests.to_batches()]
        return pa.concat_tables(pieces) if pieces else EVENTS.empty_table()

    return of_batch


def _sorted_verdicts(verdicts: pa.Table) -> tuple[I64, I64, NDArray[np.int32]]:
    """Return sources, records (shape (2, rows), sorted) and indicator numbers from 1 on of the requests that match."""
    ids = _whole(verdicts, "row_id")
    rows = row_numbers(texts_of(ids))
    indicators: Any = _whole(verdicts, "indicator")
    # The rules' own come first, so that a part of the verdicts gives the same numbers as all of them.
    known = dict.fromkeys(i.id for i in http_indicators())
    names: Any = pa.array(list(known | dict.fromkeys(sorted(indicators.unique().to_pylist()))), pa.string())
    numbers: Any = pc.index_in(indicators, names)
    order = np.lexsort(rows[::-1])
    return rows[0, order], rows[1, order], np.asarray(numbers, np.int32)[order] + 1


def _events(requests: pa.Table, matched: tuple[I64, I64, I32], hosts: pa.Table) -> pa.Table:
    paths = _whole(requests, "path")
    rows = row_numbers(texts_of(_whole(requests, "row_id")))
    status: Any = _whole(requests, "status").fill_null(0)
    asked, methods, queries, referers = (
        texts_of(_whole(requests, name)) for name in ("path", "method", "query", "referer")
    )
    facts = request_facts(asked, methods, queries, referers, status.to_numpy())
    posts = np.flatnonzero(facts & kernel.POST)
    if posts.size:
        ids, firsts = distinct(texts_of(paths), rows=posts)
        pages = np.asarray(is_login(paths.take(firsts)))
        facts[posts[pages[ids]]] |= kernel.LOGIN
    _add_indicators(facts, rows, matched)
    columns: list[Any] = [
        client_numbers(requests),
        _whole(requests, "time"),
        *rows,
        folded(text_keys(texts_of(paths), first=len(CLIENT_COLUMNS))),
        facts,
        _hosts(_whole(requests, "host"), hosts),
    ]
    return pa.table(columns, schema=EVENTS)


def _whole(table: pa.Table, name: str) -> pa.Array[Any]:
    column = table[name]
    whole: Any = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return cast("pa.Array[Any]", whole)


def _add_indicators(facts: I32, rows: I64, matched: tuple[I64, I64, I32]) -> None:
    sources, records, numbers = matched
    asked, starts = np.unique(sources, return_index=True)
    for source, start, end in zip(asked, starts, [*starts, len(sources)][1:], strict=True):
        own = np.flatnonzero(rows[0] == source)
        if not own.size:
            continue
        # Requests mostly stand in the order of their records: then the matched ones are sought among them.
        sought = rows[1, own]
        if not (np.diff(sought) > 0).all():
            order = np.argsort(sought)
            own, sought = own[order], sought[order]
        low, high = start + np.searchsorted(records[start:end], (sought[0], sought[-1] + 1))
        at = np.searchsorted(sought, records[low:high])
        hit = sought[np.minimum(at, len(sought) - 1)] == records[low:high]
        facts[own[at[hit]]] |= numbers[low:high][hit] << kernel.INDICATOR_SHIFT


def _hosts(logged: pa.Array[Any], hosts: pa.Table) -> I32:
    numbers = np.full(len(logged), -1, np.int32)
    rows = np.flatnonzero(np.asarray(logged.is_valid()))
    if rows.size:
        ids, firsts = distinct(texts_of(logged), rows=rows)
        names: Any = logged.take(firsts)
        at: Any = pc.index_in(names, cast("Any", _whole(hosts, "logged")))
        own: Any = _whole(hosts, "number").take(at).fill_null(-1)
        numbers[rows] = own.to_numpy()[ids]
    return numbers
