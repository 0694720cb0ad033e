from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.rules.agencies import credited_agency


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("PARIS (AFP) - Le ministre a dit", "AFP"),
        ("PARIS, Feb 15 (Reuters) - The minister", "Reuters"),
        ("Le ministre a dit (avec AFP)", "AFP"),
        ("(Agence simulée) Le ministre", "Agence simulée"),
        ("The minister spoke. (AP/Reuters)", "AP"),
        ("Foto: x. Quelle (dpa)", "dpa"),
        ("Source : Reuters.", "Reuters"),
        ("Le ministre a dit © AFP", "AFP"),
        ("The minister spoke \N{EM DASH} AP", "AP"),
    ],
)
def test_credits(text, agency):
    assert credited_agency(text) == agency


@pytest.mark.parametrize(
    "text",
    [
        "The AFP office in Paris",
        "a map of the apartment",
        "by apple",
        "(maps)",
        "(see AFPX)",
        "par la suite",
        "AP",
        "Reuters said so",
    ],
)
def test_no_credits(text):
    assert credited_agency(text) is None


@given(st.text())
def test_nothing_raises(text):
    assert credited_agency(text) is None or credited_agency(text) in text
