from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.rules.indicators import http_indicators
from vigie.rules.matching import matching_places
from vigie.rules.prefilter import bits_of, places_of, prefilter

PATTERNS = [i.pattern for i in http_indicators()]
EXAMPLES = [e.lower() for i in http_indicators() for e in (*i.matches, *i.spares)]
_LEVEL = re.compile(r"[\s\x00-\x1f\x7f]+")


@st.composite
def around(draw: st.DrawFn) -> str:
    """A text that a pattern matches, as it is or with a piece cut out, doubled or changed."""
    matching = st.sampled_from(PATTERNS).flatmap(lambda p: st.from_regex(re.compile(p, re.ASCII)))
    text = draw(st.one_of(matching, st.sampled_from(EXAMPLES)))
    if draw(st.booleans()) and text:
        at, size = draw(st.integers(0, len(text) - 1)), draw(st.integers(1, 4))
        text = text[:at] + draw(st.sampled_from(["", "x", text[at : at + size] * 2, " "])) + text[at + size :]
    return _LEVEL.sub(" ", text).lower()


@settings(max_examples=30)
@given(st.lists(around(), min_size=1, max_size=8))
def test_prefilter_and_re2_find_what_each_pattern_alone_finds(texts: list[str]) -> None:
    column = pa.array(texts, pa.string())
    everywhere = [np.array([0, len(texts)])]
    found = [places.tolist() for places in matching_places(column, [(p, everywhere) for p in PATTERNS])]
    each = [pc.match_substring_regex(column, p).to_numpy(zero_copy_only=False) for p in PATTERNS]
    alone = [np.flatnonzero(matched).tolist() for matched in each]
    event(f"matches: {min(sum(map(len, alone)), 5)}")
    assert found == alone
    assert found == [[n for n, t in enumerate(texts) if re.search(p, t, re.ASCII)] for p in PATTERNS]


def test_an_odd_number_of_texts_and_more_patterns_than_a_word_has_bits() -> None:
    patterns = tuple(f"n{n:03d}x[^ ]+y{n:03d}" for n in range(150))
    hits = [(0, 0), (70, 1), (149, 2), (149, 3), (64, 4)]
    texts = [f"a n{p:03d}x{n}y{p:03d}" for p, n in hits]
    found = prefilter(patterns).candidates(pa.array([*texts, "n003x", "y003"]))
    assert [(p, n) for p, places in enumerate(found) for n in places.tolist()] == sorted(hits)


def test_a_pattern_of_which_nothing_can_be_told_is_always_asked() -> None:
    found = prefilter(("[^a]b?", "xyz")).candidates(pa.array(["", "xyz", "q"]))
    assert [places.tolist() for places in found] == [[0, 1, 2], [1]]


def test_few_texts_of_an_ordinary_site_are_asked_about() -> None:
    texts = pa.array([f"/actualites/reunion-publique-{n}?page={n % 20}&utm_source=lettre" for n in range(400)])
    asked = prefilter(tuple(PATTERNS)).candidates(texts)
    assert sum(places.size for places in asked) < 2 * len(texts)


@settings(max_examples=30)
@given(st.lists(around(), min_size=1, max_size=6), around(), around())
def test_a_text_may_match_what_its_parts_may(texts: list[str], before: str, after: str) -> None:
    sieve = prefilter((*PATTERNS, "[^a]b?"))
    parts, wholes = sieve.bits(pa.array(texts)), sieve.bits(pa.array([before + t + after for t in texts]))
    assert not (parts & ~wholes).any()


def test_bits_are_the_places_told_otherwise() -> None:
    patterns = ("[^a]b?", *(f"n{n:03d}x[^ ]+" for n in range(80)))
    texts = pa.array(["", "n003x1 n079x2", "n064x"])
    sieve = prefilter(patterns)
    places = sieve.candidates(texts)
    assert [n for n, own in enumerate(places) if 1 in own] == [0, 4, 80]
    assert np.array_equal(bits_of(places, 3), sieve.bits(texts))
    assert [own.tolist() for own in places_of(sieve.bits(texts), 81)] == [own.tolist() for own in places]
