"""How alike two texts are, in figures, and what these come to on a scorecard: `compare`.

Both texts are aligned: the longest sequence of equal words that stand in the same order in both is *kept*, what lies
between two kept words is an *island*, *replaced* where both texts have something there. A run of `MOVED_WORDS_MIN`
words or more that stands elsewhere in the other text, as a clause that was put first, is kept as well and in no island.
Words weigh as many characters as they have. The alignment looks at the first `WORDS_MAX` words of each, and at 16,384
matches at most: of one word said hundreds of times it is not the longest.

A scorecard has points for every figure: figure k between edges[k, n - 1] and edges[k, n] gives points[k, n]; the sum
of the points is the score. So every decision can be taken apart.

Sources: Broder 1997 (resemblance, containment); Hunt and Szymanski 1977 (longest common subsequence by matches).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.near_texts import Parts

    Floats = NDArray[np.float32]

WORDS_MAX: Final = 256
FIGURES: Final = (
    "jaccard",  # shingles of both over those of either
    "contained",  # shingles of both over those of the text that has fewer
    "contained_longer",  # the same over those of the text that has more
    "figures",  # words with digits on both sides of islands, over the words kept
    "plain_kept",  # characters kept over those of the longer text, less by facts replaced by facts, which weigh more
    "longest_word",  # characters of the longest word kept in its order; no matter where texts have `ALIKE` in common
    "blocks",  # runs of words kept in their order with nothing between, times the share of islands without facts
    "framed",  # the longest of these over the words kept, times what is not kept of the text of which that is less
    "elsewhere",  # characters of longer words that both have and that are not kept over those not kept, times the same
)
ALIGNED_FROM: Final = 3
FACTS_WEIGH: Final = 6.0
ALIKE: Final = 0.65  # of the longer one's shingles
MOVED_WORDS_MIN: Final = 3
ELSEWHERE_FROM: Final = 5  # characters; shorter words are in any two texts of a language
_MATCHES_MAX: Final = 1 << 14


class Scorecard(NamedTuple):
    """Points by figure. edges: float32[figures, edges], ascending, infinity where there are fewer; points: one more."""

    edges: Floats
    points: Floats


@njit(cache=True, nogil=True)
def room() -> tuple[Any, Any]:
    """Return room that `figures_of` works in."""
    return np.empty((_MATCHES_MAX, 3), np.int32), np.empty((6, WORDS_MAX + 1), np.int32)


@njit(cache=True, nogil=True)
def _aligned(a: Any, b: Any, matches: Any, rows: Any) -> int:
    """Return how many words are kept; their places come into rows[2] and rows[3]."""
    ends, at = rows[0], rows[1]
    count = made = 0
    for x in range(a.size):
        for y in range(b.size - 1, -1, -1):
            if a[x] != b[y] or made == matches.shape[0]:
                continue
            low, high = 0, count
            while low < high:
                middle = (low + high) >> 1
                if ends[middle] < y:
                    low = middle + 1
                else:
                    high = middle
            matches[made, 0], matches[made, 1] = x, y
            matches[made, 2] = at[low - 1] if low else -1
            ends[low], at[low] = y, made
            count = max(count, low + 1)
            made += 1
    k = at[count - 1] if count else -1
    n = count
    while k >= 0:
        n -= 1
        rows[2, n], rows[3, n] = matches[k, 0], matches[k, 1]
        k = matches[k, 2]
    return count


@njit(cache=True, nogil=True)
def _moved(a: Any, b: Any, rows: Any, kept: int) -> None:
    """Tell which words of both texts are kept: rows[4] and rows[5]; 2 where a run of them stands elsewhere."""
    left_a, left_b = rows[4, : a.size], rows[5, : b.size]
    left_a[:] = left_b[:] = 0
    for k in range(kept):
        left_a[rows[2, k]] = left_b[rows[3, k]] = 1
    if a.size - kept < MOVED_WORDS_MIN or b.size - kept < MOVED_WORDS_MIN:
        return
    for x in range(a.size - MOVED_WORDS_MIN + 1):
        if left_a[x]:
            continue
        best = at = 0
        for y in range(b.size - MOVED_WORDS_MIN + 1):
            run = 0
            while (
                x + run < a.size
                and y + run < b.size
                and a[x + run] == b[y + run]
                and not left_a[x + run]
                and not left_b[y + run]
            ):
                run += 1
            if run > best:
                best, at = run, y
        if best >= MOVED_WORDS_MIN:
            left_a[x : x + best] = 2
            left_b[at : at + best] = 2


@njit(cache=True, nogil=True)
def _elsewhere(a: Any, b: Any, long_a: Any, rows: Any) -> int:
    """Return the characters of the longer words that both have and that are not kept; marks them in rows[4] and [5]."""
    left_a, left_b = rows[4, : a.size], rows[5, : b.size]
    found = 0
    for x in range(a.size):
        if left_a[x] or long_a[x] < ELSEWHERE_FROM:
            continue
        for y in range(b.size):
            if not left_b[y] and a[x] == b[y]:
                left_a[x] = left_b[y] = 3
                found += long_a[x]
                break
    return found


@njit(cache=True, nogil=True)
def shared(a: Any, b: Any) -> int:
    """Return how many values two ascending arrays share."""
    i = j = common = 0
    while i < a.size and j < b.size:
        if a[i] == b[j]:
            common += 1
            i += 1
            j += 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return common


@njit(cache=True, nogil=True, inline="always")
def shingles_of(parts: Any, text: Any) -> Any:
    """Return the shingles of a text."""
    return parts.shingles[parts.shingle_begins[text] : parts.shingle_begins[text + 1]]


@njit(cache=True, nogil=True, inline="always")
def shingle_count(parts: Any, text: Any) -> Any:
    """Return how many shingles a text has."""
    return parts.shingle_begins[text + 1] - parts.shingle_begins[text]


@njit(cache=True, nogil=True)
def shingle_figures(parts: Any, one: int, other: int, found: Any) -> None:
    """Put the figures that need no alignment, the first `ALIGNED_FROM`, into `found`."""
    a, b = shingles_of(parts, one), shingles_of(parts, other)
    common = shared(a, b)
    found[0] = common / max(1, a.size + b.size - common)
    found[1] = common / max(1, min(a.size, b.size))
    found[2] = common / max(1, a.size, b.size)


@njit(cache=True, nogil=True)
def figures_of(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    parts: Any, one: int, other: int, found: Any, matches: Any, rows: Any
) -> None:
    """Put the figures of two texts of `parts` into `found`, float32[FIGURES]."""
    shingle_figures(parts, one, other, found)
    begin_a, begin_b = parts.word_begins[one], parts.word_begins[other]
    count_a = min(WORDS_MAX, parts.word_begins[one + 1] - begin_a)
    count_b = min(WORDS_MAX, parts.word_begins[other + 1] - begin_b)
    words_a, words_b = parts.words[begin_a : begin_a + count_a], parts.words[begin_b : begin_b + count_b]
    long_a, long_b = parts.lengths[begin_a : begin_a + count_a], parts.lengths[begin_b : begin_b + count_b]
    facts_a, facts_b = parts.facts[begin_a : begin_a + count_a], parts.facts[begin_b : begin_b + count_b]
    kept_words = _aligned(words_a, words_b, matches, rows)
    _moved(words_a, words_b, rows, kept_words)
    all_a = max(1, long_a.astype(np.int64).sum())
    all_b = max(1, long_b.astype(np.int64).sum())
    kept = figures = islands = stated = facts = 0
    longest = blocks = block = block_now = 0
    before_a = before_b = -1
    for k in range(kept_words + 1):
        x = rows[2, k] if k < kept_words else count_a
        y = rows[3, k] if k < kept_words else count_b
        own_a = own_b = digits_a = digits_b = stated_a = stated_b = 0
        for z in range(before_a + 1, x):
            if rows[4, z]:
                kept += long_a[z]
                continue
            own_a += long_a[z]
            digits_a += facts_a[z] & 1
            stated_a += long_a[z] if facts_a[z] else 0
        for z in range(before_b + 1, y):
            if rows[5, z]:
                continue
            own_b += long_b[z]
            digits_b += facts_b[z] & 1
            stated_b += long_b[z] if facts_b[z] else 0
        figures += min(digits_a, digits_b)
        if own_a and own_b:
            islands += 1
            facts += min(stated_a, stated_b)
            stated += stated_a > 0 and stated_b > 0
        if k < kept_words:
            kept += long_a[x]
            longest = max(longest, long_a[x])
            if k == 0 or x > before_a + 1 or y > before_b + 1:
                blocks += 1
                block_now = 0
            block_now += long_a[x]
            block = max(block, block_now)
        before_a, before_b = x, y
    shorter = min(all_a, all_b)
    found[3] = figures / max(1, kept_words)
    found[4] = kept / max(all_a, all_b) * max(0.0, 1 - FACTS_WEIGH * facts / shorter)
    found[5] = longest if found[2] < ALIKE else WORDS_MAX
    # Frames that are filled anew keep many words, too; what lies between these are facts.
    plain = 1 - stated / max(1, islands)
    found[6] = blocks * plain
    found[7] = block / max(1, kept) * max(0.0, 1 - kept / shorter)
    found[8] = _elsewhere(words_a, words_b, long_a, rows) / max(1, shorter - kept) * plain


@njit(cache=True, nogil=True)
def score_of(found: Any, edges: Any, points: Any, figures: int = len(FIGURES)) -> float:
    """Return the points of the figures `found`, or of the first so many."""
    total = 0.0
    for k in range(figures):
        low, high = 0, edges.shape[1]
        while low < high:
            middle = (low + high) >> 1
            if edges[k, middle] <= found[k]:
                low = middle + 1
            else:
                high = middle
        total += points[k, low]
    return total


@njit(cache=True, nogil=True)
def _compare(parts: Any, ones: Any, others: Any) -> Any:
    made = np.empty((ones.size, len(FIGURES)), np.float32)
    matches, rows = room()
    for n in range(ones.size):
        figures_of(parts, ones[n], others[n], made[n], matches, rows)
    return made


def compare(parts: Parts, ones: NDArray[np.int32], others: NDArray[np.int32]) -> Floats:
    """Return the figures of pairs of texts, float32[pairs, FIGURES]."""
    return np.asarray(_compare(parts, ones, others), np.float32)


def scored(figures: Floats, card: Scorecard) -> Floats:
    """Return the points of pairs whose figures are given, float32[pairs]."""
    total = np.zeros(len(figures), np.float32)
    for k in range(len(FIGURES)):
        total += card.points[k][np.searchsorted(card.edges[k], figures[:, k], side="right")]
    return total
