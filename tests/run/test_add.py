"""Taking sources in: idempotent, complete, and a clear word for every bad file."""

import gzip
import os
import resource
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from tests.run.builders import HEADER, log_lines, make_case, post_lines, store_bytes, take
from vigie.errors import InputError, StoreError
from vigie.run.add import relation
from vigie.sources import reading
from vigie.tables.store import Store


@pytest.fixture
def case(tmp_path):
    return make_case(tmp_path / "case")


def refused(case):
    store = Store(case / "store")
    parts = store.files("refused", store.manifest())
    return [row for part in parts for row in pq.read_table(part).to_pylist()]


def counts(added):
    return added.rows, added.refused, added.already


def test_adding_a_file_twice_does_nothing(case, tmp_path):
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(50))
    (first,) = take(case, log)
    before = store_bytes(case)
    (second,) = take(case, log)
    assert counts(first) == (50, 0, 0)
    assert counts(second) == (0, 0, 50)
    assert store_bytes(case) == before


def test_the_same_contents_compressed_are_there_already(case, tmp_path):
    log, packed = tmp_path / "access.log", tmp_path / "access.log.gz"
    log.write_bytes(log_lines(50))
    packed.write_bytes(gzip.compress(log.read_bytes()))
    added = take(case, log, packed)
    assert [counts(a) for a in added] == [(50, 0, 0), (0, 0, 50)]
    assert "access.log" in added[1].notes[0]
    assert counts(take(case, packed)[0]) == (0, 0, 50)
    assert len([n for n in store_bytes(case) if n.startswith("requests/")]) == 1


def test_of_a_log_that_grew_only_what_is_new_is_read(case, tmp_path):
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(50))
    take(case, log)
    log.write_bytes(log_lines(80))
    (grown,) = take(case, log)
    assert counts(grown) == (30, 0, 50)
    log.write_bytes(log_lines(81))
    (again,) = take(case, log)
    assert counts(again) == (1, 0, 80)
    assert counts(take(case, log)[0]) == (0, 0, 81)
    store = Store(case / "store")
    records = [r for p in store.files("requests", store.manifest()) for r in pq.read_table(p)["record"].to_pylist()]
    assert records == list(range(1, 82))


def test_a_log_that_grew_from_within_a_line_loses_nothing(case, tmp_path):
    log = tmp_path / "access.log"
    whole = log_lines(20)
    log.write_bytes(whole[:-25])
    (first,) = take(case, log)
    assert counts(first) == (19, 1, 0)
    log.write_bytes(whole)
    (grown,) = take(case, log)
    assert counts(grown) == (1, 0, 19)


def test_a_file_that_moved_is_found_where_it_is_now(case, tmp_path):
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(5))
    take(case, log)
    moved = tmp_path / "moved.log"
    log.rename(moved)
    take(case, moved)
    manifest = Store(case / "store").manifest()
    assert list(manifest.paths.values()) == [str(moved)]


