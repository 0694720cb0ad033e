from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from tests.exercise.held import exports, records, truth_records
from vigie import case
from vigie.exercise import polls
from vigie.exercise.opinion import (
    BEGINS,
    CLIMB,
    CLIMB_POINTS,
    CLIMBER,
    DAYS,
    EVERYBODY,
    IDENTS,
    SHIFT_POINTS,
    Course,
    plan,
)
from vigie.exercise.poll_houses import HOUSES, LAST_POLL, SMALL_ANSWERED, WITH, WITHOUT
from vigie.exercise.polls import AFTER, BEFORE, COUNTER, REAL
from vigie.exercise.truth import Truth, read_truth
from vigie.exercise.world import STATE_OUTLET, WITHDRAWN, WITHDREW, case_toml

SEED = 7


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    return written(tmp_path_factory.mktemp("polls"), SEED)


def written(folder, seed, **options):
    truth = Truth()
    polls.write(folder / "exports", truth, seed=seed, **options)
    truth.write(folder / "truth")
    (folder / "case.toml").write_text(case_toml(), encoding="utf-8")
    return folder


def rows(folder):
    return [row for path in exports(folder, "polls-*simulated.csv") for row in records(path).values()]


def days(one, other):
    first, second = (date.fromisoformat(str(day)) for day in (one, other))
    return (first - second).days


def scenarios(folder):
    found = defaultdict(list)
    for row in rows(folder):
        found[row["poll_id"], row["round"], row["hypothesis"]].append(row)
    return found


def houses(folder):
    return [s for s in scenarios(folder).values() if s[0]["pollster"] != COUNTER]


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_planted_shift_is_eight_points_with_all_houses(tmp_path, seed):
    folder, planned = written(tmp_path, seed), plan(seed)
    (operation,) = [o for o in read_truth(folder)[0] if o.operation_id == "polls-planted-shift"]
    assert operation.detectors[0] == "poll_shift"
    assert operation.subjects == (planned.shifted,)
    assert str(planned.day) in operation.note
    found = truth_records(folder, "polls-planted-shift")
    assert len({r["pollster"] for r in found}) >= 5
    own = [r for r in rows(folder) if r["candidate"] == found[0]["candidate"] and r["round"] == "1"]
    asked = [r for r in own if r["pollster"] != COUNTER and r["hypothesis"] != WITH]
    before = [float(r["percent"]) for r in asked if 0 < days(planned.day, r["fieldwork_end"]) < 10]
    after = [float(r["percent"]) for r in asked if 0 <= days(r["fieldwork_start"], planned.day) < 10]
    assert min(len(before), len(after)) >= 5
    assert abs(np.mean(after) - np.mean(before) - planned.points) < 3
    assert abs(planned.points) == SHIFT_POINTS
    assert {r["round"] for r in found} == {"1"}


def test_seeds_differ_in_whom_and_when_the_shift_hits():
    planned = [plan(seed) for seed in range(40)]
    assert len({p.shifted for p in planned}) == 3
    assert len({p.day for p in planned}) > 8
    assert {np.sign(p.points) for p in planned} == {-1, 1}
    assert all(len({p.shifted, p.favourite, p.unlucky}) == 3 for p in planned)


def test_without_a_shift_the_campaign_is_the_same_until_its_day_and_none_is_declared(campaign, tmp_path):
    quiet = written(tmp_path, SEED, shift=False)
    declared = {o.operation_id for o in read_truth(quiet)[0]}
    assert not declared & {"polls-planted-shift", "polls-shift-others"}
    assert declared | {"polls-planted-shift", "polls-shift-others"} == {o.operation_id for o in read_truth(campaign)[0]}
    same = {"percent"}
    schedules = [[{k: v for k, v in r.items() if k not in same} for r in rows(f)] for f in (quiet, campaign)]
    counted = [[r for r in s if r["pollster"] != COUNTER] for s in schedules]
    assert counted[0] == counted[1]
    day = str(plan(SEED).day)
    early = [[r for r in rows(f) if r["fieldwork_end"] < day and r["pollster"] != COUNTER] for f in (quiet, campaign)]
    assert early[0] == early[1]
    assert rows(quiet) != rows(campaign)


def test_opinion_moves_as_planned():
    quiet, moved = (Course(plan(3, shift=shift), np.random.default_rng(0)).shares for shift in (False, True))
    assert quiet.shape == (DAYS, len(EVERYBODY))
    assert np.allclose(quiet.sum(axis=1), 1)
    assert np.allclose(moved.sum(axis=1), 1)
    planned = plan(3)
    day, place = (planned.day - BEGINS).days, EVERYBODY.index(planned.shifted)
    assert np.array_equal(quiet[:day], moved[:day])
    assert np.allclose((moved - quiet)[day:, place], planned.points / 100)
    others = np.arange(len(EVERYBODY)) != place
    assert np.ptp((moved / quiet)[day:, others], axis=1).max() < 1e-9
    flat = np.mean([Course(plan(3, shift=False), np.random.default_rng(n)).shares for n in range(200)], axis=0)
    climbed = [flat[(d - BEGINS).days, EVERYBODY.index(CLIMBER)] for d in CLIMB]
    assert 100 * (climbed[1] - climbed[0]) == pytest.approx(CLIMB_POINTS, abs=0.7)


