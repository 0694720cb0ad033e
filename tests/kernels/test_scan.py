from __future__ import annotations

from itertools import product
from math import prod
from random import Random

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.kernels.scan import Activity, Alike, densest, mean_within, scan_tail

hour_counts = st.dictionaries(st.integers(0, 12), st.integers(1, 5), min_size=1)


def share(posts, first, window_h):
    return sum(n for hour, n in posts.items() if first <= hour <= first + window_h) / sum(posts.values())


@given(hour_counts, st.integers(-3, 15), st.integers(1, 6))
def test_the_share_of_a_window_is_that_of_its_hours(posts, first, window_h):
    found = Activity.of(posts).within(np.array([first]), window_h)
    assert found.tolist() == [share(posts, first, window_h)]


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abcd")), min_size=1, max_size=12), st.integers(1, 10))
def test_the_densest_window_is_the_earliest_with_the_most_channels(rows, window):
    rows.sort()
    times, channels = [t for t, _ in rows], [c for _, c in rows]
    begin, end = densest(times, channels, window)
    seen = [{c for t, c in rows if start <= t <= start + window} for start in times]
    most = max(map(len, seen))
    first = next(n for n, inside in enumerate(seen) if len(inside) == most)
    assert set(channels[begin:end]) == seen[first]
    assert (begin, end) == (first, sum(t <= times[first] + window for t in times))


def channels_in(window_h, falls):
    """Return the most channels of (channel, hour) in one window; posts of the hours at its ends are all in it."""
    return max(len({c for c, hour in falls if start <= hour <= start + window_h}) for _, start in falls)


few_hours = st.dictionaries(st.integers(0, 8), st.integers(1, 5), min_size=2, max_size=5)


@settings(max_examples=30, deadline=None)
@given(
    few_hours, few_hours, st.sampled_from([(1, 1), (2, 1), (2, 2), (1, 1, 1), (2, 1, 1)]), st.integers(1, 4), st.data()
)
def test_it_bounds_the_exact_probability_over_every_way_posts_can_fall(first, second, posts_of, window_h, data):
    count = data.draw(st.integers(2, len(posts_of)))
    profiles = [data.draw(st.sampled_from([first, second])) for _ in posts_of]
    drawn = [channel for channel, n in enumerate(posts_of) for _ in range(n)]
    exact = 0.0
    for hours in product(*(profiles[channel] for channel in drawn)):
        if channels_in(window_h, list(zip(drawn, hours, strict=True))) >= count:
            falls = zip(drawn, hours, strict=True)
            exact += prod(profiles[c][hour] / sum(profiles[c].values()) for c, hour in falls)
    activities = {id(profile): Activity.of(profile) for profile in (first, second)}
    groups = [Alike(activities[id(profile)], n, 1) for profile, n in zip(profiles, posts_of, strict=True)]
    bound = scan_tail(count, groups, window_h)
    event("tight" if bound < 2 * exact else "loose")
    assert bound >= exact - 1e-12


def slow_bound(count, groups, window_h):
    """The formula of the module, one post and one hour at a time; `groups` are (posts by hour, posts, channels)."""
    channels = [(posts, n) for posts, n, alike in groups for _ in range(alike)]
    total = 0.0
    for me, (posts, mine) in enumerate(channels):
        for hour, there in posts.items():
            others = [1 - (1 - share(p, hour, window_h)) ** n for c, (p, n) in enumerate(channels) if c != me]
            mean, trials, least = sum(others), len(others), count - 1
            q = mean / trials
            if least >= mean + 1:
                # By recursion over trials: the law of the number of hits.
                law = [1.0]
                for _ in range(trials):
                    law = [a * (1 - q) + b * q for a, b in zip([*law, 0.0], [0.0, *law], strict=True)]
                tail = sum(law[least:])
            else:
                tail = min(1.0, mean / least)
            total += mine * there / sum(posts.values()) * tail
    return min(1.0, total)


@settings(max_examples=60)
@given(hour_counts, hour_counts, st.lists(st.integers(1, 4), min_size=4, max_size=4), st.integers(1, 5), st.data())
def test_it_is_the_formula(first, second, alike, window_h, data):
    kinds = [(first, 1), (first, 3), (second, 1), (second, 2)]
    slow = [(posts, n, channels) for (posts, n), channels in zip(kinds, alike, strict=True)]
    count = data.draw(st.integers(2, sum(alike)))
    one, other = Activity.of(first), Activity.of(second)
    groups = [
        Alike(activity, n, channels)
        for activity, (_, n), channels in zip((one, one, other, other), kinds, alike, strict=True)
    ]
    assert scan_tail(count, groups, window_h) == pytest.approx(slow_bound(count, slow, window_h), rel=1e-9, abs=1e-15)
    begin = data.draw(st.integers(0, 12))
    mean = sum(channels * (1 - (1 - share(posts, begin, window_h)) ** n) for posts, n, channels in slow)
    assert mean_within(groups, begin, window_h) == pytest.approx(mean)


def test_a_steady_phrase_seldom_has_a_small_bound_though_days_and_hours_differ():
    random = Random(5)
    # Nights are quiet, Sundays loud, and of one day there is nothing.
    busy = {h: 1 + 9 * (8 <= h % 24 <= 22) + 15 * (h // 24 % 7 == 6) for h in range(30 * 24) if h // 24 != 11}
    activity = Activity.of(busy)
    bounds = []
    for _ in range(1_000):
        channels = random.choice([5, 8, 20, 60])
        posts = random.choice([1, 1, 3])
        falls = sorted((60 * h + random.randrange(60), c) for c in range(channels) for h in draw(random, busy, posts))
        begin, end = densest([t for t, _ in falls], [c for _, c in falls], 48 * 60)
        most = len({c for _, c in falls[begin:end]})
        bounds.append(scan_tail(most, [Alike(activity, posts, channels)], 48) if most > 1 else 1.0)
    assert sum(p <= 0.01 for p in bounds) <= 15
    assert 0 < sum(p <= 0.1 for p in bounds) <= 115


def draw(random: Random, busy: dict[int, int], posts: int) -> list[int]:
    return random.choices(list(busy), list(busy.values()), k=posts)


def test_no_probability_is_zero():
    hours = Activity.of(dict.fromkeys(range(10_000), 1))
    assert 0 < scan_tail(300, [Alike(hours, 1, 300)], 1) < 1e-250
