from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.measures import measured
from vigie.measures.poll_shifts import MEASURE
from vigie.testing import polls, rows

LEVELS = {"macron": 24.0, "fillon": 20.0, "hamon": 12.0}


def race(seed, *, fall=0.0, waves=8, houses=("Ipsos", "Ifop", "BVA", "Elabe")):
    """Waves of every house, four days apart; Fillon falls on 15 March."""
    chance = Random(seed)
    lines = []
    for wave in range(waves):
        for n, house in enumerate(houses):
            day = 1 + 4 * wave + n % 4
            lines += [
                f"{house} 2017-03-{day:02} 1000 {name} "
                f"{level - (fall if name == 'fillon' and day >= 15 else 0) + chance.choice([-1, -0.5, 0, 0, 0.5, 1])}"
                for name, level in LEVELS.items()
                if day <= 31
            ]
    table = polls(*lines, question="voting_intention").to_pylist()
    return [row | {"round": 1} for row in table]


def search(cells, **values):
    return measured(MEASURE, {"polls": rows("polls", *cells)}, campaigns=300, **values).to_pylist()


def test_a_fall_that_all_houses_show_is_one_row_with_what_it_rests_on():
    cells = race(1, fall=7)
    [row] = search(cells)
    assert (row["candidate_id"], row["direction"]) == ("fillon", "fall")
    assert row["low"] < row["points"] < row["high"] < 0
    assert row["points"] == pytest.approx(-7, abs=3)
    assert abs((row["day"] - cells[0]["fieldwork_end"]).days - 14) <= 3
    assert 0 < row["p_value"] <= 0.05
    assert row["statistic"] >= row["threshold"]
    cited = [c for c in cells if c["row_id"] in row["row_ids"]]
    assert {c["candidate_id"] for c in cited} == {"fillon"}
    assert len(cited) == row["figures"] + 1 == len(row["row_ids"])
    assert row["houses"] == len({c["pollster"] for c in sorted(cited, key=lambda c: c["time"])[1:]}) >= 2
    assert (row["first_time"], row["last_time"]) == (min(c["time"] for c in cited), max(c["time"] for c in cited))
    assert row["found"] == max(c["fieldwork_end"] for c in cited)
    assert row["power_3"] <= row["power_5"] <= row["power_8"]


def test_a_quiet_block_has_one_row_that_states_its_power():
    [row] = search(race(2))
    assert row["day"] is None
    assert row["row_ids"] == []
    assert row["threshold"] > 3
    assert row["power_8"] > 0.8


def test_it_is_known_when_the_last_of_its_polls_was_published():
    cells = [c | {"published": c["fieldwork_end"] + timedelta(days=3)} for c in race(1, fall=7)]
    [late], [row] = search(cells), search(race(1, fall=7))
    assert late["found"] == row["found"] + timedelta(days=3)


def test_figures_that_are_not_used_change_nothing():
    cells = race(1, fall=7)
    silent = [
        c | {"row_id": f"0123456789ab:{900 + n}", "fieldwork_start": None, "fieldwork_end": None, "poll_id": f"x{n}",
             "published": c["fieldwork_end"], "percent": 45.0}
        for n, c in enumerate(cells[:6])
    ]  # fmt: skip
    assert search([*cells, *silent]) == search(cells)


@settings(max_examples=4)
@given(st.randoms())
def test_the_order_of_the_rows_does_not_matter(shuffle):
    cells = race(1, fall=7)
    assert search(shuffle.sample(cells, len(cells))) == search(cells)


def waves(*lines):
    return measured(MEASURE, {"polls": polls(*lines)}, campaigns=300).to_pylist()


def test_the_fall_of_february_2017_between_two_waves_of_one_house():
    alone = ("Ipsos 2017-01-14 970 fillon 43", "Ipsos 2017-02-11 967 fillon 25")
    once = ("Ipsos 2017-02-11 967 macron 39", "Ipsos 2017-02-11 967 hamon 38", "Ipsos 2017-02-11 967 le-pen 26")
    for lines in (alone, alone + once):
        [row] = waves(*lines)
        assert row["points"] == pytest.approx(-18, abs=0.1)
        assert (row["figures"], row["houses"], row["p_value"]) == (1, 1, pytest.approx(1 / 301))
        assert row["power_8"] is None
    [row] = waves("Ipsos 2017-01-14 970 fillon 43", "Ipsos 2017-02-11 967 fillon 40")
    assert row["day"] is None


def test_one_house_alone_shows_no_step_where_others_ask_too():
    cells = race(3)
    for c in cells:
        if c["pollster"] == "Ifop" and c["candidate_id"] == "fillon" and c["fieldwork_end"].day >= 15:
            c["percent"] += 9.0
    assert all(row["candidate_id"] is None for row in search(cells))


def test_a_higher_rate_lowers_the_threshold():
    cells = race(2)
    thresholds = [search(cells, alarm_max=rate)[0]["threshold"] for rate in (0.01, 0.05, 0.4)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert len(set(thresholds)) == 3


def test_nothing_in_nothing_out():
    assert search([]) == []
