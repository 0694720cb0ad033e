from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.detectors.login_spray import MEASURE, _ordinary, login_spray
from vigie.measures import measured
from vigie.testing import EPOCH, rows

DAYS = 14
DAY = 86_400
NIGHT = 9 * DAY + 2 * 3_600


def attempt(at, client, status, path="/connexion", method="POST"):
    return {"time": at, "client_ip": client, "host": "h.example", "path": path, "status": status, "method": method}


def members(random, begins, seconds, count, *, base="m", told=True):
    """Members log in; a quarter mistype first, and one in five of those gives up."""
    cells = []
    for number in range(count):
        at, client = begins + random.randrange(seconds), f"{base}{number}.member.example"
        if random.random() < 0.25:
            cells.append(attempt(at, client, 200))
            if random.random() < 0.2:
                continue
        cells.append(attempt(at + 20, client, 302 if told else 200))
    return cells


def usual(random, days=DAYS, *, told=True):
    cells = [attempt(1800 * n, "1.1.1.1", 200, "/", "GET") for n in range(days * 48)]
    for day in range(days):
        for hour in range(24):
            count = random.randint(0, 1) if hour < 6 else random.randint(2, 8)
            cells += members(random, day * DAY + hour * 3_600, 3_600, count, base=f"d{day}h{hour}n", told=told)
    return cells


def spray(random, addresses, each, begins, seconds, *, hits=0, status=200):
    cells = [
        attempt(begins + random.randrange(seconds), f"9.9.{n}.9", status) for n in range(addresses) for _ in range(each)
    ]
    return cells + [attempt(begins + seconds - 1, f"9.9.{n}.9", 302) for n in range(hits)]


def found(*cells, **parameters):
    made = rows("requests", *(c for part in cells for c in part))
    table = login_spray(measured(MEASURE, {"requests": made}), **parameters).to_pylist()
    clients = dict(zip(made["row_id"].to_pylist(), made["client_ip"].to_pylist(), strict=True))
    return [f | {"clients": {clients[i] for i in f["evidence_ids"]}} for f in table]


USUAL = usual(Random(1))
UNTOLD = usual(Random(1), told=False)


def test_a_usual_fortnight_gives_nothing_whether_outcomes_are_told_or_not():
    assert found(USUAL) == []
    assert found(UNTOLD) == []


def test_guessing_from_one_address_is_found_and_its_success_named():
    guesses = [attempt(NIGHT + 3 * n, "9.9.9.9", 302 if n == 411 else 200) for n in range(412)]
    (one,) = found(USUAL, guesses)
    assert one["title"] == (
        "Password guessing at h.example/connexion from 9.9.9.9: 412 attempts in 21 minutes, 411 failed, "
        "1 may have succeeded"
    )
    assert one["subject_ids"] == ["/connexion", "9.9.9.9", "h.example"]
    assert (one["value"], one["p_value"], one["clients"]) == (412, None, {"9.9.9.9"})
    assert one["first_seen"].timestamp() == EPOCH.timestamp() + NIGHT


def test_slow_guessing_is_found_by_the_day_and_two_at_once_do_not_hide_each_other():
    slow = [attempt(NIGHT + 600 * n, "9.9.9.9", 200) for n in range(6 * 72)]
    fast = [attempt(NIGHT + 3 * n, "9.9.9.8", 200) for n in range(400)]
    one, two = found(USUAL, slow, fast)
    assert [f["subject_ids"][1] for f in (one, two)] == ["9.9.9.8", "9.9.9.9"]
    assert "days" not in two["title"]
    assert two["value"] >= 0.8 * len(slow)


def test_an_office_behind_one_address_is_none_where_its_logins_succeed():
    office = [attempt(NIGHT + 20 * n, "9.9.9.9", 302 if n % 5 else 200) for n in range(150)]
    assert found(USUAL, office) == []
    (one,) = found(UNTOLD, [c | {"status": 200} for c in office])
    assert one["title"].endswith("150 attempts in 50 minutes, whether they failed cannot be told")


@pytest.mark.parametrize(("addresses", "each", "hours"), [(180, 2, 3), (40, 1, 1), (200, 1, 9)])
def test_many_addresses_that_fail_are_found_for_an_hour_or_a_night(addresses, each, hours):
    (one,) = found(USUAL, spray(Random(2), addresses, each, NIGHT, hours * 3_600, hits=2))
    planted = {c for c in one["clients"] if c.startswith("9.9.")}
    assert len(planted) >= 0.9 * addresses
    assert len(planted) >= 0.8 * len(one["clients"])
    assert one["p_value"] <= 0.001
    assert one["subject_ids"] == ["/connexion", "h.example"]
    assert one["title"].startswith(f"Failed logins at h.example/connexion from {len(one['clients'])} addresses in ")
    assert "expected): " in one["title"]
    assert "may have succeeded" in one["title"]


def test_an_evening_on_which_all_members_log_in_is_none():
    assert found(USUAL, members(Random(3), 9 * DAY + 18 * 3_600, 2 * 3_600, 400)) == []


def test_where_outcomes_cannot_be_told_the_title_says_so():
    (one,) = found(UNTOLD, spray(Random(2), 180, 2, NIGHT, 3 * 3_600))
    assert one["title"].startswith("Login attempts at h.example/connexion from ")
    assert one["title"].endswith("whether they failed cannot be told")


def test_a_spray_beside_that_evening_is_found():
    evening = members(Random(3), 9 * DAY + 18 * 3_600, 2 * 3_600, 100)
    (one,) = found(USUAL, evening, spray(Random(2), 300, 2, 9 * DAY + 18 * 3_600, 2 * 3_600))
    assert len({c for c in one["clients"] if c.startswith("9.9.")}) >= 270


def test_with_a_day_of_log_known_outcomes_are_asked_for_and_there_is_no_p():
    told, untold = (usual(Random(1), days=1, told=t) for t in (True, False))
    planted = spray(Random(2), 200, 2, 2 * 3_600, 3 * 3_600)
    (one,) = found(told, planted)
    assert (one["p_value"], one["expected"]) == (None, None)
    assert found(untold, planted) == []
    assert found(told) == []


def test_parameters_bound_what_is_reported():
    planted = spray(Random(2), 180, 2, NIGHT, 3 * 3_600), [attempt(NIGHT + n, "9.9.9.250", 200) for n in range(100)]
    assert len(found(USUAL, *planted)) == 2
    assert len(found(USUAL, *planted, attempts_min=101, sources_min=5_000)) == 0
    assert len(found(USUAL, *planted, times_min=1_000.0)) == 1


@settings(max_examples=30)
@given(st.lists(st.integers(1, 9), max_size=30), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_the_ordinary_count_is_the_quantile_of_the_others(others, own):
    every, mine = (np.sort(np.array(c, np.int64)) for c in (others + own, own))
    rank = int(0.95 * len(others))
    assert _ordinary(every, mine) == (sorted(others)[rank - 1] if rank else 0)
