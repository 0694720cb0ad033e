"""Scans: which make findings of their own, and that none of their size is left out."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

import pyarrow as pa
import pytest
from hypothesis import event, given, settings

from tests.strategies import seeds
from vigie.detectors.http_scan import http_scan
from vigie.measures import measured
from vigie.measures.http_sessions import MEASURE, SCHEMA
from vigie.testing import EPOCH, requests


def session(address, number, *, requests=120, host="www.a.example", called="scan", **more):
    ids = [f"0123456789ab:{1_000_000 * number + n}" for n in range(requests)]
    return {
        "session_id": ids[0],
        "address": address,
        "host": host,
        "first_seen": EPOCH + timedelta(seconds=number),
        "last_seen": EPOCH + timedelta(seconds=number + requests),
        "requests": requests,
        "missing": requests // 2,
        "attacks": requests // 4,
        "called": called,
        "request_ids": ids,
        **more,
    }


def found(*sessions, **parameters):
    return http_scan(pa.Table.from_pylist(list(sessions), schema=SCHEMA), **parameters).to_pylist()


def test_an_addresss_sessions_at_a_host_are_one_finding():
    (one,) = found(session("8.8.8.8", 2), session("8.8.8.8", 1, requests=80))
    assert one["title"] == (
        "Scan of www.a.example from 8.8.8.8: 200 requests in 2 sessions, 50 match an indicator, 50 % not found"
    )
    assert (one["subject_ids"], one["value"], one["p_value"]) == (["8.8.8.8"], 200.0, None)
    assert len(one["evidence_ids"]) == 200
    assert (one["first_seen"], one["last_seen"]) == (EPOCH + timedelta(seconds=1), EPOCH + timedelta(seconds=122))


def test_hosts_are_apart():
    titles = [f["title"] for f in found(session("8.8.8.8", 1), session("8.8.8.8", 2, host=None))]
    assert [t.partition(":")[0] for t in titles] == ["Scan from 8.8.8.8", "Scan of www.a.example from 8.8.8.8"]
    assert titles[0].endswith("(host not logged)")


def test_small_scans_make_no_finding():
    assert found(*(session(f"8.8.8.{n}", n, requests=4) for n in range(9))) == []


def test_the_requests_of_an_address_count_together():
    (one,) = found(session("8.8.8.8", 1, requests=60), session("8.8.8.8", 2, requests=40))
    assert one["value"] == 100


def test_only_the_heaviest_make_findings_of_their_own():
    many = [session(f"8.8.8.{n}", n, requests=200 + n // 2) for n in range(9)]
    findings = found(*many, findings_max=3)
    assert {tuple(f["subject_ids"]) for f in findings if len(f["subject_ids"]) == 1} == {
        ("8.8.8.8",),
        ("8.8.8.6",),
        ("8.8.8.7",),
    }
    assert sorted(len(f["subject_ids"]) for f in findings) == [1, 1, 1, 6]


def test_at_the_least_number_of_requests_and_one_below():
    assert "Scan of" in found(session("8.8.8.8", 1, requests=100))[0]["title"]
    assert found(session("8.8.8.8", 1, requests=99)) == []
    assert "Scan of" in found(session("8.8.8.8", 1, requests=99), requests_min=99)[0]["title"]


@pytest.mark.parametrize("called", ["other", "crawler", "login_guessing"])
def test_other_sessions_make_none(called):
    assert found(session("8.8.8.8", 1, called=called)) == []


def test_a_host_and_an_address_are_shown_inert():
    (one,) = found(session("evil\x1b[2J\u202e", 1, host="www\x1b[31m\nx"))
    assert not set(one["title"]) & set("\x1b\u202e\n")


@settings(max_examples=20)
@given(seed=seeds)
def test_the_findings_add_up_to_all_scans_of_that_size(seed):
    random = Random(seed)
    hosts, names = ["a.example", "b.example", None], ["scan", "scan", "other"]
    sessions = [
        session(
            f"8.8.8.{random.randint(0, 20)}",
            n,
            requests=random.randint(1, 60),
            host=random.choice(hosts),
            called=random.choice(names),
        )
        for n in range(random.randint(0, 50))
    ]
    least = random.randint(1, 90)
    size = Counter()
    for s in sessions:
        size[s["host"], s["address"]] += s["requests"] * (s["called"] == "scan")
    scans = [s for s in sessions if s["called"] == "scan" and size[s["host"], s["address"]] >= least]
    findings = found(*sessions, requests_min=least, findings_max=random.randint(1, 9))
    event(f"findings: {min(len(findings), 9)}")
    assert sum(f["value"] for f in findings) == sum(s["requests"] for s in scans)
    evidence = [i for f in findings for i in f["evidence_ids"]]
    assert sorted(evidence) == sorted(i for s in scans for i in s["request_ids"])


def test_from_requests_to_a_finding():
    tries = ["?id=1'+or+'1'='1", "?q=<script>alert(1)</script>", "?f=../../../../etc/passwd"]
    lines = [f"5.5.5.5 {n} 404 GET /page/{n}{tries[n % 3]}" for n in range(150)]
    lines += [f"8.8.{n}.8 {n} 200 GET /" for n in range(50)]
    (one,) = http_scan(measured(MEASURE, {"requests": requests(*lines)})).to_pylist()
    assert (one["subject_ids"], one["value"]) == (["5.5.5.5"], 150.0)
