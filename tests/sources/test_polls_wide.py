"""Tables of polls with one column a candidate."""

import textwrap
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import shared_data
from tests.sources.csv_files import named, reasons
from tests.sources.laws import mutated, parse, survives
from vigie.errors import ProblemsError
from vigie.sources import Head, mapped, mapping
from vigie.sources.polls_wide import candidate_columns, locate, place

WIKI = """
name = "wiki"
title = "A table of a page"
table = "polls"
shape = "csv"
[sniff]
needs = ["Polling firm", "Fieldwork date"]
[columns]
pollster = "Polling firm"
fieldwork_start = { from = "Fieldwork date", format = "range" }
fieldwork_end = { from = "Fieldwork date", format = "range" }
sample_size = "Sample"
undecided = "Abs."
question = { value = "voting_intention" }
round = { value = "1" }
[candidates]
all_but = ["Lead"]
hypothesis = "filled"
names = { "Macron EM" = "Emmanuel Macron" }
[ignored]
columns = ["link*"]
"""
TABLE = """\
Polling firm;Fieldwork date;Sample;Abs.;Arthaud LO;Macron EM;"Le Pen
FN";Lead;link to
Ifop-Fiducial[2];"30 March \u2013 1 April 2017";1,009;33;0,5 %;24[a];25,5%;1.5;x

BVA;3\u20135 Apr 2017;\u2013;;;23.5;\u2013;;y
"Ela
be";28 Feb-2 Mar 2017;995;;<1;"";24;;"z
z"
22 February 2017;Bayrou withdraws;;;1;2;3;;
Odoxa;5 Apr 2017;700;;;;;;
Odoxa;5 Apr 2017;700;;1
"""


def wiki(*swaps):
    text = WIKI
    for was, is_ in swaps:
        assert was in text
        text = text.replace(was, is_)
    return mapped.source_for(mapping.parse(text, where="wiki.toml"))


def shown(table, *columns):
    return [tuple(row[c] for c in columns) for row in table.to_pylist()]


def test_each_filled_cell_is_a_figure_and_says_its_line_and_column():
    data = TABLE.encode()
    got = parse(wiki(), data)
    assert shown(got.rows, "record", "candidate", "percent", "pollster", "sample_size", "undecided") == [
        (2 * 9 + 5, "Arthaud LO", 0.5, "Ifop-Fiducial", 1009.0, 33.0),
        (2 * 9 + 6, "Emmanuel Macron", 24.0, "Ifop-Fiducial", 1009.0, 33.0),
        (2 * 9 + 7, "Le Pen FN", 25.5, "Ifop-Fiducial", 1009.0, 33.0),
        (4 * 9 + 6, "Emmanuel Macron", 23.5, "BVA", None, None),
        (5 * 9 + 7, "Le Pen FN", 24.0, "Ela be", 995.0, None),
    ]
    assert shown(got.rows, "fieldwork_start", "fieldwork_end")[::3] == [
        (date(2017, 3, 30), date(2017, 4, 1)),
        (date(2017, 4, 3), date(2017, 4, 5)),
    ]
    assert got.rows["time"][0].as_py() == datetime(2017, 4, 1, 12, tzinfo=UTC)
    assert reasons(got.refused) == [
        (5 * 9 + 5, "column 'Arthaud LO': percent is not a number: '<1'"),
        (8 * 9 + 1, "fieldwork_start is not a date: 'Bayrou withdraws'"),
        (9 * 9 + 1, "no candidate has a figure"),
        (10 * 9 + 1, "5 fields where the header has 9"),
    ]
    assert got.records == 11 * 9
    assert got.state["candidates"] == ["Arthaud LO", "Emmanuel Macron", "Le Pen FN"]
    assert (got.state["unknown_columns"], got.state["width"]) == ([], 9)
    source = wiki()
    lines = {n: source.locate(data, n)[0] for n in got.rows["record"].to_pylist()}
    assert list(lines.values()) == [3, 3, 3, 5, 6]
    assert source.locate(data, 5 * 9 + 7) == (6, '"Ela\nbe";28 Feb-2 Mar 2017;995;;<1;"";24;;"z\nz"')


def test_rows_of_one_house_and_its_days_stay_apart_by_field_and_by_whom_they_asked():
    table = "Polling firm,Fieldwork date,Sample,Bayrou,Macron,Le Pen\n" + "".join(
        f"Ifop,3-5 Apr 2017,{rest}\n" for rest in ("1000,6,20,25", "1000,,23,26", "900,,22,26")
    )
    got = parse(wiki(), table.encode())
    found = dict.fromkeys(shown(got.rows, "poll_id", "hypothesis"))
    assert list(found) == [
        ("ifop-2017-04-03-2017-04-05-1000", "bayrou+le-pen+macron"),
        ("ifop-2017-04-03-2017-04-05-1000", "le-pen+macron"),
        ("ifop-2017-04-03-2017-04-05-900", "le-pen+macron"),
    ]


