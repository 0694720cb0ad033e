"""From what a detector hands over (`FOUND`) to `FINDINGS`: identifier, detector, unit, parameters, q-value."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from vigie.kernels.q_values import bh
from vigie.tables import FINDINGS, check, split_row_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vigie.detectors import Detector


def finding_id(detector: str, subject_ids: Sequence[str], first_day: str) -> str:
    """Return the identifier of a finding: the same as long as detector, subjects and first day are.

    >>> finding_id("co_share", ["ana", "bob"], "2017-02-15")
    'co_share-ee21bf6d'
    """
    said = json.dumps([detector, sorted(subject_ids), first_day], ensure_ascii=False)
    return f"{detector}-{hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def q_values(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Benjamini-Hochberg q-values; a missing p-value has none and does not count.

    >>> q_values([0.01, None, 0.04, 0.03])
    [0.03, None, 0.04, 0.04]
    """
    given = np.array([p for p in p_values if p is not None], np.float64)
    found = iter(bh(given, len(given)).tolist())
    return [None if p is None else next(found) for p in p_values]


def stamp(name: str, detector: Detector, found: pa.Table, parameters: Mapping[str, Any]) -> pa.Table:
    """Return FINDINGS: one row per row of `found`, in its order.

    Two findings of one detector with the same subjects and first day get `-2`, `-3` behind their identifier.
    """
    rows = found.to_pylist()
    seen: dict[str, int] = {}
    stamped = []
    for row, q in zip(rows, q_values([r["p_value"] for r in rows]), strict=True):
        ident = finding_id(name, row["subject_ids"], row["first_seen"].date().isoformat())
        seen[ident] = seen.get(ident, 0) + 1
        stamped.append(
            row
            | {
                "id": ident if seen[ident] == 1 else f"{ident}-{seen[ident]}",
                "detector": name,
                "subject_kind": detector.subject,
                "measure": detector.measure,
                "unit": detector.unit,
                "q_value": q,
                "evidence_ids": sorted(row["evidence_ids"], key=split_row_id),
                "parameters": json.dumps(dict(parameters), sort_keys=True),
                "technique": list(detector.techniques),
            }
        )
    return check(pa.Table.from_pylist(stamped, schema=FINDINGS), FINDINGS, where=name)


def weigh(findings: pa.Table) -> pa.Table:
    """Return the findings in order of weight: smallest q first, then p; those without a null model after.

    Values of different units do not compare: only within a detector does the larger value come first.
    """
    rows = findings.to_pylist()
    rows.sort(
        key=lambda r: (
            *(math.inf if r[k] is None else r[k] for k in ("q_value", "p_value")),
            r["detector"],
            -r["value"],
            r["id"],
        )
    )
    return pa.Table.from_pylist(rows, schema=FINDINGS)
