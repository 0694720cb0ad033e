from __future__ import annotations

import numpy as np
import pytest

from bench.copies_candidates import WAYS, named
from vigie.rules.text_card import parts_of_texts
from vigie.text.keys import normalised

SAID = "the minister of the north hid ninety ballots in Lyon before it rained on the river"


def made(count=40):
    chance = np.random.default_rng(5)
    texts = [" ".join(chance.choice(SAID.split(), 9)) for _ in range(count)]
    texts += [text.replace("ballots", "letters") + " again" for text in texts[:20]]
    family = np.concatenate([np.arange(count), np.arange(20)])
    return parts_of_texts(normalised(texts), texts), family


@pytest.mark.parametrize("way", [w for w in WAYS if "SimHash" not in w])
def test_the_pairs_named_are_those_that_share_enough_keys(way):
    parts, family = made()
    keys_of, votes = WAYS[way]
    keys = keys_of(parts)
    own = [set(keys.keys[a:b].tolist()) for a, b in zip(keys.begins, keys.begins[1:], strict=False)]
    pairs = {(a, b) for b in range(len(own)) for a in range(b) if len(own[a] & own[b]) >= min(votes, len(own[b]))}
    count, found, _, size = named(parts, family, way)
    assert count == len(pairs)
    assert found.tolist() == [any(family[a] == family[b] for a, y in pairs if y == b) for b in range(len(own))]
    assert size == 8 * keys.begins[-1]


def test_ways_that_miss_little_find_copies_and_a_simhash_does_not_find_every_one():
    parts, family = made()
    share = {way: named(parts, family, way)[1][40:].mean() for way in WAYS}
    assert share["runs of 12, a fourth, two shared (ours)"] > 0.9
    assert share["prefix filter at 0.3"] == 1
    assert share["SimHash, 4 blocks, one equal"] < share["prefix filter at 0.5"]