def test_a_column_without_a_name_is_no_candidate():
    got = parse(wiki(), b",Polling firm,Fieldwork date,A\n0,BVA,5 Apr 2017,20\n")
    assert shown(got.rows, "record", "candidate") == [(8, "A")]


def test_days_without_a_year_are_of_the_year_that_the_mapping_says():
    data = b"Polling firm,Fieldwork date,A\nBVA,3-5 Apr,20\nBVA,range,20\n"
    assert parse(wiki(), data).rows.num_rows == 0
    dated = parse(wiki(('"Fieldwork date", format = "range"', '"Fieldwork date", format = "range", year = 2012')), data)
    assert shown(dated.rows, "fieldwork_start", "fieldwork_end") == [(date(2012, 4, 3), date(2012, 4, 5))]
    assert reasons(dated.refused) == [(7, "fieldwork_start is not a date: 'range'")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_whatever_stands_between_the_cells(delimiter):
    lines = ["Polling firm", "Fieldwork date", "A", "B"], ["BVA", "5 Apr 2017", '"23,5"', "60 %"]
    got = parse(wiki(), "\n".join(delimiter.join(line) for line in lines).encode())
    assert shown(got.rows, "record", "candidate", "percent") == [(7, "A", 23.5), (8, "B", 60.0)]


def test_candidates_may_be_named_instead():
    source = wiki(('all_but = ["Lead"]', 'columns = ["Macron EM", "Le Pen"]'))
    data = b"Polling firm,Fieldwork date,Macron EM,Le Pen,Other\nBVA,5 Apr 2017,20,30,x\n"
    got = parse(source, data)
    assert shown(got.rows, "candidate", "percent") == [("Emmanuel Macron", 20.0), ("Le Pen", 30.0)]
    assert got.state["unknown_columns"] == ["Other"]


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("Polling firm,Fieldwork date,Lead,link", "the header has no column that is a candidate"),
        ("Polling firm,Fieldwork date,A,A", "the header has the candidate 'A' twice"),
        (
            "Polling firm,Fieldwork date,Macron EM,Emmanuel Macron",
            "the header has the candidate 'Emmanuel Macron' twice",
        ),
        ("Firm,Fieldwork date,A", "the header has no column 'Polling firm', which fills pollster"),
        ("Polling firm,Days,A", "the header has no column 'Fieldwork date', which fills fieldwork_end"),
    ],
)
def test_a_header_that_will_not_do_refuses_every_line(header, problem):
    width = header.count(",") + 1
    got = parse(wiki(), f"{header}\nBVA,5 Apr 2017,20,30\n".encode())
    assert reasons(got.refused) == [(width + 1, problem)]
    assert got.state == {"problem": problem}
    assert got.rows.num_rows == 0


@pytest.mark.parametrize("data", [b"", b"\n\n", b"Polling firm,Fieldwork date,A\n", b"\n\n\nPolling firm"])
def test_files_without_a_poll(data):
    survives(wiki(), data)
    assert parse(wiki(), data).rows.num_rows == 0


@given(mutated(TABLE.encode()))
def test_damaged_tables_are_accounted_for(data):
    survives(wiki(), data)
    got = parse(wiki(), data)
    for row in got.rows.to_pylist():
        line, text = locate(data, row["record"], got.state["width"])
        assert line == place(row["record"], got.state["width"])[0]
        assert text in data.decode("utf-8", "backslashreplace")


CELL = st.sampled_from(["", "-", "20", "20,5", "20.5 %", "x", "101", '"a\nb"'])


@given(st.lists(st.tuples(st.sampled_from(["BVA", ""]), st.lists(CELL, min_size=3, max_size=3)), max_size=6))
def test_what_each_cell_says_against_a_plain_reading(lines):
    table = "Polling firm;Fieldwork date;A;B;C\n"
    wanted, at = [], 2
    for firm, cells in lines:
        table += ";".join((firm, "5 Apr 2017", *cells)) + "\n"
        for column, cell in enumerate(cells, start=3):
            figure = cell.removesuffix("%").strip().replace(",", ".")
            if firm and figure.replace(".", "").isdigit() and float(figure) <= 100:
                wanted.append(((at - 1) * 5 + column, "ABC"[column - 3], float(figure)))
        at += 1 + sum("\n" in cell for cell in cells)
    got = parse(wiki(), table.encode())
    assert shown(got.rows, "record", "candidate", "percent") == wanted


def test_the_packaged_table_under_our_own_names():
    source = named("polls-wide")
    table = (
        b"pollster,fieldwork,sample_size,question,round,Emmanuel Macron,Marine Le Pen\n"
        b"Ifop,30 March - 1 April 2017,1009,voting_intention,2,60,40\n"
    )
    assert source.sniff(Head("x", table, whole=True)) == 70
    assert named("polls-csv").sniff(Head("x", table, whole=True)) == 0
    got = parse(source, table)
    assert shown(got.rows, "candidate_id", "percent", "round") == [
        ("emmanuel-macron", 60.0, 2),
        ("marine-le-pen", 40.0, 2),
    ]
    # A table of one figure a row, one of whose columns is misnamed, is not read as if `percentage` were a candidate.
    assert source.sniff(Head("x", b"pollster,fieldwork_end,question,candidate,percentage\n", whole=True)) == 0


