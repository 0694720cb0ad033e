"""The fit finds what tells pairs apart, pushes one way only, and writes a card that gives the points it has found."""

from __future__ import annotations

import tomllib
from itertools import pairwise

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import _copies, copies_fit
from bench.copies_fit import SIGNS, fitted, pairs_of, written
from vigie.kernels.near_compare import FIGURES


def drawn(seed, size=400, *, sign=1):
    """Return figures of pairs that are the same text where `jaccard` and `framed` say so (the wrong way: sign -1)."""
    random = np.random.default_rng(seed)
    figures = random.random((size, len(FIGURES)))
    figures[:, FIGURES.index("figures")] = random.integers(0, 4, size)
    same = sign * (figures[:, 0] - figures[:, FIGURES.index("framed")]) + random.normal(0, 0.1, size) > 0
    return figures, same


def points_of(row, begin, edges, points):
    return begin + sum(
        float(own[np.searchsorted(edge, value, side="right")])
        for value, edge, own in zip(row, edges, points, strict=True)
    )


def test_the_fit_tells_pairs_apart():
    figures, same = drawn(1)
    begin, edges, points = fitted(figures, same)
    told = np.array([points_of(row, begin, edges, points) > 0 for row in figures])
    assert (told == same).mean() > 0.9
    spans = {name: np.ptp(own) for name, own in zip(FIGURES, points, strict=True)}
    assert sorted(spans, key=spans.__getitem__)[-2:] in (["jaccard", "framed"], ["framed", "jaccard"])


@settings(max_examples=6)
@given(st.integers(0, 1_000), st.sampled_from([1, -1]))
def test_no_figure_is_pushed_the_wrong_way(seed, sign):
    figures, same = drawn(seed, 150, sign=sign)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies_fit, "ROUNDS", 60)
        _, edges, points = fitted(figures, same)
    for name, edge, own in zip(FIGURES, edges, points, strict=True):
        assert (np.diff(edge) > 0).all()
        assert (SIGNS[name] * np.diff(own) >= -1e-12).all()
    if sign < 0:
        assert np.ptp(points[0]) < 0.5


def test_the_card_that_is_written_gives_the_points_that_were_found():
    figures, same = drawn(2)
    begin, edges, points = fitted(figures, same)
    read = tomllib.loads(written(begin, edges, points))
    assert tuple(read["figures"]) == FIGURES
    rows = [read["figures"][name] for name in FIGURES]
    # Edges are written with five digits.
    near = [
        (np.abs(own[:, None] - edge) < 1e-4).any(axis=1)
        for own, edge, name in zip(figures.T, edges, FIGURES, strict=True)
        if name != "figures"
    ]
    clear = ~np.any(near, axis=0)
    assert clear.sum() > 50
    for row in figures[clear]:
        due = points_of(row, begin, edges, points)
        found = points_of(row, read["begin"], [r["edges"] for r in rows], [r["points"] for r in rows])
        assert found == pytest.approx(due, abs=len(FIGURES) * 1e-3)
    assert all(a != b for r in rows for a, b in pairwise(r["points"]))
    assert (read["pair_min"], read["member_min"]) == (copies_fit.PAIR_MIN, copies_fit.MEMBER_MIN)


def test_a_value_on_an_edge_has_the_points_it_was_given():
    figures, _ = drawn(4)
    figures[:, 0] = np.float32(np.random.default_rng(4).integers(0, 4, len(figures)) / 3)
    begin, edges, points = fitted(figures, figures[:, 0] > 0.5)
    read = tomllib.loads(written(begin, edges, points))["figures"]["jaccard"]
    for value in np.float32([0, 1 / 3, 2 / 3, 1]):
        due = points[0][np.searchsorted(edges[0], value, side="right")]
        found = read["points"][np.searchsorted(np.float32(read["edges"]), value, side="right")]
        assert found == pytest.approx(due, abs=1e-3)


def test_a_figure_that_is_always_the_same_has_no_points():
    figures, same = drawn(3)
    figures[:, 4] = 0.5
    _, edges, points = fitted(figures, same)
    assert np.ptp(points[4]) == 0
    assert len(edges[4]) == 1


def test_pairs_are_of_one_family_where_the_labels_say_so():
    table = _copies.posts(1_500, 3)
    table = table.filter(pc.not_equal(table["role"], "concat"))
    figures, same = pairs_of(table)
    assert figures.shape == (len(same), len(FIGURES))
    assert 0 < same.sum() < len(same)
    assert figures[same, 0].mean() > figures[~same, 0].mean() + 0.2

    def called(role):
        return table.set_column(table.column_names.index("role"), "role", [[role] * len(table)])

    again, none = pairs_of(called("background"))
    assert again.tolist() == figures.tolist()
    assert not none.any()
    # What is made of two whole texts is left out.
    assert len(pairs_of(called("concat"))[0]) == 0
