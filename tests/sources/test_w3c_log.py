from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import shared_data
from tests.sources.lines_laws import check_cuts, read
from vigie.sources import Head
from vigie.sources.w3c_log import parse, sniff

FIELDS = b"#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) cs(Referer) sc-status sc-bytes"
LINE = b"2017-02-15 11:00:01 GET /a b=1 192.0.2.7 Mozilla/5.0+(X;+Y) https://www.example.fr/a+b 200 512"


def rows(*lines: bytes) -> list[dict[str, object]]:
    return read(parse, b"\n".join(lines)).rows.to_pylist()


def reasons(*lines: bytes) -> list[str]:
    return [refusal.reason for refusal in read(parse, b"\n".join(lines)).refused]


def test_iis() -> None:
    (row,) = rows(b"#Software: Microsoft Internet Information Services 8.5", b"#Version: 1.0", FIELDS, LINE + b"\r")
    assert row == {
        "record": 4,
        "time": datetime(2017, 2, 15, 11, 0, 1, tzinfo=UTC),
        "client_ip": "192.0.2.7",
        "forwarded_for": None,
        "account": None,
        "method": "GET",
        "host": None,
        "path": "/a",
        "query": "b=1",
        "protocol": None,
        "status": 200,
        "bytes": 512,
        "referer": "https://www.example.fr/a b",
        "user_agent": "Mozilla/5.0 (X; Y)",
    }


def test_every_column_and_quotes_and_spaces() -> None:
    fields = b"#fields:  Time  C-IP cs-username cs-method cs-uri cs(Host) X-Forwarded-For cs-version cs(Referrer) x"
    line = b'"11:00:01.5"  2001:db8::1   ana  GET  /a?b="c"  "www.example.fr" "198.51.100.1" HTTP/1.1 "a ""b"" c+d" "-"'
    (row,) = rows(b"#Date: 2017-02-15 00:00:00", fields, line)
    assert row["time"] == datetime(2017, 2, 15, 11, 0, 1, 500_000, tzinfo=UTC)
    wanted = ("client_ip", "account", "path", "query", "host", "forwarded_for", "protocol", "referer", "status")
    assert [row[name] for name in wanted] == [
        "2001:db8::1", "ana", "/a", 'b="c"', "www.example.fr", "198.51.100.1", "HTTP/1.1", 'a "b" c+d', None,
    ]  # fmt: skip


def test_values_between_tabs_keep_their_plus() -> None:
    assert rows(FIELDS, LINE.replace(b" ", b"\t"))[0]["user_agent"] == "Mozilla/5.0+(X;+Y)"


def test_a_bare_quote_in_an_unquoted_value_swallows_nothing() -> None:
    assert rows(FIELDS, LINE.replace(b"Mozilla", b'"Mozilla'))[0]["user_agent"] == '"Mozilla/5.0 (X; Y)'


def test_fields_declared_again() -> None:
    second = b"#Fields: date time c-ip cs-uri-stem"
    found = rows(FIELDS, LINE, second, b"2017-02-15 11:00:02 192.0.2.8 /b")
    assert [(row["record"], row["client_ip"], row["path"], row["status"]) for row in found] == [
        (2, "192.0.2.7", "/a", 200),
        (4, "192.0.2.8", "/b", None),
    ]


