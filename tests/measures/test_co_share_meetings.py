from __future__ import annotations

from collections import Counter
from random import Random

import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.detectors.test_contract import LawfulEngine
from tests.measures.test_co_share_edges import DAY_S, WINDOWS, dense_shares, of_row, of_shares, share_table
from tests.strategies import seeds
from vigie.engine.local import LocalEngine
from vigie.measures import measured
from vigie.measures.co_share_meetings import CO_SHARE_MEETINGS, MEASURE
from vigie.testing import posts


def meetings(shares: pa.Table, edges: pa.Table, q_max: float, engine: type[LocalEngine] = LocalEngine) -> pa.Table:
    with engine({"shares": shares, "co_share_edges": edges}) as running:
        return running.run(MEASURE.steps(q_max=q_max))


def by_hand(shares: list[dict], edges: list[dict], q_max: float) -> list[tuple]:
    """Every two shares of one object, by the definition."""
    crowds = {(r["object_kind"], r["object_id"]) for r in of_row(edges, "crowd")}
    listed = {
        (r["object_kind"], r["channel_a"], r["channel_b"]): r["window_s"]
        for r in of_row(edges, "pair")
        if r["q_value"] <= q_max
    }
    made = []
    for a in shares:
        for b in shares:
            window_s = listed.get((a["object_kind"], a["channel"], b["channel"]))
            same = (a["object_kind"], a["object_id"]) == (b["object_kind"], b["object_id"])
            if window_s is None or not same or (a["object_kind"], a["object_id"]) in crowds:
                continue
            if window_s < DAY_S and (a["whole_day"] or b["whole_day"]):
                continue
            if abs((a["time"] - b["time"]).total_seconds()) <= window_s:
                made.append(
                    (
                        a["object_kind"],
                        a["object_id"],
                        a["channel"],
                        b["channel"],
                        a["time"],
                        b["time"],
                        a["row_id"],
                        b["row_id"],
                    )
                )
    return sorted(made, key=lambda r: (r[0], r[1], min(r[4:6]), max(r[4:6]), r[6], r[7]))


@settings(max_examples=30)
@given(seeds, st.sampled_from([2, 3, 200]), st.sampled_from([1, 2]), st.sampled_from([0.0, 0.3, 1.0]))
def test_they_are_all_meetings_of_the_listed_pairs(seed, crowd_max, least, q_max):
    random = Random(seed)
    table = share_table(dense_shares(random, dated=random.random() < 0.5))
    windows = {f"{kind}_window_s": random.choice([0, 30, DAY_S]) for kind in WINDOWS}
    edges = of_shares(table, crowd_max=crowd_max, pair_objects_min=least, **windows)
    found = meetings(table, edges, q_max)
    event(f"meetings: {min(found.num_rows, 3)}")
    assert [tuple(r.values()) for r in found.to_pylist()] == by_hand(table.to_pylist(), edges.to_pylist(), q_max)
    # What the edges count is what stands here.
    counted = Counter((r["object_kind"], r["channel_a"], r["channel_b"]) for r in found.to_pylist())
    pairs = [r for r in of_row(edges.to_pylist(), "pair") if r["q_value"] <= q_max]
    assert counted == {(r["object_kind"], r["channel_a"], r["channel_b"]): r["meetings"] for r in pairs}


@settings(max_examples=10)
@given(seeds)
def test_neither_the_order_of_shares_nor_how_they_are_cut_makes_a_difference(seed):
    random = Random(seed)
    table = share_table(dense_shares(random))
    edges = of_shares(table, pair_objects_min=1)
    found = meetings(table, edges, 1.0)
    mixed = table.take(pa.array(random.sample(range(len(table)), len(table)), pa.int64()))
    assert meetings(mixed, edges, 1.0, LawfulEngine).equals(found)


def test_a_pair_that_chance_explains_is_left_out():
    # Both share within the hour what they share, and a third of it within the minute.
    late = [0 if n % 3 == 0 else 400 for n in range(6)]
    lines = [
        f"{c} {7000 * n + k * late[n]} https://a.example/{n}" for n in range(6) for k, c in enumerate(("ana", "bob"))
    ]
    assert measured(MEASURE, {"posts": posts(*lines)}).num_rows == 0
    assert measured(MEASURE, {"posts": posts(*lines)}, q_max=1.0).num_rows == 2


@pytest.mark.parametrize("q_max", [0.05, 1.0])
def test_nothing_in_nothing_out(q_max):
    assert measured(MEASURE, {"posts": posts()}, q_max=q_max).equals(CO_SHARE_MEETINGS.empty_table())
