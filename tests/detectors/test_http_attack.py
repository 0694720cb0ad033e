from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.detectors.http_attack import http_attack
from vigie.measures.http_attacks import MEASURE
from vigie.tables import split_row_id
from vigie.text.phrases import NO_HOST

NOON = datetime(2017, 3, 20, 12, tzinfo=UTC)


def row(number, requests=10, *, aim="aimed", day=0, succeeded=0, host="www.x.example", kind="sql_injection", **cells):
    """Measured requests of one session, host, day and kind; the last `succeeded` of them may have."""
    first = NOON + timedelta(days=day, seconds=number)
    ids = [f"0123456789ab:{1_000 * number + n}" for n in range(requests)]
    good = ids[requests - succeeded :]
    return {
        "session_id": f"0123456789ab:{1_000 * number}",
        "address": f"192.0.2.{number}",
        "host": host,
        "day": date(2017, 3, 20) + timedelta(days=day),
        "kind": kind,
        "requests": requests,
        "first_seen": first,
        "last_seen": first + timedelta(seconds=requests),
        "evidence_ids": ids,
        "aim": aim,
        "succeeded_ids": good,
        "succeeded_why": ["answered 200 with 9 bytes"] * len(good),
        "succeeded_first": first + timedelta(seconds=requests - succeeded) if good else None,
        "succeeded_last": first + timedelta(seconds=requests) if good else None,
    } | cells


def measured(*rows):
    return pa.Table.from_pylist(list(rows), schema=MEASURE.schema)


def test_one_finding_says_days_sessions_and_sources():
    (found,) = http_attack(measured(row(1, 30), row(2, 30, day=1), row(3, 30, day=1, address="192.0.2.1"))).to_pylist()
    assert found["title"] == (
        "SQL injection aimed at www.x.example: 90 requests on 2 days (45 a day on those days), 3 sessions, 2 sources"
    )
    assert found["value"] == len(found["evidence_ids"]) == 90
    assert found["subject_ids"] == ["sql_injection", "www.x.example"]
    assert (found["low"], found["high"], found["expected"], found["p_value"]) == (None, None, None, None)


def test_background_is_no_finding_however_much_there_is():
    assert http_attack(measured(row(1, 900, aim="background"))).num_rows == 0


def test_payloads_of_which_nothing_tells_the_aim_are_a_finding_that_says_so_unless_others_are_aimed():
    (found,) = http_attack(measured(row(1, 20, aim="unclear"), row(2, 900, aim="background"))).to_pylist()
    assert found["title"] == (
        "SQL injection at www.x.example: 20 requests on 1 day, 1 session, 1 source, whether aimed cannot be told"
    )
    assert http_attack(measured(row(1, 19, aim="unclear"))).num_rows == 0
    assert http_attack(measured(row(1, 900, aim="unclear", kind="cms_probe"))).num_rows == 0
    (found,) = http_attack(measured(row(1, 20, aim="unclear"), row(2, 30))).to_pylist()
    assert "SQL injection aimed at www.x.example: 30 requests" in found["title"]


def test_few_aimed_requests_are_a_finding_only_where_one_may_have_succeeded():
    assert http_attack(measured(row(1, 19))).num_rows == 0
    assert http_attack(measured(row(1, 20))).num_rows == 1
    assert http_attack(measured(row(1, 19)), requests_min=19).num_rows == 1
    assert http_attack(measured(row(1, 19, succeeded=1))).num_rows == 1


def test_of_background_only_what_may_have_succeeded_is_evidence():
    (found,) = http_attack(measured(row(1, 900, aim="background", succeeded=2))).to_pylist()
    assert found["title"] == (
        "SQL injection at www.x.example: 2 requests on 1 day, 1 session, 1 source; 2 may have succeeded"
    )
    assert found["evidence_ids"] == ["0123456789ab:1898", "0123456789ab:1899"]
    assert found["first_seen"] == NOON + timedelta(seconds=1 + 898)


def test_a_server_that_failed_is_said_apart():
    why = ["answered 500 where", "answered 200 with 9 bytes"]
    (found,) = http_attack(measured(row(1, 30, succeeded=2, succeeded_why=why))).to_pylist()
    assert found["title"].endswith("; 1 may have succeeded; 1 made the server fail")


def test_a_host_that_is_not_logged_is_one_server():
    (found,) = http_attack(measured(row(1, 30, host=None))).to_pylist()
    assert found["subject_ids"] == [NO_HOST, "sql_injection"]
    assert found["title"] == "SQL injection aimed: 30 requests on 1 day, 1 session, 1 source (host not logged)"


def by_hand(rows, requests_min):
    groups = defaultdict(list)
    for r in rows:
        groups[r["host"] or NO_HOST, r["kind"]].append(r)
    made = []
    for key, own in groups.items():
        aimed, unclear = (
            {i for r in own if r["aim"] == aim for i in r["evidence_ids"]} for aim in ("aimed", "unclear")
        )
        good = {i for r in own for i in r["succeeded_ids"]}
        if len(aimed) >= requests_min:
            made.append((sorted(key), sorted(aimed | good, key=split_row_id)))
        elif len(unclear) >= requests_min:  # no kind of these tables is one of a list
            made.append((sorted(key), sorted(unclear | good, key=split_row_id)))
        elif good:
            made.append((sorted(key), sorted(aimed | good, key=split_row_id)))
    return sorted(made)


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 12),
            st.sampled_from(["aimed", "background", "unclear"]),
            st.sampled_from([0, 0, 1]),
            st.sampled_from([None, "a.example", "b.example"]),
            st.sampled_from(["xss", "traversal"]),
        ),
        max_size=9,
    ),
    st.integers(1, 25),
    st.randoms(),
)
def test_the_findings_are_those_of_the_definition_in_any_order(cells, requests_min, random):
    rows = [row(n, c, aim=a, succeeded=s, host=h, kind=k) for n, (c, a, s, h, k) in enumerate(cells, start=1)]
    found = http_attack(measured(*rows), requests_min=requests_min)
    event(f"findings: {min(found.num_rows, 2)}")
    assert [(f["subject_ids"], f["evidence_ids"]) for f in found.to_pylist()] == by_hand(rows, requests_min)
    random.shuffle(rows)
    assert http_attack(measured(*rows), requests_min=requests_min).equals(found)
