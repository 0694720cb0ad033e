"""Sessions: the requests of one client (origin address and user agent) without a pause of more than 30 minutes.

What a session is called follows `vigie.rules.sessions`. Readers behind one address with the same browser are one
client; a client that changes its user agent is several. Times are sorted as they stand: where two servers' clocks are
apart, so are the requests of a session.

What is sorted are numbers (`vigie.rules.session_events`); the texts come back at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from vigie.engine import Distinct, Groups, Query, Rows, Step
from vigie.engine.fragments import host
from vigie.kernels import sessions as kernel
from vigie.kernels.distinct import distinct
from vigie.kernels.numbered import numbers_of, table_of
from vigie.kernels.row_ids import row_ids
from vigie.measures import Measure
from vigie.rules.crawlers import crawler_names
from vigie.rules.plain import texts_of
from vigie.rules.session_events import CLIENT_COLUMNS, EVENTS, REQUEST_COLUMNS, client_numbers, events_of
from vigie.rules.sessions import CALLED, LOGIN_GUESSING, OTHER, SCAN, called, why
from vigie.tables import UTC_US
from vigie.text.origins import origin_addresses, proxies

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_S: Final[pa.DataType] = pa.string()
_I: Final[pa.DataType] = pa.int64()
_LIST: Final[pa.DataType] = pa.list_(pa.string())
_TIME: Final[pa.DataType] = UTC_US
_BOOL: Final[pa.DataType] = pa.bool_()
SCHEMA: Final = pa.schema(
    [
        ("session_id", _S),  # row id of its first request
        ("address", _S),  # the origin address (`vigie.text.address`)
        ("place", _S),  # public, private or reserved, not an address
        ("user_agent", _S),  # null: not logged, or absent
        ("host", _S),  # the host most requests went to, lower case, without port; null: not logged
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        ("requests", _I),
        ("paths", _I),  # distinct paths
        ("missing", _I),  # answered 404 or 410
        ("denied", _I),  # answered 400, 401, 403, 405, 406, 429, 444
        ("failed", _I),  # answered 5xx
        ("posts", _I),  # POST requests: what they carried is in no log
        ("queries", _I),  # requests with a query
        ("assets", _I),  # images, styles, scripts, fonts
        ("referred", _I),  # requests with a referer
        ("robots", _BOOL),  # asked for /robots.txt
        ("logins", _I),  # POST requests to a login page
        ("attacks", _I),  # requests that match an indicator
        ("indicators", _I),  # distinct indicators among them
        ("per_minute", _I),  # the most requests within any 60 seconds
        ("crawler", _S),  # the name by which the agent calls itself a crawler; null: it does not
        ("called", _S),  # scan, login_guessing, crawler or other
        ("why", _LIST),  # the evidence for `called`, in words
        ("attack_ids", _LIST),  # row ids of the requests that match an indicator, in the order of time
        ("request_ids", _LIST),  # row ids of all its requests where it is called scan or login_guessing; else empty
    ]
)
PAUSE_US: Final = 30 * 60 * 1_000_000

_N: Final[pa.DataType] = pa.int32()
_CLIENTS: Final = pa.schema([("client", _I), ("address", _S), ("place", _S), ("user_agent", _S), ("crawler", _S)])
_NUMBER: Final = pa.field("number", _N)
_HOSTS: Final = pa.schema([pa.field("logged", _S), pa.field("host", _S), _NUMBER])
_NUMBERED: Final = EVENTS.set(EVENTS.get_field_index("client"), _NUMBER)
_COUNTED: Final = pa.schema(
    [
        pa.field("session_id", _S),
        _NUMBER,  # its client's
        pa.field("first_seen", _TIME),
        pa.field("last_seen", _TIME),
        *(pa.field(name, _N) for name in kernel.COUNTS),
        pa.field("code", pa.int8()),  # place in CALLED
        pa.field("attack_ids", _LIST),
        pa.field("request_ids", _LIST),
    ]
)


def steps() -> tuple[Step, ...]:
    """Return the steps: events of requests, each client's sorted by time, cut at the pauses, counted, and called."""
    return (*client_steps(), *event_steps(), *session_steps())


