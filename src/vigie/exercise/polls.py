"""Polls: the real favourability figures of February 2017, and simulated voting intentions with a planted shift."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from vigie.exercise.draws import Lines, rng
from vigie.exercise.world import CANDIDATES, day_s

if TYPE_CHECKING:
    from pathlib import Path

    from vigie.exercise.truth import Truth

COLUMNS: Final = (
    "pollster", "sponsor", "fieldwork_start", "fieldwork_end", "sample_size", "population", "question", "round",
    "hypothesis", "candidate", "percent",
)  # fmt: skip

# Ipsos for Le Point, favourable opinions: (fieldwork start, end, candidate, per cent). The day of the January wave is
# not established: the last day of the month stands for it. README.txt names the source of each figure.
REAL: Final = (
    ("", "2017-01-31", "François Fillon", 43),
    ("2017-02-10", "2017-02-11", "Emmanuel Macron", 39),
    ("2017-02-10", "2017-02-11", "Benoît Hamon", 38),
    ("2017-02-10", "2017-02-11", "Marine Le Pen", 26),
    ("2017-02-10", "2017-02-11", "François Fillon", 25),
)

# Invented levels in per cent, in the order of the case file, and invented houses with their constant lean in points.
LEVELS: Final = (5.0, 22.0, 23.0, 9.0, 1.0, 1.5, 0.5, 1.0, 15.0, 1.0, 21.0)
HOUSES: Final = (
    ("Institut fictif (simulé)", "La Gazette simulée", 1_000, 0.6),
    ("Sondages Exemple (simulé)", "Radio Exemple", 1_500, -0.5),
    ("Opinion imaginaire (simulé)", "Le Courrier imaginaire", 950, 0.3),
    ("Baromètre d'essai (simulé)", "L'Écho fictif", 2_000, -0.2),
    ("Mesure factice (simulé)", "Le Quotidien factice", 1_200, 0.0),
)
FIRST_POLL: Final = date(2017, 3, 1)
LAST_POLL: Final = date(2017, 4, 21)  # none may be published on the eve and the day of the vote
SHIFTED: Final = "dupont-aignan"
SHIFT_DAY: Final = date(2017, 4, 5)
SHIFT_POINTS: Final = 6.0
SHIFT_WINDOW_DAYS: Final = 7
NOISY_DAY: Final = date(2017, 3, 22)
NOISY_SAMPLE: Final = 220
NOISY_POINTS: Final = 4.5
NOISY: Final = "lassalle"

_PART: Final = 6


def write(exports: Path, truth: Truth, *, seed: int) -> list[Path]:
    """Write `exports`/polls: the real figures in one file, the simulated ones in another; return both."""
    paths = [exports / "polls" / f"polls-{name}.csv" for name in ("favourability-ipsos-lepoint", "simulated")]
    real = truth.declare(
        "polls-fillon-fall", "real", "poll_shift", "François Fillon's favourable opinions fall by 18 points, 43 to 25",
        "Ipsos for Le Point, January to February 2017; two waves of one house, sample sizes not established",
    )  # fmt: skip
    with Lines(paths[0]) as out:
        out.write(_line(COLUMNS))
        for start, end, name, percent in REAL:
            cells = ("Ipsos", "Le Point", start, end, "", "18 years and older", "favourability", "", "", name, percent)
            record = out.write(_line(cells))
            if name == "François Fillon":
                truth.row(real, out.name, record, _noon(date.fromisoformat(end)), "fillon")
    _write_simulated(paths[1], truth, rng(seed, _PART))
    return paths


def _write_simulated(path: Path, truth: Truth, draw: np.random.Generator) -> None:
    names = {ident: name for ident, name, _ in CANDIDATES}
    shift = truth.declare(
        "polls-planted-shift", "planted", "poll_shift",
        f"Simulated voting intentions for {names[SHIFTED]} jump by {SHIFT_POINTS:g} points with every house",
        f"on {SHIFT_DAY}; rows.csv holds the candidate's figures of {SHIFT_WINDOW_DAYS} days on either side",
    )  # fmt: skip
    noisy = truth.declare(
        "polls-small-sample",
        "look_alike",
        "poll_shift",
        f"One poll of {NOISY_SAMPLE} persons lies {NOISY_POINTS:g} points off",
    )
    idents = [ident for ident, *_ in CANDIDATES]
    with Lines(path) as out:
        out.write(_line(COLUMNS))
        day, number = FIRST_POLL, 0
        while day <= LAST_POLL:
            house, sponsor, sample, lean = HOUSES[number % len(HOUSES)]
            levels = np.array(LEVELS)
            levels[idents.index("macron")] += lean
            levels[idents.index("le-pen")] -= lean
            small = day == NOISY_DAY
            if day >= SHIFT_DAY:
                levels[idents.index(SHIFTED)] += SHIFT_POINTS
            if small:
                sample, levels[idents.index(NOISY)] = NOISY_SAMPLE, levels[idents.index(NOISY)] + NOISY_POINTS
            answered = draw.multinomial(sample, levels / levels.sum())
            start = day - timedelta(days=2)
            for ident, count in zip(idents, answered.tolist(), strict=True):
                percent = round(200 * count / sample) / 2
                who = "certain to vote"
                cells = (house, sponsor, start, day, sample, who, "voting_intention", 1, "", names[ident], percent)
                record = out.write(_line(cells))
                if ident == SHIFTED and abs((day - SHIFT_DAY).days) <= SHIFT_WINDOW_DAYS:
                    truth.row(shift, out.name, record, _noon(day), ident)
                if small and ident == NOISY:
                    truth.row(noisy, out.name, record, _noon(day), ident)
            number += 1
            day += timedelta(days=1)


def _noon(day: date) -> float:
    return day_s(day.month, day.day, 12)


def _line(cells: tuple[object, ...]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
