import csv
import gzip
import io
from datetime import UTC, date, datetime
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import shared_data
from tests.sources.csv_files import named, read, reasons
from tests.sources.laws import mutated, survives
from vigie.sources import Head, mapped, mapping
from vigie.text.fold import fold_id

HEADER = (
    "pollster,sponsor,fieldwork_start,fieldwork_end,sample_size,population,question,round,hypothesis,candidate,percent"
)
FIRST = "Ipsos,Le Point,2017-02-10,2017-02-11,1018,adults,favourability,,,François Fillon,25"


def own(*lines):
    return ("\n".join([HEADER, *lines]) + "\n").encode()


def polls():
    return named("polls-csv")


def test_one_figure_of_one_poll():
    rows, refused = read(polls(), own(FIRST))
    assert refused == []
    assert rows == [
        {
            "record": 2,
            "time": datetime(2017, 2, 11, 12, tzinfo=UTC),
            "poll_id": "ipsos-2017-02-10-2017-02-11-adults",
            "pollster": "Ipsos",
            "sponsor": "Le Point",
            "publisher": None,
            "fieldwork_start": date(2017, 2, 10),
            "fieldwork_end": date(2017, 2, 11),
            "published": None,
            "sample_size": 1018.0,
            "answered": None,
            "undecided": None,
            "certainty": None,
            "population": "adults",
            "mode": None,
            "is_rolling": None,
            "wording": None,
            "notice": None,
            "question": "favourability",
            "round": None,
            "hypothesis": None,
            "candidate": "François Fillon",
            "candidate_id": "francois-fillon",
            "percent": 25.0,
        }
    ]


@pytest.mark.parametrize(
    ("was", "is_", "reason"),
    [
        (",25", ",101", "percent '101' is outside 0 to 100"),
        (",25", ",-1", "percent is not a number: '-1'"),
        (",25", ",nan", "percent is not a number: 'nan'"),
        (",25", ",", "no percent: percent is empty"),
        ("2017-02-11", "2017-02-09", "fieldwork ends on 2017-02-09 before it begins on 2017-02-10"),
        ("2017-02-11", "2017-02-30", "fieldwork_end is not a date: '2017-02-30'"),
        (
            "2017-02-11",
            "",
            "neither fieldwork_end nor published: fieldwork_end and published are empty",
        ),
        ("2017-02-10", "1900-02-10", "fieldwork_start 1900-02-10 is outside 1990 to 2100"),
        ("2017-02-11", "2200-02-11", "fieldwork_end 2200-02-11 is outside 1990 to 2100"),
        ("2017-02-11", "0000-02-11", "fieldwork_end is not a date: '0000-02-11'"),
        ("Ipsos", " ", "no pollster: pollster is empty"),
        ("François Fillon", "!?", "no candidate's name: '!?'"),
        ("favourability,,", "favourability,3,", "round '3' is neither 1 nor 2"),
        ("favourability", "mood", "question 'mood' is none of voting_intention, favourability, approval"),
        ("1018", "many", "sample_size is not a number: 'many'"),
        ("1018", "0", "sample_size '0' is nobody"),
    ],
)
def test_what_is_no_figure_is_refused_with_its_reason(was, is_, reason):
    rows, refused = read(polls(), own(FIRST, FIRST.replace(was, is_, 1), FIRST))
    assert reasons(refused) == [(3, reason)]
    assert [row["record"] for row in rows] == [2, 4]


def test_figures_as_they_are_written_in_french():
    line = FIRST.replace(",25", ',"23,5 %"').replace("1018", "\N{NO-BREAK SPACE}1018")
    [row], refused = read(polls(), own(line.replace("favourability,,", "voting_intention,2,")))
    assert refused == []
    assert (row["percent"], row["sample_size"], row["round"]) == (23.5, 1018.0, 2)


def test_a_poll_without_a_first_day_is_named_by_its_last():
    [row], _ = read(polls(), own(FIRST.replace("2017-02-10", "").replace("adults", "")))
    assert (row["poll_id"], row["fieldwork_start"], row["population"]) == ("ipsos-2017-02-11-2017-02-11", None, None)


MORE = (
    "publisher,published,answered,undecided,certainty,mode,is_rolling,wording,notice,"
    "pollster,fieldwork_end,sample_size,question,candidate,percent"
)
FULL = "Times,2017-02-13,612,12.5,70,internet,True,Who?,https://n.example/1,Ipsos,2017-02-11,1018,approval,A,25"


def more(line):
    return f"{MORE}\n{line}\n".encode()


def test_what_the_law_asks_for_is_read():
    [row], refused = read(polls(), more(FULL))
    assert refused == []
    assert {name: row[name] for name in MORE.split(",")[:9]} == {
        "publisher": "Times",
        "published": date(2017, 2, 13),
        "answered": 612.0,
        "undecided": 12.5,
        "certainty": 70.0,
        "mode": "internet",
        "is_rolling": True,
        "wording": "Who?",
        "notice": "https://n.example/1",
    }
    assert row["time"] == datetime(2017, 2, 11, 12, tzinfo=UTC)


def test_an_imitation_without_fieldwork_stands_at_noon_of_its_publication():
    [row], refused = read(polls(), more(FULL.replace("2017-02-11", "")))
    assert refused == []
    assert (row["fieldwork_end"], row["time"]) == (None, datetime(2017, 2, 13, 12, tzinfo=UTC))
    assert row["poll_id"] == "ipsos-2017-02-13-2017-02-13"