def client_steps() -> tuple[Step, ...]:
    """Return the steps that collect what is logged of clients, and say which client it is."""
    return (
        Distinct(name="http_session_logged", input="requests", columns=CLIENT_COLUMNS),
        Rows(
            name="http_session_clients",
            input="http_session_logged",
            columns=CLIENT_COLUMNS,
            function=_clients,
            schema=_CLIENTS,
            beside=("case_servers",),
        ),
    )


def event_steps() -> tuple[Step, ...]:
    """Return the steps that make numbers of requests, batch by batch."""
    return (
        Distinct(name="http_session_logged_hosts", input="requests", columns=("host",)),
        Query(
            name="http_session_hosts",
            sql="select *, dense_rank() over (order by host) - 1 as number "
            f"from (select host as logged, {host()} as host from http_session_logged_hosts) where host is not null",
            schema=_HOSTS,
        ),
        Rows(
            name="http_session_events",
            input="requests",
            columns=REQUEST_COLUMNS,
            function=events_of,
            schema=EVENTS,
            beside=("http_verdicts", "http_session_hosts"),
        ),
    )


def session_steps() -> tuple[Step, ...]:
    """Return the steps from events to sessions."""
    return (
        # Clients are numbered in the order of their names: a number made of texts is another one in each process.
        Query(
            name="http_session_numbers",
            sql="select *, dense_rank() over (order by address, user_agent nulls first) - 1 as number "
            "from http_session_clients",
            schema=_CLIENTS.append(_NUMBER),
        ),
        Rows(
            name="http_session_numbered",
            input="http_session_events",
            columns=tuple(EVENTS.names),
            function=_numbered,
            schema=_NUMBERED,
            beside=("http_session_numbers",),
        ),
        Groups(
            name="http_session_counts",
            input="http_session_numbered",
            columns=tuple(_NUMBERED.names),
            key=("number",),
            order=("time", "source", "record"),
            function=_counted,
            schema=_COUNTED,
            beside=("http_session_numbers",),
        ),
        Rows(
            name="http_sessions",
            input="http_session_counts",
            columns=tuple(_COUNTED.names),
            function=_named,
            schema=SCHEMA,
            beside=("http_session_numbers", "http_session_hosts"),
        ),
    )


def _clients(servers: pa.Table) -> Callable[[pa.Table], pa.Table]:
    own = proxies(servers)

    def of_logged(logged: pa.Table) -> pa.Table:
        addresses, places = origin_addresses(_whole(logged, "client_ip"), _whole(logged, "forwarded_for"), own)
        agents = _whole(logged, "user_agent")
        ids, firsts = distinct(texts_of(agents))
        crawlers = crawler_names(agents.take(_places(firsts))).take(_places(ids))
        return pa.table([client_numbers(logged), addresses, places, agents, crawlers], schema=_CLIENTS)

    return of_logged


def _numbered(clients: pa.Table) -> Callable[[pa.Table], pa.Table]:
    known = table_of(_numbers(clients, "client"), _numbers(clients, "number"))

    def of_events(events: pa.Table) -> pa.Table:
        numbers: Any = [numbers_of(chunk.to_numpy(), known) for chunk in events["client"].chunks]
        place = events.schema.get_field_index("client")
        return events.set_column(place, _NUMBER, pa.chunked_array(numbers, pa.int32()))

    return of_events


