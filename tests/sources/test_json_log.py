from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import shared_data
from tests.sources.lines_laws import check_cuts, read
from vigie.sources import Head, Source
from vigie.sources.json_log import SOURCES

CLOUDFLARE, CADDY, NGINX = SOURCES
TIME = datetime(2017, 2, 15, 11, 0, 1, tzinfo=UTC)
SECONDS = 1_487_156_401

CLOUDFLARE_LINE = {
    "ClientIP": "192.0.2.7",
    "ClientRequestHost": "www.example.fr",
    "ClientRequestMethod": "GET",
    "ClientRequestURI": "/a?b=1",
    "ClientRequestProtocol": "HTTP/2",
    "ClientRequestUserAgent": "",
    "ClientRequestReferer": "https://www.example.fr/",
    "EdgeStartTimestamp": SECONDS * 10**9,
    "EdgeResponseStatus": 200,
    "EdgeResponseBytes": 512,
    "RequestHeaders": {"X-Forwarded-For": "198.51.100.1"},
}
CADDY_LINE = {
    "level": "info",
    "ts": float(SECONDS),
    "logger": "http.log.access.log0",
    "msg": "handled request",
    "request": {
        "remote_ip": "10.0.0.1",
        "client_ip": "192.0.2.7",
        "proto": "HTTP/2",
        "method": "GET",
        "host": "www.example.fr",
        "uri": "/a?b=1",
        "headers": {"Referer": ["https://www.example.fr/"], "X-Forwarded-For": ["198.51.100.1"]},
    },
    "user_id": "",
    "size": 512,
    "status": 200,
}
NGINX_LINE = {
    "time_iso8601": "2017-02-15T12:00:01+01:00",
    "remote_addr": "192.0.2.7",
    "http_x_forwarded_for": "198.51.100.1",
    "remote_user": "-",
    "request": "GET /a?b=1 HTTP/2",
    "status": "200",
    "body_bytes_sent": "512",
    "http_referer": "https://www.example.fr/",
    "http_user_agent": "-",
    "http_host": "www.example.fr",
}
LINES = {"cloudflare-log": CLOUDFLARE_LINE, "caddy-log": CADDY_LINE, "nginx-json-log": NGINX_LINE}
EXPECTED = {
    "record": 1,
    "time": TIME,
    "client_ip": "192.0.2.7",
    "forwarded_for": "198.51.100.1",
    "account": None,
    "method": "GET",
    "host": "www.example.fr",
    "path": "/a",
    "query": "b=1",
    "protocol": "HTTP/2",
    "status": 200,
    "bytes": 512,
    "referer": "https://www.example.fr/",
    "user_agent": None,
}


def encoded(item: dict[str, Any]) -> bytes:
    return json.dumps(item).encode()


def one(source: Source, item: dict[str, Any] | bytes) -> dict[str, Any]:
    data = item if isinstance(item, bytes) else encoded(item)
    (row,) = read(source.parse, data).rows.to_pylist()
    return row


def reason(source: Source, item: dict[str, Any] | bytes) -> str:
    data = item if isinstance(item, bytes) else encoded(item)
    (refusal,) = read(source.parse, data).refused
    return refusal.reason


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name)
def test_a_line_of_each(source: Source) -> None:
    assert one(source, LINES[source.name]) == EXPECTED


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name)
def test_each_sniffs_its_own_and_no_other(source: Source) -> None:
    for name, item in LINES.items():
        head = Head("x.log", encoded(item) + b"\n" + encoded(item)[:40])
        assert bool(source.sniff(head)) == (name == source.name)
    for other in (b"", b'{"id": 1, "text": "a", "status": "x"}\n', b"[1]\n", b"a,b\n", b"\xff\0"):
        assert source.sniff(Head("x", other)) == 0


@pytest.mark.parametrize(
    "clock",
    [
        SECONDS, f"0{SECONDS}", float(SECONDS), f"{SECONDS}.000", SECONDS * 10**3, SECONDS * 10**6, SECONDS * 10**9,
        "2017-02-15T11:00:01Z", "2017-02-15T11:00:01.000000000Z", "2017-02-15T12:00:01", "15/Feb/2017:12:00:01 +0100",
    ],
)  # fmt: skip
def test_clocks(clock: object) -> None:
    assert one(NGINX, {**NGINX_LINE, "time_iso8601": clock})["time"] == TIME


def test_fractions_of_a_second() -> None:
    clock = {"EdgeStartTimestamp": 1712790000100000999}
    assert one(CLOUDFLARE, CLOUDFLARE_LINE | clock)["time"].microsecond == 100_000
    assert one(CADDY, CADDY_LINE | {"ts": 1761019822.3152757})["time"].microsecond == 315_276


def test_caddy_behind_docker_compose_and_its_older_address() -> None:
    assert one(CADDY, b"caddy-1  | " + encoded(CADDY_LINE)) == EXPECTED
    request = {k: v for k, v in CADDY_LINE["request"].items() if not k.endswith("_ip")}
    old = {**CADDY_LINE, "request": {**request, "remote_addr": "[2001:db8::1]:4711"}}
    assert one(CADDY, old)["client_ip"] == "2001:db8::1"


