"""What a briefing is put together from."""

from __future__ import annotations

from tests.run.builders import log_lines, make_case, take
from vigie import case as case_file
from vigie.run.add import STORE
from vigie.run.analyse import analyse
from vigie.run.brief import compose
from vigie.tables.store import Store


def composed(folder):
    analysis = analyse(folder)
    return compose(folder, case_file.load(folder), Store(folder / STORE).manifest(), analysis)


def test_a_database_of_addresses_is_a_source_but_no_day_of_the_case(tmp_path):
    case = make_case(tmp_path / "case")
    log, ranges = tmp_path / "access.log", tmp_path / "ranges-2024-03.csv"
    log.write_bytes(log_lines(30))
    ranges.write_text("start_ip,end_ip,country\n8.8.8.0,8.8.8.255,US\n", encoding="utf-8")
    take(case, log)
    before = composed(case)
    take(case, ranges)
    after = composed(case)
    assert {line.table for line in after.inputs} == {"requests", "ip_ranges"}
    assert (after.first, after.last) == (before.first, before.last)
    assert after.last.year < 2024
    assert after.coverage == before.coverage
    assert {cell.table for cell in after.coverage} == {"requests"}
