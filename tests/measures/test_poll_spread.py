from collections import defaultdict
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bench._poll_sets import election_day, families
from bench.polls_herding import spread_of
from tests import shared_data
from tests.measures.test_poll_facts import FIRST, poll
from tests.strategies import empty_tables, rows_of_case
from vigie.kernels.poll_spread import spread
from vigie.measures import measured
from vigie.measures.poll_spread import MEASURE
from vigie.testing import rows

HOUSES = ("Ifop", "Ipsos", "BVA", "Elabe", "Odoxa")


def weeks(*polls, vote=None, **values):
    days = [] if vote is None else [{"round": 1, "date": FIRST + timedelta(days=vote)}]
    table = rows("polls", *(cell for some in polls for cell in some))
    values = {"draws": 200} | values
    return measured(MEASURE, {"polls": table, "case_rounds": rows_of_case("case_rounds", *days)}, **values).to_pylist()


def week(first=0, percents=(24, 22, 20), houses=HOUSES, **more):
    return [cell for n, house in enumerate(houses) for cell in poll(house, first + n, percents, **more)]


def test_houses_that_say_the_same_have_no_scatter():
    (found,) = weeks(week())
    assert (found["houses"], found["candidates"]) == (["bva", "elabe", "ifop", "ipsos", "odoxa"], 3)
    assert (found["observed"], found["ratio"], found["p_value"]) == (0, 0, pytest.approx(1 / 201))
    assert (found["is_final"], found["last_day"]) == (True, FIRST + timedelta(days=4))
    assert len(found["row_ids"]) == 15


def test_weeks_are_counted_back_from_the_vote():
    found = weeks(week(0), week(8), vote=15)
    spans = [((w["first_day"] - FIRST).days, (w["last_day"] - FIRST).days, w["is_final"]) for w in found]
    assert spans == [(1, 7, False), (8, 14, True)]
    assert found[0]["houses"] == ["bva", "elabe", "ipsos", "odoxa"]  # the first house asked a week earlier
    assert weeks(week(0), vote=26)[0]["is_final"] is False


def test_a_house_counts_once_with_its_last_poll():
    daily = [poll("Ifop", n, (30, 22, 20)) for n in range(6)]
    same = weeks(week(), *daily, vote=7)[0]
    assert same["houses"].count("ifop") == 1
    assert same["row_ids"] != weeks(week(), vote=7)[0]["row_ids"]
    assert same["observed"] > 0


@pytest.mark.parametrize(
    "lost",
    [
        {"sample_size": None},
        {"question": "approval", "round": None},
        {"fieldwork_end": None, "published": FIRST},
    ],
)
def test_what_cannot_be_compared_is_left_out(lost):
    others = week(houses=HOUSES[:4])
    assert weeks(others, poll("Odoxa", 4, (60, 2, 2), **lost), vote=9) == weeks(others, vote=9)


def test_a_poll_that_is_set_apart_is_left_out():
    fake = poll("Buzz", 4, (28.13, 12.27, 17.91), sample_size=None)
    others = week()
    assert weeks(others, fake, vote=9) == weeks(others, vote=9)


def test_the_field_that_most_houses_asked_about_is_compared():
    without = [poll(house, 5, {"a": 30, "b": 28}) for house in HOUSES[:4]]
    (found,) = weeks(week(houses=HOUSES), *without, vote=7)
    assert (found["field"], found["candidates"]) == ("a+b+c", 3)


def test_small_candidates_and_weeks_of_few_houses_are_left_out():
    (found,) = weeks(week(percents=(24, 22, 0.5)))
    assert found["candidates"] == 2
    assert weeks(week(percents=(24, 22, 0.5)), share_min=0.1)[0]["candidates"] == 3
    assert weeks(week(percents=(0.5, 0.5))) == []
    assert weeks(week(houses=HOUSES[:3])) == []
    assert len(weeks(week(houses=HOUSES[:3]), houses_min=3)) == 1


@st.composite
def campaigns(draw):
    polls = []
    for n in range(draw(st.integers(6, 20))):
        house, day = draw(st.sampled_from(HOUSES)), draw(st.integers(0, 12))
        percents = draw(st.lists(st.sampled_from([24, 22.5, 20, 18]), min_size=2, max_size=3))
        polls.append(poll(house, day, percents, poll_id=f"p{n}", sample_size=draw(st.sampled_from([800.0, 1_200.0]))))
    return polls


def by_hand(polls, vote):
    """Which week compares which polls, in the plainest form."""
    found = defaultdict(list)
    for cells in polls:
        found[(vote - 1 - (cells[0]["fieldwork_end"] - FIRST).days) // 7].append(cells)
    out = {}
    for number, inside in found.items():
        fields = defaultdict(set)
        for cells in inside:
            fields["+".join(c["candidate"] for c in cells)].add(cells[0]["pollster"])
        field = min(fields, key=lambda f: (-len(fields[f]), f))
        if number >= 0 and len(fields[field]) >= 4:
            out[number] = (field, {h.lower() for h in fields[field]})
    return out


@settings(max_examples=12, deadline=None)
@given(campaigns())
def test_weeks_are_those_of_the_definition(polls):
    found = weeks(*polls, vote=14)
    expected = by_hand(polls, 14)
    event(f"weeks: {len(expected)}")
    last = FIRST + timedelta(days=13)
    assert {(last - w["last_day"]).days // 7: (w["field"], set(w["houses"])) for w in found} == expected
    cells = {f"0123456789ab:{n}": c for n, c in enumerate((c for some in polls for c in some), start=1)}
    for one in found:
        own = [cells[row] for row in one["row_ids"]]
        assert len(own) == len(one["houses"]) * one["candidates"]
        for cell in own:
            later = [c for c in cells.values() if c["pollster"] == cell["pollster"] and c["time"] > cell["time"]]
            assert not [
                c
                for c in later
                if c["fieldwork_end"] <= one["last_day"]
                and {x["candidate"] for x in cells.values() if x["poll_id"] == c["poll_id"]}
                == set(one["field"].split("+"))
            ]
        houses = sorted({c["pollster"].lower() for c in own})
        names = sorted({c["candidate"] for c in own})
        percents = np.array(
            [
                [next(c["percent"] for c in own if (c["pollster"].lower(), c["candidate"]) == (h, n)) for n in names]
                for h in houses
            ]
        )
        sizes = np.array([next(c["sample_size"] for c in own if c["pollster"].lower() == h) for h in houses])
        again = spread(percents, sizes, np.full(len(houses), 0.5), draws=200, seed=1)
        # What a house's figures are rounded to is read off them, so it may be coarser than half a point here.
        assert one["observed"] <= again.observed * 1.0001 + 1e-9


def test_no_polls_no_weeks():
    assert measured(MEASURE, empty_tables()).equals(MEASURE.schema.empty_table())


@pytest.mark.shared
def test_the_last_week_of_2012_scatters_a_little_less_than_samples_do():
    if shared_data() is None:
        pytest.skip("no evaluation data beside the checkout")
    (last,) = [w for w in spread_of(families(2012), election_day(2012)).to_pylist() if w["is_final"]]
    assert len(last["houses"]) == 6
    assert 0.75 < last["ratio"] < 0.9  # others: 0.83
    assert 0.1 < last["p_value"] < 0.5
