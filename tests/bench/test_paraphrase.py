"""Pairs are read, split and scored; AP and the threshold are those of trying every one."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.paraphrase import (
    CONTENDERS,
    Pairs,
    average_precision,
    best_least,
    by_card,
    by_default,
    evaluated,
    f1_at,
    halves,
    pairs_of,
)

FIRST = "The minister of ports denied on Monday that the harbour of Brest would be sold to a foreign bank"
SCORED = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=30).filter(
    lambda rows: any(same for _, same in rows)
)


def arrays(rows):
    return np.array([float(score) for score, _ in rows]), np.array([same for _, same in rows])


@given(SCORED)
def test_average_precision_is_that_of_every_true_pair(rows):
    scores, same = arrays(rows)
    expected = [same[scores >= score].mean() for score in scores[same]]
    assert average_precision(scores, same) == pytest.approx(np.mean(expected))


@given(SCORED)
def test_no_threshold_is_better_than_the_best(rows):
    scores, same = arrays(rows)
    best = f1_at(scores, same, best_least(scores, same))
    assert best == pytest.approx(max(f1_at(scores, same, value) for value in scores))


def test_files_of_both_forms_are_read(tmp_path):
    for name, text in (
        ("labels", "label,id1,id2,sentence1,sentence2\n1,7,8,a,b\n0,7,9,a,c\n"),
        ("degrees", "sentence1,sentence2,similarity_0_5\na,b,4.0\na,c,3.9\n"),
    ):
        path = tmp_path / f"{name}.csv.gz"
        path.write_bytes(gzip.compress(text.encode()))
        pairs = pairs_of(path)
        assert (pairs.ones, pairs.others) == (["a", "a"], ["b", "c"])
        assert pairs.same.tolist() == [True, False]


def test_every_contender_tells_a_copy_from_another_text():
    pairs = Pairs(
        [FIRST, FIRST], [FIRST.upper(), "Rain fell on Lyon all day long, said the man"], np.array([True, False])
    )
    for score in CONTENDERS.values():
        copy, other = score(pairs).tolist()
        assert copy > other
    assert by_default(by_card(pairs), pairs.same) == {"joined": 1.0, "others joined": 0.0, "precision": 1.0}


def test_the_threshold_is_of_one_half_and_f1_of_the_other():
    texts = [f"text {n}" for n in range(200)]
    pairs = Pairs(texts, texts[::-1], np.arange(200) % 2 == 0)
    reported = halves(pairs)
    assert 60 < reported.sum() < 140
    # Told apart at 1 on the half that is reported and at 3 on the other.
    scores = np.where(pairs.same, np.where(reported, 1.0, 3.0), 0.0)
    made = evaluated(scores, pairs)
    assert made["least"] == 3
    assert made["f1"] == 0
    assert made["ap"] == 1
