"""Texts matched against all that came before, some at a time; `Growth`.

What is found of a text depends on it and on the texts before it (`vigie.kernels.near_pairs`), and the families of a
component on its own texts, pairs and posts (`vigie.kernels.near_groups`). So nothing is done again when texts follow:
the result is that of all texts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from vigie.kernels.key_places import KeyPlaces
from vigie.kernels.near_groups import regrouped
from vigie.kernels.near_lists import Lists, merged
from vigie.kernels.near_pairs import near_pairs_after
from vigie.kernels.near_texts import Parts
from vigie.rules.text_card import parts_of_texts, scorecard
from vigie.text.keys import normalised
from vigie.text.normalise import fingerprint, word_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigie.rules.text_state import State

WORDS_LEAST: Final = 3
# How many new texts are gathered before they are looked up: what is held in memory grows with it.
TEXTS_AT_ONCE: Final = 500_000
# Lists are merged with those before them where these are not that many times longer.
_GROWTH: Final = 4
_ENTRIES_MAX: Final = 1 << 32
_LISTS: Final = ("runs", "begins", "texts")
_SHARED: Final = ("shingle_begins", "shingles", "word_begins", "words", "lengths", "facts")


class Grown(NamedTuple):
    """The families of all texts so far.

    own: int32[rows], which text a row has, -1 where it is too short; is_repost: uint8[rows]; keys: int64[texts, 2], the
    128 bits of `vigie.text.normalise.fingerprint`; words: int32[texts]; family: int32[texts], the core of the family a
    text is in, -1: in none; likeness: float32[texts], the Jaccard likeness to it, of no meaning without a family;
    quotes: int32[texts], the longest text that stands in a much longer one and is not of its family, -1: none.
    """

    own: NDArray[np.int32]
    is_repost: NDArray[np.uint8]
    keys: NDArray[np.int64]
    words: NDArray[np.int32]
    family: NDArray[np.int32]
    likeness: NDArray[np.float32]
    quotes: NDArray[np.int32]


def standing_lists(state: State) -> list[Lists]:
    """Return the lists of a state, of earlier texts first."""
    return [Lists(*(state.column(f"{part}-{n}") for part in _LISTS)) for n in range(state.numbers.get("levels", 0))]


def parts_on_disk(state: State) -> Parts:
    """Return the parts of all texts of a state, without samples."""
    none: dict[str, Any] = {"sample_begins": np.zeros(1, np.int64), "sample": np.zeros(0, np.uint32)}
    return Parts(**none, **{name: state.column(name) for name in _SHARED})


class Growth:
    """All texts so far, in a state: it must have been opened whole."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._committed = {"rows": state.length("own"), "texts": state.length("word_counts")}
        self._pairs_committed = state.length("earlier")
        self._places = KeyPlaces(state.column("keys").reshape(-1, 2))
        self._samples: list[tuple[NDArray[np.int64], NDArray[np.uint32]]] = []
        self._waiting = 0

    def add(self, texts: Sequence[str], is_repost: NDArray[np.bool_]) -> None:
        """Take in the texts of some rows."""
        keys = normalised(texts)
        counts = [word_count(key) for key in keys]
        enough = [n for n, count in enumerate(counts) if count >= WORDS_LEAST]
        prints = np.frombuffer(bytes.fromhex("".join([fingerprint(keys[n]) for n in enough])), "<i8").reshape(-1, 2)
        numbers, firsts = self._places.add(prints)
        own = np.full(len(texts), -1, np.int32)
        own[enough] = numbers
        new = [enough[k] for k in firsts.tolist()]
        parts = parts_of_texts([keys[n] for n in new], [texts[n] for n in new])
        state = self._state
        for name in ("shingle", "word"):
            begins = getattr(parts, f"{name}_begins")
            state.append(f"{name}_begins", begins[1:] + state.length(f"{name}s"))
            state.append(f"{name}s", getattr(parts, f"{name}s"))
        state.append("lengths", parts.lengths)
        state.append("facts", parts.facts)
        state.append("keys", prints[firsts])
        state.append("word_counts", np.array([counts[n] for n in new], np.int32))
        state.append("own", own)
        state.append("is_repost", is_repost)
        self._samples.append((parts.sample_begins, parts.sample))
        self._waiting += len(new)
        if self._waiting >= TEXTS_AT_ONCE:
            self._look_up()

    def _look_up(self) -> None:
        """Find the pairs of the texts that wait, and list them for those that follow."""
        state, (card, pair_min, _) = self._state, scorecard()
        ends = np.cumsum([0, *(begins[-1] for begins, _ in self._samples)])
        begins = [own[1:] + end for (own, _), end in zip(self._samples, ends, strict=False)]
        parts = parts_on_disk(state)._replace(
            sample_begins=np.concatenate([np.zeros(1, np.int64), *begins]),
            sample=np.concatenate([np.zeros(0, np.uint32), *(sample for _, sample in self._samples)]),
        )
        first = state.length("word_counts") - self._waiting
        self._samples, self._waiting = [], 0
        found, lists = near_pairs_after(parts, card, threshold=pair_min, first=first, standing=standing_lists(state))
        state.append("earlier", found.earlier)
        state.append("later", found.later)
        state.append("inner", found.inner)
        state.append("outer", found.outer)
        if not lists.texts.size:
            return
        level = state.numbers.get("levels", 0)
        for part, values in zip(_LISTS, lists, strict=True):
            state.put(f"{part}-{level}", values)
        state.numbers["levels"] = level + 1
        self._merge()

    def _merge(self) -> None:
        state = self._state
        while (level := state.numbers["levels"] - 1) > 0:
            before, last = standing_lists(state)[-2:]
            entries = before.texts.size + last.texts.size
            if _GROWTH * last.texts.size <= before.texts.size or entries >= _ENTRIES_MAX:
                return

            def room(runs: int, texts: int) -> Lists:
                sizes = {"runs": ("<u4", runs), "begins": ("<u4", runs + 1), "texts": ("<i4", texts)}
                return Lists(*(state.room(f"{part}-merged", *sizes[part]) for part in _LISTS))

            made = merged(before, last, room)
            for part, values in zip(_LISTS, made, strict=True):
                state.filled(f"{part}-merged", values)
                state.removed(f"{part}-{level}")
                state.renamed(f"{part}-merged", f"{part}-{level - 1}")
            state.numbers["levels"] = level

    def finished(self, *, words_min: int) -> Grown:
        """Return the families of all texts, and commit the state.

        A core of fewer than `words_min` words makes no family; a member may have fewer, where it is what was left of
        the core.
        """
        state = self._state
        if self._samples:
            self._look_up()
        own, words = state.column("own"), state.column("word_counts")
        texts = words.size
        posts, before = (
            np.bincount(rows[rows >= 0], minlength=texts) for rows in (own, own[: self._committed["rows"]])
        )
        earlier, later = state.column("earlier"), state.column("later")
        core, likeness = np.full(texts, -1, np.int32), np.zeros(texts, np.float32)
        # What is too short to be a core stands for no posts where cores are chosen.
        is_long = words >= words_min
        if state.numbers.get("words_min") == words_min:
            known = self._committed["texts"]
            core[:known], likeness[:known] = state.column("core"), state.column("likeness")
            changed = is_long & (posts != before)
            changed[known:] = True
            for side in (earlier, later):
                changed[side[self._pairs_committed :]] = True
        else:
            changed = np.ones(texts, np.bool_)
        card, _, member_min = scorecard()
        weighed = np.where(is_long, posts, 0)
        regrouped(
            parts_on_disk(state),
            earlier,
            later,
            weighed,
            card,
            least=member_min,
            changed=changed,
            core=core,
            likeness=likeness,
        )
        family, alike = _families(core, likeness, posts, is_long)
        for name, values in (("core", core), ("likeness", likeness), ("family", family)):
            state.put(name, values)
        state.numbers["words_min"] = words_min
        state.commit()
        self._committed = {"rows": own.size, "texts": texts}
        self._pairs_committed = earlier.size
        keys: Any = state.column("keys").reshape(-1, 2)
        sizes = np.diff(state.column("shingle_begins"))
        quotes = _quotes(state.column("inner"), state.column("outer"), sizes, is_long, family)
        return Grown(own, state.column("is_repost"), keys, words, family, alike, quotes)


