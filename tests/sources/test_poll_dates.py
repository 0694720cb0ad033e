"""Days as tables of polls write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.sources.poll_dates import fieldwork, in_year_of, plain, stamped

MONTHS = ["Jan", "February", "Mar", "avril", "May", "juin", "July", "août", "Sept.", "Oct", "Nov", "déc."]
DAYS = st.dates(date(1990, 1, 2), date(2099, 12, 30))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("3–5 Apr 2017", "2017-04-03", "2017-04-05"),  # noqa: RUF001
        ("30 March – 1 April 2017", "2017-03-30", "2017-04-01"),  # noqa: RUF001
        ("28 Feb-2 Mar 2017", "2017-02-28", "2017-03-02"),
        ("28 Feb - 2 Mar 2017[a]", "2017-02-28", "2017-03-02"),
        ("April 3–5, 2017", "2017-04-03", "2017-04-05"),  # noqa: RUF001
        ("Mar 30 – Apr 1, 2017", "2017-03-30", "2017-04-01"),  # noqa: RUF001
        ("30 Dec 2016 – 2 Jan 2017", "2016-12-30", "2017-01-02"),  # noqa: RUF001
        ("30 Dec – 2 Jan 2017", "2016-12-30", "2017-01-02"),  # noqa: RUF001
        ("30 Dec 2016 - 2 Jan", "2016-12-30", "2017-01-02"),
        ("3 to 5 April 2017", "2017-04-03", "2017-04-05"),
        ("30 mars au 1er avril 2017", "2017-03-30", "2017-04-01"),
        ("5 avr. 2017", "2017-04-05", "2017-04-05"),
        ("2017-04-03", "2017-04-03", "2017-04-03"),
        ("2017-04-03/2017-04-05", "2017-04-03", "2017-04-05"),
        ("2017-04-03 – 2017-04-05", "2017-04-03", "2017-04-05"),  # noqa: RUF001
        ("5\N{NO-BREAK SPACE}Apr 2017", "2017-04-05", "2017-04-05"),
        ("29 Feb 2016", "2016-02-29", "2016-02-29"),
        # The order is the file's to mend: it is not turned round.
        ("5-3 Apr 2017", "2017-04-05", "2017-04-03"),
        ("5 Apr 2017 - 3 Apr 2017", "2017-04-05", "2017-04-03"),
    ],
)
def test_a_range_has_two_days(text, first, last):
    found = fieldwork(text)
    assert found is not None
    assert [str(day) for day in found] == [first, last]


@pytest.mark.parametrize(
    "text",
    ["", "-", "April 2017", "3-5 Apr", "29 Feb 2017", "3-5-7 Apr 2017", "3/4/2017", "32 Apr 2017", "3 Foo 2017", "Apr",
     "3 4 Apr 2017", "Apr May 2017", "2017", "- 5 Apr 2017", "22 February 2017 Bayrou withdraws", "3 Apr 2017" * 20,
     "٣ Apr 2017", "3-5 Apr 12017"],
)  # fmt: skip
def test_what_is_no_day_is_none(text):
    assert fieldwork(text) is None


def test_a_year_that_is_not_written_can_be_given():
    assert fieldwork("3-5 Apr", 2017) == (date(2017, 4, 3), date(2017, 4, 5))
    assert fieldwork("28 Dec - 2 Jan", 2017) == (date(2016, 12, 28), date(2017, 1, 2))
    assert fieldwork("3-5 Apr 2012", 2017) == (date(2012, 4, 3), date(2012, 4, 5))


@given(DAYS, st.integers(0, 300), st.sampled_from("-\u2013\u2014"), st.sampled_from(["", " "]), st.booleans())
def test_every_range_reads_back_as_it_was_written(first, length, dash, blank, american):
    last = min(first + timedelta(days=length), date(2099, 12, 31))

    def written(day, parts):
        month = MONTHS[day.month - 1]
        words = [f"{month} {day.day}," if american else f"{day.day} {month}"] if "m" in parts else [str(day.day)]
        return " ".join([*words, *([str(day.year)] if "y" in parts else [])])

    dash = f"{blank}{dash}{blank}"
    forms = [written(first, "my") + dash + written(last, "my")]
    # The year goes without saying where the months say it: the same month a year later is a range turned round.
    if first.year == last.year or first.month > last.month:
        forms.append(written(first, "m").removesuffix(",") + dash + written(last, "my"))
    if (first.year, first.month) == (last.year, last.month) and first != last:
        forms.append(
            written(first, "m").removesuffix(",") + dash + f"{last.day}, {last.year}"
            if american
            else written(first, "") + dash + written(last, "my")
        )
    if (first.month, first.day) != (2, 29):
        assert {fieldwork(form) for form in forms} == {(first, last)}


@given(st.text(max_size=90))
def test_no_text_is_too_strange(text):
    found = fieldwork(text)
    assert found is None or all(isinstance(day, date) for day in found)
    stamped(text)
    assert plain(plain(text)) == plain(text) or "[" in text


@given(DAYS, st.sampled_from(["", "-"]), st.sampled_from(["", "_ifop", "-A", " x"]))
def test_an_id_that_begins_with_a_day(day, dash, rest):
    assert stamped(f"{day:%Y{dash}%m{dash}%d}{rest}") == day


@pytest.mark.parametrize("text", ["", "2017", "20171301_x", "2017-0505", "201705051", "x20170505", "99999999"])
def test_ids_that_begin_with_none(text):
    assert stamped(text) is None


@given(DAYS, st.integers(-150, 150), st.integers(1990, 2099))
def test_a_wrong_year_is_mended_by_the_id(stamp, apart, wrong):
    day = stamp + timedelta(days=apart)
    if (day.month, day.day) != (2, 29):
        assert in_year_of(day.replace(year=wrong), stamp) == day
