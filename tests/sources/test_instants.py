from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.sources.instants import InstantError, feed_instant, in_range, instant

PARIS = ZoneInfo("Europe/Paris")
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def micros(when: datetime) -> int:
    delta = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


@given(MOMENTS)
def test_every_way_to_write_a_moment_is_the_same_moment(when):
    want = micros(when)
    for text in (when.isoformat(), when.isoformat().replace("+00:00", "Z"), when.astimezone(PARIS).isoformat()):
        assert instant(text, ("iso", "epoch_s"), UTC) == want
    assert instant(f"{want // 1_000_000}.{want % 1_000_000:06d}", ("epoch_s",), UTC) == want
    assert instant(want // 1000, ("epoch_ms",), UTC) == want // 1000 * 1000
    assert instant(str(want // 1_000_000), ("iso", "epoch_s"), UTC) == want // 1_000_000 * 1_000_000
    whole = when.replace(microsecond=0)
    assert feed_instant(whole.strftime("%a, %d %b %Y %H:%M:%S GMT"), PARIS) == micros(whole)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
        ("2200-01-01T00:00:00Z", "2200-01-01T00:00:00Z"),
        (7_258_118_400, "2200-01-01T00:00:00Z"),
        (10**19, "10000000000000000000"),
        ("0001-01-01T00:00:00+14:00", "0001"),
    ],
)
def test_years_beyond_1990_to_2100_are_refused_with_the_moment(value, shown):
    with pytest.raises(InstantError, match="is outside 1990 to 2100") as caught:
        instant(value, ("iso", "epoch_s"), UTC)
    assert shown in str(caught.value)


@pytest.mark.parametrize(
    "value", [True, None, [], "31 Feb", "", "2017-02-30", "NaN", float("nan"), float("inf"), 1e300]
)
def test_what_is_no_moment_is_refused(value):
    with pytest.raises(InstantError):
        instant(value, ("iso", "epoch_s"), UTC)


def test_a_clock_without_zone_is_read_in_the_zone_given_summer_and_winter():
    assert instant("2017-02-15T10:00:00", ("iso",), PARIS) == instant("2017-02-15T09:00:00Z", ("iso",), UTC)
    assert instant("2017-04-23T20:00:00", ("iso",), PARIS) == instant("2017-04-23T18:00:00Z", ("iso",), UTC)
    assert instant("20170423", ("iso", "epoch_s"), PARIS) == instant("2017-04-22T22:00:00Z", ("iso",), UTC)


def test_zone_names_of_feeds():
    want = feed_instant("Sun, 23 Apr 2017 18:00:00 +0000", UTC)
    for text in ("Sun, 23 Apr 2017 20:00:00 CEST", "23 Apr 2017 21:00 MSK", "Sun, 23 Apr 2017 14:00:00 EDT"):
        assert feed_instant(text, UTC) == want
    with pytest.raises(InstantError, match="time zone name that is not known"):
        feed_instant("Sun, 23 Apr 2017 20:00:00 XYZ", UTC)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_a_reason(text):
    for read in (feed_instant, lambda t, tz: instant(t, ("iso", "epoch_s", "epoch_ms", "%d/%m/%Y %H:%M"), tz)):
        try:
            us = read(text, PARIS)
        except InstantError:
            continue
        assert in_range(us) == us
