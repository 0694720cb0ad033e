"""Texts that a state outlet had first: found where planted, and only there."""

from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from vigie.detectors.state_first import state_first
from vigie.measures.family_credits import FAMILY_CREDITS
from vigie.rules.spread import FAMILIES_MIN
from vigie.text.counted import counted

START = datetime(2017, 4, 3, tzinfo=UTC)
DAY_S = 86_400
OWN = {"outlet": "An Organ", "tier": "state-controlled", "names_it": None}


def measured(*given_rows):
    """Build the measure's rows from (family, seconds, channel, what differs)."""
    made = []
    for n, (family, seconds, channel, *more) in enumerate(given_rows, 1):
        row = {
            "asked": "An Organ",
            "family_id": family,
            "row_id": f"0123456789ab:{n}",
            "time": START + timedelta(seconds=seconds),
            "platform": "x",
            "channel_id": channel,
            "precision_s": 1,
            "names_it": False,
            "is_repost": False,
        }
        for one in more:
            row |= one
        made.append(row)
    return pa.Table.from_pylist(made, schema=FAMILY_CREDITS)


def taken_up(families, *, lead=60, others="abc", day=DAY_S, **differs):
    rows = []
    for n in range(families):
        rows.append((f"f{n:02}", n * day, "organ", OWN))
        rows += [(f"f{n:02}", n * day + lead + k, other, differs) for k, other in enumerate(others)]
    return rows


def found(*rows, **parameters):
    return state_first(measured(*rows), **parameters).to_pylist()


def test_a_planted_order_is_one_finding_with_its_rows():
    (one,) = found(*taken_up(6))
    assert one["title"] == "An Organ first with 6 of 6 texts (1.5 expected) that 3 channels took up without naming it"
    assert (one["subject_ids"], one["value"], one["expected"]) == (["x:organ"], 6.0, pytest.approx(1.5))
    assert one["p_value"] == pytest.approx(0.25**6)
    assert len(one["evidence_ids"]) == 24
    assert (one["first_seen"], one["last_seen"]) == (START, START + timedelta(days=5, seconds=62))


@pytest.mark.parametrize(
    "differs",
    [
        {"names_it": True},
        {"agency": "AFP"},
        {"outlet": "Another", "tier": "state-linked"},
        {"outlet": "Another", "tier": "official"},
    ],
)
def test_who_says_so_and_who_is_of_the_state_too_takes_nothing_up(differs):
    assert found(*taken_up(8, **differs)) == []


def test_an_outlet_of_another_tier_takes_up_like_anybody():
    assert len(found(*taken_up(8, outlet="A Paper", tier="none"))) == 1


def test_an_agencys_text_is_not_the_outlets_own():
    rows = [(f, s, c, {**d, "agency": "AFP"} if c == "organ" else d) for f, s, c, d in taken_up(8)]
    assert found(*rows) == []
    rows = [(f, s, c, {**d, "agency": "an organ"} if c == "organ" else d) for f, s, c, d in taken_up(8)]
    assert len(found(*rows)) == 1


def test_what_names_the_outlet_does_not_add_to_the_evidence():
    quoting = [(f"f{n:02}", n * DAY_S + 30, q, {"names_it": True}) for n in range(6) for q in "qrs"]
    (one,) = found(*taken_up(6), *quoting)
    assert one["expected"] == pytest.approx(1.5)
    assert len(one["evidence_ids"]) == 24


def test_few_texts_or_few_channels_are_no_finding():
    assert found(*taken_up(6, others="ab")) == []
    assert len(found(*taken_up(6, others="ab"), channels_min=2, p_max=0.05)) == 1
    assert found(*taken_up(6), families_min=7) == []
    assert found(*taken_up(6), p_max=1e-4) == []
    assert found(*taken_up(4)) == []


def test_what_comes_later_than_asked_is_not_taken_up():
    assert found(*taken_up(20, lead=4 * DAY_S, day=9 * DAY_S)) == []
    assert len(found(*taken_up(20, lead=4 * DAY_S, day=9 * DAY_S), hours_max=120)) == 1


