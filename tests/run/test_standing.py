"""Files added one after another, measured in between: families are those of a case that was given all at once."""

from __future__ import annotations

import shutil

import pytest

from tests.rules.test_families import COPIES, OTHER, SAID
from tests.run.builders import HEADER, make_case, take
from vigie import case as case_file
from vigie.measures import text_families
from vigie.run.analyse import CACHE, STANDING, Measured, measuring
from vigie.run.drop import drop
from vigie.tables.store import Store

STATE = f"{CACHE}/{STANDING}/text_families"


def write(path, texts, day, first=0):
    quoted = [text.replace('"', '""') for text in texts]
    rows = [
        f'2017-02-{day:02d}T10:00:{n % 60:02d}Z,x,p{first + n},ch{n % 3},"{text}"\n' for n, text in enumerate(quoted)
    ]
    path.write_text(HEADER + "".join(rows))
    return path


def measured(case):
    with measuring(case):
        store = Store(case / "store")
        made = Measured(case, case_file.load(case), store, store.manifest())
        return made.table(text_families.MEASURE, {})


@pytest.fixture
def files(tmp_path):
    copies = list(COPIES.values())
    return [
        write(tmp_path / "one.csv", [SAID, OTHER, *copies[:5]], day=20),
        write(tmp_path / "two.csv", [*copies[5:12], "short"], day=3, first=100),  # older times
        write(tmp_path / "three.csv", [*copies[3:8], OTHER, f"RT @ana: {SAID}"], day=21, first=104),  # some repeat keys
    ]


def test_files_added_one_after_another_are_those_added_at_once(tmp_path, files):
    case, fresh = make_case(tmp_path / "case"), make_case(tmp_path / "fresh")
    for number, file in enumerate(files):
        take(case, file)
        found = measured(case)
        assert (case / STATE / "state.json").exists()
        shutil.rmtree(fresh)
        make_case(fresh)
        take(fresh, *files[: number + 1])
        assert found.equals(measured(fresh))
    assert found["row_id"].to_pylist()[0].endswith(":2")
    assert found.num_rows == 7 + 8 + 3
    take(case, files[0])
    assert measured(case).equals(found)


def test_a_file_that_is_dropped_leaves_nothing_behind(tmp_path, files):
    case, fresh = make_case(tmp_path / "case"), make_case(tmp_path / "fresh")
    take(case, *files)
    measured(case)
    drop(case, "one.csv")
    take(fresh, *files[1:])
    assert measured(case).equals(measured(fresh))
    take(case, files[0])
    take(fresh, files[0])
    assert measured(case).equals(measured(fresh))


def test_what_stands_may_be_removed_or_damaged(tmp_path, files):
    case = make_case(tmp_path / "case")
    take(case, *files[:2])
    first = measured(case)

    def again():
        for table in (case / CACHE).glob("text_families-*.parquet"):
            table.unlink()
        return measured(case)

    shutil.rmtree(case / CACHE / STANDING)
    assert again().equals(first)
    (case / STATE / "shingles").write_bytes(b"nothing")
    assert again().equals(first)
    (case / STATE / "state.json").write_text("{")
    assert again().equals(first)
