"""Who names the outlet that has the text, too."""

import pyarrow as pa

from vigie.measures import measured
from vigie.measures.family_credits import FAMILY_CREDITS, MEASURE
from vigie.tables import CASE_TABLES
from vigie.testing import posts, rows

SAID = "they will count the votes behind closed doors again"
OUTLETS = (
    {"outlet": "An Organ", "tier": "state-controlled", "platform": "x", "channel_id": "organ"},
    {"outlet": "An Organ", "tier": "state-controlled", "platform": "web", "channel_id": "organ.example"},
    {"outlet": "The Other", "tier": "official", "platform": "x", "channel_id": "other"},
    {"outlet": "A Paper", "tier": "none", "platform": "x", "channel_id": "paper"},
)
CASE = pa.Table.from_pylist(list(OUTLETS), schema=CASE_TABLES["case_channels"])


def credited(*lines):
    return measured(MEASURE, {"posts": posts(*lines), "case_channels": CASE}).to_pylist()


def test_each_channel_stands_once_for_each_outlet_with_what_any_of_its_posts_names():
    found = credited(
        f"organ 0 {SAID}",
        f"ana 5 {SAID}",
        f"ana 9 {SAID} https://organ.example/1",
        f"bob 6 {SAID}",
        f"cem 7 RT @organ: {SAID}",
        f"paper 8 {SAID} (AFP)",
        f"other 9 {SAID}",
    )
    said = {(r["asked"], r["channel_id"]): (r["row_id"].split(":")[1], r["names_it"], r["agency"]) for r in found}
    assert said == {
        ("An Organ", "organ"): ("1", None, None),
        ("An Organ", "ana"): ("2", True, None),
        ("An Organ", "bob"): ("4", False, None),
        ("An Organ", "paper"): ("6", False, "AFP"),
        ("An Organ", "other"): ("7", False, None),
        ("The Other", "other"): ("7", None, None),
        ("The Other", "organ"): ("1", False, None),
        ("The Other", "ana"): ("2", False, None),
        ("The Other", "bob"): ("4", False, None),
        ("The Other", "paper"): ("6", False, "AFP"),
    }
    assert [(r["outlet"], r["tier"], r["precision_s"]) for r in found[:1]] == [("An Organ", "state-controlled", 1)]


def test_families_without_an_outlet_of_a_state_tier_have_no_row():
    assert credited(f"paper 0 {SAID}", f"ana 5 {SAID}") == []
    assert credited(f"cem 0 RT @organ: {SAID}", f"ana 5 {SAID}", f"bob 5 {SAID}") == []


def test_a_title_and_a_mention_name_it_too():
    told = rows(
        "posts",
        {"platform": "x", "channel_id": "organ", "text": SAID},
        {"platform": "x", "channel_id": "ana", "text": SAID, "title": "An Organ writes"},
        {"platform": "x", "channel_id": "bob", "text": SAID, "mentions": ["Organ"]},
    )
    found = measured(MEASURE, {"posts": told, "case_channels": CASE})
    assert found.schema == FAMILY_CREDITS
    assert found["names_it"].to_pylist() == [None, True, True]
