from __future__ import annotations

import random
import statistics
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.errors import InputError
from vigie.findings.coincidence import STRETCHED, WINDOWS, Window, coincidence

START = date(2016, 9, 7)


def day(number):
    return START + timedelta(days=number)


def days(numbers):
    return [day(n) for n in numbers]


@st.composite
def worlds(draw):
    span = draw(st.integers(1, 60))
    seen = sorted(draw(st.sets(st.integers(0, span), min_size=1)) if draw(st.booleans()) else set(range(span)))
    events = st.lists(
        st.tuples(st.integers(-3, span + 3), st.integers(0, draw(st.sampled_from([0, 9])))).map(
            lambda e: (day(e[0]), day(e[0] + e[1]))
        ),
        max_size=6,
    )
    windows = draw(st.lists(st.tuples(st.integers(-8, 8), st.integers(0, 8)), min_size=1, max_size=4))
    return draw(events), draw(events), days(seen), [Window(a, a + b) for a, b in windows]


def oracle(ones, others, observed, windows):
    """Return the counts of every placebo calendar, the real one first: lists of one count for each window."""
    seen = set(observed)

    def inside(event):
        return [event[0] + timedelta(days=n) for n in range((event[1] - event[0]).days + 1)]

    mine = [[d for d in inside(e) if d in seen] for e in ones]
    theirs = [d for e in others for d in inside(e) if d in seen]
    first = min(seen)
    weeks = sorted({(d - first).days // 7 for d in seen})

    def moved(d, shift):
        week, weekday = divmod((d - first).days, 7)
        return first + timedelta(days=7 * weeks[(weeks.index(week) + shift) % len(weeks)] + weekday)

    def hit(event, shift, window):
        to = [moved(d, shift) for d in event]
        return any(d not in seen or any(window.first <= (o - d).days <= window.last for o in theirs) for d in to)

    calendars = [
        [sum(hit(e, shift, w) for e in mine if e) for w in sorted(set(windows))] for shift in range(len(weeks))
    ]
    return calendars, sum(bool(e) for e in mine), sum(bool([d for d in inside(e) if d in seen]) for e in others)


@given(worlds())
def test_counts_are_those_of_the_oracle(world):
    found = coincidence(world[0], world[1], observed=world[2], windows=world[3])
    calendars, ones, others = oracle(*world)
    assert (found.ones, found.others) == (ones, others)
    assert (found.ones_left, found.others_left) == (len(world[0]) - ones, len(world[1]) - others)
    assert (found.days, found.placebos) == (len(world[2]), len(calendars) - 1)
    if not (ones and others):
        assert found.counts == ()
        assert found.best is None
        return
    spread = [statistics.pstdev(column) for column in zip(*calendars, strict=True)]
    mean = [statistics.mean(column) for column in zip(*calendars, strict=True)]

    def excess(row):
        return [(c - m) / s if s else 0.0 for c, m, s in zip(row, mean, spread, strict=True)]

    real, largest = excess(calendars[0]), [max(excess(row)) for row in calendars[1:]]
    for place, (count, window) in enumerate(zip(found.counts, sorted(set(world[3])), strict=True)):
        column = [row[place] for row in calendars]
        assert (count.window, count.observed, count.most) == (window, column[0], max(column[1:], default=0))
        assert count.expected == pytest.approx(statistics.mean(column[1:]) if column[1:] else 0)
        assert count.as_many == sum(c >= column[0] for c in column[1:])
        assert count.as_many_tried == sum(e >= real[place] - 1e-9 for e in largest)
    assert found.as_many == sum(e >= max(real) - 1e-9 for e in largest)
    assert real[sorted(set(world[3])).index(found.best.window)] == pytest.approx(max(real))


@given(worlds(), st.integers(-400, 400))
def test_shifting_everything_by_the_same_days_changes_nothing(world, by):
    def shift(event):
        return tuple(d + timedelta(days=by) for d in event)

    ones, others, seen, windows = world
    moved = coincidence(map(shift, ones), map(shift, others), observed=shift(seen), windows=windows)
    assert moved == coincidence(ones, others, observed=seen, windows=windows)


@given(worlds(), st.randoms(use_true_random=False))
def test_order_and_windows_given_twice_change_nothing(world, chance):
    shuffled = [random.Random(chance.random()).sample(list(part), len(part)) for part in world]
    again = coincidence(shuffled[0], shuffled[1], observed=shuffled[2] * 2, windows=shuffled[3] * 2)
    assert again == coincidence(world[0], world[1], observed=world[2], windows=world[3])


@given(worlds(), st.lists(st.tuples(st.integers(-8, 8), st.integers(0, 8)), max_size=3))
def test_a_window_is_never_stronger_for_other_windows_that_were_tried(world, more):
    ones, others, seen, windows = world
    alone = coincidence(ones, others, observed=seen, windows=windows)
    among = coincidence(ones, others, observed=seen, windows=[*windows, *(Window(a, a + b) for a, b in more)])
    assert among.independent <= alone.independent
    with_more = {c.window: c for c in among.counts}
    for count in alone.counts:
        assert with_more[count.window].as_many == count.as_many
        assert with_more[count.window].as_many_tried >= count.as_many_tried >= 0


@given(worlds())
def test_looking_back_in_time_is_looking_forward(world):
    ones, others, seen, windows = world
    counted = {c.window: c.observed for c in coincidence(ones, others, observed=seen, windows=windows).counts}
    first = [e for e in ones if any(e[0] <= d <= e[1] for d in seen)]
    for window, observed in counted.items():
        back = Window(-window.last, -window.first)
        # One against one: the first lies near the second where the second lies as near the first, the other way.
        pairs = [coincidence([o], [e], observed=seen, windows=[back]).counts for e in first for o in others]
        near = [bool(p and p[0].observed) for p in pairs]
        by_event = [any(near[n * len(others) : (n + 1) * len(others)]) for n in range(len(first))]
        assert sum(by_event) == observed


def test_seventy_days_and_windows_of_ten_days_leave_three_and_nothing_is_said():
    found = coincidence(days([10, 40]), days([11, 41]), observed=days(range(70)))
    assert (found.placebos, found.span_days, found.independent) == (9, 21, 3)
    assert not found.says
    assert not found.rare()


@pytest.mark.parametrize(
    ("span", "window", "independent"),
    [
        (70, Window(0, 0), 10),
        (70, Window(-3, 3), 10),
        (70, Window(-4, 3), 5),
        (104, Window(0, 10), 7),
        (6, Window(0, 0), 0),
    ],
)
def test_independent_windows_are_whole_weeks(span, window, independent):
    found = coincidence(days([1]), days([2]), observed=days(range(span)), windows=[window])
    assert found.independent == independent


def test_a_rank_counts_for_each_question_asked():
    found = replace(
        coincidence(days([8, 30]), days([9, 31]), observed=days(range(840))), as_many=2, placebos=119, independent=40
    )
    assert [found.leads(asked) for asked in (1, 2, 3)] == [True, True, False]
    assert replace(found, as_many=5).leads()
    assert not replace(found, as_many=6).leads()


def test_of_windows_that_say_the_same_the_narrowest_is_the_best():
    found = coincidence(days([80]), days([80]), observed=days(range(420)), windows=[Window(-5, 5), Window(0, 0)])
    assert found.best.window == Window(0, 0)


@pytest.mark.parametrize(("span", "leads", "tells"), [(7 * 19, False, False), (7 * 59, True, False), (420, True, True)])
def test_a_lead_is_told_from_chance_only_among_enough_independent_windows(span, leads, tells):
    shifts = [n for n in (20, 50, 83, 120, 200, 271, 301, 355) if n < span]
    found = coincidence(days(shifts), days(n + 1 for n in shifts), observed=days(range(span)))
    assert (found.leads(), found.tells(), found.rare()) == (leads, tells, tells)
    assert not found.rare(asked=2)


def test_what_grows_on_both_sides_leads_but_is_not_called_rare():
    draw = random.Random(5)
    weight = [2.718 ** (5 * n / 840) for n in range(840)]
    found = [
        coincidence(
            days(draw.choices(range(840), weight, k=30)),
            days(draw.choices(range(840), weight, k=60)),
            observed=days(range(840)),
        )
        for _ in range(30)
    ]
    assert sum(f.leads() for f in found) >= 10
    assert sum(f.rare() for f in found) <= 5
    assert all(0 <= f.as_many_stretched <= STRETCHED for f in found)


def test_in_one_stretch_turning_it_apart_is_turning_the_whole():
    found = coincidence(days([8, 30, 71, 95]), days([10, 33, 34, 60, 98]), observed=days(range(112)))
    assert found.placebos == 15
    assert found.as_many_stretched / STRETCHED == pytest.approx((found.as_many + 1) / 16, abs=0.04)


def test_what_lies_together_only_within_its_own_stretch_is_seen_in_calendars_that_turn_it_apart():
    # The others fill the first stretch of nine weeks and are nowhere else: the whole circle moves ones out of it.
    found = coincidence(days([3, 20, 40, 55]), days(range(63)), observed=days(range(378)))
    assert found.leads()
    assert found.as_many_stretched == STRETCHED


def test_a_rhythm_of_weekdays_is_in_the_placebo_calendars_too():
    mondays = days(range(0, 420, 7))
    found = coincidence(mondays[::3], mondays, observed=days(range(420)))
    assert {c.as_many for c in found.counts} == {found.placebos}
    assert not found.leads()


def test_what_lies_outside_the_observed_days_counts_for_nothing():
    seen = days(range(20, 400))
    inside = coincidence(days([30, 90]), days([31, 300]), observed=seen)
    more = coincidence(days([30, 90, 5]), days([31, 300, 6, 401]), observed=seen)
    assert (more.ones_left, more.others_left) == (1, 2)
    assert more.counts == inside.counts


@pytest.mark.parametrize(
    ("ones", "others", "seen"),
    [([], [], []), ([3], [3], []), ([], [3], range(99)), ([3], [], range(99)), ([3], [500], range(99))],
)
def test_nothing_on_one_side_says_nothing(ones, others, seen):
    found = coincidence(days(ones), days(others), observed=days(seen))
    assert (found.counts, found.best, found.says, found.rare()) == ((), None, False, False)


def test_one_day_of_data_has_no_placebo():
    found = coincidence(days([0]), days([0]), observed=days([0]))
    assert (found.placebos, found.independent, found.best.observed) == (0, 0, 1)
    assert not found.rare()


def test_the_windows_of_both_directions_stand_beside_the_same_day():
    assert {(-w.last, -w.first) for w in WINDOWS} == {(w.first, w.last) for w in WINDOWS}
    assert Window(0, 0) in WINDOWS


def test_errors_say_what_is_wrong():
    with pytest.raises(InputError, match="lags from 3 to 1"):
        Window(3, 1)
    with pytest.raises(InputError, match="no window of lags"):
        coincidence([], [], observed=[], windows=[])
    with pytest.raises(InputError, match="ends on"):
        coincidence([(day(3), day(1))], [], observed=[])
