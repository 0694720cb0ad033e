"""`vigie polls`: the whole way from figures to estimates, and what could be known on a day."""

import csv
import io
import json
import random
from dataclasses import asdict, replace
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from tests.run.builders import make_case, take
from vigie.cli import app
from vigie.errors import InputError
from vigie.run.poll_fields import field_id
from vigie.run.polls import polls

COLUMNS = [
    "pollster", "sponsor", "publisher", "fieldwork_start", "fieldwork_end", "published", "sample_size", "question",
    "round", "hypothesis", "candidate", "percent",
]  # fmt: skip
CASE = """
[[candidates]]
id = "ana"
name = "Ana Reed"
aliases = ["Reed"]
[[candidates]]
id = "bo"
name = "Bo Lind"
[[candidates]]
id = "cy"
name = "Cy Moss"
withdrew = 2017-02-20
"""
HOSTILE = "\x1b[2J\u202e[bold]=HYPERLINK(1)\x07"
FIRST = date(2017, 1, 2)
HOUSES = ("Ifop", "Elabe", "BVA")
WITH_CY = {"Ana Reed": 30.0, "Bo Lind": 25.0, "Cy Moss": 5.0, HOSTILE: 40.0}
WITHOUT_CY = {"Ana Reed": 33.0, "Bo Lind": 26.0, HOSTILE: 41.0}
DUEL = {"Ana Reed": 54.0, "Bo Lind": 46.0}
VOTES = (date(2017, 4, 23), date(2017, 5, 7))


def poll(day, house, shares, draw, *, question="voting_intention", number="1", published=None, **more):
    """One poll as rows; its figures scatter as those of a thousand persons, rounded to half a point."""
    row = {
        "pollster": house,
        "fieldwork_start": day - timedelta(days=1),
        "fieldwork_end": day,
        "published": published or day + timedelta(days=1),
        "sample_size": 1_000,
        "question": question,
        "round": number,
    } | more
    return [
        row | {"candidate": name, "percent": round(2 * max(0.5, draw.gauss(share, 1.0))) / 2}
        for name, share in shares.items()
    ]


def figures():
    draw = random.Random(5)
    made = []
    for n in range(24):
        day = FIRST + timedelta(days=4 * n)
        house = HOUSES[n % 3]
        if day < date(2017, 2, 20):
            made += poll(day, house, WITH_CY, draw, hypothesis="with Cy")
        if day >= date(2017, 1, 20):
            made += poll(day, house, WITHOUT_CY, draw, hypothesis="without Cy")
        if n % 2:
            made += poll(day, house, DUEL, draw, number="2")
    for n in range(3):
        day = date(2017, 1, 14) + timedelta(days=28 * n)
        made += poll(day, "Ipsos", {"Ana Reed": 43.0, "Bo Lind": 30.0}, draw, question="favourability", number="")
    return made


