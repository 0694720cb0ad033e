from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.engine import Distinct, Groups, Query, Rows, local
from vigie.engine.local import LocalEngine, Parts
from vigie.errors import InputError, StoreError
from vigie.tables import UTC_US, check

SHARES = pa.schema([("object", pa.string()), ("t", pa.int64()), ("who", pa.string())])
ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d", None]), st.integers(0, 9), st.sampled_from("xyz")), max_size=40
)
TEXT_PAIRS = pa.schema([("u", pa.string()), ("v", pa.string())])
PARTS = pa.schema([("row_id", pa.string()), ("platform", pa.string()), ("post_id", pa.string()), ("text", pa.string())])
STORED = pa.schema([("source", pa.string()), ("record", pa.int64()), *list(PARTS)[1:]])


def shares(rows):
    return pa.Table.from_pylist([dict(zip(SHARES.names, row, strict=True)) for row in rows], schema=SHARES)


def batches_seen(monkeypatch, table, step_of, batch_rows):
    """Run one step over `table` in batches of `batch_rows`; return its function's calls, and the result."""
    monkeypatch.setattr(local, "BATCH_ROWS", batch_rows)
    calls = []

    def function(batch):
        calls.append(batch.to_pylist())
        return batch

    with LocalEngine({"shares": table}) as engine:
        return calls, engine.run((step_of(function),)).to_pylist()


def groups_of(function):
    return Groups(
        name="g",
        input="shares",
        columns=tuple(SHARES.names),
        key=("object",),
        order=("t", "who"),
        function=function,
        schema=SHARES,
    )


def rows_of(function):
    return Rows(name="r", input="shares", columns=("object", "t", "who"), function=function, schema=SHARES)


# DuckDB cuts a result at multiples of its own vector of 2,048 rows: the tables are made long enough to be cut.
@settings(max_examples=15)
@given(ROWS, st.integers(1, 4), st.integers(80, 300))
def test_groups_arrive_whole_and_in_order(rows, batch_rows, copies):
    with pytest.MonkeyPatch.context() as monkeypatch:
        calls, result = batches_seen(monkeypatch, shares(rows * copies), groups_of, batch_rows)
    event(f"calls: {min(len(calls), 3)}")
    expected = sorted(
        shares(rows * copies).to_pylist(), key=lambda r: (r["object"] is None, r["object"] or "", r["t"], r["who"])
    )
    assert result == expected
    keys = [{r["object"] for r in call} for call in calls]
    assert all(call for call in calls)
    assert sum(map(len, keys)) == len(set().union(*keys)) if keys else not rows


def test_a_group_larger_than_many_batches_arrives_in_one_call(monkeypatch):
    table = shares(
        [("a", n, "x") for n in range(9_000)]
        + [("b", n, "x") for n in range(5)]
        + [("c", n, "y") for n in range(7_000)]
    )
    calls, _ = batches_seen(monkeypatch, table, groups_of, 1)
    assert len(calls) > 1
    assert sorted(k for call in calls for k in {r["object"] for r in call}) == ["a", "b", "c"]


def test_a_key_of_several_columns_makes_groups_of_them_all(monkeypatch):
    def step(function):
        return Groups(
            name="g",
            input="shares",
            columns=tuple(SHARES.names),
            key=("object", "who"),
            order=("t",),
            function=function,
            schema=SHARES,
        )

    table = shares([(o, n, w) for n in range(3_000) for o in "ab" for w in "xy"])
    calls, result = batches_seen(monkeypatch, table, step, 1)
    groups = [{(r["object"], r["who"]) for r in call} for call in calls]
    assert len(calls) > 1
    assert sum(map(len, groups)) == 4
    assert [(r["object"], r["who"], r["t"]) for r in result] == [
        (o, w, n) for o in "ab" for w in "xy" for n in range(3_000)
    ]


@settings(max_examples=15)
@given(ROWS, st.integers(1, 4), st.integers(1, 200))
def test_rows_come_in_batches_none_empty_none_lost(rows, batch_rows, copies):
    with pytest.MonkeyPatch.context() as monkeypatch:
        calls, result = batches_seen(monkeypatch, shares(rows * copies), rows_of, batch_rows)
    assert all(calls)
    assert result == shares(rows * copies).to_pylist()


