"""Steps of opinion in a block of polls: which are known, when they were, and how rarely quiet opinion looks like one.

For each candidate of a block, each possible day and each figure since, the forecast errors up to that figure are
projected on what a step on that day leaves in them (`vigie.kernels.poll_steps`). The settings of the filter are those
in force before the day, so a step has no part in the drift it is measured by. The threshold is the level that the
largest of all these statistics, of all candidates together, exceeds in a share `alarm_max` of simulated campaigns
without a step, drawn on the same figures. The draws are independent between candidates; shares are not, since one's
gain is another's loss; but for symmetric bounds dependence only makes the largest smaller (Royen 2014).

Once a step is known the level is forgotten where it was, and the search goes on behind the figure that made it known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import expit, logit

from vigie.kernels.poll_filter import Course, filtered
from vigie.kernels.poll_steps import Figures, Peaks, Steps, chosen, largest, peaks, signatures
from vigie.rules.poll_model_weights import DESIGNS, DRIFT_SDS, HOUSE_SDS
from vigie.rules.poll_settings import Search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vigie.rules.poll_model_course import Block

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# A step of opinion is put back into the filter as a jump of any size: one logit is 25 points at 50 %.
_FORGOTTEN: Final = 1.0
_SEED: Final = 20170129
_POWER_DAYS: Final = 10
_POWER_SHARE_MIN: Final = 0.05
_POWER_LEFT_MIN: Final = 0.005
# Fieldwork that takes longer tells no day of a step from another.
_FIELDWORK_DAYS_MAX: Final = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What counts as a shift: see `vigie.measures.poll_shifts.steps`."""

    alarm_max: float = 0.05
    points_min: float = 2.0
    window_days: float = 14.0
    support: float = 2.0
    campaigns: int = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One candidate's figures that say something new, n of them, seen through the filters in force.

    at: [n] which figures of the course. days: [d] possible days of a step, each the last of the days `since` to it that
    no figure tells apart. level: [d] as known before, on the logit scale. rise, fall: [d] the least step, in logits.
    """

    at: Ints
    figures: Figures
    since: Floats
    days: Floats
    scores: Floats
    setting: Ints
    steps: Steps
    level: Floats
    rise: Floats
    fall: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A step, as it was when it became known.

    last, known: positions in `Candidate.at` of the last figure before it, and of that which made it known. day: a day
    number. size, sd: of the step, in logits. level: before it, on the logit scale.
    """

    last: int
    known: int
    day: float
    size: float
    sd: float
    level: float
    statistic: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifts:
    """What was found in a block: the alarms of each course, and the quiet campaigns they are measured by, ascending."""

    alarms: tuple[tuple[Alarm, ...], ...]
    candidates: tuple[Candidate, ...]
    quiet: Floats
    threshold: float

    def p_value(self, statistic: float) -> float:
        """Return the share of quiet campaigns whose largest statistic reaches this one; never 0."""
        above = self.quiet.size - int(np.searchsorted(self.quiet, abs(statistic), side="left"))
        return (1 + above) / (1 + self.quiet.size)


def shifts(block: Block, start: Sequence[Floats], rule: Rule) -> Shifts:
    """Return the steps of every candidate; `start`: for each course the first day of interviews of each figure."""
    search = Search(block)
    houses_min = 2 if len(block.houses) > 1 else 1
    made = [
        seen_through(course, search.in_force(i), start[i], rule, houses_min) for i, course in enumerate(block.courses)
    ]
    quiet = quiet_largest(made, rule.campaigns)
    threshold = threshold_of(quiet, rule.alarm_max)
    alarms = []
    for i, course in enumerate(block.courses):
        candidate = made[i]
        found: list[Alarm] = []
        while (alarm := _next(candidate, found, threshold, rule)) is not None:
            found.append(alarm)
            jumped = _with_jumps(course, candidate, found)
            force = search.in_force(i, jumped, known=int(candidate.at[alarm.known]))
            candidate = seen_through(jumped, force, start[i], rule, houses_min)
        alarms.append(tuple(found))
    return Shifts(alarms=tuple(alarms), candidates=tuple(made), quiet=quiet, threshold=threshold)


def threshold_of(quiet: Floats, alarm_max: float) -> float:
    """Return the least statistic that at most `alarm_max` of the quiet campaigns, given ascending, reach."""
    allowed = int(alarm_max * quiet.size)
    if allowed >= quiet.size or not quiet.size:
        return 0.0
    return float(np.nextafter(quiet[quiet.size - 1 - allowed], math.inf))


def quiet_largest(candidates: Sequence[Candidate], campaigns: int) -> Floats:
    """Return, ascending, the largest statistic of each of so many campaigns without a step on the same figures."""
    top = np.zeros(campaigns)
    for i, c in enumerate(candidates):
        draws = np.random.default_rng([_SEED, i]).standard_normal((campaigns, c.at.size))
        top = np.maximum(top, largest(draws, c.steps, c.rise, c.fall))
    return np.sort(top)


def power(candidates: Sequence[Candidate], threshold: float, points: float, rule: Rule, *, trials: int = 400) -> float:
    """Return the share of simulated steps of so many points that are known, in their direction, within ten days.

    The steps are of candidates at 5 % or more, up and down, on any day that has figures on both sides of it and is no
    later than ten days before the last. NaN where there is no such day.
    """
    chance = np.random.default_rng([_SEED, 1000 + round(points)])
    places = [(c, d) for c in candidates for d in _steppable(c)]
    if not places:
        return math.nan
    found = 0
    for _ in range(trials):
        c, d = places[int(chance.integers(len(places)))]
        before = float(expit(c.level[d]))
        sign = 1.0 if before - points / 100 < _POWER_LEFT_MIN or chance.random() < 1 / 2 else -1.0
        size = float(logit(min(before + sign * points / 100, 0.99)) - c.level[d])
        scores = chance.standard_normal(c.at.size)
        first = c.steps.first[d]
        touched = min(c.steps.signature.shape[1], c.at.size - first)
        scores[first : first + touched] += size * c.steps.signature[d, :touched]
        top = _peaks(c, scores[None, :], np.zeros_like(c.setting), threshold, rule)
        soon = (c.figures.end >= c.days[d]) & (c.figures.end < c.days[d] + _POWER_DAYS)
        found += bool((soon & (top.statistic * sign >= threshold)).any())
    return found / trials


