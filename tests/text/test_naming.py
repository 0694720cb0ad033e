import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.text.naming import naming

NAMES_IT = naming("An Órgan", ["organ.example"], ["@Organ_fr", "1234567890"])


@pytest.mark.parametrize(
    "text",
    [
        "says an organ today",
        "AN ÓRGAN:",
        "#an_organ",
        "see organ.example/1",
        "see https://de.organ.example",
        "t.me/organ_fr/77",
        "thanks @ORGAN_FR.",
    ],
)
def test_a_post_that_names_its_source(text):
    assert NAMES_IT(text, [])
    assert NAMES_IT("", [text])


@pytest.mark.parametrize(
    "text", ["an organist", "organ for example", "t.me/organ_fra", "1234567890", "a man, organs", ""]
)
def test_a_post_that_does_not(text):
    assert not NAMES_IT(text, [])


def test_mentions_are_handles():
    assert NAMES_IT("", ["Organ_FR"])
    assert NAMES_IT("", ["1234567890"])
    assert not NAMES_IT("", ["organ"])


@given(st.text(), st.lists(st.text(), max_size=3), st.text(min_size=1))
def test_nothing_raises_and_signs_alone_name_nobody(text, beside, handle):
    naming(text or "x", [text], [handle])(text, beside)
    assert not naming("!?", ["..."], [""])(text, beside)
