"""Shares by kind of object as arrays, their pairs from the kernel, and the figures that several evaluations need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from vigie.kernels.co_share_null import REACH_WINDOWS
from vigie.kernels.co_shared import CROWD_MAX, CoShared, by_object, co_shared
from vigie.kernels.q_values import bh

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Q: Final = 0.05
LEAST: Final = 2
HOUR_S: Final = 3600


class Log(NamedTuple):
    """Shares of one kind of object: int32 codes, int64 seconds; without `posts` every share is a post of its own."""

    objects: NDArray[np.int32]
    channels: NDArray[np.int32]
    times: NDArray[np.int64]
    posts: NDArray[np.int32] | None = None


def coded(values: Any) -> NDArray[np.int32]:
    """Return a number for each value, equal ones alike."""
    return np.unique(np.asarray(values), return_inverse=True)[1].astype(np.int32)


def logs_of(shares: pa.Table, channels: NDArray[Any]) -> dict[str, Log]:
    """Return the rows of the measure `shares` by kind; a channel's code is its place in `channels`, which is sorted."""
    kinds = np.asarray(shares["object_kind"].to_pylist(), object)
    who = np.searchsorted(channels, np.asarray(shares["channel"].to_pylist(), str)).astype(np.int32)
    objects = coded(np.asarray(shares["object_id"].to_pylist(), str)) if len(kinds) else np.empty(0, np.int32)
    times = np.asarray(shares["time"].cast(pa.int64())) // 1_000_000
    posts = coded(np.asarray(shares["row_id"].to_pylist(), str)) if len(kinds) else objects
    return {
        str(kind): Log(coded(objects[kinds == kind]), *(column[kinds == kind] for column in (who, times, posts)))
        for kind in sorted(set(kinds))
    }


def pairs(log: Log, window_s: int, channel_count: int, *, least: int = LEAST, crowd_max: int = CROWD_MAX) -> CoShared:
    """Return the pairs of channels at this kind of object, with the default settings otherwise."""
    contents = np.arange(len(log.objects), dtype=np.int32) if log.posts is None else log.posts
    return co_shared(
        by_object(log.objects, log.channels, contents, log.times, channel_count=channel_count),
        channel_count=channel_count, window=window_s, crowd_max=crowd_max, least=least, reach_windows=REACH_WINDOWS,
        cell_min=HOUR_S,
    )  # fmt: skip


def q_values(found: Mapping[str, CoShared]) -> dict[str, NDArray[np.float64]]:
    """Return the q-values of each kind's pairs, the tests of all kinds pooled."""
    if not found:
        return {}
    every = bh(np.concatenate([f.p_values for f in found.values()]), sum(f.tests for f in found.values()))
    ends = np.cumsum([len(f.p_values) for f in found.values()])
    return dict(zip(found, np.split(every, ends[:-1]), strict=True))


def in_pairs(found: CoShared, valid: NDArray[np.bool_], channel_count: int) -> NDArray[np.bool_]:
    """Return which channels are in a pair that is valid."""
    within = np.zeros(channel_count, np.bool_)
    within[found.first[valid]] = within[found.second[valid]] = True
    return within
