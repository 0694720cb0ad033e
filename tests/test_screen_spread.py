"""What the terminal shows of spread."""

from dataclasses import replace

import pytest

from tests._pages import flat, harmless, printed
from tests.run.network_tables import HOSTILE
from vigie import screen_spread
from vigie.rules.spread import Cell, Chain, Lag, Spread
from vigie.screen_spread import spread_page


@pytest.fixture
def shown(monkeypatch):
    return printed(monkeypatch, screen_spread)


def cell(before, after, observed, expected, p_value=0.25, **differs):
    made = Cell(
        before=before,
        after=after,
        families=1_200,
        observed=observed,
        expected=expected,
        p_value=p_value,
        tied=7,
        settled=38,
        q_value=p_value,
    )
    return replace(made, **differs)


SPREAD = Spread(
    families=1_500,
    tiers=(cell("none", "official", 400, 600.0, 1.0), cell("official", "none", 800, 600.04, 3e-9)),
    platforms=(cell("x", HOSTILE, 3, 2.5, None, families=4), cell(HOSTILE, "x", 1, 1.5, None, families=4)),
    chains=tuple(
        Chain(steps=("official · web", f"none · {n} {HOSTILE}"), families=9 - n, examples=("a" * 32,)) for n in range(7)
    ),
    lags=(Lag(before="official", after="none", families=800, median_s=5_400.0, low_s=30.0, high_s=180_000.0),),
    arrivals={"agency": 1, "credited": 1_024},
    one_publisher=0,
    unordered=3,
)


def test_each_pair_is_shown_in_the_direction_above_what_is_expected(shown):
    text = flat(shown(spread_page, SPREAD, width=140))
    assert "official > none 800 1,200 600 3e-09 3e-09 38 7 90 min (30 s - 2.08 days)" in text
    assert "none > official" not in text
    assert "who was first, in 1,500 families" in text
    assert "left out: 1 that a news agency published, too, 1,024 that all credit to an agency" in text
    assert "x > " in text
    assert "too few" in text
    assert "2 more: --all; no chain, since clocks do not tell the order: 3 families" in text


def test_everything_is_shown_where_it_is_asked_for(shown):
    text = flat(shown(spread_page, SPREAD, width=140, whole=True))
    assert "none > official 400 1,200 600 1 1 38 7 -" in text
    assert "more: --all" not in text
    assert text.count("(fam-aaaaaaaaaa)") == 7


def test_an_empty_part_has_no_heading_and_nothing_left_out_is_said(shown):
    text = flat(shown(spread_page, replace(SPREAD, tiers=(), chains=(), arrivals={}, unordered=0)))
    assert "by tier" not in text
    assert "chains" not in text
    assert "left out: none" in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_text_from_outside_is_obeyed(shown, width):
    assert harmless(shown(spread_page, SPREAD, width=width, whole=True).replace("\n", " "))
