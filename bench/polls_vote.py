"""Official results of French presidential first rounds beside the polls of the day before, and the error polls share.

usage: python -m bench.polls_vote

The data lie in the folder `shared/data/polls` beside the checkout. For each main candidate, or until 2012 political
family (5 percent or more in the polls of the last 30 days), Vigie's opinion the day before the vote is compared to the
official share: which intervals hold it, those of opinion now and those of a vote held now. The second adds an error of
standard deviation tau * sqrt(p (1 - p)), found by maximum likelihood over the candidates of all elections but the one
that is scored. Beside Vigie's estimate stand six simple rules.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.stats import norm

from bench import _polls
from bench._measure import OUT
from vigie.measures import measured, named
from vigie.rules.poll_bands import opinion, percent, vote
from vigie.rules.poll_errors import Tau

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Shares = Mapping[str, float]

SCORED: Final = (2002, 2007, 2012, 2017, 2022)
BY_FAMILIES: Final = frozenset(range(1965, 2013))  # the others by candidates
BAR: Final = {0.8: 80.0, 0.95: 92.0}
MAIN_MIN, MAIN_DAYS = 5.0, 30
SAMPLE_DEFAULT: Final = 800.0
TAUS: Final = np.linspace(0.002, 0.25, 1_000)
HALF_LIFE_DAYS: Final = 7.0
LAST_DAYS: Final = 14


class Poll(NamedTuple):
    """One poll: the last day of its fieldwork, who asked, how many answered, and what each candidate got."""

    day: date
    house: str
    answered: float
    shares: dict[str, float]


class Stand(NamedTuple):
    """One main candidate the day before: opinion on the logit scale, and the official share in percent."""

    name: str
    mean: float
    sd: float
    result: float

    @property
    def error(self) -> float:
        """Return the estimate less the official share, in points."""
        return percent(self.mean) - self.result


@dataclass(frozen=True)
class Election:
    """One first round as it was read, and the official shares by candidate, or by political family."""

    read: _polls.Election
    results: Mapping[str, float]

    @property
    def day(self) -> date:
        """Return the day of the vote."""
        return self.read.day

    @cached_property
    def polls(self) -> list[Poll]:
        """Return the polls before the vote in order of time, of each one scenario, none of candidates who left."""
        by_scenario: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for row in self.read.polls.to_pylist():
            if row["fieldwork_end"] < self.day:
                by_scenario[row["poll_id"], row["hypothesis"] or ""].append(row)
        scenarios = {key: _poll(group) for key, group in sorted(by_scenario.items())}
        newest = max(poll.day for poll in scenarios.values())
        there = {name for p in scenarios.values() if (newest - p.day).days <= LAST_DAYS for name in p.shares}
        kept = {poll_id: p for (poll_id, _), p in reversed(scenarios.items()) if set(p.shares) <= there}
        return sorted(kept.values(), key=lambda p: (p.day, p.house))

    @cached_property
    def main(self) -> list[str]:
        """Return who has `MAIN_MIN` percent or more in the mean of the polls of the last `MAIN_DAYS` days."""
        last = [p.shares for p in self.polls if _within(self.day, p.day)]
        got: dict[str, list[float]] = defaultdict(list)
        for shares in last:
            for name, value in shares.items():
                got[name].append(value)
        usual = {n: v for n, v in got.items() if 2 * len(v) >= len(last) and n in self.results}
        return sorted(n for n, v in usual.items() if np.mean(v) >= MAIN_MIN)


def _poll(group: Sequence[Mapping[str, Any]]) -> Poll:
    first = group[0]
    answered = first["answered"] or first["sample_size"] or SAMPLE_DEFAULT
    return Poll(first["fieldwork_end"], first["pollster"], answered, {r["candidate_id"]: r["percent"] for r in group})


def elections() -> list[Election]:
    """Read every first round of the folder, in order of time."""
    with (_polls.FOLDER / _polls.FAMILIES_FILE).open(encoding="utf-8") as file:
        lines = [r for r in csv.DictReader(file) if r["type"] == "president" and r["sondage"] == "result"]
    official = {
        int(line["dateelection"][:4]): {name: float(line[name]) for name in _polls.FAMILIES if line[name]}
        for line in lines
    }
    read = (_polls.election(year) for year in sorted({*official, *SCORED}))
    return [Election(e, official.get(e.year, {}) | e.results if e.year in BY_FAMILIES else e.results) for e in read]


def opinion_before(election: Election) -> list[Stand]:
    """Return the main candidates with Vigie's estimate the day before, in the field most often put in the last days."""
    read = election.read
    last = [r for r in read.figures() if _within(read.day, r["fieldwork_end"])] or read.figures()
    field = Counter(dict(sorted((r["scenario"], r["field"]) for r in last)).values()).most_common(1)[0][0]
    levels: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in measured(named("poll_levels"), {"polls": read.polls} | read.case).to_pylist():
        if row["field"] == field:
            levels[row["candidate_id"]].append(row)
    return [_stand(election, name, max(levels[name], key=lambda row: row["day"])) for name in election.main]


