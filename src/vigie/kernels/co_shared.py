"""Pairs of channels that shared several objects together, and how rare that is: `co_shared`.

Two channels *meet* at an object where each shared it, in different contents, at most the window apart (inclusive). An
object that more channels than a bound shared within one window is a *crowd*: a meeting there says little, and there
may be a billion of them, so it is left out of what is counted and of what chance expects alike, and reported by
itself. (So is an object with more than a billion pairs of shares within the window.) An object that has one share
only is nobody's meeting, but says how active its channel is.

Figures of a pair are those at all its objects but crowds. What chance expects is `vigie.kernels.co_share_null`'s.

With a `period`, time is cut into stretches of that length, each beginning half a length after the one before, and each
is looked at by itself: a network of three days does not drown in a year. (How often two shares within reach are within
the window anyway, rho, is that of the whole time: few objects would be outvoted by a group.) A pair's p-value is its
least one, times the number of stretches that have shares, at most 1; its figures are those of that stretch. The number
of tests is that of all stretches together, or that of the whole time if it is less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from vigie.kernels import share_tally as tally
from vigie.kernels.co_share_null import REACH_WINDOWS, Judged, judge
from vigie.kernels.share_by_channel import Shares
from vigie.kernels.share_rows import CROWD, FLOOD, ORDINARY, Rows, arranged, surveyed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64
    from vigie.kernels.co_share_timing import Rate

CROWD_MAX: Final = 200
_MEETINGS_MAX: Final = 1_000_000_000
_REPEATS_MAX: Final = 1 << 30  # a crowd is a crowd however often one repeats itself
_ROUNDS: Final = 3


class CoShared(NamedTuple):
    """Pairs of channels that met at `least` objects or more, by (first, second); and the crowds, by object.

    first, second: int32[pairs], channels, the lesser first. objects: int32, different ones at which they meet, of which
    those that one post carries are tested as one; meetings: int64, pairs of shares. delay: int64, summed over meetings,
    in the unit of the times. led, tied: int64, meetings in which the first one's share is older, or both are at one
    instant. begin, end: int64, the first and the last share that met. activity, timing: float64, the objects expected
    under either null. p_values: float64, the larger one. tests: how many pairs were tested, at most.

    crowd_objects: int32[crowds]; crowd_peaks: int64, the most channels within one window; crowd_shares; crowd_begin,
    crowd_end: int64, its first and its last share.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    objects: NDArray[np.int32]
    meetings: NDArray[np.int64]
    delay: NDArray[np.int64]
    led: NDArray[np.int64]
    tied: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    activity: NDArray[np.float64]
    timing: NDArray[np.float64]
    p_values: NDArray[np.float64]
    tests: int
    crowd_objects: NDArray[np.int32]
    crowd_peaks: NDArray[np.int64]
    crowd_shares: NDArray[np.int64]
    crowd_begin: NDArray[np.int64]
    crowd_end: NDArray[np.int64]


def by_object(objects: I32, channels: I32, contents: I32, times: I64, *, channel_count: int) -> Rows:
    """Return the shares arranged: by object, then time, those of objects with one share apart.

    objects, channels, contents: int32[n], codes from 0, in any order of rows; times: int64[n].
    """
    every = np.ones(len(objects), np.bool_)
    twins = np.full(int(objects.max(initial=-1)) + 1, -1, np.int32)
    ranks = np.arange(channel_count, dtype=np.int32)
    return Rows(*arranged(objects, channels, contents, times, every, twins, ranks, False))  # noqa: FBT003


def kinds_of(rows: Rows, *, channel_count: int, window: int, crowd_max: int = CROWD_MAX) -> tuple[Any, I64]:
    """Return the kind of each object, and the most channels that shared it within one window."""
    kinds: tuple[Any, I64] = surveyed(
        rows.starts, rows.times, rows.accounts, channel_count, window, crowd_max, False, _MEETINGS_MAX, _REPEATS_MAX  # noqa: FBT003
    )  # fmt: skip
    return kinds


def judged_of(
    rows: Rows, kinds: NDArray[np.uint8], together: I32, *, channel_count: int, window: int, cell_min: int
) -> Judged:
    """Return what chance expects of pairs counted before: all that met at two objects or more of the kind ORDINARY.

    kinds: as `kinds_of` returns them; together: int32[3, pairs], the lesser channel, the other one, and at how many
    objects they met. The rest is as in `co_shared`.
    """
    shares = _shares(rows, (kinds != CROWD) & (kinds != FLOOD), channel_count)
    return judge(together[0], together[1], together[2], shares, window=window, least=2, cell_min=cell_min)


def _shares(rows: Rows, kept: NDArray[np.bool_], channel_count: int) -> Shares:
    lone = rows.lone_accounts, rows.lone_times
    return Shares(rows.starts, kept, rows.accounts, rows.times, channel_count, rows.contents, *lone)


