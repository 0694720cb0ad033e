from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.errors import InputError
from vigie.exercise.score import NO_SUCH_DETECTOR, NOTHING_TO_READ, rate, score
from vigie.exercise.truth import Operation, Truth, read_truth
from vigie.tables import FINDINGS

NOON = datetime(2017, 4, 1, 12, tzinfo=UTC)
LOG, POSTS = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
SOURCES = {LOG: "web/www.log", POSTS: "posts.jsonl"}


def operation(ident, kind, *detectors, aim=""):
    return Operation(
        operation_id=ident,
        kind=kind,
        detectors=detectors,
        name=ident,
        first_seen=NOON,
        last_seen=NOON,
        subjects=(),
        aim=aim,
    )


def findings(*given):
    rows = []
    for number, (detector, evidence) in enumerate(given):
        row = dict.fromkeys(FINDINGS.names)
        row |= {"id": f"{detector}-{number}", "detector": detector, "title": "t", "subject_ids": [], "technique": []}
        rows.append(row | {"value": 1.0, "first_seen": NOON, "last_seen": NOON, "evidence_ids": list(evidence)})
    return pa.Table.from_pylist(rows, schema=FINDINGS)


def ids(source, numbers):
    return [f"{source}:{n}" for n in numbers]


OPERATIONS = (
    operation("attack", "planted", "http_attack"),
    operation("scans", "look_alike", "http_attack"),
    operation("network", "planted", "coordinated_network"),
    operation("fall", "real", "coordinated_network"),
    operation("spray", "planted", "login_spray"),
)
ROWS = {
    "attack": {"www.log": np.arange(1, 101)},
    "scans": {"www.log": np.arange(200, 300)},
    "network": {"posts.jsonl": np.arange(1, 41)},
    "fall": {"posts.jsonl": np.arange(50, 60)},
    "spray": {"mail.log": np.arange(1, 10)},
}


def scored(*given, sources=SOURCES, ran=("http_attack", "coordinated_network"), **more):
    return score(findings(*given), OPERATIONS, ROWS, sources, ran=ran, **more)


def states(result):
    return {o.operation_id: o.state for o in result.operations}


def row(result, detector):
    return next(d for d in result.detectors if d.detector == detector)


def test_no_findings_is_no_precision_and_no_recall_is_not_zero_divided():
    result = scored()
    assert states(result) == {
        "attack": "missed",
        "scans": "quiet",
        "network": "missed",
        "fall": "missed",
        "spray": "not looked for",
    }
    attack = row(result, "http_attack")
    assert (attack.recall.hits, attack.recall.of, attack.recall.share) == (0, 1, 0.0)
    assert (attack.precision.of, attack.precision.share, attack.precision.low) == (0, None, None)
    spray = row(result, "login_spray")
    assert spray.recall.share is None
    assert spray.note == NO_SUCH_DETECTOR
    assert spray.not_scored == ("spray",)
    assert result.overall.recall.of == 3


def test_half_of_the_evidence_makes_a_finding_true_and_a_tenth_of_the_rows_an_operation_found():
    right = scored(("http_attack", ids(LOG, [*range(1, 11), *range(400, 410)])))
    assert states(right)["attack"] == "found"
    assert row(right, "http_attack").precision.share == 1.0
    more_outside = scored(("http_attack", ids(LOG, [*range(1, 11), *range(400, 411)])))
    assert states(more_outside)["attack"] == "missed"
    assert row(more_outside, "http_attack").precision.share == 0.0
    too_few = scored(("http_attack", ids(LOG, range(1, 10))))
    assert states(too_few)["attack"] == "missed"
    assert row(too_few, "http_attack").precision.share == 1.0


def test_a_finding_is_true_only_for_its_own_detector():
    result = scored(("coordinated_network", ids(LOG, range(1, 101))))
    assert states(result)["attack"] == "missed"
    assert row(result, "coordinated_network").precision.share == 0.0


def test_the_same_records_of_another_file_do_not_count():
    assert states(scored(("http_attack", ids(POSTS, range(1, 101)))))["attack"] == "missed"
    assert states(scored(("http_attack", ids("cccccccccccc", range(1, 101)))))["attack"] == "missed"


def test_a_real_operation_counts_and_two_operations_may_share_a_finding():
    result = scored(("coordinated_network", ids(POSTS, [*range(1, 21), *range(50, 60), *range(70, 90)])))
    assert states(result)["network"] == states(result)["fall"] == "found"
    assert row(result, "coordinated_network").recall.share == 1.0
    assert {o.operation_id: o.covered for o in result.operations}["network"] == 0.5


