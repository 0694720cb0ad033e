"""What the terminal shows of a trace."""

import re
from dataclasses import replace

import pytest

from tests._pages import flat, harmless, printed
from tests.run.network_tables import HOSTILE, at
from vigie import screen_trace
from vigie.run.traced import Linked, Listing, Nearest, Said, Standing, Traced
from vigie.screen import SIMULATED
from vigie.screen_trace import trace_page

ASKED = f"They sold the harbour {HOSTILE} of Brest"


@pytest.fixture
def shown(monkeypatch):
    """Return a function that prints a page at a width and gives the text back."""
    return printed(monkeypatch, screen_trace)


def standing(**changes):
    made = Standing(
        row_id="abc:7",
        time=at(0),
        precision_s=1,
        platform="x",
        channel="x:ann",
        name=HOSTILE,
        outlet="RT",
        tier="state-controlled",
        is_repost=False,
        file="posts.csv",
        record=7,
        line=7,
        relation="exact",
        likeness=1.0,
        family="fam-0123456789abcdef0123456789abcdef",
        text=ASKED,
    )
    return replace(made, **changes)


def listing(*standings, **changes):
    made = Listing(
        total=len(standings),
        posts=len(standings),
        reposts=0,
        channels=len(standings),
        relations={"exact": 7, "near": 2, "contains it": 1} if standings else {},
        platforms={"x": 1_000, HOSTILE: 1} if standings else {},
        tiers={"": 8, "state-controlled": 1} if standings else {},
        last_seen=at(90) if standings else None,
        first=standings[0] if standings else None,
        tied=0,
        shown=standings,
    )
    return replace(made, **changes)


def said(*standings, **changes):
    made = Said(text=ASKED, words=6, listing=listing(*standings), nearest=())
    return replace(made, **changes)


def linked(*standings, **changes):
    made = Linked(
        page=f"https://example.org/{HOSTILE}",
        host="example.org",
        is_shortener=False,
        listing=listing(*standings, relations={"links it": len(standings)}),
        others=0,
        others_first=None,
        others_last=None,
        article=None,
    )
    return replace(made, **changes)


