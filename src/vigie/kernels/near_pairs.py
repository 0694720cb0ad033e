"""Which earlier texts a text is a near-duplicate of: `near_pairs`.

Texts are taken in their order. Each is looked up among the texts before it by its sample (`near_texts`): every sampled
run names up to `LISTED` earlier texts that have it too, the first ones, and each text named by `VOTES` runs or more (a
sixteenth of the sample, if that is more) is a candidate. The `CANDIDATES_MAX` that have most in common, rare runs
counting for more, are compared in full (`near_compare`), and a pair is kept if its score reaches the threshold.

A text that resembles an earlier one so closely that it would find nothing else (`TWIN` of their shingles) is not listed
itself: a text that is posted a thousand times over with small changes stays one entry. So time and memory grow with
the number of texts, whatever they say, and what is found of a text depends on it and the texts before it alone: adding
texts later changes no earlier pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numba import njit

from vigie.kernels.near_compare import ALIGNED_FROM, FIGURES, figures_of, room, score_of, shingle_figures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vigie.kernels.bytes_gather import I32, I64
    from vigie.kernels.near_compare import Scorecard
    from vigie.kernels.near_texts import Parts

LISTED: Final = 64
VOTES: Final = 2
VOTES_PART: Final = 16
CANDIDATES_MAX: Final = 8
TWIN: Final = 0.75
_EMPTY: Final = np.int32(-1)


class NearPairs(NamedTuple):
    """Pairs of near-duplicates by the later text. earlier, later: int32[pairs]; scores: float32; compared: how many."""

    earlier: I32
    later: I32
    scores: NDArray[np.float32]
    compared: int


@njit(cache=True, nogil=True)
def _places(sample: Any, bits: int) -> tuple[I32, int]:
    """Return a number for each sampled run, equal ones alike, and how many there are."""
    mask = np.uint32((1 << bits) - 1)
    first = np.full(1 << bits, _EMPTY, np.int32)
    found = np.empty(sample.size, np.int32)
    count = 0
    for k in range(sample.size):
        at = (sample[k] * np.uint32(2654435761)) & mask
        while first[at] != _EMPTY and sample[first[at]] != sample[k]:
            at = (at + np.uint32(1)) & mask
        if first[at] == _EMPTY:
            first[at] = k
            found[k] = count
            count += 1
        else:
            found[k] = found[first[at]]
    return found, count


@njit(cache=True, nogil=True)
def _room_of(places: I32, count: int) -> I64:
    """Return where the list of each place begins: there is room for those that have it, at most `LISTED`."""
    begins = np.zeros(count + 1, np.int64)
    for place in places:
        if begins[place + 1] < LISTED:
            begins[place + 1] += 1
    for n in range(count):
        begins[n + 1] += begins[n]
    return begins


@njit(cache=True, nogil=True)
def _near(  # noqa: PLR0917 - compiled functions take no keywords cheaply
    parts: Any, places: I32, begins: I64, edges: Any, points: Any, threshold: float
) -> tuple[I32, I32, Any, int]:
    texts = parts.sample_begins.shape[0] - 1
    lists = np.empty(begins[-1], np.int32)
    listed = np.zeros(begins.shape[0] - 1, np.uint8)
    votes, weights = np.zeros((2, texts), np.int32)
    named = np.empty(1 << 16, np.int32)
    found = np.empty(len(FIGURES), np.float32)
    matches, rows = room()
    size = 1 << 16
    earlier, later, scores = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.float32)
    made = compared = 0
    most = 0.0
    for k in range(ALIGNED_FROM, len(FIGURES)):
        most += points[k].max()
    for text in range(texts):
        begin, end = parts.sample_begins[text], parts.sample_begins[text + 1]
        count = 0
        for k in range(begin, end):
            place = places[k]
            # A run that few texts have says more than one that many have.
            weight = 2 * LISTED // (LISTED // 8 + listed[place])
            for at in range(begins[place], begins[place] + listed[place]):
                other = lists[at]
                if votes[other] == 0:
                    if count == named.size:
                        wider = np.empty(2 * count, np.int32)
                        wider[:count] = named
                        named = wider
                    named[count] = other
                    count += 1
                votes[other] += 1
                weights[other] += weight
        least = max(min(VOTES, end - begin), (end - begin) // VOTES_PART)
        left = 0
        for k in range(count):
            if votes[named[k]] >= least:
                named[left] = named[k]
                left += 1
            else:
                votes[named[k]] = weights[named[k]] = 0
        closest = 0.0
        for _ in range(min(left, CANDIDATES_MAX)):
            best = 0
            for k in range(left):
                more = weights[named[k]] - weights[named[best]]
                if more > 0 or (more == 0 and named[k] < named[best]):
                    best = k
            other = named[best]
            weights[other] = 0
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
        for k in range(left):
            votes[named[k]] = weights[named[k]] = 0
        if closest < TWIN:
            for k in range(begin, end):
                place = places[k]
                if begins[place] + listed[place] < begins[place + 1]:
                    lists[begins[place] + listed[place]] = text
                    listed[place] += 1
    return earlier[:made], later[:made], scores[:made], compared


@njit(cache=True, nogil=True)
def _wider(values: Any, size: int) -> Any:
    made = np.empty(size, values.dtype)
    made[: values.size] = values
    return made


def near_pairs(parts: Parts, card: Scorecard, *, threshold: float) -> NearPairs:
    """Return the pairs whose score is at least `threshold`; of equal texts all but the first should be left out."""
    bits = max(4, int(len(parts.sample) * 3 // 2).bit_length())
    places, count = _places(parts.sample, bits)
    return NearPairs(*_near(parts, places, _room_of(places, count), *card, threshold))
