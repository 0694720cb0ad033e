"""Polls on their way in: tables with one column a candidate, and stores that an earlier version wrote."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.run.builders import make_case, take
from vigie.case import load
from vigie.engine.local import LocalEngine
from vigie.measures.poll_figures import MEASURE
from vigie.run.add import relation
from vigie.run.explain import raw_rows
from vigie.run.rows import place_of, stored_rows
from vigie.sources import mapped, mapping
from vigie.tables import split_row_id
from vigie.tables.store import Store

MAPPING = """
name = "page"
title = "A page's table"
table = "polls"
shape = "csv"
[sniff]
needs = ["Firm", "Days"]
[columns]
pollster = "Firm"
fieldwork_start = { from = "Days", format = "range" }
fieldwork_end = { from = "Days", format = "range" }
sample_size = "n"
question = { value = "voting_intention" }
round = { value = "1" }
[candidates]
all_but = ["Lead"]
"""
HEAD = "Firm;Days;n;Fillon;Macron;Le Pen;Lead\n"
LINES = [
    "Ifop;3-6 Jan 2017;1,860;24,5;19;26;1,5\n",
    '"El\nabe";30 Dec - 4 Jan 2017;995;26;23 %;24;2\n',
    "BVA;22 Feb 2017;999;x;20;;\n",
]
# What an earlier version did not write.
NEW = ("publisher", "published", "answered", "undecided", "certainty", "mode", "is_rolling", "wording", "notice")


@pytest.fixture
def case(tmp_path):
    return make_case(tmp_path / "case")


def page():
    return mapped.source_for(mapping.parse(MAPPING, where="page.toml"))


def polls(case):
    store = Store(case / "store")
    return relation(store, "polls", store.manifest())


def figures(case):
    with LocalEngine({"polls": polls(case), **load(case).tables()}) as engine:
        return engine.run(MEASURE.steps()).sort_by("row_id").to_pylist()


@pytest.mark.parametrize("encoding", ["", "cp1252"])
def test_each_figure_opens_at_its_line_though_the_mapping_is_forgotten(case, tmp_path, encoding):
    file = tmp_path / "page.csv"
    file.write_text(HEAD + "".join(LINES), encoding=encoding or "utf-8")
    [added] = take(case, file, mapping=page(), encoding=encoding)
    assert (added.rows, added.refused, added.error) == (7, 1, "")
    assert added.reasons == {"column 'Fillon': percent is not a number: 'x'": 1}
    assert added.notes == ("columns taken as candidates: Fillon, Le Pen, Macron",)
    found = figures(case)
    raw = {r.row_id: r for r in raw_rows(case, [f["row_id"] for f in found])}
    [source] = Store(case / "store").manifest().sources
    starts = {"Ifop": 2, "El abe": 3, "BVA": 5}
    for figure in found:
        at = raw[figure["row_id"]]
        assert at.line == starts[figure["pollster"]]
        assert at.text == LINES[list(starts).index(figure["pollster"])].rstrip("\n")
        column = ["Fillon", "Macron", "Le Pen"].index(figure["name"]) + 4
        record = split_row_id(figure["row_id"])[1]
        assert place_of(source, record, None) == f"line {at.line}, column {column}"
    assert {f["field"] for f in found if f["pollster"] == "Ifop"} == {"fillon+le-pen+macron"}
    assert {f["percent"] for f in found if f["pollster"] == "Ifop"} == {24.5, 19.0, 26.0}


def test_a_page_that_grew_at_its_head_adds_only_what_is_new(case, tmp_path):
    first, second = tmp_path / "may.csv", tmp_path / "june.csv"
    first.write_text(HEAD + LINES[0])
    second.write_text(HEAD + LINES[1] + LINES[0])
    take(case, first, mapping=page())
    [added] = take(case, second, mapping=page())
    assert (added.rows, added.already) == (3, 3)
    assert len(figures(case)) == 6


def test_places_of_other_files(case, tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("pollster,fieldwork_end,question,candidate,percent\nIfop,2017-01-06,approval,A,40\n")
    take(case, file)
    [source] = Store(case / "store").manifest().sources
    assert (place_of(source, 2, "lines"), place_of(source, 2, "document")) == ("line 2", "record 2")


def test_parts_that_an_earlier_version_wrote_read_as_missing_what_they_lack(case, tmp_path):
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("pollster,fieldwork_end,question,candidate,percent\nIfop,2017-01-06,approval,A,40\n")
    new.write_text(
        "pollster,published,answered,is_rolling,question,candidate,percent\nIpsos,2017-01-07,900,yes,approval,A,41\n"
    )
    take(case, old)
    for part in (case / "store" / "polls").glob("*.parquet"):
        pq.write_table(pq.read_table(part).drop_columns(list(NEW)), part)
    before = stored_rows(Store(case / "store"), Store(case / "store").manifest(), [f["row_id"] for f in figures(case)])
    assert [{name: row[name] for name in NEW} for row in before.values()] == [dict.fromkeys(NEW)]
    take(case, new)
    found = {f["pollster"]: f for f in figures(case)}
    assert (found["Ifop"]["respondents"], found["Ifop"]["stands"]) == (None, "used")
    assert (found["Ipsos"]["respondents"], found["Ipsos"]["stands"]) == (900.0, "no fieldwork")
    with LocalEngine({"polls": polls(case)}) as engine:
        rolling = engine.query("select is_rolling from polls order by pollster")["is_rolling"]
    assert (rolling.type, rolling.to_pylist()) == (pa.bool_(), [None, True])
