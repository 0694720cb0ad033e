"""Which channels stand out, and which do not because everybody's posts look so."""

from itertools import chain

import numpy as np
import pytest

from vigie.detectors.disguised_text import disguised_text
from vigie.measures import measured
from vigie.measures.text_signals import MEASURE
from vigie.testing import posts

HIDDEN = "vo\u200bte on day {} for us"
PLAIN = "vote on day {} for us"


def lines(channel, disguised, plain=0, text=HIDDEN):
    return [f"{channel} {n} {(text if n < disguised else PLAIN).format(n)}" for n in range(disguised + plain)]


def found(*made, **values):
    return disguised_text(measured(MEASURE, {"posts": posts(*chain(*made))}), **values).to_pylist()


def subjects(*made, **values):
    return [row["subject_ids"][0] for row in found(*made, **values)]


OTHERS = [lines(f"u{n}", 0, 12) for n in range(12)]


def test_a_channel_that_hides_characters_stands_out():
    (row,) = found(lines("ana", 5, 5), *OTHERS)
    assert row["subject_ids"] == ["x:ana"]
    assert row["value"] == 5
    assert row["evidence_ids"] == [f"0123456789ab:{n}" for n in range(1, 6)]
    assert row["title"].startswith("5 of 10 posts disguise their text (0.034 expected): 5 with characters without")
    assert 0 < row["p_value"] < 1e-4


@pytest.mark.parametrize(
    "text",
    ["vo\u202ete on day {}", "v\u043ete on day {}", "v\u0336o\u0336te on day {}"],
    ids=["turned", "look-alikes", "marks"],
)
def test_every_disguise_counts(text):
    assert subjects(lines("ana", 4, text=text), *OTHERS) == ["x:ana"]


@pytest.mark.parametrize(
    "text",
    [
        "vote {} #a #b #c",
        "vote on day {}…",
        "v0te on day {}",
        "v.o.t.e on day {}",
        "vo🔥te on day {}",
        "V\u00e9rit\u00e9 {}",
    ],
)
def test_what_is_ordinary_in_jest_does_not(text):
    assert subjects(lines("ana", 20, text=text), *OTHERS) == []


def test_marked_reposts_are_not_the_channels_own():
    assert subjects(lines("ana", 9, text="RT @bob: vo\u200bte {}"), lines("ana", 0, 9), *OTHERS) == []


def test_nobody_stands_out_where_an_export_mangles_everybody():
    draw = np.random.default_rng(7)
    everybody = [lines(f"u{n}", int(k), 12 - int(k)) for n, k in enumerate(draw.binomial(12, 0.4, 25))]
    assert subjects(*everybody) == []


def test_a_group_does_not_hide_its_own_members():
    crew = [lines(f"crew{n}", 10, 2) for n in range(3)]
    rest = [lines(f"u{n}", n % 9 == 0, 12) for n in range(40)]
    assert subjects(*crew, *rest) == ["x:crew0", "x:crew1", "x:crew2"]


def test_slips_of_a_busy_channel_are_too_small_a_share():
    busy = lines("busy", 6, 194)
    rest = [lines(f"u{n}", 0, 12) for n in range(80)]
    assert subjects(busy, *rest) == []
    assert subjects(busy, *rest, share_min=0.01) == ["x:busy"]


def test_fewer_posts_than_asked_for_are_none():
    assert subjects(lines("ana", 2), *OTHERS) == []
    assert subjects(lines("ana", 2), *OTHERS, posts_min=2) == ["x:ana"]


def test_without_others_there_is_no_null_model():
    assert subjects(lines("ana", 9), lines("bob", 0, 50)) == []
    (row,) = found(lines("ana", 10), lines("bob", 0, 50))
    assert row["expected"] is row["p_value"] is None
    assert "expected" not in row["title"]


def test_the_probability_is_that_of_all_channels_asked():
    few, many = (found(lines("ana", 4, 8), *([*OTHERS] + [lines(f"v{n}", 0, 12) for n in range(m)])) for m in (0, 100))
    assert few[0]["p_value"] < 0.01
    assert many[0]["expected"] < few[0]["expected"]


def test_even_shares_seldom_make_a_finding():
    draw = np.random.default_rng(11)
    cases = 0
    for _ in range(40):
        trials = draw.integers(3, 40, 30)
        made = [
            lines(f"u{n}", int(draw.binomial(t, 0.05)), 0) + lines(f"u{n}", 0, int(t)) for n, t in enumerate(trials)
        ]
        cases += bool(subjects(*made))
    assert cases <= 2
