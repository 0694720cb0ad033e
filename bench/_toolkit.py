"""Edges as the coordination-network-toolkit 1.5 counts them, from Vigie's kernel.

The toolkit's networks are one definition with five kinds of object. A message of one account *answers* one of another
where both have the same object at most the window apart, inclusive, either way. The edge from an account to another
has as its weight how many different messages of the first answer one of the second, so each pair has two edges, which
may differ. An account has a loop: every message answers itself, so that its weight is how many messages it has. Edges
lighter than the least weight are left out, one direction at a time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vigie.kernels.share_pairs import SharePairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_UNBOUNDED = 2**31 - 1
_HANDLE = re.compile(r"@\S*")


class Edges(NamedTuple):
    """Edges from account to account, by their codes: int32[n], int32[n], int64[n]."""

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    weight: NDArray[np.int64]


def message_key(text: str) -> str:
    """Return what the toolkit compares of a text in `co_tweet`: lower case, no handles, single spaces.

    >>> message_key("Vote  @Ana: NOW")
    'vote now'
    """
    return " ".join(_HANDLE.sub("", text.lower()).split())


def toolkit_edges(
    objects: NDArray[np.int32],
    accounts: NDArray[np.int32],
    messages: NDArray[np.int32],
    times: NDArray[np.int64],
    *,
    window: int,
    weight_min: int = 1,
    loops: bool = False,
) -> Edges:
    """Return the toolkit's edges, sorted by source and target.

    One row for each object of each message: int32 codes from 0, times in the unit of `window`. A message has one
    account. For `co_post` every message has the same object.
    """
    account_count, message_count = (int(codes.max(initial=-1)) + 1 for codes in (accounts, messages))
    pairs = SharePairs(
        objects=objects,
        accounts=accounts,
        contents=messages,
        times=times,
        twins=np.full(int(objects.max(initial=-1)) + 1, -1, np.int32),  # no content is an object
        ranks=np.arange(account_count, dtype=np.int32),
        content_count=message_count,
        window=window,
        participation_min=1,
        crowd_max=_UNBOUNDED,
    )
    whose, what = pairs.rows.accounts.astype(np.int64), pairs.rows.contents
    found = [_weights(whose, what, met[:, 1], met[:, 2], account_count) for _, _, met, _ in pairs.ranges()]
    keys, weights = (np.concatenate(parts) for parts in zip((np.empty(0, np.int64),) * 2, *found, strict=True))
    if loops:
        own = np.unique(np.stack([accounts.astype(np.int64), messages]), axis=1)[0]
        alone, counts = np.unique(own, return_counts=True)
        keys, weights = np.append(keys, alone * account_count + alone), np.append(weights, counts)
    order = np.argsort(keys)
    order = order[weights[order] >= weight_min]
    source, target = np.divmod(keys[order], max(1, account_count))
    return Edges(source.astype(np.int32), target.astype(np.int32), weights[order])


def _weights(
    whose: NDArray[np.int64],
    what: NDArray[np.int32],
    older: NDArray[np.int32],
    newer: NDArray[np.int32],
    account_count: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each direction's key and how many different messages answer; all meetings of its pairs are given."""
    one, other = np.concatenate([older, newer]), np.concatenate([newer, older])
    key, message = whose[one] * account_count + whose[other], what[one]
    order = np.lexsort((message, key))
    key, message = key[order], message[order]
    new = np.ones(len(key), np.bool_)
    new[1:] = (key[1:] != key[:-1]) | (message[1:] != message[:-1])
    return np.unique(key[new], return_counts=True)
