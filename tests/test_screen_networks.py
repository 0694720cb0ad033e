"""What the terminal shows of networks."""

from dataclasses import replace
from datetime import date

import pytest

from tests._pages import flat, harmless, printed
from tests.run.network_tables import HOSTILE, aside, at, looked, member, network
from vigie import screen_network_details, screen_networks
from vigie.run.explain import Raw
from vigie.run.explain_network import ExplainedNetwork, PairKind, PairShares, Together
from vigie.run.network_windows import AtWindow, Lasting, Period, Periods, Standing, Windows
from vigie.screen import SIMULATED
from vigie.screen_network_details import explained_network_page, periods_page, windows_page
from vigie.screen_networks import networks_page, sparkline


@pytest.fixture
def shown(monkeypatch):
    """Return a function that prints a page at a width and gives the text back."""
    return printed(monkeypatch, screen_networks, screen_network_details)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_figure_is_there_and_nothing_is_wider_than_the_terminal(shown, width):
    text = shown(networks_page, looked(network(), crowds=(aside(),), passed=(aside(object_id=None),)), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert harmless(text)
    for said in (
        "1 network, 1 of them reported as findings",
        "3 pairs of 3 channels together beyond chance (q at most 0.05), of 1,234 tested",
        "url 60 s, repost 10 s",
        "x:ann first mover first at 3 of 9 objects",
        "3 of these accounts were made within 2 days (p 0.001)",
        "3 of 3 12",
        "macron (named in 12 posts)",
        "2017-04-10 20:00 to 2017-04-15 20:00 (Europe/Paris), on 5 days (UTC)",
        "most at 20:00",
        "4.5 s (median), 25 % within the same second",
        "27 objects together; 0.125 expected by chance, 220 times as many",
        "q at most 0.012 for each pair; together p 3e-09 after all 1,234 tests",
        "url: 3 of 3 members, 3 pairs",
        "98 %",
        "1 object was shared by a crowd",
        "5,000 shares, at most 900 channels at once",
        "5,000 shares of kind hashtag passed over",
        "Coordinated is not inauthentic",
    ):
        if width > 80 or len(said) < 40:
            assert said in flat(text), said
    assert text.index("one feed") < text.index("appointment")


def test_an_exercise_says_so_and_a_case_without_posts_what_it_lacks(shown):
    assert shown(networks_page, looked(network(), simulated=True)).startswith(SIMULATED[:60])
    text = shown(networks_page, looked(lacking=("posts",)))
    assert text.startswith("no posts in this case")
    assert "expected" not in text


def test_no_network_is_said_with_what_was_tested(shown):
    text = flat(shown(networks_page, looked(pairs=0, channels=0)))
    assert text.startswith("no networks: no channels are together beyond chance")
    assert "of 1,234 tested" in text
    assert "Coordinated is not inauthentic" in text


def test_what_is_cut_is_counted_and_all_of_it_can_be_shown(shown):
    many = network(
        members=tuple(member(f"x:m{n:02}") for n in range(40)),
        pushed=network().pushed * 9,
        no_finding="fewer than 3 members",
    )
    result = looked(*[many] * 12, crowds=(aside(),) * 7)
    text = shown(networks_page, result)
    for said in ("and 28 more: --all", "and 4 more: --all", "10 of 12 networks are shown", "and 2 more: --all"):
        assert said in text
    assert "m39" not in text
    text = shown(networks_page, result, whole=True)
    assert "--all" not in text
    assert text.count("m39") == 12
    assert shown(networks_page, result, limit=2).count("shared together\n") == 2


def test_a_network_without_dates_delays_or_expectations_has_a_page(shown):
    bare = network(expected=None, p_value=None, q_value=None, delay_s=None, same_second=None, created_burst=None)
    text = flat(shown(networks_page, looked(replace(bare, candidates={}, stability=None, explanations=()))))
    assert "- expected by chance; q at most - for each pair" in text


def test_bars():
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "  "
    assert sparkline([1, 1_000]) == "▁█"


def test_windows_mark_the_largest_excess_and_say_where_each_network_stands(shown):
    row = AtWindow(
        object_kind=None, window_s=5, tests=1000, pairs=10, channels=8, objects=60, expected=1.25, excess=58.75,
        crowds=0, passed=0, largest=False,
    )  # fmt: skip
    rows = (row, replace(row, window_s=300, largest=True, passed=4))
    by_kind = [replace(r, object_kind="url", tests=None) for r in rows]
    made = Windows(
        simulated=True, windows=(5, 300), in_force={"url": 60}, q_max=0.05, rows=(*rows, *by_kind),
        networks=(Standing(network="net-1", members=4, pairs=6, at=(2, 6)),),
    )  # fmt: skip
    text = shown(windows_page, made)
    assert max(map(len, text.splitlines())) <= 80
    said = flat(text)
    assert "5 s 1,000 10 8 60 1.25 58.8 5 min" in said
    assert "5 min 1,000 10 8 60 1.25 58.8 *" in said
    assert "net-1 4 6 2 6" in said
    assert "whole days are passed over" in said
    assert said.startswith("Simulated")


def test_periods_show_when_each_network_exists(shown):
    periods = (
        Period(first=date(2017, 4, 10), last=date(2017, 4, 16), members=3, objects=9),
        Period(first=date(2017, 5, 1), last=date(2017, 5, 7), members=2, objects=1),
    )
    one = Lasting(
        network="net-1", members=("x:a", "x:b", HOSTILE), known="net-2", shared_members=2, objects=10, expected=0.1,
        periods=periods,
    )  # fmt: skip
    made = Periods(
        simulated=False, time_zone="UTC", days=7, tests=99, first=date(2017, 4, 10), last=date(2017, 5, 7),
        networks=(one, replace(one, known=None), replace(one, known="net-1")), missing=("net-3",),
    )  # fmt: skip
    text = shown(periods_page, made)
    assert harmless(text)
    for said in (
        "3 networks in periods of 7 days",
        "2 of its members are in net-2",
        "not among the networks of the whole time",
        "the same members over the whole time",
        "2017-04-10 ▕█  ▁▏ 2017-05-07",
        "2017-04-10 to 2017-04-16 3 9",
        "in no period by itself: net-3",
    ):
        assert said in flat(text) or said in text, said


def test_a_network_row_by_row_shows_both_posts_of_a_pair_the_earlier_first(shown):
    kind = PairKind(
        object_kind="url", window_s=60, objects=3, meetings=4, delay_s=2.5, a_first=1, tied=1, expected=0.0125,
        p_value=1e-9, q_value=0.01,
    )  # fmt: skip
    met = Together(
        objects=(("url", f"https://example.org/{HOSTILE}"), ("hashtag", "vote")),
        time_a=at(1),
        time_b=at(0),
        row_a=Raw("f:3", HOSTILE, 3, f"late {HOSTILE}"),
        row_b=Raw("f:2", "posts.csv", None, "", "the file is gone"),
    )
    pair = PairShares(channel_a="x:ann", channel_b=HOSTILE, kinds=(kind,), shown=(met,), total=9)
    made = ExplainedNetwork(
        id="net-1", simulated=False, time_zone="Europe/Paris", members=("x:ann", HOSTILE), pairs=(pair,), left_out=2,
        total=30,
    )  # fmt: skip
    text = shown(explained_network_page, made)
    assert harmless(text)
    for said in (
        "url: 3 objects within 60 s, 0.0125 expected by chance, p 1e-09, q 0.01; 2.5 s apart on average",
        "first 1 time,",
        "same instant 1",
        "hashtag vote",
        "posts.csv (f:2)",
        "[the file is gone]",
        "and 8 more of this pair",
        "1 of 30 times that two posts were together are shown, and 2 more pairs; all: --limit 0",
    ):
        assert said in flat(text), said
    assert text.index("20:00:00") < text.index("20:01:00")
    assert "+60 s" in text


def test_a_name_is_shown_where_there_is_room_or_the_identifier_is_a_number(shown):
    named = network(members=(member("telegram:-1001234", name="Le Canal"), member("x:carl", name="Carl C")))
    narrow, wide = (shown(networks_page, looked(named), width=width) for width in (80, 140))
    assert "telegram:-1001234 “Le Canal”" in narrow
    assert "Carl C" not in narrow
    assert "x:carl “Carl C”" in wide


def test_an_object_whose_id_says_nothing_is_shown_by_the_text_of_a_post(shown):
    (page,) = network().pushed
    text = replace(page, object_kind="text", object_id="5f0d", sample=f"vote for nobody {HOSTILE}")
    reply = replace(page, object_kind="reply", object_id="x:123", sample="no!")
    said = flat(shown(networks_page, looked(network(pushed=(text, reply))), width=120))
    assert "text “vote for nobody" in said
    assert "5f0d" not in said
    assert "x:123: “no!”" in said


def test_of_a_network_that_is_no_finding_what_does_not_fit_is_named_in_one_line(shown):
    text = flat(shown(networks_page, looked(network(no_finding="fewer than 3 members"))))
    assert "no finding: fewer than 3 members" in text
    assert "not appointment - " in text
    assert "0 of 9 begin at a round hour" not in text
    assert "0 of 9 begin at a round hour" in flat(shown(networks_page, looked(network(no_finding="x")), whole=True))


def test_clocks_without_seconds_are_not_called_the_same_second(shown):
    text = flat(shown(networks_page, looked(network(delay_s=0.0, same_second=0.0))))
    assert "by clocks that show no seconds" in text
    assert "same second" not in text


@pytest.mark.parametrize(
    ("tests", "windows", "why"),
    [(0, {"url": 60}, "no two channels met"), (0, {}, "every window is 0"), (9, {"url": 60}, "beyond chance")],
)
def test_where_there_is_no_network_it_says_why(shown, tests, windows, why):
    text = flat(shown(networks_page, replace(looked(), tests=tests, windows=windows), width=120))
    assert f"no networks: {'no channels are together ' if tests else 'nothing could be tested, as '}{why}" in text


def test_who_follows_is_not_laid_at_the_first_ones_door(shown):
    one = network()
    led = replace(one, members=(replace(one.members[0], role="first mover"), *one.members[1:]))
    others = replace(one, members=tuple(replace(m, role="member") for m in one.members))
    said = "A first mover may be followed by the others without knowing it."
    assert said in flat(shown(networks_page, looked(led), width=120))
    assert said not in flat(shown(networks_page, looked(others), width=120))
