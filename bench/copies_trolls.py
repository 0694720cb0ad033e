"""Families among the tweets of a known operation, and how many of their near-copies a reader calls copies.

    python -m bench.copies_trolls [--data DATA]
    python -m bench.copies_trolls --draw 4      # the texts of a fourth sample, without their likeness, to be read

Takes all tweets of `ira-trolls` for developers that are no retweets and groups them as a case does. Exact copies are
no question: a sample is of pairs of a member and its family's core whose keys differ, one for each pair of keys, 40
in each of five bands of likeness (Jaccard of shingles), the first in the order of a hash of the sample's number and
both ids, without the pairs of the samples before.

`copies_trolls_labels.csv` holds what a reader said of 200 pairs of each sample, without seeing likeness or score. On
sample 1 rules were chosen (hashtags at the ends are not compared, moved clauses count as kept), and on both 1 and 2 the
figures of the scorecard that ask for long words, several blocks and words in another order: so what is measured on them
is no estimate. Sample 3 was drawn and read after that, and is the one to report. A change of the rules that looks at
its errors needs a fourth.

    same     one text changed: a copy, a template with other words in its slots, a rewording
    not      two texts: answers under one hashtag, greetings, titles of a series, bulletins, headlines of like events,
             two remarks with one saying or name in them (`phrase`: under different hashtags; sample 1 has none)
    unsure   a reader may take either side

`shape` says of a `not` what the two have in common. A tweet has no id in the data: its id here is the beginning of
the SHA-256 of author, date and text, so that whoever has the data can recompute it and nobody reads a text here.

A labelled pair counts while both are still in one family. `unsure` counts for neither side. The sample was drawn from
the families of the day it was labelled: after a change of the rules it says what became of their errors; pairs
that only the new rules join are not in it. Over all pairs a band weighs as many pairs as it has now. Pairs of one core
are not independent, which the intervals do not know.

`copied_text` counts posts from `similarity_min` of likeness on that are no filled template, so those pairs are told
apart; what `vigie families` lists is all of them.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import inspect
import json
import math
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from bench._measure import OUT
from vigie.detectors.copied_text import copied_text
from vigie.kernels.near_compare import compare, scored
from vigie.rules.changes import kind_of_change
from vigie.rules.families import families
from vigie.rules.text_card import parts_of_texts, scorecard
from vigie.text.normalise import is_marked_repost, normalise

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from vigie.rules.families import Families

DATA: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data"
LABELS: Final = Path(__file__).with_name("copies_trolls_labels.csv")
BANDS: Final = (0.0, 0.3, 0.4, 0.5, 0.7, 1.01)
EACH: Final = 40
REPORTED: Final = 3  # the sample that no rule was chosen on
COUNTED: Final[float] = inspect.signature(copied_text).parameters["similarity_min"].default
TOP: Final = 20
_KINDS_OF: Final = 200  # texts of a family whose kind of change is told
_FOLDER: Final = "ira-trolls/dev"
_Z: Final = 1.959964


class Tweet(NamedTuple):
    """One tweet."""

    author: str
    date: str
    text: str

    @property
    def id(self) -> str:
        """The beginning of the hash of all three."""
        return hashlib.sha256("\x1f".join(self).encode()).hexdigest()[:16]


class Pair(NamedTuple):
    """A member and its core, by their places, and their likeness."""

    member: int
    core: int
    similarity: float


class Label(NamedTuple):
    """What a reader said of a pair, and the pair's likeness on that day."""

    member: str
    core: str
    similarity: float
    label: str
    shape: str
    sample: int


