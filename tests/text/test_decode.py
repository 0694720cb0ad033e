import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vigie.text.decode import DISGUISED, MAX_CHARS, decode

PLAIN = st.text(st.sampled_from("abz019/.?=<>'()-_;:!"), min_size=1, max_size=12)


def _percent(c):
    return f"%{ord(c):02X}"


DISGUISES = {
    "percent": _percent,
    "lower": lambda c: f"%{ord(c):02x}",
    "unicode": lambda c: f"\\u{ord(c):04x}",
    "iis": lambda c: f"%u{ord(c):04X}",
    "hex": lambda c: f"\\x{ord(c):02x}",
    "braces": lambda c: f"\\u{{{ord(c):x}}}",
    "entity": lambda c: f"&#{ord(c)};",
    "entity16": lambda c: f"&#x{ord(c):X};",
    "overlong": lambda c: f"%{0xC0 | ord(c) >> 6:02x}%{0x80 | ord(c) & 0x3F:02x}",
    "overlong3": lambda c: f"%e0%{0x80 | ord(c) >> 6:02x}%{0x80 | ord(c) & 0x3F:02x}",
    "fullwidth": lambda c: chr(ord(c) + 0xFEE0),
    "none": lambda c: c,
}


@st.composite
def disguised(draw):
    """A plain text and the same text under up to three layers of disguise, the first chosen character by character.

    The others take the whole text: of `&#4%38;` nobody can say whether the entity ends before the percent sign.
    """
    plain = draw(PLAIN)
    shown = plain
    for layer in range(draw(st.integers(1, 3))):
        names = draw(st.lists(st.sampled_from(sorted(DISGUISES)), min_size=1, max_size=1 if layer else 4))
        wrapped = []
        for n, c in enumerate(shown):
            name = names[n % len(names)]
            can = 0x20 < ord(c) < 0x7F and (layer == 0 or name in {"percent", "lower", "none"})
            wrapped.append(DISGUISES[name](c) if can else c)
        shown = "".join(wrapped)
    return plain, shown


@given(disguised())
def test_layers_of_disguise_come_off(pair):
    plain, shown = pair
    assert decode(shown) == decode(plain) == plain


@given(st.text(max_size=60))
@example("&#xd800;\\ud800%ud800\\u{ffffff}")
@example("%")
@example("%e0%80%ff%c0")
def test_any_text_has_a_plain_form_that_can_be_stored(text):
    plain = decode(text)
    plain.encode("utf-8")
    assert plain == plain.lower() or not plain.isascii()
    assert not re.search(r"[\x00-\x1f\x7f]|  ", plain)


@given(st.text(st.sampled_from("aB%+&#;\\/* '<\n"), max_size=20))
def test_a_text_without_the_marks_of_disguise_is_its_own_plain_form(text):
    if not re.search(DISGUISED, text):
        assert decode(text) == text.lower()


@pytest.mark.parametrize(
    ("shown", "plain"),
    [
        ("a%2Bb", "a b"),
        ("un/**/ion/*x*/all", "un ion all"),
        ("/*!50000union*/", " union "),
        ("/*!select*/", " select "),
        ("a/*b", "a/*b"),
        ("%00.jpg\x00", ".jpg"),
        ("a\t\r\n b", "a b"),
        ('x\\"y', 'x"y'),
        ("&lt;&amp;lt;", "<<"),
        ("a&lt=1&copy=2", "a&lt=1&copy=2"),
        ("%ff%41", "ÿa"),
        ("ÉTÉ%20", "été "),
    ],
)
def test_particular_disguises(shown, plain):
    assert decode(shown) == plain


def test_openings_without_an_end_take_no_quadratic_time():
    text = "/* " * (MAX_CHARS // 3)
    assert decode(text) == text


def test_what_lies_beyond_the_limit_is_not_looked_at():
    assert "script" not in decode("%20" * MAX_CHARS + "<script")
