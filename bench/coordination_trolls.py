"""A known operation among ordinary politicians: which accounts the shares of objects tell apart, kind by kind.

    python -m bench.coordination_trolls [--data DATA]

The operation is the Internet Research Agency's, as Twitter named its accounts to the US Congress (`ira-trolls`, two
panels of its part for developers); the others are politicians (`organic-controls`, likewise). Two mixtures:

`as they are`: the politicians in their own years. That flatters: topic, language and period differ.
`same period`: the panel of early 2017 with politicians of early 2017, and the candidates of 2022 moved back by 260
weeks, so that hours and days of the week are kept. Topic and language still differ.

All times are cut to the minute, as the operation's are; otherwise the seconds would tell them apart. What a retweet of
the operation repeats is not in the data: two repeat the same tweet where their texts are equal.

An account's score is made of its pairs' p-values, of one kind of object or of all: the least, or the sum of the
negative logarithms; or, without a null model, the objects it shared in pairs, added up. Which score, which window and
how many objects a pair needs is chosen on half of the accounts, by a hash of their names; what is printed is for the
other half. AUROC has its 95 % interval from resampled accounts. Recall is that at no false positive: 1 % of so few
politicians is none.

Then all accounts with the default settings, and with longer windows: how many are in a pair with q <= 0.05.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from bench._coordination import Q, in_pairs, logs_of, pairs, q_values
from bench._measure import OUT
from bench._posts import CONTROLS, PANELS, corpus_hash, in_minutes, moved, posts_of, trolls
from bench.coordination_controls import DEFAULTS, WINDOWS
from vigie.measures import measured, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bench._coordination import Log
    from bench._posts import Row
    from vigie.kernels.co_shared import CoShared

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

FACTORS: Final = (1, 10, 60)  # of the default windows
LEASTS: Final = (1, 2)
SCORES: Final = ("least p", "sum of log p", "objects")
WEEKS: Final = -260
PERIOD: Final = ("2017-01-15", "2017-05-15")
_TINY: Final = 1e-300
_RESAMPLES: Final = 1000


class Setting(NamedTuple):
    """How accounts are scored."""

    factor: int
    least: int
    score: str


FLOOR: Final = Setting(60, 1, "least p")


class Mixture(NamedTuple):
    """Accounts, sorted; which are the operation's; which half each is in; shares by kind."""

    channels: NDArray[Any]
    bad: Bools
    sealed: Bools
    logs: dict[str, Log]


def mixture(operation: list[Row], politicians: list[Row]) -> Mixture:
    """Return the accounts of both, whose posts go through a case."""
    shares = measured(named("shares"), {"posts": posts_of(in_minutes([*operation, *politicians]))})
    bad = {f"x:{row['channel_id']}" for row in operation}
    every = bad | {f"x:{row['channel_id']}" for row in politicians}
    channels = np.array(sorted(every), str)
    return Mixture(
        channels,
        np.array([name in bad for name in channels.tolist()]),
        np.array([hashlib.sha256(name.encode()).digest()[0] % 2 == 1 for name in channels.tolist()]),
        logs_of(shares, channels),
    )


def as_they_are(data: Path) -> Mixture:
    """Return both panels among the politicians in their own years."""
    return mixture(trolls(data), list(itertools.chain(*(read(data) for read in CONTROLS.values()))))


def same_period(data: Path) -> Mixture:
    """Return the panel of early 2017 among politicians of that time, or moved to it."""
    politicians = [
        *CONTROLS["debates 2017"](data),
        *moved(CONTROLS["presidents"](data), 0, *PERIOD),
        *moved(CONTROLS["candidates 2022"](data), WEEKS, *PERIOD),
    ]
    return mixture(trolls(data, PANELS[1:]), politicians)


MIXTURES: Final = {"as they are": as_they_are, "same period": same_period}


def found_with(mixed: Mixture, factor: int, least: int) -> dict[str, CoShared]:
    """Return the pairs of each kind of object, with that many times the default windows."""
    count = len(mixed.channels)
    return {kind: pairs(log, WINDOWS[kind] * factor, count, least=least) for kind, log in mixed.logs.items()}


def scores(found: Mapping[str, CoShared], score: str, count: int) -> Floats:
    """Return each account's score over kinds: larger where it is less likely by chance."""
    made = np.zeros(count)
    for one in found.values():
        weight = one.objects.astype(np.float64) if score == "objects" else -np.log10(np.maximum(one.p_values, _TINY))
        for side in (one.first, one.second):
            if score == "least p":
                np.maximum.at(made, side, weight)
            else:
                np.add.at(made, side, weight)
    return made


def auroc(values: Floats, bad: Bools) -> float:
    """Return the chance that one of the operation has the larger score than another account, ties counting half.

    >>> auroc(np.array([3.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False]))
    0.875
    """
    good = np.sort(values[~bad])
    below, upto = np.searchsorted(good, values[bad]), np.searchsorted(good, values[bad], side="right")
    return float((below + upto).mean() / 2 / len(good))


def interval(values: Floats, bad: Bools) -> tuple[float, float]:
    """Return the 95 % interval of the AUROC over resampled accounts of both."""
    draw = np.random.default_rng(7)
    ones, others = np.flatnonzero(bad), np.flatnonzero(~bad)
    labels = np.repeat([True, False], [len(ones), len(others)])
    made = [
        auroc(values[np.concatenate([draw.choice(ones, len(ones)), draw.choice(others, len(others))])], labels)
        for _ in range(_RESAMPLES)
    ]
    low, high = np.quantile(made, (0.025, 0.975))
    return float(low), float(high)


