"""Which earlier texts a text is a near-duplicate of: `near_pairs`, or of texts that follow `near_pairs_after`.

Texts are taken in their order. Each is looked up among the texts before it by its sample (`near_texts`): every sampled
run names the earlier texts that have it too (`near_lists`), or of a common phrase, one that `LISTED` have, the first
`FEW`; and each text named by `VOTES` runs or more (a sixteenth of the sample, if that is more) is a candidate. Of these
the `CANDIDATES_MAX` that have most in common, rare runs counting for more, are compared in full (`near_compare`), and a
pair is kept if its score reaches the threshold.

A text much longer than another (`QUOTING` times its shingles) *quotes* it if it has `QUOTED` of the shingles of the
shorter one: of those that share enough of their samples for that the `QUOTES_MAX` likeliest are looked at, whichever of
the two is the earlier.

A text that resembles an earlier one so closely that it would find nothing else (`TWIN` of their shingles) is not listed
itself: a text that is posted a thousand times over with small changes stays one entry. So time and memory grow with
the number of texts, whatever they say, and what is found of a text depends on it and the texts before it alone: adding
texts later changes no earlier pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

from vigie.kernels.known_keys import slot_of
from vigie.kernels.near_compare import (
    ALIGNED_FROM,
    FIGURES,
    figures_of,
    room,
    score_of,
    shingle_count,
    shingle_figures,
)
from vigie.kernels.near_lists import FEW, LISTED, lists_of, pages_of
from vigie.kernels.near_texts import sample_bits
from vigie.kernels.prefetch import prefetch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64, U8
    from vigie.kernels.near_compare import Scorecard
    from vigie.kernels.near_lists import Lists
    from vigie.kernels.near_texts import Parts

VOTES: Final = 2
VOTES_PART: Final = 16
CANDIDATES_MAX: Final = 8
TWIN: Final = 0.75
QUOTING: Final = 1.8
QUOTED: Final = 0.85
QUOTES_MAX: Final = 4
_QUOTE_PART: Final = 0.3  # of the runs that both samples would share if the one quoted the other
_VOTE: Final = 1 << 32
_TALLY_LEAST: Final = 1 << 10
_MARKS: Final = (1 << 14) - 1
_LINE: Final = 16  # shingles that the processor fetches at once
_LINES: Final = 4


class NearPairs(NamedTuple):
    """Pairs of near-duplicates, and of a text and one that quotes it, by the later text.

    earlier, later: int32[pairs]; scores: float32; compared: how many pairs were. inner, outer: int32[quotes], the text
    that is quoted and the one that quotes it.
    """

    earlier: I32
    later: I32
    scores: NDArray[np.float32]
    compared: int
    inner: I32
    outer: I32


@njit(cache=True, nogil=True, inline="always")
def _expected(one: Any, other: Any) -> Any:
    """Return how many runs the samples of two texts share if the shorter stands in the longer, by their shingles."""
    return min(one, other) / (1 << sample_bits(max(one, other)))


@njit(cache=True, nogil=True)
def _size_classes(begins: I64) -> U8:
    """Return of each text how many shingles it has, roughly, in one byte: sizes of all texts then lie near at hand."""
    classes = np.empty(begins.size - 1, np.uint8)
    for n in range(classes.size):
        size, bits = begins[n + 1] - begins[n], 0
        while size >= 16:
            size >>= 1
            bits += 1
        classes[n] = 8 * bits + size
    return classes


@njit(cache=True, nogil=True, inline="always")
def _may_quote(own: Any, size_class: Any, votes: Any) -> bool:
    """Return whether a text of this class may quote one with so many shingles, or be quoted by it."""
    bits: Any = max(0, np.int64(size_class) // 8 - 1)
    low = (np.int64(size_class) - 8 * bits) << bits
    high = low + (1 << bits) - 1
    if QUOTING * low >= own and high <= QUOTING * own:
        return False
    least = min(own, low) / (1 << sample_bits(max(own, high)))
    return votes >= _QUOTE_PART * least  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _put(texts: I32, shares: Any, count: int, text: int, share: float) -> int:
    """Put a text into its place among the first `count`, of greatest shares first; return how many there are now."""
    at = count
    while at > 0 and (shares[at - 1] < share or (shares[at - 1] == share and texts[at - 1] > text)):
        at -= 1
    count = min(count + 1, texts.size)
    if at < count:
        for n in range(count - 1, at, -1):
            texts[n], shares[n] = texts[n - 1], shares[n - 1]
        texts[at], shares[at] = text, share
    return count


@njit(cache=True, nogil=True, inline="always")
def _named(listed: Any) -> Any:
    return FEW if listed == LISTED else listed


@njit(cache=True, nogil=True, inline="always")
def _slot(tally: Any, text: Any, slots: int) -> Any:
    """Return where a text stands among so many slots of the tally, or may be put."""
    at = slot_of(0, text, slots)
    while tally[at, 0] != text and tally[at, 0] >= 0:
        at = (at + 1) & (slots - 1)
    return at


@njit(cache=True, nogil=True, inline="always")
def _ask_lists(begins: Any, places: I32, pages: Any) -> None:
    """Ask for what the next texts are looked up by; `begins` of their samples, the next text's first."""
    if begins.size > 1:
        for k in range(begins[0], begins[1]):
            prefetch(pages.texts, pages.begins[places[k]])
    if begins.size > 2:
        for k in range(begins[1], begins[2]):
            prefetch(pages.begins, places[k])
            prefetch(pages.filled, places[k])


