from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import date

import pytest
from lxml import html

from tests.briefings import sample
from tests.briefings import sample_polls as made
from tests.briefings.reading import assert_inert, section_of, text_of, tree_of, words_of
from vigie.briefings import DetectorNote, Versus, write
from vigie.briefings.html import page
from vigie.briefings.model import Expected
from vigie.rules.poll_errors import given, tau

NOTE = DetectorNote(
    title="Poll provenance: what a poll says of itself",
    what_it_measures="Fields.",
    what_it_cannot_say="Who made it up.",
    spoofable=2,
    reads=("polls",),
)
R2 = (61.0, 39.0)
FAKE = "poll_provenance-0000beef"
VERSUS = Versus(
    label="Brand Count: published against expected",
    day=date(2017, 3, 31),
    figures=(
        Expected(name="=Anne", percent=31.0, expected=20.0, low=18.0, high=22.0),
        Expected(name="Bruno", percent=21.0, expected=22.0, low=20.0, high=24.0),
    ),
)


def brief(polls, *, findings=()):
    base = sample.sample()
    rows = [sample.finding(ident, detector=ident.partition("-")[0], subject_kind=kind) for ident, kind in findings]
    return replace(
        base,
        findings=sample.pa.Table.from_pylist(rows, schema=sample.FINDINGS),
        evidence={row["id"]: sample.rows(2) for row in rows},
        series={row["id"]: VERSUS for row in rows if row["id"] == FAKE},
        detectors=sample.NOTES | {"poll_provenance": NOTE},
        polls=polls,
    )


def section(polls, **given_):
    return section_of(brief(polls, **given_), "polls")


def test_the_lead_counts_polls_and_says_what_is_not_used_and_what_no_model_says():
    said = words_of(section(made.polls(made.question())))
    assert "104 polls of 9 houses with 1 187 figures" in said
    assert "47 figures have no part in any trend: 44 (an overlapping wave without a new day), 3 (no dates)." in said
    assert made.CANNOT_SAY[0] in said


def test_two_bands_have_two_labels_and_the_vote_s_is_the_wider():
    question = made.question()
    found = section(made.polls(question))
    [table] = found.xpath(".//table[@class='standings stack']")
    heads = text_of(table, "./thead/tr/th")[:4]
    assert heads == ["Candidate", "Estimate", "Opinion now, 95 %", "If the vote were now, 95 %"]
    rows = table.xpath("./tbody/tr[not(@class)]")
    assert [words_of(r[0]) for r in rows] == [s.name for s in question.standings]
    estimates = [float(words_of(r[1]).split("\u202f")[0].removesuffix(" %")) for r in rows]
    assert estimates == sorted(estimates, reverse=True)
    for row, s in zip(rows, question.standings, strict=True):
        (low, high), (vote_low, vote_high) = s.opinion[-1], s.vote[-1]
        assert vote_low < low < high < vote_high
        assert words_of(row[2]) == f"{low:.1f} to {high:.1f}"
    [twin] = found.xpath(".//table[@class='intervals']")
    cells = text_of(twin, "./tbody/tr[1]/td")
    assert len(cells) == 7
    widths = [float(high) - float(low) for low, high in (c.split(" to ") for c in cells[1:])]
    assert widths[:3] == sorted(widths[:3])
    assert widths[3:] == sorted(widths[3:])
    assert all(a < b for a, b in zip(widths[:3], widths[3:], strict=True))


def test_opinions_have_one_band_and_no_word_of_a_vote():
    polls = made.polls(made.question(4, 4, 100, asked="favourability", shares=(39.0, 38.0, 26.0, 25.0)), apart=0)
    found = section(replace(polls, tau=None))
    assert "Favourable opinions (Ipsos)" in text_of(found, ".//h3")
    assert "If the vote were now" not in words_of(found)
    assert "error that all polls have" not in words_of(found)


def test_the_error_that_polls_share_is_said_in_points_and_whose_it_is():
    question = made.question(2, 20, 40, round_=2, shares=R2)
    polls = made.polls(question)
    said = words_of(section(polls))
    largest = question.standings[0].estimate
    points = tau("FR").value * (largest * (100 - largest)) ** 0.5
    assert f"{points:.1f} points (one standard deviation) for a candidate at {largest:.1f} %" in said
    assert "elections, 1965 to 2022" in said
    assert "No past elections of this country" not in said
    assert "No past elections of this country were measured: those of France stand in." in words_of(
        section(replace(polls, tau=tau("MD")))
    )
    assert "set by hand." in words_of(section(replace(polls, tau=given(0.03))))


