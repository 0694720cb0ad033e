from __future__ import annotations

from random import Random

import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.strategies import seeds
from vigie.engine import Groups
from vigie.engine.local import LocalEngine
from vigie.engine.unordered import few_keys, unordered_groups

SCHEMA = pa.schema([("key", pa.string()), ("row", pa.int64())])


@settings(max_examples=40)
@given(seeds, st.integers(1, 900), st.sampled_from([1, 7, 400]))
def test_they_are_the_rows_of_each_key_in_the_tables_order(seed, stretch, piece):
    random = Random(seed)
    names = random.sample(["a", "\u00e9", "z", "", "\U0001f525", "\uffff"], random.randint(1, 6))
    keys = [name for _ in range(random.randint(1, 8)) for name in [random.choice(names)] * random.randint(1, stretch)]
    table = pa.table([keys, list(range(len(keys)))], schema=SCHEMA)
    table = pa.concat_tables([table.slice(n, piece) for n in range(0, len(keys), piece)])
    found = list(unordered_groups(table, "key", few_keys(table, "key")))
    event(f"keys: {len(found)}")
    expected = sorted(set(keys), key=str.encode)
    assert [set(part["key"].to_pylist()) for part in found] == [{key} for key in expected]
    assert [part["row"].to_pylist() for part in found] == [
        [n for n, k in enumerate(keys) if k == key] for key in expected
    ]


def test_many_keys_nulls_and_numbers_go_another_way():
    assert few_keys(pa.table({"key": [str(n) for n in range(101)]}), "key") is None
    assert few_keys(pa.table({"key": ["a", None]}), "key") is None
    assert few_keys(pa.table({"key": [1]}), "key") is None
    assert few_keys(pa.table({"key": pa.array([], pa.string())}), "key") == []


@pytest.mark.parametrize("keys", [3, 300])
def test_a_step_without_an_order_receives_whole_groups(keys):
    table = pa.table([[f"k{n * 7 % keys:03}" for n in range(2_000)], list(range(2_000))], schema=SCHEMA)

    def sums(rows: pa.Table) -> pa.Table:
        return rows.group_by("key").aggregate([("row", "sum")]).sort_by("key").rename_columns(["key", "row"])

    step = Groups(
        name="sums", input="rows", columns=("key", "row"), key=("key",), order=(), function=sums, schema=SCHEMA
    )
    with LocalEngine({"rows": table}) as engine:
        assert engine.run([step]).to_pylist() == sums(table).to_pylist()
