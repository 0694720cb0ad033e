import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.rules.poll_model import weighed
from vigie.rules.poll_model_course import FIELDS_MAX, block_of
from vigie.rules.poll_model_levels import levels, with_days

START = datetime(2017, 1, 1, 12, tzinfo=UTC)
HOUSES = ("bva", "csa", "ifop")


def figure(n, day, house, candidate, percent, **more):
    return {
        "candidate_id": candidate,
        "scenario": f"s{n:03}",
        "time": START + timedelta(days=day),
        "row_id": f"r:{n:03}{candidate}",
        "day": (START + timedelta(days=day)).toordinal(),
        "house": house,
        "field": "",
        "percent": percent,
        "step": 0.1,
        "new_share": 1.0,
        "sampled": 1_000.0,
        "question": "voting_intention",
        "used": True,
    } | more


@st.composite
def campaigns(draw):
    """Polls of three houses, two candidates, two fields; some are not used."""
    made = []
    for n in range(draw(st.integers(2, 12))):
        day = draw(st.integers(0, 30))
        common = {
            "field": draw(st.sampled_from(["x+y", "x+y+z"])),
            "used": draw(st.sampled_from([True, True, True, False])),
            "new_share": draw(st.sampled_from([1.0, 1.0, 0.4])),
        }
        house = draw(st.sampled_from(HOUSES))
        made += [figure(n, day, house, c, draw(st.floats(5, 40)), **common) for c in ("x", "y")]
    return made


def forecasts(rows):
    block = block_of(rows)
    return {
        rows[place]["row_id"]: (float(mean), float(variance + noise))
        for places, (_, *moments) in zip(block.places, weighed(block)[1], strict=True)
        for place, mean, variance, noise in zip(places, *moments, strict=True)
    }


