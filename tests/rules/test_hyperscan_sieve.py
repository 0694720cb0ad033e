from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.test_prefilter import EXAMPLES, PATTERNS, around
from vigie.rules import hyperscan_sieve as module
from vigie.rules.hyperscan_sieve import HyperscanSieve, hyperscan_sieve
from vigie.rules.matching import matching_places, verdicts
from vigie.rules.plain import plain_forms
from vigie.rules.prefilter import prefilter
from vigie.testing import requests

needs_hyperscan = pytest.mark.skipif(module.installed() is None, reason="the package hyperscan is not installed")


def same(texts: list[str]) -> None:
    column = plain_forms(pa.array(texts, pa.string()))
    asked = [(p, [np.array([0, len(texts)])]) for p in PATTERNS]
    find = partial(matching_places, column, asked)
    derived, other = ([places.tolist() for places in find(sieve)] for sieve in (prefilter, hyperscan_sieve))
    assert derived == other


@needs_hyperscan
@settings(max_examples=5, deadline=None)
@given(st.lists(st.one_of(around(), st.text(max_size=20)), max_size=8))
def test_the_same_matches_around_the_patterns(texts: list[str]) -> None:
    same(texts)


@needs_hyperscan
def test_the_same_matches_on_the_examples() -> None:
    assert isinstance(hyperscan_sieve(tuple(PATTERNS)), HyperscanSieve)
    same(EXAMPLES)
    same([*EXAMPLES[:3], "", *EXAMPLES[3:6], ""])


@needs_hyperscan
def test_a_pattern_it_cannot_read_is_left_to_the_derived_prefilter() -> None:
    sieve = hyperscan_sieve(("ab", r"a(?:$|b)+c", "b.d"))
    assert isinstance(sieve, HyperscanSieve)
    assert sieve.others == (1,)
    texts = pa.array(["ab", "abc", "bcd", ""])
    read, other, last = (places.tolist() for places in sieve.candidates(texts))
    assert (read, last) == ([0, 1], [2])
    assert other == prefilter((r"a(?:$|b)+c",)).candidates(texts)[0].tolist()
    assert 1 in other


def test_without_the_package_the_derived_prefilter_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed", lambda: None)
    assert hyperscan_sieve(("ab",)) is prefilter(("ab",))
    table = requests("192.0.2.1 0 200 GET /a?id=1'+or+'1'='1", "192.0.2.1 1 200 GET /")
    assert verdicts(table, sieve=hyperscan_sieve).equals(verdicts(table))
