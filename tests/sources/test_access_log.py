from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests import shared_data
from tests.sources.access_log_oracle import NotARowError, read_line
from tests.sources.lines_laws import PARIS, check_cuts
from tests.sources.lines_laws import read as check
from vigie.sources import Block, Head, Parsed
from vigie.sources.access_log import parse, sniff

COMBINED = (
    b'192.0.2.7 - ana [15/Feb/2017:12:00:01 +0100] "GET /a?b=1 HTTP/1.1" 200 512 '
    b'"https://www.example.fr/" "Mozilla/5.0"'
)


def read(data: bytes) -> Parsed:
    return check(parse, data)


def one(line: bytes) -> dict[str, object]:
    (row,) = read(line).rows.to_pylist()
    return row


def reason(line: bytes) -> str:
    (refusal,) = read(line).refused
    assert refusal.raw == line
    return refusal.reason


def test_combined() -> None:
    assert one(COMBINED) == {
        "record": 1,
        "time": datetime(2017, 2, 15, 11, 0, 1, tzinfo=UTC),
        "client_ip": "192.0.2.7",
        "forwarded_for": None,
        "account": "ana",
        "method": "GET",
        "host": None,
        "path": "/a",
        "query": "b=1",
        "protocol": "HTTP/1.1",
        "status": 200,
        "bytes": 512,
        "referer": "https://www.example.fr/",
        "user_agent": "Mozilla/5.0",
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'"' + COMBINED + b'"', {"client_ip": "192.0.2.7", "user_agent": "Mozilla/5.0"}),
        (COMBINED + b"\r", {"user_agent": "Mozilla/5.0"}),
        (COMBINED + b' "198.51.100.1, 10.0.0.1"', {"forwarded_for": "198.51.100.1, 10.0.0.1"}),
        (COMBINED + b' "192.0.2.1"', {"forwarded_for": "192.0.2.1"}),
        (COMBINED + b' "-"', {"forwarded_for": None}),
        (COMBINED.replace(b" - ana", b" fe:80 x y"), {"client_ip": "192.0.2.7", "host": None, "account": "x y"}),
        (COMBINED + b' "0.003" "x"', {"forwarded_for": None}),
        (COMBINED + b' "-" 0.003 "x', {"forwarded_for": None, "user_agent": "Mozilla/5.0"}),
        (COMBINED.replace(b" 512", b" 512 0.001 -"), {"bytes": 512, "referer": "https://www.example.fr/"}),
        (b"www.example.fr:443 " + COMBINED, {"host": "www.example.fr:443", "client_ip": "192.0.2.7"}),
        (b"10.0.0.1:80 " + COMBINED, {"host": "10.0.0.1:80", "client_ip": "192.0.2.7"}),
        (
            b"www.example.fr crawler.example.net" + COMBINED[9:].replace(b" - ana", b" x ana"),
            {"host": "www.example.fr"},
        ),
        (b"- " + COMBINED, {"host": None, "client_ip": "192.0.2.7", "account": "ana"}),
        (COMBINED.replace(b"ana", b"Jean de la Fontaine"), {"host": None, "account": "Jean de la Fontaine"}),
        (COMBINED.replace(b"ana", b"req-17 -"), {"account": None}),
        (COMBINED.replace(b"ana", b""), {"account": None, "path": "/a"}),
        (COMBINED.replace(b"192.0.2.7", b"2001:db8::1"), {"client_ip": "2001:db8::1"}),
        (COMBINED.replace(b"192.0.2.7", b"a.example.net"), {"client_ip": "a.example.net", "host": None}),
        (b"Feb 15 12:00:01 web1 nginx[77]: " + COMBINED, {"client_ip": "192.0.2.7", "host": None}),
        (b"2017-02-15T12:00:01+01:00 web1 nginx: " + COMBINED, {"client_ip": "192.0.2.7", "host": None}),
        (COMBINED.replace(b" 200 512", b" - -"), {"status": None, "bytes": None}),
        (COMBINED.replace(b"Mozilla/5.0", rb"a \"b\" \x22 \\"), {"user_agent": r"a \"b\" \x22 " + "\\\\"}),
        (COMBINED.replace(b"Mozilla", b'an"odd"name'), {"user_agent": 'an"odd"name/5.0'}),
        (COMBINED.replace(b"GET /a?b=1 HTTP/1.1", rb"\x16\x03\x01"), {"method": None, "path": r"\x16\x03\x01"}),
        (COMBINED.replace(b"GET /a?b=1 HTTP/1.1", b"-"), {"method": None, "path": "-"}),
        (COMBINED.replace(b"GET /a?b=1 HTTP/1.1", b""), {"method": None, "path": ""}),
        (COMBINED.replace(b"GET /a?b=1 HTTP/1.1", b"GET /a b?c"), {"method": "GET", "path": "/a b", "query": "c"}),
        (COMBINED.replace(b"GET /a?b=1", b"CONNECT a.example:443"), {"method": "CONNECT", "path": "a.example:443"}),
        (COMBINED.replace(b" /a?b=1", b" http://a.example/a?b?c"), {"path": "http://a.example/a", "query": "b?c"}),
        (COMBINED.replace(b"GET /a?b=1", b"get /a?"), {"method": "get", "path": "/a", "query": ""}),
        (COMBINED.replace(b"/a?b=1", b"/\xe9\xc3\xa9"), {"path": "/\\xe9é"}),
        (COMBINED.replace(b"+0100", b"-03:30"), {"time": datetime(2017, 2, 15, 15, 30, 1, tzinfo=UTC)}),
        (COMBINED.replace(b" +0100]", b".25Z]"), {"time": datetime(2017, 2, 15, 12, 0, 1, 250_000, tzinfo=UTC)}),
        (COMBINED.replace(b" +0100", b""), {"time": datetime(2017, 2, 15, 11, 0, 1, tzinfo=UTC)}),
        (
            COMBINED.replace(b"15/Feb/2017:12:00:01 +0100", b"15/JUL/2017:12:00:60"),
            {"time": datetime(2017, 7, 15, 10, 1, tzinfo=UTC)},
        ),
    ],
)
def test_variants(line: bytes, expected: dict[str, object]) -> None:
    row = one(line)
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (COMBINED[:-1], "quoted field is not closed"),
        (COMBINED[:60], "quoted field is not closed"),
        (COMBINED[:40], "time is not a date such as 15/Feb/2017:12:00:00 +0100: 15/Feb/2017:12:00:01 +0"),
        (COMBINED[:68], "size is not a number: "),
        (COMBINED[:10], "no time in brackets"),
        (b"x", "no time in brackets"),
        (b'"', "quoted field is not closed"),
        (COMBINED.replace(b"/a", b"/\0"), "NUL byte"),
        (COMBINED.replace(b"15/Feb", b"30/Feb"), "time is not a date such as 15/Feb/2017:12:00:00 +0100: 30/Feb/2017"),
        (COMBINED.replace(b"2017", b"2200"), "time 2200-02-15T11:00:01Z is outside 1990 to 2100"),
        (COMBINED.replace(b"15/Feb/2017:12", b"01/Jan/1990:00"), "time 1989-12-31T23:00:01Z is outside 1990 to 2100"),
        (COMBINED.replace(b"- ana ", b""), "fewer than three fields before the time"),
        (COMBINED.replace(b"192.0.2.7", b"<script>"), "client is not an address or a host name: <script>"),
        (b"Feb 15 12:00:01 " + COMBINED, "client is not an address or a host name: 15"),
        (COMBINED.replace(b'"GET', b'example "GET'), "no quoted request after the time"),
        (COMBINED.replace(b" 200", b" OK"), "status is not a number of up to three digits: OK"),
        (COMBINED.replace(b" 512", b" 5k"), "size is not a number: 5k"),
        (COMBINED.replace(b"Mozilla", b'an "odd" name'), 'a quote within a field is not escaped: name/5.0"'),
        (
            COMBINED.replace(b' "https', b' x"https'),
            'a quote within a field is not escaped: x"https://www.example.fr/"',
        ),
        (COMBINED + b" " + b"x" * (1 << 20), "longer than 1,048,576 bytes"),
        (
            b"[Sun Dec 04 04:47:44 2005] [notice] mod_jk",
            "time is not a date such as 15/Feb/2017:12:00:00 +0100: notice",
        ),
    ],
)
def test_refusals(line: bytes, expected: str) -> None:
    assert reason(line).startswith(expected)