def write(path, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def case_of(folder, rows, text=CASE):
    case = make_case(folder / "case")
    file = case / "case.toml"
    days = ", ".join(map(str, VOTES))
    filled = file.read_text(encoding="utf-8").replace("[election]", f"[election]\nrounds = [{days}]", 1)
    file.write_text(filled + text, encoding="utf-8")
    if rows:
        take(case, write(folder / "polls.csv", rows))
    return case


@pytest.fixture(scope="module")
def rows():
    return figures()


@pytest.fixture(scope="module")
def case(tmp_path_factory, rows):
    return case_of(tmp_path_factory.mktemp("polls"), rows)


@pytest.fixture(scope="module")
def shown(case):
    return polls(case)


def vigie(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def of(shown, ident):
    (found,) = [e for panel in shown.panels for e in panel.estimates if e.candidate_id == ident]
    return found


def test_the_candidates_stand_where_the_polls_have_them(shown):
    assert (shown.question, shown.round, shown.day, shown.vote_day) == (
        "voting_intention",
        1,
        date(2017, 4, 5),
        VOTES[0],
    )
    (panel,) = shown.panels
    assert [e.candidate_id for e in panel.estimates if e.name != HOSTILE] == ["ana", "bo"]
    assert of(shown, "ana").percent == pytest.approx(33, abs=1.5)
    assert of(shown, "bo").percent == pytest.approx(26, abs=1.5)
    assert (panel.houses, panel.polls, panel.polls_in_all) == (3, 19, 24)
    assert (panel.last, panel.carried_days) == (date(2017, 4, 4), 1)
    assert of(shown, "ana").last == date(2017, 4, 4)


def test_the_intervals_lie_in_one_another_and_a_vote_is_less_sure(shown):
    for panel in shown.panels:
        for e in panel.estimates:
            for band in (e.opinion, e.vote):
                assert [i.share for i in band] == [0.5, 0.8, 0.95]
                assert band[2].low < band[1].low < band[0].low < e.percent < band[0].high < band[1].high < band[2].high
            assert all(v.low < o.low and o.high < v.high for v, o in zip(e.vote, e.opinion, strict=True))
            assert [c.days for c in e.changes] == [7, 30]
            assert all(c.low < c.points < c.high for c in e.changes)
            assert all(abs(c.points) < 3 for c in e.changes)


def test_the_field_is_that_of_the_candidates_who_stand_and_the_others_are_listed(shown):
    ours, other = shown.fields
    assert (ours.candidate_ids, ours.is_shown, ours.scenarios) == (("ana", "bo"), True, 19)
    assert shown.chosen_by == "the case's candidates who stand on that day"
    assert (other.candidate_ids, other.more, other.fewer) == (("ana", "bo", "cy"), ("Cy Moss",), ())
    assert (other.hypotheses, other.scenarios, other.recent) == (("with Cy",), 13, 0)
    assert other.id == field_id("ana+bo+cy")


@pytest.mark.parametrize("asked", ["with cy", "cy+ana+bo", "Cy Moss+Reed+Bo Lind", field_id("ana+bo+cy")[:9]])
def test_another_field_is_asked_for_by_name_candidates_or_identifier(case, asked):
    other = polls(case, hypothesis=asked)
    assert other.fields[0].candidate_ids == ("ana", "bo", "cy")
    assert of(other, "cy").percent == pytest.approx(5, abs=2)
    assert of(other, "ana").percent == pytest.approx(30, abs=2.5)


def test_an_unknown_field_has_near_ones(case):
    with pytest.raises(InputError, match="with Cz") as raised:
        polls(case, hypothesis="with Cz")
    assert "did you mean 'with Cy'" in str(raised.value)
    with pytest.raises(InputError) as raised:
        polls(case, hypothesis="ana+zz")
    assert field_id("ana+bo") in str(raised.value)
    done = vigie("polls", case, "--hypothesis", "field-zzzz")
    assert "field-" in str(done.exception)


def test_the_case_as_of_the_day_it_began_has_the_field_of_that_day(case):
    early = polls(case, at=date(2017, 2, 10))
    assert early.fields[0].candidate_ids == ("ana", "bo", "cy")
    assert early.panels[0].last <= date(2017, 2, 10)


def test_rounds_and_questions_are_named_and_can_be_asked_for(case, shown):
    assert shown.rounds == {1: 24, 2: 12}
    assert shown.questions == {"voting_intention": 24, "favourability": 3}
    duel = polls(case, round_=2)
    assert (duel.round, duel.vote_day) == (2, VOTES[1])
    assert of(duel, "ana").percent == pytest.approx(54, abs=2)
    rated = polls(case, question="favourability")
    assert (rated.round, rated.tau, rated.fields) == (None, None, ())
    assert rated.panels[0].house == "Ipsos"
    assert of(rated, "ana").vote is None
    with pytest.raises(InputError, match="did you mean 'favourability'"):
        polls(case, question="favorability")
    with pytest.raises(InputError, match="no poll asks for 'favourability' by 2017-01-05"):
        polls(case, question="favourability", at=date(2017, 1, 5))
    with pytest.raises(InputError, match="no poll asks for round 2 by 2017-01-05"):
        polls(case, round_=2, at=date(2017, 1, 5))
    with pytest.raises(InputError, match="only voting intentions"):
        polls(case, question="favourability", hypothesis="with Cy")


def test_a_field_of_the_other_round_is_found_there(case):
    at = date(2017, 4, 25)
    assert polls(case, at=at).round == 2
    assert polls(case, at=at, hypothesis="with Cy").round == 1
    with pytest.raises(InputError, match="no poll put 'with Cy' to those asked"):
        polls(case, at=at, hypothesis="with Cy", round_=2)


def test_after_the_first_vote_the_second_round_is_shown(case):
    later = polls(case, at=date(2017, 4, 25))
    assert (later.round, later.day) == (2, date(2017, 4, 25))
    first = polls(case, at=date(2017, 4, 25), round_=1)
    assert (first.day, first.panels[0].carried_days) == (VOTES[0], 19)


def test_an_estimate_that_is_carried_forward_is_less_sure(case, shown):
    later = polls(case, at=date(2017, 4, 20))
    assert later.panels[0].carried_days == 16
    now, then = of(later, "ana"), of(shown, "ana")
    assert now.percent == then.percent
    assert now.opinion[2].high - now.opinion[2].low > then.opinion[2].high - then.opinion[2].low
    assert not [c for c in now.changes if c.days == 7]


def test_the_last_day_is_no_day_at_all(case, shown):
    asked = polls(case, at=shown.day)
    assert replace(asked, at=None) == shown


@pytest.mark.parametrize("day", [date(2017, 1, 3), date(2017, 1, 25), date(2017, 2, 27), date(2017, 3, 31)])
def test_a_day_sees_nothing_that_was_asked_or_published_later(tmp_path, case, rows, day):
    known = [row for row in rows if row["fieldwork_end"] <= day and row["published"] <= day]
    asked = asdict(polls(case, at=day))
    alone = asdict(polls(case_of(tmp_path, known), at=day))
    for made in (asked, alone):
        made["first_poll"] = made["last_poll"] = None
        # Which row a figure stands in depends on the file.
        made["why_nothing"] = bool(made["why_nothing"])
    assert asked == alone


def test_a_day_before_all_polls_and_one_long_after_say_so(case):
    before = polls(case, at=date(2016, 12, 1))
    assert (before.panels, before.day) == ((), date(2016, 12, 1))
    assert "2017-01-02" in before.why_nothing
    text = vigie("polls", case, "--at", "2016-12-01").stdout
    assert "no poll was known on 2016-12-01: the first ends on 2017-01-02" in text
    after = polls(case, at=date(2018, 12, 1), question="favourability")
    assert after.panels == ()
    assert "too long ago" in after.why_nothing
    assert vigie("polls", case, "--at", "2018-12-01", "--question", "favourability").exit_code == 0


def test_a_poll_without_or_with_an_odd_day_of_publication_moves_no_day(tmp_path):
    made = poll(FIRST, "Ifop", WITH_CY, random.Random(1))
    odd = [row | {"published": day} for row, day in zip(made, ("", date(2021, 1, 5), "", ""), strict=True)]
    assert polls(case_of(tmp_path, odd[2:])).day == FIRST
    (tmp_path / "odd").mkdir()
    assert polls(case_of(tmp_path / "odd", odd)).day == FIRST + timedelta(days=30)


def test_the_error_of_polls_can_be_set(case, shown):
    exact = polls(case, error=0.0)
    ana = of(exact, "ana")
    assert ana.opinion == of(shown, "ana").opinion
    for vote, opinion in zip(ana.vote, ana.opinion, strict=True):
        assert (vote.low, vote.high) == pytest.approx((opinion.low, opinion.high))
    assert "set by hand" in vigie("polls", case, "--tau", "0.03").stdout
    assert vigie("polls", case, "--tau", "3").exit_code == 2


def test_json_holds_what_is_shown_and_the_terminal_obeys_nothing(case, shown):
    done = vigie("polls", case, "--json")
    made = json.loads(done.stdout)
    assert done.stdout.isascii()
    assert made["panels"][0]["estimates"][0]["name"] == HOSTILE
    assert made["fields"][0]["id"] == shown.fields[0].id
    assert made["tau"]["elections"][-1] == 2022
    text = vigie("polls", case, "--all").stdout
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "⟦U+202E⟧" in text
    assert "Ana Reed" in text


def test_what_has_no_part_in_it_is_said(tmp_path, rows):
    late = poll(date(2017, 3, 1), "Elabe", WITH_CY, random.Random(1), hypothesis="with Cy again")
    undated = [row | {"fieldwork_start": "", "fieldwork_end": "", "sample_size": ""} for row in late]
    fake = [row | {"pollster": "Buzz " + HOSTILE, "published": date(2017, 3, 2)} for row in undated]
    made = case_of(tmp_path, [*rows, *late, *fake])
    told = polls(made)
    reasons = {left.why: (left.figures, left.polls) for left in told.not_used}
    assert reasons["after the withdrawal"] == (1, 1)
    (apart,) = told.set_apart
    assert apart.pollster == "Buzz " + HOSTILE
    assert (apart.day, apart.figures["Ana Reed"]) == (date(2017, 3, 2), fake[0]["percent"])
    assert "sample" in apart.why
    assert "set apart" in vigie("polls", made).stdout
    assert polls(made, at=date(2017, 3, 1)).set_apart == ()


def test_a_case_without_polls_says_what_is_lacking(tmp_path):
    bare = case_of(tmp_path, [])
    assert polls(bare).lacking == ("polls",)
    assert "no polls in this case" in vigie("polls", bare).stdout
    assert vigie("polls", bare, "--at", "2017-01-01").exit_code == 0
    assert json.loads(vigie("polls", bare, "--json").stdout)["panels"] == []
