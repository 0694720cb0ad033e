"""What the terminal shows of the polls."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests._pages import flat, harmless, printed
from tests.run.network_tables import HOSTILE
from vigie import screen_polls
from vigie.rules.poll_errors import given, tau
from vigie.run.poll_fields import Field
from vigie.run.polled import Change, Estimate, Interval, NotUsed, Panel, Polls, SetApart
from vigie.screen_polls import polls_page, trend_line

LAST = date(2017, 4, 21)


@pytest.fixture
def shown(monkeypatch):
    return printed(monkeypatch, screen_polls)


def intervals(middle, width):
    return tuple(
        Interval(share, middle - width * z, middle + width * z) for share, z in ((0.5, 1), (0.8, 2), (0.95, 3))
    )


def estimate(ident, percent, *, name=None, **changes):
    made = Estimate(
        candidate_id=ident,
        name=name or ident.title(),
        percent=percent,
        opinion=intervals(percent, 0.5),
        vote=intervals(percent, 2.0),
        changes=(Change(7, 0.6, -0.3, 1.5), Change(30, -2.25, -3.5, -1.0)),
        trend=tuple((LAST - timedelta(days=60 - n), percent - 3 + n / 20) for n in range(61)),
        polls=52,
        last=LAST,
    )
    return replace(made, **changes)


def field(*ids, is_shown=False, **changes):
    made = Field(
        id="field-" + "".join(i[0] for i in ids) + "0",
        candidate_ids=ids,
        names=tuple(i.title() for i in ids),
        more=() if is_shown else ("Bayrou", HOSTILE),
        fewer=(),
        hypotheses=() if is_shown else (HOSTILE,),
        scenarios=52,
        recent=12,
        first=LAST - timedelta(days=60),
        last=LAST,
        is_shown=is_shown,
    )
    return replace(made, **changes)


PANEL = Panel(
    house=None,
    estimates=(estimate("macron", 24.0), estimate("other", 20.0, name=HOSTILE), estimate("hamon", 7.0)),
    forgotten=(),
    polls=52,
    houses=9,
    polls_in_all=106,
    first=LAST - timedelta(days=60),
    last=LAST,
    last_in_all=LAST,
    carried_days=0,
)
POLLS = Polls(
    simulated=False,
    lacking=(),
    at=None,
    day=LAST,
    first_poll=date(2017, 1, 4),
    last_poll=LAST,
    question="voting_intention",
    questions={"voting_intention": 110, "favourability": 3},
    round=1,
    rounds={1: 106, 2: 84},
    vote_day=date(2017, 4, 23),
    why_nothing="",
    chosen_by="the case's candidates who stand on that day",
    fields=(field("macron", "hamon", is_shown=True), field("macron", "hamon", "bayrou", scenarios=1)),
    panels=(PANEL,),
    tau=tau("FR"),
    not_used=(NotUsed("before the candidacy", 22, 1),),
    set_apart=(
        SetApart(
            scenario="p",
            poll_id="p",
            pollster=HOSTILE,
            publisher=HOSTILE,
            day=LAST,
            why=f"no sample size {HOSTILE}",
            outlet="Sputnik",
            tier="state-controlled",
            figures={f"c{n}": 20.5 for n in range(7)} | {HOSTILE: 1.0},
            row_ids=("0123456789ab:1",),
        ),
    ),
)


def test_it_says_what_is_shown_as_of_when_and_on_what_it_rests(shown):
    text = flat(shown(polls_page, POLLS))
    assert "voting intention, round 1 (vote on 2017-04-23), as of 2017-04-21" in text
    assert "put to those asked: Macron, Hamon (field-mh0: the case's candidates who stand on that day)" in text
    assert "52 polls of 9 houses put this field, 2017-02-20 to 2017-04-21; 54 with other fields alone" in text
    assert "not used, before the candidacy: 22 figures of 1 poll" in text
    assert "also asked: round 2 (84 polls; --round 2), favourability (3 polls; --question favourability)" in text
    assert "found in 11 elections of FR, 1965 to 2022" in text
    assert "set apart, taken for no poll, with no part in any estimate: 1" in text
    assert "(Sputnik, state-controlled): no sample size" in text
    assert "and 2 more" in text
    assert "1 scenario, the last on 2017-04-21: with Bayrou" in text


@pytest.mark.parametrize("width", [80, 120, 200])
def test_both_labels_have_their_intervals_at_every_width(shown, width):
    text = flat(shown(polls_page, POLLS, width=width))
    assert "23.5 - 24.5" in text  # 50 % of opinion now
    assert "22.5 - 25.5" in text
    assert "18.0 - 30.0" in text  # 95 % of a vote
    assert "opinion now" in text
    assert "if the vote were now" in text
    assert "+0.6 (-0.3 to +1.5)" in text
    assert "-2.2 (-3.5 to -1.0)" in text
    assert all(len(line) <= width for line in shown(polls_page, POLLS, width=width).splitlines())


@pytest.mark.parametrize("wide", [1.0, 12.25])
def test_at_80_columns_nothing_is_cut_off_but_names_are_folded(shown, wide):
    changes = (Change(7, 0.6, -wide, wide), Change(30, -2.25, -wide, wide))
    made = replace(PANEL, estimates=(estimate("a", 24.0, name="Marie-Christine de la Tour", changes=changes),))
    text = shown(polls_page, replace(POLLS, panels=(made,)), width=80)
    assert "last 61 days" in text
    (trend,) = (line for line in text.splitlines() if "▁" in line)
    assert trend.rstrip().endswith("█")
    assert len(trend.split()[-1]) == screen_polls.TREND_COLUMNS
    assert "…" not in text.split("opinion now  ")[-1].split("- if the vote")[0]


def test_the_picture_stands_on_one_axis(shown):
    lines = shown(polls_page, POLLS, width=80).splitlines()
    macron, vote, other, _, hamon, _ = (line for line in lines if "█" in line and "─" in line and " %" not in line)
    column = screen_polls.NAME_WIDTH + 7
    assert macron.index("█") > other.index("█") > hamon.index("█") >= column
    assert vote.index("─") < macron.index("─")
    assert vote.rindex("─") > macron.rindex("─")
    axis = next(line for line in lines if line.endswith(" %") and line.startswith(" " * column))
    assert axis.split()[0] == "0"


def test_a_day_that_was_asked_for_is_said_and_so_is_the_vote_before_it(shown):
    text = flat(shown(polls_page, replace(POLLS, at=date(2017, 5, 1), day=date(2017, 4, 23))))
    assert "by 2017-05-01; the vote was on 2017-04-23" in text
    carried = replace(POLLS, panels=(replace(PANEL, carried_days=2),))
    assert "to 2017-04-21; carried forward 2 days" in flat(shown(polls_page, carried))


def test_a_field_that_is_followed_no_more_says_so(shown):
    some = replace(POLLS, panels=(replace(PANEL, forgotten=("Bayrou", HOSTILE)),))
    text = flat(shown(polls_page, some))
    assert "no estimate of Bayrou, x:" in text
    assert "--at 2017-04-21" in text
    gone = replace(POLLS, panels=(replace(PANEL, forgotten=("Bayrou",), estimates=()),))
    assert "no estimate of anybody in this field" in flat(shown(polls_page, gone))
    assert harmless(shown(polls_page, some).replace("\n", " "))


def test_opinions_have_one_band_and_a_heading_for_each_house(shown):
    rated = tuple(replace(e, vote=None, changes=()) for e in PANEL.estimates)
    panel = replace(PANEL, house=HOSTILE, estimates=rated, polls=3, polls_in_all=3, houses=1)
    made = replace(POLLS, question="favourability", round=None, vote_day=None, panels=(panel,), tau=None, fields=())
    text = flat(shown(polls_page, made))
    assert "favourable opinions, as of 2017-04-21" in text
    assert "if the vote" not in text
    assert "3 polls, 2017-02-20 to" in text


def test_nothing_to_show_is_said(shown):
    text = flat(shown(polls_page, replace(POLLS, panels=(), fields=(), why_nothing="no poll was known", at=LAST)))
    assert "no poll was known" in text
    assert "as of" not in text
    assert "no polls in this case" in shown(polls_page, replace(POLLS, lacking=("polls",)))


def test_an_error_set_by_hand_or_of_another_country_is_said(shown):
    assert "0.03 * sqrt(p (1 - p)), set by hand" in flat(shown(polls_page, replace(POLLS, tau=given(0.03))))
    assert "rests on no election of this country" in flat(shown(polls_page, replace(POLLS, tau=tau("MD"))))
    assert "none a second one" in flat(shown(polls_page, replace(POLLS, round=2)))


def test_long_lists_end_where_all_is_not_asked_for(shown):
    many = replace(PANEL, estimates=tuple(estimate(f"c{n:02}", 50 - n) for n in range(25)))
    others = tuple(field("a", "b", f"c{n}") for n in range(9))
    made = replace(POLLS, panels=(many,), fields=(POLLS.fields[0], *others))
    text = shown(polls_page, made)
    assert "5 more candidates: --all" in text
    assert "3 more: --all" in text
    assert "C24" not in text
    whole = shown(polls_page, made, whole=True)
    assert "--all" not in whole
    assert "C24" in whole


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_text_from_outside_is_obeyed(shown, width):
    hostile = replace(
        POLLS,
        question=HOSTILE,
        questions={HOSTILE: 1, "other" + HOSTILE: 2},
        not_used=(NotUsed(HOSTILE, 1, 1),),
        panels=(replace(PANEL, house=HOSTILE),),
        fields=(field(HOSTILE, is_shown=True), field(HOSTILE, "b")),
    )
    assert harmless(shown(polls_page, hostile, width=width, whole=True).replace("\n", " "))


def test_a_trend_of_less_than_two_points_is_not_blown_up():
    assert set(trend_line([20.0, 20.1, 19.9], 0.2)) <= {"▄", "▅"}
    assert trend_line([], 0.0) == ""
    assert len(trend_line(list(range(100)), 99.0)) == screen_polls.TREND_COLUMNS