def test_panels_come_largest_first_and_those_on_the_floor_are_named():
    question = made.question(15)
    found = section(made.polls(question))
    names = [
        words_of(h).rpartition(" ")[0].rpartition(" ")[0] for h in found.xpath(".//ol[@class='fams trends']/li/h5")
    ]
    every = [c.name for c in question.curves]
    assert names == every[: len(names)]
    assert 4 <= len(names) <= 12
    [rest] = [p for p in text_of(found, ".//p") if p.startswith("Not drawn")]
    assert all(name in rest for name in every[len(names) :])


def test_at_most_twelve_panels():
    question = made.question(15, 12, 40, shares=tuple(60.0 - n for n in range(15)))
    assert len(section(made.polls(question)).xpath(".//ol[@class='fams trends']/li")) == 12


def test_the_twin_of_the_panels_has_both_lines_and_the_last_day():
    question = made.question(11, 80, 103)
    [table] = section(made.polls(question)).xpath(".//table[@class='levels']")
    rows = table.xpath("./tbody/tr")
    assert 10 <= len(rows) <= 24
    assert words_of(rows[-1][0]) == "22 Apr 2017"
    last = question.curves[0].levels[-1]
    assert words_of(rows[-1][1]).startswith(f"{last.now:.1f} %{last.now95[0]:.1f} to {last.now95[1]:.1f}")
    assert words_of(rows[-1][1]).endswith(f"then {last.then:.1f} %")


def test_the_field_and_the_other_fields_are_told():
    said = words_of(section(made.polls(made.question())))
    assert "Shown is the field of 11 candidates below, put in 60 of them. 3 other fields were put" in said
    one = replace(made.question(), fields=1)
    assert "other field" not in words_of(section(made.polls(one)))
    pairing = made.question(2, 20, 40, round_=2, shares=R2)
    found = section(made.polls(pairing))
    assert "Voting intention, second round: Anne Lefèvre and Bruno Marchand" in text_of(found, ".//h3")


def test_another_field_before_is_in_the_key_and_in_the_tables(tmp_path):
    question = made.with_earlier(made.question())
    found = section(made.polls(question))
    assert "with another field of candidates, before this one was put" in words_of(found)
    assert "with another field" not in words_of(section(made.polls(made.question())))
    write(brief(made.polls(question)), tmp_path)
    for name, column in (("levels", "day"), ("forecasts", "day")):
        rows = [r for r in _csv(tmp_path / f"polls-{name}.csv") if r["candidate"] == "c0"]
        fields = {r["field"]: {q[column] for q in rows if q["field"] == r["field"]} for r in rows}
        assert set(fields) == {" + ".join(made.NAMES[:2]), " + ".join(question.field)}
        assert max(fields[" + ".join(made.NAMES[:2])]) < min(fields[" + ".join(question.field)])


def test_shifts_have_their_interval_days_chance_and_finding():
    polls = made.polls(made.question())
    tree = tree_of(brief(polls, findings=[("poll_shift-0badcafe", "candidate"), (FAKE, "pollster")]))
    [row] = tree.xpath("//table[@class='shifts stack']/tbody/tr")
    assert [words_of(c) for c in row] == [
        "Claire Dumont", "+5.2", "+3.9 to +6.6", "11 Mar 2017", "14 Mar 2017", "4", "fewer than 1 in 100",
        "poll_shift-0badcafe",
    ]  # fmt: skip
    assert row.xpath(".//a[@href='#finding-poll_shift-0badcafe']")
    assert tree.get_element_by_id("finding-poll_shift-0badcafe").xpath(".//a[@href='#polls-1-shifts']")
    assert tree.get_element_by_id(f"finding-{FAKE}").xpath(".//a[@href='#polls-suspects']")
    assert set(tree.xpath("//a[starts-with(@href, '#')]/@href")) <= {f"#{i}" for i in tree.xpath("//@id")}


