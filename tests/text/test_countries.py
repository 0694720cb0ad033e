from __future__ import annotations

import iptocc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.text.countries import country_code, country_codes


@pytest.mark.parametrize(
    ("text", "code"),
    [("FR", "FR"), ("ua", "UA"), ("\tXK ", "XK"), ("EU", None), ("AP", None), ("ZZ", None), ("A1", None), ("T1", None),
     ("UK", None), ("-", None), ("France", None), ("FRA", None), ("", None), (None, None), ("\u0130T", None)],
)  # fmt: skip
def test_what_is_a_country(text, code):
    assert country_code(text) == code


def test_the_codes_are_of_two_capital_letters():
    assert all(len(c) == 2 and c.isascii() and c.isupper() for c in country_codes())
    assert country_code(iptocc.country_code("8.8.8.8")) == "US"


@given(st.text(max_size=4))
def test_nothing_raises(text):
    assert country_code(text) is None or country_code(text) in country_codes()
