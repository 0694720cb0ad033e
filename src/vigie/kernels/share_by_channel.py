"""Shares of what two channels or more shared, by object and by channel, as the null models take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Bools = NDArray[np.bool_]


class Shares(NamedTuple):
    """The shares, by object, then time.

    starts: int64[objects + 1], where each object's shares begin. kept: bool[objects], whether it counts. channels:
    int32[n], codes from 0; times: int64[n]. channel_count: how many channels there are. contents: int32[n], the posts.
    lone_channels: int32[m], lone_times: int64[m]: the shares of objects that nobody else shared, in any order.
    """

    starts: I64
    kept: Bools
    channels: I32
    times: I64
    channel_count: int
    contents: I32
    lone_channels: I32
    lone_times: I64


class ByChannel(NamedTuple):
    """The shares of objects that count by channel, then object, then time.

    begins: int64[channels + 1], where each channel's begin. objects: int32[n], times: int64[n]. contents: int32[n], or
    none.
    """

    begins: I64
    objects: I32
    times: I64
    contents: I32


@njit(cache=True, nogil=True)
def _by_channel(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    starts: I64, kept: Bools, channels: I32, times: I64, contents: I32, wanted: Bools
) -> tuple[I64, I32, I64, I32]:
    begins = np.zeros(wanted.shape[0] + 1, np.int64)
    for n in range(starts.shape[0] - 1):
        if kept[n]:
            for j in range(starts[n], starts[n + 1]):
                begins[channels[j] + 1] += wanted[channels[j]]
    for c in range(wanted.shape[0]):
        begins[c + 1] += begins[c]
    free = begins[:-1].copy()
    total = begins[-1]
    objects, moments = np.empty(total, np.int32), np.empty(total, np.int64)
    with_contents = contents.shape[0] > 0
    posts = np.empty(total if with_contents else 0, np.int32)
    for n in range(starts.shape[0] - 1):
        if not kept[n]:
            continue
        for j in range(starts[n], starts[n + 1]):
            c = channels[j]
            if wanted[c]:
                at = free[c]
                objects[at], moments[at] = n, times[j]
                if with_contents:
                    posts[at] = contents[j]
                free[c] = at + 1
    return begins, objects, moments, posts


def by_channel(shares: Shares) -> ByChannel:
    """Return the shares by channel, without the contents."""
    every = np.ones(shares.channel_count, np.bool_)
    return ByChannel(*_by_channel(*shares[:4], shares.contents[:0], every))


def of_channels(shares: Shares, wanted: NDArray[np.bool_]) -> ByChannel:
    """Return the shares of the `wanted` channels, bool[channels], with their contents; of another there are none."""
    return ByChannel(*_by_channel(*shares[:4], shares.contents, wanted))


def lone_by_channel(shares: Shares) -> tuple[I64, I64]:
    """Return (begins, times): int64[channels + 1], where the times of each channel's lone shares begin."""
    order = np.argsort(shares.lone_channels, kind="stable")
    begins = np.zeros(shares.channel_count + 1, np.int64)
    np.cumsum(np.bincount(shares.lone_channels, minlength=shares.channel_count), out=begins[1:])
    return begins, shares.lone_times[order]


def heavier_first(edges_a: I32, edges_b: I32, begins: I64) -> tuple[I32, I32, I64]:
    """Return each edge's heavier and lighter channel, and the edges by the heavier: only the lighter is walked."""
    load = np.diff(begins)
    lighter = load[edges_a] < load[edges_b]
    one, other = np.where(lighter, edges_b, edges_a), np.where(lighter, edges_a, edges_b)
    return one, other, np.argsort(one, kind="stable")
