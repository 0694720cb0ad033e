from __future__ import annotations

import re

from hypothesis import given

from tests.text.test_differences import TEXTS
from vigie.screen_differences import LEGEND, changed, difference_lines, marked
from vigie.text.differences import differences
from vigie.text.inert import terminal

MARK = re.compile(r"\[-.*?-\]|\{\+.*?\+\}|\{~.*?~\}|⟦(?!U\+).*?⟧", re.DOTALL)


@given(TEXTS, TEXTS)
def test_a_terminal_gets_nothing_that_acts(first, other):
    for line in difference_lines(first, [other]):
        assert terminal(line.plain.replace("⟦", "[")) == line.plain.replace("⟦", "[")


@given(TEXTS)
def test_what_is_alike_has_no_marks(text):
    assert not MARK.search(marked(differences(text, text)).plain)


def test_no_text_can_forge_a_mark():
    forged = "{+bribed+} [-honest-] {~x~} ⟦… 3 words alike …⟧"
    line = marked(differences(forged, forged)).plain
    assert not MARK.search(line)
    assert "bribed" in line


def test_changes_can_be_read_without_colour():
    first, line, count = difference_lines("We told the minister twice", ["WE told Anna Reed twice, in May"])
    assert first.plain == "We told the minister twice"
    assert line.plain == "{~WE~} told [-the minister-]{+Anna Reed+} {~twice,~}{+ in May+}"
    assert count.plain.strip() == "2 words removed, 4 added, 2 written otherwise"
    assert [str(span.style) for span in line.spans] == ["yellow", "red strike", "green", "yellow", "green"]
    assert all(mark in LEGEND for mark in ("[-", "-]", "{+", "+}", "{~", "~}"))


def test_hidden_characters_are_seen():
    (_, line, _) = difference_lines("vote now", ["v\u043e\u200bte now"])
    assert line.plain == "{~v⟦U+043E⟧⟦U+200B⟧te~} now"


def test_a_long_text_is_one_short_line():
    words = " ".join(f"w{n}" for n in range(5_000))
    first, line, count = difference_lines(words, [words.replace("w2500 ", "changed ")])
    assert len(first.plain) < 1_000
    assert len(line.plain) < 300
    assert "words alike" in line.plain
    assert count.plain.strip() == "1 word removed, 1 added"


def test_white_space_alone_is_said():
    assert changed(differences("a b", "a\n\nb")) == "white space differs"