TEXTS = st.sampled_from([None, "", "a", "b", "é", "\x00", "'; drop table t; --"])


@settings(max_examples=25)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=30), st.integers(0, 30), st.sampled_from([("u", "v"), ("v",)]))
def test_distinct_texts_are_those_of_a_set_in_order(rows, cut, columns):
    made = pa.table({"u": [u for u, _ in rows], "v": [v for _, v in rows]}, TEXT_PAIRS)
    pieces = pa.concat_tables([made.slice(0, cut), made.slice(cut)])
    codes = pa.table([c.dictionary_encode() for c in made.columns], made.schema.names)
    asked = [tuple(row[c] for c in columns) for row in made.to_pylist()]
    expected = sorted(set(asked), key=lambda r: [(x is not None, (x or "").encode()) for x in r])
    # Texts in memory are hashed; of a view, the database says them.
    for table in (pieces, codes):
        with LocalEngine({"t": table}) as engine:
            found = engine.run((Distinct(name="d", input="t", columns=columns),))
        assert [tuple(row.values()) for row in found.to_pylist()] == expected


def test_groups_see_the_tables_beside_them():
    step = Groups(
        name="g",
        input="shares",
        columns=("t",),
        key=("t",),
        order=(),
        function=lambda other: lambda t: t.append_column("n", pa.array([other.num_rows] * t.num_rows, pa.int64())),
        schema=pa.schema([("t", pa.int64()), ("n", pa.int64())]),
        beside=("others",),
    )
    with LocalEngine({"shares": shares([("a", 2, "x"), ("a", 1, "y")]), "others": shares([("b", 3, "z")])}) as engine:
        assert engine.run((step,)).to_pylist() == [{"t": 1, "n": 1}, {"t": 2, "n": 1}]


def test_values_are_bound_and_never_read_as_sql():
    hostile = "x'; drop table shares; --"
    step = Query(
        name="q",
        sql="select who, $name as given from shares where t >= $least",
        schema=pa.schema([("who", pa.string()), ("given", pa.string())]),
        params={"name": hostile, "least": 2},
    )
    with LocalEngine({"shares": shares([("a", 1, "x"), ("a", 2, "y")])}) as engine:
        assert engine.run((step,)).to_pylist() == [{"who": "y", "given": hostile}]
        assert engine.query("select count(*) as n from shares where who = $who", who=hostile)["n"].to_pylist() == [0]


def test_a_step_reads_the_results_of_those_before_it_by_name():
    double = Rows(
        name="doubled",
        input="shares",
        columns=("t",),
        function=lambda t: pa.table({"twice": pa.array([2 * v for v in t["t"].to_pylist()], pa.int64())}),
        schema=pa.schema([("twice", pa.int64())]),
    )
    add = Query(
        name="sum",
        sql="select sum(twice)::bigint as total, (select count(*) from shares) as n from doubled",
        schema=pa.schema([("total", pa.int64()), ("n", pa.int64())]),
    )
    with LocalEngine({"shares": shares([("a", 1, "x"), ("a", 2, "y")])}) as engine:
        assert engine.run((double, add)).to_pylist() == [{"total": 6, "n": 2}]
        # The names are free again: the same measure can run with other parameters.
        assert engine.run((double, add)).to_pylist() == [{"total": 6, "n": 2}]
        with pytest.raises(duckdb.CatalogException):
            engine.query("select * from doubled")


@pytest.mark.parametrize("table", [[], [("a", 1, "x")]])
def test_a_result_without_a_declared_column_is_an_error(table):
    step = Query(name="bare", sql="select t from shares", schema=SHARES)
    with (
        LocalEngine({"shares": shares(table)}) as engine,
        pytest.raises(InputError, match=r"bare: missing columns \['object', 'who'\]"),
    ):
        engine.run((step,))


def test_a_result_of_another_type_is_an_error():
    step = rows_of(lambda t: t.set_column(1, "t", pa.array(["noon"] * t.num_rows)))
    with LocalEngine({"shares": shares([("a", 1, "x")])}) as engine, pytest.raises(InputError, match="r: wrong type"):
        engine.run((step,))


