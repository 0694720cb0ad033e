"""Damage, odd files and interrupted commands: a clear error or the right rows, never a traceback, never a row twice."""

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.run.builders import HEADER, log_lines, make_case, post_lines, store_bytes, take
from vigie.errors import StoreError
from vigie.run.add import relation
from vigie.run.analyse import analyse, load, measuring
from vigie.run.brief import brief
from vigie.run.explain import raw_rows
from vigie.sources import reading
from vigie.tables.store import Store

ATTACK = log_lines(40).replace(b"/page/", b"/page?id=1%27%20union%20select%20password%20from%20users--&n=")


@pytest.fixture
def case(tmp_path):
    return make_case(tmp_path / "case")


@pytest.fixture
def attacked(case, tmp_path):
    (tmp_path / "attack.log").write_bytes(ATTACK + b"nonsense\n")
    take(case, tmp_path / "attack.log")
    return case


def counts(added):
    return added.rows, added.refused, added.already


def records(case, table="requests"):
    store = Store(case / "store")
    return [r for p in store.files(table, store.manifest()) for r in pq.read_table(p)["record"].to_pylist()]


@pytest.mark.parametrize("first_packed", [False, True])
@pytest.mark.parametrize("then_packed", [False, True])
@pytest.mark.parametrize("lines", [50, 2000])
def test_a_log_that_grew_is_known_packed_or_not(case, tmp_path, first_packed, then_packed, lines):
    def written(name, data, packed):
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if packed else data)
        return path

    first = written("first", log_lines(lines), first_packed)
    other = written("other", log_lines(lines, start=5000), first_packed)  # as long, or nearly, but another
    grown = written("grown", log_lines(lines + 30), then_packed)
    take(case, first, other)
    (added,) = take(case, grown)
    assert counts(added) == (30, 0, lines)
    assert len(records(case)) == 2 * lines + 30


def test_two_logs_of_one_length_may_both_grow(case, tmp_path):
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    for path, host in ((one, b"203.0"), (two, b"198.0")):
        path.write_bytes(log_lines(20).replace(b"192.0", host))
    take(case, one, two)
    for path, host in ((one, b"203.0"), (two, b"198.0")):
        path.write_bytes(log_lines(30).replace(b"192.0", host))
    assert [counts(a) for a in take(case, one, two)] == [(10, 0, 20)] * 2


def test_what_was_interrupted_is_not_mixed_with_another_way_of_reading(case, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_BYTES", 2000)
    log = tmp_path / "x.log"
    log.write_bytes(log_lines(50))
    take(case, log)
    manifest = case / "store" / "manifest.jsonl"
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[:2]))
    (added,) = take(case, log, format="w3c-log")
    assert counts(added) == (0, 50, 0)
    assert records(case) == []
    assert records(case, "refused") == list(range(1, 51))


def test_a_predecessor_that_came_between_does_not_double_rows(case, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_BYTES", 2000)
    short, long = tmp_path / "short.log", tmp_path / "long.log"
    short.write_bytes(log_lines(20))
    long.write_bytes(log_lines(50))
    take(case, long)
    manifest = case / "store" / "manifest.jsonl"
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[:2]))
    assert [counts(a) for a in take(case, short, long)] == [(20, 0, 0), (30, 0, 20)]
    assert sorted(records(case)) == list(range(1, 51))


