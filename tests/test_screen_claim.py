"""What the terminal shows of a weighed claim."""

import io
import re

import pytest
from rich.console import Console

from tests.run.claim_tables import attack, campaign, tables
from vigie import screen_claim
from vigie.run.claim import weigh
from vigie.run.weighed import Only
from vigie.screen_claim import claim_page, claimed
from vigie.text.claim import read_claim

HOSTILE = "\x1b[2J\u202e[bold]x"


def page(monkeypatch, sentence, measured, only=None, width=80):
    out = io.StringIO()
    made = Console(file=out, width=width, highlight=False)
    monkeypatch.setattr(screen_claim, "open_console", lambda: made)
    weighed = weigh(read_claim(sentence), measured, only or Only(), sentence=sentence)
    claim_page(weighed)
    return weighed, out.getvalue()


def test_every_figure_is_there_and_nothing_is_wider_than_the_terminal(monkeypatch):
    rows = [
        *campaign({"UA": 200, "FR": 100, "US": 95}, each=12, network_kind="hosting", also={HOSTILE: "UA"}),
        *campaign({"NL": 40}, aim="background", network_kind="access", also={HOSTILE: "NL"}),
        attack("10.0.0.1", None, place="private or reserved", requests=70, day=3),
    ]
    sentence = f"hundreds of attacks a day, half of them from Ukraine, by the GRU {HOSTILE}"
    weighed, text = page(monkeypatch, sentence, tables(rows, posts=31))
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)
    assert "[bold]" in text
    share = weighed.parts[1].figures[0]
    flat = " ".join(text.split())
    for said in (
        "share of attacks from Ukraine (UA)",
        "claimed: half, read as 45 to 55 %",
        "claimed: hundreds a day, read as 200 to 2,000 a day",
        f"{100 * share.measured.value:.1f} %",
        f"{share.inside:,} of {share.known:,}",
        "70 of them from private addresses or names",
        "10 days of log, 2017-03-20 to 2017-03-29",
        "background 120 40 40 what every site gets",
        "knows 435 of 436 sources",
        "give the same country for 55 % of 435 sources that both know, 51 % of 395 sources in hosting, 100 % of 40",
        "access 40, hosting 395; 91 % of these are hosting",
        "310 requests were POST",
        "origin is not attribution",
        "not who sent them",
    ):
        assert said in flat


def test_the_verdicts_stand_first_and_those_on_the_aimed_attacks_where_they_differ(monkeypatch):
    rows = [*campaign({"UA": 200, "FR": 200}, each=12), *campaign({"NL": 4000}, aim="background", each=1)]
    weighed, text = page(monkeypatch, "half of the attacks come from Ukraine", tables(rows))
    part = weighed.parts[0]
    assert [f.verdict for f in part.figures] != [f.verdict for f in part.aimed]
    flat = " ".join(text.split())
    assert flat.index("in short") < flat.index("claimed half (45 to 55 %)") < flat.index("Of the aimed attacks alone")
    _, text = page(monkeypatch, "half of the attacks come from Ukraine", tables(rows[:400]))
    assert "Of the aimed" not in text


def test_a_case_without_a_log_has_a_page(monkeypatch):
    _, text = page(monkeypatch, "half of the attacks come from UA", tables([], days=0), Only(aimed=True))
    assert "no request of a web log is among the rows" in " ".join(text.split())
    assert "weighed against: attacks that were aimed at this site" in text
    assert "requests" not in text


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("most attacks come from UA", "at least 50 %"),
        ("less than 20 % of the attacks come from UA", "at most 20 %"),
        ("a third of the attacks come from UA", "28.3 to 38.3 %"),
        ("more than 300 attacks a day", "at least 300 a day"),
        ("at most 300 attacks a day", "at most 300 a day"),
        ("dozens of attacks a day", "24 to 200 a day"),
    ],
)
def test_what_the_words_allow(sentence, said):
    (part,) = weigh(read_claim(sentence), tables([]), Only()).parts
    assert claimed(part) == said
