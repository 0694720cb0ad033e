"""Acts of pairs beside a count by hand; and what the shares of one moment are worth."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.kernels.co_shared import by_object, co_shared
from vigie.kernels.share_acts import acts, several_in_one
from vigie.kernels.share_by_channel import Shares, of_channels

CHANNELS = 3
LOGS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, CHANNELS - 1), st.integers(0, 12), st.integers(0, 9)),
    min_size=1,
    max_size=40,
)


def acts_by_hand(log, one, other, limit):
    posts = []
    for o in sorted({o for o, *_ in log}):
        mine, theirs = ([row[2:] for row in log if row[:2] == (o, channel)] for channel in (one, other))
        while mine and theirs and abs(mine[0][0] - theirs[0][0]) > limit:
            (mine if mine[0][0] < theirs[0][0] else theirs).pop(0)
        if mine and theirs:
            posts.append((mine[0][1], theirs[0][1]))
    return min(len({m for m, _ in posts}), len({t for _, t in posts}))


@settings(max_examples=200)
@given(LOGS, st.integers(0, 6), st.sets(st.integers(0, 5)))
def test_acts_are_those_one_counts_by_hand(log, limit, passed):
    log.sort(key=lambda row: (row[0], row[2]))
    starts = np.array([n for n, row in enumerate(log) if not n or row[0] != log[n - 1][0]] + [len(log)])
    kept = np.array([log[n][0] not in passed for n in starts[:-1]], np.bool_)
    channels, contents = (np.array([row[k] for row in log], np.int32) for k in (1, 3))
    times = np.array([row[2] for row in log], np.int64)
    nobody, never = np.zeros(0, np.int32), np.zeros(0, np.int64)
    shares = Shares(starts, kept, channels, times, CHANNELS, contents, nobody, never)
    own = of_channels(shares, np.ones(CHANNELS, np.bool_))
    log = [row for row in log if row[0] not in passed]
    pairs = [(a, b) for a in range(CHANNELS) for b in range(CHANNELS) if a != b]
    one, other = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    assert acts(one, other, *own, limit).tolist() == [acts_by_hand(log, *pair, limit) for pair in pairs]
    some = of_channels(shares, np.array([True, False, True]))
    assert acts(one, other, *some, limit).tolist() == [
        0 if 1 in pair else acts_by_hand(log, *pair, limit) for pair in pairs
    ]


def test_channels_that_put_several_things_into_one_post():
    starts, kept = np.array([0, 3, 5, 7]), np.array([True, True, False])
    channels, contents = np.array([0, 1, 2, 0, 1, 2, 2], np.int32), np.array([5, 6, 7, 5, 8, 7, 7], np.int32)
    assert several_in_one(starts, kept, channels, contents, 3).tolist() == [True, False, False]


def log_of(posts):
    """Return shares by object: of posts (channel, time, objects)."""
    rows = [(o, channel, n, time) for n, (channel, time, objects) in enumerate(posts) for o in objects]
    objects, channels, contents = (np.array([row[k] for row in rows], np.int32) for k in range(3))
    return by_object(objects, channels, contents, np.array([row[3] for row in rows], np.int64), channel_count=200)


def ordinary(seed):
    """Return posts of accounts that post when they like, each time with six hashtags that go together."""
    chance = random.Random(seed)
    for _ in range(4000):
        bundle = chance.randrange(20)
        yield chance.randrange(190), chance.randrange(4 * 86_400), range(6 * bundle, 6 * bundle + 6)


def test_hashtags_that_one_post_carries_are_one_coincidence():
    found = co_shared(log_of(list(ordinary(7))), channel_count=200, window=60, cell_min=3600)
    assert len(found.first) > 100
    assert found.objects.min() >= 6
    assert found.p_values.min() * found.tests > 0.05


def test_a_group_that_posts_several_links_at_a_time_is_found():
    group = [
        (190 + member, 8_000 * n + 5 * member, range(200 + 4 * n, 204 + 4 * n))
        for n in range(40)
        for member in range(5)
    ]
    found = co_shared(log_of([*ordinary(8), *group]), channel_count=200, window=60, cell_min=3600)
    p_values = dict(zip(zip(found.first.tolist(), found.second.tolist(), strict=True), found.p_values, strict=True))
    inside = [p for (a, b), p in p_values.items() if a >= 190 and b >= 190]
    assert len(inside) == 10
    assert max(inside) * found.tests < 0.01
    assert min(p for (a, _), p in p_values.items() if a < 190) * found.tests > 0.05
