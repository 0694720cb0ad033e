"""Little share logs of (object, time, channel), as arrays, and what one counts in them by hand."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from vigie.kernels.share_by_channel import Shares
from vigie.kernels.share_near import Cells

CHANNELS = 5
LOGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, CHANNELS - 1)), min_size=1, max_size=24)
CLOSE = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, CHANNELS - 1)), min_size=12, max_size=40
)
EDGES = list(combinations(range(CHANNELS), 2))


def arrays(log, *, apart=False):
    """Return the log sorted, and its shares; those that are alone at an object stand `apart` or among the others."""
    log = sorted(log)
    sizes = Counter(o for o, *_ in log) if apart else {}
    some = [row for row in log if sizes.get(row[0], 2) > 1]
    lone = [row for row in log if sizes.get(row[0], 2) == 1]
    starts = [n for n, row in enumerate(some) if not n or row[0] != some[n - 1][0]] + [len(some)]
    channels, times = columns(some)
    # What a channel shares at one moment is one post.
    posts = np.unique(np.stack([channels, times]), axis=1, return_inverse=True)[1].astype(np.int32)
    kept = np.ones(len(starts) - 1, np.bool_)
    return log, Shares(np.array(starts), kept, channels, times, CHANNELS, posts, *columns(lone))


def columns(log):
    return np.array([c for *_, c in log], np.int32), np.array([t for _, t, _ in log], np.int64)


def always(log):
    times = [t for _, t, _ in log]
    return Cells(min(times), max(times) - min(times) + 1, 1)


def edge_arrays():
    return np.array([a for a, _ in EDGES], np.int32), np.array([b for _, b in EDGES], np.int32)


def share_pairs(log, window):
    """All pairs of shares of one object by different accounts at most `window` apart, the slow way."""
    return [
        (one, other)
        for one, other in combinations(log, 2)
        if one[0] == other[0] and one[2] != other[2] and abs(one[1] - other[1]) <= window
    ]


def first_meetings(log, window):
    """Shares of channels silent at the object for longer than the window, with each channel not silent, by hand."""
    met = []
    for j, (o, t, c) in enumerate(log):
        lately = {other for o2, t2, other in log[:j] if o2 == o and t - t2 <= window}
        met.append(0 if c in lately else len(lately))
    return met
