import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.kernels.poll_filter import Course, filtered
from vigie.kernels.poll_steps import Figures, Steps, chosen, largest, peaks, signatures

SETTING = {"design": 0.8, "house_sd": 0.05, "drift": 0.015**2}
HOUSES = 3


def course_of(seed, n=14):
    """A course of three houses and, now and then, a second field that is begun anew."""
    chance = np.random.default_rng(seed)
    end = np.cumsum(chance.integers(0, 3, n)).astype(float)
    field = np.where(chance.random(n) < 0.3, HOUSES + 2, -1)
    begun = np.flatnonzero(field > 0)[[0, -1]] if (field > 0).any() else np.zeros(0, np.int64)
    begins = np.array([(t, HOUSES + 2, -1) for t in sorted(set(begun.tolist()))], dtype=np.int64).reshape(-1, 3)
    course = Course(
        seen=chance.normal(-1, 0.1, n),
        sampling=chance.uniform(0.004, 0.01, n),
        rounding=np.full(n, 0.001),
        share=chance.choice([1.0, 1 / 3], n),
        day=end,
        loads=np.stack([chance.integers(1, HOUSES + 1, n), field], axis=1),
        begins=begins,
        begin_mean=np.zeros(len(begins)),
        begin_variance=np.full(len(begins), 0.02),
        jump=np.zeros(n),
        houses=HOUSES,
        states=HOUSES + 3,
    )
    return course, Figures(end - chance.integers(0, 3, n), end, course.loads[:, 0])


def errors(course):
    run = filtered(course, **SETTING)
    return (course.seen - run.expected) / np.sqrt(run.spread + run.noise / course.share)


def seen_through(course, figures, days, **more):
    run = filtered(course, **SETTING)
    asked = {"window_days": 10.0, "figures_min": 2, "houses_min": 2} | more
    return signatures(
        figures, days, gains=run.gains, loads=course.loads, begins=course.begins,
        total=run.spread + run.noise / course.share, **asked,
    )  # fmt: skip


def share_after(figures, day):
    return np.clip((figures.end - day + 1) / (figures.end - figures.start + 1), 0, 1)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from([-0.5, 0.2]))
def test_a_step_adds_its_signature_to_the_errors_and_nothing_else(seed, size):
    course, figures = course_of(seed)
    days = np.unique(figures.end)
    steps = seen_through(course, figures, days)
    quiet = errors(course)
    for d, day in enumerate(days):
        moved = errors(course._replace(seen=course.seen + size * share_after(figures, day)))
        added = np.zeros_like(quiet)
        for j in range(steps.signature.shape[1]):
            if steps.first[d] + j < quiet.size:
                added[steps.first[d] + j] = size * steps.signature[d, j]
        within = figures.end < day + 10
        event(f"a field begun: {course.begins.shape[0] > 0}")
        assert moved[within] - quiet[within] == pytest.approx(added[within], abs=1e-9)
        assert not added[~within].any()


def by_regression(scores, steps, figures, least, t):
    """The largest t-value of regressing the scores so far on each day's signature, by numpy's least squares."""
    best = 0.0
    for d, first in enumerate(steps.first):
        length = t - first + 1
        if not 2 <= length <= steps.signature.shape[1] or len(set(figures.house[first : t + 1])) < 2:
            continue
        if steps.weight[d, length - 1] <= 0.25:
            continue
        column = steps.signature[d, :length, None]
        (size,), *_ = np.linalg.lstsq(column, scores[first : t + 1], rcond=None)
        if not -least / 2 < size < least:
            value = size * np.sqrt((column**2).sum())
            best = value if abs(value) > abs(best) else best
    return best


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.3]))
def test_the_statistic_is_that_of_a_regression_on_the_signature(seed, least):
    course, figures = course_of(seed)
    days = np.unique(figures.end)
    steps = seen_through(course, figures, days, window_days=1000.0)
    chance = np.random.default_rng(seed)
    scores = chance.normal(0, 3, course.day.size)
    rise, fall = np.full(days.size, least), np.full(days.size, least / 2)
    found = peaks(
        scores[None], np.zeros(days.size, np.int64), steps,
        rise=rise, fall=fall, house=figures.house, threshold=np.inf, support=1.0,
    )  # fmt: skip
    wanted = [by_regression(scores, steps, figures, least, t) for t in range(scores.size)]
    event(f"steps asked for: {min(int((found.step >= 0).sum()), 3)}")
    assert found.statistic == pytest.approx(wanted, abs=1e-9)
    assert largest(scores[None], steps, rise, fall)[0] == pytest.approx(max(map(abs, wanted)))


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.5, 4))
def test_a_mirrored_course_has_the_mirrored_peaks(seed, threshold):
    course, figures = course_of(seed)
    days = np.unique(figures.end)
    steps = seen_through(course, figures, days)
    scores = np.random.default_rng(seed).normal(0, 3, (1, course.day.size))
    same = {"house": figures.house, "threshold": threshold, "support": 0.5}
    setting, rise, fall = np.zeros(days.size, np.int64), np.full(days.size, 0.1), np.full(days.size, 0.3)
    one = peaks(scores, setting, steps, rise=rise, fall=fall, **same)
    other = peaks(-scores, setting, steps, rise=fall, fall=rise, **same)
    assert other.statistic == pytest.approx(-one.statistic)
    assert other.step.tolist() == one.step.tolist()


def plain(houses, signature=1.0):
    """Figures a day apart whose errors a step moves by `signature` each, for ever."""
    n = len(houses)
    square = np.triu(np.ones((n, n)))
    shifted = np.array([np.concatenate([row[d:], np.zeros(d)]) for d, row in enumerate(square)]) * signature
    weight = np.cumsum(shifted**2, axis=1)
    scale = np.where(weight > 0, 1 / np.sqrt(np.maximum(weight, 1e-9)), 0) * (shifted > 0)
    return Steps(np.arange(n), shifted, weight, scale)


def peak(scores, houses, threshold=3.0, support=1.0):
    n = len(houses)
    none = np.zeros(n)
    return peaks(
        np.array([scores], dtype=float), np.zeros(n, np.int64), plain(houses),
        rise=none, fall=none, house=np.array(houses), threshold=threshold, support=support,
    )  # fmt: skip


def test_one_odd_poll_is_no_step_whatever_its_size():
    odd = peak([0, 9, 0.2, 0.1], [0, 1, 2, 0])
    assert (np.abs(odd.statistic[2:]) < 3).all()
    two = peak([0, 4, 2, 3], [0, 1, 2, 0])
    assert two.statistic[2] == pytest.approx(6 / 2**0.5)
    assert two.step[2] == 1


def test_each_day_is_asked_in_its_own_setting():
    houses = [0, 1, 0, 1]
    one, two = plain(houses), plain(houses, signature=2.0)
    mixed = chosen([one, two], np.array([0, 1, 1, 0]))
    assert mixed.signature[:, 0].tolist() == [1, 2, 2, 1]
    scores = np.array([[0.0, 0, 5, 5], [0, 0, 1, 1]])
    found = peaks(
        scores, np.array([0, 1, 1, 0]), mixed,
        rise=np.zeros(4), fall=np.zeros(4), house=np.array(houses), threshold=np.inf, support=0.0,
    )  # fmt: skip
    assert found.statistic[2] == pytest.approx(5 / 3**0.5)  # day 0 in the first setting; day 2 says 1 in the second
