"""What sessions are called: each threshold from both sides, and those whom a campaign's site really has."""

from __future__ import annotations

import numpy as np
import pytest

from vigie.kernels.sessions import COUNTS
from vigie.rules.sessions import CALLED, CRAWLER, LOGIN_GUESSING, SCAN, called, why

READER = {"requests": 100, "assets": 80, "referred": 95, "paths": 60, "per_minute": 40}


def name(**counts):
    return CALLED[int(called({n: np.array([counts.get(n, 0)], np.int64) for n in (*COUNTS, "named")})[0])]


PAYLOADS = {"requests": 500, "attacks": 5, "indicators": 3, "attack_paths": 2}
KNOCKING = {"requests": 15, "attacks": 3, "indicators": 1, "attack_paths": 3}
GUESSING = {"requests": 20, "blind": 10, "blind_paths": 10, "indicators": 2, "attacks": 2}
EXHAUSTING = {"requests": 1_000, "blind": 900, "blind_paths": 100, "per_minute": 60}
FILLING = {"requests": 1_000, "posts": 200, "post_paths": 3, "blind_paths": 20, "blind": 20, "per_minute": 120}
LOGINS = {"requests": 20, "logins": 10, "posts": 10}


@pytest.mark.parametrize(
    ("called_so", "least", "short_of_it"),
    [
        ("scan", PAYLOADS, [{"attacks": 4}, {"indicators": 2}, {"requests": 501}]),
        ("scan", KNOCKING, [{"attacks": 2}, {"requests": 16}, {"attack_paths": 2}]),
        ("scan", GUESSING, [{"blind_paths": 9}, {"requests": 21}, {"indicators": 1, "attacks": 1}]),
        ("scan", EXHAUSTING, [{"blind_paths": 99}, {"blind": 899}, {"per_minute": 59}]),
        ("scan", FILLING, [{"posts": 199}, {"post_paths": 2}, {"blind_paths": 19}, {"per_minute": 119}]),
        ("scan", FILLING, [{"requests": 1_001}]),
        ("login_guessing", LOGINS, [{"logins": 9}, {"requests": 21}]),
        ("crawler", {"named": 1, "requests": 101, "attacks": 1}, [{"named": 0}, {"requests": 100}]),
    ],
)
def test_a_threshold_is_where_it_is_said_to_be(called_so, least, short_of_it):
    assert name(**least) == called_so
    for less in short_of_it:
        assert name(**least | less) == "other"


@pytest.mark.parametrize("least", [KNOCKING, GUESSING, EXHAUSTING, FILLING])
def test_a_browser_and_a_named_crawler_need_three_indicators(least):
    browser = {"assets": least["requests"], "referred": least["requests"]}
    few = {"indicators": min(2, least.get("indicators", 0))}
    assert name(**least | browser | few) == "other"
    assert name(**least | {"named": 1} | few) in {"other", "crawler"}
    assert name(**least | {"named": 1, "indicators": 3, "attacks": 100, "requests": 200}) == "scan"


def test_one_place_and_three_indicators_is_a_scan_as_from_a_tool_that_tries_one_form():
    assert name(requests=4, attacks=4, indicators=3, attack_paths=1) == "scan"


@pytest.mark.parametrize(
    ("who", "counts"),
    [
        ("a reader", READER),
        ("readers behind one address, with one browser", {k: 100 * v for k, v in READER.items()} | {"attacks": 5}),
        ("a reader whose every image is missing", READER | {"missing": 80}),
        ("readers where every page is missing", READER | {"missing": 100, "blind": 1, "blind_paths": 1}),
        (
            "a reader without referers, every page missing",
            {"requests": 30, "missing": 30, "blind": 9, "blind_paths": 9},
        ),
        ("a probe each minute", {"requests": 1_440, "paths": 1, "per_minute": 1}),
        ("a probe each minute, of a page that is gone", {"requests": 1_440, "blind": 1_440, "blind_paths": 1}),
        ("a probe each minute, of a door", {"requests": 1_440, "attacks": 1_440, "indicators": 1, "attack_paths": 1}),
        (
            "a checker of links",
            {"requests": 2_000, "paths": 2_000, "blind": 200, "blind_paths": 200, "per_minute": 300},
        ),
        ("a reader of feeds", {"requests": 48, "paths": 1, "missing": 48, "blind": 48, "blind_paths": 1}),
        ("a page that calls a broken service again and again", {"requests": 900, "posts": 890, "post_paths": 4}),
        (
            "an editor who posts all day",
            {"requests": 900, "posts": 400, "post_paths": 9, "per_minute": 60, "logins": 2},
        ),
        ("members behind one address who log in", {"requests": 300, "assets": 200, "logins": 12, "referred": 290}),
        ("a probe that logs in and reads a page", {"requests": 3_000, "logins": 1_000, "posts": 1_000}),
        ("one visit that tries two doors", {"requests": 2, "attacks": 2, "indicators": 2, "attack_paths": 2}),
    ],
)
def test_none_of_them_is_a_scan(who, counts):
    assert name(**counts) == "other", who


def test_a_crawler_after_a_move_is_no_scan_and_an_attacker_by_its_name_is():
    moved = {"named": 1, "requests": 3_000, "blind": 2_990, "blind_paths": 2_990, "per_minute": 90}
    assert name(**moved) == "crawler"
    assert name(**moved | {"attacks": 3, "indicators": 2, "attack_paths": 3}) == "crawler"
    assert name(**moved | {"attacks": 300, "indicators": 9, "attack_paths": 300}) == "scan"


def test_guessing_a_login_comes_before_knocking_but_not_before_payloads():
    assert name(**LOGINS, attacks=20, indicators=2, attack_paths=3) == "login_guessing"
    assert name(**LOGINS, attacks=20, indicators=3, attack_paths=3) == "scan"


def test_the_evidence_is_in_words():
    row = dict.fromkeys(COUNTS, 0)
    scan = row | {"requests": 1_200, "attacks": 300, "indicators": 4, "attack_paths": 9, "paths": 800, "per_minute": 1}
    assert why(SCAN, scan, None) == [
        "300 of 1,200 requests match 4 indicators, at 9 paths",
        "800 paths, at most 1 request within a minute",
        "no image, style or script loaded",
    ]
    posting = scan | {"posts": 600, "post_paths": 3, "missing": 60, "denied": 30, "failed": 30, "assets": 200}
    assert why(SCAN, posting | {"blind": 50, "blind_paths": 1}, "Googlebot") == [
        "300 of 1,200 requests match 4 indicators, at 9 paths",
        "1 missing page asked for without a referer: 5 % of its pages",
        "600 POST requests at 3 paths; 10 % of all requests answered with an error",
        "800 paths, at most 1 request within a minute",
        "the agent names itself Googlebot, as anybody can",
    ]
    assert why(LOGIN_GUESSING, row | {"requests": 30, "assets": 9, "logins": 20}, None) == [
        "20 of 21 requests that are no image, style or script are a login sent"
    ]
    assert why(CRAWLER, row | {"requests": 900, "attacks": 1, "indicators": 1}, "bingbot") == [
        "the agent names itself bingbot, as anybody can",
        "1 of 900 requests matches 1 indicator: few enough for links that others planted",
    ]
    assert why(0, row, None) == []