def _within(day: date, asked: date) -> bool:
    return (day - asked).days <= MAIN_DAYS


def _stand(election: Election, name: str, at: dict[str, Any]) -> Stand:
    """Return a level, carried to the day before the vote."""
    days = max(0, (election.day - timedelta(days=1) - at["day"]).days)
    sd = math.hypot(at["now_sd"], at["drift_sd"] * math.sqrt(days))
    return Stand(name, at["now_mean"], sd, election.results[name])


def log_likelihood(stands: Sequence[Stand]) -> NDArray[np.float64]:
    """Return the log likelihood of each of `TAUS`: official shares about opinion, in units of sqrt(p (1 - p))."""
    total = np.zeros_like(TAUS)
    for s in stands:
        p = percent(s.mean) / 100
        scale = math.sqrt(p * (1 - p))
        # On the logit scale a small error is the error over p (1 - p).
        total += norm.logpdf((s.result / 100 - p) / scale, 0, np.hypot(TAUS, s.sd * scale))
    return total


def tau_of(stands: Mapping[int, Sequence[Stand]]) -> Tau:
    """Return the most likely tau of these elections, and its 95 percent interval under a flat prior."""
    likelihood = log_likelihood([s for of_year in stands.values() for s in of_year])
    weight = np.exp(likelihood - likelihood.max())
    below = np.cumsum(weight) / weight.sum()
    low, high = (float(TAUS[np.searchsorted(below, share)]) for share in (0.025, 0.975))
    best = float(TAUS[int(np.argmax(likelihood))])
    return Tau(value=best, low=low, high=high, country="FR", elections=tuple(stands), is_own=True, source="")


def _last_poll(election: Election, name: str) -> float:
    return next(p.shares[name] for p in reversed(election.polls) if name in p.shares)


def _per_house(election: Election, name: str) -> float:
    last = {p.house: p.shares[name] for p in election.polls if name in p.shares and _before(election, p) <= MAIN_DAYS}
    return float(np.mean(list(last.values())))


def _seven(election: Election, name: str) -> float:
    return float(np.mean([p.shares[name] for p in election.polls if name in p.shares][-7:]))


def _exponential(election: Election, name: str) -> float:
    polls = [p for p in election.polls if name in p.shares]
    weights = [0.5 ** (_before(election, p) / HALF_LIFE_DAYS) for p in polls]
    return float(np.average([p.shares[name] for p in polls], weights=weights))


def _loess(window: int) -> Callable[[Election, str], float]:
    def estimate(election: Election, name: str) -> float:
        """Fit a line to the polls within `window` days, tricube weights, sizes counting; read it the day before."""
        polls = [p for p in election.polls if name in p.shares]
        day = np.array([-_before(election, p) for p in polls], float)
        reach = max(window, *sorted(-day)[:3]) + 1.0
        near = np.clip(1 - (np.abs(day + 1) / reach) ** 3, 0, None) ** 3
        weight = near * np.sqrt([p.answered for p in polls])
        seen = np.array([p.shares[name] for p in polls])
        middle = np.average(day, weights=weight)
        spread = np.average((day - middle) ** 2, weights=weight)
        mean = np.average(seen, weights=weight)
        slope = np.average((day - middle) * (seen - mean), weights=weight) / spread if spread else 0.0
        return float(mean + slope * (-1 - middle))

    return estimate


def _before(election: Election, poll: Poll) -> int:
    return (election.day - poll.day).days


RULES: Final = {
    "last poll": _last_poll,
    "last per house": _per_house,
    "seven polls": _seven,
    "exponential": _exponential,
    "LOESS 14 days": _loess(14),
    "LOESS 30 days": _loess(30),
}

VOTE: Final = "if the vote were now"
BANDS: Final[Mapping[str, Callable[[Stand, Tau, float], tuple[float, float]]]] = {
    "opinion now": lambda s, _, share: opinion(s.mean, s.sd, share),
    VOTE: lambda s, tau, share: tau.vote(s.mean, s.sd, share),
    "the same, tau taken as certain": lambda s, tau, share: vote(s.mean, s.sd, tau.value, share),
}


