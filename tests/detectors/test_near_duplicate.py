from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.strategies import dense_tables, empty_tables, seeds
from vigie.detectors.near_duplicate import near_duplicate
from vigie.engine.local import LocalEngine
from vigie.measures.near_duplicates import MEASURE
from vigie.testing import posts, rows

if TYPE_CHECKING:
    import pyarrow as pa

TEXT = "the minister hid the report from us"


def measured(table: pa.Table) -> pa.Table:
    with LocalEngine({"posts": table, "case_channels": empty_tables()["case_channels"]}) as engine:
        return engine.run(MEASURE.steps())


@settings(max_examples=25)
@given(seeds, st.integers(2, 6))
def test_findings_are_those_of_the_definition(seed, channels_min):
    table = measured(dense_tables(seed, ("posts",))["posts"])
    families = defaultdict(lambda: defaultdict(list))
    credited = set()
    for r in table.to_pylist():
        if not r["is_repost"]:
            families[r["family_id"]][f"x:{r['channel_id']}"].append(r["row_id"])
            if r["agency"]:
                credited.add(r["family_id"])
    expected = []
    for family, channels in families.items():
        counted = {c: ids for c, ids in channels.items() if family not in credited or len(ids) > 1}
        if len(counted) >= channels_min:
            expected.append((sorted(counted), len(counted), {i for ids in counted.values() for i in ids}))
    found = near_duplicate(table, channels_min=channels_min).to_pylist()
    event(f"findings: {min(len(found), 2)}")
    got = [(f["subject_ids"], f["value"], set(f["evidence_ids"])) for f in found]
    assert sorted(got, key=repr) == sorted(expected, key=repr)


def test_an_agency_text_in_ten_outlets_is_no_finding_but_repeating_it_is():
    once = [{"platform": "web", "channel_id": f"{n}.example", "text": f"(AFP) {TEXT}"} for n in range(10)]
    assert near_duplicate(measured(rows("posts", *once))).num_rows == 0
    (found,) = near_duplicate(measured(rows("posts", *once, *once[:6]))).to_pylist()
    assert found["value"] == 6


def test_the_same_handle_on_two_platforms_is_two_channels():
    given = [{"platform": p, "channel_id": "ana", "text": TEXT} for p in ("x", "telegram")]
    (found,) = near_duplicate(measured(rows("posts", *given)), channels_min=2).to_pylist()
    assert found["subject_ids"] == ["telegram:ana", "x:ana"]


def test_there_is_no_probability_without_a_null_model():
    (found,) = near_duplicate(measured(posts(*(f"c{n} {n} {TEXT}" for n in range(5))))).to_pylist()
    assert (found["expected"], found["p_value"], found["low"], found["high"]) == (None, None, None, None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7_800, "2 h 10 min"), (90_000, "1 d 1 h")],
)
def test_the_title_says_how_long_it_took(seconds, words):
    (found,) = near_duplicate(measured(posts(f"ana 0 {TEXT}", f"bob {seconds} {TEXT}")), channels_min=2).to_pylist()
    assert found["title"] == f"One text published by 2 channels within {words}"
