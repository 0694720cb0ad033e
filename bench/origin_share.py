"""Intervals of shares and of rates per day: how often they hold the truth of simulated worlds.

usage: python -m bench.origin_share [--worlds N]

In each world sources are drawn, each inside with the planted probability; what a source sends has a heavy tail. A 95 %
interval should hold the planted value in 95 % of the worlds. Where the class's sources send more than others
("dependent"), the truth is the share of what is sent in a world without end.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import stats

from bench._measure import OUT
from vigie.kernels.cluster_share import cluster_share
from vigie.kernels.daily_rate import daily_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES: Final = (0.05, 0.5, 0.9)
SOURCES: Final = (10, 40, 400, 5_000)
LEAST: Final = 93.0
CHANCE: Final = 0.01  # of fewer worlds so few may be by chance
LARGE_SOURCES: Final = 1_000


def sent(draw: np.random.Generator, n: int, law: str) -> NDArray[np.int64]:
    """Draw what each of `n` sources sends."""
    if law == "one each":
        return np.ones(n, np.int64)
    drawn = draw.pareto(1.2, n) + 1 if law == "Pareto 1.2" else draw.lognormal(1, 1.5, n) + 1
    return np.minimum(drawn, 1e9).astype(np.int64)


def share_coverage(law: str, n: int, share: float, worlds: int, *, more: int = 1) -> dict[str, float]:
    """Return how often the interval holds the truth, in percent, and its mean width; insiders send `more` times."""
    draw = np.random.default_rng([n, round(100 * share), more])
    truth = share * more / (share * more + 1 - share)
    held, width = 0, 0.0
    for _ in range(worlds):
        inside = draw.random(n) < share
        found = cluster_share(sent(draw, n, law) * np.where(inside, more, 1), inside)
        held += found.low <= truth <= found.high
        width += found.high - found.low
    return {"held": round(100 * held / worlds, 1), "width": round(width / worlds, 3), "worlds": worlds}


def rate_coverage(days: int, per_day: float, dispersion: float, law: str, worlds: int) -> dict[str, float]:
    """Return how often the interval of a rate holds the truth: new sources each day, days that differ by a gamma law.

    `dispersion` is the variance of a day's expected number of sources over its mean.
    """
    draw = np.random.default_rng([days, round(per_day), round(10 * dispersion)])
    truth = per_day * float(sent(np.random.default_rng(1), 4_000_000, law).mean())
    held, width = 0, 0.0
    for _ in range(worlds):
        expected = draw.gamma(per_day / dispersion, dispersion, days) if dispersion else np.full(days, per_day)
        day = np.repeat(np.arange(days), draw.poisson(expected))
        found = daily_rate(sent(draw, day.size, law), np.arange(day.size), day, days)
        held += found.low <= truth <= found.high
        width += (found.high - found.low) / truth
    return {"held": round(100 * held / worlds, 1), "width": round(width / worlds, 3), "worlds": worlds}


def main() -> int:
    """Print every coverage; exit 1 where a share that does not depend on what is sent is held too seldom."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=1_000)
    parser.add_argument("--large-worlds", type=int, default=200, help="of 5,000 sources; each takes 0.1 s")
    given = parser.parse_args()
    worlds = given.worlds
    report: dict[str, dict[str, float]] = {}

    def say(name: str, figures: dict[str, float]) -> None:
        report[name] = figures
        print(f"{name:64} held {figures['held']:5.1f} %  width {figures['width']:.3f}", flush=True)

    for law in ("one each", "lognormal 1.5", "Pareto 1.2"):
        for n in SOURCES:
            for share in SHARES:
                say(
                    f"share {share}, {n} sources, {law}",
                    share_coverage(law, n, share, given.large_worlds if n > LARGE_SOURCES else worlds),
                )
    low = {
        name: f["held"]
        for name, f in report.items()
        if f["held"] < LEAST and stats.binom.cdf(round(f["held"] * f["worlds"] / 100), f["worlds"], 0.95) < CHANCE
    }
    for n in (40, 400):
        for share in SHARES:
            say(
                f"dependent: share {share}, {n} sources, each sends 3 times as much",
                share_coverage("lognormal 1.5", n, share, worlds, more=3),
            )
    for days, per_day, dispersion, law in (
        (14, 3.0, 0.0, "one each"),
        (14, 3.0, 0.0, "lognormal 1.5"),
        (14, 10.0, 5.0, "one each"),
        (14, 10.0, 5.0, "lognormal 1.5"),
        (30, 30.0, 20.0, "lognormal 1.5"),
        (5, 10.0, 5.0, "lognormal 1.5"),
    ):
        say(
            f"rate: {days} days of {per_day:g} sources, dispersion {dispersion:g}, {law}",
            rate_coverage(days, per_day, dispersion, law, worlds),
        )
    OUT.mkdir(exist_ok=True)
    (OUT / "origin_share.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print("\n".join(f"under {LEAST} %: {name}: {held}" for name, held in low.items()) or f"none under {LEAST} %")
    return bool(low)


if __name__ == "__main__":
    sys.exit(main())
