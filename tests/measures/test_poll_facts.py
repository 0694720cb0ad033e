from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.strategies import empty_tables, rows_of_case
from vigie.measures import measured
from vigie.measures.poll_facts import MEASURE, sample_for
from vigie.rules.pollsters import is_known
from vigie.testing import rows

FIRST = date(2017, 3, 1)
FULL = {"sponsor": "A Paper", "sample_size": 1_000.0, "mode": "internet", "wording": "Whom?", "notice": "notice 1"}
LEGAL = {
    "client": ("sponsor", "publisher"),
    "sample size": ("sample_size", "answered"),
    "dates of fieldwork": ("fieldwork_end",),
    "mode": ("mode",),
    "wording of the question": ("wording",),
    "notice": ("notice",),
}


def poll(pollster, day, percents, **more):
    """One poll: the percents of candidates a, b, c, ... (or of a mapping), fully described but for what `more` says."""
    end = FIRST + timedelta(days=day)
    named = percents if isinstance(percents, dict) else dict(zip("abcdefghijkl", percents, strict=False))
    common = {
        "poll_id": f"{pollster} {day}",
        "pollster": pollster,
        "fieldwork_start": end,
        "fieldwork_end": end,
        "question": "voting_intention",
        "round": 1,
        **FULL,
        **more,
    }
    shown = common["fieldwork_end"] or common["published"]
    return [
        {"time": datetime.combine(shown, time(12), UTC), "candidate": c, "candidate_id": c, "percent": float(p)}
        | common
        for c, p in named.items()
    ]


REAL = [
    cells
    for n, name in enumerate(["Ifop", "Ipsos", "BVA", "Elabe", "Odoxa"])
    for cells in poll(name, n, [24, 22.5, 19.5, 18, 16])
]


def facts(*cells, outlets=(), candidates=(), rounds=(), **values):
    case = {
        "case_channels": rows_of_case("case_channels", *outlets),
        "case_candidates": rows_of_case("case_candidates", *candidates),
        "case_rounds": rows_of_case("case_rounds", *rounds),
    }
    made = [cell for some in cells for cell in some]
    return measured(MEASURE, {"polls": rows("polls", *made), **case}, **values).to_pylist()


def of(pollster, measured_rows):
    (row,) = [r for r in measured_rows if r["pollster"] == pollster]
    return row


def test_real_polls_have_no_flaw():
    for row in facts(REAL):
        assert (row["missing"], row["impossible"], row["flaws"], row["is_set_apart"], row["why"]) == (
            [],
            [],
            0,
            False,
            None,
        )
        assert (row["figures"], row["total"], row["step"], row["is_known_house"]) == (5, 100.0, 0.5, True)


@pytest.mark.parametrize(("field", "columns"), LEGAL.items())
def test_a_field_is_missing_where_the_others_give_it_and_only_there(field, columns):
    lacking = dict.fromkeys(columns) | ({"published": FIRST} if field.startswith("dates") else {})
    fake = poll("Someone", 9, [24, 22, 20, 18, 16], **lacking)
    assert of("Someone", facts(REAL, fake))["missing"] == [field]
    bare = [cell | lacking for cell in REAL]
    assert of("Someone", facts(bare, fake))["missing"] == []
    # Three of five houses lack it, then two.
    some = [cell | (lacking if cell["pollster"] in {"Ifop", "Ipsos", "BVA"} else {}) for cell in REAL]
    assert of("Someone", facts(some, fake))["missing"] == []
    few = [cell | (lacking if cell["pollster"] in {"Ifop", "Ipsos"} else {}) for cell in REAL]
    assert of("Someone", facts(few, fake))["missing"] == [field]
    # Too few others to say what is usual.
    assert of("Someone", facts(REAL[:10], fake))["missing"] == []


def test_its_own_polls_do_not_make_a_field_usual_or_unusual():
    flood = [poll("Someone", n, [24, 22, 20, 18, 16], sample_size=None) for n in range(20)]
    assert all(r["missing"] == ["sample size"] for r in facts(REAL, *flood) if r["pollster"] == "Someone")