@njit(cache=True, nogil=True, inline="always")
def _ask_shingles(parts: Any, texts: I32) -> None:
    """Ask for the shingles of texts that will be compared."""
    for n in range(texts.size):
        prefetch(parts.shingle_begins, texts[n])
    for n in range(texts.size):
        begin = parts.shingle_begins[texts[n]]
        for line in range(_LINES):
            prefetch(parts.shingles, begin + line * _LINE)


@njit(cache=True, nogil=True)
def _near(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    parts: Any, first: int, places: I32, pages: Any, edges: Any, points: Any, threshold: float
) -> tuple[I32, I32, Any, int, I32, I32]:
    texts = first + parts.sample_begins.shape[0] - 1
    begins, listed, lists = pages.begins, pages.filled, pages.texts
    tally = np.zeros((_TALLY_LEAST, 2), np.int64)
    tally[:, 0] = -1
    marks = np.zeros(_MARKS + 1, np.uint8)
    named, weights = np.empty(1 << 16, np.int32), np.empty(1 << 16, np.int64)
    found = np.empty(len(FIGURES), np.float32)
    matches, rows = room()
    size = 1 << 16
    earlier, later, scores = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.float32)
    inner, outer = np.empty(1 << 12, np.int32), np.empty(1 << 12, np.int32)
    likely, likeliest = np.empty(QUOTES_MAX, np.int32), np.empty(QUOTES_MAX, np.float64)
    chosen = np.empty(CANDIDATES_MAX, np.int32)
    made = compared = quotes = 0
    classes = _size_classes(parts.shingle_begins)
    most = 0.0
    for k in range(ALIGNED_FROM, len(FIGURES)):
        most += points[k].max()
    for text in range(first, texts):
        begin, end = parts.sample_begins[text - first], parts.sample_begins[text - first + 1]
        count = entries = 0
        _ask_lists(parts.sample_begins[text - first + 1 : text - first + 4], places, pages)
        for k in range(begin, end):
            place = places[k]
            entries += _named(listed[place])
            for at in range(begins[place], begins[place] + _named(listed[place])):
                mark = lists[at] & _MARKS
                marks[mark] += marks[mark] < VOTES
        slots = _TALLY_LEAST
        while slots < 2 * entries:
            slots *= 2
        if slots > tally.shape[0]:
            tally = np.zeros((slots, 2), np.int64)
            tally[:, 0] = -1
        if entries > named.size:
            named, weights = np.empty(2 * entries, np.int32), np.empty(2 * entries, np.int64)
        # Most texts are named once, which is not enough: they need no place in the tally.
        few = min(VOTES, end - begin) - 1
        for k in range(begin, end):
            place = places[k]
            # A run that few texts have says more than one that many have.
            weight = _VOTE + 2 * LISTED // (LISTED // 8 + listed[place])
            for at in range(begins[place], begins[place] + _named(listed[place])):
                if marks[lists[at] & _MARKS] <= few:
                    continue
                slot = _slot(tally, lists[at], slots)
                if tally[slot, 0] < 0:
                    tally[slot, 0] = lists[at]
                    prefetch(classes, lists[at])
                    named[count] = slot
                    count += 1
                tally[slot, 1] += weight
        marks[:] = 0
        least = max(min(VOTES, end - begin), (end - begin) // VOTES_PART)
        left = asked = 0
        own = shingle_count(parts, text)
        for k in range(count):
            other, counted = tally[named[k], 0], tally[named[k], 1]
            tally[named[k], 0], tally[named[k], 1] = -1, 0
            if counted >= least * _VOTE:
                named[left], weights[left] = other, counted & (_VOTE - 1)
                left += 1
            if counted >= VOTES * _VOTE and _may_quote(own, classes[other], counted // _VOTE):
                size_of = shingle_count(parts, other)
                if max(own, size_of) > QUOTING * min(own, size_of):
                    share = (counted // _VOTE) / _expected(own, size_of)
                    if share >= _QUOTE_PART:
                        asked = _put(likely, likeliest, asked, other, share)
        for k in range(asked):
            other = likely[k]
            shingle_figures(parts, other, text, found)
            if found[1] < QUOTED:
                continue
            if quotes == inner.size:
                inner, outer = _wider(inner, 2 * quotes), _wider(outer, 2 * quotes)
            is_inner = shingle_count(parts, other) < own
            inner[quotes], outer[quotes] = (other, text) if is_inner else (text, other)
            quotes += 1
        compares = min(left, CANDIDATES_MAX)
        for n in range(compares):
            best = 0
            for k in range(left):
                more = weights[k] - weights[best]
                if more > 0 or (more == 0 and named[k] < named[best]):
                    best = k
            chosen[n] = named[best]
            weights[best] = -1
        _ask_shingles(parts, chosen[:compares])
        closest = 0.0
        for n in range(compares):
            other = chosen[n]
            compared += 1
            # Most candidates are out of reach before they are aligned.
            shingle_figures(parts, other, text, found)
            if score_of(found, edges, points, ALIGNED_FROM) + most < threshold:
                continue
            figures_of(parts, other, text, found, matches, rows)
            score = score_of(found, edges, points)
            if score >= threshold:
                if made == size:
                    size *= 2
                    earlier, later = _wider(earlier, size), _wider(later, size)
                    scores = _wider(scores, size)
                earlier[made], later[made], scores[made] = other, text, score
                made += 1
                closest = max(closest, found[0])
        if closest < TWIN:
            for k in range(begin, end):
                place = places[k]
                if begins[place] + listed[place] < begins[place + 1]:
                    lists[begins[place] + listed[place]] = text
                    listed[place] += 1
    return earlier[:made], later[:made], scores[:made], compared, inner[:quotes], outer[:quotes]


@njit(cache=True, nogil=True)
def _wider(values: Any, size: int) -> Any:
    made = np.empty(size, values.dtype)
    made[: values.size] = values
    return made


def near_pairs_after(
    parts: Parts, card: Scorecard, *, threshold: float, first: int, standing: Sequence[Lists]
) -> tuple[NearPairs, Lists]:
    """Return the pairs of the texts from `first` on, and the lists of their runs.

    `parts` are those of all texts, but of the sample: it is of the texts from `first` on only. `standing` are the lists
    of the texts before it, in their order.
    """
    # Read at random, millions of times: from memory of large pages, not from those of a file.
    parts = parts._replace(shingle_begins=np.array(parts.shingle_begins))
    places, pages = pages_of(parts.sample, standing)
    found = NearPairs(*_near(parts, first, places, pages, *card, threshold))
    return found, lists_of(pages)


def near_pairs(parts: Parts, card: Scorecard, *, threshold: float) -> NearPairs:
    """Return the pairs whose score is at least `threshold`; of equal texts all but the first should be left out."""
    return near_pairs_after(parts, card, threshold=threshold, first=0, standing=())[0]