def test_days_alone_are_said_to_settle_it_and_give_no_p_value():
    (one,) = found(*taken_up(10, lead=DAY_S))
    assert one["title"].endswith(
        "10 texts that 3 channels took up without naming it, each on a later day: days alone settle it"
    )
    assert (one["value"], one["expected"], one["p_value"]) == (10.0, None, None)
    assert found(*taken_up(9, lead=DAY_S)) == []
    others_first = [
        (f"g{n}", n * DAY_S - k, c, d) for n in range(4) for k, c, d in ((0, "organ", OWN), (DAY_S, "a", {}))
    ]
    assert found(*taken_up(10, lead=DAY_S), *others_first) == []
    against = [(f"h{n}", n * DAY_S + k, c, d) for n in range(6) for k, c, d in ((9, "organ", OWN), (0, "a", {}))]
    assert found(*taken_up(10, lead=DAY_S), *against) == []


def test_the_title_says_how_much_the_days_settle():
    later = [(f"z{f}", s, c, d) for f, s, c, d in taken_up(4, lead=DAY_S)]
    (one,) = found(*taken_up(6), *later)
    assert "10 of 10 texts (5.5 expected; days alone settle 4)" in one["title"]


def test_clocks_that_do_not_tell_count_for_neither_side():
    coarse = [(f, s, c, {**d, "precision_s": DAY_S}) for f, s, c, d in taken_up(12)]
    assert found(*coarse) == []


def test_p_is_multiplied_by_the_outlets_asked():
    other = {"asked": "Other", "outlet": "Other", "tier": "official", "names_it": None}
    more = [
        (f"k{n}", n * DAY_S + k, c, d) for n in range(6) for k, c, d in ((9, "o", other), (0, "a", {"asked": "Other"}))
    ]
    (one,) = found(*taken_up(6), *more)
    assert one["p_value"] == pytest.approx(2 * 0.25**6)


def test_without_an_order_findings_are_as_rare_as_p_max_says():
    random = Random(4)
    fired = []
    for _ in range(200):
        rows = []
        for n in range(20):
            channels = random.sample(["organ", *"abcdef"], random.randint(2, 5))
            rows += [(f"f{n}", random.randrange(2 * DAY_S), c, OWN if c == "organ" else {}) for c in channels]
        fired.append(bool(found(*rows, p_max=0.2, families_alone=1_000)))
    assert np.mean(fired) < 0.2 + 3 * np.sqrt(0.16 / 200)
    assert np.mean(fired) > 0.02


@settings(max_examples=80)
@given(
    st.lists(
        st.tuples(st.sampled_from("fghijkl"), st.integers(0, 60), st.sampled_from(["organ", "organ", *"abcde"])),
        min_size=20,
        max_size=70,
    )
)
def test_the_firsts_are_those_of_plain_counting(drawn):
    earliest = {}
    for family, seconds, channel in drawn:
        earliest[family, channel] = min(seconds, earliest.get((family, channel), seconds))
    rows = [(f, s, c, OWN if c == "organ" else {}) for (f, c), s in sorted(earliest.items())]
    ahead, told, asked, followers = 0, 0, 0, set()
    for family in "fghijkl":
        others = {c: s for (f, c), s in earliest.items() if f == family and c != "organ"}
        own = earliest.get((family, "organ"))
        if own is not None and others:
            told += own != min(others.values())
            # Two others that tie for the first second leave the outlet, which has one channel, no way to be first.
            asked += own != min(others.values()) and sorted([own, *others.values()])[:2] != [min(others.values())] * 2
            if own < min(others.values()):
                ahead += 1
                followers |= set(others)
    result = found(*rows, p_max=1, families_min=1, channels_min=1, families_alone=1_000)
    assert [one["value"] for one in result] == ([ahead] if ahead and asked >= FAMILIES_MIN else [])
    event(f"findings: {len(result)}")
    for one in result:
        assert f" {ahead} of {told} texts" in one["title"]
        assert f"that {counted(len(followers), 'channel')} took up" in one["title"]