def co_shared(
    rows: Rows,
    *,
    channel_count: int,
    window: int,
    crowd_max: int = CROWD_MAX,
    least: int = 2,
    reach_windows: int = REACH_WINDOWS,
    cell_min: int,
    period: int = 0,
) -> CoShared:
    """Return the pairs that met at `least` objects or more, what chance expects, and the crowds.

    `rows` are the shares arranged, as `by_object` does it; channels are codes from 0. `window`, `cell_min` (an hour)
    and `period` (0: the whole time at once) are in the unit of the times. `reach_windows` is how many windows make the
    stretch within which the timing null leaves the moment to chance.
    """
    kinds, peaks = kinds_of(rows, channel_count=channel_count, window=window, crowd_max=crowd_max)
    is_crowd = (kinds == CROWD) | (kinds == FLOOD)
    asked = _Asked(window, least, reach_windows, cell_min)
    shares = _shares(rows, ~is_crowd, channel_count)
    if period:
        found, judged = _by_period(shares, asked, period)
    else:
        found, judged = _listed(shares, kinds == ORDINARY, asked)
    first, second, counted = (found[:, n].astype(np.int32) for n in (tally.FIRST, tally.SECOND, tally.OBJECTS))
    crowds = np.flatnonzero(is_crowd)
    begins, ends = rows.starts[crowds], rows.starts[crowds + 1]
    return CoShared(
        first=first,
        second=second,
        objects=counted,
        meetings=found[:, tally.MEETINGS].copy(),
        delay=found[:, tally.DELAY].copy(),
        led=found[:, tally.LED].copy(),
        tied=found[:, tally.TIED].copy(),
        begin=found[:, tally.BEGIN].copy(),
        end=found[:, tally.END].copy(),
        activity=judged.activity,
        timing=judged.timing,
        p_values=judged.p_values,
        tests=judged.tests,
        crowd_objects=rows.objects[crowds],
        crowd_peaks=peaks[crowds],
        crowd_shares=ends - begins,
        crowd_begin=rows.times[begins],
        crowd_end=rows.times[ends - 1],
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    window: int
    least: int
    reach_windows: int
    cell_min: int


def _listed(shares: Shares, met: NDArray[np.bool_], asked: _Asked, rate: Rate | None = None) -> tuple[I64, Judged]:
    """Return the records of pairs, by both channels, and what chance expects of them.

    Meetings are looked for at the objects `met`; chance is that of all that are kept.
    """
    starts, times, channels, contents = shares.starts, shares.times, shares.channels, shares.contents
    able = np.ones(shares.channel_count, np.bool_)
    for _ in range(_ROUNDS):
        still = tally.in_company(starts, times, channels, met, able, asked.window, asked.least)
        if (still == able).all():
            break
        able = still
    fewer = tally.lessened(starts, times, channels, contents, met, able, asked.window)
    found = tally.tallied(fewer, shares.channel_count, asked.window, asked.least)
    del fewer
    first, second, counted = (found[:, n].astype(np.int32) for n in (tally.FIRST, tally.SECOND, tally.OBJECTS))
    judged = judge(
        first,
        second,
        counted,
        shares,
        window=asked.window,
        least=asked.least,
        cell_min=asked.cell_min,
        reach_windows=asked.reach_windows,
        rate=rate,
    )
    return found, judged


def _by_period(shares: Shares, asked: _Asked, period: int) -> tuple[I64, Judged]:
    """Return what `_listed` returns, of each pair in the stretch of time that says most."""
    whole = _listed(shares, shares.kept, asked)
    times = shares.times
    if not len(times):
        return whole
    begin, step = int(times.min()), max(1, period // 2)
    count = max(1, -((begin - int(times.max()) - 1 + period - step) // step))
    made = []
    for n in range(count):
        part = _between(shares, begin + n * step, begin + n * step + period)
        if len(part.times):
            made.append(_listed(part, part.kept, asked, whole[1].rate))
    if not made:
        nothing = np.zeros(0, np.float64)
        return whole[0][:0], Judged(nothing, nothing, nothing, 0, whole[1].rate)
    found = np.concatenate([records for records, _ in made])
    activity, timing, p_values = (
        np.concatenate([getattr(judged, name) for _, judged in made]) for name in ("activity", "timing", "p_values")
    )
    order = np.lexsort((p_values, found[:, tally.SECOND], found[:, tally.FIRST]))
    pairs = found[order][:, [tally.FIRST, tally.SECOND]]
    least = order[np.append(True, (pairs[1:] != pairs[:-1]).any(axis=1))[: len(order)]]
    tests = min(whole[1].tests, sum(judged.tests for _, judged in made))
    p_values = np.minimum(1.0, p_values[least] * len(made))
    return found[least], Judged(activity[least], timing[least], p_values, tests, whole[1].rate)


def _between(shares: Shares, begin: int, end: int) -> Shares:
    """Return the shares from `begin` to before `end` that count."""
    given = shares.starts, shares.times, shares.channels, shares.contents, shares.kept
    starts, times, channels, contents, lone_channels, lone_times = tally.between(*given, begin, end)
    within = (shares.lone_times >= begin) & (shares.lone_times < end)
    return Shares(
        starts=starts,
        kept=np.ones(len(starts) - 1, np.bool_),
        channels=channels,
        times=times,
        channel_count=shares.channel_count,
        contents=contents,
        lone_channels=np.concatenate((shares.lone_channels[within], lone_channels)),
        lone_times=np.concatenate((shares.lone_times[within], lone_times)),
    )