def test_a_look_alike_is_raised_by_any_detector_and_named_under_it():
    result = scored(("coordinated_network", ids(LOG, range(200, 220))))
    assert states(result)["scans"] == "raised"
    assert row(result, "coordinated_network").raised == ("scans",)
    assert row(result, "http_attack").raised == ()
    assert result.overall.raised == ("scans",)
    assert states(scored(("http_attack", ids(LOG, [*range(200, 209), *range(1, 11)]))))["scans"] == "quiet"


def test_files_that_were_not_added_are_not_missed():
    result = scored(sources={POSTS: "posts.jsonl"})
    assert states(result)["attack"] == "not added"
    assert row(result, "http_attack").recall.share is None
    assert row(result, "http_attack").not_scored == ("attack", "scans")


def test_a_detector_without_input_is_told_from_one_that_does_not_exist():
    result = scored(ran=("coordinated_network",), lacking=("http_attack",))
    assert row(result, "http_attack").note == NOTHING_TO_READ
    assert states(result)["attack"] == "not looked for"
    assert row(result, "coordinated_network").note == ""


def test_a_finding_that_another_detector_may_raise_with_reason_is_true_and_nothing_is_missed_without_it():
    operations = (operation("scan", "planted", "http_scan", "http_attack"),)
    rows = {"scan": {"www.log": np.arange(1, 101)}}
    evidence = ("http_attack", ids(LOG, range(1, 101)))
    result = score(findings(evidence), operations, rows, SOURCES, ran=("http_attack", "http_scan"))
    assert row(result, "http_attack").precision.share == 1.0
    assert row(result, "http_attack").recall.of == 0
    assert states(result) == {"scan": "missed"}


def test_a_look_alike_of_two_detectors_is_named_under_both_and_scored_where_one_ran():
    operations = (operation("crowd", "look_alike", "http_flood", "login_spray"),)
    rows = {"crowd": {"www.log": np.arange(1, 101)}}
    quiet = score(findings(), operations, rows, SOURCES, ran=("login_spray",))
    assert states(quiet) == {"crowd": "quiet"}
    raised = score(
        findings(("login_spray", ids(LOG, range(1, 9)))), operations, rows, SOURCES, ran=("http_flood", "login_spray")
    )
    assert states(raised) == {"crowd": "raised"}
    assert row(raised, "login_spray").raised == ("crowd",)
    assert row(raised, "http_flood").raised == ()


DAILY = (
    operation("attack", "planted", "http_attack", aim="aimed"),
    operation("reading", "beside", "http_attack"),
    operation("noise", "look_alike", "http_attack", aim="background"),
    operation("burst", "planted", "attack_burst"),
)
DAILY_ROWS = {
    "attack": {"www.log": np.r_[1:11, 31:51]},
    "reading": {"www.log": np.arange(11, 15)},
    "noise": {"www.log": np.r_[20:30, 60:70]},
    "burst": {"www.log": np.r_[1:11, 31:51]},
}
FIRST, SECOND, THIRD = date(2017, 4, 1), date(2017, 4, 2), date(2017, 4, 3)
DAYS = {"www.log": [(FIRST, 1), (SECOND, 31), (THIRD, 60)]}


def counted(*given):
    return score(findings(*given), DAILY, DAILY_ROWS, SOURCES, ran=("http_attack", "attack_burst"), days=DAYS).counts


def test_daily_counts_hold_what_is_missed_what_is_too_many_and_not_what_is_beside():
    found = counted(
        ("http_attack", ids(LOG, [*range(1, 15), 20])),
        ("http_attack", ids(LOG, range(31, 50))),
        ("http_attack", ids(LOG, range(40, 47))),
        ("attack_burst", ids(LOG, range(1, 60))),
    )
    assert [(d.operation_id, d.day, d.planted, d.found) for d in found.days] == [
        ("attack", FIRST, 10, 11),
        ("attack", SECOND, 20, 19),
    ]
    assert found.worst.day == FIRST
    assert found.worst.deviation == pytest.approx(0.1)
    assert (found.background_aimed, found.background) == (1, 20)


def test_daily_counts_without_a_finding_or_from_a_false_one_are_none():
    assert counted().days == ()
    assert counted().worst is None
    assert counted(("http_attack", ids(LOG, range(60, 70)))).days == ()
    assert counted(("http_attack", ids(LOG, range(60, 70)))).background_aimed == 10


