from collections import OrderedDict

import numpy as np
import pytest

from tests.rules.test_poll_model import quiet
from vigie.rules import poll_model_fits
from vigie.rules.poll_model import weighed
from vigie.rules.poll_model_course import block_of
from vigie.rules.poll_model_fits import FITS_MAX, fitted, forecast


@pytest.fixture(autouse=True)
def held(monkeypatch):
    nothing = OrderedDict()
    monkeypatch.setattr(poll_model_fits, "_held", nothing)
    return nothing


@pytest.fixture
def calls(monkeypatch):
    made = []

    def counted(block):
        made.append(block)
        return weighed(block)

    monkeypatch.setattr(poll_model_fits, "weighed", counted)
    return made


def test_a_fit_is_weighed_once_for_the_same_figures(calls):
    fit, _ = forecast(block_of(quiet()))
    assert fitted(block_of(quiet()[::-1])) is fit
    assert len(calls) == 1


@pytest.mark.parametrize(
    "change",
    [{"percent": 21.0}, {"sampled": 900.0}, {"used": False}, {"day": 736_400}, {"house": "new"}, {"step": 0.5}],
)
def test_figures_that_differ_in_anything_are_weighed_anew(calls, change):
    rows = quiet(polls=6)
    fitted(block_of(rows))
    other = [*rows[:-1], rows[-1] | change]
    assert fitted(block_of(other)).trust[0] == pytest.approx(weighed(block_of(other))[0].trust[0], abs=0)
    assert len(calls) == 2


def test_what_is_remembered_is_what_is_weighed():
    block = block_of(quiet())
    for fit in (forecast(block)[0], fitted(block)):
        fresh, _ = weighed(block)
        assert fit.settings == fresh.settings
        assert np.array_equal(fit.trust[0], fresh.trust[0])
        assert (fit.jumps, fit.design, fit.house_sd, fit.drift_sds) == (
            fresh.jumps,
            fresh.design,
            fresh.house_sd,
            fresh.drift_sds,
        )


def test_no_more_is_remembered_than_stated_and_the_oldest_goes_first(calls, held):
    blocks = [block_of(quiet(seed, polls=2)) for seed in range(FITS_MAX + 1)]
    for block in blocks[:-1]:
        fitted(block)
    fitted(blocks[0])
    fitted(blocks[-1])
    assert len(held) == FITS_MAX
    calls.clear()
    fitted(blocks[0])
    assert not calls
    fitted(blocks[1])
    assert len(calls) == 1
