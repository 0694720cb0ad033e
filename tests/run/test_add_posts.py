"""Exports of posts as they come: repeated, renamed, of mixed clocks, of one account, by an older version."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from tests.run.builders import make_case, take
from vigie.engine.local import LocalEngine
from vigie.run.add import relation
from vigie.run.rows import stored_rows
from vigie.tables.store import Store

PARIS = ZoneInfo("Europe/Paris")
MADE = datetime(2009, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def case(tmp_path):
    return make_case(tmp_path / "case")


def export(tmp_path, name, *posts):
    file = tmp_path / f"{name}.jsonl"
    whole = {"platform": "x", "channel_id": "9", "text": "vote", "time": "2017-02-15T10:00:00Z"}
    file.write_text("".join(json.dumps({**whole, **post}) + "\n" for post in posts))
    return file


def counts(added):
    return added.rows, added.refused, added.already


def seen(case, columns="*"):
    store = Store(case / "store")
    with LocalEngine({"posts": relation(store, "posts", store.manifest())}) as engine:
        return engine.query(f"select {columns} from posts order by time, row_id").to_pylist()


def test_a_post_that_recurs_in_one_file_and_in_another_counts_once(case, tmp_path):
    one = export(tmp_path, "one", {"post_id": "1"}, {"post_id": "1", "text": "edited"}, {"post_id": "2"})
    two = export(tmp_path, "two", {"post_id": "2", "text": "later"}, {"post_id": "3"}, {"post_id": "3"})
    assert [counts(added) for added in take(case, one, two)] == [(2, 0, 1), (1, 0, 2)]
    assert [(row["post_id"], row["text"]) for row in seen(case)] == [("1", "vote"), ("2", "vote"), ("3", "vote")]


def test_one_number_on_two_platforms_is_two_posts(case, tmp_path):
    (added,) = take(case, export(tmp_path, "one", {"post_id": "1"}, {"post_id": "1", "platform": "mastodon"}))
    assert counts(added) == (2, 0, 0)
    assert len(seen(case)) == 2


def test_an_account_that_was_renamed_stays_one_channel(case, tmp_path):
    names = ["Ana", "Ana for France", None]
    file = export(tmp_path, "one", *({"post_id": str(n), "channel_name": name} for n, name in enumerate(names)))
    assert counts(take(case, file)[0]) == (3, 0, 0)
    rows = seen(case)
    assert {row["channel_id"] for row in rows} == {"9"}
    assert [row["channel_name"] for row in rows] == names


def test_identical_posts_without_an_id_all_stay_and_with_one_are_one(case, tmp_path):
    nameless, named = export(tmp_path, "nameless", *[{}] * 50), export(tmp_path, "named", *[{"post_id": "7"}] * 50)
    assert [counts(added) for added in take(case, nameless, named)] == [(50, 0, 0), (1, 0, 49)]
    assert len(seen(case)) == 51


def test_clocks_with_and_without_a_zone_in_one_file(case, tmp_path):
    times = ["2017-02-15T10:00:00Z", "2017-02-15T11:00:00", "2017-02-15T15:30:00+05:30", 1487152800, 1487152800000]
    (added,) = take(case, export(tmp_path, "one", *({"time": time} for time in times)))
    assert counts(added) == (5, 0, 0)
    assert {row["time"] for row in seen(case)} == {datetime(2017, 2, 15, 10, tzinfo=UTC)}


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_days_without_hours_stand_at_one_time_of_day(case, tmp_path, kind):
    days = ["2017-03-25", "2017-03-26", "2017-03-27"]
    file = export(tmp_path, "one", *({"time": day} for day in days))
    if kind == "csv":
        file = tmp_path / "one.csv"
        file.write_text("time,platform,channel_id,text\n" + "".join(f"{day},x,9,vote\n" for day in days))
    assert counts(take(case, file)[0]) == (3, 0, 0)
    local = [row["time"].astimezone(PARIS) for row in seen(case)]
    assert [moment.isoformat()[:19] for moment in local] == [f"{day}T00:00:00" for day in days]


def test_nothing_linked_and_nothing_tagged_is_an_empty_list(case, tmp_path):
    nothing = [
        {"urls": [], "hashtags": []},
        {"urls": [""], "hashtags": [None, ""]},
        {"urls": None, "hashtags": None},
        {},
    ]
    file = tmp_path / "two.csv"
    file.write_text("time,platform,channel_id,text,urls,hashtags\n2017-02-15,x,9,vote,,\n2017-02-15,x,9,vote, | ,#\n")
    added = take(case, export(tmp_path, "one", *nothing), file)
    assert [counts(one) for one in added] == [(4, 0, 0), (2, 0, 0)]
    assert [(row["urls"], row["hashtags"]) for row in seen(case)] == [([], [])] * 6


def test_when_an_account_was_made_is_kept(case, tmp_path):
    dates = ["2009-03-04T05:06:07Z", "Wed Mar 04 05:06:07 +0000 2009", "unknown", None]
    (added,) = take(case, export(tmp_path, "one", *({"account_created_at": date} for date in dates)))
    assert counts(added) == (4, 0, 0)
    assert [row["channel_created"] for row in seen(case)] == [MADE, MADE, None, None]


def of_an_older_version(case):
    """Rewrite the parts of posts as they were before an account's age was kept; return how many there are."""
    parts = sorted((case / "store" / "posts").glob("*.parquet"))
    for part in parts:
        pq.write_table(pq.read_table(part).drop_columns(["channel_created"]), part)
    return len(parts)


def test_a_store_of_an_older_version_is_read_and_goes_on(case, tmp_path):
    posts = [{"post_id": str(n), "channel_created": "2009-03-04T05:06:07Z"} for n in range(4)]
    take(case, export(tmp_path, "old", *posts[:2]))
    assert of_an_older_version(case) == 1
    assert [row["channel_created"] for row in seen(case)] == [None, None]
    (added,) = take(case, export(tmp_path, "new", *posts))
    assert counts(added) == (2, 0, 2)
    rows = seen(case)
    assert [(row["post_id"], row["channel_created"]) for row in rows if row["channel_created"]] == [
        ("2", MADE), ("3", MADE),
    ]  # fmt: skip
    assert sorted(row["post_id"] for row in rows) == ["0", "1", "2", "3"]
    store = Store(case / "store")
    found = stored_rows(store, store.manifest(), [row["row_id"] for row in rows])
    assert found == {row["row_id"]: row for row in rows}