def test_a_group_without_its_key_among_the_columns_is_an_error():
    step = Groups(
        name="g", input="shares", columns=("t",), key=("object",), order=("t",), function=lambda t: t, schema=SHARES
    )
    with LocalEngine({"shares": shares([("a", 1, "x")])}) as engine, pytest.raises(InputError, match=r"\['object'\]"):
        engine.run((step,))


def test_nothing_in_gives_the_declared_schema():
    for step in (rows_of(lambda t: t), groups_of(lambda t: t)):
        with LocalEngine({"shares": shares([])}) as engine:
            assert engine.run((step,)).equals(SHARES.empty_table())


def part(folder, name, *rows):
    stored = [dict(zip(STORED.names, row, strict=True)) for row in rows]
    pq.write_table(pa.Table.from_pylist(stored, schema=STORED), folder / name)
    return str(folder / name)


def read(parts):
    with LocalEngine({"posts": parts}) as engine:
        return {r["row_id"]: r["text"] for r in engine.query("select * from posts").to_pylist()}


def test_parts_are_seen_with_row_ids(tmp_path):
    files = (
        part(tmp_path, "it's.parquet", ("aa", 1, "x", "1", "one")),
        part(tmp_path, "b.parquet", ("bb", 7, "x", "2", "two")),
    )
    assert read(Parts(files, PARTS)) == {"aa:1": "one", "bb:7": "two"}


def test_of_rows_with_one_key_the_first_by_file_and_record_stays(tmp_path):
    late = part(
        tmp_path, "a.parquet", ("aa", 2, "x", "1", "late"), ("aa", 10, "x", "2", "tenth"), ("aa", 9, "x", "2", "ninth")
    )
    early = part(tmp_path, "z.parquet", ("zz", 5, "x", "1", "early"), ("zz", 6, "telegram", "1", "other platform"))
    found = read(Parts((early, late), PARTS, key=("platform", "post_id")))
    assert found == {"zz:5": "early", "zz:6": "other platform", "aa:9": "ninth"}


def test_rows_without_a_whole_key_all_stay(tmp_path):
    file = part(
        tmp_path, "a.parquet", ("aa", 1, "x", None, "one"), ("aa", 2, "x", None, "two"), ("aa", 3, "x", "1", "three")
    )
    assert set(read(Parts((file,), PARTS, key=("platform", "post_id")))) == {"aa:1", "aa:2", "aa:3"}


ADDED = pa.schema([*PARTS, pa.field("made", UTC_US), pa.field("tags", pa.list_(pa.string()))])


@pytest.mark.parametrize("key", [(), ("platform", "post_id")])
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0,), (1,)])
def test_a_column_that_older_parts_lack_is_null_in_their_rows(tmp_path, key, order):
    old = part(tmp_path, "old.parquet", ("aa", 1, "x", "1", "old"), ("aa", 2, "x", "1", "again"))
    made = datetime(2010, 1, 1, tzinfo=UTC)
    new = str(tmp_path / "new.parquet")
    row = {"source": "bb", "record": 7, "platform": "x", "post_id": "2", "text": "new", "made": made, "tags": ["a"]}
    schema = pa.schema([*STORED, *(ADDED.field(name) for name in ("made", "tags"))])
    pq.write_table(pa.Table.from_pylist([row], schema=schema), new)
    files = tuple((old, new)[n] for n in order)
    with LocalEngine({"posts": Parts(files, ADDED, key)}) as engine:
        found = check(engine.query("select * from posts order by row_id"), ADDED, where="posts").to_pylist()
    wanted = [{"row_id": "aa:1", "platform": "x", "post_id": "1", "text": "old", "made": None, "tags": None}]
    if not key:
        wanted.append({**wanted[0], "row_id": "aa:2", "text": "again"})
    new_row = {"row_id": "bb:7", **{name: row[name] for name in ADDED.names[1:]}}
    assert found == [*(wanted if 0 in order else []), *([new_row] if 1 in order else [])]


def test_a_damaged_part_is_named(tmp_path):
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 not at all")
    with pytest.raises(StoreError, match=r"bad\.parquet"):
        read(Parts((str(bad),), PARTS))


def test_a_table_without_parts_is_empty():
    assert read(Parts((), PARTS)) == {}


def test_the_engine_neither_fetches_extensions_nor_can_be_told_to():
    with LocalEngine({}) as engine, pytest.raises(StoreError, match="locked"):
        engine.query("set autoinstall_known_extensions = true")