def _families(
    core: NDArray[np.int32], likeness: NDArray[np.float32], posts: NDArray[np.int64], is_long: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the family of each text: groups of several posts whose core is long enough, and their likeness to it."""
    # A text that nothing else resembles is a family if several posts have it.
    alone = (core < 0) & (posts > 1)
    core = np.where(alone, np.arange(core.size, dtype=np.int32), core)
    sizes = np.bincount(core[core >= 0], posts[core >= 0], minlength=core.size)
    stands = (core >= 0) & (sizes[core] > 1) & is_long[core] if core.size else core >= 0
    return np.where(stands, core, np.int32(-1)), np.where(alone, np.float32(1), likeness)


def _quotes(
    inner: NDArray[np.int32],
    outer: NDArray[np.int32],
    sizes: NDArray[np.int64],
    is_long: NDArray[np.bool_],
    family: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Return of each text the longest of those that it quotes, of equal ones the first; `sizes`: of the texts."""
    quotes = np.full(sizes.size, -1, np.int32)
    counts = is_long[inner] & ((family[inner] < 0) | (family[inner] != family[outer]))
    inner, outer = inner[counts], outer[counts]
    # What is written last stays.
    order = np.lexsort((-inner, sizes[inner]))
    quotes[outer[order]] = inner[order]
    return quotes