def test_an_unknown_house_alone_or_with_one_flaw_of_weight_is_not_set_apart():
    stranger = of("Someone", facts(REAL, poll("Someone", 9, [24, 22, 20, 18, 16])))
    assert (stranger["is_known_house"], stranger["flaws"], stranger["is_set_apart"]) == (False, 0, False)
    without_sample = of("Someone", facts(REAL, poll("Someone", 9, [24, 22, 20, 18, 16], sample_size=None)))
    assert (without_sample["flaws"], without_sample["is_set_apart"]) == (1, False)
    light = {"sponsor": None, "mode": None, "wording": None, "notice": None}
    without_light = of("Someone", facts(REAL, poll("Someone", 9, [24, 22, 20, 18, 16], **light)))
    assert (without_light["flaws"], without_light["is_set_apart"]) == (1, False)


def test_two_flaws_of_weight_set_a_poll_apart_and_it_is_said_why():
    fake = poll("Someone", 9, [24, 22, 20, 18, 16], sample_size=None, mode=None, notice=None)
    row = of("Someone", facts(REAL, fake))
    assert row["is_set_apart"]
    assert row["why"] == (
        "it gives no sample size, mode or notice, as most other polls do; its pollster is not on the list of institutes"
    )
    assert not of("Someone", facts(REAL, fake, flaws_min=3))["is_set_apart"]
    assert of("Someone", facts(REAL, fake, light_per_flaw=1))["flaws"] == 4


OUTLET = {"channel_id": "sputniknews.com", "platform": "web", "outlet": "Sputnik", "tier": "state-controlled"}


@pytest.mark.parametrize(
    ("more", "is_found"),
    [
        ({"publisher": "Sputnik France"}, True),
        ({"sponsor": "Ifop pour SPUTNIK"}, True),
        ({"publisher": "https://fr.sputniknews.com/france/2017/"}, True),
        ({"publisher": "sputniknews.com"}, True),
        ({"publisher": "Sputniks"}, False),
        ({"publisher": "notsputniknews.com"}, False),
        ({"publisher": "sputniknews.com.example"}, False),
        ({"publisher": "Le Point"}, False),
    ],
)
def test_an_outlet_of_the_case_is_recognised_by_name_and_domain(more, is_found):
    row = of("Someone", facts(REAL, poll("Someone", 9, [24, 22, 20, 18, 16], **more), outlets=[OUTLET]))
    assert (row["outlet"], row["tier"]) == (("Sputnik", "state-controlled") if is_found else (None, None))
    assert row["flaws"] == is_found


def test_an_outlet_without_a_tier_is_named_and_no_flaw():
    ours = OUTLET | {"outlet": "Le Point", "tier": "none", "channel_id": "lepoint.fr"}
    row = of("Someone", facts(REAL, poll("Someone", 9, [24], sponsor="Le Point"), outlets=[ours]))
    assert (row["outlet"], row["tier"], row["flaws"]) == ("Le Point", "none", 0)
    both = poll("Someone", 9, [24], sponsor="Le Point", publisher="Sputnik")
    assert of("Someone", facts(REAL, both, outlets=[ours, OUTLET]))["tier"] == "state-controlled"


def test_the_pollster_may_be_the_outlet_itself_unless_it_is_an_institute():
    assert of("Sputnik Polls", facts(REAL, poll("Sputnik Polls", 9, [24]), outlets=[OUTLET]))["outlet"] == "Sputnik"
    named = OUTLET | {"outlet": "Ifop", "tier": "state-linked"}
    assert {r["outlet"] for r in facts(REAL, outlets=[named])} == {None}


@pytest.mark.parametrize(
    ("percents", "is_flaw"),
    [
        ([30, 30, 30, 30], True),
        ([24, 22.5, 19.5, 18, 16], False),
        ([24, 22, 20, 19, 18], False),  # 103 in whole points of five candidates: rounding
        ([24, 22, 20, 19, 20], True),
        ([24, 22, 20, 18, 10], True),  # all that the others put, who give 100
        ([24, 22, 20], False),  # some candidates are left out
    ],
)
def test_sums_far_from_a_hundred(percents, is_flaw):
    row = of("Someone", facts(REAL, poll("Someone", 9, percents)))
    assert bool(row["impossible"]) == is_flaw
    if is_flaw:
        assert row["impossible"] == [f"its figures add up to {sum(percents):.4g} %"]


