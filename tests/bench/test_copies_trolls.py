"""The labelled pairs can be read and recomputed; the sample and its precision are what the bench says they are."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.copies_trolls import (
    BANDS,
    COUNTED,
    EACH,
    REPORTED,
    Label,
    Pair,
    Tweet,
    band,
    drawn,
    labels,
    near_pairs,
    precision,
    reached,
    report,
    told,
    tweets,
    weighted,
    wilson,
)
from tests import shared_data
from vigie.rules.families import families

LONG = "The minister of ports denied on Monday that the harbour of Brest would be sold to a foreign bank"


def said(*names):
    return [Label("a", "b", 0.5, name, "", 2) for name in names]


def test_the_file_holds_three_samples_of_two_hundred_pairs_of_ids_and_no_text():
    made = labels()
    assert {one.sample for one in made} == {1, 2, 3}
    assert len({frozenset((one.member, one.core)) for one in made}) == len(made)
    for sample in (1, 2, 3):
        bands = Counter(band(one.similarity) for one in made if one.sample == sample)
        assert bands == dict.fromkeys(range(5), EACH)
    for one in made:
        assert re.fullmatch("[0-9a-f]{16}", one.member)
        assert re.fullmatch("[0-9a-f]{16}", one.core)
        assert one.label in {"same", "not", "unsure"}
        assert bool(one.shape) == (one.label == "not")


@given(st.floats(0, 1))
def test_every_likeness_has_a_band(similarity):
    assert BANDS[band(similarity)] <= similarity < BANDS[band(similarity) + 1]


@given(st.integers(0, 60), st.integers(1, 60))
def test_the_interval_holds_the_share_and_its_ends_solve_wilsons_equation(hits, more):
    of = hits + more
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of <= high <= 1
    for end in (low, high):
        assert (hits / of - end) ** 2 == pytest.approx(1.959964**2 * end * (1 - end) / of, abs=1e-9)


def test_unsure_counts_for_neither_side_and_nothing_is_nan():
    found = precision(said("same", "not", "unsure", "same"))
    assert (found["same"], found["of"], found["unsure"]) == (2, 3, 1)
    assert found["share"] == pytest.approx(2 / 3)
    assert math.isnan(precision(said("unsure"))["share"])
    assert all(map(math.isnan, weighted([precision([])], [4])))


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40), st.integers(1, 900)), min_size=1, max_size=5))
def test_bands_are_weighed_by_their_pairs_and_one_band_alone_keeps_its_interval(drawn_bands):
    bands = [precision(said(*["same"] * hits, *["not"] * more)) for hits, more, _ in drawn_bands]
    sizes = [size for *_, size in drawn_bands]
    share, low, high = weighted(bands, sizes)
    assert share == pytest.approx(np.average([one["share"] for one in bands], weights=sizes))
    assert low <= share <= high
    assert weighted(bands[:1], sizes[:1]) == pytest.approx((bands[0]["share"], bands[0]["low"], bands[0]["high"]))


def test_pairs_have_different_keys_and_each_pair_of_keys_once():
    texts = [LONG, LONG.upper(), LONG + " again", LONG + " again!", "Something else was said in Lyon on a rainy day"]
    found = families(texts)
    pairs = near_pairs(found)
    assert len(pairs) == 1
    assert pairs[0].similarity > 0.8
    assert {int(found.own[pairs[0].member]), int(found.own[pairs[0].core])} == {0, 1}


def test_the_sample_has_so_many_of_each_band_and_follows_from_the_ids():
    posts = [Tweet(str(n), "2017-01-01", f"text {n}") for n in range(200)]
    pairs = [Pair(n, n + 1, 0.2 if n % 3 else 0.9) for n in range(199)]
    made = drawn(pairs, posts)
    assert Counter(band(pair.similarity) for pair in made) == {0: EACH, 4: EACH}
    assert drawn(reversed(pairs), posts) == made
    assert made != sorted(made)


def test_a_rare_band_does_not_stand_at_one_end_of_the_sample():
    posts = [Tweet(str(n), "2017-01-01", f"text {n}") for n in range(2001)]
    made = drawn([Pair(n, n + 1, 0.9 if n % 50 == 0 else 0.2) for n in range(2000)], posts)
    assert 12 < Counter(band(pair.similarity) for pair in made[: len(made) // 2])[4] < 28


def test_another_sample_has_none_of_the_pairs_before_and_another_order():
    posts = [Tweet(str(n), "2017-01-01", f"text {n}") for n in range(200)]
    pairs = [Pair(n, n + 1, 0.2) for n in range(199)]
    first = drawn(pairs, posts)
    gone = {frozenset((posts[pair.core].id, posts[pair.member].id)) for pair in first}
    second = drawn(pairs, posts, sample=2, without=gone)
    assert len(second) == EACH
    assert not set(first) & set(second)
    assert set(second) != set(drawn(pairs, posts, without=gone))


def test_a_labelled_pair_counts_while_it_is_joined():
    posts = [Tweet("a", "1", LONG), Tweet("b", "2", LONG + " again"), Tweet("c", "3", "A third text about the weather")]
    found = families([tweet.text for tweet in posts])
    wrong = Label(posts[2].id, posts[0].id, 0.1, "not", "headline", 2)
    right = Label(posts[1].id, posts[0].id, 0.9, "same", "", 2)
    made = report(posts, found, [wrong, right])
    assert made["samples"][2]["still joined"]["share"] == 1
    assert made["samples"][2]["wrong, by shape"] == {}
    assert made["families of most accounts"][0]["kinds"] == {"extended": 1}
    joined = report(posts, found._replace(labels=np.zeros(3, np.int64)), [wrong, right])["samples"][2]
    assert joined["still joined"]["share"] == 0.5
    assert joined["alike"]["share"] == 1
    assert joined["wrong, by shape"] == {"headline": 1}


def test_what_copied_text_counts_is_alike_enough_and_no_filled_template():
    texts = [LONG, LONG + " again", LONG.replace("Brest", "Lorient"), LONG.upper() + " now"]
    posts = [Tweet(str(n), "2017-01-01", text) for n, text in enumerate(texts)]
    found = families(texts)
    likeness = (1.0, COUNTED, 1.0, COUNTED - 0.01)
    pairs = [Label(posts[n].id, posts[0].id, likeness[n], "same", "", 2) for n in (1, 2, 3)]
    made = report(posts, found, pairs)["samples"][2]
    assert (made["still joined"]["of"], made["alike"]["of"], made["counted"]["of"]) == (3, 2, 1)


def test_a_pair_is_near_by_its_score_or_came_in_as_a_member():
    texts = {"a": LONG, "b": LONG + " again", "c": "A third text about the weather in Lyon"}
    pairs = [Label("b", "a", 0.9, "same", "", 2), Label("c", "a", 0.1, "not", "headline", 2)]
    assert reached(pairs, texts).tolist() == [True, False]
    assert reached([], texts).tolist() == []


def test_the_sample_to_report_comes_first_and_the_other_says_that_rules_were_chosen_on_it():
    posts = [Tweet("a", "1", LONG), Tweet("b", "2", LONG + " again")]
    one = Label(posts[1].id, posts[0].id, 0.9, "same", "", 1)
    made = report(posts, families([tweet.text for tweet in posts]), [one, one._replace(label="not", sample=REPORTED)])
    lines = [line for line in told(made) if line.startswith("sample")]
    assert [line.split(" (")[0] for line in lines] == [f"sample {REPORTED}", "sample 1"]
    assert ["RULES WERE CHOSEN ON IT" in line for line in lines] == [False, True]
    assert [figures["still joined"]["share"] for figures in made["samples"].values()] == [0, 1]


@pytest.mark.shared
def test_the_labelled_tweets_are_in_the_data():
    data = shared_data()
    if data is None:
        pytest.skip("the evaluation data is not beside the checkout")
    ids = {tweet.id for tweet in tweets(data)}
    assert all(one.member in ids and one.core in ids for one in labels())
