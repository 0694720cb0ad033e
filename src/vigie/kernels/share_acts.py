"""How many of the objects that two accounts have in common are acts of their own: `acts`.

Six hashtags of one post are six objects and one act: whoever met that post once met all six. The nulls count
independent trials, so that objects first shared together in one post count once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64

    Bools = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def several_in_one(starts: I64, kept: Bools, channels: I32, contents: I32, channel_count: int) -> Bools:
    """Return which channels have a content with several shares; those of objects that are not `kept` left out.

    starts: int64[objects + 1], where each object's shares begin; channels, contents: int32[n].
    """
    found = np.zeros(channel_count, np.bool_)
    seen = np.zeros(contents.max() + 1 if contents.shape[0] else 0, np.bool_)
    for n in range(starts.shape[0] - 1):
        if kept[n]:
            for k in range(starts[n], starts[n + 1]):
                if seen[contents[k]]:
                    found[channels[k]] = True
                seen[contents[k]] = True
    return found


@njit(cache=True, nogil=True)
def acts(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    one: I32, other: I32, begins: I64, objects: I32, times: I64, contents: I32, limit: int
) -> I32:
    """Return for each pair, int32, the acts among the objects that both shared within `limit` of each other.

    Of each object the first two shares that close count; the acts are the fewer of both channels' different contents of
    those. Shares are as `of_channels` of `vigie.kernels.share_by_channel` gives them. The `other` channel's are gone
    through, so let it have fewer.
    """
    found = np.zeros(one.shape[0], np.int32)
    own, theirs = np.empty(times.shape[0], np.int32), np.empty(times.shape[0], np.int32)
    for p in range(one.shape[0]):
        count = 0
        low, high = begins[one[p]], begins[one[p] + 1]
        j, end = begins[other[p]], begins[other[p] + 1]
        while j < end:
            o = objects[j]
            i = low + np.searchsorted(objects[low:high], o)
            while i < high and j < end and objects[i] == o and objects[j] == o:
                if abs(times[i] - times[j]) <= limit:
                    own[count], theirs[count] = contents[i], contents[j]
                    count += 1
                    break
                if times[i] < times[j]:
                    i += 1
                else:
                    j += 1
            while j < end and objects[j] == o:
                j += 1
        if count:
            found[p] = min(_different(own[:count]), _different(theirs[:count]))
    return found


@njit(cache=True, nogil=True)
def _different(values: I32) -> int:
    values.sort()
    count = 1
    for k in range(1, values.shape[0]):
        count += values[k] != values[k - 1]
    return count
