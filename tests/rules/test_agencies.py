from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.rules.agencies import credited_agency, is_agency_channel


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


@pytest.mark.parametrize(
    ("outlet", "platform", "channel", "is_own"),
    [
        ("Reuters", "x", "anything", True),
        ("AGENCE FRANCE-PRESSE", "web", "example.org", True),
        (None, "web", "www.afp.com", True),
        (None, "web", "AFP.com", True),
        (None, "web", "notafp.com", False),
        (None, "web", "afp.com.example.org", False),
        (None, "web", "afp", False),
        (None, "telegram", "@Reuters", True),
        (None, "x", "reuters_fan", False),
        ("Le Progrès", "x", "leprogres", False),
        (None, "x", "", False),
    ],
)
def test_which_channels_are_an_agencys_own(outlet, platform, channel, is_own):
    assert is_agency_channel(outlet, platform, channel) == is_own
