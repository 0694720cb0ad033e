from __future__ import annotations

import csv
import json
import re
import unicodedata
from dataclasses import replace

import pytest

from tests.briefings import sample
from vigie.briefings import write
from vigie.errors import InputError


def _files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_folder_holds_the_page_and_every_table_and_nothing_half_written(tmp_path):
    assert write(sample.sample(), tmp_path / "b") == tmp_path / "b" / "briefing.html"
    idents = sample.sample().findings["id"].to_pylist()
    tables = {"findings.csv", "series.csv", "sources.csv", "coverage.csv", "refused.csv"}
    assert set(_files(tmp_path / "b")) == {
        "briefing.html",
        "findings.json",
        *tables,
        *(f"evidence/{i}.csv" for i in idents),
    }


def test_the_same_brief_gives_the_same_bytes(tmp_path):
    write(sample.sample(), tmp_path / "a")
    write(sample.sample(), tmp_path / "b")
    write(sample.sample(), tmp_path / "b")
    assert _files(tmp_path / "a") == _files(tmp_path / "b")


def test_csv_cells_are_inert_and_whole(tmp_path):
    write(sample.sample(), tmp_path)
    rows = _csv(tmp_path / "evidence" / "http_attack-00c0ffee.csv")
    assert len(rows) == 60
    assert rows[0]["row_id"] == "0123456789ab:1"
    assert max(len(row["query"]) for row in rows) == 5000
    for path in sorted(tmp_path.rglob("*.csv")):
        text = path.read_text(encoding="utf-8-sig")
        unseen = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
        assert unseen <= {"\n", "\t", "\u200d"}
        for row in _csv(path):
            for value in row.values():
                assert not re.match(r"\s*[=@\t]", value)
                assert not re.match(r"\s*[+-]", value) or float(value)


def test_numbers_stay_numbers_and_times_are_utc(tmp_path):
    write(sample.sample(), tmp_path)
    [shift] = [row for row in _csv(tmp_path / "findings.csv") if row["detector"] == "poll_shift"]
    assert (shift["value"], shift["low"]) == ("-18.0", "-21.4")
    assert shift["first_seen"] == "2017-04-05T08:00:00Z"
    assert len(_csv(tmp_path / "coverage.csv")) == len(sample.sample().coverage)
    series = _csv(tmp_path / "series.csv")
    assert {row["kind"] for row in series} == {"count", "trend", "poll"}
    assert sum(row["finding"] == "http_attack-00c0ffee" for row in series) == sample.DAYS - 3


def test_json_is_ascii_and_says_exactly_what_the_findings_say(tmp_path):
    made = sample.sample()
    write(made, tmp_path)
    data = (tmp_path / "findings.json").read_bytes()
    assert all(byte == 10 or 32 <= byte < 127 for byte in data)
    document = json.loads(data)
    assert document["simulated"] is True
    assert document["inputs_hash"] == made.inputs_hash
    by_id = {row["id"]: row for row in made.findings.to_pylist()}
    assert [f["id"] for f in document["findings"]] == [f.id for f in made.by_weight()]
    for found in document["findings"]:
        assert found["title"] == by_id[found["id"]]["title"]
        assert found["subject_ids"] == by_id[found["id"]]["subject_ids"]
        assert found["p_value"] == by_id[found["id"]]["p_value"]


def test_a_value_that_is_no_number_is_null_in_json(tmp_path):
    found = sample.finding("co_share-1", value=float("nan"), high=float("inf"))
    table = sample.pa.Table.from_pylist([found], schema=sample.FINDINGS)
    write(replace(sample.sample(), findings=table, evidence={"co_share-1": sample.rows(2)}, series={}), tmp_path)
    [row] = json.loads((tmp_path / "findings.json").read_bytes())["findings"]
    assert row["value"] is row["high"] is None
    assert "not computed" in (tmp_path / "briefing.html").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write the briefing"):
        write(sample.nothing_found(), tmp_path / "file")