def test_nginx_in_parts_and_a_request_that_is_not_http() -> None:
    parts = {k: v for k, v in NGINX_LINE.items() if k != "request"}
    parts |= {"request_method": "GET", "uri": "/a", "args": "b=1", "server_protocol": "HTTP/2"}
    assert one(NGINX, parts) == EXPECTED
    row = one(NGINX, {**NGINX_LINE, "request": "\x16\x03\x00"})
    assert (row["method"], row["path"]) == (None, "\x16\x03\\x00")


def test_text_that_is_not_json_as_nginx_writes_it() -> None:
    line = encoded(NGINX_LINE).replace(
        b'"http_user_agent": "-"', rb'"http_user_agent": "a \x22b\x22 ' + b'\xe9\xc3\xa9"'
    )
    assert one(NGINX, line)["user_agent"] == r"a \x22b\x22 \xe9é"


@pytest.mark.parametrize(
    ("source", "item", "expected"),
    [
        (CLOUDFLARE, b"{", "not JSON: "),
        (CLOUDFLARE, b"[" * 2000, "not JSON: "),
        (CLOUDFLARE, b"[]", "not a JSON object"),
        (CLOUDFLARE, b"{}\0", "NUL byte"),
        (CLOUDFLARE, {}, "no ClientRequestURI"),
        (CLOUDFLARE, {"ClientRequestURI": "/"}, "no EdgeStartTimestamp"),
        (CLOUDFLARE, {**CLOUDFLARE_LINE, "ClientIP": None}, "no ClientIP"),
        (CLOUDFLARE, {**CLOUDFLARE_LINE, "ClientIP": ["a"]}, "ClientIP is not text: ['a']"),
        (CLOUDFLARE, {**CLOUDFLARE_LINE, "EdgeResponseBytes": -1}, "EdgeResponseBytes is not a number: -1"),
        (CLOUDFLARE, {**CLOUDFLARE_LINE, "EdgeResponseBytes": 1e300}, "EdgeResponseBytes is not a number: 1"),
        (CLOUDFLARE, {**CLOUDFLARE_LINE, "EdgeResponseStatus": True}, "EdgeResponseStatus is not a number: True"),
        (CLOUDFLARE, {**CLOUDFLARE_LINE, "EdgeStartTimestamp": -1}, "time is not a date: -1"),
        (CLOUDFLARE, {**CLOUDFLARE_LINE, "EdgeStartTimestamp": 1e300}, "time is not a date: 1e+300"),
        (CLOUDFLARE, {**CLOUDFLARE_LINE, "EdgeStartTimestamp": {}}, "time is not a date: {}"),
        (CLOUDFLARE, {**CLOUDFLARE_LINE, "EdgeStartTimestamp": 1}, "time 1970-01-01T00:00:01Z is outside 1990 to 2100"),
        (CADDY, {"msg": "server running"}, "not a request: server running"),
        (CADDY, {**CADDY_LINE, "logger": "http.log.error", "msg": "oops"}, "not a request: oops"),
        (CADDY, {**CADDY_LINE, "request": {}}, "no uri"),
        (CADDY, {**CADDY_LINE, "request": {"uri": "/"}}, "no remote_addr"),
        (NGINX, {**NGINX_LINE, "time_iso8601": "31/Feb/2017:12:00:01 +0100"}, "time is not a date: 31/Feb/2017"),
        (
            NGINX,
            {**NGINX_LINE, "time_iso8601": "0001-01-01T00:00:00+14:00"},
            "time 0001-01-01T00:00:00+14:00 is outside",
        ),
    ],
)
def test_refusals(source: Source, item: dict[str, Any] | bytes, expected: str) -> None:
    assert reason(source, item).startswith(expected)


values = st.one_of(
    st.sampled_from(
        ["", "-", "a", "200", "2017-02-15T11:00:01Z", "/a?b", "\0", "GET / HTTP/1.1", SECONDS, -1, 1e300, None]
    ),
    st.sampled_from([True, [], ["a", 1], {}, {"User-Agent": ["x", None]}, {"uri": "/", "client_ip": "::1"}, 2**63]),
)


@st.composite
def logged(draw: st.DrawFn) -> bytes:
    item = dict(draw(st.sampled_from(list(LINES.values()))))
    for name in draw(st.lists(st.sampled_from(sorted(item)), max_size=3)):
        item[name] = draw(values)
    line = bytearray(encoded(item))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        line[draw(st.integers(0, len(line) - 1))] = draw(st.sampled_from(b'"\\x{}\0\xff '))
    return draw(st.sampled_from([b"", b"", b"web  | ", b"\t"])) + bytes(line)


blocks = st.lists(
    st.one_of(logged(), st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"")), st.just(b"")),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.name)
@given(block=blocks, cuts=st.lists(st.integers(0, 8), max_size=4))
def test_cuts_do_not_matter(source: Source, block: list[bytes], cuts: list[int]) -> None:
    check_cuts(source.parse, block, cuts)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        (CLOUDFLARE, "logfile_cloudflare.1", (15, 0)),
        (CLOUDFLARE, "logfile_cloudflare.json", (1, 0)),
        (CADDY, "logfile_caddy_log.0", (4, 35)),
        (CADDY, "logfile_caddy_log.1", (4, 0)),
    ],
)
def test_lines_of_others(source: Source, name: str, expected: tuple[int, int]) -> None:
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    parsed = read(source.parse, (folder / "cyber" / "lnav" / name).read_bytes())
    assert (parsed.rows.num_rows, len(parsed.refused)) == expected
