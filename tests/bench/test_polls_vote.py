"""The error that polls share, from elections whose error is known, and the simple rules."""

import random
from datetime import UTC, date, datetime, time, timedelta

import pytest
from scipy.special import expit, logit

from bench import _polls
from bench.polls_vote import RULES, Election, Stand, tau_of
from vigie.testing import rows

VOTE_DAY = date(2012, 4, 22)


def planted(tau, draw, count):
    made = []
    for n in range(count):
        p, sd = draw.uniform(0.05, 0.4), draw.uniform(0.01, 0.06)
        scale = (p * (1 - p)) ** 0.5
        seen = float(expit(logit(p) + draw.gauss(0, sd)))
        made.append(Stand(str(n), float(logit(seen)), sd, 100 * (p + draw.gauss(0, tau * scale))))
    return made


@pytest.mark.parametrize("tau", [0.03, 0.06, 0.12])
def test_the_planted_error_is_found_within_its_interval(tau):
    draw = random.Random(3)
    found = tau_of({year: planted(tau, draw, 60) for year in range(2000, 2010)})
    assert found.value == pytest.approx(tau, rel=0.15)
    assert found.low < tau < found.high
    assert len(found.elections) == 10


def test_polls_that_err_by_chance_alone_share_no_error():
    assert tau_of({2000: planted(0.0, random.Random(1), 300)}).value < 0.01


def election(asked, results):
    """Polls as (days before the vote, house, shares, hypothesis)."""
    cells = []
    for n, (before, house, shares, hypothesis) in enumerate(asked):
        day = VOTE_DAY - timedelta(days=before)
        of = {"poll_id": f"{house}{day}", "pollster": house, "fieldwork_end": day, "answered": 1_000.0}
        of |= {"time": datetime.combine(day, time(12), UTC), "question": "voting_intention", "round": 1}
        cells += [
            of | {"row_id": f"0123456789ab:{10 * n + m}", "hypothesis": hypothesis, "candidate_id": c, "percent": p}
            for m, (c, p) in enumerate(shares.items())
        ]
    return Election(_polls.Election(2012, VOTE_DAY, rows("polls", *cells), {}, results), results)


def test_on_polls_that_agree_every_rule_says_the_same():
    made = election([(n, f"h{n % 3}", {"a": 25.0}, None) for n in range(40, 0, -1)], {"a": 27.0})
    assert made.main == ["a"]
    assert {name: round(rule(made, "a"), 6) for name, rule in RULES.items()} == dict.fromkeys(RULES, 25.0)


def test_rules_read_what_they_say():
    made = election([(n, f"h{n % 2}", {"a": 20.0 - n / 2}, None) for n in range(20, 0, -1)], {"a": 20.0, "b": 30.0})
    assert RULES["last poll"](made, "a") == 19.5
    assert RULES["last per house"](made, "a") == 19.25
    assert RULES["seven polls"](made, "a") == 18.0
    assert RULES["LOESS 14 days"](made, "a") == pytest.approx(19.5)
    assert RULES["LOESS 30 days"](made, "a") == pytest.approx(19.5)
    assert 15 < RULES["exponential"](made, "a") < 18.5


def test_scenarios_of_who_left_and_small_candidates_are_no_part_of_it():
    left = [(30, "h", {"a": 20.0, "b": 4.0, "gone": 10.0}, "x"), (30, "h", {"a": 24.0, "b": 4.5}, "y")]
    made = election([*left, (2, "h", {"a": 26.0, "b": 4.5}, None), (0, "h", {"a": 1.0}, None)], {"a": 25.0, "b": 5.0})
    assert [p.shares["a"] for p in made.polls] == [24.0, 26.0]
    assert made.main == ["a"]