def tweets(data: Path) -> list[Tweet]:
    """Return all tweets that are no retweets, each once, in the order of time."""
    found = set()
    for path in sorted((data / _FOLDER).glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["retweet"] != "1" and not is_marked_repost(row["content"]):
                    found.add(Tweet(row["author_id"], row["publish_date"], row["content"]))
    return sorted(found, key=lambda t: (t.date, t.author, t.text))


def near_pairs(found: Families) -> list[Pair]:
    """Return each pair of different keys of a member and its core, once, by its first member."""
    made: dict[tuple[int, int], Pair] = {}
    for member in np.flatnonzero(found.labels >= 0).tolist():
        core = int(found.labels[member])
        keys = int(found.own[member]), int(found.own[core])
        if keys[0] != keys[1]:
            made.setdefault(keys, Pair(member, core, float(found.similarity[member])))
    return list(made.values())


def band(similarity: float) -> int:
    """Return the band of a likeness.

    >>> band(0.0), band(0.3), band(1.0)
    (0, 1, 4)
    """
    return int(np.searchsorted(BANDS, similarity, side="right")) - 1


def drawn(
    pairs: Iterable[Pair], posts: Sequence[Tweet], *, sample: int = 1, without: Container[frozenset[str]] = frozenset()
) -> list[Pair]:
    """Return a sample without some pairs of ids, in an order that says nothing of the bands."""

    def hashed(*parts: str) -> str:
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def turn(pair: Pair) -> str:
        return hashed("" if sample == 1 else str(sample), posts[pair.member].id, posts[pair.core].id)

    taken: Counter[int] = Counter()
    made = []
    for pair in sorted(pairs, key=turn):
        if frozenset((posts[pair.member].id, posts[pair.core].id)) in without:
            continue
        taken[band(pair.similarity)] += 1
        if taken[band(pair.similarity)] <= EACH:
            made.append(pair)
    return sorted(made, key=lambda pair: hashed("shown", turn(pair)))


def labels(path: Path = LABELS) -> list[Label]:
    """Return the labelled pairs of all samples."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Label(r["member"], r["core"], float(r["similarity"]), r["label"], r["shape"], int(r["sample"]))
            for r in csv.DictReader(line for line in file if not line.startswith("#"))
        ]


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; nan where there is nothing.

    >>> [round(x, 3) for x in wilson(9, 10)]
    [0.596, 0.982]
    """
    if not of:
        return math.nan, math.nan
    middle, spread = hits + _Z * _Z / 2, _Z * math.sqrt(hits * (of - hits) / of + _Z * _Z / 4)
    return (middle - spread) / (of + _Z * _Z), (middle + spread) / (of + _Z * _Z)


def precision(said: Iterable[Label]) -> dict[str, Any]:
    """Return how many pairs are `same`, of how many that are `same` or `not`, with the interval."""
    count = Counter(one.label for one in said)
    same, of = count["same"], count["same"] + count["not"]
    low, high = wilson(same, of)
    return {
        "same": same,
        "of": of,
        "unsure": count["unsure"],
        "share": same / of if of else math.nan,
        "low": low,
        "high": high,
    }


def weighted(by_band: Sequence[dict[str, Any]], sizes: Sequence[int]) -> tuple[float, float, float]:
    """Return the share of all pairs that are `same`, each band counting for the pairs it has; nan without any.

    With it the ends of its interval, from those of the bands: the squares of their weighted distances added (Zou &
    Donner 2008).

    >>> half = {"share": 0.5, "low": 0.1, "high": 0.9, "of": 4}
    >>> whole = {"share": 1.0, "low": 0.4, "high": 1.0, "of": 2}
    >>> [round(x, 3) for x in weighted([half, whole, {"share": math.nan, "of": 0}], [30, 10, 5])]
    [0.625, 0.29, 0.925]
    """
    known = [(one, size) for one, size in zip(by_band, sizes, strict=True) if one["of"] and size]
    if not known:
        return math.nan, math.nan, math.nan
    pairs = sum(size for _, size in known)
    share = sum(one["share"] * size for one, size in known) / pairs
    below = math.hypot(*((one["share"] - one["low"]) * size for one, size in known)) / pairs
    above = math.hypot(*((one["high"] - one["share"]) * size for one, size in known)) / pairs
    return share, share - below, share + above


def listed(found: Families, posts: Sequence[Tweet]) -> list[dict[str, Any]]:
    """Return the families of most accounts: posts, accounts, different texts, kinds of change against the first."""
    members: dict[int, list[int]] = defaultdict(list)
    for place in np.flatnonzero(found.labels >= 0).tolist():
        members[int(found.labels[place])].append(place)
    made = []
    for core, places in members.items():
        accounts = len({posts[p].author for p in places})
        made.append((accounts, len(places), posts[core].id, places))
    made.sort(key=lambda m: (-m[0], -m[1], m[2]))
    rows = []
    for accounts, count, core_id, places in made[:TOP]:
        texts = list(dict.fromkeys(posts[p].text for p in places))
        kinds = Counter(kind_of_change(texts[0], text).kind for text in texts[1:_KINDS_OF])
        different = len({int(found.own[p]) for p in places})
        row = {
            "core": core_id,
            "posts": count,
            "accounts": accounts,
            "texts": different,
            "kinds": dict(kinds.most_common()),
        }
        rows.append(row)
    return rows


def reached(said: Sequence[Label], texts: Mapping[str, str]) -> NDArray[np.bool_]:
    """Return of which pairs the score of member and core reaches `pair_min`: the others come in as members alone."""
    both = [texts[name] for one in said for name in (one.core, one.member)]
    parts = parts_of_texts([normalise(text) for text in both], both)
    cores = np.arange(0, len(both), 2, dtype=np.int32)
    card = scorecard()
    return np.asarray(scored(compare(parts, cores, cores + np.int32(1)), card.card) >= card.pair_min)


def judged(said: Sequence[Label], posts: Sequence[Tweet], found: Families, sizes: Sequence[int]) -> dict[str, Any]:
    """Return the figures of one sample; `sizes`: how many pairs each band has now."""
    at = {tweet.id: n for n, tweet in enumerate(posts)}

    def joined(one: Label) -> bool:
        return bool(0 <= found.labels[at[one.member]] == found.labels[at[one.core]])

    def counted(one: Label) -> bool:
        texts = posts[at[one.core]].text, posts[at[one.member]].text
        return one.similarity >= COUNTED and kind_of_change(*texts).kind != "template"

    still = [one for one in said if joined(one)]
    near = reached(still, {name: posts[at[name]].text for one in still for name in (one.core, one.member)})
    bands = [precision(one for one in still if band(one.similarity) == n) for n in range(len(BANDS) - 1)]
    return {
        "labelled": dict(sorted(Counter(one.label for one in said).items())),
        "still joined": precision(still),
        "by band": bands,
        "over all pairs": weighted(bands, sizes),
        "alike": precision(one for one in still if one.similarity >= COUNTED),
        "counted": precision(one for one in still if counted(one)),
        "by their score": precision(one for one, alone in zip(still, near.tolist(), strict=True) if alone),
        "wrong, by shape": dict(sorted(Counter(one.shape for one in still if one.label == "not").items())),
    }


def report(posts: Sequence[Tweet], found: Families, said: Sequence[Label]) -> dict[str, Any]:
    """Return all figures, the sample that no rule was chosen on first."""
    pairs = near_pairs(found)
    sizes = np.bincount([band(p.similarity) for p in pairs], minlength=len(BANDS) - 1).tolist()
    inside = found.labels >= 0
    equal = int(inside.sum()) - int((found.own[inside] != found.own[found.labels[inside]]).sum())
    samples = sorted({one.sample for one in said}, key=lambda sample: (sample != REPORTED, sample))
    return {
        "tweets": len(posts),
        "in families": int(inside.sum()),
        "of these with their core's key": equal,
        "families": len(np.unique(found.labels[inside])),
        "pairs of different keys": len(pairs),
        "pairs by band": sizes,
        "samples": {n: judged([one for one in said if one.sample == n], posts, found, sizes) for n in samples},
        "families of most accounts": listed(found, posts),
    }


def said_of(one: dict[str, Any]) -> str:
    """Return a precision as words."""
    share = f"{one['share']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
    return f"{share}, {one['same']} of {one['of']}, {one['unsure']} unsure"


def told(made: dict[str, Any]) -> Iterator[str]:
    """Yield the lines on the samples."""
    for sample, figures in made["samples"].items():
        use = "read after the rules stood" if sample == REPORTED else "RULES WERE CHOSEN ON IT: not an estimate"
        yield f"sample {sample} ({use}), labelled {figures['labelled']}"
        yield f"  still joined: precision {said_of(figures['still joined'])}"
        for n, one in enumerate(figures["by band"]):
            within = f"likeness {BANDS[n]:.1f} to {min(1, BANDS[n + 1]):.1f}, {made['pairs by band'][n]:,} pairs"
            yield f"    {within}: {said_of(one)}"
        share, low, high = figures["over all pairs"]
        yield f"  over all pairs of different keys, bands weighed: {share:.3f} ({low:.3f} to {high:.3f})"
        yield f"  likeness {COUNTED} or more: {said_of(figures['alike'])}"
        yield f"  and no filled template, as copied_text counts: {said_of(figures['counted'])}"
        yield f"  member and core near by their score alone: {said_of(figures['by their score'])}"
        yield f"  wrong, by shape: {figures['wrong, by shape']}"


def main() -> None:
    """Print the figures and write `out/copies_trolls.json`; or print a sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--draw", type=int, metavar="SAMPLE")
    given = parser.parse_args()
    posts = tweets(given.data)
    found = families([tweet.text for tweet in posts])
    if given.draw is not None:
        before = {frozenset((one.member, one.core)) for one in labels() if one.sample < given.draw}
        for pair in drawn(near_pairs(found), posts, sample=given.draw, without=before):
            member, core = posts[pair.member], posts[pair.core]
            print(f"{member.id} {core.id}\n  {member.text!r}\n  {core.text!r}")
        return
    made = report(posts, found, labels())
    for name in ("tweets", "in families", "of these with their core's key", "families", "pairs of different keys"):
        print(f"{made[name]:9,} {name}")
    print(*told(made), sep="\n")
    for row in made["families of most accounts"]:
        print(
            f"  {row['core']} {row['posts']:4} posts {row['accounts']:4} accounts {row['texts']:4} texts {row['kinds']}"
        )
    OUT.mkdir(exist_ok=True)
    path = OUT / "copies_trolls.json"
    path.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
