"""Databases of addresses taken in from files: binary ones, packed ones, and those that do not say their day."""

import gzip

import pyarrow.parquet as pq

from tests.run.builders import make_case, store_bytes, take
from tests.sources.mmdb_files import database
from vigie.tables.store import Store

FRANCE = {"country": {"iso_code": "FR"}}
FILE = database({"192.0.2.0/24": FRANCE, "2001:db8::/32": FRANCE}, aliases=("::ffff:0:0/96",))


def rows_of(case):
    store = Store(case / "store")
    files = store.files("ip_ranges", store.manifest())
    return [r for f in files for r in pq.read_table(f).select(["record", "time", "first", "country"]).to_pylist()]


def test_a_binary_database_is_taken_as_it_is(tmp_path):
    case = make_case(tmp_path / "case")
    (tmp_path / "a.mmdb").write_bytes(FILE)
    (added,) = take(case, tmp_path / "a.mmdb")
    assert (added.format, added.table, added.rows, added.refused) == ("mmdb", "ip_ranges", 2, 0)
    assert [(r["record"], r["first"], r["country"]) for r in rows_of(case)] == [
        (1, "192.0.2.0", "FR"),
        (2, "2001:db8::", "FR"),
    ]
    before = store_bytes(case)
    assert take(case, tmp_path / "a.mmdb")[0].already == 2
    assert store_bytes(case) == before


def test_a_packed_database_is_the_same(tmp_path):
    case = make_case(tmp_path / "case")
    (tmp_path / "a.mmdb.gz").write_bytes(gzip.compress(FILE))
    (added,) = take(case, tmp_path / "a.mmdb.gz")
    assert (added.format, added.rows, added.refused) == ("mmdb", 2, 0)


def test_a_damaged_database_says_so(tmp_path):
    case = make_case(tmp_path / "case")
    (tmp_path / "a.mmdb").write_bytes(FILE[:-300])
    (added,) = take(case, tmp_path / "a.mmdb")
    assert added.all_refused
    assert list(added.reasons) == ["no metadata at the end: the file is cut off, or is no MaxMind DB"]


def test_a_list_without_a_day_has_rows_without_a_time(tmp_path):
    case = make_case(tmp_path / "case")
    (tmp_path / "tor.txt").write_text("192.0.2.1\n192.0.2.2\n")
    (tmp_path / "dbip-2024-03.csv").write_text("192.0.2.0,192.0.2.255,FR\n")
    added = take(case, tmp_path / "tor.txt", tmp_path / "dbip-2024-03.csv")
    assert [(a.format, a.rows) for a in added] == [("address-list", 2), ("ranges-csv", 1)]
    assert [r["time"] and r["time"].date().isoformat() for r in rows_of(case)] == [None, None, "2024-03-01"]
    first, second = Store(case / "store").manifest().sources
    assert (first.first, first.last, first.days) == (None, None, {})
    assert second.first == second.last
