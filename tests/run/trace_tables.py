"""A slow index of texts, in plain Python, with the signature of `vigie.rules.text_index.TextIndex`."""

from vigie.rules.text_index import LookedUp, Near
from vigie.text.normalise import normalise, word_count


def shingles(key):
    return {key[at : at + 12] for at in range(max(len(key) - 11, 1))}


class SlowIndex:
    """Looks at every text; `families` are numbers of families by row, -1 for none."""

    words_min = 6

    def __init__(self, said, families):
        self._rows = {}
        for row, text in enumerate(said):
            key = normalise(text)
            if word_count(key) >= 3:
                self._rows.setdefault(key, []).append(row)
        self._keys = list(self._rows)
        self._families = families
        self.texts, self.rows = len(self._keys), len(said)

    def looked_up(self, text, *, most=50):
        key = normalise(text)
        own = shingles(key)
        found = []
        for number, other in enumerate(self._keys):
            theirs = shingles(other)
            both = len(own & theirs)
            jaccard, contained = both / len(own | theirs), both / min(len(own), len(theirs))
            if both:
                core = self._families[self._rows[other][0]]
                found.append(Near(number, jaccard, jaccard, contained, jaccard >= 0.5, core))
        found.sort(key=lambda near: (-near.score, near.text))
        exact = self._keys.index(key) if key in self._rows else -1
        return LookedUp(key, word_count(key), exact, tuple(found[:most]) if word_count(key) >= 3 else ())

    def rows_of(self, texts):
        import numpy as np

        return np.array(sorted(row for text in texts for row in self._rows[self._keys[text]]), np.int64)
