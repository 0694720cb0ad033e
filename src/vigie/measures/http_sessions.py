"""Sessions: the requests of one client (origin address and user agent) without a pause of more than 30 minutes.

What a session is called follows `vigie.rules.sessions`. Readers behind one address with the same browser are one
client; a client that changes its user agent is several. Times are sorted as they stand: where two servers' clocks are
apart, so are the requests of a session.

What is sorted are numbers (`vigie.rules.session_events`); the texts come back at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigie.engine import Groups, Query, Rows, Step
from vigie.kernels import sessions as kernel
from vigie.measures import Measure
from vigie.rules.crawlers import crawler_names
from vigie.rules.session_events import EVENTS, REQUEST_COLUMNS, address_numbers, agent_numbers, events_of
from vigie.rules.sessions import CALLED, LOGIN_GUESSING, OTHER, SCAN, called, why
from vigie.tables import UTC_US
from vigie.text.origins import origin_addresses

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
_AGENTS: Final = pa.schema([("user_agent", _S), ("crawler", _S), ("agent", _I)])
_PEERS: Final = pa.schema([("client_ip", _S), ("forwarded_for", _S)])
_ORIGINS: Final = pa.schema([("address_text", _S), ("place", _S), ("address", _I)])
_NUMBER: Final = pa.field("number", _N)
_HOSTS: Final = pa.schema([pa.field("logged", _S), pa.field("host", _S), _NUMBER])
_COUNTED: Final = pa.schema(
    [
        ("session_id", _S),
        ("address", _I),
        ("agent", _I),
        ("first_seen", _TIME),
        ("last_seen", _TIME),
        *((name, _I) for name in kernel.COUNTS),
        ("code", pa.int8()),  # place in CALLED
        ("attack_ids", _LIST),
        ("request_ids", _LIST),
    ]
)
_PLACED: Final = pa.schema([("address_number", _N), ("agent_number", _N), *_COUNTED])


def steps() -> tuple[Step, ...]:
    """Return the steps: events of requests, each client's sorted by time, cut at the pauses, counted, and called."""
    return (*text_steps(), *event_steps(), *session_steps())


def text_steps() -> tuple[Step, ...]:
    """Return the steps that collect the texts of agents and addresses, and their numbers."""
    return (
        Query(
            name="http_session_agent_names",
            sql="select distinct user_agent from requests",
            schema=_AGENTS.remove(2).remove(1),
        ),
        Rows(
            name="http_session_agents",
            input="http_session_agent_names",
            columns=("user_agent",),
            function=_agents,
            schema=_AGENTS,
        ),
        Query(name="http_session_peers", sql="select distinct client_ip, forwarded_for from requests", schema=_PEERS),
        Rows(
            name="http_session_origins",
            input="http_session_peers",
            columns=("client_ip", "forwarded_for"),
            function=_origins,
            schema=_ORIGINS,
            beside=("case_servers",),
        ),
    )


def event_steps() -> tuple[Step, ...]:
    """Return the steps that make numbers of requests, batch by batch."""
    return (
        Query(
            name="http_session_hosts",
            sql="select *, dense_rank() over (order by host) - 1 as number from ("
            "select host as logged, nullif(regexp_replace(lower(host), ':[0-9]+$', ''), '') as host "
            "from (select distinct host from requests)) where host is not null",
            schema=_HOSTS,
        ),
        Rows(
            name="http_session_events",
            input="requests",
            columns=REQUEST_COLUMNS,
            function=_events,
            schema=EVENTS,
            beside=("http_verdicts", "http_session_hosts", "case_servers"),
        ),
    )


def session_steps() -> tuple[Step, ...]:
    """Return the steps from events to sessions."""
    return (
        Query(
            name="http_session_addresses",
            sql="select *, row_number() over (order by address_text) - 1 as number "
            "from (select distinct * from http_session_origins)",
            schema=_ORIGINS.append(_NUMBER),
        ),
        Query(
            name="http_session_named_agents",
            sql="select *, row_number() over (order by user_agent nulls first) - 1 as number "
            "from (select distinct * from http_session_agents)",
            schema=_AGENTS.append(_NUMBER),
        ),
        Groups(
            name="http_session_counts",
            input="http_session_events",
            columns=tuple(EVENTS.names),
            key=("address", "agent"),
            order=("time", "source", "record"),
            function=_counted,
            schema=_COUNTED,
        ),
        Rows(
            name="http_session_placed",
            input="http_session_counts",
            columns=tuple(_COUNTED.names),
            function=_placed,
            schema=_PLACED,
            beside=("http_session_addresses", "http_session_named_agents"),
        ),
        Groups(
            name="http_session_sorted",
            input="http_session_placed",
            columns=tuple(_PLACED.names),
            key=("address_number", "agent_number"),
            order=("first_seen",),
            function=lambda sessions: sessions,
            schema=_PLACED,
        ),
        Rows(
            name="http_sessions",
            input="http_session_sorted",
            columns=tuple(_PLACED.names),
            function=_named,
            schema=SCHEMA,
            beside=("http_session_addresses", "http_session_named_agents", "http_session_hosts"),
        ),
    )


def _proxies(servers: pa.Table) -> list[str]:
    return sorted(s["host"] for s in servers.to_pylist() if s["role"] == "proxy")


