"""Twelve evasions: what is caught and what is not (`python -m bench.evasions` says it of more texts, with times)."""

from __future__ import annotations

import pytest

from bench.evasions import EVASIONS, Result, Texts, result, table, texts
from vigie.rules.families import families
from vigie.text.signals import NO_SIGNALS, signals


@pytest.fixture(scope="module")
def made() -> Texts:
    return texts(20, 101)


@pytest.fixture(scope="module")
def results(made) -> dict[str, Result]:
    found = {name: result(made, name) for name in EVASIONS}
    print(f"\n{table(made, found)}")  # noqa: T201 - seen with -s
    return found


def test_there_are_twelve_and_each_changes_the_texts(made):
    assert len(EVASIONS) == 12
    for name, copies in made.copies.items():
        changed = sum(parts != [text] for parts, (_, text) in zip(copies, made.originals, strict=True))
        assert changed >= 0.8 * len(made.originals), name  # no digits stand for Arabic letters


@pytest.mark.parametrize("name", ["homoglyph mix", "zero-width", "emoji between letters", "hashtag stuffing"])
def test_what_leaves_the_words_is_put_into_the_family(results, name):
    assert results[name].joined >= 0.95


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("leetspeak", 0.8),
        ("reversed clauses", 0.95),
        ("synonym swaps", 0.8),
        ("split over a thread", 0.6),
        ("machine-like rewording", 0.4),
    ],
)
def test_what_changes_words_mostly_is(results, name, least):
    assert results[name].joined >= least


@pytest.mark.parametrize("name", ["padding before and after", "image-only", "transliteration"])
def test_what_is_not_caught_is_said_to_be_missed(results, name):
    """If one of these is caught one day, docs/families.md has to say so."""
    assert results[name].joined <= 0.3


def test_a_padded_text_is_quoted(results):
    assert results["padding before and after"].quoting >= 0.95


def test_what_hides_characters_is_seen_as_such(results):
    assert results["zero-width"].disguised == 1
    assert results["homoglyph mix"].disguised >= 0.75  # all but Arabic, whose look-alikes are letters of Persian
    for name in ("emoji between letters", "hashtag stuffing"):
        assert (results[name].signalled, results[name].disguised) == (1, 0)


def test_nothing_is_seen_in_the_originals(made):
    assert all(signals(text) == NO_SIGNALS for _, text in made.originals)


@pytest.mark.parametrize("name", ["reversed clauses", "synonym swaps", "image-only", "machine-like rewording"])
def test_rewording_leaves_no_signal(results, name):
    assert results[name].signalled == 0


def test_originals_are_no_family_of_their_own(made):
    """Or every copy would be put with some original."""
    assert sum(label >= 0 for label in families([text for _, text in made.originals]).labels.tolist()) == 0
