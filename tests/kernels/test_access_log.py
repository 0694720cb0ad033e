"""What the reader of the common shape takes from a line is what the general reader takes: the definition of a line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vigie.kernels.access_log import LINE_BYTES_MAX, NUMBERS, STRINGS, TOO_LONG, _common, scan

LINE = b'192.0.2.7 - - [15/Feb/2017:12:00:01 +0100] "GET /a?b=1 HTTP/1.1" 200 512 "https://a.example/" "Mozilla/5.0"'
AFTER = b'10.0.0.1 - - [15/Feb/2017:12:00:02 +0100] "GET / HTTP/1.0" 200 1 "-" "' + b"x" * 80 + b'"\n'


def bits(data: bytes) -> Any:
    return np.frombuffer(data, np.uint8)


def check(data: bytes) -> None:
    """Compare with what `scan` does where NUL bytes may be: `_line` alone reads every line then."""
    lines = data.count(b"\n") + (data != b"" and not data.endswith(b"\n"))
    for quick, slow in zip(scan(bits(data), lines, False), scan(bits(data), lines, True), strict=True):  # noqa: FBT003
        np.testing.assert_array_equal(quick, slow)


def taken(line: bytes) -> bool:
    """Tell whether the line is of the common shape."""
    spans, numbers = np.empty((1, 2 * STRINGS), np.int32), np.empty((NUMBERS, 1), np.int64)
    data = line + b"\n" + AFTER
    end = _common(bits(data), 0, spans, 0, numbers, np.full(2, -1, np.int64))
    assert end in (-1, len(line) + 1)
    return end > 0


agent = b" (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/65.0.3413.24 Safari/537.36"


@pytest.mark.parametrize(
    ("change", "is_taken"),
    [
        ((b"", b""), True),
        ((b"192.0.2.7", b"2001:db8::1"), True),
        ((b"192.0.2.7", b"a-" * 100 + b"b.example.net:80"), True),
        ((b"192.0.2.7", b"[2001:db8::1%eth0]"), True),
        ((b"192.0.2.7", b"17"), False),
        ((b"192.0.2.7", b"7" * 90), False),
        ((b"192.0.2.7", b"-"), False),
        ((b"192.0.2.7", b""), False),
        ((b"192.0.2.7", b"a/b"), False),
        ((b" - - [", b" - ana ["), False),
        ((b"+0100] ", b"+0100]  "), False),
        ((b" +0100", b""), False),
        ((b"+0100", b"-0330"), True),
        ((b"15/Feb", b"30/Feb"), False),
        ((b"2017", b"2200"), False),
        ((b":01 ", b":60 "), True),
        ((b":01 ", b":61 "), False),
        ((b"GET /a?b=1", b"PROPFIND /" + b"x" * 500 + b"?" + b"y?" * 90), True),
        ((b"GET /a?b=1", b"GET " + b"x" * 50), True),
        ((b"GET ", b"get "), False),
        ((b"GET ", b"G" * 64 + b" "), False),
        ((b"/a?b=1", b""), False),
        ((b"/a?b=1", b"?"), True),
        ((b"/a?", b"/a ?"), False),
        ((b"/a?", b'/a"?'), False),
        ((b"/a?", rb"/\"?"), False),
        ((b"HTTP/1.1", b"HTTP/2.0"), True),
        ((b"HTTP/1.1", b"HTTP/2"), False),
        ((b"HTTP/1.1", b"HTTQ/1.1"), False),
        ((b" 200 ", b" 20 "), False),
        ((b" 200 ", b" 2x0 "), False),
        ((b" 200 ", b" - "), False),
        ((b" 512", b" 12345678"), True),
        ((b" 512", b" 123456789"), False),
        ((b" 512", b" -"), True),
        ((b" 512", b" -5"), False),
        ((b" 512", b""), False),
        ((b" 512", b" 512 0.25"), True),
        ((b'"https://a.example/"', b'"-"'), True),
        ((b'"https://a.example/"', b'""'), True),
        ((b'"https://a.example/"', rb'"\""'), True),
        ((b"a.example", b"a" * 300), True),
        ((b' "https://a.example/" "Mozilla/5.0"', b""), True),
        ((b' "https://a.example/" "Mozilla/5.0"', b"\r"), True),
        ((b' "https://a.example/" "Mozilla/5.0"', b" "), True),
        ((b' "Mozilla/5.0"', b""), True),
        ((b'Mozilla/5.0"', b"Mozilla" + agent * 3 + b'"\r'), True),
        ((b'Mozilla/5.0"', b'Mozilla/5.0" "198.51.100.1" x'), True),
        ((b'Mozilla/5.0"', b'Mozilla/5.0" "0.25"'), True),
        ((b'Mozilla/5.0"', b'an "odd" name"'), False),
        ((b'Mozilla/5.0"', b"Mozilla/5.0"), False),
    ],
)
def test_the_shape(change: tuple[bytes, bytes], is_taken: bool) -> None:  # noqa: FBT001
    line = LINE.replace(*change)
    assert taken(line) == is_taken
    check(line + b"\n" + AFTER)
    check(AFTER + line + b"\n" + AFTER)


clients = st.sampled_from(
    [
        b"192.0.2.7",
        b"2001:db8::1",
        b"a.example.net:80",
        b"x" * 70,
        b"abcd-ef-ghTij:80",
        b"1" * 64 + b"a",
        b"-",
        b"[::1]",
    ]
)
fillers = st.integers(0, 150).map(lambda n: (b"/abc.html=" * 16)[:n])
requests = st.builds(
    b"%b /%b%b %b".__mod__,
    st.tuples(
        st.sampled_from([b"GET", b"POST", b"M-X"]),
        fillers,
        st.sampled_from([b"", b"", b"?", b"?a=1", b"?a?b", b" b", rb"\"", b"\xc3\xa9"]),
        st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/2.0", b"HTTP/2", b"HTTP/1.?"]),
    ),
)
times = st.builds(
    b"%02d/%b/20%02d:%02d:%02d:%02d %b".__mod__,
    st.tuples(
        st.integers(1, 30),
        st.sampled_from([b"Jan", b"feb", b"Dec"]),
        st.sampled_from([16, 17]),
        st.sampled_from([0, 12, 23, 24]),
        st.integers(0, 60),
        st.integers(0, 61),
        st.sampled_from([b"+0100", b"+0000", b"-0330"]),
    ),
)
# Most lines of a log are of the same hour, which is what is remembered.
near = st.builds(b"15/Feb/2017:12:%02d:%02d +0100".__mod__, st.tuples(st.integers(0, 60), st.integers(0, 61)))
ends = st.one_of(
    st.sampled_from([b"", b"\r", b" ", b' "-"', b' "" ""']),
    st.builds(
        b' "%b" "%b"%b'.__mod__,
        st.tuples(
            st.one_of(st.just(b"-"), fillers),
            st.one_of(st.just(b"-"), fillers, fillers.map(lambda text: text + agent)),
            st.sampled_from([b"", b"", b"", b"\r", b' "-"', b' "10.0.0.1, 10.0.0.2"', b' "0.5"', b" 0.5", b' x"']),
        ),
    ),
)
whole = st.builds(
    b'%b - - [%b] "%b" %d %b%b'.__mod__,
    st.tuples(
        clients,
        st.one_of(near, near, near, times),
        requests,
        st.integers(100, 599),
        st.one_of(st.just(b"-"), st.integers(0, 10**9).map(lambda n: b"%d" % n)),
        ends,
    ),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    line = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(line)))
        line[at : at + draw(st.integers(0, 2))] = draw(
            st.sampled_from(
                [b"", b" ", b'"', b"\\", b"[", b"]", b"-", b"1", b":", b"/", b"?", b"\t", b"\r", b"\n", b"\xe9"]
            )
        )
    return bytes(line)


logs = st.lists(st.one_of(whole, whole, mutated()), max_size=8).map(lambda lines: b"".join(x + b"\n" for x in lines))


@settings(max_examples=500)
@given(logs, st.integers(0, 200))
@example(LINE.replace(b"192.0.2.7", b"2017-02-15T12:00:00") + b"\n", 0)
@example(LINE.replace(b"15/Feb/2017:12:00", b"31/Dec/2099:23:59").replace(b"+0100", b"+0000") + b"\n", 0)
def test_every_line_is_read_as_by_definition(log: bytes, cut: int) -> None:
    check(log + AFTER)
    check(log[: len(log) - cut])


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        LINE.replace(b" 512", b" -").replace(b"https://a.example/", b"-"),
        LINE.replace(b" +0100", b".12345"),
        LINE.replace(b"Mozilla", rb'a\" "b" "c').replace(b"https", rb'a\" "b'),
        LINE[: LINE.index(b' "https')] + b"\r",
    ],
)
def test_whichever_byte_is_another_or_missing_or_put_in(line: bytes) -> None:
    other = [bytes([byte]) for byte in range(1, 256) if byte != 10]
    changed = [line[:at] + byte + line[at + 1 :] for at in range(len(line)) for byte in [*other, b""]]
    changed += [
        line[:at] + byte + line[at:] for at in range(len(line) + 1) for byte in (b" ", b'"', b"\\", b"\r", b"-")
    ]
    # After a line that is as it should be, whose hour is remembered.
    check(b"".join(LINE + b"\n" + each + b"\n" for each in changed) + AFTER)


def test_a_line_may_be_so_long_and_no_longer() -> None:
    room = LINE_BYTES_MAX - len(LINE)
    log = b"".join(LINE.replace(b"/a?", b"/a" + b"a" * (room + more) + b"?") + b"\n" for more in (-1, 0, 1))
    _, numbers, refused = scan(bits(log + AFTER), 4, False)  # noqa: FBT003
    assert (numbers[4].tolist(), refused[:, :2].tolist()) == ([0, 1, 3], [[2, TOO_LONG]])
    check(log + AFTER)


def test_the_last_hour_and_the_first_of_what_is_accepted() -> None:
    hours = [b"01/Jan/1990:00:59:59 +0000", b"01/Jan/1990:00:59:59 +0100", b"01/Jan/1990:01:00:00 +0100"]
    hours += [b"31/Dec/2099:23:59:59 +0000", b"31/Dec/2099:23:59:60 +0000", b"31/Dec/2099:23:00:00 +0000"]
    hours += [b"31/Dec/2099:22:59:59 -0100", b"31/Dec/2099:23:00:00 -0100", b"31/Dec/2099:22:59:60 -0100"]
    check(b"".join(LINE.replace(b"15/Feb/2017:12:00:01 +0100", hour) + b"\n" for hour in hours) + AFTER)


@given(logs, st.binary(min_size=64, max_size=64))
def test_nothing_after_the_block_is_read(log: bytes, beyond: bytes) -> None:
    lines = log.count(b"\n")
    for one, other in zip(
        scan(bits(log + beyond)[: len(log)], lines, False),  # noqa: FBT003
        scan(bits(log), lines, False),  # noqa: FBT003
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