def _agents(agents: pa.Table) -> pa.Table:
    texts = _whole(agents, "user_agent")
    return pa.table([texts, crawler_names(texts), agent_numbers(texts)], schema=_AGENTS)


def _origins(servers: pa.Table) -> Callable[[pa.Table], pa.Table]:
    proxies = _proxies(servers)

    def of_pairs(pairs: pa.Table) -> pa.Table:
        addresses, places = origin_addresses(_whole(pairs, "client_ip"), _whole(pairs, "forwarded_for"), proxies)
        return pa.table([addresses, places, address_numbers(addresses)], schema=_ORIGINS)

    return of_pairs


def _events(verdicts: pa.Table, hosts: pa.Table, servers: pa.Table) -> Callable[[pa.Table], pa.Table]:
    return events_of(verdicts, hosts, _proxies(servers))


def _placed(addresses: pa.Table, agents: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that adds the numbers by which sessions are sorted: those of their texts."""
    known = {"address": addresses, "agent": agents}
    orders = {name: np.argsort(table[name].to_numpy()) for name, table in known.items()}
    values = {name: table[name].to_numpy()[orders[name]] for name, table in known.items()}

    def of_sessions(counted: pa.Table) -> pa.Table:
        numbers: list[Any] = []
        for name, table in known.items():
            at = np.searchsorted(values[name], counted[name].to_numpy())
            numbers.append(table["number"].to_numpy()[orders[name]][at])
        return pa.table([*numbers, *counted.columns], schema=_PLACED)

    return of_sessions


def _counted(events: pa.Table) -> pa.Table:
    """Return the rows of _COUNTED for whole clients, each sorted by time and row."""
    times = np.asarray(_whole(events, "time").cast(_I))
    clients = np.stack([_numbers(events, name) for name in ("address", "agent")])
    paths, facts, hosts = (_numbers(events, name) for name in ("path", "facts", "host"))
    rows = np.stack([_numbers(events, name) for name in ("source", "record")])
    starts = kernel.session_starts(clients, times, PAUSE_US)
    begins, lasts = starts[:-1], starts[1:] - 1
    counts = kernel.count_sessions(starts, times, paths.view(np.uint64), facts, hosts)
    codes = called(counts)
    attacks = np.flatnonzero(facts >> kernel.INDICATOR_SHIFT)
    listed = np.where(np.isin(codes, (SCAN, LOGIN_GUESSING)), counts["requests"], 0)
    listed_ends = np.concatenate(([0], np.cumsum(listed)))
    columns: dict[str, Any] = {
        "session_id": _row_ids(rows[:, begins]),
        "address": clients[0, begins],
        "agent": clients[1, begins],
        "first_seen": pa.array(times[begins]).cast(_TIME),
        "last_seen": pa.array(times[lasts]).cast(_TIME),
        **counts,
        "code": codes,
        "attack_ids": _lists(np.searchsorted(attacks, starts), _row_ids(rows[:, attacks])),
        "request_ids": _lists(listed_ends, _row_ids(rows[:, _rows_from(begins, listed)])),
    }
    return pa.table(columns, schema=_COUNTED)


def _numbers(table: pa.Table, name: str) -> NDArray[Any]:
    return _whole(table, name).to_numpy()


def _rows_from(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of runs, one after another."""
    ends = np.cumsum(lengths)
    return np.repeat(begins - ends + lengths, lengths) + np.arange(ends[-1] if len(ends) else 0)


def _row_ids(rows: NDArray[np.int64]) -> pa.Array[Any]:
    """Return row ids of sources and records, of shape (2, rows)."""
    sources, which = np.unique(rows[0], return_inverse=True)
    names = pa.array([f"{source:012x}" for source in sources.tolist()], _S)
    ids: Any = pc.binary_join_element_wise(names.take(_places(which)), pa.array(rows[1]).cast(_S), ":")
    return cast("pa.Array[Any]", ids)


def _lists(ends: NDArray[np.int64], texts: pa.Array[Any]) -> pa.Array[Any]:
    offsets: Any = pa.array(ends, pa.int32())
    return pa.ListArray.from_arrays(offsets, texts)


def _whole(table: pa.Table, name: str) -> pa.Array[Any]:
    whole: pa.Array[Any] = table[name].combine_chunks()
    return whole


def _places(rows: NDArray[Any]) -> pa.Array[Any]:
    return pa.array(rows, _I)


def _named(addresses: pa.Table, agents: pa.Table, hosts: pa.Table) -> Callable[[pa.Table], pa.Table]:
    """Return the function that gives sessions their texts back."""
    addresses, agents, hosts = (_by_number(table) for table in (addresses, agents, hosts))

    def of_sessions(counted: pa.Table) -> pa.Table:
        address, agent = _whole(counted, "address_number"), _whole(counted, "agent_number")
        host = _whole(counted, "host").to_numpy()
        columns: dict[str, Any] = {name: counted[name] for name in _COUNTED.names if name in SCHEMA.names}
        columns["address"] = _whole(addresses, "address_text").take(address)
        columns["place"] = _whole(addresses, "place").take(address)
        columns |= {name: _whole(agents, name).take(agent) for name in ("user_agent", "crawler")}
        known: Any = pa.array(host, _I, mask=host < 0)
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
