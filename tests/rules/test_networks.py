from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.rules.networks import KINDS, asn_of, kind_by_name, kind_of_list, kind_said

RULES = tomllib.loads(files("vigie.rules").joinpath("networks.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("asn", "organisation", "kind"),
    [
        (24940, "Hetzner Online GmbH", "hosting"),
        (None, "THG HOSTING LIMITED", "hosting"),
        (None, "Gorilla Servers, Inc.", "hosting"),
        (None, "Iron Mountain Data Center", "hosting"),
        (None, "Hébergement Exemple", "hosting"),
        (None, "T-Mobile USA, Inc.", "mobile"),
        (None, "SK Broadband Co Ltd", "access"),
        # One name that points to two kinds is no hint.
        (None, "Mobile Cloud Ltd", None),
        (24940, "Mobile Ltd", None),
        # Names that only look like it.
        (13335, "Cloudflare, Inc.", None),
        (15169, "Google LLC", None),
        (3215, "Orange S.A.", None),
        (None, "Exxon Mobil Corporation", None),
        (None, "Leibniz-Rechenzentrum", None),
        (None, "Observers of Servia", None),
        (None, "Datacenterish", None),
        (None, None, None),
        (None, "", None),
    ],
)
def test_what_a_name_hints_at(asn, organisation, kind):
    assert kind_by_name(asn, organisation) == kind


def test_the_data_are_tidy():
    asns = RULES["asns"]["hosting"]
    assert asns == sorted(set(asns))
    for section, kinds in RULES.items():
        assert set(kinds) <= set(KINDS)
        if section != "asns":
            words = [w for those in kinds.values() for w in those]
            assert len(words) == len(set(words))
            assert words == [w.lower() for w in words]


def test_each_word_is_reached():
    for kind, words in RULES["words"].items():
        assert {kind_by_name(None, f"Example {w.upper()}, Inc.") for w in words} == {kind}
    for kind, words in RULES["said"].items():
        assert {kind_said(w.upper()) for w in words} == {kind}


@pytest.mark.parametrize(
    ("value", "asn"),
    [("AS1", 1), ("as 7", 7), (" 15 ", 15), ("AS", None), ("1.5", None), (4_294_967_295, 4_294_967_295),
     (4_294_967_296, None), ("AS99999999999", None), (-1, None), (1.0, None), (None, None), ("\u0661", None)],
)  # fmt: skip
def test_numbers_of_autonomous_systems(value, asn):
    assert asn_of(value) == asn


@given(st.text(max_size=40), st.one_of(st.none(), st.integers()))
def test_nothing_raises(text, asn):
    for kind in (kind_by_name(asn, text), kind_of_list(text), kind_said(text)):
        assert kind is None or kind in KINDS
    assert asn_of(text) is None or asn_of(text) > 0
