from __future__ import annotations

import csv
import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.text.inert import csv_cell, terminal, visible

FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
EMOJI = "👨\u200d👩\u200d👧 ❤\ufe0f 5\ufe0f\u20e3 🏳\ufe0f\u200d🌈"
NASTY = (
    "\x00\x07\x08\t\n\r\x1b\x7f\x85\x9b\xad\u0301\u034f\u061c\u200b\u200d\u200e\u202e\u2028\u2066\ufe0f\ufeff\U000e0041"
)
dense = st.text(st.sampled_from(NASTY + FORMULA + "\ud800⟦⟧U+202E';, aé我❤👨ש") | st.characters(), max_size=30)


def unmark(shown: str) -> str:
    return re.sub(r"⟦U\+([0-9A-F]{4,6})⟧", lambda m: chr(int(m[1], 16)), shown)


def unprefix(cell: str) -> str:
    return re.sub(r"(^|[;\t\n])'", r"\1", cell)


def test_every_control_and_format_character_of_this_unicode_is_marked():
    unseen = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert len(unseen) > 2000
    assert [c for c in unseen if visible(c) == c] == ["\t", "\n"]
    assert [c for c in unseen if terminal(c) == c] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, naïve, Москва, עברית, 北京", "plain, naïve, Москва, עברית, 北京"),
        ("a\u202eb", "a⟦U+202E⟧b"),
        ("⟦U+202E⟧", "⟦U+27E6⟧U+202E⟧"),
        ("\U000e0041", "⟦U+E0041⟧"),
        (EMOJI, EMOJI),
        ("Mac\ufe0fron a\u200db ❤\ufe0f\ufe0f", "Mac⟦U+FE0F⟧ron a⟦U+200D⟧b ❤\ufe0f⟦U+FE0F⟧"),
        ("e\u0301\u0302\u0303\u0304\u0305", "e\u0301\u0302\u0303\u0304⟦U+0305⟧"),
    ],
)
def test_visible(text, shown):
    assert visible(text) == shown


@given(dense)
def test_visible_loses_nothing_and_leaves_nothing_unseen(text):
    shown = visible(text)
    assert unmark(shown) == text
    emoji_kept = {"\u200d", "\ufe0f"}
    left = {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\t", "\n"} - emoji_kept
    assert not left
    assert not re.search(r"[\w\s][\u200d]|[a-zé我ש\s]\ufe0f", shown)
    shown.encode()


@given(dense.filter(lambda s: visible(s) == s))
def test_text_with_nothing_hidden_stays_as_it_is(text):
    assert visible(visible(text)) == text


@given(dense, st.none() | st.integers(0, 40))
def test_terminal_is_one_line_without_codes_and_no_wider_than_asked(text, width):
    shown = terminal(text, width=width)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    if width is None:
        assert unmark(shown) == text
    else:
        columns = sum(
            0 if unicodedata.category(c) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
            for c in shown
        )
        assert columns <= width
        assert shown == terminal(text) or shown.endswith("…") or width == 0


def test_terminal_never_cuts_inside_a_mark():
    assert [terminal("ab\x1bcd", width=w) for w in (1, 4, 11, 12)] == ["…", "ab…", "ab⟦U+001B⟧…", "ab⟦U+001B⟧cd"]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        (" \u3000@SUM(A1)", "' \u3000@SUM(A1)"),
        ("\uff1dcmd", "'\uff1dcmd"),
        ("\tx", "'\tx"),
        ("\r=1", "⟦U+000D⟧=1"),
        ("a;=1", "a;'=1"),
        ("'quoted'", "''quoted'"),
        ("a-b = c", "a-b = c"),
        ("", ""),
        (-12.5, -12.5),
        (7, 7),
        (None, None),
    ],
)
def test_csv_cell(value, cell):
    assert csv_cell(value) == cell


@given(dense)
def test_no_cell_is_a_formula_wherever_a_spreadsheet_splits_the_file_and_the_text_can_be_read_back(text):
    cell = csv_cell(text)
    assert unmark(unprefix(cell)) == text
    for part in re.split(r"[;\t\n]", cell):
        assert not part.strip().startswith(tuple(FORMULA))
    file = io.StringIO()
    csv.writer(file).writerow(["1", cell])
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == ["1", cell]


@pytest.mark.parametrize("text", ["\n" * 200_000, " " * 200_000, "\u0301" * 100_000, "; " * 100_000])
def test_long_runs_take_linear_time(text):
    assert csv_cell(text)
    assert terminal(text, width=10)
