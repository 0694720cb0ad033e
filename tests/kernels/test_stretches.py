import numpy as np
import pytest

from vigie.kernels.hourly import usual_hours
from vigie.kernels.stretches import Above, Series, standing_out

ABOVE = Above(more=20, times=2, p_max=0.01)
DAYS = 14


def series(odd=(), beside=(), *, cells=None, days=DAYS, seed=0):
    draw = np.random.default_rng(seed)
    size = 24 * DAYS
    counts = [draw.poisson(mean, size).astype(np.float64) for mean in (3, 10)]
    for row, added in zip(counts, (odd, beside), strict=True):
        for at, count in added:
            row[at] += count
    cells = np.arange(size) if cells is None else cells
    return Series(cells, counts[0], counts[1], np.full(size, 3.0), np.full(size, 10.0), days)


def found(made, widths=(1, 2, 3, 6, 12, 24), gap=1):
    return [(s.first, s.end) for s in standing_out(made, widths, ABOVE, gap=gap)]


def test_an_hour_and_a_slow_night_are_found_and_nothing_else_is():
    assert found(series()) == []
    assert found(series([(100, 90)])) == [(100, 101)]
    (first, end), *more = found(series([(at, 15) for at in range(200, 212)]), gap=3)
    assert more == []
    assert first <= 202
    assert end >= 210


def test_neighbours_are_one_stretch_and_those_far_apart_two():
    far = series([(100, 90), (110, 90)])
    assert found(far) == [(100, 101), (110, 111)]
    assert found(far, gap=12) == [(100, 111)]


def test_what_rises_with_the_ordinary_ones_does_not_stand_out():
    evening = [(at, 12) for at in range(50, 54)], [(at, 50) for at in range(50, 54)]
    assert found(series(evening[0])) != []
    assert found(series(*evening)) == []


def test_a_stretch_does_not_reach_over_hours_without_a_log():
    cells = np.arange(24 * DAYS)
    cells[101:] += 1_000
    made = series([(100, 14), (101, 14)], cells=cells)
    assert found(series([(100, 14), (101, 14)]), widths=(2,)) == [(100, 102)]
    assert found(made, widths=(2,)) == []


def test_p_is_the_tail_times_the_number_of_stretches_and_none_without_days():
    (stretch,) = standing_out(series([(100, 25)]), (1,), ABOVE, gap=1)
    assert stretch.odd - 25 <= 12
    assert stretch.expected >= 3
    assert 0 < stretch.p_value <= 0.01
    (stretch,) = standing_out(series([(100, 25)], days=2), (1,), ABOVE, gap=1)
    assert stretch.p_value is None


@pytest.mark.parametrize(("varies", "most"), [(0.0, 4), (0.05, 5), (0.3, 16)])
@pytest.mark.parametrize("mean", [0.3, 3.0, 30.0])
def test_quiet_series_rarely_give_a_finding_by_their_counts_alone(mean, varies, most):
    # The stated rate is one in a hundred, in 150 series; days and hours that both vary by 55 % give up to five.
    loose, hours = Above(more=0, times=0, p_max=0.01), np.arange(24 * DAYS)
    shape = 1 + np.sin(hours / 24 * 2 * np.pi)
    alarms = 0
    for seed in range(150):
        draw = np.random.default_rng([seed, int(mean * 10)])
        level = np.ones(hours.size)
        if varies:
            level = np.repeat(draw.gamma(1 / varies, varies, DAYS), 24) * draw.gamma(1 / varies, varies, hours.size)
        counts = draw.poisson(mean * shape * level).astype(np.float64)
        none = np.zeros(hours.size)
        made = Series(hours, counts, none, usual_hours(counts, hours), none, DAYS)
        alarms += bool(standing_out(made, (1, 2, 3, 6, 12, 24), loose, gap=3))
    assert alarms <= most


@pytest.mark.parametrize("size", [0, 1, 5])
def test_short_series_are_no_error(size):
    none = np.zeros(size)
    made = Series(np.arange(size), none, none, none + 1, none + 1, 0)
    assert standing_out(made, (1, 3, 12), ABOVE, gap=1) == []


def test_a_stretch_takes_in_its_edges():
    made = series([(100, 200), (101, 200), (102, 60), (103, 5), (104, 2), (99, 60)])
    (stretch,) = standing_out(made, (2,), Above(more=100, times=2, p_max=0.01), gap=1)
    assert (stretch.first, stretch.end) == (99, 104)
    assert stretch.odd == made.odd[99:104].sum()
