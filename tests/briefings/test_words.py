from __future__ import annotations

import math
import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from vigie.briefings.words import THIN, number, odds, phase

ROUNDS = (date(2017, 4, 23), date(2017, 5, 7))


@given(st.floats(-1e300, 1e300))
def test_numbers_read_back_to_three_digits(value):
    text = number(value).replace(THIN, "").replace("\u2212", "-")
    power = re.search(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)$", text)
    if power:
        exponent = power[1].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        text = text[: power.start()] + "e" + exponent
    assert math.isclose(float(text), value, rel_tol=0.0051)


@given(st.floats(0, 1))
def test_odds_never_sound_smaller_than_they_are(probability):
    text = odds(probability).replace(THIN, "")
    many, of = map(int, re.findall(r"\d+", text))
    assert many / of >= probability - 1e-9
    if probability > 1e-8:
        assert many / of <= probability * 10 + 1e-9


def test_phases_of_a_two_round_election():
    opening = date(2017, 4, 10)
    assert [phase(d, opening, ROUNDS) for d in (date(2017, 4, 9), opening, *ROUNDS, date(2017, 5, 8))] == [
        "before the campaign, 14 days before the first round",
        "in the campaign, 13 days before the first round",
        "on the day of the first round",
        "on the day of the second round",
        "1 day after the last round",
    ]
    assert phase(date(2017, 4, 24), opening, ROUNDS) == "13 days before the second round"
    assert phase(opening, None, ()) == ""