def test_opinions_add_up_to_what_they_like():
    row = facts(poll("Someone", 9, [60, 55, 40], question="favourability", round=None))[0]
    assert row["impossible"] == []


def test_hundredths_take_a_sample_that_bears_them():
    fine = [22.55, 22.41, 24.39, 15.53]
    row = of("Someone", facts(REAL, poll("Someone", 9, fine)))
    assert row["impossible"] == ["hundredths of a point take a sample of 7,084, it has 1,000"]
    assert row["step"] == 0.01
    guessed = of("Someone", facts(REAL, poll("Someone", 9, fine, sample_size=None)))
    assert guessed["impossible"] == ["hundredths of a point take a sample of 7,084, usual here are 1,000"]
    assert of("Someone", facts(REAL, poll("Someone", 9, fine, sample_size=8_000.0)))["impossible"] == []
    assert of("Someone", facts(REAL, poll("Someone", 9, [22.5, 22.4, 24.4], sample_size=300.0)))["impossible"] == []
    # One figure of many, and a collection that gives hundredths throughout.
    assert of("Someone", facts(REAL, poll("Someone", 9, [22.55, 22, 24, 15])))["impossible"] == []
    all_fine = [cell | {"percent": cell["percent"] + 0.03} for cell in REAL]
    assert of("Someone", facts(all_fine, poll("Someone", 9, fine)))["impossible"] == []


def test_the_sample_for_hundredths_has_a_margin_of_one_point():
    assert 1.96 * (0.2255 * 0.7745 / sample_for([22.55, 1.0])) ** 0.5 == pytest.approx(0.01, rel=1e-4)


def test_a_candidate_twice_and_one_who_has_withdrawn():
    twice = poll("Someone", 9, {"a": 24, "b": 22}) + poll("Someone", 9, {"a": 90})
    assert of("Someone", facts(REAL, twice))["impossible"] == ["a stands in it twice"]
    usual = [cell | {"percent": cell["percent"] + 1} for cell in REAL]
    assert of("Someone", facts(REAL, usual, twice))["impossible"] == []
    left = {"candidate_id": "a", "name": "Ann", "alias": "a", "alias_id": "a", "withdrew": FIRST + timedelta(days=5)}
    found = facts(REAL, poll("Late", 9, [24]), poll("Early", 4, [24]), candidates=[left])
    assert of("Late", found)["impossible"] == ["it was asked after Ann withdrew"]
    assert of("Early", found)["impossible"] == []
    straddling = poll("Someone", 9, [24], fieldwork_start=FIRST + timedelta(days=3))
    assert of("Someone", facts(REAL, straddling, candidates=[left]))["impossible"] == []


def test_what_is_asked_on_the_day_of_the_vote_is_no_poll_of_intentions():
    vote = {"round": 1, "date": FIRST + timedelta(days=9)}
    found = facts(
        REAL,
        poll("Ifop", 9, [24]),
        poll("Ipsos", 8, [24]),
        poll("BVA", 9, [60], round=2),
        poll("Elabe", 9, [60], question="approval", round=None),
        poll("Odoxa", 9, [24], fieldwork_end=None, fieldwork_start=None, published=vote["date"]),
        rounds=[vote],
    )
    apart = [(r["pollster"], r["is_set_apart"]) for r in found if r["time"].date() >= FIRST + timedelta(days=8)]
    assert sorted(p for p, is_apart in apart if is_apart) == ["Ifop", "Odoxa"]
    assert len(apart) == 5
    assert {r["why"] for r in found if r["is_vote_day"]} == {
        "asked or published on the day of the vote: an exit poll or a projection"
    }


