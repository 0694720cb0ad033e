"""The search tree of a MaxMind DB file (format 2.0): every network in it, and neighbours that are one range.

A node is two numbers of 24, 28 or 32 bits, for an address whose next bit is 0 and 1: smaller than the count of nodes,
another node; equal, nothing; greater, an offset of data. Writers let branches that are alike share their nodes, so one
node may be reached on many ways; a damaged tree may also lead in circles, or unfold without end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

from vigie.kernels.ip import MAPPED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I64, U8
    from vigie.kernels.ip import Words

_ZERO: Final = np.uint64(0)
_ONE: Final = np.uint64(1)
_ALL: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_MAPPED: Final = np.uint64(MAPPED)
_V4_DEPTH: Final = 96
RANGES_MAX: Final = 16_000_000


@dataclass(frozen=True, slots=True)
class Networks:
    """The ranges of a tree, in its order: uint64[n] first and last halves, int64[n] offsets of their data.

    Neighbours with the same offset are one. `circles` counts places where the tree leads back to a node on the way
    there, `deep` places where it goes on below the last bit of an address; `whole` is false where it unfolds into
    more than `visits_max` nodes or `RANGES_MAX` ranges: what follows was left.
    """

    first: tuple[Words, Words]
    last: tuple[Words, Words]
    data: I64
    circles: int
    deep: int
    whole: bool


def networks(tree: U8, nodes: int, record_bits: int, version: int) -> Networks:
    """Walk a tree of `nodes` nodes that `tree` holds whole. IPv4 addresses stand at ::ffff:0:0/96, and once.

    record_bits: 24, 28 or 32. version: 4 or 6, of the addresses.
    """
    *found, circles, deep, whole = _walk(tree, nodes, record_bits, version == 6, visits_max(nodes), RANGES_MAX)
    return Networks((found[0], found[1]), (found[2], found[3]), found[4], circles, deep, whole)


def visits_max(nodes: int) -> int:
    """Return how many nodes are gone to at most: trees in use unfold into twice to four times their nodes."""
    return min(32 * nodes + 100_000, 200_000_000)


@njit(cache=True, nogil=True)
def _child(tree: Any, node: Any, side: Any, record_bits: Any) -> Any:
    """Return the left (0) or right (1) number of a node."""
    if record_bits == 24:
        at = node * 6 + side * 3
        return np.int64(tree[at]) << 16 | np.int64(tree[at + 1]) << 8 | np.int64(tree[at + 2])
    if record_bits == 28:
        at = node * 7
        middle = np.int64(tree[at + 3])
        upper = middle >> 4 if side == 0 else middle & 15
        at += side * 4
        return upper << 24 | np.int64(tree[at]) << 16 | np.int64(tree[at + 1]) << 8 | np.int64(tree[at + 2])
    at = node * 8 + side * 4
    upper = np.int64(tree[at]) << 24 | np.int64(tree[at + 1]) << 16
    return upper | np.int64(tree[at + 2]) << 8 | np.int64(tree[at + 3])


@njit(cache=True, nogil=True)
def _longer(array: Any) -> Any:
    longer = np.empty(2 * array.size, array.dtype)
    longer[: array.size] = array
    return longer


@njit(cache=True, nogil=True)
def _walk(  # noqa: PLR0917 - a kernel takes its arguments one by one
    tree: Any, nodes: Any, record_bits: Any, v6: Any, visits_most: Any, ranges_most: Any
) -> Any:
    """Return the fields of `Networks`, in their order."""
    first_high = np.empty(1024, np.uint64)
    first_low = np.empty(1024, np.uint64)
    last_high = np.empty(1024, np.uint64)
    last_low = np.empty(1024, np.uint64)
    data = np.empty(1024, np.int64)
    count = 0
    circles = 0
    deep = 0
    whole = True
    # Where the IPv4 addresses begin in a tree of IPv6, behind 96 zeros; data met on the way is theirs, too.
    ipv4 = np.int64(0)
    if v6:
        steps = 0
        while steps < _V4_DEPTH and ipv4 < nodes:
            ipv4 = _child(tree, ipv4, 0, record_bits)
            steps += 1
        if steps < _V4_DEPTH and ipv4 > nodes:
            first_high[0] = _ZERO
            first_low[0] = _MAPPED
            last_high[0] = _ZERO
            last_low[0] = _MAPPED | np.uint64(0xFFFF_FFFF)
            data[0] = ipv4 - nodes - 16
            count = 1
    on_the_way = np.zeros(nodes, np.bool_)
    stack_node = np.empty(500, np.int64)
    stack_depth = np.empty(500, np.int64)
    stack_high = np.empty(500, np.uint64)
    stack_low = np.empty(500, np.uint64)
    stack_node[0] = 0
    stack_depth[0] = 0 if v6 else _V4_DEPTH
    stack_high[0] = _ZERO
    stack_low[0] = _ZERO if v6 else _MAPPED
    top = 1
    visits = 0
    while top > 0:
        top -= 1
        node = stack_node[top]
        at = stack_depth[top]
        high = stack_high[top]
        low = stack_low[top]
        if node < 0:
            on_the_way[-node - 1] = False
            continue
        if node == nodes:
            continue
        mapped = v6 and at >= _V4_DEPTH and high == _ZERO and low >> np.uint64(32) == _ZERO
        if node > nodes:
            low = low | _MAPPED if mapped else low
            offset = node - nodes - 16
            bits = 128 - at
            end_high = high
            end_low = _ALL
            if bits == 128:
                end_high = _ALL
            elif bits >= 64:
                end_high = high | ((_ONE << np.uint64(bits - 64)) - _ONE)
            else:
                end_low = low | ((_ONE << np.uint64(bits)) - _ONE)
            joins = count > 0 and data[count - 1] == offset
            if joins:
                next_low = last_low[count - 1] + _ONE
                next_high = last_high[count - 1] + (_ONE if next_low == _ZERO else _ZERO)
                joins = next_low == low and next_high == high
            if not joins:
                if count == ranges_most:
                    whole = False
                    break
                if count == data.size:
                    first_high = _longer(first_high)
                    first_low = _longer(first_low)
                    last_high = _longer(last_high)
                    last_low = _longer(last_low)
                    data = _longer(data)
                first_high[count] = high
                first_low[count] = low
                data[count] = offset
                count += 1
            last_high[count - 1] = end_high
            last_low[count - 1] = end_low
            continue
        if at == 128:
            deep += 1
            continue
        if on_the_way[node]:
            circles += 1
            continue
        if v6 and node == ipv4 and not (mapped and at == _V4_DEPTH):
            continue  # the IPv4 addresses once more, as ::ffff:0:0/96 or 2002::/16
        visits += 1
        if visits > visits_most:
            whole = False
            break
        on_the_way[node] = True
        stack_node[top] = -node - 1
        top += 1
        for side in (1, 0):
            stack_node[top] = _child(tree, node, side, record_bits)
            stack_depth[top] = at + 1
            stack_high[top] = high
            stack_low[top] = low
            if side == 1:
                if at < 64:
                    stack_high[top] |= _ONE << np.uint64(63 - at)
                else:
                    stack_low[top] |= _ONE << np.uint64(127 - at)
            top += 1
    return (
        first_high[:count].copy(), first_low[:count].copy(), last_high[:count].copy(), last_low[:count].copy(),
        data[:count].copy(), circles, deep, whole,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def joined(
    first_high: Words, first_low: Words, last_high: Words, last_low: Words, key: NDArray[np.int32]
) -> tuple[I64, I64]:
    """Return (begin, end) positions of the ranges that follow one another without a gap and have the same `key`.

    Ranges with a negative key are left out.
    """
    begin = np.empty(key.size, np.int64)
    end = np.empty(key.size, np.int64)
    count = 0
    for at in range(key.size):
        if key[at] < 0:
            continue
        if count > 0 and end[count - 1] == at - 1 and key[at] == key[at - 1]:
            next_low = last_low[at - 1] + _ONE
            next_high = last_high[at - 1] + _ONE if next_low == _ZERO else last_high[at - 1]
            if next_low == first_low[at] and next_high == first_high[at]:
                end[count - 1] = at
                continue
        begin[count] = at
        end[count] = at
        count += 1
    return begin[:count], end[:count]
