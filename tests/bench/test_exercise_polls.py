"""The bench over many campaigns counts what it says, and misses no bar that is missed."""

from bench import exercise_polls

FOUND = {"polls-planted-shift": "found", "polls-planted-count": "found", "polls-fillon-fall": "found"}


def campaign(**changed):
    given = {"seed": 1, "days_off": -2, "days_late": 4, "alarms": [(1, "fillon", -7.9)], "blocks": 3, "loud": 1}
    given |= {"counts": 3, "states": FOUND, "false": {}, "polls": 200}
    return exercise_polls.Campaign(**{**given, **changed})


def quiet(**changed):
    return campaign(**{"days_off": None, "days_late": None, "alarms": [], "loud": 0, **changed})


def test_campaigns_in_which_all_is_right_miss_no_bar():
    summary = exercise_polls.summary({"shift": [campaign()] * 10, "quiet": [quiet()] * 10})
    assert summary["bars missed"] == []
    assert summary["shift"]["dated within 3 days"] == "10 of 10 (100.0 %, 72.2 to 100.0 %)"
    assert summary["shift"]["its publications found"].startswith("30 of 30")
    assert summary["quiet"]["campaigns with an alarm"].startswith("0 of 10")
    assert summary["quiet"]["blocks with an alarm"].startswith("0 of 30")


def test_each_bar_can_be_missed():
    uncounted = quiet(states=FOUND | {"polls-planted-count": "missed"})
    cases = {
        "dated within 3 days in 8 of 10": {"shift": [campaign(days_off=4)] * 2 + [campaign()] * 8},
        "dated within 3 days in 0 of 1": {"shift": [quiet()]},
        "was found in 9 of 10 quiet": {"quiet": [uncounted] + [quiet()] * 9},
        "50.0% of quiet campaigns": {"quiet": [quiet(), quiet(alarms=[(1, "macron", 3.0)])] * 5},
    }
    for said, made in cases.items():
        assert any(said in missed for missed in exercise_polls.summary(made)["bars missed"]), said


def test_an_alarm_of_a_second_round_is_one_of_a_block():
    loud = quiet(alarms=[(2, "macron", 3.0), (2, "le-pen", -3.0)], loud=1)
    told = exercise_polls.summary({"quiet": [loud, quiet()]})["quiet"]
    assert told["blocks with an alarm"].startswith("1 of 6")
    assert told["in the first round"].startswith("0 of 2")
    assert told["alarms by candidate"] == {"macron": 1, "le-pen": 1}


def test_findings_without_reason_and_look_alikes_are_counted():
    loud = quiet(false={"poll_outlier": 3}, states=FOUND | {"polls-withdrawal": "raised"})
    told = exercise_polls.summary({"quiet": [loud, quiet()]})["quiet"]
    assert told["findings without reason"]["poll_outlier"] == 3
    assert told["campaigns with one"]["poll_outlier"] == "1 of 2 (50.0 %, 9.5 to 90.5 %)"
    assert told["look-alikes raised"] == {"polls-withdrawal": 1}
