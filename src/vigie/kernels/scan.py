"""Scan statistic: the most channels within one window of time, and how likely that many are by chance.

The null model
    Each post falls at a time drawn like the posts of its platform, by hours, independently of every other post. Channel
    c with n_c posts is then within a window that holds the share s of its platform's posts with probability
    q_c = 1 - (1 - s)^n_c. Let C be the number of channels and k the most seen in a window. Where some window holds k
    channels, its earliest post has k - 1 other channels within the window that begins with it; so

        P(some window holds k) <= sum over posts, and over the hours h in which each may fall, of
                                  a(h) * P(at least k - 1 of the other C - 1 channels within the window from h)

    where a(h) is the share of the platform's posts in hour h. The window from hour h is taken with the whole of its
    first and last hour. The inner probability is at most the tail of a binomial of C - 1 trials with the mean of the
    q_c, if k - 1 is at least one above the expected number (Hoeffding 1956); otherwise Markov's bound is taken, the
    expected number over k - 1. Every step errs upwards: the result is an upper bound.

Sources: Naus 1965 (the scan statistic); Glaz, Naus & Wallenstein 2001, Scan Statistics, chapter 2 (bounds by the first
event); Hoeffding 1956, On the distribution of the number of successes in independent trials.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

# No probability of these laws is nothing; below this it can no longer be told apart in a float.
_LEAST: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Activity:
    """Posts by hour: `hours` since 1970 ascending, each with a post; `upto[i]` counts the posts before `hours[i]`."""

    hours: NDArray[np.int64]
    upto: NDArray[np.int64]

    @classmethod
    def of(cls, posts: Mapping[int, int]) -> Activity:
        """Return the activity of `posts`, which maps each hour to its number of posts (at least one)."""
        hours = np.array(sorted(posts), np.int64)
        return cls(hours, np.cumsum([0, *(posts[hour] for hour in hours.tolist())], dtype=np.int64))

    @property
    def shares(self) -> NDArray[np.float64]:
        """Return the share of all posts that fell in each of `hours`."""
        return np.asarray(np.diff(self.upto) / self.upto[-1], np.float64)

    def within(self, first: NDArray[np.int64], window_h: int) -> NDArray[np.float64]:
        """Return the share of all posts from the beginning of hour `first` to the end of hour `first + window_h`."""
        begin = np.searchsorted(self.hours, first, "left")
        end = np.searchsorted(self.hours, first + window_h, "right")
        return np.asarray((self.upto[end] - self.upto[begin]) / self.upto[-1], np.float64)


@dataclass(frozen=True, slots=True)
class Alike:
    """`channels` channels of one platform, each with `posts` posts of the text."""

    activity: Activity
    posts: int
    channels: int

    def within(self, first: NDArray[np.int64], window_h: int) -> NDArray[np.float64]:
        """Return for each window the probability that one of these channels is in it."""
        return np.asarray(1 - (1 - self.activity.within(first, window_h)) ** self.posts, np.float64)


def densest(times: Sequence[int], channels: Sequence[Hashable], window: int) -> tuple[int, int]:
    """Return the slice of the earliest window with the most distinct channels; `times` ascend, `window` in their unit.

    A window is closed: posts exactly `window` apart are in one.

    >>> densest([0, 1, 7, 8, 9], ["a", "a", "a", "b", "c"], 2)
    (2, 5)
    """
    inside: Counter[Hashable] = Counter()
    best, found, end = 0, (0, 0), 0
    for begin, time in enumerate(times):
        while end < len(times) and times[end] <= time + window:
            inside[channels[end]] += 1
            end += 1
        if len(inside) > best:
            best, found = len(inside), (begin, end)
        inside[channels[begin]] -= 1
        if not inside[channels[begin]]:
            del inside[channels[begin]]
    return found


def mean_within(groups: Sequence[Alike], first: int, window_h: int) -> float:
    """Return the expected number of channels in the window that begins in hour `first`."""
    at = np.array([first], np.int64)
    return float(sum(group.channels * group.within(at, window_h)[0] for group in groups))


def scan_tail(count: int, groups: Sequence[Alike], window_h: int) -> float:
    """Return an upper bound of P(some window holds `count` channels or more); `count` from 2 to all channels.

    Three channels that post once each in 100 equally busy hours: two of them within the same or the next hour.

    >>> hours = Activity.of(dict.fromkeys(range(100), 5))
    >>> round(scan_tail(2, [Alike(hours, posts=1, channels=3)], 1), 4)
    0.1194
    """
    others, least = sum(group.channels for group in groups) - 1, count - 1
    total = 0.0
    for activity in {id(group.activity): group.activity for group in groups}.values():
        chances = [group.within(activity.hours, window_h) for group in groups]
        everybody = np.sum([group.channels * q for group, q in zip(groups, chances, strict=True)], axis=0)
        for group, own in zip(groups, chances, strict=True):
            if group.activity is activity:
                mean = np.maximum(everybody - own, 0.0)
                binomial = special.betainc(least, others - least + 1, np.minimum(mean / others, 1.0))
                tail = np.where(least >= mean + 1, binomial, np.minimum(mean / least, 1.0))
                total += group.channels * group.posts * float(np.sum(activity.shares * tail))
    return min(1.0, max(_LEAST, total))