@given(st.sets(st.integers(1, 90), min_size=1), st.sets(st.integers(1, 90), min_size=1), st.sets(st.integers(1, 90)))
def test_daily_counts_agree_with_sets(planted, evidence, beside):
    beside -= planted
    operations = (operation("p", "planted", "d", aim="aimed"), operation("b", "beside", "d"))
    rows = {"p": {"www.log": np.array(sorted(planted))}, "b": {"www.log": np.array(sorted(beside), np.int64)}}
    result = score(findings(("d", ids(LOG, sorted(evidence)))), operations, rows, SOURCES, ran=["d"], days=DAYS)
    spans = {FIRST: range(1, 31), SECOND: range(31, 60), THIRD: range(60, 100)}
    true = 2 * len(evidence & (planted | beside)) >= len(evidence) and evidence & planted
    expected = [
        ("p", day, len(planted & set(span)), len((evidence - beside) & set(span)))
        for day, span in spans.items()
        if true and planted & set(span)
    ]
    assert [(d.operation_id, d.day, d.planted, d.found) for d in result.counts.days] == expected


def test_table_has_plain_values_and_ends_with_the_overall_row():
    rows = scored(("http_attack", ids(LOG, range(1, 101)))).as_rows()
    assert [r["detector"] for r in rows] == ["coordinated_network", "http_attack", "login_spray", "overall"]
    assert rows[-1]["recall"]["hits"] == 1
    assert rows[-1]["missed"] == ("network", "fall")


def test_a_bad_evidence_id_is_refused():
    with pytest.raises(InputError, match="not a row id"):
        scored(("http_attack", ["line 5"]))


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_solves_its_own_equation(counts):
    hits, of = counts
    found = rate(hits, of)
    assert 0 <= found.low <= found.share <= found.high <= 1
    for bound in (found.low, found.high):
        if 0 < bound < 1:
            z2 = (found.share - bound) ** 2 * of / (bound * (1 - bound))
            assert z2 == pytest.approx(1.959963984540054**2, rel=1e-6)


@given(
    st.lists(st.sets(st.integers(1, 60), min_size=1, max_size=30), max_size=4),
    st.sets(st.integers(1, 60), min_size=1),
    st.sets(st.integers(1, 60)),
)
def test_score_agrees_with_sets(evidence, planted, harmless):
    harmless = (harmless - planted) or {99}
    operations = (operation("p", "planted", "d"), operation("h", "look_alike", "d"))
    rows = {"p": {"f": np.array(sorted(planted))}, "h": {"f": np.array(sorted(harmless))}}
    given_findings = findings(*(("d", ids(LOG, sorted(e))) for e in evidence))
    result = score(given_findings, operations, rows, {LOG: "f"}, ran=["d"])
    true = [e for e in evidence if 2 * len(e & planted) >= len(e)]
    assert (row(result, "d").precision.hits, row(result, "d").precision.of) == (len(true), len(evidence))
    found = any(10 * len(e & planted) >= len(planted) for e in true)
    raised = any(2 * len(e & harmless) >= len(e) for e in evidence)
    assert states(result) == {"p": "found" if found else "missed", "h": "raised" if raised else "quiet"}
    covered = set().union(*true) & planted if true else set()
    assert result.operations[0].covered == pytest.approx(len(covered) / len(planted))


def test_a_look_alike_of_very_many_people_is_read(tmp_path):
    """At a large scale the subjects of a look-alike fill more than the 131,072 characters a CSV field may have."""
    truth = Truth()
    truth.declare("crowd", "look_alike", "coordinated_network", "a crowd")
    people = [f"x:sim_somebody_{n:06}" for n in range(10_000)]
    for number, who in enumerate(people, start=1):
        truth.row("crowd", "posts.jsonl", number, 1_490_000_000.0, who)
    truth.write(tmp_path / "truth")
    ((operation,), rows) = read_truth(tmp_path)
    assert operation.subjects == tuple(people)
    assert len(rows["crowd"]["posts.jsonl"]) == len(people)


def test_a_finding_of_what_is_beside_an_operation_has_its_reason_but_finds_nothing():
    operations = (operation("attack", "planted", "d"), operation("reading", "beside", "d"))
    rows = {"attack": {"www.log": np.arange(1, 11)}, "reading": {"www.log": np.arange(11, 31)}}
    result = score(findings(("d", ids(LOG, range(11, 31)))), operations, rows, SOURCES, ran=("d",))
    assert states(result) == {"attack": "missed"}
    assert row(result, "d").precision.share == 1.0
    assert row(result, "d").false == ()
