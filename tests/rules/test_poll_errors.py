"""The error that polls share: what ships, and what its band is."""

import math
import random

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from scipy.stats import t

from vigie.rules.poll_bands import opinion, percent, vote
from vigie.rules.poll_errors import given, tau


def test_what_ships_lies_in_its_interval_and_names_its_elections():
    own = tau("FR")
    assert own.is_own
    assert 0 < own.low < own.value < own.high < 0.2
    assert own.elections == tuple(sorted(set(own.elections)))
    assert len(own.elections) >= 5
    assert tau("fr") == own


def test_another_country_has_the_error_of_france_and_says_so():
    other = tau("MD")
    assert (other.country, other.is_own, other.value) == ("FR", False, tau("FR").value)


def angle(percent):
    return math.asin(math.sqrt(percent / 100))


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_the_band_of_a_vote_is_students_where_polls_are_exact(share):
    own = tau("FR")
    low, high = own.vote(0.0, 0.0, share)
    half = t.ppf((1 + share) / 2, len(own.elections) - 1) * own.value / 2
    assert angle(high) - angle(50) == pytest.approx(half)
    assert low + high == pytest.approx(100)


@drawn(st.floats(-4, 4), st.floats(0.001, 1), st.floats(0, 0.3), st.sampled_from([0.5, 0.8, 0.95]))
def test_a_vote_is_never_surer_than_opinion_and_few_elections_never_than_many(mean, sd, error, share):
    inner = opinion(mean, sd, share)
    certain = given(error).vote(mean, sd, share)
    few = vote(mean, sd, error, share, degrees=4)
    many = vote(mean, sd, error, share, degrees=10_000)
    slack = 1e-9
    assert few[0] <= many[0] + slack <= certain[0] + 2 * slack <= inner[0] + 3 * slack
    assert few[1] >= many[1] - slack >= certain[1] - 2 * slack >= inner[1] - 3 * slack
    assert many == pytest.approx(certain, abs=0.05)


@pytest.mark.parametrize(("mean", "sd"), [(-1.0, 0.05), (-2.9, 0.1), (0.4, 0.02)])
def test_the_band_holds_what_its_law_draws(mean, sd):
    low, high = given(0.06).vote(mean, sd, 0.8)
    draw = random.Random(2)
    p = [1 / (1 + math.exp(-draw.gauss(mean, sd))) for _ in range(40_000)]
    votes = [100 * (share + draw.gauss(0, 0.06 * math.sqrt(share * (1 - share)))) for share in p]
    assert sum(low <= vote <= high for vote in votes) / len(votes) == pytest.approx(0.8, abs=0.01)


@drawn(st.floats(-12, 12), st.floats(0.0, 2.0), st.floats(0, 0.3), st.sampled_from([0.5, 0.8, 0.95]))
def test_a_vote_is_a_share(mean, sd, error, share):
    low, high = vote(mean, sd, error, share, degrees=10)
    assert 0 <= low <= percent(mean) + 1e-9
    assert percent(mean) - 1e-9 <= high <= 100
    if sd == 0 and mean < -4:
        assert high < 100 * (math.sqrt(percent(mean) / 100) + 3.5 * error / 2) ** 2 + 1e-9
