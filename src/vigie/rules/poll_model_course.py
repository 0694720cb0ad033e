"""From a block's figures to the arrays of the filter: one course per candidate.

A figure's noise on the logit scale is reckoned with the mean of the candidate's few used figures before it, so that it
does not depend on what comes later nor on the figure itself. Shares are kept half a rounding step away from none and
all. No sample counts as more than `PERSONS_MAX` persons.

Fields. What a field of candidates adds to a candidate's level is a state of its own, begun when the field is first put:
as that of the most similar field known, plus what its difference would add if those who are missing gave their voters
to all in proportion, with a standard deviation of `FIELD_SPREAD` times that. At most `FIELDS_MAX` fields are
remembered; the one not used for longest is forgotten first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vigie.kernels.poll_filter import Course

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Row = dict[str, Any]

VOTING: Final = "voting_intention"
LOCAL_FIGURES: Final = 5
FIELDS_MAX: Final = 8
PERSONS_MAX: Final = 1000.0  # beyond it errors that no sample shrinks weigh more
FIELD_SPREAD: Final = 1.5
NEW_SHARE: Final = 0.02  # of a candidate of whom nothing is known
_AWAY_MAX: Final = 0.5


@dataclass(frozen=True, slots=True)
class Block:
    """The courses of a block's candidates, in ascending order of their ids.

    ids: candidate of each course. places: which of the rows given each course's figures are, in their order. ranks:
    the number of scenarios before each figure's own: what is earlier. days: of each scenario, in their order; is_used:
    whether it has a figure that is. houses: ids of the houses of used figures, in the order of the house states from 1;
    none where figures of one house stand alone. fields: of each course, the state of each field remembered at the end,
    -1 for the first one used.
    """

    ids: tuple[str, ...]
    courses: tuple[Course, ...]
    places: tuple[NDArray[np.int64], ...]
    ranks: tuple[NDArray[np.int64], ...]
    days: NDArray[np.float64]
    is_used: NDArray[np.bool_]
    houses: tuple[str, ...]
    fields: tuple[dict[str, int], ...]


def block_of(rows: Sequence[Row]) -> Block:
    """Return the block of `rows`, whose order does not matter.

    They have candidate_id, scenario, time, row_id, house, field, question, percent, step and new_share as in the table
    `poll_figures`, `day` (counted from any), `sampled` (persons that sampling is reckoned with) and `used`.
    """
    order = sorted(range(len(rows)), key=lambda i: (rows[i]["time"], rows[i]["row_id"]))
    first: dict[str, int] = {}
    days: dict[str, int] = {}
    for i in order:
        first.setdefault(rows[i]["scenario"], len(first))
        days.setdefault(rows[i]["scenario"], rows[i]["day"])
    used = {rows[i]["scenario"] for i in order if rows[i]["used"]}
    is_shared = any(rows[i]["question"] == VOTING for i in order)
    houses = tuple(dict.fromkeys(rows[i]["house"] for i in order if rows[i]["used"])) if is_shared else ()
    shares = _shares_before([rows[i] for i in order], first)
    by_candidate: dict[str, list[int]] = {}
    for i in order:
        by_candidate.setdefault(rows[i]["candidate_id"], []).append(i)
    ids = tuple(sorted(by_candidate))
    made = [
        _course(
            [rows[i] for i in by_candidate[c]],
            houses if is_shared else None,
            [shares[rows[i]["scenario"]] for i in by_candidate[c]],
        )
        for c in ids
    ]
    return Block(
        ids=ids,
        courses=tuple(course for course, _ in made),
        places=tuple(np.array(by_candidate[c], dtype=np.int64) for c in ids),
        ranks=tuple(np.array([first[rows[i]["scenario"]] for i in by_candidate[c]], dtype=np.int64) for c in ids),
        days=np.array([float(day) for day in days.values()]),
        is_used=np.array([scenario in used for scenario in first]),
        houses=houses,
        fields=tuple(fields for _, fields in made),
    )


def logit(share: float) -> float:
    """Return the log odds of a share between none and all."""
    return math.log(share / (1 - share))


def _shares_before(rows: Sequence[Row], first: dict[str, int]) -> dict[str, dict[str, float]]:
    """Return, for each scenario, the last used share of each candidate in the scenarios before it."""
    scenarios: list[list[Row]] = [[] for _ in first]
    for row in rows:
        scenarios[first[row["scenario"]]].append(row)
    known: dict[str, float] = {}
    before = {}
    for group in scenarios:
        before[group[0]["scenario"]] = known
        fresh = {row["candidate_id"]: _share(row) for row in group if row["used"]}
        if fresh:
            known = known | fresh
    return before


def _share(row: Row) -> float:
    half = row["step"] / 200
    return float(min(max(row["percent"] / 100, half), 1 - half))


def _course(
    rows: Sequence[Row], known_houses: tuple[str, ...] | None, before: Sequence[dict[str, float]]
) -> tuple[Course, dict[str, int]]:
    n = len(rows)
    houses = known_houses or ()
    state = {house: 1 + i for i, house in enumerate(houses)}
    shares = [_share(row) for row in rows]
    local = np.empty(n)
    used: list[float] = []
    fields = _Fields(len(houses))
    loads = np.full((n, 2), -1, dtype=np.int64)
    for i, row in enumerate(rows):
        recent = used[-LOCAL_FIGURES:] or [shares[i]]
        local[i] = sum(recent) / len(recent)
        if known_houses is not None:
            loads[i, 0] = state.get(row["house"], len(houses) + 1)
        loads[i, 1] = fields.load(i, row, local[i], before[i])
        if row["used"]:
            used.append(shares[i])
    spread = local * (1 - local)
    begun = next((row["day"] for row in rows if row["used"]), rows[-1]["day"])
    sampled = np.array([min(row["sampled"], PERSONS_MAX) for row in rows])
    step = np.array([row["step"] / 100 for row in rows])
    course = Course(
        seen=np.array([logit(share) for share in shares]),
        sampling=1 / (sampled * spread),
        rounding=step * step / 12 / (spread * spread),
        share=np.array([row["new_share"] if row["used"] else 0.0 for row in rows]),
        # The walk begins with the first figure that is used: of what was before it nothing is known.
        day=np.maximum([float(row["day"]) for row in rows], float(begun)),
        loads=loads,
        begins=np.array(fields.begins, dtype=np.int64).reshape(-1, 3),
        begin_mean=np.array([mean for mean, _ in fields.steps]),
        begin_variance=np.array([variance for _, variance in fields.steps]),
        jump=np.zeros(n),
        houses=len(houses),
        states=len(houses) + 2 + fields.states,
    )
    return course, ({fields.base: -1} if fields.base is not None else {}) | fields.held


class _Fields:
    """The states of a course's fields, as its figures come one after another.

    The first field used has none: it is the base. One state more is kept for fields whose figures change nothing.
    """

    def __init__(self, houses: int) -> None:
        self.begins: list[tuple[int, int, int]] = []
        self.steps: list[tuple[float, float]] = []
        self.base: str | None = None
        self.held: dict[str, int] = {}  # field -> state, the one used last at the end
        self.stranger = houses + 2
        self.states = 0

    def load(self, i: int, row: Row, local: float, shares: dict[str, float]) -> int:
        """Return the state that figure `i` loads, after beginning it where it is new; -1 for none."""
        field = row["field"]
        if self.base is None and row["used"]:
            self.base = field
        if self.base is None or field == self.base:
            return -1
        if field in self.held:
            state = self.held.pop(field) if row["used"] else self.held[field]
            if row["used"]:
                self.held[field] = state
            return state
        parent, step = self._nearest(field, row["candidate_id"], local, shares)
        if not row["used"]:
            state = self.stranger
            self.states = max(self.states, 1)
        elif len(self.held) < FIELDS_MAX:
            state = self.stranger + 1 + len(self.held)
            self.states = max(self.states, 2 + len(self.held))
        else:
            state = self.held.pop(next(iter(self.held)))
            if parent == state:
                parent, step = self._nearest(field, row["candidate_id"], local, shares)
        if row["used"]:
            self.held[field] = state
        self.begins.append((i, state, parent))
        self.steps.append(step)
        return state

    def _nearest(
        self, field: str, candidate: str, local: float, shares: dict[str, float]
    ) -> tuple[int, tuple[float, float]]:
        """Return the state of the most similar field, and mean and variance of what the difference adds."""
        known = [(self.base or "", -1), *self.held.items()]
        steps = [(_apart(old, field, candidate, local, shares), state) for old, state in known]
        (_, *step), state = min(reversed(steps), key=lambda s: s[0][0])
        return state, (step[0], step[1])


def _apart(old: str, new: str, candidate: str, local: float, shares: dict[str, float]) -> tuple[float, float, float]:
    """Return how far two fields are apart (share of those who differ), and mean and variance of what that adds."""
    before, after = (set(field.split("+")) - {candidate, ""} for field in (old, new))
    gone = {name: shares.get(name, NEW_SHARE) for name in before - after}
    strange = sorted(after - before - shares.keys())
    # Candidates never polled before take the place of those who are missing, where there are any.
    each = max(NEW_SHARE, sum(gone.values()) / len(strange)) if strange else 0.0
    come = {name: shares.get(name, each) for name in after - before}
    left, taken = (min(sum(x[n] for n in sorted(x)), _AWAY_MAX) for x in (gone, come))
    moved = min(local * (1 - taken) / (1 - left), (1 + local) / 2)
    variance = sum((s[n] / (1 - s[n]) / (1 - local)) ** 2 for s in (gone, come) for n in sorted(s))
    return left + taken, logit(moved) - logit(local), FIELD_SPREAD**2 * variance
