"""Pairs of sites that print the same stories, against who runs the sites.

    python -m bench.pink_slime [--data DATA]

The sites are 23 of the network Metric Media, 400 stories each (`pink-slime-network`: title and description). All are of
one operator, so that these sites alone show what is missed and nothing of what is wrongly found: as strangers stand
beside them the seven newspapers and news sites of `polnear` (its parts for developers: title and beginning of each
article; a seventh of them credit an agency), which have other owners. They wrote of other things three years before:
easy strangers. Two truths, by pairs of sites:

    operator     both are of the network (253 of 435 pairs)
    linked       of the network's own 253 pairs those that link to each other, which is to say of one state (92)

A pair's score is the number of families that have a post of both; `weighted`: each family counts for one over the
sites it is on less one, so that what all print says less than what two print. Precision and recall are those of pairs
with so many shared families or more; AP is the mean precision over the true pairs in the order of the score, equal
scores being one rank. `equal keys` are families of equal texts only, `no credit` leaves out families whose posts
credit an agency (`vigie.rules.agencies`): many papers print an agency's words and are nobody's network.

A shared text says that one came from the other, or both from a third: a network's desk, an agency, a press release, an
office's table of figures. It does not say who owns a site.

Of each site with missed pairs is said how many of its stories are in a family that has another site: the
sample has the first 400 stories of a site by their address, and so not the same stories of all.

Within a family stories may have different facts: this network fills forms ("the cheapest gasoline in ..."). `joined
with other figures` counts the members whose figures are not their core's.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import itertools
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from bench._measure import OUT
from vigie.rules.agencies import credited_agency
from vigie.rules.families import families
from vigie.text.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    SitePair = tuple[str, str]

DATA: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data"
LEASTS: Final = (1, 2, 5, 10, 20, 50, 100, 200)
_NETWORK: Final = "pink-slime-network"
_BEGIN: Final = 300  # characters of an article: what a site's description has at most
_FIGURES: Final = re.compile(r"\d+")


class Story(NamedTuple):
    """A site, and the title and description of one of its stories."""

    site: str
    text: str


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def stories(data: Path) -> list[Story]:
    """Return the stories of the network, in the order of the file."""
    rows = _rows(data / _NETWORK / "stories_sample.csv.gz")
    return [Story(row["domain"], f"{row['storyTitle']}\n{row['description']}") for row in rows]


def strangers(data: Path) -> list[Story]:
    """Return articles of news sites that the operator does not own, with the agency's credit where there is one."""
    with (data / "polnear" / "metadata.csv").open(encoding="utf-8", newline="") as file:
        about = {row["filename"].removesuffix(".txt"): row for row in csv.DictReader(file)}
    made = []
    for name in ("train", "dev"):
        with gzip.open(data / "polnear" / "dev" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            for line in file:
                article = json.loads(line)
                row = about[article["id"].removesuffix(".txt")]
                wire = "" if row["wire"] in {"", "None", "NA"} else f"\n({row['wire']})"
                made.append(Story(row["publisher"], f"{row['title']}\n{article['text'][:_BEGIN]}{wire}"))
    return made


def operators(data: Path) -> dict[str, str]:
    """Return each site's operator, where the file names one."""
    return {r["domain"]: r["siteOperator"] for r in _rows(data / _NETWORK / "sites.csv.gz") if r["siteOperator"]}


def linked(data: Path, sites: Collection[str]) -> set[SitePair]:
    """Return the pairs of `sites` of which one links to the other."""
    rows = _rows(data / _NETWORK / "relationships.csv.gz")
    pairs = {tuple(sorted((row["originDomain"], row["otherPublicationDomain"]))) for row in rows}
    return {(a, b) for a, b in pairs if a != b and a in sites and b in sites}


def equal_keys(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return a label for each text, equal for equal keys."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(normalise(text), len(numbers)) for text in texts], np.int64)


def sites_of(labels: Sequence[int], posts: Sequence[Story]) -> dict[int, set[str]]:
    """Return the sites of each family of 0 or more."""
    found: dict[int, set[str]] = defaultdict(set)
    for label, post in zip(labels, posts, strict=True):
        if label >= 0:
            found[label].add(post.site)
    return found


def shared(sites: Iterable[Collection[str]], *, weighted: bool = False) -> dict[SitePair, float]:
    """Return by pair of sites, in alphabetical order, how many families both have.

    >>> shared([{"a", "b"}, {"a", "b", "c"}, {"c"}], weighted=True)
    {('a', 'b'): 1.5, ('a', 'c'): 0.5, ('b', 'c'): 0.5}
    """
    score: dict[SitePair, float] = defaultdict(float)
    for names in sites:
        for pair in itertools.combinations(sorted(names), 2):
            score[pair] += 1 / (len(names) - 1) if weighted else 1
    return dict(sorted(score.items()))


def rates(score: Mapping[SitePair, float], true: Collection[SitePair], least: float) -> tuple[float, float, int]:
    """Return precision, recall and number of the pairs with a score of `least` or more; nan where there is none."""
    found = {pair for pair, value in score.items() if value >= least}
    right = len(found & set(true))
    return right / len(found) if found else float("nan"), right / len(true) if true else float("nan"), len(found)


def average_precision(score: Mapping[SitePair, float], pairs: Iterable[SitePair], true: Collection[SitePair]) -> float:
    """Return the mean precision over the true of `pairs`; those of equal scores are one rank.

    >>> average_precision({("a", "b"): 2, ("a", "c"): 1}, [("a", "b"), ("a", "c"), ("b", "c")], {("a", "c")})
    0.5
    """
    ranked = sorted(pairs, key=lambda pair: -score.get(pair, 0))
    total = right = seen = 0.0
    for _, rank in itertools.groupby(ranked, key=lambda pair: score.get(pair, 0)):
        some = list(rank)
        hits = sum(pair in true for pair in some)
        seen, right = seen + len(some), right + hits
        total += hits * right / seen
    return total / len(true) if true else float("nan")


def other_figures(labels: Sequence[int], texts: Sequence[str]) -> tuple[int, int, Counter[str]]:
    """Return members whose key is not their core's, those of them with other figures, and these by title's frame."""
    changed = other = 0
    frames: Counter[str] = Counter()
    for n, core in enumerate(labels):
        if core < 0 or normalise(texts[n]) == normalise(texts[core]):
            continue
        changed += 1
        if _FIGURES.findall(texts[n]) != _FIGURES.findall(texts[core]):
            other += 1
            frames[" ".join(re.sub(r"\d\S*", "0", texts[n]).split()[:4])] += 1
    return changed, other, frames


def evaluated(
    labels: Sequence[int], posts: Sequence[Story], truths: Mapping[str, tuple[list[SitePair], set[SitePair]]]
) -> dict[str, Any]:
    """Return what one grouping is worth: by truth AP and, by the least number of families, precision and recall."""
    sites = list(sites_of(labels, posts).values())
    count, weight = shared(sites), shared(sites, weighted=True)
    made: dict[str, Any] = {"families on two sites or more": sum(len(names) > 1 for names in sites)}
    for name, (pairs, true) in truths.items():
        asked = {pair: count.get(pair, 0.0) for pair in pairs}
        made[name] = {
            "ap": average_precision(count, pairs, true),
            "ap weighted": average_precision(weight, pairs, true),
            "by least": {least: rates(asked, true, least) for least in LEASTS},
            "missed": [[*pair, asked[pair]] for pair in sorted(true) if not asked[pair]],
        }
    return made


def main() -> None:
    """Print the figures and write `out/pink_slime.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    given = parser.parse_args()
    posts = [*stories(given.data), *strangers(given.data)]
    texts = [post.text for post in posts]
    sites = sorted({post.site for post in posts})
    run_by = operators(given.data)
    own = [site for site in sites if site in run_by]
    every = list(itertools.combinations(sites, 2))
    own_pairs = list(itertools.combinations(own, 2))
    truths = {
        "operator": (every, {p for p in own_pairs if run_by[p[0]] == run_by[p[1]]}),
        "linked": (own_pairs, linked(given.data, own)),
    }
    print(f"{len(posts):,} stories of {len(sites)} sites, {len(own)} of them of the network")
    for name, (pairs, true) in truths.items():
        print(f"truth '{name}': {len(true)} of {len(pairs)} pairs, base rate {len(true) / len(pairs):.3f}")
    near = families(texts).labels.tolist()
    credited = {label for label, post in zip(near, posts, strict=True) if label >= 0 and credited_agency(post.text)}
    groupings = {
        "families": near,
        "families, no credit": [-1 if label in credited else label for label in near],
        "equal keys": equal_keys(texts).tolist(),
    }
    made = {}
    for name, labels in groupings.items():
        made[name] = evaluated(labels, posts, truths)
        on = sites_of(labels, posts)
        common = Counter(p.site for label, p in zip(labels, posts, strict=True) if label >= 0 and len(on[label]) > 1)
        print(f"{name}: {made[name]['families on two sites or more']:,} on two sites or more")
        for truth in truths:
            found = made[name][truth]
            by = "; ".join(f"{k}: {p:.3f} {r:.3f} ({n})" for k, (p, r, n) in found["by least"].items() if n)
            print(
                f"  {truth}: AP {found['ap']:.3f}, weighted {found['ap weighted']:.3f}; families: precision recall {by}"
            )
            if found["missed"]:
                missed = Counter(site for pair in found["missed"] for site in pair[:2])
                for site, pairs_missed in missed.most_common(2):
                    within = common[site]
                    print(
                        f"    missed {pairs_missed} of {site}; {within} of its stories are in a family on several sites"
                    )
    changed, other, frames = other_figures(near, texts)
    inside = sum(label >= 0 for label in near)
    print(f"{inside:,} stories in families; the key is not their core's in {changed:,}, the figures in {other:,}:")
    print("".join(f"  {n:5,} {frame} ...\n" for frame, n in frames.most_common(12)), end="")
    print(f"families that credit an agency: {len(credited)}")
    made["changed"] = {"in families": inside, "other key": changed, "other figures": other}
    OUT.mkdir(exist_ok=True)
    path = OUT / "pink_slime.json"
    path.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
