from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vigie.kernels import clock_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(pattern, *texts):
    """Return (datetime in UTC, code) of each text."""
    raw = [text.encode() for text in texts]
    values, offsets = np.frombuffer(b"".join(raw), np.uint8), np.cumsum([0, *map(len, raw)]).astype(np.int32)
    times, codes = clock_text.read_times(values, offsets, clock_text.program(pattern))
    return [
        (EPOCH + timedelta(microseconds=t) if c < clock_text.NOTHING else None, c)
        for t, c in zip(times.tolist(), codes.tolist(), strict=True)
    ]


TIMES = st.datetimes(datetime(1000, 1, 1), datetime(9998, 12, 31))  # noqa: DTZ001 - the patterns name no zone
PATTERNS = [
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%b %d, %Y %H:%M:%S.%f",
    "%d %B %Y",
    "%Y%m%d%%%H",
    "%a %b %d %H:%M:%S %Y",
]


@given(TIMES, st.sampled_from(PATTERNS))
def test_it_reads_what_strftime_writes(moment, pattern):
    text = moment.strftime(pattern)
    wanted = datetime.strptime(text, pattern).replace(tzinfo=UTC)
    assert read(pattern, text) == [(wanted, clock_text.READ)]


@given(TIMES, st.integers(-23 * 60, 23 * 60), st.sampled_from(["%Y-%m-%dT%H:%M:%S%z", "iso"]))
def test_a_named_offset_is_taken_off(moment, minutes, pattern):
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    text = f"{moment.replace(microsecond=0).isoformat()}{sign}{hours:02}:{rest:02}"
    wanted = moment.replace(microsecond=0, tzinfo=UTC) - timedelta(minutes=minutes)
    assert read(pattern, text) == [(wanted, clock_text.READ_UTC)]


@given(st.text(st.sampled_from("0123456789-:TZ +.,/"), max_size=24))
@example("2017-02-30")
@example("2017-02-15T12:30:60Z")
def test_iso_reads_nothing_that_is_not_iso(text):
    [(got, code)] = read("iso", text)
    stripped = text.strip()
    if code in (clock_text.READ, clock_text.READ_UTC):
        assert got is not None
        assert len(stripped) >= 10
        assert stripped[4] == stripped[7] == "-"
    try:
        wanted = datetime.fromisoformat(stripped)
    except ValueError:
        return
    if wanted.tzinfo is None:
        wanted = wanted.replace(tzinfo=UTC)
    if code in (clock_text.READ, clock_text.READ_UTC):
        assert got == wanted


@given(st.integers(-(10**9), 9 * 10**9))
def test_seconds_and_milliseconds_since_1970(seconds):
    wanted = [(EPOCH + timedelta(seconds=seconds), clock_text.READ_UTC)]
    assert read("epoch_s", str(seconds)) == wanted
    assert read("epoch_ms", str(seconds * 1000)) == wanted
    assert read("epoch_s", f"{seconds}.0") == wanted


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("iso", "2017-02-15", "2017-02-15T00:00:00+00:00"),
        ("iso", " 2017-02-15 12:30 ", "2017-02-15T12:30:00+00:00"),
        ("iso", "2017-02-15T12:30:00.123456789Z", "2017-02-15T12:30:00.123456+00:00"),
        ("%Y-%m-%d %H:%M:%S %Z", "2021-09-01 10:00:00 CEST", "2021-09-01T08:00:00+00:00"),
        ("%Y-%m-%d %H:%M:%S %Z", "2021-09-01 10:00:00 EDT", "2021-09-01T14:00:00+00:00"),
        ("%b %d %H:%M:%S %z %Y", "Nov 03 18:31:00 +0100 2016", "2016-11-03T17:31:00+00:00"),
        ("%a %b %d %H:%M:%S %z %Y", "Wed Oct 10 20:19:24 +0000 2018", "2018-10-10T20:19:24+00:00"),
        ("%m/%d/%Y %I:%M %p", "1/2/2017 12:05 am", "2017-01-02T00:05:00+00:00"),
    ],
)
def test_examples(pattern, text, wanted):
    assert read(pattern, text)[0][0] == datetime.fromisoformat(wanted)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("iso", "15/02/2017"),
        ("iso", "2017-13-01"),
        ("iso", "2017-02-29"),
        ("iso", "2017-02-15T25:00"),
        ("iso", "2017-02-15T12:30:00 noon"),
        ("epoch_s", "soon"),
        ("epoch_s", "-"),
        ("epoch_s", "99999999999999999999"),
        ("%Y-%m-%d %H:%M:%S %Z", "2021-09-01 10:00:00 IST"),
        ("%Y-%m-%d", "2017-02-15 x"),
        ("%I %p", "13 PM"),
        ("%b %d", "Foo 1"),
    ],
)
def test_what_is_no_time_is_said_to_be_none(pattern, text):
    assert read(pattern, text) == [(None, clock_text.UNREADABLE)]


def test_an_empty_field_is_nothing():
    assert read("iso", "", "  ") == [(None, clock_text.NOTHING)] * 2


@given(st.lists(st.text(max_size=10), max_size=4), st.sampled_from([*PATTERNS, "iso", "epoch_s", "epoch_ms"]))
def test_no_text_reads_beyond_its_end(texts, pattern):
    together = read(pattern, *texts)
    assert together == [read(pattern, text)[0] for text in texts]
