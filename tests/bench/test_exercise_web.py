"""The bench over many seeds counts what it says, and misses no bar that is missed."""

from bench import exercise_web

GOOD = {"db": dict.fromkeys(exercise_web.UNITS, (0.45, 0.3, 0.6))}


def seed(**changed):
    given = {"states": {"web-attack": "found"}, "deviations": {"web-attack": 0.01}, "raised": [], "false": []}
    given |= {"background_aimed": (0, 10), "shares": GOOD, "aims": {"campaign": {}, "background": {"background": 20}}}
    return exercise_web.Seed(**{**given, **changed})


def test_a_seed_on_which_all_is_right_misses_no_bar():
    summary = exercise_web.summary([seed(), seed()])
    assert summary["bars missed"] == []
    assert summary["interval holds the planted share"] == {"db": dict.fromkeys(exercise_web.UNITS, "2 of 2")}
    assert summary["background called background"] == 1.0


def test_each_bar_can_be_missed():
    wide_of = {"db": {**GOOD["db"], "sources": (0.7, 0.6, 0.8)}}
    cases = {
        "found in 1 of 6": seed(states={"web-attack": "missed"}),
        "a day is off by 3.0%": seed(deviations={"web-attack": -0.03}),
        "the share of sources held the truth in 1 of 6 seeds": seed(shares=wide_of),
        "the share of requests held the truth in 1 of 6 seeds": seed(shares={}),
        "sessions are called background": seed(aims={"campaign": {}, "background": {"unclear": 20}}),
    }
    for said, bad in cases.items():
        assert any(said in missed for missed in exercise_web.summary([seed(), *[bad] * 5])["bars missed"]), said
    assert "nothing was said of any origin" in exercise_web.summary([seed(shares={})])["bars missed"]


def test_sessions_count_where_most_of_their_attack_requests_are():
    rows = [
        {"session_id": "a", "aim": "aimed", "evidence_ids": ["f:1", "f:2"]},
        {"session_id": "a", "aim": "aimed", "evidence_ids": ["f:3"]},
        {"session_id": "b", "aim": "background", "evidence_ids": ["f:4", "f:5"]},
        {"session_id": "c", "aim": "unclear", "evidence_ids": ["f:6", "f:7"]},
    ]
    assert exercise_web.sessions_by_aim(rows, {"f:1", "f:3", "f:4", "f:5", "f:6"}) == {"aimed": 1, "background": 1}


def test_a_share_is_told_in_three_units():
    def row(address, country, session, requests):
        return {"database": "db", "address": address, "country": country, "session_id": session, "requests": requests}

    rows = [row("1", "UA", "a", 6), row("1", "UA", "b", 3), row("2", "FR", "c", 1), row("3", None, "d", 2)]
    shares = exercise_web.shares_of(rows, "UA")["db"]
    assert {unit: round(shares[unit][0], 3) for unit in shares} == {"requests": 0.75, "sessions": 0.5, "sources": 0.333}
