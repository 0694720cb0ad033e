"""Every row opens to its file, its line and its raw text; where it cannot, the reason is said."""

import gzip
import json

import pyarrow.parquet as pq
import pytest

from tests.run.builders import HEADER, log_lines, make_case, post_lines, take
from vigie.run.explain import raw_rows
from vigie.sources import reading
from vigie.tables.store import Store


@pytest.fixture
def case(tmp_path):
    return make_case(tmp_path / "case")


def all_rows(case):
    """Return (line, text, why not) of every row of the store, by record."""
    store = Store(case / "store")
    manifest = store.manifest()
    found = {}
    for source in manifest.sources:
        for part in store.source_files(source.table, source, manifest):
            records = pq.read_table(part, columns=["record"])["record"].to_pylist()
            raws = raw_rows(case, [f"{source.id}:{r}" for r in records])
            found |= {r: (raw.line, raw.text, raw.why_not) for r, raw in zip(records, raws, strict=True)}
    return found


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_log_line_is_its_line_whatever_the_block_and_the_packing(case, tmp_path, monkeypatch, pack):
    monkeypatch.setattr(reading, "BLOCK_BYTES", 3000)
    log = tmp_path / "access.log"
    text = log_lines(50) + b'192.0.2.1 - - [15/Feb/2017:10:00:00 +0100] "GET /a"b HTTP/1.1" 200 5\n' + log_lines(50)
    log.write_bytes(pack(text))
    take(case, log)
    lines = text.decode().splitlines()
    rows = all_rows(case)
    assert len(rows) >= 100
    for record, (line, raw, _) in rows.items():
        assert (line, raw) == (record, lines[record - 1])


def test_a_csv_record_shows_all_of_its_lines(case, tmp_path):
    file = tmp_path / "posts.csv"
    file.write_text(HEADER + '2017-02-15T10:00:00Z,x,p1,ch1,"one\ntwo, ""quoted"""\n' + post_lines(2, start=5))
    take(case, file)
    rows = all_rows(case)
    assert rows[2][:2] == (2, '2017-02-15T10:00:00Z,x,p1,ch1,"one\ntwo, ""quoted"""')
    assert rows[4][0] == 4
    assert rows[4][1].endswith("text number 5")


def test_a_message_of_a_document_is_found_with_its_line(case, tmp_path):
    messages = [
        {
            "id": n,
            "type": "message",
            "date": f"2017-02-15T10:00:0{n}",
            "date_unixtime": str(1487149200 + n),
            "from": "c",
            "from_id": "channel1",
            "text": f"m{n}",
        }
        for n in range(3)
    ]
    export = {"name": "c", "type": "public_channel", "id": 1, "messages": messages}
    file = tmp_path / "result.json"
    file.write_text(json.dumps(export, indent=1))
    (added,) = take(case, file)
    assert added.rows == 3
    lines = file.read_text().splitlines()
    for record, (line, raw, _) in all_rows(case).items():
        assert json.loads(raw) == messages[record - 1]
        assert lines[line - 1].strip() == "{"


def test_a_file_that_changed_or_went_is_said_and_one_that_grew_is_not(case, tmp_path):
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(3))
    take(case, log)
    log.write_bytes(log_lines(3) + b"more\n")
    assert all(why == "" for _, _, why in all_rows(case).values())
    log.write_bytes(log_lines(3).replace(b"GET", b"PUT"))
    assert all("has changed" in why and line is None for line, _, why in all_rows(case).values())
    log.unlink()
    assert all("cannot be read" in why for _, _, why in all_rows(case).values())
    log.write_bytes(log_lines(3))
    assert all(why == "" for _, _, why in all_rows(case).values())


def test_a_row_of_no_file_is_said(case):
    (raw,) = raw_rows(case, ["0123456789ab:7"])
    assert raw.line is None
    assert raw.why_not