def test_records_are_line_numbers_and_blank_lines_are_skipped() -> None:
    data = b"\n" + COMBINED + b"\r\n \t\r\njunk\xff\r\n" + COMBINED
    parsed = parse(Block(data, 7, last=True, tz=PARIS, name="access.log"), {})
    assert parsed.rows["record"].to_pylist() == [8, 11]
    assert [(r.record, r.raw) for r in parsed.refused] == [(10, b"junk\xff\r")]
    assert (parsed.records, parsed.skipped) == (5, 2)


FIRST, LAST = datetime.fromisoformat("1989-12-30"), datetime.fromisoformat("2100-01-03")
words = st.sampled_from(
    ["-", "ana", "192.0.2.7", "2001:db8::1", "a.example.net", "www.example.fr:443", "fe:80", '"', "[12/", "É"]
)
times = st.one_of(
    st.datetimes(FIRST, LAST).map(lambda t: t.strftime("%d/%b/%Y:%H:%M:%S")),
    st.sampled_from(["29/Feb/2016:00:00:60", "29/feb/2017:00:00:00", "31/DEC/2016:23:59:59.9", "00/Jan/2000:24:00:00"]),
    st.sampled_from(["01/Jan/2000:00:00:61", "01/Jan/2000:00:60:00", "01/Jan/2000:24:00:00", "29/Feb/2000:00:00:00"]),
)
zones = st.sampled_from([" +0000", " +0330", " -0800", " +14:00", "", " ", "Z", " +2400", " 0100", " -1"])
targets = st.sampled_from(["/", "/a?b=c?d", "/a b", "*", "http://a.example/?x", "a", r"/\"", "/é", "", "?"])
requests = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(["GET", "get", "M-SEARCH", ""]), targets, st.just("HTTP/1.1")),
    st.sampled_from(
        ["", "-", "GET", "GET /", "GET HTTP/1.1", "GET / ", "GET  HTTP/1.1", r"\x16\x03", "a / HTTP/", " "]
    ),
)
texts = st.sampled_from(
    ["-", "", "Mozilla/5.0 (X; Y)", r"\"", "\\\\", '"', 'a "b" c', "1.5", "192.0.2.1", "192.0.2.1, 10.0.0.1", "\udcff"]
)
trailers = st.lists(st.one_of(texts.map('"{}"'.format), st.sampled_from(["-", "0.1", "", 'a"', '"'])), max_size=5)
wraps = st.sampled_from(
    ["{}", "{}", '"{}"', "{}\r", "Feb 15 12:00:01 web nginx: {}", '2017-02-15T12:00:01Z w n:  {} "']
)
valid = st.builds(
    lambda wrap, before, time, zone, request, status, size, after: wrap.format(
        f'{" ".join(before)} [{time}{zone}] "{request}" {status} {size} {" ".join(after)}'
    ).encode("utf-8", "surrogateescape"),
    wraps,
    st.one_of(st.lists(words, min_size=1, max_size=6), st.just(["192.0.2.7", "-", "-"])),
    times,
    zones,
    requests,
    st.sampled_from(["200", "200", "404", "-", "0", "1000", ""]),
    st.sampled_from(["1", "512", "-", "x", "123456789012345678", "1234567890123456789", ""]),
    trailers,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    line = bytearray(draw(valid))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(line)))
        cut = draw(st.integers(0, 4))
        line[at : at + cut] = draw(
            st.sampled_from([b"", b" ", b'"', b"\\", b"[", b"]", b"\0", b"\xe9", b"-", b"1", b"\t"])
        )
    return bytes(line).replace(b"\n", b"")


