"""Which elements of two sequences belong together, in order: the longest common subsequence, bounded.

Common ends are taken off. What is left is solved exactly where the product of the lengths is small, with one bit a
cell (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004). Where it is large, it is cut at elements that
occur once on either side (Cohen's patience diff), or at such windows, and each piece is solved; a large piece without
any is left unaligned, so that no input costs more than the bounds allow.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

CELLS_MAX: Final = 1 << 24
_CUTS_MAX: Final = 12
_WINDOW: Final = 4

Span = tuple[int, int, int, int]


def aligned(first: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the positions (in `first`, in `other`) of equal elements, both strictly ascending.

    It is a longest common subsequence where the middle has at most `CELLS_MAX` cells, else a good one.

    >>> aligned("a b c d".split(), "a x c d y".split()), aligned("a b a c".split(), "a c".split())
    ([(0, 0), (2, 2), (3, 3)], [(2, 0), (3, 1)])
    """
    found = _matched(first, other)
    found.sort()
    return _joined(first, other, found)


def _matched(first: Sequence[Hashable], other: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return as many pairs of positions as `aligned` does, in no order."""
    found: list[tuple[int, int]] = []
    open_spans: list[tuple[Span, int]] = [((0, len(first), 0, len(other)), 0)]
    while open_spans:
        (low, high, low_other, high_other), cuts = open_spans.pop()
        while low < high and low_other < high_other and first[low] == other[low_other]:
            found.append((low, low_other))
            low, low_other = low + 1, low_other + 1
        while low < high and low_other < high_other and first[high - 1] == other[high_other - 1]:
            high, high_other = high - 1, high_other - 1
            found.append((high, high_other))
        if low == high or low_other == high_other:
            continue
        span = (low, high, low_other, high_other)
        if (high - low) * (high_other - low_other) <= CELLS_MAX:
            found += _longest(first, other, span)
        elif cuts < _CUTS_MAX:
            anchors = _anchors(first, other, span) or _windows(first, other, span)
            found += anchors
            open_spans += [(piece, cuts + 1) for piece in _between(span, anchors)] if anchors else []
    return found


def common(first: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """Return twice the aligned elements over all elements, 0 to 1; 1 where both are empty.

    >>> common("hire", "hier"), common("", "")
    (0.75, 1.0)
    """
    both = len(first) + len(other)
    return 2 * len(_matched(first, other)) / both if both else 1.0


def _joined(
    first: Sequence[Hashable], other: Sequence[Hashable], pairs: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Move a run of pairs to the run after it where it equals what stands before that: fewer pieces, as many pairs."""
    runs: list[tuple[int, int, int]] = []
    for a, b in reversed(pairs):
        if runs and runs[-1][:2] == (a + 1, b + 1):
            runs[-1] = (a, b, runs[-1][2] + 1)
            continue
        _join_last(first, other, runs)
        runs.append((a, b, 1))
    _join_last(first, other, runs)
    return [(a + step, b + step) for a, b, count in reversed(runs) for step in range(count)]


def _join_last(first: Sequence[Hashable], other: Sequence[Hashable], runs: list[tuple[int, int, int]]) -> None:
    if len(runs) < 2:  # noqa: PLR2004 - no run after it
        return
    (c, d, length), (a, b, count) = runs[-2:]
    if first[a : a + count] == first[c - count : c] and other[b : b + count] == other[d - count : d]:
        runs[-2:] = [(c - count, d - count, count + length)]


def _longest(first: Sequence[Hashable], other: Sequence[Hashable], span: Span) -> list[tuple[int, int]]:
    """Return the longest common subsequence of a span: a row of bits for each element of its shorter side."""
    low, high, low_other, high_other = span
    swapped = high - low < high_other - low_other
    if swapped:
        first, other, low, high, low_other, high_other = other, first, low_other, high_other, low, high
    width = high - low
    places: dict[Hashable, int] = {}
    wanted = set(other[low_other:high_other])
    for at in range(low, high):
        if first[at] in wanted:
            places[first[at]] = places.get(first[at], 0) | 1 << (at - low)
    if not places:
        return []
    every = (1 << width) - 1
    state = every
    size = (width + 7) // 8
    rows: list[bytes] = []
    for at in range(low_other, high_other):
        met = state & places.get(other[at], 0)
        if met:
            state = ((state + met) | (state - met)) & every
        rows.append(state.to_bytes(size, "little") if met or not rows else rows[-1])
    return _walk(rows, width, (low, low_other), swapped=swapped)


def _walk(rows: list[bytes], width: int, at: tuple[int, int], *, swapped: bool) -> list[tuple[int, int]]:
    """Read the pairs out of the rows, from the last to the first; a clear bit is where the length grew."""
    found = []
    column, row = width - 1, len(rows) - 1
    while row >= 0 and column >= 0:
        if rows[row][column >> 3] >> (column & 7) & 1:
            column -= 1
            continue
        if row == 0 or rows[row - 1][column >> 3] >> (column & 7) & 1:
            pair = (at[0] + column, at[1] + row)
            found.append((pair[1], pair[0]) if swapped else pair)
            column -= 1
        row -= 1
    return found


def _anchors(first: Sequence[Hashable], other: Sequence[Hashable], span: Span) -> list[tuple[int, int]]:
    """Return the longest ascending run of elements that occur once on each side of the span."""
    low, high, low_other, high_other = span
    counts, counts_other = Counter(first[low:high]), Counter(other[low_other:high_other])
    once = {e for e, n in counts.items() if n == 1 and counts_other.get(e) == 1}
    where = {other[at]: at for at in range(low_other, high_other) if other[at] in once}
    pairs = [(at, where[first[at]]) for at in range(low, high) if first[at] in once]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, at) in enumerate(pairs):
        pile = bisect_left(ends, at)
        before.append(last[pile - 1] if pile else -1)
        ends[pile : pile + 1] = [at]
        last[pile : pile + 1] = [number]
    chain = []
    number = last[-1] if last else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _windows(first: Sequence[Hashable], other: Sequence[Hashable], span: Span) -> list[tuple[int, int]]:
    """Return the anchors of a span in which no element occurs once: windows that do."""
    low, high, low_other, high_other = span
    if min(high - low, high_other - low_other) < _WINDOW:
        return []
    sides = [
        list(zip(*(side[begin + step : end - _WINDOW + 1 + step] for step in range(_WINDOW)), strict=True))
        for side, begin, end in ((first, low, high), (other, low_other, high_other))
    ]
    chain = _anchors(sides[0], sides[1], (0, len(sides[0]), 0, len(sides[1])))
    return [(low + at, low_other + at_other) for at, at_other in chain]


def _between(span: Span, anchors: list[tuple[int, int]]) -> list[Span]:
    """Return the pieces of a span that lie before, between and after its anchors."""
    starts = [(span[0], span[2]), *((a + 1, b + 1) for a, b in anchors)]
    stops = [*anchors, (span[1], span[3])]
    return [(a, c, b, d) for (a, b), (c, d) in zip(starts, stops, strict=True)]