def recall(values: Floats, bad: Bools, false_share: float = 0.01) -> float:
    """Return the share of the operation's accounts above the score that `false_share` of the others may exceed.

    >>> recall(np.array([3.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False]))
    0.5
    """
    others = np.sort(values[~bad])[::-1]
    return float((values[bad] > others[int(false_share * len(others))]).mean())


def evaluated(
    mixed: Mixture, settings: Mapping[Setting, dict[str, CoShared]], kinds: tuple[str, ...]
) -> dict[str, Any]:
    """Choose a setting for `kinds` on one half, and return what it is worth on the other."""
    count, half, sealed = len(mixed.channels), ~mixed.sealed, mixed.sealed
    chosen, best, best_values = None, -1.0, np.zeros(count)
    for setting, found in settings.items():
        values = scores({k: found[k] for k in kinds if k in found}, setting.score, count)
        worth = auroc(values[half], mixed.bad[half])
        if worth > best:
            chosen, best, best_values = setting, worth, values
    assert chosen is not None
    values, bad = best_values[sealed], mixed.bad[sealed]
    return {
        **chosen._asdict(),
        "auroc, choosing half": best,
        "auroc": auroc(values, bad),
        "interval": interval(values, bad),
        "recall": recall(values, bad),
        "scored": float((values[bad] > 0).mean()),
        "others scored": float((values[~bad] > 0).mean()),
        "accounts": int(bad.sum()),
        "others": int((~bad).sum()),
    }


def by_default(mixed: Mixture, found: Mapping[str, CoShared]) -> dict[str, Any]:
    """Return who is in a pair with q <= 0.05, of all accounts, with the default windows and kinds."""
    count = len(mixed.channels)
    valid = {kind: q <= Q for kind, q in q_values(found).items()}
    within = {kind: in_pairs(found[kind], valid[kind], count) for kind in found}
    anyone = np.any(list(within.values()), axis=0)
    edges = sum(int(v.sum()) for v in valid.values())
    right = sum(int((mixed.bad[f.first] & mixed.bad[f.second] & valid[k]).sum()) for k, f in found.items())
    return {
        "operation in pairs": int((anyone & mixed.bad).sum()),
        "operation": int(mixed.bad.sum()),
        "others in pairs": int((anyone & ~mixed.bad).sum()),
        "others": int((~mixed.bad).sum()),
        "edges": edges,
        "edges within the operation": right,
        "operation in pairs, by kind": {k: int((w & mixed.bad).sum()) for k, w in within.items() if w.any()},
        "tests": sum(f.tests for f in found.values()),
    }


def report(name: str, mixed: Mixture) -> dict[str, Any]:
    """Print and return all figures of one mixture."""
    settings: dict[Setting, dict[str, CoShared]] = {}
    for factor, least in itertools.product(FACTORS, LEASTS):
        found = found_with(mixed, factor, least)
        for score in SCORES:
            settings[Setting(factor, least, score)] = found
    kinds = tuple(settings[Setting(1, 1, SCORES[0])])
    made: dict[str, Any] = {kind: evaluated(mixed, settings, (kind,)) for kind in kinds}
    made["combined"] = evaluated(mixed, settings, kinds)
    plain = {setting: found for setting, found in settings.items() if setting.score == "objects"}
    made["combined, without a null model"] = evaluated(mixed, plain, kinds)
    for kind, row in made.items():
        low, high = row["interval"]
        print(
            f"{name}, {kind}: AUROC {row['auroc']:.3f} ({low:.3f} to {high:.3f}), recall {row['recall']:.3f} of "
            f"{row['accounts']} at no false positive of {row['others']}; in pairs at all {row['scored']:.3f}, others "
            f"{row['others scored']:.3f}; chosen: {row['score']}, windows x {row['factor']}, at least {row['least']} "
            f"(AUROC {row['auroc, choosing half']:.3f})",
            flush=True,
        )
    for factor in FACTORS:
        usual = settings[Setting(factor, 2, SCORES[0])]
        said = "default settings" if factor == 1 else f"windows x {factor}"
        made[said] = by_default(mixed, {k: f for k, f in usual.items() if k in DEFAULTS})
        print(f"{name}, {said}: {json.dumps(made[said])}", flush=True)
    return made


def floor_figures(data: Path) -> tuple[str, dict[str, dict[str, float]]]:
    """Return the corpus' hash, and what one setting is worth in the mixture of one period, on the sealed half."""
    mixed = same_period(data)
    count, sealed, bad = len(mixed.channels), mixed.sealed, mixed.bad[mixed.sealed]
    wide = found_with(mixed, FLOOR.factor, FLOOR.least)
    figures = {}
    for name, kinds in (("combined", tuple(wide)), ("repost", ("repost",))):
        values = scores({k: wide[k] for k in kinds}, FLOOR.score, count)[sealed]
        figures[name] = {"auroc": auroc(values, bad), "recall": recall(values, bad)}
    usual = by_default(mixed, {k: f for k, f in found_with(mixed, 1, 2).items() if k in DEFAULTS})
    figures["q <= 0.05"] = {
        "recall": usual["operation in pairs"] / usual["operation"],
        "politicians_in_no_pair": 1 - usual["others in pairs"] / usual["others"],
    }
    folders = (data / "organic-controls/dev", data / "ira-trolls/dev")
    return corpus_hash(path for folder in folders for path in folder.glob("*.csv.gz")), figures


def main() -> None:
    """Print the figures and write `out/coordination_trolls.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[1].parent / "shared" / "data")
    given = parser.parse_args()
    made = {name: report(name, make(given.data)) for name, make in MIXTURES.items()}
    OUT.mkdir(exist_ok=True)
    path = OUT / "coordination_trolls.json"
    path.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
