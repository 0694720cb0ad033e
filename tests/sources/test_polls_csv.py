import csv
import gzip
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import shared_data
from tests.sources.csv_files import named, read, reasons
from tests.sources.laws import mutated, survives
from vigie.sources import Head
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
            "fieldwork_start": date(2017, 2, 10),
            "fieldwork_end": date(2017, 2, 11),
            "sample_size": 1018.0,
            "population": "adults",
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
        ("2017-02-11", "", "no fieldwork_end: fieldwork_end is empty"),
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
    assert [row["sample_size"] for row in rows] == [
        float(w.get("sous_echantillon") or w["echantillon"]) for w in wanted
    ]