def test_rows_of_a_grown_log_are_found_beyond_its_first_block(case, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_BYTES", 2000)
    log = tmp_path / "x.log"
    log.write_bytes(log_lines(100))
    take(case, log)
    log.write_bytes(log_lines(103))
    (added,) = take(case, log)
    (raw,) = raw_rows(case, [f"{added.source}:102"])
    assert (raw.line, raw.text) == (102, log_lines(1, start=101).decode().rstrip())


def test_a_block_of_short_junk_is_cut(case, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_LINES_MAX", 100)
    junk, packed = tmp_path / "junk.log", tmp_path / "junk.gz"
    junk.write_bytes(b"x\n" * 950 + log_lines(3) + b"end")
    packed.write_bytes(gzip.compress(b"y\n" * 950 + log_lines(3)))
    (one,) = take(case, junk, format="access-log")
    (two,) = take(case, packed, format="access-log")
    assert (counts(one), counts(two)) == ((3, 951, 0), (3, 950, 0))
    store = Store(case / "store")
    sizes = [pq.read_metadata(p).num_rows for p in store.files("refused", store.manifest())]
    assert max(sizes) == 100


def test_a_pipe_and_an_endless_name_are_said(case, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    pipe, device, long = take(case, tmp_path / "pipe", Path("/dev/zero"), tmp_path / ("x" * 5000))
    assert "pipe or a device" in pipe.error
    assert "pipe or a device" in device.error
    assert "too long" in long.error


@pytest.mark.parametrize("mark", [True, False])
def test_utf16_said_by_its_family_name(case, tmp_path, mark):
    file = tmp_path / "posts.csv"
    file.write_bytes((HEADER + post_lines(5)).encode("utf-16" if mark else "utf-16-le"))
    assert counts(take(case, file, encoding="utf-16")[0]) == (5, 0, 0)


def test_a_file_read_otherwise_says_so(case, tmp_path):
    file = tmp_path / "posts.csv"
    file.write_text(HEADER + post_lines(3))
    take(case, file)
    (again,) = take(case, file, encoding="cp1252")
    assert "stays as it was read" in again.notes[1]


@pytest.mark.parametrize("table", ["requests", "refused"])
def test_a_damaged_or_missing_part_is_an_error(attacked, table):
    (part,) = (attacked / "store" / table).glob("*.parquet")
    part.write_bytes(part.read_bytes()[:200])
    with pytest.raises(StoreError, match=part.name):
        brief(attacked)
    part.unlink()
    with pytest.raises(StoreError, match="is missing"):
        brief(attacked)
    store = Store(attacked / "store")
    if table == "requests":
        with pytest.raises(StoreError, match="is missing"):
            relation(store, "requests", store.manifest())


def test_a_missing_manifest_or_line_costs_no_part(attacked, tmp_path):
    manifest = attacked / "store" / "manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    before = {n for n in store_bytes(attacked) if n.endswith(".parquet")}
    manifest.write_bytes(lines[1])
    with pytest.raises(StoreError, match="line of a part is missing"):
        take(attacked, tmp_path / "attack.log")
    manifest.unlink()
    with pytest.raises(StoreError, match="manifest is missing"):
        take(attacked, tmp_path / "attack.log")
    with pytest.raises(StoreError, match="manifest is missing"):
        analyse(attacked)
    assert {n for n in store_bytes(attacked) if n.endswith(".parquet")} == before


def test_foreign_files_in_the_store_are_left_alone(attacked, tmp_path):
    stray = attacked / "store" / "requests" / "notes.parquet"
    stray.write_bytes(b"x")
    (attacked / "store" / "tmp" / "folder").mkdir()
    assert counts(take(attacked, tmp_path / "attack.log")[0]) == (0, 0, 40)
    assert stray.exists()


def test_damaged_caches_and_findings_are_made_anew(attacked):
    good = analyse(attacked).findings
    for cached in (attacked / "cache").glob("*.parquet"):
        data = bytearray(cached.read_bytes())
        data[8:60] = bytes(52)
        cached.write_bytes(data)
    assert analyse(attacked).findings == good
    for state in (b"[]", b"{", b'{"inputs_hash": 5}'):
        (attacked / "run.json").write_bytes(state)
        with pytest.raises(StoreError, match="is damaged"):
            load(attacked)
        assert brief(attacked).exists()
        assert load(attacked).findings == good


def test_two_runs_at_once_are_refused(attacked):
    with measuring(attacked), pytest.raises(StoreError, match="measuring this case"):
        analyse(attacked)
    analyse(attacked)


BRIEF = """
import sys
from pathlib import Path
from vigie.run.brief import brief
print(flush=True)
brief(Path(sys.argv[1]))
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_brief_leaves_nothing_half_written(attacked):
    expected = brief(attacked).parent
    pages = {p.name: p.read_bytes() for p in expected.rglob("*") if p.is_file()}
    for wait_s in (0.0, 0.05, 0.15):
        (attacked / "run.json").unlink(missing_ok=True)
        process = subprocess.Popen([sys.executable, "-c", BRIEF, str(attacked)], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(wait_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    (attacked / "briefings" / ".killed.tmp").mkdir()
    brief(attacked)
    assert not list((attacked / "briefings").glob(".*"))
    for folder in (attacked / "briefings").iterdir():
        assert {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == pages