def test_power_is_said_whether_or_not_a_shift_was_found():
    power = "a step of 3 points would have been found within ten days in 27 % of cases, "
    power += "one of 5 in 91 %, one of 8 in 99.5 %"
    with_shift, without = made.question(), replace(made.question(), shifts=())
    assert power in words_of(section(made.polls(with_shift)))
    said = words_of(section(made.polls(without)))
    assert "None was told from noise." in said
    assert "In 5 % of campaigns in which nothing moved, some shift would have been reported." in said
    assert power + ". “None” says no more than that." in said


def test_house_effects_have_a_lane_for_each_candidate_and_a_twin():
    question = made.question()
    found = section(made.polls(question))
    [table] = found.xpath(".//table[@class='houses']")
    rows = table.xpath("./tbody/tr")
    assert [words_of(r[0]) for r in rows] == list(made.HOUSES)
    assert all(len(r.xpath(".//svg[contains(@class, 'lane')]")) == 5 for r in rows)
    first = next(e for e in question.effects if e.house == "ifop" and e.candidate_id == question.curves[0].candidate_id)
    twin = table.xpath("./following::table[1]/tbody/tr[1]/td[1]")[0]
    assert words_of(twin).replace("\u2212", "-") == f"{first.effect:+.1f} ({first.low:+.1f} to {first.high:+.1f})"


def test_figures_outside_their_forecast_are_counted_and_listed_farthest_first():
    question = made.question()
    found = section(made.polls(question))
    used = [f for c in question.curves for f in c.figures if f.why_not is None and f.z is not None]
    outside = [f for f in used if f.is_outside]
    assert f"Of {len(used)} figures with a forecast, {len(outside)} (" in words_of(found)
    shown = [
        float(words_of(r[-1]).replace("\u2212", "-")) for r in found.xpath(".//table[@class='outside stack']/tbody/tr")
    ]
    assert len(shown) == min(12, len(outside))
    assert [abs(z) for z in shown] == sorted((abs(z) for z in shown), reverse=True)


@pytest.mark.parametrize(("z", "outside"), [(1.9, False), (-1.9, False), (2.0, True), (-2.0, True), (None, False)])
def test_a_figure_is_outside_where_its_score_is(z, outside):
    figure = replace(made.question().curves[0].figures[1], percent=0.0, forecast95=(0.2, 0.9), z=z)
    assert figure.is_outside is outside


def test_the_farthest_comes_first_whichever_way():
    question = made.question(2, 6, 30)
    scores = (0.0, 2.5, -4.0, 3.0, -2.2, 1.0)
    curve = question.curves[0]
    figures = tuple(replace(f, z=z, why_not=None) for f, z in zip(curve.figures, scores, strict=True))
    found = section(made.polls(replace(question, curves=(replace(curve, figures=figures),))))
    shown = [words_of(r[-1]) for r in found.xpath(".//table[@class='outside stack']/tbody/tr")]
    assert shown == ["\u22124.0", "+3.0", "+2.5", "\u22122.2"]


def test_suspect_polls_say_why_and_lead_to_their_finding():
    tree = tree_of(brief(made.polls(made.question()), findings=[(FAKE, "pollster")]))
    [row] = tree.xpath("//table[@class='suspects stack']/tbody/tr")
    assert words_of(row[0]).startswith("Brand Count: no sample size, no notice")
    assert row.xpath(f".//a[@href='#finding-{FAKE}']")
    assert "not used for any trend" in words_of(row)
    apart = text_of(tree, "//table[@class='apart stack']/tbody/tr")
    assert len(apart) == 2
    assert all("two flaws of weight" in text for text in apart)
    assert "Sputnik (state-controlled)" in apart[0]
    assert len(section(made.polls(made.question())).xpath(".//table[@class='apart stack']/tbody/tr")) == 3


def test_the_card_of_a_suspect_poll_shows_it_against_its_forecasts(tmp_path):
    what = brief(made.polls(), findings=[(FAKE, "pollster")])
    tree = html.document_fromstring(page(what, cards=20, rows=25).encode())
    card = tree.get_element_by_id(f"finding-{FAKE}")
    assert len(card.xpath(".//svg[contains(@class, 'versus')]//circle[@class='pt out']")) == 1
    assert "31 %; expected 20.0 % (18.0 to 22.0)" in words_of(card)
    write(what, tmp_path)
    rows = _csv(tmp_path / "series.csv")
    assert [(r["kind"], r["value"], r["low"]) for r in rows] == [
        ("figure: =Anne", "31.0", ""),
        ("figure: Bruno", "21.0", ""),
        ("expected: =Anne", "20.0", "18.0"),
        ("expected: Bruno", "22.0", "20.0"),
    ]