def _steppable(c: Candidate) -> list[int]:
    if not c.at.size:
        return []
    last = c.figures.end[-1]
    able = (c.steps.scale.max(axis=1, initial=0.0) > 0) & (c.days + _POWER_DAYS <= last + 1)
    return [int(d) for d in np.flatnonzero(able & (expit(c.level) >= _POWER_SHARE_MIN))]


def seen_through(course: Course, force: Ints, start: Floats, rule: Rule, houses_min: int) -> Candidate:
    """Return a course seen through the filters in force; `force`: [n, 3] places of the settings in their grids."""
    at = np.flatnonzero(course.share > 0)
    end = course.day[at]
    figures = Figures(np.minimum(start[at], end), end, np.maximum(course.loads[at, 0], 0))
    days, since = _days(figures)
    settings, setting = np.unique(force[at], axis=0, return_inverse=True)
    setting = setting.reshape(-1)
    begins = course.begins.copy()
    begins[:, 0] = np.searchsorted(at, begins[:, 0])
    scores, every, levels = [], [], []
    for design, house_sd, drift in settings:
        seen = filtered(course, design=DESIGNS[design], house_sd=HOUSE_SDS[house_sd], drift=DRIFT_SDS[drift] ** 2)
        total = (seen.spread + seen.noise / np.where(course.share > 0, course.share, 1.0))[at]
        scores.append((course.seen - seen.expected)[at] / np.sqrt(total))
        levels.append(seen.then_mean[at])
        steps = signatures(
            figures, days, gains=seen.gains[at], loads=course.loads[at], begins=begins, total=total,
            window_days=rule.window_days, figures_min=houses_min, houses_min=houses_min,
        )  # fmt: skip
        every.append(steps)
    if not at.size:
        none = np.zeros(0)
        empty = Steps(np.zeros(0, np.int64), *(np.zeros((0, 1)) for _ in range(3)))
        return Candidate(
            at=at, figures=figures, since=none, days=none, scores=np.zeros((1, 0)), setting=np.zeros(0, np.int64),
            steps=empty, level=none, rise=none, fall=none,
        )  # fmt: skip
    chosen_setting = setting[every[0].first]
    before = np.maximum(every[0].first - 1, 0)
    level = np.stack(levels)[chosen_setting, before]
    p, least = expit(level), rule.points_min / 100
    rise = np.where(p + least < 1, logit(np.clip(p + least, 1e-9, 1 - 1e-9)) - level, np.inf)
    fall = np.where(p - least > 0, level - logit(np.clip(p - least, 1e-9, 1 - 1e-9)), np.inf)
    return Candidate(
        at=at, figures=figures, since=since, days=days, scores=np.stack(scores), setting=chosen_setting,
        steps=chosen(every, chosen_setting), level=level, rise=rise, fall=fall,
    )  # fmt: skip


def _days(figures: Figures) -> tuple[Floats, Floats]:
    """Return the days on which somebody was asked, and for each the first day that no figure tells from it."""
    asked = {d for s, e in zip(figures.start.tolist(), figures.end.tolist(), strict=True) for d in _range(s, e)}
    days = np.array(sorted(asked))
    return days, np.concatenate([days[:1], days[:-1] + 1])


def _range(start: float, end: float) -> list[float]:
    return [start + i for i in range(int(end - start) + 1)] if end - start < _FIELDWORK_DAYS_MAX else [end]


def _peaks(c: Candidate, scores: Floats, setting: Ints, threshold: float, rule: Rule) -> Peaks:
    return peaks(
        scores, setting, c.steps,
        rise=c.rise, fall=c.fall, house=c.figures.house, threshold=threshold, support=rule.support,
    )  # fmt: skip


def _next(c: Candidate, found: Sequence[Alarm], threshold: float, rule: Rule) -> Alarm | None:
    """Return the next step that is known, whose day lies behind the figure that made the last one known."""
    after = c.figures.end[found[-1].known] if found else -math.inf
    free = replace(c, rise=np.where(c.days > after, c.rise, np.inf), fall=np.where(c.days > after, c.fall, np.inf))
    top = _peaks(free, c.scores, c.setting, threshold, rule)
    known = np.flatnonzero(np.abs(top.statistic) >= threshold)
    if not known.size:
        return None
    t = int(known[0])
    d = int(top.step[t])
    weight = c.steps.weight[d, t - c.steps.first[d]]
    return Alarm(
        last=int(c.steps.first[d]) - 1,
        known=t,
        day=float((c.since[d] + c.days[d]) // 2),
        size=float(top.statistic[t] / math.sqrt(weight)),
        sd=float(1 / math.sqrt(weight)),
        level=float(c.level[d]),
        statistic=float(top.statistic[t]),
    )


def _with_jumps(course: Course, c: Candidate, found: Sequence[Alarm]) -> Course:
    jump = course.jump.copy()
    for alarm in found:
        # A figure whose interviews the step cuts shows a part of it: the level is left free until one shows all.
        for t in range(alarm.last + 1, c.at.size):
            jump[c.at[t]] += _FORGOTTEN
            if c.figures.start[t] >= alarm.day:
                break
    return course._replace(jump=jump)
