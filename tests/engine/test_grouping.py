"""Groups of a table in memory equal those of sorting it whole."""

from __future__ import annotations

from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import event, given, settings

from tests.strategies import seeds
from vigie.engine.grouping import groups, sortable


def random_table(random):
    """Build rows mostly in the order of time, of few keys or many; in pieces, and with ties."""
    n, keys = random.randint(2, 400), random.choice([1, 3, 300])
    rows = [
        {"a": random.randrange(-1, keys), "b": random.choice([0, 2**62, -(2**63)]), "t": t // 3, "u": t % 2, "row": t}
        for t in range(n)
    ]
    for _ in range(random.choice([0, 0, 3, n])):
        i, j = random.randrange(n), random.randrange(n)
        rows[i], rows[j] = rows[j], rows[i]
    return pa.concat_tables([pa.Table.from_pylist(rows[: n // 2]), pa.Table.from_pylist(rows[n // 2 :])])


@settings(max_examples=30)
@given(seed=seeds)
def test_they_equal_a_stable_sort(seed):
    random = Random(seed)
    table = random_table(random)
    size = random.choice([1, 20, 1_000])
    found = list(groups(table, ("a", "b"), ("t", "u"), size))
    event(f"calls: {min(len(found), 3)}")
    expected = sorted(table.to_pylist(), key=lambda r: (r["a"], r["b"], r["t"], r["u"]))
    assert [row for part in found for row in part.to_pylist()] == expected
    keys = [{(r["a"], r["b"]) for r in part.to_pylist()} for part in found]
    assert all(keys)
    assert sum(map(len, keys)) == len(set().union(*keys))


@settings(max_examples=30)
@given(seed=seeds)
def test_one_key_of_numbers_near_one_another_or_far_apart(seed):
    random = Random(seed)
    table = random_table(random)
    far = random.choice([1, 1, 1_000])
    table = table.set_column(0, "a", pa.array([far * (a - 5) for a in table["a"].to_pylist()], pa.int32()))
    found = list(groups(table, ("a",), ("t", "u"), random.choice([1, 20])))
    expected = sorted(table.to_pylist(), key=lambda r: (r["a"], r["t"], r["u"]))
    assert [row for part in found for row in part.to_pylist()] == expected


def test_many_keys_fit():
    table = pa.table({"a": np.arange(20_000)[::-1].copy(), "t": np.zeros(20_000, np.int64)})
    (whole,) = groups(table, ("a",), ("t",), 1 << 20)
    assert whole["a"].to_pylist() == list(range(20_000))


def test_numbers_and_times_without_nulls_are_sorted_so():
    table = pa.table({"n": [1], "s": ["x"], "t": pa.array([0], pa.timestamp("us", tz="UTC")), "f": [0.5]})
    assert sortable(table, ("n", "t"))
    assert not sortable(table, ("n", "s"))
    assert not sortable(table, ("f",))
    assert not sortable(pa.table({"n": [1, None]}), ("n",))