def main() -> int:
    """Print coverage, tau and errors; exit 1 where the intervals of a vote held now hold too few results."""
    found = elections()
    stands = {e.day.year: opinion_before(e) for e in found}
    taus = {year: tau_of({other: s for other, s in stands.items() if other != year}) for year in stands}
    errors = {
        e.day.year: {
            s.name: {"vigie": s.error} | {n: rule(e, s.name) - s.result for n, rule in RULES.items()}
            for s in stands[e.day.year]
        }
        for e in found
        if e.day.year in SCORED
    }
    report = _say_errors(errors) | _say_tau(stands, taus)
    earlier = tuple(year for year in stands if year not in SCORED)
    report["held"] = {f"{years[0]} to {years[-1]}": _say_held(stands, taus, years) for years in (earlier, SCORED)}
    OUT.mkdir(exist_ok=True)
    (OUT / "polls_vote.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    reached = report["held"][f"{SCORED[0]} to {SCORED[-1]}"][VOTE]
    low = [f"{share:.0%}" for share, bar in BAR.items() if 100 * reached[str(share)] / reached["of"] < bar]
    print(f"\n{VOTE}: " + (f"holds too few at {', '.join(low)}" if low else "the bar is reached"))
    return bool(low)


def _say_held(stands: Mapping[int, Sequence[Stand]], taus: Mapping[int, Tau], years: Sequence[int]) -> dict[str, Any]:
    """Print how many official shares the intervals hold; return it."""
    of = sum(len(stands[year]) for year in years)
    print(f"\nofficial shares of {of} main candidates that intervals hold, {years[0]} to {years[-1]}\n")
    held = {}
    for label, band in BANDS.items():
        counts = dict.fromkeys(BAR, 0)
        for year in years:
            for s in stands[year]:
                for share in BAR:
                    low, high = band(s, taus[year], share)
                    counts[share] += low <= s.result <= high
        held[label] = {str(share): count for share, count in counts.items()} | {"of": of}
        said = ", ".join(f"{share:.0%}: {count} ({100 * count / of:.1f} %)" for share, count in counts.items())
        print(f"{label:38} {said}")
    return held


def _say_errors(errors: Mapping[int, Mapping[str, Shares]]) -> dict[str, Any]:
    """Print the errors of each method by candidate and election; return them."""
    names = ["vigie", *RULES]
    print("error the day before, in points: the estimate less the official share\n")
    print(f"{'':6}{'':16}" + "".join(f"{n:>16}" for n in names))
    for year, of_year in errors.items():
        for name, row in of_year.items():
            print(f"{year:<6}{name:16}" + "".join(f"{row[n]:16.1f}" for n in names))
    print("\nmean size of the error, in points\n")
    means = {
        year: {n: float(np.mean([abs(row[n]) for row in of_year.values()])) for n in names}
        for year, of_year in errors.items()
    }
    every = [row for of_year in errors.values() for row in of_year.values()]
    all_years = {n: float(np.mean([abs(row[n]) for row in every])) for n in names}
    for label, row in (*means.items(), ("all", all_years)):
        print(f"{label:<22}" + "".join(f"{row[n]:16.2f}" for n in names))
    nearest = {year: min(row, key=lambda n: row[n]) for year, row in means.items()}
    print(f"\nnearest: {', '.join(f'{name} in {year}' for year, name in nearest.items())}")
    for name in RULES:
        apart = [means[year]["vigie"] - means[year][name] for year in means]
        error = float(np.std(apart, ddof=1)) / math.sqrt(len(apart))
        print(f"vigie less {name:16}{np.mean(apart):+6.2f}, standard error over {len(apart)} elections {error:.2f}")
    if len(set(nearest.values())) > 1:
        print("no method wins: in another election another one is nearest")
    return {
        "errors": {str(year): of_year for year, of_year in errors.items()},
        "mean_errors": {str(label): row for label, row in (*means.items(), ("all", all_years))},
    }


def _say_tau(stands: Mapping[int, Sequence[Stand]], taus: Mapping[int, Tau]) -> dict[str, Any]:
    """Print tau without each election, and that of all, which ships; return them."""
    print("\nby election: root mean square of the error in units of sqrt(p (1 - p)); tau without this election\n")
    for year, of_year in stands.items():
        scaled = [s.error / 100 / math.sqrt(percent(s.mean) / 100 * (1 - percent(s.mean) / 100)) for s in of_year]
        without = f"{taus[year].value:.4f} (95 %: {taus[year].low:.4f} to {taus[year].high:.4f})"
        print(f"{year}  {math.sqrt(np.mean(np.square(scaled))):.3f} of {len(of_year)} candidates; {without}")
    shipped = tau_of(stands)
    print(f"all   {shipped.value:.4f} (95 %: {shipped.low:.4f} to {shipped.high:.4f}), {len(stands)} elections: ships")
    return {
        "tau": {str(year): found.value for year, found in taus.items()} | {"all": shipped.value},
        "tau_interval": [shipped.low, shipped.high],
    }


if __name__ == "__main__":
    sys.exit(main())
