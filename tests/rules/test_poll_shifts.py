import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.rules import poll_shifts
from vigie.rules.poll_model_course import block_of
from vigie.rules.poll_settings import Search
from vigie.rules.poll_shifts import Rule, power, quiet_largest, shifts, threshold_of

QUICK = Rule(campaigns=300)


def figures(seed, *, polls=40, step=0.0, day=30, levels=(24.0, 12.0), mirrored=False):
    """A poll a day and a half, of four houses in turn; the first candidate's level steps on the morning of `day`."""
    chance = np.random.default_rng(seed)
    rows = []
    for n in range(polls):
        end = (3 * n) // 2
        for c, level in enumerate(levels):
            p = level + (step if c == 0 and end >= day else 0)
            percent = round(2 * (p + chance.normal(0, np.sqrt(p * (100 - p) / 1000)))) / 2
            rows.append({
                "row_id": f"{n:03}:{c}", "time": end, "day": end, "scenario": f"{n:03}", "candidate_id": f"c{c}",
                "question": "voting_intention", "field": "", "house": f"h{n % 4}", "sampled": 1000.0, "used": True,
                "percent": 100 - percent if mirrored else percent, "step": 0.5, "new_share": 1.0,
            })  # fmt: skip
    return rows


def searched(rows, rule=QUICK):
    block = block_of(rows)
    return block, shifts(block, [course.day.copy() for course in block.courses], rule)


def told(found, at=0):
    return [(a.day, found.candidates[at].figures.end[a.known], a.size) for a in found.alarms[at]]


@pytest.mark.parametrize("step", [-7.0, 7.0])
def test_a_step_is_found_on_its_day_with_its_size(step):
    _, found = searched(figures(1, step=step))
    [(day, known, size)] = told(found)
    assert abs(day - 30) <= 3
    assert 30 <= known < 40
    level = found.alarms[0][0].level
    points = 100 * (1 / (1 + np.exp(-level - size)) - 1 / (1 + np.exp(-level)))
    assert points == pytest.approx(step, abs=3)
    assert not found.alarms[1]


def test_a_second_step_is_found_after_the_first_is_known():
    rows = figures(2, polls=60, step=8.0)
    for row in rows:
        if row["candidate_id"] == "c0" and row["day"] >= 60:
            row["percent"] -= 8.0
    _, found = searched(rows)
    directions = [size > 0 for _, _, size in told(found)]
    assert directions == [True, False]
    assert told(found)[1][0] == pytest.approx(60, abs=3)


@settings(max_examples=8)
@given(st.integers(0, 1000), st.sampled_from([-6.0, 6.0]), st.integers(22, 38))
def test_later_figures_have_no_part_in_what_was_found(seed, step, cut):
    rows = figures(seed, step=step)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(poll_shifts, "threshold_of", lambda *_: 3.5)
        _, whole = searched(rows)
        _, part = searched([row for row in rows if int(row["scenario"]) < cut])
    known = [a for a in whole.alarms[0] if a.known < cut]
    event(f"known before the cut: {len(known)}")
    assert len(part.alarms[0]) == len(known)
    for one, other in zip(known, part.alarms[0], strict=True):
        assert (one.known, one.last, one.day) == (other.known, other.last, other.day)
        assert other.size == pytest.approx(one.size)


@settings(max_examples=6)
@given(st.integers(0, 1000))
def test_mirrored_shares_give_mirrored_alarms(seed):
    _, one = searched(figures(seed, step=7.0))
    _, other = searched(figures(seed, step=7.0, mirrored=True))
    assert [(d, k, pytest.approx(-s)) for d, k, s in told(one)] == told(other)


def test_the_threshold_is_kept_by_as_many_quiet_campaigns_as_it_says():
    _, found = searched(figures(3), Rule(campaigns=2000))
    quiet = quiet_largest(found.candidates, 2000)
    assert quiet.tolist() == found.quiet.tolist()  # the draws are always the same
    thresholds = [threshold_of(quiet, share) for share in (0.01, 0.05, 0.2, 0.5)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert len(set(thresholds)) == 4
    for share, threshold in zip((0.01, 0.05, 0.2, 0.5), thresholds, strict=True):
        assert share - 0.002 <= (quiet >= threshold).mean() <= share
    assert found.p_value(99.0) == pytest.approx(1 / 2001)
    assert found.p_value(-found.threshold) <= 0.051


def test_power_grows_with_the_step_and_none_is_stated_without_figures():
    _, found = searched(figures(4))
    shares = [power(found.candidates, found.threshold, points, QUICK) for points in (3.0, 5.0, 8.0)]
    assert shares == sorted(shares)
    assert shares[0] < 0.6
    assert shares[2] > 0.9
    _, few = searched(figures(4, polls=1))
    assert np.isnan(power(few.candidates, few.threshold, 8.0, QUICK))


def test_a_step_is_no_part_of_the_drift_it_is_measured_by():
    before = Search(block_of(figures(5))).in_force(0)
    after = Search(block_of(figures(5, step=9.0))).in_force(0)
    assert (before[:20] == after[:20]).all()  # day 30 is that of figure 20
    assert (after[25:, 2] >= before[25:, 2]).all()


def test_small_moves_of_a_small_candidate_are_below_the_least_step():
    rows = figures(6, levels=(24.0, 3.0))
    for row in rows:
        if row["candidate_id"] == "c1" and row["day"] >= 30:
            row["percent"] = max(0.5, row["percent"] - 1.5)
    assert not searched(rows)[1].alarms[1]
    lower = Rule(campaigns=300, points_min=0.5)
    assert searched(rows, lower)[1].alarms[1]
