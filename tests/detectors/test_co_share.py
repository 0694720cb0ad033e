from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from vigie.detectors.co_share import co_share
from vigie.measures.co_share_edges import MEASURE

START = datetime(2017, 3, 20, tzinfo=UTC)


def edge(number, a, b, objects, q_value, *, p_value=1e-9):
    return {
        "kind": "pair",
        "channel_a": min(a, b),
        "channel_b": max(a, b),
        "object_ids": sorted(objects),
        "objects": len(objects),
        "shares": len(objects),
        "delay_s": 1.0,
        "first_seen": START + timedelta(hours=number),
        "last_seen": START + timedelta(hours=number + 1),
        "expected": 0.25,
        "p_value": p_value,
        "q_value": q_value,
        "tests": 1_000,
        "row_ids": [f"0123456789ab:{2 * number + 1}", f"0123456789ab:{2 * number + 2}"],
    }


def measured(*edges):
    return pa.Table.from_pylist(list(edges), schema=MEASURE.schema)


def by_hand(edges, objects_min, q_max):
    """The definition, plainly: groups grow by one linked pair at a time until nothing changes."""
    linked = [e for e in edges if e["objects"] >= objects_min and e["q_value"] <= q_max]
    groups = [{e["channel_a"], e["channel_b"]} for e in linked]
    for _ in groups:
        for group in groups:
            for other in groups:
                if group & other:
                    group.update(other)
    found = []
    for members in sorted({tuple(sorted(g)) for g in groups}):
        own = [e for e in linked if e["channel_a"] in members]
        found.append(
            {
                "subject_ids": list(members),
                "value": len({o for e in own for o in e["object_ids"]}),
                "expected": pytest.approx(
                    0.25 * len(own) * len({o for e in own for o in e["object_ids"]}) / sum(e["objects"] for e in own)
                ),
                "first_seen": min(e["first_seen"] for e in own),
                "last_seen": max(e["last_seen"] for e in own),
                "evidence": {r for e in own for r in e["row_ids"]},
            }
        )
    return found


PAIRS = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.sampled_from("abcdefgh"),
        st.sets(st.sampled_from("uvwxyz"), min_size=1),
        st.sampled_from([0.001, 0.01, 0.2]),
    ).filter(lambda pair: pair[0] != pair[1]),
    max_size=10,
    unique_by=lambda pair: frozenset(pair[:2]),
)


@given(PAIRS, st.integers(2, 4), st.sampled_from([0.005, 0.01]))
def test_groups_are_those_of_the_definition(pairs, objects_min, q_max):
    edges = [edge(n, a, b, objects, q) for n, (a, b, objects, q) in enumerate(pairs)]
    found = co_share(measured(*edges), objects_min=objects_min, q_max=q_max).to_pylist()
    event(f"groups: {len(found)}, largest: {max((len(f['subject_ids']) for f in found), default=0)}")
    got = [
        {k: f[k] for k in ("subject_ids", "value", "expected", "first_seen", "last_seen")}
        | {"evidence": set(f["evidence_ids"])}
        for f in found
    ]
    assert got == by_hand(edges, objects_min, q_max)


def test_a_network_is_one_finding():
    names = [f"n{n:02}" for n in range(20)]
    edges = [edge(n, a, b, set("uvw"), 0.001) for n, (a, b) in enumerate(itertools.pairwise(names))]
    (found,) = co_share(measured(*edges)).to_pylist()
    assert found["subject_ids"] == names
    assert found["title"] == "20 channels shared 3 of the same objects moments apart"


@pytest.mark.parametrize(("p_value", "expected"), [(1e-9, 1e-6), (0.5, 1.0)])
def test_the_probability_is_corrected_for_every_pair_there_could_be(p_value, expected):
    edges = [edge(0, "a", "b", set("uvw"), 0.001, p_value=p_value), edge(1, "b", "c", set("uvw"), 0.001, p_value=0.9)]
    (found,) = co_share(measured(*edges)).to_pylist()
    assert found["p_value"] == pytest.approx(expected)


def test_a_crowd_is_no_finding():
    crowd = {"kind": "crowd", "object_ids": ["u"], "objects": 9, "shares": 900, "channels": 300, "row_ids": []}
    times = {"first_seen": START, "last_seen": START}
    assert co_share(measured(crowd | times), objects_min=2).num_rows == 0
