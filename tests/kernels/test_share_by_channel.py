"""Shares by channel beside what sorting gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels._share_logs import CHANNELS, LOGS, arrays
from vigie.kernels.share_by_channel import by_channel, heavier_first, lone_by_channel, of_channels


@given(LOGS, st.sets(st.integers(0, 3)), st.sets(st.integers(0, CHANNELS - 1)))
def test_shares_by_channel_are_those_of_objects_that_count(log, passed, wanted):
    log, shares = arrays(log)
    numbers = sorted({o for o, *_ in log})
    shares.kept[[n for n, o in enumerate(numbers) if o in passed]] = False
    rows = sorted((c, numbers.index(o), t) for o, t, c in log if o not in passed)
    own = by_channel(shares)
    assert not len(own.contents)
    asked = of_channels(shares, np.isin(np.arange(CHANNELS), list(wanted)))
    for found, expected in ((own, rows), (asked, [row for row in rows if row[0] in wanted])):
        channels = np.repeat(np.arange(CHANNELS), np.diff(found.begins))
        got = zip(channels.tolist(), found.objects.tolist(), found.times.tolist(), strict=True)
        assert list(got) == expected
    # A content is a channel's moment in these logs.
    posts = {(c, t): n for c, t, n in zip(shares.channels, shares.times, shares.contents, strict=True)}
    channels = np.repeat(np.arange(CHANNELS), np.diff(asked.begins))
    assert asked.contents.tolist() == [posts[row] for row in zip(channels, asked.times, strict=True)]


@given(LOGS)
def test_lone_shares_by_channel(log):
    log, shares = arrays(log, apart=True)
    objects = [o for o, *_ in log]
    begins, times = lone_by_channel(shares)
    found = [(c, t) for c in range(CHANNELS) for t in times[begins[c] : begins[c + 1]].tolist()]
    assert sorted(found) == sorted((c, t) for o, t, c in log if objects.count(o) == 1)
    assert [c for c, _ in found] == sorted(c for c, _ in found)


def test_the_heavier_channel_comes_first():
    one, other, order = heavier_first(np.array([0, 2], np.int32), np.array([1, 0], np.int32), np.array([0, 1, 4, 4]))
    assert (one.tolist(), other.tolist(), order.tolist()) == ([1, 0], [0, 2], [1, 0])
