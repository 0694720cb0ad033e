"""How often `attack_burst` raises an alarm on series in which nothing happened, and how often it finds a burst.

usage: python -m bench.attack_burst [--series N]

A quiet series is drawn day by day and independently: sources as Poisson or negative binomial counts (by their ratio of
variance to mean) or as Poisson counts of a level that is log-normal from day to day, flat or with a weekly profile;
what each source sends is one request, or log-normal. A series is the detector's: sources, and requests of which a
source's count for at most ten. The nominal rate is 1 % of series.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Final

import numpy as np

from bench._measure import OUT
from vigie.detectors.attack_burst import out_days
from vigie.measures.http_attack_days import SOURCE_REQUESTS_MAX

if TYPE_CHECKING:
    from numpy.typing import NDArray

Case = tuple[str, tuple[float, ...], float, bool, float | None]
DAYS: Final = (14, 35, 90)
WEEK: Final = np.array([1.25, 1.25, 1.2, 1.2, 1.1, 0.6, 0.4])
# name, means of sources per day, variance / mean (negative: minus the sigma of the log of a day's level), weekly
# profile, sigma of the log of requests per source (None: one)
QUIET: Final[tuple[Case, ...]] = (
    ("Poisson", (0.1, 0.3, 1, 5, 50), 1.0, False, None),
    ("NB 3", (0.1, 0.3, 1, 5, 25, 100), 3.0, False, None),
    ("NB 8", (8, 25, 100), 8.0, False, None),
    ("NB 20", (20, 50, 100), 20.0, False, None),
    ("log-normal days", (1, 10, 100), -0.8, False, None),
    ("weekly Poisson", (1, 5, 50), 1.0, True, None),
    ("weekly NB 3", (1, 5, 50), 3.0, True, None),
    ("weekly NB 8", (25, 100), 8.0, True, None),
    ("sizes 1.0", (0.1, 0.3, 2, 20), 1.0, False, 1.0),
    ("sizes 1.5", (0.1, 0.3, 2, 20), 1.0, False, 1.5),
    ("sizes 2.0", (0.1, 0.3, 2, 20), 1.0, False, 2.0),
    ("NB 3, sizes 2.0", (0.3, 2, 20), 3.0, False, 2.0),
)
# Outside of what is stated: days of no attack and waves of many sources by turns.
WAVES: Final[tuple[Case, ...]] = (("NB 8", (0.3, 1, 3), 8.0, False, None), ("NB 20", (1, 3, 10), 20.0, False, None))


def drawn(
    draw: np.random.Generator, days: int, mean: float, ratio: float, *, weekly: bool, sigma: float | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return sources and bounded requests of each day; `ratio` as in `QUIET`."""
    level = mean * (WEEK[np.arange(days) % 7] if weekly else np.ones(days))
    if ratio < 0:
        level = level * draw.lognormal(-ratio * ratio / 2, -ratio, days)
    sources = draw.negative_binomial(level / (ratio - 1), 1 / ratio) if ratio > 1 else draw.poisson(level)
    if sigma is None:
        return sources, sources
    sent = np.minimum(np.ceil(draw.lognormal(0, sigma, int(sources.sum()))), SOURCE_REQUESTS_MAX).astype(np.int64)
    ends = np.cumsum(sources)
    upto = np.concatenate(([0], np.cumsum(sent)))
    return sources, upto[ends] - upto[ends - sources]


def alarms(case: Case, series: int) -> dict[str, float]:
    """Return for each mean and number of days the per cent of quiet series with an alarm."""
    name, means, ratio, weekly, sigma = case
    rates = {}
    for mean in means:
        for days in DAYS:
            draw = np.random.default_rng([len(name), round(mean * 10), days])
            made = [drawn(draw, days, mean, ratio, weekly=weekly, sigma=sigma) for _ in range(series)]
            week = [n % 7 for n in range(days)]
            false = sum(bool(out_days(s.tolist(), b.tolist(), week)[0]) for s, b in made)
            rates[f"{mean:g}/{days}"] = round(100 * false / series, 2)
    return rates


def power(mean: float, ratio: float, days: int, *, sources: int, requests: int, series: int = 200) -> float:
    """Return the per cent of series in which a burst on three single days is found on at least one of them."""
    draw = np.random.default_rng([round(mean * 10), days, sources, requests])
    found = 0
    for _ in range(series):
        s, b = (c.copy() for c in drawn(draw, days, mean, ratio, weekly=False, sigma=1.0))
        at = draw.choice(days, 3, replace=False)
        s[at] += sources
        b[at] += sources * min(requests, SOURCE_REQUESTS_MAX)
        out = out_days(s.tolist(), b.tolist(), [n % 7 for n in range(days)])[0]
        found += bool(set(out) & set(at.tolist()))
    return round(100 * found / series, 1)


def main() -> None:
    """Print the rates; write them into out/attack_burst.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=2_000)
    series = parser.parse_args().series
    report: dict[str, object] = {}
    worst = 0.0
    for title, cases in (("stated", QUIET), ("not stated", WAVES)):
        for case in cases:
            name, rates = case[0], alarms(case, series)
            worst = max(worst, *rates.values()) if title == "stated" else worst
            report[f"{title}: {name}"] = rates
            print(f"{title:10} {name:16}", "  ".join(f"{k} {v:.2f} %" for k, v in rates.items()), flush=True)
    print(f"worst of those stated: {worst:.2f} % of {series:,} quiet series (nominal 1 %)")
    for mean, ratio in ((0.3, 1.0), (2, 1.0), (10, 3.0), (50, 8.0)):
        for sources, requests in ((12, 8), (40, 8), (40, 1), (200, 5)):
            found = {days: power(mean, ratio, days, sources=sources, requests=requests) for days in DAYS}
            report[f"power {mean:g}, {ratio:g}: {sources} x {requests}"] = found
            rates_text = "  ".join(f"{d} days {v:.0f} %" for d, v in found.items())
            print(
                f"{sources} sources x {requests} on 3 days over {mean:g} sources a day: found  {rates_text}", flush=True
            )
    OUT.mkdir(exist_ok=True)
    (OUT / "attack_burst.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
