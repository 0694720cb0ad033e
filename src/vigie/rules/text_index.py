"""A case's texts on disk, looked up by a text that is asked about: `TextIndex`.

It reads what `vigie.rules.text_growth` has written, and writes nothing. Nothing but what is asked for is read, so that
an answer takes about as long for a million texts as for a thousand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np

from vigie.kernels.near_compare import FIGURES, compare, scored
from vigie.kernels.near_lists import LISTED
from vigie.kernels.near_pairs import QUOTED, QUOTING
from vigie.kernels.near_texts import Parts
from vigie.rules.text_card import parts_of_texts, scorecard
from vigie.rules.text_growth import WORDS_LEAST, standing_lists
from vigie.rules.text_state import State
from vigie.text.normalise import fingerprint, normalise, word_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Of the shingles of the shorter text, the share that the longer has: from here on it contains it.
CONTAINED_MIN: Final = 0.8
VOTES: Final = 2
# How many texts are compared in full at least, by either order of likelihood.
_COMPARED: Final = 256
_JACCARD, _CONTAINED = FIGURES.index("jaccard"), FIGURES.index("contained")


class Near(NamedTuple):
    """A text that resembles the asked one.

    score: what the pair comes to on the scorecard; is_near: it reaches what a pair must, and neither quotes the other
    (is it and nearly as much again); jaccard: shingles of both over those of either; contained: over those of the text
    that has fewer; core: of the family the text is in, -1: in none.
    """

    text: int
    score: float
    jaccard: float
    contained: float
    is_near: bool
    core: int


class LookedUp(NamedTuple):
    """What was found of a text.

    key: `vigie.text.normalise.normalise`; words: how many it has, of fewer than three nothing is looked up; exact: the
    text with the same key, which is not among the `near`, -1 where there is none.
    """

    key: str
    words: int
    exact: int
    near: tuple[Near, ...]


class TextIndex:
    """The different texts of a case, by numbers from 0 on, and which rows of `text_families` have them.

    texts, rows: how many there are; words_min: of how many words a family's core is at least.
    """

    def __init__(self, state: State) -> None:
        self._keys: NDArray[np.int64] = state.column("keys").reshape(-1, 2)
        self._own: NDArray[np.int32] = state.column("own")
        self._family: NDArray[np.int32] = state.column("family")
        self._lists = standing_lists(state)
        self._columns = {
            name: state.column(name)
            for name in ("shingle_begins", "shingles", "word_begins", "words", "lengths", "facts")
        }
        self.texts = len(self._keys)
        self.rows = len(self._own)
        self.words_min: int = state.numbers["words_min"]

    @classmethod
    def opened(cls, folder: Path) -> Self | None:
        """Return the index that stands in `folder`; None where there is none, or it is not of this version.

        It stays as it was when it was opened, whatever is added meanwhile.
        """
        state = State.opened(folder, whole=False)
        try:
            return cls(state) if state else None
        except (OSError, KeyError, ValueError):
            # A writer has taken a file away since its name was read.
            return None

    def looked_up(self, text: str, *, most: int = 50) -> LookedUp:
        """Return the texts that resemble `text`, at most so many.

        First those that are near by the scorecard, then those that contain it or are contained in it, then the nearest
        of the others, each by score. Of a text that was posted in thousands of variants the first few are found: the
        others are in their family.
        """
        key = normalise(text)
        words = word_count(key)
        if words < WORDS_LEAST or not self.texts:
            return LookedUp(key, words, -1, ())
        exact = self._with_key(key)
        asked = parts_of_texts([key], [text])
        found = self._likely(asked.sample, int(asked.shingles.size))
        found = found[found != exact]
        together = self._beside(asked, found)
        ones = np.arange(1, len(found) + 1, dtype=np.int32)
        card, pair_min, _ = scorecard()
        figures = compare(together, ones, np.zeros(len(found), np.int32))
        scores = scored(figures, card)
        sizes = np.diff(together.shingle_begins)
        much_longer = np.maximum(sizes[1:], sizes[0]) > QUOTING * np.minimum(sizes[1:], sizes[0])
        is_near = (scores >= pair_min) & ~(much_longer & (figures[:, _CONTAINED] >= QUOTED))
        columns = (found, scores, figures[:, _JACCARD], figures[:, _CONTAINED], is_near, self._family[found])
        near = [Near(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
        near.sort(key=lambda n: (not n.is_near, n.contained < CONTAINED_MIN, -n.score, n.text))
        return LookedUp(key, words, exact, tuple(near[:most]))

    def rows_of(self, texts: Sequence[int]) -> NDArray[np.int64]:
        """Return the rows (places in `text_families`) that have one of these texts, ascending."""
        asked = np.zeros(self.texts + 1, np.bool_)
        asked[np.asarray(texts, np.int64)] = True
        asked[-1] = False  # of rows whose text is too short
        return np.flatnonzero(asked[self._own])

    def members_of(self, core: int) -> NDArray[np.int64]:
        """Return the texts of the family with this core, ascending; none where it is no family's."""
        return np.flatnonzero(self._family == core) if core >= 0 else np.zeros(0, np.int64)

    def _with_key(self, key: str) -> int:
        low, high = np.frombuffer(bytes.fromhex(fingerprint(key)), "<i8").tolist()
        same = np.flatnonzero(self._keys[:, 0] == low)
        return next((n for n in same.tolist() if self._keys[n, 1] == high), -1)

    def _likely(self, sample: NDArray[np.uint32], size: int) -> NDArray[np.int64]:
        """Return the texts that share runs of the sample: those whose rare ones, and those of which the most."""
        lists = [list(self._named(run)) for run in sample.tolist()]
        named = [np.concatenate(own) for own in lists if own]
        if not named:
            return np.zeros(0, np.int64)
        # A run that few texts have says more than one that many have.
        weights = np.repeat([2 * LISTED // (LISTED // 8 + len(own)) for own in named], [len(own) for own in named])
        texts, place, votes = np.unique(np.concatenate(named), return_inverse=True, return_counts=True)
        weight = np.bincount(place, weights)
        enough = votes >= min(VOTES, len(sample))
        texts, votes, weight = texts[enough], votes[enough], weight[enough]
        begins = self._columns["shingle_begins"]
        sizes = np.maximum(1, np.minimum(begins[texts + 1] - begins[texts], size))
        rarest, fullest = np.lexsort((texts, -weight)), np.lexsort((texts, -votes / sizes))
        return texts[np.union1d(rarest[:_COMPARED], fullest[:_COMPARED])].astype(np.int64)

    def _named(self, run: int) -> Iterable[NDArray[np.int32]]:
        for lists in self._lists:
            at = int(np.searchsorted(lists.runs, np.uint32(run)))
            if at < lists.runs.size and lists.runs[at] == run:
                own = lists.texts[lists.begins[at] : lists.begins[at + 1]]
                yield own[(own >= 0) & (own < self.texts)]

    def _beside(self, asked: Parts, texts: NDArray[np.int64]) -> Parts:
        """Return the parts of the asked text and of some others after it."""
        made: dict[str, Any] = {"sample_begins": asked.sample_begins, "sample": asked.sample}
        for begins, names in (("shingle_begins", ("shingles",)), ("word_begins", ("words", "lengths", "facts"))):
            places = self._columns[begins]
            bounds = list(zip(places[texts].tolist(), places[texts + 1].tolist(), strict=True))
            for name in names:
                column = self._columns[name]
                made[name] = np.concatenate([getattr(asked, name), *(column[low:high] for low, high in bounds)])
            sizes = [getattr(asked, names[0]).size, *(high - low for low, high in bounds)]
            made[begins] = np.cumsum([0, *sizes], dtype=np.int64)
        return Parts(**made)
