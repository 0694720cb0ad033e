"""Stamping: identifiers that hold still, q-values as defined, weight in a stated order."""

from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.detectors import Detector
from vigie.findings.stamp import finding_id, q_values, stamp, weigh
from vigie.measures import Measure
from vigie.tables import FINDINGS, FOUND
from vigie.testing import EPOCH

MEASURE = Measure(name="m", version=1, reads=("posts",), steps=lambda: (), schema=pa.schema([]))
DETECTOR = Detector(
    run=lambda t: t, reads=MEASURE, subject="channel", measure="things", unit="things", spoofable=2, techniques=("t",)
)


def found(*rows):
    base = {"title": "x", "first_seen": EPOCH, "last_seen": EPOCH, "value": 1.0, "evidence_ids": ["aaaaaaaaaaaa:1"]}
    return pa.Table.from_pylist([base | row for row in rows], schema=FOUND)


def test_a_finding_keeps_its_identifier_when_others_come_and_evidence_grows():
    first = stamp("d", DETECTOR, found({"subject_ids": ["a", "b"]}), {})
    more = {"subject_ids": ["b", "a"], "evidence_ids": ["aaaaaaaaaaaa:2", "aaaaaaaaaaaa:1"]}
    second = stamp("d", DETECTOR, found({"subject_ids": ["0"]}, more), {})
    assert first["id"][0] == second["id"][1]


def test_findings_with_the_same_subjects_and_day_are_told_apart():
    same = stamp("d", DETECTOR, found({"subject_ids": ["a"]}, {"subject_ids": ["a"]}), {})["id"].to_pylist()
    assert same[1] == same[0] + "-2"


def test_evidence_is_in_the_order_of_files_and_records():
    ids = ["bbbbbbbbbbbb:1", "aaaaaaaaaaaa:10", "aaaaaaaaaaaa:9"]
    stamped = stamp("d", DETECTOR, found({"subject_ids": ["a"], "evidence_ids": ids}), {"b": 1, "a": 2})
    assert stamped.schema.equals(FINDINGS)
    assert stamped["evidence_ids"][0].as_py() == ["aaaaaaaaaaaa:9", "aaaaaaaaaaaa:10", "bbbbbbbbbbbb:1"]
    assert stamped["parameters"][0].as_py() == '{"a": 2, "b": 1}'


def test_nothing_found_is_an_empty_table():
    assert stamp("d", DETECTOR, FOUND.empty_table(), {}).equals(FINDINGS.empty_table())


def by_hand(p_values):
    """Benjamini-Hochberg by its definition: the least false discovery rate at which each would be rejected."""
    real = [p for p in p_values if p is not None]
    ranked = sorted(real)
    return [
        None
        if p is None
        else min(min(1.0, q * len(real) / (ranked.index(q) + ranked.count(q))) for q in real if q >= p)
        for p in p_values
    ]


@given(st.lists(st.none() | st.sampled_from([0.0, 0.001, 0.01, 0.04, 0.3, 1.0]), max_size=12))
def test_q_values_are_benjamini_hochberg(p_values):
    assert q_values(p_values) == pytest.approx(by_hand(p_values))


def test_the_weightiest_come_first_and_those_without_a_null_last():
    table = stamp(
        "d",
        DETECTOR,
        found(
            {"subject_ids": ["a"], "value": 9.0},
            {"subject_ids": ["b"], "p_value": 0.5, "value": 1.0},
            {"subject_ids": ["c"], "p_value": 0.01, "value": 1.0},
            {"subject_ids": ["e"], "value": 10.0},
        ),
        {},
    )
    assert [r["subject_ids"] for r in weigh(table).to_pylist()] == [["c"], ["b"], ["e"], ["a"]]


def test_an_identifier_depends_on_the_day():
    day = EPOCH.date()
    assert finding_id("d", ["a"], str(day)) != finding_id("d", ["a"], str(day + timedelta(days=1)))