def same(one, two):
    assert one.keys() == two.keys()
    for row, forecast in one.items():
        assert forecast == pytest.approx(two[row], rel=1e-9, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(campaigns(), st.integers(0, 30))
def test_forecasts_do_not_change_when_later_figures_are_added(rows, day):
    earlier = [row for row in rows if row["time"] <= START + timedelta(days=day)]
    if earlier:
        whole = forecasts(rows)
        same(forecasts(earlier), {row["row_id"]: whole[row["row_id"]] for row in earlier})


@settings(max_examples=15, deadline=None)
@given(campaigns(), st.integers(0, 23))
def test_a_figure_that_is_not_used_changes_no_other(rows, at):
    scenario = rows[at % len(rows)]["scenario"]
    rows = [row | ({"used": False} if row["scenario"] == scenario else {}) for row in rows]
    without = [row for row in rows if row["scenario"] != scenario]
    if without:
        whole = forecasts(rows)
        same(forecasts(without), {row["row_id"]: whole[row["row_id"]] for row in without})


def test_figures_that_are_never_used_are_forecast_alike():
    rows = [figure(n, 5 * n, "bva", "x", 20.0, used=False) for n in range(3)]
    (first, *others) = forecasts(rows).values()
    assert others == [first, first]


@settings(max_examples=10, deadline=None)
@given(campaigns(), st.randoms())
def test_row_order_does_not_matter(rows, random):
    assert forecasts(random.sample(rows, len(rows))) == forecasts(rows)


@settings(max_examples=15, deadline=None)
@given(campaigns())
def test_the_moments_are_those_of_the_forecasts(rows):
    block = block_of(rows)
    fit, forecasts = weighed(block)
    for course, (held, mean, variance, noise) in zip(fit.courses, forecasts, strict=True):
        assert held.weight.sum(axis=0) == pytest.approx(np.ones(mean.size))
        assert (held.weight * held.mean).sum(axis=0) == pytest.approx(mean)
        printed = held.with_noise(course.rounding)
        total = (printed.weight * (printed.variance + (printed.mean - mean) ** 2)).sum(axis=0)
        assert total == pytest.approx(variance + noise)


def quiet(seed=1, polls=40, step=0.0, at=20, houses=HOUSES):
    """A level of 20 % that steps by so many points between two polls; no drift, sampling of 1,000."""
    draw = np.random.default_rng(seed)
    return [
        figure(n, 2 * n, houses[n % len(houses)], "x", 20 + (step if n >= at else 0) + draw.normal(0, 0.9))
        for n in range(polls)
    ]


def test_two_houses_that_jump_are_believed_and_one_is_not():
    rows = quiet(step=9.0)
    assert [j.before for j in weighed(block_of(rows))[0].jumps[0]] == [20]
    alone = [row | {"house": "bva"} for row in rows]
    assert weighed(block_of(alone))[0].jumps == ((),)
    assert weighed(block_of(rows), jump_z=math.inf)[0].jumps == ((),)


def test_few_quiet_campaigns_jump():
    assert sum(len(weighed(block_of(quiet(seed)))[0].jumps[0]) for seed in range(20)) <= 4


def test_after_a_step_the_level_follows_sooner_with_the_jump_rule():
    misses = {math.inf: 0.0, 1.6: 0.0}
    for seed in range(12):
        rows = quiet(seed, step=9.0)
        for jump_z in misses:
            _, (forecast,) = weighed(block_of(rows), jump_z=jump_z)
            misses[jump_z] += abs(forecast.expected[22] - math.log(0.29 / 0.71))
    assert misses[1.6] < 0.9 * misses[math.inf]


def test_a_withdrawal_is_no_jump():
    """From the twentieth poll on z is not put; x gains six points at once, as all houses find."""
    put = [row | {"field": "x+z" if n < 20 else "x"} for n, row in enumerate(quiet(step=6.0))]
    rows = put + [figure(n, 2 * n, HOUSES[n % 3], "z", 8.0, field="x+z") for n in range(20)]
    fit, (forecast, _) = weighed(block_of(rows))
    plain, _ = weighed(block_of([row | {"field": ""} for row in rows]))
    assert 20 in [jump.before for jump in plain.jumps[0]]
    assert 20 not in [jump.before for jump in fit.jumps[0]]
    # The first figure of the new field is met with more doubt than the last of the old one, and with what z leaves.
    assert forecast.variance[20] > 2 * forecast.variance[19]
    assert forecast.expected[20] > forecast.expected[19]


def test_a_field_is_begun_as_the_one_most_like_it():
    shares = {"a": 30.0, "b": 20.0, "c": 2.0}
    fields = ["a+b+c+x", "a+c+x", "a+x"]  # the third is nearer to the second than to the first
    rows = [
        figure(n, n, "bva", c, p, field=fields[min(n // 4, 2)])
        for n in range(12)
        for c, p in [*shares.items(), ("x", 25.0)]
        if c in fields[min(n // 4, 2)]
    ]
    block = block_of(rows)
    course = block.courses[block.ids.index("x")]
    (_, second, none), (_, third, parent) = course.begins
    assert none == -1
    assert parent == second != third
    assert course.begin_mean[0] == pytest.approx(math.log(0.3125 / 0.6875) - math.log(1 / 3), abs=0.01)
    assert 0 < course.begin_mean[1] < 0.05
    assert course.begin_variance[1] < course.begin_variance[0] / 10


def test_fields_without_number_do_not_make_states_without_number():
    rows = [figure(n, n, "bva", "x", 20.0, field=f"x+c{n}") for n in range(40)]
    assert block_of(rows).courses[0].states <= 1 + 2 + 1 + FIELDS_MAX


def test_days_put_in_between_change_no_figure():
    rows = quiet()
    block = block_of(rows)
    fit, _ = weighed(block)
    course = fit.courses[0]
    plain = levels(fit, 0, course, block.ranks[0] + 1, np.arange(course.seen.size))
    days = np.arange(course.day[0], course.day[-1] + 1)
    longer, moved, put = with_days(course, days.tolist(), [-1] * days.size)
    held = levels(fit, 0, longer, np.searchsorted(block.days, longer.day, side="right"), moved)
    for one, two in zip(plain[:5], held[:5], strict=True):
        assert one == pytest.approx(two[moved], abs=1e-9)
    assert held.then_sd[put[1]] > held.then_sd[put[0]]  # a day without a poll
    assert held.now_mean[put[-1]] == pytest.approx(held.then_mean[put[-1]])
    assert held.now_last[put[-1]] == pytest.approx(held.now_sd[put[-1]] ** 2, rel=0.05)


def test_forecasts_of_the_model_s_own_campaigns_cover_what_they_promise():
    """Levels that walk, houses that lean, sampling of 1,000: of eight simulated campaigns of three candidates."""
    inside, number = np.zeros(2), 0
    for seed in range(8):
        draw = np.random.default_rng(seed)
        rows = []
        for c in ("x", "y", "z"):
            walk = -1.2 + np.cumsum(draw.normal(0, 0.02, 90))
            lean = draw.normal(0, 0.06, 6)
            for n in range(60):
                day, house = int(1.4 * n), n % 6
                p = 1 / (1 + math.exp(-walk[day] - lean[house]))
                seen = 100 * draw.binomial(1_000, p) / 1_000
                rows.append(figure(n, day, f"h{house}", c, max(seen, 0.1)))
        block = block_of(rows)
        fit, forecasts = weighed(block)
        for course, forecast in zip(fit.courses, forecasts, strict=True):
            chance = forecast.mixture.with_noise(course.rounding).below(course.seen[:, None])[10:, 0]
            inside += [np.sum(np.abs(chance - 0.5) <= 0.4), np.sum(np.abs(chance - 0.5) <= 0.475)]
            number += chance.size
    assert inside[0] / number == pytest.approx(0.8, abs=0.05)
    assert inside[1] / number == pytest.approx(0.95, abs=0.03)
