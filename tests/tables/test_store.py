"""The store: written once, visible by a manifest line, torn lines ignored, one writer."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vigie.errors import StoreError
from vigie.tables import REFUSED, TABLES
from vigie.tables.store import PartLine, Resume, SourceLine, Store
from vigie.testing import EPOCH

SHA = "ab" * 32
POLLS = TABLES["polls"]


def rows(count):
    one = {
        "record": 1,
        "time": EPOCH,
        "poll_id": "p",
        "pollster": "x",
        "fieldwork_end": EPOCH.date(),
        "question": "approval",
        "candidate": "a",
        "candidate_id": "a",
        "percent": 1.0,
    }
    return pa.Table.from_pylist([one | {"record": n + 1} for n in range(count)], schema=POLLS.arriving)


def part_line(number=0, count=2, refused=0):
    return PartLine(SHA, number, count, refused, 0, {"2017-02-15": count}, 1, 1, Resume(10, 3, {"header": ["a"]}))


def source_line(parts=1, count=2):
    return SourceLine(
        sha256=SHA,
        name="polls.csv",
        path="/nowhere/polls.csv",
        size=10,
        format="f",
        version=1,
        table="polls",
        options={"encoding": ""},
        parts=parts,
        rows=count,
        refused=0,
        skipped=1,
        repeats=0,
        days={"2017-02-15": count},
        first=1,
        last=1,
        content_sha256=SHA,
        resume=Resume(10, 3, {}),
    )


def no_refusals():
    return REFUSED.arriving.empty_table()


def test_a_file_is_visible_only_with_its_last_line(tmp_path):
    store = Store(tmp_path)
    with store.writer() as writer:
        writer.part(part_line(), rows(2), no_refusals(), "polls")
        assert store.manifest().sources == ()
        assert store.files("polls", store.manifest()) == ()
        assert store.manifest().unfinished == (SHA,)
        writer.finish(source_line())
    manifest = store.manifest()
    assert [s.name for s in manifest.sources] == ["polls.csv"]
    assert manifest.unfinished == ()
    (file,) = store.files("polls", manifest)
    table = pq.read_table(file)
    assert table.schema.equals(POLLS.stored)
    assert table.select(["source", "record"]).to_pylist() == [
        {"source": SHA[:12], "record": 1},
        {"source": SHA[:12], "record": 2},
    ]


def test_what_the_manifest_says_comes_back_the_same(tmp_path):
    store = Store(tmp_path)
    surrogate = replace(source_line(), path="/x/\udce9.csv", notes=("a note",))
    with store.writer() as writer:
        writer.part(part_line(), rows(2), no_refusals(), "polls")
        writer.finish(surrogate)
        writer.moved(SHA, "/y")
    manifest = store.manifest()
    assert manifest.sources == (surrogate,)
    assert manifest.parts[SHA] == (part_line(),)
    assert manifest.paths[SHA] == "/y"
    assert manifest.source(SHA[:12]) == surrogate
    assert manifest.source("00") is None


@pytest.mark.parametrize("torn", [b'{"source":', b"\0\0\0", b'{"part":{}}'])
def test_a_torn_last_line_is_ignored_and_cut_off(tmp_path, torn):
    store = Store(tmp_path)
    with store.writer() as writer:
        writer.part(part_line(), rows(2), no_refusals(), "polls")
        writer.finish(source_line())
    path = tmp_path / "manifest.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert len(store.manifest().sources) == 1
    with store.writer():
        pass
    assert path.read_bytes() == whole


def test_a_damaged_line_is_an_error_that_names_it(tmp_path):
    store = Store(tmp_path)
    (tmp_path / "manifest.jsonl").write_bytes(b'{"source":{}}\n')
    with pytest.raises(StoreError, match=r"manifest\.jsonl:1"):
        store.manifest()


def test_the_writer_removes_what_no_line_names(tmp_path):
    store = Store(tmp_path)
    with store.writer() as writer:
        writer.part(part_line(), rows(2), no_refusals(), "polls")
    stray = tmp_path / "polls" / f"{SHA[:12]}-00001.parquet"
    stray.write_bytes(b"x")
    half = tmp_path / "tmp" / "polls-x.parquet"
    half.write_bytes(b"x")
    kept = tmp_path / "polls" / f"{SHA[:12]}-00000.parquet"
    with store.writer():
        assert not stray.exists()
        assert not half.exists()
        assert kept.exists()


def test_two_writers_are_refused_and_readers_are_not(tmp_path):
    store = Store(tmp_path)
    with store.writer() as writer:
        writer.part(part_line(), rows(2), no_refusals(), "polls")
        with pytest.raises(StoreError, match="another vigie process"), Store(tmp_path).writer():
            pass
        assert store.manifest().sources == ()
    with store.writer():
        pass


def test_a_manifest_line_is_json_in_ascii(tmp_path):
    store = Store(tmp_path)
    with store.writer() as writer:
        writer.moved(SHA, "/é")
    line = (tmp_path / "manifest.jsonl").read_bytes()
    assert line.isascii()
    assert json.loads(line) == {"moved": {"path": "/é", "sha256": SHA}}
