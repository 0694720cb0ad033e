"""Forecasts of polls up to a week ahead, over the last twelve weeks of French first rounds: coverage and CRPS.

usage: python -m bench.polls_forecast [--years 2002 2007 2012]

Origins are 7, 14, ... 84 days before the vote. The model sees the figures whose fieldwork ended by the origin, and
forecasts each figure of the seven days after it, house and rounding included: a mixture of normals on the logit scale,
whose intervals and CRPS are its own. Beside it, normal: the last figure of any house with the sampling error that
pollsters print (naive); the last of the same house with twice that variance; a weighted line over the last 30 days
(LOESS).
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from bench._measure import OUT
from bench._polls import election
from vigie.rules.poll_model import weighed
from vigie.rules.poll_model_course import block_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from bench._polls import Election
    from vigie.kernels.poll_mixture import Mixture

    Row = dict[str, Any]
    Floats = NDArray[np.float64]

WEEKS: Final = 12
YEARS: Final = (2002, 2007, 2012, 2017, 2022)
DEFAULT_SAMPLE: Final = 800.0
LOESS_DAYS: Final = 30.0
CHANCES: Final = (0.1, 0.9, 0.025, 0.975)
SURE: Final = 1e-9
NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)


class Forecast(NamedTuple):
    """A forecast of one figure, in points: middle and spread, the values at `CHANCES`, and its CRPS."""

    mean: float
    sd: float
    ends: tuple[float, ...]
    crps: float


def weeks(held: Election) -> Iterable[tuple[int, list[Row], list[Row]]]:
    """Yield, for each origin, its day, the figures known then, and those of main candidates to forecast."""
    figures = [f for f in held.figures() if f["stands"] == "used" and f["percent"] > 0]
    vote = held.day.toordinal()
    for week in range(WEEKS, 0, -1):
        origin = vote - 7 * week
        known = [f for f in figures if f["fieldwork_end"].toordinal() <= origin]
        ahead = [
            f
            for f in figures
            if origin < f["fieldwork_end"].toordinal() <= origin + 7 and f["candidate_id"] in held.results
        ]
        yield origin, known, ahead


def model(known: Sequence[Row], ahead: Sequence[Row]) -> list[Forecast]:
    """Forecast by `rules.poll_model`."""
    rows = [f | {"used": at < len(known)} for at, f in enumerate([*known, *ahead])]
    for row in rows:
        row["day"] = row["fieldwork_end"].toordinal()
        row["sampled"] = row["respondents"] or DEFAULT_SAMPLE
    block = block_of(rows)
    fit, forecasts = weighed(block)
    made: dict[str, Forecast] = {}
    for course, places, held in zip(fit.courses, block.places, forecasts, strict=True):
        share = expit(held.expected)
        sd = 100 * share * (1 - share) * np.sqrt(held.variance + held.noise)
        printed = held.mixture.with_noise(course.rounding)
        ends = 100 * expit(printed.quantiles(np.array(CHANCES)))
        crps = mixture_crps(printed, course.seen)
        for i, place in enumerate(places):
            made[rows[place]["row_id"]] = Forecast(100 * share[i], sd[i], tuple(ends[i]), crps[i])
    return [made[f["row_id"]] for f in ahead]


def mixture_crps(mixture: Mixture, seen: Floats) -> Floats:
    """Return the CRPS in points of mixtures on the logit scale: the integral of the squared error of their chances."""
    reach = mixture.quantiles(np.array([SURE, 1 - SURE]))
    total = np.zeros(seen.size)
    for low, high, is_above in (
        (np.minimum(reach[:, 0], seen), seen, False),
        (seen, np.maximum(reach[:, 1], seen), True),
    ):
        half = (high - low) / 2
        at = (high + low)[:, None] / 2 + half[:, None] * NODES
        share = expit(at)
        total += half * ((mixture.below(at) - is_above) ** 2 * 100 * share * (1 - share) * WEIGHTS).sum(axis=1)
    return total


def normal(mean: float, sd: float, seen: float) -> Forecast:
    """Return a normal forecast of the figure `seen`, all in points."""
    z = (seen - mean) / sd
    crps = sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    return Forecast(mean, sd, tuple(mean + sd * float(norm.ppf(chance)) for chance in CHANCES), float(crps))


def naive(known: Sequence[Row], ahead: Sequence[Row]) -> list[Forecast]:
    """Forecast the last figure of any house, with the margin of error that is printed beside polls."""
    return [_last(known, f, of_house=False) for f in ahead]


def per_house(known: Sequence[Row], ahead: Sequence[Row]) -> list[Forecast]:
    """Forecast the last figure of the same house, else of any, with the sampling variance of both."""
    return [_last(known, f, of_house=True) for f in ahead]


def loess(known: Sequence[Row], ahead: Sequence[Row]) -> list[Forecast]:
    """Forecast a line through the last 30 days, tricube weights, with the residuals' spread."""
    made = []
    for f in ahead:
        mine = [k for k in known if k["candidate_id"] == f["candidate_id"]]
        end = max(k["fieldwork_end"].toordinal() for k in mine)
        back = np.array([end - k["fieldwork_end"].toordinal() for k in mine], dtype=float)
        seen = np.array([k["percent"] for k in mine])
        weight = np.clip(1 - (back / LOESS_DAYS) ** 3, 0, None) ** 3
        if (weight > 0).sum() < 4:
            made.append(_last(known, f, of_house=False))
            continue
        line = np.polynomial.polynomial.polyfit(back, seen, 1, w=np.sqrt(weight))
        miss = seen - np.polynomial.polynomial.polyval(back, line)
        sd = max(0.2, float(np.sqrt((weight * miss**2).sum() / weight.sum())))
        made.append(normal(float(line[0]), sd, f["percent"]))
    return made


