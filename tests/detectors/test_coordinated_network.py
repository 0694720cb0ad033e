from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.detectors.coordinated_network import coordinated_network
from vigie.measures import measured
from vigie.measures.networks import MEASURE, NETWORKS
from vigie.tables import CASE_TABLES
from vigie.testing import posts

START = datetime(2017, 3, 20, tzinfo=UTC)
DAY_S = 86_400
EXPLANATIONS = ("declared owner", "one feed", "scheduler", "appointment")


def network(first, size, *, objects=8, explained=0.0, fitting=(), p_value=1e-6, pair_objects=80, expected=4.0):
    return {
        "network_id": f"net-{first}",
        "members": [f"x:{first}{n:03}" for n in range(size)],
        "objects": objects,
        "pair_objects": pair_objects,
        "expected": expected,
        "p_value": p_value,
        "delay_s": 4.5,
        "days": objects,
        "explanations": [{"name": n, "share": 0.95, "fits": n in fitting, "says": "."} for n in EXPLANATIONS],
        "explained": explained,
        "first_seen": START,
        "last_seen": START + timedelta(days=objects),
        "evidence_ids": [f"0123456789ab:{n}" for n in range(2 * objects)],
    }


def found(*networks, **parameters):
    return coordinated_network(pa.Table.from_pylist(list(networks), schema=NETWORKS), **parameters).to_pylist()


@given(
    st.lists(st.tuples(st.integers(2, 5), st.sampled_from([0.0, 0.5, 0.9, 0.95, 1.0])), max_size=6),
    st.integers(2, 5),
    st.sampled_from([0.0, 0.5, 0.9, 1.0]),
)
def test_a_network_is_found_where_it_is_large_enough_and_nothing_excuses_it(sizes, channels_min, explained_max):
    networks = [
        network(chr(ord("z") - n), size, explained=explained, objects=3 + n)
        for n, (size, explained) in enumerate(sizes)
    ]
    rows = found(*networks, channels_min=channels_min, explained_max=explained_max)
    event(f"found {len(rows)} of {len(networks)}")
    assert [r["subject_ids"] for r in rows] == sorted(
        n["members"] for n in networks if len(n["members"]) >= channels_min and n["explained"] <= explained_max
    )
    for row in rows:
        (own,) = (n for n in networks if n["members"] == row["subject_ids"])
        assert (row["value"], row["p_value"]) == (own["objects"], 1e-6)
        assert row["expected"] == pytest.approx(own["objects"] * 4 / 80)
        assert (row["first_seen"], row["last_seen"]) == (own["first_seen"], own["last_seen"])
        assert row["evidence_ids"] == own["evidence_ids"]


def test_the_title_says_what_was_measured_and_what_would_explain_it():
    (plain,) = found(network("a", 18, objects=14))
    assert plain["title"] == "18 channels shared 14 of the same objects 4.5 s apart (median), on 14 days"
    (feed,) = found(network("a", 3, fitting=("one feed", "scheduler")))
    assert feed["title"].endswith("; what would explain it: one feed, scheduler")


def test_what_would_be_no_surprise_among_so_many_tests_is_no_finding():
    assert found(network("a", 3, p_value=0.21)) == []
    assert len(found(network("a", 3, p_value=0.21), p_max=0.3)) == 1


def test_two_objects_are_too_few():
    assert found(network("a", 3, objects=2)) == []
    assert len(found(network("a", 3, objects=2), objects_min=2)) == 1


def test_pairs_are_listed_and_not_found():
    assert found(network("a", 2)) == []
    assert len(found(network("a", 2), channels_min=2)) == 1


def apart():
    """Write pages that two people share within the hour, minutes apart: what chance does with moments."""
    return [f"u{(7 * i + s) % 40} {5_000 * i + s} https://b.example/{i}" for i in range(160) for s in (0, 900, 2_100)]


def outlet(*channels):
    made = [{"channel_id": c, "platform": "x", "outlet": "Gazette", "tier": "none"} for c in channels]
    return pa.Table.from_pylist(made, schema=CASE_TABLES["case_channels"])


def run(lines, **tables):
    table = measured(MEASURE, {"posts": posts(*lines, *apart()), **tables})
    return table, coordinated_network(table).to_pylist()


@pytest.mark.parametrize("seconds", [2, 15])
def test_a_crew_that_keeps_meeting_is_found_from_its_posts(seconds):
    crew = [
        f"c{n} {17_000 * page + seconds * n} look https://push.example/{page}" for page in range(10) for n in range(4)
    ]
    _, (finding,) = run(crew)
    assert finding["subject_ids"] == ["x:c0", "x:c1", "x:c2", "x:c3"]
    assert finding["value"] == 10
    assert len(finding["evidence_ids"]) == 40


def test_the_feeds_of_one_declared_outlet_are_explained_and_undeclared_ones_found_with_their_explanation():
    feeds = [f"feed{n} {17_000 * page} https://gazette.example/{page}" for page in range(10) for n in range(3)]
    listed, nothing = run(feeds, case_channels=outlet("feed0", "feed1", "feed2"))
    assert nothing == []
    assert listed["explained"].to_pylist() == [1.0]
    _, (finding,) = run(feeds, case_channels=outlet("feed0", "feed1"))
    assert finding["title"].endswith("; what would explain it: one feed")


def test_an_appointment_is_explained_and_the_same_by_machine_is_found():
    def evenings(apart_s):
        return [
            f"v{n} {DAY_S * day + 72_000 + apart_s * ((n + 3 * day) % 7)} text{n} https://soiree.example/{day}"
            for day in range(8)
            for n in range(7)
        ]

    listed, nothing = run(evenings(14))
    assert listed["explained"].to_pylist() == [1.0]
    assert nothing == []
    _, (finding,) = run(evenings(1))
    assert len(finding["subject_ids"]) == 7


def test_a_rush_is_no_network():
    crowd = [f"p{n} {80_000 + n // 4} https://news.example/{page}" for n in range(230) for page in (1, 2, 3)]
    listed, nothing = run(crowd)
    assert (listed.num_rows, nothing) == (0, [])