def test_nothing_flagged_is_stated():
    assert "No poll was flagged" in words_of(section(made.polls(made.question(), apart=0)))


def test_one_poll_gives_a_standing_and_no_trend():
    found = section(made.polls(made.question(11, 1, 1)))
    said = words_of(found)
    assert "1 scenario of 1 house on 10 Jan 2017" in said
    assert len(found.xpath(".//table[@class='standings stack']/tbody/tr[not(@class)]")) == 11
    assert not found.xpath(".//ol[@class='fams trends']")
    assert "House effects" not in said
    assert "Forecast against poll" not in said
    assert "what could have been seen was not computed" in said


def test_polls_of_which_none_can_be_used_are_stated():
    found = section(made.polls())
    assert "No trend. No figure of this case may speak for one." in words_of(found)
    assert not found.xpath(".//svg")


def test_a_candidate_of_whom_no_figure_is_used_has_no_line():
    question = made.question(4, 20, 60)
    bare = replace(question.curves[-1], levels=())
    question = replace(question, curves=(*question.curves[:-1], bare), standings=question.standings[:-1])
    found = section(made.polls(question))
    panels = found.xpath(".//ol[@class='fams trends']/li")
    assert [len(p.xpath(".//polyline")) for p in panels] == [2, 2, 2, 0]
    assert len(found.xpath(".//table[@class='standings stack']/tbody/tr[not(@class)]")) == 3


def test_questions_that_are_not_drawn_are_named():
    found = section(made.polls(made.question(), others=60))
    [caption] = text_of(found, ".//h3[@id='polls-others']/following::table[1]/caption")
    assert "40 of 60" in caption


def test_a_case_without_polls_has_no_section(tmp_path):
    text = page(brief(None), cards=20, rows=25)
    assert 'id="polls"' not in text
    write(brief(None), tmp_path)
    assert not list(tmp_path.glob("polls-*.csv"))


def test_names_that_would_act_are_inert():
    questions = made.question(), made.question(2, 40, 60, round_=2, ident="polls-2", shares=R2)
    text = page(brief(made.polls(*questions), findings=[(FAKE, "pollster")]), cards=20, rows=25)
    assert_inert(text)


def test_the_same_polls_give_the_same_bytes():
    assert len({page(brief(made.polls(made.question())), cards=20, rows=25) for _ in range(2)}) == 1


def _csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_is_in_the_folder_whole_and_inert(tmp_path):
    question = made.question()
    polls = made.polls(question, made.question(4, 4, 100, asked="favourability", ident="polls-2", shares=R2 + R2))
    write(brief(polls), tmp_path)
    names = ("now", "levels", "houses", "forecasts", "shifts", "set-apart")
    tables = {name: _csv(tmp_path / f"polls-{name}.csv") for name in names}
    figures = [f for q in polls.questions for c in q.curves for f in c.figures]
    levels = [v for q in polls.questions for c in q.curves for v in c.levels]
    assert [len(t) for t in tables.values()] == [15, len(levels), len(question.effects), len(figures), 2, 3]
    for rows in tables.values():
        for value in (v for row in rows for v in row.values()):
            assert not re.match(r"\s*[=@\t]", value)
            assert not re.match(r"\s*[+-]", value) or float(value)
    [top] = [r for r in tables["now"] if r["candidate"] == "c2" and r["question"] == "voting_intention"]
    s = next(s for s in question.standings if s.candidate_id == "c2")
    assert float(top["estimate"]) == s.estimate
    assert (float(top["opinion_low80"]), float(top["vote_high95"])) == (s.opinion[1][0], s.vote[2][1])
    assert {r["vote_low50"] for r in tables["now"] if r["question"] == "favourability"} == {""}
    row = tables["levels"][5]
    assert float(row["as_known_then"]) == levels[5].then
    assert float(row["as_known_today"]) == levels[5].now
    assert tables["forecasts"][16]["why_not_used"] == "an overlapping wave without a new day"


@pytest.mark.parametrize(("candidates", "polls"), [(2, 40), (11, 104), (15, 400)])
def test_the_page_stays_light(candidates, polls):
    whole = page(brief(made.polls(made.question(candidates, polls, 300))), cards=20, rows=25)
    assert len(whole) - len(page(brief(None), cards=20, rows=25)) < 900_000