def _last(known: Sequence[Row], figure: Row, *, of_house: bool) -> Forecast:
    mine = [k for k in known if k["candidate_id"] == figure["candidate_id"]]
    same = [k for k in mine if k["house"] == figure["house"]] if of_house else []
    last = max(same or mine, key=lambda k: (k["time"], k["row_id"]))
    share = last["percent"] / 100
    sizes = (last["respondents"] or DEFAULT_SAMPLE, figure["respondents"] or DEFAULT_SAMPLE)
    variance = share * (1 - share) * (sum(1 / n for n in sizes) if of_house else 1 / sizes[1])
    return normal(last["percent"], 100 * float(np.sqrt(variance)), figure["percent"])


METHODS: Final[dict[str, Callable[[Sequence[Row], Sequence[Row]], list[Forecast]]]] = {
    "vigie": model, "naive": naive, "per house": per_house, "loess": loess,
}  # fmt: skip


def score(made: Sequence[Forecast], ahead: Sequence[Row]) -> dict[str, float]:
    """Return how many, what share the 80 and 95 % intervals hold, CRPS, error and mean width of sd, in points."""
    mean, sd, ends, crps = (np.array(column) for column in zip(*made, strict=True))
    seen = np.array([f["percent"] for f in ahead])
    inside = [(ends[:, k] <= seen) & (seen <= ends[:, k + 1]) for k in (0, 2)]
    return {
        "n": len(ahead),
        "in_80": round(float(inside[0].mean()), 3),
        "in_95": round(float(inside[1].mean()), 3),
        "crps": round(float(crps.mean()), 3),
        "mae": round(float(np.abs(seen - mean).mean()), 3),
        "sd": round(float(sd.mean()), 3),
    }


def scores_of(year: int, methods: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the scores of some methods over one election's origins."""
    held = election(year)
    forecast: dict[str, list[Forecast]] = {name: [] for name in methods}
    scored: list[Row] = []
    for _, known, asked in weeks(held):
        before = {k["candidate_id"] for k in known}
        ahead = [f for f in asked if f["candidate_id"] in before]
        scored += ahead
        for name in methods:
            forecast[name] += METHODS[name](known, ahead) if ahead else []
    return {name: score(made, scored) for name, made in forecast.items()}


def floor_figures() -> dict[str, dict[str, float]]:
    """Return of each year how near the intervals come to what they promise, and one less the CRPS."""
    figures = {}
    for year in YEARS:
        made = scores_of(year, ["vigie"])["vigie"]
        figures[str(year)] = {
            "near_80": round(1 - abs(made["in_80"] - 0.8), 3),
            "near_95": round(1 - abs(made["in_95"] - 0.95), 3),
            "one_less_crps": round(1 - made["crps"], 3),
        }
    return figures


def main() -> None:
    """Print the table of each year, and write it to `out/polls_forecast.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, nargs="+", default=list(YEARS))
    years = parser.parse_args().years
    report = {str(year): scores_of(year, list(METHODS)) for year in years}
    for year, methods in report.items():
        for name, figures in methods.items():
            print(f"{year} {name:10} " + "  ".join(f"{key} {value:g}" for key, value in figures.items()))
    OUT.mkdir(exist_ok=True)
    (OUT / "polls_forecast.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
