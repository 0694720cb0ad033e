"""Poll provenance: figures presented as a poll that lack what makes one, or hold what cannot be.

What it measures
    Each poll by what it says of itself (`vigie.measures.poll_facts`), before any figure is compared with another: a
    fake that follows the others' figures passes a comparison. The value is the number of its flaws of weight: no sample
    size, and no dates, where most polls of other houses give them; figures that add up to what a vote cannot;
    hundredths of a point that no sample of that size bears; a candidate twice in one question, or after he withdrew; an
    outlet to which the case gives a tier as publisher or sponsor. Of what is light (no client, mode, wording or notice
    where most others give it; a pollster that is not on the list of institutes) `light_per_flaw` count as one. Reported
    is what has `flaws_min` of them; it has no part in the trend. Exit polls and projections have none either, and are
    not reported.
What it cannot say
    That somebody forged a poll: a collection may have lost what the poll gave, and a count of posts on social media may
    be honest under its own name. Nor that a poll without flaws is one: whoever types in a sample size, dates and a
    notice passes (`poll_outlier` looks at the figures). The list of institutes is short outside France; being unknown
    sets nobody apart. An outlet is recognised by its name or its domain in what the export gives as publisher or
    sponsor. Nothing is missing where few others give it, so a case of few polls finds little.
Sources
    French law n. 77-808 of 19 July 1977, articles 1 to 3 (as amended by law n. 2016-508); Commission des sondages,
    communique of 31 March 2017 on figures of social media presented as polls; EEAS 2025 (tiers); DISARM T0023 Distort
    Facts.

>>> from vigie.measures import measured
>>> from vigie.testing import polls, rows
>>> real = [f"{h} 2017-03-2{n} 1000 fillon 18" for n, h in enumerate(["Ipsos", "Ifop", "BVA"])]
>>> said = polls(*real, "Buzz 2017-03-24 1 fillon 22.55", "Buzz 2017-03-24 1 macron 24.41").to_pylist()
>>> told = [r | ({"sample_size": None} if r["pollster"] == "Buzz" else {}) for r in said]
>>> found = poll_provenance(measured(MEASURE, {"polls": rows("polls", *told)}))
>>> found["title"].to_pylist()[0].partition(";")[0]
'Buzz, favourability (2017-03-24): it gives no sample size, as most other polls do'
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vigie.detectors import Detector
from vigie.measures.poll_facts import MEASURE
from vigie.tables import FOUND, split_row_id
from vigie.text.inert import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    Row = dict[str, Any]


def poll_provenance(measured: pa.Table) -> pa.Table:
    """Report the polls that are set apart for their flaws, one finding each, with all their scenarios."""
    flawed = [r for r in measured.to_pylist() if r["is_set_apart"] and not r["is_vote_day"]]
    flawed.sort(key=_poll)
    findings = [_finding(list(scenarios)) for _, scenarios in groupby(flawed, key=lambda r: _poll(r)[:2])]
    findings.sort(key=lambda f: (f["subject_ids"], f["first_seen"], f["title"], split_row_id(f["evidence_ids"][0])))
    return pa.Table.from_pylist(findings, schema=FOUND)


def _poll(scenario: Row) -> tuple[str, str, int, str]:
    return scenario["house"], scenario["poll_id"], -scenario["flaws"], scenario["scenario"]


def _finding(scenarios: Sequence[Row]) -> Row:
    chief = scenarios[0]
    what = chief["question"].replace("_", " ") + (f", round {chief['round']}" if chief["round"] else "")
    rows = {row for scenario in scenarios for row in scenario["row_ids"]}
    return {
        "title": terminal(f"{chief['pollster']}, {what} ({chief['time']:%Y-%m-%d}): {chief['why']}").strip(),
        "subject_ids": [chief["house"]],
        "first_seen": min(s["time"] for s in scenarios),
        "last_seen": max(s["last_time"] for s in scenarios),
        "value": float(chief["flaws"]),
        "low": None,
        "high": None,
        "expected": None,
        "p_value": None,
        "evidence_ids": sorted(rows, key=split_row_id),
    }


DETECTOR: Final = Detector(
    run=poll_provenance,
    reads=MEASURE,
    subject="pollster",
    measure="flaws of what a poll says of itself",
    unit="flaws",
    spoofable=2,
    techniques=("disarm.t0023",),
)
