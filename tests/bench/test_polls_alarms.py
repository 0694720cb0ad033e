import numpy as np
import pytest

from bench._poll_campaigns import DAYS, SHARES, Step, World, campaign, figures
from bench.polls_alarms import same_house, wilson


def test_a_step_moves_its_candidate_from_its_day_on_and_the_others_against_it():
    world = World(drift=0.0, house_sd=0.0, design=0.01)  # so many interviews that only rounding is left
    quiet, moved = campaign(3, world), campaign(3, world, Step(candidate=2, day=50, points=5.0))
    assert [(p.house, p.start, p.end) for p in quiet] == [(p.house, p.start, p.end) for p in moved]
    for one, other in zip(quiet, moved, strict=True):
        apart = other.percent - one.percent
        if one.end < 50:
            assert np.abs(apart).max() <= 1
        elif one.start >= 50:
            assert apart[2] == pytest.approx(5, abs=1)
            assert apart[0] <= 0
            assert other.percent.sum() == pytest.approx(100, abs=4)


def test_a_campaign_is_the_same_each_time_and_looks_like_one():
    polls = campaign(5, World())
    assert [p.percent.tolist() for p in polls] == [p.percent.tolist() for p in campaign(5, World())]
    assert 120 <= len(polls) <= 160
    assert len({p.house for p in polls}) == 9
    rows = figures(polls)
    assert len(rows) == len(polls) * len(SHARES)
    assert {row["step"] for row in rows} == {0.5, 1.0}
    shares = {row["new_share"] for row in rows if row["house"] == "house-8"}
    assert sorted(shares) == pytest.approx([1 / 3, 1.0])
    assert max(row["day"] for row in rows) == DAYS - 1


def test_the_rule_of_the_same_house_and_the_interval():
    world = World(drift=0.0, house_sd=0.0, design=0.01, waves=False)
    assert not same_house(campaign(1, world), 0)
    assert same_house(campaign(1, world, Step(candidate=0, day=50, points=8.0)), 0)
    assert wilson(5, 100) == "  5.0 % (2.2-11.2 of 100)"
