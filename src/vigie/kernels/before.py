"""Which of two groups came first in each family, and how likely that is if a day's times are dealt anew.

A time is an interval, as long as its clock is coarse. Of the times of both groups in a family those that *could be
first* begin before the earliest of them all ends. A group is first if it has all of these; else the clocks do not tell.

The null model deals the times of each day anew among the channels that have them, each with its coarseness. With a
channels of the one group and b of the other on the day, and m times that could be first, the one has all of these with
probability C(a, m) / C(a + b, m). What the clocks do not tell is left out, so the chance of the one is that over the
sum of both groups' (m = 1: a / (a + b)). Coarse times may reach from one day into the next: then the factors of both
days multiply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]
    I64 = NDArray[np.int64]

# What is less likely is no longer told apart; it is added to the tail.
_TRIMMED: Final = 1e-60
_LEAST: Final = 1e-300
# Log odds are rounded to so many digits, so that equal chances are equal numbers.
_DIGITS: Final = 12


class Firsts(NamedTuple):
    """Of the families with both groups, ascending: who was first, and the one group's chance to be.

    which: 1 the one group, -1 the other, 0 not told. chance: given that it is told; 0 or 1 where `settled`, which is
    where dealing times anew cannot change who was first.
    """

    families: I64
    which: NDArray[np.int8]
    chance: F64
    settled: NDArray[np.bool_]


def first_of_two(family: I64, is_one: NDArray[np.bool_], start: I64, end: I64, day: I64) -> Firsts:
    """Return who was first in each family, of rows that ascend by family.

    A row is one channel's time, an interval of at most a day; `day` is that of its start.

    >>> family, is_one = np.zeros(3, np.int64), np.array([True, False, False])
    >>> found = first_of_two(family, is_one, np.array([5, 6, 9]), np.array([6, 7, 10]), family)
    >>> found.which.tolist(), found.chance.round(4).tolist()
    ([1], [0.3333])
    """
    empty = np.zeros(0)
    if not family.shape[0]:
        return Firsts(family, empty.astype(np.int8), empty, empty.astype(np.bool_))
    heads = np.flatnonzero(np.append(True, family[1:] != family[:-1]))
    sizes = np.diff(np.append(heads, family.shape[0]))
    could = start < np.repeat(np.minimum.reduceat(end, heads), sizes)
    is_first_day = day == np.repeat(np.minimum.reduceat(day, heads), sizes)
    is_next_day = day == np.repeat(np.minimum.reduceat(day, heads) + 1, sizes)

    def count(which: NDArray[np.bool_]) -> I64:
        made: I64 = np.add.reduceat(which.astype(np.int64), heads)
        return made

    ones = count(is_one)
    firsts, firsts_of_one = count(could), count(could & is_one)
    log_one, log_other = np.zeros(heads.shape[0]), np.zeros(heads.shape[0])
    for of_day in (is_first_day, is_next_day):
        drawn = count(could & of_day)
        log_one += _log_ways(count(is_one & of_day), drawn)
        log_other += _log_ways(count(~is_one & of_day), drawn)
    which = np.where(firsts_of_one == firsts, 1, np.where(firsts_of_one == 0, -1, 0)).astype(np.int8)
    settled = np.isneginf(log_one) | np.isneginf(log_other)
    odds = np.round(np.where(settled, 0, log_one) - np.where(settled, 0, log_other), _DIGITS)
    chance = np.where(settled, np.where(np.isneginf(log_one), 0.0, 1.0), special.expit(odds))
    both = (ones > 0) & (ones < sizes)
    return Firsts(family[heads][both], which[both], chance[both], settled[both])


def _log_ways(count: I64, drawn: I64) -> F64:
    """Return the logarithm of in how many ways `drawn` of `count` can be chosen; minus infinity where in none."""
    possible = drawn <= count
    least = np.where(possible, drawn, 0)
    ways = special.gammaln(count + 1.0) - special.gammaln(least + 1.0) - special.gammaln(count - least + 1.0)
    made: F64 = np.where(possible, np.where(least == 1, np.log(np.maximum(count, 1)), ways), -np.inf)
    return made


def poisson_binomial_tail(count: int, chances: F64) -> float:
    """Return P(X >= count) of the number of successes in independent trials, each of its own chance.

    Exact but for rounding: equal chances make a binomial, and these are convolved.

    >>> round(poisson_binomial_tail(2, np.array([0.5, 0.5, 0.25])), 4)
    0.375
    """
    if count <= 0:
        return 1.0
    if count > chances.shape[0]:
        return 0.0
    law, low, lost = np.ones(1), 0, 0.0
    for chance, trials in zip(*np.unique(chances, return_counts=True), strict=True):
        law = np.convolve(law, _binomial(int(trials), float(chance)))
        kept = np.flatnonzero(law > _TRIMMED)
        lost += float(law[: kept[0]].sum() + law[kept[-1] + 1 :].sum())
        law, low = law[kept[0] : kept[-1] + 1], low + int(kept[0])
    tail = float(law[max(0, count - low) :].sum()) + lost
    return min(1.0, max(_LEAST, tail))


def _binomial(trials: int, chance: float) -> F64:
    successes = np.arange(trials + 1.0)
    ways = special.gammaln(trials + 1.0) - special.gammaln(successes + 1) - special.gammaln(trials - successes + 1)
    law: F64 = np.exp(ways + special.xlogy(successes, chance) + special.xlog1py(trials - successes, -chance))
    return law