def slowly(line: bytes) -> tuple[dict[str, object] | None, str | None]:
    try:
        return read_line(line, PARIS), None
    except NotARowError as error:
        return None, str(error)


lines = st.one_of(
    valid, valid, mutated(), st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), st.sampled_from([b"", b" \r"])
)


@settings(max_examples=300)
@given(st.lists(lines, max_size=12))
@example([COMBINED])
@example([b'a - - [01/Jan/2000:00:00:00] "" 1 1'])
def test_every_line_reads_as_the_slow_reader_reads_it(block: list[bytes]) -> None:
    parsed = read(b"".join(line + b"\n" for line in block))
    rows = {row.pop("record"): row for row in parsed.rows.to_pylist()}
    refused = {r.record: r.reason for r in parsed.refused}
    for number, line in enumerate(block, start=1):
        expected, why = slowly(line)
        assert rows.pop(number, None) == expected, line
        assert (number in refused) == (why is not None), line
        assert (why or "") in refused.pop(number, ""), line
    assert not rows
    assert not refused


@given(st.lists(lines, min_size=1, max_size=8), st.lists(st.integers(0, 8)))
def test_cuts_do_not_matter(block: list[bytes], cuts: list[int]) -> None:
    check_cuts(parse, block, cuts)


def test_a_block_of_empty_lines_asks_for_little() -> None:
    parsed = read(b"\n" * 1_000_000)
    assert (parsed.records, parsed.skipped, parsed.rows.num_rows) == (1_000_000, 1_000_000, 0)


