"""The section on opinion, put together from measured polls, and what is drawn of a finding that rests on them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from scipy.special import expit

from tests.briefings import sample
from tests.run.poll_measures import day, figure, measures, noon
from vigie import case as case_file
from vigie.briefings.html import page
from vigie.briefings.model import Trend, Versus
from vigie.rules.poll_bands import SHARES, opinion
from vigie.rules.poll_errors import tau
from vigie.run.poll_pictures import drawn_of
from vigie.run.polls_section import CANNOT_SAY, polls

VALUES = {"gap_days_max": 180, "alarm_max": 0.05}
CASE = case_file.parse("""
[election]
name = "test"
country = "FR"
rounds = [2017-04-23, 2017-05-07]
""")
ROWS = [
    figure(1, 1, "Ifop", "ana", 24),
    figure(2, 1, "Ifop", "bob", 20, expected=21.0, forecast_low=19.0, forecast_high=23.0, z=-1.0),
    figure(3, 5, "BVA", "ana", 25),
    figure(4, 5, "BVA", "bob", 21),
    figure(5, 6, "BVA", "ana", 22, field="ana+bob+cy"),
    figure(6, 6, "BVA", "bob", 19, field="ana+bob+cy"),
    figure(7, 6, "BVA", "cy", 8, field="ana+bob+cy"),
    figure(8, 7, "Ifop", "ana", 26, used=False, why_not="an overlapping wave"),
    figure(9, 9, "Ifop", "bob", 40, used=False, why_not="set apart"),
]


def finding(ident, detector, subject, rows, **given_):
    return sample.finding(
        ident,
        detector=detector,
        subject_ids=[subject],
        subject_kind="candidate" if detector == "poll_shift" else "pollster",
        evidence_ids=[f"0123456789ab:{n}" for n in rows],
        **given_,
    )


def made(rows, findings=(), case=CASE, **tables):
    return polls(measures(rows, **tables), case, findings, VALUES)


def test_the_field_most_put_lately_is_shown_and_the_others_are_counted():
    [question] = made(ROWS).questions
    assert question.field == ("Ana", "Bob")
    assert (question.fields, question.polls, question.field_polls, question.houses) == (2, 3, 2, 2)
    assert (question.first, question.last) == (day(1), day(6))
    assert [[f.row_id[-1] for f in c.figures] for c in question.curves] == [["1", "3", "8"], ["2", "4", "9"]]


def test_the_candidates_of_the_case_are_the_field():
    text = CASE_TEXT + "".join(f'[[candidates]]\nid = "{c}"\nname = "{c.capitalize()}"\n' for c in ("ana", "bob", "cy"))
    [question] = made(ROWS, case=case_file.parse(text)).questions
    assert question.field == ("Ana", "Bob", "Cy")


CASE_TEXT = """
[election]
name = "test"
country = "FR"
"""


def test_fields_put_before_are_kept_apart_from_the_one_shown():
    rows = [figure(20 + n, n, "Elabe", "ana", 27, field="ana+bob+di") for n in range(-9, 4)]
    rows += [figure(40 + n, n, "Elabe", "di", 7, field="ana+bob+di") for n in range(-9, -6)]
    rows += [
        figure(60, -20, "Elabe", "ana", 28, field="ana"),
        figure(61, -20, "Elabe", "ana", 90, field="ana", used=False),
    ]
    rows += [figure(70 + n, 7, f"House{n}", "ana", 25) for n in range(30)]
    [question] = made(rows + ROWS).questions
    assert question.field == ("Ana", "Bob")
    ana, bob = question.curves
    assert [e.field for e in ana.earlier] == [("Ana", "Bob", "Di"), ("Ana",)]
    assert [f.row_id for f in ana.earlier[1].figures] == ["0123456789ab:60"]
    assert max(v.day for v in ana.earlier[0].levels) == day(0)
    assert [f.day for f in ana.earlier[0].figures] == [day(n) for n in range(-9, 1)]
    assert {v.day for v in ana.levels}.isdisjoint(v.day for v in ana.earlier[0].levels)
    assert bob.earlier == ()
    assert not [f for f in question.curves if f.candidate_id == "di"]


def test_standings_are_of_the_last_day_and_have_both_bands():
    table = measures(ROWS)
    [question] = polls(table, CASE, (), VALUES).questions
    ends = {r["series"]: r for r in sorted(table.levels.to_pylist(), key=lambda r: r["day"]) if "cy" not in r["series"]}
    expected = sorted(ends.values(), key=lambda r: -r["now_mean"])
    assert [s.estimate for s in question.standings] == [pytest.approx(100 * expit(r["now_mean"])) for r in expected]
    for s, r in zip(question.standings, expected, strict=True):
        assert s.opinion == tuple(opinion(r["now_mean"], r["now_sd"], share) for share in SHARES)
        assert s.vote == tuple(tau("FR").vote(r["now_mean"], r["now_sd"], share) for share in SHARES)
    assert [c.candidate_id for c in question.curves] == [s.candidate_id for s in question.standings]


def test_then_and_today_are_kept_apart():
    table = measures(ROWS)
    [question] = polls(table, CASE, (), VALUES).questions
    rows = [r for r in table.levels.to_pylist() if r["series"].endswith("ana+bob ana")]
    assert len(question.curves[0].levels) == len(rows) == 6
    for level, r in zip(question.curves[0].levels, rows, strict=True):
        assert level.day == r["day"]
        assert level.then == pytest.approx(100 * expit(r["then_mean"]))
        assert level.now == pytest.approx(100 * expit(r["now_mean"]))
        assert level.then95 == pytest.approx(opinion(r["then_mean"], r["then_sd"], 0.95))
        assert level.now80 == pytest.approx(opinion(r["now_mean"], r["now_sd"], 0.8))
        assert level.now95 == pytest.approx(opinion(r["now_mean"], r["now_sd"], 0.95))


def test_figures_that_are_not_used_say_why_and_are_counted():
    section = made(ROWS)
    assert section.unused == {"an overlapping wave": 1, "set apart": 1}
    assert (section.polls, section.figures, section.houses) == (5, 9, 2)
    told = {f.row_id[-1]: f.why_not for c in section.questions[0].curves for f in c.figures}
    assert {k: v for k, v in told.items() if v} == {"8": "an overlapping wave", "9": "set apart"}


def test_a_forecast_is_kept_with_its_figure():
    [question] = made(ROWS).questions
    [f] = [f for c in question.curves for f in c.figures if f.expected is not None]
    assert (f.percent, f.expected, f.forecast95, f.z, f.is_outside) == (20.0, 21.0, (19.0, 23.0), -1.0, False)


def test_pairings_and_houses_of_opinions_are_questions_of_their_own_three_of_a_kind():
    rows = [figure(n, n, "Ifop", "ana", 50, round=2, field=f"ana+b{k}", block=f"r2 {k}")
            for k in range(5) for n in range(10 * k + 1, 10 * k + 3 + k)]  # fmt: skip
    rows += [figure(100 + n, n, house, "ana", 30, question="favourability", field="", block=f"fav {house}")
             for n, house in enumerate(["Ipsos", "Elabe"])]  # fmt: skip
    section = made(rows + ROWS)
    kinds = [(q.question, q.round, q.house) for q in section.questions]
    assert kinds[0] == ("voting_intention", 1, None)
    assert kinds[1:4] == [("voting_intention", 2, None)] * 3
    assert sorted(kinds[4:]) == [("favourability", None, "Elabe"), ("favourability", None, "Ipsos")]
    assert [q.polls for q in section.questions[1:4]] == [6, 5, 4]
    assert [o.polls for o in section.others] == [3, 2]
    assert all(not s.vote for q in section.questions[4:] for s in q.standings)
    assert [q.ident for q in section.questions] == [f"polls-{n}" for n in range(1, 7)]


def test_an_earlier_campaign_is_named_and_not_drawn():
    old = [figure(50 + n, n - 700, "Ifop", "ana", 30, block="old") for n in range(9)]
    section = made(ROWS + old)
    assert [q.last for q in section.questions] == [day(6)]
    [other] = section.others
    assert (other.polls, other.first, other.last) == (9, day(-700), day(-692))


def test_shifts_have_their_findings_and_a_quiet_block_its_power():
    shift = {
        "block": "voting_intention 1", "candidate_id": "ana", "name": "Ana", "day": day(4), "found": day(6),
        "points": 4.0, "low": 2.0, "high": 6.0, "p_value": 0.01, "houses": 2,
        "row_ids": ["0123456789ab:1", "0123456789ab:3", "0123456789ab:5"],
        "power_3": 0.3, "power_5": 0.9, "power_8": 1.0,
    }  # fmt: skip
    findings = [
        finding("poll_shift-1", "poll_shift", "ana", [3, 5]),
        finding("poll_shift-2", "poll_shift", "ana", [1]),
        finding("poll_shift-3", "poll_shift", "bob", [1, 3, 5]),
    ]
    [question] = made(ROWS, findings, shifts=[shift]).questions
    [told] = question.shifts
    assert (told.points, told.day, told.found, told.finding) == (4.0, day(4), day(6), "poll_shift-1")
    assert question.power == ((3.0, 0.3), (5.0, 0.9), (8.0, 1.0))
    quiet = dict.fromkeys(shift) | {k: shift[k] for k in ("block", "power_3", "power_5", "power_8")}
    [question] = made(ROWS, shifts=[quiet]).questions
    assert (question.shifts, question.power[1]) == ((), (5.0, 0.9))
    [question] = made(ROWS).questions
    assert (question.shifts, question.power) == ((), ())


def test_a_shift_without_a_finding_of_its_candidate_has_none():
    shift = {
        "block": "voting_intention 1",
        "candidate_id": "ana",
        "name": "Ana",
        "day": day(4),
        "found": day(6),
        "points": 4.0,
        "low": 2.0,
        "high": 6.0,
        "p_value": 0.01,
        "houses": 2,
        "row_ids": ["0123456789ab:1"],
    }
    [question] = made(ROWS, [finding("poll_shift-1", "poll_shift", "ana", [9])], shifts=[shift]).questions
    assert question.shifts[0].finding is None


def test_house_effects_are_those_of_the_block_and_field():
    effects = [
        {
            "block": block,
            "candidate_id": c,
            "house": "bva",
            "pollster": "BVA",
            "effect": e,
            "low": e - 1,
            "high": e + 1,
            "polls": 4,
        }
        for block, c, e in (
            ("voting_intention 1", "ana", 0.5),
            ("other", "ana", 9.0),
            ("voting_intention 1", "cy", 7.0),
        )
    ]
    [question] = made(ROWS, houses=effects).questions
    assert [(e.candidate_id, e.effect, e.low, e.high) for e in question.effects] == [("ana", 0.5, -0.5, 1.5)]


def fact(n, **given_):
    plain = {
        "scenario": f"s{n}", "poll_id": f"p{n}", "time": noon(n), "pollster": "Brand Count",
        "question": "voting_intention", "round": 1, "figures": 5, "is_set_apart": True, "why": "two flaws",
        "missing": ["sample"], "impossible": [], "row_ids": [f"0123456789ab:{n}"],
    }  # fmt: skip
    return plain | given_


def test_suspects_are_findings_about_pollsters_and_the_formal_ones_come_first():
    findings = [
        finding("poll_herding-1", "poll_herding", "many", [1, 9]),
        finding("poll_provenance-1", "poll_provenance", "Brand Count", [9]),
        finding("poll_shift-1", "poll_shift", "ana", [3]),
        finding("co_share-1", "co_share", "x", [3]),
    ]
    section = made(ROWS, findings, facts=[fact(9)])
    assert [(s.finding, s.pollsters, s.is_set_apart) for s in section.suspects] == [
        ("poll_provenance-1", ("Brand Count",), True),
        ("poll_herding-1", ("many",), False),
    ]


def test_what_is_set_apart_says_why_and_has_its_finding():
    facts = [fact(2), fact(1), fact(0, is_set_apart=False), fact(9, row_ids=["0123456789ab:8", "0123456789ab:9"])]
    section = made(ROWS, [finding("poll_provenance-1", "poll_provenance", "Brand Count", [9])], facts=facts)
    assert [(a.poll_id, a.day, a.missing, a.finding) for a in section.set_apart] == [
        ("p1", day(1), ("sample",), None),
        ("p2", day(2), ("sample",), None),
        ("p9", day(9), ("sample",), "poll_provenance-1"),
    ]


def test_figures_set_apart_are_one_reason_whatever_their_own():
    apart = fact(9, scenario=ROWS[8]["scenario"], why="a long reason of its own")
    section = made(ROWS, facts=[apart])
    assert section.unused == {"an overlapping wave": 1, "set apart as no poll": 1}
    assert dict(section.questions[0].unused) == section.unused


def test_candidates_dates_are_the_case_s():
    class Dated:
        election = CASE.election

        @staticmethod
        def tables():
            names = CASE.tables()["case_candidates"].schema
            row = {"candidate_id": "bob", "name": "Bob", "alias": "Bob", "alias_id": "bob", "withdrew": day(3)}
            return {"case_candidates": sample.pa.Table.from_pylist([row], schema=names)}

    [question] = made(ROWS, case=Dated()).questions
    assert {c.candidate_id: (c.declared, c.withdrew) for c in question.curves} == {
        "ana": (None, None),
        "bob": (None, day(3)),
    }


def test_polls_of_which_none_is_used_give_no_question():
    rows = [r | {"used": False, "why_not": "set apart"} for r in ROWS]
    section = made(rows)
    assert (section.questions, section.others, section.tau) == ((), (), None)
    assert section.unused == {"set apart": 9}
    assert section.cannot_say == CANNOT_SAY


def test_the_page_can_be_made_from_it():
    brief = replace(sample.nothing_found(), polls=made(ROWS))
    tree = html.document_fromstring(page(brief, cards=5, rows=5).encode())
    assert len(tree.xpath("//ol[@class='fams trends']/li")) == 2


def test_a_candidate_s_finding_is_drawn_as_the_trend_of_its_figures():
    drawn = drawn_of(finding("poll_shift-1", "poll_shift", "ana", [3, 8, 5]), measures(ROWS))
    assert isinstance(drawn, Trend)
    assert drawn.label == "Ana, voting intention, first round, as known today"
    assert [p for _, p in drawn.polls] == [24.0, 25.0, 26.0]
    assert [p.day for p in drawn.curve] == [day(n) for n in range(1, 7)]
    assert all(p.low < p.value < p.high for p in drawn.curve)


def test_a_poll_s_finding_is_drawn_against_its_forecasts():
    known = {"expected": 21.0, "forecast_low": 19.0, "forecast_high": 23.0}
    rows = [figure(n, 3, "Fake", c, p, **known) for n, c, p in ((1, "ana", 18), (2, "bob", 31), (3, "cy", 20))]
    rows.append(figure(4, 3, "Fake", "di", 5))
    drawn = drawn_of(finding("poll_provenance-1", "poll_provenance", "Fake", [1, 4]), measures(rows))
    assert isinstance(drawn, Versus)
    assert [(f.name, f.percent) for f in drawn.figures] == [("Bob", 31.0), ("Ana", 18.0), ("Cy", 20.0)]
    assert (drawn.label, drawn.day) == ("Fake, voting intention, first round: published against expected", day(3))
    assert drawn_of(finding("poll_herding-1", "poll_herding", "Fake", [4]), measures(rows[3:])) is None
    assert drawn_of(finding("poll_herding-1", "poll_herding", "Fake", [99]), measures(rows)) is None


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),
            st.sampled_from(["Ifop", "BVA", "Elabe"]),
            st.sampled_from(["ana", "bob", "cy"]),
            st.sampled_from(["ana+bob", "ana+bob+cy"]),
            st.sampled_from(["voting_intention", "favourability"]),
            st.booleans(),
        ),
        max_size=40,
        unique_by=lambda t: t[:5],
    )
)
def test_counts_against_a_plain_oracle(given_rows):
    rows = [
        figure(n, at, pollster, c, 20, question=q, field=f if q == "voting_intention" else "",
               block=q if q == "voting_intention" else f"{q} {pollster}", used=used, why_not=None if used else "no")
        for n, (at, pollster, c, f, q, used) in enumerate(given_rows, start=1)
    ]  # fmt: skip
    section = made(rows)
    used = [r for r in rows if r["used"]]
    assert sum(section.unused.values()) == len(rows) - len(used)
    blocks = {r["block"] for r in used}
    assert len(section.questions) + len(section.others) == len(blocks)
    for question in section.questions:
        mine = [r for r in used if r["question"] == question.question and (question.house in {None, r["pollster"]})]
        assert question.polls == len({r["scenario"] for r in mine})
        assert question.fields == len({r["field"] for r in mine})
        recent = [r for r in mine if (question.last - r["fieldwork_end"]).days < 30]
        counts = Counter({r["scenario"]: r["field"] for r in recent}.values())
        shown = "+".join(n.lower() for n in question.field)
        assert counts[shown] == max(counts.values())
        assert question.field_polls == len({r["scenario"] for r in mine if r["field"] == shown})
        names = {r["candidate_id"] for r in mine if r["field"] == shown}
        assert {s.candidate_id for s in question.standings} == names