def _counted(clients: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that makes rows of _COUNTED of whole clients, each sorted by time and row."""
    crawlers = np.asarray(_whole(_by_number(clients), "crawler").is_valid())

    def of_events(events: pa.Table) -> pa.Table:
        times = np.asarray(_whole(events, "time").cast(_I))
        of_client, paths, facts, hosts = (_numbers(events, name) for name in ("number", "path", "facts", "host"))
        rows = tuple(_numbers(events, name) for name in ("source", "record"))
        starts = kernel.session_starts(of_client, times, PAUSE_US)
        begins, lasts = starts[:-1], starts[1:] - 1
        counts = kernel.count_sessions(starts, times, paths.view(np.uint64), facts, hosts)
        codes = called(counts | {"named": crawlers[of_client[begins]]})
        attacks = np.flatnonzero(facts >> kernel.INDICATOR_SHIFT)
        listed = np.where(np.isin(codes, (SCAN, LOGIN_GUESSING)), counts["requests"], 0)
        listed_ends = np.concatenate(([0], np.cumsum(listed)))
        columns: dict[str, Any] = {
            "session_id": _row_ids(rows, begins),
            "number": of_client[begins],
            "first_seen": pa.array(times[begins]).cast(_TIME),
            "last_seen": pa.array(times[lasts]).cast(_TIME),
            **counts,
            "code": codes,
            "attack_ids": _lists(np.searchsorted(attacks, starts), _row_ids(rows, attacks)),
            "request_ids": _lists(listed_ends, _row_ids(rows, _rows_from(begins, listed))),
        }
        return pa.table(columns, schema=_COUNTED)

    return of_events


def _numbers(table: pa.Table, name: str) -> NDArray[Any]:
    return _whole(table, name).to_numpy()


def _rows_from(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of runs, one after another."""
    ends = np.cumsum(lengths)
    return np.repeat(begins - ends + lengths, lengths) + np.arange(ends[-1] if len(ends) else 0)


def _row_ids(rows: tuple[NDArray[np.int64], ...], asked: NDArray[np.int64]) -> pa.Array[Any]:
    """Return the row ids of the rows asked for, of sources and records."""
    sources, records = rows
    offsets, data = (memoryview(part) for part in row_ids(sources[asked], records[asked]))  # type: ignore[arg-type]
    return pa.StringArray.from_buffers(len(asked), pa.py_buffer(offsets), pa.py_buffer(data))


def _lists(ends: NDArray[np.int64], texts: pa.Array[Any]) -> pa.Array[Any]:
    offsets: Any = pa.array(ends, pa.int32())
    return pa.ListArray.from_arrays(offsets, texts)


def _whole(table: pa.Table, name: str) -> pa.Array[Any]:
    whole: pa.Array[Any] = table[name].combine_chunks()
    return whole


def _places(rows: NDArray[Any]) -> pa.Array[Any]:
    return pa.array(rows, _I)


def _named(clients: pa.Table, hosts: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that gives sessions their texts back."""
    clients, hosts = _by_number(clients), _by_number(hosts)

    def of_sessions(counted: pa.Table) -> pa.Table:
        client = _whole(counted, "number")
        at_host = _whole(counted, "host").to_numpy()
        columns: dict[str, Any] = {name: counted[name] for name in _COUNTED.names if name in SCHEMA.names}
        columns |= {n: _whole(clients, n).take(client) for n in ("address", "place", "user_agent", "crawler")}
        known: Any = pa.array(at_host, _N, mask=at_host < 0)
        columns["host"] = _whole(hosts, "host").take(known)
        columns["robots"] = counted["robots"].cast(_BOOL)
        code = _whole(counted, "code")
        columns["called"] = pa.array(CALLED, _S).take(code)
        columns["why"] = _why(counted, code.to_numpy(), columns["crawler"])
        return pa.table(columns).select(SCHEMA.names).cast(SCHEMA)

    return of_sessions


def _by_number(table: pa.Table) -> pa.Table:
    """Return one row for each number, in their order: that of several with the same has the same name."""
    numbers, first = np.unique(table["number"].to_numpy(), return_index=True)
    assert np.array_equal(numbers, np.arange(len(numbers)))  # noqa: S101 - what was numbered without gaps
    return table.take(_places(first))


def _why(counted: pa.Table, codes: NDArray[np.int8], crawlers: pa.Array[Any]) -> pa.Array[Any]:
    some = np.flatnonzero(codes != OTHER)
    rows = counted.select(kernel.COUNTS).take(_places(some)).to_pylist()
    names = crawlers.take(_places(some)).to_pylist()
    said = [why(int(codes[n]), row, name) for n, row, name in zip(some, rows, names, strict=True)]
    ends = np.zeros(len(codes) + 1, np.int32)
    ends[some + 1] = [len(words) for words in said]
    words = pa.array([word for words in said for word in words], _S)
    return pa.ListArray.from_arrays(pa.array(np.cumsum(ends, dtype=np.int32), pa.int32()), words)


MEASURE: Final = Measure(
    name="http_sessions", version=1, reads=("requests", "http_verdicts", "case_servers"), steps=steps, schema=SCHEMA
)