@pytest.mark.parametrize(
    ("data", "low"),
    [
        (COMBINED + b"\n" + COMBINED[:30], 90),
        (b'"' + COMBINED + b'"\n', 90),
        (b"Feb 15 12:00:01 web1 nginx[77]: " + COMBINED + b"\n", 90),
        (b"[Sun Dec 04 04:47:44 2005] [error] mod_jk\n", 0),
        (b"Feb 15 12:00:01 web1 sshd[77]: Failed password\n", 0),
        (b"time,text\n2017-02-15,a\n", 0),
        (b'{"a": [1], "request": "GET / HTTP/1.1"}\n', 0),
        (b"", 0),
        (b"\x1f\x8b\0\0", 0),
    ],
)
def test_sniff(data: bytes, low: int) -> None:
    assert sniff(Head("access.log", data)) == low


def rows_of(path: str) -> tuple[int, int, int]:
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    data = (folder / path).read_bytes()
    parsed = read(gzip.decompress(data) if path.endswith(".gz") else data)
    return parsed.rows.num_rows, len(parsed.refused), parsed.skipped


@pytest.mark.shared
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("web-logs/dev_elastic_first_half.log.gz", (5000, 0, 0)),
        ("web-logs/ocatak_acunetix.log.gz", (6539, 0, 0)),
        ("web-logs/ocatak_w3af.log.gz", (3996, 0, 0)),
        ("web-logs/loghub_Apache_2k.log.gz", (0, 2000, 0)),
        ("cyber/lnav/logfile_access_log.0", (3, 0, 0)),
        ("cyber/lnav/logfile_shop_access_log.0", (1000, 0, 0)),
        ("cyber/fail2ban/fail2ban/tests/files/logs/apache-badbots", (4, 4, 3)),
        ("cyber/fail2ban/fail2ban/tests/files/logs/nginx-bad-request", (8, 8, 7)),
        ("cyber/crowdsec-hub/nginx_http-logs/nginx_http-logs.log", (8, 1, 0)),
        ("cyber/crowdsec-hub/bunkerweb-http-malformed/bunkerweb-http-malformed.log", (12, 0, 1)),
    ],
)
def test_lines_of_others(path: str, expected: tuple[int, int, int]) -> None:
    assert rows_of(path) == expected
