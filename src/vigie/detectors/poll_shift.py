"""Poll shift: steps of opinion that the polls of several houses show, with a stated rate of false alarms.

What it measures
    Whether a candidate's level in one question and round changed by more than its usual drift (`poll_shifts`). A step
    on a day leaves a known trace in the errors of the forecasts of later figures; the errors are compared with that
    trace, for every day and candidate, with the settings known before the day. Reported is a step of `points_min` and
    more points whose statistic exceeds the largest one, over all days and all candidates of the block, that all but
    `alarm_max` of simulated campaigns without a step have on the very same figures. Figures of two houses must agree,
    whichever one is left out, unless all figures of the question are of one house: there one figure is enough.
    The value is the step in points, with an interval for a step on that day, as it was known on the day it was found;
    under no step, 0 is expected. `p_value` is the share of quiet campaigns, all candidates together, that show as much.
What it cannot say
    Why opinion moved, or whether it did: a new wording or a new method of several houses looks the same. It does not
    see slow change, which is drift, nor a step much smaller than the power measured beside it allows: no alarm is no
    proof of calm. The rate is that of each question, round and second-round pair by itself (for opinions, of each
    house), if opinion drifts as the model has it; docs/poll-shifts.md has what it was in simulations. One candidate's
    gain is another's loss: several alarms of one day may be one event. A step that was found is a little overstated,
    since one that came out too small was not found: its interval holds it in some 80 to 90 % of cases, not in 95. A
    coincidence in time with anything else is no effect.
Sources
    Willsky and Jones 1976 (generalised likelihood ratio of jumps); Harvey 1989 (local level); Jackman 2005 (pooling
    polls); Royen 2014 (Gaussian correlation inequality).

>>> from vigie.measures import measured
>>> from vigie.testing import polls
>>> waves = [f"Ipsos 2017-0{month}-{day} 970 {name} {percent}" for month, day, levels in
...     ((1, 14, (43, 38, 39)), (2, 11, (25, 38, 39))) for name, percent in zip(("fillon", "hamon", "macron"), levels)]
>>> found = poll_shift(measured(MEASURE, {"polls": polls(*waves)}))
>>> found["title"].to_pylist()
['fillon, favourability: a fall of 18.0 points about 2017-01-28, known on 2017-02-11 from 1 poll of 1 house']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.measures.poll_shifts import MEASURE
from vigie.tables import FOUND
from vigie.text.inert import terminal

if TYPE_CHECKING:
    Row = dict[str, Any]


def poll_shift(measured: pa.Table) -> pa.Table:
    """Report every step of `poll_shifts`."""
    findings = [_finding(row) for row in measured.to_pylist() if row["day"] is not None]
    findings.sort(key=lambda f: (f["subject_ids"], f["first_seen"], f["title"], f["evidence_ids"]))
    return pa.Table.from_pylist(findings, schema=FOUND)


def _finding(row: Row) -> Row:
    what = row["question"].replace("_", " ") + (f", round {row['round']}" if row["round"] else "")
    title = (
        f"{row['name']}, {what}: a {row['direction']} of {abs(row['points']):.1f} points about {row['day']}, "
        f"known on {row['found']} from {_counted(row['figures'], 'poll')} of {_counted(row['houses'], 'house')}"
    )
    return {
        "title": terminal(title),
        "subject_ids": [row["candidate_id"]],
        "first_seen": row["first_time"],
        "last_seen": row["last_time"],
        "value": row["points"],
        "low": row["low"],
        "high": row["high"],
        "expected": 0.0,
        "p_value": row["p_value"],
        "evidence_ids": row["row_ids"],
    }


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


DETECTOR: Final = Detector(
    run=poll_shift,
    reads=MEASURE,
    subject="candidate",
    measure="step of opinion that the polls show",
    unit="points",
    spoofable=2,
)
