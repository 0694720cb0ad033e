"""From a file of polls to the page: the section on opinion and the findings' pictures, by the measures themselves."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from lxml import html

from tests.run.builders import log_lines, make_case, take
from tests.run.test_brief import composed
from vigie.briefings.html import page
from vigie.briefings.model import Daily, Trend, Versus
from vigie.run.polls import polls

HOUSES = ("Ifop", "Ipsos", "BVA", "Elabe")
START = date(2017, 1, 2)
CASE = """[election]
name = "test"
country = "FR"
time_zone = "Europe/Paris"
campaign_opening = 2017-04-10
rounds = [2017-04-23, 2017-05-07]
[[candidates]]
id = "ana"
name = "Ana Reed"
[[candidates]]
id = "bob"
name = "Bob Lind"
[[candidates]]
id = "cy"
name = "Cy Moss"
[[outlets]]
name = "Sputnik"
tier = "state-controlled"
domains = ["sputnik.example"]
"""
COLUMNS = "pollster,sponsor,publisher,fieldwork_start,fieldwork_end,published,sample_size,notice,question,round,"
COLUMNS += "candidate,percent"


def lines():
    """Three candidates by four houses, a step of ten points of Ana's against Bob on day 50, and one imitation."""
    yield COLUMNS
    for n in range(48):
        day = START + timedelta(days=2 * n)
        step = 10 if 2 * n >= 50 else 0
        wave = [math.sin(7.9 * n + c) for c in range(3)]
        for name, share, noise in zip(
            ("Ana Reed", "Bob Lind", "Cy Moss"), (22 + step, 34 - step, 14), wave, strict=True
        ):
            yield (
                f"{HOUSES[n % 4]},Le Monde,,{day},{day + timedelta(days=1)},{day + timedelta(days=1)},1000,"
                f"notice {n},voting_intention,1,{name},{round(2 * (share + noise)) / 2}"
            )
    for name, share in (("Ana Reed", 61), ("Bob Lind", 9), ("Cy Moss", 12)):
        yield f"Brand Count,,Sputnik,,,2017-03-30,,,voting_intention,1,{name},{share}"


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("opinion")
    made = make_case(folder / "case")
    (made / "case.toml").write_text(CASE, encoding="utf-8")
    file = folder / "polls.csv"
    file.write_text("\n".join(lines()) + "\n", encoding="utf-8")
    take(made, file)
    return made


@pytest.fixture(scope="module")
def brief(case):
    return composed(case)


def test_the_question_has_its_levels_effects_forecasts_and_power(brief):
    [question] = brief.polls.questions
    assert question.field == ("Ana Reed", "Bob Lind", "Cy Moss")
    assert (question.polls, question.houses, question.fields) == (48, 4, 1)
    assert [c.name for c in question.curves] == ["Ana Reed", "Bob Lind", "Cy Moss"]
    for curve in question.curves:
        assert len(curve.levels) == 95
        assert all(v.now95[0] < v.now80[0] < v.now < v.now80[1] < v.now95[1] for v in curve.levels)
        assert all(v.then95[0] < v.then < v.then95[1] for v in curve.levels)
        assert sum(f.z is not None for f in curve.figures) >= 47
    assert {e.house for e in question.effects} == {"ifop", "ipsos", "bva", "elabe"}
    assert [points for points, _ in question.power] == [3.0, 5.0, 8.0]
    assert question.power[0][1] <= question.power[2][1]


def test_where_they_stand_is_what_the_command_says(case, brief):
    said = {e.name: e for p in polls(case).panels for e in p.estimates}
    assert len(said) == 3
    for s in brief.polls.questions[0].standings:
        assert s.estimate == pytest.approx(said[s.name].percent)
        for mine, theirs in ((s.opinion, said[s.name].opinion), (s.vote, said[s.name].vote)):
            assert mine == tuple(pytest.approx((i.low, i.high)) for i in theirs)


def test_the_step_is_told_with_its_finding_and_drawn(brief):
    [question] = brief.polls.questions
    told = {s.name: s for s in question.shifts}
    assert abs((told["Ana Reed"].day - (START + timedelta(days=50))).days) <= 3
    assert told["Ana Reed"].low < 10 < told["Ana Reed"].high
    assert told["Bob Lind"].points < 0
    ident = told["Ana Reed"].finding
    assert ident in set(brief.findings["id"].to_pylist())
    drawn = brief.series[ident]
    assert isinstance(drawn, Trend)
    assert drawn.label.startswith("Ana Reed, voting intention, first round")


def test_the_imitation_is_set_apart_named_and_drawn_against_what_was_expected(brief):
    [apart] = brief.polls.set_apart
    assert (apart.pollster, apart.outlet, apart.tier) == ("Brand Count", "Sputnik", "state-controlled")
    assert brief.polls.unused == {"set apart as no poll": 3}
    suspects = {s.detector: s for s in brief.polls.suspects}
    assert suspects["poll_provenance"].is_set_apart
    assert apart.finding == suspects["poll_provenance"].finding
    drawn = brief.series[apart.finding]
    assert isinstance(drawn, Versus)
    assert [f.name for f in drawn.figures if not f.low <= f.percent <= f.high][:2] == ["Ana Reed", "Bob Lind"]


def test_the_page_can_be_made_of_it(brief):
    tree = html.document_fromstring(page(brief, cards=5, rows=5).encode())
    assert len(tree.xpath("//ol[@class='fams trends']/li")) == 3
    assert tree.xpath("//table[@class='shifts stack']//a[starts-with(@href, '#finding-poll_shift')]")
    assert set(tree.xpath("//a[starts-with(@href, '#')]/@href")) <= {f"#{i}" for i in tree.xpath("//@id")}


def test_a_case_without_polls_has_no_section(tmp_path):
    made = make_case(tmp_path / "case")
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(30))
    take(made, log)
    brief = composed(made)
    assert brief.polls is None
    assert all(isinstance(s, Daily) for s in brief.series.values())


def test_one_poll_is_enough_for_a_section(tmp_path):
    made = make_case(tmp_path / "case")
    file = tmp_path / "polls.csv"
    file.write_text("\n".join([*lines()][:4]) + "\n", encoding="utf-8")
    take(made, file)
    brief = composed(made)
    [question] = brief.polls.questions
    assert len(question.standings) == 3
    assert "Where they stand" in page(brief, cards=5, rows=5)