def test_the_examples_of_the_docs():
    page = (Path(__file__).parents[2] / "docs" / "polls.md").read_text(encoding="utf-8")
    table = textwrap.dedent("    Poll" + page.split("\n    Poll")[1].split("\n\n")[0]) + "\n"
    source = mapped.source_for(mapping.parse(page.split("```toml\n")[1].split("```")[0], where="docs/polls.md"))
    got = parse(source, table.encode())
    assert got.refused == []
    assert shown(got.rows, "candidate", "percent", "sample_size") == [
        ("Mélenchon", 11.5, 1860.0),
        ("Macron", 19.0, 1860.0),
        ("Bayrou", 7.0, 1860.0),
        ("Marine Le Pen", 26.0, 1860.0),
        ("Mélenchon", 14.5, 995.0),
        ("Macron", 23.0, 995.0),
        ("Marine Le Pen", 24.0, 995.0),
    ]
    assert got.state["unknown_columns"] == []


@pytest.mark.parametrize(
    ("was", "is_", "key"),
    [
        ('all_but = ["Lead"]', "", "candidates"),
        ('all_but = ["Lead"]', 'all_but = []\ncolumns = ["A"]', "candidates"),
        ('all_but = ["Lead"]', "columns = []", "candidates.columns"),
        ('all_but = ["Lead"]', "all_but = 1", "candidates.all_but"),
        ('all_but = ["Lead"]', 'all_butt = ["Lead"]', "candidates.all_butt"),
        ('"filled"', '"field"', "candidates.hypothesis"),
        ('"Emmanuel Macron"', "1", "candidates.names"),
        ('round = { value = "1" }', 'hypothesis = "f"', "candidates.hypothesis"),
        ('round = { value = "1" }', 'percent = "f"', "columns.percent"),
        ('shape = "csv"', 'shape = "json"', "candidates"),
        ('shape = "csv"', 'shape = "csv"\nwithout = "x"', "without"),
        ('shape = "csv"', 'shape = "csv"\nwithout = { a = 1 }', "without.a"),
        ('shape = "csv"', 'shape = "csv"\nwithout = [{}]', "without"),
        ('sample_size = "Sample"', 'sample_size = { from = "Sample", format = "range" }', "columns.sample_size.format"),
        ('sample_size = "Sample"', 'sample_size = { from = "Sample", year = 2017 }', "columns.sample_size.year"),
        ('sample_size = "Sample"', 'sample_size = { from = "Sample", year_of = "x" }', "columns.sample_size.year_of"),
        ('sample_size = "Sample"', 'published = { from = "P", year = "2017" }', "columns.published.year"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_named(was, is_, key):
    with pytest.raises(ProblemsError) as caught:
        wiki((was, is_))
    assert key in [p.where.removeprefix("wiki.toml: ") for p in caught.value.problems]


BENCH = Path(__file__).parents[2] / "bench" / "mappings"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "file", "figures", "refused"),
    [
        ("depuis1958", "fr2017_r1_depuis1958.csv", 1116, 0),
        ("depuis1958-round2", "fr2017_r2_depuis1958.csv", 168, 0),
        # Polls before 1990 are outside what Vigie's tables hold.
        ("families", "fr_r1_families_1965_2019_pollsposition.csv", 5981, 43),
        ("pseudo", "fr2017_pseudo_polls.csv", 27, 0),
    ],
)
def test_the_tables_of_the_evaluation_data(name, file, figures, refused):
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    made = mapping.load(BENCH / f"{name}.toml")
    data = (folder / "polls" / file).read_bytes()
    source = mapped.source_for(made)
    assert source.sniff(Head(file, data)) == made.score
    got = parse(source, data)
    assert (got.rows.num_rows, len(got.refused)) == (figures, refused)
    assert all("outside 1990 to 2100" in r.reason for r in got.refused)
    assert got.state["unknown_columns"] == got.state["missing_columns"] == []
    rows = got.rows.to_pylist()
    keys = {(r["poll_id"], r["question"], r["round"], r["hypothesis"], r["candidate_id"]) for r in rows}
    assert len(keys) == len(rows)
    # Each figure stands, as it is written, on the line and in the column that its number says.
    lines = data.decode().splitlines()
    header = lines[0].split(",")
    at = candidate_columns(tuple(header), made)
    for row in rows[:: len(rows) // 20]:
        line, column = place(row["record"], len(header))
        assert source.locate(data, row["record"]) == (line, lines[line - 1])
        assert at[column - 1] == row["candidate"]
        if '"' not in lines[line - 1]:
            assert float(lines[line - 1].split(",")[column - 1]) == row["percent"]
