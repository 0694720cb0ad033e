"""How often a stated coincidence is wrong where there is none, and how often a planted one is found, in simulation.

usage: python -m bench.coincidence [--worlds N]

Two desks' days are drawn that have nothing to do with each other: single, with a weekday rhythm, in bursts, with
a log that has gaps, or growing towards the vote on both desks (which is the case that no calendar shifted by weeks can
see through). Said too often at 5 %: by `Coincidence.rare`; by the rank among the placebo calendars alone; and beside
them by Fisher's test of days and a binomial test at their best lag. Then others are planted within three days after
some of the ones. Writes `bench/out/coincidence.json`.
"""

from __future__ import annotations

import argparse
import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import stats

from bench._measure import OUT
from vigie.findings.coincidence import RARE, WINDOWS, Window, coincidence
from vigie.kernels.tails import hypergeometric_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigie.findings.coincidence import Coincidence

    Days = NDArray[np.int64]

START: Final = date(2015, 9, 7)
SPANS: Final = (70, 210, 420, 840)
KINDS: Final = ("single", "weekdays", "bursts", "gaps", "growing")
SHIFTS_IN_70_DAYS: Final = 2.5
OTHERS_IN_70_DAYS: Final = 6.0
SAME_WEEK: Final = tuple(Window(*w) for w in ((0, 0), (0, 3), (-3, 0)))
PLANTED: Final = ((5, 0.5), (5, 1.0), (10, 0.5), (10, 1.0), (20, 0.5), (20, 1.0))
_WEEKDAYS: Final = np.array([1.0, 1.3, 1.3, 1.3, 1.0, 0.2, 0.3])


def drawn(draw: np.random.Generator, span: int, mean: float, kind: str) -> Days:
    """Draw the days, from 0 to `span` - 1, of `mean` events or so of one desk."""
    weight = np.ones(span)
    if kind in ("weekdays", "bursts", "gaps"):
        weight = np.resize(_WEEKDAYS, span)
    if kind == "growing":
        weight = np.exp(3 * np.arange(span) / span)
    weight = weight / weight.sum()
    if kind != "bursts":
        return np.sort(draw.choice(span, max(1, draw.poisson(mean)), p=weight))
    # A burst is of three events or so within a week or so, each a few days after the one before.
    first = draw.choice(span, max(1, draw.poisson(mean / 3)), p=weight)
    days = [f + np.cumsum(draw.integers(0, 4, draw.poisson(2) + 1)) for f in first]
    found = np.sort(np.concatenate(days))
    return found[found < span] if (found < span).any() else first[:1]


def covered(draw: np.random.Generator, span: int, kind: str) -> Days:
    """Draw the days that both desks observed: all, or all but gaps of up to three weeks, a sixth of the whole."""
    seen = np.ones(span, bool)
    while kind == "gaps" and seen.mean() > 5 / 6:
        at = draw.integers(0, span)
        seen[at : at + draw.integers(1, 22)] = False
    return np.flatnonzero(seen)


def counted(ones: Days, others: Days, seen: Days, windows: Sequence[Window]) -> Coincidence:
    """Return what Vigie counts."""
    days = [[START + timedelta(days=int(d)) for d in some] for some in (ones, others, seen)]
    return coincidence(days[0], days[1], observed=days[2], windows=windows)


def naive(ones: Days, others: Days, seen: Days, windows: Sequence[Window]) -> tuple[float, float]:
    """Return the least p of Fisher's test of days and of a binomial test of ones over the windows, none corrected."""
    held, of = set(seen.tolist()), [d for d in ones.tolist() if d in set(seen.tolist())]
    fisher = binomial = 1.0
    for window in windows:
        near = {o - lag for o in others.tolist() for lag in range(window.first, window.last + 1)} & held
        hits = sum(d in near for d in of)
        days = set(of)
        fisher = min(fisher, hypergeometric_tail(len(days & near), len(days), len(near), len(held)))
        if of:
            binomial = min(binomial, float(stats.binom.sf(hits - 1, len(of), len(near) / len(held))))
    return fisher, binomial


def wrong(span: int, kind: str, worlds: int, windows: Sequence[Window]) -> dict[str, float]:
    """Return in percent how often each says at 5 % that days coincide which were drawn apart."""
    draw = np.random.default_rng([span, KINDS.index(kind), len(windows)])
    said = dict.fromkeys(("rare", "rank alone", "fisher", "binomial", "something said"), 0)
    for _ in range(worlds):
        ones = drawn(draw, span, SHIFTS_IN_70_DAYS * span / 70, kind)
        others = drawn(draw, span, OTHERS_IN_70_DAYS * span / 70, kind)
        seen = covered(draw, span, kind)
        found = counted(ones, others, seen, windows)
        fisher, binomial = naive(ones, others, seen, windows)
        said["rare"] += found.rare()
        said["rank alone"] += bool(found.best) and (found.as_many + 1) / (found.placebos + 1) <= RARE
        said["fisher"] += fisher <= RARE
        said["binomial"] += binomial <= RARE
        said["something said"] += found.says
    return {name: round(100 * count / worlds, 1) for name, count in said.items()}


def power(span: int, events: int, share: float, worlds: int, windows: Sequence[Window]) -> dict[str, float]:
    """Return in percent how often a planted coincidence is found: `share` of the ones have an other within 3 days."""
    draw = np.random.default_rng([span, events, round(10 * share), len(windows)])
    said = {"rare": 0, "rank alone": 0}
    for _ in range(worlds):
        ones = np.sort(draw.choice(span, events))
        followed = ones[draw.random(events) < share]
        after = followed + draw.integers(0, 4, followed.size)
        others = np.concatenate([drawn(draw, span, OTHERS_IN_70_DAYS * span / 70, "bursts"), after[after < span]])
        found = counted(ones, others, np.arange(span), windows)
        said["rare"] += found.rare()
        said["rank alone"] += (found.as_many + 1) / (found.placebos + 1) <= RARE
    return {name: round(100 * count / worlds, 1) for name, count in said.items()}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=1_000)
    given = parser.parse_args()
    report: dict[str, dict[str, Any]] = {}
    for named, windows in (("up to 10 days", WINDOWS), ("up to 3 days", SAME_WEEK)):
        for kind in KINDS:
            for span in SPANS:
                name = f"none planted, {kind}, {span} days, lags {named}"
                report[name] = wrong(span, kind, given.worlds, windows)
                print(f"{name:56}", "  ".join(f"{k} {v:5.1f} %" for k, v in report[name].items()), flush=True)
    for named, windows in (("up to 10 days", WINDOWS), ("up to 3 days", SAME_WEEK)):
        for span in SPANS:
            for events, share in PLANTED:
                name = f"{share:.0%} of {events} planted, {span} days, lags {named}"
                report[name] = power(span, events, share, given.worlds, windows)
                print(f"{name:56}", "  ".join(f"{k} {v:5.1f} %" for k, v in report[name].items()), flush=True)
    OUT.mkdir(exist_ok=True)
    (OUT / "coincidence.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
