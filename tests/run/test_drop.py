"""A file that was added by mistake can be forgotten, and added again in another way."""

import pytest

from tests.run.builders import HEADER, log_lines, make_case, post_lines, store_bytes, take
from vigie.errors import InputError
from vigie.run.drop import drop
from vigie.tables.store import Store


@pytest.fixture
def case(tmp_path):
    return make_case(tmp_path / "case")


def test_a_file_read_as_the_wrong_format_is_dropped_and_read_again(case, tmp_path):
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(20))
    (wrong,) = take(case, log, format="posts-jsonl")
    assert (wrong.rows, wrong.refused) == (0, 20)
    assert drop(case, "access.log").refused == 20
    assert Store(case / "store").manifest().sources == ()
    assert not [name for name in store_bytes(case) if name.endswith(".parquet")]
    (right,) = take(case, log)
    assert (right.rows, right.refused, right.already) == (20, 0, 0)


def test_what_two_exports_hold_counts_again_after_one_is_dropped(case, tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(HEADER + post_lines(30))
    two.write_text(HEADER + post_lines(30, start=20))
    first, second = take(case, one, two)
    assert (second.rows, second.already) == (20, 10)
    drop(case, first.source[:6])
    (again,) = take(case, one)
    assert (again.rows, again.already) == (20, 10)


def test_a_file_on_which_another_builds_is_not_dropped(case, tmp_path):
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(20))
    (old,) = take(case, log)
    log.write_bytes(log_lines(30))
    (grown,) = take(case, log)
    before = store_bytes(case)
    with pytest.raises(InputError, match="goes on where it ended"):
        drop(case, old.source)
    assert store_bytes(case) == before
    drop(case, grown.source)
    drop(case, old.source)
    assert Store(case / "store").manifest().sources == ()


def test_a_name_that_means_none_or_several_is_said(case, tmp_path):
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        log = tmp_path / str(number) / "access.log"
        log.write_bytes(log_lines(5, start=5 * number))
        take(case, log)
    with pytest.raises(InputError, match="2 files are"):
        drop(case, "access.log")
    with pytest.raises(InputError, match="no file of the case"):
        drop(case, "other.log")
