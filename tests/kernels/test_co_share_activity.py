"""The activity null beside its formula by hand."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from tests.kernels._share_logs import EDGES, LOGS, always, arrays, edge_arrays, first_meetings, share_pairs
from vigie.kernels.co_share_activity import HOUR_PRIOR, cells_of, expected_activity
from vigie.kernels.share_by_channel import by_channel, lone_by_channel
from vigie.kernels.share_near import near_pairs


def expected(shares, cells, window):
    met = near_pairs(shares, cells, window=window)[1]
    own = by_channel(shares), lone_by_channel(shares)
    return expected_activity(*edge_arrays(), *own, cells, met, window=window)


def in_cells(log, begin, length, number, window):
    """By cell: the objects of each channel that is active in it, and the meetings."""
    for d in range(number):
        low, high = begin + d * length, begin + (d + 1) * length
        active = Counter(c for c, _ in {(c, o) for o, t, c in log if t < high and t + window >= low})
        yield active, sum(m for m, (_, t, _) in zip(first_meetings(log, window), log, strict=True) if low <= t < high)


def room(active):
    return (sum(active.values()) ** 2 - sum(n * n for n in active.values())) / 2


def hours_met(log, window, a, b):
    """The moments at which a pair met: at each object, where first a share of the one is near one of the other."""
    own = Counter(c for *_, c in log)
    walked = b if own[b] <= own[a] else a
    moments = {}
    for one, other in sorted(share_pairs(log, window), key=lambda pair: sorted(pair, key=lambda x: x[2] != walked)):
        if {one[2], other[2]} == {a, b}:
            moments.setdefault(one[0], max(one[1], other[1]))
    return list(moments.values())


@given(LOGS, st.integers(0, 6), st.integers(1, 8), st.booleans())
def test_the_activity_null_is_the_formula(log, window, cell_shares, apart):
    log, shares = arrays(log, apart=apart)
    times = [t for _, t, _ in log]
    begin = min(times)
    cells = cells_of(begin, max(times), len(log), window=window, cell_shares=cell_shares, cell_min=3)
    assert cells.length == max(3, window)
    assert (max(times) + window - begin) // cells.length == cells.number - 1
    by_stretch = defaultdict(float)
    for active, met in in_cells(log, begin, cells.stretch_length, cells.stretches, window):
        for a, b in EDGES:
            by_stretch[a, b] += met * active[a] * active[b] / (room(active) or 1)
    hours = list(in_cells(log, begin, cells.length, cells.number, window))
    by_hour = defaultdict(float)
    for edge in EDGES:
        a, b = edge
        met_in = Counter((moment - begin) // cells.length for moment in hours_met(log, window, a, b))
        for h, (active, met) in enumerate(hours):
            first = h // cells.together * cells.together
            stretch = hours[first : first + cells.together]
            part = sum(m for _, m in stretch) / (sum(room(n) for n, _ in stretch) or 1)
            weight = (met + HOUR_PRIOR * part) / (room(active) + HOUR_PRIOR)
            by_hour[edge] += weight * (active[a] - met_in[h]) * (active[b] - met_in[h])
    larger = [max(by_stretch[e], by_hour[e]) if cells.together > 1 else by_stretch[e] for e in EDGES]
    hour_larger = sum(by_hour[e] > by_stretch[e] for e in EDGES) if cells.together > 1 else 0
    event(f"stretches: {min(4, cells.stretches)}, hours in one: {min(3, cells.together)}")
    event(f"edges of which the hours expect more: {min(3, hour_larger)}")
    assert np.allclose(expected(shares, cells, window), larger)


@given(LOGS, st.integers(0, 6))
def test_the_means_of_all_pairs_add_up_to_the_meetings_where_a_cell_is_a_stretch(log, window):
    log, shares = arrays(log)
    cells = always(log)._replace(length=always(log).length + window)
    met = near_pairs(shares, cells, window=window)[1]
    assert math.isclose(expected(shares, cells, window).sum(), met.sum(), abs_tol=1e-9)


def test_who_keeps_the_same_hours_is_expected_to_meet_more_often():
    # Two share in the morning what others share too, two in the morning and the evening by turns.
    draw = np.random.default_rng(3)
    log = [
        (int(draw.integers(0, 40)), 86_400 * day + 43_200 * (c > 1 and (day + c) % 2) + int(draw.integers(0, 3_000)), c)
        for day in range(60)
        for c in (0, 1, 2, 3)
        for _ in range(3)
    ]
    log, shares = arrays(log)
    cells = cells_of(0, 60 * 86_400, len(log), window=60, cell_shares=300, cell_min=3_600)
    means = dict(zip(EDGES, expected(shares, cells, 60), strict=True))
    assert means[0, 1] > 1.5 * means[2, 3]


def test_a_group_that_is_alone_in_its_hours_does_not_explain_itself():
    group = [(n, 86_400 * n + 5 * c, c) for n in range(20) for c in range(3)]
    others = [
        (100 + n, 86_400 * (n % 20) + 20_000 + 100 * (n // 20) + 30 * c, 3 + c) for n in range(300) for c in (0, 1)
    ]
    log, shares = arrays([*group, *others])
    cells = cells_of(0, 20 * 86_400, len(log), window=60, cell_shares=300, cell_min=3_600)
    assert cells.together > 1
    assert expected(shares, cells, 60)[EDGES.index((0, 1))] < 2


def test_years_without_a_share_do_not_fill_the_memory():
    cells = cells_of(0, 10**15, 10, window=60, cell_shares=300, cell_min=3_600)
    assert cells.number <= 1 << 20
    assert cells.begin + cells.length * cells.number > 10**15
