"""Poll herding: polls of one week that lie closer to one another than samples of their sizes would.

What it measures
    Weeks counted back from the vote (`vigie.measures.poll_spread`): the last poll of each house on the field of
    candidates that most asked about. The value is the ratio of their scatter to that of simple random samples of the
    same sizes, rounded alike, from one electorate: 1 is expected, `p_value` is the share of simulated weeks with a
    scatter as small, multiplied by the number of weeks and rounds compared. Reported is what stays at most `p_max`. The
    interval of the value is that of a variance whose degrees of freedom the simulations have.
What it cannot say
    That anybody looked at the others' figures: this is a flag and never an accusation. Quotas and weighting on past
    votes shrink the scatter of honest polls below that of simple samples, too, and no published figure tells how far.
    Nor that a week that is not reported is clean: leans of the houses, and change within the week, add scatter and
    hide agreement; so does an export that gives whole samples in place of those who answered. All houses of the week
    are the subject, those that never looked included.
Sources
    Clinton, Rogers 2013, Robo-polls: taking cues from traditional sources?; Whiteley 2016, Why did the polls get it
    wrong in 2015? (herding); Sturgis et al. 2016, inquiry into the 2015 British polls, chapter on herding; AAPOR,
    statement on herding.

>>> from vigie.measures import measured
>>> from vigie.testing import polls
>>> alike = polls(*(f"{h} 2017-04-2{n % 3} 1000 {c} {p}" for n, h in enumerate(["A", "B", "C", "D", "E", "F"])
...     for c, p in (("x", 24), ("y", 22), ("z", 19))), question="voting_intention")
>>> found = poll_herding(measured(MEASURE, {"polls": alike}))
>>> found["title"].to_pylist()
['6 houses, 2017-04-16 to 2017-04-22: figures scatter 0.00 times as far as samples of their sizes would']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import pyarrow as pa
from scipy import special

from vigie.detectors import Detector
from vigie.measures.poll_spread import MEASURE
from vigie.parameters import Bounds
from vigie.tables import FOUND

if TYPE_CHECKING:
    Row = dict[str, Any]


def poll_herding(measured: pa.Table, *, p_max: Annotated[float, Bounds(1e-6, 0.5)] = 0.05) -> pa.Table:
    """Report the weeks whose p-value, times the number of weeks compared, is at most `p_max`."""
    weeks = measured.to_pylist()
    findings = [_finding(week, len(weeks)) for week in weeks if week["p_value"] * len(weeks) <= p_max]
    findings.sort(key=lambda f: (f["subject_ids"], f["first_seen"], f["title"]))
    return pa.Table.from_pylist(findings, schema=FOUND)


def _finding(week: Row, weeks: int) -> Row:
    low, high = interval(week["ratio"], week["freedom"])
    round_ = f", round {week['round']}" if week["round"] else ""
    return {
        "title": f"{len(week['houses'])} houses{round_}, {week['first_day']} to {week['last_day']}: figures scatter "
        f"{week['ratio']:.2f} times as far as samples of their sizes would",
        "subject_ids": week["houses"],
        "first_seen": week["first_time"],
        "last_seen": week["last_time"],
        "value": week["ratio"],
        "low": low,
        "high": high,
        "expected": 1.0,
        "p_value": min(1.0, week["p_value"] * weeks),
        "evidence_ids": week["row_ids"],
    }


def interval(ratio: float, freedom: float) -> tuple[float, float]:
    """Return the 95 % interval of a ratio of variances whose numerator has `freedom` degrees of freedom.

    >>> [round(end, 2) for end in interval(1.0, 30.0)]
    [0.64, 1.79]
    """
    low, high = (2 * float(special.gammaincinv(freedom / 2, share)) for share in (0.975, 0.025))
    return ratio * freedom / low, ratio * freedom / high


DETECTOR: Final = Detector(
    run=poll_herding,
    reads=MEASURE,
    subject="pollster",
    measure="scatter of a week's polls, as a ratio to that of random samples of their sizes",
    unit="ratio",
    spoofable=2,
)