def test_houses_say_who_asked_whom_when_and_how(campaign):
    asked = {s[0]["pollster"] for s in houses(campaign)}
    assert asked == {h.name for h in HOUSES}
    assert all("simulé" in r["pollster"] for r in rows(campaign))
    for scenario in houses(campaign):
        first = scenario[0]
        start, end = (date.fromisoformat(first[k]) for k in ("fieldwork_start", "fieldwork_end"))
        assert BEGINS <= start <= end <= LAST_POLL
        assert 200 <= int(first["answered"]) < int(first["sample_size"])
        figures = [float(r["percent"]) for r in scenario]
        assert abs(sum(figures) - 100) <= 3
        (house,) = [h for h in HOUSES if h.name == first["pollster"]]
        assert all(f % house.step == 0 for f in figures)
        if house.is_bare:
            assert not {"sponsor", "publisher", "notice", "wording", "published", "mode"} & first.keys()
        else:
            assert first["notice"]
            assert first["wording"].endswith("(simulé)")
            assert first["mode"] in ("internet", "telephone")
            assert end <= date.fromisoformat(first["published"]) <= LAST_POLL
            assert (first["is_rolling"] == "true") == house.rolling


def test_waves_of_rolling_houses_overlap_and_share_their_interviews(campaign):
    spans = defaultdict(set)
    for scenario in houses(campaign):
        first = scenario[0]
        spans[first["pollster"]].add((first["fieldwork_start"], first["fieldwork_end"]))
    for house in HOUSES:
        ordered = sorted(spans[house.name])
        overlaps = [later[0] <= earlier[1] for earlier, later in pairwise(ordered)]
        assert sum(overlaps) > 8 if house.rolling else not any(overlaps)
    waves = {r["fieldwork_end"]: float(r["percent"]) for r in rows(campaign) if is_of(r, HOUSES[-2], "Emmanuel Macron")}
    steps = np.abs(np.diff([waves[day] for day in sorted(waves)]))
    # Two waves of 900 persons each would differ by 1.6 points on average.
    assert steps.mean() < 1.4


def is_of(row, house, name):
    is_plain = row["round"] == "1" and row["hypothesis"] != WITH
    return row["pollster"] == house.name and row["candidate"] == name and is_plain


def test_nobody_is_asked_about_who_has_withdrawn_and_some_are_asked_both_ways_before(campaign):
    seen = Counter()
    for scenario in houses(campaign):
        if scenario[0]["round"] == "2":
            assert len(scenario) == 2
            assert scenario[0]["hypothesis"]
            continue
        names = {r["candidate"] for r in scenario}
        hypothesis = scenario[0]["hypothesis"]
        if scenario[0]["fieldwork_end"] >= str(WITHDREW):
            assert hypothesis == ""
        else:
            assert hypothesis in (WITH, WITHOUT)
        assert len(names) == len(scenario) == len(IDENTS) + (hypothesis == WITH)
        assert (WITHDRAWN[1] in names) == (hypothesis == WITH)
        seen[hypothesis] += 1
    assert seen[WITH] > seen[WITHOUT] > 3
    heirs = truth_records(campaign, "polls-withdrawal")
    assert {r["candidate"] for r in heirs} == {"Benoît Hamon"}
    with_her = [r for r in rows(campaign) if r["candidate"] == "Benoît Hamon" and r["hypothesis"] == WITH]
    assert mean(heirs) > mean(with_her) + 1
    assert {c.id: c.withdrew for c in case.load(campaign).candidates if c.withdrew} == {WITHDRAWN[0]: WITHDREW}


def mean(some):
    return np.mean([float(r["percent"]) for r in some])


def test_the_count_of_the_state_outlet_lacks_what_makes_a_poll_and_has_its_favourite_ahead(campaign):
    found = truth_records(campaign, "polls-planted-count")
    assert len(found) == 18
    assert found == [r for r in rows(campaign) if r["pollster"] == COUNTER]
    by_day = defaultdict(dict)
    for row in found:
        assert row["publisher"] == STATE_OUTLET[0]
        assert not any(row[k] for k in ("sample_size", "answered", "notice", "wording", "sponsor", "mode"))
        assert len(row["percent"].partition(".")[2]) == 2
        by_day[row["published"]][row["candidate"]] = float(row["percent"])
    assert all(60 < sum(figures.values()) < 100 for figures in by_day.values())
    names = {ident: name for ident, name, _ in polls.CANDIDATES}
    assert [max(figures, key=figures.get) for figures in by_day.values()] == [names[plan(SEED).favourite]] * 3
    assert [bool(r["fieldwork_end"]) for r in found[::6]] == [True, False, False]


def test_look_alikes_are_what_they_say(campaign):
    (small,) = truth_records(campaign, "polls-small-sample")
    assert int(small["answered"]) == SMALL_ANSWERED
    near = [
        float(r["percent"])
        for r in rows(campaign)
        if (r["candidate"], r["round"], r["fieldwork_start"][:7]) == (small["candidate"], "1", "2017-03")
    ]
    assert 2 < abs(float(small["percent"]) - np.median(near)) < 8
    own = truth_records(campaign, "polls-no-sponsor")
    assert len({r["pollster"] for r in own}) == 1
    assert all(r["notice"] and not r["sponsor"] and not r["publisher"] for r in own)
    assert len(own) < len([r for r in rows(campaign) if r["pollster"] == own[0]["pollster"]])
    climb = truth_records(campaign, "polls-campaign-drift")
    shift = plan(SEED).day
    assert not any(-BEFORE <= date.fromisoformat(r["fieldwork_end"]) - shift <= AFTER for r in climb)


def test_the_real_figures_are_alone_in_their_file(campaign):
    (path,) = exports(campaign, "polls-favourability*")
    assert [(r["fieldwork_end"], r["candidate"], int(r["percent"])) for r in records(path).values()] == [
        (end, name, percent) for _, end, name, percent in REAL
    ]
