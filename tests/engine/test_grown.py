"""Rows in the order in which they arrived, and the folder of a step that keeps something."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.test_local import PARTS, STORED
from vigie.engine import Grown, Query, local
from vigie.engine.local import LocalEngine, Parts
from vigie.errors import InputError, StoreError

IDS = pa.schema([("row_id", pa.string()), ("text", pa.string())])


def step(function=None, relation="posts"):
    def every(tables, folder):
        del folder
        return pa.concat_tables([IDS.empty_table(), *tables])

    return Grown(name="g", input=relation, columns=("row_id", "text"), function=function or every, schema=IDS)


POSTS = st.tuples(st.sampled_from([None, "p1", "p2", "p3"]), st.sampled_from(["", "a", "b"]))
FILES = st.lists(st.lists(POSTS, max_size=6), min_size=1, max_size=4)


def stored(folder, files, without=()):
    """Write files of posts; the names of the sources do not ascend."""
    paths = []
    for number, posts in enumerate(files):
        source = f"{(number * 7 + 3) % 10:012x}"
        cells = [
            {"source": source, "record": 2 * n + 1, "platform": "x", "post_id": post_id, "text": text}
            for n, (post_id, text) in enumerate(posts)
        ]
        table = pa.Table.from_pylist(cells, schema=STORED).drop_columns(list(without))
        paths.append(folder / f"{source}-00000.parquet")
        pq.write_table(table, paths[-1])
    return tuple(map(str, paths))


@settings(max_examples=40)
@given(FILES, st.booleans(), st.integers(1, 3))
def test_rows_arrive_file_after_file_and_repeats_are_left_out(files, keyed, batch_rows):
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "BATCH_ROWS", batch_rows)
        parts = Parts(stored(Path(name), files), PARTS, ("platform", "post_id") if keyed else ())
        seen, due = set(), []
        for number, posts in enumerate(files):
            for n, (post_id, text) in enumerate(posts):
                if not keyed or post_id is None or post_id not in seen:
                    due.append({"row_id": f"{(number * 7 + 3) % 10:012x}:{2 * n + 1}", "text": text})
                seen.add(post_id)
        with LocalEngine({"posts": parts}) as engine:
            found = engine.run((step(),)).to_pylist()
            assert found == due
            query = Query(name="q", sql="select row_id, text from posts", schema=IDS)
            assert sorted(map(str, engine.run((query,)).to_pylist())) == sorted(map(str, due))


def test_they_can_be_gone_through_again(tmp_path):
    parts = Parts(stored(tmp_path, [[("p1", "a")], [("p2", "b")]]), PARTS)

    def twice(tables, folder):
        del folder
        return pa.concat_tables([*tables, *tables])

    with LocalEngine({"posts": parts}) as engine:
        assert engine.run((step(twice),))["text"].to_pylist() == ["a", "b", "a", "b"]


def test_a_column_that_a_part_lacks_is_null(tmp_path):
    parts = Parts(stored(tmp_path, [[("p1", "a")]], without=("text",)), PARTS)
    with LocalEngine({"posts": parts}) as engine:
        assert engine.run((step(),))["text"].to_pylist() == [None]


@pytest.mark.parametrize("coded", [False, True])
def test_a_table_in_memory_stands_in_the_order_of_its_ids(coded):
    table = pa.table({"row_id": ["b:1", "a:10", "a:9"], "text": ["x", "y", "x"]})
    if coded:
        table = table.set_column(1, "text", table["text"].dictionary_encode())
    with LocalEngine({"posts": table}) as engine:
        assert engine.run((step(),))["row_id"].to_pylist() == ["a:9", "a:10", "b:1"]
        query = Query(name="q", sql="select row_id, text from posts", schema=IDS)
        assert engine.run((query, step(relation="q"))).num_rows == 3


def test_no_rows_are_no_rows():
    for posts in (IDS.empty_table(), Parts((), PARTS)):
        with LocalEngine({"posts": posts}) as engine:
            assert engine.run((step(),)).num_rows == 0


def test_each_step_has_a_folder_of_its_own_or_none(tmp_path):
    told = []

    def function(tables, folder):
        del tables
        told.append(folder)
        return IDS.empty_table()

    for standing in (None, tmp_path):
        with LocalEngine({"posts": IDS.empty_table()}, standing=standing) as engine:
            engine.run((step(function),))
    assert told == [None, tmp_path / "g"]


def test_what_is_wrong_is_said(tmp_path):
    def full(tables, folder):
        del tables, folder
        raise OSError(28, "No space left on device")

    with LocalEngine({"posts": IDS.empty_table()}) as engine:
        with pytest.raises(StoreError, match="cannot write: No space left"):
            engine.run((step(full),))
        with pytest.raises(InputError):
            engine.run((step(lambda *_: pa.table({"x": [1]})),))
    (file,) = stored(tmp_path, [[("p1", "a" * 50)] * 50])
    with LocalEngine({"posts": Parts((file,), PARTS)}) as engine:
        data = bytearray(Path(file).read_bytes())
        data[4:200] = bytes(196)
        Path(file).write_bytes(data)
        with pytest.raises(StoreError, match="cannot be read through"):
            engine.run((step(),))