def test_a_post_that_two_exports_hold_counts_once(case, tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(HEADER + post_lines(30))
    two.write_text(HEADER + post_lines(30, start=20) + post_lines(5, start=45))
    added = take(case, one, two)
    assert [counts(a) for a in added] == [(30, 0, 0), (20, 0, 15)]
    from vigie.engine.local import LocalEngine

    store = Store(case / "store")
    with LocalEngine({"posts": relation(store, "posts", store.manifest())}) as engine:
        seen = engine.query("select post_id, row_id from posts order by row_id").to_pylist()
    assert len(seen) == len({row["post_id"] for row in seen}) == 50
    # The first one stays: all of the first file's rows are seen.
    assert sum(row["row_id"].startswith(added[0].source) for row in seen) == 30


def test_an_unclosed_quote_costs_its_line_only(case, tmp_path):
    file = tmp_path / "posts.csv"
    lines = post_lines(1000).splitlines(keepends=True)
    lines[500] = '2017-02-15T10:00:00Z,x,p500,ch1,"an unclosed quote\n'
    file.write_text(HEADER + "".join(lines))
    (added,) = take(case, file)
    assert counts(added) == (999, 1, 0)
    assert [(r["record"], r["raw"].strip()) for r in refused(case)] == [(502, lines[500].strip())]


BAD = {
    "empty": b"",
    "binary": os.urandom(5000) + b"\0",
    "cut-gzip-start": gzip.compress(log_lines(10))[:5],
    "zip": b"PK\x03\x04" + b"x" * 100,
    "prose": b"This is a letter.\nIt is in no format.\n",
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_taken_is_said_and_the_others_go_on(case, tmp_path, name):
    bad, good = tmp_path / name, tmp_path / "good.log"
    bad.write_bytes(BAD[name])
    good.write_bytes(log_lines(5))
    first, second = take(case, bad, good)
    assert first.error
    assert counts(first) == (0, 0, 0)
    assert counts(second) == (5, 0, 0)


def test_a_folder_and_a_missing_file_are_said(case, tmp_path):
    folder, missing = take(case, tmp_path, tmp_path / "none")
    assert folder.error == "is a folder"
    assert "no such file" in missing.error


def test_a_truncated_gzip_gives_its_rows_and_a_counted_refusal(case, tmp_path):
    packed = tmp_path / "access.log.gz"
    noisy = b"".join(log_lines(1, n).replace(b"agent", os.urandom(40).hex().encode()) for n in range(3000))
    packed.write_bytes(gzip.compress(noisy)[:-5000])
    (added,) = take(case, packed)
    assert 0 < added.rows < 3000
    assert "the gzip stream is cut off" in added.reasons
    assert added.refused == len(refused(case)) == 2  # the line that was cut, and the word on the stream


def test_a_line_of_100_mb_is_refused_and_those_around_it_are_rows(case, tmp_path):
    log = tmp_path / "access.log"
    with log.open("wb") as file:
        file.write(log_lines(5))
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + log_lines(5, start=5))
    (added,) = take(case, log)
    assert counts(added) == (10, 1, 0)
    (row,) = refused(case)
    assert (row["record"], row["raw"][:3]) == (6, "xxx")
    assert "100,000,001 bytes" in row["reason"]


def test_nul_bytes_odd_years_and_zones_are_counted_refusals_or_right(case, tmp_path):
    log = tmp_path / "access.log"
    good = log_lines(1)
    log.write_bytes(
        good
        + good.replace(b"/page", b"/pa\0ge")
        + good.replace(b"2017", b"1900")
        + good.replace(b"2017", b"2200")
        + good.replace(b"+0100", b"+0200")
    )
    (added,) = take(case, log)
    assert counts(added) == (2, 3, 0)
    assert [r["record"] for r in refused(case)] == [2, 3, 4]
    store = Store(case / "store")
    (part,) = store.files("requests", store.manifest())
    hours = [t.hour for t in pq.read_table(part)["time"].to_pylist()]
    assert hours == [9, 8]


def test_the_wrong_encoding_is_refused_and_the_right_one_named_reads_it(case, tmp_path):
    file = tmp_path / "posts.csv"
    file.write_bytes((HEADER + "2017-02-15T10:00:00Z,x,p1,ch1,déjà vu\n" + post_lines(3, start=5)).encode("cp1252"))
    (added,) = take(case, file)
    assert counts(added) == (3, 1, 0)
    other = make_case(tmp_path / "other")
    (named,) = take(other, file, encoding="cp1252")
    assert counts(named) == (4, 0, 0)


def test_a_spreadsheets_utf16_is_read(case, tmp_path):
    file = tmp_path / "posts.csv"
    file.write_bytes((HEADER + post_lines(20)).encode("utf-16"))
    assert counts(take(case, file)[0]) == (20, 0, 0)


def test_every_line_is_a_row_or_refused_or_skipped(case, tmp_path):
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(40) + b"\n\nnonsense\n" + log_lines(3, start=40))
    (added,) = take(case, log)
    assert added.rows + added.refused + added.skipped == 46


def test_an_unknown_format_is_an_error(case, tmp_path):
    with pytest.raises(InputError, match="no format is named"):
        take(case, tmp_path / "x", format="nonsense")


def test_a_name_of_bytes_that_are_no_text_is_taken(case, tmp_path):
    path = os.fsencode(tmp_path) + b"/acc\xe9s.log"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(log_lines(3))
    from pathlib import Path

    (added,) = take(case, Path(os.fsdecode(path)))
    assert (added.file, added.rows) == ("acc\\xe9s.log", 3)


FULL = """
import resource, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from vigie.errors import StoreError
from vigie.run.add import Options, add
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    print(list(add(Path(sys.argv[1]), [Path(sys.argv[2])], Options(ZoneInfo("Europe/Paris")))))
except StoreError as error:
    print("STORE", error)
"""


@pytest.mark.parametrize("limit", [200, 4_000])
def test_a_full_disk_is_said_and_the_next_try_goes_on(case, tmp_path, limit):
    """A limit on the size of files stands for the disk: the same write fails, with the same kind of error."""
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(500))
    command = [sys.executable, "-c", FULL, str(case), str(log), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "STORE" in done.stdout
    assert "cannot write" in done.stdout
    assert Store(case / "store").manifest().sources == ()
    (added,) = take(case, log)
    assert counts(added) == (500, 0, 0)
    untouched = make_case(tmp_path / "untouched")
    take(untouched, log)
    assert store_bytes(case) == store_bytes(untouched)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_two_writers_are_refused(case, tmp_path):
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(5))
    with Store(case / "store").writer(), pytest.raises(StoreError, match="another vigie process"):
        take(case, log)


def test_block_cuts_do_not_change_the_rows(case, tmp_path, monkeypatch):
    log, posts = tmp_path / "access.log", tmp_path / "posts.csv"
    log.write_bytes(log_lines(200))
    posts.write_text(HEADER + post_lines(200).replace("text number 7", '"text\nof two lines"'))
    take(case, log, posts)
    small = make_case(tmp_path / "small")
    monkeypatch.setattr(reading, "BLOCK_BYTES", 2000)
    take(small, log, posts)

    def rows(folder, table):
        store = Store(folder / "store")
        return [r for p in store.files(table, store.manifest()) for r in pq.read_table(p).to_pylist()]

    assert rows(case, "requests") == rows(small, "requests")
    assert rows(case, "posts") == rows(small, "posts")
    assert len([n for n in store_bytes(small) if n.startswith("requests/")]) > 5