@st.composite
def collections(draw):
    cells = []
    for n in range(draw(st.integers(3, 8))):
        pollster = draw(st.sampled_from(["Ifop", "BVA", "Buzz", "Someone", "Ipsos"]))
        lost = draw(st.sets(st.sampled_from(["sample_size", "mode", "notice", "sponsor", "wording"]), max_size=3))
        question = draw(st.sampled_from(["voting_intention", "approval"]))
        figures = draw(st.lists(st.sampled_from([24.0, 22.5, 22.55, 18.13, 40.0]), min_size=1, max_size=4))
        cells += poll(
            pollster,
            n,
            figures,
            question=question,
            round=1 if question == "voting_intention" else None,
            **dict.fromkeys(lost),
        )
    return cells


def by_hand(cells):
    """Which scenarios lack which fields and how many flaws they have, in the plainest form."""
    scenarios = defaultdict(list)
    for cell in cells:
        scenarios[cell["poll_id"], cell["question"]].append(cell)
    found = {}
    for key, own in scenarios.items():
        question, pollster = own[0]["question"], own[0]["pollster"]
        others = [s for s in scenarios.values() if s[0]["question"] == question and s[0]["pollster"] != pollster]
        alike = [s for s in scenarios.values() if s[0]["question"] == question]
        missing = []
        for field, columns in LEGAL.items():
            gives = sum(any(s[0].get(c) is not None for c in columns) for s in others)
            if all(own[0].get(c) is None for c in columns) and len(others) >= 3 and 2 * gives >= len(others):
                missing.append(field)
        figures = [c["percent"] for c in own]
        flaws = 0
        fine_step = 0.5 if all(p * 2 == int(p * 2) for p in figures) else 0.01
        fine_step = 1.0 if all(p == int(p) for p in figures) else fine_step
        if question == "voting_intention":
            same = [s for s in others if len(s) == len(own)]
            whole = [s for s in same if abs(sum(c["percent"] for c in s) - 100) <= 2]
            slack = 1 + len(own) * fine_step / 2
            low = len(same) >= 2 and 2 * len(whole) >= len(same)
            flaws += sum(figures) > 100 + slack or (low and sum(figures) < 100 - slack)

        def is_fine(s):
            return len(s) > 1 and 2 * sum(c["percent"] in {22.55, 18.13} for c in s) > len(s)

        sizes = sorted(s[0]["sample_size"] for s in alike if s[0]["sample_size"])
        size = own[0]["sample_size"] or (sizes and 1_000.0)
        if is_fine(own) and 2 * sum(map(is_fine, others)) <= len(others) and size and size < sample_for(figures):
            flaws += 1
        light = sum(m in {"client", "mode", "wording of the question", "notice"} for m in missing)
        flaws += len(missing) - light + (light + (not is_known(pollster))) // 3
        found[key] = (missing, flaws)
    return found


@settings(max_examples=15, deadline=None)
@given(collections(), st.randoms(use_true_random=False))
def test_flaws_are_those_of_the_definition_in_any_order(cells, random):
    expected = by_hand(cells)
    found = facts(cells)
    event(f"set apart: {sum(r['is_set_apart'] for r in found)}")
    assert {(r["poll_id"], r["question"]): (r["missing"], r["flaws"]) for r in found} == expected
    assert all(r["is_set_apart"] == (r["flaws"] >= 2) == (r["why"] is not None) for r in found)
    again = random.sample(cells, len(cells))
    kept = [{k: v for k, v in r.items() if k != "row_ids"} for r in facts(again)]
    assert kept == [{k: v for k, v in r.items() if k != "row_ids"} for r in found]


def test_no_polls_no_rows():
    assert facts() == []
    assert measured(MEASURE, empty_tables()).equals(MEASURE.schema.empty_table())


@settings(max_examples=12, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20), st.floats(0, 100))
def test_hostile_names_are_no_error(pollster, publisher, percent):
    cells = poll(pollster, 3, [percent], publisher=publisher, sample_size=None, fieldwork_end=None, published=FIRST)
    (row,) = facts(cells, outlets=[OUTLET | {"outlet": pollster}])
    assert row["pollster"] == pollster
    assert row["figures"] == 1