@pytest.mark.parametrize(
    ("was", "is_", "reason"),
    [
        ("2017-02-13", "13.2.", "published is not a date: '13.2.'"),
        ("2017-02-13", "2200-02-13", "published 2200-02-13 is outside 1990 to 2100"),
        (",612,", ",0,", "answered '0' is nobody"),
        (",612,", ",half,", "answered is not a number: 'half'"),
        ("12.5", "112.5", "undecided '112.5' is outside 0 to 100"),
        (",70,", ",most,", "certainty is not a number: 'most'"),
        ("True", "maybe", "is_rolling 'maybe' is neither true nor false"),
    ],
)
def test_more_that_is_refused(was, is_, reason):
    rows, refused = read(polls(), more(FULL.replace(was, is_, 1)))
    assert rows == []
    assert reasons(refused) == [(2, reason)]


@pytest.mark.parametrize(
    ("written", "persons"),
    [("1018", 1018), ('"1,018"', 1018), ("1 018", 1018), ("824.76", 824.76), ("685.224", 685.224), ("N/A", None),
     ("-", None), ("\u2013", None), ("1018[a]", 1018), ('"12,018,000"', 12_018_000)],
)  # fmt: skip
def test_a_sample_as_it_is_written(written, persons):
    [row], _ = read(polls(), more(FULL.replace("1018", written)))
    assert row["sample_size"] == persons


def test_a_year_that_is_wrong_is_refused_and_not_guessed():
    header = b"poll_id," + HEADER.encode() + b"\n"
    lines = b"20170505_ipsos," + FIRST.replace("2017-02-1", "2021-05-1").encode() + b"\n"
    rows, refused = read(polls(), header + lines)
    assert rows == []
    why = "the id '20170505_ipsos' begins with 2017-05-05, the poll is dated 2021-05-11: one is wrong"
    assert reasons(refused) == [(2, f"{why}; correct the file, or use `year_of` in a mapping file")]
    near = b"20161224_ipsos," + FIRST.encode() + b"\n"
    assert len(read(polls(), header + near)[0]) == 1


def test_a_year_is_mended_where_the_mapping_says_by_what():
    text = (resources.files("vigie.sources") / "mappings" / "polls-csv.toml").read_text("utf-8")
    for name in ("fieldwork_start", "fieldwork_end"):
        text = text.replace(f'{name} = "{name}"', f'{name} = {{ from = "{name}", year_of = "poll_id" }}')
    source = mapped.source_for(mapping.parse(text, where="mine.toml"))
    header = b"poll_id," + HEADER.encode() + b"\n"
    first = FIRST.replace("2017-02-10", "2021-12-30").replace("2017-02-11", "2021-01-02")
    data = header + b"".join(f"{ident},{first}\n".encode() for ident in ("20170102_x", "ipsos", ""))
    [row], refused = read(source, data)
    assert (row["fieldwork_start"], row["fieldwork_end"]) == (date(2016, 12, 30), date(2017, 1, 2))
    why = "2021-12-30, and poll_id begins with no day to take the year of"
    assert reasons(refused) == [(line, f"fieldwork_start is not a date: {why[:60]!r}") for line in (3, 4)]


def test_rows_that_the_mapping_leaves_out_are_neither_figures_nor_refused():
    text = (resources.files("vigie.sources") / "mappings" / "polls-csv.toml").read_text("utf-8")
    without = 'without = [{ pollster = "result" }, { pollster = ["Odoxa", "BVA"], percent = "26.5" }, { none = "x" }]'
    source = mapped.source_for(mapping.parse(f"{without}\n{text}", where="mine.toml"))
    lines = [FIRST.replace("Ipsos", name) for name in ("Ipsos", "result", "Odoxa", "BVA")]
    lines += [line.replace(",25", ",26.5") for line in lines]
    rows, refused = read(source, own(*lines))
    assert refused == []
    assert [row["record"] for row in rows] == [2, 4, 5, 6]


@given(mutated(own(FIRST, FIRST, FIRST.replace("Le Point", '"Le\nPoint, ""x"""'))), st.integers(0, 99))
def test_damaged_files_are_accounted_for_however_they_are_cut(data, seed):
    survives(polls(), data)
    assert read(polls(), data, seed) == read(polls(), data)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "identifier", "rounds"),
    [
        ("fr2022_nsppolls.csv.gz", "id", {"Premier tour": 1, "Deuxième tour": 2}),
        ("fr2027_mieuxvoter.csv", "poll_id", {"1er Tour": 1, "2nd Tour": 2}),
    ],
)
def test_every_figure_of_the_evaluation_data_is_a_row(name, identifier, rounds):
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data beside the checkout")
    data = (folder / "polls" / name).read_bytes()
    data = gzip.decompress(data) if name.endswith(".gz") else data
    source = named("nsppolls")
    assert source.sniff(Head(name, data[: 64 << 10])) == 90
    wanted = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    rows, refused = read(source, data)
    assert refused == []
    assert [row["percent"] for row in rows] == [float(w["intentions"]) for w in wanted]
    assert [row["poll_id"] for row in rows] == [w[identifier] for w in wanted]
    assert [row["candidate_id"] for row in rows] == [fold_id(w["candidat"]) for w in wanted]
    assert [row["round"] for row in rows] == [rounds[w["tour"]] for w in wanted]
    assert [row["sample_size"] for row in rows] == [float(w["echantillon"]) for w in wanted]
    assert [row["answered"] for row in rows] == [float(w.get("sous_echantillon") or 0) or None for w in wanted]
    assert [row["is_rolling"] for row in rows] == [{"True": True, "False": False}.get(w["rolling"]) for w in wanted]
    assert [row["notice"] for row in rows] == [w.get("filename") for w in wanted]
    # Each figure of each hypothesis stands apart: none is taken for a repeat of another.
    keys = {(r["poll_id"], r["question"], r["round"], r["hypothesis"], r["candidate_id"]) for r in rows}
    assert len(keys) == len(rows)