def traced(**changes):
    made = Traced(
        simulated=False,
        time_zone="Europe/Paris",
        lacking=(),
        posts=50_000,
        texts=40_000,
        linked=None,
        said=None,
    )
    return replace(made, **changes)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_figure_is_there_and_nothing_is_wider_than_the_terminal(shown, width):
    changed = standing(channel="x:bob", name=None, outlet=None, relation="surface", likeness=0.912, text=ASKED + " now")
    found = said(standing(), changed, listing=listing(standing(), changed, total=1_200, reposts=3))
    text = shown(trace_page, traced(said=found, simulated=True), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert harmless(text)
    assert flat(SIMULATED) in flat(text)
    for line in (
        "2 posts on 2 channels, and 3 marked reposts",
        "looked through: 50,000 posts, 40,000 different texts; times are in Europe/Paris",
        "2017-04-10 20:00:00 x:ann",
        "RT, state-controlled posts.csv:7",
        "2017-04-10 20:00:00 to 2017-04-10 21:30:00 (Europe/Paris): 90 min",
        "the same 7, near-identical 2, contains it 1",
        "state-controlled 1, not declared 8 (channels, by the outlets of case.toml)",
        "exact, 100 %: letter for letter the asked text",
        "surface, 91 %: 1 word added",
        "{+ now+}",
        "2 of 1,200 posts are shown; all: --limit 0",
        "First is the earliest in this case",
        "vigie explain CASE fam-0123456789",
    ):
        assert line in flat(text), line


@pytest.mark.parametrize(
    ("precision_s", "tied", "words"),
    [
        (1, 1, "(same second: 2 channels, so who was first is not told)"),
        (60, 2, "(same minute: 3 channels, so who was first is not told)"),
        (86_400, 4, "(same day: 5 channels, so who was first is not told)"),
        (86_400, 0, "(its file gives whole days)"),
    ],
)
def test_who_was_first_is_not_claimed_where_it_is_not_told(shown, precision_s, tied, words):
    first = standing(precision_s=precision_s, time=at(-18 * 60 - 120))
    text = flat(shown(trace_page, traced(said=said(first, listing=listing(first, tied=tied))), width=200))
    assert words in text
    day = "2017-04-10" if precision_s == 86_400 else "2017-04-10 00:00"
    assert re.search(rf"first {day}(:00)? x:ann" if precision_s != 1 else rf"first {day}:00 x:ann", text)
    only = said(standing(is_repost=True), listing=listing(standing(is_repost=True), posts=0, reposts=1, first=None))
    assert "there are only marked reposts" in flat(shown(trace_page, traced(said=only)))


def test_differences_are_shown_where_they_are_few_or_asked_for(shown):
    many = [standing(text=f"{ASKED} {n}") for n in range(11)]
    for given, there in ((None, False), (True, True), (False, False)):
        assert ("{+" in shown(trace_page, traced(said=said(*many)), differences=given, width=200)) is there
    few = said(*many[:10])
    assert "{+ 3+}" in shown(trace_page, traced(said=few), width=200)
    assert "{+" not in shown(trace_page, traced(said=few), differences=False, width=200)


def test_a_text_that_was_shown_is_not_shown_again(shown):
    again = said(standing(text=f"{ASKED} now"), standing(text=f"{ASKED} now", channel="x:bob"))
    text = flat(shown(trace_page, traced(said=again), width=200))
    assert text.count("{+ now+}") == 1
    assert "letter for letter that of x:ann, above" in text


def test_marked_reposts_stand_last_and_apart(shown):
    text = shown(trace_page, traced(said=said(standing(), standing(is_repost=True, channel="x:rep"))), width=200)
    assert text.index("marked reposts\n") < text.index("x:rep")


def test_what_is_nowhere_is_said_plainly(shown):
    near = Nearest(likeness=0.414, posts=3, post=standing(line=None, record=1_234, text="[bold]Nearly\x1b[2J"))
    text = shown(trace_page, traced(said=said(nearest=(near,))))
    assert "no post of this case says it, nor anything near-identical" in text
    assert "looked through: 50,000 posts, 40,000 different texts" in text
    assert "posts.csv, record 1,234 41 % alike, 3 posts" in flat(text)
    assert "[bold]Nearly⟦U+001B⟧[2J" in text
    assert "nothing comes near it" in shown(trace_page, traced(said=said()))


def test_why_a_short_text_is_not_traced(shown):
    assert "this text has 2 words after normalisation" in shown(trace_page, traced(said=said(words=2)))
    assert "no words are left" in shown(trace_page, traced(said=said(words=0)))


def test_no_posts_at_all(shown):
    assert "no posts in this case" in shown(trace_page, traced(lacking=("posts",)))


@pytest.mark.parametrize("width", [80, 120])
def test_a_page_with_its_links_its_host_and_its_article(shown, width):
    found = linked(
        standing(relation="links it", likeness=None),
        others=9,
        others_first=standing(channel="x:early"),
        others_last=standing(channel="x:late"),
        article=standing(file="page.html", line=1),
    )
    text = shown(trace_page, traced(linked=found, said=said(standing())), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert harmless(text)
    for line in (
        "1 post on 1 channel links https://example.org/",
        "9 posts link other pages of example.org",
        "the case holds it:",
        "its text is traced below",
        "x:early",
        "x:late",
    ):
        assert line in flat(text), line


def test_a_page_without_links_says_so(shown):
    assert "no post links https://example.org/" in flat(shown(trace_page, traced(linked=linked())))
    assert "no post links another page of example.org" in flat(shown(trace_page, traced(linked=linked())))
    short = shown(trace_page, traced(linked=linked(host="", is_shortener=True)))
    assert "a short link" in short
    assert "anybody publishes" in shown(trace_page, traced(linked=linked(host="")))
