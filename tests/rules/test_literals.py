from __future__ import annotations

import re

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.rules.literals import CLAUSES_MAX, clauses

# Patterns put together at random: what the parser knows, nested.
ATOMS = st.sampled_from(r"a bc x? [ab] [^a] . \d \w \b ^ $ d{2} e{1,3} f+ g* (?i:h)".split())  # noqa: SIM905 - as patterns are read
REPEATS = st.sampled_from(["?", "*", "+", "{2}", "{1,2}", "{0,2}", "{5,}"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: "(?:" + "|".join(parts) + ")"),
        st.tuples(inner, REPEATS).map(lambda p: f"(?:{p[0]}){p[1]}"),
        inner.map(lambda part: f"({part})"),
    ),
    max_leaves=6,
)


@settings(max_examples=200)
@given(PATTERNS, st.data())
def test_every_match_fulfils_every_clause(pattern: str, data: st.DataObject) -> None:
    sets = clauses(pattern)
    event(f"clauses: {len(sets)}")
    texts = st.one_of(st.from_regex(re.compile(pattern, re.ASCII)), st.text("abcdefgh01 ", max_size=12))
    text = data.draw(texts)
    assert len(sets) <= CLAUSES_MAX
    if re.search(pattern, text, re.ASCII):
        assert all(any(literal in text for literal in literals) for literals in sets), sets


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", [{"abc"}]),
        ("ab?c", [{"abc", "ac"}]),
        ("a(?:b|c)d{2}", [{"abdd", "acdd"}]),
        ("<[a-z]+ on", [{" on"}, {"<"}]),
        ("(?:foo|bar.*)x", [{"foo", "bar"}]),
        ("(?:foo|.*)x", [{"x"}]),
        ("(?:foo|)", []),
        ("(?i)abc", []),
        ("[^a]", []),
        ("é|à", [{"é", "à"}]),
    ],
)
def test_particular_patterns(pattern: str, expected: list[set[str]]) -> None:
    assert [set(c) for c in clauses(pattern)] == expected
