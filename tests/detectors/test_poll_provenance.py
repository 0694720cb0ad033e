import pytest

from bench._poll_sets import by_scenario, campaign_2017, case_2017, imitations_2017, table
from bench.polls_suspects import as_stranger
from tests import shared_data
from tests.measures.test_poll_facts import FIRST, OUTLET, REAL, poll
from tests.strategies import rows_of_case
from vigie.detectors.poll_provenance import poll_provenance
from vigie.measures import measured
from vigie.measures.poll_facts import MEASURE
from vigie.testing import rows

BARE = {"sample_size": None, "mode": None, "notice": None}


def found(*cells, rounds=(), outlets=(OUTLET,), **values):
    tables = {
        "polls": rows("polls", *(cell for some in cells for cell in some)),
        "case_channels": rows_of_case("case_channels", *outlets),
        "case_rounds": rows_of_case("case_rounds", *rounds),
    }
    return poll_provenance(measured(MEASURE, tables, **values)).to_pylist()


def test_a_fake_near_the_others_is_found_by_what_it_does_not_say():
    (one,) = found(REAL, poll("Buzz", 9, [24, 22, 20, 18, 16], **BARE))
    assert one["subject_ids"] == ["buzz"]
    assert one["value"] == 2
    assert (one["expected"], one["p_value"], one["low"], one["high"]) == (None, None, None, None)
    assert one["title"] == (
        "Buzz, voting intention, round 1 (2017-03-10): it gives no sample size, mode or notice, as most other polls "
        "do; its pollster is not on the list of institutes"
    )
    assert one["evidence_ids"] == [f"0123456789ab:{n}" for n in range(len(REAL) + 1, len(REAL) + 6)]


def test_real_polls_and_strangers_are_none():
    assert found(REAL) == []
    for cells in (REAL[:5], REAL[20:]):
        stranger = [c | {"pollster": "Nobody Knows", "poll_id": "x", "notice": None} for c in cells]
        assert found(REAL, stranger) == []


@pytest.mark.parametrize("known", ["Ifop", "Somebody"])
def test_a_watched_outlet_alone_is_no_finding_and_with_another_flaw_it_is(known):
    assert found(REAL, poll(known, 9, [24, 22, 20], publisher="Sputnik France")) == []
    assert len(found(REAL, poll(known, 9, [24, 22, 20], publisher="Sputnik France", sample_size=None))) == 1


def test_an_exit_poll_is_set_apart_and_no_finding():
    vote = {"round": 1, "date": FIRST}
    assert found(REAL, poll("Ipsos", 0, [24, 22], poll_id="exit"), rounds=[vote]) == []


def test_two_hypotheses_of_one_poll_are_one_finding_two_polls_are_two():
    both = [
        *poll("Buzz", 9, [24, 22, 20], **BARE, hypothesis="one"),
        *poll("Buzz", 9, [30, 22], **BARE, hypothesis="two"),
    ]
    (one,) = found(REAL, both)
    assert len(one["evidence_ids"]) == 5
    assert len(found(REAL, both, poll("Buzz", 10, [24, 22, 20], **BARE))) == 2


def test_what_is_shown_is_inert():
    (one,) = found(REAL, poll("Buzz\x1b[2J\n", 9, [24, 22], **BARE))
    assert "\x1b" not in one["title"]
    assert "\n" not in one["title"]


@pytest.mark.shared
def test_the_five_imitations_of_2017_are_found_and_strangers_are_not():
    if shared_data() is None:
        pytest.skip("no evaluation data beside the checkout")
    real = campaign_2017()
    tables = {"polls": table([*real, *imitations_2017()]), **case_2017()}
    reported = poll_provenance(measured(MEASURE, tables)).to_pylist()
    assert [f["subject_ids"][0] for f in reported] == ["brand-analytics"] * 3 + ["filteris"] * 2
    for one in reported:
        assert "no sample size" in one["title"]
        assert ("Sputnik, declared state-controlled" in one["title"]) == (one["subject_ids"] == ["brand-analytics"])
        assert ("hundredths of a point" in one["title"]) == (one["subject_ids"] == ["filteris"])
    for own in list(by_scenario(real).values())[::15]:
        figures = table(as_stranger(real, own))
        assert poll_provenance(measured(MEASURE, {"polls": figures, **case_2017()})).num_rows == 0