@pytest.mark.parametrize(
    ("head", "clock", "utc"),
    [
        ((b"#Version: 1.0",), b"date time", "2017-07-01T12:00:00+00:00"),
        ((b"#GMT-Offset: -0800",), b"date time", "2017-07-01T20:00:00+00:00"),
        ((b"#GMT-Offset: -0800", b"#Version: 1.0"), b"date time", "2017-07-01T12:00:00+00:00"),
        ((b"#GMT-Offset: soon",), b"date time", "2017-07-01T12:00:00+00:00"),
        ((b"#GMT-Offset: +05:30",), b"date-local time-local", "2017-07-01T06:30:00+00:00"),
        ((), b"date-local time-local", "2017-07-01T10:00:00+00:00"),
    ],
)
def test_clocks(head: tuple[bytes, ...], clock: bytes, utc: str) -> None:
    (row,) = rows(*head, b"#Fields: " + clock + b" c-ip cs-uri-stem", b"2017-07-01 12:00:00 192.0.2.7 /")
    assert row["time"] == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((LINE,), "no #Fields line before it"),
        ((b"#Fields: date c-ip cs-uri", b"2017-02-15 192.0.2.7 /"), "#Fields names no time"),
        ((b"#Fields: date time cs-uri", b"2017-02-15 11:00:00 /"), "#Fields names no c-ip"),
        ((b"#Fields: date time c-ip", b"2017-02-15 11:00:00 x"), "#Fields names no cs-uri-stem or cs-uri"),
        ((b"#Fields: time c-ip cs-uri", b"11:00:00 192.0.2.7 /"), "no date in the line, and no #Date before it"),
        (
            (b"#Date: 30/Feb", b"#Fields: time c-ip cs-uri", b"11:00:00 a /"),
            "no date in the line, and no #Date before it",
        ),
        ((FIELDS, LINE[:-4]), "9 values for 10 fields"),
        ((FIELDS, LINE + b" x"), "11 values for 10 fields"),
        ((FIELDS, LINE.replace(b"GET", b"[2]USER")), "method is not HTTP: [2]USER"),
        ((FIELDS, LINE.replace(b"192.0.2.7", b"-")), "no c-ip in the line"),
        ((FIELDS, LINE.replace(b" 200 ", b" OK ")), "sc-status is not a number: OK"),
        ((FIELDS, LINE.replace(b" 200 ", b" 1000 ")), "sc-status is not a number: 1000"),
        ((FIELDS, LINE.replace(b" 512", b" -5")), "sc-bytes is not a number: -5"),
        ((FIELDS, LINE.replace(b"02-15", b"02-30")), "time is not a date: 2017-02-30 11:00:01"),
        ((FIELDS, LINE.replace(b"2017", b"2200")), "time 2200-02-15T11:00:01Z is outside 1990 to 2100"),
        ((FIELDS, LINE.replace(b"/a", b"/\0")), "NUL byte"),
        ((FIELDS, LINE + b"x" * (1 << 20)), "longer than 1,048,576 bytes"),
    ],
)
def test_refusals(lines: tuple[bytes, ...], expected: str) -> None:
    assert reasons(*lines) == [expected]


def test_bytes_that_are_not_utf8_are_escaped() -> None:
    assert rows(FIELDS, LINE.replace(b"/a", b"/\xe9"))[0]["path"] == "/\\xe9"


lines = st.lists(
    st.one_of(
        st.sampled_from(
            [FIELDS, LINE, LINE, b"#Fields: time c-ip cs-uri", b"11:00:00 192.0.2.7 /?a", b"#Date: 2017-02-15"]
        ),
        st.sampled_from([b"", b"#", b"#Fields:", b"#GMT-Offset: +0100", b"#Version: 1.0", b"11:00:00 \xff \0", b'" "']),
        st.lists(
            st.sampled_from([b"#Fields: ", b"date", b"time", b" ", b'"', b"\t", b"-", b"c-ip", b"1"]), max_size=9
        ).map(b"".join),
        st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")),
    ),
    min_size=1,
    max_size=12,
)


@given(lines, st.lists(st.integers(0, 12)))
def test_cuts_do_not_matter(block: list[bytes], cuts: list[int]) -> None:
    check_cuts(parse, block, cuts)


@pytest.mark.parametrize(
    ("data", "score"),
    [
        (b"#Software: X\n" + FIELDS + b"\n", 95),
        (b"#Version: 1.0\n", 40),
        (b"# a comment\n", 0),
        (b"#Fields: of study\n", 0),
        (b"", 0),
    ],
)
def test_sniff(data: bytes, score: int) -> None:
    assert sniff(Head("u_ex170215.log", data)) == score


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("logfile_w3c.0", (1, 0, 4)),
        ("logfile_w3c.1", (1, 0, 6)),
        ("logfile_w3c.2", (0, 14, 8)),
        ("logfile_w3c.3", (2, 1, 7)),
        ("logfile_w3c.4", (2, 0, 4)),
        ("logfile_w3c.5", (0, 1, 1)),
        ("logfile_w3c.6", (1, 0, 4)),
        ("logfile_w3c_big.0", (210, 0, 44)),
    ],
)
def test_lines_of_others(name: str, expected: tuple[int, int, int]) -> None:
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    parsed = read(parse, (folder / "cyber" / "lnav" / name).read_bytes())
    assert (parsed.rows.num_rows, len(parsed.refused), parsed.skipped) == expected
